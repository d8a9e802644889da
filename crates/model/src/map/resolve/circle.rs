//! Claims that lead in a circle.
//!
//! A row hangs from the rows that its paths lead through, and stays when they stay. Where rows of one table hang from rows of another that
//! hang from rows of the first, which of them stay depends on which of them stay: no set of queries of a fixed number says it.

use std::collections::BTreeMap;

use super::MappedTable;
use super::path::{Link, Path};
use super::problem::{Place, Problem};
use crate::map::DataMap;
use crate::names::TableName;

/// Tables whose rows would hang from themselves; each circle is told once.
pub(super) fn circles(map: &DataMap, tables: &[MappedTable]) -> Vec<Problem> {
    let hangs: BTreeMap<&TableName, Vec<&TableName>> = tables
        .iter()
        .map(|mapped| (&mapped.table.name, mapped.owner.iter().chain(&mapped.about).flat_map(|path| entered(map, path)).collect()))
        .collect();
    let mut told: Vec<&TableName> = Vec::new();
    let mut problems = Vec::new();
    for mapped in tables {
        let start = &mapped.table.name;
        let Some(circle) = way_back(&hangs, start).filter(|circle| !circle.iter().any(|table| told.contains(table))) else { continue };
        let problem = match circle.as_slice() {
            [_] => {
                let message = format!("rows of {start} hang from other rows of {start}, so that nobody could say which of them stay");
                Problem::new(Place::Table(start.clone()), message)
                    .help("for a tree, write the reference with `*`, such as `parent_id*`; otherwise leave that claim out")
            }
            several => {
                let names: Vec<String> = several.iter().chain([&start]).map(ToString::to_string).collect();
                let message = format!("the owner paths lead in a circle ({}), so that nobody could say which rows stay", names.join(" → "));
                Problem::new(Place::Table(start.clone()), message).help("let the paths of one of these tables lead another way")
            }
        };
        problems.push(problem);
        told.extend(circle);
    }
    problems
}

/// The tables that a path enters by forward hops. The subject's own row at its end hangs from nothing.
fn entered<'a>(map: &DataMap, path: &'a Path) -> Vec<&'a TableName> {
    let mut found: Vec<&TableName> = Vec::new();
    let goal = map.subject(&path.kind).map(|subject| &subject.table);
    for (number, hop) in path.hops.iter().enumerate() {
        match hop {
            Link::Forward { to, .. } if number + 1 == path.hops.len() && Some(to) == goal => {}
            Link::Forward { to, .. } => found.push(to),
            Link::Up { .. } | Link::Reverse { .. } => {}
        }
    }
    found
}

/// The shortest circle from the table to itself, beginning with it.
fn way_back<'a>(hangs: &BTreeMap<&'a TableName, Vec<&'a TableName>>, start: &'a TableName) -> Option<Vec<&'a TableName>> {
    let mut seen: Vec<&TableName> = Vec::new();
    let mut ways = std::collections::VecDeque::from([vec![start]]);
    while let Some(way) = ways.pop_front() {
        let Some(at) = way.last() else { continue };
        for next in hangs.get(at).into_iter().flatten() {
            if *next == start {
                return Some(way);
            }
            if !seen.contains(next) {
                seen.push(next);
                ways.push_back(way.iter().copied().chain([*next]).collect());
            }
        }
    }
    None
}
