//! The world changes hands between an interruption and the resumption: what has become somebody else's stays, and no claim is made of it.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use exeunt_testkit::postgres::{Database, Server};
use rusqlite::Connection;
use serde_json::Value;
use tempfile::TempDir;

use super::world::{Kind, text};

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
  app: { kind: KIND, url: "${TRIAL_APP:-sqlite:app.db}" }
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
const ERASE: [&str; 9] = ["erase", "--map", "trial.map.yaml", "--seat", "1", "--yes-erase", "ada@person.example", "--out", "certificates"];
const BATCHES: &[&str] = &["--batch-rows", "1"];
const KINDS: [Kind; 2] = [Kind::Sqlite, Kind::Postgres];

/// What a seat leaves behind when it is deleted by hand: leads and notes that are nobody's.
const ORPHANS: &str = "
    CREATE TABLE seat (id INTEGER PRIMARY KEY, email TEXT NOT NULL);
    CREATE TABLE lead (id INTEGER PRIMARY KEY, seat_id INTEGER REFERENCES seat (id) ON DELETE SET NULL, name TEXT);
    CREATE TABLE note (id INTEGER PRIMARY KEY, author TEXT, author_id INTEGER REFERENCES seat (id) ON DELETE SET NULL);
    INSERT INTO seat VALUES (1, 'ada@person.example'), (2, 'ben@person.example');
    INSERT INTO lead VALUES (1, 1, 'Ada''s'), (2, 2, 'Ben''s'), (3, 1, 'Ada''s');
    INSERT INTO note VALUES (1, 'Ada', 1), (2, 'Ben', 2);
";
const ORPHANS_MAP: &str = r#"
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
  app.lead: LEADS
  app.note: NOTES
"#;

pub(super) struct World {
    folder: TempDir,
    database: Option<Database<'static>>,
}

impl World {
    fn new(kind: Kind) -> Self {
        Self::with(kind, APP, MAP)
    }

    /// `leads` and `notes` are the map's entries of the two tables.
    fn with_orphans(kind: Kind, leads: &str, notes: &str) -> Self {
        Self::with(kind, ORPHANS, &ORPHANS_MAP.replace("LEADS", leads).replace("NOTES", notes))
    }

    pub(super) fn with(kind: Kind, tables: &str, map: &str) -> Self {
        let database = (kind == Kind::Postgres).then(|| Server::shared().database());
        let world = Self { folder: tempfile::tempdir().expect("make a folder"), database };
        world.execute(tables);
        if !map.is_empty() {
            world.write_map(map);
        }
        world
    }

    pub(super) fn write_map(&self, map: &str) {
        let word = if self.database.is_some() { "postgres" } else { "sqlite" };
        fs::write(self.folder.path().join("trial.map.yaml"), map.replace("KIND", word)).expect("write the map");
        let accepted = self.run(&["map", "accept", "--map", "trial.map.yaml", "--yes"], None);
        assert!(accepted.status.success(), "{}", text(&accepted));
    }

    pub(super) fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    pub(super) fn execute(&self, sql: &str) {
        match &self.database {
            Some(database) => database.client().batch_execute(sql).expect("run SQL"),
            None => {
                let connection = Connection::open(self.folder.path().join("app.db")).expect("open the database");
                connection.execute_batch(&format!("PRAGMA foreign_keys = ON; {sql}")).expect("run SQL");
            }
        }
    }

    pub(super) fn count(&self, sql: &str) -> i64 {
        let sql = format!("SELECT count(*) FROM {sql}");
        match &self.database {
            Some(database) => database.client().query_one(&sql, &[]).expect("count").get(0),
            None => {
                let connection = Connection::open(self.folder.path().join("app.db")).expect("open the database");
                connection.query_row(&sql, [], |row| row.get(0)).expect("count")
            }
        }
    }

    pub(super) fn run(&self, arguments: &[&str], failpoint: Option<&str>) -> Output {
        self.command(arguments, failpoint).output().expect("run exeunt")
    }

    fn command(&self, arguments: &[&str], failpoint: Option<&str>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_exeunt"));
        command.args(arguments).current_dir(self.folder.path()).env_remove("EXEUNT_STORE").env_remove("EXEUNT_FAILPOINT");
        if let Some(database) = &self.database {
            command.env("TRIAL_APP", database.url());
        }
        if let Some(failpoint) = failpoint {
            command.env("EXEUNT_FAILPOINT", failpoint);
        }
        command
    }

    /// What the newest certificate says of a table.
    pub(super) fn certified(&self, table: &str) -> Value {
        let statement = self.statement();
        let found = statement["tables"].as_array().expect("a list").iter().find(|found| found["table"] == table);
        found.unwrap_or_else(|| panic!("{table} is not certified: {statement}")).clone()
    }

    /// What the newest certificate says of one kind of work on a table.
    pub(super) fn certified_step(&self, table: &str, action: &str) -> Value {
        let statement = self.statement();
        let steps = statement["tables"].as_array().expect("a list");
        let found = steps.iter().find(|found| found["table"] == table && found["action"] == action);
        found.unwrap_or_else(|| panic!("{action} {table} is not certified: {statement}")).clone()
    }

    pub(super) fn erase(&self, more: &[&str]) -> Output {
        self.run(&[&ERASE, more].concat(), None)
    }

    /// Cuts an erasure of seat 1 off.
    fn cut(&self, more: &[&str], place: &str) {
        let cut = self.run(&[&ERASE, more].concat(), Some(place));
        assert_eq!(cut.status.signal(), Some(6), "{place}: {}", text(&cut));
    }

    fn unfinished(&self) -> Vec<String> {
        let verified = self.run(&["log", "verify", "--json"], None);
        let log: Value = serde_json::from_slice(&verified.stdout).expect("JSON");
        let runs = log["unfinished"].as_array().expect("a list");
        runs.iter().map(|run| run["run"].as_str().expect("a run").to_owned()).collect()
    }

    fn statement(&self) -> Value {
        let folder = self.folder.path().join("certificates");
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

fn cases<'p>(places: &'p [&'p str]) -> impl Iterator<Item = (Kind, &'p str)> {
    KINDS.into_iter().flat_map(|kind| places.iter().map(move |place| (kind, *place)))
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

#[test]
fn a_run_whose_structure_has_changed_since_the_commit_is_finished() {
    for kind in KINDS {
        let world = World::new(kind);
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
        let store = fs::read(world.folder.path().join("exeunt.db")).unwrap();
        assert!(!store.windows(b"ada@person".len()).any(|window| window == b"ada@person"));
    }
}

#[test]
fn a_run_with_another_map_can_be_given_up_and_its_subject_erased() {
    for kind in KINDS {
        let world = World::new(kind);
        world.cut(&[], "after_open");
        world.write_map(&MAP.replace("label: Work", "label: Works"));
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
}

/// One more row to change and one deletion that has vanished: approved anew, the run ends.
#[test]
fn whatever_differs_can_be_approved_anew() {
    for kind in KINDS {
        let world = World::new(kind);
        world.cut(&[], "before_commit");
        world.execute("DELETE FROM item WHERE id = 1; INSERT INTO note VALUES (3, 'Ada', 1)");
        let again = world.erase(&[]);
        assert_eq!(again.status.code(), Some(12), "{}", text(&again));
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
}

#[test]
fn a_run_is_not_resumed_with_what_was_decided_when_it_began() {
    let world = World::new(Kind::Sqlite);
    world.cut(&[], "after_open");
    let run = world.unfinished().remove(0);
    let decided: [&[&str]; 6] = [
        &["--choose", "app.note=delete"],
        &["--hand-over-to", "2"],
        &["--plan", "plan.json"],
        &["--yes-erase", "somebody else"],
        &["--search-residuals"],
        &["--batch-rows", "5"],
    ];
    for decided in decided {
        let refused = world.run(&[&["erase", "--map", "trial.map.yaml", "--resume", &run], decided].concat(), None);
        assert_eq!(refused.status.code(), Some(2), "{}", text(&refused));
        assert!(text(&refused).contains(decided[0]), "{}", text(&refused));
    }
    assert_eq!(world.unfinished(), [run]);
}

#[test]
fn the_same_command_with_other_decisions_does_not_go_on() {
    let notes = "{ category: work, owner: seat via author_id, on_erase: { choose: [delete, { hand_over: author_id }] } }";
    for kind in KINDS {
        let world = World::with_orphans(kind, "{ category: work, owner: seat }", notes);
        world.execute("INSERT INTO seat VALUES (3, 'cy@person.example')");
        let handed: &[&str] = &["--choose", "app.note=hand_over", "--hand-over-to", "2"];
        let begun = [&["plan", "--map", "trial.map.yaml", "--seat", "1", "--for", "erase", "--out", "plan.json"], handed].concat();
        assert!(world.run(&begun, None).status.success());
        let other =
            ["plan", "--map", "trial.map.yaml", "--seat", "1", "--for", "erase", "--out", "other.json", "--choose", "app.note=delete"];
        assert!(world.run(&other, None).status.success());
        world.cut(handed, "after_open");
        let run = world.unfinished().remove(0);
        let refused: [&[&str]; 3] =
            [&["--choose", "app.note=delete"], &["--choose", "app.note=hand_over", "--hand-over-to", "3"], &["--plan", "other.json"]];
        for refused in refused {
            let refused = world.erase(refused);
            assert_eq!(refused.status.code(), Some(7), "{}", text(&refused));
            assert!(text(&refused).contains(&format!("--resume {run}")), "{}", text(&refused));
        }
        assert_eq!((world.count("note"), world.count("lead"), world.unfinished()), (2, 3, vec![run]));
        let done = world.erase(&["--plan", "plan.json"]);
        assert!(done.status.success(), "{}", text(&done));
        assert_eq!((world.count("note WHERE author_id = 2"), world.count("seat WHERE id = 1")), (2, 0));
    }
}

#[test]
fn what_a_resumption_cannot_change_is_said() {
    let world = World::new(Kind::Sqlite);
    world.cut(&[], "after_open");
    let again = world.erase(&["--search-residuals", "--batch-rows", "5"]);
    assert!(again.status.success(), "{}", text(&again));
    for name in ["--search-residuals", "--batch-rows"] {
        assert!(text(&again).contains(name), "{}", text(&again));
    }
}

#[test]
fn nothing_is_claimed_to_be_searched_for_where_there_is_nothing_to_search_for() {
    let world = World::new(Kind::Sqlite);
    let refused = world.erase(&["--search-residuals"]);
    assert_eq!(refused.status.code(), Some(11), "{}", text(&refused));
    assert!(text(&refused).contains("`identifiers` of `seat`"), "{}", text(&refused));
    assert_eq!(world.count("seat"), 2);
    assert!(world.unfinished().is_empty());
    assert!(world.erase(&[]).status.success());
}
