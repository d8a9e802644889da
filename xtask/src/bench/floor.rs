//! The floors: `psql` with SQL written by hand, and behind it, for exports, one process that packs.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use exeunt_engine::archive::DEFLATE_LEVEL;

use super::world::World;
use crate::tools::pack;

const EXPORT: &str = include_str!("floor/export.sql");
const ERASE: &str = include_str!("floor/erase.sql");

/// Whose data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    Seat(i64),
    Contract(i64),
}

impl Subject {
    /// As `exeunt` is told.
    pub fn arguments(self) -> [String; 2] {
        match self {
            Self::Seat(id) => ["--seat".to_owned(), id.to_string()],
            Self::Contract(id) => ["--contract".to_owned(), id.to_string()],
        }
    }

    /// As the floors' scripts are told.
    fn variables(self) -> Vec<(&'static str, String)> {
        match self {
            Self::Seat(id) => vec![("seats", id.to_string())],
            Self::Contract(id) => vec![("seats", format!("SELECT id FROM seat WHERE contract_id = {id}")), ("contract", id.to_string())],
        }
    }
}

/// The scripts as files in a folder.
#[derive(Debug)]
pub struct Floor {
    export: PathBuf,
    erase: PathBuf,
}

impl Floor {
    pub fn new(folder: &Path) -> Result<Self> {
        let write = |name: &str, script: &str| {
            let path = folder.join(name);
            std::fs::write(&path, script).with_context(|| format!("write {}", path.display()))?;
            Ok::<_, anyhow::Error>(path)
        };
        Ok(Self { export: write("export.sql", EXPORT)?, erase: write("erase.sql", ERASE)? })
    }

    /// Prints all tables of a subject as CSV, and with `files` the names of its files.
    pub fn export(&self, world: &World, database: &str, subject: Subject, files: bool) -> Command {
        let mut variables = subject.variables();
        variables.push(("entry", char::from(pack::ENTRY).to_string()));
        if files {
            variables.push(("files", "1".to_owned()));
        }
        world.psql(database, &self.export, &variables)
    }

    /// Packs what `export` prints into a ZIP file.
    pub fn pack(&self, world: &World, out: &Path) -> Result<Command> {
        let mut command = Command::new(std::env::current_exe().context("find this program")?);
        command.arg("pack").arg(out).arg("--level").arg(DEFLATE_LEVEL.to_string()).arg("--files").arg(world.base.files());
        Ok(command)
    }

    /// Deletes a subject's rows in one transaction and prints how many, statement by statement; with `end` `ROLLBACK` only to count.
    pub fn erase(&self, world: &World, database: &str, subject: Subject, end: &str) -> Command {
        let mut variables = subject.variables();
        variables.push(("end", end.to_owned()));
        let mut command = world.psql(database, &self.erase, &variables);
        // Without --quiet the server's answers `DELETE 7` are printed.
        command.arg("--set=QUIET=off");
        command
    }
}
