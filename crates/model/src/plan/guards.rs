//! References from rows that stay to rows that go: what is set to null, and what refuses the plan.

use std::collections::BTreeMap;

use super::actions::Treatment;
use super::rows::Fate;
use super::sets::{NothingStays, Pointer, Scope, Sets};
use super::{Effect, Guard, Step, Work};
use crate::catalog::ReferentialAction;
use crate::map::Action;
use crate::map::resolve::Edge;
use crate::names::{CategoryName, TableName};
use crate::selection::{ColumnPath, Condition};

/// For every reference to a row that goes: nothing to do, a step that clears it, or a guard.
pub(super) fn references(
    scope: &Scope<'_>,
    sets: &mut Sets,
    fates: &BTreeMap<TableName, Fate>,
    actions: &BTreeMap<TableName, Treatment>,
) -> (Vec<Step>, Vec<Guard>) {
    let mut steps: Vec<Step> = Vec::new();
    let mut guards = Vec::new();
    for edge in &scope.scheme.edges {
        let Some(target) = fates.get(&edge.to).filter(|fate| fate.is_deleted()) else { continue };
        let pointer = Pointer { columns: &edge.columns, to: &edge.to, referenced: &edge.referenced, alike: edge.alike };
        let points = scope.pointing(sets, pointer, target.rows.erased.clone());
        let when = edge.when.iter().map(|(column, text)| Condition::Equals { column: column.clone(), text: text.clone() });
        let points = Condition::all(when.chain([points]).collect::<Vec<_>>());
        let origin = fates.get(&edge.from);
        if points == Condition::Never || origin.is_some_and(|fate| covers(fate, &points)) {
            continue;
        }
        let exempt = origin.map_or(Condition::Never, |fate| exempt(fate, edge));
        let condition = Condition::all([points, Condition::not(exempt)]);
        let mapped = scope.scheme.table(&edge.from);
        let listed = |path: &ColumnPath| path.json.is_empty() && mapped.is_some_and(|mapped| mapped.entry.unlink.contains(&path.column));
        let unlinked: Vec<String> = edge.columns.iter().filter(|path| listed(path)).map(|path| path.column.clone()).collect();
        if unlinked.is_empty() {
            guards.extend(refusals(scope, sets, edge, condition, actions.get(&edge.from)));
            continue;
        }
        let same = |step: &&mut Step| step.table == edge.from && matches!(&step.work, Work::Unlink { columns } if *columns == unlinked);
        match steps.iter_mut().find(same) {
            // Two references over the same columns (polymorphic ones): a row is cleared once.
            Some(step) => step.condition = Condition::any([step.condition.clone(), condition]),
            None => steps.push(Step {
                table: edge.from.clone(),
                category: mapped.and_then(|mapped| mapped.entry.category.clone()),
                work: Work::Unlink { columns: unlinked },
                condition,
            }),
        }
    }
    (steps, guards)
}

/// The guards for rows that point to rows that go. Those of the subject that only their category keeps out of the plan are told apart.
fn refusals(scope: &Scope<'_>, sets: &mut Sets, edge: &Edge, condition: Condition, treatment: Option<&Treatment>) -> Vec<Guard> {
    let guard = |condition: Condition, choose: Option<&CategoryName>| Guard {
        table: edge.from.clone(),
        columns: edge.columns.clone(),
        references: edge.to.clone(),
        effect: effect(edge),
        condition,
        choose: choose.cloned(),
    };
    let (Some(Treatment::Leave(category)), Some(mapped)) = (treatment, scope.scheme.table(&edge.from)) else {
        return vec![guard(condition, None)];
    };
    let owned = scope.any_leading(sets, &mapped.owner, &mut NothingStays);
    let about = scope.any_leading(sets, &mapped.about, &mut NothingStays);
    let own = Condition::any([owned, about]);
    let others = Condition::all([condition.clone(), Condition::not(own.clone())]);
    vec![guard(Condition::all([condition, own]), Some(category)), guard(others, None)]
}

/// Every row that points this way is itself deleted: the reference is the very way by which the row is found.
fn covers(fate: &Fate, points: &Condition) -> bool {
    fate.is_deleted() && (fate.rows.erased == *points || matches!(&fate.rows.erased, Condition::Any(found) if found.contains(points)))
}

/// Rows that do not keep the reference: they go, or the action on them overwrites it.
fn exempt(fate: &Fate, edge: &Edge) -> Condition {
    match &fate.action {
        Action::Delete => fate.condition.clone(),
        Action::Change(changes) => {
            let overwritten = |path: &ColumnPath| {
                changes.iter().any(|(changed, _)| changed == path || (changed.json.is_empty() && changed.column == path.column))
            };
            // One null or foreign value suffices for a composite key not to point there any more.
            if edge.columns.iter().any(overwritten) { fate.condition.clone() } else { Condition::Never }
        }
        Action::HandOver { column } => {
            if edge.columns == [ColumnPath::column(column)] {
                fate.condition.clone()
            } else {
                Condition::Never
            }
        }
        Action::Keep(_) | Action::Choose(_) => Condition::Never,
    }
}

fn effect(edge: &Edge) -> Effect {
    match edge.on_delete {
        None => Effect::Dangle,
        Some(ReferentialAction::Cascade) => Effect::Cascade,
        Some(ReferentialAction::SetNull | ReferentialAction::SetDefault) => Effect::Overwrite,
        Some(ReferentialAction::NoAction | ReferentialAction::Restrict) => Effect::Refuse,
    }
}
