//! Workers whose store, or whose work, is not as it should be.

use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use exeunt_engine::desk::job::{Driver, Wake};
use exeunt_model::identity::Role;
use exeunt_model::job::{JobKind, JobState, Lane};
use exeunt_model::request::Kind;
use exeunt_store::desk::{Job, Limits, Share};
use exeunt_testkit::postgres::Server;
use postgres::NoTls;

use super::inside::Inside;
use super::world::{Keeps, World};

#[test]
fn a_mail_that_nobody_can_read_is_given_up_after_all_attempts() {
    let world = World::new(Keeps::File);
    let cast = world.cast();
    let mut inside = Inside::new(&world);
    let admin = inside.actor(&cast.admin, Role::Admin);
    let wanted = inside.submission(Kind::Export, &cast.contract, Some(&cast.seat));
    inside.submit(&admin, &wanted);
    world.execute("UPDATE mail SET document = 'no mail'; UPDATE job SET failures = 22 WHERE kind = 'send_mail'");
    let left = |inside: &mut Inside, failures: u32| {
        while inside.one(Lane::Desk) {}
        world.texts(&format!("SELECT DISTINCT state FROM job WHERE kind = 'send_mail' AND failures = {failures}"))
    };
    assert_eq!(left(&mut inside, 23), ["queued"]);
    world.execute("UPDATE job SET run_at = 0 WHERE kind = 'send_mail'");
    assert_eq!(left(&mut inside, 24), ["failed"]);
    let given_up = "SELECT id FROM mail WHERE abandoned IS NOT NULL AND document IS NULL";
    assert_eq!(world.texts(given_up), world.texts("SELECT id FROM mail"));
}

#[test]
fn a_job_without_a_heartbeat_is_left_for_later() {
    let world = World::new(Keeps::Postgres);
    let cast = world.cast();
    let mut inside = Inside::new(&world);
    let admin = inside.actor(&cast.admin, Role::Admin);
    let wanted = inside.submission(Kind::Erasure, &cast.contract, Some(&cast.seat));
    let request = inside.submit(&admin, &wanted);
    let name: String = world.store_client().query_one("SELECT current_database()::text", &[]).expect("a name").get(0);
    let mut server = postgres::Client::connect(&Server::shared().url_of("postgres"), NoTls).expect("connect");
    let mut allow = |allowed: bool| {
        server.batch_execute(&format!("ALTER DATABASE \"{name}\" ALLOW_CONNECTIONS {allowed}")).expect("alter the database");
    };
    allow(false);
    assert!(inside.one(Lane::Platform), "the connection that is open still takes the job");
    allow(true);
    let found = inside.store.look("read a job", |transaction| transaction.job_about(JobKind::Plan, request.id.as_str()));
    let Job { state, failures, error, .. } = found.expect("read").expect("a job");
    assert_eq!((state, failures), (JobState::Queued, 1));
    assert!(error.as_deref().is_some_and(|error| error.contains("reach the store")), "{error:?}");
}

/// What a worker has told of its store, time after time.
static TOLD: (Mutex<Vec<bool>>, Condvar) = (Mutex::new(Vec::new()), Condvar::new());

#[test]
fn a_worker_tells_once_for_each_reason_that_its_store_fails() {
    let world = World::new(Keeps::File);
    let Inside { work, store } = Inside::new(&world);
    world.execute("ALTER TABLE lane RENAME TO lane_elsewhere");
    let wake = Arc::new(Wake::default());
    let driver = Driver {
        work,
        wake: wake.clone(),
        lane: Lane::Desk,
        share: Share::Others,
        name: "desk".to_owned(),
        lease: Duration::from_secs(60),
        limits: Limits { running: 8, per_contract: 8 },
        poll: Duration::from_millis(20),
        report: |_, _, _| {},
        report_store: |worker, _, is_new| {
            assert_eq!(worker, "desk");
            TOLD.0.lock().expect("nobody panicked").push(is_new);
            TOLD.1.notify_all();
        },
    };
    let working = thread::spawn(move || driver.run(store));
    let told = TOLD.1.wait_while(TOLD.0.lock().expect("nobody panicked"), |told| told.len() < 2).expect("nobody panicked");
    assert_eq!(told[..2], [true, false]);
    drop(told);
    wake.stop();
    working.join().expect("the worker ends");
}
