//! Ending a request whose subject is not what was asked for any more.

use exeunt_model::request::reason::Rejection;
use exeunt_model::request::{Move, Scope, State, erasure, export};
use exeunt_store::Transaction;
use exeunt_store::desk::Request;

use super::super::cancel::withdraw_jobs;
use super::super::context::Context;
use super::super::error::Error;
use super::super::notify::{Notice, NoticeMail};
use crate::directory::{self, Directory};

/// Whether the seat belongs to another contract, or to somebody else, than when it was asked for. One that is gone has not changed: the planner says
/// so. Contracts keep their keys, whatever they are called.
pub(super) fn has_changed(directory: &Directory, request: &Request) -> Result<bool, directory::Error> {
    let Some(personal) = request.personal.as_ref().filter(|_| request.scope == Scope::Seat) else { return Ok(false) };
    let seat = directory.seat(&personal.key)?;
    Ok(seat.is_some_and(|seat| !seat.is_still(&request.contract, &personal.label)))
}

/// Refuses a request, and tells whoever asked. What else waits for it is withdrawn.
pub(super) fn refuse(
    transaction: &mut Transaction<'_>,
    context: &mut Context<'_>,
    request: &mut Request,
    reason: Rejection,
) -> Result<(), Error> {
    let attempted = match request.state {
        State::Export(_) => Move::Export(export::Move::Reject),
        State::Erasure(_) => Move::Erasure(erasure::Move::Reject),
        // Cases are their people's to end.
        State::Case(_) => return Ok(()),
    };
    request.reason = Some(reason.as_str().to_owned());
    context.make(transaction, request, attempted, None, None)?;
    withdraw_jobs(transaction, request)?;
    let notice = Notice::Rejected { request: NoticeMail::of(request), reason: reason.as_str().to_owned() };
    Ok(context.mail_to(transaction, &request.requester, Some(&request.id), &notice)?)
}

/// Ends the exports and erasures of a contract that are left over when those whom they were about are gone.
pub(super) fn end_left_over(transaction: &mut Transaction<'_>, context: &mut Context<'_>, ended: &Request) -> Result<(), Error> {
    for open in transaction.open_requests_of(&ended.contract)? {
        if open.id == ended.id || open.personal.is_some() {
            continue;
        }
        let ends = match open.state {
            State::Export(state) => state.is_unanswered(),
            State::Erasure(state) => state.has_erased_nothing() && !state.is_final(),
            State::Case(_) => false,
        };
        if ends && let Some(mut open) = transaction.request_to_change(&open.id)? {
            refuse(transaction, context, &mut open, Rejection::Erased)?;
        }
    }
    Ok(())
}
