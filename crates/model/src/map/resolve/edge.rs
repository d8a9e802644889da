//! References between tables, whether the database declares them or the map does.

use crate::catalog::{Catalog, Column, ColumnKind, ReferentialAction, SourceKind};
use crate::map::DataMap;
use crate::names::TableName;
use crate::selection::ColumnPath;

/// Rows of `from` point with `columns` to rows of `to`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    pub from: TableName,
    pub columns: Vec<ColumnPath>,
    pub to: TableName,
    pub referenced: Vec<String>,
    /// Only in rows where these columns have these texts.
    pub when: Vec<(ColumnPath, String)>,
    /// What the database does when the row pointed to is deleted; `None` where the database knows nothing of the reference.
    pub on_delete: Option<ReferentialAction>,
    pub deferrable: bool,
    /// The database guarantees that the row pointed to exists.
    pub enforced: bool,
    /// A value of one side, written as text, is the same value of the other: `007` of a text column is none of an integer one.
    pub alike: bool,
}

pub(super) fn edges(map: &DataMap, catalogs: &[Catalog]) -> Vec<Edge> {
    let mut edges = Vec::new();
    for catalog in catalogs {
        for table in &catalog.tables {
            for key in &table.foreign_keys {
                edges.push(Edge {
                    from: table.name.clone(),
                    columns: key.columns.iter().map(ColumnPath::column).collect(),
                    to: key.references.clone(),
                    referenced: key.referenced_columns.clone(),
                    when: Vec::new(),
                    on_delete: Some(key.on_delete),
                    deferrable: key.deferrable,
                    // SQLite checks foreign keys only in connections that ask for it.
                    enforced: catalog.kind == SourceKind::Postgres,
                    alike: false,
                });
            }
            let declared = map.entry(&table.name).into_iter().flat_map(|entry| &entry.references);
            for reference in declared {
                edges.push(Edge {
                    from: table.name.clone(),
                    columns: reference.columns.clone(),
                    to: reference.to.clone(),
                    referenced: reference.referenced.clone(),
                    when: reference.when.clone(),
                    on_delete: None,
                    deferrable: true,
                    enforced: false,
                    alike: false,
                });
            }
        }
    }
    for edge in &mut edges {
        edge.alike = edge.sides(catalogs).into_iter().all(|sides| sides.is_some_and(|(from, to)| alike(catalogs, edge, from, to)));
    }
    edges
}

/// PostgreSQL refuses a number that is too large for its type, so that there the types are the same.
fn alike(catalogs: &[Catalog], edge: &Edge, from: &Column, to: &Column) -> bool {
    let of_sqlite = catalogs.iter().any(|catalog| catalog.source == edge.from.source && catalog.kind == SourceKind::Sqlite);
    from.kind == to.kind && (from.kind == ColumnKind::Text || of_sqlite || from.declared_type == to.declared_type)
}

impl Edge {
    /// Each column with the one that it holds values of. `None` for a place inside a column, and for what is in no catalog.
    pub(super) fn sides<'c>(&self, catalogs: &'c [Catalog]) -> Vec<Option<(&'c Column, &'c Column)>> {
        let column = |table: &TableName, name: &str| {
            let catalog = catalogs.iter().find(|catalog| catalog.source == table.source)?;
            catalog.table(table)?.column(name)
        };
        let pairs = self.columns.iter().zip(&self.referenced).filter(|(path, _)| path.json.is_empty());
        pairs.map(|(path, referenced)| Some((column(&self.from, &path.column)?, column(&self.to, referenced)?))).collect()
    }

    /// As people read it: `app.note(author_seat_id) → app.seat`.
    pub fn describe(&self) -> String {
        let columns: Vec<String> = self.columns.iter().map(ToString::to_string).collect();
        format!("{}({}) → {}", self.from, columns.join(", "), self.to)
    }
}
