//! The residual search: does any text of the mapped databases still hold an identifier of the erased subject?
//!
//! After an erasure of chosen categories the subject is still there, and so are its identifiers: only the tables of these categories are
//! searched, and the certificate lists no others.
//!
//! It scans, so it is made only when it is asked for: before the erasure, for a baseline without which absence would prove nothing, and after
//! it. One connection for reading alone, one table after the other, each with a limit of time; a table that takes longer is `UNVERIFIABLE`.

use std::collections::BTreeSet;
use std::time::Duration;

use exeunt_model::catalog::TableKind;
use exeunt_model::certificate::{Residual, ResidualTable, Verdict};
use exeunt_model::names::{SourceName, TableName};
use exeunt_model::plan::Plan;
use exeunt_sources::{Look, SearchLimits, SearchOutcome};
use serde::{Deserialize, Serialize};

use crate::erasure::{Acting, Error, Means, Progress};

/// Shorter texts are found everywhere and prove nothing.
const SHORTEST_IDENTIFIER: usize = 4;
/// How long the search of one table may take.
const TABLE_PATIENCE: Duration = Duration::from_secs(120);

/// What the search before the erasure found. No personal data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Baseline {
    identifiers: u64,
    tables: Vec<Searched>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Searched {
    table: TableName,
    columns: u64,
    /// Rows with a hit; `None` where the search could not be made.
    rows: Option<u64>,
}

/// The subject's identifying values: what the map's `identifiers` columns hold in its rows.
pub(crate) fn identifiers(plan: &Plan, sources: &mut [Acting]) -> Result<Vec<String>, Error> {
    let mut found = BTreeSet::new();
    for identifier in &plan.outline.identifiers {
        let Some(source) = sources.iter_mut().find(|source| source.source == identifier.table.source) else { continue };
        let values = source.identifier_values(plan, identifier)?;
        let long = values.iter().map(|value| value.trim()).filter(|value| value.chars().count() >= SHORTEST_IDENTIFIER);
        found.extend(long.map(str::to_lowercase));
    }
    Ok(found.into_iter().collect())
}

/// Searches before anything is erased.
pub(crate) fn baseline(means: &mut Means<'_>, plan: &Plan, identifiers: &[String]) -> Baseline {
    Baseline { identifiers: identifiers.len() as u64, tables: search(means, plan, identifiers) }
}

/// Whether a table can be expected to be free of the subject after the erasure.
fn is_searched(means: &Means<'_>, plan: &Plan, table: &TableName) -> bool {
    if plan.outline.takes_subject() {
        return true;
    }
    let Some(chosen) = &plan.outline.categories else { return true };
    let category = means.platform.map.entry(table).and_then(|entry| entry.category.as_ref());
    category.is_some_and(|category| chosen.names.contains(category))
}

/// Searches again where a baseline was taken, and judges every table. `kept` tells how many rows of a table stay for a stated reason.
pub(crate) fn conclude(
    means: &mut Means<'_>,
    plan: &Plan,
    baseline: Option<&Baseline>,
    identifiers: &[String],
    kept: impl Fn(&TableName) -> u64,
) -> Residual {
    let Some(baseline) = baseline else { return Residual::NotAsked };
    let after = search(means, plan, identifiers);
    let tables = baseline.tables.iter().map(|before| {
        let after = after.iter().find(|after| after.table == before.table).and_then(|after| after.rows);
        ResidualTable {
            table: before.table.clone(),
            columns: before.columns,
            before: before.rows,
            after,
            verdict: Verdict::of(before.rows, after, kept(&before.table)),
        }
    });
    Residual::Searched { identifiers: baseline.identifiers, tables: tables.collect() }
}

/// Searches every table of every database; what cannot be searched has no count.
fn search(means: &mut Means<'_>, plan: &Plan, identifiers: &[String]) -> Vec<Searched> {
    let mut found = Vec::new();
    for database in &means.platform.databases {
        let opened = database.reader().and_then(|mut reader| reader.introspect().map(|catalog| (reader, catalog)));
        let Ok((mut reader, catalog)) = opened else {
            found.extend(unsearchable(means, plan, database.name()));
            continue;
        };
        for table in catalog.tables.iter().filter(|table| holds_rows(table.kind)) {
            if !is_searched(means, plan, &table.name) {
                continue;
            }
            (means.report)(Progress::Searching { table: &table.name });
            let limits = SearchLimits { per_table: TABLE_PATIENCE };
            let searched = match reader.search(&[&table.name], identifiers, limits) {
                Ok(searched) => searched.into_iter().next().map(|searched| searched.outcome),
                Err(_) => {
                    // The connection is of no more use; a new one costs little beside a scan.
                    if let Ok(again) = database.reader() {
                        reader = again;
                    }
                    None
                }
            };
            found.push(count(&table.name, searched));
        }
    }
    found
}

/// Rows with a hit, as the column with the most of them has.
fn count(table: &TableName, outcome: Option<SearchOutcome>) -> Searched {
    let (columns, rows) = match outcome {
        Some(SearchOutcome::Searched(columns)) => {
            let most = columns.iter().map(|(_, rows)| *rows).max();
            (columns.len() as u64, Some(most.unwrap_or(0)))
        }
        Some(SearchOutcome::Unsearchable(_)) | None => (0, None),
    };
    Searched { table: table.clone(), columns, rows }
}

fn holds_rows(kind: TableKind) -> bool {
    match kind {
        TableKind::Table | TableKind::MaterializedView | TableKind::Virtual | TableKind::Foreign => true,
        TableKind::View => false,
    }
}

/// The mapped tables of a database that cannot be reached.
fn unsearchable(means: &Means<'_>, plan: &Plan, source: &SourceName) -> Vec<Searched> {
    let tables = means.platform.map.tables.iter().map(|entry| &entry.table).filter(|table| table.source == *source);
    let tables = tables.filter(|table| is_searched(means, plan, table));
    tables.map(|table| Searched { table: table.clone(), columns: 0, rows: None }).collect()
}
