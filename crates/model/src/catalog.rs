//! The catalog: what a source really looks like now, read live and compared with what the map was reviewed against.

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::names::{SourceName, TableName};

/// Which product a source is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    /// A database file of SQLite.
    Sqlite,
    /// A PostgreSQL database.
    Postgres,
    /// A folder of files.
    Files,
}

impl SourceKind {
    /// The word that stands in a map.
    pub fn word(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
            Self::Files => "files",
        }
    }
}

/// Everything known of one database: its tables in the order of their names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Catalog {
    pub source: SourceName,
    pub kind: SourceKind,
    /// Which database this is, as a digest: PostgreSQL's system identifier and database oid, or SQLite's canonical file path.
    /// It binds a plan to one database and is no part of the catalog's own digest.
    pub identity: Digest,
    pub tables: Vec<Table>,
}

impl Catalog {
    /// A table by its whole name.
    pub fn table(&self, name: &TableName) -> Option<&Table> {
        self.tables.iter().find(|table| table.name == *name)
    }

    /// The digest of the structure alone: two databases with the same tables have the same digest.
    pub fn digest(&self) -> Digest {
        Digest::of_json(&(&self.source, self.kind, &self.tables))
    }
}

/// What a table is, as far as erasing from it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TableKind {
    /// An ordinary or partitioned table; partitions are listed under their parent and not as tables of their own.
    Table,
    /// Holds no rows of its own and needs no entry in the map.
    View,
    /// Holds copies of rows: it needs an entry like a table.
    MaterializedView,
    /// A virtual table of SQLite, such as a full-text index. Its shadow tables are not listed.
    Virtual,
    /// A table that lives in another server (PostgreSQL foreign table).
    Foreign,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    pub name: TableName,
    pub kind: TableKind,
    pub columns: Vec<Column>,
    /// Empty when the table has none.
    pub primary_key: Vec<String>,
    /// Unique constraints and unique indexes without expression or condition, without the primary key.
    pub unique_keys: Vec<Vec<String>>,
    pub foreign_keys: Vec<ForeignKey>,
    pub triggers: Vec<Trigger>,
    /// Names of the partitions, leaves of all levels. Not part of the structure: new ones appear every month, and their rows are rows
    /// of this table.
    #[serde(skip)]
    pub partitions: Vec<String>,
    /// Not part of the structure either.
    #[serde(skip)]
    pub comment: Option<String>,
    /// What may hide rows of this table from us or change what our statements do. Not part of the structure: it depends on the role
    /// that we connect as, so it is looked at live before every plan and every run.
    #[serde(skip)]
    pub hazards: Vec<Hazard>,
}

/// A reason why reading or erasing a table's rows would not do what its SQL says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hazard {
    /// Row-level security hides rows from our role; every statement on the table is refused rather than given fewer rows.
    RowSecurity,
    /// A rule rewrites deletions or updates into something else.
    Rule { name: String, on_delete: bool, on_update: bool },
    /// Other tables inherit from this one (`INHERITS`): their rows appear in it too.
    Inherited { by: Vec<String> },
    /// Some rows have null in their primary key, as SQLite allows: no key names them.
    NullKeys,
    /// The database takes different texts in this column for equal (`COLLATE NOCASE`, `citext`): which rows belong together then
    /// depends on which side of a comparison asks.
    LooseComparison { column: String, by: String },
    /// A partition lives in another server.
    ForeignPartition { name: String },
    /// A table outside the configured schemas refers to this one.
    ReferencedFromOutside { table: TableName, constraint: String, on_delete: ReferentialAction },
}

impl std::fmt::Display for Hazard {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::RowSecurity => formatter.write_str("row-level security hides rows from the role that we connect as"),
            Self::Rule { name, on_delete, on_update } => {
                let event = match (on_delete, on_update) {
                    (true, true) => "deletions and updates",
                    (true, false) => "deletions",
                    (false, _) => "updates",
                };
                write!(formatter, "the rule `{name}` rewrites {event}")
            }
            Self::Inherited { by } => write!(formatter, "rows of {} appear in it by inheritance", by.join(", ")),
            Self::NullKeys => formatter.write_str("some of its rows have null in their primary key, so that no key names them"),
            Self::LooseComparison { column, by } => write!(formatter, "different texts in `{column}` count as equal ({by})"),
            Self::ForeignPartition { name } => write!(formatter, "its partition {name} lives in another server"),
            Self::ReferencedFromOutside { table, constraint, on_delete: _ } => {
                write!(formatter, "{table} refers to it by {constraint} and is in none of the configured schemas")
            }
        }
    }
}

impl Table {
    /// A column by its name, letter by letter.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// Columns that name one row: the primary key, else the first unique key whose columns are all NOT NULL.
    pub fn row_key(&self) -> Option<&[String]> {
        if !self.primary_key.is_empty() {
            return Some(&self.primary_key);
        }
        let not_null = |name: &String| self.column(name).is_some_and(|column| !column.nullable);
        self.unique_keys.iter().find(|key| key.iter().all(not_null)).map(Vec::as_slice)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    pub name: String,
    /// The type as the database prints it, such as `character varying(40)`.
    pub declared_type: String,
    pub kind: ColumnKind,
    pub nullable: bool,
    /// The database computes it; it can be neither cleared nor replaced.
    pub generated: bool,
    pub has_default: bool,
    /// Longest text in characters that the type takes.
    pub max_length: Option<u32>,
    /// Not part of the structure.
    #[serde(skip)]
    pub comment: Option<String>,
}

/// A column's type as far as reading, replacing and describing it goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnKind {
    /// True or false.
    Boolean,
    /// Whole numbers.
    Integer,
    /// Floating-point numbers.
    Float,
    /// Exact decimal numbers.
    Decimal,
    /// Text.
    Text,
    /// Bytes, written as hexadecimal digits.
    Bytes,
    /// Days.
    Date,
    /// Times of day.
    Time,
    /// Days with a time of day, without a zone.
    Timestamp,
    /// Moments in time.
    TimestampWithZone,
    /// Spans of time.
    Interval,
    /// UUIDs.
    Uuid,
    /// JSON.
    Json,
    /// Lists of values, written as the database writes them.
    Array,
    /// Text, one of these values.
    Enumeration(Vec<String>),
    /// Any other type; it is read and written through its text form.
    Other,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignKey {
    /// The constraint's name; SQLite has none, so there `fk_<first column>`.
    pub name: String,
    pub columns: Vec<String>,
    pub references: TableName,
    pub referenced_columns: Vec<String>,
    pub on_delete: ReferentialAction,
    /// Checked at commit unless a transaction says otherwise, or can be made so.
    pub deferrable: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReferentialAction {
    NoAction,
    Restrict,
    Cascade,
    SetNull,
    SetDefault,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trigger {
    pub name: String,
    /// Events it fires on.
    pub on_delete: bool,
    pub on_update: bool,
    pub on_insert: bool,
    /// Digest of its definition (and of its function's body), so that a changed trigger is drift.
    pub definition: Digest,
}
