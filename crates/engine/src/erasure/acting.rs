//! One database of an erasure: a connection with an open transaction, the plan's part that concerns it, and its keys.

use exeunt_model::certificate::Phase;
use exeunt_model::map::action::Change;
use exeunt_model::names::{SourceName, TableName};
use exeunt_model::plan::{Guard, Identifier, Outline, Plan, Work};
use exeunt_model::selection::{ColumnPath, Condition, RowSet, SetId};
use exeunt_sources::{ChangeValues, Eraser, Fate, Keys, Look, Lookup, OddNames};
use exeunt_store::JournaledKeys;

use super::error::Error;
use crate::platform::Platform;

/// Whether something of a run's other steps is left to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pending {
    None,
    /// Surely.
    Some,
    /// What is done cannot be told from what was there before.
    Untold,
}

/// A database that the plan erases in, or reads keys from.
pub(crate) struct Acting {
    pub source: SourceName,
    pub(super) eraser: Eraser,
    pub(super) keys: Keys,
}

impl Acting {
    /// Opens the database for erasing.
    pub fn open(platform: &Platform, source: &SourceName, subject: &[String]) -> Result<Self, Error> {
        let database = platform.database(source).ok_or_else(|| Error::NoSource { source_name: source.clone() })?;
        let eraser = database.eraser().map_err(Error::source(source, Phase::Erasing))?;
        let keys = Keys { subject: subject.to_vec(), carried: Vec::new() };
        Ok(Self { source: source.clone(), eraser, keys })
    }

    /// A database in which the plan was made: its transaction is open and its key table filled.
    pub fn of(eraser: Eraser, plan: &Plan, keys: &Keys) -> Self {
        let source = eraser.name().clone();
        let keys = keys.carried_to(&source, &plan.outline.sets);
        Self { source, eraser, keys }
    }

    /// Begins the transaction, and looks in it whether this is the database of the plan and still has its structure.
    pub fn begin(&mut self, plan: &Plan) -> Result<(), Error> {
        match self.begin_to_count(plan)? {
            true => Ok(()),
            false => Err(Error::Drift { database: self.source.clone() }),
        }
    }

    /// Begins a transaction in which nothing will be erased any more, and tells whether the structure is still that of the plan.
    pub fn begin_to_count(&mut self, plan: &Plan) -> Result<bool, Error> {
        self.eraser.begin().map_err(Error::source(&self.source, Phase::Erasing))?;
        let catalog = self.eraser.introspect().map_err(Error::source(&self.source, Phase::Erasing))?;
        let Some(planned) = plan.outline.catalogs.iter().find(|planned| planned.source == self.source) else {
            return Err(Error::NoSource { source_name: self.source.clone() });
        };
        if planned.identity != catalog.identity {
            return Err(Error::OtherDatabase { database: self.source.clone() });
        }
        Ok(planned.digest == catalog.digest())
    }

    /// Begins a further transaction of the same run; the structure was checked by the first.
    pub fn begin_again(&mut self) -> Result<(), Error> {
        self.eraser.begin().map_err(Error::source(&self.source, Phase::Erasing))
    }

    /// Lets questions see one moment until [`Self::end_reading`]. Where that cannot be had each asks for a moment of its own, and fails if
    /// need be.
    pub fn begin_reading(&mut self) {
        drop(self.eraser.begin_reading());
    }

    pub fn end_reading(&mut self) -> Result<(), Error> {
        self.eraser.end_reading().map_err(Error::source(&self.source, Phase::Recounting))
    }

    /// The open transaction, where the database numbers them.
    pub fn transaction(&self) -> Option<(SourceName, String)> {
        self.eraser.transaction().map(|number| (self.source.clone(), number.to_owned()))
    }

    /// What the key table holds, for the journal.
    pub fn export_keys(&mut self, plan: &Plan) -> Result<Vec<JournaledKeys>, Error> {
        let own: Vec<&RowSet> = plan.outline.sets.iter().filter(|set| set.keep_keys && set.table.source == self.source).collect();
        let mut exported: Vec<JournaledKeys> =
            own.iter().map(|set| JournaledKeys { source: self.source.clone(), set: set.id, tuples: Vec::new() }).collect();
        let mut take = |set: SetId, tuple: &[&str]| {
            if let Some(keys) = exported.iter_mut().find(|keys| keys.set == set) {
                keys.tuples.push(tuple.iter().map(|part| (*part).to_owned()).collect());
            }
        };
        self.eraser.export_keys(&plan.outline.sets, &own, &mut take).map_err(Error::source(&self.source, Phase::Erasing))?;
        exported.retain(|keys| !keys.tuples.is_empty());
        for (set, tuples) in &self.keys.carried {
            if !tuples.is_empty() {
                exported.push(JournaledKeys { source: self.source.clone(), set: *set, tuples: tuples.clone() });
            }
        }
        Ok(exported)
    }

    /// Fills the key table from the journal, in the open transaction.
    pub fn import_keys(&mut self, plan: &Plan, journaled: Vec<JournaledKeys>) -> Result<(), Error> {
        let failed = Error::source(&self.source, Phase::Erasing);
        for set in &plan.outline.sets {
            let concerns = (set.keep_keys && set.table.source == self.source) || set.carried_to.contains(&self.source);
            if !concerns {
                continue;
            }
            let tuples = journaled.iter().find(|keys| keys.set == set.id).map_or(&[][..], |keys| keys.tuples.as_slice());
            self.eraser.import_keys(&plan.outline.sets, set, tuples).map_err(&failed)?;
        }
        self.keys.carried =
            journaled.into_iter().filter(|keys| self.is_carried(plan, keys.set)).map(|keys| (keys.set, keys.tuples)).collect();
        Ok(())
    }

    fn is_carried(&self, plan: &Plan, set: SetId) -> bool {
        plan.outline.sets.iter().any(|known| known.id == set && known.carried_to.contains(&self.source))
    }

    /// Refuses a batch when rows outside the plan have come to point to rows that it deletes.
    pub fn check_guards_of(&mut self, plan: &Plan, table: &TableName) -> Result<(), Error> {
        self.check_those(plan, |guard| guard.references == *table)
    }

    /// Refuses when rows outside the plan have come to point to rows that it deletes.
    pub fn check_guards(&mut self, plan: &Plan) -> Result<(), Error> {
        self.check_those(plan, |_| true)
    }

    fn check_those(&mut self, plan: &Plan, concerns: impl Fn(&Guard) -> bool) -> Result<(), Error> {
        let guards: Vec<usize> = (0..plan.outline.guards.len())
            .filter(|at| plan.outline.guards[*at].table.source == self.source && concerns(&plan.outline.guards[*at]))
            .collect();
        if guards.is_empty() {
            return Ok(());
        }
        let asked: Vec<_> = guards.iter().map(|at| &plan.outline.guards[*at]).map(|guard| (&guard.table, &guard.condition)).collect();
        let counted = self.count(plan, &asked, Phase::Erasing)?;
        guards.iter().zip(counted).try_for_each(|(at, rows)| guarded(plan, *at, rows))
    }

    /// The plan's steps on this database, by position.
    pub fn steps(&self, plan: &Plan) -> Vec<usize> {
        self.positions(plan.outline.steps.iter().map(|step| &step.table))
    }

    fn positions<'t>(&self, tables: impl Iterator<Item = &'t TableName>) -> Vec<usize> {
        tables.enumerate().filter(|(_, table)| table.source == self.source).map(|(at, _)| at).collect()
    }

    /// The keys of the subjects that a step deletes.
    pub fn keys_of_step(&mut self, plan: &Plan, step: usize, key: &[String]) -> Result<Vec<Vec<String>>, Error> {
        let step = &plan.outline.steps[step];
        let columns: Vec<ColumnPath> = key.iter().map(ColumnPath::column).collect();
        let mut found = Vec::new();
        let mut take = |row: &[Option<&str>]| {
            let tuple: Option<Vec<String>> = row.iter().map(|value| value.map(str::to_owned)).collect();
            found.extend(tuple);
        };
        self.eraser
            .values(&plan.outline.sets, &lookup(&step.table, &columns, &step.condition), &self.keys, &mut take)
            .map_err(Error::source(&self.source, Phase::Erasing))?;
        Ok(found)
    }

    /// The rows that the deleting steps will delete, by their own keys: where the database does not number its transactions, they prove whether
    /// one was committed. Each step's keys have a number of their own.
    pub fn doomed_rows(&mut self, plan: &Plan, planned: &[u64]) -> Result<Vec<JournaledKeys>, Error> {
        let mut found = Vec::new();
        for set in self.doomed_sets(plan, planned)? {
            let mut tuples = Vec::new();
            let mut take =
                |row: &[Option<&str>]| tuples.extend(row.iter().map(|value| value.map(str::to_owned)).collect::<Option<Vec<_>>>());
            self.eraser
                .values(&plan.outline.sets, &lookup(&set.table, &set.columns, &set.condition), &self.keys, &mut take)
                .map_err(Error::source(&self.source, Phase::Erasing))?;
            found.push(JournaledKeys { source: self.source.clone(), set: set.id, tuples });
        }
        Ok(found)
    }

    /// Whether a row that was to be deleted is still there, whoever owns it by now. `None` where no row can be told by a key of its own.
    pub fn some_doomed_is_there(&mut self, plan: &Plan, planned: &[u64], journaled: &[JournaledKeys]) -> Result<Option<bool>, Error> {
        let mut told = None;
        for set in self.doomed_sets(plan, planned)? {
            let Some(keys) = journaled.iter().find(|keys| keys.set == set.id && !keys.tuples.is_empty()) else { continue };
            let mut sets = plan.outline.sets.clone();
            sets.push(set.clone());
            let failed = Error::source(&self.source, Phase::Erasing);
            self.eraser.import_keys(&sets, &set, &keys.tuples).map_err(&failed)?;
            let there = Condition::In { columns: set.columns.clone(), set: set.id };
            let rows: u64 = self.eraser.count_all(&sets, &[(&set.table, &there)], &self.keys).map_err(failed)?.iter().sum();
            if rows > 0 {
                return Ok(Some(true));
            }
            told = Some(false);
        }
        Ok(told)
    }

    /// For each deleting step with rows a set of their own keys. Its number follows those of the plan's sets: the journal keeps both together.
    fn doomed_sets(&mut self, plan: &Plan, planned: &[u64]) -> Result<Vec<RowSet>, Error> {
        let first = plan.outline.sets.iter().map(|set| set.id.0 + 1).max().unwrap_or(0);
        let mut found = Vec::new();
        for at in self.steps(plan) {
            let step = &plan.outline.steps[at];
            if planned[at] == 0 || !matches!(step.work, Work::Delete { .. }) {
                continue;
            }
            let key = self.eraser.row_key(&step.table).map_err(Error::source(&self.source, Phase::Erasing))?;
            found.extend(key.map(|key| RowSet {
                id: SetId(first + at as u32),
                table: step.table.clone(),
                columns: key.iter().map(ColumnPath::column).collect(),
                condition: step.condition.clone(),
                keep_keys: true,
                carried_to: Vec::new(),
            }));
        }
        Ok(found)
    }

    /// Which of these files rows still name, in any of the columns.
    pub fn still_named(&mut self, columns: &[(&TableName, &str)], files: &[String]) -> Result<Vec<String>, Error> {
        self.eraser.still_named(columns, files).map_err(Error::source(&self.source, Phase::DeletingFiles))
    }

    /// The names of files in these columns that cannot be compared with others.
    pub fn odd_names(&mut self, columns: &[(&TableName, &str)]) -> Result<OddNames, Error> {
        self.eraser.odd_names(columns).map_err(Error::source(&self.source, Phase::DeletingFiles))
    }

    /// Does the steps in the open transaction, and tells how many rows each affected.
    pub fn apply(&mut self, plan: &Plan, steps: &[usize], values: &ChangeValues) -> Result<Vec<u64>, Error> {
        let steps: Vec<_> = steps.iter().map(|at| &plan.outline.steps[*at]).collect();
        self.eraser.apply(&plan.outline.sets, &steps, &self.keys, values).map_err(Error::source(&self.source, Phase::Erasing))
    }

    /// Whether the database's statements change those rows alone that they name.
    pub fn does_only_what_is_asked(&mut self) -> Result<bool, Error> {
        self.eraser.does_only_what_is_asked().map_err(Error::source(&self.source, Phase::Erasing))
    }

    /// Deletes at most `limit` rows of a step in the open transaction.
    pub fn apply_batch(&mut self, plan: &Plan, step: usize, limit: u64) -> Result<u64, Error> {
        self.eraser
            .apply_batch(&plan.outline.sets, &plan.outline.steps[step], limit, &self.keys)
            .map_err(Error::source(&self.source, Phase::Erasing))
    }

    pub fn commit(&mut self) -> Result<(), Error> {
        self.eraser.commit().map_err(Error::source(&self.source, Phase::Erasing))
    }

    pub fn rollback(&mut self) -> Result<(), Error> {
        self.eraser.rollback().map_err(Error::source(&self.source, Phase::Erasing))
    }

    /// Rows that each of the steps would still affect: in the open transaction, or on a fresh snapshot. `None` where no count can tell.
    pub fn left(&mut self, plan: &Plan, steps: &[usize], phase: Phase) -> Result<Vec<Option<u64>>, Error> {
        let conditions: Vec<Option<Condition>> =
            steps.iter().map(|at| undone(&plan.outline, *at, self.keys.subject.len(), &|_| true)).collect();
        let asked: Vec<(&TableName, &Condition)> = steps
            .iter()
            .zip(&conditions)
            .filter_map(|(at, condition)| condition.as_ref().map(|condition| (&plan.outline.steps[*at].table, condition)))
            .collect();
        let mut counted = self.count(plan, &asked, phase)?.into_iter();
        Ok(conditions.iter().map(|condition| condition.as_ref().and_then(|_| counted.next())).collect())
    }

    /// Whether steps that are no deletions are done.
    pub fn pending(&mut self, plan: &Plan, steps: &[usize]) -> Result<Pending, Error> {
        let left = self.left(plan, steps, Phase::Erasing)?;
        if left.iter().flatten().any(|rows| *rows > 0) {
            return Ok(Pending::Some);
        }
        let rows = self.rows(plan, steps)?;
        for (at, rows) in steps.iter().zip(rows) {
            if rows > 0 && !Self::tells(plan, *at) {
                return Ok(Pending::Untold);
            }
        }
        Ok(Pending::None)
    }

    /// Whether a count tells that all of a step is done. A row that was handed over may have been taken away from the subject in another way,
    /// and a text may have had the form of a pseudonym before.
    fn tells(plan: &Plan, step: usize) -> bool {
        match &plan.outline.steps[step].work {
            Work::Unlink { .. } => true,
            Work::Change { changes } => changes.iter().all(|(_, change)| match change {
                Change::Clear | Change::Constant(_) => true,
                Change::Pseudonym => false,
            }),
            Work::Delete { .. } | Work::HandOver { .. } | Work::BreakCycle { .. } | Work::Read { .. } => false,
        }
    }

    /// What became of this database's transaction among those that the run has begun, as the database itself says. Of several, all but the
    /// last were rolled back unless one was committed.
    pub fn fate(&mut self, transactions: &[(SourceName, String)]) -> Result<Fate, Error> {
        let mut all = None;
        for (_, number) in transactions.iter().filter(|(source, _)| *source == self.source) {
            let fate = self.eraser.fate_of(number).map_err(Error::source(&self.source, Phase::Erasing))?;
            all = match (all, fate) {
                (_, Fate::Committed) => return Ok(Fate::Committed),
                (Some(Fate::GoingOn), _) | (_, Fate::GoingOn) => Some(Fate::GoingOn),
                (Some(Fate::Unknown), _) | (_, Fate::Unknown) => Some(Fate::Unknown),
                (None | Some(Fate::RolledBack | Fate::Committed), Fate::RolledBack) => Some(Fate::RolledBack),
            };
        }
        Ok(all.unwrap_or(Fate::Unknown))
    }

    /// Rows that the conditions of the steps select: in the open transaction, or on a fresh snapshot.
    pub fn rows(&mut self, plan: &Plan, steps: &[usize]) -> Result<Vec<u64>, Error> {
        let asked: Vec<_> = steps.iter().map(|at| &plan.outline.steps[*at]).map(|step| (&step.table, &step.condition)).collect();
        self.count(plan, &asked, Phase::Erasing)
    }

    /// Values of the subject's own row, on a fresh snapshot. `None` where the row is gone.
    pub fn own_row(
        &mut self,
        plan: &Plan,
        table: &TableName,
        key: &[String],
        places: &[ColumnPath],
    ) -> Result<Option<Vec<Option<String>>>, Error> {
        let condition = Condition::SubjectKey { kind: plan.outline.kind.clone(), columns: key.to_vec() };
        let mut found = None;
        let mut take = |row: &[Option<&str>]| found = Some(row.iter().map(|value| value.map(str::to_owned)).collect());
        self.eraser
            .values(&plan.outline.sets, &lookup(table, places, &condition), &self.keys, &mut take)
            .map_err(Error::source(&self.source, Phase::Recounting))?;
        Ok(found)
    }

    /// Different values of an identifying column, in the open transaction.
    pub fn identifier_values(&mut self, plan: &Plan, identifier: &Identifier) -> Result<Vec<String>, Error> {
        let mut found = Vec::new();
        let mut take = |row: &[Option<&str>]| found.extend(row.first().copied().flatten().map(str::to_owned));
        let columns = [ColumnPath::column(&identifier.column)];
        self.eraser
            .values(&plan.outline.sets, &lookup(&identifier.table, &columns, &identifier.condition), &self.keys, &mut take)
            .map_err(Error::source(&self.source, Phase::Searching))?;
        Ok(found)
    }

    pub(super) fn count(&mut self, plan: &Plan, asked: &[(&TableName, &Condition)], phase: Phase) -> Result<Vec<u64>, Error> {
        if asked.is_empty() {
            return Ok(Vec::new());
        }
        self.eraser.count_all(&plan.outline.sets, asked, &self.keys).map_err(Error::source(&self.source, phase))
    }
}

pub(super) fn lookup<'a>(table: &'a TableName, columns: &'a [ColumnPath], condition: &'a Condition) -> Lookup<'a> {
    Lookup { table, columns, condition, distinct: true }
}

fn guarded(plan: &Plan, guard: usize, rows: u64) -> Result<(), Error> {
    if rows == 0 {
        return Ok(());
    }
    let guard = &plan.outline.guards[guard];
    let columns: Vec<String> = guard.columns.iter().map(ToString::to_string).collect();
    Err(Error::Guarded {
        table: guard.table.clone(),
        columns: columns.join(", "),
        references: guard.references.clone(),
        effect: guard.effect,
        rows,
        choose: guard.choose.iter().cloned().collect(),
    })
}

/// The rows in which a step is not done yet.
///
/// A deletion leaves none of its rows, an unlinking none that point to them. Handed-over rows are those whose column still holds the subject's
/// key; cleared ones those that hold anything; those with a constant any other; those with a pseudonym what has not the form of one. Of the
/// changes only those count that `counts` names.
pub(crate) fn undone(outline: &Outline, step: usize, key_width: usize, counts: &dyn Fn(&Change) -> bool) -> Option<Condition> {
    let step = &outline.steps[step];
    let rows = || step.condition.clone();
    match &step.work {
        Work::Delete { .. } | Work::Unlink { .. } => Some(rows()),
        Work::HandOver { column } if key_width == 1 => {
            let kind = outline.kind.clone();
            Some(Condition::all([rows(), Condition::SubjectKey { kind, columns: vec![column.clone()] }]))
        }
        Work::Change { changes } => {
            let held = changes.iter().filter(|(_, change)| counts(change)).map(|(path, change)| {
                let other = Condition::not(Condition::Changed { column: path.clone(), by: change.clone() });
                // A place that is missing stays missing, and what is null gets no pseudonym; a column gets the constant whatever it held.
                let there = match (change, path.json.is_empty()) {
                    (Change::Constant(_), true) | (Change::Clear, _) => Condition::Always,
                    (Change::Constant(_), false) | (Change::Pseudonym, _) => Condition::NotNull { columns: vec![path.clone()] },
                };
                Condition::all([there, other])
            });
            match Condition::any(held) {
                Condition::Never => None,
                held => Some(Condition::all([rows(), held])),
            }
        }
        Work::HandOver { .. } | Work::BreakCycle { .. } | Work::Read { .. } => None,
    }
}
