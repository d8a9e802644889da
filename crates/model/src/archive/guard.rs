//! The guard against formula injection: spreadsheets run cells that begin with certain characters, so such cells get an apostrophe.
//!
//! Cells that begin with an apostrophe get one as well. That makes the guard reversible without knowing anything of the data: whoever
//! removes one leading apostrophe from each cell of a guarded column has the original value.

use serde::{Deserialize, Serialize};

use crate::catalog::ColumnKind;

/// What the guard puts before a cell.
pub const MARK: char = '\'';

/// First characters that spreadsheets take for a formula, full-width forms included, and the mark itself.
pub const STARTERS: [char; 12] = ['=', '+', '-', '@', '\t', '\r', '\n', MARK, '＝', '＋', '－', '＠'];

/// The guard as the manifest declares it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Declaration {
    /// What is put before a cell that looks like a formula.
    pub prefix: String,
    /// The first characters that make a cell look so.
    pub cells_that_begin_with: Vec<String>,
    /// How to get the original values back.
    pub to_restore: String,
}

/// The guard, as a manifest declares it.
pub fn declaration() -> Declaration {
    Declaration {
        prefix: MARK.to_string(),
        cells_that_begin_with: STARTERS.iter().map(char::to_string).collect(),
        to_restore: "in the CSV columns marked \"guarded\", remove one leading apostrophe from each value that has one".to_owned(),
    }
}

/// Whether the guard looks at a column of this kind. Numbers, dates and the like cannot hold a formula where the source checks types.
pub fn applies(kind: &ColumnKind, checked_by_source: bool) -> bool {
    match kind {
        ColumnKind::Text | ColumnKind::Array | ColumnKind::Json | ColumnKind::Enumeration(_) | ColumnKind::Other => true,
        ColumnKind::Boolean
        | ColumnKind::Integer
        | ColumnKind::Float
        | ColumnKind::Decimal
        | ColumnKind::Bytes
        | ColumnKind::Date
        | ColumnKind::Time
        | ColumnKind::Timestamp
        | ColumnKind::TimestampWithZone
        | ColumnKind::Interval
        | ColumnKind::Uuid => !checked_by_source,
    }
}

/// Whether a cell of a guarded column gets the mark.
pub fn is_marked(value: &str) -> bool {
    value.starts_with(STARTERS)
}

/// The original value of a cell of a guarded column.
pub fn restore(cell: &str) -> &str {
    cell.strip_prefix(MARK).unwrap_or(cell)
}
