//! Rows that the map's paths give to a subject that was erased: whose own row is gone, or stays as the erasure left it.

use exeunt_model::map::action::Change;
use exeunt_model::names::{SourceName, TableName};
use exeunt_model::plan::{Outline, Step, Work};
use exeunt_model::selection::{ColumnPath, Condition};
use exeunt_sources::{Keys, Look};

use super::{Error, Request, Snapshot};
use crate::erasure::{replaced_places, undone};

impl<L: Look> Snapshot<L> {
    /// Counts, table by table, the rows that an erasure of the subject would still delete, hand over, unlink or clear, by the key as it was
    /// typed. The subject's own row need not be there; tables without such rows are left out.
    ///
    /// Rows that only have values replaced are not among them: whether that was done before cannot be told. Nor are, where the subject's own
    /// row is gone, rows that point to other columns of it than its key.
    ///
    /// # Errors
    /// Those of [`Snapshot::outline`]. [`Error::is_about_a_value`] where a key is no value of a column's type, or a row holds one that cannot be
    /// read: nothing is known then of any row.
    pub fn rows_of_key(&mut self, request: &Request) -> Result<Vec<(TableName, u64)>, Error> {
        self.count_undone(request, false)
    }

    /// Whether the subject's own row stays when it is erased, and everything that can be counted is as an erasure leaves it.
    ///
    /// `holds` is asked of the places in its own row whose change cannot be counted, and of what they hold: whether an erasure left it so.
    ///
    /// # Errors
    /// Those of [`Snapshot::outline`].
    pub fn is_as_erased(&mut self, request: &Request, holds: impl FnOnce(&[(String, Option<String>)]) -> bool) -> Result<bool, Error> {
        let Some(subject) = self.scheme.subject(&request.subject.kind).cloned() else { return Ok(false) };
        let outline = self.outline(request)?;
        let own = |step: &&Step| step.table == subject.table;
        let mut on_own_row = outline.steps.iter().filter(own);
        if on_own_row.any(|step| matches!(step.work, Work::Delete { .. })) {
            return Ok(false);
        }
        // Where nothing is done to its own row, only the others tell, and what cannot be counted tells nothing.
        let replaces = |step: &Step| matches!(&step.work, Work::Change { changes } if !changes.iter().all(|(_, change)| matches!(change, Change::Clear)));
        let changed = outline.steps.iter().any(|step| own(&step) && matches!(step.work, Work::Change { .. }));
        if !changed && outline.steps.iter().any(replaces) {
            return Ok(false);
        }
        if self.count_undone(request, true)?.iter().any(|(_, rows)| *rows > 0) {
            return Ok(false);
        }
        let places = replaced_places(&outline, &subject.table);
        if places.is_empty() {
            return Ok(true);
        }
        let condition = Condition::SubjectKey { kind: request.subject.kind.clone(), columns: subject.key.clone() };
        let keys = self.keys(&request.subject, &outline)?;
        let row = self.values(&outline.sets, &subject.table, &places, &condition, &keys, false)?.into_iter().next();
        let Some(row) = row else { return Ok(false) };
        let named: Vec<_> = places.iter().map(ToString::to_string).zip(row).collect();
        Ok(holds(&named))
    }

    fn count_undone(&mut self, request: &Request, constants: bool) -> Result<Vec<(TableName, u64)>, Error> {
        let mut outline = self.outline(request)?;
        let mut keys = self.keys(&request.subject, &outline)?;
        self.bring_key(request, &mut outline, &mut keys);
        let mut found: Vec<(TableName, u64)> = Vec::new();
        for (at, step) in outline.steps.iter().enumerate() {
            let counts = |change: &Change| match change {
                Change::Clear => true,
                Change::Constant(_) => constants,
                Change::Pseudonym => false,
            };
            let condition = undone(&outline, at, request.subject.key.len(), &counts).unwrap_or(Condition::Never);
            let counted = self.reader(&step.table.source).count_all(&outline.sets, &[(&step.table, &condition)], &keys);
            let rows = counted.map_err(|source| Error::Read { database: step.table.source.clone(), source })?.into_iter().sum();
            match found.iter_mut().find(|(table, _)| *table == step.table) {
                Some((_, sum)) => *sum += rows,
                None if rows > 0 => found.push((step.table.clone(), rows)),
                None => {}
            }
        }
        Ok(found)
    }

    /// Lets rows that point to the subject's own row be found without it: the key is at hand, as if another source had given it.
    fn bring_key(&self, request: &Request, outline: &mut Outline, keys: &mut Keys) {
        let Some(subject) = self.scheme.subject(&request.subject.kind) else { return };
        let own_row = Condition::SubjectKey { kind: subject.kind.clone(), columns: subject.key.clone() };
        let value = |path: &ColumnPath| {
            let at = subject.key.iter().position(|column| path.json.is_empty() && path.column == *column);
            at.and_then(|at| request.subject.key.get(at).cloned())
        };
        for set in outline.sets.iter_mut().filter(|set| set.table == subject.table && set.condition == own_row) {
            let Some(tuple) = set.columns.iter().map(value).collect::<Option<Vec<String>>>() else { continue };
            // No source of a map has a blank in its name.
            set.table.source = SourceName::new("the key");
            keys.carried.retain(|(id, _)| *id != set.id);
            keys.carried.push((set.id, vec![tuple]));
        }
    }
}
