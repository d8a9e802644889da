//! The capability to read.

use std::io::{self, Write};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use exeunt_model::catalog::Catalog;
use exeunt_model::names::{SourceName, TableName};
use exeunt_model::plan::Outline;
use exeunt_model::selection::{ColumnPath, Condition, RowSet};

use crate::error::Error;
use crate::keys::{Keys, Lookup};
use crate::link::{Connection, Link, Terms, TextRows, sqlite_values};
use crate::look::Look;
use crate::named::OddNames;
use crate::postgres::address::Address;
use crate::postgres::client::{Answer, CopyOutput};
use crate::postgres::session::Session;
use crate::render::{KeptKeys, SubjectValues};
use crate::script::{Line, script};
use crate::search::{SearchLimits, Searched, search};
use crate::sqlite::connection::told;
use crate::sqlite::csv::CsvWriter;
use crate::withhold::Withholding;

/// An open database that can be read and cannot be written: it sees one moment for as long as it is open.
///
/// Nothing that a reader offers writes, and the database is told so too: PostgreSQL by a read-only transaction, SQLite by the flags
/// that the file is opened with. What erases asks for an [`Eraser`](crate::Eraser), which cannot be made from a reader.
///
/// After a refused statement PostgreSQL answers nothing more in the same transaction: open another reader.
pub struct Reader {
    link: Link,
    second: Second,
}

/// A second connection to PostgreSQL that reads beside the first.
enum Second {
    None,
    SigningIn(JoinHandle<Result<Session, Error>>),
    Ready(Box<Link>),
}

/// Rows to be streamed: columns in this order, without the secret places inside them.
#[derive(Debug, Clone, Copy)]
pub struct Read<'a> {
    pub table: &'a TableName,
    pub columns: &'a [String],
    /// Places inside JSON columns that are taken out.
    pub secret_paths: &'a [ColumnPath],
    pub condition: &'a Condition,
}

/// What was streamed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Streamed {
    pub rows: u64,
    pub bytes: u64,
    /// Values that could not be read as JSON and are withheld as a whole, since a place inside them is secret.
    pub withheld: u64,
}

/// Takes the rows of several reads, one after the other.
pub trait Receive {
    /// The rows of this read (by its position) follow.
    fn begin(&mut self, read: usize) -> io::Result<()>;
    /// Whole rows as CSV in most calls; a very long row comes in parts.
    fn rows(&mut self, csv: &[u8]) -> io::Result<()>;
    /// All rows of this read have come.
    fn end(&mut self, read: usize, streamed: Streamed) -> io::Result<()>;
}

impl Look for Reader {
    fn name(&self) -> &SourceName {
        &self.link.database
    }

    fn introspect(&mut self) -> Result<Catalog, Error> {
        self.link.introspect().map(Arc::unwrap_or_clone)
    }

    /// Every set runs in place.
    fn prepare(&mut self, _outline: &Outline, _keys: &Keys) -> Result<(), Error> {
        Ok(())
    }

    fn bring(&mut self, _sets: &[RowSet], _set: &RowSet, _tuples: &[Vec<String>]) -> Result<(), Error> {
        Ok(())
    }

    fn count_all(&mut self, sets: &[RowSet], of: &[(&TableName, &Condition)], keys: &Keys) -> Result<Vec<u64>, Error> {
        self.link.count_all(terms(sets, keys), of)
    }

    fn values(&mut self, sets: &[RowSet], lookup: &Lookup<'_>, keys: &Keys, row: &mut dyn FnMut(&[Option<&str>])) -> Result<(), Error> {
        self.link.values(terms(sets, keys), lookup, row)
    }

    fn values_all(&mut self, sets: &[RowSet], lookups: &[Lookup<'_>], keys: &Keys) -> Result<Vec<TextRows>, Error> {
        self.link.values_all(terms(sets, keys), lookups)
    }

    fn find_key(&mut self, table: &TableName, columns: &[String], typed: &[String]) -> Result<Option<Vec<String>>, Error> {
        self.link.find_key(table, columns, typed)
    }

    fn odd_names(&mut self, columns: &[(&TableName, &str)]) -> Result<OddNames, Error> {
        crate::named::odd_names(&mut self.link, columns)
    }
}

impl Reader {
    pub(crate) fn new(link: Link) -> Self {
        Self { link, second: Second::None }
    }

    /// A reader beside which a second session signs in, to read at the moment that the first exported.
    pub(crate) fn with_second(link: Link, address: &Address, snapshot: Option<String>) -> Self {
        let Some(snapshot) = snapshot else { return Self::new(link) };
        let (database, address) = (link.database.clone(), address.clone());
        let signing_in = thread::spawn(move || {
            let mut session = Session::open(&database, &address)?;
            session.begin_reading(Some(&snapshot))?;
            Ok(session)
        });
        Self { link, second: Second::SigningIn(signing_in) }
    }

    /// The database's own time at the reader's moment, such as `2024-05-01T12:00:00.123Z`.
    pub fn moment(&mut self) -> Result<String, Error> {
        const OPERATION: &str = "read the time";
        match &mut self.link.connection {
            Connection::Postgres(session) => {
                let sql = "SELECT to_char(transaction_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')";
                let answers = session.run(OPERATION, sql)?;
                let found = answers.into_iter().next().and_then(|answer| answer.rows.into_iter().next()?.into_iter().next()?);
                Ok(found.unwrap_or_default())
            }
            Connection::Sqlite { connection, .. } => connection
                .query_row("SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now')", [], |row| row.get(0))
                .map_err(|error| told(&self.link.database, OPERATION, &error)),
        }
    }

    /// Streams rows as CSV without a header, with the conventions of PostgreSQL's `COPY`: null is nothing, an empty text is `""`,
    /// lines end with a line feed, bytes are `\x` and hexadecimal digits. In constant memory.
    pub fn stream_csv(&mut self, sets: &[RowSet], read: &Read<'_>, keys: &Keys, output: &mut dyn Write) -> Result<Streamed, Error> {
        struct Single<'a>(&'a mut dyn Write, Streamed);
        impl Receive for Single<'_> {
            fn begin(&mut self, _read: usize) -> io::Result<()> {
                Ok(())
            }
            fn rows(&mut self, csv: &[u8]) -> io::Result<()> {
                self.0.write_all(csv)
            }
            fn end(&mut self, _read: usize, streamed: Streamed) -> io::Result<()> {
                self.1 = streamed;
                Ok(())
            }
        }
        let mut single = Single(output, Streamed::default());
        self.stream_all(sets, std::slice::from_ref(read), keys, &mut single)?;
        Ok(single.1)
    }

    /// Streams several reads one after the other. PostgreSQL is asked for all of them at once: two round trips
    /// whatever their number.
    ///
    /// After an error the reader is of no more use.
    pub fn stream_all(&mut self, sets: &[RowSet], reads: &[Read<'_>], keys: &Keys, receive: &mut dyn Receive) -> Result<(), Error> {
        const OPERATION: &str = "read rows";
        let terms = terms(sets, keys);
        let conditions: Vec<&Condition> = reads.iter().map(|read| read.condition).collect();
        self.link.bring_sets(terms, &conditions)?;
        let database = self.link.database.clone();
        let failed = |source| Error::Output { database: database.clone(), operation: OPERATION.into(), source };
        let mut receive = Withholding::new(receive, reads);
        if matches!(self.link.connection, Connection::Postgres(_)) {
            let copies = self.link.render(terms, SubjectValues::Literals(&keys.subject), |renderer| {
                let copy = |read: &Read<'_>| renderer.copy(read.table, read.columns, read.condition);
                reads.iter().map(copy).collect::<Result<Vec<_>, _>>()
            })?;
            self.await_second()?;
            let second = match &mut self.second {
                Second::Ready(link) => {
                    link.bring_sets(terms, &conditions)?;
                    link.session()
                }
                Second::None | Second::SigningIn(_) => None,
            };
            let Some(session) = self.link.session() else { return Ok(()) };
            return session.copy_out(second, OPERATION, &copies, &mut Copies { receive: &mut receive, bytes: 0 });
        }
        for (number, read) in reads.iter().enumerate() {
            let rendered =
                self.link.render(terms, SubjectValues::Parameters, |renderer| renderer.read(read.table, read.columns, read.condition))?;
            let catalog = self.link.catalog()?;
            let Connection::Sqlite { connection, .. } = &self.link.connection else { return Ok(()) };
            let values = sqlite_values(&database, &catalog, &rendered, terms)?;
            receive.begin(number).map_err(failed)?;
            let mut counted = Counted { receive: &mut receive, bytes: 0 };
            let rows = sqlite_csv(connection, &rendered.sql, values, &mut counted).map_err(|error| match error {
                CsvError::Sqlite(error) => told(&database, OPERATION, &error),
                CsvError::Output(error) => failed(error),
            })?;
            let bytes = counted.bytes;
            receive.end(number, Streamed { rows, bytes, withheld: 0 }).map_err(failed)?;
        }
        Ok(())
    }

    /// The database's own guess of how many rows satisfy the conditions in all, for progress bars: one round trip. `None` where it
    /// makes none (SQLite).
    pub fn estimate_all(&mut self, sets: &[RowSet], of: &[(&TableName, &Condition)], keys: &Keys) -> Result<Option<u64>, Error> {
        if matches!(self.link.connection, Connection::Sqlite { .. }) {
            return Ok(None);
        }
        let terms = terms(sets, keys);
        let conditions: Vec<&Condition> = of.iter().map(|(_, condition)| *condition).collect();
        self.link.bring_sets(terms, &conditions)?;
        let explain = self.link.render(terms, SubjectValues::Literals(&keys.subject), |renderer| {
            let read = |(table, condition): &(&TableName, &Condition)| {
                Ok(format!("EXPLAIN (FORMAT JSON) {}", renderer.read(table, &[], condition)?.sql))
            };
            Ok(of.iter().map(read).collect::<Result<Vec<_>, _>>()?.join("; "))
        })?;
        let Connection::Postgres(session) = &mut self.link.connection else { return Ok(None) };
        let answers = session.run("estimate rows", &explain)?;
        let guess = |answer: &Answer| {
            let text = answer.rows.first()?.first()?.as_deref()?;
            let plan: serde_json::Value = serde_json::from_str(text).ok()?;
            plan.get(0)?.get("Plan")?.get("Plan Rows")?.as_u64()
        };
        Ok(answers.iter().map(guess).sum())
    }

    /// Waits until the second connection is there; one that was refused is done without.
    fn await_second(&mut self) -> Result<(), Error> {
        if let Second::SigningIn(signing_in) = std::mem::replace(&mut self.second, Second::None)
            && let Ok(Ok(session)) = signing_in.join()
        {
            let mut link = Link::new(&self.link.database, Connection::Postgres(session), &self.link.schemas);
            link.set_catalog(self.link.catalog()?);
            self.second = Second::Ready(Box::new(link));
        }
        Ok(())
    }

    /// One row by its key (columns and text forms): the text forms of these columns; `None` when there is no such row.
    pub fn row(&mut self, table: &TableName, key: &[(&str, &str)], columns: &[ColumnPath]) -> Result<Option<Vec<Option<String>>>, Error> {
        self.link.row(table, key, columns)
    }

    /// Looks for texts in all columns of these tables that can hold text, upper and lower case alike: one scan per table.
    ///
    /// A table that takes too long or must not be read is told as such and is no error. Empty texts are left out.
    pub fn search(&mut self, tables: &[&TableName], texts: &[String], limits: SearchLimits) -> Result<Vec<Searched>, Error> {
        search(&mut self.link, tables, texts, limits)
    }

    /// The statements that a plan runs in this database, with numbered parameters and without a single value.
    pub fn script(&mut self, outline: &Outline) -> Result<Vec<Line>, Error> {
        script(&mut self.link, outline)
    }
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Reader").field("database", &self.link.database).finish_non_exhaustive()
    }
}

fn terms<'a>(sets: &'a [RowSet], keys: &'a Keys) -> Terms<'a> {
    Terms { sets, keys, kept_keys: KeptKeys::InPlace, values: None }
}

/// Passes bytes on and counts them.
struct Counted<'a> {
    receive: &'a mut dyn Receive,
    bytes: u64,
}

impl Write for Counted<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.receive.rows(bytes)?;
        self.bytes += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Hands the rows of PostgreSQL on and counts their bytes.
struct Copies<'a> {
    receive: &'a mut dyn Receive,
    bytes: u64,
}

impl CopyOutput for Copies<'_> {
    fn begin(&mut self, copy: usize) -> io::Result<()> {
        self.bytes = 0;
        self.receive.begin(copy)
    }

    fn rows(&mut self, csv: &[u8]) -> io::Result<()> {
        self.bytes += csv.len() as u64;
        if csv.is_empty() { Ok(()) } else { self.receive.rows(csv) }
    }

    fn end(&mut self, copy: usize, rows: u64) -> io::Result<()> {
        self.receive.end(copy, Streamed { rows, bytes: self.bytes, withheld: 0 })
    }
}

enum CsvError {
    Sqlite(rusqlite::Error),
    Output(io::Error),
}

impl From<rusqlite::Error> for CsvError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<io::Error> for CsvError {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

fn sqlite_csv(
    connection: &rusqlite::Connection,
    sql: &str,
    values: Vec<rusqlite::types::Value>,
    output: &mut dyn Write,
) -> Result<u64, CsvError> {
    let mut statement = connection.prepare_cached(sql)?;
    let width = statement.column_count();
    let mut rows = statement.query(rusqlite::params_from_iter(values))?;
    let mut writer = CsvWriter::new(output);
    while let Some(row) = rows.next()? {
        writer.row(width, |at| row.get_ref(at).map_err(CsvError::from))?;
    }
    Ok(writer.finish()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Database;
    use exeunt_model::catalog::SourceKind;
    use exeunt_testkit::postgres::Server;

    /// No method of a reader writes; here the connection under it is asked to.
    #[test]
    fn the_databases_themselves_refuse_a_reader_to_write() {
        let folder = tempfile::tempdir().unwrap();
        let create = "CREATE TABLE note (id INTEGER PRIMARY KEY); INSERT INTO note VALUES (1)";
        rusqlite::Connection::open(folder.path().join("a.db")).unwrap().execute_batch(create).unwrap();
        let server = Server::shared().database();
        server.client().batch_execute(create).unwrap();
        let sources = [(SourceKind::Sqlite, "sqlite:a.db"), (SourceKind::Postgres, server.url())];
        let writes = ["DELETE FROM main_note", "UPDATE main_note SET id = 2", "CREATE TABLE more (id INTEGER)", "DROP TABLE main_note"];
        for (kind, url) in sources {
            for write in writes {
                let database = Database::new(SourceName::new("app"), kind, url, &[], folder.path()).unwrap();
                let mut reader = database.reader().unwrap();
                let refused = match &mut reader.link.connection {
                    Connection::Sqlite { connection, .. } => connection
                        .execute_batch(&write.replace("main_", "main."))
                        .map_err(|error| told(&database.name().clone(), "write", &error)),
                    Connection::Postgres(session) => session.run("write", &write.replace("main_", "public.")).map(drop),
                };
                assert!(matches!(refused, Err(Error::ReadOnly { .. })), "{kind:?} {write}: {refused:?}");
            }
        }
    }
}
