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
