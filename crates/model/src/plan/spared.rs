//! Rows of categories that were not chosen: none of them may lose the way by which the map finds its owner.
//!
//! An owner path may go through rows that are erased: a viewer is the seat's by its sessions, a page by its presentation. Where such a row of
//! another category would be found by no path any more, no later request would erase or export it, and the plan is refused.

use std::collections::BTreeMap;

use super::actions::Treatment;
use super::rows::{Fate, RowFinder};
use super::sets::{NothingStays, Pointer, Scope, Sets};
use super::{Effect, Guard, Step, Work};
use crate::map::Action;
use crate::map::resolve::{Edge, Link, MappedTable, Path};
use crate::names::{SubjectKind, TableName};
use crate::selection::{ColumnPath, Condition};

/// Guards against rows that would be lost to every later request.
///
/// What is looked at is what the erasure of everything would act on. A row that belongs to the subject must still belong to it afterwards,
/// and a row that only speaks of it must still do so.
pub(super) fn losses(finder: &mut RowFinder<'_>, sets: &mut Sets, fates: &BTreeMap<TableName, Fate>, unlinks: &[Step]) -> Vec<Guard> {
    let scope = finder.scope;
    let mut guards = Vec::new();
    for mapped in &scope.scheme.tables {
        let Some(Treatment::Leave(category)) = finder.actions.get(&mapped.table.name) else { continue };
        let mut ways = Ways { scope, fates, unlinks, broken: None };
        let owned_after = ways.any(sets, mapped, &mapped.owner);
        let about_after = ways.any(sets, mapped, &mapped.about);
        let Some((columns, references)) = ways.broken else { continue };
        let owned = scope.any_leading(sets, &mapped.owner, &mut NothingStays);
        let found = Condition::any([owned_after, Condition::all([about_after, Condition::not(owned)])]);
        let condition = Condition::all([finder.rows(sets, mapped).erased, Condition::not(found)]);
        if condition == Condition::Never {
            continue;
        }
        guards.push(Guard {
            table: mapped.table.name.clone(),
            columns,
            references,
            effect: Effect::Orphan,
            condition,
            choose: Some(category.clone()),
        });
    }
    guards
}

/// Owner paths as they are after the erasure, in terms of the rows as they are before it.
struct Ways<'a> {
    scope: &'a Scope<'a>,
    fates: &'a BTreeMap<TableName, Fate>,
    unlinks: &'a [Step],
    /// The first link that the erasure may break: its columns, and the table whose rows go or change.
    broken: Option<(Vec<ColumnPath>, TableName)>,
}

impl Ways<'_> {
    /// Rows from which one of the paths still leads to the scope.
    fn any(&mut self, sets: &mut Sets, mapped: &MappedTable, paths: &[Path]) -> Condition {
        let mut found = Vec::new();
        for path in paths.iter().filter(|path| self.scope.contains_kind(&path.kind)) {
            found.push(self.leading(sets, &mapped.table.name, &path.hops, &path.kind));
        }
        Condition::any(found)
    }

    fn leading(&mut self, sets: &mut Sets, table: &TableName, hops: &[Link], kind: &SubjectKind) -> Condition {
        let Some((hop, rest)) = hops.split_first() else { return self.owners(sets, kind) };
        match hop {
            Link::Forward { columns, to, referenced, when, alike, .. } => {
                let inner = self.leading(sets, to, rest, kind);
                let inner = Condition::all([inner, Condition::not(self.gone(to, columns))]);
                let pointer = Pointer { columns, to, referenced, alike: *alike };
                let points = self.scope.pointing(sets, pointer, inner);
                Condition::all([when_holds(when), points, Condition::not(self.cut(table, columns, when))])
            }
            Link::Up { columns, referenced } => {
                let base = self.leading(sets, table, rest, kind);
                if self.can_climb(table, columns) {
                    return Condition::Closure { base: Box::new(base), columns: columns.clone(), referenced: referenced.clone() };
                }
                self.note(&columns.iter().map(ColumnPath::column).collect::<Vec<_>>(), table);
                base
            }
            Link::Reverse { table: child, columns, referenced, when } => {
                let inner = self.leading(sets, child, rest, kind);
                let alive = Condition::not(self.gone(child, columns));
                let inner = Condition::all([when_holds(when), inner, alive, Condition::not(self.cut(child, columns, when))]);
                if inner == Condition::Never {
                    return Condition::Never;
                }
                let set = sets.add(child, columns.clone(), inner);
                Condition::In { columns: referenced.iter().map(ColumnPath::column).collect(), set }
            }
        }
    }

    fn owners(&mut self, sets: &mut Sets, kind: &SubjectKind) -> Condition {
        if kind == self.scope.kind {
            return self.scope.owners(sets, kind);
        }
        let scheme = self.scope.scheme;
        match (scheme.within(kind), scheme.subject(kind)) {
            (Some(path), Some(subject)) if self.scope.contains_kind(kind) => self.leading(sets, &subject.table, &path.hops, &path.kind),
            _ => Condition::Never,
        }
    }

    /// Rows of the table that are deleted.
    fn gone(&mut self, table: &TableName, columns: &[ColumnPath]) -> Condition {
        let Some(fate) = self.fates.get(table).filter(|fate| fate.is_deleted()) else { return Condition::Never };
        self.note(columns, table);
        fate.condition.clone()
    }

    /// Rows of the table in which the erasure writes into these columns.
    fn cut(&mut self, table: &TableName, columns: &[ColumnPath], when: &[(ColumnPath, String)]) -> Condition {
        let paths: Vec<&ColumnPath> = columns.iter().chain(when.iter().map(|(path, _)| path)).collect();
        let whole = |column: &String| paths.iter().any(|path| path.column == *column);
        let mut cut = Vec::new();
        for step in self.unlinks.iter().filter(|step| step.table == *table) {
            if matches!(&step.work, Work::Unlink { columns } if columns.iter().any(whole)) {
                cut.push(step.condition.clone());
            }
        }
        if let Some(fate) = self.fates.get(table) {
            let written = match &fate.action {
                Action::Change(changes) => changes
                    .iter()
                    .any(|(place, _)| paths.iter().any(|path| path.column == place.column && path.json.starts_with(&place.json))),
                Action::HandOver { column } => whole(column),
                Action::Delete | Action::Keep(_) | Action::Choose(_) => false,
            };
            if written {
                cut.push(fate.condition.clone());
            }
        }
        let cut = Condition::any(cut);
        if cut != Condition::Never {
            self.note(columns, table);
        }
        cut
    }

    /// Whether all ways up a tree are as before. In a tree of which the erasure may take rows, or a link over whose columns another reference
    /// goes too, only the row itself counts.
    fn can_climb(&self, table: &TableName, columns: &[String]) -> bool {
        let own = |edge: &Edge| {
            edge.to == *table && edge.columns.len() == columns.len() && edge.columns.iter().zip(columns).all(|(path, name)| is(path, name))
        };
        let overlaps = |edge: &Edge| edge.columns.iter().any(|path| columns.contains(&path.column));
        let mut edges = self.scope.scheme.edges.iter().filter(|edge| edge.from == *table);
        !self.fates.contains_key(table) && !edges.any(|edge| !own(edge) && overlaps(edge))
    }

    fn note(&mut self, columns: &[ColumnPath], table: &TableName) {
        self.broken.get_or_insert_with(|| (columns.to_vec(), table.clone()));
    }
}

fn is(path: &ColumnPath, name: &str) -> bool {
    path.json.is_empty() && path.column == name
}

fn when_holds(when: &[(ColumnPath, String)]) -> Condition {
    Condition::all(when.iter().map(|(column, text)| Condition::Equals { column: column.clone(), text: text.clone() }))
}
