//! Statements on SQLite.

use std::time::Duration;

use rusqlite::params_from_iter;

use super::{Error, Row, Value};
use crate::error::Error as StoreError;

/// Prepared statements that a connection keeps.
const KEPT_STATEMENTS: usize = 128;

#[derive(Debug)]
pub(crate) struct Sqlite {
    pub(crate) connection: rusqlite::Connection,
}

impl Sqlite {
    pub(crate) fn new(connection: rusqlite::Connection) -> Self {
        connection.set_prepared_statement_cache_capacity(KEPT_STATEMENTS);
        Self { connection }
    }

    /// Begins a transaction. One that a panic left open is ended first.
    pub(super) fn begin(&mut self, mode: &'static str) -> Result<(), Error> {
        self.rollback();
        Ok(self.connection.execute_batch(mode)?)
    }

    /// Ends a transaction without its writes, if one is open: many failures have ended it already.
    pub(super) fn rollback(&mut self) {
        if !self.connection.is_autocommit() {
            drop(self.connection.execute_batch("ROLLBACK"));
        }
    }

    pub(super) fn execute(&mut self, sql: &str, values: &[Value]) -> Result<usize, Error> {
        let mut statement = self.connection.prepare_cached(&numbered(sql))?;
        // A statement that answers rows, as with RETURNING, must be run to its end.
        if statement.column_count() == 0 {
            return Ok(statement.execute(params_from_iter(values))?);
        }
        let mut rows = statement.query(params_from_iter(values))?;
        let mut count = 0;
        while rows.next()?.is_some() {
            count += 1;
        }
        Ok(count)
    }

    pub(super) fn query(
        &mut self,
        sql: &str,
        values: &[Value],
        each: &mut dyn FnMut(&Row<'_>) -> Result<(), StoreError>,
    ) -> Result<Result<(), StoreError>, Error> {
        let mut statement = self.connection.prepare_cached(&numbered(sql))?;
        let mut rows = statement.query(params_from_iter(values))?;
        while let Some(row) = rows.next()? {
            if let Err(error) = each(&Row::Sqlite(row)) {
                return Ok(Err(error));
            }
        }
        Ok(Ok(()))
    }
}

/// How long other connections are waited for until the write-ahead log can be emptied; meanwhile nobody writes.
const SCRUB_PATIENCE: Duration = Duration::from_millis(250);

impl Sqlite {
    /// Moves what the write-ahead log holds into the file and empties it. False when another connection was reading all the time.
    pub(super) fn scrub(&mut self, patience: Duration) -> Result<bool, Error> {
        self.connection.busy_timeout(SCRUB_PATIENCE)?;
        let emptied = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| Ok(!row.get::<_, bool>(0)?));
        self.connection.busy_timeout(patience)?;
        Ok(emptied?)
    }
}

/// SQLite takes `$1` for a name and numbers names in the order in which they appear; `?1` is a number.
fn numbered(sql: &str) -> String {
    sql.replace('$', "?")
}
