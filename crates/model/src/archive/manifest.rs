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
    /// The program that wrote the archive, with its version.
    pub tool: String,
    /// Name of the platform, as in the data map.
    pub platform: String,
    /// When the archive was finished.
    pub finished: Timestamp,
    /// Whose data it is.
    pub subject: Subject,
    /// Digest of the plan that was carried out.
    pub plan: Digest,
    /// Digest of the data map.
    pub map: Digest,
    /// The databases and folders that the data was read from, and when.
    pub sources: Vec<SourceMoment>,
    /// How the CSV files are written.
    pub csv: CsvForm,
    /// One entry per exported table, in the order of the map.
    pub tables: Vec<Table>,
    /// The files are listed in `files.csv`; `None` when there are none.
    pub files: Option<FileList>,
    /// `index.html`, `datapackage.json` and the notes in earlier parts.
    pub pages: Vec<Page>,
    /// What is not inside, and why.
    pub left_out: Vec<LeftOut>,
    /// Whom to ask about what is not inside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<Contact>,
    /// The parts before the one that holds this manifest, in order; empty when the archive is one file.
    pub earlier_parts: Vec<Part>,
}

/// How the CSV files are written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CsvForm {
    /// The encoding of the text.
    pub encoding: String,
    /// What stands between two values.
    pub delimiter: String,
    /// What stands around a value that holds delimiters, quotes or line breaks.
    pub quote: String,
    /// What ends a row.
    pub line_terminator: String,
    /// How null is written.
    pub null: String,
    /// How empty text is written.
    pub empty_text: String,
    /// What keeps spreadsheets from running cells as formulas.
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
    /// The table, with its source and schema.
    pub table: TableName,
    /// The category that its rows belong to.
    pub category: Category,
    /// How many rows are inside.
    pub rows: u64,
    /// The exported columns, in the order of the values in each row.
    pub columns: Vec<Column>,
    /// Columns of the primary key; empty where the table has none or not all of it is exported.
    pub primary_key: Vec<String>,
    /// Foreign keys to exported tables.
    pub references: Vec<Reference>,
    /// Why rows of this table are inside: each path from a row to the subject, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub owner_paths: Vec<String>,
    /// The table's comment in the database.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// From when to when the rows date.
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
    /// The column's name.
    pub name: String,
    /// What kind of values it holds.
    pub kind: ColumnKind,
    /// The type as the database names it.
    pub declared_type: String,
    /// Whether it may hold null.
    pub nullable: bool,
    /// The formula guard looked at this column; see `csv.guard`.
    pub guarded: bool,
    /// Every value is what the declared type promises.
    pub conforms: bool,
    /// The column's comment in the database.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// A file with rows of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Output {
    /// Where the file lies in the archive.
    pub path: String,
    /// How the rows are written.
    pub format: Format,
    /// Counted from 1.
    pub part: u32,
    /// Rows in this file.
    pub rows: u64,
    /// Size of the file, unpacked.
    pub bytes: u64,
    /// SHA-256 of the file.
    pub sha256: Digest,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Comma-separated values, with a header row.
    Csv,
    /// One JSON object per line.
    JsonLines,
    /// Apache Parquet.
    Parquet,
}

impl Format {
    /// The ending of a file with rows in this format.
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
    /// The list itself, `files.csv`.
    pub list: Page,
    /// How many files there are.
    pub count: u64,
    /// Size of all files together.
    pub bytes: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// Where it lies in the archive.
    pub path: String,
    /// Counted from 1.
    pub part: u32,
    /// Its size, unpacked.
    pub bytes: u64,
    /// SHA-256 of it.
    pub sha256: Digest,
}

/// An earlier file of the set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// The name of the file.
    pub name: String,
    /// Of the ZIP, before any encryption.
    pub bytes: u64,
    /// SHA-256 of the ZIP, before any encryption.
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
