//! What an address is in which contract: by the platform, by pushed groups, and unless an identity provider has closed it.

use std::collections::BTreeMap;

use exeunt_model::authorization::Grant;
use exeunt_model::directory::{Key, SeatRole, key_of_text, key_text};
use exeunt_model::identity::{EmailAddress, Role};
use exeunt_store::Store;
use exeunt_store::desk::Account;

use super::context::Settings;
use super::error::Error;
use crate::directory::Directory;

/// The grants of an address: those of its active seats in active contracts, and of its groups.
///
/// Of two statements the narrower one holds. In a contract whose identity provider has closed the address there is no grant, though the platform
/// still has the seat active; a pushed group gives a role in the contract that pushed it alone.
///
/// # Errors
/// [`Error::Directory`] when the platform's database is away.
pub fn grants(store: &Store, directory: &Directory, settings: &Settings, email: &EmailAddress) -> Result<Vec<Grant>, Error> {
    let (closed, groups) = store.look("look up what was pushed", |transaction| {
        let groups = match settings.group_roles.is_empty() {
            true => Default::default(),
            false => transaction.groups_of_address(email)?,
        };
        Ok::<_, exeunt_store::Error>((transaction.closed_contracts(email)?, groups))
    })?;
    let mut known = BTreeMap::new();
    // Somebody may have many seats in a contract, and groups besides: the platform is asked once for each contract.
    let mut is_active = |contract: &Key| -> Result<bool, Error> {
        if let Some(is_active) = known.get(contract) {
            return Ok(*is_active);
        }
        let is_active = directory.contract(contract)?.is_some_and(|contract| contract.active);
        known.insert(contract.clone(), is_active);
        Ok(is_active)
    };
    let mut grants = Vec::new();
    for seat in directory.seats_by_email(email)?.into_iter().filter(|seat| seat.active) {
        let contract = key_text(&seat.contract);
        if closed.contains(&contract) || !is_active(&seat.contract)? {
            continue;
        }
        grants.extend(administering(seat.role, &contract));
        grants.push(Grant::Holder { contract, seat: key_text(&seat.key) });
    }
    for (contract, group) in groups {
        let Some(role) = settings.group_roles.role_of(&group) else { continue };
        let Some(key) = key_of_text(&contract, directory.key_columns().0) else { continue };
        if closed.contains(&contract) || !is_active(&key)? {
            continue;
        }
        let grant = administering(role, &contract).filter(|grant| !grants.contains(grant));
        grants.extend(grant);
    }
    Ok(grants)
}

/// The grant of an account of the desk: of those who run the platform. Others have theirs by the directory alone.
///
/// # Errors
/// The store's.
pub fn grant_of_account(store: &Store, account: &Account) -> Result<Option<Grant>, Error> {
    Ok(match account.role {
        Some(Role::Operator) => Some(Grant::Operator),
        Some(Role::Auditor) => Some(Grant::Auditor),
        Some(Role::Representative) => {
            let contracts = store.look("read a representative's contracts", |transaction| transaction.contracts_of(&account.id))?;
            Some(Grant::Representative { contracts })
        }
        Some(Role::Admin | Role::SubAdmin | Role::Holder | Role::Agent) | None => None,
    })
}

fn administering(role: SeatRole, contract: &str) -> Option<Grant> {
    let contract = contract.to_owned();
    match role {
        SeatRole::Admin => Some(Grant::Admin { contract }),
        SeatRole::SubAdmin => Some(Grant::SubAdmin { contract }),
        SeatRole::Holder => None,
    }
}
