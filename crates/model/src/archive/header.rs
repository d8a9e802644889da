//! What the exporter tells the archive: tables and files before their bytes, the rest when all are through.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::catalog::{ColumnKind, SourceKind};
use crate::digest::Digest;
use crate::names::{CategoryName, SourceName, SubjectKind, TableName};

/// A category as a customer knows it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Category {
    /// Its name in the data map.
    pub name: CategoryName,
    /// What people read.
    pub label: String,
}

/// A table whose rows follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableHeader {
    pub table: TableName,
    pub category: Category,
    /// In the order of the values in each row.
    pub columns: Vec<ColumnHeader>,
    /// Names of columns above; empty when the table has no key or not all of it is exported.
    pub primary_key: Vec<String>,
    pub references: Vec<Reference>,
    /// Each path from a row to the subject, in words: `each row belongs to the seat found by owner_id → app.seat`.
    pub owner_paths: Vec<String>,
    /// The table's comment in the database.
    pub description: Option<String>,
    /// The column that dates a row, for ranges and charts; `None` lets the archive choose.
    pub dated_by: Option<String>,
}

/// A column that is exported. Secret columns never get here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnHeader {
    pub name: String,
    pub kind: ColumnKind,
    pub declared_type: String,
    pub nullable: bool,
    /// Whether the database holds every value to the declared type: PostgreSQL does, SQLite does not.
    ///
    /// Without it each value is looked at, and the package promises the type only where all fit.
    pub checked_by_source: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// A foreign key to another table, or to the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    /// The columns that point there.
    pub columns: Vec<String>,
    /// The table that they point to.
    pub table: TableName,
    /// The columns there, in the same order.
    pub referenced_columns: Vec<String>,
    /// The plan guarantees that every row referred to is in this archive, so that a validator may demand it.
    pub closed: bool,
}

/// A file whose bytes follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileHeader {
    pub source: SourceName,
    /// The key as the platform knows it, any text: kept in `files.csv` beside the safe path.
    pub key: String,
    pub category: Category,
    /// Expected bytes, if known: where parts are asked for, a file that no longer fits opens a new one.
    pub size_hint: Option<u64>,
    pub media_type: Option<String>,
}

/// What only the whole export knows; given when all tables and files are through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    pub subject: Subject,
    /// The platform's name as the customer knows it, such as `Navigator`.
    pub platform: String,
    /// When the archive was finished.
    pub finished: Timestamp,
    pub plan: Digest,
    pub map: Digest,
    pub sources: Vec<SourceMoment>,
    pub left_out: Vec<LeftOut>,
    /// Whom to ask about what is not inside.
    pub contact: Option<Contact>,
    /// Version of the program, such as `exeunt 0.1.0`.
    pub tool: String,
}

/// Whose data it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    /// Its kind, as the data map names it, such as `seat`.
    pub kind: SubjectKind,
    /// Keyed hash of kind and key, as in the plan.
    pub digest: Digest,
    /// Name or address, for people: the archive belongs to the customer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
}

/// The state of a source that the archive shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceMoment {
    /// Its name in the data map.
    pub source: SourceName,
    /// What kind of source it is.
    pub kind: SourceKind,
    /// When the snapshot was taken; all rows of the source are as of this moment.
    pub taken: Timestamp,
    /// The catalog's digest; a store of files has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub catalog: Option<Digest>,
}

/// Something that is not inside, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeftOut {
    /// The category, when all of it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<Category>,
    /// The table, when its rows or some of its columns are left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<TableName>,
    /// Columns of the table, when only these are left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// Why.
    pub reason: LeftOutReason,
    /// Particulars for people, such as the ground on which rows are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeftOutReason {
    /// Given out on request only.
    OnRequest,
    /// The data map excludes it from exports.
    Excluded,
    /// Does not apply to this contract.
    NotApplicable,
    /// Other categories were asked for.
    NotChosen,
    /// Secrets such as tokens and password hashes.
    Secret,
    /// Nobody owns the rows: none can be said to be the subject's.
    Unowned,
    /// A file that a row names and that the store does not hold.
    Missing,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// The name of a person or an office.
    pub name: String,
    /// An address or a page.
    pub address: String,
}
