//! The directory as identity providers push it, and what it means.
//!
//! ```text
//! users ──► closing    without `active`, or deleted: the address is closed, and the erasure of its seats is proposed, once
//!    │         └─────► active again: the address is open, and what nobody has agreed to is withdrawn
//!    └────► returning  a person whose seat was erased: their admins are told
//! groups               some give roles: see `rights`
//! listing              users and groups as answers show them
//! ```
//!
//! A push belongs to one contract, that of the token that it came with, and sees and touches nothing of another. It erases nothing. What stands in
//! the way of a proposal doesn't make the push fail: the provider is told that its user is closed, and the reason is kept where admins see it.
//!
//! The platform is asked before a transaction begins, about the addresses that the push touches; when somebody was faster, it begins anew.

mod closing;
mod groups;
mod listing;
mod returning;
mod users;

pub use groups::{GroupChange, write_group};
pub use listing::{Query, group, groups, user, users};
pub use users::{UserChange, Written, write_user};

use std::collections::BTreeSet;

use exeunt_model::names::SubjectKind;
use exeunt_model::scim;

use super::context::Actor;
use crate::directory;

/// Who pushes, and for which contract.
#[derive(Debug, Clone)]
pub struct Push {
    pub actor: Actor,
    pub contract: String,
    /// The map's kind of subject that seats are.
    pub seat: SubjectKind,
}

/// The versions that a change may be made to; `None` for any.
pub type Condition = Option<BTreeSet<u64>>;

/// Nothing was pushed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Desk(#[from] super::Error),
    #[error(transparent)]
    Store(#[from] exeunt_store::Error),
    #[error(transparent)]
    Scim(#[from] scim::Error),
    /// Or it is another contract's.
    #[error("there is no such resource")]
    NotThere,
    #[error("the resource has changed since it was read")]
    Condition,
    /// Another push was faster, again and again.
    #[error("others change the same")]
    Contended,
    #[error("read what was pushed before")]
    Record(#[source] serde_json::Error),
}

impl From<directory::Error> for Error {
    fn from(error: directory::Error) -> Self {
        Self::Desk(error.into())
    }
}

/// Whether a version fits a condition.
fn holds(condition: &Condition, version: u64) -> Result<(), Error> {
    let holds = condition.as_ref().is_none_or(|versions| versions.contains(&version));
    if holds { Ok(()) } else { Err(Error::Condition) }
}

type Document = serde_json::Map<String, serde_json::Value>;

fn document(text: &str) -> Result<Document, Error> {
    serde_json::from_str(text).map_err(Error::Record)
}

fn text(document: &Document) -> Result<String, Error> {
    serde_json::to_string(document).map_err(Error::Record)
}
