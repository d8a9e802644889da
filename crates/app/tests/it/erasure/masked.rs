//! A subject whose own row stays when it is erased: it is not back for that, and it is when a backup brings it back.

use super::hands::World;
use super::world::{Kind, text};

const TABLES: &str = "
    CREATE TABLE seat (id INTEGER PRIMARY KEY, email TEXT, name TEXT, issued TEXT);
    CREATE TABLE note (id INTEGER PRIMARY KEY, seat_id INTEGER REFERENCES seat (id), body TEXT);
    INSERT INTO seat VALUES (1, 'ada@person.example', 'Ada', 'x'), (2, 'ben@person.example', 'Ben', 'x');
    INSERT INTO note VALUES (1, 1, 'from Ada'), (2, 2, 'from Ben');
";
const RESTORE: &str = "UPDATE seat SET email = 'ada@person.example', name = 'Ada' WHERE id = 1;";
const MAP: &str = r#"
exeunt: 1
name: trial
sources:
  app: { kind: KIND, url: "${TRIAL_APP:-sqlite:app.db}" }
subjects:
  seat: { table: app.seat, key: id, label: email }
categories:
  work: { label: Work }
tables:
  app.seat: { category: work, SEAT }
  app.note: { category: work, owner: seat }
"#;
const MASKS: [&str; 5] = [
    "on_erase: { clear: [email], replace: { name: pseudonym } }",
    "on_erase: { replace: { email: pseudonym, name: { constant: gone } } }",
    "on_erase: { replace: { email: { constant: gone }, name: { constant: gone } } }",
    // The label stays.
    "on_erase: { replace: { name: pseudonym } }",
    "on_erase: { replace: { name: { constant: gone } } }",
];

fn masked(mask: &str) -> impl Iterator<Item = (Kind, World)> {
    [Kind::Sqlite, Kind::Postgres].into_iter().map(move |kind| {
        let world = World::with(kind, TABLES, &MAP.replace("SEAT", mask));
        let erased = world.erase(&[]);
        assert!(erased.status.success(), "{mask}: {}", text(&erased));
        assert_eq!((world.count("note"), world.count("seat")), (1, 2), "{mask}");
        (kind, world)
    })
}

fn replay(world: &World, more: &[&str]) -> std::process::Output {
    world.run(&[&["replay", "--map", "trial.map.yaml", "--out", "replays"], more].concat(), None)
}

fn why(world: &World) -> String {
    let asked = world.run(&["why", "--map", "trial.map.yaml", "seat", "1"], None);
    assert!(asked.status.success(), "{}", text(&asked));
    text(&asked)
}

#[test]
fn a_masked_subject_that_nobody_touched_is_not_back() {
    for mask in MASKS.into_iter().chain(["on_erase: { keep: { ground: contract } }"]) {
        for (kind, world) in masked(mask) {
            let case = format!("{kind:?} {mask}");
            let nobody = replay(&world, &[]);
            assert!(nobody.status.success() && text(&nobody).contains("nobody"), "{case}: {}", text(&nobody));
            assert!(!why(&world).contains("is back"), "{case}: {}", why(&world));
            let again = world.erase(&["--json"]);
            assert!(again.status.success() && text(&again).contains("already_erased"), "{case}: {}", text(&again));
        }
    }
}

#[test]
fn a_masked_subject_that_a_backup_brought_back_is_erased_again() {
    for mask in MASKS {
        for (kind, world) in masked(mask) {
            let case = format!("{kind:?} {mask}");
            world.execute(RESTORE);
            let listed = replay(&world, &[]);
            assert_eq!(listed.status.code(), Some(9), "{case}: {}", text(&listed));
            assert!(why(&world).contains("is back"), "{case}: {}", why(&world));
            world.execute("INSERT INTO note VALUES (1, 1, 'from Ada')");
            let replayed = replay(&world, &["--yes-erase", "ada@person.example"]);
            assert!(replayed.status.success(), "{case}: {}", text(&replayed));
            assert_eq!(world.count("seat WHERE name = 'Ada'") + world.count("note WHERE seat_id = 1"), 0, "{case}");
            let nobody = replay(&world, &[]);
            assert!(nobody.status.success(), "{case}: {}", text(&nobody));
        }
    }
}

/// The own row is as it was left, and others have come back.
#[test]
fn rows_of_a_masked_subject_that_come_back_alone_are_found() {
    for mask in MASKS {
        for (kind, world) in masked(mask) {
            world.execute("INSERT INTO note VALUES (1, 1, 'from Ada')");
            let listed = replay(&world, &[]);
            assert_eq!(listed.status.code(), Some(9), "{kind:?} {mask}: {}", text(&listed));
        }
    }
}

#[test]
fn a_deleted_subject_that_is_restored_is_back() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let world = World::with(kind, TABLES, &MAP.replace("SEAT", "on_erase: delete"));
        assert!(world.erase(&[]).status.success());
        assert!(replay(&world, &[]).status.success());
        world.execute("INSERT INTO seat VALUES (1, 'ada@person.example', 'Ada', 'x')");
        assert_eq!(replay(&world, &[]).status.code(), Some(9));
        let again = world.erase(&[]);
        assert!(again.status.success() && !text(&again).contains("already"), "{}", text(&again));
    }
}

/// Nor does a broken value beside them hide them: nothing is claimed of rows that could not be looked at.
#[test]
fn rows_that_name_an_erased_key_inside_json_are_found() {
    let tables = "
        CREATE TABLE seat (id INTEGER PRIMARY KEY, email TEXT NOT NULL);
        CREATE TABLE note (id INTEGER PRIMARY KEY, payload TEXT NOT NULL);
        INSERT INTO seat VALUES (1, 'ada@person.example'), (2, 'ben@person.example');
        INSERT INTO note VALUES (1, '{\"author\":1}'), (2, '{\"author\":2}');
    ";
    let map = r#"
exeunt: 1
name: trial
sources:
  app: { kind: KIND, url: "${TRIAL_APP:-sqlite:app.db}" }
subjects:
  seat: { table: app.seat, key: id, label: email }
categories:
  work: { label: Work }
tables:
  app.seat: { category: work }
  app.note: { category: work, references: [{ columns: [payload/author], to: app.seat(id) }], owner: seat via payload/author }
"#;
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let world = World::with(kind, tables, map);
        let erased = world.erase(&[]);
        assert!(erased.status.success(), "{kind:?}: {}", text(&erased));
        assert!(text(&world.erase(&[])).contains("already erased"), "{kind:?}");
        world.execute("INSERT INTO note VALUES (1, '{\"author\":1}')");
        let again = world.erase(&[]);
        assert!(text(&again).contains("1 row that its key owns is there again"), "{kind:?}: {}", text(&again));
        // SQLite reads nothing in what is no JSON, and goes on; PostgreSQL refuses the whole question.
        world.execute("INSERT INTO note VALUES (3, 'no JSON')");
        let unread = world.erase(&[]);
        assert!(!unread.status.success() && !text(&unread).contains("already erased"), "{kind:?}: {}", text(&unread));
    }
}
