//! The real program erases, is cut off at every step, and is run again.

mod batches;
mod choosing;
mod commands;
mod hands;
mod keys;
mod kill;
mod masked;
mod server_store;
mod several;
mod told;
mod types;
pub mod world;
