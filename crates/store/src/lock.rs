//! One process per run: a file lock that the kernel takes back when the process ends, however it ends.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
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

impl Drop for RunLock {
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
        let first = RunLock::take(&store, &run).unwrap();
        assert!(matches!(RunLock::take(&store, &run), Err(Error::GoingOn { .. })));
        // A second process opens the file, the first one ends, a third one makes the file anew.
        let opened = File::open(&first.path).unwrap();
        let path = first.path.clone();
        assert!(lies_at(&opened, &path).unwrap());
        drop(first);
        assert!(!lies_at(&opened, &path).unwrap());
        let _third = RunLock::take(&store, &run).unwrap();
        assert!(opened.try_lock().is_ok() && !lies_at(&opened, &path).unwrap());
    }
}
