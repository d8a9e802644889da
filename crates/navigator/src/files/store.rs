//! The folder in which Navigator keeps its files.

use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::error::Error;

/// Writes files under one folder, each named by a key: a relative path with `/` between its parts.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    /// The sub-folder made last; files come folder by folder.
    made: Option<PathBuf>,
    pub files: u64,
    pub bytes: u64,
}

/// What a row says of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    pub key: String,
    pub size_bytes: i64,
    pub sha256: String,
}

impl Store {
    /// Makes the folder. It must not exist, or be empty.
    pub fn create(folder: &Path) -> Result<Self, Error> {
        let failed = |source| Error::WriteFile { path: folder.to_owned(), source };
        fs::create_dir_all(folder).map_err(failed)?;
        if fs::read_dir(folder).map_err(failed)?.next().is_some() {
            return Err(Error::NotEmpty { what: folder.display().to_string() });
        }
        Ok(Self { folder: folder.to_owned(), made: None, files: 0, bytes: 0 })
    }

    pub fn put(&mut self, key: String, content: &[u8]) -> Result<Stored, Error> {
        let path = self.folder.join(&key);
        let failed = |source| Error::WriteFile { path: path.clone(), source };
        if let Some(parent) = path.parent()
            && self.made.as_deref() != Some(parent)
        {
            fs::create_dir_all(parent).map_err(failed)?;
            self.made = Some(parent.to_owned());
        }
        fs::write(&path, content).map_err(failed)?;
        self.files += 1;
        self.bytes += content.len() as u64;
        Ok(Stored { key, size_bytes: content.len() as i64, sha256: hexadecimal(&Sha256::digest(content)) })
    }
}

pub fn hexadecimal(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from(b"0123456789abcdef"[usize::from(value)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}
