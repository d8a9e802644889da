//! Which tables are probably kinds of subjects, and which kind lies within which.

use super::graph::Graph;
use super::words::{Meaning, label_rank, meaning, plausible, subject_rank, table_words};
use crate::catalog::{Column, ColumnKind, Table, TableKind};
use crate::names::TableName;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Candidate {
    pub kind: String,
    pub table: TableName,
    pub key: Vec<String>,
    pub label: Option<String>,
    pub rank: u8,
    /// Columns of the table by which a person is found anywhere.
    pub identifiers: Vec<String>,
    /// Tables that point to it.
    pub pointing: usize,
    /// Columns that lead to a candidate further out, with that candidate's kind.
    pub within: Vec<(String, Vec<String>)>,
}

/// Candidates from the outermost to the innermost, in each rank those with the most references first.
pub(super) fn candidates(graph: &Graph<'_>) -> Vec<Candidate> {
    let mut found: Vec<Candidate> = graph.tables.iter().filter_map(|table| candidate(graph, table)).collect();
    let mut owned = found.iter().map(|candidate| is_owned(graph, &found, candidate)).collect::<Vec<_>>().into_iter();
    found.retain(|_| !owned.next().unwrap_or(false));
    arrange(graph, &mut found);
    found
}

/// Whether a person should look at it: people who work for the platform, a table that no reference points to, or another kind of the same
/// rank that it has nothing to do with.
pub(super) fn doubtful(candidate: &Candidate, all: &[Candidate]) -> bool {
    let apart = |other: &Candidate| other.rank == candidate.rank && other.table != candidate.table;
    candidate.pointing == 0 || super::words::staff(&candidate.kind) || all.iter().any(apart)
}

/// Each row belongs to a subject that more of the schema turns around: the contacts of a user are the user's data.
fn is_owned(graph: &Graph<'_>, candidates: &[Candidate], candidate: &Candidate) -> bool {
    let belongs = |other: &Candidate| other.table != candidate.table && other.rank >= candidate.rank && other.pointing > candidate.pointing;
    let mut links = graph.from(&candidate.table).filter(|link| link.plain && !link.suggested && !link.optional);
    links.any(|link| candidates.iter().any(|other| other.table == link.to && belongs(other)))
}

/// Sorts candidates, gives each a name of its own and finds which lies within which.
pub(super) fn arrange(graph: &Graph<'_>, found: &mut [Candidate]) {
    found.sort_by(|a, b| (a.rank, usize::MAX - a.pointing, &a.table).cmp(&(b.rank, usize::MAX - b.pointing, &b.table)));
    distinguish(found);
    let others: Vec<(u8, String, TableName)> = found.iter().map(|other| (other.rank, other.kind.clone(), other.table.clone())).collect();
    for candidate in found {
        for link in graph.from(&candidate.table).filter(|link| !link.suggested) {
            let outer = others.iter().find(|(rank, _, table)| *rank < candidate.rank && *table == link.to);
            if let Some((_, kind, _)) = outer {
                candidate.within.push((kind.clone(), link.columns.clone()));
            }
        }
    }
}

fn candidate(graph: &Graph<'_>, table: &Table) -> Option<Candidate> {
    let rank = subject_rank(&table.name.name, graph.application.as_deref())?;
    let key = table.row_key()?.to_vec();
    // A table whose key is made of references ties others together.
    let is_tie = key.iter().all(|column| table.foreign_keys.iter().any(|known| known.columns.contains(column)));
    if is_tie || table.kind != TableKind::Table {
        return None;
    }
    let of_meaning = |wanted: Meaning| {
        let fits = move |column: &&Column| meaning(&column.name) == Some(wanted) && plausible(&column.name, &column.kind);
        let columns = table.columns.iter().filter(fits);
        columns.map(|column| column.name.clone()).collect::<Vec<_>>()
    };
    let identifiers = of_meaning(Meaning::Identifier);
    let pointing = graph.to(&table.name).filter(|link| link.from != table.name).count();
    let about_people = !identifiers.is_empty() || !of_meaning(Meaning::Personal).is_empty();
    if pointing == 0 && !about_people {
        return None;
    }
    let texts = table.columns.iter().filter(|column| matches!(column.kind, ColumnKind::Text));
    // A person's title is their job.
    let named = |column: &&Column| rank < 2 || !column.name.eq_ignore_ascii_case("title");
    let label = texts.filter(named).filter_map(|column| Some((label_rank(&column.name)?, column.name.clone()))).min();
    let kind = table_words(&table.name.name).last()?.clone();
    Some(Candidate {
        kind,
        table: table.name.clone(),
        key,
        label: label.map(|(_, name)| name),
        rank,
        identifiers,
        pointing,
        within: Vec::new(),
    })
}

/// Two tables of one name give two kinds.
fn distinguish(found: &mut [Candidate]) {
    for index in 0..found.len() {
        let (before, rest) = found.split_at_mut(index);
        let Some(candidate) = rest.first_mut() else { continue };
        let taken = |kind: &str| before.iter().any(|other| other.kind == kind);
        if taken(&candidate.kind) {
            let long = table_words(&candidate.table.name).join("_");
            let schema = candidate.table.schema.clone().unwrap_or_else(|| candidate.table.source.to_string());
            candidate.kind = if taken(&long) { format!("{schema}_{long}") } else { long };
        }
    }
}
