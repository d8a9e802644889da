//! Looks for texts in all columns that can hold text: one scan per table, bounded in time.

use std::time::{Duration, Instant};

use exeunt_model::catalog::{Column, ColumnKind};
use exeunt_model::names::TableName;
use memchr::memmem;
use rusqlite::types::ValueRef;

use crate::error::Error;
use crate::link::{Connection, Link};
use crate::postgres::session::{Session, Statement, qualified};
use crate::quote::identifier;

/// How long the search may take.
#[derive(Debug, Clone, Copy)]
pub struct SearchLimits {
    /// For one table; a table that takes longer is told as not searched.
    pub per_table: Duration,
}

impl Default for SearchLimits {
    fn default() -> Self {
        Self { per_table: Duration::from_secs(300) }
    }
}

/// What a search found in one table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Searched {
    pub table: TableName,
    pub outcome: SearchOutcome,
}

/// Whether a table was searched, and what was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SearchOutcome {
    /// The columns that were looked at, each with the number of rows in which one of the texts stands.
    Searched(Vec<(String, u64)>),
    /// The table could not be searched, or not in time.
    Unsearchable(String),
}

/// Rows between two looks at the clock.
const ROWS_PER_LOOK: u64 = 4096;
const OPERATION: &str = "search for texts";

/// Searches tables for texts, upper and lower case alike.
pub(crate) fn search(link: &mut Link, tables: &[&TableName], texts: &[String], limits: SearchLimits) -> Result<Vec<Searched>, Error> {
    let catalog = link.catalog()?;
    let texts: Vec<String> = texts.iter().filter(|text| !text.is_empty()).map(|text| text.to_lowercase()).collect();
    let default_schema = link.schemas.first().cloned().unwrap_or_default();
    let mut found = Vec::with_capacity(tables.len());
    for name in tables {
        let table = catalog
            .table(name)
            .ok_or_else(|| Error::Plan { database: link.database.clone(), problem: format!("there is no table {name}") })?;
        let columns: Vec<&Column> = table.columns.iter().filter(|column| can_hold_text(&column.kind)).collect();
        let outcome = if columns.is_empty() || texts.is_empty() {
            SearchOutcome::Searched(Vec::new())
        } else {
            match &mut link.connection {
                Connection::Postgres(session) => {
                    let place = qualified(name.schema.as_deref().unwrap_or(&default_schema), &name.name);
                    postgres(session, &place, &columns, &texts, limits)?
                }
                Connection::Sqlite { connection, .. } => sqlite(connection, name, &columns, &texts, limits),
            }
        };
        found.push(Searched { table: (*name).clone(), outcome });
    }
    Ok(found)
}

fn names<'a>(columns: &'a [&Column]) -> impl Iterator<Item = String> + 'a {
    columns.iter().map(|column| column.name.clone())
}

fn can_hold_text(kind: &ColumnKind) -> bool {
    match kind {
        ColumnKind::Text | ColumnKind::Json | ColumnKind::Array | ColumnKind::Uuid | ColumnKind::Other | ColumnKind::Bytes => true,
        ColumnKind::Boolean
        | ColumnKind::Integer
        | ColumnKind::Float
        | ColumnKind::Decimal
        | ColumnKind::Date
        | ColumnKind::Time
        | ColumnKind::Timestamp
        | ColumnKind::TimestampWithZone
        | ColumnKind::Interval
        | ColumnKind::Enumeration(_) => false,
    }
}

/// One scan in the server. A savepoint keeps the transaction alive when the table cannot be searched.
fn postgres(
    session: &mut Session,
    place: &str,
    columns: &[&Column],
    texts: &[String],
    limits: SearchLimits,
) -> Result<SearchOutcome, Error> {
    let limit_ms = limits.per_table.as_millis();
    session.run(OPERATION, &format!("SAVEPOINT exeunt_search; SET LOCAL statement_timeout = {limit_ms}"))?;
    // Folding ASCII alone is twice as fast, and enough where the texts are ASCII.
    let folding = if texts.iter().all(|text| text.is_ascii()) { " COLLATE \"C\"" } else { "" };
    let lowered = |(number, column): (usize, &&Column)| {
        let name = identifier(&column.name);
        let text = match column.kind {
            // Text stands in bytes as it is; zero bytes and all outside ASCII are written \nnn.
            ColumnKind::Bytes => format!("encode({name}, 'escape')"),
            _ => format!("CAST({name} AS text)"),
        };
        format!("lower({text}{folding}) AS c{number}")
    };
    let lowered: Vec<String> = columns.iter().enumerate().map(lowered).collect();
    let hits: Vec<String> = (0..columns.len())
        .map(|column| {
            let any: Vec<String> = (1..=texts.len()).map(|number| format!("strpos(c{column}, ${number}) > 0")).collect();
            format!("count(*) FILTER (WHERE {})", any.join(" OR "))
        })
        .collect();
    let statement = Statement {
        // OFFSET 0 keeps the inner query apart, so that each value is folded once and not once per text.
        sql: format!("SELECT {} FROM (SELECT {} FROM {place} OFFSET 0) AS found", hits.join(", "), lowered.join(", ")),
        parameters: texts.iter().cloned().map(Some).collect(),
    };
    let answer = session.ask(OPERATION, &statement);
    let outcome = match answer {
        Ok(answer) => {
            let count = |text: &Option<String>| text.as_deref()?.parse().ok();
            let counts = answer.rows.first().and_then(|row| row.iter().map(count).collect::<Option<Vec<u64>>>());
            match counts.filter(|counts| counts.len() == columns.len()) {
                Some(counts) => SearchOutcome::Searched(names(columns).zip(counts).collect()),
                // What was not counted is not taken for absent.
                None => SearchOutcome::Unsearchable("the server's answer was not understood".to_owned()),
            }
        }
        Err(error @ (Error::ConnectionLost { .. } | Error::Protocol { .. })) => return Err(error),
        Err(error) => SearchOutcome::Unsearchable(error.to_string()),
    };
    session.run(OPERATION, "ROLLBACK TO SAVEPOINT exeunt_search; RELEASE SAVEPOINT exeunt_search")?;
    Ok(outcome)
}

/// One scan in this process: SQLite's own functions know upper and lower case of ASCII only.
fn sqlite(
    connection: &rusqlite::Connection,
    table: &TableName,
    columns: &[&Column],
    texts: &[String],
    limits: SearchLimits,
) -> SearchOutcome {
    let started = Instant::now();
    let finders: Vec<memmem::Finder<'_>> = texts.iter().map(|text| memmem::Finder::new(text.as_bytes())).collect();
    let list: Vec<String> = columns.iter().map(|column| identifier(&column.name)).collect();
    let sql = format!("SELECT {} FROM main.{}", list.join(", "), identifier(&table.name));
    let mut counts = vec![0; columns.len()];
    let mut lower = Vec::new();
    let mut scan = || -> rusqlite::Result<bool> {
        let mut statement = connection.prepare(&sql)?;
        let mut rows = statement.query([])?;
        let mut seen = 0u64;
        while let Some(row) = rows.next()? {
            for (at, count) in counts.iter_mut().enumerate() {
                let bytes = match row.get_ref(at)? {
                    ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes,
                    ValueRef::Null | ValueRef::Integer(_) | ValueRef::Real(_) => continue,
                };
                lower.clear();
                match std::str::from_utf8(bytes) {
                    Ok(text) if !text.is_ascii() => lower.extend(text.to_lowercase().as_bytes()),
                    Ok(_) | Err(_) => lower.extend(bytes.iter().map(u8::to_ascii_lowercase)),
                }
                *count += u64::from(finders.iter().any(|finder| finder.find(&lower).is_some()));
            }
            seen += 1;
            if seen.is_multiple_of(ROWS_PER_LOOK) && started.elapsed() > limits.per_table {
                return Ok(false);
            }
        }
        Ok(true)
    };
    match scan() {
        Ok(true) => SearchOutcome::Searched(names(columns).zip(counts).collect()),
        Ok(false) => SearchOutcome::Unsearchable(format!("it takes longer than {} s", limits.per_table.as_secs())),
        Err(error) => SearchOutcome::Unsearchable(crate::sqlite::connection::told(&table.source, OPERATION, &error).to_string()),
    }
}
