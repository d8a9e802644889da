//! Approving and refusing.

use exeunt_model::digest::Digest;
use exeunt_model::identity::RequestId;
use exeunt_model::job::JobKind;
use exeunt_model::request::approval::{Decision, Standing, standing};
use exeunt_model::request::reason::Rejection;
use exeunt_model::request::{ErasureState, ExportState, Move, State, erasure, export};
use exeunt_store::desk::Request;
use exeunt_store::{Store, Transaction};

use super::change::rejecting;
use super::context::{Actor, Context};
use super::error::Error;
use super::notify::{Notice, NoticeMail};
use super::submit::asker;

/// What an approver says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// For an erasure: with the plan that was seen.
    Agree {
        plan: Option<Digest>,
    },
    Refuse {
        note: Option<String>,
    },
}

/// Notes a decision, and does what the decisions so far come to.
///
/// # Errors
/// [`Error::NothingToDecide`], [`Error::OwnRequest`], [`Error::NotAnApprover`], [`Error::OtherPlan`], [`Error::Changed`].
pub fn decide(store: &mut Store, context: &mut Context<'_>, actor: &Actor, id: &RequestId, verdict: &Verdict) -> Result<Request, Error> {
    store.transact("decide about a request", |transaction| {
        let mut request = transaction.request_to_change(id)?.ok_or(Error::NoSuchRequest)?;
        context.expected.holds(request.version)?;
        let waits = matches!(request.state, State::Export(ExportState::AwaitingApproval) | State::Erasure(ErasureState::AwaitingApproval));
        if !waits {
            return Err(Error::NothingToDecide);
        }
        if asker(&request) == Some(&actor.principal) {
            return Err(Error::OwnRequest);
        }
        if !request.document.requirement.by.contains(&actor.role) {
            return Err(Error::NotAnApprover { role: actor.role });
        }
        let plan = request.plan.as_ref().map(|(_, digest)| digest.clone());
        let (agreed, note) = match verdict {
            Verdict::Agree { plan: seen } if *seen != plan => return Err(Error::OtherPlan),
            Verdict::Agree { .. } => (true, None),
            Verdict::Refuse { note } => (false, note.as_deref()),
        };
        let decision = Decision { by: actor.principal.clone(), role: actor.role, agreed, plan: plan.clone() };
        transaction.insert_decision(id, &decision, context.now)?;
        let decisions = transaction.decisions_of(id)?;
        match standing(&request.document.requirement, asker(&request), plan.as_ref(), &decisions) {
            Standing::Waiting(_) => {}
            Standing::Granted => granted(transaction, context, &mut request, actor)?,
            Standing::Refused => {
                request.reason = Some(Rejection::NotApproved.as_str().to_owned());
                let attempted = rejecting(request.state);
                context.make(transaction, &mut request, attempted, Some(&actor.principal), note)?;
                let notice = Notice::Rejected { request: NoticeMail::of(&request), reason: Rejection::NotApproved.as_str().to_owned() };
                context.mail_to(transaction, &request.requester, Some(id), &notice)?;
            }
        }
        Ok(request)
    })
}

fn granted(transaction: &mut Transaction<'_>, context: &mut Context<'_>, request: &mut Request, actor: &Actor) -> Result<(), Error> {
    let starts = match request.state {
        State::Export(_) => {
            context.make(transaction, request, Move::Export(export::Move::Enqueue), Some(&actor.principal), None)?;
            context.enqueue(transaction, request, JobKind::Export, context.now)?;
            None
        }
        State::Erasure(_) => {
            schedule(transaction, context, request, Some(actor))?;
            request.scheduled
        }
        State::Case(_) => return Err(Error::NothingToDecide),
    };
    let notice = Notice::Approved { request: NoticeMail::of(request), starts };
    Ok(context.mail_to(transaction, &request.requester, Some(&request.id), &notice)?)
}

/// The waiting period of an erasure begins.
pub(super) fn schedule(
    transaction: &mut Transaction<'_>,
    context: &mut Context<'_>,
    request: &mut Request,
    actor: Option<&Actor>,
) -> Result<(), Error> {
    let starts = context.in_hours(request.document.requirement.waiting_hours);
    request.scheduled = Some(starts);
    context.make(transaction, request, Move::Erasure(erasure::Move::Schedule), actor.map(|actor| &actor.principal), None)?;
    context.enqueue(transaction, request, JobKind::Erase, starts)
}
