//! Opening the store and running transactions.

use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use exeunt_model::log::LogKey;
use exeunt_model::moment::Moment;
use exeunt_model::signature::SigningKey;
use exeunt_model::tombstone::HashSecret;
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use crate::error::Error;
use crate::secret::{self, Secrets};
use crate::{migrations, run};

/// How long a write waits for another process's transaction on the store; none of ours takes more than milliseconds.
const PATIENCE: Duration = Duration::from_secs(15);

/// The store: one SQLite file, readable by its owner alone.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    pub(crate) connection: Connection,
    secrets: Secrets,
}

impl Store {
    /// Opens the store, and makes it where there is none: its file with mode 0600, its schema, its keys.
    ///
    /// `entropy` fills the new keys with random bytes; it is called only when the store is made.
    ///
    /// # Errors
    /// [`Error::Exposed`] when others may read the file, [`Error::Newer`] when a newer version wrote it.
    pub fn open(path: &Path, now: Moment, entropy: &mut dyn FnMut(&mut [u8; 32])) -> Result<Self, Error> {
        let (created, mut connection) = create(path)?;
        set(&connection).map_err(|source| Error::Open { path: path.to_owned(), source })?;
        migrations::migrate(&mut connection, path, now)?;
        let secrets = secret::load_or_draw(&mut connection, created, entropy)?;
        Ok(Self { path: path.to_owned(), connection, secrets })
    }

    /// Opens the store only if it is there: `None` where no file is. No keys are drawn.
    ///
    /// # Errors
    /// Those of [`Self::open`], and [`Error::Damaged`] for a file that was made and never got its keys.
    pub fn open_existing(path: &Path, now: Moment) -> Result<Option<Self>, Error> {
        match fs::metadata(path) {
            Ok(_) => Self::open(path, now, &mut |_| {}).map(Some),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(Error::Create { path: path.to_owned(), source }),
        }
    }

    /// Where its file is, as it was opened.
    pub fn path(&self) -> &Path {
        &self.path
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
    pub(crate) fn transact<T>(
        &mut self,
        operation: &'static str,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(Error::during(operation))?;
        let value = work(&transaction)?;
        transaction.commit().map_err(Error::during(operation))?;
        Ok(value)
    }

    /// Takes the lock of a run for this process; it is given back when the value is dropped or the process ends, however it ends.
    ///
    /// # Errors
    /// [`Error::GoingOn`] when another process holds it.
    pub fn lock_run(&self, run: &exeunt_model::run::RunId) -> Result<crate::lock::RunLock, Error> {
        crate::lock::RunLock::take(&self.path, run)
    }

    /// The runs that no process has brought to an end.
    pub fn unfinished_runs(&self) -> Result<Vec<run::Run>, Error> {
        run::unfinished(&self.connection)
    }
}

/// Makes an empty file of mode 0600 where there is none, and refuses one that is no store or that others can read. Says whether it made one.
fn create(path: &Path) -> Result<(bool, Connection), Error> {
    let failed = |source| Error::Create { path: path.to_owned(), source };
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(_) => Ok((true, connect(path)?)),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let metadata = fs::metadata(path).map_err(failed)?;
            no_other_file(path, &metadata)?;
            // A store that was never written to is as good as a new one.
            let empty = metadata.len() == 0;
            let connection = connect(path)?;
            if !empty {
                no_other_database(path, &connection)?;
            }
            // After the rest: nobody is told to change the rights of another file.
            match metadata.mode() & 0o077 {
                0 => Ok((empty, connection)),
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
    let refused = |what| Err(Error::NoStore { path: path.to_owned(), what });
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
fn no_other_database(path: &Path, connection: &Connection) -> Result<(), Error> {
    let ours = "-- is_store
        SELECT count(*) = 0 OR count(*) FILTER (WHERE type = 'table' AND name IN ('schema_version', 'tombstone')) = 2
        FROM sqlite_schema";
    match connection.query_row(ours, [], |row| row.get(0)).map_err(|source| Error::Open { path: path.to_owned(), source })? {
        true => Ok(()),
        false => Err(Error::NoStore { path: path.to_owned(), what: "another database" }),
    }
}

fn connect(path: &Path) -> Result<Connection, Error> {
    let failed = |source| Error::Open { path: path.to_owned(), source };
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_EXRESCODE;
    let connection = Connection::open_with_flags(path, flags).map_err(failed)?;
    connection.busy_timeout(PATIENCE).map_err(failed)?;
    Ok(connection)
}

/// FULL: a commit is on disk when it returns, since an erasure relies on its opened certificate outliving a power cut.
/// What is deleted is overwritten, and the write-ahead log is removed with the last connection.
fn set(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(
        "PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA foreign_keys = ON;
         PRAGMA secure_delete = ON;
         PRAGMA temp_store = MEMORY;
         PRAGMA trusted_schema = OFF;",
    )
}
