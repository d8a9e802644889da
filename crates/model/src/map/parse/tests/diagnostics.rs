//! Every diagnostic, word for word: `diagnostics.txt` holds pairs of a change to the full map and what the parser says to it.
//!
//! `EXEUNT_WRITE_EXPECTED=1 cargo test -p exeunt-model diagnostics` writes what is said now into the file, to be read before it is kept.

use super::FULL;
use crate::map::parse::{parse, render};

const CASES: &str = include_str!("diagnostics.txt");

/// `=== old` or `=== old => new`, where `\n` stands for a line break; `=== all => new` replaces the whole text.
fn changed(change: &str) -> String {
    let change = change.replace("\\n", "\n");
    let (old, new) = change.split_once(" => ").unwrap_or((&change, ""));
    if old == "all" {
        return new.to_owned();
    }
    assert!(FULL.contains(old), "the full map does not contain {old:?}");
    FULL.replacen(old, new, 1)
}

#[test]
#[expect(clippy::disallowed_methods, reason = "on demand the test writes its own expectations")]
fn every_diagnostic_reads_as_written_down() {
    let mut got = String::new();
    for case in CASES.split("=== ").skip(1) {
        let change = case.lines().next().unwrap();
        let text = changed(change);
        let said = match parse(&text) {
            Ok(parsed) => render("full.map.yaml", &text, &parsed.warnings, false),
            Err(diagnostics) => render("full.map.yaml", &text, &diagnostics, false),
        };
        let said: Vec<&str> = said.lines().map(str::trim_end).collect();
        got += &format!("=== {change}\n{}\n\n", said.join("\n"));
    }
    if std::env::var_os("EXEUNT_WRITE_EXPECTED").is_some() {
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/src/map/parse/tests/diagnostics.txt"), &got).unwrap();
        return;
    }
    for (got, want) in got.split("=== ").zip(CASES.split("=== ")) {
        assert_eq!(got.trim(), want.trim());
    }
}
