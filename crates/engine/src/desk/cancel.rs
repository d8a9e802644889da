//! Giving a request up, stopping it for a look, and taking it up again.

use exeunt_model::identity::RequestId;
use exeunt_model::job::JobKind;
use exeunt_model::moment::Moment;
use exeunt_model::request::reason::Rejection;
use exeunt_model::request::{ErasureState, ExportState, Kind, Move, State, erasure, export};
use exeunt_store::desk::Request;
use exeunt_store::{Store, Transaction};

use super::change::{cancelling, rejecting, releasing, suspending};
use super::context::{Actor, Context};
use super::error::Error;
use super::notice::{By, Notice, NoticeMail};
use super::people::{Contact, approvers};
use super::submit::go_on_with_export;
use crate::directory::Directory;

/// Gives a request up. An erasure that has started cannot be.
///
/// # Errors
/// [`Error::Move`] when it is too late, [`Error::Changed`].
pub fn cancel(store: &mut Store, context: &mut Context<'_>, actor: &Actor, id: &RequestId, note: Option<&str>) -> Result<Request, Error> {
    store.transact("cancel a request", |transaction| {
        let mut request = transaction.request_to_change(id)?.ok_or(Error::NoSuchRequest)?;
        context.expected.holds(request.version)?;
        let attempted = cancelling(request.state);
        context.make(transaction, &mut request, attempted, Some(&actor.principal), note)?;
        withdraw_jobs(transaction, &request, context.now)?;
        let notice = Notice::Cancelled { request: NoticeMail::of(&request), by: Some(actor.into()) };
        context.mail_to(transaction, &request.requester, Some(id), &notice)?;
        Ok(request)
    })
}

/// What the platform's people can do with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handling {
    Suspend,
    Release,
    /// Try again what failed.
    Retry,
    Reject(Rejection),
}

/// Stops a request for a look, releases it, tries it again, or refuses it.
///
/// # Errors
/// [`Error::Move`] when the request isn't where that begins, [`Error::Changed`].
pub fn handle(
    store: &mut Store,
    context: &mut Context<'_>,
    directory: &Directory,
    actor: &Actor,
    id: &RequestId,
    handling: Handling,
    note: Option<&str>,
) -> Result<Request, Error> {
    let contract = store.look("read a request", |transaction| transaction.request(id))?.ok_or(Error::NoSuchRequest)?.contract;
    let approvers = approvers(store, context.settings, directory, &contract)?;
    store.transact("handle a request", |transaction| {
        let mut request = transaction.request_to_change(id)?.ok_or(Error::NoSuchRequest)?;
        context.expected.holds(request.version)?;
        let by = Some(&actor.principal);
        match handling {
            Handling::Suspend => {
                let attempted = suspending(request.state);
                context.make(transaction, &mut request, attempted, by, note)?;
                withdraw_jobs(transaction, &request, context.now)?;
                let notice = Notice::OnHold { request: NoticeMail::of(&request), by: Some(actor.into()) };
                context.mail_to(transaction, &request.requester, Some(id), &notice)?;
            }
            Handling::Release => {
                let attempted = releasing(request.state);
                context.make(transaction, &mut request, attempted, by, note)?;
                let notice = Notice::Released { request: NoticeMail::of(&request) };
                context.mail_to(transaction, &request.requester, Some(id), &notice)?;
                go_on(transaction, context, &mut request, &approvers)?;
            }
            Handling::Retry => {
                match request.state {
                    State::Export(_) => {
                        request.reason = None;
                        context.make(transaction, &mut request, Move::Export(export::Move::Enqueue), by, note)?;
                        context.enqueue(transaction, &request, JobKind::Export, context.now)?;
                    }
                    // Failed until it is planned, and for that reason.
                    State::Erasure(ErasureState::Failed) => {
                        context.note(transaction, &mut request, "retry", &actor.principal, note)?;
                        context.enqueue(transaction, &request, JobKind::Plan, context.now)?;
                    }
                    State::Erasure(ErasureState::PartlyFailed) => {
                        request.reason = None;
                        context.note(transaction, &mut request, "retry", &actor.principal, note)?;
                        context.enqueue(transaction, &request, JobKind::Erase, context.now)?;
                    }
                    // No such move: the machine says so, naming both sides.
                    State::Erasure(_) => context.make(transaction, &mut request, Move::Erasure(erasure::Move::Resume), by, note)?,
                    State::Case(_) => return Err(Error::NothingToDecide),
                }
            }
            Handling::Reject(reason) => refuse(transaction, context, &mut request, reason, Some(actor), note)?,
        }
        Ok(request)
    })
}

/// Refuses a request, and tells whoever asked. Without an actor it is the desk itself that does.
pub(super) fn refuse(
    transaction: &mut Transaction<'_>,
    context: &mut Context<'_>,
    request: &mut Request,
    reason: Rejection,
    by: Option<&Actor>,
    note: Option<&str>,
) -> Result<(), Error> {
    request.reason = Some(reason.as_str().to_owned());
    let attempted = rejecting(request.state);
    context.make(transaction, request, attempted, by.map(|actor| &actor.principal), note)?;
    withdraw_jobs(transaction, request, context.now)?;
    let notice = Notice::Rejected { request: NoticeMail::of(request), reason: reason.as_str().to_owned(), by: by.map(By::from) };
    Ok(context.mail_to(transaction, &request.requester, Some(&request.id), &notice)?)
}

/// Does without the export that an erasure waits for.
///
/// # Errors
/// [`Error::NothingToDecide`] for a request that waits for none, [`Error::NotRequester`] for anybody but whoever wanted the copy, [`Error::Changed`].
pub fn waive(store: &mut Store, context: &mut Context<'_>, actor: &Actor, id: &RequestId) -> Result<Request, Error> {
    store.transact("do without an export", |transaction| {
        let mut request = transaction.request_to_change(id)?.ok_or(Error::NoSuchRequest)?;
        context.expected.holds(request.version)?;
        if request.linked.is_none() || request.waived || request.state.is_final() {
            return Err(Error::NothingToDecide);
        }
        if request.requester != actor.principal {
            return Err(Error::NotRequester);
        }
        request.waived = true;
        context.note(transaction, &mut request, "waive_export", &actor.principal, None)?;
        // It need not be looked at later that nothing stands in its way any more.
        transaction.reschedule(JobKind::Erase, request.id.as_str(), request.scheduled.unwrap_or(context.now).max(context.now))?;
        Ok(request)
    })
}

/// Sets a request that was just released in motion again.
pub(super) fn go_on(
    transaction: &mut Transaction<'_>,
    context: &mut Context<'_>,
    request: &mut Request,
    approvers: &[Contact],
) -> Result<(), Error> {
    match request.state.kind() {
        Kind::Export => go_on_with_export(transaction, context, request, approvers),
        Kind::Erasure => context.enqueue(transaction, request, JobKind::Plan, context.now),
        Kind::Case => Ok(()),
    }
}

/// Takes back what waits, and an export that runs and is not wanted any more. What else runs finds out by the request's state.
pub(super) fn withdraw_jobs(transaction: &mut Transaction<'_>, request: &Request, now: Moment) -> Result<(), Error> {
    let kinds: &[JobKind] = match request.state {
        State::Export(ExportState::Cancelled | ExportState::Rejected | ExportState::OnHold) => &[JobKind::Export],
        State::Erasure(ErasureState::Cancelled | ErasureState::Rejected | ErasureState::OnHold) => &[JobKind::Plan, JobKind::Erase],
        State::Export(_) | State::Erasure(_) | State::Case(_) => &[],
    };
    for kind in kinds {
        transaction.withdraw(*kind, request.id.as_str())?;
    }
    if let State::Export(ExportState::Cancelled | ExportState::Rejected) = request.state {
        transaction.take_away(JobKind::Export, request.id.as_str(), now)?;
    }
    Ok(())
}
