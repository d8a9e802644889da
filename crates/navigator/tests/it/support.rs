//! A small world that all tests look at, made once.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use exeunt_navigator::{Layout, Options, Summary, Target, generate};
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;

pub struct World {
    pub layout: Layout,
    pub summary: Summary,
    pub files: PathBuf,
    database: PathBuf,
    _folder: TempDir,
}

impl World {
    pub fn database(&self) -> &Path {
        &self.database
    }

    pub fn open(&self) -> Connection {
        Connection::open_with_flags(&self.database, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap()
    }

    /// One number.
    pub fn count(&self, sql: &str) -> i64 {
        self.open().query_row(sql, [], |row| row.get(0)).unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    /// The first column of all rows, as text.
    pub fn column(&self, sql: &str) -> Vec<String> {
        let database = self.open();
        let mut statement = database.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| row.get::<_, Value>(0)).unwrap();
        rows.map(|value| match value.unwrap() {
            Value::Null => "NULL".to_owned(),
            Value::Integer(number) => number.to_string(),
            Value::Real(number) => number.to_string(),
            Value::Text(text) => text,
            Value::Blob(bytes) => format!("{bytes:?}"),
        })
        .collect()
    }
}

pub fn small() -> Options {
    Options { seats: 50, density_percent: 20, ..Options::default() }
}

pub fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| make(small()))
}

pub fn make(options: Options) -> World {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("navigator.db");
    let files = folder.path().join("files");
    let summary = generate(&options, Target::Sqlite(&database), &files, &mut |_| {}).unwrap();
    World { layout: Layout::new(&options), summary, files, database, _folder: folder }
}
