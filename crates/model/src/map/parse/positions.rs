//! Where each statement of a map stands in its file, found by name.

use std::collections::BTreeMap;

use super::diagnostic::Position;

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
}
