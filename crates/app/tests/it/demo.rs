//! The demo as a person runs it.

use std::process::Output;

use rusqlite::Connection;
use tempfile::TempDir;

fn demo(arguments: &[&str]) -> Output {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_exeunt"));
    // Somebody's own Navigator and store must stay out of it.
    let others =
        [("NAVIGATOR_DATABASE", "sqlite:/nowhere/other.db"), ("NAVIGATOR_FILES", "file:/nowhere"), ("EXEUNT_STORE", "/nowhere/exeunt.db")];
    command.arg("demo").args(arguments).envs(others);
    command.output().expect("the binary runs")
}

#[test]
fn the_demo_exports_one_seat_and_erases_another_and_nothing_else() {
    let folder = TempDir::new().expect("a folder");
    let place = folder.path().join("demo");
    let run = demo(&["--once", "--dir", place.to_str().expect("a plain path")]);
    let text = String::from_utf8(run.stdout).expect("text");
    assert!(run.status.success(), "{text}\n{}", String::from_utf8_lossy(&run.stderr));
    for want in ["the archive holds", "the certificate holds", "are as they were before", "What to try next"] {
        assert!(text.contains(want), "`{want}` is missing in\n{text}");
    }
    let database = Connection::open(place.join("navigator.db")).expect("the database");
    let count = |sql: &str| database.query_row(sql, [], |row| row.get::<_, i64>(0)).expect("a count");
    assert_eq!(count("SELECT count(*) FROM seat WHERE id = 11"), 0);
    assert_eq!(count("SELECT count(*) FROM saved_lead WHERE seat_id = 11"), 0);
    assert_eq!(count("SELECT count(*) FROM seat"), 49);
    assert!(count("SELECT count(*) FROM saved_lead WHERE seat_id = 10") > 0);
    assert!(place.join("archives/seat.zip").is_file());
}

#[test]
fn the_demo_writes_over_nothing() {
    let folder = TempDir::new().expect("a folder");
    std::fs::write(folder.path().join("letter.txt"), "mine").expect("written");
    let run = demo(&["--once", "--dir", folder.path().to_str().expect("a plain path")]);
    assert_eq!(run.status.code(), Some(10));
    assert!(String::from_utf8_lossy(&run.stderr).contains("is no empty folder"));
    assert_eq!(std::fs::read_dir(folder.path()).expect("the folder").count(), 1);
}

#[test]
fn under_json_the_demo_prints_one_object() {
    let folder = TempDir::new().expect("a folder");
    let place = folder.path().join("demo");
    let run = demo(&["--once", "--json", "--dir", place.to_str().expect("a plain path")]);
    let summary: serde_json::Value = serde_json::from_slice(&run.stdout).expect("one object");
    assert_eq!(summary["untouched"], serde_json::Value::Bool(true));
}
