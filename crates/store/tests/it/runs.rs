use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use exeunt_model::certificate::verify;
use exeunt_model::log::{Event, StopReason};
use exeunt_model::names::SubjectKind;
use exeunt_model::run::{self, State};
use exeunt_store::{Error, FileState, SourceState, Store};

use crate::world::{SECRET_KEY, World, app, at, digest, gone, open, run, seat, statement};

on_both!(
    a_closed_run_leaves_a_certificate_a_tombstone_and_no_personal_data,
    a_run_that_partly_failed_keeps_its_journal_until_it_is_completed,
    subjects_within_the_erased_one_get_tombstones_of_their_own,
    nothing_is_closed_as_completed_against_its_counts,
    a_closed_run_is_neither_closed_nor_resumed_nor_stopped_again,
    a_subject_has_one_unfinished_run,
    the_journal_knows_how_far_a_run_is,
    a_run_is_held_by_one_process_at_a_time,
);

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

fn a_closed_run_leaves_a_certificate_a_tombstone_and_no_personal_data(world: &World) {
    let mut store = world.store();
    open(&mut store, 1, "subject").unwrap();
    assert!(holds(&world.bytes(), SECRET_KEY), "the journal holds the keys while the run goes on");
    let certificate = store.close_run(statement(1, "subject", 0), &gone(&[])).unwrap();

    let bytes = store.certificate_of(&run(1)).unwrap().unwrap();
    assert_eq!(bytes, certificate.to_bytes());
    assert_eq!(verify(&bytes, Some(&store.signing_key().id())).unwrap().certificate, certificate);
    let tombstones = store.tombstones_of(&seat(), &digest("subject")).unwrap();
    assert_eq!(tombstones.iter().map(|tombstone| (&tombstone.run, tombstone.erased)).collect::<Vec<_>>(), [(&run(1), at(15))]);
    assert_eq!(store.tombstones(&seat()).unwrap(), tombstones);
    assert_eq!(store.run(&run(1)).unwrap().unwrap().state, State::Completed);
    assert_eq!(store.personal_data_of(&run(1)).unwrap(), None);
    drop(store);
    assert!(!holds(&world.bytes(), SECRET_KEY), "nothing of the subject is left in the store's files");
}

fn a_run_that_partly_failed_keeps_its_journal_until_it_is_completed(world: &World) {
    let mut store = world.store();
    open(&mut store, 1, "subject").unwrap();
    let first = store.close_run(statement(1, "subject", 2), &gone(&[])).unwrap();
    assert_eq!(store.run(&run(1)).unwrap().unwrap().state, State::PartlyFailed);
    assert_eq!(store.tombstones(&seat()).unwrap(), []);
    drop(store);

    let mut store = world.store();
    let resumed = store.resume_run(&run(1), at(100)).unwrap();
    assert_eq!((resumed.state, resumed.attempts, resumed.closed), (State::Running, 2, None));
    let keys = store.keys_of(&run(1), &app()).unwrap();
    assert_eq!(keys.len(), 1);
    assert_eq!(keys[0].tuples.len(), 12_000);
    assert_eq!(keys[0].tuples[11_999], [format!("{SECRET_KEY}/11999")]);
    assert_eq!(store.personal_data_of(&run(1)).unwrap().unwrap().subject_key, [SECRET_KEY]);
    let mut done = statement(1, "subject", 0);
    done.closed = at(105);
    let second = store.close_run(done, &gone(&[])).unwrap();
    for certificate in [&first, &second] {
        verify(&certificate.to_bytes(), None).unwrap();
    }
    assert_eq!(store.certificate_of(&run(1)).unwrap().unwrap(), second.to_bytes());
    let events: Vec<Event> = store.entries_of(&run(1)).unwrap().into_iter().map(|(_, entry)| entry.event).collect();
    assert!(matches!(
        events.as_slice(),
        [Event::ErasureStarted { .. }, Event::ErasureClosed { .. }, Event::ErasureResumed { .. }, Event::ErasureClosed { .. }]
    ));
}

fn subjects_within_the_erased_one_get_tombstones_of_their_own(world: &World) {
    let mut store = world.store();
    open(&mut store, 1, "subject").unwrap();
    let member = SubjectKind::new("member");
    store.close_run(statement(1, "subject", 0), &gone(&[(member.clone(), digest("one")), (member.clone(), digest("two"))])).unwrap();
    assert_eq!(store.tombstones(&seat()).unwrap().len(), 1);
    assert_eq!(store.tombstones(&member).unwrap().len(), 2);
    assert_eq!(store.tombstones_of(&member, &digest("two")).unwrap()[0].run, run(1));
}

fn nothing_is_closed_as_completed_against_its_counts(world: &World) {
    let mut store = world.store();
    open(&mut store, 1, "subject").unwrap();
    let mut claimed = statement(1, "subject", 2);
    claimed.state = run::Ending::Completed;
    assert!(matches!(store.close_run(claimed, &gone(&[])), Err(Error::Damaged { .. })));
    assert!(matches!(store.close_run(statement(1, "somebody else", 0), &gone(&[])), Err(Error::Damaged { .. })));
    assert_eq!(store.run(&run(1)).unwrap().unwrap().state, State::Running);
    assert_eq!(store.certificate_of(&run(1)).unwrap(), None);
}

fn a_closed_run_is_neither_closed_nor_resumed_nor_stopped_again(world: &World) {
    let mut store = world.store();
    open(&mut store, 1, "subject").unwrap();
    store.close_run(statement(1, "subject", 0), &gone(&[])).unwrap();
    let entries = store.verify_log().unwrap().entries;
    assert!(matches!(store.close_run(statement(1, "subject", 0), &gone(&[])), Err(Error::Move { .. })));
    assert!(matches!(store.resume_run(&run(1), at(99)), Err(Error::Move { .. })));
    assert!(matches!(store.stop_run(&run(1), StopReason::Interrupted, at(99)), Err(Error::Move { .. })));
    assert_eq!(store.verify_log().unwrap().entries, entries);
}

fn a_subject_has_one_unfinished_run(world: &World) {
    let mut store = world.store();
    open(&mut store, 1, "subject").unwrap();
    assert!(matches!(open(&mut store, 2, "subject"), Err(Error::Unfinished { run: unfinished }) if unfinished == run(1)));
    open(&mut store, 3, "another").unwrap();
    assert_eq!(store.unfinished_run(&seat(), &digest("subject")).unwrap().unwrap().id, run(1));
    store.stop_run(&run(1), StopReason::CountsDiffer, at(60)).unwrap();
    assert_eq!(store.personal_data_of(&run(1)).unwrap(), None);
    open(&mut store, 4, "subject").unwrap();
    let unfinished: Vec<_> = store.unfinished_runs().unwrap().into_iter().map(|run| run.id).collect();
    assert_eq!(unfinished, [run(3), run(4)]);
}

fn the_journal_knows_how_far_a_run_is(world: &World) {
    let mut store = world.store();
    open(&mut store, 1, "subject").unwrap();
    assert_eq!(store.sources_of(&run(1)).unwrap(), [(app(), SourceState::Acting)]);
    store.record_step(&run(1), 0, 2).unwrap();
    store.commit_source(&run(1), &app(), &[(0, 3), (1, 1)]).unwrap();
    assert_eq!(store.sources_of(&run(1)).unwrap(), [(app(), SourceState::Committed)]);
    let steps = store.steps_of(&run(1)).unwrap();
    assert_eq!(steps.iter().map(|step| (step.planned, step.affected)).collect::<Vec<_>>(), [(3, Some(3)), (1, Some(1))]);
    assert!(store.record_step(&run(1), 9, 1).is_err(), "there is no tenth step");

    let files = store.files_of(&run(1)).unwrap();
    store.settle_files(&run(1), &[(&files[0], FileState::Deleted)]).unwrap();
    assert_eq!(store.files_of(&run(1)).unwrap()[0].state, FileState::Deleted);
    assert!(store.settle_files(&run(1), &[(&files[0], FileState::Missing)]).is_err(), "a settled file stays settled");
}

fn a_run_is_held_by_one_process_at_a_time(world: &World) {
    let store = world.store();
    let lock = store.lock_run(&run(1)).unwrap();
    assert!(matches!(store.lock_run(&run(1)), Err(Error::GoingOn { .. })));
    store.lock_run(&run(2)).unwrap();
    drop(lock);
    store.lock_run(&run(1)).unwrap();
}

#[test]
fn the_store_is_for_its_owner_alone() {
    let world = World::file();
    drop(world.store());
    assert_eq!(fs::metadata(world.path()).unwrap().permissions().mode() & 0o777, 0o600);
    fs::set_permissions(world.path(), fs::Permissions::from_mode(0o640)).unwrap();
    assert!(matches!(Store::open(&world.location(), at(0), &mut |_| {}), Err(Error::Exposed { .. })));
}

#[test]
fn keys_are_drawn_once() {
    let world = World::file();
    assert!(Store::open_existing(&world.location(), at(0)).unwrap().is_none());
    let key = world.store().signing_key().id();
    let again = Store::open(&world.location(), at(0), &mut |bytes| *bytes = [99; 32]).unwrap();
    assert_eq!(again.signing_key().id(), key);
    assert_eq!(Store::open_existing(&world.location(), at(0)).unwrap().unwrap().signing_key().id(), key);
}

#[test]
fn a_file_that_is_no_store_is_told() {
    let world = World::file();
    fs::write(world.path(), "not a database, but a text that is long enough to be looked at as one".repeat(20)).unwrap();
    fs::set_permissions(world.path(), fs::Permissions::from_mode(0o600)).unwrap();
    assert!(matches!(Store::open(&world.location(), at(0), &mut |_| {}), Err(Error::NoStore { .. })));
}
