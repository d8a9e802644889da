//! Signed messages: who has signed, for whom, and whether they are fresh.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::civil::DateTime;
use jiff::tz::Offset;
use jiff::{Timestamp, ToSpan as _};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::digest::Digest;
use crate::moment::Moment;
use crate::text::holds_null;

/// For how many minutes the protocol advises that a message be valid (section 2.01, `expires-at`).
pub const VALIDITY_MINUTES: u32 = 10;

const SIGNATURE_BYTES: usize = 64;

/// Which check a message did not pass. Nothing of its content is told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("the message is not base64 of a signature and a text")]
    Encoding,
    #[error("the signature was not made by the agent over this message")]
    Signature,
    #[error("the signed text is no JSON object, or has the null character in a text")]
    Json,
    #[error("`{field}` is missing or of another form than the protocol has")]
    Field { field: &'static str },
    #[error("`agent-id` is not the agent whom the token belongs to")]
    Agent,
    #[error("`business-id` is not this business")]
    Business,
    #[error("`issued-at` lies in the future")]
    NotYetIssued,
    #[error("`expires-at` is over")]
    Expired,
    #[error("the message is valid for longer than {minutes} minutes")]
    ValidTooLong { minutes: u32 },
    #[error("version {version} of the protocol is not spoken here, only 1.0")]
    Version { version: String },
    #[error("the right `{right}` is not one of the protocol's")]
    Right { right: String },
    #[error("the right `{right}` cannot be exercised here")]
    UnsupportedRight { right: &'static str },
    #[error("the protocol knows the regime ccpa alone, or none")]
    Regime,
}

/// The body of an answer that refuses a message (section 3.06).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct ErrorBody {
    /// The code of the HTTP answer, as text.
    pub code: String,
    pub message: String,
    /// Whether the same message can never succeed.
    pub fatal: bool,
}

/// An agent as the directory of the network lists it, with the token that it got from us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent {
    pub id: String,
    /// Ed25519.
    pub verify_key: [u8; 32],
    /// SHA-256 of the bearer token; `None` before the pairing.
    pub token_hash: Option<Digest>,
}

/// What a message is held against.
#[derive(Debug, Clone, Copy)]
pub struct Envelope<'a> {
    /// The agent whom the bearer token belongs to; for a pairing the one that the path names.
    pub agent: &'a Agent,
    /// Our own id in the directory of the network.
    pub business: &'a str,
    pub now: Moment,
    /// The longest time between `issued-at` and `expires-at`; the protocol advises [`VALIDITY_MINUTES`].
    pub validity_minutes: u32,
}

/// The claims of a message whose signature, addressee and times hold.
#[derive(Clone, PartialEq, Eq)]
pub struct Claims(Map<String, Value>);

impl std::fmt::Debug for Claims {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Claims(…)")
    }
}

/// The agent whom a bearer token belongs to.
pub fn agent_of_token<'a>(agents: &'a [Agent], token: &str) -> Option<&'a Agent> {
    let hash = Digest::of_bytes(token.as_bytes());
    agents.iter().find(|agent| agent.token_hash.as_ref() == Some(&hash))
}

/// The text that the agent has signed: what stands in a message after its signature (libsodium's combined mode, in base64).
///
/// # Errors
/// [`Error::Encoding`] or [`Error::Signature`].
pub(super) fn signed_text(body: &str, agent: &Agent) -> Result<Map<String, Value>, Error> {
    let bytes = BASE64.decode(body.trim()).map_err(|_| Error::Encoding)?;
    let (signature, text) = bytes.split_first_chunk::<SIGNATURE_BYTES>().ok_or(Error::Encoding)?;
    let key = ed25519_dalek::VerifyingKey::from_bytes(&agent.verify_key).map_err(|_| Error::Signature)?;
    let signature = ed25519_dalek::Signature::from_bytes(signature);
    key.verify_strict(text, &signature).map_err(|_| Error::Signature)?;
    match serde_json::from_slice(text) {
        Ok(Value::Object(claims)) if !holds_null(text) => Ok(claims),
        Ok(_) | Err(_) => Err(Error::Json),
    }
}

/// Opens a message, in the order of checks that section 3.07 asks for: encoding, signature, agent, business, issued, expired; then the length of
/// its validity and the version.
///
/// # Errors
/// The first check that fails.
pub fn open(body: &str, envelope: &Envelope<'_>) -> Result<Claims, Error> {
    let claims = Claims(signed_text(body, envelope.agent)?);
    if claims.text("agent-id")? != envelope.agent.id {
        return Err(Error::Agent);
    }
    if claims.text("business-id")? != envelope.business {
        return Err(Error::Business);
    }
    let issued = claims.moment("issued-at")?;
    if issued >= envelope.now {
        return Err(Error::NotYetIssued);
    }
    let expires = claims.moment("expires-at")?;
    if envelope.now >= expires {
        return Err(Error::Expired);
    }
    let minutes = envelope.validity_minutes;
    let limit = issued.timestamp().checked_add(i64::from(minutes).minutes()).map_err(|_| Error::ValidTooLong { minutes })?;
    if expires.timestamp() > limit {
        return Err(Error::ValidTooLong { minutes });
    }
    match claims.text("drp.version")? {
        "1.0" => Ok(claims),
        version => Err(Error::Version { version: version.chars().take(16).collect() }),
    }
}

/// Opens the message by which an agent asks for a token (section 2.05), and returns when it was issued: a later message alone can replace the
/// token. `agent` of the envelope is the one that the path names.
///
/// # Errors
/// As for [`open`]; the answer to every one of them is 403 without a body.
pub fn open_pairing(body: &str, envelope: &Envelope<'_>) -> Result<Moment, Error> {
    open(body, envelope)?.moment("issued-at")
}

impl Claims {
    pub(super) fn text(&self, field: &'static str) -> Result<&str, Error> {
        self.0.get(field).and_then(Value::as_str).filter(|text| !text.is_empty()).ok_or(Error::Field { field })
    }

    /// A text that may be missing, or `null`.
    pub(super) fn optional_text(&self, field: &'static str) -> Result<Option<&str>, Error> {
        match self.0.get(field) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text).filter(|text| !text.is_empty()).map(String::as_str)),
            Some(_) => Err(Error::Field { field }),
        }
    }

    pub(super) fn flag(&self, field: &'static str) -> Result<bool, Error> {
        match self.0.get(field) {
            None | Some(Value::Null) => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => Err(Error::Field { field }),
        }
    }

    pub(super) fn texts(&self, field: &'static str) -> Result<Vec<String>, Error> {
        match self.0.get(field) {
            None | Some(Value::Null) => Ok(Vec::new()),
            Some(Value::Array(list)) => list.iter().map(|value| value.as_str().map(str::to_owned).ok_or(Error::Field { field })).collect(),
            Some(_) => Err(Error::Field { field }),
        }
    }

    /// A time in ISO 8601. One without an offset is taken for UTC, as agents write it who know no other zone.
    pub(super) fn moment(&self, field: &'static str) -> Result<Moment, Error> {
        let text = self.text(field)?;
        let timestamp = text.parse::<Timestamp>().or_else(|_| {
            let civil: DateTime = text.parse()?;
            Offset::UTC.to_timestamp(civil)
        });
        timestamp.map(Moment::new).map_err(|_| Error::Field { field })
    }
}

impl Error {
    /// The code of the HTTP answer: 403 where it isn't shown who asks whom, 400 otherwise.
    pub fn http_status(&self) -> u16 {
        match self {
            Self::Signature | Self::Agent | Self::Business => 403,
            Self::Encoding
            | Self::Json
            | Self::Field { .. }
            | Self::NotYetIssued
            | Self::Expired
            | Self::ValidTooLong { .. }
            | Self::Version { .. }
            | Self::Right { .. }
            | Self::UnsupportedRight { .. }
            | Self::Regime => 400,
        }
    }

    /// The body of the answer.
    pub fn body(&self) -> ErrorBody {
        // A message that is only early succeeds later; every other must be made anew.
        let fatal = *self != Self::NotYetIssued;
        ErrorBody { code: self.http_status().to_string(), message: self.to_string(), fatal }
    }
}
