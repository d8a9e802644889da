//! What a certificate states: scope, times, counts, what stays, what lies outside, how it was verified. No personal data.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::residual::{Residual, Verdict};
use crate::digest::Digest;
use crate::moment::Moment;
use crate::names::{CategoryName, SourceName, SubjectKind, TableName};
use crate::run::{Ending, RunId};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// Names the certificate and its run.
    pub id: RunId,
    /// How the run ended. It follows from the counts below.
    pub state: Ending,
    /// Why it was run.
    pub purpose: Purpose,
    /// The request that the erasure answers, in the words of whoever ran it: a number, not a name.
    pub reference: Option<String>,
    /// Whose data was erased.
    pub scope: Scope,
    /// When the certificate was opened, before the first destructive statement.
    pub started: Moment,
    /// When it was closed, after verification.
    pub closed: Moment,
    /// How often the run was begun or resumed.
    pub attempts: u64,
    /// The program that made the certificate.
    pub tool: Tool,
    /// The data map that the run followed.
    pub map: MapBinding,
    /// The databases that it worked on.
    pub sources: Vec<SourceBinding>,
    /// Digest of the plan that was carried out.
    #[schemars(with = "String")]
    pub plan: Digest,
    /// What the requester decided, in the map's words.
    pub choices: Vec<ChoiceMade>,
    /// In the order of execution.
    pub tables: Vec<TableCount>,
    /// The sums of `tables`, by category and action.
    pub categories: Vec<CategoryCount>,
    /// Rows of the subject that stay, and why.
    pub kept: Vec<KeptRows>,
    /// What became of files that erased rows named.
    pub files: Vec<FileCount>,
    /// Copies that this erasure does not reach.
    pub outside: Vec<Outside>,
    /// How the result was checked.
    pub verification: Verification,
    /// Why parts of the plan are not done; empty unless the run partly failed.
    pub failures: Vec<Failure>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Somebody asked for the erasure.
    Request,
    /// Rows of an erased subject had come back with a restored backup.
    Replay,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scope {
    /// The kind of subject, such as `seat`.
    #[schemars(with = "String")]
    pub kind: SubjectKind,
    /// Keyed hash of the subject's kind and key. Only the holder of the store's secret can tell whose it is.
    #[schemars(with = "String")]
    pub subject: Digest,
    /// Keyed hash of the subject that rows were handed over to.
    #[schemars(with = "Option<String>")]
    pub successor: Option<Digest>,
    /// The categories that were to be erased; left out where all were. Nothing is said of rows of other categories.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Vec<String>>")]
    pub categories: Option<Vec<CategoryName>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MapBinding {
    /// The platform's name in the map.
    pub name: String,
    /// Digest of the map's text.
    #[schemars(with = "String")]
    pub digest: Digest,
    /// The reviewed catalogs.
    #[schemars(with = "String")]
    pub lock: Digest,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SourceBinding {
    /// Its name in the data map.
    #[schemars(with = "String")]
    pub source: SourceName,
    /// Which database it is.
    #[schemars(with = "String")]
    pub identity: Digest,
    /// The structure that the erasure found and worked on.
    #[schemars(with = "String")]
    pub catalog: Digest,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChoiceMade {
    /// The table whose rows the map leaves to the requester.
    #[schemars(with = "String")]
    pub table: TableName,
    /// What was chosen, such as `delete` or `hand_over`.
    pub action: String,
}

/// What one step of the plan did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TableCount {
    /// The table that the step worked on.
    #[schemars(with = "String")]
    pub table: TableName,
    /// The category of its rows; `null` where the map gives none.
    #[schemars(with = "Option<String>")]
    pub category: Option<CategoryName>,
    /// `delete`, `change`, `hand_over`, `unlink` or `clear_first`.
    pub action: String,
    /// The columns that were handed over, unlinked, cleared or replaced; empty where whole rows were deleted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// Rows that the plan counted, or that were approved anew when a partly failed run was resumed.
    pub planned: u64,
    /// Rows that the statement affected. In a run that was resumed: planned rows that are done. Rows that others are known to have deleted or
    /// taken away before the run could are not among them.
    pub affected: u64,
    /// Rows that a recount on a fresh snapshot still found to be done; `null` where no count can tell.
    pub remaining: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CategoryCount {
    /// The category; `null` for tables without one.
    #[schemars(with = "Option<String>")]
    pub category: Option<CategoryName>,
    /// As in `tables`.
    pub action: String,
    /// Sum of `planned`.
    pub planned: u64,
    /// Sum of `affected`.
    pub affected: u64,
    /// Sum of `remaining`, where it could be counted.
    pub remaining: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeptRows {
    /// The table that the rows stand in.
    #[schemars(with = "String")]
    pub table: TableName,
    /// The category of the rows; `null` where the map gives none.
    #[schemars(with = "Option<String>")]
    pub category: Option<CategoryName>,
    /// How many rows stay.
    pub rows: u64,
    /// Why they stay.
    pub why: KeptWhy,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum KeptWhy {
    /// The map keeps them on this ground, until this ISO date where it gives a rule for the end.
    Ground { ground: String, until: Option<String> },
    /// Another subject owns them too, or owns the row that they hang from.
    Shared,
    /// They hang from rows that stay or were handed over.
    Follows,
}

/// What became of the files that a column of erased rows named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FileCount {
    /// The file source.
    #[schemars(with = "String")]
    pub source: SourceName,
    /// The table whose rows named the files.
    #[schemars(with = "String")]
    pub table: TableName,
    /// The column that named them.
    pub column: String,
    /// Different files that the erased rows named.
    pub named: u64,
    /// Were deleted.
    pub deleted: u64,
    /// Stay, since rows that stay name them too.
    pub shared: u64,
    /// Were not there.
    pub missing: u64,
    /// Still to be deleted.
    pub remaining: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Outside {
    /// What the erasure does not reach.
    pub what: String,
    /// ISO date on which the copies end, where one is known.
    pub until: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Verification {
    /// The plan's own conditions, counted again.
    pub recount: Recount,
    /// A search for the subject's identifiers in all text columns.
    pub residual: Residual,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Recount {
    /// Counted on a fresh snapshot of every source; the results stand in `tables`.
    Done { at: Moment },
    /// Some source could not be counted again.
    NotDone,
}

/// Why a part of the plan is not done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Failure {
    /// The source in which it happened.
    #[schemars(with = "String")]
    pub source: SourceName,
    /// What was being done.
    pub during: Phase,
    /// What went wrong; it names tables and no values.
    pub reason: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Rows were being erased.
    Erasing,
    /// Files were being deleted.
    DeletingFiles,
    /// The plan's conditions were being counted again.
    Recounting,
    /// Text columns were being searched for identifiers.
    Searching,
}

impl Phase {
    /// Completes "while …".
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Erasing => "erasing rows",
            Self::DeletingFiles => "deleting files",
            Self::Recounting => "counting again",
            Self::Searching => "searching for identifiers",
        }
    }
}

impl Statement {
    /// How the run ended, as its counts say: the one place where success is decided.
    ///
    /// `completed` needs every planned row affected, nothing left at the recount, every file dealt with and nothing kept. Rows, files or
    /// identifiers that stay make it `completed_with_retained`, and so does a search that could not be made everywhere; anything not done,
    /// `partly_failed`. What a search finds in rows of others is no part of the plan: doing the plan again would not remove it.
    pub fn ending(&self) -> Ending {
        let undone = !self.failures.is_empty()
            || self.verification.recount == Recount::NotDone
            || self.tables.iter().any(|table| table.affected != table.planned || table.remaining.is_some_and(|rows| rows > 0))
            || self.files.iter().any(|files| files.remaining > 0);
        let retained = self.kept.iter().any(|kept| kept.rows > 0) || self.files.iter().any(|files| files.shared > 0) || self.has_residue();
        match (undone, retained) {
            (true, _) => Ending::PartlyFailed,
            (false, true) => Ending::CompletedWithRetained,
            (false, false) => Ending::Completed,
        }
    }

    fn has_residue(&self) -> bool {
        match &self.verification.residual {
            Residual::NotAsked => false,
            Residual::Searched { tables, .. } => tables.iter().any(|table| match table.verdict {
                Verdict::Residual | Verdict::Retained | Verdict::Unverifiable => true,
                Verdict::Erased | Verdict::NoBaseline => false,
            }),
        }
    }

    /// Whether a search that was asked for leaves open that the subject is gone: it found identifiers that nothing explains, or could not
    /// be made everywhere.
    pub fn leaves_doubt(&self) -> bool {
        match &self.verification.residual {
            Residual::NotAsked => false,
            Residual::Searched { tables, .. } => tables.iter().any(|table| match table.verdict {
                Verdict::Residual | Verdict::Unverifiable => true,
                Verdict::Erased | Verdict::Retained | Verdict::NoBaseline => false,
            }),
        }
    }

    /// The sums of the tables by category and action, in the order in which the categories first appear.
    pub fn sums(tables: &[TableCount]) -> Vec<CategoryCount> {
        let mut places = BTreeMap::new();
        let mut sums: Vec<CategoryCount> = Vec::new();
        for table in tables {
            let place = *places.entry((&table.category, &table.action)).or_insert_with(|| {
                sums.push(CategoryCount {
                    category: table.category.clone(),
                    action: table.action.clone(),
                    planned: 0,
                    affected: 0,
                    remaining: 0,
                });
                sums.len() - 1
            });
            // The place was made above at the latest.
            if let Some(sum) = sums.get_mut(place) {
                sum.planned = sum.planned.saturating_add(table.planned);
                sum.affected = sum.affected.saturating_add(table.affected);
                sum.remaining = sum.remaining.saturating_add(table.remaining.unwrap_or(0));
            }
        }
        sums
    }

    /// Whether nothing is counted of categories that were not to be erased but links that were cleared.
    fn keeps_to_its_categories(&self) -> bool {
        let Some(chosen) = &self.scope.categories else { return true };
        let is_chosen = |category: &Option<CategoryName>| category.as_ref().is_none_or(|category| chosen.contains(category));
        self.tables.iter().all(|table| table.action == "unlink" || is_chosen(&table.category))
            && self.kept.iter().all(|kept| is_chosen(&kept.category))
    }

    /// Whether state and sums are what the counts say, files add up, and the counts keep to the scope.
    pub fn is_consistent(&self) -> bool {
        self.state == self.ending()
            && self.keeps_to_its_categories()
            && self.categories == Self::sums(&self.tables)
            && self.started <= self.closed
            && self.files.iter().all(|files| {
                [files.deleted, files.shared, files.missing, files.remaining]
                    .iter()
                    .try_fold(0u64, |sum, count| sum.checked_add(*count))
                    .is_some_and(|sum| sum == files.named)
            })
            && match &self.verification.residual {
                Residual::NotAsked => true,
                Residual::Searched { tables, .. } => tables.iter().all(|table| {
                    let kept = self.kept.iter().filter(|kept| kept.table == table.table).map(|kept| kept.rows).sum();
                    table.verdict == Verdict::of(table.before, table.after, kept)
                }),
            }
    }

    /// Rows that the steps with this action affected.
    pub fn affected(&self, action: &str) -> u64 {
        self.tables.iter().filter(|table| table.action == action).map(|table| table.affected).sum()
    }

    /// Rows that stay and were changed, handed over or unlinked. A row may be counted by each.
    pub fn changed_rows(&self) -> u64 {
        ["change", "hand_over", "unlink"].iter().map(|action| self.affected(action)).sum()
    }

    /// Files that the erased rows named, deleted and not in their store, in this order.
    pub fn deleted_and_missing_files(&self) -> (u64, u64) {
        (self.files.iter().map(|files| files.deleted).sum(), self.files.iter().map(|files| files.missing).sum())
    }

    /// What an erasure that came to its end with nothing kept may claim, as words that follow "completed: ".
    ///
    /// A row of which only some columns were changed is still there, and so may be a file that was not found.
    pub fn completed(&self) -> &'static str {
        let (_, missing) = self.deleted_and_missing_files();
        match (self.changed_rows() > 0, missing > 0) {
            (false, false) if self.scope.categories.is_some() => "everything of the chosen categories is erased",
            (false, false) => "everything in scope is erased",
            (true, false) => "what the data map has deleted is gone, and the rows that it has changed are changed",
            (false, true) => "every row in scope is erased, and some files that they named were not in their store",
            (true, true) => {
                "what the data map has deleted is gone and the rows that it has changed are changed, and some named files were not in their store"
            }
        }
    }

    /// Rows that stay, of all tables.
    pub fn kept_rows(&self) -> u64 {
        self.kept.iter().map(|kept| kept.rows).sum()
    }
}
