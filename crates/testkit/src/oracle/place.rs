//! Where worlds are laid out, and how what comes out of them is read.

use std::path::{Path, PathBuf};

use exeunt_model::names::{CategoryName, SourceName, TableName};
use exeunt_model::plan::Choice;

use super::evaluate::{self, Request, RowId};
use super::sql::{self, Snapshot};
use super::value::{Dialect, Value, hex};
use super::world::World;
use crate::postgres::Database;

/// A folder that needs no disk, where there is one.
pub fn memory_folder() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    tempfile::tempdir_in(memory).or_else(|_| tempfile::tempdir()).expect("make a folder")
}

/// A database for a world.
pub enum Place<'a> {
    Sqlite(PathBuf),
    Postgres(&'a Database<'a>),
}

impl Place<'_> {
    pub fn dialect(&self) -> Dialect {
        match self {
            Place::Sqlite(_) => Dialect::Sqlite,
            Place::Postgres(_) => Dialect::Postgres,
        }
    }

    pub fn url(&self) -> String {
        match self {
            Place::Sqlite(file) => format!("sqlite:{}", file.display()),
            Place::Postgres(database) => database.url().to_owned(),
        }
    }

    /// Empties the database and lays the world out in it.
    pub fn lay_out(&self, world: &World) -> Result<(), String> {
        let script = sql::script(world, self.dialect());
        match self {
            Place::Sqlite(file) => {
                drop(std::fs::remove_file(file));
                let connection = rusqlite::Connection::open(file).map_err(told)?;
                connection.execute_batch("PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY;").map_err(told)?;
                connection.execute_batch(&script).map_err(told)
            }
            Place::Postgres(database) => {
                let script = format!("DROP SCHEMA public CASCADE; CREATE SCHEMA public; {script}");
                database.client().batch_execute(&script).map_err(told)
            }
        }
    }

    pub fn snapshot(&self, world: &World) -> Result<Snapshot, String> {
        match self {
            Place::Sqlite(file) => sql::sqlite_snapshot(world, &rusqlite::Connection::open(file).map_err(told)?).map_err(told),
            Place::Postgres(database) => sql::postgres_snapshot(world, &mut database.client()).map_err(told),
        }
    }
}

/// An error in a test's words.
pub fn told(error: impl std::fmt::Debug) -> String {
    format!("{error:?}")
}

/// A subject's key as its database prints it.
pub fn key_of(world: &World, request: &Request, row: RowId) -> Vec<String> {
    let subject = &world.subjects[request.kind];
    let text = |column: &usize| match &world.row(row)[*column] {
        // As the database prints it.
        Value::Bytes(bytes) => format!("\\x{}", hex(bytes)),
        value => value.canonical().unwrap_or_default(),
    };
    subject.key.iter().map(text).collect()
}

pub fn table_number(world: &World, name: &TableName) -> usize {
    world.tables.iter().position(|table| table.name == name.name).expect("a table of the world")
}

/// Rows of CSV with nulls told from empty texts: null is nothing, an empty text is a pair of quotes.
pub fn read_csv(bytes: &[u8]) -> Vec<Vec<Option<String>>> {
    let mut rows = Vec::new();
    let mut row = Vec::new();
    let mut field = Vec::new();
    let (mut quoted, mut inside) = (false, false);
    let mut next = bytes.iter().copied().peekable();
    while let Some(byte) = next.next() {
        match byte {
            b'"' if inside && next.next_if_eq(&b'"').is_some() => field.push(b'"'),
            b'"' => {
                inside = !inside;
                quoted = true;
            }
            b',' | b'\n' if !inside => {
                let text = String::from_utf8(std::mem::take(&mut field)).expect("UTF-8");
                row.push((quoted || !text.is_empty()).then_some(text));
                quoted = false;
                if byte == b'\n' {
                    rows.push(std::mem::take(&mut row));
                }
            }
            other => field.push(other),
        }
    }
    rows
}

/// A plan may ask for a row key that the table does not have, but not of a table that has one.
pub fn no_row_key(world: &World, name: &TableName) -> Result<String, String> {
    let table = world.tables.iter().find(|table| table.name == name.name).expect("a table of the world");
    if table.primary_key.is_empty() && table.unique_keys.is_empty() {
        Ok("no row key".to_owned())
    } else {
        Err(format!("{name} has a row key"))
    }
}

pub fn choices(world: &World, request: &Request) -> Vec<Choice> {
    let tables = request.choices.keys().map(|table| Choice {
        table: TableName::new(&SourceName::new("app"), None, &world.tables[*table].name),
        action: evaluate::action(world, request, *table).word().to_owned(),
    });
    tables.collect()
}

/// The chosen categories by their names.
pub fn categories(world: &World, request: &Request) -> Option<Vec<CategoryName>> {
    let chosen = request.categories.as_ref()?;
    Some(chosen.iter().map(|category| CategoryName::new(&world.categories[*category].name)).collect())
}
