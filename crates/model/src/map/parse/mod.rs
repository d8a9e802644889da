//! The data map's text: YAML in, a [`DataMap`] and the positions of its statements out, or every error at once.
//!
//! ```text
//! text ── tree ──► nodes with spans ── reader, claim, action, … ──► DataMap + Positions
//!                                        └── path, until ──► the small languages inside texts
//! ```
//!
//! Only what the text alone can tell is checked here: grammar and the names that the map itself declares. Whether it fits a database is
//! the matter of [`resolve`](super::resolve); its problems are shown at their lines through [`Positions`].

mod action;
mod claim;
mod declare;
mod diagnostic;
mod directory;
mod names;
mod nearest;
mod path;
mod positions;
mod reader;
mod table;
pub(in crate::map) mod tree;
mod until;
pub mod variables;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

pub use diagnostic::{Diagnostic, Position, Severity, render};
pub use nearest::nearest;
pub use positions::Positions;

use crate::catalog::SourceKind;
use crate::map::{Category, DataMap, Source, Subject, TableEntry};
use crate::names::TableName;
pub(in crate::map) use action::RESERVED;
#[cfg(test)]
pub(in crate::map) use directory::{CONTRACT_FIELDS, SEAT_FIELDS};
#[cfg(test)]
pub(in crate::map) use table::TABLE_FIELDS;

use names::Names;
use reader::{Fields, Reader};
use tree::{Node, Value};

/// The version of the map's format that this program reads.
pub const FORMAT: &str = "1";

pub(in crate::map) const TOP_FIELDS: [&str; 8] = ["exeunt", "name", "sources", "subjects", "directory", "categories", "tables", "ignore"];

/// A map that could be read.
#[derive(Debug, Clone)]
pub struct Parsed {
    pub map: DataMap,
    pub positions: Positions,
    /// Nothing that stops the map from being used.
    pub warnings: Vec<Diagnostic>,
}

/// Reads a map.
///
/// # Errors
/// Every error found, in the order of the text.
pub fn parse(text: &str) -> Result<Parsed, Vec<Diagnostic>> {
    let root = tree::read(text).map_err(|diagnostic| vec![*diagnostic])?;
    let mut reader = Reader::new(text);
    reader.report_todos(&root, &mut Vec::new());
    let map = reader.map(&root);
    let Reader { mut diagnostics, positions, .. } = reader;
    diagnostics.sort_by_key(|diagnostic| diagnostic.position.as_ref().map_or(0, |position| position.bytes.start));
    let (errors, warnings): (Vec<_>, Vec<_>) = diagnostics.into_iter().partition(|diagnostic| diagnostic.severity == Severity::Error);
    match map {
        Some(map) if errors.is_empty() => Ok(Parsed { map, positions, warnings }),
        Some(_) | None => Err(errors.into_iter().chain(warnings).collect()),
    }
}

impl Reader<'_> {
    fn map(&mut self, root: &Node) -> Option<DataMap> {
        if root.value == Value::Null {
            let empty = self.error(&(0..0), "the map is empty").suggest("`exeunt map discover` drafts one from a database");
            self.report(empty);
            return None;
        }
        let fields = self.fields(root, "the map", &TOP_FIELDS);
        let start = claim::begin(root);
        self.format(&fields, &start);
        let name = self.required(&fields, &start, "the map", "name").and_then(|name| {
            let text = self.prose(name, "`name`", "a name for the platform")?;
            Some(text.to_owned())
        });
        let names = self.gather(&fields);
        let each = |reader: &mut Self, field: &str, expected: &str| match fields.get(field) {
            Some(node) => reader.entries(node, &format!("`{field}`"), expected),
            None => Vec::new(),
        };
        for field in ["sources", "subjects", "categories", "tables"] {
            self.required(&fields, &start, "the map", field);
        }
        let sources: Vec<Source> =
            each(self, "sources", "sources by name").into_iter().filter_map(|(key, node)| self.source(key, node)).collect();
        let subjects: Vec<Subject> = each(self, "subjects", "kinds of subjects by name")
            .into_iter()
            .filter_map(|(key, node)| self.subject(key, node, &names))
            .collect();
        let directory = fields.get("directory").and_then(|node| self.directory(node, &subjects, &names));
        let categories: Vec<Category> =
            each(self, "categories", "categories by name").into_iter().filter_map(|(key, node)| self.category(key, node, &names)).collect();
        let mut tables: Vec<TableEntry> = Vec::new();
        let mut lines: BTreeMap<TableName, usize> = BTreeMap::new();
        for (key, node) in each(self, "tables", "tables by name, each with its entry") {
            let Some(table) = self.parse_table(&key.text, &key.span, &names) else { continue };
            if self.is_first(&mut lines, &table, key) {
                let entry = self.table(key, node, &table, &names);
                tables.push(entry);
            }
        }
        let mut ignore = BTreeMap::new();
        for (key, node) in each(self, "ignore", "tables, each with the reason why it holds no customer data") {
            let reason = self.prose(node, &format!("the reason for ignoring {}", key.text), "why the table holds no customer data");
            let Some(table) = self.parse_table(&key.text, &key.span, &names) else { continue };
            self.positions.put(&["ignore", &table.to_string()], self.position(&key.span));
            if self.is_first(&mut lines, &table, key) {
                ignore.insert(table, reason.unwrap_or_default().to_owned());
            }
        }
        if self.diagnostics.is_empty() {
            self.warn_of_unused(&sources, &categories, &tables);
        }
        Some(DataMap { name: name?, sources, subjects, directory, categories, tables, ignore })
    }

    /// A name that nothing refers to is probably a mistake elsewhere.
    fn warn_of_unused(&mut self, sources: &[Source], categories: &[Category], tables: &[TableEntry]) {
        let mut unused = Vec::new();
        for category in categories.iter().filter(|category| !tables.iter().any(|entry| entry.category.as_ref() == Some(&category.name))) {
            unused.push((["categories", category.name.as_str()], format!("no table is of category `{}`", category.name)));
        }
        let names_files = |source: &Source| tables.iter().any(|entry| entry.files.iter().any(|file| file.source == source.name));
        for source in sources.iter().filter(|source| source.kind == SourceKind::Files && !names_files(source)) {
            unused.push((["sources", source.name.as_str()], format!("no table names files of source `{}`", source.name)));
        }
        for (path, message) in unused {
            if let Some(position) = self.positions.at(&path) {
                self.diagnostics.push(Diagnostic::warning(message).at(position.clone()));
            }
        }
    }

    fn format(&mut self, fields: &Fields<'_>, start: &std::ops::Range<usize>) {
        let Some(node) = self.required(fields, start, "the map", "exeunt") else { return };
        let expected = format!("the version of the map's format, `{FORMAT}`");
        if let Some(version) = self.text(node, "`exeunt`", &expected)
            && version != FORMAT
        {
            let other = self.error(&node.span, format!("this map is written in format {version}, which this program does not know"));
            self.report(other.expect(expected));
        }
    }

    /// Gathers the declared names; what is wrong with them is reported when they are read.
    fn gather(&mut self, fields: &Fields<'_>) -> Names {
        let keys = |field: &str| match fields.get(field).map(|node| &node.value) {
            Some(Value::Map(entries)) => entries.as_slice(),
            Some(Value::Null | Value::Text(_) | Value::List(_)) | None => &[],
        };
        for section in ["sources", "subjects", "directory", "categories", "tables", "ignore"] {
            if let Some(key) = fields.key(section) {
                self.positions.put(&[section], self.position(&key.span));
            }
        }
        for section in ["sources", "subjects", "categories"] {
            for (key, _) in keys(section) {
                self.positions.put(&[section, &key.text], self.position(&key.span));
            }
        }
        let texts = |field: &str| keys(field).iter().map(|(key, _)| key.text.clone()).collect();
        let is_files = |node: &Node| field_text(node, "kind") == Some("files");
        let tables = keys("tables").iter().chain(keys("ignore")).map(|(key, _)| key.text.as_str());
        let subject_tables = keys("subjects").iter().filter_map(|(_, node)| field_text(node, "table"));
        Names {
            sources: texts("sources"),
            file_sources: keys("sources").iter().filter(|(_, node)| is_files(node)).map(|(key, _)| key.text.clone()).collect(),
            subjects: texts("subjects"),
            categories: texts("categories"),
            tables: tables.chain(subject_tables).filter_map(|text| text.parse().ok()).collect(),
        }
    }

    /// A table stands once in `tables` and `ignore` together, however it is written.
    fn is_first(&mut self, lines: &mut BTreeMap<TableName, usize>, table: &TableName, key: &tree::Key) -> bool {
        let line = self.position(&key.span).line;
        match lines.insert(table.clone(), line) {
            None => true,
            Some(first) => {
                let doubled = self
                    .error(&key.span, format!("table {table} stands twice in the map"))
                    .note(format!("it stands first in line {first}"));
                self.report(doubled);
                false
            }
        }
    }
}

/// The text of a field, before the mapping around it is read.
fn field_text<'n>(node: &'n Node, field: &str) -> Option<&'n str> {
    let Value::Map(entries) = &node.value else { return None };
    entries.iter().find(|(key, _)| key.text == field).and_then(|(_, node)| match &node.value {
        Value::Text(text) => Some(text.as_str()),
        Value::Null | Value::List(_) | Value::Map(_) => None,
    })
}
