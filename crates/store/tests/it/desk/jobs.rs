//! Jobs: who gets the next one, and what a lease is worth.

use std::sync::mpsc;

use exeunt_model::identity::{JobId, MailId};
use exeunt_model::job::{JobKind, JobState, Lane};
use exeunt_model::moment::Moment;
use exeunt_store::desk::{Lease, Limits, Mail, NewJob, Share};
use exeunt_store::{Error, Store, Transaction};

use super::{at_once, person, principal, tried, write};
use crate::world::{World, at};

const WIDE: Limits = Limits { running: 100, per_contract: 100 };

fn enqueue(store: &mut Store, number: u128, kind: JobKind, contract: Option<&str>, run_at: Moment) {
    let (id, target) = (JobId::from_random(number), format!("target {number}"));
    let new = NewJob { id: &id, kind, target: &target, contract, run_at };
    assert!(write(store, |transaction| transaction.enqueue(&new, at(number as i64))));
}

/// Takes the next job of the platform's lane, for ten seconds.
fn claim(store: &mut Store, worker: &str, now: i64, limits: Limits) -> Option<Lease> {
    write(store, |transaction| transaction.claim((Lane::Platform, Share::Others), worker, at(now), at(now + 10), limits))
}

fn number(lease: Option<Lease>) -> Option<u128> {
    lease.map(|lease| u128::from_str_radix(lease.id.as_str(), 16).unwrap())
}

fn is_lost(result: Result<(), Error>) -> bool {
    matches!(result, Err(Error::LeaseLost { .. }))
}

fn contracts_take_turns(world: &World) {
    let mut store = world.store();
    for job in 1..=4 {
        enqueue(&mut store, job, JobKind::Export, Some("giant"), at(0));
    }
    enqueue(&mut store, 5, JobKind::Export, Some("small"), at(0));
    enqueue(&mut store, 6, JobKind::Erase, Some("small"), at(0));
    // Whoever has fewer running goes first; among equals the more urgent job, then the older one.
    let got: Vec<_> = (0..6).map(|_| number(claim(&mut store, "one", 100, WIDE))).collect();
    assert_eq!(got, [6, 1, 2, 5, 3, 4].map(Some));
    assert_eq!(claim(&mut store, "one", 100, WIDE), None);
}

fn no_contract_takes_more_than_its_share_of_a_lane(world: &World) {
    let mut store = world.store();
    for job in 1..=4 {
        enqueue(&mut store, job, JobKind::Export, Some("giant"), at(0));
    }
    let limits = Limits { running: 3, per_contract: 2 };
    let first = claim(&mut store, "one", 100, limits).unwrap();
    assert_eq!(number(claim(&mut store, "two", 100, limits)), Some(2));
    assert_eq!(claim(&mut store, "three", 100, limits), None, "the third worker stays free for others");
    for job in 5..=6 {
        enqueue(&mut store, job, JobKind::Export, Some("small"), at(0));
    }
    assert_eq!(number(claim(&mut store, "three", 100, limits)), Some(5));
    assert_eq!(claim(&mut store, "four", 100, limits), None, "the lane is full");
    write(&mut store, |transaction| transaction.finish_job(&first, at(101)));
    // Both have one running; the older job goes first.
    assert_eq!(number(claim(&mut store, "one", 101, limits)), Some(3));
    assert_eq!(claim(&mut store, "one", 101, limits), None);
}

fn workers_at_once_take_each_job_once_and_no_more_than_the_lane_allows(world: &World) {
    let mut store = world.store();
    for job in 1..=40 {
        enqueue(&mut store, job, JobKind::Export, Some(["a", "b", "c"][job as usize % 3]), at(0));
    }
    let limits = Limits { running: 12, per_contract: 4 };
    let taken = at_once(&store, |worker, store| {
        let mut taken = Vec::new();
        while let Some(lease) = claim(store, &format!("worker {worker}"), 100, limits) {
            taken.push((lease.contract.clone(), number(Some(lease))));
        }
        taken
    });
    let mut taken: Vec<_> = taken.into_iter().flatten().collect();
    taken.sort();
    for contract in ["a", "b", "c"] {
        assert_eq!(taken.iter().filter(|(of, _)| of.as_deref() == Some(contract)).count(), 4, "{taken:?}");
    }
    let count = taken.len();
    taken.dedup();
    assert_eq!((count, taken.len()), (12, 12), "no job is taken twice");
}

fn a_job_waits_for_its_time_and_its_lane(world: &World) {
    let mut store = world.store();
    enqueue(&mut store, 1, JobKind::Plan, None, at(50));
    enqueue(&mut store, 2, JobKind::SendMail, None, at(0));
    assert_eq!(claim(&mut store, "one", 49, WIDE), None);
    assert_eq!(write(&mut store, |transaction| transaction.next_job_at((Lane::Platform, Share::Others))), Some(at(50)));
    assert!(write(&mut store, |transaction| transaction.reschedule(JobKind::Plan, "target 1", at(60))));
    assert_eq!(claim(&mut store, "one", 59, WIDE), None);
    let lease = claim(&mut store, "one", 60, WIDE).unwrap();
    assert_eq!((lease.kind, lease.attempt, lease.failures, lease.losses), (JobKind::Plan, 1, 0, 0));
    assert_eq!(
        write(&mut store, |transaction| transaction.next_job_at((Lane::Platform, Share::Others))),
        Some(at(70)),
        "the end of the lease"
    );
    let other = write(&mut store, |transaction| transaction.claim((Lane::Desk, Share::Others), "one", at(0), at(9), WIDE));
    assert_eq!(number(other), Some(2));
}

/// A receiver that answers late holds up one delivery: mails, other receivers, and what else waits for it go another way.
fn deliveries_have_workers_of_their_own_and_receivers_take_turns(world: &World) {
    let mut store = world.store();
    for (number, webhook) in [(1, "slow"), (2, "slow"), (3, "slow"), (4, "quick")] {
        enqueue(&mut store, number, JobKind::DeliverWebhook, Some(webhook), at(0));
    }
    enqueue(&mut store, 5, JobKind::SendMail, None, at(9));
    let one_each = Limits { running: 100, per_contract: 1 };
    let mut claim =
        |share| number(write(&mut store, |transaction| transaction.claim((Lane::Desk, share), "one", at(10), at(20), one_each)));
    assert_eq!(claim(Share::Webhooks), Some(1));
    assert_eq!(claim(Share::Webhooks), Some(4), "the other receiver's turn");
    assert_eq!(claim(Share::Webhooks), None, "one call at a time to each receiver");
    assert_eq!(claim(Share::Others), Some(5));
    assert_eq!(claim(Share::Others), None);
    assert_eq!(write(&mut store, |transaction| transaction.next_job_at((Lane::Desk, Share::Webhooks))), Some(at(0)));
    assert_eq!(write(&mut store, |transaction| transaction.next_job_at((Lane::Desk, Share::Others))), Some(at(20)));
}

/// Each write of a worker.
type Write = fn(&mut Transaction<'_>, &Lease) -> Result<(), Error>;
const WRITES: [Write; 6] = [
    |transaction, lease| transaction.heartbeat(lease, at(999), 1, Some(2)),
    |transaction, lease| transaction.hold_lease(lease),
    |transaction, lease| transaction.finish_job(lease, at(200)),
    |transaction, lease| transaction.retry_job(lease, at(200), "away"),
    |transaction, lease| transaction.snooze_job(lease, at(200)),
    |transaction, lease| transaction.fail_job(lease, at(200), "refused"),
];

fn a_worker_that_lost_its_lease_writes_nothing(world: &World) {
    let mut first = world.store();
    let mut second = first.another().unwrap();
    write(&mut first, |transaction| transaction.insert_principal(&person(1, "ada@alder.example")));
    enqueue(&mut first, 1, JobKind::Erase, Some("a"), at(0));
    let lost = claim(&mut first, "first", 100, WIDE).unwrap();
    assert_eq!(claim(&mut second, "second", 109, WIDE), None, "the lease has not ended");
    let taken = claim(&mut second, "second", 110, WIDE).unwrap();
    assert_eq!((&taken.id, taken.attempt, taken.losses, taken.failures), (&lost.id, 2, 1, 0));
    let mail = Mail {
        id: MailId::from_random(1),
        recipient: super::principal(1),
        request: None,
        template: "erased".to_owned(),
        document: Some("{}".to_owned()),
        created: at(111),
        sent: None,
        abandoned: None,
    };
    for write_for in WRITES {
        let before = write(&mut first, |transaction| transaction.job_about(JobKind::Erase, "target 1"));
        // What else the transaction wrote goes with it.
        assert!(is_lost(tried(&mut first, |transaction| {
            transaction.insert_mail(&mail)?;
            write_for(transaction, &lost)
        })));
        assert_eq!(write(&mut first, |transaction| transaction.mail(&mail.id)), None);
        assert_eq!(write(&mut first, |transaction| transaction.job_about(JobKind::Erase, "target 1")), before);
    }
    write(&mut second, |transaction| {
        transaction.insert_mail(&mail)?;
        transaction.finish_job(&taken, at(111))
    });
    let job = write(&mut first, |transaction| transaction.job_about(JobKind::Erase, "target 1")).unwrap();
    assert_eq!((job.state, job.worker, job.lease_until, job.finished), (JobState::Done, None, None, Some(at(111))));
    assert!(write(&mut first, |transaction| transaction.mail(&mail.id)).is_some());
}

/// Not even in the moment in which the job waits for its next worker.
fn a_lease_that_ended_is_over_before_somebody_else_has_the_job(world: &World) {
    let mut store = world.store();
    enqueue(&mut store, 1, JobKind::Export, None, at(0));
    let lost = claim(&mut store, "first", 100, WIDE).unwrap();
    assert_eq!(claim(&mut store, "second", 110, Limits { running: 0, per_contract: 0 }), None);
    let job = write(&mut store, |transaction| transaction.job_about(JobKind::Export, "target 1")).unwrap();
    assert_eq!((job.state, job.losses, job.worker), (JobState::Queued, 1, None));
    for write_for in WRITES {
        assert!(is_lost(tried(&mut store, |transaction| write_for(transaction, &lost))));
    }
    assert_eq!(claim(&mut store, "second", 110, WIDE).unwrap().attempt, 2);
}

fn a_heartbeat_keeps_the_lease_and_tells_how_far_the_work_is(world: &World) {
    let mut store = world.store();
    enqueue(&mut store, 1, JobKind::Export, None, at(0));
    let lease = claim(&mut store, "first", 100, WIDE).unwrap();
    write(&mut store, |transaction| transaction.heartbeat(&lease, at(130), 7, Some(20)));
    assert_eq!(claim(&mut store, "second", 129, WIDE), None);
    let job = write(&mut store, |transaction| transaction.job_about(JobKind::Export, "target 1")).unwrap();
    assert_eq!((job.done, job.expected, job.lease_until, job.worker.as_deref()), (7, Some(20), Some(at(130)), Some("first")));
    let taken = claim(&mut store, "second", 130, WIDE).unwrap();
    let job = write(&mut store, |transaction| transaction.job_about(JobKind::Export, "target 1")).unwrap();
    assert_eq!((job.done, job.expected), (0, None), "each attempt counts from the start");
    assert_eq!(taken.attempt, 2);
}

/// Its lease has ended, but it got hold of the job first: whoever wants to take the job over waits, and finds it done.
fn a_job_that_is_held_to_be_finished_is_not_taken_over(world: &World) {
    let mut first = world.store();
    let mut second = first.another().unwrap();
    enqueue(&mut first, 1, JobKind::Export, None, at(0));
    let lease = claim(&mut first, "first", 100, WIDE).unwrap();
    let (held, begins) = mpsc::channel();
    std::thread::scope(|scope| {
        let other = scope.spawn(move || {
            begins.recv().unwrap();
            claim(&mut second, "second", 200, WIDE)
        });
        write(&mut first, |transaction| {
            transaction.hold_lease(&lease)?;
            held.send(()).unwrap();
            transaction.finish_job(&lease, at(200))
        });
        assert_eq!(other.join().unwrap(), None);
    });
    let job = write(&mut first, |transaction| transaction.job_about(JobKind::Export, "target 1")).unwrap();
    assert_eq!((job.state, job.losses), (JobState::Done, 0));
}

/// Whoever puts a job off and whoever wants it done at once come at the same moment: it is not put off.
fn a_job_that_is_just_put_off_is_done_when_somebody_wants_it_now(world: &World) {
    let mut first = world.store();
    let mut second = first.another().unwrap();
    enqueue(&mut first, 1, JobKind::Export, None, at(0));
    let lease = claim(&mut first, "first", 100, WIDE).unwrap();
    let (held, begins) = mpsc::channel();
    std::thread::scope(|scope| {
        let other = scope.spawn(move || {
            begins.recv().unwrap();
            write(&mut second, |transaction| transaction.reschedule(JobKind::Export, "target 1", at(105)))
        });
        write(&mut first, |transaction| {
            transaction.hold_lease(&lease)?;
            held.send(()).unwrap();
            transaction.snooze_job(&lease, at(9_000))
        });
        assert!(other.join().unwrap());
    });
    assert_eq!(claim(&mut first, "first", 105, WIDE).map(|lease| lease.attempt), Some(2));
    assert!(write(&mut first, |transaction| transaction.reschedule(JobKind::Export, "target 1", at(106))), "it runs");
    assert!(!write(&mut first, |transaction| transaction.reschedule(JobKind::Plan, "target 1", at(106))));
}

fn a_paused_lane_gives_no_job_and_its_running_jobs_go_on(world: &World) {
    let mut store = world.store();
    for job in 1..=2 {
        enqueue(&mut store, job, JobKind::Export, None, at(0));
    }
    enqueue(&mut store, 3, JobKind::SendMail, None, at(0));
    let lease = claim(&mut store, "one", 100, WIDE).unwrap();
    write(&mut store, |transaction| transaction.pause_lane(Lane::Platform, true));
    assert_eq!(write(&mut store, |transaction| transaction.paused_lanes()), [Lane::Platform]);
    assert_eq!(claim(&mut store.another().unwrap(), "two", 100, WIDE), None);
    assert!(write(&mut store, |transaction| transaction.claim((Lane::Desk, Share::Others), "two", at(100), at(110), WIDE)).is_some());
    write(&mut store, |transaction| transaction.finish_job(&lease, at(101)));
    write(&mut store, |transaction| transaction.pause_lane(Lane::Platform, false));
    assert_eq!(write(&mut store, |transaction| transaction.paused_lanes()), []);
    assert_eq!(number(claim(&mut store, "two", 101, WIDE)), Some(2));
}

fn the_same_work_is_enqueued_once_until_it_is_done(world: &World) {
    let mut store = world.store();
    let added = at_once(&store, |worker, store| {
        let id = JobId::from_random(worker as u128);
        let new = NewJob { id: &id, kind: JobKind::Plan, target: "target", contract: None, run_at: at(0) };
        write(store, |transaction| transaction.enqueue(&new, at(0)))
    });
    assert_eq!(added.iter().filter(|added| **added).count(), 1, "{added:?}");
    let again = |id: u128| (JobId::from_random(id), JobKind::Plan);
    let enqueue = |store: &mut Store, (id, kind): (JobId, JobKind)| {
        let new = NewJob { id: &id, kind, target: "target", contract: None, run_at: at(0) };
        write(store, |transaction| transaction.enqueue(&new, at(0)))
    };
    let lease = claim(&mut store, "one", 100, WIDE).unwrap();
    assert!(!enqueue(&mut store, again(11)), "while it runs");
    assert!(enqueue(&mut store, (JobId::from_random(12), JobKind::Erase)), "other work for the same target");
    write(&mut store, |transaction| transaction.finish_job(&lease, at(101)));
    assert!(enqueue(&mut store, again(13)));
    assert!(write(&mut store, |transaction| transaction.withdraw(JobKind::Plan, "target")));
    assert!(!write(&mut store, |transaction| transaction.withdraw(JobKind::Plan, "target")));
    assert!(enqueue(&mut store, again(14)));
}

/// A worker that was lost long ago may still be about: no attempt has its number.
fn attempts_at_the_same_work_are_counted_on(world: &World) {
    let mut store = world.store();
    for (number, attempt) in [(1, 1), (2, 2), (3, 3)] {
        let id = JobId::from_random(number);
        let new = NewJob { id: &id, kind: JobKind::Export, target: "target", contract: None, run_at: at(0) };
        assert!(write(&mut store, |transaction| transaction.enqueue(&new, at(0))));
        let lease = claim(&mut store, "one", 100, WIDE).unwrap();
        assert_eq!((lease.id.clone(), lease.attempt, lease.failures, lease.losses), (id, attempt, 0, 0));
        write(&mut store, |transaction| transaction.fail_job(&lease, at(101), "refused"));
    }
    enqueue(&mut store, 4, JobKind::Export, None, at(0));
    assert_eq!(claim(&mut store, "one", 100, WIDE).unwrap().attempt, 1, "other work");
}

fn a_job_that_was_taken_away_is_over_for_its_worker(world: &World) {
    let mut store = world.store();
    for job in 1..=2 {
        enqueue(&mut store, job, JobKind::Export, None, at(0));
    }
    let take_away = |store: &mut Store, target: &str| write(store, |transaction| transaction.take_away(JobKind::Export, target, at(104)));
    let lease = claim(&mut store, "one", 103, WIDE).unwrap();
    assert!(take_away(&mut store, "target 1"));
    assert!(!take_away(&mut store, "target 1") && !take_away(&mut store, "target 2"), "over, and not begun");
    assert!(is_lost(store.transact("test", |transaction| transaction.heartbeat(&lease, at(200), 0, None))));
    assert!(is_lost(store.transact("test", |transaction| transaction.finish_job(&lease, at(105)))));
    assert!(is_lost(store.transact("test", |transaction| transaction.retry_job(&lease, at(105), "interrupted"))));
    let job = write(&mut store, |transaction| transaction.job_about(JobKind::Export, "target 1")).unwrap();
    assert_eq!((job.state, job.worker, job.finished), (JobState::Done, None, Some(at(104))));
    assert_eq!(number(claim(&mut store, "one", 105, WIDE)), Some(2));
}

fn a_failure_is_counted_and_a_job_that_waits_has_not_failed(world: &World) {
    let mut store = world.store();
    for job in 1..=2 {
        enqueue(&mut store, job, JobKind::Export, None, at(0));
    }
    let first = claim(&mut store, "one", 100, WIDE).unwrap();
    let second = claim(&mut store, "one", 100, WIDE).unwrap();
    write(&mut store, |transaction| transaction.retry_job(&first, at(110), "the database is away"));
    write(&mut store, |transaction| transaction.snooze_job(&second, at(120)));
    let job = write(&mut store, |transaction| transaction.job_about(JobKind::Export, "target 1")).unwrap();
    assert_eq!((job.state, job.failures, job.error.as_deref(), job.run_at), (JobState::Queued, 1, Some("the database is away"), at(110)));
    let first = claim(&mut store, "one", 110, WIDE).unwrap();
    assert_eq!((first.attempt, first.failures), (2, 1));
    let second = claim(&mut store, "one", 120, WIDE);
    // The lease of the first one has ended meanwhile, and it is the older job.
    assert_eq!(second.map(|lease| (lease.attempt, lease.failures, lease.losses)), Some((3, 1, 1)));
    let second = claim(&mut store, "one", 120, WIDE).unwrap();
    assert_eq!((second.attempt, second.failures, second.losses), (2, 0, 0));
    write(&mut store, |transaction| transaction.fail_job(&second, at(121), "refused"));
    let job = write(&mut store, |transaction| transaction.job_about(JobKind::Export, "target 2")).unwrap();
    assert_eq!((job.state, job.failures, job.finished), (JobState::Failed, 1, Some(at(121))));
}

fn what_is_done_or_has_failed_is_forgotten_after_a_while(world: &World) {
    let mut store = world.store();
    for job in 1..=3 {
        enqueue(&mut store, job, JobKind::Export, None, at(0));
    }
    let leases: Vec<_> = (0..2).map(|_| claim(&mut store, "one", 100, WIDE).unwrap()).collect();
    write(&mut store, |transaction| {
        transaction.finish_job(&leases[0], at(101))?;
        transaction.fail_job(&leases[1], at(101), "refused")
    });
    write(&mut store, |transaction| transaction.sweep_jobs(at(101)));
    assert!(write(&mut store, |transaction| transaction.job_about(JobKind::Export, "target 1")).is_some());
    write(&mut store, |transaction| transaction.sweep_jobs(at(102)));
    assert_eq!(write(&mut store, |transaction| transaction.job_about(JobKind::Export, "target 1")), None);
    let left: Vec<_> =
        write(&mut store, |transaction| transaction.unfinished_jobs(None, None, None, 10)).into_iter().map(|job| job.state).collect();
    assert_eq!(left, [JobState::Queued]);
}

fn settled_mails_are_forgotten_after_a_while(world: &World) {
    let mut store = world.store();
    let id = MailId::from_random;
    write(&mut store, |transaction| {
        transaction.insert_principal(&person(1, "admin@customer.example"))?;
        for (number, created) in [(1, 10), (2, 10), (3, 10), (4, 20)] {
            transaction.insert_mail(&Mail {
                id: id(number),
                recipient: principal(1),
                request: None,
                template: "ready".to_owned(),
                document: Some("{}".to_owned()),
                created: at(created),
                sent: None,
                abandoned: None,
            })?;
        }
        transaction.mail_sent(&id(1), at(11))?;
        transaction.abandon_mail(&id(2), at(11))?;
        transaction.mail_sent(&id(4), at(21))?;
        transaction.sweep_mails(at(20))
    });
    let left: Vec<bool> = (1..=4).map(|number| write(&mut store, |transaction| transaction.mail(&id(number))).is_some()).collect();
    assert_eq!(left, [false, false, true, true], "what still waits is never forgotten");
}

fn the_next_job_is_that_of_the_own_share(world: &World) {
    let mut store = world.store();
    let next = |store: &mut _, share| write(store, |transaction| transaction.next_job_at((Lane::Desk, share)));
    assert_eq!((next(&mut store, Share::Others), next(&mut store, Share::Webhooks)), (None, None));
    enqueue(&mut store, 1, JobKind::Remind, None, at(50));
    enqueue(&mut store, 2, JobKind::DeliverWebhook, None, at(70));
    enqueue(&mut store, 3, JobKind::SendMail, None, at(60));
    enqueue(&mut store, 4, JobKind::Export, None, at(5));
    assert_eq!((next(&mut store, Share::Others), next(&mut store, Share::Webhooks)), (Some(at(50)), Some(at(70))));
    // The end of a lease counts as well.
    let taken = write(&mut store, |transaction| transaction.claim((Lane::Desk, Share::Others), "one", at(50), at(55), WIDE));
    assert_eq!(taken.map(|lease| lease.kind), Some(JobKind::Remind));
    assert_eq!((next(&mut store, Share::Others), next(&mut store, Share::Webhooks)), (Some(at(55)), Some(at(70))));
}

fn a_job_that_waits_gets_the_time_that_is_asked_for(world: &World) {
    let mut store = world.store();
    for (number, run_at) in [(1, 50), (2, 20)] {
        let id = JobId::from_random(number);
        let job = NewJob { id: &id, kind: JobKind::Remind, target: "target", contract: None, run_at: at(run_at) };
        write(&mut store, |transaction| transaction.enqueue_or_reschedule(&job, at(0)));
        let found = write(&mut store, |transaction| transaction.job_about(JobKind::Remind, "target")).unwrap();
        assert_eq!((found.id, found.run_at), (JobId::from_random(1), at(run_at)));
    }
}

on_both!(
    contracts_take_turns,
    no_contract_takes_more_than_its_share_of_a_lane,
    workers_at_once_take_each_job_once_and_no_more_than_the_lane_allows,
    a_job_waits_for_its_time_and_its_lane,
    deliveries_have_workers_of_their_own_and_receivers_take_turns,
    a_worker_that_lost_its_lease_writes_nothing,
    a_lease_that_ended_is_over_before_somebody_else_has_the_job,
    a_heartbeat_keeps_the_lease_and_tells_how_far_the_work_is,
    a_job_that_is_held_to_be_finished_is_not_taken_over,
    a_job_that_is_just_put_off_is_done_when_somebody_wants_it_now,
    a_paused_lane_gives_no_job_and_its_running_jobs_go_on,
    the_same_work_is_enqueued_once_until_it_is_done,
    attempts_at_the_same_work_are_counted_on,
    a_job_that_was_taken_away_is_over_for_its_worker,
    a_failure_is_counted_and_a_job_that_waits_has_not_failed,
    what_is_done_or_has_failed_is_forgotten_after_a_while,
    settled_mails_are_forgotten_after_a_while,
    the_next_job_is_that_of_the_own_share,
    a_job_that_waits_gets_the_time_that_is_asked_for,
);
