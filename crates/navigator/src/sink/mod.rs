//! Where rows go: into SQLite or into PostgreSQL.

mod postgres;
mod sqlite;
mod value;

pub use postgres::PostgresSink;
pub use sqlite::SqliteSink;
pub(crate) use value::row;
pub use value::{Hundredths, Json, NULL, Uuid, Value};

use crate::error::Error;
use crate::schema::T;

/// What a sink does besides taking rows; told to whoever watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finishing {
    Keys,
    Indexes,
    Statistics,
}

/// Takes rows table by table in any order; keys are checked at the end.
pub trait Sink {
    /// Takes one row; the values stand in the order of the table's columns.
    fn insert(&mut self, table: T, values: &[Value<'_>]) -> Result<(), Error>;

    /// Writes what is still in memory, builds keys and indexes, and makes it lasting.
    fn finish(&mut self, watch: &mut dyn FnMut(Finishing)) -> Result<(), Error>;
}

/// A mistake in the generator itself: a row that its table cannot take. Checked where mistakes are looked for, not in a release.
fn check_row(table: T, values: &[Value<'_>]) {
    let columns = table.table().columns;
    debug_assert_eq!(columns.len(), values.len(), "values for {}", table.name());
    for (column, value) in columns.iter().zip(values) {
        debug_assert!(value.fits(column.kind), "{}.{} of {:?} takes no {value:?}", table.name(), column.name, column.kind);
        debug_assert!(column.nullable || *value != Value::Null, "{}.{} takes no null", table.name(), column.name);
    }
}
