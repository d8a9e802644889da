//! Random rows that keep every foreign key, and break declared references now and then.

use std::collections::BTreeSet;

use serde_json::json;

use super::super::dice::Dice;
use super::super::value::{self, Value};
use super::super::world::{Enforcement, Reference, World};

/// Positions of keys that no row has.
const NOBODY: usize = 900;

/// Fills all tables, earlier ones first. References to later tables and to the table itself are set when all rows are there.
pub fn fill(world: &mut World, dice: &mut Dice) {
    world.rows = vec![Vec::new(); world.tables.len()];
    for table in 0..world.tables.len() {
        let subject = world.subjects.iter().any(|subject| subject.table == table);
        let count = if subject { dice.between(2, 6) } else { dice.weighted(&[(1, 0), (2, 1), (6, 5), (6, 9), (2, 14)]) };
        let mut positions: Vec<usize> = (0..count + 3).collect();
        dice.shuffle(&mut positions);
        for position in positions.into_iter().take(count) {
            if let Some(row) = row(world, table, position, dice)
                && is_new(world, table, &row)
            {
                world.rows[table].push(row);
            }
        }
    }
    for table in 0..world.tables.len() {
        for number in 0..world.tables[table].references.len() {
            let reference = world.tables[table].references[number].clone();
            if reference.to >= table {
                for row in 0..world.rows[table].len() {
                    set_later(world, table, row, &reference, dice);
                }
            }
        }
    }
}

/// `None` if a reference that must not be null finds no row to point to.
fn row(world: &World, table: usize, position: usize, dice: &mut Dice) -> Option<Vec<Value>> {
    let layout = &world.tables[table];
    let mut values: Vec<Option<Value>> = vec![None; layout.columns.len()];
    for reference in layout.references.iter().filter(|reference| reference.to < table) {
        point(world, table, &mut values, reference, dice)?;
    }
    // Composite keys share their parts with other rows: only the whole tells rows apart.
    let own: Vec<usize> = layout.primary_key.iter().copied().filter(|column| values[*column].is_none()).collect();
    for (part, column) in own.iter().enumerate() {
        let digit = match (own.len(), part) {
            (1, _) if layout.primary_key.len() == 1 => position,
            (1, _) => position / 2,
            (_, 0) => position % 3,
            (2, _) => position / 3,
            (_, 1) => position / 3 % 2,
            (_, _) => position / 6,
        };
        values[*column] = Some(value::key(layout.columns[*column].kind, digit));
    }
    for column in layout.unique_keys.iter().flatten() {
        values[*column].get_or_insert_with(|| value::key(layout.columns[*column].kind, position));
    }
    let later: BTreeSet<usize> = layout
        .references
        .iter()
        .filter(|reference| reference.to >= table)
        .flat_map(|reference| reference.from.iter().map(|place| place.column))
        .collect();
    let mut row = Vec::new();
    for (number, (value, column)) in values.into_iter().zip(&layout.columns).enumerate() {
        row.push(match value {
            Some(value) => value,
            None if later.contains(&number) => Value::Null,
            None if column.nullable && dice.chance(25) => Value::Null,
            None => value::random(column.kind, dice),
        });
    }
    Some(row)
}

/// Gives the reference's columns that are still open the key of a row, or of nobody, or null.
fn point(world: &World, table: usize, values: &mut [Option<Value>], reference: &Reference, dice: &mut Dice) -> Option<()> {
    let layout = &world.tables[table];
    let place = &reference.from[0];
    if !place.json.is_empty() {
        let key = a_key(world, reference, dice);
        values[place.column] = Some(match key {
            _ if dice.chance(10) => Value::Null,
            Some(key) if !dice.chance(15) => Value::Json(json!({ "actor": { "id": plain(&key), "name": "x" }, "secret": "s3cret" })),
            _ => Value::Json(json!({ "actor": { "id": null }, "secret": [1] })),
        });
        return Some(());
    }
    if let Some((type_column, text)) = &reference.when {
        // The first of the two takes half of the rows; a type that the map does not know takes some.
        let taken = values[place.column].is_some();
        if taken
            || (dice.chance(45) && layout.references.iter().filter(|other| other.when.is_some()).count() > 1 && is_first(layout, reference))
        {
            return Some(());
        }
        let nullable = layout.columns[place.column].nullable;
        let unknown = if layout.columns[*type_column].kind.is_text() { Value::Text("Other".to_owned()) } else { Value::Integer(77) };
        let known =
            if layout.columns[*type_column].kind.is_text() { Value::Text(text.clone()) } else { Value::Integer(text.parse().ok()?) };
        values[*type_column] = Some(if dice.chance(10) { unknown } else { known });
        values[place.column] = match a_key(world, reference, dice) {
            Some(key) if !(nullable && dice.chance(15)) => Some(key),
            _ if nullable => Some(Value::Null),
            _ => return None,
        };
        return Some(());
    }
    let open: Vec<usize> = reference.from.iter().map(|place| place.column).filter(|column| values[*column].is_none()).collect();
    let may_be_null = open.iter().any(|column| layout.columns[*column].nullable);
    if may_be_null && dice.chance(20) {
        for column in open {
            let null = layout.columns[column].nullable;
            values[column] = Some(if null { Value::Null } else { value::key(layout.columns[column].kind, NOBODY % 20) });
        }
        return Some(());
    }
    if reference.enforcement == Enforcement::MapOnly && dice.chance(10) {
        for column in open {
            values[column] = Some(value::key(layout.columns[column].kind, NOBODY));
        }
        return Some(());
    }
    let fits = |target: &&Vec<Value>| {
        reference
            .from
            .iter()
            .zip(&reference.referenced)
            .all(|(place, column)| values[place.column].as_ref().is_none_or(|value| *value == target[*column]))
    };
    let targets: Vec<&Vec<Value>> = world.rows[reference.to].iter().filter(fits).collect();
    if targets.is_empty() {
        if !may_be_null {
            // An open column that must not be null has nothing to point to. With none open, a null among the others is enough.
            let has_null = reference.from.iter().any(|place| values[place.column] == Some(Value::Null));
            if !has_null && reference.enforcement != Enforcement::MapOnly {
                return None;
            }
        }
        for column in open {
            let null = layout.columns[column].nullable;
            values[column] = Some(if null { Value::Null } else { value::key(layout.columns[column].kind, NOBODY % 20) });
        }
        return Some(());
    }
    let target = *dice.pick(&targets);
    for (place, column) in reference.from.iter().zip(&reference.referenced) {
        values[place.column] = Some(target[*column].clone());
    }
    Some(())
}

fn is_first(layout: &super::super::world::Table, reference: &Reference) -> bool {
    layout.references.iter().find(|other| other.when.is_some()).is_some_and(|first| first.when == reference.when)
}

/// The key of a row that the reference may name, rarely of nobody.
fn a_key(world: &World, reference: &Reference, dice: &mut Dice) -> Option<Value> {
    let column = reference.referenced[0];
    let kind = world.tables[reference.to].columns[column].kind;
    if dice.chance(8) {
        return Some(value::key(kind, NOBODY));
    }
    let rows = &world.rows[reference.to];
    (!rows.is_empty()).then(|| dice.pick(rows)[column].clone())
}

fn plain(value: &Value) -> serde_json::Value {
    match value {
        Value::Integer(number) => json!(number),
        other => json!(other.canonical()),
    }
}

/// Sets a reference to a later table, or within the table: upwards in a tree mostly, in a circle now and then.
fn set_later(world: &mut World, table: usize, row: usize, reference: &Reference, dice: &mut Dice) {
    if dice.chance(25) {
        return;
    }
    let limit = if reference.to == table && !dice.chance(10) { row } else { world.rows[reference.to].len() };
    if limit == 0 {
        return;
    }
    let target = world.rows[reference.to][dice.between(0, limit - 1)].clone();
    // A column that another reference shares has its value already.
    let fits = reference.from.iter().zip(&reference.referenced).all(|(place, column)| {
        let value = &world.rows[table][row][place.column];
        value.is_null() || *value == target[*column]
    });
    if fits {
        for (place, column) in reference.from.iter().zip(&reference.referenced) {
            world.rows[table][row][place.column] = target[*column].clone();
        }
    }
}

/// Whether no row of the table has the same primary key or unique key.
fn is_new(world: &World, table: usize, row: &[Value]) -> bool {
    let layout = &world.tables[table];
    let mut keys = layout.unique_keys.clone();
    if !layout.primary_key.is_empty() {
        keys.push(layout.primary_key.clone());
    }
    keys.iter().all(|key| world.rows[table].iter().all(|other| key.iter().any(|column| other[*column] != row[*column])))
}
