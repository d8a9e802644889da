//! Archives: written in one pass with constant memory, verified from the file alone.

#[cfg(feature = "parquet")]
mod columnar;
mod csv_text;
mod deflate;
mod encryption;
mod error;
mod fields;
mod file;
mod lines;
mod listing;
mod masks;
mod open;
mod part;
mod read;
mod scan;
mod set;
mod side;
mod spool;
mod table;
mod tally;
mod target;
mod verify;
mod writer;
mod zip;

pub use deflate::DEFLATE_LEVEL;
pub use encryption::Encryption;
pub use error::Error;
pub use file::{FileSink, FileTotals};
pub use open::Unlock;
pub use scan::Malformed;
pub use table::{TableSink, TableTotals};
pub use verify::{Error as VerifyError, Report, verify};
pub use writer::{ArchiveWriter, Delivered, Options, SMALLEST_PART};
