//! The sets of rows that a plan's conditions refer to, each listed once.

use crate::map::resolve::{Link, Scheme, functional};
use crate::names::{SubjectKind, TableName};
use crate::selection::{ColumnPath, Condition, RowSet, SetId};

/// Collects sets while conditions are built.
#[derive(Debug, Default)]
pub struct Sets {
    sets: Vec<RowSet>,
}

impl Sets {
    /// The set of these columns of the rows of the table that satisfy the condition; the same set is listed once.
    pub fn add(&mut self, table: &TableName, columns: Vec<ColumnPath>, condition: Condition) -> SetId {
        let known = self.sets.iter().find(|set| set.table == *table && set.columns == columns && set.condition == condition);
        if let Some(set) = known {
            return set.id;
        }
        // Unwrap safety: a plan has far fewer than 2^32 sets, each of them in memory.
        #[expect(clippy::unwrap_used, reason = "bounded by memory")]
        let id = SetId(u32::try_from(self.sets.len()).unwrap());
        for inner in condition.sets() {
            let carried = &mut self.sets[inner.0 as usize];
            if carried.table.source != table.source && !carried.carried_to.contains(&table.source) {
                carried.carried_to.push(table.source.clone());
            }
        }
        self.sets.push(RowSet { id, table: table.clone(), columns, condition, keep_keys: false, carried_to: Vec::new() });
        id
    }

    /// Notes that a condition on the table refers to these sets directly, at any time of the run: their keys are kept, and carried where
    /// they live elsewhere.
    pub fn use_in(&mut self, table: &TableName, condition: &Condition) {
        for id in condition.sets() {
            self.sets[id.0 as usize].keep_keys = true;
        }
        self.look_in(table, condition);
    }

    /// Notes that a condition on the table refers to these sets directly before anything is changed: keys that live elsewhere are carried.
    pub fn look_in(&mut self, table: &TableName, condition: &Condition) {
        for id in condition.sets() {
            let set = &mut self.sets[id.0 as usize];
            if set.table.source != table.source && !set.carried_to.contains(&table.source) {
                set.carried_to.push(table.source.clone());
            }
        }
    }

    /// The sets in their order: each refers only to sets before it.
    pub fn into_sets(self) -> Vec<RowSet> {
        self.sets
    }
}

/// Rows that stay although a path leads through them, by table: what hangs from them stays too.
pub trait Staying {
    /// The condition on rows of the table that are shared or handed over; [`Condition::Never`] where there are none.
    fn staying(&mut self, sets: &mut Sets, table: &TableName) -> Condition;
}

/// Nothing stays: every row that leads to the scope is meant.
pub struct NothingStays;

impl Staying for NothingStays {
    fn staying(&mut self, _sets: &mut Sets, _table: &TableName) -> Condition {
        Condition::Never
    }
}

/// Columns that hold the referenced columns of rows of `to`.
#[derive(Debug, Clone, Copy)]
pub struct Pointer<'a> {
    pub columns: &'a [ColumnPath],
    pub to: &'a TableName,
    pub referenced: &'a [String],
    /// As in [`crate::map::resolve::Edge`].
    pub alike: bool,
}

/// The scope of a subject: which rows of subject tables are the subject or within it.
pub struct Scope<'a> {
    pub scheme: &'a Scheme,
    pub kind: &'a SubjectKind,
}

impl Scope<'_> {
    /// Whether subjects of this kind can be in the scope.
    pub fn contains_kind(&self, kind: &SubjectKind) -> bool {
        self.scheme.scope_kinds(self.kind).contains(kind)
    }

    /// Which rows of the kind's table are in the scope.
    pub fn owners(&self, sets: &mut Sets, kind: &SubjectKind) -> Condition {
        if kind == self.kind {
            let key = self.scheme.subject(kind).map(|subject| subject.key.clone()).unwrap_or_default();
            return Condition::SubjectKey { kind: kind.clone(), columns: key };
        }
        match self.scheme.within(kind) {
            Some(path) if self.contains_kind(kind) => self.leading(sets, &path.hops, &path.kind, &mut NothingStays),
            _ => Condition::Never,
        }
    }

    /// Rows of the table from which the hops lead to a scope row of the kind, and not through rows that stay.
    pub fn leading(&self, sets: &mut Sets, hops: &[Link], kind: &SubjectKind, stays: &mut dyn Staying) -> Condition {
        let Some((hop, rest)) = hops.split_first() else { return self.owners(sets, kind) };
        match hop {
            Link::Forward { columns, to, referenced, when, alike, .. } => {
                let inner = self.leading(sets, rest, kind, stays);
                let staying = stays.staying(sets, to);
                // Where all rows that lead on are among those that stay, none is left; saying so keeps empty steps out of plans.
                let all_stay = staying == inner || matches!(&staying, Condition::Any(found) if found.contains(&inner));
                let inner = if all_stay { Condition::Never } else { Condition::all([inner, Condition::not(staying)]) };
                Condition::all([when_holds(when), self.pointing(sets, Pointer { columns, to, referenced, alike: *alike }, inner)])
            }
            Link::Up { columns, referenced } => {
                let base = self.leading(sets, rest, kind, stays);
                Condition::Closure { base: Box::new(base), columns: columns.clone(), referenced: referenced.clone() }
            }
            Link::Reverse { table: child, columns, referenced, when } => {
                let inner = self.leading(sets, rest, kind, stays);
                let inner = Condition::all([when_holds(when), inner]);
                if inner == Condition::Never {
                    return Condition::Never;
                }
                let set = sets.add(child, columns.clone(), inner);
                Condition::In { columns: referenced.iter().map(ColumnPath::column).collect(), set }
            }
        }
    }

    /// Rows from which a forward hop leads to a row that satisfies the condition.
    pub fn below(&self, sets: &mut Sets, hop: &Link, condition: Condition) -> Condition {
        match hop {
            Link::Forward { columns, to, referenced, when, alike, .. } => {
                let pointer = Pointer { columns, to, referenced, alike: *alike };
                Condition::all([when_holds(when), self.pointing(sets, pointer, condition)])
            }
            // Only forward hops hang rows from rows.
            Link::Up { .. } | Link::Reverse { .. } => Condition::Never,
        }
    }

    /// Rows whose columns hold the referenced columns of a row of `to` that satisfies `inner`.
    ///
    /// Where that row is the subject itself and its key's text means the same in these columns, it can be compared at once: no look at the
    /// subject's table is needed.
    pub fn pointing(&self, sets: &mut Sets, pointer: Pointer<'_>, inner: Condition) -> Condition {
        let Pointer { columns, to, referenced, alike } = pointer;
        if inner == Condition::Never {
            return Condition::Never;
        }
        if let Condition::SubjectKey { kind, columns: key } = &inner {
            let plain = columns.iter().all(|path| path.json.is_empty());
            let same = key.len() == referenced.len() && key.iter().all(|column| referenced.contains(column));
            if plain && same && alike {
                let of_key = |name: &String| referenced.iter().position(|column| column == name).map(|at| columns[at].column.clone());
                return Condition::SubjectKey { kind: kind.clone(), columns: key.iter().filter_map(of_key).collect() };
            }
        }
        let set = sets.add(to, referenced.iter().map(ColumnPath::column).collect(), inner);
        Condition::In { columns: columns.to_vec(), set }
    }

    /// Rows of the table from which the hops lead to an owner outside the scope. `candidate` limits where it looks: only its truth
    /// for rows that satisfy `candidate` matters.
    pub fn leading_outside(
        &self,
        sets: &mut Sets,
        table: &TableName,
        hops: &[Link],
        kind: &SubjectKind,
        candidate: &Condition,
    ) -> Condition {
        if functional(hops) {
            let inside = if self.contains_kind(kind) { self.leading(sets, hops, kind, &mut NothingStays) } else { Condition::Never };
            return Condition::all([reaching(sets, table, hops, candidate), Condition::not(inside)]);
        }
        let Some((hop, rest)) = hops.split_first() else { return Condition::Never };
        match hop {
            Link::Forward { columns, to, referenced, when, .. } => {
                let seen = sets.add(table, columns.clone(), Condition::all([candidate.clone(), when_holds(when)]));
                let target: Vec<ColumnPath> = referenced.iter().map(ColumnPath::column).collect();
                let candidate = Condition::In { columns: target.clone(), set: seen };
                let outside = self.leading_outside(sets, to, rest, kind, &candidate);
                let set = sets.add(to, target, Condition::all([candidate, outside]));
                Condition::all([when_holds(when), Condition::In { columns: columns.clone(), set }])
            }
            Link::Up { columns, referenced } => {
                let base = self.leading_outside(sets, table, rest, kind, &Condition::Always);
                Condition::Closure { base: Box::new(base), columns: columns.clone(), referenced: referenced.clone() }
            }
            Link::Reverse { table: child, columns, referenced, when } => {
                let own: Vec<ColumnPath> = referenced.iter().map(ColumnPath::column).collect();
                let seen = sets.add(table, own.clone(), candidate.clone());
                let candidate = Condition::all([when_holds(when), Condition::In { columns: columns.clone(), set: seen }]);
                let outside = self.leading_outside(sets, child, rest, kind, &candidate);
                let set = sets.add(child, columns.clone(), Condition::all([candidate, outside]));
                Condition::In { columns: own, set }
            }
        }
    }
}

/// Rows of the table from which the hops lead to some owner at all, as far as they satisfy `candidate`: no set is larger than what
/// the candidates lead to.
fn reaching(sets: &mut Sets, table: &TableName, hops: &[Link], candidate: &Condition) -> Condition {
    let Some((hop, rest)) = hops.split_first() else { return Condition::Always };
    match hop {
        Link::Forward { columns, when, enforced: true, .. } if rest.is_empty() => {
            Condition::all([when_holds(when), Condition::NotNull { columns: columns.clone() }])
        }
        Link::Forward { columns, to, referenced, when, .. } => {
            let seen = sets.add(table, columns.clone(), Condition::all([candidate.clone(), when_holds(when)]));
            let target: Vec<ColumnPath> = referenced.iter().map(ColumnPath::column).collect();
            let there = Condition::In { columns: target.clone(), set: seen };
            let inner = reaching(sets, to, rest, &there);
            let set = sets.add(to, target, Condition::all([there, inner]));
            Condition::all([when_holds(when), Condition::In { columns: columns.clone(), set }])
        }
        // Only functional paths come here; others are looked at hop by hop in `leading_outside`.
        Link::Up { .. } | Link::Reverse { .. } => Condition::Always,
    }
}

fn when_holds(when: &[(ColumnPath, String)]) -> Condition {
    Condition::all(when.iter().map(|(column, text)| Condition::Equals { column: column.clone(), text: text.clone() }))
}
