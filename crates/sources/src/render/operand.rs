//! Columns and places inside JSON columns as expressions, and how two of them are compared.

use exeunt_model::catalog::{Column, ColumnKind, Table};
use exeunt_model::selection::ColumnPath;

use super::{Error, Renderer};
use crate::quote::{identifier, postgres_text};

/// What an expression may be compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Family {
    Integer,
    Number,
    Text,
    Uuid,
    /// Only with its own declared type.
    Only(String),
}

/// An expression and its type.
#[derive(Debug, Clone)]
pub(crate) struct Operand {
    pub sql: String,
    pub family: Family,
    /// The type to cast a text to that came from this expression.
    pub declared_type: String,
    /// A place inside JSON: its value comes as text, whatever it was.
    pub from_json: bool,
}

impl Renderer<'_> {
    /// A column, or a place inside it, of the table with this alias.
    pub(crate) fn operand(&self, table: &Table, alias: &str, path: &ColumnPath) -> Result<Operand, Error> {
        let column =
            table.column(&path.column).ok_or_else(|| Error::NoColumn { table: table.name.clone(), column: path.column.clone() })?;
        let sql = format!("{alias}.{}", identifier(&path.column));
        if path.json.is_empty() {
            let declared_type = column.declared_type.clone();
            return Ok(Operand { sql, family: family(column), declared_type, from_json: false });
        }
        let sql = match self.is_postgres() {
            true => format!("({} #>> {})", postgres_json(&sql, column), postgres_path(&path.json)),
            false => sqlite_json_text(&sql, &path.json),
        };
        Ok(Operand { sql, family: Family::Text, declared_type: "text".into(), from_json: true })
    }

    /// `left` and `right` in forms that may be compared with `=`, without ever failing on a value.
    ///
    /// Where the types differ, both are compared as texts. If it can be done, the left side stays as it is, for there an index may
    /// help.
    pub(crate) fn comparable(&self, left: &Operand, right: &Operand) -> (String, String) {
        let same = (left.sql.clone(), right.sql.clone());
        if !self.is_postgres() && left.from_json != right.from_json {
            return sqlite_comparable(left, right);
        }
        // SQLite compares columns by affinity, as its own foreign keys do.
        if !self.is_postgres() || left.declared_type == right.declared_type {
            return same;
        }
        let text = |operand: &Operand| format!("CAST({} AS text)", operand.sql);
        let guarded =
            |pattern: &str, target: &str| format!("CASE WHEN {} ~ '{pattern}' THEN CAST({} AS {target}) END", right.sql, right.sql);
        match (&left.family, &right.family) {
            (Family::Integer | Family::Number, Family::Integer | Family::Number) | (Family::Text, Family::Text) => same,
            (Family::Text, Family::Integer | Family::Number | Family::Uuid | Family::Only(_)) => (same.0, text(right)),
            (Family::Integer, Family::Text) => (same.0, guarded("^(0|-?[1-9][0-9]{0,17})$", "bigint")),
            (Family::Uuid, Family::Text) => (same.0, guarded("^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$", "uuid")),
            (Family::Uuid, Family::Uuid) => same,
            (Family::Integer | Family::Number, Family::Uuid | Family::Only(_))
            | (Family::Number, Family::Text)
            | (Family::Uuid, Family::Integer | Family::Number | Family::Only(_))
            | (Family::Only(_), _) => (text(left), text(right)),
        }
    }

    /// The text form of an expression, as CSV and keys have it.
    pub(crate) fn text_form(&self, operand: &Operand) -> String {
        match self.is_postgres() {
            true => format!("CAST({} AS text)", operand.sql),
            // Values come out as they are stored and are turned into text outside.
            false => operand.sql.clone(),
        }
    }
}

/// A text from JSON and a column of SQLite: a number there is meant by its own digits alone, so that `"07"` is not 7.
fn sqlite_comparable(left: &Operand, right: &Operand) -> (String, String) {
    let digits = |operand: &Operand| {
        let sql = &operand.sql;
        format!("CASE WHEN CAST(CAST({sql} AS INTEGER) AS TEXT) = {sql} THEN CAST({sql} AS INTEGER) END")
    };
    match (&left.family, &right.family) {
        (Family::Integer, _) => (left.sql.clone(), digits(right)),
        (_, Family::Integer) => (digits(left), right.sql.clone()),
        _ => (left.sql.clone(), right.sql.clone()),
    }
}

fn family(column: &Column) -> Family {
    match column.kind {
        ColumnKind::Integer => Family::Integer,
        ColumnKind::Float | ColumnKind::Decimal => Family::Number,
        ColumnKind::Text => Family::Text,
        ColumnKind::Uuid => Family::Uuid,
        ColumnKind::Boolean
        | ColumnKind::Bytes
        | ColumnKind::Date
        | ColumnKind::Time
        | ColumnKind::Timestamp
        | ColumnKind::TimestampWithZone
        | ColumnKind::Interval
        | ColumnKind::Json
        | ColumnKind::Array
        | ColumnKind::Enumeration(_)
        | ColumnKind::Other => Family::Only(column.declared_type.clone()),
    }
}

/// The column as a JSON value that has places.
pub(crate) fn postgres_json(sql: &str, column: &Column) -> String {
    match column.kind {
        ColumnKind::Json => sql.to_owned(),
        _ => format!("CAST({sql} AS jsonb)"),
    }
}

/// `ARRAY['actor', 'id']`: names or array positions.
pub(crate) fn postgres_path(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| postgres_text(name)).collect();
    format!("ARRAY[{}]", names.join(", "))
}

/// The place as text; null where the column holds no JSON or the place is missing.
fn sqlite_json_text(sql: &str, names: &[String]) -> String {
    let places: Vec<String> = sqlite_paths(names)
        .iter()
        .map(|path| {
            format!(
                "CASE json_type({sql}, {path}) WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' \
                 ELSE CAST(json_extract({sql}, {path}) AS TEXT) END"
            )
        })
        .collect();
    let found = if places.len() == 1 { places.concat() } else { format!("COALESCE({})", places.join(", ")) };
    format!("(CASE WHEN json_valid({sql}) THEN {found} END)")
}

/// The paths that the names may mean, quoted: a number is a name or an array position, and only the value tells which.
pub(crate) fn sqlite_paths(names: &[String]) -> Vec<String> {
    let mut paths = vec!["$".to_owned()];
    for name in names {
        let is_position = !name.is_empty() && name.len() < 10 && name.bytes().all(|byte| byte.is_ascii_digit());
        let named = |path: &String| format!("{path}.\"{name}\"");
        let at = |path: &String| format!("{path}[{name}]");
        paths = match is_position {
            true => paths.iter().flat_map(|path| [named(path), at(path)]).collect(),
            false => paths.iter().map(named).collect(),
        };
    }
    paths.iter().map(|path| format!("'{}'", path.replace('\'', "''"))).collect()
}
