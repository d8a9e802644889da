//! Journaled keys against the rows as they are now: a run that is taken up, or goes on in batches, must not erase what has become somebody else's.

use std::collections::BTreeSet;

use exeunt_model::certificate::Phase;
use exeunt_model::map::action::Change;
use exeunt_model::names::TableName;
use exeunt_model::plan::{Plan, Work};
use exeunt_model::selection::{ColumnPath, Condition, RowSet, SetId};
use exeunt_sources::{Keys, Look};
use exeunt_store::JournaledKeys;

use super::acting::{Acting, lookup};
use super::error::Error;
use super::running::counts_differ;
use crate::planning::NamedFiles;

type Tuples = BTreeSet<Vec<String>>;

impl Acting {
    /// Fills the key sets from the rows as they are now, and tells in what they differ from the plan: other rows, other counts, or rows
    /// outside the plan that would suffer. `None`: the plan holds to the key, and the key table is that of the journal.
    pub fn difference(&mut self, plan: &Plan, planned: &[u64], journaled: &[JournaledKeys]) -> Result<Option<Error>, Error> {
        self.eraser.fill_keys(&plan.outline.sets, &self.keys).map_err(Error::source(&self.source, Phase::Erasing))?;
        let steps = self.steps(plan);
        let counted = self.rows(plan, &steps)?;
        if let Some((step, rows)) = steps.iter().zip(counted).find(|(step, rows)| planned[**step] != *rows) {
            return Ok(Some(counts_differ(plan, *step, planned[*step], rows)));
        }
        for set in &plan.outline.sets {
            if !self.keeps(set) {
                continue;
            }
            let now = self.tuples_now(plan, set)?;
            if let Some(error) = keys_differ(&set.table, &tuples_of(journaled, set.id), &now) {
                return Ok(Some(error));
            }
        }
        match self.check_guards(plan) {
            Ok(()) => Ok(None),
            Err(error @ Error::Guarded { .. }) => Ok(Some(error)),
            Err(error) => Err(error),
        }
    }

    /// Whether the keys that this database gave to another one are still those that its rows give.
    pub fn carried_difference(&mut self, plan: &Plan, other: &[JournaledKeys]) -> Result<Option<Error>, Error> {
        let Some(target) = other.first().map(|keys| keys.source.clone()) else { return Ok(None) };
        for set in plan.outline.sets.iter().filter(|set| set.carried_to.contains(&target)) {
            if set.table.source != self.source {
                continue;
            }
            let now = self.selected(plan, set, &set.condition)?;
            if let Some(error) = keys_differ(&set.table, &tuples_of(other, set.id), &now) {
                return Ok(Some(error));
            }
        }
        Ok(None)
    }

    /// Rows that still have a journaled key and are no longer the subject's: by their own columns, or by the journaled keys that they hang
    /// from. What the run's own steps have cleared or handed over is not among them.
    ///
    /// `step` limits the look to what one step depends on, and leaves out what earlier steps of the run may have taken away.
    pub fn check_owners(&mut self, plan: &Plan, step: Option<usize>, successor: Option<&[String]>) -> Result<(), Error> {
        let depends = step.map(|step| mentioned(plan, &plan.outline.steps[step].condition));
        for set in &plan.outline.sets {
            let wanted = depends.as_ref().is_none_or(|depends| depends.contains(&set.id) && !self.may_be_taken_away(plan, set));
            if !self.keeps(set) || !wanted {
                continue;
            }
            let strayed = self.strayed(plan, set, successor)?.len() as u64;
            if strayed > 0 {
                return Err(Error::KeysDiffer { table: set.table.clone(), gone: strayed, new: 0 });
            }
        }
        Ok(())
    }

    /// Rows that may be those that a step was to delete, if somebody has taken the owner off them: found by no condition of the plan, and
    /// named by no key. `None` where there are no such rows, so that what the step's condition no longer finds is gone.
    pub fn unowned(&mut self, plan: &Plan, deletions: &[usize], planned: &[u64]) -> Result<Option<Error>, Error> {
        for at in deletions.iter().filter(|at| planned[**at] > 0) {
            let step = &plan.outline.steps[*at];
            let mut empty = Vec::new();
            for path in owning_columns(plan, &step.table, &step.condition) {
                let nullable = self.eraser.is_nullable(&step.table, &path.column).map_err(Error::source(&self.source, Phase::Erasing))?;
                if nullable || !path.json.is_empty() {
                    empty.push(Condition::not(Condition::NotNull { columns: vec![path] }));
                }
            }
            let empty = Condition::any(empty);
            if empty == Condition::Never {
                continue;
            }
            let rows = self.count(plan, &[(&step.table, &empty)], Phase::Erasing)?.into_iter().sum();
            if rows > 0 {
                return Ok(Some(Error::Unowned { table: step.table.clone(), rows }));
            }
        }
        Ok(None)
    }

    /// Brings the key table to what may be erased now: journaled keys whose rows have become somebody else's go, keys of new rows come. Keys
    /// whose rows are gone stay, since rows may hang from them. Returns all keys of this database for the journal.
    pub fn reconcile(
        &mut self,
        plan: &Plan,
        journaled: &[JournaledKeys],
        successor: Option<&[String]>,
    ) -> Result<Vec<JournaledKeys>, Error> {
        let mut all: Vec<JournaledKeys> =
            journaled.iter().filter(|keys| !plan.outline.sets.iter().any(|set| set.id == keys.set && self.keeps(set))).cloned().collect();
        // Each set refers only to sets before it, which are right by then.
        for set in &plan.outline.sets {
            if !self.keeps(set) {
                continue;
            }
            let mut tuples = tuples_of(journaled, set.id);
            self.import(plan, set, &tuples)?;
            for tuple in self.strayed(plan, set, successor)? {
                tuples.remove(&tuple);
            }
            tuples.extend(self.selected(plan, set, &set.condition)?);
            self.import(plan, set, &tuples)?;
            if !tuples.is_empty() {
                all.push(JournaledKeys { source: self.source.clone(), set: set.id, tuples: tuples.into_iter().collect() });
            }
        }
        Ok(all)
    }

    /// The files that the rows of deleting steps name now, in the order of the plan's file columns; other databases name none here.
    pub fn named_files(&mut self, plan: &Plan) -> Result<Vec<NamedFiles>, Error> {
        let mut found = Vec::new();
        for step in &plan.outline.steps {
            let Work::Delete { files, .. } = &step.work else { continue };
            for (source, column) in files {
                let mut keys = Vec::new();
                if step.table.source == self.source {
                    let columns = [ColumnPath::column(column)];
                    let mut take = |row: &[Option<&str>]| keys.extend(row.first().copied().flatten().map(str::to_owned));
                    self.eraser
                        .values(&plan.outline.sets, &lookup(&step.table, &columns, &step.condition), &self.keys, &mut take)
                        .map_err(Error::source(&self.source, Phase::Erasing))?;
                    keys.retain(|key| !key.is_empty());
                    keys.sort_unstable();
                }
                found.push(NamedFiles { source: source.clone(), table: step.table.clone(), column: column.clone(), keys });
            }
        }
        Ok(found)
    }

    fn keeps(&self, set: &RowSet) -> bool {
        set.keep_keys && set.table.source == self.source
    }

    /// Tuples of the key table whose rows are there and no longer satisfy the set's condition.
    fn strayed(&mut self, plan: &Plan, set: &RowSet, successor: Option<&[String]>) -> Result<Tuples, Error> {
        let member = || Condition::In { columns: set.columns.clone(), set: set.id };
        let looked_at = set.condition.columns();
        let mut cleared = Vec::new();
        let mut handed_over = None;
        for step in plan.outline.steps.iter().filter(|step| step.table == set.table) {
            match &step.work {
                Work::Unlink { columns } | Work::BreakCycle { columns } => cleared.extend(columns.iter().map(String::as_str)),
                Work::Change { changes } => {
                    cleared
                        .extend(changes.iter().filter(|(_, change)| matches!(change, Change::Clear)).map(|(path, _)| path.column.as_str()));
                }
                Work::HandOver { column } if looked_at.contains(column.as_str()) => {
                    cleared.push(column.as_str());
                    handed_over = Some(column.clone());
                }
                Work::HandOver { .. } | Work::Read { .. } | Work::Delete { .. } => {}
            }
        }
        // A row in which all of them are empty by now is nobody's.
        let held: Vec<Condition> = cleared
            .into_iter()
            .filter(|column| looked_at.contains(column))
            .map(|column| Condition::NotNull { columns: vec![column.into()] })
            .collect();
        let held = if held.is_empty() { Condition::Always } else { Condition::any(held) };
        let outside = Condition::all([member(), Condition::not(set.condition.clone()), held]);
        if self.count(plan, &[(&set.table, &outside)], Phase::Erasing)?.iter().all(|rows| *rows == 0) {
            return Ok(Tuples::new());
        }
        let mut strayed = self.selected(plan, set, &outside)?;
        // Where the columns are no key, another row may hold the tuple rightly.
        for tuple in self.selected(plan, set, &Condition::all([member(), set.condition.clone()]))? {
            strayed.remove(&tuple);
        }
        if let (Some(column), Some(successor), false) = (handed_over, successor, strayed.is_empty()) {
            let holds = Condition::SubjectKey { kind: plan.outline.kind.clone(), columns: vec![column] };
            let keys = Keys { subject: successor.to_vec(), carried: self.keys.carried.clone() };
            let own = std::mem::replace(&mut self.keys, keys);
            let handed_over = self.selected(plan, set, &Condition::all([member(), holds]));
            self.keys = own;
            for tuple in handed_over? {
                strayed.remove(&tuple);
            }
        }
        Ok(strayed)
    }

    /// Whether an earlier step of the run may have made rows of the set no longer satisfy its condition, in ways that cannot be told apart.
    fn may_be_taken_away(&self, plan: &Plan, set: &RowSet) -> bool {
        let looked_at = set.condition.columns();
        let replaced = plan.outline.steps.iter().filter(|step| step.table == set.table).any(|step| match &step.work {
            Work::Change { changes } => changes.iter().any(|(path, change)| {
                matches!(change, Change::Constant(_) | Change::Pseudonym) && looked_at.contains(path.column.as_str())
            }),
            Work::HandOver { .. } | Work::Unlink { .. } | Work::BreakCycle { .. } | Work::Read { .. } | Work::Delete { .. } => false,
        });
        // A set without kept keys is looked up in rows that may be gone.
        let in_place =
            |id: &SetId| plan.outline.sets.iter().any(|inner| inner.id == *id && inner.table.source == self.source && !inner.keep_keys);
        replaced || set.condition.sets().iter().any(in_place)
    }

    fn import(&mut self, plan: &Plan, set: &RowSet, tuples: &Tuples) -> Result<(), Error> {
        let tuples: Vec<Vec<String>> = tuples.iter().cloned().collect();
        self.eraser.import_keys(&plan.outline.sets, set, &tuples).map_err(Error::source(&self.source, Phase::Erasing))
    }

    /// What the key table holds of a set.
    fn tuples_now(&mut self, plan: &Plan, set: &RowSet) -> Result<Tuples, Error> {
        let mut found = Tuples::new();
        let mut take = |_: SetId, tuple: &[&str]| found.extend([tuple.iter().map(|part| (*part).to_owned()).collect::<Vec<_>>()]);
        self.eraser.export_keys(&plan.outline.sets, &[set], &mut take).map_err(Error::source(&self.source, Phase::Erasing))?;
        Ok(found)
    }

    /// The tuples of the set's columns in these rows of its table.
    fn selected(&mut self, plan: &Plan, set: &RowSet, condition: &Condition) -> Result<Tuples, Error> {
        let mut found = Tuples::new();
        let mut take = |row: &[Option<&str>]| {
            let tuple: Option<Vec<String>> = row.iter().map(|value| value.map(str::to_owned)).collect();
            found.extend(tuple);
        };
        self.eraser
            .values(&plan.outline.sets, &lookup(&set.table, &set.columns, condition), &self.keys, &mut take)
            .map_err(Error::source(&self.source, Phase::Erasing))?;
        Ok(found)
    }
}

fn tuples_of(journaled: &[JournaledKeys], set: SetId) -> Tuples {
    journaled.iter().filter(|keys| keys.set == set).flat_map(|keys| keys.tuples.iter().cloned()).collect()
}

fn keys_differ(table: &TableName, journaled: &Tuples, now: &Tuples) -> Option<Error> {
    let gone = journaled.difference(now).count() as u64;
    let new = now.difference(journaled).count() as u64;
    (gone > 0 || new > 0).then(|| Error::KeysDiffer { table: table.clone(), gone, new })
}

/// The columns by which a condition finds the rows of an owner; none where it names the rows by their own key.
fn owning_columns(plan: &Plan, table: &TableName, condition: &Condition) -> Vec<ColumnPath> {
    match condition {
        Condition::SubjectKey { columns, .. } => columns.iter().map(ColumnPath::column).collect(),
        Condition::In { columns, set } => {
            let own = plan.outline.sets.iter().any(|known| known.id == *set && known.table == *table && known.columns == *columns);
            if own { Vec::new() } else { columns.clone() }
        }
        Condition::All(inner) | Condition::Any(inner) => inner.iter().flat_map(|inner| owning_columns(plan, table, inner)).collect(),
        Condition::Closure { base, columns, .. } => {
            owning_columns(plan, table, base).into_iter().chain(columns.iter().map(ColumnPath::column)).collect()
        }
        // What a row must not be does not lead to it.
        Condition::Not(_)
        | Condition::Never
        | Condition::Always
        | Condition::Equals { .. }
        | Condition::NotNull { .. }
        | Condition::Changed { .. } => Vec::new(),
    }
}

/// The sets that a condition depends on, directly or through other sets.
fn mentioned(plan: &Plan, condition: &Condition) -> BTreeSet<SetId> {
    let mut found: BTreeSet<SetId> = condition.sets().into_iter().collect();
    // Each set refers only to sets before it.
    for set in plan.outline.sets.iter().rev() {
        if found.contains(&set.id) {
            found.extend(set.condition.sets());
        }
    }
    found
}
