//! Erasing: begin, or resume what was cut off, and end with the certificate.
//!
//! The request names its run before anything is destroyed, so that whoever takes the job over asks the store what became of that run: never
//! opened, stopped with nothing erased, cut off, or closed.

use std::collections::BTreeSet;

use exeunt_model::certificate::{Certificate, Purpose as Cause, verify};
use exeunt_model::digest::Digest;
use exeunt_model::directory::{Key, LastAdmin, key_text, last_admin};
use exeunt_model::identity::{EmailAddress, RequestId};
use exeunt_model::job::{JobKind, outage_delay_ms, retry_delay_ms};
use exeunt_model::map::DataMap;
use exeunt_model::names::SubjectKind;
use exeunt_model::plan::file::PlanFile;
use exeunt_model::plan::{Plan, Purpose};
use exeunt_model::request::conflict::{Existing, Linked, Wanted, waits_for};
use exeunt_model::request::reason::Rejection;
use exeunt_model::request::{ErasureState, Kind, Move, Scope, State, erasure as machine};
use exeunt_model::run::{Ending, RunId};
use exeunt_model::tombstone::address_hash;
use exeunt_store::desk::{Lease, Request};
use exeunt_store::{Store, Transaction};

use super::super::context::Context;
use super::super::decide::begin_anew;
use super::super::error::Error;
use super::super::exit;
use super::super::notify::{Notice, NoticeMail};
use super::super::people::{addresses_of, admins};
use super::super::submit::existing;
use super::LOOK_AGAIN_MS;
use super::plan::{holding, plan_request, replan};
use super::problem::Problem;
use super::refuse::{end_left_over, has_changed, refuse};
use super::watch::Watch;
use super::work::Work;
use crate::erasure::{self, Means, Order, Outcome, Progress, Resumption, Terms, standard_outside};
use crate::planning::{count_difference, difference};

/// The longest delay between two attempts to finish an erasure that has begun.
const UNDECIDED_DELAY_MS: u64 = 60 * 60 * 1_000;

/// Where an erasure is when its job begins.
enum Begun {
    /// Nothing is to be done (any more).
    Over,
    At(Box<Request>, RunId),
}

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

/// Takes the request to `running`, unless something stands in the way.
fn start(work: &Work, store: &mut Store, lease: &Lease) -> Result<Begun, Problem> {
    let id = lease.target.parse().map_err(|_| Error::NoSuchRequest)?;
    let people = match due(work, store, &id)? {
        Some(before) if work.with(|context| begin_anew(store, context, &work.directory, lease, &before))? => return Ok(Begun::Over),
        Some(before) => Some(People::of(work, &before)?),
        None => None,
    };
    let begun = work.with(|context| {
        store.transact("start an erasure", |transaction| {
            let Some(mut request) = transaction.request_to_change(&id)? else { return Err(Error::NoSuchRequest) };
            match request.state {
                State::Erasure(ErasureState::Scheduled) => {}
                State::Erasure(ErasureState::Running) => {
                    transaction.hold_lease(lease)?;
                    let run = request.run.clone().ok_or(Error::NoSuchRequest)?;
                    return Ok(Begun::At(Box::new(request), run));
                }
                State::Erasure(ErasureState::PartlyFailed) => {
                    context.make(transaction, &mut request, Move::Erasure(machine::Move::Resume), None, None)?;
                    transaction.hold_lease(lease)?;
                    let run = request.run.clone().ok_or(Error::NoSuchRequest)?;
                    return Ok(Begun::At(Box::new(request), run));
                }
                _ => {
                    transaction.finish_job(lease, context.now)?;
                    return Ok(Begun::Over);
                }
            }
            if request.personal.is_none() {
                transaction.finish_job(lease, context.now)?;
                refuse(transaction, context, &mut request, Rejection::Erased)?;
                return Ok(Begun::Over);
            }
            if let Some(at) = request.scheduled.filter(|at| *at > context.now) {
                transaction.snooze_job(lease, at)?;
                return Ok(Begun::Over);
            }
            if people.is_some() {
                // Of two that begin at the same time, one sees the other; so does a hold.
                transaction.one_at_a_time()?;
            }
            if holding(transaction, &request)?.is_some() {
                context.make(transaction, &mut request, Move::Erasure(machine::Move::Suspend), None, None)?;
                let notice = Notice::OnHold { request: NoticeMail::of(&request) };
                context.mail_to(transaction, &request.requester, Some(&id), &notice)?;
                transaction.finish_job(lease, context.now)?;
                return Ok(Begun::Over);
            }
            if waiting(transaction, &request)? {
                let later = context.in_milliseconds(LOOK_AGAIN_MS);
                transaction.snooze_job(lease, later)?;
                return Ok(Begun::Over);
            }
            // What stood in the way is gone since the directory was asked: it is asked first.
            let Some(people) = &people else {
                transaction.snooze_job(lease, context.now)?;
                return Ok(Begun::Over);
            };
            let refused = match people.have_changed {
                true => Some(Rejection::SubjectChanged),
                false if people.could_lock_out && locks_out_now(work, transaction, &request)? => Some(Rejection::LastAdmin),
                false => None,
            };
            if let Some(reason) = refused {
                transaction.finish_job(lease, context.now)?;
                refuse(transaction, context, &mut request, reason)?;
                return Ok(Begun::Over);
            }
            let run = context.run();
            request.run = Some(run.clone());
            if let Some(personal) = &mut request.personal {
                personal.addresses = people.addresses.clone();
            }
            context.make(transaction, &mut request, Move::Erasure(machine::Move::Start), None, None)?;
            transaction.hold_lease(lease)?;
            Ok(Begun::At(Box::new(request), run))
        })
    })?;
    Ok(begun)
}

/// The request, if its time has come and nothing stands in its way, as far as the store knows.
fn due(work: &Work, store: &Store, id: &RequestId) -> Result<Option<Request>, Problem> {
    let now = (work.clock)();
    Ok(store.look("look whether an erasure can start", |transaction| {
        let Some(request) = transaction.request(id)? else { return Err(Error::NoSuchRequest) };
        let is_due = request.state == State::Erasure(ErasureState::Scheduled) && request.scheduled.is_none_or(|at| at <= now);
        let stands = is_due && holding(transaction, &request)?.is_none() && !waiting(transaction, &request)?;
        Ok(stands.then_some(request))
    })?)
}

/// What the directory says of those whom an erasure is about, at the moment before it starts.
struct People {
    have_changed: bool,
    could_lock_out: bool,
    /// As long as the platform still knows them.
    addresses: Vec<EmailAddress>,
}

impl People {
    fn of(work: &Work, request: &Request) -> Result<Self, Problem> {
        let could_lock_out = match &request.personal {
            Some(personal) if request.scope == Scope::Seat => {
                work.directory.seat(&personal.key)?.is_some_and(|seat| seat.is_active_admin())
            }
            Some(_) => true,
            None => false,
        };
        Ok(Self { have_changed: has_changed(&work.directory, request)?, could_lock_out, addresses: addresses(work, request)? })
    }
}

/// Whether nobody could sign in for the contract any more, those whose own erasure has begun being none who stays.
///
/// The directory is asked while no other request can begin, which the caller has made sure of: of two erasures of the last two admins, one sees the
/// other.
fn locks_out_now(work: &Work, transaction: &mut Transaction<'_>, request: &Request) -> Result<bool, Error> {
    let (contract_goes, seats_go) = work.directory.own_rows_among(request.document.categories.as_deref());
    match request.scope {
        Scope::Contract => return Ok(seats_go && !contract_goes),
        Scope::Seat if !seats_go => return Ok(false),
        Scope::Seat => {}
    }
    let has_begun = |other: &&Request| {
        let begun = matches!(other.state, State::Erasure(state) if state.has_begun());
        begun && other.scope == Scope::Seat && work.directory.own_rows_among(other.document.categories.as_deref()).1
    };
    let open = transaction.open_requests_of(&request.contract)?;
    let begun = open.iter().filter(has_begun);
    let leaving: Vec<Key> = begun.chain([request]).filter_map(|request| Some(request.personal.as_ref()?.key.clone())).collect();
    let closed: BTreeSet<EmailAddress> = transaction.closed_addresses(&request.contract)?;
    let mut admins = admins(&work.directory, &request.contract)?;
    // Whom an identity provider has closed is none who stays.
    admins.retain(|admin| leaving.contains(&admin.key) || admin.email.as_ref().is_none_or(|email| !closed.contains(email)));
    Ok(last_admin(&admins, &leaving) == LastAdmin::Leaves)
}

/// The addresses of those who go with the subject, as long as the platform still knows them.
fn addresses(work: &Work, request: &Request) -> Result<Vec<EmailAddress>, Problem> {
    let Some(personal) = &request.personal else { return Ok(Vec::new()) };
    // Where seats stay, so do their addresses.
    if !work.directory.own_rows_among(request.document.categories.as_deref()).1 {
        return Ok(Vec::new());
    }
    match request.scope {
        Scope::Seat => Ok(work.directory.seat(&personal.key)?.and_then(|seat| seat.email).into_iter().collect()),
        Scope::Contract => Ok(addresses_of(&work.directory, &request.contract)?),
    }
}

fn waiting(transaction: &mut Transaction<'_>, request: &Request) -> Result<bool, Error> {
    let mut linked = None;
    if let Some(id) = &request.linked
        && let Some(export) = transaction.request(id)?
        && let State::Export(state) = export.state
    {
        let archives = transaction.archives_of(id)?;
        let downloaded = !archives.is_empty() && archives.iter().all(|archive| archive.downloaded.is_some());
        linked = Some(Linked { id: id.clone(), state, downloaded, waived: request.waived });
    }
    let open: Vec<Existing> = transaction.open_requests_of(&request.contract)?.iter().map(existing).collect();
    let erasure = Wanted {
        first: request.state,
        scope: request.scope,
        subject: &request.subject,
        categories: request.document.categories.as_deref(),
    };
    Ok(waits_for(&erasure, linked.as_ref(), &open).is_some())
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

/// The run has its certificate: the request ends as it says, and the desk forgets whom it was about.
fn conclude(
    work: &Work,
    store: &mut Store,
    lease: &Lease,
    request: &Request,
    certificate: &Certificate,
    undecided: bool,
) -> Result<(), Problem> {
    let ending = certificate.statement.state;
    let gone = match ending {
        Ending::Completed | Ending::CompletedWithRetained => Gone {
            subjects: erasure::subjects_gone(store, &work.platform.map, &certificate.statement.id)?,
            addresses: unknown_addresses(work, request)?,
        },
        Ending::PartlyFailed => Gone::default(),
    };
    let signing = store.signing_key();
    let pushed = match ending {
        Ending::Completed | Ending::CompletedWithRetained => pushed_addresses(work, store, request)?,
        Ending::PartlyFailed => Vec::new(),
    };
    let delay = if undecided { UNDECIDED_DELAY_MS } else { retry_delay_ms(lease.failures + 1, 0) };
    work.with(|context| {
        store.transact("end an erasure", |transaction| {
            let Some(mut request) = transaction.request_to_change(&request.id)? else { return Err(Error::NoSuchRequest) };
            context.make(transaction, &mut request, Move::Erasure(machine::Move::Verify), None, None)?;
            let attempted = match ending {
                Ending::Completed => machine::Move::Complete,
                Ending::CompletedWithRetained => machine::Move::CompleteWithRetained,
                Ending::PartlyFailed => machine::Move::FailPartly,
            };
            context.make(transaction, &mut request, Move::Erasure(attempted), None, None)?;
            let label = NoticeMail::of(&request);
            match ending {
                Ending::Completed | Ending::CompletedWithRetained => {
                    forget(transaction, context, &work.platform.map, &request, &gone)?;
                    forget_pushed(transaction, context, &request, &pushed)?;
                    let label = if gone.is_subject_of(&request) { NoticeMail { label: None, ..label } } else { label };
                    let notice = Notice::ErasureEnded { request: label, state: ending.as_str().to_owned() };
                    context.mail_to(transaction, &request.requester, Some(&request.id), &notice)?;
                    if request.scope == Scope::Contract && request.document.categories.is_none() {
                        exit::erased(transaction, context, &signing, &request)?;
                    }
                    transaction.finish_job(lease, context.now)?;
                }
                Ending::PartlyFailed => {
                    // Told once: an erasure that goes on failing is seen in the list.
                    if lease.failures == 0 {
                        let notice = Notice::ErasureEnded { request: label, state: ending.as_str().to_owned() };
                        context.mail_to(transaction, &request.requester, Some(&request.id), &notice)?;
                    }
                    let run_at = context.in_milliseconds(delay);
                    transaction.retry_job(lease, run_at, "something of the plan is left")?;
                }
            }
            Ok(())
        })
    })?;
    Ok(())
}

/// Those of the erased addresses that no other seat has.
fn unknown_addresses(work: &Work, request: &Request) -> Result<Vec<EmailAddress>, Problem> {
    let Some(personal) = &request.personal else { return Ok(Vec::new()) };
    let mut gone = Vec::new();
    for address in &personal.addresses {
        if work.directory.seats_by_email(address)?.is_empty() {
            gone.push(address.clone());
        }
    }
    Ok(gone)
}

/// Those of the erased addresses that no other seat of the contract has, with the keyed hashes by which they are remembered.
fn pushed_addresses(work: &Work, store: &Store, request: &Request) -> Result<Vec<(EmailAddress, Digest)>, Problem> {
    let Some(personal) = &request.personal else { return Ok(Vec::new()) };
    let mut gone = Vec::new();
    for address in &personal.addresses {
        let stays = work.directory.seats_by_email(address)?.iter().any(|seat| key_text(&seat.contract) == request.contract);
        if !stays {
            gone.push((address.clone(), address_hash(&store.hash_secret(), &request.contract, address)));
        }
    }
    Ok(gone)
}

/// Forgets what an identity provider has pushed of those who are gone.
fn forget_pushed(
    transaction: &mut Transaction<'_>,
    context: &Context<'_>,
    request: &Request,
    gone: &[(EmailAddress, Digest)],
) -> Result<(), Error> {
    if request.scope == Scope::Contract && request.document.categories.is_none() {
        transaction.forget_directory(&request.contract)?;
    }
    for (address, hash) in gone {
        transaction.forget_directory_address(&request.contract, address, hash, context.now)?;
    }
    Ok(())
}

/// Of whom an erasure has left nothing.
#[derive(Default)]
struct Gone {
    subjects: Vec<(SubjectKind, Digest)>,
    addresses: Vec<EmailAddress>,
}

impl Gone {
    /// Whether it is whom the request was about. With chosen categories the subject mostly stays.
    fn is_subject_of(&self, request: &Request) -> bool {
        self.subjects.iter().any(|(kind, subject)| *kind == request.subject_kind && *subject == request.subject)
    }
}

/// Forgets whoever is gone in the desk's own tables, and has the archives and files deleted that held them or what was erased of them.
fn forget(
    transaction: &mut Transaction<'_>,
    context: &mut Context<'_>,
    map: &DataMap,
    request: &Request,
    gone: &Gone,
) -> Result<(), Error> {
    match (request.scope, gone.is_subject_of(request)) {
        (Scope::Contract, true) => {
            transaction.end_webhooks_of(&request.contract, context.now)?;
            transaction.forget_contract(&request.contract)?;
        }
        (Scope::Contract, false) | (Scope::Seat, _) => {
            for (kind, subject) in &gone.subjects {
                transaction.forget_subject(kind, subject)?;
            }
        }
    }
    end_left_over(transaction, context, request)?;
    expire(transaction, context, map, request, gone)?;
    for address in &gone.addresses {
        if let Some(account) = transaction.principal_of(address)?.filter(|account| account.role.is_none()) {
            transaction.end_sessions_of(&account.id)?;
            match account.id == request.requester {
                // The certificate still goes to this address, and then nobody knows it any more.
                true => transaction.change_principal(&exeunt_store::desk::Account { closed: Some(context.now), ..account })?,
                false => transaction.forget_address(address)?,
            }
        }
    }
    Ok(())
}

/// Has every archive deleted that holds what was erased, and every file of the subject's cases where it is forgotten. The links to them end at
/// once.
fn expire(
    transaction: &mut Transaction<'_>,
    context: &mut Context<'_>,
    map: &DataMap,
    request: &Request,
    gone: &Gone,
) -> Result<(), Error> {
    let now = context.now;
    let mut concerned = transaction.requests_about(&request.subject_kind, &request.subject)?;
    for id in transaction.archived_exports_of(&request.contract)? {
        concerned.extend(transaction.request(&id)?);
    }
    if request.scope == Scope::Contract {
        // Cases and exports of seats that came to their end long ago too.
        for id in transaction.stored_requests_of(&request.contract)? {
            concerned.extend(transaction.request(&id)?);
        }
    }
    for (kind, subject) in gone.subjects.iter().filter(|(_, subject)| *subject != request.subject) {
        concerned.extend(transaction.requests_about(kind, subject)?);
    }
    let is_gone = |concerned: &Request| gone.subjects.iter().any(|(_, subject)| concerned.subject == *subject);
    let erased = request.document.categories.as_deref();
    let holds_erased = |export: &Request| {
        let taken = map.exported(export.document.profile, export.document.categories.as_deref());
        taken.iter().any(|category| erased.is_none_or(|erased| erased.contains(&category.name)))
    };
    // Of a subject that is still there, the files of its cases stay, and the archives of other categories.
    concerned.retain(|concerned| {
        gone.is_subject_of(request) || is_gone(concerned) || (concerned.state.kind() == Kind::Export && holds_erased(concerned))
    });
    for concerned in concerned {
        // An archive of everybody ends early for the sake of one: whoever asked for it can ask for another, without them.
        let ends_early = request.scope == Scope::Seat && concerned.scope == Scope::Contract;
        if ends_early && transaction.archives_of(&concerned.id)?.iter().any(|archive| archive.deleted.is_none() && archive.expires > now) {
            let notice = Notice::ArchiveEnded { request: NoticeMail::of(&concerned) };
            context.mail_to(transaction, &concerned.requester, Some(&concerned.id), &notice)?;
        }
        transaction.expire_archives(&concerned.id, now)?;
        context.enqueue(transaction, &concerned, JobKind::ExpireArchive, now)?;
    }
    Ok(())
}
