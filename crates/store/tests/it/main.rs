//! The store as its callers see it: one file, opened, killed, opened again.

mod log;
mod runs;
mod world;
