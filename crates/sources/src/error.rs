//! What can go wrong with other people's databases, told apart by what a person can do about it.

use std::io;

use exeunt_model::names::SourceName;

use crate::fault::Fault;

/// A database could not be reached, read or changed. No message holds a password, a key or a row's value.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("read the address of {database}: {problem}")]
    Address { database: SourceName, problem: String },
    #[error("reach {database} at {place}: {reason}")]
    Unreachable { database: SourceName, place: String, reason: String },
    #[error("talk to {database} in an encrypted way: {reason}")]
    Encryption { database: SourceName, reason: String },
    #[error("sign in to {database} as `{user}`: the server refused the name or the password")]
    Credentials { database: SourceName, user: String },
    #[error("open {database}: there is no database `{name}`")]
    DatabaseMissing { database: SourceName, name: String },
    #[error("{operation} in {database}: permission denied: {fault}")]
    PermissionDenied { database: SourceName, operation: String, fault: Box<Fault> },
    #[error("{operation} in {database}: a table of the plan has vanished: {fault}")]
    TableVanished { database: SourceName, operation: String, fault: Box<Fault> },
    #[error("{operation} in {database}: a column of the plan has vanished: {fault}")]
    ColumnVanished { database: SourceName, operation: String, fault: Box<Fault> },
    #[error("{operation} in {database}: it was opened for reading only")]
    ReadOnly { database: SourceName, operation: String },
    /// Another transaction stands in the way; a retry may succeed.
    #[error("{operation} in {database}: {fault}; nothing was changed, try again")]
    Busy { database: SourceName, operation: String, fault: Box<Fault> },
    /// The connection ended. A transaction that was not committed is rolled back by the server.
    #[error("{operation} in {database}: the connection was lost: {reason}")]
    ConnectionLost { database: SourceName, operation: String, reason: String },
    #[error("{operation} in {database}: {fault}")]
    Refused { database: SourceName, operation: String, fault: Box<Fault> },
    #[error("{operation} in {database}: the server's answer was not understood: {problem}")]
    Protocol { database: SourceName, operation: String, problem: String },
    /// The place that rows are written to failed, not the database.
    #[error("{operation} in {database}: write the rows out")]
    Output {
        database: SourceName,
        operation: String,
        #[source]
        source: io::Error,
    },
    /// The plan does not fit the database, or a key does not fit the plan.
    #[error("fit the plan to {database}: {problem}")]
    Plan { database: SourceName, problem: String },
    /// The connection or the disk failed while a transaction was being committed: only a recount tells whether it was.
    #[error("commit in {database}: its end is unknown, count again to see what was done: {reason}")]
    CommitUnknown { database: SourceName, reason: String },
    #[error("{operation} in {database}: {reason}")]
    Unsupported { database: SourceName, operation: String, reason: String },
}

impl Error {
    /// Whether the same call may succeed later without anybody changing anything.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Busy { .. } | Self::ConnectionLost { .. } => true,
            Self::Address { .. }
            | Self::Encryption { .. }
            | Self::Credentials { .. }
            | Self::DatabaseMissing { .. }
            | Self::PermissionDenied { .. }
            | Self::TableVanished { .. }
            | Self::ColumnVanished { .. }
            | Self::ReadOnly { .. }
            | Self::Refused { .. }
            | Self::Protocol { .. }
            | Self::Output { .. }
            | Self::Plan { .. }
            | Self::CommitUnknown { .. }
            | Self::Unsupported { .. } => false,
        }
    }

    /// Whether another transaction stood in the way, so that this one may succeed when it is begun anew.
    ///
    /// A row that came after the transaction's moment and points to one that it deletes is such a case: what the transaction counted
    /// was right, and is no longer.
    pub fn is_conflict(&self) -> bool {
        match self {
            Self::Busy { .. } => true,
            Self::Refused { fault, .. } => fault.code == "23503",
            Self::Address { .. }
            | Self::Unreachable { .. }
            | Self::Encryption { .. }
            | Self::Credentials { .. }
            | Self::DatabaseMissing { .. }
            | Self::PermissionDenied { .. }
            | Self::TableVanished { .. }
            | Self::ColumnVanished { .. }
            | Self::ReadOnly { .. }
            | Self::ConnectionLost { .. }
            | Self::Protocol { .. }
            | Self::Output { .. }
            | Self::Plan { .. }
            | Self::CommitUnknown { .. }
            | Self::Unsupported { .. } => false,
        }
    }

    /// Sorts a failed operation by the database's code.
    pub(crate) fn from_fault(database: &SourceName, operation: &str, fault: Fault) -> Self {
        let database = database.clone();
        let operation = operation.to_owned();
        let fault = Box::new(fault);
        match fault.code.as_str() {
            "42501" | "SQLITE 23" | "SQLITE 3" => Self::PermissionDenied { database, operation, fault },
            "42P01" | "3F000" | "SQLITE table" => Self::TableVanished { database, operation, fault },
            "42703" | "SQLITE column" => Self::ColumnVanished { database, operation, fault },
            "25006" | "SQLITE 8" => Self::ReadOnly { database, operation },
            "40001" | "40P01" | "55P03" | "SQLITE 5" | "SQLITE 6" | "SQLITE 261" | "SQLITE 517" => {
                Self::Busy { database, operation, fault }
            }
            "57P01" | "57P02" | "57P03" | "25P03" | "25P04" => Self::ConnectionLost { database, operation, reason: fault.to_string() },
            _ => Self::Refused { database, operation, fault },
        }
    }
}
