//! The work of Exeunt: planning, export, erasure and verification over other people's sources and our own store.

pub mod archive;
pub mod export;
pub mod planning;
pub mod platform;
