//! `exeunt.json`: what is in the archive, whose it is, and the digest of every file, bound to plan, map and catalogs.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::archive::guard;
use crate::archive::header::{Category, Contact, LeftOut, Reference, SourceMoment, Subject};
use crate::archive::statistics::Dates;
use crate::catalog::ColumnKind;
use crate::digest::Digest;
use crate::names::TableName;

/// The version that this program writes, and the newest that it reads.
pub const VERSION: u32 = 1;

/// A manifest could not be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("read exeunt.json")]
    Read(#[source] serde_json::Error),
    #[error("the archive has format version {found}, and this program reads up to {VERSION}: use a newer exeunt")]
    Newer { found: u32 },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Version of this format; stands first so that readers can look at it before anything else.
    pub exeunt_archive: u32,
    pub tool: String,
    pub platform: String,
    pub finished: Timestamp,
    pub subject: Subject,
    pub plan: Digest,
    pub map: Digest,
    pub sources: Vec<SourceMoment>,
    pub csv: CsvForm,
    pub tables: Vec<Table>,
    /// The files are listed in `files.csv`; `None` when there are none.
    pub files: Option<FileList>,
    /// `index.html`, `datapackage.json` and the notes in earlier parts.
    pub pages: Vec<Page>,
    pub left_out: Vec<LeftOut>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<Contact>,
    /// The parts before the one that holds this manifest, in order; empty when the archive is one file.
    pub earlier_parts: Vec<Part>,
}

/// How the CSV files are written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CsvForm {
    pub encoding: String,
    pub delimiter: String,
    pub quote: String,
    pub line_terminator: String,
    pub null: String,
    pub empty_text: String,
    pub guard: guard::Declaration,
}

impl Default for CsvForm {
    fn default() -> Self {
        Self {
            encoding: "UTF-8 without byte order mark".to_owned(),
            delimiter: ",".to_owned(),
            quote: "\", doubled inside quotes".to_owned(),
            line_terminator: "\n".to_owned(),
            null: "nothing between the delimiters; in a table of one column, as empty text".to_owned(),
            empty_text: "\"\"".to_owned(),
            guard: guard::declaration(),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    pub table: TableName,
    pub category: Category,
    pub rows: u64,
    pub columns: Vec<Column>,
    pub primary_key: Vec<String>,
    pub references: Vec<Reference>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner_path: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dates: Option<Dates>,
    /// Bytes that were not UTF-8 and had to be replaced by U+FFFD.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub replaced_bytes: u64,
    /// Rows in which every value is null or empty text.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub blank_rows: u64,
    /// One entry per format, and per piece where parts split the table.
    pub outputs: Vec<Output>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    pub name: String,
    pub kind: ColumnKind,
    pub declared_type: String,
    pub nullable: bool,
    /// The formula guard looked at this column; see `csv.guard`.
    pub guarded: bool,
    /// Every value is what the declared type promises.
    pub conforms: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// A file with rows of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Output {
    pub path: String,
    pub format: Format,
    /// Counted from 1.
    pub part: u32,
    pub rows: u64,
    pub bytes: u64,
    pub sha256: Digest,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    Csv,
    JsonLines,
    Parquet,
}

impl Format {
    pub fn ending(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::JsonLines => "jsonl",
            Self::Parquet => "parquet",
        }
    }
}

/// The list of files, itself a CSV file in the archive: one row per file, in the order in which they lie there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileList {
    pub list: Page,
    pub count: u64,
    pub bytes: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Page {
    pub path: String,
    /// Counted from 1.
    pub part: u32,
    pub bytes: u64,
    pub sha256: Digest,
}

/// An earlier file of the set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    pub name: String,
    /// Of the ZIP, before any encryption.
    pub bytes: u64,
    pub sha256: Digest,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Manifest {
    /// The manifest as it is written: indented, for people.
    pub fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut json = serde_json::to_vec_pretty(self)?;
        json.push(b'\n');
        Ok(json)
    }

    /// Reads a manifest, looking at the version before anything else.
    pub fn parse(json: &[u8]) -> Result<Self, Error> {
        #[derive(Deserialize)]
        struct Version {
            exeunt_archive: u32,
        }
        let Version { exeunt_archive: found } = serde_json::from_slice(json).map_err(Error::Read)?;
        if found > VERSION {
            return Err(Error::Newer { found });
        }
        serde_json::from_slice(json).map_err(Error::Read)
    }

    /// Rows of all tables.
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|table| table.rows).sum()
    }
}
