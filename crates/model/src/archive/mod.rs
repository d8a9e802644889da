//! The archive's formats: what an export delivers, as plain data and pure functions.
//!
//! ```text
//! NAME.zip
//! ├─ index.html                       page     the same content, for reading
//! ├─ data/<category>/<table>.csv      header   what the caller says of a table and of the whole export
//! ├─ files/<category>/…               paths    names that every system can unpack
//! ├─ files.csv                                 which file is which
//! ├─ datapackage.json                 package  the Frictionless Data Package
//! ├─ exeunt.json                      manifest digests and counts of everything above
//! └─ exeunt.sig                                signature over exeunt.json
//! ```
//!
//! The ZIP's comment is a second signature, over every byte of the file before it. Writing, compressing and checking are the engine's.

pub mod guard;
pub mod header;
pub mod manifest;
pub mod package;
pub mod page;
pub mod paths;
pub mod statistics;
pub mod values;

/// What the signature over `exeunt.json` is for.
pub const MANIFEST_CONTEXT: &str = "archive manifest";
/// What the signature in the ZIP's comment is for.
pub const SEAL_CONTEXT: &str = "archive";

pub const INDEX_PATH: &str = "index.html";
pub const FILE_LIST_PATH: &str = "files.csv";
pub const PACKAGE_PATH: &str = "datapackage.json";
pub const MANIFEST_PATH: &str = "exeunt.json";
pub const SIGNATURE_PATH: &str = "exeunt.sig";
