//! The reference of the configuration is what the program says of its keys, and the sample shows every key with its default.

use std::fmt::Write as _;
use std::process::Command;

use serde_json::Value;

use super::{generated, repository};

/// Each section with its meaning and its keys, as the program lists them.
fn sections() -> Vec<Value> {
    let output = Command::new(env!("CARGO_BIN_EXE_exeunt")).args(["configuration", "--json"]).output().expect("run exeunt");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("a list of sections")
}

#[test]
fn the_reference_of_the_configuration_is_current() {
    let mut page = String::new();
    for section in sections() {
        let _ =
            write!(page, "## `[{}]`\n\n{}\n\n", section["section"].as_str().expect("a name"), section["meaning"].as_str().expect("a text"));
        page.push_str("| key | type | default | variable | meaning |\n|---|---|---|---|---|\n");
        for key in section["keys"].as_array().expect("keys") {
            let default = match (&key["default"], &key["required"]) {
                (Value::Null, Value::Bool(true)) => "required".to_owned(),
                (Value::Null, _) => String::new(),
                (default, _) => format!("`{default}`"),
            };
            let variable = match (key["variable"].as_str(), &key["secret"]) {
                (Some(variable), Value::Bool(true)) => format!("`{variable}`, `{variable}_FILE`"),
                (Some(variable), _) => format!("`{variable}`"),
                (None, _) => String::new(),
            };
            let text = |name: &str| key[name].as_str().expect("a text").replace('|', "\\|");
            assert!(!text("meaning").is_empty(), "{} says nothing of its meaning", text("key"));
            let _ = writeln!(page, "| `{}` | {} | {default} | {variable} | {} |", text("key"), text("type"), text("meaning"));
        }
        page.push('\n');
    }
    generated::check("docs/reference/configuration.md", &page);
}

#[test]
fn the_sample_shows_every_key_with_its_default() {
    let sample = std::fs::read_to_string(repository("deploy/exeunt.toml")).expect("read the sample");
    // What is commented out is an assignment or, with a blank and a capital letter or a word, a sentence.
    let assigns = |line: &str| line.split_once(" = ").is_some_and(|(name, _)| !name.is_empty() && !name.contains(' '));
    let shown: String =
        sample.lines().map(|line| line.strip_prefix("# ").filter(|rest| assigns(rest)).unwrap_or(line).to_owned() + "\n").collect();
    let all: toml::Table = toml::from_str(&shown).unwrap_or_else(|error| panic!("{error}"));
    let given: toml::Table = toml::from_str(&sample).expect("the sample is TOML");
    fn find<'a>(table: &'a toml::Table, key: &str) -> Option<&'a toml::Value> {
        let (first, rest) = key.split_once('.').map_or((key, None), |(first, rest)| (first, Some(rest)));
        let value = table.get(first)?;
        rest.map_or(Some(value), |rest| find(value.as_table()?, rest))
    }
    for section in sections() {
        for key in section["keys"].as_array().expect("keys") {
            let name = key["key"].as_str().expect("a name");
            if name.contains("[]") {
                continue;
            }
            let Some(value) = find(&all, name) else { panic!("deploy/exeunt.toml does not show {name}") };
            if find(&given, name).is_none() && !key["default"].is_null() {
                assert_eq!(serde_json::to_value(value).expect("a value"), key["default"], "the default of {name} in deploy/exeunt.toml");
            }
        }
    }
}
