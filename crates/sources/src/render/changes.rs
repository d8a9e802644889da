//! What `clear` and `replace` do to a column, as expressions.

use exeunt_model::catalog::{Column, ColumnKind, Table};
use exeunt_model::map::action::Change;
use exeunt_model::names::TableName;
use exeunt_model::selection::{ColumnPath, Condition};

use super::operand::{postgres_path, sqlite_paths};
use super::{Draft, Error, Parameter, Rendered, Renderer};
use crate::quote::identifier;

/// SQLite's function for pseudonyms: `(secret, value, shape, length)`.
pub(crate) const PSEUDONYM_FUNCTION: &str = "exeunt_pseudonym";
/// Hexadecimal digits of a text pseudonym, unless the column takes fewer.
pub(crate) const PSEUDONYM_DIGITS: u32 = 20;

/// The form of a pseudonym.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// At most so many hexadecimal digits.
    Text(u32),
    Uuid,
}

impl Renderer<'_> {
    /// Applies the map's changes to the rows.
    pub(crate) fn change(&self, table: &TableName, condition: &Condition, changes: &[(ColumnPath, Change)]) -> Result<Rendered, Error> {
        self.update(table, condition, |draft, table| {
            let mut assignments: Vec<(String, String)> = Vec::new();
            for (path, change) in changes {
                let column =
                    table.column(&path.column).ok_or_else(|| Error::NoColumn { table: table.name.clone(), column: path.column.clone() })?;
                // Several places of one column are changed one inside the other.
                let known = assignments.iter().position(|(name, _)| *name == path.column);
                let before = known.map_or_else(|| identifier(&path.column), |at| assignments[at].1.clone());
                let value = match path.json.is_empty() {
                    true => self.whole(draft, table, column, change)?,
                    false => self.place(draft, table, column, path, change, &before),
                };
                match known {
                    Some(at) => assignments[at].1 = value,
                    None => assignments.push((path.column.clone(), value)),
                }
            }
            Ok(assignments)
        })
    }

    /// Sets columns to null.
    pub(crate) fn clear(&self, table: &TableName, condition: &Condition, columns: &[String]) -> Result<Rendered, Error> {
        self.update(table, condition, |_, table| {
            columns.iter().map(|name| Ok((self.column_name(table, name)?, "NULL".to_owned()))).collect()
        })
    }

    /// Gives a column the successor's key.
    pub(crate) fn hand_over(&self, table: &TableName, condition: &Condition, column: &str) -> Result<Rendered, Error> {
        self.update(table, condition, |draft, table| {
            let successor = Parameter::Successor { table: table.name.clone(), column: column.to_owned() };
            Ok(vec![(self.column_name(table, column)?, draft.parameter(successor))])
        })
    }

    /// Whether a column, or a place in it, holds what the change writes there.
    pub(crate) fn changed(
        &self,
        draft: &mut Draft,
        table: &Table,
        alias: &str,
        path: &ColumnPath,
        change: &Change,
    ) -> Result<String, Error> {
        let operand = self.operand(table, alias, path)?;
        let column =
            table.column(&path.column).ok_or_else(|| Error::NoColumn { table: table.name.clone(), column: path.column.clone() })?;
        let whole = path.json.is_empty();
        Ok(match change {
            Change::Clear => format!("{} IS NULL", operand.sql),
            Change::Constant(text) => {
                let name = if whole { column.name.clone() } else { path.to_string() };
                let constant = draft.parameter(Parameter::Constant { text: text.clone(), table: table.name.clone(), column: name });
                match whole && self.is_postgres() {
                    // Not every type can be compared with `=`; its texts can, once both have been through the type.
                    true => format!("CAST({} AS text) = CAST(CAST({constant} AS {}) AS text)", operand.sql, column.declared_type),
                    false => format!("{} = {constant}", operand.sql),
                }
            }
            Change::Pseudonym => {
                let shape = if whole { shape(column) } else { Some(Shape::Text(PSEUDONYM_DIGITS)) };
                let shape = shape.ok_or_else(|| Error::NoPseudonym { table: table.name.clone(), column: column.name.clone() })?;
                match self.is_postgres() {
                    true => format!("CAST({} AS text) ~ '^{}$'", operand.sql, postgres_form(shape)),
                    false => format!("{} GLOB '{}'", operand.sql, sqlite_form(shape)),
                }
            }
        })
    }

    fn column_name(&self, table: &Table, name: &str) -> Result<String, Error> {
        let column = table.column(name);
        column.map(|column| column.name.clone()).ok_or_else(|| Error::NoColumn { table: table.name.clone(), column: name.to_owned() })
    }

    fn whole(&self, draft: &mut Draft, table: &Table, column: &Column, change: &Change) -> Result<String, Error> {
        match change {
            Change::Clear => Ok("NULL".into()),
            Change::Constant(text) => {
                Ok(draft.parameter(Parameter::Constant { text: text.clone(), table: table.name.clone(), column: column.name.clone() }))
            }
            Change::Pseudonym => {
                let shape = shape(column).ok_or_else(|| Error::NoPseudonym { table: table.name.clone(), column: column.name.clone() })?;
                let secret = draft.parameter(Parameter::PseudonymSecret);
                let value = identifier(&column.name);
                Ok(match self.is_postgres() {
                    true => format!("CAST({} AS {})", postgres_pseudonym(&secret, &value, shape), column.declared_type),
                    false => sqlite_pseudonym(&secret, &value, shape),
                })
            }
        }
    }

    /// The column's value with one place in it changed, and unchanged where the place is missing. Where it cannot be told what the place
    /// holds, the statement fails.
    fn place(&self, draft: &mut Draft, table: &Table, column: &Column, path: &ColumnPath, change: &Change, before: &str) -> String {
        let shape = Shape::Text(PSEUDONYM_DIGITS);
        let constant = |text: &String| Parameter::Constant { text: text.clone(), table: table.name.clone(), column: path.to_string() };
        if self.is_postgres() {
            let at = postgres_path(&path.json);
            // A name leads nowhere in a list, though its elements may have it: the place is not missing, so the cast of nothing fails.
            let whole = format!("CAST({} AS jsonb)", identifier(&column.name));
            let lists: Vec<String> = beside_names(&path.json)
                .map(|names| format!("jsonb_typeof({whole} #> CAST({} AS text[])) = 'array'", postgres_path(names)))
                .collect();
            let json = match lists.is_empty() {
                true => format!("CAST({before} AS jsonb)"),
                false => format!(
                    "(CASE WHEN {} THEN CAST(left(CAST({whole} AS text), 0) AS jsonb) ELSE CAST({before} AS jsonb) END)",
                    lists.join(" OR ")
                ),
            };
            let changed = match change {
                Change::Clear => format!("({json} #- {at})"),
                Change::Constant(text) => {
                    let value = draft.parameter(constant(text));
                    format!("jsonb_set({json}, {at}, to_jsonb(CAST({value} AS text)), false)")
                }
                Change::Pseudonym => {
                    let secret = draft.parameter(Parameter::PseudonymSecret);
                    let value = postgres_pseudonym(&secret, &format!("({json} #>> {at})"), shape);
                    // Where there is nothing to hide, there is nothing to set; jsonb_set of null would be null.
                    format!("COALESCE(jsonb_set({json}, {at}, to_jsonb(CAST({value} AS text)), false), {json})")
                }
            };
            // A text column takes text: a cast to `varchar(n)` would cut it off without a word.
            return match column.kind {
                ColumnKind::Json => format!("CAST({changed} AS {})", column.declared_type),
                _ => format!("CAST({changed} AS text)"),
            };
        }
        let mut value = before.to_owned();
        if before == identifier(&column.name) {
            // The functions of JSON refuse what is no JSON. Of a name that stands twice they change the first alone, so that is refused as well.
            let twice = format!("SELECT count(*) > count(DISTINCT fullkey) FROM json_tree({before})");
            value = format!("CASE WHEN ({twice}) THEN json('') ELSE {before} END");
        }
        // A name leads nowhere in a list, though its elements may have it.
        let whole = identifier(&column.name);
        let lists: Vec<String> =
            beside_names(&path.json).flat_map(sqlite_paths).map(|at| format!("json_type({whole}, {at}) = 'array'")).collect();
        if !lists.is_empty() {
            value = format!("CASE WHEN {} THEN json('') ELSE {value} END", lists.join(" OR "));
        }
        // A number in the path may be a name or a position: what is missing stays untouched, so both are tried.
        for at in sqlite_paths(&path.json) {
            value = match change {
                Change::Clear => format!("json_remove({value}, {at})"),
                Change::Constant(text) => {
                    let text = draft.parameter(constant(text));
                    format!("json_replace({value}, {at}, {text})")
                }
                Change::Pseudonym => {
                    let secret = draft.parameter(Parameter::PseudonymSecret);
                    let hidden = sqlite_pseudonym(&secret, &format!("json_extract({value}, {at})"), shape);
                    format!("json_replace({value}, {at}, {hidden})")
                }
            };
        }
        value
    }
}

/// The pseudonym that a column can take.
pub(crate) fn shape(column: &Column) -> Option<Shape> {
    match column.kind {
        ColumnKind::Text => Some(Shape::Text(column.max_length.unwrap_or(PSEUDONYM_DIGITS).min(PSEUDONYM_DIGITS))),
        ColumnKind::Uuid => Some(Shape::Uuid),
        ColumnKind::Boolean
        | ColumnKind::Integer
        | ColumnKind::Float
        | ColumnKind::Decimal
        | ColumnKind::Bytes
        | ColumnKind::Date
        | ColumnKind::Time
        | ColumnKind::Timestamp
        | ColumnKind::TimestampWithZone
        | ColumnKind::Interval
        | ColumnKind::Json
        | ColumnKind::Array
        | ColumnKind::Enumeration(_)
        | ColumnKind::Other => None,
    }
}

/// SHA-256 over the secret and the value, in the shape; null stays null.
fn postgres_pseudonym(secret: &str, value: &str, shape: Shape) -> String {
    let hash = format!("encode(sha256(decode({secret}, 'hex') || convert_to(CAST({value} AS text), 'UTF8')), 'hex')");
    match shape {
        Shape::Text(length) => format!("left({hash}, {length})"),
        // Version 8 and its variant, so that validators take it for what it is.
        Shape::Uuid => format!("overlay(overlay(left({hash}, 32) PLACING '8' FROM 13 FOR 1) PLACING '8' FROM 17 FOR 1)"),
    }
}

fn sqlite_pseudonym(secret: &str, value: &str, shape: Shape) -> String {
    match shape {
        Shape::Text(length) => format!("{PSEUDONYM_FUNCTION}({secret}, {value}, 'text', {length})"),
        Shape::Uuid => format!("{PSEUDONYM_FUNCTION}({secret}, {value}, 'uuid', 0)"),
    }
}

/// What a pseudonym of the shape looks like, as a regular expression.
fn postgres_form(shape: Shape) -> String {
    match shape {
        Shape::Text(length) => format!("[0-9a-f]{{{length}}}"),
        Shape::Uuid => "[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}".to_owned(),
    }
}

/// The same as a pattern of SQLite.
fn sqlite_form(shape: Shape) -> String {
    let digits = |count: usize| "[0-9a-f]".repeat(count);
    match shape {
        Shape::Text(length) => digits(length as usize),
        Shape::Uuid => format!("{}-{}-8{}-8{}-{}", digits(8), digits(4), digits(3), digits(3), digits(12)),
    }
}

/// The beginnings of a path that a name follows, and no position in a list.
fn beside_names(path: &[String]) -> impl Iterator<Item = &[String]> {
    let is_name = |name: &String| name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_digit());
    (0..path.len()).filter(move |at| is_name(&path[*at])).map(|at| &path[..at])
}
