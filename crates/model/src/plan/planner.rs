//! The planner: from a scheme, a kind of subject and the requester's choices to an outline.
//!
//! ```text
//! Scheme ──► actions (choices applied) ──► rows of every table ──► steps in order, kept rows, guards ──► Outline
//! ```
//!
//! It looks at no row: which subject is meant, and how many rows there are, is found out by running the outline's conditions.

use std::collections::BTreeMap;

use super::actions::{Treatment, actions, handed_over};
use super::chosen::{self, Chosen, left_aside};
use super::facts::Fact;
use super::order::order;
use super::rows::{Fate, RowFinder, Rows, by_key, concerns};
use super::sets::{NothingStays, Scope, Sets};
use super::{
    CatalogReference, CategoryLabel, Choice, Identifier, Kept, KeptReason, LeftOut, LeftOutReason, MapReference, Outline, Profile, Purpose,
    Step, Work, guards, spared,
};
use crate::map::resolve::{MappedTable, Scheme};
use crate::map::{Action, Category, ExportDisposition};
use crate::names::{CategoryName, SubjectKind, TableName};
use crate::selection::{ColumnPath, Condition};

/// Why there is no plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("`{kind}` is no subject of this map; subjects are {known}")]
    UnknownKind { kind: SubjectKind, known: String },
    #[error("the map leaves a choice that nobody has made: {}", list_choices(.tables))]
    Undecided { tables: Vec<(TableName, Vec<&'static str>)> },
    #[error("the map does not offer `{action}` for {table}; it offers {offered}")]
    NotOffered { table: TableName, action: String, offered: String },
    #[error("{table} has no choice to make for this subject")]
    NothingToChoose { table: TableName },
    #[error("there is no choice to make for {table}: it is of the category `{category}`, which was not chosen")]
    NotChosen { table: TableName, category: CategoryName },
    #[error("the map has no category `{category}`{}", meant.as_ref().map(|name| format!("; did you mean `{name}`?")).unwrap_or_default())]
    UnknownCategory { category: CategoryName, meant: Option<String> },
    #[error("no category is chosen")]
    NoCategory,
    #[error("{table} has neither a primary key nor a unique key without nulls, so that its shared or changed rows cannot be told apart")]
    NoRowKey { table: TableName },
    #[error("order of deletion")]
    Order(#[from] super::order::Error),
}

fn list_choices(tables: &[(TableName, Vec<&'static str>)]) -> String {
    let each: Vec<String> = tables.iter().map(|(table, words)| format!("{table} ({})", words.join(" or "))).collect();
    each.join(", ")
}

/// What is asked for, as far as the structure of the plan depends on it.
#[derive(Debug, Clone)]
pub struct Asked<'a> {
    pub kind: &'a SubjectKind,
    pub profile: Profile,
    /// The categories that it is about; `None` is all of them.
    pub categories: Option<&'a [CategoryName]>,
    pub choices: &'a [Choice],
    pub facts: &'a [Fact],
}

/// The outline of an export.
///
/// With chosen categories it reads the same rows of the same tables as the export of all, and leaves the other tables out.
///
/// # Errors
/// [`Error::UnknownKind`], [`Error::UnknownCategory`] and [`Error::NoCategory`].
pub fn export(scheme: &Scheme, asked: &Asked<'_>) -> Result<Outline, Error> {
    let scope = scope(scheme, asked)?;
    let mut sets = Sets::default();
    let chosen = chosen::names(scheme, &scope, asked)?;
    let mut outline = empty(scheme, asked, Purpose::Export);
    for category in &scheme.map.categories {
        let others = chosen.as_ref().is_some_and(|chosen| !chosen.contains(&category.name)).then_some(LeftOutReason::NotChosen);
        if let Some(reason) = others.or_else(|| not_exported(category, asked)) {
            let concerned = |mapped: &MappedTable| mapped.entry.category.as_ref() == Some(&category.name) && concerns(&scope, mapped);
            if scheme.tables.iter().any(concerned) {
                outline.left_out.push(LeftOut { category: Some(category.name.clone()), table: None, reason });
            }
            continue;
        }
        for mapped in scheme.tables.iter().filter(|mapped| mapped.entry.category.as_ref() == Some(&category.name)) {
            if !concerns(&scope, mapped) {
                outline.left_out.push(left_out_table(mapped));
                continue;
            }
            let owned = scope.any_leading(&mut sets, &mapped.owner, &mut NothingStays);
            let about = scope.any_leading(&mut sets, &mapped.about, &mut NothingStays);
            let condition = Condition::any([owned, about]);
            sets.use_in(&mapped.table.name, &condition);
            let secret = |name: &str| mapped.entry.secret.iter().any(|path| path.json.is_empty() && path.column == name);
            let columns = mapped.table.columns.iter().filter(|column| !secret(&column.name)).map(|column| column.name.clone());
            outline.steps.push(Step {
                table: mapped.table.name.clone(),
                category: mapped.entry.category.clone(),
                work: Work::Read {
                    columns: columns.collect(),
                    secret_paths: mapped.entry.secret.iter().filter(|path| !path.json.is_empty()).cloned().collect(),
                    files: files(mapped),
                },
                condition,
            });
        }
    }
    outline.left_out.extend(scheme.tables.iter().filter(|mapped| mapped.entry.category.is_none()).map(left_out_table));
    outline.sets = sets.into_sets();
    outline.left_out.extend(holding_nothing(scheme, &scope, chosen.as_deref()));
    outline.categories = chosen.map(|names| Chosen { names, takes_subject: false });
    Ok(outline)
}

/// The outline of an erasure.
///
/// With chosen categories it does to their rows what the map says, and to all others nothing but what the map allows to be unlinked: where a
/// row of another category would go along, would point nowhere or would be found by no later request, a guard refuses the plan.
///
/// # Errors
/// Every variant of [`Error`]; nothing is decided in place of the requester.
pub fn erase(scheme: &Scheme, asked: &Asked<'_>) -> Result<Outline, Error> {
    let scope = scope(scheme, asked)?;
    let mut outline = empty(scheme, asked, Purpose::Erase);
    let chosen = chosen::names(scheme, &scope, asked)?;
    let (actions, choices) = actions(scheme, &scope, asked, chosen.as_deref())?;
    outline.choices = choices;
    let is_deleted = |name: &TableName| matches!(actions.get(name), Some(Treatment::Act(Action::Delete)));
    let deleted: Vec<TableName> = scheme.tables.iter().map(|mapped| mapped.table.name.clone()).filter(is_deleted).collect();
    let order = order(scheme, &deleted)?;

    let mut sets = Sets::default();
    let mut fates = BTreeMap::new();
    let mut finder = RowFinder::new(&scope, &actions);
    for mapped in &scheme.tables {
        let Some(treatment) = actions.get(&mapped.table.name) else {
            if left_aside(chosen.as_deref(), mapped).is_none() {
                outline.left_out.push(left_out_table(mapped));
            }
            continue;
        };
        let Some(action) = treatment.action() else { continue };
        let rows = finder.rows(&mut sets, mapped);
        let rows = handed_over(&scope, &mut sets, mapped, action, rows);
        let broken = order.broken.iter().any(|(table, _)| *table == mapped.table.name);
        let condition = durable(&mut sets, mapped, action, &rows, broken)?;
        fates.insert(mapped.table.name.clone(), Fate { action: action.clone(), rows, condition });
    }
    let (unlinks, guards) = guards::references(&scope, &mut sets, &fates, &actions);
    outline.guards = guards;
    outline.guards.extend(spared::losses(&mut finder, &mut sets, &fates, &unlinks));
    outline.left_out.extend(not_chosen(scheme, &actions));
    outline.left_out.extend(holding_nothing(scheme, &scope, chosen.as_deref()));
    outline.categories = chosen.map(|names| {
        let own = scheme.subject(asked.kind).and_then(|subject| fates.get(&subject.table));
        Chosen { names, takes_subject: own.is_some_and(Fate::is_deleted) }
    });
    for mapped in scheme.tables.iter().filter(|mapped| fates.contains_key(&mapped.table.name)) {
        let fate = &fates[&mapped.table.name];
        outline.kept.extend(kept(mapped, fate));
        outline.steps.extend(changing_step(mapped, fate));
    }
    // Handing over comes first: it may change the very column that a change or an unlinking looks at next.
    outline.steps.sort_by_key(|step| !matches!(step.work, Work::HandOver { .. }));
    outline.steps.extend(unlinks);
    name_disturbed_rows(scheme, &mut sets, &mut outline.steps)?;
    for (table, columns) in &order.broken {
        outline.steps.extend(delete_related(scheme, &fates, table, Work::BreakCycle { columns: columns.clone() }));
    }
    for name in &order.tables {
        let Some(mapped) = scheme.table(name) else { continue };
        let work = Work::Delete {
            row_key: mapped.table.row_key().map(<[String]>::to_vec).unwrap_or_default(),
            files: files(mapped),
            tree: scheme.edges.iter().any(|edge| edge.from == *name && edge.to == *name),
        };
        outline.steps.extend(delete_related(scheme, &fates, name, work));
    }
    let subject = scheme.subject(asked.kind);
    for (table, column) in subject.into_iter().flat_map(|subject| &subject.identifiers) {
        let Some(mapped) = scheme.table(table) else { continue };
        let owned = scope.any_leading(&mut sets, &mapped.owner, &mut NothingStays);
        let about = scope.any_leading(&mut sets, &mapped.about, &mut NothingStays);
        let condition = Condition::any([owned, about]);
        outline.identifiers.push(Identifier { table: table.clone(), column: column.clone(), condition });
    }
    let steps = outline.steps.iter().map(|step| (&step.table, &step.condition));
    let guards = outline.guards.iter().map(|guard| (&guard.table, &guard.condition));
    for (table, condition) in steps.chain(guards) {
        sets.use_in(table, condition);
    }
    for kept in &outline.kept {
        sets.look_in(&kept.table, &kept.condition);
    }
    outline.sets = sets.into_sets();
    Ok(outline)
}

fn scope<'a>(scheme: &'a Scheme, asked: &'a Asked<'_>) -> Result<Scope<'a>, Error> {
    if scheme.subject(asked.kind).is_none() {
        let known: Vec<&str> = scheme.map.subjects.iter().map(|subject| subject.kind.as_str()).collect();
        return Err(Error::UnknownKind { kind: asked.kind.clone(), known: known.join(", ") });
    }
    Ok(Scope { scheme, kind: asked.kind })
}

fn empty(scheme: &Scheme, asked: &Asked<'_>, purpose: Purpose) -> Outline {
    let catalog = |catalog: &crate::catalog::Catalog| CatalogReference {
        source: catalog.source.clone(),
        identity: catalog.identity.clone(),
        digest: catalog.digest(),
    };
    let categories =
        scheme.map.categories.iter().map(|category| CategoryLabel { name: category.name.clone(), label: category.label.clone() });
    Outline {
        purpose,
        kind: asked.kind.clone(),
        profile: asked.profile,
        map: MapReference { name: scheme.map.name.clone(), digest: scheme.map.digest(), categories: categories.collect() },
        catalogs: scheme.catalogs.iter().map(catalog).collect(),
        categories: None,
        choices: Vec::new(),
        sets: Vec::new(),
        steps: Vec::new(),
        kept: Vec::new(),
        guards: Vec::new(),
        left_out: Vec::new(),
        identifiers: Vec::new(),
    }
}

fn files(mapped: &MappedTable) -> Vec<(crate::names::SourceName, String)> {
    mapped.entry.files.iter().map(|file| (file.source.clone(), file.column.clone())).collect()
}

fn left_out_table(mapped: &MappedTable) -> LeftOut {
    let reason = match &mapped.entry.on_erase.default {
        Some(Action::Keep(ground)) if mapped.owner.is_empty() && mapped.about.is_empty() => LeftOutReason::Unowned(ground.clone()),
        _ => LeftOutReason::OtherSubjects,
    };
    LeftOut { category: mapped.entry.category.clone(), table: Some(mapped.table.name.clone()), reason }
}

/// The categories with rows of the subject that were not chosen, in the order of the map.
fn not_chosen(scheme: &Scheme, actions: &BTreeMap<TableName, Treatment>) -> Vec<LeftOut> {
    let is_left = |name: &CategoryName| actions.values().any(|treatment| matches!(treatment, Treatment::Leave(left) if left == name));
    let left = scheme.map.categories.iter().map(|category| &category.name).filter(|name| is_left(name));
    left.map(|name| LeftOut { category: Some(name.clone()), table: None, reason: LeftOutReason::NotChosen }).collect()
}

/// The chosen categories that hold no rows of such a subject: nothing can come of having chosen them.
fn holding_nothing(scheme: &Scheme, scope: &Scope<'_>, chosen: Option<&[CategoryName]>) -> Vec<LeftOut> {
    let holds =
        |name: &CategoryName| scheme.tables.iter().any(|mapped| mapped.entry.category.as_ref() == Some(name) && concerns(scope, mapped));
    let nothing = chosen.unwrap_or_default().iter().filter(|name| !holds(name));
    nothing.map(|name| LeftOut { category: Some(name.clone()), table: None, reason: LeftOutReason::OtherSubjects }).collect()
}

fn not_exported(category: &Category, asked: &Asked<'_>) -> Option<LeftOutReason> {
    let applies = category.applies.iter().all(|applies| {
        let fact = asked.facts.iter().find(|fact| fact.kind == applies.kind && fact.column == applies.column);
        fact.is_none_or(|fact| fact.value.as_ref().is_some_and(|value| applies.values.contains(value)))
    });
    if !applies {
        return Some(LeftOutReason::NotApplicable);
    }
    match (category.export, asked.profile) {
        (ExportDisposition::Included, _) | (ExportDisposition::OnRequest, Profile::Symmetric) => None,
        (ExportDisposition::OnRequest, Profile::Documented) => Some(LeftOutReason::OnRequest),
        (ExportDisposition::Excluded, _) => Some(LeftOutReason::Excluded),
    }
}

/// The erased rows in a form that later statements cannot disturb.
///
/// A plain deletion may look at its own columns and at kept keys: nothing changes them before. Rows that are changed, handed
/// over, shared, part of a tree or of a broken cycle are named by their key.
fn durable(sets: &mut Sets, mapped: &MappedTable, action: &Action, rows: &Rows, broken: bool) -> Result<Condition, Error> {
    let alone = rows.hang || rows.shared == Condition::Never;
    let plain = matches!(action, Action::Delete) && !broken && alone && !has_closure(&rows.erased);
    if plain {
        return Ok(rows.erased.clone());
    }
    match by_key(sets, mapped, &rows.erased) {
        Some(condition) => Ok(condition),
        None => Err(Error::NoRowKey { table: mapped.table.name.clone() }),
    }
}

fn has_closure(condition: &Condition) -> bool {
    match condition {
        Condition::Closure { .. } => true,
        Condition::All(inner) | Condition::Any(inner) => inner.iter().any(has_closure),
        Condition::Not(inner) => has_closure(inner),
        Condition::Never
        | Condition::Always
        | Condition::SubjectKey { .. }
        | Condition::Equals { .. }
        | Condition::NotNull { .. }
        | Condition::Changed { .. }
        | Condition::In { .. } => false,
    }
}

fn kept(mapped: &MappedTable, fate: &Fate) -> Vec<Kept> {
    let row = |reason, condition| Kept { table: mapped.table.name.clone(), category: mapped.entry.category.clone(), reason, condition };
    let mut kept = Vec::new();
    if let Action::Keep(ground) = &fate.action {
        kept.push(row(KeptReason::Ground(ground.clone()), fate.condition.clone()));
    }
    if fate.rows.shared != Condition::Never {
        kept.push(row(KeptReason::Shared, fate.rows.shared.clone()));
    }
    if fate.rows.may_follow {
        let left = [fate.rows.in_scope.clone(), Condition::not(fate.rows.shared.clone()), Condition::not(fate.condition.clone())];
        kept.push(row(KeptReason::Follows, Condition::all(left)));
    }
    kept
}

fn changing_step(mapped: &MappedTable, fate: &Fate) -> Option<Step> {
    let work = match &fate.action {
        Action::Change(changes) => Work::Change { changes: changes.clone() },
        Action::HandOver { column } => Work::HandOver { column: column.clone() },
        Action::Delete | Action::Keep(_) | Action::Choose(_) => return None,
    };
    let step = Step { table: mapped.table.name.clone(), category: mapped.entry.category.clone(), work, condition: fate.condition.clone() };
    (step.condition != Condition::Never).then_some(step)
}

/// Names the rows to unlink by their key where a step before changes a column by which they would be found: two references over one
/// column are unlinked one after the other. Rows that the other step clears altogether are left to it.
fn name_disturbed_rows(scheme: &Scheme, sets: &mut Sets, steps: &mut [Step]) -> Result<(), Error> {
    let mut done: Vec<(TableName, Vec<String>, Condition)> = Vec::new();
    for step in steps {
        let condition = step.condition.clone();
        let written: Vec<String> = match &step.work {
            Work::Unlink { columns } => columns.clone(),
            Work::HandOver { column } => vec![column.clone()],
            Work::Change { changes } => changes.iter().map(|(path, _)| path.column.clone()).collect(),
            Work::Read { .. } | Work::BreakCycle { .. } | Work::Delete { .. } => Vec::new(),
        };
        if let (Work::Unlink { columns }, Some(mapped)) = (&step.work, scheme.table(&step.table)) {
            let looks_at = condition.columns();
            let before = || done.iter().filter(|(table, _, _)| *table == step.table);
            if before().any(|(_, written, _)| written.iter().any(|column| looks_at.contains(column.as_str()))) {
                let cleared = before().filter(|(_, written, _)| columns.iter().all(|column| written.contains(column)));
                let others = cleared.map(|(_, _, rows)| Condition::not(rows.clone()));
                let rows = Condition::all(others.chain([condition.clone()]).collect::<Vec<_>>());
                let named = by_key(sets, mapped, &rows).ok_or_else(|| Error::NoRowKey { table: step.table.clone() })?;
                // Once they are cleared, a recount finds none of them.
                let linked = columns.iter().map(|column| Condition::NotNull { columns: vec![ColumnPath::column(column)] });
                step.condition = Condition::all([named, Condition::any(linked.collect::<Vec<_>>())]);
            }
        }
        done.push((step.table.clone(), written, condition));
    }
    Ok(())
}

fn delete_related(scheme: &Scheme, fates: &BTreeMap<TableName, Fate>, table: &TableName, work: Work) -> Option<Step> {
    let fate = fates.get(table).filter(|fate| fate.is_deleted())?;
    let category = scheme.table(table).and_then(|mapped| mapped.entry.category.clone());
    Some(Step { table: table.clone(), category, work, condition: fate.condition.clone() })
}

#[cfg(test)]
mod tests;
