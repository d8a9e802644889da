//! SQLite's values as texts and back.

use std::borrow::Cow;

use exeunt_model::catalog::{Column, ColumnKind};
use exeunt_model::digest::hex;
use rusqlite::types::{Value, ValueRef};

use crate::sqlite::declared::{Affinity, affinity};

/// The text form of a value; `None` is null.
///
/// Bytes, and texts that are no UTF-8, are written `\x` and hexadecimal digits.
pub(crate) fn text_of(value: ValueRef<'_>) -> Option<Cow<'_, str>> {
    match value {
        ValueRef::Null => None,
        ValueRef::Integer(number) => Some(number.to_string().into()),
        ValueRef::Real(number) => Some(real(number).into()),
        ValueRef::Text(bytes) => Some(std::str::from_utf8(bytes).map_or_else(|_| bytes_as_text(bytes).into(), Cow::Borrowed)),
        ValueRef::Blob(bytes) => Some(bytes_as_text(bytes).into()),
    }
}

/// The shortest text that reads back as the same number, always told apart from a whole number.
pub(crate) fn real(number: f64) -> String {
    match number {
        number if number.is_finite() => format!("{number:?}"),
        number if number > 0.0 => "Infinity".into(),
        _ => "-Infinity".into(),
    }
}

fn bytes_as_text(bytes: &[u8]) -> String {
    format!("\\x{}", hex(bytes))
}

/// The value that a text of [`text_of`] came from, as far as the column can hold it.
///
/// Columns with an affinity turn texts into their own numbers when they are compared or stored; only bytes, truth values and columns
/// without an affinity need help.
pub(crate) fn value_of(column: Option<&Column>, text: &str) -> Value {
    let Some(column) = column else { return Value::Text(text.to_owned()) };
    let affinity = affinity(&column.declared_type);
    match (&column.kind, text) {
        (ColumnKind::Boolean, "true") => return Value::Integer(1),
        (ColumnKind::Boolean, "false") => return Value::Integer(0),
        _ => {}
    }
    if affinity != Affinity::Text
        && let Some(bytes) = text.strip_prefix("\\x").and_then(parse_hex)
    {
        return Value::Blob(bytes);
    }
    if affinity == Affinity::None {
        if let Some(number) = text.parse::<i64>().ok().filter(|number| number.to_string() == text) {
            return Value::Integer(number);
        }
        if let Some(number) = text.parse::<f64>().ok().filter(|number| real(*number) == text) {
            return Value::Real(number);
        }
    }
    Value::Text(text.to_owned())
}

fn parse_hex(digits: &str) -> Option<Vec<u8>> {
    if !digits.len().is_multiple_of(2) || !digits.is_ascii() {
        return None;
    }
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(declared_type: &str) -> Column {
        Column {
            name: "c".into(),
            declared_type: declared_type.into(),
            kind: crate::sqlite::declared::kind_of(declared_type),
            nullable: true,
            generated: false,
            has_default: false,
            max_length: None,
            comment: None,
        }
    }

    #[test]
    fn values_survive_their_text_form() {
        let cases = [
            ("", Value::Integer(17)),
            ("", Value::Real(1.0)),
            ("", Value::Real(1e300)),
            ("", Value::Text("seventeen".into())),
            ("", Value::Blob(vec![0, 255])),
            ("BLOB", Value::Blob(Vec::new())),
            ("BINARY(16)", Value::Blob(vec![1; 16])),
            ("TEXT", Value::Text("17".into())),
            ("TEXT", Value::Text("\\x61".into())),
            ("VARCHAR(3)", Value::Text(String::new())),
        ];
        for (declared, want) in cases {
            let text = text_of(ValueRef::from(&want)).unwrap().into_owned();
            assert_eq!(value_of(Some(&column(declared)), &text), want, "{declared}");
        }
        assert_eq!(value_of(Some(&column("BOOLEAN")), "true"), Value::Integer(1));
    }
}
