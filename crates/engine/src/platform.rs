//! The platform as its data map describes it: where its databases and files are, and what they looked like when the map was reviewed.

use std::path::{Path, PathBuf};

use exeunt_model::catalog::SourceKind;
use exeunt_model::map::DataMap;
use exeunt_model::map::lock::Lock;
use exeunt_model::names::SourceName;
use exeunt_sources::files::FileStore;
use exeunt_sources::{Database, files};

/// A source cannot be used as the map names it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("read the address of {source_name}")]
    Database {
        source_name: SourceName,
        #[source]
        source: exeunt_sources::Error,
    },
    #[error("read the address of {source_name}")]
    Files {
        source_name: SourceName,
        #[source]
        source: files::Error,
    },
}

/// A source with its address, variables filled in.
#[derive(Debug, Clone)]
pub struct Address {
    pub source: SourceName,
    pub url: String,
}

/// A data map together with its lock and its sources. Making one opens nothing.
#[derive(Debug, Clone)]
pub struct Platform {
    pub map: DataMap,
    /// `None` until the map has been accepted.
    pub lock: Option<Lock>,
    pub databases: Vec<Database>,
    pub files: Vec<FileStore>,
    /// The folder that relative addresses start at.
    pub folder: PathBuf,
}

impl Platform {
    /// Finds the sources of the map. `addresses` holds one for each of them.
    ///
    /// # Errors
    /// An address that its kind of source cannot read.
    pub fn new(map: DataMap, lock: Option<Lock>, addresses: &[Address], folder: &Path) -> Result<Self, Error> {
        let mut databases = Vec::new();
        let mut stores = Vec::new();
        for source in &map.sources {
            let address = addresses.iter().find(|address| address.source == source.name);
            let url = address.map_or(source.url.as_str(), |address| address.url.as_str());
            match source.kind {
                SourceKind::Files => stores.push(
                    FileStore::new(source.name.clone(), url, folder)
                        .map_err(|error| Error::Files { source_name: source.name.clone(), source: error })?,
                ),
                SourceKind::Sqlite | SourceKind::Postgres => databases.push(
                    Database::new(source.name.clone(), source.kind, url, &source.schemas, folder)
                        .map_err(|error| Error::Database { source_name: source.name.clone(), source: error })?,
                ),
            }
        }
        Ok(Self { map, lock, databases, files: stores, folder: folder.to_owned() })
    }

    /// The database of this name; `None` for a source of files, and for one that the map does not have.
    pub fn database(&self, name: &SourceName) -> Option<&Database> {
        self.databases.iter().find(|database| database.name() == name)
    }

    /// The files of this name; `None` for a database, and for a source that the map does not have.
    pub fn file_store(&self, name: &SourceName) -> Option<&FileStore> {
        self.files.iter().find(|store| store.name() == name)
    }
}
