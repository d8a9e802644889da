//! Pages that explain the data map shape by shape: all ```` ```sql schema ```` blocks of a page make one database, and all
//! ```` ```yaml map ```` blocks make one map that must fit it.

use std::fs;
use std::process::Command;

use exeunt_testkit::postgres::Server;
use serde_json::Value;

use super::{page, repository};

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

fn exeunt(arguments: &[&str], folder: &std::path::Path, url: &str) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_exeunt"));
    let output =
        command.args(arguments).current_dir(folder).env("HELPDESK_URL", url).env("NAVIGATOR_URL", url).output().expect("run exeunt");
    let text = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "exeunt {}: {}\n{}", arguments.join(" "), output.status, String::from_utf8_lossy(&text));
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
        exeunt(&arguments, folder.path(), database.url());
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
