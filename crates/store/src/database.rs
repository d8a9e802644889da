//! Opening the store and running transactions.

use std::cell::RefCell;
use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::time::Duration;

use exeunt_model::log::LogKey;
use exeunt_model::moment::Moment;
use exeunt_model::run::RunId;
use exeunt_model::signature::SigningKey;
use exeunt_model::tombstone::HashSecret;
use rusqlite::OpenFlags;

use crate::error::Error;
use crate::location::Location;
use crate::lock::RunLock;
use crate::secret::{self, Secrets};
use crate::sql::{self, Connection, Sqlite, Transaction};
use crate::{migrations, run};

/// How long a write waits for another process's transaction on the store; none of ours takes more than milliseconds.
const PATIENCE: Duration = Duration::from_secs(15);

/// The store: one SQLite file, readable by its owner alone, or the schema `exeunt` of a PostgreSQL database.
///
/// It is one connection, used by one thread at a time. A connection to a server that was lost is opened anew by the next transaction.
#[derive(Debug)]
pub struct Store {
    location: Location,
    connection: RefCell<Connection>,
    secrets: Secrets,
}

/// The schema of a store before and after a migration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Migrated {
    /// 0 where there was none.
    pub from: u32,
    pub to: u32,
}

impl Store {
    /// Opens the store, and makes a file where there is none: with mode 0600, its schema, its keys. A file of an earlier version is migrated.
    ///
    /// `entropy` fills the new keys with random bytes; it is called only when the store is made.
    ///
    /// # Errors
    /// [`Error::Exposed`] when others may read the file, [`Error::Newer`] when a newer version wrote it, [`Error::NotMigrated`] for a server
    /// whose schema is another one than this program needs.
    pub fn open(location: &Location, now: Moment, entropy: &mut dyn FnMut(&mut [u8; 32])) -> Result<Self, Error> {
        match location {
            Location::File(path) => {
                let (created, connection) = create(path)?;
                let mut connection = Connection::Sqlite(Sqlite::new(connection));
                migrations::migrate(&mut connection, location, now)?;
                Self::with(location, connection, created, entropy)
            }
            Location::Postgres(url) => {
                let mut connection = reach(location, url)?;
                let (found, known) = (migrations::version(&mut connection)?, migrations::known());
                match found.cmp(&known) {
                    std::cmp::Ordering::Less => Err(Error::NotMigrated { location: location.clone(), found, known }),
                    std::cmp::Ordering::Equal => Self::with(location, connection, false, entropy),
                    std::cmp::Ordering::Greater => Err(Error::Newer { location: location.clone(), found, known }),
                }
            }
        }
    }

    /// Opens the store only if it is there: `None` where no file is. No keys are drawn.
    ///
    /// # Errors
    /// Those of [`Self::open`], and [`Error::Damaged`] for a file that was made and never got its keys.
    pub fn open_existing(location: &Location, now: Moment) -> Result<Option<Self>, Error> {
        if let Location::File(path) = location {
            match fs::metadata(path) {
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                Err(source) => return Err(Error::Create { path: path.clone(), source }),
            }
        }
        Self::open(location, now, &mut |_| {}).map(Some)
    }

    /// Brings the schema to the version that this program needs, and draws the keys of a new store.
    ///
    /// Migrations lead forward only, each in a transaction of its own; whoever is cut off goes on where they were.
    ///
    /// # Errors
    /// [`Error::Newer`]; [`Error::NoStore`] where the schema holds tables of somebody else.
    pub fn migrate(location: &Location, now: Moment, entropy: &mut dyn FnMut(&mut [u8; 32])) -> Result<Migrated, Error> {
        let (created, mut connection) = match location {
            Location::File(path) => {
                let (created, connection) = create(path)?;
                (created, Connection::Sqlite(Sqlite::new(connection)))
            }
            Location::Postgres(url) => (false, reach(location, url)?),
        };
        let from = migrations::migrate(&mut connection, location, now)?;
        Self::with(location, connection, created || from == 0, entropy)?;
        Ok(Migrated { from, to: migrations::known() })
    }

    /// The version of the schema that is there, 0 where there is none, and the one that this program needs. Nothing is changed.
    pub fn schema_versions(location: &Location) -> Result<(u32, u32), Error> {
        let found = match location {
            Location::File(path) if !path.exists() => 0,
            Location::File(path) => {
                let connection = rusqlite::Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)
                    .map_err(|source| Error::Open { location: location.clone(), source: source.into() })?;
                migrations::version(&mut Connection::Sqlite(Sqlite::new(connection)))?
            }
            Location::Postgres(url) => migrations::version(&mut reach(location, url)?)?,
        };
        Ok((found, migrations::known()))
    }

    fn with(location: &Location, mut connection: Connection, created: bool, entropy: &mut dyn FnMut(&mut [u8; 32])) -> Result<Self, Error> {
        let secrets = secret::load_or_draw(&mut connection, created, entropy)?;
        Ok(Self { location: location.clone(), connection: RefCell::new(connection), secrets })
    }

    /// Another connection to the same store.
    pub fn another(&self) -> Result<Self, Error> {
        let connection = self.connect()?;
        Ok(Self { location: self.location.clone(), connection: RefCell::new(connection), secrets: self.secrets.clone() })
    }

    fn connect(&self) -> Result<Connection, Error> {
        match &self.location {
            Location::File(path) => Ok(Connection::Sqlite(Sqlite::new(connect(path)?))),
            Location::Postgres(url) => reach(&self.location, url),
        }
    }

    /// Where it is, as it was opened.
    pub fn location(&self) -> &Location {
        &self.location
    }

    /// The key that archives and certificates are signed with.
    pub fn signing_key(&self) -> SigningKey {
        SigningKey::from_seed(&self.secrets.signing_seed)
    }

    /// The same key in its role as the log's.
    pub fn log_key(&self) -> LogKey {
        LogKey::from_seed(&self.secrets.signing_seed)
    }

    /// The secret that subjects are hashed with in plans, certificates, the log and tombstones.
    pub fn hash_secret(&self) -> HashSecret {
        HashSecret::new(self.secrets.hash_secret)
    }

    /// Runs `work` in one transaction that is on disk when this returns, or not at all.
    ///
    /// On a server `work` may be done several times, where other transactions stood in its way: it must change nothing but the store.
    ///
    /// # Errors
    /// Those of `work`; [`Error::Database`] of an unknown outcome when the server was lost while it committed.
    pub fn transact<T, E: From<Error>>(
        &mut self,
        operation: &'static str,
        work: impl FnMut(&mut Transaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.reconnect()?;
        self.connection.get_mut().transact(operation, work)
    }

    /// Runs `read`, which writes nothing, on one moment of the store.
    pub fn look<T, E: From<Error>>(
        &self,
        operation: &'static str,
        read: impl FnOnce(&mut Transaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.reconnect()?;
        self.connection.borrow_mut().look(operation, read)
    }

    /// Overwrites nothing more, but lets go of what was overwritten: the write-ahead log of a file holds rows as they were until it is emptied, and
    /// whoever closes the last connection empties it. Whoever keeps a store open calls this after a subject was forgotten. False when other
    /// connections were reading all the time: then it must be called again.
    ///
    /// On a server deleted rows are left to its vacuum, and its logs to whoever runs it.
    pub fn scrub(&mut self) -> Result<bool, Error> {
        const OPERATION: &str = "empty the write-ahead log";
        self.connection.get_mut().scrub(PATIENCE).map_err(|source| Error::Database { operation: OPERATION, source })
    }

    fn reconnect(&self) -> Result<(), Error> {
        if self.connection.borrow().is_closed() {
            let connection = self.connect()?;
            self.connection.replace(connection);
        }
        Ok(())
    }

    /// Takes the lock of a run for this process; it is given back when the value is dropped or the process ends, however it ends.
    ///
    /// # Errors
    /// [`Error::GoingOn`] when another process holds it.
    pub fn lock_run(&self, run: &RunId) -> Result<RunLock, Error> {
        RunLock::take(&self.location, run)
    }

    /// The runs that no process has brought to an end.
    pub fn unfinished_runs(&self) -> Result<Vec<run::Run>, Error> {
        self.look("read runs", run::unfinished)
    }
}

/// Connects to a server, and refuses a schema that holds something else.
fn reach(location: &Location, url: &str) -> Result<Connection, Error> {
    let client = sql::connect(url).map_err(|source| Error::Unreachable { location: location.clone(), source })?;
    let mut connection = Connection::Postgres(Box::new(client));
    ours(location, &mut connection)?;
    Ok(connection)
}

/// Refuses somebody else's tables before anything is set or made there.
fn ours(location: &Location, connection: &mut Connection) -> Result<(), Error> {
    let tables = connection.tables()?;
    let known = ["schema_version", "tombstone"].iter().all(|name| tables.iter().any(|table| table == name));
    match tables.is_empty() || known {
        true => Ok(()),
        false => Err(Error::NoStore { location: location.clone(), what: "another database" }),
    }
}

/// Makes an empty file of mode 0600 where there is none, and refuses one that is no store or that others can read. Says whether it made one.
fn create(path: &Path) -> Result<(bool, rusqlite::Connection), Error> {
    let failed = |source| Error::Create { path: path.to_owned(), source };
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(_) => Ok((true, connect(path)?)),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let metadata = fs::metadata(path).map_err(failed)?;
            no_other_file(path, &metadata)?;
            // A store that was never written to is as good as a new one.
            let empty = metadata.len() == 0;
            if !empty {
                no_other_database(path)?;
            }
            // After the rest: nobody is told to change the rights of another file.
            match metadata.mode() & 0o077 {
                0 => Ok((empty, connect(path)?)),
                _ => Err(Error::Exposed { path: path.to_owned() }),
            }
        }
        Err(source) => Err(failed(source)),
    }
}

/// How every database of SQLite begins.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// Refuses what is no database before it is opened as one.
fn no_other_file(path: &Path, metadata: &fs::Metadata) -> Result<(), Error> {
    let refused = |what| Err(Error::NoStore { location: path.into(), what });
    if metadata.is_dir() {
        return refused("a folder");
    }
    if !metadata.is_file() {
        return refused("no plain file");
    }
    if metadata.len() == 0 {
        return Ok(());
    }
    let mut start = [0; MAGIC.len()];
    match fs::File::open(path).and_then(|mut file| io::Read::read_exact(&mut file, &mut start)) {
        Ok(()) if start == *MAGIC => Ok(()),
        Ok(()) => refused("another kind of file"),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => refused("another kind of file"),
        Err(source) => Err(Error::Create { path: path.to_owned(), source }),
    }
}

/// Refuses somebody else's database before anything is set in it, such as one of the platform.
fn no_other_database(path: &Path) -> Result<(), Error> {
    let location = Location::from(path);
    ours(&location, &mut Connection::Sqlite(Sqlite::new(open(path)?)))
}

fn open(path: &Path) -> Result<rusqlite::Connection, Error> {
    let failed = |source: rusqlite::Error| Error::Open { location: path.into(), source: source.into() };
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_EXRESCODE;
    let connection = rusqlite::Connection::open_with_flags(path, flags).map_err(failed)?;
    connection.busy_timeout(PATIENCE).map_err(failed)?;
    Ok(connection)
}

/// FULL: a commit is on disk when it returns, since an erasure relies on its opened certificate outliving a power cut.
/// What is deleted is overwritten, and the write-ahead log is removed with the last connection.
fn connect(path: &Path) -> Result<rusqlite::Connection, Error> {
    let connection = open(path)?;
    let settings = "PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA foreign_keys = ON;
         PRAGMA secure_delete = ON;
         PRAGMA temp_store = MEMORY;
         PRAGMA trusted_schema = OFF;";
    connection.execute_batch(settings).map_err(|source| Error::Open { location: path.into(), source: source.into() })?;
    Ok(connection)
}
