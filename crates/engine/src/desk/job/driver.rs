//! Taking jobs, keeping their leases, and deciding what becomes of them.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use exeunt_model::job::{JobKind, Lane, MOST_LOSSES, next_delay_ms, retry_delay_ms};
use exeunt_model::moment::Moment;
use exeunt_model::request::reason::Failure;
use exeunt_model::request::{ErasureState, ExportState, Move, State, erasure, export};
use exeunt_store::desk::{Account, Lease, Limits, Request, Share};
use exeunt_store::{Store, Transaction};

use super::super::context::Context;
use super::super::error::Error;
use super::super::notice::{Notice, NoticeMail};
use super::problem::Problem;
use super::watch::Watch;
use super::work::Work;
use super::{advance_exit, call, erase, expire, export as exporting, plan, remind, send};
use crate::causes::chain;

/// Wakes workers of this process when there is something to do, and stops them; and tells whoever watches that something may have changed.
#[derive(Default)]
pub struct Wake {
    /// Counts the calls.
    calls: Mutex<u64>,
    called: Condvar,
    stop: AtomicBool,
    watcher: OnceLock<Box<dyn Fn() + Send + Sync>>,
}

impl Wake {
    /// Something was enqueued.
    pub fn call(&self) {
        *self.calls.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.called.notify_all();
        self.tell();
    }

    /// Something has changed that only watchers want to know, such as how far a job is.
    pub fn tell(&self) {
        if let Some(watcher) = self.watcher.get() {
            watcher();
        }
    }

    /// From now on, this is called whenever something may have changed in this process. It must not block. Only the first one counts.
    pub fn watch(&self, watcher: impl Fn() + Send + Sync + 'static) {
        let _ = self.watcher.set(Box::new(watcher));
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

    /// Waits so long, or until it is asked to stop.
    pub(super) fn rest(&self, long: Duration) {
        let calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.called.wait_timeout_while(calls, long, |_| !self.is_stopped());
        drop(waited.unwrap_or_else(PoisonError::into_inner));
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
    /// Which jobs of the lane.
    pub share: Share,
    /// Names the worker in the list of jobs.
    pub name: String,
    pub lease: Duration,
    pub limits: Limits,
    /// How long it sleeps at most before it looks for the jobs of other processes.
    pub poll: Duration,
    /// Told of jobs that ended: which, how long it took, and the problem if there was one.
    pub report: fn(&Lease, Duration, Option<&Problem>),
    /// Told, by the worker's name, of each time that it cannot work because of the store, and whether that is for another reason than the time before.
    pub report_store: fn(&str, &exeunt_store::Error, bool),
}

/// Between two times that a worker forgets what is over.
const TIDY_EVERY: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// How long jobs are remembered that were done or failed.
const JOBS_KEPT: Duration = DAY.saturating_mul(30);
/// How long it is remembered that a mail was sent or given up.
const MAILS_KEPT: Duration = DAY.saturating_mul(30);
/// How long deliveries of webhooks are shown that were settled.
const DELIVERIES_KEPT: Duration = DAY.saturating_mul(90);
/// How long a repeated request is known by its key.
const IDEMPOTENCY_KEPT: Duration = DAY.saturating_mul(7);

/// Between two looks, however soon the next job is due.
const SHORTEST_PAUSE: Duration = Duration::from_millis(20);

/// Within so long a running job hears that it is to stop.
const SOON: Duration = Duration::from_millis(250);

/// Between two looks at how far a job is, for those who watch it.
const PROGRESS: Duration = Duration::from_millis(500);

impl Driver {
    /// Works until it is asked to stop. The store may go away meanwhile: then it waits and goes on.
    pub fn run(&self, mut store: Store) {
        // What the jobs deleted may still stand in the store's files.
        let mut scrubbed = false;
        let mut tidied = None;
        let mut trouble = None;
        while !self.wake.is_stopped() {
            let heard = self.wake.calls();
            let asked = (self.work.clock)();
            let worked = self.work_one(&mut store);
            self.tell_trouble(&mut trouble, worked.as_ref().err());
            match worked {
                Ok(true) => scrubbed = false,
                Ok(false) => {
                    // When nothing waits any more, so that many mails need it once; another attempt follows where others were reading.
                    scrubbed = scrubbed || store.scrub().unwrap_or(false);
                    self.tidy(&mut store, &mut tidied);
                    self.wake.wait(heard, self.pause(&store, asked));
                }
                Err(_) => self.wake.wait(heard, self.poll.max(Duration::from_secs(1))),
            }
        }
    }

    /// Reports what is wrong with the store.
    fn tell_trouble(&self, told: &mut Option<String>, error: Option<&exeunt_store::Error>) {
        let now = error.map(|error| chain(error));
        if let Some(error) = error {
            (self.report_store)(&self.name, error, now != *told);
        }
        *told = now;
    }

    /// Forgets, once in a while, what nobody asks for any more. A failure is no harm: it is done the next time.
    fn tidy(&self, store: &mut Store, tidied: &mut Option<Instant>) {
        if self.lane != Lane::Desk || tidied.is_some_and(|at| at.elapsed() < TIDY_EVERY) {
            return;
        }
        *tidied = Some(Instant::now());
        let now = (self.work.clock)();
        let before = |kept: Duration| {
            let micros = i64::try_from(kept.as_micros()).unwrap_or(i64::MAX);
            Moment::from_microseconds(now.microseconds().saturating_sub(micros)).unwrap_or(now)
        };
        let _ = store.transact("forget what is over", |transaction| {
            transaction.sweep_jobs(before(JOBS_KEPT))?;
            transaction.sweep_mails(before(MAILS_KEPT))?;
            transaction.sweep_deliveries(before(DELIVERIES_KEPT))?;
            transaction.sweep_idempotent(before(IDEMPOTENCY_KEPT))?;
            transaction.sweep_closed()?;
            transaction.sweep_signing_in(now)
        });
    }

    /// Until the next job is due, but no longer than a poll. What was due when a job was `asked` for waits for something else than time: for its
    /// lane to be resumed, or for another job to end.
    fn pause(&self, store: &Store, asked: Moment) -> Duration {
        let next = store.look("look for the next job", |transaction| transaction.next_job_at((self.lane, self.share))).ok().flatten();
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
        let taken =
            store.transact("take a job", |transaction| transaction.claim((self.lane, self.share), &self.name, now, until, self.limits))?;
        let Some(lease) = taken else { return Ok(false) };
        let begun = Instant::now();
        let problem = self.do_job(store, &lease);
        if lease.kind == JobKind::Erase {
            // Whoever reads just now keeps it from being emptied; then it is when nothing waits.
            let _ = store.scrub();
        }
        (self.report)(&lease, begun.elapsed(), problem.as_ref());
        if let Some(problem) = problem
            && !problem.is_settled()
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
        // Without a heartbeat somebody else would take the job in the middle of it.
        let beat = match store.another() {
            Ok(beat) => beat,
            Err(error) => return Some(Problem::Store(error)),
        };
        thread::scope(|scope| {
            let (kept, end) = (&watch, &ended);
            scope.spawn(move || self.keep(beat, lease, kept, end));
            // A bug in one job must not end the worker: the job is tried again, and somebody is told.
            let done = catch_unwind(AssertUnwindSafe(|| self.dispatch(store, lease, &watch)));
            *ended.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
            ended.1.notify_all();
            match done {
                Ok(done) => done.err(),
                Err(_) => Some(Problem::Panicked),
            }
        })
    }

    fn dispatch(&self, store: &mut Store, lease: &Lease, watch: &Watch) -> Result<(), Problem> {
        // An erasure that may have begun is brought to its end all the same.
        if matches!(lease.kind, JobKind::Plan | JobKind::Export) && lease.losses >= MOST_LOSSES {
            return Err(Problem::WorkersLost { losses: lease.losses });
        }
        match lease.kind {
            JobKind::Plan => plan::run(&self.work, store, lease),
            JobKind::Export => exporting::run(&self.work, store, lease, watch),
            JobKind::Erase => erase::run(&self.work, store, lease, watch),
            JobKind::ExpireArchive => expire::run(&self.work, store, lease),
            JobKind::SendMail => send::mail(&self.work, store, lease),
            JobKind::DeliverWebhook => call::run(&self.work, store, lease),
            JobKind::Remind => remind::run(&self.work, store, lease),
            JobKind::AdvanceExit => advance_exit::run(&self.work, store, lease),
        }
    }

    /// Lengthens the lease three times in its length, writes down how far the work is when that has changed, and finds out when somebody else has
    /// the job.
    fn keep(&self, mut store: Store, lease: &Lease, watch: &Watch, ended: &(Mutex<bool>, Condvar)) {
        let interval = (self.lease / 3).max(Duration::from_millis(50));
        let mut until = Instant::now() + self.lease;
        let mut written = (Instant::now(), (0, None));
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
            let progress = watch.progress();
            let due = if progress == written.1 { interval } else { interval.min(PROGRESS) };
            if written.0.elapsed() < due {
                continue;
            }
            let (done, expected) = progress;
            let now = (self.work.clock)();
            match store.transact("lengthen a lease", |transaction| transaction.heartbeat(lease, self.until(now), done, expected)) {
                Ok(()) => {
                    until = Instant::now() + self.lease;
                    written = (Instant::now(), progress);
                    self.wake.tell();
                }
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
        let attempt = lease.failures.saturating_add(1);
        let settled = self.work.with(|context| {
            let spread = context.spread();
            let delay = next_delay_ms(lease.kind, reason, problem.is_outage(), attempt, spread);
            let run_at = match problem {
                // Whoever takes it up next begins at once.
                Problem::Interrupted => context.now,
                _ => context.in_milliseconds(delay.unwrap_or_else(|| retry_delay_ms(attempt, spread))),
            };
            store.transact("settle a job", |transaction| -> Result<(), Error> {
                let request = lease.target.parse().ok().map(|id| transaction.request_to_change(&id)).transpose()?.flatten();
                let again = matches!(problem, Problem::Interrupted) || delay.is_some();
                if let Some(mut request) = request {
                    match (lease.kind, request.state, again) {
                        (JobKind::Export, State::Export(ExportState::Running), true) => {
                            context.make(transaction, &mut request, Move::Export(export::Move::Retry), None, None)?;
                        }
                        (JobKind::Export, State::Export(ExportState::Running | ExportState::Queued), false) => {
                            request.reason = Some(reason.as_str().to_owned());
                            context.make(transaction, &mut request, Move::Export(export::Move::Fail), None, None)?;
                            tell_failed(transaction, context, &request, reason)?;
                        }
                        (JobKind::Plan, State::Erasure(ErasureState::Submitted), false) => {
                            request.reason = Some(reason.as_str().to_owned());
                            context.make(transaction, &mut request, Move::Erasure(erasure::Move::Fail), None, None)?;
                            tell_failed(transaction, context, &request, reason)?;
                        }
                        (JobKind::Plan, State::Erasure(ErasureState::Failed), false) => {
                            // It was tried again, and failed again.
                            request.reason = Some(reason.as_str().to_owned());
                            request.changed = context.now;
                            transaction.change_request(&mut request)?;
                            tell_failed(transaction, context, &request, reason)?;
                        }
                        _ => {}
                    }
                }
                if matches!(problem, Problem::Interrupted) {
                    return Ok(transaction.snooze_job(lease, run_at)?);
                }
                if again || !lease.kind.is_given_up() {
                    return Ok(transaction.retry_job(lease, run_at, &told)?);
                }
                give_up(transaction, lease, context.now)?;
                Ok(transaction.fail_job(lease, context.now, &told)?)
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

/// Tells whoever asked that it failed, and those of the platform who look at it: who represents the platform to the contract, or else the operators.
fn tell_failed(transaction: &mut Transaction<'_>, context: &mut Context<'_>, request: &Request, reason: Failure) -> Result<(), Error> {
    let mut told = BTreeSet::from([request.requester.clone()]);
    let responsible = match transaction.representatives_of(&request.contract)? {
        representatives if representatives.is_empty() => transaction.accounts()?.into_iter().filter(Account::is_open_operator).collect(),
        representatives => representatives,
    };
    told.extend(responsible.into_iter().map(|account| account.id));
    let notice = Notice::Failed { request: NoticeMail::of(request), reason: reason.as_str().to_owned() };
    for recipient in &told {
        context.mail_to(transaction, recipient, Some(&request.id), &notice)?;
    }
    Ok(())
}

/// What is sent and nobody can send is not waited for any more.
fn give_up(transaction: &mut Transaction<'_>, lease: &Lease, now: Moment) -> Result<(), exeunt_store::Error> {
    match lease.kind {
        JobKind::SendMail => lease.target.parse().map_or(Ok(()), |id| transaction.abandon_mail(&id, now)),
        JobKind::DeliverWebhook => lease.target.parse().map_or(Ok(()), |id| transaction.abandon_delivery(&id, now)),
        JobKind::Plan | JobKind::Export | JobKind::Erase | JobKind::ExpireArchive | JobKind::Remind | JobKind::AdvanceExit => Ok(()),
    }
}
