//! Opening SQLite files for reading or for erasing, and telling their failures without values.

use std::path::Path;
use std::time::Duration;

use exeunt_model::names::SourceName;
use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, OpenFlags, ffi};

use crate::error::Error;
use crate::fault::Fault;
use crate::render::directory::LOWER_FUNCTION;
use crate::sqlite::value::text_of;

/// How long a reader waits for a writer that is committing.
const READ_PATIENCE: Duration = Duration::from_secs(30);

/// Opens a file for reading alone and begins a transaction, which sees one moment until the connection is closed.
pub(crate) fn open_reading(database: &SourceName, path: &Path) -> Result<Connection, Error> {
    let connection = open(database, path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let begun = connection.busy_timeout(READ_PATIENCE).and_then(|()| {
        connection.execute_batch(
            "PRAGMA query_only = ON;
             BEGIN;
             SELECT count(*) FROM sqlite_schema;",
        )
    });
    begun.map_err(|error| told(database, "begin a transaction", &error))?;
    Ok(connection)
}

/// Opens a file for single questions: it cannot be written, and no transaction is open between them.
pub(crate) fn open_asking(database: &SourceName, path: &Path) -> Result<Connection, Error> {
    let connection = open(database, path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    let prepared =
        connection.busy_timeout(READ_PATIENCE).and_then(|()| connection.execute_batch("PRAGMA query_only = ON")).and_then(|()| {
            connection
                .create_scalar_function(LOWER_FUNCTION, 1, flags, |context| Ok(text_of(context.get_raw(0)).map(|text| text.to_lowercase())))
        });
    prepared.map_err(|error| told(database, "open the database", &error))?;
    Ok(connection)
}

/// Opens a file for erasing: foreign keys are enforced, and nothing waits longer for another writer than `patience`.
pub(crate) fn open_erasing(database: &SourceName, path: &Path, patience: Duration) -> Result<Connection, Error> {
    let connection = open(database, path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let prepared = connection.busy_timeout(patience).and_then(|()| {
        // Erased content is overwritten with zeros in the file, not only unlinked.
        connection.execute_batch(
            "PRAGMA foreign_keys = ON;
             PRAGMA recursive_triggers = OFF;
             PRAGMA secure_delete = ON;
             PRAGMA temp_store = MEMORY;",
        )
    });
    let prepared = prepared.and_then(|()| crate::sqlite::pseudonym::register(&connection));
    prepared.map_err(|error| told(database, "open the database", &error))?;
    Ok(connection)
}

fn open(database: &SourceName, path: &Path, access: OpenFlags) -> Result<Connection, Error> {
    let place = || path.display().to_string();
    match std::fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => {}
        Ok(_) => return Err(Error::DatabaseMissing { database: database.clone(), name: format!("{} (it is no file)", place()) }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(Error::DatabaseMissing { database: database.clone(), name: place() });
        }
        Err(error) => return Err(Error::Unreachable { database: database.clone(), place: place(), reason: error.to_string() }),
    }
    let flags = access | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_EXRESCODE;
    let connection = Connection::open_with_flags(path, flags).map_err(|error| unreachable(database, path, &error))?;
    // The file is looked at only now; a file that is no database shows here.
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(())).map_err(|error| match code_of(&error) {
        Some(ffi::SQLITE_NOTADB) => {
            Error::DatabaseMissing { database: database.clone(), name: format!("{} (the file is no database)", place()) }
        }
        Some(ffi::SQLITE_CORRUPT) => told(database, "open the database", &error),
        _ => unreachable(database, path, &error),
    })?;
    Ok(connection)
}

fn unreachable(database: &SourceName, path: &Path, error: &rusqlite::Error) -> Error {
    let reason = match fault_of(error).code.as_str() {
        "SQLITE 14" => "the file, or its write-ahead log, cannot be opened".to_owned(),
        _ => fault_of(error).to_string(),
    };
    Error::Unreachable { database: database.clone(), place: path.display().to_string(), reason }
}

/// Names a failure of SQLite.
pub(crate) fn told(database: &SourceName, operation: &str, error: &rusqlite::Error) -> Error {
    Error::from_fault(database, operation, fault_of(error))
}

fn code_of(error: &rusqlite::Error) -> Option<i32> {
    match error {
        rusqlite::Error::SqliteFailure(failure, _) => Some(failure.extended_code & 0xff),
        rusqlite::Error::SqlInputError { error, .. } => Some(error.extended_code & 0xff),
        _ => None,
    }
}

/// Keeps the code and the names that a message is about; messages of triggers and of values are dropped.
fn fault_of(error: &rusqlite::Error) -> Fault {
    let (code, message) = match error {
        rusqlite::Error::SqliteFailure(failure, message) => (failure.extended_code, message.as_deref().unwrap_or_default()),
        rusqlite::Error::SqlInputError { error, msg, .. } => (error.extended_code, msg.as_str()),
        // A value of another type than asked for, which says nothing about the database.
        _ => (ffi::SQLITE_MISMATCH, ""),
    };
    let mut fault = Fault { severity: "ERROR".into(), code: format!("SQLITE {code}"), ..Fault::default() };
    if let Some((_, names)) = message.split_once("constraint failed: ") {
        // `UNIQUE constraint failed: seat.email, seat.contract_id`, or a check constraint's name.
        match code {
            ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_NOTNULL => {
                let (table, column) = names.split(", ").next().and_then(|first| first.rsplit_once('.')).unwrap_or((names, ""));
                fault.table = Some(table.to_owned());
                fault.column = Some(column.to_owned()).filter(|column| !column.is_empty());
            }
            ffi::SQLITE_CONSTRAINT_CHECK => fault.constraint = Some(names.to_owned()),
            _ => {}
        }
    }
    // One code for what a trigger raises and for a foreign key that acts at once; only the key's words are SQLite's own.
    if code == ffi::SQLITE_CONSTRAINT_TRIGGER && message != "FOREIGN KEY constraint failed" {
        fault.code.push_str(" trigger");
    }
    if let Some(table) = message.strip_prefix("no such table: ") {
        fault.code = "SQLITE table".into();
        fault.subject = Some(first_word(table));
    } else if let Some(column) = message.strip_prefix("no such column: ") {
        fault.code = "SQLITE column".into();
        fault.subject = Some(first_word(column));
    }
    fault
}

fn first_word(text: &str) -> String {
    text.split(' ').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_trigger_raises_is_no_foreign_key() {
        let connection = rusqlite::Connection::open_in_memory().unwrap();
        connection
            .execute_batch(
                "PRAGMA foreign_keys = ON;
                 CREATE TABLE seat (id INTEGER PRIMARY KEY);
                 CREATE TABLE note (seat_id INTEGER REFERENCES seat (id) ON DELETE RESTRICT);
                 CREATE TABLE invoice (id INTEGER);
                 CREATE TRIGGER paid BEFORE DELETE ON invoice BEGIN SELECT RAISE(ABORT, 'ada@mail.example has paid'); END;
                 INSERT INTO seat VALUES (1); INSERT INTO note VALUES (1); INSERT INTO invoice VALUES (1);",
            )
            .unwrap();
        let refused = |sql: &str| fault_of(&connection.execute(sql, []).unwrap_err()).to_string();
        assert!(refused("DELETE FROM seat").starts_with("a foreign key forbids it"));
        assert_eq!(refused("DELETE FROM invoice"), "a trigger or function raised an error (SQLITE 1811 trigger)");
    }
}
