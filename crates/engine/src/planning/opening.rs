//! Databases on their way to being open.

use std::panic::resume_unwind;
use std::thread::{self, JoinHandle};

use exeunt_model::catalog::Catalog;
use exeunt_model::names::SourceName;
use exeunt_sources::{Database, Eraser, Look, Reader};

use super::Error;

type Opened<L> = Result<(L, Catalog), exeunt_sources::Error>;

/// Databases that are being opened, each on a thread of its own, so that whoever needs them can see to other things meanwhile.
///
/// Of one that is dropped, every database is closed again as soon as it is open.
pub struct Opening<L: Look = Reader>(Vec<(SourceName, JoinHandle<Opened<L>>)>);

impl Opening {
    /// Begins to open these databases for reading, and to read what they look like.
    pub(super) fn to_read(databases: &[Database]) -> Self {
        Self::through(databases, Database::reader)
    }

    /// Begins to open these databases for reading many rows, and to read what they look like.
    pub fn to_export(databases: &[Database]) -> Self {
        Self::through(databases, Database::reader_of_many_rows)
    }
}

impl Opening<Eraser> {
    /// Begins a transaction in each of these databases that may erase, and reads in it what they look like.
    pub(crate) fn to_erase(databases: &[Database]) -> Self {
        Self::through(databases, |database| {
            let mut eraser = database.eraser()?;
            eraser.begin()?;
            Ok(eraser)
        })
    }
}

impl<L: Look + Send + 'static> Opening<L> {
    fn through(databases: &[Database], open: fn(&Database) -> Result<L, exeunt_sources::Error>) -> Self {
        let begin = |database: &Database| {
            let name = database.name().clone();
            let database = database.clone();
            let thread = thread::spawn(move || {
                let mut opened = open(&database)?;
                let catalog = opened.introspect()?;
                Ok((opened, catalog))
            });
            (name, thread)
        };
        Self(databases.iter().map(begin).collect())
    }

    /// Waits for all of them.
    ///
    /// # Errors
    /// [`Error::Read`] for the first that could not be opened.
    pub(super) fn wait(self) -> Result<(Vec<L>, Vec<Catalog>), Error> {
        let wait = |(database, thread): (SourceName, JoinHandle<Opened<L>>)| {
            let opened = thread.join().unwrap_or_else(|panic| resume_unwind(panic));
            opened.map_err(|source| Error::Read { database, source })
        };
        // All, also after one has failed: the others are closed before anybody tries again.
        let waited: Vec<_> = self.0.into_iter().map(wait).collect();
        waited.into_iter().collect()
    }
}
