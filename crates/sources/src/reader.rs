//! The capability to read.

use std::path::PathBuf;

use exeunt_model::catalog::Catalog;
use exeunt_model::names::SourceName;

use crate::error::Error;
use crate::postgres::address::Address;
use crate::postgres::session::Session;
use crate::{postgres, sqlite};

/// An open database that can be read and cannot be written: it sees one moment for as long as it is open.
///
/// Nothing that a reader offers writes, and the database is told so too: PostgreSQL by a read-only transaction, SQLite by the flags
/// that the file is opened with. What erases asks for an [`Eraser`](crate::eraser::Eraser), which cannot be made from a reader.
pub struct Reader {
    pub(crate) database: SourceName,
    pub(crate) connection: ReadConnection,
}

pub(crate) enum ReadConnection {
    Sqlite { connection: rusqlite::Connection, path: PathBuf },
    Postgres { session: Session, address: Address, schemas: Vec<String> },
}

impl Reader {
    pub fn name(&self) -> &SourceName {
        &self.database
    }

    /// Reads what the database looks like at the reader's moment: one round trip on PostgreSQL.
    pub fn introspect(&mut self) -> Result<Catalog, Error> {
        match &mut self.connection {
            ReadConnection::Sqlite { connection, path } => sqlite::catalog::introspect(connection, &self.database, path),
            ReadConnection::Postgres { session, schemas, .. } => postgres::catalog::introspect(session, schemas),
        }
    }

    /// Opens another reader that sees the very same moment, for reading in parallel.
    ///
    /// `None` where the database cannot share a moment: SQLite, and a PostgreSQL that is a standby. Both readers must stay open for
    /// the second to be opened; afterwards each lives on its own.
    pub fn sibling(&mut self) -> Result<Option<Self>, Error> {
        let ReadConnection::Postgres { session, address, schemas } = &mut self.connection else { return Ok(None) };
        let answers = session
            .run("share the snapshot", "SELECT CASE WHEN NOT pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_export_snapshot() END")?;
        let snapshot = answers.first().and_then(|answer| answer.rows.first()).and_then(|row| row.first().cloned().flatten());
        let Some(snapshot) = snapshot else { return Ok(None) };
        let mut second = Session::open(&self.database, address)?;
        second.begin_reading(Some(&snapshot))?;
        let connection = ReadConnection::Postgres { session: second, address: address.clone(), schemas: schemas.clone() };
        Ok(Some(Self { database: self.database.clone(), connection }))
    }
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Reader").field("database", &self.database).finish_non_exhaustive()
    }
}
