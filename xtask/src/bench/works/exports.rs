//! What the three exports have in common.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::bench::context::Bench;
use crate::bench::floor::{Floor, Subject};
use crate::bench::pairs::{Pairs, Side, alternate};
use crate::bench::process::Runner;
use crate::bench::rows;
use crate::bench::world::World;

/// What stands behind `psql`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behind {
    /// One process that packs rows and files into a ZIP file.
    Packer,
    /// Nothing: the rows go into a file as they come.
    Nothing,
}

pub struct Export<'a> {
    pub world: &'a World,
    pub floor: &'a Floor,
    pub runner: &'a Runner,
    pub program: PathBuf,
    pub folder: PathBuf,
    pub subject: Subject,
}

impl Export<'_> {
    /// The command that is measured; the archive's name is given, so that each one can be found and removed.
    pub fn ours(&self, name: &str) -> Command {
        let mut command = self.world.base.exeunt(&self.program, &["export"]);
        command.args(self.subject.arguments()).arg("--out").arg(&self.folder).args(["--name", name]);
        command
    }

    fn run_ours(&self) -> Result<Duration> {
        let ran = self.runner.run(&mut self.ours("ours"))?;
        remove(&self.archive("ours")?)?;
        Ok(ran.wall)
    }

    fn run_floor(&self, behind: Behind) -> Result<Duration> {
        let database = &self.world.base.database;
        match behind {
            Behind::Nothing => Ok(self.runner.run(&mut self.floor.export(self.world, database, self.subject, false))?.wall),
            Behind::Packer => {
                let out = self.folder.join("floor.zip");
                let mut psql = self.floor.export(self.world, database, self.subject, true);
                let ran = self.runner.pipe(&mut psql, &mut self.floor.pack(self.world, &out)?)?;
                remove(&out)?;
                Ok(ran.wall)
            }
        }
    }

    /// Both sides once, to be sure that they export the same rows. Tells how many, and how large the archives are.
    fn compare(&self) -> Result<()> {
        let out = self.folder.join("floor.zip");
        let mut psql = self.floor.export(self.world, &self.world.base.database, self.subject, true);
        self.runner.pipe(&mut psql, &mut self.floor.pack(self.world, &out)?)?;
        self.runner.run(&mut self.ours("ours"))?;
        let ours = self.archive("ours")?;
        let rows = rows::must_be_equal(&rows::count(&ours)?, &rows::count(&out)?)?;
        let mebibytes = |path: &Path| Ok::<_, std::io::Error>(std::fs::metadata(path)?.len() as f64 / 1024.0 / 1024.0);
        eprintln!("{rows} rows on both sides; archives of {:.2} and {:.2} MiB", mebibytes(&ours)?, mebibytes(&out)?);
        remove(&ours)?;
        remove(&out)?;
        Ok(())
    }

    /// The one file that begins with a name.
    fn archive(&self, name: &str) -> Result<PathBuf> {
        let entries = std::fs::read_dir(&self.folder).with_context(|| format!("list {}", self.folder.display()))?;
        let found: Vec<PathBuf> = entries
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| path.file_stem().is_some_and(|stem| stem.to_string_lossy().starts_with(name)))
            .filter(|path| path.extension().is_some_and(|extension| extension == "zip"))
            .collect();
        match found.as_slice() {
            [archive] => Ok(archive.clone()),
            other => bail!("expected one archive {name}*.zip in {}, found {}", self.folder.display(), other.len()),
        }
    }
}

fn remove(path: &Path) -> Result<()> {
    std::fs::remove_file(path).with_context(|| format!("remove {}", path.display()))
}

/// Prepares the export of a subject, which depends on the world.
pub fn prepare<'a>(bench: &'a mut Bench, name: &str, subject: impl FnOnce(&World) -> Result<Subject>) -> Result<Export<'a>> {
    let folder = bench.path(name);
    std::fs::create_dir_all(&folder).with_context(|| format!("make {}", folder.display()))?;
    let program = bench.program().to_owned();
    let (world, floor, runner) = bench.world()?;
    Ok(Export { world, floor, runner, program, folder, subject: subject(world)? })
}

/// Measures both sides in turn.
pub fn measure(export: &Export<'_>, behind: Behind, rounds: usize) -> Result<Pairs> {
    export.compare()?;
    let pairs = alternate(2, rounds, |side, _| match side {
        Side::Ours => export.run_ours(),
        Side::Floor => export.run_floor(behind),
    })?;
    eprintln!("{}", pairs.describe());
    Ok(pairs)
}
