//! Pages that explain the data map shape by shape: all ```` ```sql schema ```` blocks of a page make one database, and all
//! ```` ```yaml map ```` blocks make one map that must fit it.

use std::collections::BTreeSet;
use std::fs;

use exeunt_testkit::postgres::Server;
use serde_json::Value;

use super::{page, repository};
use crate::run;

fn blocks(text: &str, language: &str, note: &str) -> Vec<String> {
    let wanted = page::fences(text).into_iter().filter(|fence| fence.language == language && fence.notes.contains(&note));
    wanted.map(|fence| fence.content).collect()
}

/// Lays one fragment over another: mappings are joined, everything else is replaced.
fn join(base: &mut Value, fragment: Value) {
    match (base, fragment) {
        (Value::Object(base), Value::Object(fragment)) => {
            for (key, value) in fragment {
                join(base.entry(key).or_insert(Value::Null), value);
            }
        }
        (base, fragment) => *base = fragment,
    }
}

/// The map that the fragments of a page form, as JSON, which is YAML too.
fn assembled(text: &str) -> String {
    let mut map = Value::Null;
    for fragment in blocks(text, "yaml", "map") {
        let value: Value = serde_saphyr::from_str(&fragment).unwrap_or_else(|error| panic!("{error}\n{fragment}"));
        join(&mut map, value);
    }
    serde_json::to_string_pretty(&map).expect("a map is plain data")
}

fn check(path: &str) {
    let text = fs::read_to_string(repository(path)).expect("read a page");
    let database = Server::shared().database();
    database.client().batch_execute(&blocks(&text, "sql", "schema").concat()).expect("make the tables of the page");
    let folder = tempfile::tempdir().expect("make a folder");
    fs::create_dir(folder.path().join("files")).expect("make a folder");
    fs::write(folder.path().join("sample.map.yaml"), assembled(&text)).expect("write the map");
    for command in [["accept", "--yes"].as_slice(), &["check"], &["explain"]] {
        let arguments = [&["map"], command, &["--map", "sample.map.yaml"]].concat();
        let url = database.url();
        run::exeunt_with(folder.path(), &arguments, &[("HELPDESK_URL", url), ("NAVIGATOR_URL", url)]).ends_with(0);
    }
}

#[test]
fn shapes_of_tables_make_a_map_that_fits() {
    check("docs/how-to/write-a-data-map.md");
}

#[test]
fn reference_of_the_map_makes_a_map_that_fits() {
    check("docs/reference/map.md");
}

/// The fields in the tables of one section of the page: `| \`field\` | …`.
fn listed<'p>(page: &'p str, heading: &str) -> BTreeSet<&'p str> {
    let section = page.lines().skip_while(|line| line.trim_start_matches('#').trim() != heading).skip(1);
    let rows = section.take_while(|line| !line.starts_with('#')).filter_map(|line| line.strip_prefix("| `"));
    rows.filter_map(|row| row.split('`').next()).collect()
}

#[test]
fn reference_of_the_map_lists_every_field() {
    let page = fs::read_to_string(repository("docs/reference/map.md")).expect("read the page");
    let schema = fs::read_to_string(repository("docs/reference/map.schema.json")).expect("read the schema");
    let schema: Value = serde_json::from_str(&schema).expect("the schema is JSON");
    let places = [
        ("The file", "/properties"),
        ("sources", "/$defs/source/properties"),
        ("subjects", "/$defs/subject/properties"),
        ("directory.contract", "/$defs/directory/properties/contract/properties"),
        ("directory.seat", "/$defs/directory/properties/seat/properties"),
        ("categories", "/$defs/category/properties"),
        ("tables", "/$defs/table/properties"),
        ("references", "/$defs/reference/properties"),
    ];
    for (heading, pointer) in places {
        let fields = schema.pointer(pointer).and_then(Value::as_object).unwrap_or_else(|| panic!("the schema has no {pointer}"));
        let want: BTreeSet<&str> = fields.keys().map(String::as_str).collect();
        assert_eq!(listed(&page, heading), want, "docs/reference/map.md, section `{heading}`, against docs/reference/map.schema.json");
    }
}
