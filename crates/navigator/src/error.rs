//! What can go wrong while a world is made.

use std::path::PathBuf;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("make a world of {got} seats: between {fewest} and {most} are possible")]
    Seats { got: u32, fewest: u32, most: u32 },
    #[error("make a world in {what}: it already holds something; choose an empty place or remove it first")]
    NotEmpty { what: String },
    #[error("open the SQLite file {}", path.display())]
    OpenSqlite {
        path: PathBuf,
        #[source]
        source: rusqlite::Error,
    },
    #[error("create tables and indexes in SQLite")]
    CreateSqlite {
        #[source]
        source: rusqlite::Error,
    },
    #[error("insert into {table}")]
    InsertSqlite {
        table: &'static str,
        #[source]
        source: rusqlite::Error,
    },
    #[error("commit rows to SQLite")]
    CommitSqlite {
        #[source]
        source: rusqlite::Error,
    },
    #[error("check foreign keys: {rows} rows point to nothing")]
    BrokenKeys { rows: i64 },
    #[error("connect to PostgreSQL")]
    ConnectPostgres {
        #[source]
        source: postgres::Error,
    },
    #[error("create tables, keys and indexes in PostgreSQL")]
    CreatePostgres {
        #[source]
        source: postgres::Error,
    },
    #[error("copy rows into {table}")]
    CopyPostgres {
        table: &'static str,
        #[source]
        source: postgres::Error,
    },
    #[error("send rows of {table}")]
    WritePostgres {
        table: &'static str,
        #[source]
        source: std::io::Error,
    },
    #[error("copy rows: the loader has already ended")]
    LoaderGone,
    #[error("write the file {}", path.display())]
    WriteFile {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
}
