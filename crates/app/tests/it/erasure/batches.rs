//! Large plans go in batches; any batch may run twice, and none runs past what was approved.

use std::fs;
use std::os::unix::process::ExitStatusExt as _;

use exeunt_engine::failpoint::{BATCH_POINTS, POINTS};

use super::world::{Kind, MAP, World, text};

const BATCHES: &[&str] = &["--batch-rows", "2"];

fn assert_done(world: &World, kind: Kind, case: &str) {
    assert_eq!(world.state(), World::want(kind), "{case}");
    let certificate = world.verify_certificate();
    assert_eq!(certificate["statement"]["state"], "completed_with_retained", "{case}");
    for table in certificate["statement"]["tables"].as_array().expect("a list") {
        assert_eq!(table["planned"], table["affected"], "{case}: {table}");
    }
    world.assert_nothing_personal_kept(case);
}

#[test]
fn batches_erase_the_same_rows_as_one_transaction() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let world = World::new(kind);
        let erased = world.erase(BATCHES, None);
        assert!(erased.status.success(), "{}", text(&erased));
        assert!(text(&erased).contains("app.note: 4 of 5 rows erased"), "{}", text(&erased));
        assert_done(&world, kind, "in batches");
    }
}

#[test]
fn batches_are_killed_at_every_step_and_go_on() {
    let fine = ["after_open", "after_note_commit", "before_recount", "after_file", "before_close"];
    let places = BATCH_POINTS.iter().flat_map(|point| (1..=9).map(move |time| format!("{point}@{time}")));
    let places: Vec<String> = places.chain(POINTS.iter().filter(|point| fine.contains(point)).map(|point| (*point).to_owned())).collect();
    for kind in [Kind::Sqlite, Kind::Postgres] {
        for place in &places {
            // PostgreSQL repeats every third: its transactions were killed at every step in the matrix.
            if kind == Kind::Postgres && place.contains('@') && !place.ends_with(['2', '5', '8']) {
                continue;
            }
            let case = format!("{kind:?} {place}");
            let world = World::new(kind);
            let cut = world.erase(BATCHES, Some(place));
            assert_eq!(cut.status.signal(), Some(6), "{case}: {}", text(&cut));
            assert!(world.certified().is_empty(), "{case}");
            let again = world.erase(BATCHES, None);
            assert!(again.status.success(), "{case}: {}", text(&again));
            assert_done(&world, kind, &case);
        }
    }
}

/// What the seat's run has erased already, its contract's could not count.
#[test]
fn a_contract_waits_for_the_unfinished_run_of_its_seat() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let world = World::new(kind);
        world.erase(BATCHES, Some("after_batch_note@1"));
        let cut = world.state();
        let contract = ["erase", "--map", "trial.map.yaml", "--contract", "1", "--yes-erase", "Alder", "--out", "certificates"];
        let refused = world.run(&contract, None);
        assert_eq!(refused.status.code(), Some(9), "{}", text(&refused));
        assert!(text(&refused).contains("--resume"), "{}", text(&refused));
        assert_eq!(world.state(), cut, "nothing was erased");
        assert!(world.erase(BATCHES, None).status.success());
        let erased = world.run(&contract, None);
        assert!(erased.status.success(), "{}", text(&erased));
    }
}

/// Rows that appear while the batches run were approved by nobody.
#[test]
fn rows_that_appear_between_batches_are_left_and_told() {
    let world = World::new(Kind::Sqlite);
    world.erase(BATCHES, Some("after_batch_note@2"));
    world.execute("app", "INSERT INTO note VALUES (90, 2, 'new'), (91, 2, 'new'), (92, 2, 'new'), (93, 2, 'new'), (94, 2, 'new')");
    let again = world.erase(BATCHES, None);
    assert_eq!(again.status.code(), Some(12), "{}", text(&again));
    assert_eq!(world.certified(), ["partly_failed"]);
    assert_ne!(world.state(), World::want(Kind::Sqlite));

    let accepted = world.erase(&["--batch-rows", "2", "--accept-counts"], None);
    assert!(accepted.status.success(), "{}", text(&accepted));
    assert_eq!(world.state(), World::want(Kind::Sqlite));
    assert_eq!(world.certified(), ["partly_failed", "completed_with_retained"]);
    world.assert_nothing_personal_kept("accepted");
}

/// A row of somebody else that comes to hang from a row of a batch stops that batch.
#[test]
fn a_reference_that_appears_between_batches_stops_the_run() {
    let map = r#"
exeunt: 1
name: trial
sources:
  app: { kind: KIND, url: "${TRIAL_APP}" }
  mail: { kind: KIND, url: "${TRIAL_MAIL}" }
  files: { kind: files, url: "file:./files" }
subjects:
  seat: { table: app.seat, key: id, label: label }
categories:
  work: { label: Work }
tables:
  app.contract: { keep: { ground: "agreements" } }
  app.seat: { category: work, unlink: [manager_id] }
  app.note: { category: work, owner: seat via seat_id }
  app.attachment: { category: work, owner: seat via note_id.seat_id }
  app.share: { category: work, owner: seat via seat_id, references: [{ columns: [seat_id], to: app.seat(id) }] }
  app.event: { category: work, owner: seat via seat_id, references: [{ columns: [seat_id], to: app.seat(id) }, { columns: [payload], to: app.note(body) }] }
  app.invoice: { keep: { ground: "tax law" }, unlink: [seat_id] }
  mail.message: { category: work, references: [{ columns: [seat_id], to: app.seat(id) }], owner: seat via seat_id }
ignore:
  app.setting: "holds no customer data"
"#;
    let world = World::with_map(Kind::Sqlite, map);
    let cut = world.erase(&["--batch-rows", "1"], Some("after_batch_note@1"));
    assert_eq!(cut.status.signal(), Some(6), "{}", text(&cut));
    world.execute("app", "INSERT INTO event VALUES (99, 3, 'third')");
    let again = world.erase(&["--batch-rows", "1"], None);
    assert_eq!(again.status.code(), Some(12), "{}", text(&again));
    assert!(text(&again).contains("would suffer"), "{}", text(&again));
    assert!(world.state().app["note"].iter().any(|row| row.contains("third")), "the note that is pointed to is still there");
    world.execute("app", "DELETE FROM event WHERE id = 99");
    let last = world.erase(&["--batch-rows", "1"], None);
    assert!(last.status.success(), "{}", text(&last));
}

#[test]
fn equal_values_in_two_databases_stay_equal() {
    let world = World::new(Kind::Postgres);
    let messages = "DROP TABLE message; CREATE TABLE message (id INTEGER PRIMARY KEY, seat_id INTEGER, subject VARCHAR(80));
        INSERT INTO message VALUES (1, 1, 'hello'), (2, 2, 'seen by Lindqvist'), (3, 2, 'again')";
    world.execute("mail", messages);
    let replaced = |column: &str| format!("on_erase: {{ clear: [seat_id], replace: {{ {column}: pseudonym }} }}");
    let map = MAP.replace("KIND", "postgres").replace("on_erase: { clear: [payload, seat_id] }", &replaced("payload"));
    let map = map.replace("  mail.message:\n", &format!("  mail.message:\n    {}\n", replaced("subject")));
    fs::write(world.path("trial.map.yaml"), map).expect("write the map");
    let accepted = world.run(&["map", "accept", "--map", "trial.map.yaml", "--yes"], None);
    assert!(accepted.status.success(), "{}", text(&accepted));
    let erased = world.erase(BATCHES, None);
    assert!(erased.status.success(), "{}", text(&erased));
    let hidden = world.texts("app", "SELECT payload FROM event WHERE id = 2");
    assert_ne!(hidden, ["seen by Lindqvist"]);
    assert_eq!(world.texts("mail", "SELECT subject FROM message WHERE id = 2"), hidden);
}
