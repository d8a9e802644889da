//! The commands, one file each: arguments as a `clap` struct, and `run`, which returns the exit code or a failure.
//!
//! To add a command: a file here with `Arguments` and `run(arguments, output) -> Outcome`, a variant of [`Command`] and its line in [`run`].

use clap::{CommandFactory as _, Parser, Subcommand};

use crate::failure::Outcome;
use crate::output::Output;

mod account;
mod certificates;
mod configuration;
mod demo;
mod erase;
mod erasing;
mod export;
mod log;
mod map;
mod migrate;
mod openapi;
pub mod plan;
mod replay;
mod request;
mod serve;
mod subject;
mod tables;
mod verify;
mod why;

pub use export::parse_part_size;

/// Exports and erases customer data by seat or by contract, with exact counts and a certificate anybody can check.
#[derive(Debug, Parser)]
#[command(name = "exeunt", version, propagate_version = true, arg_required_else_help = true)]
pub struct Arguments {
    /// Print data (and errors) as JSON
    #[arg(long, global = true)]
    pub json: bool,

    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write, check and explain the data map
    #[command(subcommand)]
    Map(map::Command),
    /// See it at work on a made-up platform: export a seat, erase another, check both
    Demo(demo::Arguments),
    /// Count what an export or an erasure is about, without touching anything
    Plan(plan::Arguments),
    /// Write a subject's rows and files into one archive
    Export(export::Arguments),
    /// Erase a subject's rows and files, and certify it
    Erase(Box<erase::Arguments>),
    /// Check a certificate or an archive from the file alone
    Verify(verify::Arguments),
    /// Say why a row is still here: whose it is, on what ground it stays, which erasures are on record
    Why(why::Arguments),
    /// Erase again whoever a restored backup has brought back
    Replay(replay::Arguments),
    /// Check the append-only record of erasures
    #[command(subcommand)]
    Log(log::Command),
    /// Open the desk: the API, and workers in this process
    Serve(serve::Arguments),
    /// Work for a desk without serving: several of them may share a store on PostgreSQL
    Worker(serve::Arguments),
    /// Say who of the platform's people is what at the desk
    #[command(subcommand)]
    Account(account::Command),
    /// List the keys of the desk's configuration, with their defaults and variables
    Configuration,
    /// Print the OpenAPI document of the desk's API
    Openapi,
    /// Bring the store to the schema of this version
    Migrate(migrate::Arguments),
}

/// The variables of the environment that say what an option says.
pub fn variables() -> Vec<String> {
    fn collect(command: &clap::Command, found: &mut Vec<String>) {
        found.extend(command.get_arguments().filter_map(clap::Arg::get_env).map(|name| name.to_string_lossy().into_owned()));
        command.get_subcommands().for_each(|inner| collect(inner, found));
    }
    let mut found = Vec::new();
    collect(&Arguments::command(), &mut found);
    found
}

pub fn run(command: Command, output: &Output) -> Outcome {
    match command {
        Command::Map(command) => map::run(command, output),
        Command::Demo(arguments) => demo::run(&arguments, output),
        Command::Plan(arguments) => plan::run(&arguments, output),
        Command::Export(arguments) => export::run(&arguments, output),
        Command::Erase(arguments) => erase::run(&arguments, output),
        Command::Verify(arguments) => verify::run(&arguments, output),
        Command::Why(arguments) => why::run(&arguments, output),
        Command::Replay(arguments) => replay::run(&arguments, output),
        Command::Log(command) => log::run(command, output),
        Command::Serve(arguments) => serve::serve(&arguments, output),
        Command::Worker(arguments) => serve::work(&arguments, output),
        Command::Account(command) => account::run(command, output),
        Command::Configuration => configuration::run(output),
        Command::Openapi => openapi::run(output),
        Command::Migrate(arguments) => migrate::run(&arguments, output),
    }
}
