//! Placing holds and lifting them.

use exeunt_model::identity::{HoldId, RequestId};
use exeunt_model::job::JobKind;
use exeunt_model::request::{ErasureState, Move, State, erasure};
use exeunt_store::Store;
use exeunt_store::desk::Hold;

use super::context::{Actor, Context};
use super::error::Error;
use super::job::{holding, keeps};
use super::notice::{Notice, NoticeMail};

/// Places a hold. Erasures of what it keeps are put on hold before they begin; says which had begun already, and go on.
///
/// # Errors
/// [`Error::Store`].
pub fn place_hold(store: &mut Store, hold: &Hold) -> Result<Vec<RequestId>, Error> {
    store.transact("place a hold", |transaction| {
        // Of a hold and an erasure that begins at the same time, one sees the other.
        transaction.one_at_a_time()?;
        transaction.insert_hold(hold)?;
        let mut begun = Vec::new();
        for request in transaction.open_requests_of(&hold.contract)? {
            let has_begun = matches!(request.state, State::Erasure(state) if state.has_begun());
            if has_begun && keeps(hold, request.scope, &request.subject_kind, &request.subject) {
                begun.push(request.id);
            }
        }
        Ok(begun)
    })
}

/// Lifts a hold; erasures that waited for it alone begin again, and are planned anew.
///
/// # Errors
/// [`Error::NothingToDecide`] for one that was lifted before, [`Error::Changed`].
pub fn lift_hold(store: &mut Store, context: &mut Context<'_>, actor: &Actor, id: &HoldId) -> Result<Hold, Error> {
    store.transact("lift a hold", |transaction| {
        let hold = transaction.hold(id)?.ok_or(Error::NoSuchRequest)?;
        context.expected.holds(hold.version())?;
        if !transaction.lift_hold(id, &actor.principal, context.now)? {
            return Err(Error::NothingToDecide);
        }
        for request in transaction.open_requests_of(&hold.contract)? {
            let Some(mut request) = transaction.request_to_change(&request.id)? else { continue };
            if request.state != State::Erasure(ErasureState::OnHold) {
                continue;
            }
            // What else stops it, such as a look by the platform's people, is no hold and is released by them.
            let was_held = transaction
                .events_of(&request.id, 0)?
                .iter()
                .rev()
                .find(|event| event.event == "suspend")
                .is_some_and(|event| event.actor.is_none());
            if was_held && holding(transaction, &request)?.is_none() {
                context.make(transaction, &mut request, Move::Erasure(erasure::Move::Release), Some(&actor.principal), None)?;
                let notice = Notice::Released { request: NoticeMail::of(&request) };
                context.mail_to(transaction, &request.requester, Some(&request.id), &notice)?;
                context.enqueue(transaction, &request, JobKind::Plan, context.now)?;
            }
        }
        transaction.hold(id)?.ok_or(Error::NoSuchRequest)
    })
}
