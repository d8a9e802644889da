//! SQLite.

pub(crate) mod catalog;
pub(crate) mod connection;
pub(crate) mod csv;
pub(crate) mod declared;
pub(crate) mod pseudonym;
mod trigger;
pub(crate) mod value;
