//! Closing an address and opening it again.

use std::collections::BTreeMap;

use exeunt_model::closure::{Outcome, Proposal, Reopening, reopening};
use exeunt_model::digest::Digest;
use exeunt_model::directory::{SeatEntry, key_text};
use exeunt_model::identity::{DirectoryUserId, EmailAddress};
use exeunt_model::moment::Moment;
use exeunt_model::request::conflict::Conflict;
use exeunt_model::request::{Channel, Kind, Scope};
use exeunt_model::tombstone::{address_hash, subject_hash};
use exeunt_store::desk::{Closure, Event, Personal};
use exeunt_store::{Store, Transaction};

use super::super::cancel::withdraw_jobs;
use super::super::change::cancelling;
use super::super::context::{Context, Settings};
use super::super::notice::{By, Notice, NoticeMail};
use super::super::people::{Contact, approvers, leaves_no_admin};
use super::super::rights::grants;
use super::super::submit::{Submission, deciders, submit_decided};
use super::users::Moved;
use super::{Error, Push};
use crate::directory::Directory;

/// What the platform knows of the addresses that a push touches, and of those who decide.
pub(super) struct Facts {
    pub addresses: BTreeMap<EmailAddress, Address>,
    pub admins: Vec<Contact>,
}

/// What the platform knows of an address.
pub(super) struct Address {
    /// Its seats in the contract of the push, whatever their state.
    seats: Vec<Seat>,
    /// Whether its holder is somebody in another contract too.
    is_known_elsewhere: bool,
    /// By which an erased seat with the address is remembered.
    pub hash: Digest,
    /// When one of these very seats was erased.
    pub erased: Option<Moment>,
}

struct Seat {
    entry: SeatEntry,
    subject: Digest,
    is_last_admin: bool,
}

impl Facts {
    pub(super) fn gather(store: &Store, settings: &Settings, directory: &Directory, push: &Push, moved: &Moved) -> Result<Self, Error> {
        let mut addresses = BTreeMap::new();
        for email in moved.addresses() {
            // An active user's address is looked up when it is new: somebody may have come back.
            if moved.is_active() && moved.new_address() != Some(&email) {
                continue;
            }
            let address = Address::gather(store, settings, directory, push, &email)?;
            addresses.insert(email, address);
        }
        Ok(Self { addresses, admins: approvers(store, settings, directory, &push.contract)? })
    }
}

impl Address {
    fn gather(store: &Store, settings: &Settings, directory: &Directory, push: &Push, email: &EmailAddress) -> Result<Self, Error> {
        let secret = store.hash_secret();
        let mut seats = Vec::new();
        let mut erased = None;
        for entry in directory.seats_by_email(email)?.into_iter().filter(|entry| key_text(&entry.contract) == push.contract) {
            let subject = subject_hash(&secret, &push.seat, &entry.key);
            let is_last_admin = leaves_no_admin(store, directory, &push.contract, &entry.key)?;
            erased = store.tombstones_of(&push.seat, &subject)?.last().map(|tombstone| tombstone.erased).max(erased);
            seats.push(Seat { entry, subject, is_last_admin });
        }
        let elsewhere = |grant: &exeunt_model::authorization::Grant| grant.contract() != Some(push.contract.as_str());
        let is_known_elsewhere = grants(store, directory, settings, email)?.iter().any(elsewhere);
        Ok(Self { seats, is_known_elsewhere, hash: address_hash(&secret, &push.contract, email), erased })
    }
}

/// Closes and opens what a change of a user closes and opens.
///
/// An address is open as long as an active user has it. That a user has another address now closes and opens nothing by itself: only `active` and
/// a deletion say something about a seat.
pub(super) fn follow(
    transaction: &mut Transaction<'_>,
    context: &mut Context<'_>,
    push: &Push,
    user: &DirectoryUserId,
    moved: &Moved,
    facts: &Facts,
) -> Result<(), Error> {
    if moved.is_active() {
        let mut closed = transaction.closures_of_user(&push.contract, user)?;
        if let Some(email) = moved.after.as_ref().and_then(|after| after.email.as_ref())
            && let Some(closure) = transaction.closure(&push.contract, email)?
            && !closed.contains(&closure)
        {
            closed.push(closure);
        }
        return closed.into_iter().try_for_each(|closure| open(transaction, context, push, &closure, facts));
    }
    for (email, address) in &facts.addresses {
        if !transaction.has_active_directory_user(&push.contract, email)? {
            close(transaction, context, push, user, moved.after.is_none(), email, address)?;
        }
    }
    Ok(())
}

fn close(
    transaction: &mut Transaction<'_>,
    context: &mut Context<'_>,
    push: &Push,
    user: &DirectoryUserId,
    deleted: bool,
    email: &EmailAddress,
    address: &Address,
) -> Result<(), Error> {
    let known = transaction.closure(&push.contract, email)?;
    let mut proposals = known.as_ref().map(|known| known.proposals.clone()).unwrap_or_default();
    for seat in &address.seats {
        let place = proposals.iter().position(|proposal| proposal.subject == seat.subject);
        match place {
            Some(place) if !proposals[place].outcome.is_to_be_tried_again() => {}
            Some(place) => proposals[place] = propose(transaction, context, push, seat)?,
            None => proposals.push(propose(transaction, context, push, seat)?),
        }
    }
    if deleted && address.seats.is_empty() && proposals.is_empty() {
        // Nothing here is theirs to be closed, and so nothing of theirs is kept.
        transaction.delete_closure(&push.contract, email)?;
    } else {
        let closed = known.map_or(context.now, |known| known.closed);
        let (contract, email, user) = (push.contract.clone(), email.clone(), user.clone());
        transaction.put_closure(&Closure { contract, email, user, closed, proposals })?;
    }
    end_access(transaction, context, push, email, address)
}

/// Sessions and tokens end with the address. Whoever is somebody elsewhere keeps what is theirs there: a push reaches into no other contract.
fn end_access(
    transaction: &mut Transaction<'_>,
    context: &Context<'_>,
    push: &Push,
    email: &EmailAddress,
    address: &Address,
) -> Result<(), Error> {
    let Some(account) = transaction.principal_of(email)?.filter(|account| account.role.is_none()) else { return Ok(()) };
    if address.is_known_elsewhere {
        return Ok(transaction.revoke_tokens_of(&account.id, Some(&push.contract), context.now)?);
    }
    transaction.end_sessions_of(&account.id)?;
    Ok(transaction.revoke_tokens_of(&account.id, None, context.now)?)
}

/// Proposes the erasure of a seat, or says why not.
fn propose(transaction: &mut Transaction<'_>, context: &mut Context<'_>, push: &Push, seat: &Seat) -> Result<Proposal, Error> {
    let became = |outcome, request| Ok(Proposal { subject: seat.subject.clone(), outcome, request });
    if seat.is_last_admin {
        return became(Outcome::LastAdmin, None);
    }
    let label = seat.entry.label();
    let submission = Submission {
        kind: Kind::Erasure,
        scope: Scope::Seat,
        channel: Channel::Scim,
        contract: push.contract.clone(),
        subject_kind: push.seat.clone(),
        subject: seat.subject.clone(),
        personal: Personal { key: seat.entry.key.clone(), label, successor: None, addresses: Vec::new() },
        own_seat: false,
        private: false,
        regime: None,
        categories: None,
        choices: Vec::new(),
        confirmation: None,
        linked: None,
        matter: None,
        message: None,
        idempotency: None,
    };
    match submit_decided(transaction, context, &[], &push.actor, &submission, 1) {
        Ok(made) => became(Outcome::Proposed, Some(made.request().id.clone())),
        Err(super::super::Error::Conflict(Conflict::Covered { by })) => became(Outcome::Covered, Some(by)),
        Err(super::super::Error::Conflict(Conflict::Duplicate { of: by } | Conflict::Erasing { by })) => {
            became(Outcome::AskedBefore, Some(by))
        }
        Err(error) => Err(error.into()),
    }
}

/// What history says of a proposal that is withdrawn.
const REOPENED: &str = "the identity provider has opened the seat again";

fn open(transaction: &mut Transaction<'_>, context: &mut Context<'_>, push: &Push, closure: &Closure, facts: &Facts) -> Result<(), Error> {
    for proposal in closure.proposals.iter().filter(|proposal| proposal.outcome == Outcome::Proposed) {
        let Some(id) = &proposal.request else { continue };
        let Some(mut request) = transaction.request_to_change(id)? else { continue };
        let mut told = deciders(transaction, context, &push.contract, &facts.admins)?;
        let notice = match reopening(request.channel, request.state) {
            Reopening::Nothing => continue,
            Reopening::Withdraws => {
                let attempted = cancelling(request.state);
                context.make(transaction, &mut request, attempted, Some(&push.actor.principal), Some(REOPENED))?;
                withdraw_jobs(transaction, &request, context.now)?;
                // Who was never asked is not told that it is over.
                if request.plan.is_none() {
                    told.clear();
                }
                Notice::Cancelled { request: NoticeMail::of(&request), by: Some(By::IdentityProvider) }
            }
            Reopening::Tells => {
                let state = request.state.as_str().to_owned();
                let event = Event {
                    number: 0,
                    at: context.now,
                    actor: Some(push.actor.principal.clone()),
                    event: "reopen".to_owned(),
                    from: Some(state.clone()),
                    to: state,
                    note: Some(REOPENED.to_owned()),
                };
                transaction.add_event(&request.id, &event)?;
                Notice::Reopened { request: NoticeMail::of(&request), starts: request.scheduled }
            }
        };
        told.push(request.requester.clone());
        told.sort();
        told.dedup();
        for principal in told {
            context.mail_to(transaction, &principal, Some(&request.id), &notice)?;
        }
    }
    Ok(transaction.delete_closure(&closure.contract, &closure.email)?)
}
