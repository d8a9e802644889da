//! The order in which tables are emptied: rows that point before rows that are pointed to.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::{ReferentialAction, SourceKind, Table};
use crate::map::resolve::{Edge, Scheme};
use crate::names::TableName;

/// Why no order exists.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("the foreign keys of {tables} form a cycle in which no column can be cleared")]
    Cycle { tables: String },
}

/// Tables in the order of their deletion, and the columns to clear beforehand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    pub tables: Vec<TableName>,
    /// References to be set to null in rows that go, so that the rest has an order.
    pub broken: Vec<(TableName, Vec<String>)>,
}

/// Orders the tables, children first; among equals the later in `tables` goes first, so that an order of the map that
/// tells parents before children is turned round.
///
/// # Errors
/// [`Error::Cycle`] when a cycle consists of references that can neither be cleared nor deferred.
pub fn order(scheme: &Scheme, tables: &[TableName]) -> Result<Order, Error> {
    let among: BTreeSet<&TableName> = tables.iter().collect();
    let edges = &scheme.edges;
    let relevant = |edge: &&Edge| edge.from != edge.to && among.contains(&edge.from) && among.contains(&edge.to);
    let mut live: Vec<&Edge> = edges.iter().filter(relevant).collect();
    let mut left: Vec<&TableName> = tables.iter().rev().collect();
    let mut order = Order { tables: Vec::new(), broken: Vec::new() };
    while !left.is_empty() {
        // A table may go once no table that is still left points to it.
        let free = left.iter().position(|table| !live.iter().any(|edge| edge.to == **table));
        if let Some(index) = free {
            let table = left.remove(index);
            live.retain(|edge| edge.from != *table);
            order.tables.push(table.clone());
            continue;
        }
        let cyclic = cyclic_edges(&live);
        // Nobody checks a reference that only the map declares. Clearing comes before waiting for the commit: a large erasure commits
        // between its batches.
        let unchecked = cyclic.iter().find(|edge| edge.on_delete.is_none());
        let cleared = || cyclic.iter().find(|edge| clearable(scheme, edge));
        let Some(edge) = unchecked.or_else(cleared).or_else(|| cyclic.iter().find(|edge| waits(edge))).copied() else {
            let names: BTreeSet<String> = cyclic.iter().map(|edge| edge.from.to_string()).collect();
            return Err(Error::Cycle { tables: names.into_iter().collect::<Vec<_>>().join(", ") });
        };
        if edge.on_delete.is_some() && clearable(scheme, edge) {
            order.broken.push((edge.from.clone(), nullable_columns(scheme.catalog_table(&edge.from), edge)));
        }
        live.retain(|other| *other != edge);
    }
    for edge in edges.iter().filter(|edge| edge.from == edge.to && among.contains(&edge.from) && acts_within(scheme, edge)) {
        if !clearable(scheme, edge) {
            return Err(Error::Cycle { tables: edge.from.to_string() });
        }
        order.broken.push((edge.from.clone(), nullable_columns(scheme.catalog_table(&edge.from), edge)));
    }
    Ok(order)
}

/// The database checks such a reference at commit, and does nothing of its own when the row pointed to goes: RESTRICT never waits, and CASCADE or SET NULL would reach rows before their own step does.
fn waits(edge: &Edge) -> bool {
    edge.deferrable && edge.on_delete == Some(ReferentialAction::NoAction)
}

/// A table's reference to itself that acts in the middle of a statement which deletes both rows. SQLite refuses by RESTRICT row by row,
/// and does not count what CASCADE takes.
fn acts_within(scheme: &Scheme, edge: &Edge) -> bool {
    let sqlite = scheme.catalogs.iter().any(|catalog| catalog.source == edge.from.source && catalog.kind == SourceKind::Sqlite);
    sqlite && matches!(edge.on_delete, Some(ReferentialAction::Restrict | ReferentialAction::Cascade))
}

/// Edges that lie on a cycle: from whose target their origin can be reached.
fn cyclic_edges<'a>(live: &[&'a Edge]) -> Vec<&'a Edge> {
    let mut next: BTreeMap<&TableName, Vec<&TableName>> = BTreeMap::new();
    for edge in live {
        next.entry(&edge.from).or_default().push(&edge.to);
    }
    let reaches = |start: &TableName, goal: &TableName| {
        let mut seen = BTreeSet::from([start]);
        let mut todo = vec![start];
        while let Some(at) = todo.pop() {
            if at == goal {
                return true;
            }
            for target in next.get(at).into_iter().flatten() {
                if seen.insert(*target) {
                    todo.push(target);
                }
            }
        }
        false
    };
    live.iter().filter(|edge| reaches(&edge.to, &edge.from)).copied().collect()
}

/// One null among the columns of a foreign key is enough for it not to be checked (`MATCH SIMPLE`, the only kind SQLite has and
/// the default of PostgreSQL).
fn nullable_columns(table: Option<&Table>, edge: &Edge) -> Vec<String> {
    let Some(table) = table else { return Vec::new() };
    let free = |name: &str| {
        table.column(name).is_some_and(|column| column.nullable && !column.generated) && !table.primary_key.iter().any(|key| key == name)
    };
    edge.columns.iter().filter(|path| path.json.is_empty() && free(&path.column)).map(|path| path.column.clone()).collect()
}

fn clearable(scheme: &Scheme, edge: &Edge) -> bool {
    !nullable_columns(scheme.catalog_table(&edge.from), edge).is_empty()
}
