//! Files on local disk, named by keys relative to one root.
//!
//! A key is what a row of a database holds: `attachments/2024/17.pdf`. It can never name anything outside the root: not by `..`, not
//! by an absolute path, not through a symbolic link.
//!
//! Keys are compared as text, so that files are deleted by keys in plain form alone: `./a.pdf` and `a.pdf` are one file and two texts.
//! Two plain keys are taken for two files. A folder that takes no notice of upper and lower case can make them one; so can nothing else
//! but a hard link, whose other name keeps the content.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Component, Path, PathBuf};

use exeunt_model::names::SourceName;

/// A file could not be reached, read or deleted. Keys are left out: they may hold names of people.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("read the address of {files}: a file source's address is file:FOLDER")]
    Address { files: SourceName },
    #[error("open the folder {} of {files}", folder.display())]
    Root {
        files: SourceName,
        folder: PathBuf,
        #[source]
        source: io::Error,
    },
    /// The key is empty, absolute, climbs out by `..` or leads out through a symbolic link.
    #[error("find a file of {files}: its key leads outside the source's folder")]
    Outside { files: SourceName },
    #[error("delete a file of {files}: its key is not in plain form, so that other keys may name it too")]
    NotPlain { files: SourceName },
    #[error("{operation} a file of {files}")]
    File {
        files: SourceName,
        operation: &'static str,
        #[source]
        source: io::Error,
    },
}

/// Whether a key names its file in the only way in which keys in plain form can: relative, with nothing empty, `.` or `..` in it.
pub fn is_plain(key: &str) -> bool {
    key.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

/// The plain keys of all files that a name which is not in plain form may stand for, wherever the platform lets such names begin:
/// `/srv/files/a//b.pdf` may be `b.pdf`, `a/b.pdf`, `files/a/b.pdf` and `srv/files/a/b.pdf`.
pub fn plain_keys_of(name: &str) -> Vec<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in name.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    (0..parts.len()).map(|from| parts[from..].join("/")).collect()
}

/// A folder of files of the data map. Nothing is opened by making one.
#[derive(Debug, Clone)]
pub struct FileStore {
    name: SourceName,
    root: PathBuf,
}

impl FileStore {
    /// Reads `file:FOLDER`; a relative folder starts at `folder`.
    pub fn new(name: SourceName, url: &str, folder: &Path) -> Result<Self, Error> {
        match url.strip_prefix("file:").map(|path| path.strip_prefix("//").unwrap_or(path)) {
            Some(path) if !path.is_empty() => Ok(Self { root: folder.join(path), name }),
            Some(_) | None => Err(Error::Address { files: name }),
        }
    }

    /// Its name in the data map.
    pub fn name(&self) -> &SourceName {
        &self.name
    }

    /// By what the folder is known again, wherever it is mounted and whatever lies in it.
    pub fn identity(&self) -> Result<String, Error> {
        use std::os::unix::fs::MetadataExt as _;

        let failed = |source| Error::Root { files: self.name.clone(), folder: self.root.clone(), source };
        let metadata = fs::metadata(&self.root).map_err(failed)?;
        // The number of the device may be another one after a restart. Not every file system knows when a folder was made.
        let made = metadata.created().ok().and_then(|made| made.duration_since(std::time::UNIX_EPOCH).ok());
        Ok(format!("{}:{}", metadata.ino(), made.unwrap_or_default().as_nanos()))
    }

    /// Opens the folder for reading.
    pub fn reader(&self) -> Result<FileReader, Error> {
        Ok(FileReader { root: self.open()? })
    }

    /// Opens the folder for deleting files in it. Only an erasure does so.
    pub fn eraser(&self) -> Result<FileEraser, Error> {
        Ok(FileEraser { root: self.open()?, unsynced: BTreeSet::new() })
    }

    fn open(&self) -> Result<Root, Error> {
        let failed = |source| Error::Root { files: self.name.clone(), folder: self.root.clone(), source };
        let folder = self.root.canonicalize().map_err(failed)?;
        match folder.is_dir() {
            true => Ok(Root { files: self.name.clone(), folder }),
            false => Err(failed(io::ErrorKind::NotADirectory.into())),
        }
    }
}

/// Reads files by their keys, and cannot change them.
#[derive(Debug)]
pub struct FileReader {
    root: Root,
}

impl FileReader {
    /// Opens a file; `None` when there is none of that key.
    pub fn open(&self, key: &str) -> Result<Option<File>, Error> {
        let Some(path) = self.root.find(key)? else { return Ok(None) };
        match File::open(path) {
            Ok(file) => Ok(Some(file)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(self.root.failed("open", source)),
        }
    }

    /// Size in bytes; `None` when there is no file of that key.
    pub fn size_bytes(&self, key: &str) -> Result<Option<u64>, Error> {
        let Some(path) = self.root.find(key)? else { return Ok(None) };
        match fs::metadata(path) {
            Ok(metadata) => Ok(Some(metadata.len())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(self.root.failed("look at", source)),
        }
    }

    /// Whether there is a file of that key.
    pub fn exists(&self, key: &str) -> Result<bool, Error> {
        Ok(self.root.find(key)?.is_some())
    }
}

/// Deletes files by their keys.
#[derive(Debug)]
pub struct FileEraser {
    root: Root,
    /// Folders in which something is gone, maybe not yet on disk.
    unsynced: BTreeSet<PathBuf>,
}

impl FileEraser {
    /// Deletes a file and says whether it was there: deleting twice is no error. Folders stay, empty or not.
    ///
    /// The deletion outlives a power cut once [`Self::sync`] has returned. So does one that was cut off before its own.
    ///
    /// # Errors
    /// [`Error::NotPlain`] for a key whose file other keys may name too.
    pub fn delete(&mut self, key: &str) -> Result<bool, Error> {
        if !is_plain(key) {
            return Err(Error::NotPlain { files: self.root.files.clone() });
        }
        let found = self.root.find(key)?;
        let path = found.clone().unwrap_or_else(|| self.root.folder.join(key));
        self.unsynced.insert(path.parent().unwrap_or(&self.root.folder).to_owned());
        let Some(path) = found else { return Ok(false) };
        match fs::remove_file(&path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(source) => Err(self.root.failed("delete", source)),
        }
    }

    /// Brings all deletions so far to disk, each folder once.
    pub fn sync(&mut self) -> Result<(), Error> {
        for folder in &self.unsynced {
            match File::open(folder).and_then(|folder| folder.sync_all()) {
                Ok(()) => {}
                // A file that is missing may have no folder either.
                Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {}
                Err(source) => return Err(self.root.failed("delete", source)),
            }
        }
        self.unsynced.clear();
        Ok(())
    }
}

#[derive(Debug)]
struct Root {
    files: SourceName,
    /// Without symbolic links.
    folder: PathBuf,
}

impl Root {
    /// The real path of an existing file; `None` when nothing is there.
    ///
    /// A symbolic link as the file itself is refused like one in a folder's place: deleting through it would leave the content
    /// behind, reading through it would give away somebody else's.
    fn find(&self, key: &str) -> Result<Option<PathBuf>, Error> {
        let outside = || Error::Outside { files: self.files.clone() };
        let mut depth = 0;
        for component in Path::new(key).components() {
            match component {
                Component::Normal(_) => depth += 1,
                Component::CurDir => {}
                Component::ParentDir | Component::RootDir | Component::Prefix(_) => return Err(outside()),
            }
        }
        if depth == 0 || key.ends_with('/') || key.contains('\0') {
            return Err(outside());
        }
        let path = self.folder.join(key);
        let real = match path.canonicalize() {
            Ok(real) => real,
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                // A link that points nowhere is still something that lies there.
                return match path.symlink_metadata() {
                    Ok(_) => Err(outside()),
                    Err(_) => Ok(None),
                };
            }
            Err(source) => return Err(self.failed("find", source)),
        };
        let normal: PathBuf = self.folder.join(Path::new(key).components().collect::<PathBuf>());
        match real == normal {
            true if real.is_file() => Ok(Some(real)),
            true => Err(self.failed("find", io::ErrorKind::IsADirectory.into())),
            false => Err(outside()),
        }
    }

    fn failed(&self, operation: &'static str, source: io::Error) -> Error {
        Error::File { files: self.files.clone(), operation, source }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store(root: &Path) -> FileStore {
        FileStore::new(SourceName::new("files"), "file:./stock", root).unwrap()
    }

    #[test]
    fn files_are_read_and_deleted_once() {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir_all(home.path().join("stock/a")).unwrap();
        fs::write(home.path().join("stock/a/Größe 1.txt"), b"four").unwrap();
        let reader = store(home.path()).reader().unwrap();
        assert_eq!(reader.size_bytes("a/Größe 1.txt").unwrap(), Some(4));
        assert_eq!(io::read_to_string(reader.open("./a/Größe 1.txt").unwrap().unwrap()).unwrap(), "four");
        let mut eraser = store(home.path()).eraser().unwrap();
        assert!(!eraser.delete("gone/with its folder.txt").unwrap());
        assert!(eraser.delete("a/Größe 1.txt").unwrap());
        assert!(!eraser.delete("a/Größe 1.txt").unwrap());
        eraser.sync().unwrap();
        assert!(!reader.exists("a/Größe 1.txt").unwrap());
        assert!(reader.open("never/there").unwrap().is_none());
        assert!(home.path().join("stock/a").is_dir());
    }

    #[test]
    fn keys_cannot_leave_the_root() {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir_all(home.path().join("stock/a")).unwrap();
        fs::create_dir_all(home.path().join("other")).unwrap();
        fs::write(home.path().join("other/secret"), b"x").unwrap();
        std::os::unix::fs::symlink(home.path().join("other"), home.path().join("stock/link")).unwrap();
        std::os::unix::fs::symlink(home.path().join("other/secret"), home.path().join("stock/file")).unwrap();
        std::os::unix::fs::symlink("nowhere", home.path().join("stock/dangling")).unwrap();
        let mut eraser = store(home.path()).eraser().unwrap();
        let absolute = home.path().join("other/secret");
        let keys =
            ["../other/secret", "a/../../other/secret", "link/secret", "file", "dangling", "", ".", absolute.to_str().unwrap(), "a\0b"];
        let reader = store(home.path()).reader().unwrap();
        for key in keys {
            assert!(matches!(reader.exists(key), Err(Error::Outside { .. })), "{key:?}");
            assert!(matches!(eraser.delete(key), Err(Error::Outside { .. } | Error::NotPlain { .. })), "{key:?}");
        }
        assert!(home.path().join("other/secret").exists());
        assert!(matches!(eraser.delete("a"), Err(Error::File { .. })));
    }

    #[test]
    fn files_are_deleted_by_plain_keys_alone() {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir_all(home.path().join("stock/a")).unwrap();
        fs::write(home.path().join("stock/a/Größe"), b"x").unwrap();
        let mut eraser = store(home.path()).eraser().unwrap();
        for key in ["./a/Größe", "a//Größe", "a/./Größe", "a/Größe/.", "a/../a/Größe", "/a/Größe", "a/Größe/"] {
            assert!(matches!(eraser.delete(key), Err(Error::NotPlain { .. })), "{key}");
            assert!(!is_plain(key), "{key}");
            assert!(plain_keys_of(key).contains(&"a/Größe".to_owned()), "{key}");
        }
        assert!(eraser.delete("a/Größe").unwrap());
    }

    #[test]
    fn a_name_stands_for_every_key_that_it_ends_with() {
        assert_eq!(plain_keys_of("/srv/x/../a//b.pdf"), ["srv/a/b.pdf", "a/b.pdf", "b.pdf"]);
        assert_eq!(plain_keys_of("../../b.pdf"), ["b.pdf"]);
        assert!(plain_keys_of("/./..").is_empty());
        assert!(is_plain("a/..b/.c/d..") && !is_plain(""));
    }

    #[test]
    fn a_missing_root_is_told() {
        let home = tempfile::tempdir().unwrap();
        assert!(matches!(store(home.path()).reader(), Err(Error::Root { .. })));
    }
}
