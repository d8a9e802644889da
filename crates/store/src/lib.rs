//! Our own database: one SQLite file, or a schema of a PostgreSQL database, with the log, erasure runs and their journal, certificates, tombstones
//! and keys, and everything that the desk knows.
//!
//! ```text
//! store ─┬─ sql           one set of statements for both databases
//!        ├─ secret        the signing key and the secret of keyed hashes, drawn when the file is made
//!        ├─ log           entries, the Merkle tree's nodes, signed checkpoints: appended to, never changed
//!        ├─ run           erasure runs and their states
//!        ├─ journal       what an unfinished run needs to go on: the one place with personal data, emptied when the run ends
//!        ├─ certificate   the signed files
//!        ├─ tombstone     that a subject was erased, as a keyed hash
//!        └─ desk          who acts, what is asked for and decided, jobs, archives, mails, webhooks
//! ```
//!
//! One module per table, its SQL beside it. Whatever must be true together is written in one transaction, and every write checks how
//! many rows it affected. A file is readable by its owner alone.

pub mod archives;
mod certificate;
mod database;
pub mod desk;
mod error;
mod journal;
mod location;
mod lock;
mod log;
mod migrations;
mod read;
mod run;
mod secret;
mod sql;
mod tombstone;

pub use database::{Migrated, Store};
pub use error::Error;
pub use journal::{Batch, FileState, JournaledFile, JournaledKeys, PersonalData, Reapproval, SourceState, StepProgress};
pub use location::{Location, NoLocation};
pub use lock::RunLock;
pub use log::LogReport;
pub use run::{Gone, NewRun, Run, RunSummary};
pub use sql::Transaction;
