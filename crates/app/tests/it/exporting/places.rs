//! Where an export is written to, and what it is told in vain.

use std::fs;

use super::export;
use crate::erasure::world::{Kind, World, text};

#[test]
fn a_name_stays_in_its_folder() {
    let world = World::new(Kind::Sqlite);
    for name in ["../seat", "a/seat", "/tmp/seat", ".", "..", ".seat", "", "seat.zip", "seat.ZIP", "seat.zip.age", "a\\seat", "a\nb"] {
        let refused = world.run(&["export", "--map", "trial.map.yaml", "--seat", "2", "--out", "out", "--name", name], None);
        assert_eq!(refused.status.code(), Some(2), "{name:?}: {}", text(&refused));
        assert!(!world.path("out").exists());
    }
}

#[test]
fn a_folder_that_was_not_there_is_made_and_named() {
    let world = World::new(Kind::Sqlite);
    let exported = export(&world, &["--out", "deep/er"]);
    assert_eq!(exported.status.code(), Some(2), "--out was given twice");
    let exported = world.run(&["export", "--map", "trial.map.yaml", "--seat", "2", "--out", "deep/er"], None);
    assert!(exported.status.success(), "{}", text(&exported));
    assert!(text(&exported).contains("the folder deep/er is new"), "{}", text(&exported));
    let again = world.run(&["export", "--map", "trial.map.yaml", "--seat", "2", "--out", "deep/er", "--name", "two"], None);
    assert!(!text(&again).contains("is new"), "{}", text(&again));
    let erased = world.erase(&[], None);
    assert!(text(&erased).contains("the folder certificates is new"), "{}", text(&erased));
}

#[test]
fn what_is_no_store_is_left_as_it_is() {
    let world = World::new(Kind::Sqlite);
    fs::write(world.path("passwd"), "root:x:0:0:root:/root:/bin/sh\n").expect("write a file");
    fs::write(world.path("short"), "x").expect("write a file");
    fs::create_dir(world.path("folder")).expect("make a folder");
    let cases =
        [("passwd", "another kind of file"), ("short", "another kind of file"), ("folder", "a folder"), ("app.db", "another database")];
    let state = || (world.state(), ["passwd", "short", "app.db"].map(|name| fs::read(world.path(name)).expect("read a file")));
    let before = state();
    for (name, what) in cases {
        for command in [&["export", "--seat", "2"][..], &["why", "app.note", "2"]] {
            let refused = world.run(&[command, &["--map", "trial.map.yaml", "--store", name]].concat(), None);
            assert_eq!(refused.status.code(), Some(10), "{name}: {}", text(&refused));
            assert!(text(&refused).contains(&format!("{name} is no store of Exeunt: it is {what}")), "{}", text(&refused));
            assert!(!text(&refused).contains("chmod"), "{}", text(&refused));
        }
    }
    assert!(state() == before);
}

#[test]
fn a_key_that_is_no_value_of_its_type_names_no_row() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let world = World::new(kind);
        let exported = export(&world, &[]);
        assert!(exported.status.success(), "{}", text(&exported));
        for key in ["abc", "99", "99999999999999999999999"] {
            let why = world.run(&["why", "--map", "trial.map.yaml", "app.note", key], None);
            assert_eq!(why.status.code(), Some(6), "{key}: {}", text(&why));
        }
        let why = world.run(&["why", "--map", "trial.map.yaml", "app.note", "2"], None);
        assert!(why.status.success(), "{}", text(&why));
    }
}
