//! Selections as SQL.
//!
//! ```text
//! Condition ──logic──► Node (negations at the leaves) ──condition──► text + parameters ──statement──► count, read, fill, change, delete
//! ```
//!
//! Every name is quoted, every table has an alias of its own. Values never stand in the text: they are numbered [`Parameter`]s. Only
//! `COPY`, which takes none, gets the subject's key as a quoted literal.

pub(crate) mod changes;
mod condition;
pub(crate) mod directory;
pub(crate) mod held;
mod logic;
pub(crate) mod operand;
pub(crate) mod statement;

use exeunt_model::catalog::{Catalog, Column, SourceKind, Table};
use exeunt_model::names::{SourceName, TableName};
use exeunt_model::selection::{ColumnPath, Condition, RowSet, SetId};

pub(crate) use condition::carried_setting;
use logic::Node;

use crate::quote::{identifier, postgres_text};
use crate::sqlite::declared::{Affinity, affinity};

/// The name of the table that keeps key sets during an erasure.
pub(crate) const KEY_TABLE: &str = "exeunt_key";
/// Columns of the key table; no real key has as many.
pub(crate) const KEY_WIDTH: usize = 16;

/// A plan and a database do not fit together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Error {
    #[error("there is no table {table}")]
    NoTable { table: TableName },
    #[error("{table} has no column `{column}`")]
    NoColumn { table: TableName, column: String },
    #[error("the plan refers to a set of rows that it does not list")]
    NoSet,
    #[error("the subject's key has {got} parts where {want} are needed")]
    KeyParts { want: usize, got: usize },
    #[error("a key of {got} columns is wider than the {KEY_WIDTH} that are supported")]
    TooWide { got: usize },
    #[error("`{column}` of {table} cannot take a pseudonym")]
    NoPseudonym { table: TableName, column: String },
    #[error("a handing over needs a successor with a key of one column")]
    NoSuccessor,
}

/// Where the tuples of sets with kept keys come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeptKeys {
    /// Their conditions run in place.
    InPlace,
    /// The key table holds them.
    KeyTable,
}

/// How the subject's key gets into the text.
#[derive(Debug, Clone, Copy)]
pub(crate) enum SubjectValues<'a> {
    Parameters,
    Literals(&'a [String]),
}

/// A value that a statement needs when it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Parameter {
    /// Part of the subject's key; `column` tells SQLite how it is stored.
    Subject { part: usize, table: TableName, column: String },
    /// The tuples of a set of another source, as a JSON array of arrays of texts (SQLite; PostgreSQL reads a setting).
    Carried(SetId),
    /// The key of whoever takes over.
    Successor { table: TableName, column: String },
    /// The secret of this run's pseudonyms, in hexadecimal digits.
    PseudonymSecret,
    /// A constant of the map for this column.
    Constant { text: String, table: TableName, column: String },
    /// A text that is compared with texts.
    Text(String),
}

/// A statement and what to bind to it, in the order of the numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rendered {
    pub sql: String,
    pub parameters: Vec<Parameter>,
}

/// What is needed to turn a plan's conditions into SQL of one database.
#[derive(Clone, Copy)]
pub(crate) struct Renderer<'a> {
    pub catalog: &'a Catalog,
    /// PostgreSQL's schema for tables whose name says none.
    pub default_schema: Option<&'a str>,
    pub sets: &'a [RowSet],
    pub kept_keys: KeptKeys,
    /// The sets that the table of held sets has, for a statement of SQLite.
    pub held: &'a [SetId],
    /// How many tuples the key table has of a set, where that is known.
    pub kept_rows: &'a [(SetId, u64)],
    pub subject: SubjectValues<'a>,
}

/// A statement under construction.
pub(crate) struct Draft {
    pub parameters: Vec<Parameter>,
    aliases: usize,
    kind: SourceKind,
    /// Each set that the statement mentions, rendered once; the text holds a mark in its place until [`Self::finish`].
    definitions: Vec<Definition>,
}

/// The query of a set's tuples.
struct Definition {
    set: SetId,
    sql: String,
    columns: Vec<operand::Operand>,
}

/// A statement that would be longer than this with every set written out wherever it is mentioned names its sets once, ahead of it.
/// Sets of sets grow with every level, and databases take seconds to plan what comes of it; shorter ones they plan best in place.
const LONGEST_IN_PLACE: usize = 8_000;

/// Encloses the number of a set where its query is to stand; no text of a plan holds it.
const MARK: char = '\u{2}';

impl Draft {
    /// A fresh alias for a table.
    pub(crate) fn alias(&mut self) -> String {
        self.aliases += 1;
        format!("t{}", self.aliases)
    }

    /// A placeholder for one more value.
    pub(crate) fn parameter(&mut self, parameter: Parameter) -> String {
        self.parameters.push(parameter);
        let number = self.parameters.len();
        match self.kind {
            SourceKind::Postgres => format!("${number}"),
            SourceKind::Sqlite | SourceKind::Files => format!("?{number}"),
        }
    }

    /// What stands for the tuples of a set that was rendered before.
    fn mention(&self, set: SetId) -> Option<(String, Vec<operand::Operand>)> {
        let definition = self.definitions.iter().find(|definition| definition.set == set)?;
        Some((format!("{MARK}{}{MARK}", set.0), definition.columns.clone()))
    }

    /// Puts the queries of sets where they are mentioned, or ahead of the statement where that would make it too long.
    pub(crate) fn finish(self, sql: String) -> Rendered {
        self.finish_within(sql, LONGEST_IN_PLACE)
    }

    /// Puts the queries of sets that are mentioned more than once ahead of the statement.
    pub(crate) fn finish_shared(self, sql: String) -> Rendered {
        self.finish_within(sql, 0)
    }

    fn finish_within(self, sql: String, longest: usize) -> Rendered {
        let mentions =
            |text: &str| text.split(MARK).skip(1).step_by(2).filter_map(|number| number.parse().ok().map(SetId)).collect::<Vec<_>>();
        // A set mentions only sets that were finished before it, so that they stand before it here too.
        let mut lengths: Vec<(SetId, usize)> = Vec::with_capacity(self.definitions.len());
        let in_place = |text: &str, lengths: &[(SetId, usize)]| {
            let inner = |set: SetId| lengths.iter().find(|(known, _)| *known == set).map_or(0, |(_, length)| *length);
            mentions(text).into_iter().map(inner).fold(text.len(), usize::saturating_add)
        };
        for definition in &self.definitions {
            lengths.push((definition.set, in_place(&definition.sql, &lengths)));
        }
        let long = in_place(&sql, &lengths) > longest;
        let texts = || std::iter::once(sql.as_str()).chain(self.definitions.iter().map(|definition| definition.sql.as_str()));
        let mut written: Vec<(SetId, String)> = Vec::with_capacity(self.definitions.len());
        let fill = |text: &str, written: &[(SetId, String)]| {
            let query = |number: &str| {
                let set = number.parse().ok().map(SetId);
                written.iter().find(|(known, _)| Some(*known) == set).map(|(_, query)| query.clone()).unwrap_or_default()
            };
            text.split(MARK).enumerate().map(|(at, part)| if at % 2 == 1 { query(part) } else { part.to_owned() }).collect::<String>()
        };
        let mut ahead = Vec::new();
        for definition in &self.definitions {
            let query = fill(&definition.sql, &written);
            let mentioned = texts().flat_map(mentions).filter(|set| *set == definition.set).count();
            // A set that looks at no other one is best left for the database to join.
            let named = long && mentioned > 1 && definition.sql.contains(MARK);
            written.push((definition.set, if named { self.named(definition, query, &mut ahead) } else { query }));
        }
        let body = fill(&sql, &written);
        let sql = if ahead.is_empty() { body } else { format!("WITH {} {body}", ahead.join(", ")) };
        Rendered { sql, parameters: self.parameters }
    }

    /// Writes the query ahead of the statement; returns what reads it by its name.
    fn named(&self, definition: &Definition, query: String, ahead: &mut Vec<String>) -> String {
        let columns: Vec<String> = (1..=definition.columns.len()).map(|number| format!("k{number}")).collect();
        let (name, columns) = (format!("s{}", definition.set.0), columns.join(", "));
        ahead.push(format!("{name} ({columns}) AS ({query})"));
        format!("SELECT {columns} FROM {name}")
    }
}

impl<'a> Renderer<'a> {
    pub(crate) fn draft(&self) -> Draft {
        Draft { parameters: Vec::new(), aliases: 0, kind: self.catalog.kind, definitions: Vec::new() }
    }

    pub(crate) fn is_postgres(&self) -> bool {
        match self.catalog.kind {
            SourceKind::Postgres => true,
            SourceKind::Sqlite | SourceKind::Files => false,
        }
    }

    pub(crate) fn source(&self) -> &SourceName {
        &self.catalog.source
    }

    pub(crate) fn table(&self, name: &TableName) -> Result<&'a Table, Error> {
        self.catalog.table(name).ok_or_else(|| Error::NoTable { table: name.clone() })
    }

    pub(crate) fn column(&self, table: &'a Table, name: &str) -> Result<&'a Column, Error> {
        table.column(name).ok_or_else(|| Error::NoColumn { table: table.name.clone(), column: name.to_owned() })
    }

    /// The table's name as SQL.
    pub(crate) fn table_name(&self, name: &TableName) -> String {
        let schema = match self.catalog.kind {
            SourceKind::Postgres => name.schema.as_deref().or(self.default_schema).unwrap_or("public"),
            SourceKind::Sqlite | SourceKind::Files => "main",
        };
        format!("{}.{}", identifier(schema), identifier(&name.name))
    }

    pub(crate) fn key_table(&self) -> String {
        match self.catalog.kind {
            SourceKind::Postgres => format!("pg_temp.{KEY_TABLE}"),
            SourceKind::Sqlite | SourceKind::Files => format!("temp.{KEY_TABLE}"),
        }
    }

    /// The table that holds sets for the statements that come next.
    pub(crate) fn held_table(&self) -> String {
        format!("temp.{}", held::HELD_TABLE)
    }

    /// The table that a set's tuples were put into; `None` where its condition runs in place.
    pub(crate) fn filled_table(&self, set: &RowSet) -> Option<String> {
        if set.keep_keys && self.kept_keys == KeptKeys::KeyTable {
            Some(self.key_table())
        } else {
            self.held.contains(&set.id).then(|| self.held_table())
        }
    }

    /// The columns of the key table that hold a set's tuples.
    ///
    /// SQLite compares by the affinity of both sides, so there a value is kept in a column whose affinity is that of its own: `t1` for
    /// texts, `n1` for numbers, `k1` for the rest and for what another source brought.
    pub(crate) fn key_columns(&self, set: &RowSet) -> Vec<String> {
        let table = self.catalog.table(&set.table);
        let prefix = |path: &ColumnPath| match (self.is_postgres(), table.and_then(|table| table.column(&path.column))) {
            (true, _) | (false, None) => 'k',
            (false, Some(_)) if !path.json.is_empty() => 't',
            (false, Some(column)) => match affinity(&column.declared_type) {
                Affinity::Text => 't',
                Affinity::Numeric => 'n',
                Affinity::None => 'k',
            },
        };
        (1..).zip(&set.columns).map(|(number, path): (usize, &ColumnPath)| format!("{}{number}", prefix(path))).collect()
    }

    /// The condition with what is known of the key table's sets put in.
    pub(crate) fn node(&self, condition: &Condition) -> Node {
        Node::of(condition).without(&|id| self.kept_rows(id) == Some(0))
    }

    /// How many tuples a set has in the key table; `None` where its tuples do not come from there, or where that is not known.
    pub(crate) fn kept_rows(&self, id: SetId) -> Option<u64> {
        let set = self.sets.iter().find(|set| set.id == id)?;
        let kept = self.kept_keys == KeptKeys::KeyTable && (set.keep_keys || set.table.source != *self.source());
        self.kept_rows.iter().find(|(known, _)| kept && *known == id).map(|(_, rows)| *rows)
    }

    pub(crate) fn set(&self, id: SetId) -> Result<&'a RowSet, Error> {
        self.sets.iter().find(|set| set.id == id).ok_or(Error::NoSet)
    }

    /// A text constant that is no personal data.
    pub(crate) fn text(&self, text: &str) -> String {
        match self.catalog.kind {
            SourceKind::Postgres => postgres_text(text),
            SourceKind::Sqlite | SourceKind::Files => format!("'{}'", text.replace('\'', "''")),
        }
    }
}
