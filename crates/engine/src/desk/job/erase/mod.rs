//! Erasing: begin, or resume what was cut off, and end with the certificate.
//!
//! The request names its run before anything is destroyed, so that whoever takes the job over asks the store what became of that run: never
//! opened, stopped with nothing erased, cut off, or closed.

mod conclude;
mod start;

use exeunt_model::certificate::{Certificate, Purpose as Cause, verify};
use exeunt_model::job::outage_delay_ms;
use exeunt_model::plan::file::PlanFile;
use exeunt_model::plan::{Plan, Purpose};
use exeunt_model::request::{Move, erasure as machine};
use exeunt_model::run::RunId;
use exeunt_store::Store;
use exeunt_store::desk::{Lease, Request};

use super::super::error::Error;
use super::super::notice::{Notice, NoticeMail};
use super::plan::{plan_request, replan};
use super::problem::Problem;
use super::subject::has_changed;
use super::watch::Watch;
use super::work::Work;
use crate::erasure::{self, Means, Order, Outcome, Progress, Resumption, Terms, standard_outside};
use crate::planning::{count_difference, difference};
use conclude::conclude;
use start::{Begun, start};

pub(super) fn run(work: &Work, store: &mut Store, lease: &Lease, watch: &Watch) -> Result<(), Problem> {
    let (request, run) = match start(work, store, lease)? {
        Begun::Over => return Ok(()),
        Begun::At(request, run) => (*request, run),
    };
    let known = store.run(&run)?;
    let outcome = match known.map(|known| known.state) {
        None => begin(work, store, lease, watch, &request, &run),
        Some(exeunt_model::run::State::Completed | exeunt_model::run::State::CompletedWithRetained) => {
            return conclude(work, store, lease, &request, &certificate(store, &run)?, false);
        }
        Some(exeunt_model::run::State::Stopped) => return again(work, store, lease, &request, "the run before this one erased nothing"),
        Some(
            exeunt_model::run::State::Planned
            | exeunt_model::run::State::Started
            | exeunt_model::run::State::Running
            | exeunt_model::run::State::Verifying
            | exeunt_model::run::State::PartlyFailed,
        ) => resume(work, store, watch, &run),
    };
    match outcome {
        Ok(Some(Outcome { certificate, undecided })) => conclude(work, store, lease, &request, &certificate, undecided),
        Ok(None) => Ok(()),
        Err(problem) => stopped(work, store, lease, &request, &run, problem),
    }
}

/// Runs an erasure that nothing is known of yet.
fn begin(work: &Work, store: &mut Store, lease: &Lease, watch: &Watch, request: &Request, run: &RunId) -> Result<Option<Outcome>, Problem> {
    let asked = plan_request(request, Purpose::Erase).ok_or(Error::NoSuchRequest)?;
    let (json, _) = request.plan.as_ref().ok_or(Error::NoSuchRequest)?;
    let approved: Plan = PlanFile::read(json).map_err(|_| Error::OtherPlan)?;
    let terms = Terms {
        purpose: Cause::Request,
        reference: Some(request.id.to_string()),
        outside: standard_outside(None),
        search_residuals: false,
        batch_rows: None,
    };
    let order = Order { request: &asked, terms, accept_missing_files: false, run: Some(run.clone()) };
    let (mut found, mut away) = (None, None);
    let erased = means(work, store, watch, |means| {
        erasure::erase(means, &order, None, &mut |prepared| {
            found = difference(&approved, &prepared.plan).or_else(|| count_difference(&approved, &prepared.plan));
            if found.is_none() {
                // Once more, as late as can be.
                match has_changed(&work.directory, request) {
                    Ok(false) => {}
                    Ok(true) => found = Some("the seat belongs to another contract or to somebody else by now".to_owned()),
                    Err(error) => away = Some(error),
                }
            }
            found.is_none() && away.is_none()
        })
    });
    if let Some(error) = away {
        return Err(error.into());
    }
    match (erased, found) {
        (Err(erasure::Error::NotApproved), Some(difference)) => changed(work, store, lease, request, &difference).map(|()| None),
        (Err(error @ (erasure::Error::CountsDiffer { .. } | erasure::Error::KeysDiffer { .. })), _) => {
            changed(work, store, lease, request, &error.to_string()).map(|()| None)
        }
        (other, _) => Ok(Some(other?)),
    }
}

fn resume(work: &Work, store: &mut Store, watch: &Watch, run: &RunId) -> Result<Option<Outcome>, Problem> {
    let resumed = means(work, store, watch, |means| erasure::resume(means, run, Resumption::default()));
    Ok(Some(resumed?))
}

fn means<T>(work: &Work, store: &mut Store, watch: &Watch, run: impl FnOnce(&mut Means<'_>) -> T) -> T {
    let mut random = |bytes: &mut [u8]| (work.random)(bytes);
    let mut report = |progress: Progress<'_>| match progress {
        Progress::Batch { erased, planned, .. } => {
            watch.expect(Some(planned));
            watch.advance(erased);
        }
        Progress::Opened { .. } | Progress::Committed { .. } | Progress::Files { .. } | Progress::Searching { .. } => {}
    };
    run(&mut Means {
        platform: &work.platform,
        store,
        now: &|| (work.clock)(),
        random: &mut random,
        interrupted: &|| watch.is_over(),
        report: &mut report,
    })
}

/// The platform's data is not what was approved: nothing was erased, and another plan is made.
fn changed(work: &Work, store: &mut Store, lease: &Lease, request: &Request, difference: &str) -> Result<(), Problem> {
    work.with(|context| {
        store.transact("plan anew", |transaction| {
            let Some(mut request) = transaction.request_to_change(&request.id)? else { return Err(Error::NoSuchRequest) };
            request.run = None;
            replan(transaction, context, &mut request, difference)?;
            Ok(transaction.finish_job(lease, context.now)?)
        })
    })?;
    Ok(())
}

/// Nothing was erased: the erasure waits for its next attempt, with a run of its own.
fn again(work: &Work, store: &mut Store, lease: &Lease, request: &Request, told: &str) -> Result<(), Problem> {
    work.with(|context| {
        let spread = context.spread();
        let run_at = context.in_milliseconds(outage_delay_ms(lease.failures + 1, spread));
        store.transact("try an erasure again", |transaction| {
            let Some(mut request) = transaction.request_to_change(&request.id)? else { return Err(Error::NoSuchRequest) };
            request.run = None;
            context.make(transaction, &mut request, Move::Erasure(machine::Move::Retry), None, None)?;
            Ok(transaction.retry_job(lease, run_at, told)?)
        })
    })?;
    Err(Problem::Settled { told: told.to_owned() })
}

/// What becomes of a request whose erasure stopped.
fn stopped(work: &Work, store: &mut Store, lease: &Lease, request: &Request, run: &RunId, problem: Problem) -> Result<(), Problem> {
    if problem.is_settled() {
        return Err(problem);
    }
    // What the store says counts, not what the error says: the run may have been opened.
    let opened = store.run(run)?.is_some_and(|run| run.state != exeunt_model::run::State::Stopped);
    if opened {
        return later(work, store, lease, &problem.told());
    }
    let reason = problem.reason();
    let transient = match &problem {
        Problem::Erase(error) => error.is_transient() || reason.may_pass(),
        _ => reason.may_pass(),
    };
    if transient {
        return again(work, store, lease, request, &problem.told());
    }
    let told = problem.told();
    work.with(|context| {
        store.transact("note a failed erasure", |transaction| {
            let Some(mut request) = transaction.request_to_change(&request.id)? else { return Err(Error::NoSuchRequest) };
            request.run = None;
            request.reason = Some(reason.as_str().to_owned());
            context.make(transaction, &mut request, Move::Erasure(machine::Move::Fail), None, None)?;
            let notice = Notice::Failed { request: NoticeMail::of(&request), reason: reason.as_str().to_owned() };
            context.mail_to(transaction, &request.requester, Some(&request.id), &notice)?;
            Ok(transaction.fail_job(lease, context.now, &told)?)
        })
    })?;
    Err(Problem::Settled { told })
}

/// The run has begun: it is taken up again, for as long as it takes.
fn later(work: &Work, store: &mut Store, lease: &Lease, told: &str) -> Result<(), Problem> {
    let run_at = work.with(|context| {
        let spread = context.spread();
        context.in_milliseconds(outage_delay_ms(lease.failures + 1, spread))
    });
    store.transact("try an erasure again", |transaction| transaction.retry_job(lease, run_at, told))?;
    Err(Problem::Settled { told: told.to_owned() })
}

fn certificate(store: &Store, run: &RunId) -> Result<Certificate, Problem> {
    let damaged = || exeunt_store::Error::Damaged { what: format!("the certificate of run {run} is gone") };
    let bytes = store.certificate_of(run)?.ok_or_else(damaged)?;
    Ok(verify(&bytes, None).map_err(|_| damaged())?.certificate)
}
