//! Customers, contracts, and what belongs to a contract as a whole.

use super::Maker;
use crate::error::Error;
use crate::schema::T;
use crate::sink::{Hundredths, Json, NULL, row};
use crate::world::{Contract, DAY, HOUR, Part, names};

pub fn customers(maker: &mut Maker<'_>) -> Result<(), Error> {
    for customer in 1..=maker.layout.customers() {
        // Every customer has a contract.
        let name = maker.layout.contracts.iter().find(|contract| contract.customer == customer).map_or("", |contract| &contract.name);
        let name = name.split(',').next().unwrap_or(name);
        let region = if customer % 2 == 0 { "eu" } else { "us" };
        maker.insert(T::Customer, row![customer, name, region, &format!("key-{customer:04}")])?;
    }
    Ok(())
}

pub fn contract(maker: &mut Maker<'_>, contract: &Contract) -> Result<(), Error> {
    let layout = maker.layout;
    let mut random = maker.random(Part::Contract, contract.id);
    let admin = layout.seat_of(contract, 0).holder();
    let (channel, state) = match (contract.tier.has_seat_management(), contract.ended) {
        (_, true) => ("representative", "ended"),
        (true, false) => ("representative", "active"),
        (false, false) => ("online", "active"),
    };
    let disclosure = (contract.id % 2 == 1).then_some("Sent with Navigator on behalf of our sales team.");
    let sftp_password = (contract.id == 1).then(|| random.token(32));
    maker.insert(
        T::Contract,
        row![
            contract.id,
            contract.customer,
            &format!("urn:navigator:contract:{}", 123_000 + contract.id),
            &contract.name,
            contract.ended.then_some("Read and export only."),
            contract.tier.code(),
            channel,
            state,
            contract.starts_on,
            contract.ends_on,
            contract.seats + contract.seats / 20,
            admin,
            "documented",
            disclosure,
            &format!("billing@{}", contract.domain),
            sftp_password.as_ref(),
        ],
    )?;
    settings(maker, contract)?;
    for ((name, description), number) in names::PRODUCT.iter().zip(1..).take(1 + (contract.id % 4) as usize) {
        maker.insert(T::ProductService, row![product_id(contract, number), contract.id, *name, *description])?;
    }
    invoices(maker, contract)?;
    suppressions(maker, contract)?;
    if contract.tier.has_seat_management() {
        groups(maker, contract)?;
    }
    Ok(())
}

/// Products are numbered per contract; every contract has a first one.
pub fn product_id(contract: &Contract, number: i64) -> i64 {
    contract.id * 10 + number
}

fn settings(maker: &mut Maker<'_>, contract: &Contract) -> Result<(), Error> {
    let at = contract.starts_on.at(9 * HOUR);
    let managed = contract.tier.has_seat_management();
    let writeback = contract.crm.is_some();
    let values = [
        ("crm_writeback", if writeback { r#"{"enabled": true, "kinds": ["inmail", "note"]}"# } else { r#"{"enabled": false}"# }),
        ("gai_features", r#"{"enabled": true}"#),
        ("messaging", r#"{"enabled": true}"#),
        ("seat_transfer", if managed { r#"{"enabled": true}"# } else { r#"{"enabled": false}"# }),
        ("smart_links", r#"{"enabled": true}"#),
    ];
    for (key, value) in values {
        maker.insert(T::ContractSetting, row![contract.id, key, Json(value), at])?;
    }
    Ok(())
}

fn invoices(maker: &mut Maker<'_>, contract: &Contract) -> Result<(), Error> {
    let mut day = contract.starts_on;
    let last = contract.last_day(maker.layout.options.today);
    let mut number = 1;
    while day < last {
        let id = maker.id(T::Invoice);
        let paid = crate::world::Day(day.0 + 14);
        maker.insert(
            T::Invoice,
            row![
                id,
                contract.id,
                &format!("N-{:05}-{number:02}", contract.id),
                day,
                Hundredths(contract.seats * 24_900),
                "EUR",
                &contract.name,
                &format!("Accounts payable, 1 Harbour Street, {}", contract.domain),
                (paid < last).then_some(paid),
            ],
        )?;
        day = crate::world::Day(day.0 + 91);
        number += 1;
    }
    Ok(())
}

/// Whoever declined stays known as a hash.
fn suppressions(maker: &mut Maker<'_>, contract: &Contract) -> Result<(), Error> {
    let mut random = maker.random(Part::Contract, -1000 - contract.id);
    for _ in 0..1 + contract.seats / 4 {
        let id = maker.id(T::Suppression);
        let at = contract.starts_on.at(random.below(600 * DAY));
        maker.insert(T::Suppression, row![id, contract.id, &random.hex(64), "contract", "declined", at])?;
    }
    let id = maker.id(T::Suppression);
    maker.insert(T::Suppression, row![id, NULL, &random.hex(64), "all", "optout", contract.starts_on.at(HOUR)])
}

/// One group of all, and groups inside it.
fn groups(maker: &mut Maker<'_>, contract: &Contract) -> Result<(), Error> {
    let top = group_id(contract, 0);
    maker.insert(T::UserGroup, row![top, contract.id, NULL, "Everybody"])?;
    for (name, number) in names::GROUP.iter().zip(1..) {
        // Regions lie in the top group, the rest in regions.
        let parent = if number <= 3 { top } else { group_id(contract, 1 + number % 3) };
        maker.insert(T::UserGroup, row![group_id(contract, number), contract.id, parent, *name])?;
    }
    Ok(())
}

/// Groups are numbered per contract, 0 to 8.
pub fn group_id(contract: &Contract, number: i64) -> i64 {
    contract.id * 10 + number
}
