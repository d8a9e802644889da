//! A database of each product, made anew for every test.

use std::path::PathBuf;

use exeunt_model::catalog::SourceKind;
use exeunt_model::names::{SourceName, TableName};
use exeunt_sources::Database;
use exeunt_testkit::postgres;

/// Runs each test once per product: `fn name(world: &dyn World)`.
macro_rules! conformance {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[test] fn $name() { super::$name(&crate::world::Sqlite::new()); })+
        }
        mod postgres {
            $(#[test] fn $name() { super::$name(&crate::world::Postgres::new()); })+
        }
    };
}
pub(crate) use conformance;

pub(crate) trait World {
    fn kind(&self) -> SourceKind;
    /// Runs statements as the platform's owner would.
    fn run(&self, sql: &str);
    fn database(&self) -> Database;

    fn is_postgres(&self) -> bool {
        self.kind() == SourceKind::Postgres
    }
    /// One of two spellings.
    fn pick<'a>(&self, sqlite: &'a str, postgres: &'a str) -> &'a str {
        if self.is_postgres() { postgres } else { sqlite }
    }
}

pub(crate) fn app() -> SourceName {
    SourceName::new("app")
}

pub(crate) fn table(name: &str) -> TableName {
    TableName::new(&app(), None, name)
}

pub(crate) struct Sqlite {
    folder: tempfile::TempDir,
}

impl Sqlite {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        rusqlite::Connection::open(folder.path().join("app.db")).unwrap().execute_batch("PRAGMA journal_mode = WAL").unwrap();
        Self { folder }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("app.db")
    }

    pub(crate) fn connection(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.path()).unwrap()
    }
}

impl World for Sqlite {
    fn kind(&self) -> SourceKind {
        SourceKind::Sqlite
    }

    fn run(&self, sql: &str) {
        let connection = self.connection();
        connection.execute_batch("PRAGMA foreign_keys = ON").unwrap();
        connection.execute_batch(sql).unwrap();
    }

    fn database(&self) -> Database {
        Database::new(app(), SourceKind::Sqlite, "sqlite:app.db", &[], self.folder.path()).unwrap()
    }
}

pub(crate) struct Postgres {
    pub(crate) database: postgres::Database<'static>,
}

impl Postgres {
    pub(crate) fn new() -> Self {
        Self { database: postgres::Server::shared().database() }
    }

    pub(crate) fn at(url: &str, schemas: &[&str]) -> Database {
        let schemas: Vec<String> = schemas.iter().map(|schema| (*schema).to_owned()).collect();
        Database::new(app(), SourceKind::Postgres, url, &schemas, ".".as_ref()).unwrap()
    }
}

impl World for Postgres {
    fn kind(&self) -> SourceKind {
        SourceKind::Postgres
    }

    fn run(&self, sql: &str) {
        self.database.client().batch_execute(sql).unwrap();
    }

    fn database(&self) -> Database {
        Self::at(self.database.url(), &[])
    }
}
