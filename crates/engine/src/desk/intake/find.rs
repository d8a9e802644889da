//! Whom something that came in is about.

use std::collections::BTreeSet;

use exeunt_model::authorization::NO_CONTRACT;
use exeunt_model::directory::{SeatEntry, key_of_text, key_text};
use exeunt_model::intake::opendsr::Identity;
use exeunt_model::names::SubjectKind;

use crate::directory::{Directory, Error, Page};

/// How far a sender reaches.
#[derive(Debug, Clone, Copy)]
pub enum Reach<'a> {
    /// Persons of any contract and of none: agents whom persons have authorized, and the platform's own privacy tool.
    Everybody,
    /// A customer's privacy tool: the seats of these contracts. Of nobody else is it told whether the platform knows them.
    Contracts(&'a BTreeSet<String>),
}

/// Somebody, as the platform knows them.
#[derive(Debug, Clone)]
pub enum About {
    Seat(SeatEntry),
    /// Somebody who holds no seat that can be found. The key is how they were named.
    Person {
        contract: String,
        kind: SubjectKind,
        key: Vec<String>,
    },
}

/// Seats of a page; the directory is asked in pages so that no contract is too large.
const SEATS_AT_ONCE: u32 = 1_000;

/// The seats of whoever has these identities. Without any, somebody whom the platform knows otherwise, or whom people must look for.
/// None at all: the platform doesn't know them.
///
/// # Errors
/// The directory's.
pub fn find(directory: &Directory, identities: &[Identity], reach: Reach<'_>) -> Result<Vec<About>, Error> {
    let supported: Vec<&Identity> = identities.iter().filter(|identity| identity.is_supported()).collect();
    let mut seats: Vec<SeatEntry> = Vec::new();
    for identity in &supported {
        seats.extend(seats_of(directory, identity, reach)?);
    }
    let mut seen = BTreeSet::new();
    seats.retain(|seat| reach.covers(&key_text(&seat.contract)) && seen.insert((seat.contract.clone(), seat.key.clone())));
    if !seats.is_empty() {
        return Ok(seats.into_iter().map(About::Seat).collect());
    }
    let person = SubjectKind::new("person");
    match reach {
        Reach::Everybody => {
            let emails: Vec<_> = supported.iter().filter_map(|identity| identity.email()).collect();
            for email in &emails {
                if let Some(kind) = directory.known_as(email)? {
                    return Ok(vec![About::Person { contract: NO_CONTRACT.to_owned(), kind, key: vec![email.as_str().to_owned()] }]);
                }
            }
            // A hash cannot be looked for: people must.
            let is_hash = |identity: &&&Identity| identity.email().is_none() && identity.customer_id().is_none();
            let hash = supported.iter().find(is_hash).filter(|_| emails.is_empty());
            Ok(hash.map(|_| About::Person { contract: NO_CONTRACT.to_owned(), kind: person, key: Vec::new() }).into_iter().collect())
        }
        // Whether somebody is among the customer's own leads is for people to find out.
        Reach::Contracts(contracts) => {
            let key: Vec<String> = supported.iter().filter_map(|identity| identity.email()).map(String::from).take(1).collect();
            let of = |contract: &String| About::Person { contract: contract.clone(), kind: person.clone(), key: key.clone() };
            Ok(contracts.iter().map(of).collect())
        }
    }
}

fn seats_of(directory: &Directory, identity: &Identity, reach: Reach<'_>) -> Result<Vec<SeatEntry>, Error> {
    if let Some(email) = identity.email() {
        return directory.seats_by_email(&email);
    }
    let (contract_columns, seat_columns) = directory.key_columns();
    if let Some(key) = identity.customer_id() {
        let Some(key) = key_of_text(key, seat_columns) else { return Ok(Vec::new()) };
        return Ok(directory.seat(&key)?.into_iter().collect());
    }
    let Reach::Contracts(contracts) = reach else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for contract in contracts.iter().filter_map(|contract| key_of_text(contract, contract_columns)) {
        let mut after = None;
        loop {
            let page = directory.seats_of(&contract, Page { after: after.as_ref(), limit: SEATS_AT_ONCE, text: None })?;
            let Some(last) = page.last() else { break };
            after = Some(last.key.clone());
            found.extend(page.into_iter().filter(|seat| seat.email.as_ref().is_some_and(|email| identity.is_email(email))));
        }
    }
    Ok(found)
}

impl Reach<'_> {
    fn covers(self, contract: &str) -> bool {
        match self {
            Self::Everybody => true,
            Self::Contracts(contracts) => contracts.contains(contract),
        }
    }
}
