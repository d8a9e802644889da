//! A connection to either database, and transactions on it.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::Duration;

use super::postgres::Postgres;
use super::sqlite::Sqlite;
use super::transaction::{Standing, Transaction};
use super::{Error as SqlError, dialect};
use crate::error::Error;

/// How often a transaction is made again when another one stood in its way.
const ATTEMPTS: u32 = 6;

#[derive(Debug)]
pub(crate) enum Connection {
    Sqlite(Sqlite),
    Postgres(Box<Postgres>),
}

impl Connection {
    /// Runs `work` in one transaction that is on disk when this returns, or not at all. Where another transaction stood in the way on PostgreSQL,
    /// `work` is done again from the start.
    pub(crate) fn transact<T, E: From<Error>>(
        &mut self,
        operation: &'static str,
        mut work: impl FnMut(&mut Transaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut attempt = 1;
        loop {
            let standing = Cell::new(Standing::Good);
            self.begin().map_err(|source| Error::Database { operation, source })?;
            let done = self.within(|connection| work(&mut Transaction::new(connection, &standing))).and_then(|value| {
                // A server ends a transaction at the first statement that fails, and then takes COMMIT for ROLLBACK.
                let ended = match standing.get() {
                    Standing::Good => self.commit(),
                    Standing::Failed | Standing::InTheWay => Err(SqlError::Aborted),
                };
                ended.map(|()| value).map_err(|source| {
                    if source.is_conflict() {
                        standing.set(Standing::InTheWay);
                    }
                    E::from(Error::Database { operation, source })
                })
            });
            if done.is_ok() {
                return done;
            }
            self.rollback();
            if standing.get() != Standing::InTheWay || attempt == ATTEMPTS {
                return done;
            }
            attempt += 1;
        }
    }

    /// Runs `read`, which writes nothing, on one snapshot.
    pub(crate) fn look<T, E: From<Error>>(
        &mut self,
        operation: &'static str,
        read: impl FnOnce(&mut Transaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.begin_reading().map_err(|source| Error::Database { operation, source })?;
        let standing = Cell::new(Standing::Good);
        let found = self.within(|connection| read(&mut Transaction::new(connection, &standing)));
        // Nothing was written: how the transaction ends is the same to everybody.
        self.rollback();
        found
    }

    /// Does something in the open transaction, which ends without its writes where that panics: until somebody used the connection again, everybody
    /// else would wait for its locks.
    fn within<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> T {
        catch_unwind(AssertUnwindSafe(|| work(self))).unwrap_or_else(|panic| {
            self.rollback();
            resume_unwind(panic)
        })
    }

    fn begin(&mut self) -> Result<(), SqlError> {
        match self {
            // At once with the right to write: nobody who has read is refused it later.
            Self::Sqlite(sqlite) => sqlite.begin("BEGIN IMMEDIATE"),
            Self::Postgres(client) => client.begin("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"),
        }
    }

    fn begin_reading(&mut self) -> Result<(), SqlError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.begin("BEGIN DEFERRED"),
            Self::Postgres(client) => client.begin("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"),
        }
    }

    fn commit(&mut self) -> Result<(), SqlError> {
        match self {
            Self::Sqlite(sqlite) => Ok(sqlite.connection.execute_batch("COMMIT")?),
            Self::Postgres(client) => client.commit(),
        }
    }

    /// Ends an open transaction without its writes. One that the database has ended by itself is no error, and a connection that is lost has none.
    fn rollback(&mut self) {
        match self {
            Self::Sqlite(sqlite) => sqlite.rollback(),
            Self::Postgres(client) => client.rollback(),
        }
    }

    /// Runs a migration, and what records it, in one transaction: if `wanted` says so when nobody else migrates any more. Says whether it did.
    pub(crate) fn migrate(
        &mut self,
        script: &'static str,
        version: u32,
        wanted: impl FnOnce(&mut Transaction<'_>) -> Result<bool, Error>,
        record: impl FnOnce(&mut Transaction<'_>) -> Result<(), Error>,
    ) -> Result<bool, Error> {
        let failed = |source| Error::Migrate { version, source };
        self.begin().map_err(failed)?;
        let done = self.migrate_in_transaction(script, version, wanted, record);
        match &done {
            Ok(true) => self.commit().map_err(failed)?,
            Ok(false) | Err(_) => self.rollback(),
        }
        done
    }

    fn migrate_in_transaction(
        &mut self,
        script: &'static str,
        version: u32,
        wanted: impl FnOnce(&mut Transaction<'_>) -> Result<bool, Error>,
        record: impl FnOnce(&mut Transaction<'_>) -> Result<(), Error>,
    ) -> Result<bool, Error> {
        let failed = |source| Error::Migrate { version, source };
        if let Self::Postgres(client) = self {
            client.batch(&dialect::begin_migration()).map_err(failed)?;
        }
        let standing = Cell::new(Standing::Good);
        if !wanted(&mut Transaction::new(self, &standing))? {
            return Ok(false);
        }
        match self {
            Self::Sqlite(sqlite) => sqlite.connection.execute_batch(script).map_err(|error| failed(error.into()))?,
            Self::Postgres(client) => client.batch(&dialect::for_postgres(script)).map_err(failed)?,
        }
        record(&mut Transaction::new(self, &standing))?;
        Ok(true)
    }

    /// The names of the tables where the store's belong.
    pub(crate) fn tables(&mut self) -> Result<Vec<String>, Error> {
        self.look("look at the store's tables", |transaction| transaction.tables())
    }

    /// Empties the write-ahead log of a file, which holds what was deleted since it was begun. A server has none that we could empty.
    pub(crate) fn scrub(&mut self, patience: Duration) -> Result<bool, SqlError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.scrub(patience),
            Self::Postgres(_) => Ok(true),
        }
    }

    /// Whether it is of no use any more, so that another one must be opened.
    pub(crate) fn is_closed(&self) -> bool {
        match self {
            Self::Sqlite(_) => false,
            Self::Postgres(client) => client.is_closed(),
        }
    }
}
