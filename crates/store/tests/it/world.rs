//! A store in a temporary folder, and an erasure run with its statement.

use exeunt_model::certificate::{
    FileCount, MapBinding, Outside, Purpose, Recount, Residual, Scope, SourceBinding, Statement, TableCount, Tool, Verification,
};
use exeunt_model::digest::Digest;
use exeunt_model::moment::Moment;
use exeunt_model::names::{SourceName, SubjectKind, TableName};
use exeunt_model::run::{Ending, RunId};
use exeunt_model::selection::SetId;
use exeunt_store::{FileState, JournaledFile, JournaledKeys, NewRun, PersonalData, Store};
use tempfile::TempDir;

/// A text that must not be found in the store's files after a run has ended.
pub const SECRET_KEY: &str = "mara.lindqvist@personal.example";

pub struct World {
    pub folder: TempDir,
}

impl World {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("make a folder") }
    }

    pub fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("exeunt.db")
    }

    pub fn store(&self) -> Store {
        let mut next = 1;
        let mut entropy = |bytes: &mut [u8; 32]| {
            *bytes = [next; 32];
            next += 1;
        };
        Store::open(&self.path(), at(0), &mut entropy).expect("open the store")
    }

    /// All bytes of the store's files.
    pub fn bytes(&self) -> Vec<u8> {
        let files = std::fs::read_dir(self.folder.path()).expect("list the folder");
        files.flat_map(|file| std::fs::read(file.expect("list a file").path()).expect("read a file")).collect()
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
        scope: Scope { kind: seat(), subject: digest(subject), successor: None },
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
