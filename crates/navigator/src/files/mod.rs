//! Files with real content: PDF, PNG and CSV, small and made here.

mod csv;
mod pdf;
mod png;
mod store;

pub use csv::{Csv, RawCsv};
pub use pdf::pdf;
pub use png::png;
pub use store::{Store, Stored};
