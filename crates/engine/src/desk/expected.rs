//! What a caller has read, and wants to change as long as it is still so.

use std::collections::BTreeSet;
use std::fmt::Display;

use super::error::Error;

/// The versions that a change may be made to. Whoever changes something asks in the transaction that writes it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expected(Option<BTreeSet<String>>);

impl Expected {
    /// One of these.
    pub fn one_of(versions: impl IntoIterator<Item = String>) -> Self {
        Self(Some(versions.into_iter().collect()))
    }

    /// Whatever is there by now.
    pub fn anything() -> Self {
        Self(None)
    }

    /// Makes sure that this version is one of those.
    ///
    /// # Errors
    /// [`Error::Changed`].
    pub fn holds(&self, version: impl Display) -> Result<(), Error> {
        match &self.0 {
            Some(versions) if !versions.contains(&version.to_string()) => Err(Error::Changed),
            Some(_) | None => Ok(()),
        }
    }
}
