//! Why there is no plan.

use exeunt_model::map::lock::Difference;
use exeunt_model::map::resolve::Problem;
use exeunt_model::names::{CategoryName, SourceName, SubjectKind, TableName};
use exeunt_model::plan::{Effect, planner};

/// There is no plan. Whatever was asked was only read, and nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("read {database}")]
    Read {
        database: SourceName,
        #[source]
        source: exeunt_sources::Error,
    },
    #[error("read a file of {files}")]
    Files {
        files: SourceName,
        #[source]
        source: exeunt_sources::files::Error,
    },
    #[error("the map was never accepted: it has no lock")]
    NoLock,
    #[error("the databases are not as they were reviewed: {}, first: {}", count(differences.len() as u64, "difference"), differences.first().map_or_else(String::new, ToString::to_string))]
    Drift { differences: Vec<Difference> },
    #[error("the map does not fit its databases: {}, first: {}", count(problems.len() as u64, "problem"), problems.first().map_or("", |problem| problem.message.as_str()))]
    Unfit { problems: Vec<Problem> },
    #[error("there is no {kind} with this key")]
    NoSubject { kind: SubjectKind },
    #[error("a {kind} is named by {columns}: {}, not {given}", count(*expected as u64, "value"))]
    KeyShape { kind: SubjectKind, columns: String, expected: usize, given: usize },
    #[error("make the plan")]
    Plan(#[from] planner::Error),
    /// `choose`: categories with rows of the subject that stand in the way and would not, were they chosen too.
    #[error("{} of {table} would suffer: {columns} → {references}, {}{}", count(*rows, "row"), consequence(*effect), to_choose(choose))]
    Guarded { table: TableName, columns: String, references: TableName, effect: Effect, rows: u64, choose: Vec<CategoryName> },
    #[error("{} of {table}.{column} {} not in plain form: what else names these files cannot be told", count(*files, "file key"), if *files == 1 { "is" } else { "are" })]
    FileKeys { table: TableName, column: String, files: u64 },
    #[error("{table}.{column} names files by values that are no text: what else names these files cannot be told")]
    FileKeysNoText { table: TableName, column: String },
    #[error("the successor {reason}")]
    Successor { reason: &'static str },
}

impl Error {
    /// Whether a database refused a value: a key that is none of a column's type, or one in a row that is not what its place needs.
    pub fn is_about_a_value(&self) -> bool {
        // Class 22 of SQLSTATE: data exceptions.
        matches!(self, Self::Read { source: exeunt_sources::Error::Refused { fault, .. }, .. } if fault.code.starts_with("22"))
    }
}

/// `1 row`, `2 rows`.
pub(crate) fn count(number: u64, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// `; they go with the category …`, for a sentence that says what stands in the way.
pub(crate) fn to_choose(choose: &[CategoryName]) -> String {
    let names: Vec<String> = choose.iter().map(|name| format!("`{name}`")).collect();
    match names.as_slice() {
        [] => String::new(),
        [only] => format!("; such rows are of the category {only}, which was not chosen"),
        _ => format!("; such rows are of the categories {}, which were not chosen", names.join(" and ")),
    }
}

pub(crate) fn consequence(effect: Effect) -> &'static str {
    match effect {
        Effect::Cascade => "and the database would delete them (ON DELETE CASCADE)",
        Effect::Overwrite => "and the database would change them (ON DELETE SET NULL or SET DEFAULT)",
        Effect::Refuse => "and the database would refuse the deletion",
        Effect::Dangle => "and they would point to nothing",
        Effect::Orphan => "and no later request would find whose they are",
    }
}
