//! One suite for all databases: what is said in `conformance!` must hold on each of them.

#![expect(clippy::unwrap_used, reason = "a test that panics has said what it had to say")]

mod catalog;
mod commits;
mod connections;
mod directory;
mod encryption;
mod erasing;
mod rows;
mod selections;
mod world;
