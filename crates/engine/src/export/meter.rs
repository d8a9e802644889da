//! Counts bytes on their way and asks whether to go on.

use std::io::{self, Write};

use exeunt_model::names::TableName;

use crate::archive::TableSink;

/// Shows how far a run has come, and says when it is to stop.
pub trait Progress {
    /// Whether an estimate of all rows is worth the time it takes the database.
    fn wants_estimate(&self) -> bool;
    /// Work begins; `rows` is an estimate where the database has one.
    fn begin(&mut self, rows: Option<u64>);
    /// A table's rows come next.
    fn table(&mut self, table: &TableName);
    /// So many rows and bytes more have gone through. False stops the run.
    fn advance(&mut self, rows: u64, bytes: u64) -> bool;
}

/// Nobody watches, and nothing stops the run.
#[derive(Debug, Default)]
pub struct Unwatched;

impl Progress for Unwatched {
    fn wants_estimate(&self) -> bool {
        false
    }

    fn begin(&mut self, _rows: Option<u64>) {}

    fn table(&mut self, _table: &TableName) {}

    fn advance(&mut self, _rows: u64, _bytes: u64) -> bool {
        true
    }
}

/// Bytes between two looks at the progress.
const INTERVAL: u64 = 1024 * 1024;

/// Stands between a source and the archive.
pub struct Meter<'a, 'archive> {
    pub sink: TableSink<'archive>,
    progress: &'a mut dyn Progress,
    bytes: u64,
    told_rows: u64,
    pub stopped: bool,
    /// The archive's own failure: the source only sees that it could not pass its bytes on.
    pub failure: Option<crate::archive::Error>,
}

impl<'a, 'archive> Meter<'a, 'archive> {
    pub fn new(sink: TableSink<'archive>, progress: &'a mut dyn Progress) -> Self {
        Self { sink, progress, bytes: 0, told_rows: 0, stopped: false, failure: None }
    }

    /// Passes on what is left to tell. False stops the run.
    pub fn tell(&mut self) -> bool {
        let rows = self.sink.rows();
        let goes_on = self.progress.advance(rows - self.told_rows, self.bytes);
        self.told_rows = rows;
        self.bytes = 0;
        self.stopped |= !goes_on;
        goes_on
    }
}

impl Write for Meter<'_, '_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Err(failure) = self.sink.push(bytes) {
            self.failure = Some(failure);
            return Err(io::Error::other("the archive could not take the rows"));
        }
        self.bytes += bytes.len() as u64;
        if self.bytes >= INTERVAL && !self.tell() {
            return Err(io::Error::other("stopped on request"));
        }
        Ok(bytes.len())
    }

    /// Nothing is held back here.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
