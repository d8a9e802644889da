//! Which files rows still name.

use std::collections::BTreeSet;

use exeunt_model::catalog::ColumnKind;
use exeunt_model::names::TableName;

use crate::error::Error;
use crate::link::{Connection, Link};
use crate::postgres::session::{Statement, qualified};
use crate::quote::identifier;
use crate::sqlite::connection::told;
use crate::sqlite::declared::{Affinity, affinity};

const OPERATION: &str = "look for files that are still named";

/// Names of files that cannot be compared with others as they are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OddNames {
    /// Texts that are not in [plain form](crate::files::is_plain), each once.
    pub not_plain: Vec<String>,
    /// The columns with a value whose text could be told in several ways. Only SQLite has such: bytes and fractions in any column, whole
    /// numbers in one without a type.
    pub no_text: Vec<(TableName, String)>,
}

/// Which of these names of files some row holds in one of the columns, in their order.
pub(crate) fn still_named(link: &mut Link, columns: &[(&TableName, &str)], files: &[String]) -> Result<Vec<String>, Error> {
    let json = serde_json::to_string(files).map_err(|error| Error::Plan { database: link.database.clone(), problem: error.to_string() })?;
    let mut named = BTreeSet::new();
    for (table, column) in columns {
        let condition = match link.connection {
            Connection::Postgres(_) => "IN (SELECT json_array_elements_text(CAST($1 AS json)))",
            Connection::Sqlite { .. } => "IN (SELECT value FROM json_each(?1))",
        };
        let held = held(link, table, column, |value, _| format!("{value} {condition}"), Some(&json))?;
        named.extend(held.texts);
    }
    Ok(files.iter().filter(|file| named.contains(*file)).cloned().collect())
}

/// The names of files in these columns that cannot be compared with others. This reads every row.
pub(crate) fn odd_names(link: &mut Link, columns: &[(&TableName, &str)]) -> Result<OddNames, Error> {
    let mut named = BTreeSet::new();
    let mut no_text = Vec::new();
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
        let held = held(link, table, column, |_, text| unplain(text, place), None)?;
        named.extend(held.texts);
        if held.no_text {
            no_text.push(((*table).clone(), (*column).to_owned()));
        }
    }
    Ok(OddNames { not_plain: named.into_iter().collect(), no_text })
}

/// What a column holds.
#[derive(Default)]
struct Held {
    texts: Vec<String>,
    no_text: bool,
}

/// The different texts of a column in the rows that a condition selects. The condition is made from the column as an index serves it, and
/// from its text. Without a parameter, values that are no text are looked for as well.
fn held(
    link: &mut Link,
    table: &TableName,
    name: &str,
    condition: impl Fn(&str, &str) -> String,
    parameter: Option<&str>,
) -> Result<Held, Error> {
    let catalog = link.catalog()?;
    let column = catalog
        .table(table)
        .and_then(|table| table.column(name))
        .ok_or_else(|| Error::Plan { database: link.database.clone(), problem: format!("{table} has no column `{name}`") })?;
    let name = identifier(name);
    let text = format!("CAST({name} AS text)");
    let mut found = Held::default();
    let default_schema = link.schemas.first().cloned().unwrap_or_default();
    match &mut link.connection {
        Connection::Postgres(session) => {
            let place = qualified(table.schema.as_deref().unwrap_or(&default_schema), &table.name);
            // A text column's own index serves.
            let value = if column.kind == ColumnKind::Text { &name } else { &text };
            let sql = format!("SELECT DISTINCT {text} FROM {place} WHERE {}", condition(value, &text));
            let statement = Statement { sql, parameters: parameter.map(|text| Some(text.to_owned())).into_iter().collect() };
            session.ask_rows(OPERATION, &statement, &mut |row| found.texts.extend(row.first().copied().flatten().map(str::to_owned)))?;
        }
        Connection::Sqlite { connection, .. } => {
            // Without a collation: texts that the column takes for equal may be different files. As text: any column of SQLite may hold a
            // number or bytes that name a file as well.
            let kinds = if affinity(&column.declared_type) == Affinity::None { "'blob', 'real', 'integer'" } else { "'blob', 'real'" };
            let no_text = if parameter.is_none() { format!("typeof({name}) IN ({kinds})") } else { "FALSE".to_owned() };
            let place = identifier(&table.name);
            let named = format!("SELECT DISTINCT {text} COLLATE BINARY, {no_text} FROM main.{place} WHERE {}", condition(&text, &text));
            let sql = if parameter.is_none() { format!("{named} OR {no_text}") } else { named };
            let told = |error| told(&link.database, OPERATION, &error);
            let mut statement = connection.prepare_cached(&sql).map_err(told)?;
            let mut rows = statement.query(rusqlite::params_from_iter(parameter)).map_err(told)?;
            while let Some(row) = rows.next().map_err(told)? {
                let no_text: bool = row.get(1).map_err(told)?;
                found.no_text |= no_text;
                // Bytes that are no UTF-8 equal no name; what follows their last slash may.
                let bytes = row.get_ref(0).and_then(|value| Ok(value.as_bytes()?)).map_err(told)?;
                found.texts.push(String::from_utf8_lossy(bytes).into_owned());
            }
        }
    }
    Ok(found)
}
