//! Files that rows name and that are not there.

use std::fs;
use std::process::{Command, Output, Stdio};

use super::export;
use crate::erasure::world::{Kind, World, text};

/// As when the store of files is not mounted.
fn unmounted(kind: Kind) -> World {
    let world = World::new(kind);
    fs::rename(world.path("files"), world.path("elsewhere")).expect("rename a folder");
    fs::create_dir(world.path("files")).expect("make a folder");
    world
}

#[test]
fn an_export_refuses_a_store_of_files_in_which_nothing_is_there() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let world = unmounted(kind);
        let refused = export(&world, &[]);
        assert_eq!(refused.status.code(), Some(13), "{}", text(&refused));
        assert!(text(&refused).contains("not one of the 4 files that rows name in files is there"), "{}", text(&refused));
        assert!(text(&refused).contains("--accept-missing-files"), "{}", text(&refused));
        assert!(!text(&refused).contains("two.txt"));
        assert!(!world.path("out/seat.zip").exists());
        let exported = export(&world, &["--accept-missing-files"]);
        assert!(exported.status.success(), "{}", text(&exported));
        let told = "not inside: app.attachment: missing: 4 files that rows name are not in the file store";
        assert!(text(&exported).contains(told), "{}", text(&exported));
        let verified = world.run(&["verify", "out/seat.zip"], None);
        assert!(text(&verified).contains("not inside: app.attachment: 4 files"), "{}", text(&verified));
    }
}

#[test]
fn an_erasure_refuses_a_store_of_files_in_which_nothing_is_there() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let world = unmounted(kind);
        let before = world.state();
        let refused = world.erase(&[], None);
        assert_eq!(refused.status.code(), Some(13), "{}", text(&refused));
        assert!(text(&refused).contains("not one of the 4 files that rows name in files is there"), "{}", text(&refused));
        assert_eq!(world.state(), before);
        assert!(world.certified().is_empty());
        let erased = world.erase(&["--accept-missing-files"], None);
        assert!(erased.status.success(), "{}", text(&erased));
        assert!(text(&erased).contains("missing from files: 3 files that app.attachment named"), "{}", text(&erased));
        assert_eq!(world.verify_certificate()["statement"]["files"][0]["missing"], 3);
    }
}

/// Whoever would be refused is not asked first.
#[test]
fn nobody_is_asked_to_erase_before_files_were_looked_for() {
    let world = unmounted(Kind::Sqlite);
    let before = world.state();
    let asked = at_a_terminal(&world, "erase --map trial.map.yaml --seat 2");
    assert_eq!(asked.status.code(), Some(13), "{}", text(&asked));
    assert!(!text(&asked).contains("This cannot be undone"), "{}", text(&asked));
    let asked = at_a_terminal(&world, "erase --map trial.map.yaml --seat 2 --accept-missing-files");
    assert!(text(&asked).contains("This cannot be undone"), "{}", text(&asked));
    assert_eq!(asked.status.code(), Some(2), "nothing was typed: {}", text(&asked));
    assert_eq!(world.state(), before);
}

/// Runs the program at a terminal at which nobody types anything.
fn at_a_terminal(world: &World, arguments: &str) -> Output {
    let ours = world.command(&[], None);
    let program = ours.get_program().to_str().expect("a path in UTF-8");
    let mut command = Command::new("script");
    command.args(["-qec", &format!("{program} {arguments}"), "/dev/null"]).current_dir(world.path("."));
    for (name, value) in ours.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.stdin(Stdio::null()).output().expect("run script")
}

#[test]
fn one_missing_file_among_others_is_told() {
    let world = World::new(Kind::Sqlite);
    let exported = export(&world, &[]);
    assert!(exported.status.success(), "{}", text(&exported));
    assert!(text(&exported).contains("missing: 1 file that a row names is not in the file store"), "{}", text(&exported));
    let erased = world.erase(&[], None);
    assert!(erased.status.success(), "{}", text(&erased));
    assert!(text(&erased).contains("missing from files: 1 file that app.attachment named"), "{}", text(&erased));
}

#[test]
fn an_export_refuses_names_that_are_no_text() {
    for value in ["CAST('a/two.txt' AS BLOB)", "0.5"] {
        let world = World::new(Kind::Sqlite);
        let again = "CREATE TABLE other (id INTEGER PRIMARY KEY, note_id INTEGER NOT NULL REFERENCES note (id), blob_key BLOB);
                     INSERT INTO other SELECT * FROM attachment; DROP TABLE attachment; ALTER TABLE other RENAME TO attachment;";
        world.execute("app", again);
        let accepted = world.run(&["map", "accept", "--map", "trial.map.yaml", "--yes"], None);
        assert!(accepted.status.success(), "{}", text(&accepted));
        world.execute("app", &format!("UPDATE attachment SET blob_key = {value} WHERE id = 4"));
        let refused = export(&world, &[]);
        assert_eq!(refused.status.code(), Some(11), "{value}: {}", text(&refused));
        assert!(text(&refused).contains("app.attachment.blob_key names files by values that are no text"), "{}", text(&refused));
        assert!(!world.path("out/seat.zip").exists());
    }
}
