use exeunt_testkit::postgres::Server;

use super::{TABLES, folder, map, read, write};
use crate::run::{Ran, exeunt};

fn discover(folder: &std::path::Path, url: &str, more: &[&str]) -> Ran {
    let arguments: Vec<&str> = ["map", "discover", "--name", "small", "--url", url].iter().chain(more).copied().collect();
    exeunt(folder, &arguments)
}

/// The draft after its sources, which are what the two databases do not share.
fn body(text: &str) -> &str {
    text.split_once("subjects:").expect("a draft has subjects").1
}

#[test]
fn both_databases_give_the_same_draft() {
    let folder = folder();
    let sqlite = discover(folder.path(), "sqlite:small.db", &[]).ends_with(0).stdout;
    let server = Server::shared();
    let database = server.database();
    let url = database.url();
    postgres::Client::connect(url, postgres::NoTls).expect("connect").batch_execute(TABLES).expect("make the tables");
    let postgres = discover(folder.path(), url, &[]).ends_with(0).stdout;
    assert_eq!(body(&sqlite), body(&postgres));
    assert!(postgres.contains("  app: { kind: postgres, url: \"${SMALL_URL}\" }\n"), "{postgres}");
}

#[test]
fn a_draft_is_refused_until_it_is_finished_and_then_works() {
    let folder = folder();
    std::fs::remove_file(folder.path().join("small.map.yaml")).expect("remove the map");
    let ran = discover(folder.path(), "sqlite:small.db", &["--out", "small.map.yaml"]).ends_with(0);
    assert!(ran.stdout.starts_with("small.map.yaml drafted: 6 tables, 2 places are marked `todo`\n"), "{}", ran.stdout);
    let ran = map(folder.path(), &["check"]).ends_with(3);
    assert!(ran.stderr.contains("still undecided"), "{}", ran.stderr);
    let draft = read(folder.path(), "small.map.yaml");
    assert!(draft.contains("      - { columns: user_id, to: \"todo: app.user(id)\" }\n    owner: \"todo: user via user_id\"\n"), "{draft}");
    let finished: Vec<String> =
        draft.lines().map(|line| if line.starts_with('#') { line.to_owned() } else { line.replace("todo: ", "") }).collect();
    write(folder.path(), "small.map.yaml", &finished.join("\n"));
    map(folder.path(), &["accept", "--yes"]).ends_with(0);
    map(folder.path(), &["check"]).ends_with(0);
}

#[test]
fn a_draft_replaces_no_map() {
    let folder = folder();
    let before = read(folder.path(), "small.map.yaml");
    discover(folder.path(), "sqlite:small.db", &["--out", "small.map.yaml"]).ends_with(10);
    assert_eq!(read(folder.path(), "small.map.yaml"), before);
    discover(folder.path(), "sqlite:small.db", &["--out", "no/such/folder.yaml"]).ends_with(10);
}

#[test]
fn paths_of_a_draft_start_at_its_folder() {
    let folder = folder();
    let inside = folder.path().join("small.db").display().to_string();
    let json =
        discover(folder.path(), &format!("sqlite:{inside}"), &["--out", "draft.yaml", "--files", "uploads", "--json"]).ends_with(0).json();
    assert_eq!(json["undecided"], 2);
    let draft = read(folder.path(), "draft.yaml");
    assert!(
        draft.contains("  app: { kind: sqlite, url: \"sqlite:small.db\" }\n  files: { kind: files, url: \"file:uploads\" }\n"),
        "{draft}"
    );
}

#[test]
fn what_is_no_database_is_refused() {
    let folder = folder();
    discover(folder.path(), "mysql://localhost/x", &[]).ends_with(2);
    discover(folder.path(), "sqlite:none.db", &[]).ends_with(4);
    let ran = discover(folder.path(), "postgres://anna:hush-hush@127.0.0.1:1/x", &[]).ends_with(4);
    assert!(!ran.stderr.contains("hush-hush"), "{}", ran.stderr);
}
