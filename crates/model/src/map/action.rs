//! What an erasure does with the rows of a table.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::names::SubjectKind;
use crate::selection::ColumnPath;

/// The actions of one table, by the kind of subject that is erased.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct OnErase {
    /// For every kind that is not named; `None` is `delete`.
    pub default: Option<Action>,
    pub by_kind: BTreeMap<SubjectKind, Action>,
}

impl OnErase {
    /// What erasing a subject of this kind does: the kind's own action, or else the default.
    pub fn for_kind(&self, kind: &SubjectKind) -> &Action {
        self.by_kind.get(kind).or(self.default.as_ref()).unwrap_or(&Action::Delete)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    Delete,
    /// The row stays as it is, for a reason that the certificate states.
    Keep(Ground),
    /// The row stays, these columns (or places inside JSON columns) are cleared or replaced.
    Change(Vec<(ColumnPath, Change)>),
    /// The row stays and this column is given the key of another subject of the kind.
    HandOver {
        column: String,
    },
    /// The requester must decide among these; there is no default.
    Choose(Vec<Action>),
}

impl Action {
    /// The word for this action on the command line, in plans and certificates.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Delete => "delete",
            Self::Keep(_) => "keep",
            Self::Change(_) => "change",
            Self::HandOver { .. } => "hand_over",
            Self::Choose(_) => "choose",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Null; inside JSON the place is removed.
    Clear,
    Constant(String),
    /// A text or uuid made from a keyed hash of the value, fitted to the column's type and length. The key is drawn for
    /// the run and forgotten: equal values stay equal within one erasure and cannot be traced back.
    Pseudonym,
}

/// Why rows are kept, and until when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ground {
    pub ground: String,
    pub until: Option<Until>,
}

/// An end such as `issued_on + 10 years`: the latest value of the column among the kept rows, and a span after it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Until {
    pub column: String,
    pub years: u32,
    pub months: u32,
    pub days: u32,
}
