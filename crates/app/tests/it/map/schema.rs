use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use super::MAP;
use crate::run::exeunt;

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

fn text(path: &str) -> String {
    std::fs::read_to_string(repository(path)).unwrap_or_else(|error| panic!("read {path}: {error}"))
}

/// Says for each map whether the schema takes it, in the words of an independent validator.
const VALIDATE: &str = "
import json, jsonschema, sys
given = json.load(sys.stdin)
jsonschema.Draft202012Validator.check_schema(given['schema'])
validator = jsonschema.Draft202012Validator(given['schema'])
print(json.dumps([[error.message for error in validator.iter_errors(map)] for map in given['maps']]))
";

fn validate(maps: &[String]) -> Vec<Vec<String>> {
    let schema: serde_json::Value = serde_json::from_str(&text("docs/reference/map.schema.json")).expect("the schema is JSON");
    let maps: Vec<serde_json::Value> = maps.iter().map(|map| serde_saphyr::from_str(map).expect("a map is YAML")).collect();
    let mut child =
        exeunt_testkit::tools::python().args(["-c", VALIDATE]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("run python");
    let given = serde_json::json!({ "schema": schema, "maps": maps }).to_string();
    child.stdin.take().expect("a pipe").write_all(given.as_bytes()).expect("hand over the maps");
    let output = child.wait_with_output().expect("wait for python");
    assert!(output.status.success(), "the validator failed");
    serde_json::from_slice(&output.stdout).expect("the validator answers in JSON")
}

#[test]
fn the_committed_schema_is_current() {
    let printed = exeunt(Path::new("."), &["map", "schema"]).ends_with(0).stdout;
    let committed = text("docs/reference/map.schema.json");
    assert!(printed == committed, "run: cargo run -- map schema > docs/reference/map.schema.json");
}

#[test]
fn good_maps_pass_the_schema() {
    let maps = [text("crates/navigator/navigator.map.yaml"), text("crates/model/src/map/parse/tests/full.map.yaml"), MAP.to_owned()];
    for (map, errors) in maps.iter().zip(validate(&maps)) {
        assert!(errors.is_empty(), "{errors:#?}\n{map}");
    }
}

#[test]
fn what_the_parser_refuses_the_schema_refuses_where_it_can() {
    let changes = [
        ("exeunt: 1", "exeunt: 2"),
        ("name: small", "nmae: small"),
        ("kind: sqlite", "kind: oracle"),
        ("key: id, label", "label"),
        ("export: on_request", "export: maybe"),
        ("  user: { table", "  delete: { table"),
        ("owner: user }", "owner: user by id }"),
        ("to: app.user(id)", "to: app.user"),
        ("secret: password_hash", "secrets: password_hash"),
        ("category: notes, owner: user }", "owner: user }"),
        ("\"holds no customer data\"", "\"\""),
    ];
    let maps: Vec<String> = changes
        .iter()
        .map(|(old, new)| {
            assert!(MAP.contains(old), "{old}");
            MAP.replace(old, new)
        })
        .collect();
    for ((_, new), errors) in changes.iter().zip(validate(&maps)) {
        assert!(!errors.is_empty(), "the schema takes `{new}`");
    }
}
