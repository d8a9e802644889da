//! Who and what the desk speaks of: ids, roles, e-mail addresses, languages.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("{what} is named by 32 hexadecimal digits")]
    Id { what: &'static str },
    #[error("there is no role `{text}`")]
    Role { text: String },
    #[error("this is no e-mail address")]
    Email,
    #[error("there is no language `{text}`; known are en and de")]
    Language { text: String },
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The name made of 128 random bits.
            pub fn from_random(bits: u128) -> Self {
                Self(format!("{bits:032x}"))
            }

            /// All 32 digits.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = Error;

            fn from_str(text: &str) -> Result<Self, Error> {
                let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
                let is_id = text.len() == 32 && text.bytes().all(is_digit);
                if is_id { Ok(Self(text.to_owned())) } else { Err(Error::Id { what: $what }) }
            }
        }

        impl TryFrom<String> for $name {
            type Error = Error;

            fn try_from(text: String) -> Result<Self, Error> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }
    };
}

id!(
    /// Names a request.
    RequestId, "a request"
);
id!(
    /// Names somebody who acts at the desk: an account of the desk itself, or a person whom the directory knows.
    PrincipalId, "a principal"
);
id!(
    /// Names a job.
    JobId, "a job"
);
id!(
    /// Names an archive that an export delivered.
    ArchiveId, "an archive"
);
id!(
    /// Names a hold.
    HoldId, "a hold"
);
id!(
    /// Names a mail in the outbox; its Message-ID is made of it.
    MailId, "a mail"
);
id!(
    /// Names an API token. It is not the secret.
    TokenId, "a token"
);
id!(
    /// Names a receiver of webhooks.
    WebhookId, "a webhook"
);
id!(
    /// Names one delivery of a webhook; the receiver tells repeated deliveries by it.
    DeliveryId, "a delivery"
);
id!(
    /// Names a message in a case.
    MessageId, "a message"
);
id!(
    /// Names a file attached to a case.
    AttachmentId, "an attachment"
);
id!(
    /// Names what came in by another protocol: one request of a sender, whatever it became here.
    IntakeId, "an intake"
);
id!(
    /// Names an address that a sender wants to be told at.
    CallbackId, "a callback"
);
id!(
    /// Names the exit of a contract.
    ExitId, "an exit"
);
id!(
    /// Names a user whom an identity provider has pushed.
    DirectoryUserId, "a pushed user"
);
id!(
    /// Names a group that an identity provider has pushed.
    DirectoryGroupId, "a pushed group"
);

/// What somebody may be at the desk. One person may have several roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Runs the platform.
    Operator,
    /// Account representative or support agent of the platform.
    Representative,
    /// Reads everything, decides nothing.
    Auditor,
    /// Full administrator of a contract.
    Admin,
    /// Sees reports and the state of requests, decides nothing.
    SubAdmin,
    /// Holds a seat.
    Holder,
    /// Sends people's requests by another protocol: an agent, or a controller's privacy tool.
    Agent,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 7] =
        [Self::Operator, Self::Representative, Self::Auditor, Self::Admin, Self::SubAdmin, Self::Holder, Self::Agent];

    /// As the store, the API and the docs spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Representative => "representative",
            Self::Auditor => "auditor",
            Self::Admin => "admin",
            Self::SubAdmin => "sub_admin",
            Self::Holder => "holder",
            Self::Agent => "agent",
        }
    }

    /// Whether the desk itself keeps who has the role; the others are read from the directory.
    pub fn is_of_the_desk(self) -> bool {
        match self {
            Self::Operator | Self::Representative | Self::Auditor => true,
            Self::Admin | Self::SubAdmin | Self::Holder | Self::Agent => false,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or_else(|| Error::Role { text: text.to_owned() })
    }
}

/// The languages that people are written to in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    #[default]
    #[serde(rename = "en")]
    English,
    #[serde(rename = "de")]
    German,
}

impl Language {
    /// Every language.
    pub const ALL: [Self; 2] = [Self::English, Self::German];

    /// Its code in ISO 639-1.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    /// The language of a tag such as `de-AT` or `de_DE`; `None` for one that nobody writes here.
    pub fn of_tag(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_']).next().unwrap_or(tag);
        Self::ALL.into_iter().find(|language| primary.trim().eq_ignore_ascii_case(language.as_str()))
    }
}

impl fmt::Display for Language {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for Language {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|language| language.as_str() == text).ok_or_else(|| Error::Language { text: text.to_owned() })
    }
}

/// An e-mail address in lower case. It is personal data: `Debug` doesn't show it.
///
/// Two spellings of one address that differ in case alone name the same person here, as they do for every mail server in use.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EmailAddress(String);

/// RFC 5321, 4.5.3.1: a path has at most 256 characters, of which two are its brackets.
const LONGEST_ADDRESS: usize = 254;

impl EmailAddress {
    /// The address in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("EmailAddress(…)")
    }
}

impl FromStr for EmailAddress {
    type Err = Error;

    /// Takes what a mail server would: one `@`, no space or control character, a domain with letters, digits, dots and hyphens.
    fn from_str(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        let (local, domain) = text.rsplit_once('@').ok_or(Error::Email)?;
        let local_fits = !local.is_empty()
            && local.len() <= 64
            && !local.starts_with('.')
            && !local.ends_with('.')
            && !local.contains("..")
            && local.chars().all(|character| character.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(character));
        let label_fits = |label: &str| {
            !label.is_empty()
                && label.len() <= 63
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|character| character.is_alphanumeric() || character == '-')
        };
        let domain_fits = domain.split('.').all(label_fits);
        if text.len() <= LONGEST_ADDRESS && local_fits && domain_fits { Ok(Self(text.to_lowercase())) } else { Err(Error::Email) }
    }
}

impl TryFrom<String> for EmailAddress {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl From<EmailAddress> for String {
    fn from(address: EmailAddress) -> Self {
        address.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_compared_in_lower_case() {
        let got: EmailAddress = " Mara.Lindqvist@Personal.example ".parse().unwrap();
        assert_eq!(got.as_str(), "mara.lindqvist@personal.example");
        assert_eq!(format!("{got:?}"), "EmailAddress(…)");
    }

    #[test]
    fn what_no_mail_server_takes_is_no_address() {
        let long = format!("{}@personal.example", "a".repeat(65));
        for text in [
            "",
            "mara",
            "@personal.example",
            "mara@",
            "a b@c.example",
            "a@b..example",
            "a\r\n@c.example",
            "<a@b.example>",
            ".a@b.example",
            &long,
        ] {
            assert_eq!(text.parse::<EmailAddress>(), Err(Error::Email), "{text:?}");
        }
    }

    #[test]
    fn ids_survive_the_round_trip() {
        let id = RequestId::from_random(7);
        assert_eq!(id.as_str().parse(), Ok(id.clone()));
        assert!("7".parse::<RequestId>().is_err());
        assert!(id.as_str().to_uppercase().replace('0', "A").parse::<RequestId>().is_err());
    }

    #[test]
    fn regional_tags_lead_to_their_language() {
        assert_eq!(Language::of_tag("de-AT"), Some(Language::German));
        assert_eq!(Language::of_tag("EN_us"), Some(Language::English));
        assert_eq!(Language::of_tag("fr"), None);
    }
}
