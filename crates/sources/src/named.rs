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
    let catalog = link.catalog()?;
    let json = serde_json::to_string(files).map_err(|error| Error::Plan { database: link.database.clone(), problem: error.to_string() })?;
    let default_schema = link.schemas.first().cloned().unwrap_or_default();
    let mut named = BTreeSet::new();
    for (table, name) in columns {
        let column = catalog
            .table(table)
            .and_then(|table| table.column(name))
            .ok_or_else(|| Error::Plan { database: link.database.clone(), problem: format!("{table} has no column `{name}`") })?;
        let name = identifier(name);
        match &mut link.connection {
            Connection::Postgres(session) => {
                let place = qualified(table.schema.as_deref().unwrap_or(&default_schema), &table.name);
                // A text column's own index serves.
                let value = if column.kind == ColumnKind::Text { name.clone() } else { format!("CAST({name} AS text)") };
                let sql = format!(
                    "SELECT DISTINCT CAST({name} AS text) FROM {place} WHERE {value} IN (SELECT json_array_elements_text(CAST($1 AS json)))"
                );
                let statement = Statement { sql, parameters: vec![Some(json.clone())] };
                session.ask_rows(OPERATION, &statement, &mut |row| named.extend(row.first().copied().flatten().map(str::to_owned)))?;
            }
            Connection::Sqlite { connection, .. } => {
                let sql = format!(
                    "SELECT DISTINCT CAST({name} AS TEXT) FROM main.{} WHERE {name} IN (SELECT value FROM json_each(?1))",
                    identifier(&table.name)
                );
                let found: Result<Vec<String>, rusqlite::Error> = connection
                    .prepare_cached(&sql)
                    .and_then(|mut statement| statement.query_map([&json], |row| row.get(0)).and_then(Iterator::collect));
                named.extend(found.map_err(|error| told(&link.database, OPERATION, &error))?);
            }
        }
    }
    Ok(files.iter().filter(|file| named.contains(*file)).cloned().collect())
}
