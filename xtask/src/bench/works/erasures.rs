//! What the two erasures have in common.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::bench::floor::{Floor, Subject};
use crate::bench::platform::Platform;
use crate::bench::process::{Ran, Runner};
use crate::bench::world::World;

/// Tables that leave the decision to the requester; the floor deletes.
const CHOICES: [&str; 4] = ["app.lead_list=delete", "app.account_list=delete", "app.note=delete", "app.presentation=delete"];

pub struct Erasure<'a> {
    pub world: &'a World,
    pub floor: &'a Floor,
    pub runner: &'a Runner,
    pub program: &'a Path,
    pub platform: &'a Platform,
}

/// What an erasure did, as far as both sides tell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deleted {
    pub rows: u64,
}

impl Erasure<'_> {
    fn ours(&self, subject: Subject, label: &str) -> Command {
        let mut command = self.platform.exeunt(self.program, &["erase"]);
        command.args(subject.arguments());
        if let Subject::Seat(_) = subject {
            command.args(CHOICES.iter().flat_map(|choice| ["--choose", choice]));
        }
        command.args(["--yes-erase", label]);
        command
    }

    /// Erases with the product.
    pub fn run_ours(&self, subject: Subject, label: &str) -> Result<(Ran, Deleted)> {
        let ran = self.runner.run(&mut self.ours(subject, label))?;
        let report: serde_json::Value = serde_json::from_str(&ran.text()?).context("read what exeunt erase printed")?;
        let rows = report["deleted"].as_u64().context("find the deleted rows in what exeunt erase printed")?;
        Ok((ran, Deleted { rows }))
    }

    /// Erases with the product, which searches all text columns before and after. What it finds elsewhere ends it with 8.
    pub fn run_searching(&self, subject: Subject, label: &str) -> Result<Ran> {
        self.runner.run_to(self.ours(subject, label).arg("--search-residuals"), &[0, 8])
    }

    /// Erases by hand; `end` is `COMMIT`, or `ROLLBACK` to count only.
    pub fn run_floor(&self, subject: Subject, end: &str) -> Result<(Ran, Deleted)> {
        let ran = self.runner.run(&mut self.floor.erase(self.world, &self.platform.database, subject, end))?;
        let rows = deleted(&ran.text()?)?;
        Ok((ran, Deleted { rows }))
    }
}

/// The sum of the server's answers `DELETE 7`.
fn deleted(answers: &str) -> Result<u64> {
    let counts: Vec<&str> = answers.lines().filter_map(|line| line.strip_prefix("DELETE ")).collect();
    if counts.is_empty() {
        bail!("psql told of no deletion");
    }
    counts.iter().map(|count| count.parse::<u64>().with_context(|| format!("read {count}"))).sum()
}

/// Fails when both sides would not delete the same number of rows.
pub fn must_be_equal(subject: Subject, ours: Deleted, floor: Deleted) -> Result<()> {
    if ours == floor {
        return Ok(());
    }
    bail!("the floor does not do what we do: for {subject:?} we deleted {} rows, the floor {}", ours.rows, floor.rows)
}
