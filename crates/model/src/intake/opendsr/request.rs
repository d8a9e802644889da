//! What a controller asks for, and about whom (sections 5 and 7).

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::digest::Digest;
use crate::due::Regime;
use crate::identity::EmailAddress;
use crate::moment::Moment;
use crate::request::{Kind, spelled};
use crate::text::holds_null;

spelled!(
    /// The laws that a request can name.
    #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    #[serde(rename_all = "snake_case")]
    Regulation {
        Gdpr = "gdpr",
        Ccpa = "ccpa",
    }
);

spelled!(
    /// What is asked for (section 6.2).
    #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    #[serde(rename_all = "snake_case")]
    RequestType {
        Access = "access",
        Portability = "portability",
        Erasure = "erasure",
    }
);

spelled!(
    /// What an identity is (section 5.1).
    #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    #[serde(rename_all = "snake_case")]
    IdentityType {
        /// The platform's own key of a seat.
        ControllerCustomerId = "controller_customer_id",
        AndroidAdvertisingId = "android_advertising_id",
        AndroidId = "android_id",
        Email = "email",
        FireAdvertisingId = "fire_advertising_id",
        IosAdvertisingId = "ios_advertising_id",
        IosVendorId = "ios_vendor_id",
        MicrosoftAdvertisingId = "microsoft_advertising_id",
        MicrosoftPublisherId = "microsoft_publisher_id",
        RokuPublisherId = "roku_publisher_id",
        RokuAdvertisingId = "roku_advertising_id",
    }
);

spelled!(
    /// How an identity is written (section 5.2).
    #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    #[serde(rename_all = "snake_case")]
    IdentityFormat {
        Raw = "raw",
        Sha1 = "sha1",
        Md5 = "md5",
        Sha256 = "sha256",
    }
);

/// Identities by which a seat is found. Broken hashes choose nothing that is then erased.
pub(super) const SUPPORTED_IDENTITIES: [(IdentityType, IdentityFormat); 3] = [
    (IdentityType::Email, IdentityFormat::Raw),
    (IdentityType::Email, IdentityFormat::Sha256),
    (IdentityType::ControllerCustomerId, IdentityFormat::Raw),
];

/// What is wrong with a request. Nothing of an identity is told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("the body is no JSON object, or has the null character in a text")]
    Json,
    #[error("{field} is required")]
    Missing { field: &'static str },
    #[error("{field} has a value that the specification doesn't have")]
    Field { field: &'static str },
    #[error("api_version {version} is not spoken here, only 2.0")]
    Version { version: String },
    #[error("none of the identities is of a type and a format that discovery lists")]
    NoSupportedIdentity,
    #[error("a request that is {status} cannot be cancelled")]
    NotCancellable { status: super::Status },
}

/// The controller's name for a request: a UUID of version 4 in lower case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SubjectRequestId(String);

/// Somebody, as a request names them. It is personal data: `Debug` doesn't show its value.
#[derive(Clone, PartialEq, Eq)]
pub struct Identity {
    pub identity_type: IdentityType,
    pub identity_format: IdentityFormat,
    value: String,
}

/// A request as the controller has made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    pub regulation: Regulation,
    pub id: SubjectRequestId,
    pub request_type: RequestType,
    /// At least one of them is of a type and a format that are supported.
    pub identities: Vec<Identity>,
    /// When the person asked the controller.
    pub submitted: Moment,
    /// Addresses of HTTPS that are told of every change.
    pub status_callback_urls: Vec<String>,
}

impl Regulation {
    /// The clock that counts.
    pub fn regime(self) -> Regime {
        match self {
            Self::Gdpr => Regime::Gdpr,
            Self::Ccpa => Regime::Ccpa,
        }
    }
}

impl RequestType {
    /// The kind of request that it becomes.
    pub fn kind(self) -> Kind {
        match self {
            Self::Access | Self::Portability => Kind::Export,
            Self::Erasure => Kind::Erasure,
        }
    }
}

impl Identity {
    /// An identity of this type, format and value.
    pub fn new(identity_type: IdentityType, identity_format: IdentityFormat, value: &str) -> Self {
        Self { identity_type, identity_format, value: value.to_owned() }
    }

    /// As it was written.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// Whether people are looked for by identities of its type and format.
    pub fn is_supported(&self) -> bool {
        SUPPORTED_IDENTITIES.contains(&(self.identity_type, self.identity_format))
    }

    /// The e-mail address, where it is one in clear.
    pub fn email(&self) -> Option<EmailAddress> {
        match (self.identity_type, self.identity_format) {
            (IdentityType::Email, IdentityFormat::Raw) => self.value.parse().ok(),
            _ => None,
        }
    }

    /// The platform's own key of a seat, where it is one in clear.
    pub fn customer_id(&self) -> Option<&str> {
        match (self.identity_type, self.identity_format) {
            (IdentityType::ControllerCustomerId, IdentityFormat::Raw) => Some(&self.value),
            _ => None,
        }
    }

    /// Whether it is this e-mail address, in clear or as the SHA-256 of its lower case.
    pub fn is_email(&self, address: &EmailAddress) -> bool {
        match (self.identity_type, self.identity_format) {
            (IdentityType::Email, IdentityFormat::Raw) => self.email().as_ref() == Some(address),
            (IdentityType::Email, IdentityFormat::Sha256) => {
                let digest = Digest::of_bytes(address.as_str().as_bytes());
                digest.as_str().strip_prefix("sha256:").is_some_and(|digits| digits.eq_ignore_ascii_case(self.value.trim()))
            }
            _ => false,
        }
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Identity({} {}, …)", self.identity_type, self.identity_format)
    }
}

/// Reads the body of `POST /requests` (section 7.1). Properties that the specification doesn't have, and extensions, are passed over.
///
/// # Errors
/// The first property that is missing or has a value that it can't have; [`Error::NoSupportedIdentity`] when nobody can be found by it.
pub fn request(body: &[u8]) -> Result<Request, Error> {
    let Ok(Value::Object(fields)) = serde_json::from_slice(body) else { return Err(Error::Json) };
    if holds_null(body) {
        return Err(Error::Json);
    }
    let version = match fields.get("api_version") {
        None | Some(Value::Null) => "2.0",
        Some(value) => value.as_str().ok_or(Error::Field { field: "api_version" })?,
    };
    if version != "2" && !version.starts_with("2.") {
        return Err(Error::Version { version: version.chars().take(16).collect() });
    }
    let identities = identities(&fields)?;
    if !identities.iter().any(Identity::is_supported) {
        return Err(Error::NoSupportedIdentity);
    }
    Ok(Request {
        regulation: one_of(&fields, "regulation", Regulation::ALL)?,
        id: text(&fields, "subject_request_id")?.parse()?,
        request_type: one_of(&fields, "subject_request_type", RequestType::ALL)?,
        identities,
        submitted: time(text(&fields, "submitted_time")?)?,
        status_callback_urls: callbacks(&fields)?,
    })
}

fn text<'a>(fields: &'a Map<String, Value>, field: &'static str) -> Result<&'a str, Error> {
    match fields.get(field) {
        None | Some(Value::Null) => Err(Error::Missing { field }),
        Some(value) => value.as_str().ok_or(Error::Field { field }),
    }
}

fn one_of<T: Copy + fmt::Display>(fields: &Map<String, Value>, field: &'static str, all: &[T]) -> Result<T, Error> {
    let text = text(fields, field)?;
    all.iter().copied().find(|known| known.to_string() == text).ok_or(Error::Field { field })
}

fn time(text: &str) -> Result<Moment, Error> {
    text.parse::<Timestamp>().map(Moment::new).map_err(|_| Error::Field { field: "submitted_time" })
}

fn identities(fields: &Map<String, Value>) -> Result<Vec<Identity>, Error> {
    let list = match fields.get("subject_identities") {
        // They may stand in an extension, of which this processor has none.
        None | Some(Value::Null) => return Err(Error::Missing { field: "subject_identities" }),
        Some(value) => value.as_array().ok_or(Error::Field { field: "subject_identities" })?,
    };
    list.iter()
        .map(|value| {
            let fields = value.as_object().ok_or(Error::Field { field: "subject_identities" })?;
            Ok(Identity {
                identity_type: one_of(fields, "identity_type", IdentityType::ALL)?,
                identity_format: one_of(fields, "identity_format", IdentityFormat::ALL)?,
                value: text(fields, "identity_value")?.to_owned(),
            })
        })
        .collect()
}

fn callbacks(fields: &Map<String, Value>) -> Result<Vec<String>, Error> {
    let field = "status_callback_urls";
    let list = match fields.get(field) {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(value) => value.as_array().ok_or(Error::Field { field })?,
    };
    let https = |value: &Value| value.as_str().filter(|url| url.starts_with("https://")).map(str::to_owned).ok_or(Error::Field { field });
    list.iter().map(https).collect()
}

impl SubjectRequestId {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SubjectRequestId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl FromStr for SubjectRequestId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let fits = |(index, byte): (usize, u8)| match index {
            8 | 13 | 18 | 23 => byte == b'-',
            14 => byte == b'4',
            19 => matches!(byte, b'8' | b'9' | b'a' | b'b'),
            _ => byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte),
        };
        let is_uuid = text.len() == 36 && text.bytes().enumerate().all(fits);
        if is_uuid { Ok(Self(text.to_owned())) } else { Err(Error::Field { field: "subject_request_id" }) }
    }
}

impl TryFrom<String> for SubjectRequestId {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl From<SubjectRequestId> for String {
    fn from(id: SubjectRequestId) -> Self {
        id.0
    }
}
