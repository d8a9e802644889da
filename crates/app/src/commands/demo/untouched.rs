//! The proof that rows outside an erasure are as they were: a digest of each table's rows, before and after.

use exeunt_engine::planning::{Request, Snapshot};
use exeunt_model::map::resolve::holds_rows;
use exeunt_model::names::TableName;
use exeunt_model::plan::Work;
use exeunt_model::selection::{ColumnPath, Condition, RowSet};
use exeunt_sources::{Keys, Look, Lookup};
use sha2::{Digest as _, Sha256};

use crate::commands::plan::plural;
use crate::failure::Failure;
use crate::project::Project;

/// What was seen of the rows that are to stay.
pub struct Seen {
    tables: Vec<Table>,
}

struct Table {
    name: TableName,
    /// Columns that the plan changes in rows that stay are left out.
    columns: Vec<ColumnPath>,
    rows: u64,
    /// The sum of all rows' hashes: the order of rows does not matter.
    sum: [u64; 4],
}

/// What the comparison came to.
pub struct Proof {
    pub rows: u64,
    tables: usize,
    differing: Vec<TableName>,
}

/// Digests the rows of every table that an erasure of the subject would leave.
pub fn outside(project: &Project, request: &Request) -> Result<Seen, Failure> {
    let platform = project.platform()?;
    let mut snapshot = Snapshot::open(&platform).map_err(|error| project.no_plan(error))?;
    let outline = snapshot.outline(request).map_err(|error| project.no_plan(error))?;
    let keys = snapshot.keys(&request.subject, &outline).map_err(|error| project.no_plan(error))?;
    let catalogs = snapshot.scheme.catalogs.clone();
    let mut tables = Vec::new();
    let with_rows = catalogs.iter().flat_map(|catalog| &catalog.tables).filter(|table| holds_rows(table.kind));
    for table in with_rows {
        let steps = || outline.steps.iter().filter(|step| step.table == table.name);
        let goes = steps().find(|step| matches!(step.work, Work::Delete { .. }));
        let stays = goes.map_or(Condition::Always, |step| Condition::not(step.condition.clone()));
        let changed: Vec<&str> = steps().flat_map(|step| changed_columns(&step.work)).collect();
        let kept = table.columns.iter().filter(|column| !changed.contains(&column.name.as_str()));
        let columns: Vec<ColumnPath> = kept.map(|column| ColumnPath::column(&column.name)).collect();
        tables.push(digest(&mut snapshot, &outline.sets, &keys, &table.name, columns, &stays)?);
    }
    Ok(Seen { tables })
}

/// Columns that a step writes in rows that stay.
fn changed_columns(work: &Work) -> Vec<&str> {
    match work {
        Work::Unlink { columns } => columns.iter().map(String::as_str).collect(),
        Work::HandOver { column } => vec![column],
        Work::Change { changes } => changes.iter().map(|(path, _)| path.column.as_str()).collect(),
        Work::Read { .. } | Work::BreakCycle { .. } | Work::Delete { .. } => Vec::new(),
    }
}

/// Digests all rows of the same tables as they are now.
pub fn all(project: &Project, before: &Seen) -> Result<Seen, Failure> {
    let platform = project.platform()?;
    let mut snapshot = Snapshot::open(&platform).map_err(|error| project.no_plan(error))?;
    let keys = Keys::default();
    let tables: Result<Vec<Table>, Failure> = before
        .tables
        .iter()
        .map(|table| digest(&mut snapshot, &[], &keys, &table.name, table.columns.clone(), &Condition::Always))
        .collect();
    Ok(Seen { tables: tables? })
}

fn digest(
    snapshot: &mut Snapshot,
    sets: &[RowSet],
    keys: &Keys,
    name: &TableName,
    columns: Vec<ColumnPath>,
    condition: &Condition,
) -> Result<Table, Failure> {
    let mut rows = 0;
    let mut sum = [0_u64; 4];
    let lookup = Lookup { table: name, columns: &columns, condition, distinct: false };
    snapshot.reader(&name.source).values(sets, &lookup, keys, &mut |row| {
        rows += 1;
        let mut hash = Sha256::new();
        for value in row {
            // Lengths keep neighbours apart, and null apart from the empty text.
            hash.update(value.map_or(u64::MAX, |value| value.len() as u64).to_be_bytes());
            hash.update(value.unwrap_or_default());
        }
        let hash: [u8; 32] = hash.finalize().into();
        for (word, part) in sum.iter_mut().zip(hash.chunks_exact(8)) {
            *word = word.wrapping_add(part.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)));
        }
    })?;
    Ok(Table { name: name.clone(), columns, rows, sum })
}

impl Seen {
    pub fn compare(&self, after: &Self) -> Proof {
        let differs = |(before, after): &(&Table, &Table)| (before.rows, before.sum) != (after.rows, after.sum);
        let differing = self.tables.iter().zip(&after.tables).filter(differs).map(|(before, _)| before.name.clone());
        Proof { rows: after.tables.iter().map(|table| table.rows).sum(), tables: after.tables.len(), differing: differing.collect() }
    }
}

impl Proof {
    pub fn holds(&self) -> bool {
        self.differing.is_empty()
    }

    pub fn describe(&self) -> String {
        if self.holds() {
            return format!(
                "All {} that remain in {} are as they were before, value by value,\nbut for the references that the plan unlinks and the columns that it changes.",
                plural(self.rows, "row"),
                plural(self.tables as u64, "table")
            );
        }
        let names: Vec<String> = self.differing.iter().map(ToString::to_string).collect();
        format!("These tables differ from what was there before: {}", names.join(", "))
    }
}
