//! The key table: the tuples of a plan's sets, kept on the connection for as long as it is open.

use exeunt_model::selection::{Condition, RowSet, SetId};

use super::transaction::State;
use super::{Eraser, erasing};
use crate::error::Error;
use crate::keys::Keys;
use crate::link::{Connection, Terms, json_of};
use crate::postgres::session::Statement;
use crate::render::{KEY_TABLE, Rendered, SubjectValues};
use crate::sqlite::connection::told;
use crate::sqlite::value::value_of;

/// Tuples that are loaded into the key table at once.
const TUPLES_AT_ONCE: usize = 10_000;
/// From so many new tuples on, PostgreSQL gets new statistics of the key table.
const MANY_KEYS: u64 = 1_000;
/// A statement of this length looks at many tables, and should find statistics of the sets that it looks at.
const LONG_STATEMENT: usize = 1_000;

/// Whether the connection has its key table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyTable {
    Missing,
    /// Made in the transaction that is open: a rollback takes it away.
    Fresh,
    Kept,
}

impl Eraser {
    /// Puts the tuples of every set with kept keys into the key table: those of this database by their conditions, in order, those
    /// of other sources from `keys`.
    pub fn fill_keys(&mut self, sets: &[RowSet], keys: &Keys) -> Result<(), Error> {
        self.expect("fill the key sets", State::Erasing)?;
        let refill = self.key_table != KeyTable::Missing;
        self.link.unchanged = false;
        self.link.kept_rows.clear();
        self.make_key_table()?;
        for (id, tuples) in &keys.carried {
            if let Some(set) = sets.iter().find(|set| set.id == *id) {
                self.load(sets, set, tuples)?;
            }
        }
        let terms = erasing(sets, keys, None);
        let database = self.link.database.clone();
        let kept = |set: &&RowSet| set.keep_keys && set.table.source == database;
        let conditions: Vec<&Condition> = sets.iter().filter(kept).map(|set| &set.condition).collect();
        let held = self.link.held_sets(terms, &conditions)?;
        let own: Vec<&RowSet> = sets.iter().filter(|set| kept(set) || held.contains(&set.id)).collect();
        let (room, fills) = self.link.render(terms, SubjectValues::Parameters, |renderer| {
            let mut room = Vec::new();
            if !held.is_empty() {
                room.extend(renderer.empty_held_table().map(|sql| Rendered { sql, parameters: Vec::new() }));
            }
            for set in own.iter().filter(|set| refill && set.keep_keys) {
                room.push(Rendered { sql: renderer.forget_set(set.id), parameters: Vec::new() });
            }
            Ok((room, own.iter().map(|set| renderer.fill(set)).collect::<Result<Vec<_>, _>>()?))
        })?;
        let mut next = room;
        let mut sets_of_next = Vec::new();
        let (mut analyzed, mut filled) = (0, 0);
        for (set, fill) in own.iter().zip(fills) {
            if fill.sql.len() > LONG_STATEMENT {
                filled += self.fill_some(&std::mem::take(&mut next), &std::mem::take(&mut sets_of_next), terms)?;
                if filled - analyzed >= MANY_KEYS.max(analyzed) {
                    self.prepare_for_many()?;
                    analyzed = filled;
                }
            }
            next.push(fill);
            sets_of_next.push(*set);
        }
        filled += self.fill_some(&next, &sets_of_next, terms)?;
        if filled - analyzed >= MANY_KEYS {
            self.prepare_for_many()?;
        }
        self.link.unchanged = true;
        Ok(())
    }

    /// Runs statements of which the last ones fill these sets, and keeps in mind how many tuples each has.
    fn fill_some(&mut self, statements: &[Rendered], sets: &[&RowSet], terms: Terms<'_>) -> Result<u64, Error> {
        if statements.is_empty() {
            return Ok(0);
        }
        let affected = self.execute("fill the key sets", statements, terms)?;
        let filled = &affected[affected.len().saturating_sub(sets.len())..];
        let kept = sets.iter().zip(filled).filter(|(set, _)| set.keep_keys);
        self.link.kept_rows.extend(kept.map(|(set, rows)| (set.id, *rows)));
        Ok(filled.iter().sum())
    }

    /// Puts tuples, as [`Self::export_keys`] gave them, into the key table in place of those of the set that are there.
    pub fn import_keys(&mut self, sets: &[RowSet], set: &RowSet, tuples: &[Vec<String>]) -> Result<(), Error> {
        self.expect("load a key set", State::Erasing)?;
        self.link.unchanged &= set.table.source != self.link.database;
        self.make_key_table()?;
        self.load(sets, set, tuples)?;
        if tuples.len() as u64 >= MANY_KEYS { self.prepare_for_many() } else { Ok(()) }
    }

    /// Passes the tuples of these sets in the key table on, for the journal or for another source.
    pub fn export_keys(&mut self, sets: &[RowSet], wanted: &[&RowSet], tuple: &mut dyn FnMut(SetId, &[&str])) -> Result<(), Error> {
        const OPERATION: &str = "read key sets";
        let keys = Keys::default();
        let terms = erasing(sets, &keys, None);
        self.reading(|link| {
            let queries = link.render(terms, SubjectValues::Parameters, |renderer| Ok(renderer.kept_tuples(wanted)))?;
            for sql in queries {
                let query = Rendered { sql, parameters: Vec::new() };
                link.rows(OPERATION, &query, terms, &mut |row| {
                    let id = row.first().copied().flatten();
                    let Some(set) = wanted.iter().find(|set| Some(set.id.0) == id.and_then(|id| id.parse().ok())) else { return };
                    // The key table holds no nulls in the columns that a set has.
                    let values: Vec<&str> = row[1..=set.columns.len()].iter().map(|value| value.unwrap_or_default()).collect();
                    tuple(set.id, &values);
                })?;
            }
            Ok(())
        })
    }

    fn make_key_table(&mut self) -> Result<(), Error> {
        if self.key_table != KeyTable::Missing {
            return Ok(());
        }
        let keys = Keys::default();
        let terms = erasing(&[], &keys, None);
        let create = self.link.render(terms, SubjectValues::Parameters, |renderer| Ok(renderer.create_key_table()))?;
        // Sets are filled from the sets before them: without an index each would be looked for among all.
        let index = match self.link.connection {
            Connection::Postgres(_) => "CREATE INDEX exeunt_key_set ON pg_temp.exeunt_key (set_id)",
            Connection::Sqlite { .. } => "CREATE INDEX temp.exeunt_key_set ON exeunt_key (set_id)",
        };
        let statements = [create, index.to_owned()].map(|sql| Rendered { sql, parameters: Vec::new() });
        self.execute("make room for key sets", &statements, terms)?;
        self.key_table = KeyTable::Fresh;
        Ok(())
    }

    pub(super) fn forget_fresh_key_table(&mut self) {
        if self.key_table == KeyTable::Fresh {
            self.key_table = KeyTable::Missing;
        }
    }

    /// Replaces the tuples of a set in the key table.
    fn load(&mut self, sets: &[RowSet], set: &RowSet, tuples: &[Vec<String>]) -> Result<(), Error> {
        const OPERATION: &str = "load a key set";
        self.link.kept_rows.retain(|(known, _)| *known != set.id);
        let keys = Keys::default();
        let terms = erasing(sets, &keys, None);
        let (forget, names) =
            self.link.render(terms, SubjectValues::Parameters, |renderer| Ok((renderer.forget_set(set.id), renderer.key_columns(set))))?;
        self.execute(OPERATION, &[Rendered { sql: forget, parameters: Vec::new() }], terms)?;
        let width = set.columns.len();
        let names = names.join(", ");
        if tuples.iter().any(|tuple| tuple.len() != width) {
            let problem = "a key set's tuple has another number of values than its columns".to_owned();
            return Err(Error::Plan { database: self.link.database.clone(), problem });
        }
        let database = self.link.database.clone();
        let catalog = self.link.catalog()?;
        match &mut self.link.connection {
            Connection::Postgres(session) => {
                let list: Vec<String> = (0..width).map(|at| format!("value ->> {at}")).collect();
                let sql = format!(
                    "INSERT INTO pg_temp.{KEY_TABLE} (set_id, {names}) SELECT {}, {} FROM json_array_elements(CAST($1 AS json))",
                    set.id.0,
                    list.join(", ")
                );
                for part in tuples.chunks(TUPLES_AT_ONCE) {
                    let statement = Statement { sql: sql.clone(), parameters: vec![Some(json_of(&database, part)?)] };
                    session.ask(OPERATION, &statement)?;
                }
            }
            Connection::Sqlite { connection, .. } => {
                let marks: Vec<String> = (1..=width).map(|number| format!("?{number}")).collect();
                let sql = format!("INSERT INTO temp.{KEY_TABLE} (set_id, {names}) VALUES ({}, {})", set.id.0, marks.join(", "));
                // Tuples of another source are compared by affinity; those of this one get their own type back.
                let table = catalog.table(&set.table);
                let columns: Vec<_> = set
                    .columns
                    .iter()
                    .map(|path| table.filter(|_| path.json.is_empty()).and_then(|table| table.column(&path.column)))
                    .collect();
                let mut statement = connection.prepare_cached(&sql).map_err(|error| told(&database, OPERATION, &error))?;
                for tuple in tuples {
                    let values = tuple.iter().zip(&columns).map(|(text, column)| value_of(*column, text));
                    statement.execute(rusqlite::params_from_iter(values)).map_err(|error| told(&database, OPERATION, &error))?;
                }
            }
        }
        self.link.kept_rows.push((set.id, tuples.len() as u64));
        Ok(())
    }

    /// Gives PostgreSQL statistics of a large key table.
    fn prepare_for_many(&mut self) -> Result<(), Error> {
        if matches!(self.link.connection, Connection::Sqlite { .. }) {
            return Ok(());
        }
        let keys = Keys::default();
        let terms = erasing(&[], &keys, None);
        // Keys are cast whenever they are compared, so that statistics of their columns would serve nobody.
        let statement = Rendered { sql: "ANALYZE pg_temp.exeunt_key (set_id)".to_owned(), parameters: Vec::new() };
        self.execute("prepare the key sets", &[statement], terms).map(drop)
    }
}
