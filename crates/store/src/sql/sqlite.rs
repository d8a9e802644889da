//! Statements on SQLite.

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

/// SQLite takes `$1` for a name and numbers names in the order in which they appear; `?1` is a number.
fn numbered(sql: &str) -> String {
    sql.replace('$', "?")
}
