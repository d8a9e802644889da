//! Random data maps: whose rows these are and what happens to them.

use std::collections::BTreeSet;

use super::super::dice::Dice;
use super::super::value::{Kind, Value};
use super::super::world::{Action, Category, Change, Claim, Enforcement, Entry, Export, Hop, Mapped, Place, World};

/// Writes an entry for every table.
pub fn describe(world: &mut World, dice: &mut Dice) {
    for (name, export) in
        [("first", Export::Included), ("second", Export::Included), ("third", Export::OnRequest), ("fourth", Export::Excluded)]
    {
        world.categories.push(Category { name: name.to_owned(), export });
    }
    let tidy = dice.chance(60);
    for table in 0..world.tables.len() {
        let orderly = if tidy { tidy_entry(world, table, dice) } else { None };
        world.tables[table].entry = orderly.unwrap_or_else(|| entry(world, table, dice));
    }
}

/// An entry of a well-kept map: rows hang from the rows that they point to, and every other reference is unlinked. Most random maps are
/// refused since some reference would break; this one mostly is not.
fn tidy_entry(world: &World, table: usize, dice: &mut Dice) -> Option<Entry> {
    let layout = &world.tables[table];
    let is_subject = world.subjects.iter().any(|subject| subject.table == table);
    let mut mapped = Mapped::default();
    let mut unlink = BTreeSet::new();
    let mut up = None;
    for (number, reference) in layout.references.iter().enumerate() {
        let clearable = reference.from.iter().all(|place| place.json.is_empty() && is_clearable(world, table, place.column));
        let inherited = if is_subject || reference.to >= table { None } else { inherited(world, table, number, reference.to, dice) };
        match inherited {
            Some(claim) if mapped.owner.is_empty() || !clearable => mapped.owner.push(claim),
            _ if clearable => unlink.extend(reference.from.iter().map(|place| place.column)),
            _ => {}
        }
        if reference.to == table {
            up = Some(Hop::Up { reference: number });
        }
    }
    if !is_subject {
        if let (Some(up), Some(claim)) = (up, mapped.owner.first_mut())
            && dice.chance(40)
        {
            claim.path.insert(0, up);
            claim.written = true;
        }
        if mapped.owner.is_empty() {
            return None;
        }
    }
    mapped.unlink = unlink.into_iter().collect();
    mapped.erase_shared = mapped.owner.len() > 1 && dice.chance(60);
    mapped.category = Some(dice.weighted(&[(4, 0), (3, 1), (2, 2), (1, 3)]));
    for kind in 0..world.subjects.len() {
        if let Some(column) = hand_over(world, table, kind, dice)
            && !is_subject
            && dice.chance(if mapped.owner.len() > 1 { 60 } else { 12 })
        {
            mapped.by_kind.push((kind, Action::HandOver(column)));
        } else if dice.chance(5) {
            mapped.by_kind.push((kind, action(world, table, dice, true)));
        }
    }
    Some(Entry::Mapped(mapped))
}

/// One of the target's claims, from one reference further down.
fn inherited(world: &World, table: usize, reference: usize, to: usize, dice: &mut Dice) -> Option<Claim> {
    let hop = Hop::To { reference };
    let target = world.mapped(to)?;
    if let Some(kind) = world.subjects.iter().position(|subject| subject.table == to) {
        return Some(Claim { kind, path: vec![hop], written: true });
    }
    let claim = (!target.owner.is_empty()).then(|| dice.pick(&target.owner))?;
    let path: Vec<Hop> = std::iter::once(hop).chain(claim.path.iter().copied()).collect();
    (path.len() <= 6 && !leads_back(world, table, &path)).then_some(Claim { kind: claim.kind, path, written: true })
}

fn entry(world: &World, table: usize, dice: &mut Dice) -> Entry {
    let is_subject = world.subjects.iter().any(|subject| subject.table == table);
    let declared = world.tables[table].references.iter().any(|reference| reference.enforcement == Enforcement::MapOnly);
    let mut mapped = Mapped { unlink: unlink(world, table, dice), ..Mapped::default() };
    if is_subject {
        // Its rows own themselves; they may speak of others.
        if dice.chance(8) {
            mapped.about = claims(world, table, dice);
            mapped.about.truncate(1);
        }
    } else {
        mapped.owner = claims(world, table, dice);
        if mapped.owner.is_empty() {
            if !declared && dice.chance(40) {
                return Entry::Ignored;
            }
            mapped.default_action = Some(Action::Keep);
            return Entry::Mapped(mapped);
        }
        if dice.chance(12) {
            mapped.about = std::mem::take(&mut mapped.owner);
            mapped.about.truncate(1);
            if dice.chance(50) {
                mapped.owner = claims(world, table, dice);
            }
        }
        if !declared && dice.chance(4) {
            return Entry::Ignored;
        }
    }
    mapped.category = Some(dice.weighted(&[(4, 0), (3, 1), (2, 2), (1, 3)]));
    mapped.erase_shared = dice.chance(12);
    if dice.chance(if is_subject { 15 } else { 35 }) {
        mapped.default_action = Some(action(world, table, dice, true));
    }
    for kind in 0..world.subjects.len() {
        let hand_over = if is_subject { None } else { hand_over(world, table, kind, dice) };
        if let Some(column) = hand_over
            && dice.chance(25)
        {
            let action = Action::HandOver(column);
            let choose = dice.chance(50);
            mapped.by_kind.push((kind, if choose { Action::Choose(vec![Action::Delete, action]) } else { action }));
        } else if speaks_of(world, &mapped, kind) || dice.chance(8) {
            mapped.by_kind.push((kind, action(world, table, dice, true)));
        }
    }
    if dice.chance(15) {
        mapped.secret = secret(world, table, dice);
    }
    Entry::Mapped(mapped)
}

/// Whether a request for this kind reaches the table by an `about` claim, for which the map must name the action.
fn speaks_of(world: &World, mapped: &Mapped, kind: usize) -> bool {
    mapped.about.iter().any(|claim| {
        let mut at = Some(claim.kind);
        while let Some(current) = at {
            if current == kind {
                return true;
            }
            at = world.subjects[current].within.as_ref().map(|within| within.kind);
        }
        false
    })
}

fn unlink(world: &World, table: usize, dice: &mut Dice) -> Vec<usize> {
    let layout = &world.tables[table];
    let mut columns = BTreeSet::new();
    for reference in &layout.references {
        let can = reference.from.iter().all(|place| place.json.is_empty() && is_clearable(world, table, place.column));
        if can && dice.chance(65) {
            columns.extend(reference.from.iter().map(|place| place.column));
        }
    }
    columns.into_iter().collect()
}

fn is_clearable(world: &World, table: usize, column: usize) -> bool {
    let layout = &world.tables[table];
    layout.columns[column].nullable
        && !layout.primary_key.contains(&column)
        && !layout.unique_keys.iter().flatten().any(|key| *key == column)
}

/// Columns that no key and no reference of any table is made of.
fn is_ordinary(world: &World, table: usize, column: usize) -> bool {
    let layout = &world.tables[table];
    let in_reference = layout.references.iter().any(|reference| {
        reference.from.iter().any(|place| place.column == column) || reference.when.as_ref().is_some_and(|(when, _)| *when == column)
    });
    let is_referenced = world
        .tables
        .iter()
        .flat_map(|other| &other.references)
        .any(|reference| reference.to == table && reference.referenced.contains(&column));
    !in_reference
        && !is_referenced
        && !layout.primary_key.contains(&column)
        && !layout.unique_keys.iter().flatten().any(|key| *key == column)
}

/// One to three different claims; none if no path leads to a subject.
fn claims(world: &World, table: usize, dice: &mut Dice) -> Vec<Claim> {
    let mut claims: Vec<Claim> = Vec::new();
    let wanted = dice.weighted(&[(70, 1), (25, 2), (5, 3)]);
    for _ in 0..12 {
        if claims.len() == wanted {
            break;
        }
        if let Some(claim) = path(world, table, dice)
            && !leads_back(world, table, &claim.path)
            && claims.iter().all(|other| other.kind != claim.kind || other.path != claim.path)
        {
            claims.push(claim);
        }
    }
    claims
}

/// A random way to a subject, forwards mostly.
fn path(world: &World, table: usize, dice: &mut Dice) -> Option<Claim> {
    let mut path = Vec::new();
    let mut here = table;
    let mut reversed = false;
    for _ in 0..6 {
        let kind = world.subjects.iter().position(|subject| subject.table == here);
        if let Some(kind) = kind
            && !path.is_empty()
            && dice.chance(80)
        {
            let written = !may_be_left_out(world, table, kind, &path) || dice.chance(50);
            return Some(Claim { kind, path, written });
        }
        let mut options = Vec::new();
        for (reference, to) in world.tables[here].references.iter().enumerate().map(|(number, reference)| (number, reference.to)) {
            options.push((12, Hop::To { reference }, to));
            let plain =
                world.tables[here].references[reference].when.is_none() && world.tables[here].references[reference].from[0].json.is_empty();
            if to == here && plain && !matches!(path.last(), Some(Hop::Up { .. })) {
                options.push((14, Hop::Up { reference }, to));
            }
        }
        for (other, layout) in world.tables.iter().enumerate() {
            for (reference, _) in layout.references.iter().enumerate().filter(|(_, reference)| reference.to == here) {
                if !reversed && other != here {
                    options.push((2, Hop::From { table: other, reference }, other));
                }
            }
        }
        if options.is_empty() {
            return None;
        }
        let weights: Vec<(u32, usize)> = options.iter().enumerate().map(|(number, (weight, _, _))| (*weight, number)).collect();
        let (_, hop, to) = options[dice.weighted(&weights)];
        reversed |= matches!(hop, Hop::From { .. });
        path.push(hop);
        here = to;
    }
    None
}

/// The tables that a path enters by a forward hop: what its rows hang from. The subject at its end hangs from nothing.
fn hangs_from(world: &World, table: usize, path: &[Hop]) -> BTreeSet<usize> {
    let mut here = table;
    let mut entered = BTreeSet::new();
    for (number, hop) in path.iter().enumerate() {
        match hop {
            Hop::To { reference } => {
                here = world.tables[here].references[*reference].to;
                let at_the_end = number + 1 == path.len() && world.subjects.iter().any(|subject| subject.table == here);
                if !at_the_end {
                    entered.insert(here);
                }
            }
            Hop::Up { .. } => {}
            Hop::From { table, .. } => here = *table,
        }
    }
    entered
}

/// Whether rows of the table would hang from rows that hang from rows of the table: then no order says which of them stay.
fn leads_back(world: &World, table: usize, path: &[Hop]) -> bool {
    let mut seen = BTreeSet::new();
    let mut next: Vec<usize> = hangs_from(world, table, path).into_iter().collect();
    while let Some(at) = next.pop() {
        if at == table {
            return true;
        }
        if seen.insert(at)
            && let Some(mapped) = world.mapped(at)
        {
            next.extend(mapped.owner.iter().chain(&mapped.about).flat_map(|claim| hangs_from(world, at, &claim.path)));
        }
    }
    false
}

/// One foreign key to the subject's table, and no other way there.
fn may_be_left_out(world: &World, table: usize, kind: usize, path: &[Hop]) -> bool {
    let [Hop::To { reference }] = path else { return false };
    let goal = world.subjects[kind].table;
    let is_key = world.tables[table].references[*reference].enforcement != Enforcement::MapOnly;
    is_key && table != goal && ways(world, table, goal, &mut BTreeSet::from([table])) == 1
}

fn ways(world: &World, from: usize, goal: usize, seen: &mut BTreeSet<usize>) -> usize {
    let mut count = 0;
    for reference in &world.tables[from].references {
        if reference.to == goal {
            count += 1;
        } else if seen.insert(reference.to) {
            count += ways(world, reference.to, goal, seen);
            seen.remove(&reference.to);
        }
    }
    count
}

fn action(world: &World, table: usize, dice: &mut Dice, may_choose: bool) -> Action {
    match dice.between(0, 9) {
        0..=2 => Action::Delete,
        3..=4 => Action::Keep,
        5..=7 => change(world, table, dice),
        _ if may_choose => {
            let mut actions = vec![Action::Delete, action(world, table, dice, false), Action::Keep];
            let mut words = BTreeSet::new();
            actions.retain(|action| words.insert(action.word()));
            dice.shuffle(&mut actions);
            Action::Choose(actions)
        }
        _ => Action::Delete,
    }
}

/// Changes for some columns that can take them; keep where none can.
fn change(world: &World, table: usize, dice: &mut Dice) -> Action {
    let mut changes = Vec::new();
    for (number, column) in world.tables[table].columns.iter().enumerate() {
        let ordinary = is_ordinary(world, table, number);
        let place = Place::column(number);
        let json = |names: &[&str]| Place { column: number, json: names.iter().map(|name| (*name).to_owned()).collect() };
        if !dice.chance(60) {
            continue;
        }
        match column.kind {
            Kind::Json if dice.chance(60) => {
                changes.push(if dice.chance(50) {
                    (json(&["secret"]), Change::Clear)
                } else {
                    (json(&["actor", "name"]), Change::Constant("gone".to_owned(), Value::Text("gone".to_owned())))
                });
            }
            Kind::Text | Kind::Varchar(_) if ordinary && dice.chance(60) => {
                let text = *dice.pick(&["", "gone", "o'er"]);
                let constant = Change::Constant(text.to_owned(), Value::Text(text.to_owned()));
                changes.push((place, if dice.chance(50) { constant } else { Change::Pseudonym }));
            }
            Kind::Uuid if ordinary && dice.chance(40) => changes.push((place, Change::Pseudonym)),
            Kind::Integer if ordinary && dice.chance(40) => changes.push((place, Change::Constant("0".to_owned(), Value::Integer(0)))),
            Kind::Boolean if ordinary && dice.chance(40) => {
                changes.push((place, Change::Constant("false".to_owned(), Value::Boolean(false))))
            }
            _ if is_clearable(world, table, number)
                && !is_referenced(world, table, number)
                && !holds_reference_in_json(world, table, number) =>
            {
                changes.push((place, Change::Clear));
            }
            _ => {}
        }
    }
    if changes.is_empty() { Action::Keep } else { Action::Change(changes) }
}

fn is_referenced(world: &World, table: usize, column: usize) -> bool {
    world.tables.iter().flat_map(|other| &other.references).any(|reference| reference.to == table && reference.referenced.contains(&column))
}

fn holds_reference_in_json(world: &World, table: usize, column: usize) -> bool {
    world.tables[table]
        .references
        .iter()
        .any(|reference| reference.from.iter().any(|place| place.column == column && !place.json.is_empty()))
}

/// A column that points to a subject of the kind and nothing else.
fn hand_over(world: &World, table: usize, kind: usize, dice: &mut Dice) -> Option<usize> {
    let subject = &world.subjects[kind];
    let layout = &world.tables[table];
    let fits = layout.references.iter().filter(|reference| {
        reference.to == subject.table
            && reference.referenced == subject.key
            && reference.from.len() == 1
            && reference.from[0].json.is_empty()
            && reference.when.is_none()
            && !layout.primary_key.contains(&reference.from[0].column)
            && layout.references.iter().filter(|other| other.from.contains(&reference.from[0])).count() == 1
    });
    let columns: Vec<usize> = fits.map(|reference| reference.from[0].column).collect();
    (!columns.is_empty()).then(|| *dice.pick(&columns))
}

fn secret(world: &World, table: usize, dice: &mut Dice) -> Vec<Place> {
    let columns: Vec<usize> = (0..world.tables[table].columns.len()).filter(|column| is_ordinary(world, table, *column)).collect();
    if columns.is_empty() { Vec::new() } else { vec![Place::column(*dice.pick(&columns))] }
}
