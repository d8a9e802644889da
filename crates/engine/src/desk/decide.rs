//! Approving and refusing.

use exeunt_model::digest::Digest;
use exeunt_model::identity::{PrincipalId, RequestId};
use exeunt_model::job::JobKind;
use exeunt_model::request::approval::{Decision, Present, Standing, standing, still_counts};
use exeunt_model::request::reason::Rejection;
use exeunt_model::request::{ErasureState, ExportState, Move, State, erasure, export};
use exeunt_store::desk::{Lease, Request};
use exeunt_store::{Store, Transaction};

use super::cancel::refuse;
use super::context::{Actor, Context};
use super::error::Error;
use super::job::{plan_again, replan};
use super::notice::{Notice, NoticeMail};
use super::people::{Contact, approvers, successor_is_there};
use super::submit::{asker, deciders};
use crate::directory::Directory;

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
            Standing::Refused => refuse(transaction, context, &mut request, Rejection::NotApproved, Some(actor), note)?,
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

/// Has an erasure whose time has come planned anew where it is not what was approved any more: where too few of those who agreed may still approve, so
/// that others are asked, or where whoever takes over doesn't use their seat. Tells whether it was.
///
/// # Errors
/// [`Error::Directory`], and the store's.
pub(super) fn begin_anew(
    store: &mut Store,
    context: &mut Context<'_>,
    directory: &Directory,
    lease: &Lease,
    request: &Request,
) -> Result<bool, Error> {
    let admins = approvers(store, context.settings, directory, &request.contract)?;
    let is_taken_over = successor_is_there(directory, request)?;
    store.transact("look whether approvals hold", |transaction| {
        let mut request = transaction.request_to_change(&request.id)?.ok_or(Error::NoSuchRequest)?;
        if request.state != State::Erasure(ErasureState::Scheduled) {
            return Ok(false);
        }
        let lapsed = lapsed(transaction, context, &request, &admins)?;
        if lapsed.is_empty() && is_taken_over {
            return Ok(false);
        }
        transaction.finish_job(lease, context.now)?;
        if lapsed.is_empty() {
            replan(transaction, context, &mut request, "whoever is to take over does not use their seat any more")?;
            return Ok(true);
        }
        for by in &lapsed {
            transaction.void_decisions(&request.id, by)?;
        }
        plan_again(transaction, context, &mut request, "an approver may not approve any more")?;
        let notice = Notice::ApprovalLapsed { request: NoticeMail::of(&request) };
        context.mail_to(transaction, &request.requester, Some(&request.id), &notice)?;
        Ok(true)
    })
}

/// Those who agreed and may not any more, where the request needs them.
fn lapsed(
    transaction: &mut Transaction<'_>,
    context: &mut Context<'_>,
    request: &Request,
    admins: &[Contact],
) -> Result<Vec<PrincipalId>, Error> {
    let plan = request.plan.as_ref().map(|(_, digest)| digest);
    let present = deciders(transaction, context, &request.contract, admins)?;
    let (mut holding, mut lapsed) = (Vec::new(), Vec::new());
    for decision in transaction.decisions_of(&request.id)? {
        let by = match present.contains(&decision.by) {
            true => Present::Approver,
            false => match transaction.principal(&decision.by)? {
                Some(account) if account.role.is_none() && account.closed.is_none() => Present::ByProvider,
                Some(_) | None => Present::Neither,
            },
        };
        match still_counts(&decision, by) {
            true => holding.push(decision),
            false if decision.plan.as_ref() == plan && !lapsed.contains(&decision.by) => lapsed.push(decision.by),
            false => {}
        }
    }
    match standing(&request.document.requirement, asker(request), plan, &holding) {
        Standing::Waiting(_) => Ok(lapsed),
        Standing::Granted | Standing::Refused => Ok(Vec::new()),
    }
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
