//! Which rows of a table are meant, as structure: sources turn it into the SQL of their product.
//!
//! A selection never holds a value of a row or the subject's key; keys come in when it runs. Sets are listed so that each refers only to
//! sets before it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::map::action::Change;
use crate::names::{SourceName, SubjectKind, TableName};

/// A column, or a place inside a JSON column, written `column` or `column/name/name`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ColumnPath {
    pub column: String,
    /// Names (or array positions) inside the JSON value; empty for the column itself.
    pub json: Vec<String>,
}

impl ColumnPath {
    /// A whole column.
    pub fn column(name: impl Into<String>) -> Self {
        Self { column: name.into(), json: Vec::new() }
    }
}

/// The position of a [`RowSet`] in its plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SetId(pub u32);

/// A named set of rows of one table, of which other conditions need some columns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowSet {
    pub id: SetId,
    pub table: TableName,
    /// What the set hands on: a tuple per row, in this order. Rows in which one of them is null are not handed on.
    pub columns: Vec<ColumnPath>,
    pub condition: Condition,
    /// An erasure fills a key table with these tuples before its first statement, since later steps take away what the
    /// condition looks at. Reading runs the condition in place.
    pub keep_keys: bool,
    /// Other sources whose conditions use this set; its keys are carried there in bulk.
    pub carried_to: Vec<SourceName>,
}

/// A condition on one row of a known table. Comparisons with null are false, and `Not` turns false into true.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    Never,
    Always,
    /// The columns hold the key of the subject that the plan is for.
    SubjectKey {
        kind: SubjectKind,
        columns: Vec<String>,
    },
    /// The column's text form equals a constant of the map, such as a polymorphic reference's type.
    Equals {
        column: ColumnPath,
        text: String,
    },
    NotNull {
        columns: Vec<ColumnPath>,
    },
    /// The column, or a place in it, holds what the change writes there: null, the constant, or a text of the form of a pseudonym.
    Changed {
        column: ColumnPath,
        by: Change,
    },
    /// The tuple of columns is one of the set's tuples.
    In {
        columns: Vec<ColumnPath>,
        set: SetId,
    },
    /// The row satisfies `base`, or points with `columns` to the `referenced` columns of a row of the same table that is in the closure.
    Closure {
        base: Box<Condition>,
        columns: Vec<String>,
        referenced: Vec<String>,
    },
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
}

impl Condition {
    /// All of the conditions, with constants folded away.
    pub fn all(conditions: impl IntoIterator<Item = Condition>) -> Self {
        let mut kept = Vec::new();
        for condition in conditions {
            match condition {
                Self::Always => {}
                Self::Never => return Self::Never,
                Self::All(inner) => kept.extend(inner),
                other => kept.push(other),
            }
        }
        match kept.len() {
            0 => Self::Always,
            1 => kept.remove(0),
            _ => Self::All(kept),
        }
    }

    /// Any of the conditions, with constants and repetitions folded away.
    pub fn any(conditions: impl IntoIterator<Item = Condition>) -> Self {
        let mut kept = Vec::new();
        for condition in conditions {
            match condition {
                Self::Never => {}
                Self::Always => return Self::Always,
                Self::Any(inner) => kept.extend(inner),
                other if kept.contains(&other) => {}
                other => kept.push(other),
            }
        }
        match kept.len() {
            0 => Self::Never,
            1 => kept.remove(0),
            _ => Self::Any(kept),
        }
    }

    /// The rows that do not satisfy the condition, those that compare with null among them.
    #[expect(clippy::should_implement_trait, reason = "a constructor that folds constants, beside `all` and `any`")]
    pub fn not(condition: Condition) -> Self {
        match condition {
            Self::Never => Self::Always,
            Self::Always => Self::Never,
            Self::Not(inner) => *inner,
            other => Self::Not(Box::new(other)),
        }
    }

    /// The columns of the row that decide.
    pub fn columns(&self) -> BTreeSet<&str> {
        match self {
            Self::Never | Self::Always => BTreeSet::new(),
            Self::SubjectKey { columns, .. } => columns.iter().map(String::as_str).collect(),
            Self::Equals { column, .. } | Self::Changed { column, .. } => BTreeSet::from([column.column.as_str()]),
            Self::NotNull { columns } | Self::In { columns, .. } => columns.iter().map(|path| path.column.as_str()).collect(),
            Self::Closure { base, columns, referenced } => {
                base.columns().into_iter().chain(columns.iter().chain(referenced).map(String::as_str)).collect()
            }
            Self::All(inner) | Self::Any(inner) => inner.iter().flat_map(Self::columns).collect(),
            Self::Not(inner) => inner.columns(),
        }
    }

    /// The sets this condition itself refers to, each once, in the order of their first mention.
    pub fn sets(&self) -> Vec<SetId> {
        let mut found = Vec::new();
        self.collect_sets(&mut found);
        found
    }

    fn collect_sets(&self, found: &mut Vec<SetId>) {
        match self {
            Self::Never | Self::Always | Self::SubjectKey { .. } | Self::Equals { .. } | Self::NotNull { .. } | Self::Changed { .. } => {}
            Self::In { set, .. } => {
                if !found.contains(set) {
                    found.push(*set);
                }
            }
            Self::Closure { base: inner, .. } | Self::Not(inner) => inner.collect_sets(found),
            Self::All(inner) | Self::Any(inner) => inner.iter().for_each(|condition| condition.collect_sets(found)),
        }
    }
}

impl std::fmt::Display for ColumnPath {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.column)?;
        self.json.iter().try_for_each(|name| write!(formatter, "/{name}"))
    }
}

impl From<&str> for ColumnPath {
    /// Reads `column/name/name`; a column whose own name holds a slash is out of the map's reach inside paths.
    fn from(text: &str) -> Self {
        let mut parts = text.split('/').map(str::to_owned);
        Self { column: parts.next().unwrap_or_default(), json: parts.collect() }
    }
}

impl Serialize for ColumnPath {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ColumnPath {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::from(String::deserialize(deserializer)?.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_fold_away() {
        let not_null = || Condition::NotNull { columns: vec![ColumnPath::column("a")] };
        assert_eq!(Condition::all([Condition::Always, not_null()]), not_null());
        assert_eq!(Condition::all([Condition::Never, not_null()]), Condition::Never);
        assert_eq!(Condition::any([Condition::Never]), Condition::Never);
        assert_eq!(Condition::any([not_null(), not_null()]), not_null());
        assert_eq!(Condition::not(Condition::not(not_null())), not_null());
    }

    #[test]
    fn json_places_survive_the_round_trip() {
        let want = ColumnPath { column: "fields".into(), json: vec!["actor".into(), "id".into()] };
        assert_eq!(ColumnPath::from(want.to_string().as_str()), want);
    }
}
