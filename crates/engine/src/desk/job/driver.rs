//! Taking jobs, keeping their leases, and deciding what becomes of them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use exeunt_model::job::{JobKind, Lane, retry_delay_ms};
use exeunt_model::moment::Moment;
use exeunt_model::request::{ErasureState, ExportState, Move, State, erasure, export};
use exeunt_store::Store;
use exeunt_store::desk::{Lease, Limits};

use super::super::error::Error;
use super::super::notify::{Notice, NoticeMail};
use super::problem::Problem;
use super::watch::Watch;
use super::work::Work;
use super::{advance_exit, erase, expire, export as exporting, plan, remind, send};

/// Wakes workers of this process when there is something to do, and stops them.
#[derive(Debug, Default)]
pub struct Wake {
    /// Counts the calls.
    calls: Mutex<u64>,
    called: Condvar,
    stop: AtomicBool,
}

impl Wake {
    /// Something was enqueued.
    pub fn call(&self) {
        *self.calls.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.called.notify_all();
    }

    /// Workers end after the job that they have, or in the middle of it where it can be taken up again.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Release);
        self.call();
    }

    /// Whether workers are to end.
    pub fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Acquire)
    }

    fn calls(&self) -> u64 {
        *self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until somebody calls who has not been heard yet, or so long.
    fn wait(&self, heard: u64, longest: Duration) {
        let calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.called.wait_timeout_while(calls, longest, |calls| *calls == heard && !self.is_stopped());
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }
}

/// One worker: a thread that takes the jobs of a lane, one after the other.
pub struct Driver {
    pub work: Arc<Work>,
    pub wake: Arc<Wake>,
    pub lane: Lane,
    /// Names the worker in the list of jobs.
    pub name: String,
    pub lease: Duration,
    pub limits: Limits,
    /// How long it sleeps at most before it looks for the jobs of other processes.
    pub poll: Duration,
    /// Told of jobs that ended: which, how long it took, and the problem if there was one.
    pub report: fn(&Lease, Duration, Option<&Problem>),
}

/// Within so long a running job hears that it is to stop.
const SOON: Duration = Duration::from_millis(250);

/// Between two looks, however soon the next job is due.
const SHORTEST_PAUSE: Duration = Duration::from_millis(20);

impl Driver {
    /// Works until it is asked to stop. The store may go away meanwhile: then it waits and goes on.
    pub fn run(&self, mut store: Store) {
        // What the jobs deleted may still stand in the store's files.
        let mut scrubbed = false;
        while !self.wake.is_stopped() {
            let heard = self.wake.calls();
            let asked = (self.work.clock)();
            match self.work_one(&mut store) {
                Ok(true) => scrubbed = false,
                Ok(false) => {
                    // When nothing waits any more, so that many mails need it once; another attempt follows where others were reading.
                    scrubbed = scrubbed || store.scrub().unwrap_or(false);
                    self.wake.wait(heard, self.pause(&store, asked));
                }
                Err(_) => self.wake.wait(heard, self.poll.max(Duration::from_secs(1))),
            }
        }
    }

    /// Until the next job is due, but no longer than a poll. What was due when a job was `asked` for waits for something else than time: for its
    /// lane to be resumed, or for another job to end.
    fn pause(&self, store: &Store, asked: Moment) -> Duration {
        let next = store.look("look for the next job", |transaction| transaction.next_job_at(self.lane)).ok().flatten();
        let now = (self.work.clock)().microseconds();
        match next.filter(|next| *next > asked) {
            Some(next) => Duration::from_micros(u64::try_from(next.microseconds() - now).unwrap_or(0)).clamp(SHORTEST_PAUSE, self.poll),
            None => self.poll,
        }
    }

    /// Takes one job and does it. False when there is none.
    ///
    /// # Errors
    /// The store could not be reached. What became of a job is not told by an error: it is in the store.
    pub fn work_one(&self, store: &mut Store) -> Result<bool, exeunt_store::Error> {
        let now = (self.work.clock)();
        let until = self.until(now);
        let taken = store.transact("take a job", |transaction| transaction.claim(self.lane, &self.name, now, until, self.limits))?;
        let Some(lease) = taken else { return Ok(false) };
        let begun = Instant::now();
        let problem = self.do_job(store, &lease);
        if lease.kind == JobKind::Erase {
            // Whoever reads just now keeps it from being emptied; then it is when nothing waits.
            let _ = store.scrub();
        }
        (self.report)(&lease, begun.elapsed(), problem.as_ref());
        if let Some(problem) = problem
            && !problem.is_lease_lost()
        {
            self.settle(store, &lease, &problem)?;
        }
        // What the job has enqueued may be for another lane.
        self.wake.call();
        Ok(true)
    }

    fn until(&self, now: Moment) -> Moment {
        let micros = i64::try_from(self.lease.as_micros()).unwrap_or(i64::MAX / 4);
        Moment::from_microseconds(now.microseconds().saturating_add(micros)).unwrap_or(now)
    }

    fn do_job(&self, store: &mut Store, lease: &Lease) -> Option<Problem> {
        let watch = Watch::default();
        let ended = (Mutex::new(false), Condvar::new());
        let beat = store.another();
        thread::scope(|scope| {
            if let Ok(beat) = beat {
                let (watch, ended) = (&watch, &ended);
                scope.spawn(move || self.keep(beat, lease, watch, ended));
            }
            // A bug in one job must not end the worker: the job is tried again, and somebody is told.
            let done = catch_unwind(AssertUnwindSafe(|| self.dispatch(store, lease, &watch)));
            *ended.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
            ended.1.notify_all();
            match done {
                Ok(done) => done.err(),
                Err(_) => Some(Problem::Spool(std::io::Error::other("the job panicked"))),
            }
        })
    }

    fn dispatch(&self, store: &mut Store, lease: &Lease, watch: &Watch) -> Result<(), Problem> {
        match lease.kind {
            JobKind::Plan => plan::run(&self.work, store, lease),
            JobKind::Export => exporting::run(&self.work, store, lease, watch),
            JobKind::Erase => erase::run(&self.work, store, lease, watch),
            JobKind::ExpireArchive => expire::run(&self.work, store, lease),
            JobKind::SendMail => send::mail(&self.work, store, lease),
            JobKind::DeliverWebhook => send::webhook(&self.work, store, lease),
            JobKind::Remind => remind::run(&self.work, store, lease),
            JobKind::AdvanceExit => advance_exit::run(&self.work, store, lease),
        }
    }

    /// Lengthens the lease three times in its length, and finds out when somebody else has the job.
    fn keep(&self, mut store: Store, lease: &Lease, watch: &Watch, ended: &(Mutex<bool>, Condvar)) {
        let interval = (self.lease / 3).max(Duration::from_millis(50));
        let mut next = Instant::now() + interval;
        let mut until = Instant::now() + self.lease;
        loop {
            let guard = ended.0.lock().unwrap_or_else(PoisonError::into_inner);
            let waited = ended.1.wait_timeout_while(guard, interval.min(SOON), |ended| !*ended);
            let (guard, _) = waited.unwrap_or_else(PoisonError::into_inner);
            if *guard {
                return;
            }
            drop(guard);
            if self.wake.is_stopped() {
                watch.ask_to_stop();
            }
            if Instant::now() < next {
                continue;
            }
            next = Instant::now() + interval;
            let (done, expected) = watch.progress();
            let now = (self.work.clock)();
            match store.transact("lengthen a lease", |transaction| transaction.heartbeat(lease, self.until(now), done, expected)) {
                Ok(()) => until = Instant::now() + self.lease,
                Err(exeunt_store::Error::LeaseLost { .. }) => return watch.lose(),
                // The store is away. Until the lease ends nobody else can have the job.
                Err(_) if Instant::now() < until => {}
                Err(_) => return watch.lose(),
            }
        }
    }

    /// Tries a job again that stopped, or ends it and its request.
    fn settle(&self, store: &mut Store, lease: &Lease, problem: &Problem) -> Result<(), exeunt_store::Error> {
        let told = problem.told();
        let reason = problem.reason();
        let tries_left = lease.failures.saturating_add(1) < lease.kind.attempts();
        let settled = self.work.with(|context| {
            let spread = context.spread();
            let run_at = match problem {
                // Whoever takes it up next begins at once.
                Problem::Interrupted => context.now,
                _ => context.in_milliseconds(retry_delay_ms(lease.failures + 1, spread)),
            };
            store.transact("settle a job", |transaction| -> Result<(), Error> {
                let request = lease.target.parse().ok().map(|id| transaction.request_to_change(&id)).transpose()?.flatten();
                let again = matches!(problem, Problem::Interrupted) || (reason.may_pass() && tries_left);
                if let Some(mut request) = request {
                    match (lease.kind, request.state, again) {
                        (JobKind::Export, State::Export(ExportState::Running), true) => {
                            context.make(transaction, &mut request, Move::Export(export::Move::Retry), None, None)?;
                        }
                        (JobKind::Export, State::Export(ExportState::Running | ExportState::Queued), false) => {
                            request.reason = Some(reason.as_str().to_owned());
                            context.make(transaction, &mut request, Move::Export(export::Move::Fail), None, None)?;
                            let notice = Notice::Failed { request: NoticeMail::of(&request), reason: reason.as_str().to_owned() };
                            context.mail_to(transaction, &request.requester, Some(&request.id), &notice)?;
                        }
                        (JobKind::Plan, State::Erasure(ErasureState::Submitted), false) => {
                            request.reason = Some(reason.as_str().to_owned());
                            context.make(transaction, &mut request, Move::Erasure(erasure::Move::Fail), None, None)?;
                            let notice = Notice::Failed { request: NoticeMail::of(&request), reason: reason.as_str().to_owned() };
                            context.mail_to(transaction, &request.requester, Some(&request.id), &notice)?;
                        }
                        _ => {}
                    }
                }
                match (problem, again || !matches!(lease.kind, JobKind::Export | JobKind::Plan)) {
                    (Problem::Interrupted, _) => transaction.snooze_job(lease, run_at)?,
                    (_, true) => transaction.retry_job(lease, run_at, &told)?,
                    (_, false) => transaction.fail_job(lease, context.now, &told)?,
                }
                Ok(())
            })
        });
        match settled {
            Ok(()) | Err(Error::Store(exeunt_store::Error::LeaseLost { .. })) => Ok(()),
            Err(Error::Store(error)) => Err(error),
            // The request moved on meanwhile: the lease ends by itself, and the next worker sees where it is.
            Err(_) => Ok(()),
        }
    }
}
