//! Holds what a database has after an erasure against what the oracle says must be there.

use std::collections::BTreeMap;

use super::evaluate::{After, Erased};
use super::sql::Snapshot;
use super::world::World;

type Row = Vec<Option<String>>;

/// What a database holds right after the world was laid out in it.
pub fn initial(world: &World) -> Snapshot {
    let mut snapshot: Snapshot =
        world.rows.iter().map(|rows| rows.iter().map(|row| row.iter().map(|value| value.canonical()).collect()).collect()).collect();
    snapshot.iter_mut().for_each(|rows| rows.sort());
    snapshot
}

/// Checks all tables of a database after an erasure: the rows that must be there, each once, with the values that they must have.
///
/// # Errors
/// Every difference, one a line.
pub fn after(world: &World, erased: &Erased, snapshot: &Snapshot) -> Result<(), String> {
    let mut problems = Vec::new();
    for (number, table) in world.tables.iter().enumerate() {
        let want: Vec<&Vec<After>> = erased.remaining[number].iter().map(|(_, values)| values).collect();
        let made_up: Vec<usize> =
            (0..table.columns.len()).filter(|column| want.iter().any(|row| matches!(row[*column], After::Pseudonym(_)))).collect();
        let mask = |mut row: Row| {
            made_up.iter().for_each(|column| row[*column] = None);
            row
        };
        let masked_want: Vec<Row> = want.iter().map(|row| mask(row.iter().map(exact).collect())).collect();
        let masked_got: Vec<Row> = snapshot[number].iter().cloned().map(mask).collect();
        for (row, times) in difference(&masked_want, &masked_got) {
            problems.push(format!("{}: {} by {times:+}: {row:?}", table.name, if times > 0 { "missing" } else { "too many" }));
        }
        if problems.is_empty() && !made_up.is_empty() {
            pseudonyms(number, world, &want, &made_up, &snapshot[number], &mut problems);
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n")) }
}

/// Two snapshots of the same world's tables that should be equal.
///
/// # Errors
/// Every difference, one a line.
pub fn unchanged(world: &World, want: &Snapshot, got: &Snapshot) -> Result<(), String> {
    let mut problems = Vec::new();
    for (number, table) in world.tables.iter().enumerate() {
        for (row, times) in difference(&want[number], &got[number]) {
            problems.push(format!("{}: {} by {times:+}: {row:?}", table.name, if times > 0 { "missing" } else { "too many" }));
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n")) }
}

/// How many more times each row is wanted than found; rows found as often as wanted are left out.
pub fn difference(want: &[Row], got: &[Row]) -> BTreeMap<Row, i64> {
    let mut balance: BTreeMap<Row, i64> = BTreeMap::new();
    want.iter().for_each(|row| *balance.entry(row.clone()).or_default() += 1);
    got.iter().for_each(|row| *balance.entry(row.clone()).or_default() -= 1);
    balance.retain(|_, times| *times != 0);
    balance
}

fn exact(value: &After) -> Option<String> {
    match value {
        After::Exactly(value) | After::Pseudonym(value) => value.canonical(),
    }
}

/// Columns with pseudonyms: other rows keep their values, and each old value has become one new one.
fn pseudonyms(number: usize, world: &World, want: &[&Vec<After>], made_up: &[usize], got: &[Row], problems: &mut Vec<String>) {
    let table = &world.tables[number];
    let key = &table.primary_key;
    for column in made_up {
        let name = format!("{}.{}", table.name, table.columns[*column].name);
        if key.is_empty() {
            // Rows cannot be told apart: the values of the others must at least be there.
            let kept: Vec<Row> =
                want.iter().filter(|row| matches!(row[*column], After::Exactly(_))).map(|row| vec![exact(&row[*column])]).collect();
            let found: Vec<Row> = got.iter().map(|row| vec![row[*column].clone()]).collect();
            if difference(&kept, &found).values().any(|times| *times > 0) {
                problems.push(format!("{name}: a value of another row changed"));
            }
            continue;
        }
        let mut became: BTreeMap<String, Option<String>> = BTreeMap::new();
        for row in want {
            let same_key = |other: &&Row| key.iter().all(|part| other[*part] == exact(&row[*part]));
            let Some(found) = got.iter().find(same_key) else { continue };
            match &row[*column] {
                After::Exactly(value) if value.canonical() != found[*column] => {
                    problems.push(format!("{name}: a value of another row changed"))
                }
                After::Exactly(_) => {}
                After::Pseudonym(old) => {
                    let old = old.canonical().unwrap_or_default();
                    if found[*column].as_ref() == Some(&old) || found[*column].is_none() {
                        problems.push(format!("{name}: no pseudonym took the value's place"));
                    }
                    if *became.entry(old).or_insert_with(|| found[*column].clone()) != found[*column] {
                        problems.push(format!("{name}: equal values became different pseudonyms"));
                    }
                }
            }
        }
    }
}
