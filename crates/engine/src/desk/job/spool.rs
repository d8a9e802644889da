//! The spool: archives that are being written, before they are stored. A worker that is killed leaves one behind.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use exeunt_model::identity::RequestId;
use exeunt_model::job::{JobKind, JobState};
use exeunt_store::Store;

use super::problem::Problem;

/// A folder of this machine, which workers may share.
#[derive(Debug, Clone)]
pub struct Spool {
    folder: PathBuf,
}

impl Spool {
    /// The spool in a folder, which is made when something is written.
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// A file without a name, which goes with whoever holds it.
    ///
    /// # Errors
    /// The folder cannot be made or written to.
    pub fn scratch(&self) -> io::Result<fs::File> {
        fs::create_dir_all(&self.folder)?;
        tempfile::tempfile_in(&self.folder)
    }

    /// Where an attempt to export writes.
    pub(super) fn folder(&self, request: &RequestId, attempt: u64) -> PathBuf {
        self.folder.join(format!("{request}-{attempt}"))
    }

    /// Deletes what lost workers have left: all of it, or of one request. What a worker writes at this moment stays.
    ///
    /// # Errors
    /// The store or the folder cannot be read, or something cannot be deleted.
    pub fn sweep(&self, store: &Store, of: Option<&RequestId>) -> Result<(), Problem> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(Problem::Spool(error)),
        };
        for entry in entries {
            let entry = entry.map_err(Problem::Spool)?;
            let name = entry.file_name();
            let Some((request, attempt)) = name.to_str().and_then(parts) else { continue };
            if of.is_some_and(|of| *of != request) {
                continue;
            }
            let job = store.look("look for a job", |transaction| transaction.job_about(JobKind::Export, request.as_str()))?;
            let in_use = job.is_some_and(|job| job.state == JobState::Running && job.attempt == attempt);
            if !in_use {
                match fs::remove_dir_all(entry.path()) {
                    Ok(()) => {}
                    // Another worker sweeps too.
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    Err(error) => return Err(Problem::Spool(error)),
                }
            }
        }
        Ok(())
    }
}

fn parts(name: &str) -> Option<(RequestId, u64)> {
    let (request, attempt) = name.split_once('-')?;
    Some((request.parse().ok()?, attempt.parse().ok()?))
}
