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
mod places;
mod postgres;
mod row;
mod sqlite;
mod tls;
mod transaction;
mod value;

pub(crate) use connection::Connection;
pub(crate) use places::{MOST_VALUES, places};
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
    #[error(transparent)]
    Postgres(#[from] Fault),
    #[error("column {column} of an answer is no {wanted}")]
    Column { column: usize, wanted: &'static str },
    #[error("{got} rows were answered instead of one")]
    NotOne { got: usize },
    /// A statement failed and the work went on as if it had not.
    #[error("a statement failed before, so that nothing was written")]
    Aborted,
    /// The server was lost while it committed: whether it did is not known.
    #[error("the server was lost while it committed; whether it did is not known")]
    CommitUnknown(#[source] Fault),
}

/// What a server said, or why it could not be heard. The driver's own error isn't kept: it goes on to the details, which hold values of rows.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Fault {
    message: String,
    /// The five characters of SQLSTATE, where the server has said something.
    code: Option<String>,
    /// The connection is over.
    is_lost: bool,
}

impl Fault {
    #[cfg(test)]
    pub(crate) fn lost(message: &str) -> Self {
        Self { message: message.to_owned(), code: None, is_lost: true }
    }
}

impl From<::postgres::Error> for Fault {
    fn from(error: ::postgres::Error) -> Self {
        match error.as_db_error() {
            Some(told) => {
                let code = told.code().code();
                let is_lost = error.is_closed() || code.starts_with("08") || code.starts_with("57P");
                Self { message: format!("{} ({code})", told.message()), code: Some(code.to_owned()), is_lost }
            }
            None => {
                let is_broken = std::error::Error::source(&error).is_some_and(|cause| cause.downcast_ref::<std::io::Error>().is_some());
                Self { message: error.to_string(), code: None, is_lost: error.is_closed() || is_broken }
            }
        }
    }
}

impl From<::postgres::Error> for Error {
    fn from(error: ::postgres::Error) -> Self {
        Self::Postgres(error.into())
    }
}

impl Error {
    /// Another transaction stood in the way: the same transaction may succeed when it is made again.
    pub(crate) fn is_conflict(&self) -> bool {
        // Serialization failures and deadlocks.
        matches!(self.code(), Some("40001" | "40P01"))
    }

    /// A row of this key is there already. On a server another transaction may have written it after this one looked: made again, this one finds it.
    /// On SQLite nobody writes in between.
    pub(crate) fn is_taken(&self) -> bool {
        self.code() == Some("23505")
    }

    /// The connection is of no use any more: another one may be.
    pub(crate) fn is_lost(&self) -> bool {
        match self {
            Self::Postgres(fault) => fault.is_lost,
            Self::CommitUnknown(_) => true,
            Self::Sqlite(_) | Self::Column { .. } | Self::NotOne { .. } | Self::Aborted => false,
        }
    }

    fn code(&self) -> Option<&str> {
        match self {
            Self::Postgres(fault) => fault.code.as_deref(),
            Self::Sqlite(_) | Self::Column { .. } | Self::NotOne { .. } | Self::Aborted | Self::CommitUnknown(_) => None,
        }
    }
}
