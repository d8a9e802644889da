//! `exeunt`: the doors of the product. Arguments come in here, work is done in the rooms below, and what a person must know goes out.
//!
//! Each command is one file in [`commands`]; [`failure`] is a sentence, its causes, what to do next and an exit code, and [`edge`] prints it;
//! [`output`] keeps data on standard output and everything else on standard error.

use clap::Parser;

mod archives;
mod callbacks;
mod commands;
mod configuration;
mod desk;
mod edge;
mod failure;
mod figures;
mod http;
mod intake;
mod interrupt;
mod layout;
mod logging;
mod output;
mod outward;
mod progress;
mod project;
mod webhooks;

fn main() -> std::process::ExitCode {
    let arguments = match commands::Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(refused) => return edge::refused_arguments(&refused),
    };
    let output = output::Output::new(arguments.json);
    let code = match interrupt::install().and_then(|()| commands::run(arguments.command, &output)) {
        Ok(code) => code,
        Err(failure) => edge::print(&failure, &output),
    };
    code.into()
}
