//! What the CRM sync brought, what it matched, and what was written back.

use super::messages::Messages;
use super::notes::Notes;
use super::{Desk, Maker};
use crate::error::Error;
use crate::files::Csv;
use crate::schema::T;
use crate::sink::{Hundredths, Json, NULL, row};
use crate::world::{Contract, Crm, DAY, HOUR, Part, Random};

/// Makes a contract's instances, users and records; gives the production instance.
pub fn contract(maker: &mut Maker<'_>, contract: &Contract) -> Result<Option<i64>, Error> {
    let Some(crm) = contract.crm else {
        return Ok(None);
    };
    let production = instance_id(contract);
    instance(maker, contract, crm, production, "prod")?;
    if contract.id == 1 {
        instance(maker, contract, crm, sandbox_id(contract), "sandbox")?;
        let fields = Json(r#"{"Name": "Test account", "Owner": "integration"}"#);
        let at = contract.starts_on.at(2 * HOUR);
        maker.insert(T::CrmRecord, row![sandbox_id(contract), "account", "0010000TEST", NULL, fields, "0000", at, NULL])?;
    }
    let layout = maker.layout;
    for seat in layout.seats_of(contract) {
        let mut random = maker.random(Part::Crm, seat.index);
        maker
            .insert(T::CrmUser, row![production, &user_external_id(seat.id), &seat.email, seat.id, seat.is_used() && random.chance(60)])?;
    }
    // Users of the CRM who have no seat.
    for number in 0..1 + contract.seats / 10 {
        let email = format!("crm-user-{number}@{}", contract.domain);
        maker.insert(T::CrmUser, row![production, &format!("005X{number:06}"), &email, NULL, false])?;
    }
    records(maker, contract, production)?;
    extras(maker, contract, production)?;
    Ok(Some(production))
}

/// Instances are numbered per contract: production is even, a sandbox follows.
pub fn instance_id(contract: &Contract) -> i64 {
    contract.id * 2
}

fn sandbox_id(contract: &Contract) -> i64 {
    contract.id * 2 + 1
}

pub fn user_external_id(seat: i64) -> String {
    format!("0055g{seat:08}")
}

fn instance(maker: &mut Maker<'_>, contract: &Contract, crm: Crm, id: i64, environment: &str) -> Result<(), Error> {
    let mut random = maker.random(Part::Crm, -1 - id);
    let today = maker.layout.options.today;
    let (state, purge_after) = if contract.ended { ("disconnected", Some(contract.ends_on.minus(-30))) } else { ("connected", None) };
    let urn = format!("urn:navigator:crmInstance:({},{})", crm.code().to_uppercase(), random.hex(12));
    let tokens = (!contract.ended).then(|| (random.token(64), random.token(48)));
    let connected_by = maker.layout.seat_id(contract, 0);
    maker.insert(
        T::CrmInstance,
        row![
            id,
            contract.id,
            crm.code(),
            &urn,
            environment,
            state,
            environment == "sandbox",
            connected_by,
            tokens.as_ref().map(|(access, _)| access),
            tokens.as_ref().map(|(_, refresh)| refresh),
            contract.starts_on.at(10 * HOUR),
            contract.last_day(today).at(2 * HOUR),
            purge_after,
        ],
    )
}

fn records(maker: &mut Maker<'_>, contract: &Contract, instance: i64) -> Result<(), Error> {
    let mut random = maker.random(Part::Crm, -1_000_000 - contract.id);
    let layout = maker.layout;
    let (first, persons) = layout.persons_of(contract);
    let per_seat = (55 * i64::from(layout.options.density_percent.min(100)) / 100).max(2);
    let count = (contract.seats * per_seat).min(persons);
    let synced = contract.last_day(layout.options.today).at(2 * HOUR);
    for number in 0..count {
        let owner = layout.seat_id(contract, random.below(contract.seats));
        let person = layout.register.person(first + number);
        let (kind, fields, target) = match number % 10 {
            0..=5 => ("contact", person_fields(maker, &person), Some(("person", person.id))),
            6 => ("lead", person_fields(maker, &person), Some(("person", person.id))),
            7..=8 => {
                let company = layout.register.company(1 + random.below(layout.register.companies));
                let fields = serde_json::json!({ "Name": company.name, "Website": company.domain, "City": company.headquarters });
                ("account", fields.to_string(), Some(("company", company.id)))
            }
            _ => {
                let fields =
                    serde_json::json!({ "Name": format!("Deal {number}"), "Stage": "Proposal", "Amount": random.between(1000, 90_000) });
                ("opportunity", fields.to_string(), None)
            }
        };
        let external = record_external_id(contract, number);
        let gone = random.chance(2).then(|| synced.plus(-DAY));
        let fingerprint = random.hex(16);
        maker.insert(T::CrmRecord, row![instance, kind, &external, &user_external_id(owner), Json(&fields), &fingerprint, synced, gone])?;
        if let Some((target_kind, target)) = target {
            match_of(maker, instance, (kind, &external), (target_kind, target), owner, &mut random)?;
        }
    }
    Ok(())
}

fn match_of(
    maker: &mut Maker<'_>,
    instance: i64,
    (kind, external): (&str, &str),
    (target_kind, target): (&str, i64),
    owner: i64,
    random: &mut Random,
) -> Result<(), Error> {
    let score = random.between(50, 100);
    let state = if score > 80 { "confirmed" } else { "usable" };
    let corrected_by = random.chance(4).then_some(owner);
    let at = maker.layout.options.today.minus(random.between(30, 300)).at(3 * HOUR);
    maker.insert(T::CrmMatch, row![instance, kind, external, target_kind, target, Hundredths(score), state, corrected_by, at])
}

pub fn record_external_id(contract: &Contract, number: i64) -> String {
    format!("0035g{:04}{number:07}", contract.id)
}

pub fn person_fields(maker: &Maker<'_>, person: &crate::world::Person) -> String {
    let email = maker.layout.register.person_email(person);
    let phone = format!("+49 30 5550 {:04}", person.id % 10_000);
    serde_json::json!({ "Email": email, "Name": person.human.name(), "Title": person.title, "Phone": phone }).to_string()
}

fn extras(maker: &mut Maker<'_>, contract: &Contract, instance: i64) -> Result<(), Error> {
    let mut random = maker.random(Part::Crm, -2_000_000 - contract.id);
    for _ in 0..1 + contract.seats / 20 {
        let since = contract.last_day(maker.layout.options.today).minus(random.between(5, 200)).at(4 * HOUR);
        maker.insert(T::CrmTombstone, row![instance, &random.hex(64), since])?;
    }
    let end = contract.last_day(maker.layout.options.today).at(5 * HOUR);
    for number in 0..2 {
        let id = maker.id(T::CrmValidationJob);
        let mut csv = Csv::plain();
        csv.line(&["recordId", "finding"]);
        for record in 0..random.between(2, 9) {
            csv.line(&[&record_external_id(contract, record * 3), "no longer with company"]);
        }
        let stored = maker.put(format!("crm/{}/{id}.csv", contract.id), csv.bytes())?;
        let at = end.plus(-number * 7 * DAY);
        maker.insert(
            T::CrmValidationJob,
            row![id, instance, "COMPLETED", at.plus(-7 * DAY), at, &stored.key, at.plus(7 * DAY), at.plus(30 * DAY)],
        )?;
    }
    Ok(())
}

/// What a seat had written to the CRM.
pub fn seat(maker: &mut Maker<'_>, desk: &Desk<'_>, instance: Option<i64>, messages: &Messages, notes: &Notes) -> Result<(), Error> {
    let Some(instance) = instance else {
        return Ok(());
    };
    let messages = messages.sent.iter().map(|(id, at)| ("message", *id, *at)).take(40);
    let notes = notes.some.iter().map(|(id, at)| ("note", *id, *at)).take(10);
    for (kind, source, at) in messages.chain(notes).step_by(2) {
        let id = maker.id(T::CrmWriteback);
        let external = format!("00T5g{id:010}");
        maker.insert(T::CrmWriteback, row![id, instance, desk.seat.id, kind, source, &external, at.plus(60)])?;
    }
    Ok(())
}
