//! The capability to erase.

use std::time::Duration;

use exeunt_model::names::SourceName;

use crate::postgres::session::Session;

/// How long an erasure waits for a lock that somebody else holds.
pub const LOCK_PATIENCE: Duration = Duration::from_secs(30);

/// An open database from which rows can be erased. Only an erasure opens one.
pub struct Eraser {
    pub(crate) database: SourceName,
    pub(crate) connection: EraseConnection,
}

pub(crate) enum EraseConnection {
    Sqlite(rusqlite::Connection),
    Postgres(Session),
}

impl Eraser {
    pub fn name(&self) -> &SourceName {
        &self.database
    }
}

impl std::fmt::Debug for Eraser {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Eraser").field("database", &self.database).finish_non_exhaustive()
    }
}
