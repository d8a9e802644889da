//! What the works share: the executable, the sample platform, the folder for outputs.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use tempfile::TempDir;

use super::Arguments;
use super::floor::Floor;
use super::machine;
use super::process::Runner;
use super::world::{self, World};

pub struct Bench {
    pub runner: Runner,
    program: PathBuf,
    rounds: Option<usize>,
    options: world::Wanted,
    /// Made when the first work asks for it.
    world: Option<(World, Floor)>,
    /// Last, so that everything in it is closed when it goes.
    folder: TempDir,
}

impl Bench {
    pub fn new(program: PathBuf, arguments: &Arguments) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("exeunt-bench-").tempdir().context("make a temporary folder")?;
        let options = world::Wanted { seats: arguments.seats, heavy_seat_rows: arguments.heavy_seat_rows };
        Ok(Self { runner: Runner::new(folder.path()), program, rounds: arguments.rounds, options, world: None, folder })
    }

    /// A path in the folder of this run.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// How often each side runs, unless the caller said otherwise.
    pub fn rounds(&self, usual: usize) -> usize {
        self.rounds.unwrap_or(usual)
    }

    /// The executable that is measured.
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// The sample platform in its own PostgreSQL, and the floors that run on it.
    pub fn world(&mut self) -> Result<(&World, &Floor, &Runner)> {
        if self.world.is_none() {
            let world = World::make(&self.options, &self.program, self.folder.path())?;
            self.world = Some((world, Floor::new(self.folder.path())?));
        }
        let (world, floor) = self.world.as_ref().context("make the sample platform")?;
        Ok((world, floor, &self.runner))
    }

    pub fn facts(&mut self) -> Result<Vec<String>> {
        let (world, _, _) = self.world()?;
        let mut facts = machine::facts(&mut world.client(world::BASE)?)?;
        facts.push(world.describe());
        Ok(facts)
    }
}
