//! The rows of several tables on their way from one database into the archive.

use std::io;

use exeunt_model::archive::header::TableHeader;
use exeunt_sources::{Receive, Streamed};

use super::Progress;
use crate::archive::{self, ArchiveWriter, TableSink};

/// Bytes between two looks at the progress.
const INTERVAL: u64 = 1024 * 1024;

/// Takes the rows of tables, one table after the other, and asks whether to go on.
pub struct Tables<'archive, 'run> {
    place: Place<'archive>,
    headers: std::vec::IntoIter<TableHeader>,
    progress: &'run mut dyn Progress,
    bytes: u64,
    told_rows: u64,
    /// Rows of every table that has ended.
    pub rows: Vec<u64>,
    /// Values of every table that has ended which were withheld as a whole.
    pub withheld: Vec<u64>,
    pub stopped: bool,
    /// The archive's own failure: the source only sees that it could not pass its bytes on.
    pub failure: Option<archive::Error>,
}

/// The archive lends itself to one sink at a time.
enum Place<'archive> {
    Between(&'archive mut ArchiveWriter),
    Inside(Box<TableSink<'archive>>),
    /// The archive failed, or something ended before it began.
    Lost,
}

impl<'archive, 'run> Tables<'archive, 'run> {
    /// `headers` stand in the order in which the tables will come.
    pub fn new(archive: &'archive mut ArchiveWriter, headers: Vec<TableHeader>, progress: &'run mut dyn Progress) -> Self {
        Self {
            place: Place::Between(archive),
            headers: headers.into_iter(),
            progress,
            bytes: 0,
            told_rows: 0,
            rows: Vec::new(),
            withheld: Vec::new(),
            stopped: false,
            failure: None,
        }
    }

    /// Passes on what is left to tell.
    fn tell(&mut self, rows: u64) -> io::Result<()> {
        let goes_on = self.progress.advance(rows - self.told_rows, self.bytes);
        self.told_rows = rows;
        self.bytes = 0;
        self.stopped |= !goes_on;
        if goes_on { Ok(()) } else { Err(io::Error::other("stopped on request")) }
    }

    fn failed(&mut self, failure: archive::Error) -> io::Error {
        self.failure = Some(failure);
        io::Error::other("the archive could not take the rows")
    }

    fn take(&mut self) -> Place<'archive> {
        std::mem::replace(&mut self.place, Place::Lost)
    }
}

fn out_of_turn() -> io::Error {
    io::Error::other("rows came out of their turn")
}

impl Receive for Tables<'_, '_> {
    fn begin(&mut self, _read: usize) -> io::Result<()> {
        let (Place::Between(archive), Some(header)) = (self.take(), self.headers.next()) else { return Err(out_of_turn()) };
        self.progress.table(&header.table);
        self.told_rows = 0;
        match archive.table(header) {
            Ok(sink) => {
                self.place = Place::Inside(Box::new(sink));
                Ok(())
            }
            Err(failure) => Err(self.failed(failure)),
        }
    }

    fn rows(&mut self, csv: &[u8]) -> io::Result<()> {
        let Place::Inside(sink) = &mut self.place else { return Err(out_of_turn()) };
        if let Err(failure) = sink.push(csv) {
            return Err(self.failed(failure));
        }
        let rows = sink.rows();
        self.bytes += csv.len() as u64;
        if self.bytes >= INTERVAL { self.tell(rows) } else { Ok(()) }
    }

    fn end(&mut self, _read: usize, streamed: Streamed) -> io::Result<()> {
        let Place::Inside(sink) = self.take() else { return Err(out_of_turn()) };
        match sink.finish_and_return() {
            Ok((totals, archive)) => {
                self.place = Place::Between(archive);
                self.rows.push(totals.rows);
                self.withheld.push(streamed.withheld);
                self.tell(totals.rows)
            }
            Err(failure) => Err(self.failed(failure)),
        }
    }
}
