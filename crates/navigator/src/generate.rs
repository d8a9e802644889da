//! The door: options in, a database and a folder of files out.

use std::path::Path;

use crate::error::Error;
use crate::files::Store;
use crate::options::{FEWEST_SEATS, MOST_SEATS, Options};
use crate::rows::{Maker, Progress, make};
use crate::schema::T;
use crate::sink::{PostgresSink, Sink, SqliteSink};
use crate::world::Layout;

/// Where the database is made.
#[derive(Debug, Clone, Copy)]
pub enum Target<'a> {
    /// A file that does not exist yet.
    Sqlite(&'a Path),
    /// A connection string; its first schema must have none of Navigator's tables.
    Postgres(&'a str),
}

/// What was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Every table with its rows, in the order of the schema.
    pub tables: Vec<(&'static str, u64)>,
    pub rows: u64,
    pub files: u64,
    pub file_bytes: u64,
}

/// Makes a world: schema, rows, keys, indexes and files. Memory does not grow with the number of seats.
///
/// Errors leave a half-made database and folder behind, which are worth nothing; remove them before the next attempt.
pub fn generate(options: &Options, target: Target<'_>, files: &Path, watch: &mut dyn FnMut(Progress)) -> Result<Summary, Error> {
    if !(FEWEST_SEATS..=MOST_SEATS).contains(&options.seats) {
        return Err(Error::Seats { got: options.seats, fewest: FEWEST_SEATS, most: MOST_SEATS });
    }
    let layout = Layout::new(options);
    let store = Store::create(files)?;
    match target {
        Target::Sqlite(path) => fill(&layout, &mut SqliteSink::create(path)?, store, watch),
        Target::Postgres(url) => fill(&layout, &mut PostgresSink::create(url)?, store, watch),
    }
}

fn fill(layout: &Layout, sink: &mut dyn Sink, store: Store, watch: &mut dyn FnMut(Progress)) -> Result<Summary, Error> {
    let mut maker = Maker::new(layout, sink, store, watch);
    make(&mut maker)?;
    maker.finish()?;
    Ok(Summary {
        tables: T::ALL.iter().map(|table| (table.name(), maker.rows[*table as usize])).collect(),
        rows: maker.total(),
        files: maker.files.files,
        file_bytes: maker.files.bytes,
    })
}
