//! Whether a request's subject still is what was asked for, and what ends with it.

use exeunt_model::directory::SeatEntry;
use exeunt_model::request::reason::Rejection;
use exeunt_model::request::{Scope, State};
use exeunt_store::Transaction;
use exeunt_store::desk::Request;

use super::super::cancel::refuse;
use super::super::context::Context;
use super::super::error::Error;
use crate::directory::{self, Directory};

/// Whether the seat belongs to another contract, or to somebody else, than when it was asked for.
pub(super) fn has_changed(directory: &Directory, request: &Request) -> Result<bool, directory::Error> {
    let Some(personal) = request.personal.as_ref().filter(|_| request.scope == Scope::Seat) else { return Ok(false) };
    Ok(is_another(directory.seat(&personal.key)?.as_ref(), request))
}

/// The same of the seat as the directory has it now. One that is gone has not changed: the planner says so. Contracts keep their keys, whatever they
/// are called.
pub(super) fn is_another(seat: Option<&SeatEntry>, request: &Request) -> bool {
    let (Some(seat), Some(personal)) = (seat, &request.personal) else { return false };
    !seat.is_still(&request.contract, &personal.label)
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
            refuse(transaction, context, &mut open, Rejection::Erased, None, None)?;
        }
    }
    Ok(())
}
