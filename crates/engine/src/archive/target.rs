//! One file of the archive on its way to disk: `NAME.zip.partial` until all is well.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use age::stream::StreamWriter;
use exeunt_model::digest::Digest;
use sha2::{Digest as _, Sha256};

use super::encryption::Encryption;
use super::error::Error;

const BUFFER: usize = 128 * 1024;

/// A file that is being written under its partial name; dropped, it is removed.
pub(super) struct Target {
    partial: Partial,
    sink: Sink,
    hash: Sha256,
    offset: u64,
}

enum Sink {
    Plain(BufWriter<File>),
    Encrypted(Box<StreamWriter<BufWriter<File>>>),
}

impl Target {
    /// Opens `folder/NAME.partial`; a partial file that an interrupted run left is written over, that of a living run is not.
    pub(super) fn create(folder: &Path, name: &str, encryption: Option<&Encryption>) -> Result<Self, Error> {
        let path = folder.join(format!("{name}.partial"));
        let failed = |source| Error::Create { path: path.clone(), source };
        let file = open_own(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Error::Busy { path }),
            // Some network file systems know no locks; the write must not depend on it.
            Err(TryLockError::Error(_)) => {}
        }
        let partial = Partial { path: path.clone(), finished: false };
        file.set_len(0).map_err(failed)?;
        let file = BufWriter::with_capacity(BUFFER, file);
        let sink = match encryption {
            None => Sink::Plain(file),
            Some(encryption) => Sink::Encrypted(Box::new(encryption.wrap(file)?.map_err(failed)?)),
        };
        Ok(Self { partial, sink, hash: Sha256::new(), offset: 0 })
    }

    /// Bytes of the ZIP so far, before any encryption.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hash.update(bytes);
        self.offset += bytes.len() as u64;
        match &mut self.sink {
            Sink::Plain(file) => file.write_all(bytes),
            Sink::Encrypted(stream) => stream.write_all(bytes),
        }
    }

    /// The digest of all bytes so far.
    pub(super) fn digest(&self) -> Digest {
        Digest::from_hash(self.hash.clone().finalize().into())
    }

    pub(super) fn failure(&self, source: io::Error) -> Error {
        failure(&self.partial.path, self.offset, source)
    }

    /// Writes everything through to the disk. The file keeps its partial name until it is published.
    pub(super) fn close(self) -> Result<Closed, Error> {
        let Self { partial, sink, hash, offset } = self;
        let failed = |source: io::Error| failure(&partial.path, offset, source);
        let file = match sink {
            Sink::Plain(file) => file,
            Sink::Encrypted(stream) => stream.finish().map_err(failed)?,
        };
        let file = file.into_inner().map_err(|error| failed(error.into_error()))?;
        file.sync_all().map_err(failed)?;
        let bytes_on_disk = file.metadata().map_err(failed)?.len();
        Ok(Closed { partial, bytes: offset, bytes_on_disk, sha256: Digest::from_hash(hash.finalize().into()) })
    }
}

/// Says what a failed write means for whoever runs the export.
fn failure(path: &Path, written: u64, source: io::Error) -> Error {
    let path = path.to_owned();
    match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Error::NoRoom { path, written, source },
        io::ErrorKind::FileTooLarge => Error::TooLarge { path, written, source },
        _ => Error::Write { path, written, source },
    }
}

/// Opens a file that only its owner may read, since it will hold personal data: a new one, or the plain file that an earlier run left.
/// A link that somebody put in its place is not followed.
fn open_own(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.clone().create_new(true).open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let plain = fs::symlink_metadata(path)?.is_file();
            if plain { options.open(path) } else { Err(error) }
        }
        result => result,
    }
}

/// A file that is whole but not yet published.
pub(super) struct Closed {
    partial: Partial,
    /// Of the ZIP, before any encryption.
    pub bytes: u64,
    pub bytes_on_disk: u64,
    pub sha256: Digest,
}

impl Closed {
    /// Gives the file its final name.
    pub(super) fn publish(mut self, path: &Path) -> Result<(), Error> {
        let failed = |source| Error::Publish { path: path.to_owned(), source };
        // A second name first, since a rename would silently replace a file of that name; not every file system has second names.
        match fs::hard_link(&self.partial.path, path) {
            Ok(()) => fs::remove_file(&self.partial.path).map_err(failed)?,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(Error::Exists { path: path.to_owned() }),
            Err(_) if path.symlink_metadata().is_ok() => return Err(Error::Exists { path: path.to_owned() }),
            Err(_) => fs::rename(&self.partial.path, path).map_err(failed)?,
        }
        self.partial.finished = true;
        Ok(())
    }
}

/// Makes the names in a folder last: on Unix a folder is written through like a file.
pub(super) fn sync_folder(folder: &Path) -> Result<(), Error> {
    if cfg!(unix) {
        let synced = File::open(folder).and_then(|folder| folder.sync_all());
        synced.map_err(|source| Error::Publish { path: folder.to_owned(), source })?;
    }
    Ok(())
}

/// Removes the partial file unless it was published.
struct Partial {
    path: PathBuf,
    finished: bool,
}

impl Drop for Partial {
    fn drop(&mut self) {
        if !self.finished {
            // Nothing more can be done here; a partial file left behind bears its partial name and is written over next time.
            let _ = fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_and_a_file_that_is_too_large_are_told_apart() {
        let failure = |kind: io::ErrorKind| failure(Path::new("a.zip.partial"), 7, kind.into());
        assert!(matches!(failure(io::ErrorKind::StorageFull), Error::NoRoom { written: 7, .. }));
        assert!(matches!(failure(io::ErrorKind::QuotaExceeded), Error::NoRoom { written: 7, .. }));
        assert!(matches!(failure(io::ErrorKind::FileTooLarge), Error::TooLarge { written: 7, .. }));
        assert!(matches!(failure(io::ErrorKind::PermissionDenied), Error::Write { written: 7, .. }));
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_may_read_it_and_no_link_is_followed() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let folder = tempfile::tempdir().expect("a folder");
        let target = Target::create(folder.path(), "a.zip", None).expect("a new file");
        target.close().expect("closed").publish(&folder.path().join("a.zip")).expect("published");
        assert_eq!(fs::metadata(folder.path().join("a.zip")).expect("the file").permissions().mode() & 0o777, 0o600);

        let precious = folder.path().join("precious");
        fs::write(&precious, "precious").expect("written");
        symlink(&precious, folder.path().join("b.zip.partial")).expect("a link");
        assert!(matches!(Target::create(folder.path(), "b.zip", None), Err(Error::Create { .. })));
        assert_eq!(fs::read(&precious).expect("still there"), b"precious");
    }
}
