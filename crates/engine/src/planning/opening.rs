//! Databases on their way to being open.

use std::panic::resume_unwind;
use std::thread::{self, JoinHandle};

use exeunt_model::catalog::Catalog;
use exeunt_model::names::SourceName;
use exeunt_sources::{Database, Reader};

use super::Error;

type Opened = Result<(Reader, Catalog), exeunt_sources::Error>;

/// Databases that are being opened for reading many rows, each on a thread of its own, so that whoever needs them can see to other
/// things meanwhile.
pub struct Opening(Vec<(SourceName, JoinHandle<Opened>)>);

impl Opening {
    /// Begins to open these databases and to read what they look like.
    pub fn to_export(databases: &[Database]) -> Self {
        let begin = |database: &Database| {
            let name = database.name().clone();
            let database = database.clone();
            (name, thread::spawn(move || open(&database)))
        };
        Self(databases.iter().map(begin).collect())
    }

    /// Waits for all of them.
    ///
    /// # Errors
    /// [`Error::Read`] for the first that could not be opened.
    pub(super) fn wait(self) -> Result<(Vec<Reader>, Vec<Catalog>), Error> {
        let wait = |(database, thread): (SourceName, JoinHandle<Opened>)| {
            let opened = thread.join().unwrap_or_else(|panic| resume_unwind(panic));
            opened.map_err(|source| Error::Read { database, source })
        };
        self.0.into_iter().map(wait).collect()
    }
}

fn open(database: &Database) -> Opened {
    let mut reader = database.reader_of_many_rows()?;
    let catalog = reader.introspect()?;
    Ok((reader, catalog))
}
