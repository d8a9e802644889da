//! The capability to erase.

mod key_table;
mod transaction;

use std::sync::Arc;
use std::time::Duration;

use exeunt_model::catalog::{Catalog, Hazard, Table};
use exeunt_model::names::{SourceName, TableName};
use exeunt_model::plan::{Outline, Step, Work};
use exeunt_model::selection::{Condition, RowSet};

use crate::error::Error;
use crate::keys::{ChangeValues, Keys, Lookup};
use crate::link::{Connection, Link, Terms, TextRows, postgres_statements, sqlite_values};
use crate::look::Look;
use crate::named::OddNames;
use crate::postgres::session::search_default;
use crate::render::{KeptKeys, Rendered, SubjectValues};
use crate::search::{SearchLimits, Searched, search};
use crate::sqlite::connection::told;

use key_table::KeyTable;
pub use transaction::Fate;
use transaction::State;

/// How long an erasure waits for a lock that somebody else holds.
pub const LOCK_PATIENCE: Duration = Duration::from_secs(30);

/// An open database from which rows can be erased. Only an erasure opens one, with [`Database::eraser`](crate::Database::eraser).
///
/// ```text
/// begin → fill_keys → count (guards) → apply → count (nothing left) → commit → count (on a fresh snapshot)
/// ```
///
/// Key sets live in a temporary table of this connection: they outlive a commit and never the connection. Calls outside a
/// transaction read the newest state of the database.
pub struct Eraser {
    link: Link,
    state: State,
    key_table: KeyTable,
    patience: Duration,
    /// The number of the open transaction.
    transaction: Option<String>,
    /// The search path of the open transaction is that of triggers.
    sees_as_triggers_do: bool,
}

impl Look for Eraser {
    fn name(&self) -> &SourceName {
        &self.link.database
    }

    fn introspect(&mut self) -> Result<Catalog, Error> {
        self.reading(|link| link.introspect()).map(Arc::unwrap_or_clone)
    }

    /// Key sets are filled where the plan concerns this database at all.
    fn prepare(&mut self, outline: &Outline, keys: &Keys) -> Result<(), Error> {
        if !outline.sources().contains(&&self.link.database) {
            return Ok(());
        }
        let keys = keys.carried_to(&self.link.database, &outline.sets);
        self.fill_keys(&outline.sets, &keys)
    }

    fn bring(&mut self, sets: &[RowSet], set: &RowSet, tuples: &[Vec<String>]) -> Result<(), Error> {
        self.import_keys(sets, set, tuples)
    }

    fn count_all(&mut self, sets: &[RowSet], of: &[(&TableName, &Condition)], keys: &Keys) -> Result<Vec<u64>, Error> {
        let terms = self.terms(sets, keys);
        self.reading(|link| link.count_all(terms, of))
    }

    fn values(&mut self, sets: &[RowSet], lookup: &Lookup<'_>, keys: &Keys, row: &mut dyn FnMut(&[Option<&str>])) -> Result<(), Error> {
        let terms = self.terms(sets, keys);
        self.reading(|link| link.values(terms, lookup, row))
    }

    fn values_all(&mut self, sets: &[RowSet], lookups: &[Lookup<'_>], keys: &Keys) -> Result<Vec<TextRows>, Error> {
        let terms = self.terms(sets, keys);
        self.reading(|link| link.values_all(terms, lookups))
    }

    fn find_key(&mut self, table: &TableName, columns: &[String], typed: &[String]) -> Result<Option<Vec<String>>, Error> {
        self.reading(|link| link.find_key(table, columns, typed))
    }

    fn odd_names(&mut self, columns: &[(&TableName, &str)]) -> Result<OddNames, Error> {
        self.reading(|link| crate::named::odd_names(link, columns))
    }
}

impl Eraser {
    pub(crate) fn new(link: Link, patience: Duration) -> Self {
        Self { link, state: State::Idle, key_table: KeyTable::Missing, patience, transaction: None, sees_as_triggers_do: false }
    }

    /// Runs steps in order and tells how many rows each affected. On PostgreSQL they go out together.
    ///
    /// Whether the numbers are those of the plan is for the caller to see before it commits. After an error the transaction must be
    /// rolled back.
    pub fn apply(&mut self, sets: &[RowSet], steps: &[&Step], keys: &Keys, values: &ChangeValues) -> Result<Vec<u64>, Error> {
        const OPERATION: &str = "erase rows";
        self.expect(OPERATION, State::Erasing)?;
        let terms = erasing(sets, keys, Some(values));
        self.link.unchanged = false;
        self.bring_sets(terms, steps)?;
        self.see_as_triggers_do(steps)?;
        let statements = self.link.render(terms, SubjectValues::Parameters, |renderer| {
            steps.iter().map(|step| renderer.step(step)).collect::<Result<Vec<_>, _>>()
        })?;
        let parts: Vec<usize> = statements.iter().map(Vec::len).collect();
        let affected = self.execute(OPERATION, &statements.concat(), terms)?;
        let mut affected = affected.into_iter();
        Ok(parts.into_iter().map(|parts| affected.by_ref().take(parts).sum()).collect())
    }

    /// Deletes at most `limit` rows of a deleting step; 0 means that none are left. Running it again is safe.
    ///
    /// Rows of a tree, and rows of a partitioned table without a key, go all at once whatever the limit.
    pub fn apply_batch(&mut self, sets: &[RowSet], step: &Step, limit: u64, keys: &Keys) -> Result<u64, Error> {
        const OPERATION: &str = "erase rows";
        self.expect(OPERATION, State::Erasing)?;
        let Work::Delete { tree, .. } = &step.work else {
            return Err(self.unsupported(OPERATION, "only deletions are done in batches"));
        };
        let catalog = self.link.catalog()?;
        let undivided = catalog.table(&step.table).is_some_and(|table| !table.partitions.is_empty() && table.row_key().is_none());
        if *tree || undivided {
            return Ok(self.apply(sets, &[step], keys, &ChangeValues::default())?.iter().sum());
        }
        let row_number = self.row_number(&step.table)?;
        self.link.unchanged = false;
        let terms = erasing(sets, keys, None);
        self.bring_sets(terms, &[step])?;
        self.see_as_triggers_do(&[step])?;
        let statement = self
            .link
            .render(terms, SubjectValues::Parameters, |renderer| renderer.delete_some(&step.table, &step.condition, limit, row_number))?;
        Ok(self.execute(OPERATION, &[statement], terms)?.iter().sum())
    }

    /// Whether statements change those rows alone that they name: the database has no triggers or rules that could do more.
    pub fn does_only_what_is_asked(&mut self) -> Result<bool, Error> {
        let rewrites = |hazard: &Hazard| matches!(hazard, Hazard::Rule { .. });
        let plain = |table: &Table| table.triggers.is_empty() && !table.hazards.iter().any(rewrites);
        Ok(self.link.catalog()?.tables.iter().all(plain))
    }

    /// The columns of a table that name each of its rows; `None` where there are none.
    pub fn row_key(&mut self, table: &TableName) -> Result<Option<Vec<String>>, Error> {
        let catalog = self.link.catalog()?;
        Ok(catalog.table(table).and_then(|table| table.row_key()).map(<[String]>::to_vec))
    }

    /// Whether a column may hold no value; true for one that is not known.
    pub fn is_nullable(&mut self, table: &TableName, column: &str) -> Result<bool, Error> {
        let catalog = self.link.catalog()?;
        let found = catalog.table(table).and_then(|table| table.column(column));
        Ok(found.is_none_or(|column| column.nullable))
    }

    /// Which of these names of files some row still holds in one of the columns.
    pub fn still_named(&mut self, columns: &[(&TableName, &str)], files: &[String]) -> Result<Vec<String>, Error> {
        self.reading(|link| crate::named::still_named(link, columns, files))
    }

    /// Looks for texts as [`Reader::search`](crate::Reader::search) does, in the open transaction or on the newest state.
    pub fn search(&mut self, tables: &[&TableName], texts: &[String], limits: SearchLimits) -> Result<Vec<Searched>, Error> {
        self.reading(|link| search(link, tables, texts, limits))
    }

    fn terms<'a>(&self, sets: &'a [RowSet], keys: &'a Keys) -> Terms<'a> {
        // Before the key sets are filled, conditions run in place.
        let kept_keys = if self.key_table == KeyTable::Missing { KeptKeys::InPlace } else { KeptKeys::KeyTable };
        Terms { sets, keys, kept_keys, values: None }
    }

    /// What was asked since the sets were filled may have left those of other conditions in SQLite's table of held sets.
    fn bring_sets(&mut self, terms: Terms<'_>, steps: &[&Step]) -> Result<(), Error> {
        let conditions: Vec<&Condition> = steps.iter().map(|step| &step.condition).collect();
        self.link.bring_sets(terms, &conditions)
    }

    /// Triggers run with the search path of the session: theirs is that of the platform, not ours. One round trip, once in a transaction.
    fn see_as_triggers_do(&mut self, steps: &[&Step]) -> Result<(), Error> {
        let catalog = self.link.catalog()?;
        let fires = steps.iter().any(|step| catalog.table(&step.table).is_some_and(|table| !table.triggers.is_empty()));
        if !fires || self.sees_as_triggers_do {
            return Ok(());
        }
        if let Connection::Postgres(session) = &mut self.link.connection {
            session.run("set the search path for triggers", &search_default())?;
        }
        self.sees_as_triggers_do = true;
        Ok(())
    }

    fn execute(&mut self, operation: &str, statements: &[Rendered], terms: Terms<'_>) -> Result<Vec<u64>, Error> {
        let database = self.link.database.clone();
        let catalog = self.link.catalog()?;
        match &mut self.link.connection {
            Connection::Postgres(session) => {
                let answers = session.ask_all(operation, &postgres_statements(&database, statements, terms)?)?;
                Ok(answers.iter().map(|answer| answer.affected).collect())
            }
            Connection::Sqlite { connection, .. } => {
                let run = |rendered: &Rendered| {
                    let values = sqlite_values(&database, &catalog, rendered, terms)?;
                    let changed = connection
                        .prepare_cached(&rendered.sql)
                        .and_then(|mut statement| statement.execute(rusqlite::params_from_iter(values)))
                        .map_err(|error| told(&database, operation, &error))?;
                    Ok(changed as u64)
                };
                statements.iter().map(run).collect()
            }
        }
    }

    /// The name by which SQLite numbers the table's rows; `None` for a table without row numbers, and on PostgreSQL.
    fn row_number(&mut self, table: &TableName) -> Result<Option<&'static str>, Error> {
        let catalog = self.link.catalog()?;
        let Connection::Sqlite { connection, .. } = &self.link.connection else { return Ok(None) };
        let without: bool = connection
            .query_row("SELECT wr FROM pragma_table_list WHERE schema = 'main' AND name = ?1", [&table.name], |row| row.get(0))
            .map_err(|error| told(&self.link.database, "look at a table", &error))?;
        let hidden = |name: &&&str| {
            catalog.table(table).is_some_and(|table| table.columns.iter().any(|column| column.name.eq_ignore_ascii_case(name)))
        };
        Ok(["rowid", "_rowid_", "oid"].iter().find(|name| !without && !hidden(name)).copied())
    }

    fn unsupported(&self, operation: &str, reason: &str) -> Error {
        Error::Unsupported { database: self.link.database.clone(), operation: operation.to_owned(), reason: reason.to_owned() }
    }
}

impl std::fmt::Debug for Eraser {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Eraser").field("database", &self.link.database).field("state", &self.state).finish_non_exhaustive()
    }
}

fn erasing<'a>(sets: &'a [RowSet], keys: &'a Keys, values: Option<&'a ChangeValues>) -> Terms<'a> {
    Terms { sets, keys, kept_keys: KeptKeys::KeyTable, values }
}
