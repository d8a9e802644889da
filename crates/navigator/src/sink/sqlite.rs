//! Loads rows into a new SQLite file.

use std::path::Path;

use rusqlite::{Connection, Statement, params_from_iter};

use super::value::{write_hundredths, write_uuid};
use super::{Finishing, Sink, Value, check_row};
use crate::error::Error;
use crate::schema::{self, Dialect, T, quoted};

/// Rows per transaction; one huge transaction would be no faster.
const ROWS_PER_TRANSACTION: u64 = 500_000;

/// A half-loaded file is worth nothing, so nothing is logged or synced while rows come in.
pub struct SqliteSink {
    database: Connection,
    insert: Vec<String>,
    rows: u64,
    /// Formats what SQLite keeps as text.
    scratch: Vec<u8>,
}

impl SqliteSink {
    /// Makes the file with all tables. It must not exist, or be empty.
    pub fn create(path: &Path) -> Result<Self, Error> {
        let open = |source| Error::OpenSqlite { path: path.to_owned(), source };
        let database = Connection::open(path).map_err(open)?;
        let tables: i64 = database.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(open)?;
        if tables != 0 {
            return Err(Error::NotEmpty { what: path.display().to_string() });
        }
        database
            .execute_batch(
                "PRAGMA page_size = 8192; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE;
                 PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY; PRAGMA foreign_keys = OFF;",
            )
            .map_err(open)?;
        database.set_prepared_statement_cache_capacity(schema::TABLES.len());
        for statement in schema::create_tables(Dialect::Sqlite) {
            database.execute_batch(&statement).map_err(|source| Error::CreateSqlite { source })?;
        }
        database.execute_batch("BEGIN").map_err(open)?;
        let insert = schema::TABLES
            .iter()
            .map(|table| format!("INSERT INTO {} VALUES (?{})", quoted(table.name), ", ?".repeat(table.columns.len() - 1)))
            .collect();
        Ok(Self { database, insert, rows: 0, scratch: Vec::with_capacity(64) })
    }

    fn commit(&self) -> Result<(), Error> {
        self.database.execute_batch("COMMIT; BEGIN").map_err(|source| Error::CommitSqlite { source })
    }
}

fn bind(statement: &mut Statement<'_>, index: usize, value: Value<'_>, scratch: &mut Vec<u8>) -> rusqlite::Result<()> {
    scratch.clear();
    match value {
        Value::Null => return statement.raw_bind_parameter(index, rusqlite::types::Null),
        Value::Integer(number) => return statement.raw_bind_parameter(index, number),
        Value::Boolean(truth) => return statement.raw_bind_parameter(index, truth),
        Value::Text(text) | Value::Json(text) => return statement.raw_bind_parameter(index, text),
        Value::Bytes(bytes) => return statement.raw_bind_parameter(index, bytes),
        Value::Moment(moment) => moment.write(scratch),
        Value::Date(day) => day.write(scratch),
        Value::Uuid(bits) => write_uuid(bits, scratch),
        // The column's affinity turns the text into a number.
        Value::Decimal(number) => write_hundredths(number, scratch),
    }
    statement.raw_bind_parameter(index, TextBytes(scratch))
}

/// ASCII that was just written, bound as text without another look at it.
struct TextBytes<'a>(&'a [u8]);

impl rusqlite::ToSql for TextBytes<'_> {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        Ok(rusqlite::types::ToSqlOutput::Borrowed(rusqlite::types::ValueRef::Text(self.0)))
    }
}

impl Sink for SqliteSink {
    fn insert(&mut self, table: T, values: &[Value<'_>]) -> Result<(), Error> {
        check_row(table, values);
        let failed = |source| Error::InsertSqlite { table: table.name(), source };
        let mut statement = self.database.prepare_cached(&self.insert[table as usize]).map_err(failed)?;
        for (value, index) in values.iter().zip(1..) {
            bind(&mut statement, index, *value, &mut self.scratch).map_err(failed)?;
        }
        statement.raw_execute().map_err(failed)?;
        drop(statement);
        self.rows += 1;
        if self.rows.is_multiple_of(ROWS_PER_TRANSACTION) {
            self.commit()?;
        }
        Ok(())
    }

    fn finish(&mut self, watch: &mut dyn FnMut(Finishing)) -> Result<(), Error> {
        let failed = |source| Error::CreateSqlite { source };
        self.commit()?;
        watch(Finishing::Indexes);
        for statement in schema::create_indexes().iter().chain(&schema::create_views()) {
            self.database.execute_batch(statement).map_err(failed)?;
        }
        watch(Finishing::Keys);
        let broken: i64 = self
            .database
            .query_row("SELECT count(*) FROM pragma_foreign_key_check", params_from_iter::<[i64; 0]>([]), |row| row.get(0))
            .map_err(failed)?;
        if broken != 0 {
            return Err(Error::BrokenKeys { rows: broken });
        }
        watch(Finishing::Statistics);
        // The journal comes back before the file is anybody else's.
        self.database.execute_batch("COMMIT; ANALYZE; PRAGMA journal_mode = DELETE; PRAGMA locking_mode = NORMAL").map_err(failed)?;
        self.database.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(())).map_err(failed)
    }
}
