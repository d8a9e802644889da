//! JSON Lines: one object per row, values typed by their columns.
//!
//! A number stays the digits that the source printed, however many; what is no JSON number (`NaN`, `007`) becomes text. Columns of JSON
//! are put in as they are, others as text. The formula guard has no place here: what is in the file is the value.

use std::io;

use exeunt_model::archive::header::ColumnHeader;
use exeunt_model::catalog::ColumnKind;
use serde::de::IgnoredAny;

use super::fields::{Fields, Values};

pub(super) struct JsonLines {
    fields: Fields,
    rows: Rows,
}

struct Rows {
    columns: Vec<JsonColumn>,
    /// Lines that are not yet passed on.
    text: Vec<u8>,
}

struct JsonColumn {
    /// The separator before it, its name, and a colon.
    lead: Vec<u8>,
    form: Form,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Boolean,
    Number,
    Json,
    Text,
}

impl JsonLines {
    pub(super) fn new(columns: &[ColumnHeader]) -> Self {
        let column = |(index, column): (usize, &ColumnHeader)| {
            let mut lead = vec![if index == 0 { b'{' } else { b',' }];
            push_text(&mut lead, column.name.as_bytes());
            lead.push(b':');
            JsonColumn { lead, form: form(&column.kind) }
        };
        let columns = columns.iter().enumerate().map(column).collect();
        Self { fields: Fields::new(), rows: Rows { columns, text: Vec::new() } }
    }

    /// Takes the next bytes of CSV and returns the lines that they complete, perhaps with the beginning of another.
    pub(super) fn push(&mut self, csv: &[u8]) -> io::Result<&[u8]> {
        self.rows.text.clear();
        self.fields.push(csv, &mut self.rows)?;
        Ok(&self.rows.text)
    }

    pub(super) fn finish(&mut self) -> io::Result<&[u8]> {
        self.rows.text.clear();
        self.fields.finish(&mut self.rows)?;
        Ok(&self.rows.text)
    }
}

fn form(kind: &ColumnKind) -> Form {
    match kind {
        ColumnKind::Boolean => Form::Boolean,
        ColumnKind::Integer | ColumnKind::Float | ColumnKind::Decimal => Form::Number,
        ColumnKind::Json => Form::Json,
        ColumnKind::Text
        | ColumnKind::Bytes
        | ColumnKind::Date
        | ColumnKind::Time
        | ColumnKind::Timestamp
        | ColumnKind::TimestampWithZone
        | ColumnKind::Interval
        | ColumnKind::Uuid
        | ColumnKind::Array
        | ColumnKind::Enumeration(_)
        | ColumnKind::Other => Form::Text,
    }
}

impl Values for Rows {
    fn value(&mut self, column: usize, value: Option<&[u8]>) -> io::Result<()> {
        // A table without columns has rows, and they are empty objects.
        let Some(JsonColumn { lead, form }) = self.columns.get(column) else {
            self.text.push(b'{');
            return Ok(());
        };
        self.text.extend_from_slice(lead);
        match (value, form) {
            (None, _) => self.text.extend_from_slice(b"null"),
            (Some(value @ (b"true" | b"false")), Form::Boolean) => self.text.extend_from_slice(value),
            (Some(value), Form::Number) if is_json_number(value) => self.text.extend_from_slice(value),
            (Some(value), Form::Json) if serde_json::from_slice::<IgnoredAny>(value).is_ok() => {
                // Inside strings JSON has no bare line ends, so these are white space.
                self.text.extend(value.iter().map(|byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { *byte }));
            }
            (Some(value), Form::Boolean | Form::Number | Form::Json | Form::Text) => push_text(&mut self.text, value),
        }
        Ok(())
    }

    fn end_row(&mut self) -> io::Result<()> {
        self.text.extend_from_slice(b"}\n");
        Ok(())
    }
}

/// `-12.5e+03` and the like: no leading zeros, a digit on both sides of the point.
fn is_json_number(value: &[u8]) -> bool {
    let digits = |text: &[u8]| text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let rest = value.strip_prefix(b"-").unwrap_or(value);
    let whole = digits(rest);
    if whole == 0 || (whole > 1 && rest[0] == b'0') {
        return false;
    }
    let mut rest = &rest[whole..];
    if let Some(fraction) = rest.strip_prefix(b".") {
        let count = digits(fraction);
        if count == 0 {
            return false;
        }
        rest = &fraction[count..];
    }
    match rest {
        [] => true,
        [b'e' | b'E', exponent @ ..] => {
            let exponent = exponent.strip_prefix(b"+").or_else(|| exponent.strip_prefix(b"-")).unwrap_or(exponent);
            !exponent.is_empty() && digits(exponent) == exponent.len()
        }
        [..] => false,
    }
}

fn push_text(output: &mut Vec<u8>, text: &[u8]) {
    output.push(b'"');
    let mut rest = text;
    while let Some(place) = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f)) {
        output.extend_from_slice(&rest[..place]);
        match rest[place] {
            b'\n' => output.extend_from_slice(b"\\n"),
            b'\r' => output.extend_from_slice(b"\\r"),
            b'\t' => output.extend_from_slice(b"\\t"),
            plain @ (b'"' | b'\\') => output.extend_from_slice(&[b'\\', plain]),
            control => output.extend_from_slice(format!("\\u{control:04x}").as_bytes()),
        }
        rest = &rest[place + 1..];
    }
    output.extend_from_slice(rest);
    output.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(kinds: &[ColumnKind], csv: &str, chunk: usize) -> String {
        let column = |(index, kind): (usize, &ColumnKind)| ColumnHeader {
            name: format!("c\"{index}"),
            kind: kind.clone(),
            declared_type: String::new(),
            nullable: true,
            checked_by_source: true,
            description: None,
        };
        let columns: Vec<ColumnHeader> = kinds.iter().enumerate().map(column).collect();
        let mut lines = JsonLines::new(&columns);
        let mut text = Vec::new();
        for piece in csv.as_bytes().chunks(chunk) {
            text.extend_from_slice(lines.push(piece).expect("to memory"));
        }
        text.extend_from_slice(lines.finish().expect("to memory"));
        String::from_utf8(text).expect("text")
    }

    #[test]
    fn values_are_typed_by_their_columns_at_any_borders() {
        let kinds = [ColumnKind::Integer, ColumnKind::Boolean, ColumnKind::Json, ColumnKind::Text];
        let csv = "1,true,\"{\"\"a\"\":\n[1]}\",\"x \"\"y\"\",\n\t\\\"\n,,,\nNaN,t,{broken,\"\"\n-0.5e-3,false,null,=1+1";
        let want = "{\"c\\\"0\":1,\"c\\\"1\":true,\"c\\\"2\":{\"a\": [1]},\"c\\\"3\":\"x \\\"y\\\",\\n\\t\\\\\"}\n\
                    {\"c\\\"0\":null,\"c\\\"1\":null,\"c\\\"2\":null,\"c\\\"3\":null}\n\
                    {\"c\\\"0\":\"NaN\",\"c\\\"1\":\"t\",\"c\\\"2\":\"{broken\",\"c\\\"3\":\"\"}\n\
                    {\"c\\\"0\":-0.5e-3,\"c\\\"1\":false,\"c\\\"2\":null,\"c\\\"3\":\"=1+1\"}\n";
        for chunk in [1, 2, 3, 7, 1000] {
            assert_eq!(lines(&kinds, csv, chunk), want, "{chunk}");
        }
    }

    #[test]
    fn only_json_numbers_are_numbers() {
        for good in ["0", "-0", "10", "0.5", "1e5", "1.25E+10", "12345678901234567890123"] {
            assert!(is_json_number(good.as_bytes()) && serde_json::from_str::<f64>(good).is_ok(), "{good}");
        }
        for bad in ["", "-", "007", ".5", "5.", "1e", "+1", "NaN", "1 ", "0x1"] {
            assert!(!is_json_number(bad.as_bytes()), "{bad}");
        }
    }
}
