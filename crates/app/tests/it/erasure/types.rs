//! Keys and the columns that hold them, where their types differ.

use rusqlite::Connection;

use super::hands::World;
use super::world::{Kind, text};

const MAP: &str = r#"
exeunt: 1
name: trial
sources:
  app: { kind: KIND, url: "${TRIAL_APP:-sqlite:app.db}" }
subjects:
  seat: { table: app.seat, key: id }
categories:
  work: { label: Work }
tables:
  app.seat: { category: work }
  app.note: { category: work, owner: seat via seat_id, references: [{ columns: [seat_id], to: app.seat(id) }] }
"#;

fn erase(world: &World, key: &str) -> std::process::Output {
    let command = ["erase", "--map", "trial.map.yaml", "--seat", key, "--yes-erase", key, "--out", "certificates"];
    world.run(&command, None)
}

#[test]
fn a_number_belongs_to_no_text_that_is_written_otherwise() {
    let tables = "
        CREATE TABLE seat (id TEXT PRIMARY KEY);
        CREATE TABLE note (id INTEGER PRIMARY KEY, seat_id INTEGER);
        INSERT INTO seat VALUES ('007'), ('7'), ('99999999999'), ('x');
        INSERT INTO note VALUES (1, 7), (2, 7), (3, NULL);
    ";
    let world = World::with(Kind::Postgres, tables, MAP);
    for (key, left) in [("007", 3), ("99999999999", 3), ("x", 3), ("7", 1)] {
        let erased = erase(&world, key);
        assert!(erased.status.success(), "{key}: {}", text(&erased));
        assert_eq!(world.count("note"), left, "{key}");
        assert_eq!(world.count(&format!("seat WHERE id = '{key}'")), 0);
    }
}

/// There both texts are the number, whichever side asks.
#[test]
fn sqlite_is_not_asked_which_of_two_texts_a_number_means() {
    let tables = "
        CREATE TABLE seat (id TEXT PRIMARY KEY);
        CREATE TABLE note (id INTEGER PRIMARY KEY, seat_id INTEGER);
        INSERT INTO seat VALUES ('007'), ('7');
        INSERT INTO note VALUES (1, 7);
    ";
    let map = MAP.replace("KIND", "sqlite");
    let folder = tempfile::tempdir().expect("make a folder");
    std::fs::write(folder.path().join("trial.map.yaml"), map).expect("write the map");
    Connection::open(folder.path().join("app.db")).expect("make a database").execute_batch(tables).expect("run SQL");
    let checked = std::process::Command::new(env!("CARGO_BIN_EXE_exeunt"))
        .args(["map", "check", "--map", "trial.map.yaml"])
        .current_dir(folder.path())
        .output()
        .expect("run exeunt");
    assert_eq!(checked.status.code(), Some(3), "{}", text(&checked));
    assert!(text(&checked).contains("007 and 7"), "{}", text(&checked));
}

#[test]
fn a_number_is_the_same_however_many_digits_are_written() {
    let tables = "
        CREATE TABLE seat (id NUMERIC PRIMARY KEY);
        CREATE TABLE note (id INTEGER PRIMARY KEY, seat_id INTEGER);
        INSERT INTO seat VALUES (1.0), (2), (1.00001);
        INSERT INTO note VALUES (1, 1), (2, 2), (3, 1);
    ";
    let world = World::with(Kind::Postgres, tables, MAP);
    let erased = erase(&world, "1.0");
    assert!(erased.status.success(), "{}", text(&erased));
    assert_eq!((world.count("note"), world.count("note WHERE seat_id = 2"), world.count("seat")), (1, 1, 2));
}

#[test]
fn a_floating_point_number_names_no_whole_number() {
    let tables = "
        CREATE TABLE seat (id BIGINT PRIMARY KEY);
        CREATE TABLE note (id INTEGER PRIMARY KEY, seat_id DOUBLE PRECISION);
        INSERT INTO seat VALUES (9007199254740992), (9007199254740993);
        INSERT INTO note VALUES (1, 9007199254740992);
    ";
    let world = World::with(Kind::Postgres, tables, "");
    std::fs::write(world.path("trial.map.yaml"), MAP.replace("KIND", "postgres")).expect("write the map");
    let checked = world.run(&["map", "check", "--map", "trial.map.yaml"], None);
    assert_eq!(checked.status.code(), Some(3), "{}", text(&checked));
    assert!(text(&checked).contains("floating-point numbers"), "{}", text(&checked));
}

/// The keys come from another database as texts.
#[test]
fn a_number_in_another_database_belongs_to_no_text_that_is_written_otherwise() {
    let map =
        MAP.replace("subjects:", "  mail: { kind: sqlite, url: \"sqlite:mail.db\" }\nsubjects:").replace("app.note: {", "mail.note: {");
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let world = World::with(kind, "CREATE TABLE seat (id TEXT PRIMARY KEY); INSERT INTO seat VALUES ('007'), ('7');", "");
        let mail = Connection::open(world.path("mail.db")).expect("make a database");
        mail.execute_batch("CREATE TABLE note (id INTEGER PRIMARY KEY, seat_id INTEGER); INSERT INTO note VALUES (1, 7);")
            .expect("run SQL");
        let notes = || mail.query_row("SELECT count(*) FROM note", [], |row| row.get::<_, i64>(0)).expect("count");
        world.write_map(&map);
        for (key, left) in [("007", 1), ("7", 0)] {
            let erased = erase(&world, key);
            assert!(erased.status.success(), "{kind:?} {key}: {}", text(&erased));
            assert_eq!(notes(), left, "{kind:?} {key}");
        }
    }
}
