use exeunt_model::log::{StopReason, merkle};
use exeunt_store::Error;
use rusqlite::Connection;

use crate::world::{World, at, gone, open, run, statement};

/// A store with five entries: a completed run, a stopped one and an open one.
fn fill(world: &World) {
    let mut store = world.store();
    open(&mut store, 1, "first").expect("write the log");
    store.close_run(statement(1, "first", 0), &gone(&[])).expect("write the log");
    open(&mut store, 2, "second").expect("write the log");
    store.stop_run(&run(2), StopReason::CountsDiffer, at(25)).expect("write the log");
    open(&mut store, 3, "third").expect("write the log");
}

on_both!(
    an_untouched_log_verifies_and_continues_each_earlier_state,
    the_log_takes_no_change_and_no_deletion,
    entries_appended_at_once_leave_no_gap,
);

fn an_untouched_log_verifies_and_continues_each_earlier_state(world: &World) {
    fill(world);
    let store = world.store();
    let report = store.verify_log().unwrap();
    assert_eq!((report.entries, report.checkpoints), (5, 5));
    let newest = store.checkpoint().unwrap().unwrap();
    assert_eq!(report.checkpoint.as_ref(), Some(&newest));

    for size in 1..=5u64 {
        let note = world.text(&format!("SELECT note FROM log_checkpoint WHERE size = {size}"));
        let earlier = exeunt_model::log::Checkpoint::parse(&note).unwrap();
        let proof = store.consistency_with(size).unwrap();
        assert_eq!(merkle::verify_consistency(earlier.head(), newest.head(), &proof), Ok(()));
    }
    assert!(matches!(store.consistency_with(6), Err(Error::Damaged { .. })));
}

fn the_log_takes_no_change_and_no_deletion(world: &World) {
    fill(world);
    for table in ["log_entry", "log_node", "log_checkpoint"] {
        let column = if table == "log_checkpoint" { "note" } else { "number" };
        assert!(world.execute(&format!("DELETE FROM {table}")).is_err());
        assert!(world.execute(&format!("UPDATE {table} SET {column} = {column}")).is_err());
    }
}

fn entries_appended_at_once_leave_no_gap(world: &World) {
    drop(world.store());
    let location = world.location();
    let begin = std::sync::Barrier::new(4);
    std::thread::scope(|scope| {
        for worker in 0..4u128 {
            let (location, begin) = (&location, &begin);
            scope.spawn(move || {
                let mut store = exeunt_store::Store::open(location, at(0), &mut |_| {}).unwrap();
                begin.wait();
                for number in 0..5 {
                    let number = 100 + worker * 10 + number;
                    open(&mut store, number, &format!("subject {number}")).unwrap();
                }
            });
        }
    });
    let report = world.store().verify_log().unwrap();
    assert_eq!((report.entries, report.checkpoints), (20, 20));
}

/// Somebody who may write the file can drop the triggers, but not hide what they did.
#[test]
fn a_log_that_was_tampered_with_is_found_out() {
    let spoil = [
        "UPDATE log_entry SET bytes = CAST(replace(CAST(bytes AS TEXT), 'counts_differ', 'source_failed') AS BLOB)",
        "DELETE FROM log_entry WHERE number = 1",
        "DELETE FROM log_entry WHERE number = 4",
        "UPDATE log_entry SET run = '00000000000000000000000000000009' WHERE number = 0",
        "UPDATE log_node SET hash = zeroblob(32) WHERE level = 1 AND number = 0",
        "DELETE FROM log_node WHERE level = 2",
        "INSERT INTO log_node (level, number, hash) VALUES (0, 5, zeroblob(32))",
        "UPDATE log_checkpoint SET note = (SELECT note FROM log_checkpoint WHERE size = 2) WHERE size = 3",
        "UPDATE log_checkpoint SET note = replace(note, char(10) || '3' || char(10), char(10) || '4' || char(10)) WHERE size = 3",
        "DELETE FROM log_checkpoint WHERE size = 5",
        "INSERT INTO log_checkpoint (size, note) SELECT 9, note FROM log_checkpoint WHERE size = 1",
    ];
    for sql in spoil {
        let world = World::file();
        fill(&world);
        let connection = Connection::open(world.path()).unwrap();
        connection
            .execute_batch(
                "PRAGMA foreign_keys = OFF;
                 DROP TRIGGER log_entry_stays; DROP TRIGGER log_entry_is_final;
                 DROP TRIGGER log_node_stays; DROP TRIGGER log_node_is_final;
                 DROP TRIGGER log_checkpoint_stays; DROP TRIGGER log_checkpoint_is_final;",
            )
            .unwrap();
        assert!(connection.execute(sql, []).unwrap() > 0, "{sql}");
        assert!(world.store().verify_log().is_err(), "{sql}");
    }
}
