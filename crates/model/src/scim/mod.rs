//! SCIM 2.0 (RFC 7643, RFC 7644): users and groups as identity providers push them.
//!
//! ```text
//! body ─► resource::canonical ─┬─► resource::user, group: what the desk keeps of it
//!                              │
//! patch::parse ─► patch::apply ┘        filter::parse ─► matching::matches      shape: what an answer shows
//! ```
//!
//! - [`path`]: names of attributes
//! - [`filter`] and [`matching`]: filters, and whether a resource fits one
//! - [`schema`]: the attributes that the desk keeps, and [`discovery`], which tells providers of them
//! - [`resource`]: users and groups in their canonical form
//! - [`patch`]: changes of a part
//! - [`shape`]: attributes and lists of an answer
//!
//! What the desk has no use for is not kept: a pushed attribute that no [`schema`] here has is left out without a complaint, so that a provider
//! which sends telephone numbers along still closes a seat in the same request. Resources are JSON objects; nothing here knows where they are
//! stored.

pub mod discovery;
pub mod filter;
pub mod matching;
pub mod patch;
pub mod path;
pub mod resource;
pub mod schema;
pub mod shape;

#[cfg(test)]
mod tests;

/// Why a request of a provider cannot be done; RFC 7644, table 9. What they say goes to the provider alone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("the filter cannot be read: {0}")]
    InvalidFilter(String),
    #[error("another one has this {0}")]
    Uniqueness(&'static str),
    #[error("`{0}` is the desk's to set")]
    Mutability(String),
    #[error("{0}")]
    InvalidSyntax(String),
    #[error("the path cannot be read: {0}")]
    InvalidPath(String),
    #[error("nothing is there that `{0}` names")]
    NoTarget(String),
    #[error("{0}")]
    InvalidValue(String),
}

impl Error {
    /// The `scimType` of the answer.
    pub fn scim_type(&self) -> &'static str {
        match self {
            Self::InvalidFilter(_) => "invalidFilter",
            Self::Uniqueness(_) => "uniqueness",
            Self::Mutability(_) => "mutability",
            Self::InvalidSyntax(_) => "invalidSyntax",
            Self::InvalidPath(_) => "invalidPath",
            Self::NoTarget(_) => "noTarget",
            Self::InvalidValue(_) => "invalidValue",
        }
    }
}
