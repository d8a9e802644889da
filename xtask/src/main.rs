//! Tasks of developers: `cargo xtask COMMAND`.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod bench;
mod oracle;
mod tools;

/// Developer tasks of Exeunt.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Measure exports and erasures against the least work that does the same
    Bench(bench::Arguments),
    /// Hold plans, exports and erasures of random databases against the slow, obvious oracle
    Oracle(oracle::Arguments),
    /// Pack CSV from standard input into a ZIP file: the compressor of the benchmarks
    #[command(hide = true)]
    Pack(tools::pack::Arguments),
    /// Run a program and write its peak memory into a file
    #[command(hide = true)]
    Peak(tools::peak::Arguments),
}

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Bench(arguments) => bench::run(&arguments),
        Command::Oracle(arguments) => oracle::run(&arguments),
        Command::Pack(arguments) => tools::pack::run(&arguments).map(|()| ExitCode::SUCCESS),
        Command::Peak(arguments) => tools::peak::run(&arguments),
    };
    done.unwrap_or_else(|error| {
        eprintln!("failed: {error:#}");
        ExitCode::FAILURE
    })
}
