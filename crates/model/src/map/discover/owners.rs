//! Ways from a table to the subjects that may own its rows.

use std::collections::VecDeque;

use super::graph::{Graph, Link};
use super::subjects::Candidate;
use crate::names::TableName;

/// One way: references forwards, perhaps after one step back to a table that points here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Way<'g> {
    pub kind: String,
    /// Rows of this table point here.
    pub back: Option<&'g Link>,
    pub links: Vec<&'g Link>,
}

/// Longer ways are found by people only.
const LONGEST: usize = 5;

/// In a schema where everything points to everything, the short ways are enough.
const MOST_STEPS: usize = 200;

/// More tables than these that point to one table say nothing about whose it is.
const MOST_BACK: usize = 12;

impl Way<'_> {
    /// Some reference on the way is a mere guess.
    pub fn suggested(&self) -> bool {
        self.links.iter().chain(&self.back).any(|link| link.suggested)
    }

    /// It leads to whoever looks after the rows, which makes them nobody's data.
    pub fn handles(&self) -> bool {
        self.links.iter().chain(&self.back).any(|link| link.handles)
    }

    /// Every reference is a declared one that is named after its table, so that it plays no special role.
    pub fn natural(&self) -> bool {
        self.back.is_none() && self.links.iter().all(|link| link.plain && !link.suggested && !link.handles)
    }

    /// The claim as it stands in a map.
    pub fn claim(&self) -> String {
        let mut hops: Vec<String> = Vec::new();
        if let Some(back) = self.back {
            let columns: Vec<String> = back.columns.iter().map(|column| super::text::path_name(column)).collect();
            let table = super::text::path_name(&back.from.name);
            let schema = back.from.schema.as_ref().filter(|_| back.from.schema != back.to.schema);
            let table = schema.map_or_else(|| table.clone(), |schema| format!("{}.{table}", super::text::path_name(schema)));
            hops.push(format!("{table}({})", columns.join(", ")));
        }
        hops.extend(self.links.iter().map(|link| super::text::hop(&link.columns)));
        format!("{} via {}", self.kind, hops.join("."))
    }

    /// The table that is nearest to the subject on this way, by which the rows are grouped.
    pub fn root<'t>(&'t self, start: &'t TableName) -> &'t TableName {
        self.links.last().or(self.back.as_ref()).map_or(start, |link| &link.from)
    }
}

/// Every way forwards to the nearest subjects, the likeliest first.
pub(super) fn forward<'g>(graph: &'g Graph<'_>, subjects: &[Candidate], table: &TableName) -> Vec<Way<'g>> {
    let mut found: Vec<Way<'g>> = Vec::new();
    let mut queue: VecDeque<Vec<&'g Link>> = VecDeque::from([Vec::new()]);
    let mut steps = 0;
    while let Some(links) = queue.pop_front() {
        let at = links.last().map_or(table, |link| &link.to);
        let visited = |to: &TableName| to == table || links.iter().any(|link| link.to == *to);
        for link in graph.from(at).filter(|link| !visited(&link.to) && !link.binds()) {
            let mut longer = links.clone();
            longer.push(link);
            match subjects.iter().find(|subject| subject.table == link.to) {
                // Behind a subject lie the subjects that it is within; the rows are theirs through it.
                Some(subject) => found.push(Way { kind: subject.kind.clone(), back: None, links: longer }),
                None if longer.len() < LONGEST => queue.push_back(longer),
                None => {}
            }
        }
        steps += 1;
        if steps > MOST_STEPS {
            break;
        }
    }
    found.sort_by_key(|way| order(subjects, way));
    found
}

/// Ways that first go back to a table which points here.
pub(super) fn backward<'g>(graph: &'g Graph<'_>, subjects: &[Candidate], table: &TableName) -> Vec<Way<'g>> {
    let mut found = Vec::new();
    for back in graph.to(table).filter(|link| link.from != *table && !link.suggested && !link.handles).take(MOST_BACK) {
        if let Some(subject) = subjects.iter().find(|subject| subject.table == back.from) {
            found.push(Way { kind: subject.kind.clone(), back: Some(back), links: Vec::new() });
            continue;
        }
        for way in forward(graph, subjects, &back.from).into_iter().take(1).filter(|way| !way.suggested() && !way.handles()) {
            found.push(Way { back: Some(back), ..way });
        }
    }
    found.sort_by_key(|way| order(subjects, way));
    found
}

/// What makes a way likely: that it is declared, that it leads to a customer rather than to staff, that no column on it plays a role,
/// that most of the other tables lead there too, and that every row goes it.
type Order = (bool, bool, bool, usize, usize, usize, String);

fn order(subjects: &[Candidate], way: &Way<'_>) -> Order {
    let pointing = subjects.iter().find(|subject| subject.kind == way.kind).map_or(0, |subject| subject.pointing);
    let optional = way.links.iter().filter(|link| link.optional).count();
    (way.suggested(), super::words::staff(&way.kind), !way.natural(), usize::MAX - pointing, optional, way.links.len(), way.claim())
}

/// The kinds that a kind lies within, as far as that is clear.
pub(super) fn outer_kinds(subjects: &[Candidate], kind: &str) -> Vec<String> {
    let mut outer: Vec<String> = Vec::new();
    let mut at = kind;
    while let Some(subject) = subjects.iter().find(|subject| subject.kind == at) {
        match subject.within.as_slice() {
            [(next, _)] if !outer.contains(next) => {
                outer.push(next.clone());
                at = next;
            }
            _ => break,
        }
    }
    outer
}

/// Leaves out ways to a subject where another way leads as naturally to one within it.
pub(super) fn innermost<'g>(subjects: &[Candidate], ways: Vec<Way<'g>>) -> Vec<Way<'g>> {
    let sure = ways.iter().filter(|way| way.natural());
    let covered: Vec<String> = sure.flat_map(|way| outer_kinds(subjects, &way.kind)).collect();
    ways.into_iter().filter(|way| !covered.contains(&way.kind)).collect()
}
