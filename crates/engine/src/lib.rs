//! The work of Exeunt: planning, export, erasure and verification over other people's sources and our own store.

pub mod archive;
pub mod causes;
pub mod desk;
pub mod directory;
pub mod erasure;
pub mod export;
pub mod failpoint;
pub mod mail;
pub mod missing;
pub mod planning;
pub mod platform;
pub mod replay;
mod residual;
pub mod why;
