//! Owner paths, hop by hop, as the catalogs have them.

use serde::Serialize;

use super::problem::Message;
use super::{Edge, catalog_table};
use crate::catalog::Catalog;
use crate::map::{Claim, DataMap, Hop};
use crate::names::{SubjectKind, TableName};
use crate::selection::ColumnPath;

/// A claim with every hop resolved. No hops: the row is itself the subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Path {
    pub kind: SubjectKind,
    pub hops: Vec<Link>,
}

/// One resolved hop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum Link {
    /// To the one row whose `referenced` columns these columns hold. `enforced`: it surely exists. `alike`: as in [`Edge`].
    Forward {
        columns: Vec<ColumnPath>,
        to: TableName,
        referenced: Vec<String>,
        when: Vec<(ColumnPath, String)>,
        enforced: bool,
        alike: bool,
    },
    /// To this row and every row above it in the table's own tree.
    Up { columns: Vec<String>, referenced: Vec<String> },
    /// To all rows of `table` whose columns hold this row's `referenced` columns.
    Reverse { table: TableName, columns: Vec<ColumnPath>, referenced: Vec<String>, when: Vec<(ColumnPath, String)> },
}

impl Path {
    /// Leads to one owner at most.
    pub fn is_functional(&self) -> bool {
        functional(&self.hops)
    }

    /// As people read it: `session_id → app.sl_session, presentation_id → app.presentation, owner_seat_id → app.seat`.
    pub fn describe(&self) -> String {
        let list = |columns: &[ColumnPath]| columns.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let hops: Vec<String> = self
            .hops
            .iter()
            .map(|hop| match hop {
                Link::Forward { columns, to, .. } => format!("{} → {to}", list(columns)),
                Link::Up { columns, .. } => format!("{} up the tree", columns.join(", ")),
                Link::Reverse { table, columns, .. } => format!("rows of {table} by {}", list(columns)),
            })
            .collect();
        if hops.is_empty() { format!("the row is the {}", self.kind) } else { hops.join(", ") }
    }
}

/// Hops that lead from a row to one row at most.
pub fn functional(hops: &[Link]) -> bool {
    hops.iter().all(|hop| match hop {
        Link::Forward { .. } => true,
        // A row of a tree may have another owner than the rows above it.
        Link::Up { .. } | Link::Reverse { .. } => false,
    })
}

pub(super) struct Finder<'a> {
    pub map: &'a DataMap,
    pub catalogs: &'a [Catalog],
    pub edges: &'a [Edge],
}

/// Paths longer than this are not looked for; they can still be written out.
const LONGEST_FOUND_PATH: usize = 8;

/// With so many paths a person must write one out anyway.
const ENOUGH_PATHS: usize = 32;

impl Finder<'_> {
    pub fn find(&self, table: &TableName, claim: &Claim) -> Result<Path, Message> {
        let Some(subject) = self.map.subject(&claim.kind) else {
            let known: Vec<&str> = self.map.subjects.iter().map(|subject| subject.kind.as_str()).collect();
            return Err(Message::help(
                format!("`{}` is no subject of this map", claim.kind),
                format!("subjects are: {}", known.join(", ")),
            ));
        };
        let hops = match &claim.path {
            Some(hops) => self.follow(table, hops, &subject.table)?,
            None => self.search(table, &claim.kind, &subject.table)?,
        };
        Ok(Path { kind: claim.kind.clone(), hops })
    }

    fn follow(&self, start: &TableName, hops: &[Hop], target: &TableName) -> Result<Vec<Link>, Message> {
        let mut at = start.clone();
        let mut links = Vec::new();
        for hop in hops {
            let link = self.step(&at, hop)?;
            match &link {
                Link::Forward { to, .. } => at = to.clone(),
                Link::Reverse { table, .. } => at = table.clone(),
                Link::Up { .. } => {}
            }
            links.push(link);
        }
        if at == *target {
            Ok(links)
        } else {
            Err(Message::help(format!("the path ends at {at}, not at {target}"), "add the columns that lead on from there"))
        }
    }

    /// One hop from this table.
    pub fn step(&self, at: &TableName, hop: &Hop) -> Result<Link, Message> {
        match hop {
            Hop::To { columns, to } => self.forward(at, columns, to.as_ref()),
            Hop::Up { columns } => self.up(at, columns),
            Hop::From { table, columns } => self.reverse(at, table, columns),
        }
    }

    fn forward(&self, at: &TableName, columns: &[ColumnPath], to: Option<&TableName>) -> Result<Link, Message> {
        let fits = |edge: &&Edge| edge.from == *at && same_columns(&edge.columns, columns) && to.is_none_or(|to| edge.to == *to);
        let mut found: Vec<&Edge> = self.edges.iter().filter(fits).collect();
        // A foreign key and a declared reference may say the same.
        found.dedup_by(|a, b| a.to == b.to && a.referenced == b.referenced && a.when == b.when);
        match found.as_slice() {
            [edge] => Ok(Link::Forward {
                columns: edge.columns.clone(),
                to: edge.to.clone(),
                referenced: edge.referenced.clone(),
                when: edge.when.clone(),
                enforced: edge.enforced,
                alike: edge.alike,
            }),
            [] => Err(self.no_edge(at, columns)),
            several => {
                let targets: Vec<String> = several.iter().map(|edge| format!("{}->{}", list(columns), edge.to)).collect();
                Err(Message::help(
                    format!("`{}` of {at} leads to several tables", list(columns)),
                    format!("write one of: {}", targets.join(", ")),
                ))
            }
        }
    }

    fn no_edge(&self, at: &TableName, columns: &[ColumnPath]) -> Message {
        let Some(table) = catalog_table(self.catalogs, at) else {
            return Message::new(format!("{at} is in no database of this map"));
        };
        if let Some(missing) = columns.iter().find(|path| table.column(&path.column).is_none()) {
            let known: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
            return Message::help(format!("{at} has no column `{}`", missing.column), format!("its columns are: {}", known.join(", ")));
        }
        let help = format!("declare it: `references: [{{ columns: [{}], to: …(id) }}]` in the entry of {at}", list(columns));
        Message::help(format!("no foreign key of {at} consists of `{}`", list(columns)), help)
    }

    fn up(&self, at: &TableName, columns: &[String]) -> Result<Link, Message> {
        let paths: Vec<ColumnPath> = columns.iter().map(ColumnPath::column).collect();
        let fits = |edge: &&Edge| edge.from == *at && edge.to == *at && same_columns(&edge.columns, &paths) && edge.when.is_empty();
        let edge = self.edges.iter().find(fits).ok_or_else(|| {
            Message::help(
                format!("`{}` of {at} does not lead back to {at}", columns.join(", ")),
                "`*` follows a table's reference to itself",
            )
        })?;
        Ok(Link::Up { columns: edge.columns.iter().map(|path| path.column.clone()).collect(), referenced: edge.referenced.clone() })
    }

    fn reverse(&self, at: &TableName, table: &TableName, columns: &[ColumnPath]) -> Result<Link, Message> {
        let fits = |edge: &&Edge| edge.from == *table && edge.to == *at && same_columns(&edge.columns, columns);
        let edge =
            self.edges.iter().find(fits).ok_or_else(|| Message::new(format!("`{}` of {table} does not lead to {at}", list(columns))))?;
        Ok(Link::Reverse {
            table: table.clone(),
            columns: edge.columns.clone(),
            referenced: edge.referenced.clone(),
            when: edge.when.clone(),
        })
    }

    /// The one foreign key that leads straight to the subject, or else the one path over several.
    fn search(&self, table: &TableName, kind: &SubjectKind, target: &TableName) -> Result<Vec<Link>, Message> {
        if table == target {
            return Ok(Vec::new());
        }
        let mut found = Vec::new();
        self.walk(table, target, &mut vec![table.clone()], &mut Vec::new(), &mut found);
        let direct: Vec<&Vec<Link>> = found.iter().filter(|links| links.len() == 1).collect();
        let candidates = if direct.is_empty() { found.iter().collect() } else { direct };
        match candidates.as_slice() {
            [only] => Ok((*only).clone()),
            [] => Err(Message::help(
                format!("no foreign keys lead from {table} to {target}"),
                format!("write the path, `owner: {kind} via …`, and declare missing foreign keys under `references`"),
            )),
            several => {
                let shown: Vec<String> = several.iter().take(6).map(|links| format!("`{kind} via {}`", written(links))).collect();
                Err(Message::help(
                    format!("{} paths lead from {table} to {target}", several.len()),
                    format!("write one of: {}", shown.join(", ")),
                ))
            }
        }
    }

    fn walk(&self, at: &TableName, target: &TableName, visited: &mut Vec<TableName>, links: &mut Vec<Link>, found: &mut Vec<Vec<Link>>) {
        if links.len() == LONGEST_FOUND_PATH {
            return;
        }
        for edge in self.edges.iter().filter(|edge| edge.from == *at) {
            if visited.contains(&edge.to) || found.len() >= ENOUGH_PATHS {
                continue;
            }
            links.push(Link::Forward {
                columns: edge.columns.clone(),
                to: edge.to.clone(),
                referenced: edge.referenced.clone(),
                when: edge.when.clone(),
                enforced: edge.enforced,
                alike: edge.alike,
            });
            if edge.to == *target {
                found.push(links.clone());
            } else {
                visited.push(edge.to.clone());
                self.walk(&edge.to, target, visited, links, found);
                visited.pop();
            }
            links.pop();
        }
    }
}

fn same_columns(edge: &[ColumnPath], written: &[ColumnPath]) -> bool {
    edge.len() == written.len() && written.iter().all(|column| edge.contains(column))
}

fn list(columns: &[ColumnPath]) -> String {
    columns.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

/// A found path in the map's own notation.
fn written(links: &[Link]) -> String {
    let hops: Vec<String> = links
        .iter()
        .map(|link| match link {
            Link::Forward { columns, .. } if columns.len() == 1 => list(columns),
            Link::Forward { columns, .. } => format!("({})", list(columns)),
            Link::Up { columns, .. } => format!("{}*", columns.join(",")),
            Link::Reverse { table, columns, .. } => format!("{table}({})", list(columns)),
        })
        .collect();
    hops.join(".")
}
