//! A world: tables, their rows, and what its data map says, all as plain data.
//!
//! Tables, columns, references and rows are numbered; names only matter where text is written.

use super::value::{Kind, Value};

#[derive(Debug, Clone)]
pub struct World {
    pub tables: Vec<Table>,
    pub subjects: Vec<Subject>,
    pub categories: Vec<Category>,
    /// The rows of each table, in the order of `tables`.
    pub rows: Vec<Vec<Vec<Value>>>,
}

#[derive(Debug, Clone)]
pub struct Table {
    pub name: String,
    pub columns: Vec<Column>,
    /// Empty for a table without one.
    pub primary_key: Vec<usize>,
    pub unique_keys: Vec<Vec<usize>>,
    pub references: Vec<Reference>,
    pub entry: Entry,
    /// SQLite: `WITHOUT ROWID`.
    pub without_rowid: bool,
}

#[derive(Debug, Clone)]
pub struct Column {
    pub name: String,
    pub kind: Kind,
    pub nullable: bool,
    /// Different texts in it count as equal.
    pub loose: Option<Loose>,
}

/// How a column compares other than byte by byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loose {
    Case,
    /// Blanks at the end; SQLite alone.
    Blanks,
}

/// A reference from one table's rows to another's, whether the database knows of it or only the map.
#[derive(Debug, Clone)]
pub struct Reference {
    pub from: Vec<Place>,
    pub to: usize,
    pub referenced: Vec<usize>,
    pub enforcement: Enforcement,
    /// The reference holds only in rows where this column has this text.
    pub when: Option<(usize, String)>,
    /// Of a table to itself: whether somebody climbs along it. True of every world that is made; see the evaluation of what is lost.
    pub climbable: bool,
}

/// A column, or a place inside a JSON column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub column: usize,
    pub json: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Enforcement {
    ForeignKey { on_delete: OnDelete, deferrable: bool },
    MapOnly,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnDelete {
    NoAction,
    Restrict,
    Cascade,
    SetNull,
}

#[derive(Debug, Clone)]
pub struct Subject {
    pub kind: String,
    pub table: usize,
    pub key: Vec<usize>,
    pub within: Option<Claim>,
}

#[derive(Debug, Clone)]
pub struct Category {
    pub name: String,
    pub export: Export,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Export {
    Included,
    OnRequest,
    Excluded,
}

/// What the map says of a table.
#[derive(Debug, Clone)]
pub enum Entry {
    Ignored,
    Mapped(Mapped),
}

#[derive(Debug, Clone, Default)]
pub struct Mapped {
    /// `None` for a kept table that nobody owns.
    pub category: Option<usize>,
    pub owner: Vec<Claim>,
    pub about: Vec<Claim>,
    /// For every kind not in `by_kind`; `None` is delete.
    pub default_action: Option<Action>,
    pub by_kind: Vec<(usize, Action)>,
    pub unlink: Vec<usize>,
    pub erase_shared: bool,
    pub secret: Vec<Place>,
}

/// Rows lead to subjects of a kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Number of the subject kind.
    pub kind: usize,
    /// Empty: the row is itself the subject.
    pub path: Vec<Hop>,
    /// Whether the map writes the path out or leaves it to be found.
    pub written: bool,
}

/// References are numbered within the table that holds them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hop {
    To { reference: usize },
    Up { reference: usize },
    From { table: usize, reference: usize },
}

#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    Delete,
    Keep,
    Change(Vec<(Place, Change)>),
    HandOver(usize),
    Choose(Vec<Action>),
}

#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    Clear,
    /// The text in the map, and the value that the column then has.
    Constant(String, Value),
    Pseudonym,
}

/// A row by the numbers of its table and its place there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowId {
    pub table: usize,
    pub row: usize,
}

impl World {
    pub fn row(&self, id: RowId) -> &[Value] {
        &self.rows[id.table][id.row]
    }

    pub fn row_ids(&self, table: usize) -> impl Iterator<Item = RowId> + use<> {
        (0..self.rows[table].len()).map(move |row| RowId { table, row })
    }

    pub fn all_row_ids(&self) -> impl Iterator<Item = RowId> + '_ {
        (0..self.tables.len()).flat_map(|table| self.row_ids(table))
    }

    pub fn mapped(&self, table: usize) -> Option<&Mapped> {
        match &self.tables[table].entry {
            Entry::Ignored => None,
            Entry::Mapped(mapped) => Some(mapped),
        }
    }
}

impl Place {
    pub fn column(column: usize) -> Self {
        Self { column, json: Vec::new() }
    }
}

impl Action {
    /// The word for this action in the map and on the command line.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Delete => "delete",
            Self::Keep => "keep",
            Self::Change(_) => "change",
            Self::HandOver(_) => "hand_over",
            Self::Choose(_) => "choose",
        }
    }
}
