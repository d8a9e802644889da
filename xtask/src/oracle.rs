//! The oracle for as long as one likes: random worlds against the real thing.

use std::process::{Command, ExitCode};

use anyhow::Context as _;
use exeunt_testkit::oracle::seeds;

/// The tests that hold something against the oracle, by crate and name.
const TESTS: [(&str, &str); 3] = [("exeunt-testkit", "planner::"), ("exeunt-testkit", "executors::"), ("exeunt-engine", "oracle::")];

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The first world; without --seconds, the only one
    #[arg(long)]
    seed: Option<u64>,
    /// How long each part goes on from there
    #[arg(long, default_value_t = 0)]
    seconds: u64,
}

/// Runs every oracle test from the seed on; a failure prints the smallest world that fails, and its seed.
///
/// # Errors
/// When cargo cannot be run.
pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let seed = match arguments.seed {
        Some(seed) => seed,
        // Worlds that the test command does not look at.
        None => u64::from(std::process::id()) * 1_000_000,
    };
    eprintln!("worlds from seed {seed} on");
    let mut failed = false;
    for (package, filter) in TESTS {
        let status = Command::new(env!("CARGO"))
            .args(["test", "--quiet", "--package", package, "--test", "it", filter, "--", "--nocapture", "--test-threads", "1"])
            .env(seeds::FIRST, seed.to_string())
            .env(seeds::SECONDS, arguments.seconds.to_string())
            .status()
            .context("run cargo test")?;
        failed |= !status.success();
    }
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
