//! Our own database: one SQLite file with the log, erasure runs and their journal, certificates, tombstones and keys.
//!
//! ```text
//! store ─┬─ secret        the signing key and the secret of keyed hashes, drawn when the file is made
//!        ├─ log           entries, the Merkle tree's nodes, signed checkpoints: appended to, never changed
//!        ├─ run           erasure runs and their states
//!        ├─ journal       what an unfinished run needs to go on: the one place with personal data, emptied when the run ends
//!        ├─ certificate   the signed files
//!        └─ tombstone     that a subject was erased, as a keyed hash
//! ```
//!
//! One module per table, its SQL beside it. Whatever must be true together is written in one transaction, and every write checks how
//! many rows it affected. The file is readable by its owner alone.

mod certificate;
mod database;
mod error;
mod journal;
mod lock;
mod log;
mod migrations;
mod run;
mod secret;
mod tombstone;

pub use database::Store;
pub use error::Error;
pub use journal::{Batch, FileState, JournaledFile, JournaledKeys, PersonalData, Reapproval, SourceState, StepProgress};
pub use lock::RunLock;
pub use log::LogReport;
pub use run::{NewRun, Run, RunSummary};
