//! The log: an append-only list of entries under a Merkle tree, whose head is signed.
//!
//! ```text
//! entry ──hash──► leaf ──► nodes ──► root ──signed──► checkpoint
//!   └── inclusion proof: this entry stands under this root
//!                        consistency proof: this root continues that older one
//! ```
//!
//! Hashing is that of RFC 9162, checkpoints are C2SP signed notes, so that witnesses written for other logs can watch this one.
//! Entries name nobody: subjects appear as keyed hashes, and forgetting the key makes them meaningless.

pub mod checkpoint;
pub mod entry;
pub mod merkle;

pub use checkpoint::{Checkpoint, LogKey};
pub use entry::{Entry, Event, StopReason};
pub use merkle::{Hash, TreeHead};
