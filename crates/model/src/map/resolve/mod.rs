//! The data map held against live catalogs: every owner path found, every statement checked.
//!
//! ```text
//! DataMap + Catalogs ──► path (owner paths) ──► check (columns, actions, triggers) ──► Scheme, or all problems at once
//! ```
//!
//! Names only: where a problem stands in the file is known to the parser, which finds it by its [`Place`].

mod check;
mod circle;
mod directory;
mod edge;
mod path;
mod problem;

#[cfg(test)]
mod tests;

pub use check::hand_over_edges;
pub use directory::{Located, Roster};
pub use edge::Edge;
pub use path::{Link, Path, functional};
pub use problem::{Place, Problem};

use crate::catalog::{Catalog, Table, TableKind};
use crate::map::{DataMap, Subject, TableEntry};
use crate::names::{SubjectKind, TableName};

/// A map that fits its catalogs, with every path found.
#[derive(Debug, Clone)]
pub struct Scheme {
    pub map: DataMap,
    pub catalogs: Vec<Catalog>,
    /// In the order of the map.
    pub tables: Vec<MappedTable>,
    /// For each subject kind that is within another: the path that leads there.
    pub within: Vec<(SubjectKind, Path)>,
    /// Every reference of every table, declared by the database or by the map, in the order of the catalogs.
    pub edges: Vec<Edge>,
    /// Who holds which seat; `None` for a map that does not say.
    pub directory: Option<Roster>,
}

/// A table with its entry and the paths to its owners.
#[derive(Debug, Clone)]
pub struct MappedTable {
    pub entry: TableEntry,
    pub table: Table,
    pub owner: Vec<Path>,
    pub about: Vec<Path>,
}

impl Scheme {
    /// A mapped table by its whole name.
    pub fn table(&self, name: &TableName) -> Option<&MappedTable> {
        self.tables.iter().find(|mapped| mapped.table.name == *name)
    }

    /// A table of the catalogs, mapped or not.
    pub fn catalog_table(&self, name: &TableName) -> Option<&Table> {
        catalog_table(&self.catalogs, name)
    }

    /// How subjects of a kind are declared.
    pub fn subject(&self, kind: &SubjectKind) -> Option<&Subject> {
        self.map.subject(kind)
    }

    /// The way from subjects of a kind to the one that each is within; `None` for an outermost kind.
    pub fn within(&self, kind: &SubjectKind) -> Option<&Path> {
        self.within.iter().find(|(inner, _)| inner == kind).map(|(_, path)| path)
    }

    /// The kinds whose rows go along when a subject of this kind does: itself, and every kind within it.
    pub fn scope_kinds(&self, kind: &SubjectKind) -> Vec<SubjectKind> {
        scope_kinds(&self.within, kind)
    }
}

fn scope_kinds(within: &[(SubjectKind, Path)], kind: &SubjectKind) -> Vec<SubjectKind> {
    let mut kinds = vec![kind.clone()];
    let mut next = 0;
    while next < kinds.len() {
        for (inner, path) in within {
            if path.kind == kinds[next] && !kinds.contains(inner) {
                kinds.push(inner.clone());
            }
        }
        next += 1;
    }
    kinds
}

fn catalog_table<'a>(catalogs: &'a [Catalog], name: &TableName) -> Option<&'a Table> {
    catalogs.iter().find(|catalog| catalog.source == name.source).and_then(|catalog| catalog.table(name))
}

/// Holds rows, so that the map must speak of it.
pub fn holds_rows(kind: TableKind) -> bool {
    match kind {
        TableKind::Table | TableKind::MaterializedView | TableKind::Virtual | TableKind::Foreign => true,
        TableKind::View => false,
    }
}

/// Holds the map against the catalogs.
///
/// # Errors
/// Every problem found, in the order of the map; nothing is assumed and nothing left out in silence.
pub fn resolve(map: &DataMap, catalogs: &[Catalog]) -> Result<Scheme, Vec<Problem>> {
    let mut problems = check::completeness(map, catalogs);
    let edges = edge::edges(map, catalogs);
    let finder = path::Finder { map, catalogs, edges: &edges };
    let mut within = Vec::new();
    for subject in &map.subjects {
        problems.extend(check::subject(map, catalogs, subject));
        if let Some(claim) = &subject.within {
            let place = Place::Subject(subject.kind.clone(), "within");
            match finder.find(&subject.table, claim) {
                Ok(path) if path.hops.iter().all(|hop| matches!(hop, Link::Forward { .. })) => {
                    within.push((subject.kind.clone(), path));
                }
                Ok(_) => problems.push(Problem::new(place, "the path to the outer subject must follow foreign keys only")),
                Err(message) => problems.push(message.at(place)),
            }
        }
    }
    problems.extend(check::nesting(&within));
    problems.extend(check::loose_comparisons(map, catalogs, &edges));
    problems.extend(check::folded_numbers(map, catalogs, &edges));
    let mut tables = Vec::new();
    for entry in &map.tables {
        let Some(table) = catalog_table(catalogs, &entry.table) else { continue };
        let mut paths = |field: &'static str, claims: &[crate::map::Claim]| {
            let mut found = Vec::new();
            for (index, claim) in claims.iter().enumerate() {
                match finder.find(&entry.table, claim) {
                    Ok(path) => found.push(path),
                    Err(message) => problems.push(message.at(Place::Claim(entry.table.clone(), field, index))),
                }
            }
            found
        };
        let mut owner = paths("owner", &entry.owner);
        let about = paths("about", &entry.about);
        let own = map.subjects.iter().filter(|subject| subject.table == entry.table);
        owner.extend(own.map(|subject| Path { kind: subject.kind.clone(), hops: Vec::new() }));
        tables.push(MappedTable { entry: entry.clone(), table: table.clone(), owner, about });
    }
    for mapped in &tables {
        problems.extend(check::table(map, catalogs, &edges, &within, mapped));
    }
    problems.extend(circle::circles(map, &tables));
    let directory = match directory::roster(&finder, &within) {
        Ok(roster) => roster,
        Err(found) => {
            problems.extend(found);
            None
        }
    };
    if problems.is_empty() {
        Ok(Scheme { map: map.clone(), catalogs: catalogs.to_vec(), tables, within, edges, directory })
    } else {
        Err(problems)
    }
}
