//! Rows that become somebody else's, or nobody's.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::Stdio;

use serde_json::Value;

use super::super::world::{Kind, text};
use super::world::{BATCHES, ERASE, KINDS, ORPHANS_MAP, World, cases};

#[test]
fn a_share_that_appears_on_a_list_is_not_deleted_with_it() {
    for (kind, place) in cases(&["after_open", "before_commit"]) {
        let world = World::new(kind);
        world.cut(&[], place);
        world.execute("INSERT INTO share VALUES (1, 1, 2)");
        let again = world.erase(&[]);
        assert_eq!(again.status.code(), Some(11), "{place}: {}", text(&again));
        assert_eq!((world.count("share"), world.count("item")), (1, 4), "{place}");
        assert!(world.unfinished().is_empty(), "nothing was erased: the run is stopped");
        world.execute("DELETE FROM share");
        let done = world.erase(&[]);
        assert!(done.status.success(), "{place}: {}", text(&done));
        world.assert_erased(place);
    }
}

#[test]
fn a_list_that_changes_hands_keeps_its_items() {
    for (kind, more) in KINDS.into_iter().flat_map(|kind| [(kind, &[][..]), (kind, BATCHES)]) {
        for swapped in [false, true] {
            let case = format!("{kind:?} {more:?} swapped: {swapped}");
            let world = World::new(kind);
            world.cut(more, "after_open");
            world.execute("UPDATE list SET seat_id = 2 WHERE id = 1");
            if swapped {
                world.execute("INSERT INTO list VALUES (9, 1, 'new'); INSERT INTO item VALUES (90, 9, 'n1'), (91, 9, 'n2')");
            }
            let again = world.erase(more);
            assert!(matches!(again.status.code(), Some(7 | 12)), "{case}: {}", text(&again));
            assert_eq!(world.count("item WHERE list_id = 1"), 2, "{case}: the items of what is seat 2's now");
            assert_eq!(world.count("item WHERE list_id = 9"), if swapped { 2 } else { 0 }, "{case}: rows that nobody has approved");
            if again.status.code() == Some(12) {
                let accepted = world.erase(&["--accept-counts"]);
                assert!(accepted.status.success(), "{case}: {}", text(&accepted));
                let lists =
                    world.statement()["tables"].as_array().unwrap().iter().find(|table| table["table"] == "app.list").unwrap().clone();
                assert_eq!(lists["affected"], if swapped { 2 } else { 1 }, "{case}: {lists}");
            } else {
                let anew = world.erase(more);
                assert!(anew.status.success(), "{case}: {}", text(&anew));
            }
            assert_eq!(world.count("item WHERE list_id = 1"), 2, "{case}");
            assert!(world.unfinished().is_empty(), "{case}");
            world.assert_erased(&case);
        }
    }
}

#[test]
fn a_list_that_changes_hands_between_batches_keeps_its_items() {
    for kind in KINDS {
        let world = World::new(kind);
        world.cut(BATCHES, "after_batch_commit@2");
        let left = world.count("item WHERE list_id = 1");
        world.execute("UPDATE list SET seat_id = 2 WHERE id = 1");
        let again = world.erase(BATCHES);
        assert_eq!(again.status.code(), Some(12), "{}", text(&again));
        assert_eq!(world.count("item WHERE list_id = 1"), left);
        let accepted = world.erase(&["--accept-counts"]);
        assert!(accepted.status.success(), "{}", text(&accepted));
        assert_eq!(world.count("item WHERE list_id = 1"), left);
        assert_eq!(world.statement()["state"], "completed");
        world.assert_erased("between batches");
    }
}

/// Nothing is cut off: somebody else writes while the batches run.
#[test]
fn notes_that_change_hands_between_batches_are_left_as_they_are() {
    let tables = "
        CREATE TABLE seat (id INTEGER PRIMARY KEY, email TEXT NOT NULL);
        CREATE TABLE memo (id INTEGER PRIMARY KEY, author TEXT, author_id INTEGER);
        CREATE TABLE note (id INTEGER PRIMARY KEY, author TEXT, author_id INTEGER);
        INSERT INTO seat VALUES (1, 'ada@person.example'), (2, 'ben@person.example');
        INSERT INTO memo VALUES (1, 'Ada', 1), (2, 'Ben', 2);
        INSERT INTO note VALUES (1, 'Ada', 1), (2, 'Ben', 2);
    ";
    let entry = r#"{ category: work, references: [{ columns: [author_id], to: app.seat(id) }], owner: seat via author_id,
        on_erase: { clear: [author_id], replace: { author: { constant: "gone" } } } }"#;
    let map = ORPHANS_MAP.replace("app.lead: LEADS", &format!("app.memo: {entry}")).replace("NOTES", entry);
    for kind in KINDS {
        let world = World::with(kind, tables, &map);
        let mut command = world.command(&[&ERASE, BATCHES].concat(), Some("after_batch_commit@1:pause"));
        let mut child = command.stdin(Stdio::piped()).stderr(Stdio::piped()).stdout(Stdio::null()).spawn().expect("start the program");
        let mut told = BufReader::new(child.stderr.take().expect("a pipe"));
        let mut line = String::new();
        while !line.starts_with("paused at") {
            line.clear();
            assert!(told.read_line(&mut line).expect("read its words") > 0, "{kind:?}: it ended before the pause");
        }
        for table in ["memo", "note"] {
            world.execute(&format!("UPDATE {table} SET author = 'Ben', author_id = 2 WHERE author_id = 1"));
        }
        drop(child.stdin.take());
        let mut rest = String::new();
        told.read_to_string(&mut rest).expect("read its words");
        assert_eq!(child.wait().expect("wait for the program").code(), Some(12), "{kind:?}: {rest}");
        // One of the two tables was done before.
        let of_ben = "SELECT author_id, author FROM memo UNION ALL SELECT author_id, author FROM note";
        assert_eq!(world.count(&format!("({of_ben}) AS found WHERE author_id = 2 AND author = 'Ben'")), 3, "{kind:?}: {rest}");
        assert_eq!(world.count("seat WHERE id = 1"), 1, "{kind:?}: {rest}");
        let accepted = world.erase(&["--accept-counts"]);
        assert!(accepted.status.success(), "{kind:?}: {}", text(&accepted));
        assert_eq!(world.count(&format!("({of_ben}) AS found WHERE author_id = 2 AND author = 'Ben'")), 3, "{kind:?}");
        assert_eq!(world.count("seat WHERE id = 1"), 0, "{kind:?}");
    }
}

#[test]
fn a_seat_that_somebody_else_deletes_leaves_no_name_behind() {
    for (kind, place) in cases(&["after_open", "before_commit"]) {
        let world = World::new(kind);
        world.cut(&[], place);
        world.execute("DELETE FROM seat WHERE id = 1");
        let again = world.erase(&[]);
        assert_eq!(again.status.code(), Some(12), "{place}: it was not the run that deleted the seat: {}", text(&again));
        assert_eq!(world.statement()["state"], "partly_failed");
        let accepted = world.erase(&["--accept-counts"]);
        assert!(accepted.status.success(), "{place}: {}", text(&accepted));
        world.assert_erased(place);
        let note = world.certified("app.note");
        assert_eq!(note["remaining"], 0, "{place}: a constant can be counted again: {note}");
        assert_eq!(world.certified("app.seat")["affected"], 0, "{place}: no claim is made of what others deleted");
    }
}

/// Nothing of the plan is found any more, and all of it is still there.
#[test]
fn rows_whose_owner_was_taken_off_by_hand_are_not_reported_erased() {
    let delete = "{ category: work, owner: seat }";
    let replaced = [
        "{ category: work, owner: seat, on_erase: { clear: [author_id], replace: { author: { constant: gone } } } }",
        "{ category: work, owner: seat, on_erase: { clear: [author_id], replace: { author: pseudonym } } }",
        "{ category: work, owner: seat, unlink: [author_id], on_erase: { replace: { author: pseudonym } } }",
        delete,
    ];
    let by_hand = [
        "DELETE FROM seat WHERE id = 1",
        "UPDATE lead SET seat_id = NULL WHERE seat_id = 1; UPDATE note SET author_id = NULL WHERE author_id = 1; DELETE FROM seat WHERE id = 1",
    ];
    for (kind, place) in cases(&["after_open", "after_apply", "before_commit"]) {
        for (notes, hand) in replaced.iter().flat_map(|notes| by_hand.iter().map(move |hand| (notes, hand))) {
            let case = format!("{kind:?} {place} {notes} {hand}");
            let world = World::with_orphans(kind, delete, notes);
            world.cut(&[], place);
            world.execute(hand);
            for _ in 0..2 {
                let again = world.erase(&[]);
                assert_eq!(again.status.code(), Some(12), "{case}: {}", text(&again));
                assert!(text(&again).contains("--accept-counts") && text(&again).contains("--abandon"), "{case}: {}", text(&again));
                assert_eq!(world.statement()["state"], "partly_failed", "{case}");
            }
            assert_eq!((world.count("lead"), world.count("note WHERE author = 'Ada'")), (3, 1), "{case}");
            let accepted = world.erase(&["--accept-counts"]);
            assert!(accepted.status.success(), "{case}: {}", text(&accepted));
            let name_left = if *notes == delete { 1 } else { 0 };
            assert_eq!(world.count("note WHERE author = 'Ada'"), name_left, "{case}: found by its own key");
            assert_eq!(world.count("note WHERE author = 'Ben'"), 1, "{case}");
            assert_eq!((world.count("lead"), &world.certified("app.lead")["affected"]), (3, &Value::from(0)), "{case}: no false claim");
        }
    }
}

/// The manager takes over by hand: what is somebody else's now is not claimed.
#[test]
fn rows_that_were_handed_to_another_seat_are_not_reported_erased() {
    for (kind, place) in cases(&["after_open", "before_commit"]) {
        let case = format!("{kind:?} {place}");
        let notes = "{ category: work, owner: seat, on_erase: { clear: [author_id], replace: { author: { constant: gone } } } }";
        let world = World::with_orphans(kind, "{ category: work, owner: seat }", notes);
        world.cut(&[], place);
        world.execute("UPDATE lead SET seat_id = 2; UPDATE note SET author_id = 2, author = 'Ben'; DELETE FROM seat WHERE id = 1");
        let again = world.erase(&[]);
        assert_eq!(again.status.code(), Some(12), "{case}: {}", text(&again));
        let accepted = world.erase(&["--accept-counts"]);
        assert!(accepted.status.success(), "{case}: {}", text(&accepted));
        assert_eq!((world.count("lead WHERE seat_id = 2"), world.count("note WHERE author = 'Ben'")), (3, 2), "{case}");
        for table in ["app.seat", "app.lead", "app.note"] {
            assert_eq!(world.certified(table)["affected"], 0, "{case}: {table}");
        }
    }
}

/// Rows that were nobody's all along raise a doubt only where no server knows what it has committed.
/// No step but deletions could tell that the transaction was not committed: the rows themselves do.
#[test]
fn rows_that_were_only_to_be_deleted_and_were_handed_over_are_not_reported_erased() {
    for (kind, place) in cases(&["after_open", "before_commit"]) {
        let case = format!("{kind:?} {place}");
        let world = World::with_orphans(kind, "{ category: work, owner: seat }", "{ category: work, owner: seat }");
        world.cut(&[], place);
        world.execute("UPDATE lead SET seat_id = 2; UPDATE note SET author_id = 2; DELETE FROM seat WHERE id = 1");
        let again = world.erase(&[]);
        assert_eq!(again.status.code(), Some(12), "{case}: {}", text(&again));
        let accepted = world.erase(&["--accept-counts"]);
        assert!(accepted.status.success(), "{case}: {}", text(&accepted));
        for table in ["app.seat", "app.lead", "app.note"] {
            assert_eq!(world.certified(table)["affected"], 0, "{case}: {table}");
        }
    }
}

#[test]
fn a_commit_that_was_not_noted_is_found_out() {
    for (kind, unowned) in KINDS.into_iter().flat_map(|kind| [(kind, false), (kind, true)]) {
        let case = format!("{kind:?} unowned: {unowned}");
        let notes = "{ category: work, owner: seat, on_erase: { clear: [author_id], replace: { author: pseudonym } } }";
        let world = World::with_orphans(kind, "{ category: work, owner: seat }", notes);
        if unowned {
            world.execute("INSERT INTO lead VALUES (9, NULL, 'of the pool')");
        }
        world.cut(&[], "after_commit");
        let pseudonym = world.count("note WHERE author = 'Ada'");
        assert_eq!(pseudonym, 0, "{case}");
        let again = world.erase(&[]);
        if unowned && kind == Kind::Sqlite {
            assert_eq!(again.status.code(), Some(12), "{case}: {}", text(&again));
            assert!(text(&again).contains("app.lead"), "{case}: {}", text(&again));
            let accepted = world.erase(&["--accept-counts"]);
            assert!(accepted.status.success(), "{case}: {}", text(&accepted));
        } else {
            assert!(again.status.success(), "{case}: {}", text(&again));
            assert_eq!(world.certified("app.lead")["affected"], 2, "{case}");
        }
        assert_eq!(world.count("lead"), if unowned { 2 } else { 1 }, "{case}");
        assert_eq!(world.statement()["state"], "completed", "{case}");
    }
}

/// Between two batches.
#[test]
fn rows_that_others_take_away_between_batches_are_not_counted_as_erased() {
    for (kind, place) in cases(&["after_open", "after_batch_commit@2", "after_batch_note@2"]) {
        let case = format!("{kind:?} {place}");
        let world = World::with_orphans(kind, "{ category: work, owner: seat }", "{ category: work, owner: seat }");
        world.execute("INSERT INTO lead SELECT 10 + id, 1, 'more' FROM lead; INSERT INTO lead SELECT 20 + id, 1, 'more' FROM lead");
        world.cut(BATCHES, place);
        let left = world.count("lead");
        world.execute("DELETE FROM seat WHERE id = 1");
        let again = world.erase(BATCHES);
        assert_eq!(again.status.code(), Some(12), "{case}: {}", text(&again));
        assert_eq!(world.count("lead"), left, "{case}");
        let accepted = world.erase(&["--accept-counts"]);
        assert!(accepted.status.success(), "{case}: {}", text(&accepted));
        let erased = world.certified("app.lead")["affected"].as_i64().unwrap();
        assert!(12 - erased >= left, "{case}: {erased} erased and {left} left");
    }
}

/// The batch rolled back with its connection, and somebody takes away a row, as it did.
#[test]
fn a_batch_that_was_cut_off_before_its_commit_is_not_counted_as_erased() {
    for place in ["after_batch_apply@2", "before_batch_commit@2"] {
        let world = World::with_orphans(Kind::Postgres, "{ category: work, owner: seat }", "{ category: work, owner: seat }");
        world.execute("INSERT INTO lead SELECT 10 + id, 1, 'more' FROM lead; INSERT INTO lead SELECT 20 + id, 1, 'more' FROM lead");
        world.cut(BATCHES, place);
        let left = world.count("lead");
        world.execute("DELETE FROM lead WHERE id IN (SELECT id FROM lead WHERE seat_id = 1 ORDER BY id LIMIT 1)");
        assert_eq!(world.count("lead"), left - 1);
        let again = world.erase(BATCHES);
        assert_eq!(again.status.code(), Some(12), "{place}: {}", text(&again));
        let accepted = world.erase(&["--accept-counts"]);
        assert!(accepted.status.success(), "{place}: {}", text(&accepted));
        let certified = world.certified("app.lead");
        assert_eq!(certified["planned"], certified["affected"], "{place}: {certified}");
        let erased = certified["affected"].as_i64().unwrap();
        assert_eq!(12 - erased - 1, world.count("lead"), "{place}: one row was somebody else's doing");
    }
}
