//! The store's schema: numbered files that are added and never edited. They lead forward only.

use exeunt_model::moment::Moment;

use crate::error::Error;
use crate::location::Location;
use crate::sql::{Connection, Transaction, parameters};

/// In order; the position is the version, starting at 1.
const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001_first.sql"),
    include_str!("migrations/0002_abandoned.sql"),
    include_str!("migrations/0003_remainder.sql"),
    include_str!("migrations/0004_batch.sql"),
    include_str!("migrations/0005_desk.sql"),
    include_str!("migrations/0006_exit_event.sql"),
    include_str!("migrations/0007_identity_providers.sql"),
    include_str!("migrations/0008_webhooks.sql"),
    include_str!("migrations/0009_scim.sql"),
    include_str!("migrations/0010_intake.sql"),
    include_str!("migrations/0011_looks.sql"),
    include_str!("migrations/0012_served.sql"),
];

/// The newest version of the schema that this program knows.
pub(crate) fn known() -> u32 {
    MIGRATIONS.len() as u32
}

/// The version of the schema that is there; 0 where there is none.
pub(crate) fn version(connection: &mut Connection) -> Result<u32, Error> {
    match connection.tables()?.iter().any(|table| table == "schema_version") {
        true => connection.look("read the schema version", newest),
        false => Ok(0),
    }
}

fn newest(transaction: &mut Transaction<'_>) -> Result<u32, Error> {
    let sql = "-- newest_version
        SELECT coalesce(max(version), 0)
        FROM schema_version";
    transaction.single("read the schema version", sql, &parameters![], |row| row.get(0))
}

/// Brings the schema to the newest version, and tells from which.
///
/// # Errors
/// [`Error::Newer`] when a newer program wrote the store.
pub(crate) fn migrate(connection: &mut Connection, location: &Location, now: Moment) -> Result<u32, Error> {
    let found = version(connection)?;
    if found > known() {
        return Err(Error::Newer { location: location.clone(), found, known: known() });
    }
    for (version, script) in (1..).zip(MIGRATIONS).skip(found as usize) {
        apply(connection, version, script, now)?;
    }
    Ok(found)
}

fn apply(connection: &mut Connection, version: u32, script: &'static str, now: Moment) -> Result<(), Error> {
    const OPERATION: &str = "record the schema version";
    // Another process may be as fast: whoever comes second finds the version there.
    let wanted = |transaction: &mut Transaction<'_>| {
        let is_there = transaction.tables()?.iter().any(|table| table == "schema_version");
        Ok(!is_there || newest(transaction)? < version)
    };
    let record = |transaction: &mut Transaction<'_>| {
        let sql = "-- record_version
            INSERT INTO schema_version (version, applied)
            VALUES ($1, $2)";
        transaction.one_row(OPERATION, sql, &parameters![version, now.microseconds()])
    };
    connection.migrate(script, version, wanted, record).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::Sqlite;

    fn connection() -> Connection {
        Connection::Sqlite(Sqlite::new(rusqlite::Connection::open_in_memory().unwrap()))
    }

    fn location() -> Location {
        Location::File("store".into())
    }

    fn now() -> Moment {
        Moment::from_microseconds(0).unwrap()
    }

    #[test]
    fn migrating_twice_changes_nothing() {
        let mut connection = connection();
        for before in [0, known()] {
            assert_eq!(migrate(&mut connection, &location(), now()).unwrap(), before);
            assert_eq!(version(&mut connection).unwrap(), known());
        }
    }

    #[test]
    fn a_newer_store_is_refused() {
        let mut connection = connection();
        migrate(&mut connection, &location(), now()).unwrap();
        let newer = "INSERT INTO schema_version (version, applied) VALUES (99, 0)";
        connection.transact::<_, Error>("make it newer", |transaction| transaction.rows("make it newer", newer, &[])).unwrap();
        let got = migrate(&mut connection, &location(), now());
        assert!(matches!(got, Err(Error::Newer { found: 99, .. })));
    }
}
