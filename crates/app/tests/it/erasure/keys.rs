//! Keys of files that are written in several ways.

use std::fs;

use super::world::{Kind, World, text};

#[test]
fn a_file_that_another_row_names_in_its_own_way_stays() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        for name in ["./a//two.txt", "a/../a/two.txt", "/srv/files/a/two.txt"] {
            let world = World::new(kind);
            world.execute("app", &format!("UPDATE attachment SET blob_key = '{name}' WHERE id = 7"));
            let erased = world.erase(&[], None);
            assert!(erased.status.success(), "{name}: {}", text(&erased));
            assert!(world.path("files/a/two.txt").exists(), "{name}");
            assert!(!world.path("files/keys/of/mara.txt").exists());
            let statement = &world.verify_certificate()["statement"];
            assert_eq!(statement["state"], "completed_with_retained");
            assert_eq!(statement["files"][0]["shared"], 1, "{name}: {statement}");
        }
    }
}

#[test]
fn a_file_that_a_row_comes_to_name_in_its_own_way_stays() {
    let world = World::new(Kind::Sqlite);
    assert!(!world.erase(&[], Some("after_commit")).status.success());
    world.execute("app", "INSERT INTO attachment VALUES (8, 7, './a/two.txt')");
    let resumed = world.erase(&[], None);
    assert!(resumed.status.success(), "{}", text(&resumed));
    assert!(world.path("files/a/two.txt").exists());
    assert!(!world.path("files/keys/of/mara.txt").exists());
}

#[test]
fn keys_that_are_not_plain_refuse_the_plan() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        for name in ["./a/two.txt", "a//two.txt", "a/x/../two.txt", "/a/two.txt", "a/two.txt/"] {
            let world = World::new(kind);
            world.execute("app", &format!("UPDATE attachment SET blob_key = '{name}' WHERE id = 4"));
            let before = world.state();
            let refused = world.erase(&[], None);
            assert_eq!(refused.status.code(), Some(11), "{name}: {}", text(&refused));
            assert!(!text(&refused).contains("two.txt"), "{}", text(&refused));
            assert_eq!(world.state(), before);
        }
    }
}

#[test]
fn an_empty_key_names_no_file() {
    let world = World::new(Kind::Sqlite);
    world.execute("app", "UPDATE attachment SET blob_key = '' WHERE id IN (4, 7)");
    let erased = world.erase(&[], None);
    assert!(erased.status.success(), "{}", text(&erased));
    assert!(fs::exists(world.path("files/a/two.txt")).expect("look at a file"));
}

/// The world with another column of names, and the rows that it had.
fn with_column(declared: &str) -> World {
    let world = World::new(Kind::Sqlite);
    let again = format!(
        "CREATE TABLE other (id INTEGER PRIMARY KEY, note_id INTEGER NOT NULL REFERENCES note (id), blob_key {declared});
         INSERT INTO other SELECT * FROM attachment; DROP TABLE attachment; ALTER TABLE other RENAME TO attachment;"
    );
    world.execute("app", &again);
    let accepted = world.run(&["map", "accept", "--map", "trial.map.yaml", "--yes"], None);
    assert!(accepted.status.success(), "{}", text(&accepted));
    world
}

#[test]
fn names_that_are_no_text_refuse_the_plan() {
    // The same file by its bytes; a fraction whose text can be told in two ways; a number beside a text.
    let cases = [("VARCHAR(80)", "CAST('a/two.txt' AS BLOB)"), ("", "1e300"), ("", "7"), ("BLOB", "x'FF'"), ("NUMERIC", "0.5")];
    for (declared, value) in cases {
        for attachment in [4, 7] {
            let world = with_column(declared);
            world.execute("app", &format!("UPDATE attachment SET blob_key = {value} WHERE id = {attachment}"));
            let before = world.state();
            let refused = world.erase(&[], None);
            assert_eq!(refused.status.code(), Some(11), "{declared} {value}: {}", text(&refused));
            assert!(text(&refused).contains("app.attachment.blob_key names files by values that are no text"), "{}", text(&refused));
            assert_eq!(world.state(), before);
        }
    }
}

#[test]
fn files_whose_names_a_column_takes_for_equal_are_told_apart() {
    let world = with_column("VARCHAR(80) COLLATE NOCASE");
    fs::write(world.path("files/a/TWO.txt"), "another").expect("write a file");
    world.execute("app", "UPDATE attachment SET blob_key = 'a/TWO.txt' WHERE id = 2");
    let erased = world.erase(&[], None);
    assert!(erased.status.success(), "{}", text(&erased));
    assert!(!world.path("files/a/TWO.txt").exists());
    assert!(!world.path("files/a/two.txt").exists());
    let world = with_column("VARCHAR(80) COLLATE NOCASE");
    fs::write(world.path("files/a/TWO.txt"), "another").expect("write a file");
    world.execute("app", "UPDATE attachment SET blob_key = 'a/TWO.txt' WHERE id = 7");
    let erased = world.erase(&[], None);
    assert!(erased.status.success(), "{}", text(&erased));
    assert!(world.path("files/a/TWO.txt").exists());
    assert!(!world.path("files/a/two.txt").exists());
}
