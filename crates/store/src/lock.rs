//! One process per run: a lock that is taken back when the process ends, however it ends.
//!
//! Beside a store in a file it is a file lock, which the kernel takes back. On a server it is an advisory lock of a connection of its own, which the
//! server takes back when that connection is lost.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use exeunt_model::run::RunId;
use sha2::{Digest as _, Sha256};

use crate::error::Error;
use crate::location::Location;
use crate::sql::{self, Connection, parameters};

/// Holds a run for this process, until it is dropped.
#[derive(Debug)]
pub struct RunLock {
    _held: Held,
}

#[derive(Debug)]
enum Held {
    File {
        _lock: FileLock,
    },
    /// Closing the connection gives the lock back.
    Server {
        _connection: Connection,
    },
}

/// A locked file; it lies beside the store and is removed with the lock.
#[derive(Debug)]
struct FileLock {
    path: PathBuf,
    /// Closing it gives the lock back.
    _file: File,
}

impl RunLock {
    pub(crate) fn take(store: &Location, run: &RunId) -> Result<Self, Error> {
        let held = match store {
            Location::File(path) => Held::File { _lock: FileLock::take(path, run)? },
            Location::Postgres(url) => Held::Server { _connection: take_on_server(store, url, run)? },
        };
        Ok(Self { _held: held })
    }
}

fn take_on_server(store: &Location, url: &str, run: &RunId) -> Result<Connection, Error> {
    const OPERATION: &str = "lock a run";
    let client = sql::connect(url).map_err(|source| Error::Unreachable { location: store.clone(), source })?;
    let mut connection = Connection::Postgres(Box::new(client));
    let sql = "-- lock_run
        SELECT pg_try_advisory_lock($1)";
    let values = parameters![number_of(run)];
    // A lock of the session: it outlives this transaction.
    let taken = connection.transact::<_, Error>(OPERATION, |transaction| transaction.single(OPERATION, sql, &values, |row| row.get(0)))?;
    if taken { Ok(connection) } else { Err(Error::GoingOn { run: run.clone() }) }
}

/// The lock's number: runs are named by random bits, so that two of them don't share one.
fn number_of(run: &RunId) -> i64 {
    let hash = Sha256::digest(run.as_str().as_bytes());
    let mut first = [0; 8];
    first.copy_from_slice(&hash[..8]);
    i64::from_be_bytes(first)
}

impl FileLock {
    fn take(store: &Path, run: &RunId) -> Result<Self, Error> {
        let failed = |source| Error::Lock { run: run.clone(), source };
        let mut path = store.as_os_str().to_owned();
        path.push(format!(".run-{run}"));
        let path = PathBuf::from(path);
        loop {
            let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path).map_err(failed)?;
            match file.try_lock() {
                // Its last holder may have removed it since it was opened; then the lock on it keeps nobody away.
                Ok(()) if lies_at(&file, &path).map_err(failed)? => return Ok(Self { path, _file: file }),
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Err(Error::GoingOn { run: run.clone() }),
                Err(TryLockError::Error(source)) => return Err(failed(source)),
            }
        }
    }
}

/// Whether this very file is what lies at the path.
fn lies_at(file: &File, path: &Path) -> io::Result<bool> {
    let there = match fs::symlink_metadata(path) {
        Ok(there) => there,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    let own = file.metadata()?;
    Ok((own.dev(), own.ino()) == (there.dev(), there.ino()))
}

impl Drop for FileLock {
    fn drop(&mut self) {
        // A file that cannot be removed is empty and harmless; whoever resumes the run takes it again.
        let _ = fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_file_that_was_removed_is_no_lock() {
        let folder = tempfile::tempdir().unwrap();
        let (store, run) = (folder.path().join("exeunt.db"), RunId::from_random(7));
        let first = FileLock::take(&store, &run).unwrap();
        assert!(matches!(FileLock::take(&store, &run), Err(Error::GoingOn { .. })));
        // A second process opens the file, the first one ends, a third one makes the file anew.
        let opened = File::open(&first.path).unwrap();
        let path = first.path.clone();
        assert!(lies_at(&opened, &path).unwrap());
        drop(first);
        assert!(!lies_at(&opened, &path).unwrap());
        let _third = FileLock::take(&store, &run).unwrap();
        assert!(opened.try_lock().is_ok() && !lies_at(&opened, &path).unwrap());
    }
}
