//! PostgreSQL.

pub(crate) mod address;
pub(crate) mod catalog;
mod catalog_queries;
pub(crate) mod client;
pub(crate) mod session;
mod tls;
