//! The rules of Exeunt as plain functions over plain data.
//!
//! This room knows no I/O, no clock and no randomness: bytes, times and random numbers come in as arguments. It holds the
//! catalog (what a database looks like), the data map (what its owner says about it), their resolution, and the plan.

pub mod archive;
pub mod authorization;
pub mod catalog;
pub mod certificate;
pub mod closure;
pub mod diagram;
pub mod digest;
pub mod directory;
pub mod due;
pub mod exit;
pub mod identity;
pub mod intake;
pub mod job;
pub mod log;
pub mod map;
pub mod moment;
pub mod names;
pub mod plan;
pub mod provider;
pub mod request;
pub mod run;
pub mod scim;
pub mod selection;
pub mod served;
pub mod setting;
pub mod signature;
#[cfg(test)]
pub(crate) mod testing;
pub mod text;
pub mod tombstone;
pub mod webhook;
