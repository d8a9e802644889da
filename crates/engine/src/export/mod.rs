//! Export: the rows of a plan, straight from the database's bulk path into the archive.
//!
//! ```text
//! Snapshot ──outline──► for every database: all tables at once ──► Tables (progress, interrupts) ──► TableSink
//!                  └──► for every file key: FileReader ──► FileSink
//!          ──► counts compared with the approved plan ──► manifest, signature, final name
//! ```
//!
//! One pass: rows are counted as they flow. An export that fails, is interrupted or differs from its approved plan leaves no archive.

mod describe;
mod error;
mod files;
mod progress;
mod run;
mod tables;

pub use error::Error;
pub use progress::{Progress, Unwatched};
pub use run::{Report, Settings, export};
