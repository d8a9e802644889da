//! What an export holds and what an erasure does, found by looking at every row, one after the other.
//!
//! Slow on purpose and without SQL: loops over rows in memory that follow the definitions of the data map word by word. It shares no code
//! with the planner, which finds the same rows by semi-joins.

use std::collections::{BTreeMap, BTreeSet};

use super::value::Value;
pub use super::world::RowId;
use super::world::{Action, Change, Claim, Export, Hop, Reference, World};

/// Whose data is asked for, and what the requester decided.
#[derive(Debug, Clone)]
pub struct Request {
    pub kind: usize,
    pub subject: RowId,
    /// Table → position in the list of its `choose`.
    pub choices: BTreeMap<usize, usize>,
    /// Who takes over what is handed over.
    pub successor: Option<RowId>,
    /// The categories that are asked for, by number; `None` is all of them.
    pub categories: Option<BTreeSet<usize>>,
}

/// What must be true after an erasure.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    Refused(Refused),
    Erased(Erased),
}

/// Why there is no plan.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Refused {
    /// Rows that stay point to rows that would go: the table and the number of the reference.
    pub references: BTreeSet<(usize, usize)>,
    /// Rows of categories that were not chosen would lose their owner, so that no later request would find them.
    pub lost: BTreeSet<RowId>,
    /// Categories that would have to be chosen too: those of the rows in scope that point to rows that would go, and of the lost ones.
    pub choose: BTreeSet<usize>,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Erased {
    pub deleted: BTreeSet<RowId>,
    pub changed: BTreeSet<RowId>,
    pub handed_over: BTreeSet<RowId>,
    pub kept_by_ground: BTreeSet<RowId>,
    /// In scope, but somebody else's too or hanging from a row that is, or from one that is handed over.
    pub kept_for_others: BTreeSet<RowId>,
    /// Rows that stay and lose the reference to a row that goes, with the number of the reference.
    pub unlinked: BTreeSet<(RowId, usize)>,
    /// The rows that remain, by table, with their new values.
    pub remaining: Vec<Vec<(RowId, Vec<After>)>>,
}

/// A value after the erasure.
#[derive(Debug, Clone, PartialEq)]
pub enum After {
    Exactly(Value),
    /// Made up during the run; anything but the value it replaced. Equal values stay equal.
    Pseudonym(Value),
}

/// One way from a row to another, with the rows that its forward hops went through.
#[derive(Debug, Clone)]
struct Walk {
    end: RowId,
    through: Vec<RowId>,
}

/// The rows of each subject kind that the request speaks of; `None` for kinds it does not.
type Scope = Vec<Option<BTreeSet<RowId>>>;

/// Tables and rows of an export.
pub fn export(world: &World, request: &Request, symmetric: bool) -> BTreeMap<usize, BTreeSet<RowId>> {
    let scope = scope(world, request);
    let mut found = BTreeMap::new();
    for table in 0..world.tables.len() {
        let Some(category) = world.mapped(table).and_then(|mapped| mapped.category) else { continue };
        let exported = match world.categories[category].export {
            Export::Included => true,
            Export::OnRequest => symmetric,
            Export::Excluded => false,
        };
        if exported && is_chosen(request, category) {
            let rows: BTreeSet<RowId> = world.row_ids(table).filter(|row| in_scope(world, &scope, *row)).collect();
            found.insert(table, rows);
        }
    }
    found
}

/// What an erasure does. Every table whose action is to be chosen must have a choice, and handing over a successor.
pub fn erase(world: &World, request: &Request) -> Outcome {
    let scope = scope(world, request);
    let candidates: BTreeSet<RowId> = world.all_row_ids().filter(|row| in_scope(world, &scope, *row)).collect();
    let stays = stays(world, request, &scope, &candidates);

    // What is said of a row is said of the chosen categories alone; a row of another one is none of this erasure's business.
    let kept_for_others = stays.iter().copied().filter(|row| is_acted_on(world, request, row.table)).collect();
    let mut erased = Erased { kept_for_others, ..Erased::default() };
    for row in candidates.difference(&stays).filter(|row| is_acted_on(world, request, row.table)) {
        if let Action::HandOver(column) = action(world, request, row.table)
            && !may_hand_over(world, &scope, request, *row, *column)
        {
            erased.kept_for_others.insert(*row);
            continue;
        }
        let set = match action(world, request, row.table) {
            Action::Delete => &mut erased.deleted,
            Action::Change(_) => &mut erased.changed,
            Action::HandOver(_) => &mut erased.handed_over,
            Action::Keep => &mut erased.kept_by_ground,
            Action::Choose(_) => unreachable!("choices are made"),
        };
        set.insert(*row);
    }

    let mut refused = Refused::default();
    for row in world.all_row_ids().filter(|row| !erased.deleted.contains(row)) {
        for (number, reference) in world.tables[row.table].references.iter().enumerate() {
            if !referenced_rows(world, reference, row).iter().any(|target| erased.deleted.contains(target)) {
                continue;
            }
            if is_overwritten(world, request, &erased, row, reference) {
                continue;
            }
            if unlinked(world, row.table, reference).is_empty() {
                refused.references.insert((row.table, number));
                if candidates.contains(&row) && !is_acted_on(world, request, row.table) {
                    refused.choose.extend(category(world, row.table));
                }
            } else {
                erased.unlinked.insert((row, number));
            }
        }
    }
    erased.remaining = (0..world.tables.len())
        .map(|table| {
            let rows = world.row_ids(table).filter(|row| !erased.deleted.contains(row));
            rows.map(|row| (row, after(world, request, &erased, row))).collect()
        })
        .collect();
    refused.lost = lost(world, request, &erased, candidates.difference(&stays));
    refused.choose.extend(refused.lost.iter().filter_map(|row| category(world, row.table)));
    if refused.references.is_empty() && refused.lost.is_empty() { Outcome::Erased(erased) } else { Outcome::Refused(refused) }
}

fn is_chosen(request: &Request, category: usize) -> bool {
    request.categories.as_ref().is_none_or(|chosen| chosen.contains(&category))
}

fn category(world: &World, table: usize) -> Option<usize> {
    world.mapped(table).and_then(|mapped| mapped.category)
}

/// Whether the erasure does to the table's rows what the map says; otherwise they stay as they are.
fn is_acted_on(world: &World, request: &Request, table: usize) -> bool {
    category(world, table).is_none_or(|category| is_chosen(request, category))
}

/// Rows of categories that were not chosen that an erasure of everything would have found, and that would not be found any more.
///
/// A row that belongs to the subject must still belong to it afterwards, and a row that only speaks of it must still do so.
fn lost<'row>(world: &World, request: &Request, erased: &Erased, rows: impl Iterator<Item = &'row RowId>) -> BTreeSet<RowId> {
    let before = scope(world, request);
    let later = world_after(world, request, erased);
    let scope = scope(&later, request);
    rows.copied()
        .filter(|row| !is_acted_on(world, request, row.table))
        .filter(|row| {
            let owners = owner_claims(world, row.table);
            let owned = owners.iter().any(|claim| reaches_scope(world, &before, claim, *row));
            let claims = if owned { owners } else { about_claims(world, row.table) };
            !claims.iter().any(|claim| reaches_scope(&later, &scope, claim, *row))
        })
        .collect()
}

/// The world as an erasure leaves it, with every row at its place: one that is deleted has no values, and nothing leads to it or from it.
pub fn left_by(world: &World, erased: &Erased) -> World {
    let mut later = world.clone();
    for row in &erased.deleted {
        later.rows[row.table][row.row].iter_mut().for_each(|value| *value = Value::Null);
    }
    for (row, values) in erased.remaining.iter().flatten() {
        let values = values.iter().map(|value| match value {
            After::Exactly(value) => value.clone(),
            After::Pseudonym(_) => Value::Text("a pseudonym".to_owned()),
        });
        later.rows[row.table][row.row] = values.collect();
    }
    later
}

/// The world as the erasure leaves it, for whoever asks what is lost.
///
/// In a tree of which the erasure may take rows, or the links between them, nobody climbs any more: what hangs from a row by the rows above it
/// counts as lost together with them.
fn world_after(world: &World, request: &Request, erased: &Erased) -> World {
    let mut later = left_by(world, erased);
    for (number, table) in later.tables.iter_mut().enumerate() {
        let disturbed = is_acted_on(world, request, number) && concerns(world, request.kind, number);
        let columns = |reference: &Reference| reference.from.iter().map(|place| place.column).collect::<BTreeSet<usize>>();
        let all: Vec<BTreeSet<usize>> = table.references.iter().map(columns).collect();
        for (at, reference) in table.references.iter_mut().enumerate().filter(|(_, reference)| reference.to == number) {
            let entwined = all.iter().enumerate().any(|(other, columns)| other != at && !columns.is_disjoint(&all[at]));
            reference.climbable = !disturbed && !entwined;
        }
    }
    later
}

/// The column names the subject, or nobody in a row that is the subject's by another claim. A row that it says is somebody else's stays
/// with them.
fn may_hand_over(world: &World, scope: &Scope, request: &Request, row: RowId, column: usize) -> bool {
    let value = &world.row(row)[column];
    if value.is_null() {
        return owner_claims(world, row.table).iter().any(|claim| reaches_scope(world, scope, claim, row));
    }
    *value == world.row(request.subject)[world.subjects[request.kind].key[0]]
}

/// The subject's own row; and for each kind within a kind of the scope, the rows that lead to one of its rows.
fn scope(world: &World, request: &Request) -> Scope {
    let mut scope: Scope = vec![None; world.subjects.len()];
    scope[request.kind] = Some(BTreeSet::from([request.subject]));
    // As often as there are kinds: then the deepest nesting has been reached.
    for _ in &world.subjects {
        for (kind, subject) in world.subjects.iter().enumerate() {
            let Some(within) = &subject.within else { continue };
            if kind == request.kind {
                continue;
            }
            let Some(parents) = scope[within.kind].clone() else { continue };
            let rows = world.row_ids(subject.table).filter(|row| walks(world, within, *row).iter().any(|walk| parents.contains(&walk.end)));
            scope[kind] = Some(rows.collect());
        }
    }
    scope
}

/// Whether rows of the table can be in the scope of a request for this kind at all.
pub fn concerns(world: &World, kind: usize, table: usize) -> bool {
    let within_kind = |inner: usize| {
        let outer = |kind: &usize| world.subjects[*kind].within.as_ref().map(|within| within.kind);
        std::iter::successors(Some(inner), outer).any(|at| at == kind)
    };
    owner_claims(world, table).iter().chain(&about_claims(world, table)).any(|claim| within_kind(claim.kind))
}

/// Whether the request needs a successor.
pub fn hands_over(world: &World, request: &Request) -> bool {
    let tables = (0..world.tables.len()).filter(|table| concerns(world, request.kind, *table) && is_acted_on(world, request, *table));
    tables.into_iter().any(|table| matches!(action(world, request, table), Action::HandOver(_)))
}

fn in_scope(world: &World, scope: &Scope, row: RowId) -> bool {
    owner_claims(world, row.table).iter().chain(&about_claims(world, row.table)).any(|claim| reaches_scope(world, scope, claim, row))
}

/// The map's owner claims; a subject's table without any owns itself.
fn owner_claims(world: &World, table: usize) -> Vec<Claim> {
    let Some(mapped) = world.mapped(table) else { return Vec::new() };
    if !mapped.owner.is_empty() {
        return mapped.owner.clone();
    }
    let own = world.subjects.iter().enumerate().filter(|(_, subject)| subject.table == table);
    own.map(|(kind, _)| Claim { kind, path: Vec::new(), written: false }).collect()
}

fn about_claims(world: &World, table: usize) -> Vec<Claim> {
    world.mapped(table).map(|mapped| mapped.about.clone()).unwrap_or_default()
}

fn reaches_scope(world: &World, scope: &Scope, claim: &Claim, row: RowId) -> bool {
    let Some(subjects) = &scope[claim.kind] else { return false };
    walks(world, claim, row).iter().any(|walk| subjects.contains(&walk.end))
}

/// Whether the claim leads to a subject that the request does not speak of. A kind that it does not speak of is always outside.
fn reaches_outside(world: &World, scope: &Scope, claim: &Claim, row: RowId) -> bool {
    walks(world, claim, row).iter().any(|walk| scope[claim.kind].as_ref().is_none_or(|subjects| !subjects.contains(&walk.end)))
}

/// The rows in scope that stay because they, or rows that they hang from, are somebody else's too or are handed over.
///
/// Nothing of a category that was not chosen is handed over: what hangs from it is the subject's as before.
fn stays(world: &World, request: &Request, scope: &Scope, candidates: &BTreeSet<RowId>) -> BTreeSet<RowId> {
    let hands_over = |table: usize| is_acted_on(world, request, table) && matches!(action(world, request, table), Action::HandOver(_));
    let mut stays: BTreeSet<RowId> = candidates.iter().copied().filter(|row| is_shared(world, scope, *row)).collect();
    loop {
        let blocks = |row: &RowId| stays.contains(row) || (candidates.contains(row) && hands_over(row.table));
        let follows = |row: &RowId| {
            let owners = owner_claims(world, row.table);
            let owned = owners.iter().any(|claim| reaches_scope(world, scope, claim, *row));
            let claims = if owned { owners } else { about_claims(world, row.table) };
            // No claim puts the row into the erased set by a way that avoids all rows that stay.
            !claims.iter().any(|claim| {
                let Some(subjects) = &scope[claim.kind] else { return false };
                walks(world, claim, *row).iter().any(|walk| subjects.contains(&walk.end) && !walk.through.iter().any(blocks))
            })
        };
        let more: Vec<RowId> = candidates.iter().copied().filter(|row| !stays.contains(row) && follows(row)).collect();
        if more.is_empty() {
            return stays;
        }
        stays.extend(more);
    }
}

/// The shared-row guard.
fn is_shared(world: &World, scope: &Scope, row: RowId) -> bool {
    if world.mapped(row.table).is_some_and(|mapped| mapped.erase_shared) {
        return false;
    }
    let owners = owner_claims(world, row.table);
    if owners.iter().any(|claim| reaches_scope(world, scope, claim, row)) {
        return owners.iter().any(|claim| reaches_outside(world, scope, claim, row));
    }
    let abouts = about_claims(world, row.table);
    let kinds: BTreeSet<usize> = abouts.iter().filter(|claim| reaches_scope(world, scope, claim, row)).map(|claim| claim.kind).collect();
    abouts.iter().any(|claim| kinds.contains(&claim.kind) && reaches_outside(world, scope, claim, row))
}

/// The rows to which a claim's path leads from a row.
pub fn ends(world: &World, claim: &Claim, row: RowId) -> BTreeSet<RowId> {
    walks(world, claim, row).into_iter().map(|walk| walk.end).collect()
}

/// All ways that a claim's path leads from a row.
fn walks(world: &World, claim: &Claim, row: RowId) -> Vec<Walk> {
    let mut walks = vec![Walk { end: row, through: Vec::new() }];
    for hop in &claim.path {
        walks = walks.iter().flat_map(|walk| step(world, *hop, walk)).collect();
    }
    walks
}

fn step(world: &World, hop: Hop, walk: &Walk) -> Vec<Walk> {
    let here = walk.end;
    match hop {
        Hop::To { reference } => {
            let reference = &world.tables[here.table].references[reference];
            referenced_rows(world, reference, here).into_iter().map(|row| forward(walk, row)).collect()
        }
        Hop::Up { reference } => {
            let reference = &world.tables[here.table].references[reference];
            let mut found = vec![walk.clone()];
            let mut seen = BTreeSet::from([here]);
            let mut last = here;
            // A tree has one way up; data may run in a circle all the same. Rows above in the same tree are no rows to hang from.
            while reference.climbable
                && let Some(parent) = referenced_rows(world, reference, last).into_iter().find(|row| seen.insert(*row))
            {
                found.push(Walk { end: parent, through: walk.through.clone() });
                last = parent;
            }
            found
        }
        Hop::From { table, reference } => {
            let reference = &world.tables[table].references[reference];
            let rows = world.row_ids(table).filter(|row| referenced_rows(world, reference, *row).contains(&here));
            rows.map(|end| Walk { end, through: walk.through.clone() }).collect()
        }
    }
}

fn forward(walk: &Walk, row: RowId) -> Walk {
    let mut through = walk.through.clone();
    through.push(row);
    Walk { end: row, through }
}

/// The rows that a reference of this row names: those whose referenced columns equal its own, if none of them is null.
fn referenced_rows(world: &World, reference: &Reference, row: RowId) -> Vec<RowId> {
    let values = world.row(row);
    if let Some((column, want)) = &reference.when
        && values[*column].canonical().as_ref() != Some(want)
    {
        return Vec::new();
    }
    let from: Vec<Value> = reference.from.iter().map(|place| values[place.column].inside(&place.json)).collect();
    if from.iter().any(Value::is_null) {
        return Vec::new();
    }
    let names = |target: &RowId| reference.referenced.iter().zip(&from).all(|(column, value)| world.row(*target)[*column] == *value);
    world.row_ids(reference.to).filter(names).collect()
}

/// The table's action for the requested kind, with the requester's choice in the place of a choice.
pub fn action<'world>(world: &'world World, request: &Request, table: usize) -> &'world Action {
    let Some(mapped) = world.mapped(table) else { return &Action::Keep };
    let by_kind = mapped.by_kind.iter().find(|(kind, _)| *kind == request.kind).map(|(_, action)| action);
    match by_kind.or(mapped.default_action.as_ref()).unwrap_or(&Action::Delete) {
        Action::Choose(actions) => &actions[request.choices.get(&table).copied().unwrap_or(0)],
        action => action,
    }
}

/// The columns of the reference that the map unlinks. One null among its columns suffices for it not to point anywhere.
fn unlinked(world: &World, table: usize, reference: &Reference) -> Vec<usize> {
    let Some(mapped) = world.mapped(table) else { return Vec::new() };
    let listed = reference.from.iter().filter(|place| place.json.is_empty() && mapped.unlink.contains(&place.column));
    listed.map(|place| place.column).collect()
}

/// Whether what happens to this row takes a column of the reference away.
fn is_overwritten(world: &World, request: &Request, erased: &Erased, row: RowId, reference: &Reference) -> bool {
    match action(world, request, row.table) {
        Action::Change(changes) if erased.changed.contains(&row) => reference.from.iter().any(|place| {
            changes.iter().any(|(changed, _)| changed == place || (changed.json.is_empty() && changed.column == place.column))
        }),
        Action::HandOver(column) if erased.handed_over.contains(&row) => {
            reference.from.iter().all(|place| place.json.is_empty() && place.column == *column)
        }
        Action::Change(_) | Action::HandOver(_) | Action::Delete | Action::Keep | Action::Choose(_) => false,
    }
}

/// The values of a row that remains.
fn after(world: &World, request: &Request, erased: &Erased, row: RowId) -> Vec<After> {
    let mut values: Vec<After> = world.row(row).iter().cloned().map(After::Exactly).collect();
    match action(world, request, row.table) {
        Action::Change(changes) if erased.changed.contains(&row) => {
            for (place, change) in changes {
                let old = world.row(row)[place.column].clone();
                if let After::Exactly(value) = &mut values[place.column] {
                    match change {
                        // Nothing is made of nothing.
                        Change::Pseudonym if old.is_null() => {}
                        Change::Pseudonym => values[place.column] = After::Pseudonym(old),
                        Change::Clear => set(value, &place.json, None),
                        Change::Constant(_, constant) => set(value, &place.json, Some(constant)),
                    }
                }
            }
        }
        Action::HandOver(column) if erased.handed_over.contains(&row) => {
            if let Some(successor) = request.successor {
                let key = world.subjects[request.kind].key[0];
                values[*column] = After::Exactly(world.row(successor)[key].clone());
            }
        }
        Action::Change(_) | Action::HandOver(_) | Action::Delete | Action::Keep | Action::Choose(_) => {}
    }
    for (_, number) in erased.unlinked.iter().filter(|(unlinked, _)| *unlinked == row) {
        for column in unlinked(world, row.table, &world.tables[row.table].references[*number]) {
            values[column] = After::Exactly(Value::Null);
        }
    }
    values
}

/// Sets a column, or a place inside its JSON that exists; `None` clears the column or removes the place.
pub fn set(value: &mut Value, json: &[String], new: Option<&Value>) {
    let Some((last, parents)) = json.split_last() else {
        *value = new.cloned().unwrap_or(Value::Null);
        return;
    };
    let Value::Json(root) = value else { return };
    let Some(object) = parents.iter().try_fold(root, |json, name| json.get_mut(name)).and_then(|json| json.as_object_mut()) else { return };
    match new {
        None => {
            object.remove(last);
        }
        Some(new) if object.contains_key(last) => {
            object.insert(last.clone(), serde_json::Value::String(new.canonical().unwrap_or_default()));
        }
        Some(_) => {}
    }
}
