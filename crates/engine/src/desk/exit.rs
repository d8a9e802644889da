//! Exits of contracts under the EU Data Act: what customer and provider say, and what must be true together with it.
//!
//! ```text
//! give_notice, act ─► said: state, history with signed declaration, webhooks, mails, archives kept ─► job: advance_exit
//!                                                                                                        │ moves whose date has come
//!                                               erased ◄─ the erasure's job, with its certificate ◄─ request of the erasure
//! ```
//!
//! Which move is legal when, and what is due, are rules of `model::exit`. The erasure at the end is a request like any other, made by the
//! transaction in which it becomes due: it is planned, approved, can be cancelled while it waits, and held.

use std::collections::BTreeMap;

use exeunt_model::exit::{self, Act, Declaration, Election, Exit, SIGNED_FOR, State, words_digest};
use exeunt_model::identity::{ExitId, PrincipalId, RequestId, Role};
use exeunt_model::job::JobKind;
use exeunt_model::moment::Moment;
use exeunt_model::run::RunId;
use exeunt_model::signature::SigningKey;
use exeunt_model::webhook::{self, AboutExit};
use exeunt_store::desk::{ContractExit, ExitEvent, NewJob, Position, Request};
use exeunt_store::{Store, Transaction};
use serde::{Deserialize, Serialize};

use super::context::{Actor, Context};
use super::error::Error;
use super::notice::{ExitMail, Notice};
use super::people::{Contact, approvers, provider};
use super::setting::rules_of;
use crate::directory::Directory;

/// As the store keeps an exit. No personal data, and no words of anybody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record {
    pub(super) exit: Exit,
    /// Since when it has its state.
    pub(super) since: Moment,
    /// The request of the erasure at the end.
    pub(super) erasure: Option<RequestId>,
    /// The run whose certificate ended it.
    pub(super) run: Option<RunId>,
    /// By duty, the last reminder that was sent.
    pub(super) reminded: BTreeMap<String, Moment>,
}

/// An exit with all that is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExitShown {
    pub id: ExitId,
    pub contract: String,
    pub exit: Exit,
    /// The request of the erasure at the end.
    pub erasure: Option<RequestId>,
    /// The run whose certificate ended it.
    pub run: Option<RunId>,
    pub events: Vec<ExitEvent>,
}

impl ExitShown {
    /// Each change is a line of the history. What the desk notes for itself, such as a reminder, is none.
    pub fn version(&self) -> usize {
        self.events.len()
    }
}

/// The spelling of what begins an exit.
const GIVE_NOTICE: &str = "give_notice";

/// Begins the exit of a contract with the customer's notice.
///
/// # Errors
/// [`Error::ExitOpen`] when one has begun already.
pub fn give_notice(
    store: &mut Store,
    context: &mut Context<'_>,
    directory: &Directory,
    actor: &Actor,
    contract: &str,
    words: &str,
) -> Result<ExitShown, Error> {
    let admins = approvers(store, context.settings, directory, contract)?;
    let key = store.signing_key();
    store.transact("give notice", |transaction| {
        if transaction.open_exit_of(contract)?.is_some() {
            return Err(Error::ExitOpen);
        }
        let terms = rules_of(transaction, context.settings, contract)?.exit;
        let exit = Exit::begin(terms, context.now)?;
        let record = Record { exit, since: context.now, erasure: None, run: None, reminded: BTreeMap::new() };
        let kept = ContractExit {
            id: ExitId::from_random(context.bits()),
            contract: contract.to_owned(),
            state: record.exit.state().to_string(),
            document: written(&record)?,
            version: 1,
            changed: context.now,
            finished: None,
        };
        transaction.insert_exit(&kept)?;
        let date = Some(record.exit.notice_ends());
        let said = Said { event: GIVE_NOTICE, from: None, by: Some(actor), election: None, date, words: Some(words) };
        tell(transaction, context, &kept, &record, &key, &said, &admins)?;
        look_again(transaction, context, &kept)?;
        shown(transaction, &kept)
    })
}

/// Does something in an exit, in exactly these words.
///
/// What leads to the erasure of everything is confirmed by typing the name of the contract ([`is_to_be_confirmed`]): `confirmed` says whether that
/// was done.
///
/// # Errors
/// [`Error::Exit`] when the exit isn't where that can be done, or a date is wrong; [`Error::Confirmation`], [`Error::Changed`].
#[expect(clippy::too_many_arguments, reason = "each of them is another thing that the act must be about")]
pub fn act_on_exit(
    store: &mut Store,
    context: &mut Context<'_>,
    directory: &Directory,
    actor: &Actor,
    id: &ExitId,
    act: &Act,
    words: &str,
    confirmed: bool,
) -> Result<ExitShown, Error> {
    let found = store.look("read an exit", |transaction| transaction.exit(id))?.ok_or(Error::NoSuchRequest)?;
    let admins = approvers(store, context.settings, directory, &found.contract)?;
    let key = store.signing_key();
    store.transact("act on an exit", |transaction| {
        let mut kept = transaction.exit_to_change(id)?.ok_or(Error::NoSuchRequest)?;
        context.expected.holds(transaction.exit_events_of(id)?.len())?;
        let mut record = read(&kept)?;
        // What cannot be done now needs no confirmation.
        record.exit.after(act, context.now, &context.settings.holidays)?;
        if is_to_be_confirmed(act) && !confirmed {
            return Err(Error::Confirmation);
        }
        make(transaction, context, &mut kept, &mut record, &key, act, Some((actor, words)), &admins)?;
        look_again(transaction, context, &kept)?;
        shown(transaction, &kept)
    })
}

/// Whether an act must be confirmed by typing the contract's name.
pub fn is_to_be_confirmed(act: &Act) -> bool {
    matches!(act, Act::Elect(Election::Erase) | Act::ConfirmSwitch)
}

/// An exit by its id.
///
/// # Errors
/// [`Error::NoSuchRequest`].
pub fn exit(store: &Store, id: &ExitId) -> Result<ExitShown, Error> {
    store.look("read an exit", |transaction| {
        let kept = transaction.exit(id)?.ok_or(Error::NoSuchRequest)?;
        shown(transaction, &kept)
    })
}

/// A page of the exits of a contract: the open one first, then the newest.
///
/// # Errors
/// The store's.
pub fn exits_of(store: &Store, contract: &str, after: Option<&Position<ExitId>>, limit: u32) -> Result<Vec<ExitShown>, Error> {
    store.look("read a contract's exits", |transaction| {
        let exits = transaction.exits(contract, after, limit)?;
        exits.iter().map(|kept| shown(transaction, kept)).collect()
    })
}

fn shown(transaction: &mut Transaction<'_>, kept: &ContractExit) -> Result<ExitShown, Error> {
    let record = read(kept)?;
    Ok(ExitShown {
        id: kept.id.clone(),
        contract: kept.contract.clone(),
        exit: record.exit,
        erasure: record.erasure,
        run: record.run,
        events: transaction.exit_events_of(&kept.id)?,
    })
}

/// Makes a move of an exit, and all that must be true with it. The exit is written.
#[expect(clippy::too_many_arguments, reason = "each of them is another thing that the move must be about")]
pub(super) fn make(
    transaction: &mut Transaction<'_>,
    context: &mut Context<'_>,
    kept: &mut ContractExit,
    record: &mut Record,
    key: &SigningKey,
    act: &Act,
    by: Option<(&Actor, &str)>,
    admins: &[Contact],
) -> Result<(), Error> {
    let from = record.exit.state();
    record.exit = record.exit.after(act, context.now, &context.settings.holidays)?.without_words();
    if record.exit.state() != from {
        record.since = context.now;
    }
    write(transaction, context, kept, record)?;
    let date = match act {
        Act::Elect(Election::Erase) | Act::AgreeLaterErasure { .. } => record.exit.erasure_from(),
        Act::Elect(Election::OtherProvider | Election::OnPremises) => Some(record.exit.notice_ends()),
        Act::BeginTransition | Act::Extend { .. } => record.exit.transition_ends(),
        Act::OfferAlternative { ends, .. } => Some(*ends),
        Act::ConfirmSwitch => record.exit.retrieval_ends(),
        Act::EndNotice | Act::EndRetrieval | Act::ConfirmErasure | Act::Withdraw => None,
    };
    let election = match act {
        Act::Elect(election) => Some(*election),
        _ => None,
    };
    let event = act.attempted().as_str();
    let (by, words) = by.unzip();
    tell(transaction, context, kept, record, key, &Said { event, from: Some(from), by, election, date, words }, admins)
}

/// Writes an exit as it is now. One that is as it was keeps its version: whoever has read it has not missed anything.
pub(super) fn write(
    transaction: &mut Transaction<'_>,
    context: &Context<'_>,
    kept: &mut ContractExit,
    record: &Record,
) -> Result<(), Error> {
    let document = written(record)?;
    if document == kept.document {
        return Ok(());
    }
    kept.state = record.exit.state().to_string();
    kept.document = document;
    kept.changed = context.now;
    kept.finished = record.exit.finished();
    Ok(transaction.change_exit(kept)?)
}

/// What was said or happened.
struct Said<'a> {
    event: &'a str,
    from: Option<State>,
    by: Option<&'a Actor>,
    election: Option<Election>,
    date: Option<Moment>,
    words: Option<&'a str>,
}

/// Writes the history, tells both sides, and keeps the archives as long as they are to be retrieved.
fn tell(
    transaction: &mut Transaction<'_>,
    context: &mut Context<'_>,
    kept: &ContractExit,
    record: &Record,
    key: &SigningKey,
    said: &Said<'_>,
    admins: &[Contact],
) -> Result<(), Error> {
    let number = transaction.exit_events_of(&kept.id)?.len() as u64;
    let words = said.words.map(|words| (words.to_owned(), format!("{:032x}", context.bits())));
    let declaration = Declaration {
        exit: kept.id.clone(),
        contract: kept.contract.clone(),
        number,
        at: context.now,
        by: said.by.map(|actor| actor.principal.clone()),
        role: said.by.map(|actor| actor.role),
        event: said.event.to_owned(),
        election: said.election,
        date: said.date,
        words: words.as_ref().map(|(words, salt)| words_digest(salt, words)),
    };
    let declaration = serde_json::to_string(&declaration).map_err(Error::Record)?;
    let event = ExitEvent {
        number,
        at: context.now,
        actor: said.by.map(|actor| actor.principal.clone()),
        event: said.event.to_owned(),
        from: said.from.map(|state| state.to_string()),
        to: record.exit.state().to_string(),
        signature: key.sign(SIGNED_FOR, declaration.as_bytes()).to_text(),
        declaration,
        words,
    };
    transaction.add_exit_event(&kept.id, &event)?;
    let state = record.exit.state();
    let about = AboutExit { exit: &kept.id, contract: &kept.contract, made: said.event, state };
    context.tell_webhooks_of_exit(transaction, &about, webhook::Event::of_exit(said.from, state))?;
    match record.exit.archives_stay_until()? {
        Some(until) => transaction.keep_archives_of(&kept.contract, until, context.now)?,
        None if record.exit.state() == State::Withdrawn => {
            let until = context.in_hours(context.settings.retention_hours);
            transaction.release_archives_of(&kept.contract, until)?;
            for export in transaction.archived_exports_of(&kept.contract)? {
                if let Some(export) = transaction.request(&export)? {
                    context.enqueue(transaction, &export, JobKind::ExpireArchive, until)?;
                }
            }
        }
        None => {}
    }
    let notice = Notice::ExitMoved { exit: ExitMail::of(kept), event: said.event.to_owned(), date: said.date };
    let mut recipients = customer(transaction, context, admins)?;
    recipients.extend(provider(transaction, &kept.contract)?);
    mail_each(transaction, context, recipients, &notice)
}

/// The admins of the contract as principals.
pub(super) fn customer(
    transaction: &mut Transaction<'_>,
    context: &mut Context<'_>,
    admins: &[Contact],
) -> Result<Vec<PrincipalId>, Error> {
    admins.iter().map(|admin| context.principal(transaction, admin).map_err(Error::from)).collect()
}

/// Writes to each of them once.
pub(super) fn mail_each(
    transaction: &mut Transaction<'_>,
    context: &mut Context<'_>,
    mut recipients: Vec<PrincipalId>,
    notice: &Notice,
) -> Result<(), Error> {
    recipients.sort();
    recipients.dedup();
    recipients.iter().try_for_each(|recipient| context.mail_to(transaction, recipient, None, notice).map_err(Error::from))
}

/// Has the dates of an exit looked at.
fn look_again(transaction: &mut Transaction<'_>, context: &mut Context<'_>, kept: &ContractExit) -> Result<(), Error> {
    let id = context.job();
    let now = context.now;
    let job = NewJob { id: &id, kind: JobKind::AdvanceExit, target: kept.id.as_str(), contract: Some(&kept.contract), run_at: now };
    Ok(transaction.enqueue_or_reschedule(&job, now)?)
}

/// Until when an archive of the whole contract must stay for its exit; `None` without one.
pub(super) fn archives_stay_until(transaction: &mut Transaction<'_>, contract: &str) -> Result<Option<Moment>, Error> {
    match transaction.open_exit_of(contract)? {
        Some(kept) => Ok(read(&kept)?.exit.archives_stay_until()?),
        None => Ok(None),
    }
}

/// The erasure of the whole contract is completed, with a certificate: that ends the exit which waits for it.
pub(super) fn erased(
    transaction: &mut Transaction<'_>,
    context: &mut Context<'_>,
    key: &SigningKey,
    request: &Request,
) -> Result<(), Error> {
    let Some(kept) = transaction.open_exit_of(&request.contract)? else { return Ok(()) };
    let Some(mut kept) = transaction.exit_to_change(&kept.id)? else { return Ok(()) };
    let mut record = read(&kept)?;
    if record.exit.state() != State::ErasureDue {
        return Ok(());
    }
    record.erasure = Some(request.id.clone());
    record.run = request.run.clone();
    transaction.withdraw(JobKind::AdvanceExit, kept.id.as_str())?;
    // Nobody of the contract is left to be told but whoever asked, who gets the certificate.
    make(transaction, context, &mut kept, &mut record, key, &Act::ConfirmErasure, None, &[])
}

/// Who decided that the contract is erased in the end, the last of them last.
pub(super) fn decided_by(transaction: &mut Transaction<'_>, id: &ExitId) -> Result<Vec<PrincipalId>, Error> {
    let events = transaction.exit_events_of(id)?;
    let declared = events.iter().filter_map(|event| {
        let declaration: Declaration = serde_json::from_str(&event.declaration).ok()?;
        let declared = exit::Move::ALL.iter().copied().find(|known| known.as_str() == event.event)?;
        Some((declared, event.actor.as_ref()?, declaration.role.unwrap_or(Role::Holder)))
    });
    Ok(exit::decided_by(declared.collect::<Vec<_>>()))
}

pub(super) fn read(kept: &ContractExit) -> Result<Record, Error> {
    serde_json::from_str(&kept.document).map_err(Error::Record)
}

fn written(record: &Record) -> Result<String, Error> {
    serde_json::to_string(record).map_err(Error::Record)
}
