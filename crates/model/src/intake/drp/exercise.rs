//! Which right of which person a request is about.

use std::fmt;

use super::envelope::{Agent, Claims, Envelope, Error, open, signed_text};
use crate::due::Regime;
use crate::identity::EmailAddress;
use crate::moment::Moment;
use crate::request::{Kind, spelled};

spelled!(
    /// The rights of the protocol (section 3.01). A request exercises one.
    Right {
        SaleOptOut = "sale:opt-out",
        SaleOptIn = "sale:opt-in",
        Deletion = "deletion",
        Access = "access",
        AccessCategories = "access:categories",
        AccessSpecific = "access:specific",
    }
);

/// The rights that can be exercised here, as the directory of the network lists them for a business.
pub const SUPPORTED: [Right; 4] = [Right::Access, Right::Deletion, Right::AccessCategories, Right::AccessSpecific];

/// A request as an agent has signed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exercise {
    pub right: Right,
    /// What kind of request it becomes.
    pub kind: Kind,
    /// The clock that counts. A request without a regime is answered voluntarily.
    pub regime: Regime,
    pub issued: Moment,
    pub expires: Moment,
    /// The agent's own name for it. It is kept for as long as the request, so that it can be no e-mail address.
    pub agent_request: Option<String>,
    /// Hints at other relations than a customer's.
    pub relationships: Vec<String>,
    /// Where the agent wants to be told of changes; an address of HTTPS.
    pub status_callback: Option<String>,
    pub person: Person,
}

/// Whom a request is about. It is personal data: `Debug` doesn't show it. An address is not kept, since nobody is found by it here.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Person {
    pub name: Option<String>,
    pub email: Option<EmailAddress>,
    /// Whether the agent has verified the address by the rules of the network.
    pub email_verified: bool,
    /// E.164.
    pub phone_number: Option<String>,
    pub phone_number_verified: bool,
    /// Where the document stands by which the person lets the agent act.
    pub power_of_attorney: Option<String>,
}

impl fmt::Debug for Person {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("Person");
        shown.field("email_verified", &self.email_verified).field("phone_number_verified", &self.phone_number_verified);
        shown.finish_non_exhaustive()
    }
}

impl Right {
    /// The request that exercising it becomes; `None` for rights about the sale of data, which Exeunt knows nothing of.
    ///
    /// Which categories are held is told by a person: a case.
    pub fn kind(self) -> Option<Kind> {
        match self {
            Self::Deletion => Some(Kind::Erasure),
            Self::Access | Self::AccessSpecific => Some(Kind::Export),
            Self::AccessCategories => Some(Kind::Case),
            Self::SaleOptOut | Self::SaleOptIn => None,
        }
    }
}

/// Opens the message of an agent who exercises a right (section 2.01).
///
/// # Errors
/// The first check of the envelope that fails, and after them what is wrong with the request itself.
pub fn exercise(body: &str, envelope: &Envelope<'_>) -> Result<Exercise, Error> {
    let claims = open(body, envelope)?;
    let text = claims.text("exercise")?;
    let right = Right::ALL.iter().copied().find(|right| right.as_str() == text);
    let right = right.ok_or_else(|| Error::Right { right: text.chars().take(40).collect() })?;
    let kind = right.kind().ok_or(Error::UnsupportedRight { right: right.as_str() })?;
    let regime = match claims.optional_text("regime")? {
        None => Regime::None,
        Some("ccpa") => Regime::Ccpa,
        Some(_) => return Err(Error::Regime),
    };
    let status_callback = claims.optional_text("status_callback")?;
    if status_callback.is_some_and(|url| !url.starts_with("https://")) {
        return Err(Error::Field { field: "status_callback" });
    }
    let agent_request = claims.optional_text("agent-request-id")?;
    if agent_request.is_some_and(|name| !names_a_request(name)) {
        return Err(Error::Field { field: "agent-request-id" });
    }
    Ok(Exercise {
        right,
        kind,
        regime,
        issued: claims.moment("issued-at")?,
        expires: claims.moment("expires-at")?,
        agent_request: agent_request.map(str::to_owned),
        relationships: claims.texts("relationships")?,
        status_callback: status_callback.map(str::to_owned),
        person: person(&claims)?,
    })
}

/// Characters of an agent's name for a request at most.
const LONGEST_NAME: usize = 128;

fn names_a_request(name: &str) -> bool {
    name.len() <= LONGEST_NAME && name.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'@')
}

fn person(claims: &Claims) -> Result<Person, Error> {
    let owned = |field| Ok(claims.optional_text(field)?.map(str::to_owned));
    let email = claims.optional_text("email")?.map(|text| text.parse().map_err(|_| Error::Field { field: "email" })).transpose()?;
    Ok(Person {
        name: owned("name")?,
        email,
        email_verified: claims.flag("email_verified")?,
        phone_number: owned("phone_number")?,
        phone_number_verified: claims.flag("phone_number_verified")?,
        power_of_attorney: owned("power_of_attorney")?,
    })
}

/// Opens the message of an agent who revokes a request (section 2.04), and returns the person's reason.
///
/// # Errors
/// [`Error::Encoding`], [`Error::Signature`], [`Error::Json`], or [`Error::Field`] for a reason that is no text.
pub fn revocation_reason(body: &str, agent: &Agent) -> Result<Option<String>, Error> {
    match signed_text(body, agent)?.remove("reason") {
        None | Some(serde_json::Value::Null) => Ok(None),
        Some(serde_json::Value::String(reason)) => Ok(Some(reason)),
        Some(_) => Err(Error::Field { field: "reason" }),
    }
}
