//! Which files rows still name.

use std::collections::BTreeSet;

use exeunt_model::catalog::ColumnKind;
use exeunt_model::names::TableName;

use crate::error::Error;
use crate::link::{Connection, Link};
use crate::postgres::session::{Statement, qualified};
use crate::quote::identifier;
use crate::sqlite::connection::told;

const OPERATION: &str = "look for files that are still named";

/// Which of these names of files some row holds in one of the columns, in their order.
pub(crate) fn still_named(link: &mut Link, columns: &[(&TableName, &str)], files: &[String]) -> Result<Vec<String>, Error> {
    let json = serde_json::to_string(files).map_err(|error| Error::Plan { database: link.database.clone(), problem: error.to_string() })?;
    let mut named = BTreeSet::new();
    for (table, column) in columns {
        let condition = match link.connection {
            Connection::Postgres(_) => "IN (SELECT json_array_elements_text(CAST($1 AS json)))",
            Connection::Sqlite { .. } => "IN (SELECT value FROM json_each(?1))",
        };
        held(link, table, column, |value, _| format!("{value} {condition}"), Some(&json), &mut named)?;
    }
    Ok(files.iter().filter(|file| named.contains(*file)).cloned().collect())
}

/// The names of files in these columns that are not in plain form. This reads every row.
pub(crate) fn names_not_plain(link: &mut Link, columns: &[(&TableName, &str)]) -> Result<Vec<String>, Error> {
    let mut named = BTreeSet::new();
    for (table, column) in columns {
        let unplain = |text: &str, place: &str| {
            let slashed = format!("'/' || {text} || '/'");
            let parts = ["//", "/./", "/../"].map(|part| format!("{place}({slashed}, '{part}') > 0"));
            format!("{text} <> '' AND ({})", parts.join(" OR "))
        };
        let place = match link.connection {
            Connection::Postgres(_) => "strpos",
            Connection::Sqlite { .. } => "instr",
        };
        held(link, table, column, |_, text| unplain(text, place), None, &mut named)?;
    }
    Ok(named.into_iter().collect())
}

/// The different texts of a column in the rows that a condition selects. The condition is made from the column as an index serves it, and
/// from its text.
fn held(
    link: &mut Link,
    table: &TableName,
    name: &str,
    condition: impl Fn(&str, &str) -> String,
    parameter: Option<&str>,
    found: &mut BTreeSet<String>,
) -> Result<(), Error> {
    let catalog = link.catalog()?;
    let column = catalog
        .table(table)
        .and_then(|table| table.column(name))
        .ok_or_else(|| Error::Plan { database: link.database.clone(), problem: format!("{table} has no column `{name}`") })?;
    let name = identifier(name);
    let text = format!("CAST({name} AS text)");
    let default_schema = link.schemas.first().cloned().unwrap_or_default();
    match &mut link.connection {
        Connection::Postgres(session) => {
            let place = qualified(table.schema.as_deref().unwrap_or(&default_schema), &table.name);
            // A text column's own index serves.
            let value = if column.kind == ColumnKind::Text { &name } else { &text };
            let sql = format!("SELECT DISTINCT {text} FROM {place} WHERE {}", condition(value, &text));
            let statement = Statement { sql, parameters: parameter.map(|text| Some(text.to_owned())).into_iter().collect() };
            session.ask_rows(OPERATION, &statement, &mut |row| found.extend(row.first().copied().flatten().map(str::to_owned)))
        }
        Connection::Sqlite { connection, .. } => {
            // Without a collation: texts that the column takes for equal may be different files. As text: any column of SQLite may hold a
            // number or bytes that name a file as well.
            let sql =
                format!("SELECT DISTINCT {text} COLLATE BINARY FROM main.{} WHERE {}", identifier(&table.name), condition(&text, &text));
            let told = |error| told(&link.database, OPERATION, &error);
            let mut statement = connection.prepare_cached(&sql).map_err(told)?;
            let rows = statement.query_map(rusqlite::params_from_iter(parameter), |row| row.get(0)).map_err(told)?;
            found.extend(rows.collect::<Result<Vec<String>, _>>().map_err(told)?);
            Ok(())
        }
    }
}
