//! The names that a map declares, gathered before anything that refers to them is read.

use std::collections::BTreeSet;
use std::ops::Range;

use super::nearest::nearest;
use super::path::Mistake;
use crate::names::{SourceName, TableName};

#[derive(Debug, Default)]
pub(super) struct Names {
    pub sources: Vec<String>,
    pub file_sources: Vec<String>,
    pub subjects: Vec<String>,
    pub categories: Vec<String>,
    /// Every table that the map mentions as a table: mapped, ignored, or of a subject.
    pub tables: BTreeSet<TableName>,
}

impl Names {
    pub fn has_table(&self, table: &TableName) -> bool {
        self.tables.contains(table)
    }

    /// A table written in full: source, perhaps schema, and name.
    pub fn full_table(&self, words: &[&str]) -> Option<TableName> {
        let table = match words {
            [source, name] => TableName::new(&SourceName::new(*source), None, name),
            [source, schema, name] => TableName::new(&SourceName::new(*source), Some(schema), name),
            _ => return None,
        };
        self.has_table(&table).then_some(table)
    }

    /// A table written as seen from another one: in full, with its schema, or by its name alone. Its own schema comes first, then the
    /// default schema, then any other where the name is unique.
    pub fn find_table(&self, words: &[&str], from: &TableName) -> Option<TableName> {
        if let Some(table) = self.full_table(words) {
            return Some(table);
        }
        match words {
            [name] => {
                let near = [from.schema.as_deref(), None];
                let tables = near.into_iter().map(|schema| TableName::new(&from.source, schema, name));
                tables.into_iter().find(|table| self.has_table(table)).or_else(|| {
                    let mut others = self.tables.iter().filter(|table| table.source == from.source && table.name == *name);
                    others.next().filter(|_| others.next().is_none()).cloned()
                })
            }
            [schema, name] => Some(TableName::new(&from.source, Some(schema), name)).filter(|table| self.has_table(table)),
            _ => None,
        }
    }

    pub fn unknown_table(&self, table: &TableName, part: Range<usize>) -> Mistake {
        let known: Vec<String> = self.tables.iter().map(ToString::to_string).collect();
        let written = table.to_string();
        let near = nearest(&written, known.iter().map(String::as_str));
        Mistake {
            part,
            message: format!("the map has no table `{written}`"),
            suggestion: near.map(|near| format!("did you mean `{near}`?")),
        }
    }

    pub fn unknown_local_table(&self, name: &str, from: &TableName, part: Range<usize>) -> Mistake {
        let known: Vec<&str> = self.tables.iter().filter(|table| table.source == from.source).map(|table| table.name.as_str()).collect();
        Mistake {
            part,
            message: format!("the map has no table `{name}` in source `{}`", from.source),
            suggestion: nearest(name, known).map(|near| format!("did you mean `{near}`?")),
        }
    }
}
