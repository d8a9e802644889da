//! Where a database is, and the two ways of opening it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use exeunt_model::catalog::{Catalog, SourceKind};
use exeunt_model::map::resolve::Roster;
use exeunt_model::names::SourceName;

use crate::directory::DirectoryReader;
use crate::eraser::{Eraser, LOCK_PATIENCE};
use crate::error::Error;
use crate::link::{Connection, Link};
use crate::postgres::address::Address;
use crate::postgres::session::Session;
use crate::reader::Reader;
use crate::sqlite;

/// A database of the data map: its name, its place and its schemas. Nothing is opened by making one, and its debug form and its
/// errors hold no password.
///
/// ```no_run
/// # use exeunt_model::{catalog::SourceKind, names::SourceName};
/// # use exeunt_sources::{Database, Look as _};
/// let database = Database::new(SourceName::new("app"), SourceKind::Sqlite, "sqlite:navigator.db", &[], ".".as_ref())?;
/// let catalog = database.reader()?.introspect()?;
/// # Ok::<(), exeunt_sources::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Database {
    name: SourceName,
    place: Place,
}

#[derive(Debug, Clone)]
enum Place {
    Sqlite(PathBuf),
    Postgres { address: Address, schemas: Vec<String> },
}

impl Database {
    /// Reads a URL whose variables are filled in.
    ///
    /// `schemas` are PostgreSQL's, the first is the default one and none means `public`. A relative path of a SQLite file starts at
    /// `folder`.
    pub fn new(name: SourceName, kind: SourceKind, url: &str, schemas: &[String], folder: &Path) -> Result<Self, Error> {
        let refused = |problem: String| Error::Address { database: name.clone(), problem };
        let place = match kind {
            SourceKind::Sqlite => {
                let path = url.strip_prefix("sqlite:").ok_or_else(|| refused("a SQLite address is sqlite:PATH".into()))?;
                let path = path.strip_prefix("//").unwrap_or(path);
                if path.is_empty() || path.starts_with(":memory:") {
                    return Err(refused("a SQLite address is sqlite:PATH, with the path of a file".into()));
                }
                Place::Sqlite(folder.join(path))
            }
            SourceKind::Postgres => {
                let mut schemas = schemas.to_vec();
                if schemas.is_empty() {
                    schemas.push("public".into());
                }
                Place::Postgres { address: Address::parse(url, &|name| std::env::var(name).ok()).map_err(refused)?, schemas }
            }
            SourceKind::Files => return Err(refused("a file source is no database".into())),
        };
        Ok(Self { name, place })
    }

    /// Its name in the data map.
    pub fn name(&self) -> &SourceName {
        &self.name
    }

    /// Opens the database for reading: from now on the reader sees this moment.
    pub fn reader(&self) -> Result<Reader, Error> {
        match &self.place {
            Place::Sqlite(path) => {
                let connection = sqlite::connection::open_reading(&self.name, path)?;
                let connection = Connection::Sqlite { connection, path: path.clone() };
                Ok(Reader::new(Link::new(&self.name, connection, &[])))
            }
            Place::Postgres { address, schemas } => {
                let mut session = Session::open(&self.name, address)?;
                session.begin_reading(None)?;
                Ok(Reader::new(Link::new(&self.name, Connection::Postgres(session), schemas)))
            }
        }
    }

    /// What can be asked about who holds which seat. The catalog is the one that the roster was found in. Nothing is opened yet.
    pub fn directory(&self, roster: &Roster, catalog: &Arc<Catalog>) -> DirectoryReader {
        DirectoryReader::new(self.clone(), roster, catalog)
    }

    /// Opens the database for single questions, each of which sees its own moment: no transaction is open.
    pub(crate) fn open_for_questions(&self) -> Result<Link, Error> {
        match &self.place {
            Place::Sqlite(path) => {
                let connection = sqlite::connection::open_asking(&self.name, path)?;
                Ok(Link::new(&self.name, Connection::Sqlite { connection, path: path.clone() }, &[]))
            }
            Place::Postgres { address, schemas } => {
                Ok(Link::new(&self.name, Connection::Postgres(Session::open(&self.name, address)?), schemas))
            }
        }
    }

    /// Opens the database for reading many rows: a second connection, which sees the very same moment, will read half of what
    /// [`Reader::stream_all`] is asked for. It signs in while this reader goes on.
    ///
    /// There is but one connection where no moment can be shared (SQLite, and a PostgreSQL that is a standby) and where the server takes
    /// no further one.
    pub fn reader_of_many_rows(&self) -> Result<Reader, Error> {
        match &self.place {
            Place::Sqlite(_) => self.reader(),
            Place::Postgres { address, schemas } => {
                let mut session = Session::open(&self.name, address)?;
                let snapshot = session.begin_sharing()?;
                let link = Link::new(&self.name, Connection::Postgres(session), schemas);
                Ok(Reader::with_second(link, address, snapshot))
            }
        }
    }

    /// Opens the database for erasing.
    pub fn eraser(&self) -> Result<Eraser, Error> {
        self.eraser_with_patience(LOCK_PATIENCE)
    }

    /// Opens the database for erasing, with another limit on waiting for somebody else's lock.
    pub fn eraser_with_patience(&self, patience: Duration) -> Result<Eraser, Error> {
        match &self.place {
            Place::Sqlite(path) => {
                let connection = sqlite::connection::open_erasing(&self.name, path, patience)?;
                Ok(Eraser::new(Link::new(&self.name, Connection::Sqlite { connection, path: path.clone() }, &[]), patience))
            }
            Place::Postgres { address, schemas } => {
                let session = Session::open(&self.name, address)?;
                Ok(Eraser::new(Link::new(&self.name, Connection::Postgres(session), schemas), patience))
            }
        }
    }
}
