//! What can go wrong while an archive is written.

use std::io;
use std::path::PathBuf;

use exeunt_model::names::TableName;

use super::scan::{Malformed, ScanError};

/// An archive could not be written. Nothing with the final name is left behind.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("create {}: the folder must exist and be writable", path.display())]
    Create { path: PathBuf, source: io::Error },
    #[error("{} exists already: choose another name or folder, or remove it", path.display())]
    Exists { path: PathBuf },
    #[error("{} is being written by another run", path.display())]
    Busy { path: PathBuf },
    #[error("write {} ({written} bytes are written)", path.display())]
    Write { path: PathBuf, written: u64, source: io::Error },
    #[error(
        "write {}: no room is left on the disk ({written} bytes were written and are removed again); free some room or choose another folder",
        path.display()
    )]
    NoRoom { path: PathBuf, written: u64, source: io::Error },
    #[error(
        "write {}: after {written} bytes the file may not grow any more, by a limit of the disk's format or of this process; \
         cut the archive into parts (--part-size)",
        path.display()
    )]
    TooLarge { path: PathBuf, written: u64, source: io::Error },
    #[error("finish {}", path.display())]
    Publish { path: PathBuf, source: io::Error },
    #[error("read the rows of {table}")]
    Rows { table: TableName, source: Malformed },
    #[error("{what} was not finished: the archive is incomplete and cannot be closed")]
    Unfinished { what: String },
    #[error("`{text}` is no recipient: expected a public key of age that begins with age1")]
    Recipient { text: String },
    #[error("encrypt to these recipients together")]
    Recipients { source: age::EncryptError },
    #[error("describe the archive")]
    Describe { source: serde_json::Error },
    #[error("this build of exeunt writes no Parquet: build it with `--features parquet`")]
    NoParquet,
    #[error("a part holds at least {minimum} bytes, not {size}")]
    PartSize { size: u64, minimum: u64 },
}

impl Error {
    /// Which table's rows could not be scanned or passed on.
    pub(super) fn of_scan(table: &TableName, error: ScanError, write: impl FnOnce(io::Error) -> Self) -> Self {
        match error {
            ScanError::Malformed(source) => Self::Rows { table: table.clone(), source },
            ScanError::Write(source) => write(source),
        }
    }
}

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        let kind = match &error {
            Error::Create { source, .. }
            | Error::Write { source, .. }
            | Error::NoRoom { source, .. }
            | Error::TooLarge { source, .. }
            | Error::Publish { source, .. } => source.kind(),
            Error::Rows { .. } => io::ErrorKind::InvalidData,
            Error::Exists { .. } => io::ErrorKind::AlreadyExists,
            Error::Busy { .. } => io::ErrorKind::ResourceBusy,
            Error::Unfinished { .. }
            | Error::Recipient { .. }
            | Error::Recipients { .. }
            | Error::Describe { .. }
            | Error::NoParquet
            | Error::PartSize { .. } => io::ErrorKind::Other,
        };
        Self::new(kind, error)
    }
}
