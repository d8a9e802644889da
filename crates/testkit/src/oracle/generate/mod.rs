//! Random worlds: the tables first, then what the map says of them, then the rows.

mod map;
mod names;
mod rows;
mod tables;

use std::collections::{BTreeMap, BTreeSet};

use super::dice::Dice;
use super::evaluate::Request;
use super::world::{Action, RowId, World};

/// The world of a seed.
pub fn world(seed: u64) -> World {
    let mut dice = Dice::new(seed);
    let mut world = tables::lay_out(&mut dice);
    map::describe(&mut world, &mut dice);
    rows::fill(&mut world, &mut dice);
    world
}

/// Some requests that can be made in a world: subjects of every kind, with choices and successors, for everything and for some categories.
pub fn requests(world: &World, seed: u64) -> Vec<Request> {
    let mut dice = Dice::new(!seed);
    let mut requests = Vec::new();
    for (kind, subject) in world.subjects.iter().enumerate() {
        let mut rows: Vec<RowId> = world.row_ids(subject.table).collect();
        dice.shuffle(&mut rows);
        for (at, row) in rows.iter().take(2).enumerate() {
            let everything = Request {
                kind,
                subject: *row,
                choices: choices(world, kind, &mut dice),
                successor: successor(world, kind, *row),
                categories: None,
            };
            // One of the two is enough: each request takes its time in every test.
            let some = (at == 0).then(|| for_some_categories(world, &everything, &mut dice));
            for request in std::iter::once(everything).chain(some) {
                if request.successor.is_some() || !super::evaluate::hands_over(world, &request) {
                    requests.push(request);
                }
            }
        }
    }
    dice.shuffle(&mut requests);
    requests
}

/// The same for some of the categories: what is chosen of other tables is not asked.
fn for_some_categories(world: &World, request: &Request, dice: &mut Dice) -> Request {
    let mut chosen: BTreeSet<usize> = (0..world.categories.len()).filter(|_| dice.chance(60)).collect();
    if chosen.is_empty() {
        chosen.insert(dice.between(0, world.categories.len() - 1));
    }
    let of_chosen = |table: &usize| world.mapped(*table).and_then(|mapped| mapped.category).is_some_and(|name| chosen.contains(&name));
    let choices = request.choices.iter().filter(|(table, _)| of_chosen(table)).map(|(table, choice)| (*table, *choice)).collect();
    Request { choices, categories: Some(chosen), ..request.clone() }
}

fn choices(world: &World, kind: usize, dice: &mut Dice) -> BTreeMap<usize, usize> {
    let mut choices = BTreeMap::new();
    for table in 0..world.tables.len() {
        let Some(mapped) = world.mapped(table).filter(|_| super::evaluate::concerns(world, kind, table)) else { continue };
        let by_kind = mapped.by_kind.iter().find(|(other, _)| *other == kind).map(|(_, action)| action);
        if let Some(Action::Choose(actions)) = by_kind.or(mapped.default_action.as_ref()) {
            choices.insert(table, dice.between(0, actions.len() - 1));
        }
    }
    choices
}

/// Another subject of the kind that belongs to the same one as this.
fn successor(world: &World, kind: usize, row: RowId) -> Option<RowId> {
    let subject = &world.subjects[kind];
    let parents = |row: RowId| subject.within.as_ref().map(|within| super::evaluate::ends(world, within, row));
    let own = parents(row);
    // A seat that belongs to nobody has no colleagues.
    if own.as_ref().is_some_and(BTreeSet::is_empty) {
        return None;
    }
    world.row_ids(subject.table).find(|other| *other != row && parents(*other) == own)
}
