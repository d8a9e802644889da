//! One set of SQL texts for SQLite and PostgreSQL.
//!
//! ```text
//! Store::transact(operation, |transaction| …)
//!    transaction.rows(operation, SQL, &parameters![…])          affected rows
//!    transaction.one_row(operation, SQL, &parameters![…])       exactly one, or an error
//!    transaction.all(operation, SQL, &parameters![…], |row| …)  every row, read
//!    transaction.optional(…) / .single(…)                       at most one row / exactly one
//!    row.get::<T>(column)
//! ```
//!
//! Texts have `$1`, `$2`, … for parameters and are written in the words that both databases know; what must differ stands in [`dialect`].
//! Flags are integers, 0 or 1.

mod connection;
pub(crate) mod dialect;
mod postgres;
mod row;
mod sqlite;
mod tls;
mod transaction;
mod value;

pub(crate) use connection::Connection;
pub use postgres::Unreachable;
pub(crate) use postgres::connect;
pub(crate) use row::Row;
pub(crate) use sqlite::Sqlite;
pub use transaction::Transaction;
pub(crate) use value::{Value, parameters};

/// A database refused, or its answer could not be read. No message holds a value.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// The message of the server without its details, which may hold values.
    #[error("{}", told(.0))]
    Postgres(#[source] ::postgres::Error),
    #[error("column {column} of an answer is no {wanted}")]
    Column { column: usize, wanted: &'static str },
    #[error("{got} rows were answered instead of one")]
    NotOne { got: usize },
    /// The server was lost while it committed: whether it did is not known.
    #[error("the server was lost while it committed; whether it did is not known")]
    CommitUnknown(#[source] ::postgres::Error),
}

impl From<::postgres::Error> for Error {
    fn from(error: ::postgres::Error) -> Self {
        Self::Postgres(error)
    }
}

impl Error {
    /// Another transaction stood in the way: the same transaction may succeed when it is made again.
    pub(crate) fn is_conflict(&self) -> bool {
        use ::postgres::error::SqlState;
        match self {
            Self::Postgres(error) => {
                matches!(error.code(), Some(code) if *code == SqlState::T_R_SERIALIZATION_FAILURE || *code == SqlState::T_R_DEADLOCK_DETECTED)
            }
            Self::Sqlite(_) | Self::Column { .. } | Self::NotOne { .. } | Self::CommitUnknown(_) => false,
        }
    }

    /// The connection is of no use any more: another one may be.
    pub(crate) fn is_lost(&self) -> bool {
        match self {
            Self::Postgres(error) => {
                error.is_closed()
                    || error.code().is_some_and(|code| code.code().starts_with("08") || code.code().starts_with("57P"))
                    || std::error::Error::source(error).is_some_and(|cause| cause.downcast_ref::<std::io::Error>().is_some())
            }
            Self::CommitUnknown(_) => true,
            Self::Sqlite(_) | Self::Column { .. } | Self::NotOne { .. } => false,
        }
    }
}

fn told(error: &::postgres::Error) -> String {
    match error.as_db_error() {
        Some(told) => format!("{} ({})", told.message(), told.code().code()),
        None => error.to_string(),
    }
}
