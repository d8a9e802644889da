//! Making the plan of an erasure.

use exeunt_model::digest::Digest;
use exeunt_model::job::JobKind;
use exeunt_model::names::SubjectKind;
use exeunt_model::plan::file::PlanFile;
use exeunt_model::plan::{Choice, Plan, Purpose, planner};
use exeunt_model::request::document::Counts;
use exeunt_model::request::reason::Rejection;
use exeunt_model::request::{Channel, ErasureState, Move, Scope, State, erasure};
use exeunt_store::desk::{Hold, Lease, Request};
use exeunt_store::{Store, Transaction};

use super::super::cancel::refuse;
use super::super::context::Context;
use super::super::decide::schedule;
use super::super::error::Error;
use super::super::notice::{Notice, NoticeMail};
use super::super::people::{Contact, approvers, successor_is_there};
use super::super::submit::ask_approvers;
use super::problem::Problem;
use super::subject::has_changed;
use super::work::Work;
use crate::planning::{self, Request as PlanRequest, Snapshot, Subject};

pub(super) fn run(work: &Work, store: &mut Store, lease: &Lease) -> Result<(), Problem> {
    let Some(request) = take(work, store, lease)? else { return Ok(()) };
    let Some(asked) = plan_request(&request, Purpose::Erase) else { return end(work, store, lease, &request, Rejection::Erased) };
    if has_changed(&work.directory, &request)? {
        return end(work, store, lease, &request, Rejection::SubjectChanged);
    }
    if !successor_is_there(&work.directory, &request)? {
        return Err(planning::Error::Successor { reason: "does not use their seat" }.into());
    }
    let (plan, choices) = planned(work, store, &request, asked)?;
    let contacts = approvers(store, &work.settings, &work.directory, &request.contract)?;
    let digest = plan.digest();
    let counts = Counts { rows: plan.step_rows.iter().sum(), files: plan.files.iter().map(|count| count.files).sum() };
    let json = serde_json::to_string(&PlanFile::new(plan)).map_err(Problem::Record)?;
    work.with(|context| {
        store.transact("keep a plan", |transaction| {
            let Some(mut request) = transaction.request_to_change(&request.id)? else { return Err(Error::NoSuchRequest) };
            if is_to_be_planned(&request) {
                request.plan = Some((json.clone(), digest.clone()));
                request.document.counts = Some(counts);
                request.document.choices = choices.clone();
                request.reason = None;
                context.make(transaction, &mut request, Move::Erasure(erasure::Move::Plan), None, None)?;
                go_on(transaction, context, &mut request, &contacts)?;
            }
            Ok(transaction.finish_job(lease, context.now)?)
        })
    })?;
    Ok(())
}

/// The plan, and the choices that it was made with.
///
/// Where a whole contract goes at the end of an exit, nobody is left to take anything over: what the map lets the requester choose is deleted. A
/// proposal chooses the same where nobody was asked: it stands in the plan that an admin agrees to, and who wants it otherwise refuses, and asks for
/// the erasure with choices of their own.
fn planned(work: &Work, store: &Store, request: &Request, mut asked: PlanRequest) -> Result<(Plan, Vec<Choice>), Problem> {
    let plan = Snapshot::open(&work.platform)?.plan(&work.platform, &asked, &store.hash_secret());
    let plan = match plan {
        Err(planning::Error::Plan(planner::Error::Undecided { tables }))
            if request.channel == Channel::Exit || request.channel.is_proposal() =>
        {
            asked.choices.extend(tables.into_iter().map(|(table, _)| Choice { table, action: "delete".to_owned() }));
            Snapshot::open(&work.platform)?.plan(&work.platform, &asked, &store.hash_secret())?
        }
        other => other?,
    };
    Ok((plan, asked.choices))
}

/// The request, if it is still to be planned and nothing holds it.
fn take(work: &Work, store: &mut Store, lease: &Lease) -> Result<Option<Request>, Problem> {
    let id = lease.target.parse().map_err(|_| Error::NoSuchRequest)?;
    let taken = work.with(|context| {
        store.transact("take a request to plan", |transaction| {
            let Some(mut request) = transaction.request_to_change(&id)? else { return Err(Error::NoSuchRequest) };
            let held = is_to_be_planned(&request) && holding(transaction, &request)?.is_some();
            if held {
                context.make(transaction, &mut request, Move::Erasure(erasure::Move::Suspend), None, None)?;
                let notice = Notice::OnHold { request: NoticeMail::of(&request), by: None };
                context.mail_to(transaction, &request.requester, Some(&request.id), &notice)?;
            }
            if !is_to_be_planned(&request) || held {
                transaction.finish_job(lease, context.now)?;
                return Ok(None);
            }
            transaction.hold_lease(lease)?;
            Ok(Some(request))
        })
    })?;
    Ok(taken)
}

fn is_to_be_planned(request: &Request) -> bool {
    matches!(request.state, State::Erasure(ErasureState::Submitted | ErasureState::Failed))
}

/// The request is refused, if it still is to be planned.
fn end(work: &Work, store: &mut Store, lease: &Lease, request: &Request, reason: Rejection) -> Result<(), Problem> {
    work.with(|context| {
        store.transact("refuse to plan", |transaction| {
            let Some(mut request) = transaction.request_to_change(&request.id)? else { return Err(Error::NoSuchRequest) };
            transaction.finish_job(lease, context.now)?;
            if is_to_be_planned(&request) {
                refuse(transaction, context, &mut request, reason, None, None)?;
            }
            Ok(())
        })
    })?;
    Ok(())
}

/// Asks for the approvals that an erasure needs, or schedules it where it needs none.
fn go_on(transaction: &mut Transaction<'_>, context: &mut Context<'_>, request: &mut Request, admins: &[Contact]) -> Result<(), Error> {
    if request.document.requirement.approvals == 0 {
        schedule(transaction, context, request, None)?;
        // Nobody else has approved this plan: whoever could cancel it is told of it.
        let notice = Notice::Approved { request: NoticeMail::of(request), starts: request.scheduled };
        let mut told = vec![request.requester.clone()];
        for admin in admins {
            told.push(context.principal(transaction, admin)?);
        }
        told.sort();
        told.dedup();
        return told.iter().try_for_each(|person| context.mail_to(transaction, person, Some(&request.id), &notice).map_err(Error::from));
    }
    context.make(transaction, request, Move::Erasure(erasure::Move::AskApproval), None, None)?;
    ask_approvers(transaction, context, request, admins)
}

/// A hold that keeps the request's data.
pub(in crate::desk) fn holding(transaction: &mut Transaction<'_>, request: &Request) -> Result<Option<Hold>, Error> {
    held(transaction, &request.contract, request.scope, &request.subject_kind, &request.subject)
}

/// A hold that keeps data of a subject. It keeps all of it, whatever categories are asked for.
pub(in crate::desk) fn held(
    transaction: &mut Transaction<'_>,
    contract: &str,
    scope: Scope,
    kind: &SubjectKind,
    subject: &Digest,
) -> Result<Option<Hold>, Error> {
    Ok(transaction.holds_of(contract, false)?.into_iter().find(|hold| keeps(hold, scope, kind, subject)))
}

/// Whether a hold keeps data of a subject of its contract.
pub(in crate::desk) fn keeps(hold: &Hold, scope: Scope, kind: &SubjectKind, subject: &Digest) -> bool {
    hold.scope == Scope::Contract || scope == Scope::Contract || (hold.subject_kind == *kind && hold.subject == *subject)
}

/// What the planner is asked. `None` once the subject is forgotten.
pub(super) fn plan_request(request: &Request, purpose: Purpose) -> Option<PlanRequest> {
    let personal = request.personal.as_ref()?;
    Some(PlanRequest {
        subject: Subject { kind: request.subject_kind.clone(), key: personal.key.clone() },
        purpose,
        profile: request.document.profile,
        categories: request.document.categories.clone(),
        choices: request.document.choices.clone(),
        successor: personal.successor.clone(),
    })
}

/// The request begins again with another plan; its history says why.
pub(in crate::desk) fn plan_again(
    transaction: &mut Transaction<'_>,
    context: &mut Context<'_>,
    request: &mut Request,
    why: &str,
) -> Result<(), Error> {
    request.plan = None;
    request.scheduled = None;
    context.make(transaction, request, Move::Erasure(erasure::Move::Replan), None, Some(why))?;
    context.enqueue(transaction, request, JobKind::Plan, context.now)
}

/// Another plan is needed: the request begins again, and is told why.
pub(in crate::desk) fn replan(
    transaction: &mut Transaction<'_>,
    context: &mut Context<'_>,
    request: &mut Request,
    difference: &str,
) -> Result<(), Error> {
    plan_again(transaction, context, request, difference)?;
    let notice = Notice::PlanChanged { request: NoticeMail::of(request), difference: difference.to_owned() };
    Ok(context.mail_to(transaction, &request.requester, Some(&request.id), &notice)?)
}
