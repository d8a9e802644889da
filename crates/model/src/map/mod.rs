//! The data map: the reviewed statement of what each table holds, who owns its rows, and what export and erasure do with them.
//!
//! This file holds the map as plain data. [`resolve`] holds it against catalogs and finds every owner path.

pub mod action;
pub mod directory;
pub mod discover;
pub mod explain;
pub mod lock;
pub mod owner;
pub mod parse;
pub mod resolve;
pub mod schema;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use action::{Action, Change, Ground, OnErase};
pub use directory::Directory;
pub use owner::{Claim, Hop, Reference};

use crate::catalog::SourceKind;
use crate::names::{CategoryName, SourceName, SubjectKind, TableName};
use crate::plan::Profile;
use crate::selection::ColumnPath;

/// A data map as its author wrote it, with every name read but nothing yet compared with a database.
///
/// Lists keep the order of the file: it is the order in which people see categories and tables.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataMap {
    pub name: String,
    pub sources: Vec<Source>,
    pub subjects: Vec<Subject>,
    /// Who holds which seat, for the desk. A map without it has the digest that it had before there was such a section.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directory: Option<Directory>,
    pub categories: Vec<Category>,
    pub tables: Vec<TableEntry>,
    /// Tables that hold no customer data, with the reason.
    pub ignore: BTreeMap<TableName, String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    pub name: SourceName,
    pub kind: SourceKind,
    /// As written, with `${VARIABLES}` not yet filled in: secrets are no part of the map or its digest.
    pub url: String,
    /// PostgreSQL: the schemas that belong to the platform; the first is the default one. Empty means `public`.
    pub schemas: Vec<String>,
}

/// A kind of subject: whose data can be asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    pub kind: SubjectKind,
    pub table: TableName,
    /// Columns that name one subject.
    pub key: Vec<String>,
    /// A column with a name that people know the subject by.
    pub label: Option<String>,
    /// The kind that this one belongs to, with the path that leads there: a seat is within a contract.
    pub within: Option<Claim>,
    /// Columns anywhere in the map whose values, in rows of the subject, identify it in free text.
    pub identifiers: Vec<(TableName, String)>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Category {
    pub name: CategoryName,
    pub label: String,
    pub export: ExportDisposition,
    /// Only for subjects whose contract (or other subject kind) has one of these values in this column. It limits the
    /// export alone: an erasure leaves no rows behind because a category was thought not to apply.
    pub applies: Vec<Applies>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExportDisposition {
    /// Part of every export.
    Included,
    /// Part of an export under the `symmetric` profile; under `documented` it is given out on request only.
    OnRequest,
    /// Never exported.
    Excluded,
}

impl ExportDisposition {
    /// Whether an export under the profile takes such a category.
    pub fn is_part_of(self, profile: Profile) -> bool {
        match (self, profile) {
            (Self::Included, Profile::Documented | Profile::Symmetric) | (Self::OnRequest, Profile::Symmetric) => true,
            (Self::OnRequest, Profile::Documented) | (Self::Excluded, Profile::Documented | Profile::Symmetric) => false,
        }
    }

    /// As maps and the API spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Included => "included",
            Self::OnRequest => "on_request",
            Self::Excluded => "excluded",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applies {
    pub kind: SubjectKind,
    pub column: String,
    pub values: Vec<String>,
}

/// What the map says of one table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableEntry {
    pub table: TableName,
    /// `None` only for kept tables that nobody owns.
    pub category: Option<CategoryName>,
    /// What people read instead of the table's name.
    pub label: Option<String>,
    /// Whose rows these are. More than one claim: a row may have several owners. Empty: the table of a subject kind, whose
    /// rows own themselves, or a kept table that nobody owns.
    pub owner: Vec<Claim>,
    /// Whom a row speaks of without belonging to them.
    pub about: Vec<Claim>,
    /// References that the database does not declare: missing foreign keys, polymorphic pairs, keys inside JSON, other sources.
    pub references: Vec<Reference>,
    pub on_erase: OnErase,
    /// Columns set to null when the row that they point to is erased and this row stays.
    pub unlink: Vec<String>,
    /// Rows of several owners are erased with the first of them instead of staying until the last.
    pub erase_shared: bool,
    /// Never exported.
    pub secret: Vec<ColumnPath>,
    pub files: Vec<FileKey>,
    /// Triggers that a person has read, with what they do: an unread trigger on a table to be erased refuses the plan.
    pub triggers: BTreeMap<String, String>,
}

/// A column that names a file in a file source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileKey {
    pub source: SourceName,
    pub column: String,
}

impl DataMap {
    /// What the map says of a table; `None` for one that is ignored or unknown.
    pub fn entry(&self, table: &TableName) -> Option<&TableEntry> {
        self.tables.iter().find(|entry| entry.table == *table)
    }

    /// How subjects of a kind are declared.
    pub fn subject(&self, kind: &SubjectKind) -> Option<&Subject> {
        self.subjects.iter().find(|subject| subject.kind == *kind)
    }

    /// A category by its name.
    pub fn category(&self, name: &CategoryName) -> Option<&Category> {
        self.categories.iter().find(|category| category.name == *name)
    }

    /// A source by its name.
    pub fn source(&self, name: &SourceName) -> Option<&Source> {
        self.sources.iter().find(|source| source.name == *name)
    }

    /// The categories that an export under a profile takes: of those that were chosen, or of all.
    pub fn exported(&self, profile: Profile, chosen: Option<&[CategoryName]>) -> Vec<&Category> {
        let is_chosen = |category: &&Category| chosen.is_none_or(|chosen| chosen.contains(&category.name));
        self.categories.iter().filter(is_chosen).filter(|category| category.export.is_part_of(profile)).collect()
    }

    /// The digest that plans, archives and certificates are bound to.
    pub fn digest(&self) -> crate::digest::Digest {
        crate::digest::Digest::of_json(self)
    }
}

/// The label of a category that has none of its own: `saved_leads` is `Saved leads`.
pub fn category_label(name: &str) -> String {
    let words = name.replace(['_', '-'], " ");
    let mut characters = words.chars();
    match characters.next() {
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => words,
    }
}

/// `a seat`, `an employee`.
pub(crate) fn with_article(kind: &str) -> String {
    let article = if kind.starts_with(['a', 'e', 'i', 'o']) { "an" } else { "a" };
    format!("{article} {kind}")
}
