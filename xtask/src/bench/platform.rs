//! A database of the sample platform with its files, its map and the map's accepted lock, as an operator has them.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use exeunt_navigator::map;
use exeunt_navigator::schema::Dialect;

pub struct Platform {
    /// The name of the database.
    pub database: String,
    url: String,
    folder: PathBuf,
}

impl Platform {
    /// Writes the map into a folder whose files are already in `files`.
    pub fn set_up(database: &str, url: String, folder: PathBuf) -> Result<Self> {
        let platform = Self { database: database.to_owned(), url, folder };
        std::fs::write(platform.map(), map(Dialect::Postgres)).context("write the map")?;
        Ok(platform)
    }

    pub fn files(&self) -> PathBuf {
        files_in(&self.folder)
    }

    pub fn map(&self) -> PathBuf {
        self.folder.join("navigator.map.yaml")
    }

    /// `exeunt` in this platform's folder, with the addresses of its sources in the environment.
    pub fn command(&self, program: &Path) -> Command {
        let mut exeunt = Command::new(program);
        exeunt.env("NAVIGATOR_DATABASE", &self.url).env("NAVIGATOR_FILES", format!("file:{}", self.files().display()));
        exeunt.current_dir(&self.folder);
        exeunt
    }

    /// A subcommand of `exeunt` on this platform's map.
    pub fn exeunt(&self, program: &Path, command: &[&str]) -> Command {
        let mut exeunt = self.command(program);
        exeunt.args(command).arg("--map").arg(self.map()).arg("--json");
        exeunt
    }

    /// Accepts the map, once: a person has reviewed it.
    pub fn accept(&self, program: &Path) -> Result<()> {
        let output = self.exeunt(program, &["map", "accept", "--yes"]).output().context("run exeunt map accept")?;
        if !output.status.success() {
            bail!("`exeunt map accept` ended with {}: {}", output.status, String::from_utf8_lossy(&output.stderr));
        }
        Ok(())
    }
}

/// Where a platform's folder has its files.
pub fn files_in(folder: &Path) -> PathBuf {
    folder.join("files")
}

/// Makes a folder with the same files under other names, without copying their bytes.
pub fn link_files(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to).with_context(|| format!("make {}", to.display()))?;
    for entry in std::fs::read_dir(from).with_context(|| format!("list {}", from.display()))? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            link_files(&entry.path(), &target)?;
        } else {
            std::fs::hard_link(entry.path(), &target).with_context(|| format!("link {}", target.display()))?;
        }
    }
    Ok(())
}
