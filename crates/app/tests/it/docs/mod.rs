//! The documentation is run: every command of the tutorial and the how-to pages against a real PostgreSQL, its output compared with the
//! text; and what can be generated is held against what it is generated from.
//!
//! `EXEUNT_DOCS=write cargo test -p exeunt --test it docs` writes output blocks and generated pages anew.

use std::path::PathBuf;

mod api;
mod commands;
mod compare;
mod configuration;
mod deploy;
mod formats;
mod fragments;
mod generated;
mod links;
mod page;
mod problems;
mod session;

/// A file of the repository.
fn repository(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

/// Whether pages are to be written anew instead of compared.
fn updating() -> bool {
    std::env::var_os("EXEUNT_DOCS").is_some_and(|value| value == "write")
}

#[test]
fn tutorial_runs_as_written() {
    session::run(&repository("docs/tutorial.md"));
}

#[test]
fn how_to_pages_run_as_written() {
    for path in generated::pages(&repository("docs/how-to")) {
        session::run(&path);
    }
}
