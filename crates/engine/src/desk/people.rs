//! The people of the platform, as the workflow asks for them.

use std::collections::BTreeSet;

use exeunt_model::directory::{LastAdmin, SeatEntry, SeatRole, key_of_text, last_admin};
use exeunt_model::identity::{EmailAddress, Language, PrincipalId, Role};
use exeunt_model::names::CategoryName;
use exeunt_model::request::Scope;
use exeunt_model::scim::resource;
use exeunt_store::desk::Request;
use exeunt_store::{Store, Transaction};

use super::context::Settings;
use super::error::Error;
use crate::directory::{Directory, Page};

/// Somebody who can be written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    pub email: EmailAddress,
    pub language: Option<Language>,
}

impl Contact {
    /// Where the holder of a seat can be written to.
    pub fn of(seat: &SeatEntry) -> Option<Self> {
        seat.email.clone().map(|email| Self { email, language: seat.language })
    }
}

/// Those who may decide for a contract: its admins by the platform, but for those whom an identity provider has closed, and by pushed groups.
pub(super) fn approvers(store: &Store, settings: &Settings, directory: &Directory, contract: &str) -> Result<Vec<Contact>, Error> {
    let (closed, grouped) = store.look("look for admins", |transaction| {
        let grouped = match settings.group_roles.is_empty() {
            true => Vec::new(),
            false => transaction.grouped_addresses(contract)?,
        };
        Ok::<_, exeunt_store::Error>((transaction.closed_addresses(contract)?, grouped))
    })?;
    let seats = admins(directory, contract)?;
    let mut found: Vec<Contact> = seats.iter().filter(|seat| seat.is_active_admin()).filter_map(Contact::of).collect();
    for (group, email, document) in grouped {
        if settings.group_roles.role_of(&group) == Some(SeatRole::Admin) && found.iter().all(|contact| contact.email != email) {
            let language = serde_json::from_str(&document).ok().as_ref().and_then(resource::language);
            found.push(Contact { email, language });
        }
    }
    found.retain(|contact| !closed.contains(&contact.email));
    Ok(found)
}

/// The accounts of those who run the platform.
pub(super) fn operators(transaction: &mut Transaction<'_>) -> Result<Vec<PrincipalId>, exeunt_store::Error> {
    let accounts = transaction.accounts()?.into_iter();
    Ok(accounts.filter(|account| account.role == Some(Role::Operator) && account.closed.is_none()).map(|account| account.id).collect())
}

/// Who acts for the platform in a contract: its representatives, or where it has none, the operators.
pub(super) fn provider(transaction: &mut Transaction<'_>, contract: &str) -> Result<Vec<PrincipalId>, exeunt_store::Error> {
    let representatives = transaction.representatives_of(contract)?;
    match representatives.is_empty() {
        true => operators(transaction),
        false => Ok(representatives.into_iter().map(|account| account.id).collect()),
    }
}

/// Whether the contract would be left without an admin when this seat is erased. Whom an identity provider has closed is none who stays.
///
/// Admins by pushed groups don't count: the platform itself would be without one.
pub(super) fn leaves_no_admin(store: &Store, directory: &Directory, contract: &str, seat: &[String]) -> Result<bool, Error> {
    let mut admins = admins(directory, contract)?;
    let closed: BTreeSet<EmailAddress> = store.look("look for closed addresses", |transaction| transaction.closed_addresses(contract))?;
    admins.retain(|admin| admin.key == seat || admin.email.as_ref().is_none_or(|email| !closed.contains(email)));
    Ok(last_admin(&admins, &[seat.to_vec()]) == LastAdmin::Leaves)
}

/// Whether an erasure of these categories would leave nobody who can sign in for a contract that stays: its last admin, or every seat of it.
pub(super) fn locks_out(
    store: &Store,
    directory: &Directory,
    scope: Scope,
    contract: &str,
    subject: &[String],
    categories: Option<&[CategoryName]>,
) -> Result<bool, Error> {
    let (contract_goes, seats_go) = directory.own_rows_among(categories);
    match scope {
        Scope::Seat => Ok(seats_go && leaves_no_admin(store, directory, contract, subject)?),
        Scope::Contract => Ok(seats_go && !contract_goes),
    }
}

/// Whether whoever is to take something over uses their seat; where nothing is handed over, nobody need.
pub(super) fn successor_is_there(directory: &Directory, request: &Request) -> Result<bool, Error> {
    match request.personal.as_ref().and_then(|personal| personal.successor.as_ref()) {
        Some(successor) => Ok(directory.seat(successor)?.is_some_and(|seat| seat.active)),
        None => Ok(true),
    }
}

/// The seats of those who administer a contract, active or not.
pub(super) fn admins(directory: &Directory, contract: &str) -> Result<Vec<SeatEntry>, Error> {
    match key_of_text(contract, directory.key_columns().0) {
        Some(key) => Ok(directory.admins(&key)?),
        None => Ok(Vec::new()),
    }
}

/// Seats of a page; the directory is asked in pages so that no contract is too large.
const SEATS_AT_ONCE: u32 = 1_000;

/// The addresses of all seats of a contract.
pub(super) fn addresses_of(directory: &Directory, contract: &str) -> Result<Vec<EmailAddress>, Error> {
    let mut found: Vec<EmailAddress> = seats_of(directory, contract)?.into_iter().filter_map(|seat| seat.email).collect();
    found.sort();
    found.dedup();
    Ok(found)
}

/// Those who hold a seat of a contract now, each once.
pub(super) fn holders_of(directory: &Directory, contract: &str) -> Result<Vec<Contact>, Error> {
    let active = seats_of(directory, contract)?.into_iter().filter(|seat| seat.active);
    let mut found: Vec<Contact> = active.filter_map(|seat| Contact::of(&seat)).collect();
    found.sort_by(|a, b| a.email.cmp(&b.email));
    found.dedup_by(|a, b| a.email == b.email);
    Ok(found)
}

fn seats_of(directory: &Directory, contract: &str) -> Result<Vec<SeatEntry>, Error> {
    let Some(contract) = key_of_text(contract, directory.key_columns().0) else { return Ok(Vec::new()) };
    let mut found: Vec<SeatEntry> = Vec::new();
    loop {
        let after = found.last().map(|seat| seat.key.clone());
        let page = directory.seats_of(&contract, Page { after: after.as_ref(), limit: SEATS_AT_ONCE, text: None })?;
        if page.is_empty() {
            return Ok(found);
        }
        found.extend(page);
    }
}
