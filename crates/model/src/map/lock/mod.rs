//! The lock beside a map: what the databases looked like when a person last reviewed the map, and how they differ from that now.

mod difference;
mod file;

#[cfg(test)]
mod tests;

pub use difference::{Difference, compare};
pub use file::{Error, FORMAT};

use serde::{Deserialize, Serialize};

use crate::catalog::{Catalog, SourceKind, Table};
use crate::digest::Digest;
use crate::map::resolve::holds_rows;
use crate::names::SourceName;

/// The reviewed structure of every database of a map.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lock {
    /// The map's name.
    pub map: String,
    /// In the order of their names.
    pub sources: Vec<LockedSource>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockedSource {
    pub source: SourceName,
    pub kind: SourceKind,
    /// Everything that holds rows, in the order of the names. Views come and go without a review.
    pub tables: Vec<Table>,
}

impl Lock {
    /// What the databases look like now, to be reviewed and kept.
    pub fn of(map: &str, catalogs: &[Catalog]) -> Self {
        let mut sources: Vec<LockedSource> = catalogs.iter().map(locked).collect();
        sources.sort_by(|a, b| a.source.cmp(&b.source));
        Self { map: map.to_owned(), sources }
    }

    /// What plans are bound to.
    pub fn digest(&self) -> Digest {
        Digest::of_json(self)
    }

    /// How the databases differ from what was reviewed; empty when they are as they were.
    pub fn compare(&self, catalogs: &[Catalog]) -> Vec<Difference> {
        compare(self, &Self::of(&self.map, catalogs))
    }
}

fn locked(catalog: &Catalog) -> LockedSource {
    let mut tables: Vec<Table> = catalog.tables.iter().filter(|table| holds_rows(table.kind)).cloned().collect();
    tables.sort_by(|a, b| a.name.cmp(&b.name));
    for table in &mut tables {
        // Not part of the structure, and not written to the file.
        table.comment = None;
        table.partitions.clear();
        table.hazards.clear();
        table.columns.iter_mut().for_each(|column| column.comment = None);
    }
    LockedSource { source: catalog.source.clone(), kind: catalog.kind, tables }
}
