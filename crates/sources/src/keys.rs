//! Keys that come in from outside when a plan's conditions run.

use exeunt_model::names::{SourceName, TableName};
use exeunt_model::selection::{ColumnPath, Condition, RowSet, SetId};

/// The subject's key, and tuples of sets that live in other sources. All values are text forms.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keys {
    /// In the order of the map's `key` columns, in the database's own text form: as [`Look::values`](crate::Look::values)
    /// reads it, not as a person typed it.
    pub subject: Vec<String>,
    /// Sets of other sources that conditions of this source refer to.
    pub carried: Vec<(SetId, Vec<Vec<String>>)>,
}

impl Keys {
    /// The subject's key with those tuples alone that conditions of this source refer to.
    pub fn carried_to(&self, source: &SourceName, sets: &[RowSet]) -> Self {
        let is_needed = |id: SetId| sets.iter().any(|set| set.id == id && set.carried_to.contains(source));
        let carried = self.carried.iter().filter(|(id, _)| is_needed(*id));
        Self { subject: self.subject.clone(), carried: carried.cloned().collect() }
    }
}

/// What an erasure's changes need.
#[derive(Clone, Default)]
pub struct ChangeValues {
    /// The key of whoever takes over, where rows are handed over.
    pub successor: Option<Vec<String>>,
    /// Drawn for this erasure and forgotten afterwards.
    pub pseudonym_secret: [u8; 32],
}

impl std::fmt::Debug for ChangeValues {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("ChangeValues").finish_non_exhaustive()
    }
}

/// Values to be looked up: columns, or places inside JSON columns, of the rows that satisfy a condition.
#[derive(Debug, Clone, Copy)]
pub struct Lookup<'a> {
    pub table: &'a TableName,
    pub columns: &'a [ColumnPath],
    pub condition: &'a Condition,
    /// Each tuple once.
    pub distinct: bool,
}
