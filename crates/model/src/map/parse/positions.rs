//! Where each statement of a map stands in its file, found by name.

use std::collections::BTreeMap;

use super::diagnostic::{Diagnostic, Position};
use crate::map::resolve::{Place, Problem};

/// Positions of a map's statements.
#[derive(Debug, Clone, Default)]
pub struct Positions {
    by_path: BTreeMap<Vec<String>, Position>,
}

impl Positions {
    pub(super) fn put(&mut self, path: &[&str], position: Position) {
        self.by_path.insert(path.iter().map(|part| (*part).to_owned()).collect(), position);
    }

    /// The position of the statement at this path of keys, such as `["tables", "app.seat", "owner", "0"]`, or of the nearest
    /// statement around it.
    pub fn at(&self, path: &[&str]) -> Option<&Position> {
        let mut path: Vec<String> = path.iter().map(|part| (*part).to_owned()).collect();
        loop {
            if let Some(position) = self.by_path.get(&path) {
                return Some(position);
            }
            path.pop()?;
        }
    }

    /// The position of a statement that a check names; `None` where it is about the map as a whole.
    pub fn of(&self, place: &Place) -> Option<&Position> {
        match place {
            Place::Map => None,
            Place::Source(name, field) => self.at(&["sources", name.as_str(), field]),
            Place::Subject(kind, field) => self.at(&["subjects", kind.as_str(), field]),
            Place::Directory(part, field) => self.at(&["directory", part, field]),
            Place::Category(name, field) => self.at(&["categories", name.as_str(), field]),
            Place::Table(table) => self.at(&["tables", &table.to_string()]),
            Place::Field(table, field) => self.at(&["tables", &table.to_string(), field]),
            Place::Claim(table, field, index) => self.at(&["tables", &table.to_string(), field, &index.to_string()]),
            Place::Ignore(table) => self.at(&["ignore", &table.to_string()]),
        }
    }

    /// Problems that were found without the text, shown where their statements stand.
    pub fn diagnose(&self, problems: &[Problem]) -> Vec<Diagnostic> {
        let diagnose = |problem: &Problem| {
            let mut diagnostic = Diagnostic::error(problem.message.as_str());
            diagnostic.position = self.of(&problem.place).cloned();
            diagnostic.suggestion = problem.help.clone();
            diagnostic
        };
        problems.iter().map(diagnose).collect()
    }
}
