use super::{MAP, alter, folder, map, read, write};

#[test]
fn accept_asks_and_writes_nothing_without_an_answer() {
    let folder = folder();
    let ran = map(folder.path(), &["accept"]).ends_with(2);
    assert!(ran.stderr.contains("first review of these databases:\n  app (sqlite): 6 tables, 17 columns\n"), "{}", ran.stderr);
    assert!(ran.stderr.contains("add --yes"), "{}", ran.stderr);
    assert!(!folder.path().join("small.map.lock").exists());
}

#[test]
fn accept_shows_what_changed_and_is_quiet_when_nothing_did() {
    let folder = folder();
    map(folder.path(), &["accept", "--yes"]).ends_with(0);
    let first = read(folder.path(), "small.map.lock");
    let ran = map(folder.path(), &["accept"]).ends_with(0);
    assert!(ran.stdout.starts_with("small.map.lock is as it was reviewed"), "{}", ran.stdout);
    alter(folder.path(), "ALTER TABLE note ADD COLUMN mood text");
    let ran = map(folder.path(), &["accept"]).ends_with(2);
    assert!(ran.stderr.starts_with("column app.note.mood appeared (TEXT)\n"), "{}", ran.stderr);
    assert_eq!(read(folder.path(), "small.map.lock"), first);
    let json = map(folder.path(), &["accept", "--yes", "--json"]).ends_with(0).json();
    assert_eq!(json["changed"], true);
    assert_eq!(json["differences"][0]["column"], "mood");
    let second = read(folder.path(), "small.map.lock");
    let changed: Vec<&str> = second.lines().filter(|line| !first.contains(line.trim_end_matches(','))).collect();
    assert_eq!(changed.len(), 2, "the digest and the new column: {changed:#?}");
    map(folder.path(), &["check"]).ends_with(0);
}

#[test]
fn a_map_with_errors_cannot_be_accepted() {
    let folder = folder();
    write(folder.path(), "small.map.yaml", &MAP.replace("owner: user }", "owner: todo }"));
    map(folder.path(), &["accept", "--yes"]).ends_with(3);
    write(folder.path(), "small.map.yaml", &MAP.replace("secret: password_hash", "secret: nothing"));
    map(folder.path(), &["accept", "--yes"]).ends_with(3);
    assert!(!folder.path().join("small.map.lock").exists());
}

#[test]
fn a_lock_that_cannot_be_written_leaves_no_half_file() {
    let folder = folder();
    std::fs::create_dir(folder.path().join("small.map.lock.tmp")).expect("stand in the way");
    let ran = map(folder.path(), &["accept", "--yes"]).ends_with(10);
    assert!(ran.stderr.contains("write the lock small.map.lock"), "{}", ran.stderr);
    assert!(!folder.path().join("small.map.lock").exists());
}
