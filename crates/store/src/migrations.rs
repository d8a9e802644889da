//! The store's schema: numbered files that are added and never edited. They lead forward only.

use std::path::Path;

use exeunt_model::moment::Moment;
use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior};

use crate::error::{Error, expect_rows};

/// In order; the position is the version, starting at 1.
const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001_first.sql"),
    include_str!("migrations/0002_abandoned.sql"),
    include_str!("migrations/0003_remainder.sql"),
    include_str!("migrations/0004_batch.sql"),
];

/// Brings the schema to the newest version.
pub(crate) fn migrate(connection: &mut Connection, path: &Path, now: Moment) -> Result<(), Error> {
    let known = MIGRATIONS.len() as u32;
    let found = version(connection)?;
    if found > known {
        return Err(Error::Newer { path: path.to_owned(), found, known });
    }
    for (version, script) in (1..).zip(MIGRATIONS).skip(found as usize) {
        apply(connection, version, script, now)?;
    }
    Ok(())
}

fn version(connection: &Connection) -> Result<u32, Error> {
    let failed = Error::during("read the schema version");
    let has_table = "-- has_version_table
        SELECT 1
        FROM sqlite_schema
        WHERE type = 'table' AND name = 'schema_version'";
    if connection.query_row(has_table, [], |_| Ok(())).optional().map_err(&failed)?.is_none() {
        return Ok(0);
    }
    let newest = "-- newest_version
        SELECT coalesce(max(version), 0)
        FROM schema_version";
    connection.query_row(newest, [], |row| row.get(0)).map_err(failed)
}

fn apply(connection: &mut Connection, version: u32, script: &str, now: Moment) -> Result<(), Error> {
    let failed = |source| Error::Migrate { version, source };
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
    // Another process may have been faster.
    if self::version(&transaction)? >= version {
        return Ok(());
    }
    transaction.execute_batch(script).map_err(failed)?;
    let record = "-- record_version
        INSERT INTO schema_version (version, applied)
        VALUES (?1, ?2)";
    let got = transaction.execute(record, (version, now.microseconds())).map_err(failed)?;
    expect_rows("record the schema version", 1, got)?;
    transaction.commit().map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Moment {
        Moment::from_microseconds(0).unwrap()
    }

    #[test]
    fn migrating_twice_changes_nothing() {
        let mut connection = Connection::open_in_memory().unwrap();
        for _ in 0..2 {
            migrate(&mut connection, Path::new("store"), now()).unwrap();
            assert_eq!(version(&connection).unwrap(), MIGRATIONS.len() as u32);
        }
    }

    #[test]
    fn a_newer_store_is_refused() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection, Path::new("store"), now()).unwrap();
        connection.execute("INSERT INTO schema_version (version, applied) VALUES (99, 0)", []).unwrap();
        let got = migrate(&mut connection, Path::new("store"), now());
        assert!(matches!(got, Err(Error::Newer { found: 99, .. })));
    }
}
