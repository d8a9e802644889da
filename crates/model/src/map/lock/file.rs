//! The lock as a file: JSON with a line for each column, key and trigger, so that a version control system shows what changed.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Lock, LockedSource};
use crate::digest::Digest;

/// The version of the lock's format.
pub const FORMAT: u32 = 1;

/// A lock file could not be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("read the lock as JSON")]
    Json {
        #[source]
        source: serde_json::Error,
    },
    #[error("the lock is written in format {version}, which this program does not know")]
    Format { version: u32 },
    #[error("the lock was changed by hand: its digest is not that of its content")]
    Changed,
}

#[derive(Deserialize)]
struct Versioned {
    exeunt_lock: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(rename = "exeunt_lock")]
    _version: u32,
    map: String,
    digest: Digest,
    sources: Vec<LockedSource>,
}

impl Lock {
    /// Reads a lock file.
    pub fn read(text: &str) -> Result<Self, Error> {
        let json = |source| Error::Json { source };
        let versioned: Versioned = serde_json::from_str(text).map_err(json)?;
        if versioned.exeunt_lock != FORMAT {
            return Err(Error::Format { version: versioned.exeunt_lock });
        }
        let written: Written = serde_json::from_str(text).map_err(json)?;
        let lock = Self { map: written.map, sources: written.sources };
        if lock.digest() == written.digest { Ok(lock) } else { Err(Error::Changed) }
    }

    /// The text of the lock file: the same for the same structure, wherever it was read.
    pub fn write(&self) -> String {
        let mut text =
            format!("{{\n  \"exeunt_lock\": {FORMAT},\n  \"map\": {},\n  \"digest\": {},\n", line(&self.map), line(&self.digest()));
        text += "  \"sources\": [";
        for (index, source) in self.sources.iter().enumerate() {
            text += if index == 0 { "\n" } else { ",\n" };
            text += &format!(
                "    {{\n      \"source\": {},\n      \"kind\": {},\n      \"tables\": [",
                line(&source.source),
                line(&source.kind)
            );
            for (index, table) in source.tables.iter().enumerate() {
                text += if index == 0 { "\n        " } else { ",\n        " };
                text += &fields(&Value::from_iter(object(table)), 8);
            }
            text += if source.tables.is_empty() { "]\n    }" } else { "\n      ]\n    }" };
        }
        text += if self.sources.is_empty() { "]\n}\n" } else { "\n  ]\n}\n" };
        text
    }
}

fn value(value: &impl Serialize) -> Value {
    // Plain data with string keys always becomes JSON; null would fail the digest when the file is read.
    serde_json::to_value(value).unwrap_or(Value::Null)
}

fn object(table: &impl Serialize) -> serde_json::Map<String, Value> {
    match value(table) {
        Value::Object(fields) => fields,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => serde_json::Map::new(),
    }
}

fn line(value_to_write: &impl Serialize) -> String {
    value(value_to_write).to_string()
}

/// An object with a line for each field, and for each item of a field that is a list of objects or lists.
fn fields(object: &Value, indent: usize) -> String {
    let Value::Object(entries) = object else { return object.to_string() };
    let blanks = " ".repeat(indent);
    let entries: Vec<String> = entries
        .iter()
        .map(|(name, value)| match value {
            Value::Array(items) if items.iter().any(|item| item.is_object() || item.is_array()) => {
                let items: Vec<String> = items.iter().map(|item| format!("{blanks}    {item}")).collect();
                format!("{blanks}  \"{name}\": [\n{}\n{blanks}  ]", items.join(",\n"))
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
                format!("{blanks}  \"{name}\": {value}")
            }
        })
        .collect();
    format!("{{\n{}\n{blanks}}}", entries.join(",\n"))
}
