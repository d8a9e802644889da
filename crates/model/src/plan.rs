//! Plans: which rows of which tables, in which order, with which action and exact counts, for one subject.

mod actions;
mod chosen;
pub mod facts;
pub mod file;
mod guards;
pub mod order;
pub mod planner;
mod rows;
pub mod sets;
mod spared;

pub use chosen::Chosen;

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::map::action::{Change, Ground};
use crate::names::{CategoryName, SourceName, SubjectKind, TableName};
use crate::selection::{ColumnPath, Condition, RowSet};

/// What a plan is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    Export,
    Erase,
}

/// How much of what the map marks as exported on request only an export takes along.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Profile {
    /// Exactly the categories with `export: included`; the rest is given out on request only.
    #[default]
    Documented,
    /// Whatever can be erased can be exported.
    Symmetric,
}

/// The structure of a plan before anything is counted: a pure function of map, catalogs, purpose, subject kind, profile and choices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outline {
    pub purpose: Purpose,
    pub kind: SubjectKind,
    pub profile: Profile,
    pub map: MapReference,
    pub catalogs: Vec<CatalogReference>,
    /// The categories that were chosen; `None` is all of them. A plan of all has the digest that it had before categories could be chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub categories: Option<Chosen>,
    /// What the requester decided, table by table, in the map's words.
    pub choices: Vec<Choice>,
    /// Sets that the conditions below refer to; each refers only to sets before it.
    pub sets: Vec<RowSet>,
    /// In the order of execution. For an export: the order of the map.
    pub steps: Vec<Step>,
    /// Rows that stay, and why.
    pub kept: Vec<Kept>,
    /// Must each select nothing before anything is erased.
    pub guards: Vec<Guard>,
    /// Categories and tables that the plan leaves out, and why.
    pub left_out: Vec<LeftOut>,
    /// Identifying columns of the subject, for the residual search.
    pub identifiers: Vec<Identifier>,
}

impl Outline {
    /// Whether the subject as a whole goes: an erasure of everything, or one of chosen categories that takes the subject's own row.
    pub fn takes_subject(&self) -> bool {
        self.purpose == Purpose::Erase && self.categories.as_ref().is_none_or(|chosen| chosen.takes_subject)
    }

    /// The databases that the plan looks at or changes: first those with steps, in the order of the steps.
    pub fn sources(&self) -> Vec<&SourceName> {
        let steps = self.steps.iter().map(|step| &step.table);
        let rest = self.kept.iter().map(|kept| &kept.table).chain(self.guards.iter().map(|guard| &guard.table));
        let mut found: Vec<&SourceName> = Vec::new();
        for table in steps.chain(rest).chain(self.sets.iter().map(|set| &set.table)) {
            if !found.contains(&&table.source) {
                found.push(&table.source);
            }
        }
        found
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MapReference {
    pub name: String,
    pub digest: Digest,
    /// Its categories as people read them, in its order: whoever approves a plan has no map at hand.
    pub categories: Vec<CategoryLabel>,
}

/// A category and what people read for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CategoryLabel {
    pub name: CategoryName,
    pub label: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CatalogReference {
    pub source: SourceName,
    pub identity: Digest,
    pub digest: Digest,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    pub table: TableName,
    /// `delete`, `hand_over`, …: one of the words that the map offers.
    pub action: String,
}

/// One statement's worth of work on one table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    pub table: TableName,
    pub category: Option<CategoryName>,
    pub work: Work,
    /// The rows; looks only at columns of the table and at sets.
    pub condition: Condition,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Work {
    /// Export: stream these columns. Secret columns are not among them.
    Read {
        columns: Vec<String>,
        secret_paths: Vec<ColumnPath>,
        files: Vec<(SourceName, String)>,
    },
    /// Set the column to the successor's key.
    HandOver {
        column: String,
    },
    /// Set columns to null in rows that stay and point to rows that go.
    Unlink {
        columns: Vec<String>,
    },
    /// Set columns to null in rows that go, to break a cycle of foreign keys.
    BreakCycle {
        columns: Vec<String>,
    },
    Change {
        changes: Vec<(ColumnPath, Change)>,
    },
    /// Delete the rows, and afterwards the files that only they named. `row_key` is empty where the table has none.
    /// `tree`: the table points to itself, so that all rows must go in one statement.
    Delete {
        row_key: Vec<String>,
        files: Vec<(SourceName, String)>,
        tree: bool,
    },
}

impl Work {
    /// The word for people.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Read { .. } => "export",
            Self::HandOver { .. } => "hand over",
            Self::Unlink { .. } => "unlink",
            Self::BreakCycle { .. } => "clear first",
            Self::Change { .. } => "change",
            Self::Delete { .. } => "delete",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    pub table: TableName,
    pub category: Option<CategoryName>,
    pub reason: KeptReason,
    pub condition: Condition,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeptReason {
    Ground(Ground),
    /// Another subject owns the row too, or owns the row that it hangs from.
    Shared,
    /// It hangs from a row that stays or is handed over, and stays with it.
    Follows,
}

/// Rows outside the plan that would be changed, deleted or left dangling by it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guard {
    /// The table whose rows would suffer.
    pub table: TableName,
    /// Its columns that point to rows to be deleted.
    pub columns: Vec<ColumnPath>,
    pub references: TableName,
    pub effect: Effect,
    pub condition: Condition,
    /// The rows are the subject's and of this category, which was not chosen: with it, they would be part of the plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub choose: Option<CategoryName>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// `ON DELETE CASCADE` would delete them.
    Cascade,
    /// `ON DELETE SET NULL` or `SET DEFAULT` would change them.
    Overwrite,
    /// The database would refuse the deletion.
    Refuse,
    /// Nothing checks the reference; it would point nowhere.
    Dangle,
    /// The way by which the map finds their owner would be gone: no later request would find them.
    Orphan,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    pub category: Option<CategoryName>,
    pub table: Option<TableName>,
    pub reason: LeftOutReason,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeftOutReason {
    /// Given out on request only.
    OnRequest,
    /// The map never exports it.
    Excluded,
    /// The category does not apply to this subject's contract.
    NotApplicable,
    /// Other categories were chosen.
    NotChosen,
    /// Kept, and nobody owns it: no row can be said to be the subject's.
    Unowned(Ground),
    /// Nothing in the table leads to this kind of subject.
    OtherSubjects,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identifier {
    pub table: TableName,
    pub column: String,
    pub condition: Condition,
}

/// A plan: an outline with the counts that were found, bound to one subject of one database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Version of this format.
    pub exeunt_plan: u32,
    pub outline: Outline,
    /// Keyed hash of the subject's kind and key: the plan names nobody.
    pub subject: Digest,
    /// Keyed hash of the successor's key, where rows are handed over.
    pub successor: Option<Digest>,
    /// Rows of each step, in the outline's order.
    pub step_rows: Vec<u64>,
    pub kept_rows: Vec<u64>,
    /// Ends of the grounds, as ISO dates, where the map gives a rule for them; in the order of `kept`.
    pub kept_until: Vec<Option<String>>,
    /// Distinct files that only rows of the plan name, and those that other rows name too.
    pub files: Vec<FileCount>,
    /// Columns of the catalog that are not in the map's lock are an error, so this is always the reviewed catalog.
    pub lock: Digest,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileCount {
    pub source: SourceName,
    pub table: TableName,
    pub column: String,
    pub files: u64,
    pub shared: u64,
    pub bytes: Option<u64>,
}

impl Plan {
    /// Covers map, catalogs, subject, choices and counts.
    pub fn digest(&self) -> Digest {
        Digest::of_json(self)
    }
}
