//! The capability to erase.

use std::sync::Arc;
use std::time::Duration;

use exeunt_model::catalog::{Catalog, ColumnKind, Hazard, Table};
use exeunt_model::names::{SourceName, TableName};
use exeunt_model::plan::{Step, Work};
use exeunt_model::selection::{Condition, RowSet, SetId};

use crate::error::Error;
use crate::keys::{ChangeValues, Keys, Lookup};
use crate::link::{Connection, Link, Terms, TextRows, json_of, postgres_statements, sqlite_values};
use crate::named::OddNames;
use crate::postgres::session::{Statement, search_default};
use crate::render::{KEY_TABLE, KeptKeys, Rendered, SubjectValues};
use crate::search::{SearchLimits, Searched, search};
use crate::sqlite::connection::told;
use crate::sqlite::value::value_of;

/// How long an erasure waits for a lock that somebody else holds.
pub const LOCK_PATIENCE: Duration = Duration::from_secs(30);

/// Tuples that are loaded into the key table at once.
const TUPLES_AT_ONCE: usize = 10_000;
/// From so many new tuples on, PostgreSQL gets new statistics of the key table.
const MANY_KEYS: u64 = 1_000;
/// A statement of this length looks at many tables, and should find statistics of the sets that it looks at.
const LONG_STATEMENT: usize = 1_000;

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

/// What became of a transaction, as the server itself says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Committed,
    RolledBack,
    GoingOn,
    /// The database keeps no record of its transactions, or not of this one any more.
    Unknown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Idle,
    /// A transaction that may write.
    Erasing,
    /// A transaction that only reads, with one moment for several questions.
    Reading,
    /// A commit whose end nobody knows, or a failed rollback.
    Lost,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum KeyTable {
    Missing,
    /// Made in the transaction that is open: a rollback takes it away.
    Fresh,
    Kept,
}

impl Eraser {
    pub(crate) fn new(link: Link, patience: Duration) -> Self {
        Self { link, state: State::Idle, key_table: KeyTable::Missing, patience, transaction: None, sees_as_triggers_do: false }
    }

    pub fn name(&self) -> &SourceName {
        &self.link.database
    }

    /// Reads what the database looks like: in the open transaction, or now.
    pub fn introspect(&mut self) -> Result<Catalog, Error> {
        self.reading(|link| link.introspect()).map(Arc::unwrap_or_clone)
    }

    /// Begins the transaction: REPEATABLE READ with a limit on waiting for locks on PostgreSQL, BEGIN IMMEDIATE on SQLite. Foreign keys
    /// that can be checked at commit are.
    pub fn begin(&mut self) -> Result<(), Error> {
        self.expect("begin a transaction", State::Idle)?;
        match &mut self.link.connection {
            Connection::Postgres(session) => {
                let patience_ms = u64::try_from(self.patience.as_millis()).unwrap_or(u64::MAX);
                self.transaction = session.begin_erasing(patience_ms)?;
            }
            Connection::Sqlite { connection, .. } => connection
                .execute_batch("BEGIN IMMEDIATE; PRAGMA defer_foreign_keys = ON;")
                .map_err(|error| told(&self.link.database, "begin a transaction", &error))?,
        }
        self.state = State::Erasing;
        self.sees_as_triggers_do = false;
        self.link.unchanged = false;
        Ok(())
    }

    /// The number by which PostgreSQL knows the transaction that was begun last; SQLite numbers none.
    pub fn transaction(&self) -> Option<&str> {
        self.transaction.as_deref()
    }

    /// What became of a transaction of this database, by the number that [`Self::transaction`] gave for it. Asked in the open transaction.
    pub fn fate_of(&mut self, transaction: &str) -> Result<Fate, Error> {
        const OPERATION: &str = "ask what became of a transaction";
        self.expect(OPERATION, State::Erasing)?;
        let Connection::Postgres(session) = &mut self.link.connection else { return Ok(Fate::Unknown) };
        // A number that is not given out yet is of the time before a restore. Our own is the newest that surely is.
        let sql = "SELECT CASE WHEN CAST($1 AS bigint) < txid_current() THEN txid_status(CAST($1 AS bigint)) END";
        let answer = session.ask(OPERATION, &Statement { sql: sql.to_owned(), parameters: vec![Some(transaction.to_owned())] })?;
        let status = answer.rows.first().and_then(|row| row.first().cloned().flatten());
        Ok(match status.as_deref() {
            Some("committed") => Fate::Committed,
            Some("aborted") => Fate::RolledBack,
            Some("in progress") => Fate::GoingOn,
            Some(_) | None => Fate::Unknown,
        })
    }

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

    /// Counts the rows of each condition, in the open transaction or on the newest state.
    pub fn count_all(&mut self, sets: &[RowSet], of: &[(&TableName, &Condition)], keys: &Keys) -> Result<Vec<u64>, Error> {
        let terms = self.terms(sets, keys);
        self.reading(|link| link.count_all(terms, of))
    }

    /// Passes the text forms of columns and places on, row by row, as [`Reader::values`](crate::Reader::values) does.
    pub fn values(&mut self, sets: &[RowSet], lookup: &Lookup<'_>, keys: &Keys, row: &mut dyn FnMut(&[Option<&str>])) -> Result<(), Error> {
        let terms = self.terms(sets, keys);
        self.reading(|link| link.values(terms, lookup, row))
    }

    /// The text forms of several lookups, as [`Reader::values_all`](crate::Reader::values_all) gives them.
    pub fn values_all(&mut self, sets: &[RowSet], lookups: &[Lookup<'_>], keys: &Keys) -> Result<Vec<TextRows>, Error> {
        let terms = self.terms(sets, keys);
        self.reading(|link| link.values_all(terms, lookups))
    }

    /// The key as the database itself writes it, as [`Reader::find_key`](crate::Reader::find_key) does.
    pub fn find_key(&mut self, table: &TableName, columns: &[String], typed: &[String]) -> Result<Option<Vec<String>>, Error> {
        self.reading(|link| link.find_key(table, columns, typed))
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

    /// Commits. [`Error::CommitUnknown`] means that only a recount on a new connection tells what happened.
    pub fn commit(&mut self) -> Result<(), Error> {
        const OPERATION: &str = "commit";
        self.expect(OPERATION, State::Erasing)?;
        // Until the database has said so, nothing is known.
        self.state = State::Lost;
        self.link.unchanged = false;
        match &mut self.link.connection {
            Connection::Postgres(session) => {
                // A transaction in which something failed is "committed" by rolling it back, without an error; but such a one
                // refuses to select anything.
                let rolled_back = match session.run(OPERATION, "SELECT 1; COMMIT") {
                    Ok(_) => None,
                    Err(Error::ConnectionLost { database, operation: _, reason }) => {
                        return Err(Error::CommitUnknown { database, reason });
                    }
                    Err(Error::Protocol { database, operation: _, problem }) => {
                        return Err(Error::CommitUnknown { database, reason: problem });
                    }
                    // A constraint that is checked at commit, for example: the server says that it rolled back.
                    Err(refused) => Some(refused),
                };
                if let Some(error) = rolled_back {
                    self.link.kept_rows.clear();
                    // A server that gave up as a whole has said nothing of the transaction: what it wrote last may be on its disk.
                    if session.run("roll back", "ROLLBACK").is_err() {
                        return Err(Error::CommitUnknown { database: self.link.database.clone(), reason: error.to_string() });
                    }
                    self.state = State::Idle;
                    self.forget_fresh_key_table();
                    return Err(error);
                }
            }
            Connection::Sqlite { connection, .. } => {
                if let Err(error) = connection.execute_batch("COMMIT") {
                    let error = told(&self.link.database, OPERATION, &error);
                    // A transaction that has ended may have reached the disk before it failed.
                    if connection.is_autocommit() {
                        return Err(Error::CommitUnknown { database: self.link.database.clone(), reason: error.to_string() });
                    }
                    // A refused commit leaves the transaction open, to be rolled back.
                    self.state = State::Erasing;
                    return Err(error);
                }
                // The write-ahead log still holds what was erased until it is emptied. A reader may stand in the way; then a later
                // commit empties it, so neither failing is one.
                let emptied = connection
                    .busy_timeout(Duration::ZERO)
                    .and_then(|()| connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())))
                    .and(connection.busy_timeout(self.patience));
                drop(emptied);
            }
        }
        self.state = State::Idle;
        if self.key_table == KeyTable::Fresh {
            self.key_table = KeyTable::Kept;
        }
        Ok(())
    }

    /// Rolls the open transaction back: nothing was changed.
    pub fn rollback(&mut self) -> Result<(), Error> {
        const OPERATION: &str = "roll back";
        if self.state != State::Erasing {
            return Ok(());
        }
        self.state = State::Lost;
        self.link.unchanged = false;
        // The sets may be those of an earlier transaction again.
        self.link.kept_rows.clear();
        match &mut self.link.connection {
            Connection::Postgres(session) => drop(session.run(OPERATION, "ROLLBACK")?),
            Connection::Sqlite { connection, .. } => {
                // Some failures of SQLite have rolled back already.
                if !connection.is_autocommit() {
                    connection.execute_batch("ROLLBACK").map_err(|error| told(&self.link.database, OPERATION, &error))?;
                }
            }
        }
        self.state = State::Idle;
        self.forget_fresh_key_table();
        Ok(())
    }

    /// Lets everything that is asked until [`Self::end_reading`] see one moment, the newest. On SQLite each question sees a moment of its own.
    pub fn begin_reading(&mut self) -> Result<(), Error> {
        self.expect("begin to read", State::Idle)?;
        if let Connection::Postgres(session) = &mut self.link.connection {
            session.begin_reading(None)?;
            self.state = State::Reading;
        }
        Ok(())
    }

    /// From now on each question sees the newest moment again.
    pub fn end_reading(&mut self) -> Result<(), Error> {
        if self.state != State::Reading {
            return Ok(());
        }
        self.state = State::Lost;
        if let Connection::Postgres(session) = &mut self.link.connection {
            session.run("end reading", "ROLLBACK")?;
        }
        self.state = State::Idle;
        Ok(())
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

    /// Whether a column holds text.
    pub fn is_text(&mut self, table: &TableName, column: &str) -> Result<bool, Error> {
        let catalog = self.link.catalog()?;
        let found = catalog.table(table).and_then(|table| table.column(column));
        Ok(found.is_some_and(|column| column.kind == ColumnKind::Text))
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

    /// The names of files in these columns that cannot be compared with others, as [`Reader::odd_names`](crate::Reader::odd_names) does.
    pub fn odd_names(&mut self, columns: &[(&TableName, &str)]) -> Result<OddNames, Error> {
        self.reading(|link| crate::named::odd_names(link, columns))
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

    /// Runs something that only reads: in the open transaction, or in one of its own that sees the newest state.
    fn reading<T>(&mut self, read: impl FnOnce(&mut Link) -> Result<T, Error>) -> Result<T, Error> {
        let alone = match self.state {
            State::Erasing => return read(&mut self.link),
            State::Lost => return Err(self.unsupported("read", "the connection's last transaction ended in the unknown")),
            State::Reading => false,
            State::Idle => true,
        };
        if alone {
            self.begin_reading()?;
        }
        let found = read(&mut self.link);
        // After a failure PostgreSQL answers nothing more in this transaction.
        if !alone && found.is_ok() {
            return found;
        }
        let ended = self.end_reading();
        found.and_then(|found| ended.map(|()| found))
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

    fn forget_fresh_key_table(&mut self) {
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

    fn expect(&self, operation: &str, want: State) -> Result<(), Error> {
        match self.state == want {
            true => Ok(()),
            false => Err(self.unsupported(
                operation,
                match want {
                    State::Erasing => "no transaction is open",
                    State::Idle => "a transaction is open already, or its end is unknown",
                    State::Reading => "no moment is being read",
                    State::Lost => "its end is known",
                },
            )),
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_commit_that_leaves_no_transaction_is_of_unknown_end() {
        let folder = tempfile::tempdir().unwrap();
        rusqlite::Connection::open(folder.path().join("app.db")).unwrap().execute_batch("CREATE TABLE note (id INTEGER)").unwrap();
        let kind = exeunt_model::catalog::SourceKind::Sqlite;
        let database = crate::Database::new(SourceName::new("app"), kind, "sqlite:app.db", &[], folder.path()).unwrap();
        let mut eraser = database.eraser().unwrap();
        eraser.begin().unwrap();
        let Connection::Sqlite { connection, .. } = &eraser.link.connection else { panic!("SQLite was asked for") };
        // SQLite ends a transaction by itself after some failures.
        connection.execute_batch("ROLLBACK").unwrap();
        assert!(matches!(eraser.commit(), Err(Error::CommitUnknown { .. })));
        assert!(eraser.begin().is_err(), "only a new connection tells what happened");
    }
}
