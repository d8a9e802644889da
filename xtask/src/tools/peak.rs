//! Runs one program and tells its peak memory.
//!
//! The kernel counts a child's peak from the parent it was forked from, so the parent has to be small: this process is, the benchmark
//! with its database connections and the builds it waited for is not.

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};
use nix::sys::resource::{UsageWho, getrusage};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The file that gets the peak in KiB
    out: PathBuf,
    /// The program and its arguments
    #[arg(last = true, required = true)]
    program: Vec<std::ffi::OsString>,
}

pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let (program, rest) = arguments.program.split_first().context("name a program")?;
    let status = Command::new(program).args(rest).status().with_context(|| format!("run {}", program.display()))?;
    let peak = getrusage(UsageWho::RUSAGE_CHILDREN).context("ask for the usage of children")?.max_rss();
    std::fs::write(&arguments.out, peak.to_string()).with_context(|| format!("write {}", arguments.out.display()))?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
