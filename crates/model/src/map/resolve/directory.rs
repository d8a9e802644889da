//! The directory held against the catalogs.

use super::check::{path_problem, secret_path};
use super::path::Finder;
use super::{Link, Path, Place, Problem, catalog_table};
use crate::catalog::{Column, ColumnKind, Table};
use crate::map::directory::{Directory, Field, StateColumn};
use crate::map::{Subject, with_article};
use crate::names::{SubjectKind, TableName};
use crate::selection::ColumnPath;

/// The directory with every column found. All of it lies in one database.
#[derive(Debug, Clone)]
pub struct Roster {
    pub contract: Subject,
    pub seat: Subject,
    /// From a seat to its contract, along foreign keys alone.
    pub within: Path,
    pub columns: Directory<Located>,
}

/// A column of the directory, or several of one row that are joined by blanks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    /// How the row is reached from the subject's; `None`: it is the subject's own. Never [`Link::Up`].
    pub step: Option<Link>,
    pub table: TableName,
    /// Never empty.
    pub columns: Vec<ColumnPath>,
    /// Of the rows that the step leads to, those count alone in which these columns have these texts; `None` is null.
    pub when: Vec<(ColumnPath, Option<String>)>,
}

/// Finds the columns of the map's directory; `None` where it has no such section.
pub(super) fn roster(finder: &Finder<'_>, within: &[(SubjectKind, Path)]) -> Result<Option<Roster>, Vec<Problem>> {
    let Some(directory) = &finder.map.directory else { return Ok(None) };
    let mut problems = Vec::new();
    let mut subject = |part: &'static str, kind: &SubjectKind| {
        let found = finder.map.subject(kind);
        if found.is_none() {
            problems.push(Problem::new(Place::Directory(part, "subject"), format!("`{kind}` is no subject of this map")));
        }
        found
    };
    let contract = subject("contract", &directory.contract.subject);
    let seat = subject("seat", &directory.seat.subject);
    let (Some(contract), Some(seat)) = (contract, seat) else { return Err(problems) };
    // What is wrong with the subjects themselves has been said where they are declared.
    if [contract, seat].iter().any(|subject| catalog_table(finder.catalogs, &subject.table).is_none()) {
        return Err(problems);
    }
    let path = within.iter().find(|(inner, _)| *inner == seat.kind).map(|(_, path)| path);
    let path = path.filter(|path| path.kind == contract.kind);
    if path.is_none() {
        let message = format!("{} is not within {}", with_article(seat.kind.as_str()), with_article(contract.kind.as_str()));
        let help = format!("declare the subject `{}` with `within: {} via …`", seat.kind, contract.kind);
        problems.push(Problem::new(Place::Directory("seat", "subject"), message).help(help));
    }
    if contract.table.source != seat.table.source {
        let message = format!("{} and {} lie in different databases", contract.table, seat.table);
        problems.push(Problem::new(Place::Directory("seat", "subject"), message).help("a directory is read from one database"));
    }
    if seat.key.len() > 1 && directory.contract.purchase_admin.as_ref().is_some_and(|admin| admin.seat.is_none()) {
        let message = format!("one column cannot name {}, whose key has several", with_article(seat.kind.as_str()));
        problems.push(
            Problem::new(Place::Directory("contract", "purchase_admin"), message)
                .help("say under `seat` which column of the seat it names"),
        );
    }
    let columns = directory.try_map(|part, field, kind, column| {
        let subject = if *kind == seat.kind { seat } else { contract };
        Ok::<_, std::convert::Infallible>(locate(finder, subject, Place::Directory(part, field), field, column, &mut problems))
    });
    let Ok(columns) = columns;
    let role = &directory.seat.role;
    let roles = role.admin.iter().chain(&role.sub_admin).chain(&role.holder).collect();
    let listed: [(_, Option<&Located>, Vec<&Option<String>>); 3] = [
        (Place::Directory("seat", "role"), columns.seat.role.column.as_ref(), roles),
        (
            Place::Directory("seat", "state"),
            columns.seat.state.as_ref().and_then(|state| state.column.as_ref()),
            directory.seat.state.as_ref().map(values_of).unwrap_or_default(),
        ),
        (
            Place::Directory("contract", "state"),
            columns.contract.state.as_ref().and_then(|state| state.column.as_ref()),
            directory.contract.state.as_ref().map(values_of).unwrap_or_default(),
        ),
    ];
    for (place, located, values) in listed {
        problems.extend(located.map(|located| value_problems(finder, &place, located, &values)).unwrap_or_default());
    }
    let found = columns.try_map(|_, _, _, column| column.clone().ok_or(()));
    match (path, found) {
        (Some(path), Ok(columns)) if problems.is_empty() => {
            Ok(Some(Roster { contract: contract.clone(), seat: seat.clone(), within: path.clone(), columns }))
        }
        _ => Err(problems),
    }
}

fn values_of(state: &StateColumn) -> Vec<&Option<String>> {
    state.active.iter().chain(&state.ended).collect()
}

fn locate(
    finder: &Finder<'_>,
    subject: &Subject,
    place: Place,
    field: &'static str,
    column: &Field,
    problems: &mut Vec<Problem>,
) -> Option<Located> {
    let step = match &column.step {
        None => None,
        Some(hop) => match finder.step(&subject.table, hop) {
            Ok(link) => Some(link),
            Err(message) => {
                problems.push(message.at(place));
                return None;
            }
        },
    };
    let name = match &step {
        None => subject.table.clone(),
        Some(Link::Forward { to, .. }) => to.clone(),
        Some(Link::Reverse { table, .. }) => table.clone(),
        Some(Link::Up { .. }) => {
            problems.push(Problem::new(place, "a directory climbs no tree"));
            return None;
        }
    };
    if name.source != subject.table.source {
        let message = format!("{name} lies in another database than {}", subject.table);
        problems.push(Problem::new(place, message).help("a directory is read from one database"));
        return None;
    }
    let Some(table) = catalog_table(finder.catalogs, &name) else {
        problems.push(Problem::new(place, format!("{name} does not exist")));
        return None;
    };
    let before = problems.len();
    for path in column.columns.iter().chain(column.when.iter().map(|(path, _)| path)) {
        problems.extend(path_problem(place.clone(), table, path));
    }
    if problems.len() > before {
        return None;
    }
    if column.columns.len() > 1 && field != "name" {
        problems.push(Problem::new(place.clone(), format!("the {} is one column, and here are several", words(field))));
    }
    for path in &column.columns {
        if secret_path(finder.map, &name, &path.column).is_some_and(|secret| covers(secret, path)) {
            let message = format!("`{path}` of {name} is secret: whoever uses the desk would see it");
            problems.push(Problem::new(place.clone(), message).help("choose another column"));
        }
        let known = table.column(&path.column).filter(|_| path.json.is_empty());
        problems.extend(known.and_then(|known| type_problem(&place, field, table, known)));
    }
    (problems.len() == before).then(|| Located { step, table: name, columns: column.columns.clone(), when: column.when.clone() })
}

/// Whether what is secret is at this place, around it, or inside it.
fn covers(secret: &ColumnPath, path: &ColumnPath) -> bool {
    secret.json.iter().zip(&path.json).all(|(secret, path)| secret == path)
}

/// A type that values of this field cannot have.
fn type_problem(place: &Place, field: &str, table: &Table, column: &Column) -> Option<Problem> {
    let text = matches!(field, "email" | "name" | "tier" | "language");
    let fits = match column.kind {
        ColumnKind::Text | ColumnKind::Enumeration(_) | ColumnKind::Other => true,
        ColumnKind::Integer | ColumnKind::Uuid => !text,
        ColumnKind::Boolean | ColumnKind::Date | ColumnKind::Time | ColumnKind::Timestamp | ColumnKind::TimestampWithZone => {
            matches!(field, "role" | "state")
        }
        ColumnKind::Float | ColumnKind::Decimal | ColumnKind::Interval | ColumnKind::Bytes | ColumnKind::Json | ColumnKind::Array => false,
    };
    let message = || format!("`{}` of {} cannot be the {}: its type is {}", column.name, table.name, words(field), column.declared_type);
    (!fits).then(|| Problem::new(place.clone(), message()))
}

fn words(field: &str) -> &str {
    match field {
        "email" => "e-mail address",
        "purchase_admin" => "purchase admin",
        other => other,
    }
}

/// Values that the column cannot hold.
fn value_problems(finder: &Finder<'_>, place: &Place, located: &Located, values: &[&Option<String>]) -> Vec<Problem> {
    let Some(table) = catalog_table(finder.catalogs, &located.table) else { return Vec::new() };
    let path = located.columns.first().filter(|path| path.json.is_empty());
    let Some(column) = path.and_then(|path| table.column(&path.column)) else { return Vec::new() };
    let mut problems = Vec::new();
    for value in values.iter().filter_map(|value| value.as_deref()) {
        let help = match &column.kind {
            ColumnKind::Enumeration(labels) if !labels.iter().any(|label| label == value) => {
                Some(format!("its values are: {}", labels.join(", ")))
            }
            ColumnKind::Boolean if !matches!(value, "true" | "false") => Some("its values are: true, false".to_owned()),
            ColumnKind::Integer if value.parse::<i64>().is_err() => Some("its values are whole numbers".to_owned()),
            // A moment that means something by itself is none that a map could list.
            ColumnKind::Date | ColumnKind::Time | ColumnKind::Timestamp | ColumnKind::TimestampWithZone => {
                Some("of a time only `null` can be listed".to_owned())
            }
            ColumnKind::Enumeration(_)
            | ColumnKind::Boolean
            | ColumnKind::Integer
            | ColumnKind::Float
            | ColumnKind::Decimal
            | ColumnKind::Text
            | ColumnKind::Bytes
            | ColumnKind::Interval
            | ColumnKind::Uuid
            | ColumnKind::Json
            | ColumnKind::Array
            | ColumnKind::Other => None,
        };
        if let Some(help) = help {
            problems.push(Problem::new(place.clone(), format!("`{}` of {} never holds `{value}`", column.name, located.table)).help(help));
        }
    }
    problems
}
