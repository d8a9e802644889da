//! The sample platform in a PostgreSQL of its own, whose commits reach the disk.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result};
use exeunt_navigator::{Layout, Options, Target, generate};
use exeunt_testkit::postgres::{Server, Settings};
use postgres::{Client, NoTls};

use super::platform::{Platform, files_in, link_files};

/// The database that is only read; erasures run in copies of it.
pub const BASE: &str = "navigator";

#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    pub seats: u32,
    pub heavy_seat_rows: u64,
}

pub struct World {
    server: Server,
    pub layout: Layout,
    /// The platform that is only read.
    pub base: Platform,
    program: PathBuf,
    folder: PathBuf,
    rows: u64,
    file_count: u64,
    database_bytes: i64,
    file_bytes: u64,
}

impl World {
    pub fn make(wanted: &Wanted, program: &Path, folder: &Path) -> Result<Self> {
        eprintln!("starting PostgreSQL and making a world of {} seats …", wanted.seats);
        let started = Instant::now();
        let options = Options { seats: wanted.seats, heavy_seat_rows: Some(wanted.heavy_seat_rows), ..Options::default() };
        // Nothing may wake up in the middle of a measurement; what autovacuum would do is done once, by hand.
        let settings = Settings::durable().with("shared_buffers", "2GB").with("autovacuum", "off").with("checkpoint_timeout", "1h");
        let server = Server::start(&settings);
        connect(&server, "postgres")?.batch_execute(&format!("CREATE DATABASE {BASE}")).context("create the database")?;
        let base_folder = folder.join(BASE);
        let files = files_in(&base_folder);
        std::fs::create_dir_all(&base_folder).with_context(|| format!("make {}", base_folder.display()))?;
        let summary = generate(&options, Target::Postgres(&server.url_of(BASE)), &files, &mut |_| {}).context("make the world")?;
        let mut client = connect(&server, BASE)?;
        client.batch_execute("CREATE EXTENSION pg_prewarm").context("install pg_prewarm")?;
        client.batch_execute("VACUUM ANALYZE").context("analyze")?;
        client.batch_execute("CHECKPOINT").context("checkpoint")?;
        let database_bytes = client.query_one("SELECT pg_database_size(current_database())", &[]).context("ask for the size")?.get(0);
        let base = Platform::set_up(BASE, server.url_of(BASE), base_folder)?;
        let world = Self {
            layout: Layout::new(&options),
            base,
            program: program.to_owned(),
            folder: folder.to_owned(),
            rows: summary.rows,
            file_count: summary.files,
            database_bytes,
            file_bytes: summary.file_bytes,
            server,
        };
        world.warm(BASE)?;
        world.base.accept(program)?;
        eprintln!("{}; made in {:.1} s", world.describe(), started.elapsed().as_secs_f64());
        Ok(world)
    }

    pub fn describe(&self) -> String {
        let mebibytes = |bytes: f64| bytes / 1024.0 / 1024.0;
        format!(
            "{} seats, {} rows in {:.0} MiB of database, {} files of {:.0} MiB",
            self.layout.options.seats,
            self.rows,
            mebibytes(self.database_bytes as f64),
            self.file_count,
            mebibytes(self.file_bytes as f64)
        )
    }

    pub fn client(&self, database: &str) -> Result<Client> {
        connect(&self.server, database)
    }

    /// What a person calls a row: the text of its label column.
    pub fn label(&self, table: &str, column: &str, id: i64) -> Result<String> {
        let statement = format!("SELECT {column}::text FROM {table} WHERE id = $1::bigint");
        Ok(self.client(BASE)?.query_one(&statement, &[&id]).with_context(|| format!("find {table} {id}"))?.get(0))
    }

    /// Makes a platform that is a copy of this one, under a name that no other copy has.
    pub fn copy(&self, name: &str) -> Result<Platform> {
        let mut client = connect(&self.server, "postgres")?;
        client.batch_execute(&format!("CREATE DATABASE {name} TEMPLATE {BASE} STRATEGY file_copy")).context("copy the database")?;
        self.warm(name)?;
        let folder = self.folder.join(name);
        link_files(&self.base.files(), &files_in(&folder))?;
        let platform = Platform::set_up(name, self.server.url_of(name), folder)?;
        platform.accept(&self.program)?;
        Ok(platform)
    }

    /// Makes an empty database, and tells its address.
    pub fn empty_database(&self, name: &str) -> Result<String> {
        connect(&self.server, "postgres")?.batch_execute(&format!("CREATE DATABASE {name}")).context("create a database")?;
        Ok(self.server.url_of(name))
    }

    /// Removes a copy's database.
    pub fn drop_copy(&self, platform: &Platform) -> Result<()> {
        let statement = format!("DROP DATABASE {} WITH (FORCE)", platform.database);
        connect(&self.server, "postgres")?.batch_execute(&statement).context("drop a copy")
    }

    /// Brings all tables and indexes into the server's memory, and writes out what is dirty.
    fn warm(&self, database: &str) -> Result<()> {
        let mut client = connect(&self.server, database)?;
        let every_relation = "SELECT sum(pg_prewarm(oid::regclass)) FROM pg_class WHERE relkind IN ('r', 'i', 't', 'm')";
        client.batch_execute(every_relation).context("warm the cache")?;
        client.batch_execute("CHECKPOINT").context("checkpoint")
    }

    /// `psql` of the server's own version, running a script on a database.
    pub fn psql(&self, database: &str, script: &Path, variables: &[(&str, String)]) -> Command {
        let mut command = Command::new(self.server.program("psql"));
        command.args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1"]);
        command.arg(format!("--dbname={}", self.server.url_of(database)));
        for (name, value) in variables {
            command.arg(format!("--set={name}={value}"));
        }
        command.arg("--file").arg(script);
        command
    }
}

fn connect(server: &Server, database: &str) -> Result<Client> {
    Client::connect(&server.url_of(database), NoTls).with_context(|| format!("connect to {database}"))
}
