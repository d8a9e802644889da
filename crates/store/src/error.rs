//! What can go wrong with the store.

use std::io;
use std::path::PathBuf;

use exeunt_model::log::{checkpoint, entry};
use exeunt_model::run::{self, RunId};

/// The store could not be opened, read or written. No message holds a key or a value of a source's row.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("create the store {}", path.display())]
    Create {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("open the store {}", path.display())]
    Open {
        path: PathBuf,
        #[source]
        source: rusqlite::Error,
    },
    #[error("{} is no store of Exeunt: it is {what}", path.display())]
    NoStore { path: PathBuf, what: &'static str },
    #[error("the store is readable by others than its owner; run: chmod 600 {}", path.display())]
    Exposed { path: PathBuf },
    #[error("the store {} was written by a newer version of this program (schema {found}, known is {known})", path.display())]
    Newer { path: PathBuf, found: u32, known: u32 },
    #[error("migrate the store to schema {version}")]
    Migrate {
        version: u32,
        #[source]
        source: rusqlite::Error,
    },
    #[error("{operation} in the store")]
    Database {
        operation: &'static str,
        #[source]
        source: rusqlite::Error,
    },
    #[error("{operation} in the store: {got} rows were affected instead of {want}")]
    RowCount { operation: &'static str, want: usize, got: usize },
    #[error("the store is damaged: {what}")]
    Damaged { what: String },
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
    /// For `map_err`: names the operation that failed.
    pub(crate) fn during(operation: &'static str) -> impl Fn(rusqlite::Error) -> Self {
        move |source| Self::Database { operation, source }
    }

    pub(crate) fn damaged(what: impl Into<String>) -> Self {
        Self::Damaged { what: what.into() }
    }
}

/// Refuses a write that affected another number of rows than it should have.
pub(crate) fn expect_rows(operation: &'static str, want: usize, got: usize) -> Result<(), Error> {
    if got == want { Ok(()) } else { Err(Error::RowCount { operation, want, got }) }
}
