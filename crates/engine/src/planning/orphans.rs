//! Rows that the map's paths give to a subject whose own row is gone.

use exeunt_model::names::TableName;
use exeunt_model::selection::Condition;

use super::{Error, Look, Request, Snapshot};
use crate::erasure::undone;

impl<L: Look> Snapshot<L> {
    /// Counts, table by table, the rows that an erasure of the subject would still delete, hand over, unlink or clear, by the key as it was
    /// typed. The subject's own row need not be there; tables without such rows are left out.
    ///
    /// Rows that only have values replaced are not among them: whether that was done before cannot be told. Where a key is no value of a
    /// column's type, nothing is found.
    ///
    /// # Errors
    /// Those of [`Snapshot::outline`].
    pub fn rows_of_key(&mut self, request: &Request) -> Result<Vec<(TableName, u64)>, Error> {
        match self.count_undone(request) {
            Err(Error::Read { source: exeunt_sources::Error::Refused { fault, .. }, .. }) if fault.code.starts_with("22") => Ok(Vec::new()),
            counted => counted,
        }
    }

    fn count_undone(&mut self, request: &Request) -> Result<Vec<(TableName, u64)>, Error> {
        let outline = self.outline(request)?;
        let keys = self.keys(&request.subject, &outline)?;
        let mut found: Vec<(TableName, u64)> = Vec::new();
        for (at, step) in outline.steps.iter().enumerate() {
            let condition = undone(&outline, at, request.subject.key.len(), &mut |_| Ok::<_, Error>(false))?.unwrap_or(Condition::Never);
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
}
