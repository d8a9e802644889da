//! A small platform on either kind of database, and the program that erases in it.

use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, Output};

use exeunt_testkit::postgres::{Database, Server};
use rusqlite::Connection;
use serde_json::Value;
use tempfile::TempDir;

use super::super::world::{Kind, text};

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
pub(super) const MAP: &str = r#"
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
pub(super) const ERASE: [&str; 9] =
    ["erase", "--map", "trial.map.yaml", "--seat", "1", "--yes-erase", "ada@person.example", "--out", "certificates"];
pub(super) const BATCHES: &[&str] = &["--batch-rows", "1"];
pub(super) const KINDS: [Kind; 2] = [Kind::Sqlite, Kind::Postgres];

/// What a seat leaves behind when it is deleted by hand: leads and notes that are nobody's.
const ORPHANS: &str = "
    CREATE TABLE seat (id INTEGER PRIMARY KEY, email TEXT NOT NULL);
    CREATE TABLE lead (id INTEGER PRIMARY KEY, seat_id INTEGER REFERENCES seat (id) ON DELETE SET NULL, name TEXT);
    CREATE TABLE note (id INTEGER PRIMARY KEY, author TEXT, author_id INTEGER REFERENCES seat (id) ON DELETE SET NULL);
    INSERT INTO seat VALUES (1, 'ada@person.example'), (2, 'ben@person.example');
    INSERT INTO lead VALUES (1, 1, 'Ada''s'), (2, 2, 'Ben''s'), (3, 1, 'Ada''s');
    INSERT INTO note VALUES (1, 'Ada', 1), (2, 'Ben', 2);
";
pub(super) const ORPHANS_MAP: &str = r#"
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

pub(in crate::erasure) struct World {
    folder: TempDir,
    database: Option<Database<'static>>,
}

impl World {
    pub(super) fn new(kind: Kind) -> Self {
        Self::with(kind, APP, MAP)
    }

    /// `leads` and `notes` are the map's entries of the two tables.
    pub(super) fn with_orphans(kind: Kind, leads: &str, notes: &str) -> Self {
        Self::with(kind, ORPHANS, &ORPHANS_MAP.replace("LEADS", leads).replace("NOTES", notes))
    }

    pub(in crate::erasure) fn with(kind: Kind, tables: &str, map: &str) -> Self {
        let database = (kind == Kind::Postgres).then(|| Server::shared().database());
        let world = Self { folder: tempfile::tempdir().expect("make a folder"), database };
        world.execute(tables);
        if !map.is_empty() {
            world.write_map(map);
        }
        world
    }

    pub(in crate::erasure) fn write_map(&self, map: &str) {
        let word = if self.database.is_some() { "postgres" } else { "sqlite" };
        fs::write(self.folder.path().join("trial.map.yaml"), map.replace("KIND", word)).expect("write the map");
        let accepted = self.run(&["map", "accept", "--map", "trial.map.yaml", "--yes"], None);
        assert!(accepted.status.success(), "{}", text(&accepted));
    }

    pub(in crate::erasure) fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    pub(in crate::erasure) fn execute(&self, sql: &str) {
        match &self.database {
            Some(database) => database.client().batch_execute(sql).expect("run SQL"),
            None => {
                let connection = Connection::open(self.folder.path().join("app.db")).expect("open the database");
                connection.execute_batch(&format!("PRAGMA foreign_keys = ON; {sql}")).expect("run SQL");
            }
        }
    }

    pub(in crate::erasure) fn count(&self, sql: &str) -> i64 {
        let sql = format!("SELECT count(*) FROM {sql}");
        match &self.database {
            Some(database) => database.client().query_one(&sql, &[]).expect("count").get(0),
            None => {
                let connection = Connection::open(self.folder.path().join("app.db")).expect("open the database");
                connection.query_row(&sql, [], |row| row.get(0)).expect("count")
            }
        }
    }

    pub(in crate::erasure) fn run(&self, arguments: &[&str], failpoint: Option<&str>) -> Output {
        self.command(arguments, failpoint).output().expect("run exeunt")
    }

    pub(super) fn command(&self, arguments: &[&str], failpoint: Option<&str>) -> Command {
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
    pub(in crate::erasure) fn certified(&self, table: &str) -> Value {
        let statement = self.statement();
        let found = statement["tables"].as_array().expect("a list").iter().find(|found| found["table"] == table);
        found.unwrap_or_else(|| panic!("{table} is not certified: {statement}")).clone()
    }

    /// What the newest certificate says of one kind of work on a table.
    pub(in crate::erasure) fn certified_step(&self, table: &str, action: &str) -> Value {
        let statement = self.statement();
        let steps = statement["tables"].as_array().expect("a list");
        let found = steps.iter().find(|found| found["table"] == table && found["action"] == action);
        found.unwrap_or_else(|| panic!("{action} {table} is not certified: {statement}")).clone()
    }

    pub(in crate::erasure) fn erase(&self, more: &[&str]) -> Output {
        self.run(&[&ERASE, more].concat(), None)
    }

    /// Cuts an erasure of seat 1 off.
    pub(super) fn cut(&self, more: &[&str], place: &str) {
        let cut = self.run(&[&ERASE, more].concat(), Some(place));
        assert_eq!(cut.status.signal(), Some(6), "{place}: {}", text(&cut));
    }

    pub(super) fn unfinished(&self) -> Vec<String> {
        let verified = self.run(&["log", "verify", "--json"], None);
        let log: Value = serde_json::from_slice(&verified.stdout).expect("JSON");
        let runs = log["unfinished"].as_array().expect("a list");
        runs.iter().map(|run| run["run"].as_str().expect("a run").to_owned()).collect()
    }

    pub(super) fn statement(&self) -> Value {
        let folder = self.folder.path().join("certificates");
        let mut found: Vec<_> = fs::read_dir(&folder).expect("list").map(|entry| entry.expect("list").path()).collect();
        found.retain(|path: &std::path::PathBuf| Path::new(path).extension().is_some_and(|extension| extension == "json"));
        let newest = found.into_iter().max_by_key(|path| fs::metadata(path).and_then(|data| data.modified()).expect("a time"));
        let bytes = fs::read(newest.expect("a certificate")).expect("read");
        serde_json::from_slice::<Value>(&bytes).expect("JSON")["statement"].clone()
    }

    /// Nothing of seat 1 is left, and all of seat 2 is.
    pub(super) fn assert_erased(&self, case: &str) {
        assert_eq!(self.count("seat WHERE id = 1") + self.count("list WHERE seat_id = 1"), 0, "{case}");
        assert_eq!(self.count("note WHERE author = 'Ada'"), 0, "{case}");
        assert_eq!(
            (self.count("seat WHERE id = 2"), self.count("note WHERE author = 'Ben'"), self.count("item WHERE id = 3")),
            (1, 1, 1),
            "{case}"
        );
    }
}

/// Every kind of database with each of these places.
pub(super) fn cases<'p>(places: &'p [&'p str]) -> impl Iterator<Item = (Kind, &'p str)> {
    KINDS.into_iter().flat_map(|kind| places.iter().map(move |place| (kind, *place)))
}
