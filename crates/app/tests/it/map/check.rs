use super::{MAP, alter, folder, map, write};
use crate::run::{exeunt, exeunt_with};

#[test]
fn a_sound_and_reviewed_map_passes() {
    let folder = folder();
    map(folder.path(), &["accept", "--yes"]).ends_with(0);
    let ran = map(folder.path(), &["check"]).ends_with(0);
    assert_eq!(ran.stdout, "small.map.yaml is sound: 5 tables mapped, 1 ignored\n");
    assert_eq!(ran.stderr, "");
    let ran = map(folder.path(), &["check", "--json"]).ends_with(0);
    assert_eq!(ran.json(), serde_json::json!({ "diagnostics": [], "drift": [], "unreviewed": false }));
}

#[test]
fn every_error_of_the_text_is_shown_at_once() {
    let folder = folder();
    write(folder.path(), "small.map.yaml", &MAP.replace("owner: user }", "owner: usr }").replace("label: Notes", "lable: Notes"));
    let ran = map(folder.path(), &["check"]).ends_with(3);
    assert_eq!(ran.stdout, "");
    let want = "\
error: category `notes` has no field `lable`
  --> small.map.yaml:10:12
   |
10 |   notes: { lable: Notes, export: on_request }
   |            ^^^^^ expected label, export or applies
   |
   = help: did you mean `label`?

error: the map has no subject `usr`
  --> small.map.yaml:14:39
   |
14 |   app.note: { category: notes, owner: usr }
   |                                       ^^^
   |
   = help: did you mean `user`?

error: the map has no subject `usr`
  --> small.map.yaml:15:38
   |
15 |   app.tag: { category: notes, owner: usr }
   |                                      ^^^
   |
   = help: did you mean `user`?

small.map.yaml has 3 errors
";
    assert_eq!(ran.stderr, want);
    let json = map(folder.path(), &["check", "--json"]).ends_with(3).json();
    assert_eq!(json["diagnostics"][0]["position"], serde_json::json!({ "line": 10, "column": 12, "length": 5 }));
    assert_eq!(json["diagnostics"][0]["suggestion"], "did you mean `label`?");
}

#[test]
fn what_does_not_fit_the_database_is_shown_at_its_line() {
    let folder = folder();
    write(
        folder.path(),
        "small.map.yaml",
        &MAP.replace("secret: password_hash", "secret: pasword_hash").replace("  app.tag: { category: notes, owner: user }\n", ""),
    );
    let ran = map(folder.path(), &["check"]).ends_with(3);
    assert!(ran.stderr.contains("--> small.map.yaml:13:41\n"), "{}", ran.stderr);
    assert!(ran.stderr.contains("did you mean `password_hash`?"), "{}", ran.stderr);
    assert!(ran.stderr.contains("error: app.tag is not in the map\n"), "{}", ran.stderr);
    assert!(ran.stderr.ends_with("small.map.yaml has 2 errors\n"), "{}", ran.stderr);
}

#[test]
fn a_map_that_nobody_reviewed_is_sound_and_not_accepted() {
    let folder = folder();
    let ran = map(folder.path(), &["check"]).ends_with(5);
    assert_eq!(ran.stdout, "small.map.yaml is sound: 5 tables mapped, 1 ignored\n");
    assert!(ran.stderr.contains("nobody has reviewed the databases"), "{}", ran.stderr);
    assert!(ran.stderr.contains("exeunt map accept --map small.map.yaml"), "{}", ran.stderr);
    let json = map(folder.path(), &["check", "--json"]).ends_with(5).json();
    assert_eq!(json["unreviewed"], true);
}

#[test]
fn a_column_that_appeared_is_told() {
    let folder = folder();
    map(folder.path(), &["accept", "--yes"]).ends_with(0);
    alter(folder.path(), "ALTER TABLE note ADD COLUMN mood text; ALTER TABLE tag DROP COLUMN \"Label\";");
    let ran = map(folder.path(), &["check"]).ends_with(5);
    assert!(ran.stderr.contains("column app.note.mood appeared (TEXT)\n"), "{}", ran.stderr);
    assert!(ran.stderr.contains("column app.tag.Label vanished\n"), "{}", ran.stderr);
    let json = map(folder.path(), &["check", "--json"]).ends_with(5).json();
    assert_eq!(json["drift"][0]["change"], "column_appeared");
    // A new table is an error of the map too, for the map does not say what it holds.
    alter(folder.path(), "CREATE TABLE extra (id integer PRIMARY KEY);");
    let ran = map(folder.path(), &["check"]).ends_with(3);
    assert!(ran.stderr.contains("error: app.extra is not in the map"), "{}", ran.stderr);
    assert!(ran.stderr.contains("since the last review: table app.extra appeared, with 1 column\n"), "{}", ran.stderr);
}

#[test]
fn a_lock_that_was_edited_is_refused() {
    let folder = folder();
    map(folder.path(), &["accept", "--yes"]).ends_with(0);
    let lock = super::read(folder.path(), "small.map.lock");
    write(folder.path(), "small.map.lock", &lock.replace("\"email\"", "\"mail\""));
    let ran = map(folder.path(), &["check"]).ends_with(5);
    assert!(ran.stderr.contains("changed by hand"), "{}", ran.stderr);
    write(folder.path(), "small.map.lock", "<<<<<<< ours\n");
    map(folder.path(), &["check"]).ends_with(5);
    map(folder.path(), &["accept", "--yes"]).ends_with(0);
    map(folder.path(), &["check"]).ends_with(0);
}

#[test]
fn the_text_alone_can_be_checked_without_a_database() {
    let folder = tempfile::tempdir().expect("make a folder");
    write(folder.path(), "small.map.yaml", MAP);
    let ran = map(folder.path(), &["check", "--offline"]).ends_with(0);
    assert_eq!(ran.stdout, "small.map.yaml is sound: 5 tables of small read, no database opened\n");
}

#[test]
fn databases_that_cannot_be_had_are_told_apart_from_maps_that_are_wrong() {
    let folder = folder();
    std::fs::remove_file(folder.path().join("small.db")).expect("remove the database");
    let ran = map(folder.path(), &["check"]).ends_with(4);
    assert!(ran.stderr.contains("what to do:"), "{}", ran.stderr);
    let postgres = MAP.replace("kind: sqlite, url: \"sqlite:small.db\"", "kind: postgres, url: \"${SMALL_URL}\"");
    write(folder.path(), "small.map.yaml", &postgres);
    let ran = map(folder.path(), &["check"]).ends_with(4);
    assert!(ran.stderr.contains("the environment variable SMALL_URL is not set"), "{}", ran.stderr);
    // Nothing listens on port 1.
    let environment = [("SMALL_URL", "postgres://anna:hush-hush@127.0.0.1:1/small")];
    let ran = exeunt_with(folder.path(), &["map", "check", "--map", "small.map.yaml"], &environment).ends_with(4);
    assert!(!ran.stderr.contains("hush-hush"), "{}", ran.stderr);
    assert!(ran.stderr.contains("check that the server runs"), "{}", ran.stderr);
}

#[test]
fn files_that_are_not_there_have_their_own_code() {
    let folder = folder();
    let ran = exeunt(folder.path(), &["map", "check", "--map", "none.map.yaml"]).ends_with(6);
    assert!(ran.stderr.starts_with("error: cannot read none.map.yaml\n  because: "), "{}", ran.stderr);
    let ran = exeunt(folder.path(), &["map", "check", "--map", "none.map.yaml", "--json"]).ends_with(6);
    let error: serde_json::Value = serde_json::from_str(&ran.stderr).expect("errors are JSON too");
    assert_eq!(error["code"], 6);
    exeunt(folder.path(), &["map", "check", "--map", "."]).ends_with(10);
    exeunt(folder.path(), &["map", "check"]).ends_with(2);
    exeunt(folder.path(), &["map", "chekc"]).ends_with(2);
}

#[test]
fn warnings_do_not_stop_a_map() {
    let folder = folder();
    write(folder.path(), "small.map.yaml", &MAP.replace("  people: {}\n", "  people: {}\n  unused: {}\n"));
    map(folder.path(), &["accept", "--yes"]).ends_with(0);
    let ran = map(folder.path(), &["check"]).ends_with(0);
    assert!(ran.stderr.starts_with("warning: no table is of category `unused`"), "{}", ran.stderr);
}

#[test]
fn a_column_that_names_a_file_is_not_cleared_in_a_row_that_stays() {
    let folder = folder();
    let map_text = MAP.replace("subjects:", "  files: { kind: files, url: \"file:./files\" }\nsubjects:").replace(
        "app.note: { category: notes, owner: user }",
        "app.note: { category: notes, owner: user, files: { source: files, key: body }, on_erase: { clear: [body] } }",
    );
    std::fs::create_dir(folder.path().join("files")).expect("make a folder");
    write(folder.path(), "small.map.yaml", &map_text);
    let ran = map(folder.path(), &["check"]).ends_with(3);
    assert!(ran.stderr.contains("error: `body` of app.note names a file in `files`: the file would stay"), "{}", ran.stderr);
    assert!(ran.stderr.contains("--> small.map.yaml:15:"), "{}", ran.stderr);
    assert!(ran.stderr.contains("help: leave `body` as it is"), "{}", ran.stderr);
}
