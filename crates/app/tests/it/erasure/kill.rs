//! The kill matrix: cut off before and after every effect, then run again.

use std::fs;
use std::os::unix::process::ExitStatusExt as _;

use exeunt_engine::failpoint::{BATCH_POINTS, POINTS};

use super::world::{Kind, State, World, text};

/// Each failpoint, and the later times at which it is reached where that matters: two databases, several files.
fn places() -> Vec<String> {
    let mut places: Vec<String> = POINTS.iter().map(|point| (*point).to_owned()).collect();
    for again in ["before_commit@2", "after_commit@2", "before_file@2", "after_file@2"] {
        places.push(again.to_owned());
    }
    places
}

fn assert_erased_and_certified(world: &World, want: &State, case: &str) {
    assert_eq!(world.state(), *want, "{case}");
    let certificate = world.verify_certificate();
    let statement = &certificate["statement"];
    // A row of two owners and a file of two notes stay.
    assert_eq!(statement["state"], "completed_with_retained", "{case}");
    for table in statement["tables"].as_array().expect("a list") {
        assert_eq!(table["planned"], table["affected"], "{case}: {table}");
        assert!(table["remaining"].is_null() || table["remaining"] == 0, "{case}: {table}");
    }
    let files = &statement["files"][0];
    let counts = ["named", "deleted", "shared", "missing", "remaining"].map(|name| files[name].as_u64().expect("a count"));
    assert_eq!(counts, [4, 2, 1, 1, 0], "{case}: {files}");
    let completed = world.certified().iter().filter(|state| state.starts_with("completed")).count();
    assert_eq!(completed, 1, "{case}: {:?}", world.certified());
    assert_eq!(world.log()["unfinished"].as_array().map(Vec::len), Some(0), "{case}");
    world.assert_nothing_personal_kept(case);
}

/// Whatever was cut off: each database is as before or as it must be, and nothing is certified that is not true.
fn assert_true_so_far(world: &World, before: &State, want: &State, case: &str) {
    let now = world.state();
    assert!(now.app == before.app || now.app == want.app, "{case}: half a transaction in app");
    assert!(now.mail == before.mail || now.mail == want.mail, "{case}: half a transaction in mail");
    for (name, bytes) in &want.files {
        assert_eq!(now.files.get(name), Some(bytes), "{case}: {name} must stay");
    }
    if now.app == before.app {
        assert_eq!(now.files, before.files, "{case}: files go after the rows that name them");
    }
    if world.certified().iter().any(|state| state.starts_with("completed")) {
        assert_eq!(now, *want, "{case}: a false certificate");
    }
}

fn run_matrix(kind: Kind, act: &str) {
    let want = World::want(kind);
    for place in places() {
        let case = format!("{kind:?} {place}:{act}");
        let world = World::new(kind);
        let before = world.state();
        assert_ne!(before, want);
        let cut = world.erase(&[], Some(&format!("{place}:{act}")));
        match act {
            "abort" => assert_eq!(cut.status.signal(), Some(6), "{case}: the failpoint was not reached: {}", text(&cut)),
            _ => assert!(matches!(cut.status.code(), Some(1 | 9)), "{case}: {}", text(&cut)),
        }
        assert_true_so_far(&world, &before, &want, &case);
        let again = world.erase(&[], None);
        assert!(again.status.success(), "{case}: {}", text(&again));
        assert_erased_and_certified(&world, &want, &case);

        let third = world.erase(&["--json"], None);
        assert!(third.status.success() && text(&third).contains("already_erased"), "{case}: {}", text(&third));
        assert_erased_and_certified(&world, &want, &case);
    }
}

#[test]
fn killed_at_every_step_on_sqlite_and_run_again() {
    run_matrix(Kind::Sqlite, "abort");
}

#[test]
fn killed_at_every_step_on_postgres_and_run_again() {
    run_matrix(Kind::Postgres, "abort");
}

#[test]
fn every_step_fails_once_on_sqlite() {
    run_matrix(Kind::Sqlite, "error");
}

#[test]
fn every_step_fails_once_on_postgres() {
    run_matrix(Kind::Postgres, "error");
}

/// What somebody else does between a kill and the next attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    Adds,
    HandsOver,
    TakesAway,
}

impl Deed {
    fn sql(self) -> &'static str {
        match self {
            Self::Adds => "INSERT INTO note SELECT 90, id, 'added' FROM seat WHERE id = 2",
            Self::HandsOver => "UPDATE note SET seat_id = 3 WHERE id = 4",
            Self::TakesAway => "DELETE FROM attachment WHERE id = 6; DELETE FROM note WHERE id = 5",
        }
    }
}

fn has(world: &World, table: &str, text: &str) -> bool {
    world.state().app[table].iter().any(|row| row.contains(text))
}

/// Whoever does what meanwhile: no row of somebody else goes, no row of the seat stays unsaid, and nothing is counted that others did.
fn assert_deeds_of_others_stay(kind: Kind, deed: Deed, place: &str, more: &[&str]) {
    let case = format!("{kind:?} {deed:?} {place} {more:?}");
    let world = World::new(kind);
    let cut = world.erase(more, Some(place));
    assert_eq!(cut.status.signal(), Some(6), "{case}: {}", text(&cut));
    let before = world.state();
    world.execute("app", deed.sql());
    let after = world.state();
    let done = after != before;
    let mut again = world.erase(more, None);
    match again.status.code() {
        // Rows are gone already: somebody must decide.
        Some(12) => {
            assert!(done, "{case}: {}", text(&again));
            again = world.erase(&["--accept-counts"], None);
        }
        // Nothing was erased: the plan no longer holds, and the run is stopped.
        Some(7) => {
            assert!(done && world.state() == after, "{case}: {}", text(&again));
            again = world.erase(more, None);
        }
        _ => {}
    }
    let statement = world.verify_certificate()["statement"].clone();
    let notes = statement["tables"].as_array().expect("a list").iter().find(|table| table["table"] == "app.note").expect("notes").clone();
    let end = world.state();
    match deed {
        Deed::Adds if done && has(&world, "note", "added") => {
            assert!(!again.status.success() && notes["remaining"] == 1, "{case}: {notes}")
        }
        Deed::Adds => assert_eq!(notes["affected"], if done { 6 } else { 5 }, "{case}: {notes}"),
        Deed::HandsOver => {
            assert_eq!(end.app["note"].len(), if done { 3 } else { 2 }, "{case}: {:?}", end.app["note"]);
            assert_eq!(has(&world, "attachment", "a/missing.txt"), done, "{case}: {:?}", end.app["attachment"]);
            assert_eq!(notes["affected"], if done { 4 } else { 5 }, "{case}: {notes}");
        }
        Deed::TakesAway => assert_eq!(notes["affected"], if done { 4 } else { 5 }, "{case}: {notes}"),
    }
    if again.status.success() {
        let mut want = World::want(kind);
        want.app.insert("note".to_owned(), end.app["note"].clone());
        want.app.insert("attachment".to_owned(), end.app["attachment"].clone());
        assert_eq!(end, want, "{case}");
    }
}

fn deeds_after_every_kill(kind: Kind) {
    let ordinary = places().into_iter().map(|place| (place, &[][..]));
    let batches = BATCH_POINTS.iter().flat_map(|point| [1, 3, 5].map(|time| (format!("{point}@{time}"), &["--batch-rows", "2"][..])));
    for (at, (place, more)) in ordinary.chain(batches).enumerate() {
        for (number, deed) in [Deed::Adds, Deed::HandsOver, Deed::TakesAway].into_iter().enumerate() {
            // PostgreSQL does each deed at every third place.
            if kind == Kind::Sqlite || at % 3 == number {
                assert_deeds_of_others_stay(kind, deed, &place, more);
            }
        }
    }
}

#[test]
fn what_others_do_after_a_kill_is_theirs_on_sqlite() {
    deeds_after_every_kill(Kind::Sqlite);
}

#[test]
fn what_others_do_after_a_kill_is_theirs_on_postgres() {
    deeds_after_every_kill(Kind::Postgres);
}

/// After a restart the folder of the files is not mounted: what is not there was not deleted.
#[test]
fn files_of_another_folder_are_not_claimed_as_deleted() {
    let want = World::want(Kind::Sqlite);
    let count = |world: &World, name: &str| world.verify_certificate()["statement"]["files"][0][name].as_u64();
    for accept in [false, true] {
        let world = World::new(Kind::Sqlite);
        world.erase(&[], Some("before_file"));
        fs::rename(world.path("files"), world.path("mounted")).expect("move the folder");
        fs::create_dir(world.path("files")).expect("make a folder");
        let again = world.erase(&[], None);
        assert_eq!(again.status.code(), Some(9), "{}", text(&again));
        assert!(text(&again).contains("files is another folder than when the run began"), "{}", text(&again));
        assert!(world.certified().iter().all(|state| state == "partly_failed"), "{:?}", world.certified());
        assert_eq!(count(&world, "deleted"), Some(0));
        if accept {
            let accepted = world.erase(&["--accept-missing-files"], None);
            assert!(accepted.status.success(), "{}", text(&accepted));
            assert_eq!((count(&world, "deleted"), count(&world, "missing")), (Some(0), Some(3)));
        } else {
            fs::remove_dir(world.path("files")).expect("remove a folder");
            fs::rename(world.path("mounted"), world.path("files")).expect("move the folder back");
            let back = world.erase(&[], None);
            assert!(back.status.success(), "{}", text(&back));
            assert_erased_and_certified(&world, &want, "brought back");
        }
    }
}

/// The resumption is cut off as well, at every step, before a third run ends it.
#[test]
fn a_resumption_is_killed_too() {
    let want = World::want(Kind::Sqlite);
    for first in ["after_open", "after_commit", "after_note_commit", "before_file@2"] {
        for second in [
            "before_apply",
            "before_commit",
            "after_commit",
            "after_note_commit",
            "before_recount",
            "after_file",
            "before_close",
            "after_close",
        ] {
            let case = format!("{first} then {second}");
            let world = World::new(Kind::Sqlite);
            let before = world.state();
            world.erase(&[], Some(first));
            world.erase(&[], Some(second));
            assert_true_so_far(&world, &before, &want, &case);
            let last = world.erase(&[], None);
            assert!(last.status.success(), "{case}: {}", text(&last));
            assert_erased_and_certified(&world, &want, &case);
        }
    }
}
