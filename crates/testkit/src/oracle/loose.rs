//! Columns in which different texts count as equal.
//!
//! A world is laid out with one such column more. Where rows are found by it the map must be refused; everywhere else nothing may change.

use super::dice::Dice;
use super::value::{Dialect, Value};
use super::world::{Enforcement, Loose, World};

/// Makes one column of the world compare loosely, where one can: always the same of the same world. Tells whether rows are found by it.
pub fn loosen(world: &mut World, dialect: Dialect) -> Option<bool> {
    let rows: usize = world.rows.iter().map(Vec::len).sum();
    let mut dice = Dice::new((rows * 31 + world.tables.len()) as u64);
    let ways = [Loose::Case, Loose::Blanks];
    let mut options = Vec::new();
    for (table, layout) in world.tables.iter().enumerate() {
        for (column, _) in layout.columns.iter().enumerate().filter(|(_, column)| column.kind.is_text()) {
            options.extend(ways.iter().filter(|loose| can_be(world, dialect, table, column, **loose)).map(|loose| (table, column, *loose)));
        }
    }
    // Columns of references are few: they come first half of the time.
    let used: Vec<_> = options.iter().copied().filter(|(table, column, _)| is_used(world, *table, *column)).collect();
    let among = if !used.is_empty() && dice.chance(50) { used } else { options };
    if among.is_empty() {
        return None;
    }
    let (table, column, loose) = *dice.pick(&among);
    world.tables[table].columns[column].loose = Some(loose);
    Some(is_used(world, table, column))
}

/// Rows are found by the column: it names a subject, or a reference of a mapped table compares it.
fn is_used(world: &World, table: usize, column: usize) -> bool {
    let references = world.tables.iter().enumerate().flat_map(|(from, layout)| layout.references.iter().map(move |found| (from, found)));
    let compares = |(from, reference): (usize, &super::world::Reference)| {
        let points = from == table
            && (reference.from.iter().any(|place| place.column == column)
                || reference.when.as_ref().is_some_and(|(when, _)| *when == column));
        let pointed_to = reference.to == table && reference.referenced.contains(&column);
        let seen = reference.enforcement != Enforcement::MapOnly || world.mapped(from).is_some();
        seen && (points || pointed_to) && (world.mapped(from).is_some() || world.mapped(reference.to).is_some())
    };
    references.into_iter().any(compares) || world.subjects.iter().any(|subject| subject.table == table && subject.key.contains(&column))
}

/// The database takes it: keys stay unique, and PostgreSQL has no foreign key over it.
fn can_be(world: &World, dialect: Dialect, table: usize, column: usize, loose: Loose) -> bool {
    let layout = &world.tables[table];
    if dialect == Dialect::Postgres {
        let in_foreign_key = |from: usize, reference: &super::world::Reference| {
            reference.enforcement != Enforcement::MapOnly
                && ((from == table && reference.from.iter().any(|place| place.column == column))
                    || (reference.to == table && reference.referenced.contains(&column)))
        };
        let foreign = world.tables.iter().enumerate().any(|(from, other)| other.references.iter().any(|found| in_foreign_key(from, found)));
        if foreign || loose == Loose::Blanks {
            return false;
        }
    }
    let folded = |value: &Value| match value {
        Value::Text(text) => text.to_lowercase().trim_end().to_owned(),
        other => other.canonical().unwrap_or_default(),
    };
    let mut keys = layout.unique_keys.clone();
    keys.push(layout.primary_key.clone());
    keys.iter().filter(|key| key.contains(&column)).all(|key| {
        let mut found: Vec<Vec<String>> =
            world.rows[table].iter().map(|row| key.iter().map(|column| folded(&row[*column])).collect()).collect();
        found.sort();
        found.windows(2).all(|pair| pair[0] != pair[1])
    })
}
