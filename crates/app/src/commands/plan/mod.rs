//! `exeunt plan`: which rows an export or an erasure is about, counted, without touching anything; and what a plan file says.

mod file;
mod make;
mod page;
mod show;

pub use file::read;
pub use page::{changes_in_rows, describe, human_bytes, plural};

use crate::failure::{ExitCode, Failure, Outcome};
use crate::output::Output;

#[derive(Debug, clap::Args)]
#[command(subcommand_negates_reqs = true, args_conflicts_with_subcommands = true)]
pub struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,

    #[command(flatten)]
    make: Option<make::Arguments>,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Print a plan file as it was printed when it was made, and what it is bound to; opens no database
    Show(show::Arguments),
}

pub fn run(arguments: &Arguments, output: &Output) -> Outcome {
    match (&arguments.command, &arguments.make) {
        (Some(Command::Show(arguments)), _) => show::run(arguments, output),
        (None, Some(arguments)) => make::run(arguments, output),
        (None, None) => Err(Failure::message(ExitCode::Usage, "say what is planned, or which plan is shown").next("exeunt plan --help")),
    }
}
