//! References between tables: those that the database declares, and those that names suggest.

use std::collections::BTreeMap;

use super::words::{table_words, words};
use crate::catalog::{Catalog, ColumnKind, Table};
use crate::map::resolve::holds_rows;
use crate::names::TableName;

/// One reference from a table to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Link {
    pub from: TableName,
    pub columns: Vec<String>,
    pub to: TableName,
    pub referenced: Vec<String>,
    /// Only the columns' name says so.
    pub suggested: bool,
    /// The column is named after the table it points to, without a role: `customer_id`, not `manager_staff_id`.
    pub plain: bool,
    /// A row may point nowhere.
    pub optional: bool,
}

/// Tables that hold rows, with their references.
pub(super) struct Graph<'c> {
    pub tables: Vec<&'c Table>,
    /// By the table that points, and by the one that is pointed to.
    from: BTreeMap<TableName, Vec<Link>>,
    to: BTreeMap<TableName, Vec<Link>>,
}

impl<'c> Graph<'c> {
    pub fn new(catalogs: &'c [Catalog]) -> Self {
        let tables: Vec<&Table> = catalogs.iter().flat_map(|catalog| &catalog.tables).filter(|table| holds_rows(table.kind)).collect();
        let mut links = Vec::new();
        for table in &tables {
            for key in &table.foreign_keys {
                let link = Link {
                    from: table.name.clone(),
                    columns: key.columns.clone(),
                    to: key.references.clone(),
                    referenced: key.referenced_columns.clone(),
                    suggested: false,
                    plain: key.columns.len() > 1 || is_plain(&key.columns[0], &key.references.name),
                    optional: is_optional(table, &key.columns),
                };
                // Two foreign keys of the same columns to the same table say the same.
                if !links.contains(&link) {
                    links.push(link);
                }
            }
            links.extend(suggested(table, &tables));
        }
        let mut graph = Self { tables, from: BTreeMap::new(), to: BTreeMap::new() };
        links.into_iter().for_each(|link| graph.add(link));
        graph
    }

    pub fn add(&mut self, link: Link) {
        self.to.entry(link.to.clone()).or_default().push(link.clone());
        self.from.entry(link.from.clone()).or_default().push(link);
    }

    pub fn from(&self, table: &TableName) -> impl Iterator<Item = &Link> {
        self.from.get(table).into_iter().flatten()
    }

    pub fn to(&self, table: &TableName) -> impl Iterator<Item = &Link> {
        self.to.get(table).into_iter().flatten()
    }
}

/// The words of a column that names another row, without its `id`.
fn reference_words(column: &str) -> Option<Vec<String>> {
    let mut words = words(column);
    let last = words.last()?;
    let keys = ["id", "uuid", "guid", "key", "no", "number"];
    if words.len() > 1 && keys.contains(&last.as_str()) {
        words.pop();
        Some(words)
    } else {
        None
    }
}

fn is_optional(table: &Table, columns: &[String]) -> bool {
    columns.iter().any(|name| table.column(name).is_some_and(|column| column.nullable))
}

fn is_plain(column: &str, table: &str) -> bool {
    let table = table_words(table);
    match reference_words(column) {
        Some(mut words) => {
            // Whoever owns or wrote a row is no mere role.
            if words.len() > 1 && matches!(words[0].as_str(), "owner" | "owning" | "author") {
                words.remove(0);
            }
            words == table || table.last().is_some_and(|last| words == [last.clone()])
        }
        None => words(column) == table,
    }
}

/// References that only names tell of: `customer_id` without a foreign key, where a table `customer` has a key of that type.
fn suggested(table: &Table, tables: &[&Table]) -> Vec<Link> {
    let declared = |column: &str| table.foreign_keys.iter().any(|key| key.columns.iter().any(|known| known == column));
    let mut found = Vec::new();
    for column in table.columns.iter().filter(|column| !declared(&column.name)) {
        let Some(words) = reference_words(&column.name) else { continue };
        // `subject_type` + `subject_id` points to several tables.
        if polymorphic_type(table, &column.name).is_some() {
            continue;
        }
        let own_key = table.primary_key.len() == 1 && table.primary_key[0] == column.name;
        let target = tables
            .iter()
            .filter(|target| target.name.source == table.name.source && target.name != table.name)
            .filter(|target| {
                let name = table_words(&target.name.name);
                words == name || name.last().is_some_and(|last| words.last() == Some(last))
            })
            // The table with the same words rather than the one with the same last word.
            .max_by_key(|target| (table_words(&target.name.name) == words, target.name.schema == table.name.schema));
        let Some(target) = target.filter(|_| !own_key) else { continue };
        let [key] = target.primary_key.as_slice() else { continue };
        let fits = target.column(key).is_some_and(|key| same_kind(&key.kind, &column.kind));
        if fits {
            found.push(Link {
                from: table.name.clone(),
                columns: vec![column.name.clone()],
                to: target.name.clone(),
                referenced: vec![key.clone()],
                suggested: true,
                plain: is_plain(&column.name, &target.name.name),
                optional: column.nullable,
            });
        }
    }
    found
}

fn same_kind(a: &ColumnKind, b: &ColumnKind) -> bool {
    a == b || matches!((a, b), (ColumnKind::Integer, ColumnKind::Decimal) | (ColumnKind::Decimal, ColumnKind::Integer))
}

/// The column that says to which table another column points: `subject_type` for `subject_id`.
pub(super) fn polymorphic_type<'t>(table: &'t Table, column: &str) -> Option<&'t crate::catalog::Column> {
    let role = reference_words(column)?;
    table.columns.iter().find(|other| {
        let mut words = words(&other.name);
        let is_type = words.last().is_some_and(|last| matches!(last.as_str(), "type" | "kind" | "table" | "class"));
        words.pop();
        is_type && words == role && !matches!(other.kind, ColumnKind::Integer)
    })
}
