//! Reminding of a request's date, until it is answered.
//!
//! A reminder is noted in the request by the transaction that puts its mails into the outbox: whatever is cut off in between or runs twice, each
//! reminder is sent once.

use exeunt_model::due::{Reminder, ReminderKind, reminding};
use exeunt_model::identity::{PrincipalId, RequestId};
use exeunt_model::request::{CaseState, ErasureState, ExportState, State};
use exeunt_store::desk::{Lease, Request};
use exeunt_store::{Store, Transaction};

use super::super::context::Context;
use super::super::error::Error;
use super::super::notice::{Notice, NoticeMail};
use super::super::people::{Contact, approvers, operators, provider};
use super::super::submit::asker;
use super::problem::Problem;
use super::work::Work;

pub(super) fn run(work: &Work, store: &mut Store, lease: &Lease) -> Result<(), Problem> {
    let id: RequestId = lease.target.parse().map_err(|_| Error::NoSuchRequest)?;
    let found = store.look("read a request", |transaction| transaction.request(&id))?;
    // The directory is asked only where its people are needed.
    let admins = match found.filter(|request| waits_for_approval(request.state)) {
        Some(request) => approvers(store, &work.settings, &work.directory, &request.contract)?,
        None => Vec::new(),
    };
    work.with(|context| {
        store.transact("remind of a request", |transaction| {
            let found = transaction.request_to_change(&id)?;
            let Some(mut request) = found.filter(|request| request.answered.is_none() && !request.state.is_final()) else {
                return Ok(transaction.finish_job(lease, context.now)?);
            };
            let reminding = reminding(request.received, request.due, request.document.clock.reminded, context.now);
            if let Some(reminder) = reminding.now {
                remind(transaction, context, &request, &admins, reminder)?;
                request.document.clock.reminded = Some(reminder.at);
                transaction.change_request(&mut request)?;
            }
            Ok::<_, Error>(transaction.snooze_job(lease, reminding.next)?)
        })
    })?;
    Ok(())
}

fn remind(
    transaction: &mut Transaction<'_>,
    context: &mut Context<'_>,
    request: &Request,
    admins: &[Contact],
    reminder: Reminder,
) -> Result<(), Error> {
    let is_overdue = match reminder.kind {
        ReminderKind::WeekBefore | ReminderKind::TwoDaysBefore | ReminderKind::HalfOver => false,
        ReminderKind::Overdue => true,
    };
    // An erasure that starts by itself before its date needs nobody.
    if !is_overdue && request.state == State::Erasure(ErasureState::Scheduled) && request.scheduled.is_some_and(|at| at < request.due) {
        return Ok(());
    }
    let mut recipients = who_can_move_it(transaction, context, request, admins)?;
    if is_overdue {
        recipients.extend(operators(transaction)?);
    }
    recipients.sort();
    recipients.dedup();
    let mail = NoticeMail::of(request);
    let notice = match is_overdue {
        true => Notice::Overdue { request: mail, due: request.due },
        false => Notice::DueSoon { request: mail, due: request.due },
    };
    recipients.iter().try_for_each(|recipient| context.mail_to(transaction, recipient, Some(&request.id), &notice).map_err(Error::from))
}

fn who_can_move_it(
    transaction: &mut Transaction<'_>,
    context: &mut Context<'_>,
    request: &Request,
    admins: &[Contact],
) -> Result<Vec<PrincipalId>, Error> {
    let mut recipients = provider(transaction, &request.contract)?;
    if waits_for_approval(request.state) {
        for admin in admins {
            recipients.push(context.principal(transaction, admin)?);
        }
        // Whoever asked cannot approve.
        recipients.retain(|recipient| asker(request) != Some(recipient));
    }
    if request.state == State::Case(CaseState::NeedsInfo) {
        recipients.push(request.requester.clone());
    }
    Ok(recipients)
}

fn waits_for_approval(state: State) -> bool {
    matches!(state, State::Export(ExportState::AwaitingApproval) | State::Erasure(ErasureState::AwaitingApproval))
}
