//! The oracle's own footing: worlds survive both databases exactly, and they hold what they are meant to.

use std::collections::BTreeMap;

use exeunt_testkit::oracle::evaluate::{Outcome, Request, RowId, action, erase, export, left_by};
use exeunt_testkit::oracle::value::Dialect;
use exeunt_testkit::oracle::world::{Action, Enforcement, Hop};
use exeunt_testkit::oracle::{compare, generate, sql};
use exeunt_testkit::postgres::Server;

#[test]
fn worlds_survive_sqlite_exactly() {
    for seed in 0..400 {
        let world = generate::world(seed);
        let connection = rusqlite::Connection::open_in_memory().expect("open a database");
        connection.execute_batch(&sql::script(&world, Dialect::Sqlite)).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        let violated = connection.prepare("PRAGMA foreign_key_check").expect("check").exists([]).expect("check");
        assert!(!violated, "seed {seed}: a foreign key is broken");
        let got = sql::sqlite_snapshot(&world, &connection).expect("read");
        compare::unchanged(&world, &compare::initial(&world), &got).unwrap_or_else(|problems| panic!("seed {seed}:\n{problems}"));
    }
}

#[test]
fn worlds_survive_postgres_exactly() {
    for seed in 0..60 {
        let world = generate::world(seed);
        let database = Server::shared().database();
        let mut client = database.client();
        client.batch_execute(&sql::script(&world, Dialect::Postgres)).unwrap_or_else(|error| panic!("seed {seed}: {error:?}"));
        let got = sql::postgres_snapshot(&world, &mut client).expect("read");
        compare::unchanged(&world, &compare::initial(&world), &got).unwrap_or_else(|problems| panic!("seed {seed}:\n{problems}"));
    }
}

/// A generator that made only trivial or only refused erasures would prove nothing.
#[test]
fn worlds_hold_every_shape_often_enough() {
    let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
    let mut count = |name: &'static str, holds: bool| *seen.entry(name).or_default() += u32::from(holds);
    let mut total = 0;
    for seed in 0..1000 {
        let world = generate::world(seed);
        let references = || {
            world.tables.iter().enumerate().flat_map(|(number, table)| table.references.iter().map(move |reference| (number, reference)))
        };
        count("composite key", world.tables.iter().any(|table| table.primary_key.len() > 1));
        count("composite foreign key", references().any(|(_, reference)| reference.from.len() > 1));
        count("no key", world.tables.iter().any(|table| table.primary_key.is_empty()));
        count("tree", references().any(|(number, reference)| reference.to == number));
        count("cycle", references().any(|(number, reference)| reference.to > number));
        count("polymorphic", references().any(|(_, reference)| reference.when.is_some()));
        count("key in JSON", references().any(|(_, reference)| !reference.from[0].json.is_empty()));
        count("undeclared", references().any(|(_, reference)| reference.enforcement == Enforcement::MapOnly && reference.when.is_none()));
        let mapped: Vec<_> = (0..world.tables.len()).filter_map(|table| world.mapped(table)).collect();
        let claims = || mapped.iter().flat_map(|mapped| mapped.owner.iter().chain(&mapped.about));
        count("reverse hop", claims().any(|claim| claim.path.iter().any(|hop| matches!(hop, Hop::From { .. }))));
        count("up a tree", claims().any(|claim| claim.path.iter().any(|hop| matches!(hop, Hop::Up { .. }))));
        count("three hops", claims().any(|claim| claim.path.len() > 2));
        count("path left out", claims().any(|claim| !claim.written && !claim.path.is_empty()));
        count("several owners", mapped.iter().any(|mapped| mapped.owner.len() > 1));
        count("about", mapped.iter().any(|mapped| !mapped.about.is_empty()));
        count("unlink", mapped.iter().any(|mapped| !mapped.unlink.is_empty()));
        let actions =
            || mapped.iter().flat_map(|mapped| mapped.default_action.iter().chain(mapped.by_kind.iter().map(|(_, action)| action)));
        count("choice", actions().any(|action| matches!(action, Action::Choose(_))));
        count("changed by kind", mapped.iter().any(|mapped| mapped.by_kind.iter().any(|(_, action)| matches!(action, Action::Change(_)))));

        for request in generate::requests(&world, seed) {
            total += 1;
            if request.categories.is_some() {
                let rows = export(&world, &request, true).values().map(|rows| rows.len()).sum::<usize>();
                let whole = Request { categories: None, ..request.clone() };
                let all = export(&world, &whole, true).values().map(|rows| rows.len()).sum::<usize>();
                count("export of some categories holds less", rows > 0 && rows < all);
            }
            count("export holds rows", export(&world, &request, true).values().map(|rows| rows.len()).sum::<usize>() > 1);
            match erase(&world, &request) {
                Outcome::Refused(refused) => {
                    count("refused", true);
                    count("refused for a category that is not chosen", !refused.choose.is_empty());
                    count("refused for rows that would be lost", !refused.lost.is_empty());
                }
                Outcome::Erased(erased) => {
                    count("erased", true);
                    count(
                        "deleted three tables",
                        erased.deleted.iter().map(|row| row.table).collect::<std::collections::BTreeSet<_>>().len() > 2,
                    );
                    count("deleted", !erased.deleted.is_empty());
                    count("changed", !erased.changed.is_empty());
                    count("handed over", !erased.handed_over.is_empty());
                    let left = |row: &RowId| match action(&world, &request, row.table) {
                        Action::HandOver(column) => !world.row(*row)[*column].is_null(),
                        Action::Delete | Action::Keep | Action::Change(_) | Action::Choose(_) => false,
                    };
                    count("left to whom it names", erased.kept_for_others.iter().any(left));
                    count("kept by ground", !erased.kept_by_ground.is_empty());
                    count("kept for others", !erased.kept_for_others.is_empty());
                    count("unlinked", !erased.unlinked.is_empty());
                    if let Some(chosen) = &request.categories {
                        let is_chosen = |row: &RowId| {
                            world.mapped(row.table).and_then(|mapped| mapped.category).is_some_and(|category| chosen.contains(&category))
                        };
                        count("deleted of some categories", erased.deleted.len() > 1);
                        count("unlinked in a category that is not chosen", erased.unlinked.iter().any(|(row, _)| !is_chosen(row)));
                        count("the subject spared", erased.deleted.len() > 1 && !erased.deleted.contains(&request.subject));
                    }
                }
            }
        }
    }
    println!("{total} requests: {seen:#?}");
    let rare: Vec<_> = seen.iter().filter(|(_, times)| **times < 30).collect();
    assert!(rare.is_empty(), "of 1000 worlds and {total} requests, too few with {rare:?}");
}

/// What is erased in two requests is what one request would erase: no row is lost to the second by what the first one took.
#[test]
fn what_an_erasure_of_some_categories_leaves_is_found_by_that_of_everything() {
    let mut seen = 0;
    for seed in 0..1500 {
        let world = generate::world(seed);
        let requests = generate::requests(&world, seed);
        for some in requests.iter().filter(|request| request.categories.is_some()) {
            let same = |other: &&Request| other.categories.is_none() && (other.kind, other.subject) == (some.kind, some.subject);
            let Some(everything) = requests.iter().find(same) else { continue };
            let (Outcome::Erased(first), Outcome::Erased(whole)) = (erase(&world, some), erase(&world, everything)) else { continue };
            if first.deleted.contains(&some.subject) {
                // Then nothing is left to ask for.
                let left: Vec<_> = whole.deleted.difference(&first.deleted).collect();
                assert!(left.is_empty(), "seed {seed}: the subject is gone, and left behind are {left:?}");
                continue;
            }
            let later = left_by(&world, &first);
            let Outcome::Erased(second) = erase(&later, everything) else { continue };
            let missed: Vec<&RowId> =
                whole.deleted.iter().filter(|row| !first.deleted.contains(row) && !second.deleted.contains(row)).collect();
            assert!(missed.is_empty(), "seed {seed}, categories {:?}: {missed:?}", some.categories);
            seen += usize::from(first.deleted.len() > 1 && second.deleted.len() > 1);
        }
    }
    assert!(seen > 20, "{seen} pairs in which both erase several rows");
}
