//! PostgreSQL.

pub(crate) mod address;
pub(crate) mod catalog;
mod catalog_queries;
pub(crate) mod session;
mod startup;
mod stream;
mod tls;
pub(crate) mod wire;
