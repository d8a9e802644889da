//! SQLite.

pub(crate) mod catalog;
pub(crate) mod connection;
mod declared;
mod trigger;
