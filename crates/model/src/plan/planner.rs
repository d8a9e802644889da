//! The planner: from a scheme, a kind of subject and the requester's choices to an outline.
//!
//! ```text
//! Scheme ──► actions (choices applied) ──► rows of every table ──► steps in order, kept rows, guards ──► Outline
//! ```
//!
//! It looks at no row: which subject is meant, and how many rows there are, is found out by running the outline's conditions.

use std::collections::BTreeMap;

use super::facts::Fact;
use super::order::order;
use super::rows::{Fate, RowFinder, Rows, by_key, concerns};
use super::sets::{NothingStays, Scope, Sets};
use super::{
    CatalogReference, CategoryLabel, Choice, Identifier, Kept, KeptReason, LeftOut, LeftOutReason, MapReference, Outline, Profile, Purpose,
    Step, Work, guards,
};
use crate::map::resolve::{MappedTable, Scheme, hand_over_edges};
use crate::map::{Action, Category, ExportDisposition};
use crate::names::{SubjectKind, TableName};
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
    pub choices: &'a [Choice],
    pub facts: &'a [Fact],
}

/// The outline of an export.
///
/// # Errors
/// [`Error::UnknownKind`].
pub fn export(scheme: &Scheme, asked: &Asked<'_>) -> Result<Outline, Error> {
    let scope = scope(scheme, asked)?;
    let mut sets = Sets::default();
    let mut outline = empty(scheme, asked, Purpose::Export);
    for category in &scheme.map.categories {
        if let Some(reason) = not_exported(category, asked) {
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
    Ok(outline)
}

/// The outline of an erasure.
///
/// # Errors
/// Every variant of [`Error`]; nothing is decided in place of the requester.
pub fn erase(scheme: &Scheme, asked: &Asked<'_>) -> Result<Outline, Error> {
    let scope = scope(scheme, asked)?;
    let mut outline = empty(scheme, asked, Purpose::Erase);
    let (actions, choices) = actions(scheme, &scope, asked)?;
    outline.choices = choices;
    let deleted: Vec<TableName> =
        actions.iter().filter(|(_, action)| matches!(action, Action::Delete)).map(|(table, _)| table.clone()).collect();
    let deleted: Vec<TableName> =
        scheme.tables.iter().map(|mapped| mapped.table.name.clone()).filter(|name| deleted.contains(name)).collect();
    let order = order(scheme, &deleted)?;

    let mut sets = Sets::default();
    let mut fates = BTreeMap::new();
    let mut finder = RowFinder::new(&scope, &actions);
    for mapped in &scheme.tables {
        let Some(action) = actions.get(&mapped.table.name) else {
            outline.left_out.push(left_out_table(mapped));
            continue;
        };
        let rows = finder.rows(&mut sets, mapped);
        let rows = handed_over(&scope, &mut sets, mapped, action, rows);
        let broken = order.broken.iter().any(|(table, _)| *table == mapped.table.name);
        let condition = durable(&mut sets, mapped, action, &rows, broken)?;
        fates.insert(mapped.table.name.clone(), Fate { action: action.clone(), rows, condition });
    }
    let (unlinks, guards) = guards::references(&scope, &mut sets, &fates);
    outline.guards = guards;
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

/// The action of every table that concerns the scope, with the requester's choices applied.
fn actions(scheme: &Scheme, scope: &Scope<'_>, asked: &Asked<'_>) -> Result<(BTreeMap<TableName, Action>, Vec<Choice>), Error> {
    let mut actions = BTreeMap::new();
    let mut choices = Vec::new();
    let mut undecided = Vec::new();
    for mapped in scheme.tables.iter().filter(|mapped| concerns(scope, mapped)) {
        let table = &mapped.table.name;
        let choice = asked.choices.iter().find(|choice| choice.table == *table);
        let action = match (mapped.entry.on_erase.for_kind(asked.kind), choice) {
            (Action::Choose(offered), None) => {
                undecided.push((table.clone(), offered.iter().map(Action::word).collect()));
                continue;
            }
            (Action::Choose(offered), Some(choice)) => {
                let chosen = offered.iter().find(|action| action.word() == choice.action).ok_or_else(|| Error::NotOffered {
                    table: table.clone(),
                    action: choice.action.clone(),
                    offered: offered.iter().map(Action::word).collect::<Vec<_>>().join(", "),
                })?;
                choices.push(choice.clone());
                chosen
            }
            (_, Some(choice)) => return Err(Error::NothingToChoose { table: choice.table.clone() }),
            (action, None) => action,
        };
        actions.insert(table.clone(), action.clone());
    }
    if let Some(choice) = asked
        .choices
        .iter()
        .find(|choice| !actions.contains_key(&choice.table) && !undecided.iter().any(|(table, _)| *table == choice.table))
    {
        return Err(Error::NothingToChoose { table: choice.table.clone() });
    }
    if undecided.is_empty() { Ok((actions, choices)) } else { Err(Error::Undecided { tables: undecided }) }
}

/// Hands over only what is the subject's by that column: rows in which it names the subject, or nobody in a row that another owner path
/// leads to the subject. A row in which it names somebody else is left to them.
fn handed_over(scope: &Scope<'_>, sets: &mut Sets, mapped: &MappedTable, action: &Action, rows: Rows) -> Rows {
    let Action::HandOver { column } = action else { return rows };
    let edges = &scope.scheme.edges;
    let named = hand_over_edges(&scope.scheme.map, edges, &mapped.table.name, column, scope.kind).map(|edge| {
        let when = edge.when.iter().map(|(column, text)| Condition::Equals { column: column.clone(), text: text.clone() });
        let key = Condition::SubjectKey { kind: scope.kind.clone(), columns: vec![column.clone()] };
        Condition::all(when.chain([key]).collect::<Vec<_>>())
    });
    let named = Condition::any(named.collect::<Vec<_>>());
    if rows.erased == named {
        return rows;
    }
    let nobody = Condition::not(Condition::NotNull { columns: vec![ColumnPath::column(column)] });
    let owned = scope.any_leading(sets, &mapped.owner, &mut NothingStays);
    let theirs = Condition::any([named, Condition::all([nobody, owned])]);
    let left = Condition::all([rows.erased.clone(), Condition::not(theirs.clone())]);
    Rows { erased: Condition::all([rows.erased, theirs]), shared: Condition::any([rows.shared, left]), ..rows }
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
mod tests {
    use super::*;
    use crate::map::resolve::resolve;
    use crate::map::{Claim, Hop};
    use crate::plan::Effect;
    use crate::testing::{catalog, map, name};

    fn erase_seat(map: &crate::map::DataMap, choices: &[Choice]) -> Result<Outline, Error> {
        let scheme = resolve(map, &[catalog()]).unwrap();
        let kind = SubjectKind::new("seat");
        erase(&scheme, &Asked { kind: &kind, profile: Profile::Documented, choices, facts: &[] })
    }

    fn works(outline: &Outline) -> Vec<String> {
        outline.steps.iter().map(|step| format!("{} {}", step.work.word(), step.table.name)).collect()
    }

    #[test]
    fn children_go_before_the_rows_they_point_to() {
        let outline = erase_seat(&map(), &[]).unwrap();
        let want =
            ["delete page_view", "delete session", "delete viewer", "delete presentation", "delete note", "delete draft", "delete seat"];
        assert_eq!(works(&outline), want);
    }

    #[test]
    fn the_subjects_own_key_is_compared_at_once() {
        let outline = erase_seat(&map(), &[]).unwrap();
        let draft = outline.steps.iter().find(|step| step.table.name == "draft").unwrap();
        let want = Condition::SubjectKey { kind: SubjectKind::new("seat"), columns: vec!["seat_id".into()] };
        assert_eq!(draft.condition, want);
    }

    #[test]
    fn a_reference_from_a_row_that_may_stay_is_guarded() {
        let outline = erase_seat(&map(), &[]).unwrap();
        let guarded: Vec<(String, Effect)> = outline.guards.iter().map(|guard| (guard.table.name.clone(), guard.effect)).collect();
        // Another seat's note may point to this seat's draft, another seat's session to a viewer that goes.
        assert_eq!(guarded, [("note".to_owned(), Effect::Refuse), ("session".to_owned(), Effect::Refuse)]);
    }

    #[test]
    fn an_unlinked_reference_is_cleared_before_anything_is_deleted() {
        let mut map = map();
        let note = map.tables.iter_mut().find(|entry| entry.table.name == "note").unwrap();
        note.unlink = vec!["draft_id".into()];
        let outline = erase_seat(&map, &[]).unwrap();
        assert_eq!(works(&outline)[0], "unlink note");
        assert!(outline.guards.iter().all(|guard| guard.table.name != "note"));
    }

    #[test]
    fn a_choice_is_asked_for_and_nothing_else_is_taken() {
        let mut map = map();
        let presentation = map.tables.iter_mut().find(|entry| entry.table.name == "presentation").unwrap();
        let offered = vec![Action::Delete, Action::HandOver { column: "owner_seat_id".into() }];
        presentation.on_erase.by_kind.insert(SubjectKind::new("seat"), Action::Choose(offered));
        let table = name("presentation");
        assert!(matches!(erase_seat(&map, &[]), Err(Error::Undecided { .. })));
        let keep = [Choice { table: table.clone(), action: "keep".into() }];
        assert!(matches!(erase_seat(&map, &keep), Err(Error::NotOffered { .. })));
        let hand_over = [Choice { table, action: "hand_over".into() }];
        let outline = erase_seat(&map, &hand_over).unwrap();
        // What hangs from a presentation goes with it to the successor.
        assert_eq!(works(&outline), ["hand over presentation", "delete note", "delete draft", "delete seat"]);
        let follows: Vec<&str> =
            outline.kept.iter().filter(|kept| kept.reason == KeptReason::Follows).map(|kept| kept.table.name.as_str()).collect();
        assert_eq!(follows, ["session", "page_view", "viewer"]);
    }

    #[test]
    fn a_cycle_is_broken_at_a_column_that_can_be_null() {
        let mut catalog = catalog();
        let draft = catalog.tables.iter_mut().find(|table| table.name.name == "draft").unwrap();
        *draft = crate::testing::table("draft", &["id", "seat_id>seat", "note_id>note"]);
        let scheme = resolve(&map(), &[catalog]).unwrap();
        let kind = SubjectKind::new("seat");
        let outline = erase(&scheme, &Asked { kind: &kind, profile: Profile::Documented, choices: &[], facts: &[] }).unwrap();
        let works = works(&outline);
        let place = |work: &str| works.iter().position(|found| found == work).unwrap();
        assert!(place("clear first note") < place("delete draft") && place("delete draft") < place("delete note"));
    }

    #[test]
    fn rows_of_two_owners_are_named_by_key_and_stay_with_the_other() {
        let mut map = map();
        let via = |columns: &[&str]| Claim {
            kind: SubjectKind::new("seat"),
            path: Some(columns.iter().map(|column| Hop::To { columns: vec![ColumnPath::column(*column)], to: None }).collect()),
        };
        let note = map.tables.iter_mut().find(|entry| entry.table.name == "note").unwrap();
        note.owner = vec![via(&["author_seat_id"]), via(&["draft_id", "seat_id"])];
        let outline = erase_seat(&map, &[]).unwrap();
        let step = outline.steps.iter().find(|step| step.table.name == "note").unwrap();
        assert!(matches!(&step.condition, Condition::In { columns, .. } if *columns == [ColumnPath::column("id")]));
        assert!(outline.kept.iter().any(|kept| kept.table.name == "note" && kept.reason == KeptReason::Shared));
    }

    #[test]
    fn a_row_that_names_somebody_else_is_not_handed_over() {
        let mut map = map();
        let note = map.tables.iter_mut().find(|entry| entry.table.name == "note").unwrap();
        let drafts = ["draft_id", "seat_id"].map(|column| Hop::To { columns: vec![ColumnPath::column(column)], to: None });
        note.owner.push(Claim { kind: SubjectKind::new("seat"), path: Some(drafts.to_vec()) });
        note.erase_shared = true;
        note.on_erase.by_kind.insert(SubjectKind::new("seat"), Action::HandOver { column: "author_seat_id".into() });
        note.unlink = vec!["draft_id".into()];
        let outline = erase_seat(&map, &[]).unwrap();
        let step = outline.steps.iter().find(|step| matches!(step.work, Work::HandOver { .. })).unwrap();
        let [set] = step.condition.sets().try_into().unwrap();
        let author = Condition::SubjectKey { kind: SubjectKind::new("seat"), columns: vec!["author_seat_id".into()] };
        let nobody = Condition::not(Condition::NotNull { columns: vec!["author_seat_id".into()] });
        let Condition::All(parts) = &outline.sets[set.0 as usize].condition else { panic!("not limited") };
        // Found by its draft, a note of another author, or of none, is told apart from the subject's own.
        assert!(matches!(&parts[..], [Condition::Any(_), Condition::Any(theirs)]
            if theirs[0] == author && matches!(&theirs[1], Condition::All(both) if both[0] == nobody)));
        assert!(outline.kept.iter().any(|kept| kept.table.name == "note" && kept.reason == KeptReason::Shared));
    }

    #[test]
    fn sets_refer_only_to_sets_before_them() {
        let outline = erase_seat(&map(), &[]).unwrap();
        for set in &outline.sets {
            assert!(set.condition.sets().iter().all(|inner| inner.0 < set.id.0));
        }
    }
}
