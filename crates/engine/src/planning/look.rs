//! What a plan is made through: a reader, or an eraser in the transaction that will carry the plan out.

use exeunt_model::catalog::Catalog;
use exeunt_model::names::{SourceName, TableName};
use exeunt_model::plan::Outline;
use exeunt_model::selection::{Condition, RowSet};
use exeunt_sources::{Eraser, Error, Keys, Lookup, OddNames, Reader, TextRows};

/// An open database that shows one moment.
pub trait Look {
    fn name(&self) -> &SourceName;
    fn introspect(&mut self) -> Result<Catalog, Error>;
    /// Called once, when outline and keys are known, before anything is counted.
    fn prepare(&mut self, outline: &Outline, keys: &Keys) -> Result<(), Error>;
    /// Makes the tuples of another source's set known, where they do not come with the keys of each call.
    fn bring(&mut self, sets: &[RowSet], set: &RowSet, tuples: &[Vec<String>]) -> Result<(), Error>;
    fn count_all(&mut self, sets: &[RowSet], of: &[(&TableName, &Condition)], keys: &Keys) -> Result<Vec<u64>, Error>;
    fn values(&mut self, sets: &[RowSet], lookup: &Lookup<'_>, keys: &Keys, row: &mut dyn FnMut(&[Option<&str>])) -> Result<(), Error>;
    /// Several lookups at once; the rows of each.
    fn values_all(&mut self, sets: &[RowSet], lookups: &[Lookup<'_>], keys: &Keys) -> Result<Vec<TextRows>, Error>;
    fn find_key(&mut self, table: &TableName, columns: &[String], typed: &[String]) -> Result<Option<Vec<String>>, Error>;
    fn odd_names(&mut self, columns: &[(&TableName, &str)]) -> Result<OddNames, Error>;
}

impl Look for Reader {
    fn name(&self) -> &SourceName {
        Self::name(self)
    }

    fn introspect(&mut self) -> Result<Catalog, Error> {
        Self::introspect(self)
    }

    /// Reading runs every set in place.
    fn prepare(&mut self, _outline: &Outline, _keys: &Keys) -> Result<(), Error> {
        Ok(())
    }

    fn bring(&mut self, _sets: &[RowSet], _set: &RowSet, _tuples: &[Vec<String>]) -> Result<(), Error> {
        Ok(())
    }

    fn count_all(&mut self, sets: &[RowSet], of: &[(&TableName, &Condition)], keys: &Keys) -> Result<Vec<u64>, Error> {
        Self::count_all(self, sets, of, keys)
    }

    fn values(&mut self, sets: &[RowSet], lookup: &Lookup<'_>, keys: &Keys, row: &mut dyn FnMut(&[Option<&str>])) -> Result<(), Error> {
        Self::values(self, sets, lookup, keys, row)
    }

    fn values_all(&mut self, sets: &[RowSet], lookups: &[Lookup<'_>], keys: &Keys) -> Result<Vec<TextRows>, Error> {
        Self::values_all(self, sets, lookups, keys)
    }

    fn find_key(&mut self, table: &TableName, columns: &[String], typed: &[String]) -> Result<Option<Vec<String>>, Error> {
        Self::find_key(self, table, columns, typed)
    }

    fn odd_names(&mut self, columns: &[(&TableName, &str)]) -> Result<OddNames, Error> {
        Self::odd_names(self, columns)
    }
}

impl Look for Eraser {
    fn name(&self) -> &SourceName {
        Self::name(self)
    }

    fn introspect(&mut self) -> Result<Catalog, Error> {
        Self::introspect(self)
    }

    /// Erasing runs conditions on key tables, which are filled now, where the plan concerns this database at all.
    fn prepare(&mut self, outline: &Outline, keys: &Keys) -> Result<(), Error> {
        if outline.sources().contains(&Self::name(self)) {
            let keys = carried_to(outline, keys, Self::name(self));
            self.fill_keys(&outline.sets, &keys)?;
        }
        Ok(())
    }

    fn bring(&mut self, sets: &[RowSet], set: &RowSet, tuples: &[Vec<String>]) -> Result<(), Error> {
        self.import_keys(sets, set, tuples)
    }

    fn count_all(&mut self, sets: &[RowSet], of: &[(&TableName, &Condition)], keys: &Keys) -> Result<Vec<u64>, Error> {
        Self::count_all(self, sets, of, keys)
    }

    fn values(&mut self, sets: &[RowSet], lookup: &Lookup<'_>, keys: &Keys, row: &mut dyn FnMut(&[Option<&str>])) -> Result<(), Error> {
        Self::values(self, sets, lookup, keys, row)
    }

    fn values_all(&mut self, sets: &[RowSet], lookups: &[Lookup<'_>], keys: &Keys) -> Result<Vec<TextRows>, Error> {
        Self::values_all(self, sets, lookups, keys)
    }

    fn find_key(&mut self, table: &TableName, columns: &[String], typed: &[String]) -> Result<Option<Vec<String>>, Error> {
        Self::find_key(self, table, columns, typed)
    }

    fn odd_names(&mut self, columns: &[(&TableName, &str)]) -> Result<OddNames, Error> {
        Self::odd_names(self, columns)
    }
}

/// The subject's key with those tuples alone that are carried to this source.
pub(crate) fn carried_to(outline: &Outline, keys: &Keys, source: &SourceName) -> Keys {
    let needed = |set: &RowSet| set.carried_to.contains(source);
    let carried = keys.carried.iter().filter(|(id, _)| outline.sets.iter().any(|set| set.id == *id && needed(set)));
    Keys { subject: keys.subject.clone(), carried: carried.cloned().collect() }
}
