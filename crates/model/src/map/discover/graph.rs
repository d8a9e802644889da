//! References between tables: those that the database declares, and those that names suggest.

use std::collections::BTreeMap;

use super::words::{application, handles, names_somebody, subject_rank, table_words, words};
use crate::catalog::{Catalog, Column, ColumnKind, Table};
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
    /// The column names whoever looks after the row: `assigned_to_id`.
    pub handles: bool,
    /// A row may point nowhere.
    pub optional: bool,
}

impl Link {
    /// Only a name says so, of a column that cannot forget whom it names: declared as a reference, it would keep people from being erased.
    pub fn binds(&self) -> bool {
        self.suggested && self.handles && !self.optional
    }
}

/// Tables that hold rows, with their references.
pub(super) struct Graph<'c> {
    pub tables: Vec<&'c Table>,
    /// The word that the names of most of its tables begin with.
    pub application: Option<String>,
    /// By the table that points, and by the one that is pointed to.
    from: BTreeMap<TableName, Vec<Link>>,
    to: BTreeMap<TableName, Vec<Link>>,
}

impl<'c> Graph<'c> {
    pub fn new(catalogs: &'c [Catalog]) -> Self {
        let tables: Vec<&Table> = catalogs.iter().flat_map(|catalog| &catalog.tables).filter(|table| holds_rows(table.kind)).collect();
        let application = application(tables.iter().map(|table| table.name.name.as_str()));
        let somebody = somebody(&tables, application.as_deref());
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
                    handles: key.columns.iter().any(|column| handles(column)),
                    optional: is_optional(table, &key.columns),
                };
                // Two foreign keys of the same columns to the same table say the same.
                if !links.contains(&link) {
                    links.push(link);
                }
            }
            links.extend(suggested(table, &tables, somebody));
        }
        let mut graph = Self { tables, application, from: BTreeMap::new(), to: BTreeMap::new() };
        links.into_iter().for_each(|link| graph.add(link));
        graph
    }

    /// The words of a table's name without the application's.
    pub fn words(&self, table: &TableName) -> Vec<String> {
        let mut words = table_words(&table.name);
        if words.len() > 1 && self.application.as_ref() == words.first() {
            words.remove(0);
        }
        words
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
        return Some(words);
    }
    // Databases that fold names leave `TransactionId` as `transactionid`.
    match words.as_slice() {
        [only] => only.strip_suffix("id").filter(|stem| stem.len() > 2).map(|stem| vec![stem.to_owned()]),
        _ => None,
    }
}

/// The table of people whom columns such as `creator` can only mean.
fn somebody<'c>(tables: &[&'c Table], application: Option<&str>) -> Option<&'c Table> {
    const PEOPLE: u8 = 3;
    let people: Vec<&'c Table> = tables
        .iter()
        .copied()
        .filter(|table| subject_rank(&table.name.name, application) == Some(PEOPLE) && table.row_key().is_some_and(|key| key.len() == 1))
        .collect();
    let users: Vec<&'c Table> =
        people.iter().copied().filter(|table| table_words(&table.name.name).last().is_some_and(|last| last == "user")).collect();
    match (users.as_slice(), people.as_slice()) {
        ([only], _) | ([], [only]) => Some(only),
        _ => None,
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
fn suggested(table: &Table, tables: &[&Table], somebody: Option<&Table>) -> Vec<Link> {
    let declared = |column: &str| table.foreign_keys.iter().any(|key| key.columns.iter().any(|known| known == column));
    let mut found = Vec::new();
    for column in table.columns.iter().filter(|column| !declared(&column.name)) {
        // `subject_type` + `subject_id` points to several tables.
        if polymorphic_type(table, &column.name).is_some() || (table.primary_key.len() == 1 && table.primary_key[0] == column.name) {
            continue;
        }
        let Some(target) = named_target(table, column, tables).or_else(|| done_by(column, somebody)) else { continue };
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
                handles: handles(&column.name),
                optional: column.nullable,
            });
        }
    }
    found
}

/// The table that a column is named after: `customer_id`, or `customer` where that is a number.
fn named_target<'t>(table: &Table, column: &Column, tables: &[&'t Table]) -> Option<&'t Table> {
    let reference = reference_words(&column.name);
    let bare = || matches!(column.kind, ColumnKind::Integer | ColumnKind::Uuid).then(|| words(&column.name));
    let is_reference = reference.is_some();
    let words = reference.or_else(bare)?;
    let others = tables.iter().copied().filter(|target| target.name.source == table.name.source && target.name != table.name);
    others
        .filter(|target| {
            let name = table_words(&target.name.name);
            words == name || (is_reference && name.last().is_some_and(|last| words.last() == Some(last)))
        })
        // The table with the same words rather than the one with the same last word.
        .max_by_key(|target| (table_words(&target.name.name) == words, target.name.schema == table.name.schema))
}

/// Whoever created or handles a row is one of the people whom the platform knows.
fn done_by<'t>(column: &Column, somebody: Option<&'t Table>) -> Option<&'t Table> {
    let by_key = matches!(column.kind, ColumnKind::Integer | ColumnKind::Uuid);
    let words = reference_words(&column.name).unwrap_or_else(|| words(&column.name));
    somebody.filter(|_| by_key && names_somebody(&words))
}

fn same_kind(a: &ColumnKind, b: &ColumnKind) -> bool {
    a == b || matches!((a, b), (ColumnKind::Integer, ColumnKind::Decimal) | (ColumnKind::Decimal, ColumnKind::Integer))
}

/// The column that says to which table another column points: `subject_type` for `subject_id`.
pub(super) fn polymorphic_type<'t>(table: &'t Table, column: &str) -> Option<&'t Column> {
    const ENDINGS: [&str; 4] = ["type", "kind", "table", "class"];
    let role = reference_words(column)?;
    table.columns.iter().filter(|other| !matches!(other.kind, ColumnKind::Integer)).find(|other| {
        let mut words = words(&other.name);
        if let [only] = words.as_slice() {
            return role.len() == 1 && ENDINGS.iter().any(|ending| only.strip_suffix(ending) == Some(role[0].as_str()));
        }
        words.pop().is_some_and(|last| ENDINGS.contains(&last.as_str())) && words == role
    })
}
