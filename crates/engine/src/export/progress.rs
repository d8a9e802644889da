//! Who watches a run.

use exeunt_model::names::TableName;

/// Shows how far a run has come, and says when it is to stop.
pub trait Progress {
    /// Whether an estimate of all rows is of use. It costs the database some milliseconds.
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
