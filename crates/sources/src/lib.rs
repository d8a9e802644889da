//! Other people's data: databases and file stores that belong to the platform, never ours to own, only to read or erase in.
//!
//! A [`Database`] says where one is. [`Database::reader`] opens it for reading and [`Database::eraser`] for erasing; the two are
//! different types, so that an export cannot be handed the means to write.

mod database;
mod directory;
mod eraser;
mod error;
mod fault;
pub mod files;
mod keys;
mod link;
mod look;
mod named;
mod postgres;
mod quote;
mod reader;
mod render;
mod script;
mod search;
mod sqlite;
mod withhold;

pub use database::Database;
pub use directory::{DirectoryReader, Page};
pub use eraser::{Eraser, Fate};
pub use error::Error;
pub use fault::Fault;
pub use keys::{ChangeValues, Keys, Lookup};
pub use link::TextRows;
pub use look::Look;
pub use named::OddNames;
pub use reader::{Read, Reader, Receive, Streamed};
pub use script::Line;
pub use search::{SearchLimits, SearchOutcome, Searched};
