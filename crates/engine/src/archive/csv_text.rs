//! CSV that we write ourselves: header rows and the list of files.

use std::io::{self, Write};

use exeunt_model::archive::guard;

/// One row of text values, guarded against formulas; empty text is written as nothing.
pub(super) fn push_row(output: &mut impl Write, values: &[&str]) -> io::Result<()> {
    let mut row = String::new();
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            row.push(',');
        }
        if guard::is_marked(value) {
            push_value(&mut row, &format!("{}{value}", guard::MARK));
        } else {
            push_value(&mut row, value);
        }
    }
    row.push('\n');
    output.write_all(row.as_bytes())
}

/// The header row: names as they are.
pub(super) fn header_row<'name>(names: impl Iterator<Item = &'name str>) -> String {
    let mut row = String::new();
    for (index, name) in names.enumerate() {
        if index > 0 {
            row.push(',');
        }
        push_value(&mut row, name);
    }
    row.push('\n');
    row
}

fn push_value(row: &mut String, value: &str) {
    if value.contains([',', '"', '\n', '\r']) {
        row.push('"');
        row.push_str(&value.replace('"', "\"\""));
        row.push('"');
    } else {
        row.push_str(value);
    }
}
