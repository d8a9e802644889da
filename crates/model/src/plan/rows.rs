//! Which rows of a table are in a subject's scope, which of them stay as shared, and which are erased.

use std::collections::BTreeMap;

use super::sets::{NothingStays, Scope, Sets, Staying};
use crate::map::Action;
use crate::map::resolve::{MappedTable, Path};
use crate::names::TableName;
use crate::selection::{ColumnPath, Condition};

/// The rows of one table that an erasure speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rows {
    /// Every row that leads to the scope.
    pub in_scope: Condition,
    /// Of these, the rows that another subject owns too.
    pub shared: Condition,
    /// The rows that the table's action is done to, in terms of sets of any size: good for filling a set, not for a statement that
    /// runs after others.
    pub erased: Condition,
    /// Some rows in scope may hang from a row that stays.
    pub may_follow: bool,
}

/// Works out the rows of every table for one scope and the actions chosen.
pub struct RowFinder<'a> {
    pub scope: &'a Scope<'a>,
    /// The action of every table that holds rows in scope.
    pub actions: &'a BTreeMap<TableName, Action>,
    /// Set while a path is followed that leads through a row that may stay.
    met_staying: bool,
}

impl<'a> RowFinder<'a> {
    pub fn new(scope: &'a Scope<'a>, actions: &'a BTreeMap<TableName, Action>) -> Self {
        Self { scope, actions, met_staying: false }
    }

    pub fn rows(&mut self, sets: &mut Sets, mapped: &MappedTable) -> Rows {
        let owned = self.scope.any_leading(sets, &mapped.owner, &mut NothingStays);
        let about = self.scope.any_leading(sets, &mapped.about, &mut NothingStays);
        let shared_owned = self.shared_among(sets, mapped, &mapped.owner, &owned);
        let only_about = Condition::all([about.clone(), Condition::not(owned.clone())]);
        let kinds_about: Vec<Path> = mapped.about.iter().filter(|path| self.scope.contains_kind(&path.kind)).cloned().collect();
        let shared_about =
            if about == Condition::Never { Condition::Never } else { self.shared_among(sets, mapped, &kinds_about, &only_about) };
        self.met_staying = false;
        let scope = self.scope;
        let leading_owned = scope.any_leading(sets, &mapped.owner, self);
        let leading_about = scope.any_leading(sets, &mapped.about, self);
        let erased = Condition::any([
            Condition::all([leading_owned, Condition::not(shared_owned.clone())]),
            Condition::all([leading_about, Condition::not(owned.clone()), Condition::not(shared_about.clone())]),
        ]);
        let shared = Condition::any([Condition::all([owned.clone(), shared_owned]), Condition::all([only_about, shared_about])]);
        Rows { in_scope: Condition::any([owned, about]), shared, erased, may_follow: self.met_staying }
    }

    /// Rows that have an owner outside the scope by one of the paths; looked for only where a row can have several owners.
    fn shared_among(&self, sets: &mut Sets, mapped: &MappedTable, paths: &[Path], candidate: &Condition) -> Condition {
        let several = paths.len() > 1 || paths.iter().any(|path| !path.is_functional());
        if mapped.entry.erase_shared || !several || *candidate == Condition::Never {
            return Condition::Never;
        }
        let table = &mapped.table.name;
        let outside = paths.iter().map(|path| self.scope.leading_outside(sets, table, &path.hops, &path.kind, candidate));
        Condition::any(outside.collect::<Vec<_>>())
    }
}

impl Staying for RowFinder<'_> {
    fn staying(&mut self, sets: &mut Sets, table: &TableName) -> Condition {
        let Some(mapped) = self.scope.scheme.table(table) else { return Condition::Never };
        if matches!(self.actions.get(table), Some(Action::HandOver { .. })) {
            self.met_staying = true;
            return Condition::Always;
        }
        let owned = self.scope.any_leading(sets, &mapped.owner, &mut NothingStays);
        let shared = self.shared_among(sets, mapped, &mapped.owner, &owned);
        if shared != Condition::Never {
            self.met_staying = true;
        }
        shared
    }
}

impl Scope<'_> {
    /// Rows that lead to the scope by any of the paths.
    pub fn any_leading(&self, sets: &mut Sets, paths: &[Path], stays: &mut dyn Staying) -> Condition {
        let mut found = Vec::new();
        for path in paths.iter().filter(|path| self.contains_kind(&path.kind)) {
            found.push(self.leading(sets, &path.hops, &path.kind, stays));
        }
        Condition::any(found)
    }
}

/// Names rows by their key in a set that is filled before the first statement, so that nothing a later statement takes away
/// can change which rows are meant. `None` where the table has no key.
pub fn by_key(sets: &mut Sets, mapped: &MappedTable, condition: &Condition) -> Option<Condition> {
    let key: Vec<ColumnPath> = mapped.table.row_key()?.iter().map(ColumnPath::column).collect();
    if matches!(condition, Condition::Never) {
        return Some(Condition::Never);
    }
    let set = sets.add(&mapped.table.name, key.clone(), condition.clone());
    Some(Condition::In { columns: key, set })
}

/// Whether the table can hold rows of the scope at all.
pub fn concerns(scope: &Scope<'_>, mapped: &MappedTable) -> bool {
    mapped.owner.iter().chain(&mapped.about).any(|path| scope.contains_kind(&path.kind))
}
