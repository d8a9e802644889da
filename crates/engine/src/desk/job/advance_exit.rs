//! Looking at an exit's dates: the moves whose date has come, reminders, and the erasure at the end.
//!
//! All of it is one transaction, with what it leaves to be looked at next: whatever is cut off or runs twice, a move is made once, a reminder is
//! sent once, and one erasure is asked for.

use exeunt_model::directory::{key_of_text, key_text};
use exeunt_model::due::ReminderKind;
use exeunt_model::exit::{Act, Due, Duty, Move, Party, State, next, reminding};
use exeunt_model::identity::{ExitId, Role};
use exeunt_model::request::{Channel, ErasureState, Kind, Scope, State as RequestState};
use exeunt_model::signature::SigningKey;
use exeunt_model::tombstone::{HashSecret, subject_hash};
use exeunt_store::desk::{ContractExit, Lease, Personal};
use exeunt_store::{Store, Transaction};

use super::super::context::{Actor, Context};
use super::super::error::Error;
use super::super::exit::{Record, customer, decided_by, mail_each, make, read, write};
use super::super::notice::{ExitMail, Notice};
use super::super::people::{Contact, approvers, provider};
use super::super::submit::{Submission, submit_decided};
use super::problem::Problem;
use super::work::Work;

const WEEK_MICROSECONDS: i64 = 7 * 24 * 60 * 60 * 1_000_000;

/// The contract as the directory has it, or as it had it, with those who decide for it.
struct Known {
    key: Vec<String>,
    name: String,
    admins: Vec<Contact>,
}

pub(super) fn run(work: &Work, store: &mut Store, lease: &Lease) -> Result<(), Problem> {
    let id: ExitId = lease.target.parse().map_err(|_| Error::NoSuchRequest)?;
    let found = store.look("read an exit", |transaction| transaction.exit(&id))?;
    let Some(found) = found.filter(|found| found.finished.is_none()) else {
        return Ok(store.transact("end a job", |transaction| transaction.finish_job(lease, (work.clock)()))?);
    };
    let columns = work.directory.key_columns().0;
    let key = key_of_text(&found.contract, columns).ok_or(Error::NoSuchRequest)?;
    let entry = work.directory.contract(&key)?;
    let known = Known {
        name: entry.and_then(|entry| entry.name).unwrap_or_else(|| key_text(&key)),
        key,
        admins: approvers(store, &work.settings, &work.directory, &found.contract)?,
    };
    let (signing, secret) = (store.signing_key(), store.hash_secret());
    work.with(|context| {
        store.transact("advance an exit", |transaction| {
            let found = transaction.exit_to_change(&id)?;
            let Some(mut kept) = found.filter(|found| found.finished.is_none()) else {
                return Ok(transaction.finish_job(lease, context.now)?);
            };
            let mut record = read(&kept)?;
            while let Some(act) = next(&record.exit, context.now).act.and_then(by_itself) {
                make(transaction, context, &mut kept, &mut record, &signing, &act, None, &known.admins)?;
            }
            if record.exit.state() == State::ErasureDue {
                see_to_erasure(work, transaction, context, &mut kept, &mut record, &known, &signing, &secret)?;
            }
            let again = remind(transaction, context, &mut record, &kept, &known.admins)?;
            write(transaction, context, &mut kept, &record)?;
            // The erasure's own job ends the exit; whether somebody has given the erasure up is looked at each week.
            let week = (record.exit.state() == State::ErasureDue).then(|| context.in_hours(7 * 24));
            let following = [next(&record.exit, context.now).look_again, again, week].into_iter().flatten().min();
            match following.filter(|_| !record.exit.state().is_final()) {
                Some(at) => Ok::<_, Error>(transaction.snooze_job(lease, at)?),
                None => Ok(transaction.finish_job(lease, context.now)?),
            }
        })
    })?;
    Ok(())
}

/// The moves that the desk makes when their date has come.
fn by_itself(attempted: Move) -> Option<Act> {
    match attempted {
        Move::BeginTransition => Some(Act::BeginTransition),
        Move::EndNotice => Some(Act::EndNotice),
        Move::EndRetrieval => Some(Act::EndRetrieval),
        Move::ElectSwitch
        | Move::ElectErasure
        | Move::OfferAlternative
        | Move::Extend
        | Move::ConfirmSwitch
        | Move::AgreeLaterErasure
        | Move::ConfirmErasure
        | Move::Withdraw => None,
    }
}

/// Makes the request of the erasure, once. One of the whole contract that goes on already is taken for it, and one that is completed ends the exit.
#[expect(clippy::too_many_arguments, reason = "each of them is another thing that the erasure needs")]
fn see_to_erasure(
    work: &Work,
    transaction: &mut Transaction<'_>,
    context: &mut Context<'_>,
    kept: &mut ContractExit,
    record: &mut Record,
    known: &Known,
    signing: &SigningKey,
    secret: &HashSecret,
) -> Result<(), Error> {
    let declared = work.platform.map.directory.as_ref().ok_or(Error::NoSuchRequest)?;
    let kind = declared.contract.subject.clone();
    let subject = subject_hash(secret, &kind, &known.key);
    let whole = |request: &exeunt_store::desk::Request| request.scope == Scope::Contract && request.document.categories.is_none();
    for request in transaction.requests_about(&kind, &subject)?.into_iter().filter(whole) {
        match request.state {
            RequestState::Erasure(ErasureState::Completed | ErasureState::CompletedWithRetained)
                if request.answered.is_some_and(|at| at >= record.exit.noticed()) =>
            {
                record.erasure = Some(request.id.clone());
                record.run = request.run.clone();
                return make(transaction, context, kept, record, signing, &Act::ConfirmErasure, None, &known.admins);
            }
            RequestState::Erasure(state) if !state.is_final() => {
                record.erasure = Some(request.id.clone());
                return Ok(());
            }
            RequestState::Erasure(_) | RequestState::Export(_) | RequestState::Case(_) => {}
        }
    }
    // Somebody has cancelled or refused the one that was made: another one is somebody's decision again, and the provider's duty.
    if record.erasure.is_some() {
        let last = record.reminded.get(Duty::Erase.as_str());
        if last.is_none_or(|last| context.now.microseconds() - last.microseconds() >= WEEK_MICROSECONDS) {
            let at = record.exit.erasure_from().unwrap_or(context.now);
            let notice = Notice::ExitDue { exit: ExitMail::of(kept), duty: Duty::Erase.to_string(), at, overdue: true };
            let recipients = provider(transaction, &kept.contract)?;
            mail_each(transaction, context, recipients, &notice)?;
            record.reminded.insert(Duty::Erase.to_string(), context.now);
        }
        return Ok(());
    }
    let deciders = decided_by(transaction, &kept.id)?;
    let mut requester = deciders.last().cloned();
    for decider in deciders.iter().rev() {
        if transaction.principal(decider)?.is_some_and(|account| account.closed.is_none() && account.email.is_some()) {
            requester = Some(decider.clone());
            break;
        }
    }
    let actor = Actor { principal: requester.ok_or(Error::NoSuchRequest)?, role: Role::Admin };
    let submission = Submission {
        kind: Kind::Erasure,
        scope: Scope::Contract,
        channel: Channel::Exit,
        contract: kept.contract.clone(),
        subject_kind: kind,
        subject,
        personal: Personal { key: known.key.clone(), label: known.name.clone(), successor: None, addresses: Vec::new() },
        own_seat: false,
        private: false,
        regime: None,
        categories: None,
        choices: Vec::new(),
        // Typed with the election or the confirmation of the switch.
        confirmation: None,
        linked: None,
        matter: None,
        message: None,
        idempotency: None,
    };
    let submitted = submit_decided(transaction, context, &known.admins, &actor, &submission, deciders.len())?;
    record.erasure = Some(submitted.request().id.clone());
    Ok(())
}

/// Sends the reminders whose time has come; says when the next one is.
fn remind(
    transaction: &mut Transaction<'_>,
    context: &mut Context<'_>,
    record: &mut Record,
    kept: &ContractExit,
    admins: &[Contact],
) -> Result<Option<exeunt_model::moment::Moment>, Error> {
    let reminding = reminding(&record.exit, record.since, &record.reminded, context.now);
    for (Due { duty, at, .. }, kind, noted) in reminding.now {
        let mut recipients = Vec::new();
        for party in duty.concerns() {
            match party {
                Party::Customer => recipients.extend(customer(transaction, context, admins)?),
                Party::Provider => recipients.extend(provider(transaction, &kept.contract)?),
                Party::Desk => {}
            }
        }
        let overdue = kind == ReminderKind::Overdue;
        let notice = Notice::ExitDue { exit: ExitMail::of(kept), duty: duty.to_string(), at, overdue };
        mail_each(transaction, context, recipients, &notice)?;
        record.reminded.insert(duty.to_string(), noted);
    }
    Ok(reminding.next)
}
