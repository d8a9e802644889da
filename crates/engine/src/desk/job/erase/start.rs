//! Taking an erasure to `running`: its time has come, nothing stands in its way, and those whom it is about are still those who were meant.

use std::collections::BTreeSet;

use exeunt_model::directory::{Key, LastAdmin, SeatEntry, last_admin};
use exeunt_model::identity::{EmailAddress, RequestId};
use exeunt_model::request::conflict::{Existing, Linked, waits_for};
use exeunt_model::request::reason::Rejection;
use exeunt_model::request::{ErasureState, Move, Scope, State, erasure as machine};
use exeunt_model::run::RunId;
use exeunt_store::desk::{Lease, Request};
use exeunt_store::{Store, Transaction};

use super::super::super::cancel::refuse;
use super::super::super::decide::begin_anew;
use super::super::super::error::Error;
use super::super::super::notice::{Notice, NoticeMail};
use super::super::super::people::{addresses_of, admins};
use super::super::super::submit::{existing, wanted};
use super::super::LOOK_AGAIN_MS;
use super::super::plan::holding;
use super::super::problem::Problem;
use super::super::subject::is_another;
use super::super::work::Work;

/// Where an erasure is when its job begins.
pub(super) enum Begun {
    /// Nothing is to be done (any more).
    Over,
    At(Box<Request>, RunId),
}

/// Takes the request to `running`, unless something stands in the way.
pub(super) fn start(work: &Work, store: &mut Store, lease: &Lease) -> Result<Begun, Problem> {
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
                refuse(transaction, context, &mut request, Rejection::Erased, None, None)?;
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
                let notice = Notice::OnHold { request: NoticeMail::of(&request), by: None };
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
                refuse(transaction, context, &mut request, reason, None, None)?;
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
        // Where seats stay, so do their addresses.
        let seats_go = work.directory.own_rows_among(request.document.categories.as_deref()).1;
        match (request.scope, &request.personal) {
            (_, None) => Ok(Self { have_changed: false, could_lock_out: false, addresses: Vec::new() }),
            (Scope::Seat, Some(personal)) => {
                let seat = work.directory.seat(&personal.key)?;
                Ok(Self {
                    have_changed: is_another(seat.as_ref(), request),
                    could_lock_out: seat.as_ref().is_some_and(SeatEntry::is_active_admin),
                    addresses: seat.and_then(|seat| seat.email).filter(|_| seats_go).into_iter().collect(),
                })
            }
            (Scope::Contract, Some(_)) => {
                let addresses = if seats_go { addresses_of(&work.directory, &request.contract)? } else { Vec::new() };
                Ok(Self { have_changed: false, could_lock_out: true, addresses })
            }
        }
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
    Ok(waits_for(&wanted(request), linked.as_ref(), &open).is_some())
}
