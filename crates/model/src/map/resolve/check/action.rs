//! What can be done to the columns of a table: whether each takes the change that the map asks for.

use super::missing_column;
use crate::catalog::{Column, ColumnKind, SourceKind, Table};
use crate::map::resolve::problem::{Place, Problem};
use crate::map::resolve::{Edge, MappedTable};
use crate::map::{Action, Change, DataMap};
use crate::names::{SubjectKind, TableName};
use crate::selection::ColumnPath;

pub(in crate::map::resolve) fn path_problem(place: Place, table: &Table, path: &ColumnPath) -> Option<Problem> {
    match table.column(&path.column) {
        None => Some(missing_column(place, table, &path.column)),
        Some(column) if !path.json.is_empty() && !matches!(column.kind, ColumnKind::Json | ColumnKind::Text) => {
            Some(Problem::new(place, format!("`{}` of {} is no JSON", path.column, table.name)))
        }
        Some(_) => None,
    }
}

pub(super) fn clear_problem(place: Place, table: &Table, column: &Column) -> Option<Problem> {
    let name = &column.name;
    let reason = if !column.nullable {
        "is NOT NULL"
    } else if column.generated {
        "is computed by the database"
    } else if table.primary_key.contains(name) {
        "is part of the primary key"
    } else {
        return None;
    };
    Some(Problem::new(place, format!("`{name}` of {} cannot be cleared: it {reason}", table.name)))
}

/// A column that names a file keeps its value in a row that stays: files go with the rows that are deleted, and a file whose name is
/// overwritten would stay behind with nobody naming it.
pub(super) fn file_name_problem(place: Place, mapped: &MappedTable, column: &str) -> Option<Problem> {
    let file = mapped.entry.files.iter().find(|file| file.column == column)?;
    let message = format!(
        "`{column}` of {} names a file in `{}`: the file would stay, and no row would name it any more",
        mapped.entry.table, file.source
    );
    let help = format!("leave `{column}` as it is (the file stays with its row), or `delete` the row: its file goes with it");
    Some(Problem::new(place, message).help(help))
}

/// A file's name is a text. A column of SQLite may hold texts whatever its type; what it really holds shows when a plan is made.
pub(super) fn no_name_problem(place: Place, map: &DataMap, table: &Table, column: &Column) -> Option<Problem> {
    let typed = map.source(&table.name.source).is_none_or(|source| source.kind != SourceKind::Sqlite);
    let no_name = matches!(column.kind, ColumnKind::Bytes | ColumnKind::Json | ColumnKind::Array);
    let message = || format!("`{}` of {} is {}, which is no name of a file", column.name, table.name, column.declared_type);
    (typed && no_name).then(|| Problem::new(place, message()).help("name the column that holds the file's path as a text"))
}

pub(super) fn action_problems(map: &DataMap, edges: &[Edge], mapped: &MappedTable, action: &Action) -> Vec<Problem> {
    let table = &mapped.table;
    let place = || Place::Field(mapped.entry.table.clone(), "on_erase");
    match action {
        Action::Delete => Vec::new(),
        Action::Keep(ground) => {
            let Some(until) = &ground.until else { return Vec::new() };
            match table.column(&until.column) {
                None => vec![missing_column(place(), table, &until.column)],
                Some(column) => match column.kind {
                    ColumnKind::Date | ColumnKind::Timestamp | ColumnKind::TimestampWithZone => Vec::new(),
                    _ => vec![Problem::new(place(), format!("`{}` is no date, so that no end can be counted from it", until.column))],
                },
            }
        }
        Action::Change(changes) => {
            let file_name = |path: &ColumnPath| file_name_problem(place(), mapped, &path.column);
            changes.iter().filter_map(|(path, change)| change_problem(place(), table, path, change).or_else(|| file_name(path))).collect()
        }
        Action::HandOver { column } => {
            let file_name = || file_name_problem(place(), mapped, column);
            hand_over_problem(map, edges, mapped, column).or_else(file_name).into_iter().collect()
        }
        Action::Choose(actions) => {
            let mut problems: Vec<Problem> = actions.iter().flat_map(|inner| action_problems(map, edges, mapped, inner)).collect();
            if actions.len() < 2 {
                problems.push(Problem::new(place(), "`choose` needs at least two actions"));
            }
            if actions.iter().any(|inner| matches!(inner, Action::Choose(_))) {
                problems.push(Problem::new(place(), "`choose` cannot stand inside `choose`"));
            }
            problems
        }
    }
}

fn change_problem(place: Place, table: &Table, path: &ColumnPath, change: &Change) -> Option<Problem> {
    if let Some(problem) = path_problem(place.clone(), table, path) {
        return Some(problem);
    }
    let column = table.column(&path.column)?;
    if column.generated {
        return Some(Problem::new(place, format!("`{}` of {} is computed by the database", column.name, table.name)));
    }
    if table.primary_key.contains(&column.name) {
        return Some(Problem::new(place, format!("`{}` is part of the primary key of {}", column.name, table.name)));
    }
    if !path.json.is_empty() {
        return None;
    }
    match change {
        Change::Clear => clear_problem(place, table, column),
        Change::Constant(text) => constant_problem(place, table, column, text),
        Change::Pseudonym => {
            let room = column.max_length.unwrap_or(u32::MAX);
            match column.kind {
                ColumnKind::Text if room >= SHORTEST_PSEUDONYM => None,
                ColumnKind::Text => {
                    Some(Problem::new(place, format!("`{}` takes {room} characters: too few for a pseudonym", column.name)))
                }
                ColumnKind::Uuid => None,
                _ => Some(Problem::new(place, format!("`{}` is {}: a pseudonym is a text or a uuid", column.name, column.declared_type))),
            }
        }
    }
}

/// Fewer characters could make two rows' pseudonyms equal.
const SHORTEST_PSEUDONYM: u32 = 12;

fn constant_problem(place: Place, table: &Table, column: &Column, text: &str) -> Option<Problem> {
    let refused =
        |why: String| Some(Problem::new(place.clone(), format!("`{}` of {} cannot hold \"{text}\": {why}", column.name, table.name)));
    if column.max_length.is_some_and(|length| text.chars().count() > length as usize) {
        return refused(format!("its type is {}", column.declared_type));
    }
    let unique_alone = table.unique_keys.iter().any(|key| key.len() == 1 && key[0] == column.name);
    if unique_alone {
        return refused("it is unique, and several rows would get the same value".to_owned());
    }
    let fits = match &column.kind {
        ColumnKind::Boolean => matches!(text, "true" | "false" | "0" | "1"),
        ColumnKind::Integer => text.parse::<i64>().is_ok(),
        ColumnKind::Float | ColumnKind::Decimal => text.parse::<f64>().is_ok(),
        ColumnKind::Date => text.parse::<jiff::civil::Date>().is_ok(),
        ColumnKind::Time => text.parse::<jiff::civil::Time>().is_ok(),
        ColumnKind::Timestamp => text.parse::<jiff::civil::DateTime>().is_ok(),
        ColumnKind::TimestampWithZone => text.parse::<jiff::Timestamp>().is_ok(),
        ColumnKind::Json => serde_json::from_str::<serde_json::Value>(text).is_ok(),
        ColumnKind::Uuid => text.len() == 36 && text.chars().all(|character| character.is_ascii_hexdigit() || character == '-'),
        ColumnKind::Enumeration(values) => values.iter().any(|value| value == text),
        ColumnKind::Text => true,
        ColumnKind::Bytes | ColumnKind::Interval | ColumnKind::Array | ColumnKind::Other => false,
    };
    if fits { None } else { refused(format!("its type is {}", column.declared_type)) }
}

/// Whoever takes over is of the kind that is erased: the column must name that kind.
pub(super) fn successor_problems(map: &DataMap, edges: &[Edge], mapped: &MappedTable, kind: &SubjectKind) -> Vec<Problem> {
    let action = mapped.entry.on_erase.for_kind(kind);
    let offered = if let Action::Choose(actions) = action { actions.as_slice() } else { std::slice::from_ref(action) };
    let columns = offered.iter().filter_map(|action| if let Action::HandOver { column } = action { Some(column) } else { None });
    let wrong = columns.filter(|column| {
        let names_another = hand_over_problem(map, edges, mapped, column).is_none();
        names_another && hand_over_edges(map, edges, &mapped.entry.table, column, kind).next().is_none()
    });
    let place = || Place::Field(mapped.entry.table.clone(), "on_erase");
    let problem = |column: &String| {
        let message = format!("`{column}` of {} names no {kind}, so that a {kind} cannot hand over by it", mapped.entry.table);
        Problem::new(place(), message).help(format!("write an action of its own: `on_erase: {{ {kind}: … }}`"))
    };
    wrong.map(problem).collect()
}

/// The references by which the column names subjects of the kind.
pub fn hand_over_edges<'a>(
    map: &'a DataMap,
    edges: &'a [Edge],
    table: &'a TableName,
    column: &'a str,
    kind: &'a SubjectKind,
) -> impl Iterator<Item = &'a Edge> {
    let subject = map.subject(kind);
    edges.iter().filter(move |edge| {
        edge.from == *table
            && edge.columns == [ColumnPath::column(column)]
            && subject.is_some_and(|subject| subject.table == edge.to && subject.key == edge.referenced)
    })
}

fn hand_over_problem(map: &DataMap, edges: &[Edge], mapped: &MappedTable, column: &str) -> Option<Problem> {
    let place = Place::Field(mapped.entry.table.clone(), "on_erase");
    if mapped.table.column(column).is_none() {
        return Some(missing_column(place, &mapped.table, column));
    }
    let mut found =
        map.subjects.iter().flat_map(|subject| hand_over_edges(map, edges, &mapped.entry.table, column, &subject.kind)).peekable();
    if found.peek().is_none() {
        return Some(Problem::new(
            place,
            format!("`{column}` of {} does not point to a subject, so that nothing can be handed over", mapped.entry.table),
        ));
    }
    let other = found.find(|edge| !edge.alike)?;
    Some(
        Problem::new(
            place,
            format!("`{column}` of {} is of another type than the key that it holds ({})", mapped.entry.table, other.describe()),
        )
        .help("give both columns the same type: the key of another subject is written into it"),
    )
}
