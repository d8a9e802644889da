//! `exeunt map …`: the data map from the first draft to the reviewed lock.

use std::path::PathBuf;

use clap::Subcommand;

use crate::failure::Outcome;
use crate::output::Output;

mod accept;
mod check;
mod discover;
mod draft;
mod explain;
mod import_fides;
mod schema;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Find every error of a map: in its text, against its databases and against its lock
    Check(check::Arguments),
    /// Say in plain words what the map does with each table
    Explain(explain::Arguments),
    /// Record that somebody has reviewed the databases as they are now, in a lock file beside the map
    Accept(accept::Arguments),
    /// Draft a map from a live database, with everything undecided marked `todo`
    Discover(discover::Arguments),
    /// Draft a map from Fides datasets, and say what they hold that a map does not
    ImportFides(import_fides::Arguments),
    /// Print the JSON Schema of the map, for editors
    Schema,
}

/// Which map a command works with.
#[derive(Debug, clap::Args)]
pub struct MapArgument {
    /// The data map, such as navigator.map.yaml
    #[arg(long, value_name = "FILE")]
    pub map: PathBuf,
}

pub fn run(command: Command, output: &Output) -> Outcome {
    match command {
        Command::Check(arguments) => check::run(&arguments, output),
        Command::Explain(arguments) => explain::run(&arguments, output),
        Command::Accept(arguments) => accept::run(&arguments, output),
        Command::Discover(arguments) => discover::run(&arguments, output),
        Command::ImportFides(arguments) => import_fides::run(&arguments, output),
        Command::Schema => schema::run(output),
    }
}
