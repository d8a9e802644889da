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

/// The page for reading.
pub const INDEX_PATH: &str = "index.html";
/// The list of files.
pub const FILE_LIST_PATH: &str = "files.csv";
/// The description for programs that read data packages.
pub const PACKAGE_PATH: &str = "datapackage.json";
/// The manifest.
pub const MANIFEST_PATH: &str = "exeunt.json";
/// The signature over the manifest.
pub const SIGNATURE_PATH: &str = "exeunt.sig";
