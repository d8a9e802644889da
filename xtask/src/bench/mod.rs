//! `cargo xtask bench`: how long Exeunt takes, as a ratio to the least work that does the same, in one run on one machine.
//!
//! ```text
//! debug xtask ──builds──► release exeunt, release xtask
//! release xtask ──► its own PostgreSQL with Navigator's data
//!                   per work: exeunt, floor, floor, exeunt, … as whole processes ──► medians ──► rows
//! ```
//!
//! Each measured work is a file in [`works`]; the floors' SQL, written by hand, lies in `floor/`.

use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};

mod build;
mod context;
mod desk;
mod docs;
mod floor;
mod machine;
mod pairs;
mod platform;
mod process;
mod report;
mod rows;
mod works;
mod world;

use context::Bench;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Measure only the works whose names begin with this
    name: Option<String>,
    /// Print an array of {name, ours, floor, ratio, limit, unit}
    #[arg(long)]
    json: bool,
    /// How often each side runs [default: what suits the work]
    #[arg(long)]
    rounds: Option<usize>,
    /// Seats of the sample platform
    #[arg(long, default_value_t = 1000)]
    seats: u32,
    /// About so many rows of the heaviest seat
    #[arg(long, default_value_t = 1_000_000)]
    heavy_seat_rows: u64,
    /// Also measure a clean release build, which takes minutes
    #[arg(long)]
    build_time: bool,
    /// Put the table into docs/benchmarks.md
    #[arg(long)]
    update_docs: bool,
    /// Measure this executable instead of building one
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,
}

/// Measures, prints, and fails past a limit.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    if cfg!(debug_assertions) {
        return Err(continue_in_release(arguments));
    }
    let program = match &arguments.program {
        // It runs in other folders.
        Some(program) => std::path::absolute(program).with_context(|| format!("find {}", program.display()))?,
        None => build::release("exeunt")?,
    };
    let wanted: Vec<&works::Work> = works::ALL.iter().filter(|work| is_wanted(work, arguments)).collect();
    if wanted.is_empty() {
        let names: Vec<&str> = works::ALL.iter().map(|work| work.name).collect();
        bail!("no work is called {}; there are {}", arguments.name.as_deref().unwrap_or_default(), names.join(", "));
    }
    warn_of_load();
    let mut bench = Bench::new(program, arguments)?;
    let mut rows = Vec::new();
    for work in wanted {
        eprintln!("\n{}: {}", work.name, work.about);
        rows.extend((work.measure)(&mut bench).with_context(|| format!("measure {}", work.name))?);
    }
    let table = report::table(&rows);
    let facts = bench.facts()?;
    eprintln!("\n{}\n", facts.join("\n"));
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&rows)?);
    } else {
        print!("{table}");
    }
    if arguments.update_docs {
        docs::update(&facts, &table)?;
    }
    let past: Vec<&str> = rows.iter().filter(|row| row.is_past_limit()).map(|row| row.name.as_str()).collect();
    if past.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("\npast the limit: {}", past.join(", "));
    Ok(ExitCode::FAILURE)
}

fn is_wanted(work: &works::Work, arguments: &Arguments) -> bool {
    match &arguments.name {
        Some(name) => work.name.starts_with(name.as_str()),
        None => work.by_default || arguments.build_time,
    }
}

/// The compressor of the floors and the generator are part of this program: measured numbers need it optimised. Returns only to fail.
fn continue_in_release(arguments: &Arguments) -> anyhow::Error {
    let program = match &arguments.program {
        Some(program) => Ok(program.clone()),
        None => build::release("exeunt"),
    };
    let both = program.and_then(|program| Ok((program, build::release("xtask")?)));
    match both {
        Ok((program, xtask)) => {
            let mut command = Command::new(xtask);
            command.args(std::env::args_os().skip(1));
            if arguments.program.is_none() {
                command.arg("--program").arg(program);
            }
            anyhow::Error::from(command.exec()).context("start the release build of xtask")
        }
        Err(error) => error,
    }
}

fn warn_of_load() {
    if let Some(load) = machine::load()
        && load > 0.5
    {
        eprintln!("note: {load} processes wanted a processor in the last minute; numbers of a busy machine are worth little");
    }
}
