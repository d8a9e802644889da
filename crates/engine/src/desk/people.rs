//! The people of the platform, as the workflow asks for them.

use exeunt_model::directory::{LastAdmin, SeatEntry, key_of_text, last_admin};
use exeunt_model::identity::{EmailAddress, Language, PrincipalId, Role};
use exeunt_model::names::CategoryName;
use exeunt_model::request::Scope;
use exeunt_store::Transaction;

use crate::directory::{Directory, Error, Page};

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

/// Those who may decide for a contract.
pub(super) fn approvers(directory: &Directory, contract: &str) -> Result<Vec<Contact>, Error> {
    Ok(admins(directory, contract)?.iter().filter(|seat| seat.is_active_admin()).filter_map(Contact::of).collect())
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

/// Whether the contract would be left without an admin when this seat is erased.
fn leaves_no_admin(directory: &Directory, contract: &str, seat: &[String]) -> Result<bool, Error> {
    Ok(last_admin(&admins(directory, contract)?, &[seat.to_vec()]) == LastAdmin::Leaves)
}

/// Whether an erasure of these categories would leave nobody who can sign in for a contract that stays: its last admin, or every seat of it.
pub(super) fn locks_out(
    directory: &Directory,
    scope: Scope,
    contract: &str,
    subject: &[String],
    categories: Option<&[CategoryName]>,
) -> Result<bool, Error> {
    let (contract_goes, seats_go) = directory.own_rows_among(categories);
    match scope {
        Scope::Seat => Ok(seats_go && leaves_no_admin(directory, contract, subject)?),
        Scope::Contract => Ok(seats_go && !contract_goes),
    }
}

fn admins(directory: &Directory, contract: &str) -> Result<Vec<SeatEntry>, Error> {
    match key_of_text(contract, directory.key_columns().0) {
        Some(key) => directory.admins(&key),
        None => Ok(Vec::new()),
    }
}

/// Seats of a page; the directory is asked in pages so that no contract is too large.
const SEATS_AT_ONCE: u32 = 1_000;

/// The addresses of all seats of a contract.
pub(super) fn addresses_of(directory: &Directory, contract: &str) -> Result<Vec<EmailAddress>, Error> {
    let Some(contract) = key_of_text(contract, directory.key_columns().0) else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let page = directory.seats_of(&contract, Page { after: after.as_ref(), limit: SEATS_AT_ONCE, text: None })?;
        let Some(last) = page.last() else { break };
        after = Some(last.key.clone());
        found.extend(page.into_iter().filter_map(|seat| seat.email));
    }
    found.sort();
    found.dedup();
    Ok(found)
}
