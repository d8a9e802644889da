//! What all areas write through: ids, counts, files and progress.

use crate::error::Error;
use crate::files::{Store, Stored};
use crate::schema::{T, TABLES};
use crate::sink::{Finishing, Sink, Value};
use crate::world::{Layout, Part, Random};

/// Ids below are planted by hand, so that they can be foretold.
pub const FIRST_ID: i64 = 1000;
/// Between two reports.
const ROWS_PER_REPORT: u64 = 20_000;

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Rows and files are being made.
    Rows,
    /// All rows are there; the database builds what belongs to them.
    Finishing(Finishing),
    /// Everything is there; `rows` is final.
    Done,
}

/// How far the generator has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    pub phase: Phase,
    /// The table that got the latest row.
    pub table: &'static str,
    /// Rows of all tables so far.
    pub rows: u64,
    /// About how many it will be; reckoned from the seats before the first row.
    pub expected_rows: u64,
}

pub struct Maker<'a> {
    pub layout: &'a Layout,
    pub files: Store,
    sink: &'a mut dyn Sink,
    watch: &'a mut dyn FnMut(Progress),
    next: Vec<i64>,
    pub rows: Vec<u64>,
    total: u64,
    expected: u64,
    last_table: &'static str,
}

impl<'a> Maker<'a> {
    pub fn new(layout: &'a Layout, sink: &'a mut dyn Sink, files: Store, watch: &'a mut dyn FnMut(Progress)) -> Self {
        let expected = expected_rows(layout);
        let tables = TABLES.len();
        Self { layout, files, sink, watch, next: vec![FIRST_ID; tables], rows: vec![0; tables], total: 0, expected, last_table: "" }
    }

    pub fn insert(&mut self, table: T, values: &[Value<'_>]) -> Result<(), Error> {
        self.sink.insert(table, values)?;
        self.rows[table as usize] += 1;
        self.total += 1;
        self.last_table = table.name();
        if self.total.is_multiple_of(ROWS_PER_REPORT) {
            self.report(Phase::Rows);
        }
        Ok(())
    }

    /// The next id of a table that counts its rows.
    pub fn id(&mut self, table: T) -> i64 {
        let next = &mut self.next[table as usize];
        *next += 1;
        *next - 1
    }

    /// The id that `id` will give next.
    pub fn coming_id(&self, table: T) -> i64 {
        self.next[table as usize]
    }

    pub fn random(&self, part: Part, thing: i64) -> Random {
        Random::new(self.layout.options.seed, part, thing)
    }

    pub fn put(&mut self, key: String, content: &[u8]) -> Result<Stored, Error> {
        self.files.put(key, content)
    }

    pub fn total(&self) -> u64 {
        self.total
    }

    pub fn finish(&mut self) -> Result<(), Error> {
        let Self { sink, watch, total, expected, last_table, .. } = self;
        let progress = |phase| Progress { phase, table: last_table, rows: *total, expected_rows: (*expected).max(*total) };
        sink.finish(&mut |step| watch(progress(Phase::Finishing(step))))?;
        self.report(Phase::Done);
        Ok(())
    }

    fn report(&mut self, phase: Phase) {
        let expected_rows = if phase == Phase::Done { self.total } else { self.expected.max(self.total) };
        (self.watch)(Progress { phase, table: self.last_table, rows: self.total, expected_rows });
    }
}

/// About how many rows a world will have.
fn expected_rows(layout: &Layout) -> u64 {
    let seats = i64::from(layout.options.seats);
    let work: i64 = layout.all_seats().map(|seat| seat.weight * 18).sum();
    let crm = 100 * i64::from(layout.options.density_percent.min(100)) / 100;
    let rows = 2000 + seats * (40 + crm) + layout.persons() * 5 / 2 + work;
    rows as u64 + layout.options.heavy_seat_rows.unwrap_or(0)
}
