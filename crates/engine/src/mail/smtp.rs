//! Sending by SMTP.

use std::net::IpAddr;
use std::time::Duration;

use exeunt_model::certificate;
use exeunt_model::identity::EmailAddress;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment as Part, Mailbox, MultiPart, SinglePart};
use lettre::transport::smtp::{PoolConfig, SMTP_PORT, SUBMISSION_PORT, SUBMISSIONS_PORT};
use lettre::{Address, SmtpTransport, Transport as _};

use super::message::{Attachment, Message, render};
use super::words;
use crate::desk::job::{Outgoing, Post, PostError};

/// How long a mail server may take to answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// A mail was not sent, or could never be.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("`{url}` is no address of a mail server; write smtp://host:port or smtps://host:port")]
    Url { url: String },
    #[error("mail is sent without encryption to this machine alone; write smtp://{host} (STARTTLS) or smtps://{host}")]
    InTheClear { host: String },
    #[error("reach the mail server")]
    Server(#[source] lettre::transport::smtp::Error),
    #[error("`{text}` is no sender; write NAME <ADDRESS>")]
    Sender { text: String },
    #[error("compose a mail")]
    Compose(#[source] lettre::error::Error),
    /// The server's own words may hold an address: its code alone is kept.
    #[error("{reason}")]
    Send { reason: String, permanent: bool },
}

/// A mail server.
pub struct Smtp {
    transport: SmtpTransport,
    from: Mailbox,
    /// Host and port, for those who look why nothing goes out.
    place: String,
}

impl std::fmt::Debug for Smtp {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Smtp(…)")
    }
}

impl Smtp {
    /// A mail server at `smtp://` (STARTTLS is required), `smtps://` (encrypted from the start) or, on this machine alone, `smtp+clear://`.
    /// User and password stand in the address. Nothing is opened yet.
    ///
    /// # Errors
    /// For an address or a sender that cannot be read.
    pub fn new(url: &str, from: &str) -> Result<Self, Error> {
        let wrong = || Error::Url { url: url.split('@').next_back().unwrap_or_default().to_owned() };
        let (scheme, rest) = url.split_once("://").ok_or_else(wrong)?;
        let place = rest.rsplit_once('@').map_or(rest, |(_, place)| place);
        let place = place.split(['/', '?']).next().unwrap_or_default();
        // An address of IPv6 has colons, and stands in brackets.
        let port = place.rsplit_once(':').filter(|(_, port)| !port.ends_with(']'));
        let host = port.map_or(place, |(host, _)| host);
        let (standard, usual) = match scheme {
            "smtp" => (format!("smtp://{rest}?tls=required"), SUBMISSION_PORT),
            "smtps" => (format!("smtps://{rest}"), SUBMISSIONS_PORT),
            "smtp+clear" if is_here(host) => (format!("smtp://{rest}"), SMTP_PORT),
            "smtp+clear" => return Err(Error::InTheClear { host: host.to_owned() }),
            _ => return Err(wrong()),
        };
        let transport = SmtpTransport::from_url(&standard)
            .map_err(Error::Server)?
            .timeout(Some(PATIENCE))
            .pool_config(PoolConfig::new().max_size(4))
            .build();
        let from = from.parse().map_err(|_| Error::Sender { text: from.to_owned() })?;
        let place = port.map_or_else(|| format!("{host}:{usual}"), |_| place.to_owned());
        Ok(Self { transport, from, place })
    }

    /// Whether the server answers.
    ///
    /// # Errors
    /// [`Error::Send`].
    pub fn check(&self) -> Result<bool, Error> {
        self.transport.test_connection().map_err(|error| self.refused(&error))
    }

    /// Sends a mail. `id` names it for ever: a receiver can tell by it that it got the same mail twice.
    ///
    /// # Errors
    /// [`Error::Send`] where the server refused or was lost.
    pub fn deliver(&self, id: &str, to: &EmailAddress, message: &Message) -> Result<(), Error> {
        let to: Address = to.as_str().parse().map_err(|_| Error::Sender { text: "the recipient".to_owned() })?;
        let body = MultiPart::alternative_plain_html(message.text.clone(), message.html.clone());
        let body =
            message.attachments.iter().fold(MultiPart::mixed().multipart(body), |body, attachment| body.singlepart(part(attachment)));
        let mail = lettre::Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(&message.subject)
            .message_id(Some(format!("<{id}@{}>", self.from.email.domain())))
            .raw_header(HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned()))
            .multipart(body)
            .map_err(Error::Compose)?;
        self.transport.send(&mail).map(|_| ()).map_err(|error| self.refused(&error))
    }

    fn refused(&self, error: &lettre::transport::smtp::Error) -> Error {
        let place = &self.place;
        let reason = match error.status() {
            Some(code) => format!("the mail server {place} answered {code}"),
            None if error.is_timeout() => format!("the mail server {place} did not answer in time"),
            None => match std::error::Error::source(error) {
                Some(cause) => format!("the mail server {place} cannot be reached: {cause}"),
                None => format!("the mail server {place} cannot be reached"),
            },
        };
        Error::Send { reason, permanent: error.is_permanent() }
    }
}

fn is_here(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn part(attachment: &Attachment) -> SinglePart {
    let kind = ContentType::parse(attachment.media_type).unwrap_or(ContentType::TEXT_PLAIN);
    Part::new(attachment.name.clone()).body(attachment.bytes.clone(), kind)
}

impl Error {
    /// Whether nobody will ever take the mail: another attempt is of no use.
    fn is_permanent(&self) -> bool {
        match self {
            Self::Send { permanent, .. } => *permanent,
            Self::Compose(_) | Self::Sender { .. } => true,
            Self::Url { .. } | Self::InTheClear { .. } | Self::Server(_) => false,
        }
    }
}

impl Post for Smtp {
    fn send(&self, mail: &Outgoing<'_>) -> Result<(), PostError> {
        let words = words(mail.notice, mail.particulars, mail.language, mail.settings);
        let message = render(&words, mail.language.as_str(), attachments(mail.certificate.as_deref()));
        self.deliver(mail.id.as_str(), mail.to, &message)
            .map_err(|error| PostError { permanent: error.is_permanent(), source: error.into() })
    }
}

/// The certificate as it was signed, and as a page.
fn attachments(certificate: Option<&[u8]>) -> Vec<Attachment> {
    let Some(bytes) = certificate else { return Vec::new() };
    let Ok(verified) = certificate::verify(bytes, None) else { return Vec::new() };
    let name = format!("certificate-{}", verified.certificate.statement.id.short());
    let label = |category: &exeunt_model::names::CategoryName| category.to_string();
    let page = certificate::html::render(&verified.certificate, &verified.key, &format!("{name}.json"), label);
    vec![
        Attachment { name: format!("{name}.json"), media_type: "application/json", bytes: bytes.to_vec() },
        Attachment { name: format!("{name}.html"), media_type: "text/html; charset=utf-8", bytes: page.into_bytes() },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_sent_in_the_clear_to_another_machine() {
        let from = "Desk <desk@platform.example>";
        assert!(matches!(Smtp::new("smtp+clear://mail.platform.example:25", from), Err(Error::InTheClear { .. })));
        assert!(Smtp::new("smtp+clear://127.0.0.1:2525", from).is_ok());
        assert!(Smtp::new("smtp://user:secret@mail.platform.example:587", from).is_ok());
        assert!(matches!(Smtp::new("http://mail.platform.example", from), Err(Error::Url { .. })));
    }

    #[test]
    fn whoever_looks_why_nothing_goes_out_reads_which_host_and_port_were_tried() {
        let from = "Desk <desk@platform.example>";
        for (url, want) in [
            ("smtps://desk:s3cret@mail.platform.example", "mail.platform.example:465"),
            ("smtp://desk:s3cret@mail.platform.example", "mail.platform.example:587"),
            ("smtp://desk:s3cret@mail.platform.example:2587/", "mail.platform.example:2587"),
            ("smtp+clear://127.0.0.1", "127.0.0.1:25"),
            ("smtp+clear://[::1]", "[::1]:25"),
            ("smtp+clear://[::1]:2525", "[::1]:2525"),
        ] {
            assert_eq!(Smtp::new(url, from).unwrap().place, want, "{url}");
        }
        // Nobody listens, and nobody has that name (RFC 6761).
        for (url, want) in [
            ("smtp+clear://desk:s3cret@127.0.0.1:1", "the mail server 127.0.0.1:1 cannot be reached: "),
            ("smtps://desk:s3cret@mail.invalid", "the mail server mail.invalid:465 cannot be reached: "),
        ] {
            let told = Smtp::new(url, from).unwrap().check().unwrap_err().to_string();
            assert!(told.starts_with(want) && !told.contains("s3cret"), "{told}");
        }
    }

    #[test]
    fn no_error_shows_a_password() {
        let told = Smtp::new("imap://user:s3cret@mail.platform.example", "Desk <desk@platform.example>").unwrap_err().to_string();
        assert!(!told.contains("s3cret"), "{told}");
    }
}
