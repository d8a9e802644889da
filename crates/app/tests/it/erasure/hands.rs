//! The world changes hands between an interruption and the resumption: what has become somebody else's stays, and no claim is made of it.

use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, Output};

use rusqlite::Connection;
use serde_json::Value;
use tempfile::TempDir;

use super::world::text;

const APP: &str = "
    CREATE TABLE seat (id INTEGER PRIMARY KEY, email TEXT NOT NULL);
    CREATE TABLE list (id INTEGER PRIMARY KEY, seat_id INTEGER NOT NULL REFERENCES seat (id) ON DELETE CASCADE, name TEXT);
    CREATE TABLE item (id INTEGER PRIMARY KEY, list_id INTEGER NOT NULL REFERENCES list (id) ON DELETE CASCADE, body TEXT);
    CREATE TABLE share (
        id INTEGER PRIMARY KEY,
        list_id INTEGER NOT NULL REFERENCES list (id) ON DELETE CASCADE,
        viewer_id INTEGER NOT NULL REFERENCES seat (id)
    );
    CREATE TABLE note (id INTEGER PRIMARY KEY, author TEXT, author_id INTEGER);
    INSERT INTO seat VALUES (1, 'ada@person.example'), (2, 'ben@person.example');
    INSERT INTO list VALUES (1, 1, 'a'), (2, 2, 'b'), (3, 1, 'c');
    INSERT INTO item VALUES (1, 1, 'i1'), (2, 1, 'i2'), (3, 2, 'i3'), (4, 3, 'i4');
    INSERT INTO note VALUES (1, 'Ada', 1), (2, 'Ben', 2);
";
const MAP: &str = r#"
exeunt: 1
name: trial
sources:
  app: { kind: sqlite, url: "sqlite:app.db" }
subjects:
  seat: { table: app.seat, key: id, label: email }
categories:
  work: { label: Work }
tables:
  app.seat: { category: work }
  app.list: { category: work, owner: seat }
  app.item: { category: work, owner: seat via list_id.seat_id }
  app.share: { category: work, owner: seat via viewer_id }
  app.note:
    category: work
    references: [{ columns: [author_id], to: app.seat(id) }]
    owner: seat via author_id
    on_erase: { clear: [author_id], replace: { author: { constant: "gone" } } }
"#;
const BATCHES: &[&str] = &["--batch-rows", "1"];

struct World(TempDir);

impl World {
    fn new() -> Self {
        let world = Self(tempfile::tempdir().expect("make a folder"));
        world.execute(APP);
        fs::write(world.0.path().join("trial.map.yaml"), MAP).expect("write the map");
        world.accept();
        world
    }

    fn accept(&self) {
        let accepted = self.run(&["map", "accept", "--map", "trial.map.yaml", "--yes"], None);
        assert!(accepted.status.success(), "{}", text(&accepted));
    }

    fn connection(&self) -> Connection {
        Connection::open(self.0.path().join("app.db")).expect("open the database")
    }

    fn execute(&self, sql: &str) {
        self.connection().execute_batch(&format!("PRAGMA foreign_keys = ON; {sql}")).expect("run SQL");
    }

    fn count(&self, sql: &str) -> i64 {
        self.connection().query_row(&format!("SELECT count(*) FROM {sql}"), [], |row| row.get(0)).expect("count")
    }

    fn run(&self, arguments: &[&str], failpoint: Option<&str>) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_exeunt"));
        command.args(arguments).current_dir(self.0.path()).env_remove("EXEUNT_STORE").env_remove("EXEUNT_FAILPOINT");
        if let Some(failpoint) = failpoint {
            command.env("EXEUNT_FAILPOINT", failpoint);
        }
        command.output().expect("run exeunt")
    }

    fn erase(&self, more: &[&str]) -> Output {
        let fixed = ["erase", "--map", "trial.map.yaml", "--seat", "1", "--yes-erase", "ada@person.example", "--out", "certificates"];
        self.run(&[&fixed, more].concat(), None)
    }

    /// Cuts an erasure of seat 1 off.
    fn cut(&self, more: &[&str], place: &str) {
        let fixed = ["erase", "--map", "trial.map.yaml", "--seat", "1", "--yes-erase", "ada@person.example", "--out", "certificates"];
        let cut = self.run(&[&fixed, more].concat(), Some(place));
        assert_eq!(cut.status.signal(), Some(6), "{place}: {}", text(&cut));
    }

    fn unfinished(&self) -> Vec<String> {
        let verified = self.run(&["log", "verify", "--json"], None);
        let log: Value = serde_json::from_slice(&verified.stdout).expect("JSON");
        let runs = log["unfinished"].as_array().expect("a list");
        runs.iter().map(|run| run["run"].as_str().expect("a run").to_owned()).collect()
    }

    fn statement(&self) -> Value {
        let folder = self.0.path().join("certificates");
        let mut found: Vec<_> = fs::read_dir(&folder).expect("list").map(|entry| entry.expect("list").path()).collect();
        found.retain(|path: &std::path::PathBuf| Path::new(path).extension().is_some_and(|extension| extension == "json"));
        let newest = found.into_iter().max_by_key(|path| fs::metadata(path).and_then(|data| data.modified()).expect("a time"));
        let bytes = fs::read(newest.expect("a certificate")).expect("read");
        serde_json::from_slice::<Value>(&bytes).expect("JSON")["statement"].clone()
    }

    /// Nothing of seat 1 is left, and all of seat 2 is.
    fn assert_erased(&self, case: &str) {
        assert_eq!(self.count("seat WHERE id = 1") + self.count("list WHERE seat_id = 1"), 0, "{case}");
        assert_eq!(self.count("note WHERE author = 'Ada'"), 0, "{case}");
        assert_eq!(
            (self.count("seat WHERE id = 2"), self.count("note WHERE author = 'Ben'"), self.count("item WHERE id = 3")),
            (1, 1, 1),
            "{case}"
        );
    }
}

#[test]
fn a_share_that_appears_on_a_list_is_not_deleted_with_it() {
    for place in ["after_open", "before_apply", "before_commit"] {
        let world = World::new();
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
    for more in [&[][..], BATCHES] {
        for swapped in [false, true] {
            let case = format!("{more:?} swapped: {swapped}");
            let world = World::new();
            world.cut(more, "after_open");
            world.execute("UPDATE list SET seat_id = 2 WHERE id = 1");
            if swapped {
                world.execute("INSERT INTO list VALUES (9, 1, 'new'); INSERT INTO item VALUES (90, 9, 'n1'), (91, 9, 'n2')");
            }
            let again = world.erase(more);
            assert!(matches!(again.status.code(), Some(7 | 9)), "{case}: {}", text(&again));
            assert_eq!(world.count("item WHERE list_id = 1"), 2, "{case}: the items of what is seat 2's now");
            assert_eq!(world.count("item WHERE list_id = 9"), if swapped { 2 } else { 0 }, "{case}: rows that nobody has approved");
            if again.status.code() == Some(9) {
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
    let world = World::new();
    world.cut(BATCHES, "after_batch_commit@2");
    let left = world.count("item WHERE list_id = 1");
    world.execute("UPDATE list SET seat_id = 2 WHERE id = 1");
    let again = world.erase(BATCHES);
    assert_eq!(again.status.code(), Some(9), "{}", text(&again));
    assert_eq!(world.count("item WHERE list_id = 1"), left);
    let accepted = world.erase(&["--accept-counts"]);
    assert!(accepted.status.success(), "{}", text(&accepted));
    assert_eq!(world.count("item WHERE list_id = 1"), left);
    assert_eq!(world.statement()["state"], "completed");
    world.assert_erased("between batches");
}

#[test]
fn a_seat_that_somebody_else_deletes_leaves_no_name_behind() {
    for place in ["before_apply", "before_commit"] {
        let world = World::new();
        world.cut(&[], place);
        world.execute("DELETE FROM seat WHERE id = 1");
        let again = world.erase(&[]);
        assert!(again.status.success(), "{place}: {}", text(&again));
        world.assert_erased(place);
        let statement = world.statement();
        let note = statement["tables"].as_array().unwrap().iter().find(|table| table["table"] == "app.note").unwrap();
        assert_eq!(note["remaining"], 0, "{place}: a constant can be counted again: {note}");
    }
}

#[test]
fn a_run_whose_structure_has_changed_since_the_commit_is_finished() {
    let world = World::new();
    world.cut(&[], "before_recount");
    world.execute("UPDATE note SET author = 'gone' WHERE id = 99");
    world.execute("CREATE TABLE later (id INTEGER PRIMARY KEY)");
    let again = world.erase(&[]);
    assert!(!text(&again).contains("nothing was erased"), "{}", text(&again));
    assert_eq!(again.status.code(), Some(9), "{}", text(&again));
    let run = world.unfinished().remove(0);
    assert!(text(&again).contains("--abandon"), "{}", text(&again));
    let abandoned = world.run(&["erase", "--map", "trial.map.yaml", "--resume", &run, "--abandon", "--out", "certificates"], None);
    assert!(abandoned.status.success(), "{}", text(&abandoned));
    assert!(world.unfinished().is_empty());
    assert_eq!(world.statement()["state"], "partly_failed");
    let again = world.run(&["erase", "--map", "trial.map.yaml", "--resume", &run], None);
    assert_eq!(again.status.code(), Some(6), "{}", text(&again));
    let store = fs::read(world.0.path().join("exeunt.db")).unwrap();
    assert!(!store.windows(b"ada@person".len()).any(|window| window == b"ada@person"));
}

#[test]
fn a_run_with_another_map_can_be_given_up_and_its_subject_erased() {
    let world = World::new();
    world.cut(&[], "before_apply");
    fs::write(world.0.path().join("trial.map.yaml"), MAP.replace("label: Work", "label: Works")).unwrap();
    world.accept();
    let again = world.erase(&[]);
    assert_eq!(again.status.code(), Some(7), "{}", text(&again));
    assert!(text(&again).contains("--abandon"), "{}", text(&again));
    let run = world.unfinished().remove(0);
    let abandoned = world.run(&["erase", "--map", "trial.map.yaml", "--resume", &run, "--abandon", "--out", "certificates"], None);
    assert!(abandoned.status.success(), "{}", text(&abandoned));
    assert_eq!(world.count("item"), 4, "giving up erases nothing");
    let done = world.erase(&[]);
    assert!(done.status.success(), "{}", text(&done));
    world.assert_erased("anew");
}

/// One more row to change and one deletion that has vanished: approved anew, the run ends.
#[test]
fn whatever_differs_can_be_approved_anew() {
    let world = World::new();
    world.cut(&[], "before_commit");
    world.execute("DELETE FROM item WHERE id = 1; INSERT INTO note VALUES (3, 'Ada', 1)");
    let again = world.erase(&[]);
    assert_eq!(again.status.code(), Some(9), "{}", text(&again));
    assert_eq!(world.count("item"), 3);
    let accepted = world.erase(&["--accept-counts"]);
    assert!(accepted.status.success(), "{}", text(&accepted));
    world.assert_erased("approved anew");
    let statement = world.statement();
    for table in statement["tables"].as_array().unwrap() {
        assert_eq!(table["planned"], table["affected"], "{table}");
    }
    let items = statement["tables"].as_array().unwrap().iter().find(|table| table["table"] == "app.item").unwrap();
    assert_eq!(items["affected"], 2, "{items}");
}

#[test]
fn what_a_resumption_cannot_change_is_said() {
    let world = World::new();
    world.cut(&[], "before_apply");
    let again = world.erase(&["--search-residuals", "--batch-rows", "5"]);
    assert!(again.status.success(), "{}", text(&again));
    for name in ["--search-residuals", "--batch-rows"] {
        assert!(text(&again).contains(name), "{}", text(&again));
    }
}
