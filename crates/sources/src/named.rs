//! Which files rows still name.

use std::collections::BTreeSet;

use exeunt_model::catalog::{Column, ColumnKind};
use exeunt_model::names::TableName;

use crate::error::Error;
use crate::files::is_plain;
use crate::link::{Connection, Link, TextRows};
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
    let list = match link.connection {
        Connection::Postgres(_) => "IN (SELECT json_array_elements_text(CAST($1 AS json)))",
        Connection::Sqlite { .. } => "IN (SELECT value FROM json_each(?1))",
    };
    let found = held(link, columns, &|value, _| format!("{value} {list}"), Some(&json))?;
    let named: BTreeSet<String> = found.into_iter().flat_map(|held| held.texts).collect();
    Ok(files.iter().filter(|file| named.contains(*file)).cloned().collect())
}

/// The names of files in these columns that cannot be compared with others. This reads every row.
pub(crate) fn odd_names(link: &mut Link, columns: &[(&TableName, &str)]) -> Result<OddNames, Error> {
    let place = match link.connection {
        Connection::Postgres(_) => "strpos",
        Connection::Sqlite { .. } => "instr",
    };
    // More than is wanted, such as names that begin with a dot: whether a name is plain is not for the database to say.
    let unplain = |_: &str, text: &str| format!("{place}(replace('/' || {text} || '/', '/.', '//'), '//') > 0");
    let mut named = BTreeSet::new();
    let mut no_text = Vec::new();
    for ((table, column), held) in columns.iter().zip(held(link, columns, &unplain, None)?) {
        // A value that is no text stands for whatever its text may be taken for.
        named.extend(held.texts.into_iter().filter(|name| held.no_text || !(name.is_empty() || is_plain(name))));
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

/// Makes a condition from a column as an index serves it, and from its text.
type Wanted<'a> = &'a dyn Fn(&str, &str) -> String;

/// The different texts of each column in the rows that a condition selects: one round trip on PostgreSQL. Without a parameter, values that
/// are no text are looked for as well.
fn held(link: &mut Link, columns: &[(&TableName, &str)], wanted: Wanted<'_>, parameter: Option<&str>) -> Result<Vec<Held>, Error> {
    let catalog = link.catalog()?;
    let database = link.database.clone();
    let default_schema = link.schemas.first().cloned().unwrap_or_default();
    let bytewise = match link.connection {
        Connection::Postgres(_) => "\"C\"",
        Connection::Sqlite { .. } => "BINARY",
    };
    let described = |(table, name): &(&TableName, &str)| {
        let column = catalog.table(table).and_then(|table| table.column(name));
        let column =
            column.ok_or_else(|| Error::Plan { database: database.clone(), problem: format!("{table} has no column `{name}`") })?;
        // Without a collation: texts that the column takes for equal may be different files.
        Ok((column.clone(), identifier(name), format!("CAST({} AS text) COLLATE {bytewise}", identifier(name))))
    };
    let described: Vec<(Column, String, String)> = columns.iter().map(described).collect::<Result<_, Error>>()?;
    let tables = columns.iter().map(|(table, _)| table);
    match &mut link.connection {
        Connection::Postgres(session) => {
            let statement = |(table, (column, name, text)): (&&TableName, &(Column, String, String))| {
                let place = qualified(table.schema.as_deref().unwrap_or(&default_schema), &table.name);
                // A text column's own index serves.
                let value = if column.kind == ColumnKind::Text { name } else { text };
                let sql = format!("SELECT DISTINCT {text} FROM {place} WHERE {}", wanted(value, text));
                Statement { sql, parameters: parameter.map(|text| Some(text.to_owned())).into_iter().collect() }
            };
            let answers = session.ask_all(OPERATION, &tables.zip(&described).map(statement).collect::<Vec<_>>())?;
            let texts = |rows: TextRows| rows.into_iter().filter_map(|mut row| row.swap_remove(0)).collect();
            Ok(answers.into_iter().map(|answer| Held { texts: texts(answer.rows), no_text: false }).collect())
        }
        Connection::Sqlite { connection, .. } => {
            let told = |error| told(&database, OPERATION, &error);
            let mut all = Vec::with_capacity(columns.len());
            for (table, (column, name, text)) in tables.zip(&described) {
                // As text: any column of SQLite may hold a number or bytes that name a file as well.
                let kinds = if affinity(&column.declared_type) == Affinity::None { "'blob', 'real', 'integer'" } else { "'blob', 'real'" };
                let no_text = if parameter.is_none() { format!("typeof({name}) IN ({kinds})") } else { "FALSE".to_owned() };
                let place = identifier(&table.name);
                let named = format!("SELECT DISTINCT {text}, {no_text} FROM main.{place} WHERE {}", wanted(text, text));
                let sql = if parameter.is_none() { format!("{named} OR {no_text}") } else { named };
                let mut statement = connection.prepare_cached(&sql).map_err(told)?;
                let mut rows = statement.query(rusqlite::params_from_iter(parameter)).map_err(told)?;
                let mut found = Held::default();
                while let Some(row) = rows.next().map_err(told)? {
                    let no_text: bool = row.get(1).map_err(told)?;
                    found.no_text |= no_text;
                    // Bytes that are no UTF-8 equal no name; what follows their last slash may.
                    let bytes = row.get_ref(0).and_then(|value| Ok(value.as_bytes()?)).map_err(told)?;
                    found.texts.push(String::from_utf8_lossy(bytes).into_owned());
                }
                all.push(found);
            }
            Ok(all)
        }
    }
}
