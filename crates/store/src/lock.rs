//! One process per run: a file lock that the kernel takes back when the process ends, however it ends.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use exeunt_model::run::RunId;

use crate::error::Error;

/// Holds a run for this process. Its file lies beside the store and is removed with the lock.
#[derive(Debug)]
pub struct RunLock {
    path: PathBuf,
    /// Closing it gives the lock back.
    _file: File,
}

impl RunLock {
    pub(crate) fn take(store: &Path, run: &RunId) -> Result<Self, Error> {
        let failed = |source| Error::Lock { run: run.clone(), source };
        let mut path = store.as_os_str().to_owned();
        path.push(format!(".run-{run}"));
        let path = PathBuf::from(path);
        let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { path, _file: file }),
            Err(TryLockError::WouldBlock) => Err(Error::GoingOn { run: run.clone() }),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }
}

impl Drop for RunLock {
    fn drop(&mut self) {
        // A file that cannot be removed is empty and harmless; whoever resumes the run takes it again.
        let _ = fs::remove_file(&self.path);
    }
}
