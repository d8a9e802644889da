//! The oracle's own footing: worlds survive both databases exactly, and they hold what they are meant to.

use std::collections::BTreeMap;

use exeunt_testkit::oracle::evaluate::{Outcome, RowId, action, erase, export};
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
            count("export holds rows", export(&world, &request, true).values().map(|rows| rows.len()).sum::<usize>() > 1);
            match erase(&world, &request) {
                Outcome::Refused(_) => count("refused", true),
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
                }
            }
        }
    }
    println!("{total} requests: {seen:#?}");
    let rare: Vec<_> = seen.iter().filter(|(_, times)| **times < 30).collect();
    assert!(rare.is_empty(), "of 1000 worlds and {total} requests, too few with {rare:?}");
}
