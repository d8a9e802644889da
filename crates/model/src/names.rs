//! Names of sources, tables, subjects and categories as they stand in the data map.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A name could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("a table is written source.table or source.schema.table, not `{text}`")]
    Table { text: String },
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Takes a text for the name, whatever it holds.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The name as it is written in a map.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }
    };
}

name!(
    /// The name of a source in the data map, such as `app` or `files`.
    SourceName
);
name!(
    /// A kind of subject that the data map declares, such as `contract` or `seat`.
    SubjectKind
);
name!(
    /// The code of a category, such as `saved_leads`.
    CategoryName
);

/// A table of a source, written `source.table`, or `source.schema.table` outside the source's default schema.
///
/// Parts that hold dots or quotes are written in double quotes, inner quotes doubled: `app."weird.name"`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TableName {
    pub source: SourceName,
    /// `None` is the source's default schema.
    pub schema: Option<String>,
    pub name: String,
}

impl TableName {
    /// A table of a source; without a schema it is in the source's default one, if it has schemas.
    pub fn new(source: &SourceName, schema: Option<&str>, name: &str) -> Self {
        Self { source: source.clone(), schema: schema.map(str::to_owned), name: name.to_owned() }
    }

    /// The name without its source, for file names and people.
    pub fn local(&self) -> String {
        match &self.schema {
            Some(schema) => format!("{}.{}", part(schema), part(&self.name)),
            None => part(&self.name),
        }
    }
}

fn part(text: &str) -> String {
    let plain = !text.is_empty() && !text.contains(['.', '"', ' ', '(', ')', '[', ']', ',', ':', '#']);
    if plain { text.to_owned() } else { format!("\"{}\"", text.replace('"', "\"\"")) }
}

/// Splits `a."b.c".d` at its unquoted dots; `None` when a quote stays open or a part is empty.
pub fn split_quoted(text: &str) -> Option<Vec<String>> {
    let mut parts = Vec::new();
    let mut rest = text;
    loop {
        let (part, tail) = if let Some(quoted) = rest.strip_prefix('"') {
            let mut part = String::new();
            let mut characters = quoted.char_indices().peekable();
            let end = loop {
                match characters.next()? {
                    (index, '"') => {
                        if characters.next_if(|(_, next)| *next == '"').is_some() {
                            part.push('"');
                        } else {
                            break index + 1;
                        }
                    }
                    (_, other) => part.push(other),
                }
            };
            (part, &quoted[end..])
        } else {
            let end = rest.find('.').unwrap_or(rest.len());
            let part = &rest[..end];
            if part.is_empty() || part.contains('"') {
                return None;
            }
            (part.to_owned(), &rest[end..])
        };
        parts.push(part);
        if tail.is_empty() {
            return Some(parts);
        }
        rest = tail.strip_prefix('.')?;
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", part(self.source.as_str()), self.local())
    }
}

impl FromStr for TableName {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let refused = || Error::Table { text: text.to_owned() };
        match split_quoted(text).ok_or_else(refused)?.as_slice() {
            [source, name] => Ok(Self::new(&SourceName::new(source), None, name)),
            [source, schema, name] => Ok(Self::new(&SourceName::new(source), Some(schema), name)),
            _ => Err(refused()),
        }
    }
}

impl Serialize for TableName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TableName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_names_survive_the_round_trip_with_any_character() {
        for (schema, name) in [(None, "seat"), (Some("crm"), "match"), (None, "weird.name"), (Some("a\"b"), "Größe 1"), (None, "")] {
            let want = TableName::new(&SourceName::new("app"), schema, name);
            assert_eq!(want.to_string().parse::<TableName>(), Ok(want));
        }
    }

    #[test]
    fn half_names_are_refused() {
        for text in ["", "app", "app.", ".seat", "app.\"open", "a.b.c.d", "app.\"x\"y"] {
            assert!(text.parse::<TableName>().is_err(), "{text}");
        }
    }
}
