//! What the archive tells of a table beside its rows: first rows, dates, months.

use serde::{Deserialize, Serialize};

use crate::archive::header::Category;

/// Gathered while the rows pass through, for the reading page.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Statistics {
    /// The first rows as they stand in the file, long values cut; `None` is null.
    pub first_rows: Vec<Vec<Option<String>>>,
    pub dates: Option<Dates>,
    /// Rows per month, in order, months without rows left out; empty without dates.
    pub months: Vec<MonthCount>,
}

/// The files of one category.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CategoryFiles {
    pub category: Category,
    pub count: u64,
    pub bytes: u64,
    /// Path and bytes of the first ones.
    pub named: Vec<(String, u64)>,
}

/// From when to when the rows date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dates {
    /// The column that dates the rows.
    pub column: String,
    /// The earliest, as an ISO date.
    pub first: String,
    /// The latest, as an ISO date.
    pub last: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MonthCount {
    pub year: u16,
    /// 1 to 12.
    pub month: u8,
    pub rows: u64,
}
