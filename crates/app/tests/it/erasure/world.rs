//! Two databases and a folder of files, small enough to be compared row by row, with a case of every kind of row.
//!
//! `app` holds contracts, seats and what belongs to them; `mail` is another database whose messages name seats of `app`. Seat 2 is erased.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use exeunt_testkit::postgres::{Database, Server};
use rusqlite::Connection;
use serde_json::Value;
use tempfile::TempDir;

/// In no certificate, log, error or store file after an erasure.
pub const PERSONAL: &[&str] = &["mara.lindqvist@personal.example", "Lindqvist", "SEAT-LABEL-2", "keys/of/mara"];
pub const LABEL: &str = "SEAT-LABEL-2";

const APP: &str = "
    CREATE TABLE contract (id INTEGER PRIMARY KEY, name VARCHAR(40) NOT NULL);
    CREATE TABLE seat (
        id INTEGER PRIMARY KEY,
        contract_id INTEGER NOT NULL REFERENCES contract (id),
        label VARCHAR(40) NOT NULL,
        email VARCHAR(80) NOT NULL,
        manager_id INTEGER REFERENCES seat (id)
    );
    CREATE TABLE note (id INTEGER PRIMARY KEY, seat_id INTEGER NOT NULL REFERENCES seat (id), body VARCHAR(80) NOT NULL);
    CREATE TABLE attachment (id INTEGER PRIMARY KEY, note_id INTEGER NOT NULL REFERENCES note (id), blob_key VARCHAR(80));
    CREATE TABLE share (
        id INTEGER PRIMARY KEY,
        seat_id INTEGER,
        other_seat_id INTEGER
    );
    CREATE TABLE event (id INTEGER PRIMARY KEY, seat_id INTEGER, payload VARCHAR(80));
    CREATE TABLE invoice (
        id INTEGER PRIMARY KEY,
        contract_id INTEGER REFERENCES contract (id),
        seat_id INTEGER REFERENCES seat (id),
        issued_on DATE NOT NULL
    );
    CREATE TABLE setting (name VARCHAR(20) PRIMARY KEY, value VARCHAR(20));

    INSERT INTO contract VALUES (1, 'Alder'), (2, 'Birch');
    INSERT INTO seat VALUES
        (1, 1, 'SEAT-LABEL-1', 'first@personal.example', NULL),
        (2, 1, 'SEAT-LABEL-2', 'mara.lindqvist@personal.example', 1),
        (3, 1, 'SEAT-LABEL-3', 'third@personal.example', 2),
        (4, 2, 'SEAT-LABEL-4', 'fourth@personal.example', NULL);
    INSERT INTO note VALUES
        (1, 1, 'of one'), (2, 2, 'Mara Lindqvist, first'), (3, 2, 'Mara Lindqvist, second'), (4, 2, 'third'), (5, 2, ''), (6, 2, 'x'), (7, 3, 'y');
    INSERT INTO attachment VALUES
        (1, 1, 'a/one.txt'), (2, 2, 'keys/of/mara.txt'), (3, 2, 'a/shared.txt'), (4, 3, 'a/two.txt'), (5, 4, 'a/missing.txt'), (6, 5, NULL),
        (7, 7, 'a/shared.txt');
    INSERT INTO share VALUES (1, 2, 2), (2, 2, 3), (3, 1, 3), (4, 2, 2);
    INSERT INTO event VALUES (1, 1, 'seen'), (2, 2, 'seen by Lindqvist'), (3, 2, NULL), (4, 3, 'seen');
    INSERT INTO invoice VALUES (1, 1, 2, '2025-03-01'), (2, 1, NULL, '2025-04-01'), (3, 2, NULL, '2025-05-01');
    INSERT INTO setting VALUES ('language', 'en');
";

const MAIL: &str = "
    CREATE TABLE message (id INTEGER PRIMARY KEY, seat_id INTEGER NOT NULL, subject VARCHAR(80) NOT NULL);
    INSERT INTO message VALUES (1, 1, 'hello'), (2, 2, 'from Lindqvist'), (3, 2, 'again'), (4, 3, 'hello'), (5, 2, 'and again');
";

/// By hand, what the erasure of seat 2 must come to.
const ERASE_APP: &str = "
    UPDATE event SET payload = NULL, seat_id = NULL WHERE seat_id = 2;
    UPDATE seat SET manager_id = NULL WHERE manager_id = 2;
    UPDATE invoice SET seat_id = NULL WHERE seat_id = 2;
    DELETE FROM attachment WHERE note_id IN (SELECT id FROM note WHERE seat_id = 2);
    DELETE FROM note WHERE seat_id = 2;
    DELETE FROM share WHERE seat_id = 2 AND other_seat_id = 2;
    UPDATE share SET seat_id = NULL WHERE seat_id = 2;
    UPDATE share SET other_seat_id = NULL WHERE other_seat_id = 2;
    DELETE FROM seat WHERE id = 2;
";
const ERASE_MAIL: &str = "DELETE FROM message WHERE seat_id = 2;";

const FILES: &[&str] = &["a/one.txt", "keys/of/mara.txt", "a/shared.txt", "a/two.txt", "a/other.txt"];
/// Of seat 2 alone.
const ERASED_FILES: &[&str] = &["keys/of/mara.txt", "a/two.txt"];

pub const MAP: &str = r#"
exeunt: 1
name: trial
sources:
  app: { kind: KIND, url: "${TRIAL_APP}" }
  mail: { kind: KIND, url: "${TRIAL_MAIL}" }
  files: { kind: files, url: "file:./files" }
subjects:
  contract: { table: app.contract, key: id, label: name }
  seat: { table: app.seat, key: id, label: label, within: contract via contract_id, identifiers: [app.seat.email] }
categories:
  work: { label: Work }
  people: { label: People }
tables:
  app.contract: { category: people }
  app.seat: { category: people, unlink: [manager_id] }
  app.note: { category: work, owner: seat via seat_id }
  app.attachment: { category: work, owner: seat via note_id.seat_id, files: { source: files, key: blob_key } }
  app.share:
    category: work
    references: [{ columns: [seat_id], to: app.seat(id) }, { columns: [other_seat_id], to: app.seat(id) }]
    owner: [seat via seat_id, seat via other_seat_id]
    unlink: [seat_id, other_seat_id]
  app.event:
    category: work
    references: [{ columns: [seat_id], to: app.seat(id) }]
    owner: seat via seat_id
    on_erase: { clear: [payload, seat_id] }
  app.invoice:
    category: people
    owner: contract via contract_id
    on_erase: { seat: delete, contract: { keep: { ground: "tax law, 10 years", until: issued_on + 10 years } } }
    unlink: [seat_id, contract_id]
  mail.message:
    category: work
    references: [{ columns: [seat_id], to: app.seat(id) }]
    owner: seat via seat_id
ignore:
  app.setting: "holds no customer data"
"#;

/// Every row of every table, as text, and every file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    pub app: BTreeMap<String, Vec<String>>,
    pub mail: BTreeMap<String, Vec<String>>,
    pub files: BTreeMap<String, Vec<u8>>,
}

pub struct World {
    pub folder: TempDir,
    backend: Backend,
}

enum Backend {
    Sqlite,
    Postgres { app: Database<'static>, mail: Database<'static> },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Sqlite,
    Postgres,
}

impl World {
    pub fn new(kind: Kind) -> Self {
        Self::with_map(kind, MAP)
    }

    pub fn with_map(kind: Kind, map: &str) -> Self {
        let world = Self::unaccepted(kind, map);
        let accepted = world.run(&["map", "accept", "--map", "trial.map.yaml", "--yes"], None);
        assert!(accepted.status.success(), "{}", text(&accepted));
        world
    }

    /// A world whose databases nobody has reviewed yet.
    pub fn unaccepted(kind: Kind, map: &str) -> Self {
        let folder = tempfile::tempdir().expect("make a folder");
        let backend = match kind {
            Kind::Sqlite => Backend::Sqlite,
            Kind::Postgres => Backend::Postgres { app: Server::shared().database(), mail: Server::shared().database() },
        };
        let world = Self { folder, backend };
        let word = if kind == Kind::Sqlite { "sqlite" } else { "postgres" };
        fs::write(world.path("trial.map.yaml"), map.replace("KIND", word)).expect("write the map");
        world.execute("app", APP);
        world.execute("mail", MAIL);
        for file in FILES {
            let path = world.path("files").join(file);
            fs::create_dir_all(path.parent().expect("a folder")).expect("make a folder");
            fs::write(path, format!("content of {file}")).expect("write a file");
        }
        world
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs SQL in one of the databases.
    pub fn execute(&self, database: &str, sql: &str) {
        match &self.backend {
            Backend::Sqlite => {
                let connection = Connection::open(self.path(&format!("{database}.db"))).expect("open the database");
                connection.execute_batch(sql).expect("run SQL");
            }
            Backend::Postgres { app, mail } => {
                let database = if database == "app" { app } else { mail };
                database.client().batch_execute(sql).expect("run SQL");
            }
        }
    }

    /// The first column of a query in one of the databases of PostgreSQL.
    pub fn texts(&self, database: &str, sql: &str) -> Vec<String> {
        let Backend::Postgres { app, mail } = &self.backend else { panic!("only PostgreSQL is asked") };
        let database = if database == "app" { app } else { mail };
        database.client().query(sql, &[]).expect("run SQL").iter().map(|row| row.get(0)).collect()
    }

    pub fn state(&self) -> State {
        State { app: self.rows("app"), mail: self.rows("mail"), files: files(&self.path("files")) }
    }

    fn rows(&self, database: &str) -> BTreeMap<String, Vec<String>> {
        let tables: &[&str] = match database {
            "app" => &["contract", "seat", "note", "attachment", "share", "event", "invoice", "setting"],
            _ => &["message"],
        };
        let read = |table: &str| match &self.backend {
            Backend::Sqlite => {
                let connection = Connection::open(self.path(&format!("{database}.db"))).expect("open the database");
                let mut statement = connection.prepare(&format!("SELECT * FROM {table} ORDER BY 1")).expect("prepare");
                let width = statement.column_count();
                let rows = statement.query_map([], |row| {
                    let values: Result<Vec<String>, _> =
                        (0..width).map(|at| row.get::<_, rusqlite::types::Value>(at).map(|value| format!("{value:?}"))).collect();
                    values.map(|values| values.join("|"))
                });
                rows.expect("read rows").collect::<Result<Vec<_>, _>>().expect("read rows")
            }
            Backend::Postgres { app, mail } => {
                let database = if database == "app" { app } else { mail };
                let rows = database.client().query(&format!("SELECT CAST(t AS text) FROM {table} AS t ORDER BY t.*"), &[]);
                rows.expect("read rows").iter().map(|row| row.get(0)).collect()
            }
        };
        tables.iter().map(|table| ((*table).to_owned(), read(table))).collect()
    }

    /// What the state must be after seat 2 is erased, worked out by hand-written SQL on a twin.
    pub fn want(kind: Kind) -> State {
        let twin = Self::new(kind);
        twin.execute("app", ERASE_APP);
        twin.execute("mail", ERASE_MAIL);
        for file in ERASED_FILES {
            fs::remove_file(twin.path("files").join(file)).expect("remove a file");
        }
        twin.state()
    }

    /// Runs the program in the world's folder, cut off at a failpoint if one is named.
    pub fn run(&self, arguments: &[&str], failpoint: Option<&str>) -> Output {
        self.command(arguments, failpoint).output().expect("run exeunt")
    }

    pub fn command(&self, arguments: &[&str], failpoint: Option<&str>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_exeunt"));
        let (app, mail) = match &self.backend {
            Backend::Sqlite => ("sqlite:app.db".to_owned(), "sqlite:mail.db".to_owned()),
            Backend::Postgres { app, mail } => (app.url().to_owned(), mail.url().to_owned()),
        };
        command.args(arguments).current_dir(self.folder.path()).env("TRIAL_APP", app).env("TRIAL_MAIL", mail);
        command.env_remove("EXEUNT_STORE").env_remove("EXEUNT_FAILPOINT");
        if let Some(failpoint) = failpoint {
            command.env("EXEUNT_FAILPOINT", failpoint);
        }
        command
    }

    /// Erases seat 2, with further arguments.
    pub fn erase(&self, more: &[&str], failpoint: Option<&str>) -> Output {
        let fixed = ["erase", "--map", "trial.map.yaml", "--seat", "2", "--yes-erase", LABEL, "--out", "certificates"];
        self.run(&[&fixed, more].concat(), failpoint)
    }

    /// What `exeunt log verify` says.
    pub fn log(&self) -> Value {
        let verified = self.run(&["log", "verify", "--json"], None);
        assert!(verified.status.success(), "{}", text(&verified));
        serde_json::from_slice(&verified.stdout).expect("JSON")
    }

    /// The states of all certificates in the store, oldest first. The store may not be there yet.
    pub fn certified(&self) -> Vec<String> {
        if !self.path("exeunt.db").exists() {
            return Vec::new();
        }
        let connection = Connection::open(self.path("exeunt.db")).expect("open the store");
        let has_table: bool = connection
            .query_row("SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'certificate')", [], |row| row.get(0))
            .expect("look for the table");
        if !has_table {
            return Vec::new();
        }
        let mut statement = connection.prepare("SELECT state FROM certificate ORDER BY closed").expect("prepare");
        let states = statement.query_map([], |row| row.get(0)).expect("read certificates");
        states.collect::<Result<Vec<_>, _>>().expect("read certificates")
    }

    /// The certificate that was written, verified by the program.
    pub fn verify_certificate(&self) -> Value {
        let mut found: Vec<PathBuf> = fs::read_dir(self.path("certificates"))
            .expect("list certificates")
            .map(|entry| entry.expect("list certificates").path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
            .collect();
        assert_eq!(found.len(), 1, "{found:?}");
        let path = found.remove(0);
        let verified = self.run(&["verify", &path.display().to_string()], None);
        assert!(verified.status.success(), "{}", text(&verified));
        serde_json::from_slice(&fs::read(path).expect("read the certificate")).expect("JSON")
    }

    /// Asserts that nothing personal is left in our own files.
    pub fn assert_nothing_personal_kept(&self, when: &str) {
        let ours =
            files(self.folder.path()).into_iter().filter(|(name, _)| name.starts_with("exeunt.db") || name.starts_with("certificates"));
        for (name, bytes) in ours {
            for personal in PERSONAL {
                let held = bytes.windows(personal.len()).any(|window| window == personal.as_bytes());
                assert!(!held, "{when}: {name} holds {personal}");
            }
        }
    }
}

/// All files below a folder, by relative path.
pub fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).expect("list a folder") {
            let path = entry.expect("list a folder").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).expect("below the folder").display().to_string();
                found.insert(name, fs::read(&path).expect("read a file"));
            }
        }
    }
    found
}

/// Everything that a command printed.
pub fn text(output: &Output) -> String {
    format!("{:?}\n{}{}", output.status, String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
