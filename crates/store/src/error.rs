//! What can go wrong with the store.

use std::io;
use std::path::PathBuf;

use exeunt_model::identity::JobId;
use exeunt_model::log::{checkpoint, entry};
use exeunt_model::run::{self, RunId};

use crate::location::Location;
use crate::sql;

/// The store could not be opened, read or written. No message holds a key or a value of a source's row.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("create the store {}", path.display())]
    Create {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("open the store {location}")]
    Open {
        location: Location,
        #[source]
        source: sql::Error,
    },
    #[error("reach the store {location}")]
    Unreachable {
        location: Location,
        #[source]
        source: sql::Unreachable,
    },
    #[error("{location} is no store of Exeunt: it is {what}")]
    NoStore { location: Location, what: &'static str },
    #[error("the store is readable by others than its owner; run: chmod 600 {}", path.display())]
    Exposed { path: PathBuf },
    #[error("the store {location} was written by a newer version of this program (schema {found}, known is {known})")]
    Newer { location: Location, found: u32, known: u32 },
    /// Only of a server's store: one in a file migrates itself.
    #[error("the store {location} has schema {found}, and this program needs {known}")]
    NotMigrated { location: Location, found: u32, known: u32 },
    #[error("migrate the store to schema {version}")]
    Migrate {
        version: u32,
        #[source]
        source: sql::Error,
    },
    #[error("{operation} in the store")]
    Database {
        operation: &'static str,
        #[source]
        source: sql::Error,
    },
    #[error("read an answer of the store")]
    Answer(#[from] sql::Error),
    #[error("{operation} in the store: {got} rows were affected instead of {want}")]
    RowCount { operation: &'static str, want: usize, got: usize },
    #[error("the store is damaged: {what}")]
    Damaged { what: String },
    /// Another worker has the job now: whatever was about to be written is not.
    #[error("job {job} is not this worker's any more")]
    LeaseLost { job: JobId },
    #[error("read entry {number} of the log")]
    Entry {
        number: u64,
        #[source]
        source: entry::Error,
    },
    #[error("read the log's checkpoint of {size} entries")]
    Checkpoint {
        size: u64,
        #[source]
        source: checkpoint::Error,
    },
    #[error("move run {run}")]
    Move {
        run: RunId,
        #[source]
        source: run::Error,
    },
    #[error("there is no run {run} in this store")]
    NoSuchRun { run: RunId },
    /// Resuming that run is what to do.
    #[error("run {run} of the same subject is not finished")]
    Unfinished { run: RunId },
    #[error("run {run} is going on in another process")]
    GoingOn { run: RunId },
    #[error("lock run {run}")]
    Lock {
        run: RunId,
        #[source]
        source: io::Error,
    },
}

impl Error {
    pub(crate) fn damaged(what: impl Into<String>) -> Self {
        Self::Damaged { what: what.into() }
    }

    /// Whether the work may have been done all the same: the server was lost while it committed.
    pub fn is_outcome_unknown(&self) -> bool {
        matches!(self, Self::Database { source: sql::Error::CommitUnknown(_), .. })
    }

    /// Whether the same may succeed later, because a server was away or another transaction stood in the way.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Open { source, .. } | Self::Migrate { source, .. } | Self::Database { source, .. } | Self::Answer(source) => {
                source.is_lost() || source.is_conflict()
            }
            Self::Create { .. }
            | Self::NoStore { .. }
            | Self::Exposed { .. }
            | Self::Newer { .. }
            | Self::NotMigrated { .. }
            | Self::RowCount { .. }
            | Self::Damaged { .. }
            | Self::LeaseLost { .. }
            | Self::Entry { .. }
            | Self::Checkpoint { .. }
            | Self::Move { .. }
            | Self::NoSuchRun { .. }
            | Self::Unfinished { .. }
            | Self::GoingOn { .. }
            | Self::Lock { .. } => false,
        }
    }
}

/// Refuses a write that affected another number of rows than it should have.
pub(crate) fn expect_rows(operation: &'static str, want: usize, got: usize) -> Result<(), Error> {
    if got == want { Ok(()) } else { Err(Error::RowCount { operation, want, got }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_commit_that_was_not_answered_may_have_been_done() {
        let of = |source| Error::Database { operation: "attach a file", source };
        assert!(of(sql::Error::CommitUnknown(sql::Fault::lost("connection closed"))).is_outcome_unknown());
        assert!(!of(sql::Error::Postgres(sql::Fault::lost("connection closed"))).is_outcome_unknown());
        assert!(!of(sql::Error::Aborted).is_outcome_unknown());
        assert!(!Error::RowCount { operation: "attach a file", want: 1, got: 0 }.is_outcome_unknown());
    }
}
