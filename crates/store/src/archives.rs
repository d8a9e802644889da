//! The archive store in a folder: what exports delivered and what was attached to cases, by opaque names.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// A folder that its owner alone can read.
#[derive(Debug, Clone)]
pub struct ArchiveFolder {
    folder: PathBuf,
}

/// The folder refused.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("`{name}` names nothing in the archive store")]
    Name { name: String },
    #[error("{doing} in the archive store")]
    Folder {
        doing: &'static str,
        #[source]
        source: io::Error,
    },
}

impl ArchiveFolder {
    /// Opens the folder, and makes it where there is none.
    ///
    /// # Errors
    /// When it can neither be found nor made.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        make(folder)?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// Where the bytes of a name lie.
    ///
    /// # Errors
    /// [`Error::Name`] for a name that leads out of the folder.
    pub fn path(&self, name: &str) -> Result<PathBuf, Error> {
        let fits = |part: &str| {
            !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.') && !part.starts_with('.')
        };
        match name.split('/').all(fits) {
            true => Ok(self.folder.join(name)),
            false => Err(Error::Name { name: name.to_owned() }),
        }
    }

    /// Copies a file into the store; under its name it is there as a whole or not at all.
    ///
    /// # Errors
    /// Nothing is stored under the name, or what was there before.
    pub fn put(&self, name: &str, file: &Path) -> Result<(), Error> {
        let failed = |source| Error::Folder { doing: "store a file", source };
        let path = self.path(name)?;
        let parent = path.parent().unwrap_or(&self.folder);
        make(parent)?;
        let partial = path.with_extension("partial");
        let mut from = File::open(file).map_err(failed)?;
        let mut to = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&partial).map_err(failed)?;
        io::copy(&mut from, &mut to).and_then(|_| to.sync_all()).map_err(failed)?;
        fs::rename(&partial, &path).map_err(failed)?;
        // The name is on disk with its folder.
        File::open(parent).and_then(|folder| folder.sync_all()).map_err(failed)
    }

    /// Deletes everything in a folder of the store. What isn't there is no error.
    ///
    /// # Errors
    /// Some of it may still be there.
    pub fn delete_all(&self, prefix: &str) -> Result<(), Error> {
        let path = self.path(prefix.trim_end_matches('/'))?;
        match fs::remove_dir_all(&path) {
            Ok(()) => {
                let parent = path.parent().unwrap_or(&self.folder);
                File::open(parent).and_then(|folder| folder.sync_all()).map_err(|source| Error::Folder { doing: "delete files", source })
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(source) => Err(Error::Folder { doing: "delete files", source }),
        }
    }
}

fn make(folder: &Path) -> Result<(), Error> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|source| Error::Folder { doing: "make a folder", source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_deleted_is_gone_and_the_rest_stays() {
        let folder = tempfile::tempdir().unwrap();
        let store = ArchiveFolder::open(&folder.path().join("archives")).unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "bytes").unwrap();
        for name in ["aa/1/1.zip", "aa/2/1.zip", "ab/1/1.zip"] {
            store.put(name, &file).unwrap();
        }
        store.delete_all("aa/").unwrap();
        store.delete_all("aa/").unwrap();
        assert!(!store.path("aa/1/1.zip").unwrap().exists());
        assert_eq!(fs::read(store.path("ab/1/1.zip").unwrap()).unwrap(), b"bytes");
    }

    #[test]
    fn no_name_leads_out_of_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let store = ArchiveFolder::open(folder.path()).unwrap();
        for name in ["../x", "a/../../x", "/etc/passwd", "", "a//b", ".hidden", "a/.."] {
            assert!(matches!(store.path(name), Err(Error::Name { .. })), "{name}");
        }
    }
}
