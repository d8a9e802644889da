//! Which rows of a table are in a subject's scope, which of them stay as shared, and which are erased.

use std::collections::BTreeMap;

use super::actions::Treatment;
use super::sets::{NothingStays, Scope, Sets, Staying};
use crate::map::Action;
use crate::map::resolve::{Link, MappedTable, Path};
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
    /// `erased` looks at nothing but the rows' own columns and one set of the rows that they hang from.
    pub hang: bool,
}

/// What becomes of a table's rows.
pub(super) struct Fate {
    pub action: Action,
    pub rows: Rows,
    /// The erased rows, as a statement may look for them at any time of the run.
    pub condition: Condition,
}

impl Fate {
    pub fn is_deleted(&self) -> bool {
        matches!(self.action, Action::Delete) && self.condition != Condition::Never
    }
}

/// Works out the rows of every table for one scope and the actions chosen.
pub(super) struct RowFinder<'a> {
    pub scope: &'a Scope<'a>,
    /// What is done to every table that holds rows in scope.
    pub actions: &'a BTreeMap<TableName, Treatment>,
    /// Set while a path is followed that leads through a row that may stay.
    met_staying: bool,
    /// Tables whose rows are being worked out, outermost first.
    open: Vec<TableName>,
    /// For each table worked out: its rows in scope that stay or are handed over.
    staying: BTreeMap<TableName, Condition>,
}

impl<'a> RowFinder<'a> {
    pub fn new(scope: &'a Scope<'a>, actions: &'a BTreeMap<TableName, Treatment>) -> Self {
        Self { scope, actions, met_staying: false, open: Vec::new(), staying: BTreeMap::new() }
    }

    pub fn rows(&mut self, sets: &mut Sets, mapped: &MappedTable) -> Rows {
        if let Some((hop, parent)) = self.hangs_from(mapped) {
            return self.rows_below(sets, mapped, hop, parent);
        }
        let owned = self.scope.any_leading(sets, &mapped.owner, &mut NothingStays);
        let about = self.scope.any_leading(sets, &mapped.about, &mut NothingStays);
        let shared_owned = self.shared_among(sets, mapped, &mapped.owner, &owned);
        let only_about = Condition::all([about.clone(), Condition::not(owned.clone())]);
        let kinds_about: Vec<Path> = mapped.about.iter().filter(|path| self.scope.contains_kind(&path.kind)).cloned().collect();
        let shared_about =
            if about == Condition::Never { Condition::Never } else { self.shared_among(sets, mapped, &kinds_about, &only_about) };
        let met_outside = std::mem::take(&mut self.met_staying);
        self.open.push(mapped.table.name.clone());
        let scope = self.scope;
        let leading_owned = scope.any_leading(sets, &mapped.owner, self);
        let leading_about = scope.any_leading(sets, &mapped.about, self);
        let erased = Condition::any([
            Condition::all([leading_owned, Condition::not(shared_owned.clone())]),
            Condition::all([leading_about, Condition::not(owned.clone()), Condition::not(shared_about.clone())]),
        ]);
        let shared = Condition::any([Condition::all([owned.clone(), shared_owned]), Condition::all([only_about, shared_about])]);
        self.open.pop();
        let may_follow = std::mem::replace(&mut self.met_staying, met_outside);
        Rows { in_scope: Condition::any([owned, about]), shared, erased, may_follow, hang: false }
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
        let Some(mapped) = self.scope.scheme.table(table).filter(|_| self.actions.contains_key(table)) else { return Condition::Never };
        let staying = match self.staying.get(table) {
            Some(staying) => staying.clone(),
            // A path that comes back to a table whose rows are being worked out: only what the rows are themselves counts.
            None if self.open.contains(table) => self.staying_by_itself(sets, mapped),
            None => {
                let staying = self.staying_for_any_reason(sets, mapped);
                // What was worked out while a table above was open may have stopped short at it.
                if self.open.is_empty() || !self.comes_back(mapped) {
                    self.staying.insert(table.clone(), staying.clone());
                }
                staying
            }
        };
        if staying != Condition::Never {
            self.met_staying = true;
        }
        staying
    }
}

impl<'a> RowFinder<'a> {
    /// The table that every owner path goes through first, by the same hop, if its own paths go on from there in the same ways. Then a row
    /// has exactly the owners of the row that it hangs from, and nothing must be worked out a second time.
    fn hangs_from<'m>(&self, mapped: &'m MappedTable) -> Option<(&'m Link, &'a MappedTable)> {
        let hop = mapped.owner.first()?.hops.first()?;
        let Link::Forward { to, .. } = hop else { return None };
        let parent = self.scope.scheme.table(to).filter(|parent| parent.table.name != mapped.table.name)?;
        let speaks = |table: &MappedTable| table.about.iter().any(|path| self.scope.contains_kind(&path.kind));
        let apart = self.open.contains(to)
            || !self.actions.contains_key(to)
            || speaks(mapped)
            || speaks(parent)
            || mapped.entry.erase_shared != parent.entry.erase_shared
            || mapped.owner.len() != parent.owner.len();
        if apart || mapped.owner.iter().any(|path| path.hops.first() != Some(hop)) {
            return None;
        }
        let continues = |path: &Path| parent.owner.iter().any(|own| own.kind == path.kind && own.hops == path.hops[1..]);
        let begun = |own: &Path| mapped.owner.iter().any(|path| own.kind == path.kind && own.hops == path.hops[1..]);
        (mapped.owner.iter().all(continues) && parent.owner.iter().all(begun)).then_some((hop, parent))
    }

    fn rows_below(&mut self, sets: &mut Sets, mapped: &MappedTable, hop: &Link, parent: &MappedTable) -> Rows {
        self.open.push(mapped.table.name.clone());
        let above = self.rows(sets, parent);
        self.open.pop();
        let handed_over = self.hands_over(&parent.table.name);
        let scope = self.scope;
        let mut below = |condition: Condition| scope.below(sets, hop, condition);
        Rows {
            in_scope: below(above.in_scope),
            shared: below(above.shared),
            erased: if handed_over { Condition::Never } else { below(above.erased) },
            may_follow: handed_over || above.may_follow,
            hang: true,
        }
    }

    fn hands_over(&self, table: &TableName) -> bool {
        self.actions.get(table).is_some_and(Treatment::hands_over)
    }

    fn staying_for_any_reason(&mut self, sets: &mut Sets, mapped: &MappedTable) -> Condition {
        let rows = self.rows(sets, mapped);
        if self.hands_over(&mapped.table.name) {
            return rows.in_scope;
        }
        if rows.may_follow { Condition::all([rows.in_scope, Condition::not(rows.erased)]) } else { rows.shared }
    }

    fn staying_by_itself(&self, sets: &mut Sets, mapped: &MappedTable) -> Condition {
        let owned = self.scope.any_leading(sets, &mapped.owner, &mut NothingStays);
        if self.hands_over(&mapped.table.name) {
            let about = self.scope.any_leading(sets, &mapped.about, &mut NothingStays);
            return Condition::any([owned, about]);
        }
        self.shared_among(sets, mapped, &mapped.owner, &owned)
    }

    /// Whether a path of the table leads through a table that is being worked out.
    fn comes_back(&self, mapped: &MappedTable) -> bool {
        let mut seen = vec![mapped.table.name.clone()];
        let mut next = 0;
        while next < seen.len() {
            let Some(at) = self.scope.scheme.table(&seen[next]) else {
                next += 1;
                continue;
            };
            for hop in at.owner.iter().chain(&at.about).flat_map(|path| &path.hops) {
                if let Link::Forward { to, .. } = hop {
                    if self.open.contains(to) {
                        return true;
                    }
                    if !seen.contains(to) {
                        seen.push(to.clone());
                    }
                }
            }
            next += 1;
        }
        false
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
