//! What is wrong with a map, and of which of its statements.

use crate::names::{CategoryName, SourceName, SubjectKind, TableName};

/// A statement of the map, by name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// The map as a whole: something is missing from it.
    Map,
    Source(SourceName, &'static str),
    Subject(SubjectKind, &'static str),
    /// A field of the directory's `contract` or `seat`.
    Directory(&'static str, &'static str),
    Category(CategoryName, &'static str),
    Table(TableName),
    /// A field of a table's entry.
    Field(TableName, &'static str),
    /// The n-th claim of `owner` or `about`.
    Claim(TableName, &'static str, usize),
    Ignore(TableName),
}

/// Something that must be mended before the map can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub place: Place,
    /// A lowercase sentence without a full stop.
    pub message: String,
    /// What to do, where that is known.
    pub help: Option<String>,
}

impl Problem {
    /// A problem at a place of the map, as a sentence.
    pub fn new(place: Place, message: impl Into<String>) -> Self {
        Self { place, message: message.into(), help: None }
    }

    /// Says what to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// A problem whose place the caller knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Message {
    pub text: String,
    pub help: Option<String>,
}

impl Message {
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), help: None }
    }

    pub fn help(text: impl Into<String>, help: impl Into<String>) -> Self {
        Self { text: text.into(), help: Some(help.into()) }
    }

    pub fn at(self, place: Place) -> Problem {
        Problem { place, message: self.text, help: self.help }
    }
}
