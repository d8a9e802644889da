//! Random conditions select exactly the rows that a naive reading of their definition selects, on both databases, with key sets in
//! place and kept.

use exeunt_model::map::action::Change;
use exeunt_model::names::SubjectKind;
use exeunt_model::selection::{ColumnPath, Condition, RowSet, SetId};
use exeunt_sources::{Keys, Look, Lookup, Read};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::world::{World, conformance, table};

conformance!(random_conditions_select_what_they_say);

/// A row: id, x, y, parent; null is `None`.
type Row = [Option<String>; 4];
const COLUMNS: [&str; 4] = ["id", "x", "y", "parent"];
const TABLES: [&str; 2] = ["left", "right"];

struct Data {
    rows: [Vec<Row>; 2],
    subject: String,
}

fn data(random: &mut ChaCha8Rng) -> Data {
    let mut rows = [Vec::new(), Vec::new()];
    for rows in &mut rows {
        for id in 0..12 {
            let optional = |random: &mut ChaCha8Rng| random.random_bool(0.8).then(|| random.random_range(0..8).to_string());
            let y = random.random_bool(0.7).then(|| ["", "a", "O'b", "3"][random.random_range(0..4)].to_owned());
            rows.push([Some(id.to_string()), optional(random), y, optional(random)]);
        }
    }
    Data { rows, subject: random.random_range(0..4).to_string() }
}

fn fill(world: &dyn World, data: &Data) {
    let mut sql = String::new();
    for (name, rows) in TABLES.iter().zip(&data.rows) {
        sql += &format!("CREATE TABLE \"{name}\" (id BIGINT PRIMARY KEY, x BIGINT, y VARCHAR(9), parent BIGINT);");
        for row in rows {
            let values: Vec<String> =
                row.iter().map(|value| value.as_ref().map_or("NULL".into(), |text| format!("'{}'", text.replace('\'', "''")))).collect();
            sql += &format!("INSERT INTO \"{name}\" VALUES ({});", values.join(", "));
        }
    }
    world.run(&sql);
}

/// A condition on rows of a table; sets it needs are added, each before the condition that uses it.
fn condition(random: &mut ChaCha8Rng, depth: u32, sets: &mut Vec<RowSet>) -> Condition {
    let number = |random: &mut ChaCha8Rng| ["id", "x", "parent"][random.random_range(0..3)];
    let many = |random: &mut ChaCha8Rng, sets: &mut Vec<RowSet>| -> Vec<Condition> {
        (0..random.random_range(1..4)).map(|_| condition(random, depth - 1, sets)).collect()
    };
    match random.random_range(0..if depth == 0 { 4 } else { 10 }) {
        0 => Condition::SubjectKey { kind: SubjectKind::new("seat"), columns: vec![number(random).into()] },
        1 => Condition::Equals { column: "y".into(), text: ["", "a", "O'b"][random.random_range(0..3)].into() },
        2 => Condition::Equals { column: number(random).into(), text: "3".into() },
        3 => Condition::NotNull { columns: vec![number(random).into(), "y".into()] },
        4 => Condition::All(many(random, sets)),
        5 => Condition::Any(many(random, sets)),
        6 => Condition::Not(Box::new(condition(random, depth - 1, sets))),
        7 => Condition::Closure {
            base: Box::new(condition(random, depth - 1, sets)),
            columns: vec!["parent".into()],
            referenced: vec!["id".into()],
        },
        _ => {
            let other = random.random_range(0..2);
            let inner = condition(random, depth - 1, sets);
            // One column or two, of numbers; or a number compared with a text.
            let (own, theirs): (Vec<&str>, Vec<&str>) = match random.random_range(0..4) {
                0 => (vec!["x", "y"], vec!["parent", "y"]),
                1 => (vec!["y"], vec!["x"]),
                2 => (vec!["x"], vec!["y"]),
                _ => (vec![number(random)], vec![number(random)]),
            };
            let id = SetId(u32::try_from(sets.len()).unwrap());
            sets.push(RowSet {
                id,
                table: table(TABLES[other]),
                columns: theirs.into_iter().map(ColumnPath::from).collect(),
                condition: inner,
                keep_keys: random.random_bool(0.5),
                carried_to: Vec::new(),
            });
            Condition::In { columns: own.into_iter().map(ColumnPath::from).collect(), set: id }
        }
    }
}

fn value<'a>(row: &'a Row, column: &str) -> Option<&'a str> {
    row[COLUMNS.iter().position(|name| *name == column).unwrap()].as_deref()
}

fn tuple<'a>(row: &'a Row, columns: &[ColumnPath]) -> Option<Vec<&'a str>> {
    columns.iter().map(|path| value(row, &path.column)).collect()
}

/// The definition, word for word.
fn holds(data: &Data, sets: &[RowSet], at: usize, row: &Row, condition: &Condition) -> bool {
    match condition {
        Condition::Never => false,
        Condition::Always => true,
        Condition::SubjectKey { columns, .. } => columns.iter().all(|column| value(row, column) == Some(&data.subject)),
        Condition::Equals { column, text } => value(row, &column.column) == Some(text),
        Condition::NotNull { columns } => tuple(row, columns).is_some(),
        Condition::Changed { column, by } => match by {
            Change::Clear => value(row, &column.column).is_none(),
            Change::Constant(text) => value(row, &column.column) == Some(text),
            Change::Pseudonym => unreachable!("the columns here are too short for one"),
        },
        Condition::In { columns, set } => {
            let set = sets.iter().find(|known| known.id == *set).unwrap();
            let other = TABLES.iter().position(|name| *name == set.table.name).unwrap();
            tuple(row, columns).is_some_and(|own| {
                let found = |theirs: &&Row| tuple(theirs, &set.columns).is_some_and(|theirs| theirs == own);
                data.rows[other].iter().filter(|theirs| holds(data, sets, other, theirs, &set.condition)).any(|row| found(&row))
            })
        }
        Condition::Closure { base, columns, referenced } => {
            let mut inside: Vec<&Row> = data.rows[at].iter().filter(|row| holds(data, sets, at, row, base)).collect();
            loop {
                let points = |row: &Row| {
                    inside.iter().any(|up| {
                        columns
                            .iter()
                            .zip(referenced)
                            .all(|(own, theirs)| value(row, own).is_some() && value(row, own) == value(up, theirs))
                    })
                };
                let more: Vec<&Row> = data.rows[at].iter().filter(|row| !inside.contains(row) && points(row)).collect();
                if more.is_empty() {
                    return inside.contains(&row);
                }
                inside.extend(more);
            }
        }
        Condition::All(inner) => inner.iter().all(|condition| holds(data, sets, at, row, condition)),
        Condition::Any(inner) => inner.iter().any(|condition| holds(data, sets, at, row, condition)),
        Condition::Not(inner) => !holds(data, sets, at, row, inner),
    }
}

fn random_conditions_select_what_they_say(world: &dyn World) {
    let mut random = ChaCha8Rng::seed_from_u64(20_240_511);
    let data = data(&mut random);
    fill(world, &data);
    let database = world.database();
    let mut reader = database.reader().unwrap();
    let mut eraser = database.eraser().unwrap();
    let keys = Keys { subject: vec![data.subject.clone()], carried: Vec::new() };
    let mut some = 0;
    for round in 0..250 {
        let at = random.random_range(0..2);
        let mut sets = Vec::new();
        let condition = condition(&mut random, 3, &mut sets);
        let name = table(TABLES[at]);
        let mut want: Vec<String> =
            data.rows[at].iter().filter(|row| holds(&data, &sets, at, row, &condition)).map(|row| row[0].clone().unwrap()).collect();
        want.sort();
        some += usize::from(!want.is_empty() && want.len() < data.rows[at].len());

        let told = || format!("round {round}: {condition:?} with {sets:?}");
        let counted = reader.count_all(&sets, &[(&name, &condition)], &keys).unwrap_or_else(|error| panic!("{error}: {}", told()));
        assert_eq!(counted, [want.len() as u64], "{}", told());
        let mut csv = Vec::new();
        let read = Read { table: &name, columns: &["id".to_owned()], secret_paths: &[], condition: &condition };
        let streamed = reader.stream_csv(&sets, &read, &keys, &mut csv).unwrap();
        let mut got: Vec<String> = String::from_utf8(csv).unwrap().lines().map(str::to_owned).collect();
        got.sort();
        assert_eq!(got, want, "{}", told());
        assert_eq!(streamed.rows, want.len() as u64);
        let mut seen = Vec::new();
        let lookup = Lookup { table: &name, columns: &["id".into()], condition: &condition, distinct: true };
        reader.values(&sets, &lookup, &keys, &mut |row| seen.push(row[0].unwrap().to_owned())).unwrap();
        seen.sort();
        assert_eq!(seen, want, "{}", told());

        eraser.begin().unwrap();
        eraser.fill_keys(&sets, &keys).unwrap_or_else(|error| panic!("{error}: {}", told()));
        assert_eq!(eraser.count_all(&sets, &[(&name, &condition)], &keys).unwrap(), [want.len() as u64], "kept keys, {}", told());
        eraser.rollback().unwrap();
    }
    assert!(some > 100, "only {some} of the conditions select some of the rows");
}
