//! What a resumption may go on with when the world is not as it was.

use std::fs;

use super::super::world::{Kind, text};
use super::world::{KINDS, MAP, World};

#[test]
fn a_run_whose_structure_has_changed_since_the_commit_is_finished() {
    for kind in KINDS {
        let world = World::new(kind);
        world.cut(&[], "before_recount");
        world.execute("UPDATE note SET author = 'gone' WHERE id = 99");
        world.execute("CREATE TABLE later (id INTEGER PRIMARY KEY)");
        let again = world.erase(&[]);
        assert!(!text(&again).contains("nothing was erased"), "{}", text(&again));
        assert_eq!(again.status.code(), Some(9), "{}", text(&again));
        let run = world.unfinished().remove(0);
        assert!(text(&again).contains("--abandon"), "{}", text(&again));
        let abandoned = world.run(&["erase", "--map", "trial.map.yaml", "--resume", &run, "--abandon", "--out", "certificates"], None);
        assert!(abandoned.status.success(), "{}", text(&abandoned));
        assert!(world.unfinished().is_empty());
        assert_eq!(world.statement()["state"], "partly_failed");
        let again = world.run(&["erase", "--map", "trial.map.yaml", "--resume", &run], None);
        assert_eq!(again.status.code(), Some(6), "{}", text(&again));
        let store = fs::read(world.path("exeunt.db")).unwrap();
        assert!(!store.windows(b"ada@person".len()).any(|window| window == b"ada@person"));
    }
}

#[test]
fn a_run_with_another_map_can_be_given_up_and_its_subject_erased() {
    for kind in KINDS {
        let world = World::new(kind);
        world.cut(&[], "after_open");
        world.write_map(&MAP.replace("label: Work", "label: Works"));
        let again = world.erase(&[]);
        assert_eq!(again.status.code(), Some(7), "{}", text(&again));
        assert!(text(&again).contains("--abandon"), "{}", text(&again));
        let run = world.unfinished().remove(0);
        let abandoned = world.run(&["erase", "--map", "trial.map.yaml", "--resume", &run, "--abandon", "--out", "certificates"], None);
        assert!(abandoned.status.success(), "{}", text(&abandoned));
        assert_eq!(world.count("item"), 4, "giving up erases nothing");
        let done = world.erase(&[]);
        assert!(done.status.success(), "{}", text(&done));
        world.assert_erased("anew");
    }
}

/// One more row to change and one deletion that has vanished: approved anew, the run ends.
#[test]
fn whatever_differs_can_be_approved_anew() {
    for kind in KINDS {
        let world = World::new(kind);
        world.cut(&[], "before_commit");
        world.execute("DELETE FROM item WHERE id = 1; INSERT INTO note VALUES (3, 'Ada', 1)");
        let again = world.erase(&[]);
        assert_eq!(again.status.code(), Some(12), "{}", text(&again));
        assert_eq!(world.count("item"), 3);
        let accepted = world.erase(&["--accept-counts"]);
        assert!(accepted.status.success(), "{}", text(&accepted));
        world.assert_erased("approved anew");
        let statement = world.statement();
        for table in statement["tables"].as_array().unwrap() {
            assert_eq!(table["planned"], table["affected"], "{table}");
        }
        let items = statement["tables"].as_array().unwrap().iter().find(|table| table["table"] == "app.item").unwrap();
        assert_eq!(items["affected"], 2, "{items}");
    }
}

#[test]
fn a_run_is_not_resumed_with_what_was_decided_when_it_began() {
    let world = World::new(Kind::Sqlite);
    world.cut(&[], "after_open");
    let run = world.unfinished().remove(0);
    let decided: [&[&str]; 6] = [
        &["--choose", "app.note=delete"],
        &["--hand-over-to", "2"],
        &["--plan", "plan.json"],
        &["--yes-erase", "somebody else"],
        &["--search-residuals"],
        &["--batch-rows", "5"],
    ];
    for decided in decided {
        let refused = world.run(&[&["erase", "--map", "trial.map.yaml", "--resume", &run], decided].concat(), None);
        assert_eq!(refused.status.code(), Some(2), "{}", text(&refused));
        assert!(text(&refused).contains(decided[0]), "{}", text(&refused));
    }
    assert_eq!(world.unfinished(), [run]);
}

#[test]
fn the_same_command_with_other_decisions_does_not_go_on() {
    let notes = "{ category: work, owner: seat via author_id, on_erase: { choose: [delete, { hand_over: author_id }] } }";
    for kind in KINDS {
        let world = World::with_orphans(kind, "{ category: work, owner: seat }", notes);
        world.execute("INSERT INTO seat VALUES (3, 'cy@person.example')");
        let handed: &[&str] = &["--choose", "app.note=hand_over", "--hand-over-to", "2"];
        let begun = [&["plan", "--map", "trial.map.yaml", "--seat", "1", "--for", "erase", "--out", "plan.json"], handed].concat();
        assert!(world.run(&begun, None).status.success());
        let other =
            ["plan", "--map", "trial.map.yaml", "--seat", "1", "--for", "erase", "--out", "other.json", "--choose", "app.note=delete"];
        assert!(world.run(&other, None).status.success());
        world.cut(handed, "after_open");
        let run = world.unfinished().remove(0);
        let refused: [&[&str]; 3] =
            [&["--choose", "app.note=delete"], &["--choose", "app.note=hand_over", "--hand-over-to", "3"], &["--plan", "other.json"]];
        for refused in refused {
            let refused = world.erase(refused);
            assert_eq!(refused.status.code(), Some(7), "{}", text(&refused));
            assert!(text(&refused).contains(&format!("--resume {run}")), "{}", text(&refused));
        }
        assert_eq!((world.count("note"), world.count("lead"), world.unfinished()), (2, 3, vec![run]));
        let done = world.erase(&["--plan", "plan.json"]);
        assert!(done.status.success(), "{}", text(&done));
        assert_eq!((world.count("note WHERE author_id = 2"), world.count("seat WHERE id = 1")), (2, 0));
    }
}

#[test]
fn what_a_resumption_cannot_change_is_said() {
    let world = World::new(Kind::Sqlite);
    world.cut(&[], "after_open");
    let again = world.erase(&["--search-residuals", "--batch-rows", "5"]);
    assert!(again.status.success(), "{}", text(&again));
    for name in ["--search-residuals", "--batch-rows"] {
        assert!(text(&again).contains(name), "{}", text(&again));
    }
}

#[test]
fn nothing_is_claimed_to_be_searched_for_where_there_is_nothing_to_search_for() {
    let world = World::new(Kind::Sqlite);
    let refused = world.erase(&["--search-residuals"]);
    assert_eq!(refused.status.code(), Some(11), "{}", text(&refused));
    assert!(text(&refused).contains("`identifiers` of `seat`"), "{}", text(&refused));
    assert_eq!(world.count("seat"), 2);
    assert!(world.unfinished().is_empty());
    assert!(world.erase(&[]).status.success());
}
