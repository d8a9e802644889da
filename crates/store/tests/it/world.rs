//! A store of either kind, and an erasure run with its statement.

use exeunt_model::certificate::{
    FileCount, MapBinding, Outside, Purpose, Recount, Residual, Scope, SourceBinding, Statement, TableCount, Tool, Verification,
};
use exeunt_model::digest::Digest;
use exeunt_model::moment::Moment;
use exeunt_model::names::{SourceName, SubjectKind, TableName};
use exeunt_model::run::{Ending, RunId};
use exeunt_model::selection::SetId;
use exeunt_store::{FileState, Gone, JournaledFile, JournaledKeys, Location, NewRun, PersonalData, Store};
use exeunt_testkit::postgres::{Database, Server};
use tempfile::TempDir;

/// A text that must not be found in the store's files after a run has ended.
pub const SECRET_KEY: &str = "mara.lindqvist@personal.example";

/// The subject of a run, and those that went with it.
pub fn gone(within: &[(SubjectKind, Digest)]) -> Gone<'_> {
    Gone { subject: true, remainder: None, within }
}

pub struct World {
    /// Files beside the store, and the store where it is a file.
    pub folder: TempDir,
    database: Option<Database<'static>>,
}

impl World {
    /// A store in a file.
    pub fn file() -> Self {
        Self { folder: tempfile::tempdir().expect("make a folder"), database: None }
    }

    /// A store on a server.
    pub fn server() -> Self {
        Self { database: Some(Server::shared().database()), ..Self::file() }
    }

    pub fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("exeunt.db")
    }

    /// The address of the server.
    pub fn url(&self) -> String {
        self.database.as_ref().expect("a server").url().to_owned()
    }

    pub fn location(&self) -> Location {
        match &self.database {
            Some(database) => database.url().parse().expect("an address"),
            None => self.path().into(),
        }
    }

    pub fn store(&self) -> Store {
        let mut next = 1;
        let mut entropy = |bytes: &mut [u8; 32]| {
            *bytes = [next; 32];
            next += 1;
        };
        Store::migrate(&self.location(), at(0), &mut entropy).expect("migrate the store");
        Store::open(&self.location(), at(0), &mut |_| {}).expect("open the store")
    }

    /// Everything that the store holds: the bytes of its files, or the rows of its tables.
    pub fn bytes(&self) -> Vec<u8> {
        let Some(database) = &self.database else {
            let files = std::fs::read_dir(self.folder.path()).expect("list the folder");
            return files.flat_map(|file| std::fs::read(file.expect("list a file").path()).expect("read a file")).collect();
        };
        let mut client = database.client();
        let tables = client.query("SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'exeunt'", &[]);
        let tables: Vec<String> = tables.expect("list tables").iter().map(|row| row.get(0)).collect();
        let rows = |table: &String| {
            let sql = format!("SELECT coalesce(string_agg(t::text, ' '), '') FROM exeunt.{table} AS t");
            client.query_one(&sql, &[]).expect("read a table").get::<_, String>(0).into_bytes()
        };
        tables.iter().flat_map(rows).collect()
    }

    /// Does what somebody with the right to write to the database can do beside the program.
    pub fn execute(&self, sql: &str) -> Result<(), String> {
        match &self.database {
            Some(database) => {
                let mut client = database.client();
                client.batch_execute(&format!("SET search_path = exeunt; {sql}")).map_err(|error| error.to_string())
            }
            None => rusqlite::Connection::open(self.path()).expect("open the file").execute_batch(sql).map_err(|error| error.to_string()),
        }
    }

    /// The only value of a query, as text.
    pub fn text(&self, sql: &str) -> String {
        match &self.database {
            Some(database) => {
                let mut client = database.client();
                client.batch_execute("SET search_path = exeunt").expect("choose the schema");
                client.query_one(sql, &[]).expect("ask the server").get(0)
            }
            None => rusqlite::Connection::open(self.path()).expect("open the file").query_row(sql, [], |row| row.get(0)).expect("ask"),
        }
    }
}

pub fn at(seconds: i64) -> Moment {
    Moment::from_microseconds((1_795_456_743 + seconds) * 1_000_000).expect("a moment")
}

pub fn digest(text: &str) -> Digest {
    Digest::of_bytes(text.as_bytes())
}

pub fn seat() -> SubjectKind {
    SubjectKind::new("seat")
}

pub fn app() -> SourceName {
    SourceName::new("app")
}

pub fn run(number: u128) -> RunId {
    RunId::from_random(number)
}

/// Opens run `number` on the subject of that name, with keys, files and a subject key in the journal.
pub fn open(store: &mut Store, number: u128, subject: &str) -> Result<(), exeunt_store::Error> {
    let personal = PersonalData { subject_key: vec![SECRET_KEY.to_owned()], successor_key: None, identifiers: vec![SECRET_KEY.to_owned()] };
    let keys = [JournaledKeys {
        source: app(),
        set: SetId(0),
        tuples: (0..12_000).map(|number| vec![format!("{SECRET_KEY}/{number}")]).collect(),
    }];
    let files = [JournaledFile {
        files: SourceName::new("files"),
        key: format!("attachments/{SECRET_KEY}.pdf"),
        named_by: 0,
        present: true,
        state: FileState::Pending,
    }];
    let id = run(number);
    let new = NewRun {
        id: &id,
        kind: &seat(),
        subject: &digest(subject),
        document: "{}",
        map: &digest("map"),
        catalogs: &[digest("catalog")],
        plan: &digest("plan"),
        planned: &[3, 1],
        sources: &[app()],
        personal: &personal,
        keys: &keys,
        files: &files,
    };
    store.open_run(&new, at(number as i64 * 10))
}

/// What closes run `number`; `missing` rows are not erased.
pub fn statement(number: u128, subject: &str, missing: u64) -> Statement {
    let table = |name: &str, rows: u64, missing: u64| TableCount {
        table: TableName::new(&app(), None, name),
        category: None,
        action: "delete".to_owned(),
        columns: Vec::new(),
        planned: rows,
        affected: rows - missing,
        remaining: Some(missing),
    };
    let tables = vec![table("note", 3, missing), table("seat", 1, 0)];
    let mut statement = Statement {
        id: run(number),
        state: Ending::Completed,
        purpose: Purpose::Request,
        reference: None,
        scope: Scope { kind: seat(), subject: digest(subject), successor: None, categories: None },
        started: at(number as i64 * 10),
        closed: at(number as i64 * 10 + 5),
        attempts: 1,
        tool: Tool { name: "exeunt".to_owned(), version: "0.1.0".to_owned() },
        map: MapBinding { name: "navigator".to_owned(), digest: digest("map"), lock: digest("lock") },
        sources: vec![SourceBinding { source: app(), identity: digest("identity"), catalog: digest("catalog") }],
        plan: digest("plan"),
        choices: Vec::new(),
        categories: Statement::sums(&tables),
        tables,
        kept: Vec::new(),
        files: vec![FileCount {
            source: SourceName::new("files"),
            table: TableName::new(&app(), None, "attachment"),
            column: "blob_key".to_owned(),
            named: 1,
            deleted: 1,
            shared: 0,
            missing: 0,
            remaining: 0,
        }],
        outside: vec![Outside { what: "backups".to_owned(), until: None }],
        verification: Verification { recount: Recount::Done { at: at(number as i64 * 10 + 4) }, residual: Residual::NotAsked },
        failures: Vec::new(),
    };
    statement.state = statement.ending();
    statement
}
