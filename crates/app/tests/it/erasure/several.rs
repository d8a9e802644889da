//! Several databases: either all are as planned, or it is said which are not, and the run goes on from there.

use super::world::{Kind, World, text};

#[test]
fn a_database_that_fails_to_commit_leaves_a_partly_failed_run_that_goes_on() {
    // PostgreSQL alone can refuse at commit: a deferred constraint of the second database does.
    let world = World::new(Kind::Postgres);
    world.execute(
        "mail",
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not now'; END $$;
         CREATE CONSTRAINT TRIGGER refuse AFTER DELETE ON message DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse();
         ALTER TABLE message DISABLE TRIGGER refuse;",
    );
    let map = std::fs::read_to_string(world.path("trial.map.yaml")).unwrap();
    let read = map.replace(
        "    owner: seat via seat_id\nignore:",
        "    owner: seat via seat_id\n    triggers: { refuse: \"refuses now and then\" }\nignore:",
    );
    std::fs::write(world.path("trial.map.yaml"), read).unwrap();
    let accepted = world.run(&["map", "accept", "--map", "trial.map.yaml", "--yes"], None);
    assert!(accepted.status.success(), "{}", text(&accepted));
    world.execute("mail", "ALTER TABLE message ENABLE TRIGGER refuse");
    let accepted = world.run(&["map", "accept", "--map", "trial.map.yaml", "--yes"], None);
    assert!(accepted.status.success(), "{}", text(&accepted));
    let before = world.state();
    let want = World::want(Kind::Postgres);

    let partly = world.erase(&[], None);
    assert_eq!(partly.status.code(), Some(9), "{}", text(&partly));
    assert!(text(&partly).contains("partly failed") && text(&partly).contains("--resume"), "{}", text(&partly));
    let state = world.state();
    assert_eq!(state.app, want.app, "the first database is committed");
    assert_eq!(state.mail, before.mail, "the second is as it was");
    assert_eq!(state.files, before.files, "files wait until every database is done");
    assert_eq!(world.certified(), ["partly_failed"]);
    let statement = world.verify_certificate()["statement"].clone();
    assert_eq!(statement["failures"][0]["source"], "mail");
    let mail = statement["tables"].as_array().unwrap().iter().find(|table| table["table"] == "mail.message").unwrap().clone();
    assert_eq!((mail["planned"].as_u64(), mail["affected"].as_u64()), (Some(3), Some(0)));

    // It fails again, and says so again.
    let still = world.erase(&[], None);
    assert_eq!(still.status.code(), Some(9), "{}", text(&still));
    assert_eq!(world.state().mail, before.mail);

    world.execute("mail", "DROP TRIGGER refuse ON message; DROP FUNCTION refuse()");
    let drifted = world.erase(&[], None);
    assert!(!drifted.status.success(), "the structure has changed since: {}", text(&drifted));
    world.execute(
        "mail",
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not now'; END $$;
         CREATE CONSTRAINT TRIGGER refuse AFTER DELETE ON message DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse();",
    );
    // Deferred, but with nothing to do: the same definition, switched off for our sessions.
    world.execute(
        "mail",
        "DO $$ BEGIN EXECUTE format('ALTER ROLE exeunt IN DATABASE %I SET session_replication_role = replica', current_database()); END $$",
    );
    let done = world.erase(&[], None);
    assert!(done.status.success(), "{}", text(&done));
    assert_eq!(world.state(), want);
    assert_eq!(world.certified().last().map(String::as_str), Some("completed_with_retained"));
    world.assert_nothing_personal_kept("at the end");
}

/// Between the commits of two databases the second one's rows change: what is there now was approved by nobody.
#[test]
fn new_rows_between_two_commits_wait_for_approval() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let world = World::new(kind);
        let want = World::want(kind);
        world.erase(&[], Some("after_note_commit"));
        world.execute("mail", "INSERT INTO message VALUES (77, 2, 'one more')");
        let again = world.erase(&[], None);
        assert_eq!(again.status.code(), Some(12), "{}", text(&again));
        assert!(text(&again).contains("the plan counted 3 rows to delete, and there are 4"), "{}", text(&again));
        assert_eq!(world.certified(), ["partly_failed"]);
        assert_eq!(world.state().mail["message"].len(), 6, "nothing of it is erased");

        let accepted = world.erase(&["--accept-counts"], None);
        assert!(accepted.status.success(), "{}", text(&accepted));
        assert_eq!(world.state(), want);
    }
}

/// Nothing was committed, and the rows have changed: the run ends as if it had never begun, and a new plan is needed.
#[test]
fn changed_counts_stop_a_run_that_had_erased_nothing() {
    let world = World::new(Kind::Sqlite);
    world.erase(&[], Some("after_open"));
    world.execute("app", "INSERT INTO note VALUES (50, 2, 'one more')");
    let stopped = world.erase(&[], None);
    assert_eq!(stopped.status.code(), Some(7), "{}", text(&stopped));
    assert_eq!(world.log()["unfinished"].as_array().map(Vec::len), Some(0));
    assert!(world.certified().is_empty());
    let done = world.erase(&[], None);
    assert!(done.status.success(), "{}", text(&done));
    assert_eq!(world.state(), World::want(Kind::Sqlite));
}

/// After a commit that nobody noted, somebody else's rows are not taken for ours.
#[test]
fn rows_that_vanish_in_part_are_not_taken_for_a_commit() {
    let world = World::new(Kind::Sqlite);
    world.erase(&[], Some("before_commit"));
    world.execute("app", "DELETE FROM share WHERE id = 1");
    let again = world.erase(&[], None);
    assert_eq!(again.status.code(), Some(12), "{}", text(&again));
    assert!(world.certified().iter().all(|state| state == "partly_failed"), "{:?}", world.certified());
    let accepted = world.erase(&["--accept-counts"], None);
    assert!(accepted.status.success(), "{}", text(&accepted));
    assert_eq!(world.state(), World::want(Kind::Sqlite));
}
