//! The archive store: what exports delivered and what was attached to cases, by opaque names, in a folder or in a bucket that speaks like S3.
//!
//! ```text
//! ArchiveStore ─┬─ folder   files that their owner alone can read
//!               └─ s3       objects of a bucket: uploads in parts, listings, deletions that were looked at
//! ```
//!
//! A name is written once and never changed, and what is under it is there as a whole or not at all. What a killed process left half stored is
//! [listed](ArchiveStore::list) as unfinished, and goes with whatever deletes its name.

mod check;
mod error;
mod folder;
mod reading;
mod s3;

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use exeunt_model::moment::Moment;

pub use error::{Error, Refusal};
use folder::ArchiveFolder;
pub use reading::Reading;
use s3::Bucket;
pub use s3::{Address, Credentials};

/// Where archives and attachments are kept. Clones share it.
#[derive(Debug, Clone)]
pub enum ArchiveStore {
    Folder(ArchiveFolder),
    Bucket(Bucket),
}

/// Something that the archive store holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub name: String,
    /// Since when, as the store tells it.
    pub since: Option<Moment>,
    pub extent: Extent,
}

/// Whether all of it is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Extent {
    Whole,
    /// Nobody reads it: its upload goes on, or ended with its process.
    Unfinished {
        upload: String,
    },
}

impl ArchiveStore {
    /// Opens a folder, and makes it where there is none.
    ///
    /// # Errors
    /// When it can neither be found nor made.
    pub fn folder(folder: &Path) -> Result<Self, Error> {
        ArchiveFolder::open(folder).map(Self::Folder)
    }

    /// Takes a bucket. Nothing is asked of it yet: [`ArchiveStore::prove`] does.
    ///
    /// # Errors
    /// [`Error::Address`] when the address makes no sense.
    pub fn bucket(address: &Address) -> Result<Self, Error> {
        Bucket::open(address).map(Self::Bucket)
    }

    /// Stores a file under a name, and compares what was stored with the file's SHA-256 in hexadecimal digits. A bucket that goes away is waited for
    /// with so much `patience`, and gets the rest then. Asks between two parts whether it is `over`.
    ///
    /// # Errors
    /// Nothing is stored under the name, or what was there before. [`Error::Interrupted`] when it was over.
    pub fn put(&self, name: &str, file: &File, sha256: &str, patience: Duration, over: &dyn Fn() -> bool) -> Result<(), Error> {
        check(name)?;
        match self {
            Self::Folder(folder) => folder.put(name, file, sha256, over),
            Self::Bucket(bucket) => bucket.put(name, file, sha256, patience, over),
        }
    }

    /// The bytes of a name from `first` to the one before `end`, in pieces of bounded size. What can be found out before the first byte is sent
    /// is found out here.
    ///
    /// # Errors
    /// [`Error::Missing`] when there is no such name or fewer bytes.
    pub fn read(&self, name: &str, first: u64, end: u64) -> Result<Reading, Error> {
        check(name)?;
        match self {
            Self::Folder(folder) => folder.read(name, first, end),
            Self::Bucket(bucket) => Reading::of_bucket(bucket, name, first, end),
        }
    }

    /// How many bytes lie under a name; `None` when there is no such name.
    ///
    /// # Errors
    /// The store is away or refuses.
    pub fn size(&self, name: &str) -> Result<Option<u64>, Error> {
        check(name)?;
        match self {
            Self::Folder(folder) => folder.size(name),
            Self::Bucket(bucket) => bucket.size(name),
        }
    }

    /// Everything in a folder of the store, what is unfinished too; all of the store for an empty name.
    ///
    /// # Errors
    /// The store is away or refuses.
    pub fn list(&self, prefix: &str) -> Result<Vec<Listed>, Error> {
        let prefix = prefix.trim_end_matches('/');
        if !prefix.is_empty() {
            check(prefix)?;
        }
        match self {
            Self::Folder(folder) => folder.list(prefix),
            Self::Bucket(bucket) => bucket.list(prefix),
        }
    }

    /// Deletes what was listed. What isn't there any more is no error.
    ///
    /// # Errors
    /// It may still be there.
    pub fn delete(&self, listed: &Listed) -> Result<(), Error> {
        check(&listed.name)?;
        match self {
            Self::Folder(folder) => folder.delete(listed),
            Self::Bucket(bucket) => bucket.delete(listed),
        }
    }

    /// Deletes everything in a folder of the store, what is unfinished too, and looks afterwards whether it is gone. What wasn't there is no error.
    ///
    /// # Errors
    /// Some of it may still be there; [`Error::Remains`] when the store said that it was deleted, and lists it.
    pub fn delete_all(&self, prefix: &str) -> Result<(), Error> {
        for listed in self.list(prefix)? {
            self.delete(&listed)?;
        }
        match self.list(prefix)?.len() {
            0 => Ok(()),
            left => Err(Error::Remains { left }),
        }
    }

    /// Asks whether the store answers.
    ///
    /// # Errors
    /// It is away or refuses.
    pub fn look(&self) -> Result<(), Error> {
        match self {
            Self::Folder(folder) => folder.look(),
            Self::Bucket(bucket) => bucket.look(),
        }
    }

    /// Does once with a small file whatever will be done with archives, under a name that nobody else uses.
    ///
    /// # Errors
    /// What stands in the way; [`Error::Versioned`] for a bucket that would keep what is deleted.
    pub fn prove(&self, name: &str) -> Result<(), Error> {
        if let Self::Bucket(bucket) = self {
            bucket.refuse_versions()?;
        }
        check::prove(self, name)
    }
}

/// Names are made of letters, digits, dots and slashes, so that they mean the same in a folder and in a bucket.
fn check(name: &str) -> Result<(), Error> {
    let fits =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.') && !part.starts_with('.');
    match name.split('/').all(fits) && !name.ends_with(folder::PARTIAL) {
        true => Ok(()),
        false => Err(Error::Name { name: name.to_owned() }),
    }
}
