//! Saved leads and accounts, lists, alerts and searches.

use super::{Desk, Maker, Shared};
use crate::error::Error;
use crate::schema::T;
use crate::sink::{Json, row};
use crate::world::{DAY, HOUR, Moment, Part, Random, names};

/// Lists of a seat that other areas name.
pub struct Lists {
    /// A list of accounts: the seat's book of business.
    pub book: i64,
}

pub fn seat(maker: &mut Maker<'_>, desk: &Desk<'_>, shared: &Shared) -> Result<Lists, Error> {
    let mut random = maker.random(Part::Leads, desk.seat.index);
    let lead_lists = lead_lists(maker, desk, &mut random)?;
    let book = list(maker, desk, T::AccountList, "custom", "Book of business", desk.seat.moment(&mut random))?;
    if random.chance(30) {
        share(maker, desk, T::AccountListShare, book, desk.seat.days.1.at(12 * HOUR), &mut random)?;
    }
    let account_list = match desk.contract.crm {
        Some(_) => Some(list(maker, desk, T::AccountList, "auto_crm", "My CRM accounts", desk.seat.invited)?),
        None => None,
    };
    leads(maker, desk, &lead_lists, &mut random)?;
    accounts(maker, desk, shared, (book, account_list), &mut random)?;
    alerts(maker, desk, &mut random)?;
    searches(maker, desk, &mut random)?;
    Ok(Lists { book })
}

/// Makes a list of leads or of accounts.
fn list(maker: &mut Maker<'_>, desk: &Desk<'_>, table: T, origin: &str, name: &str, at: Moment) -> Result<i64, Error> {
    let id = maker.id(table);
    maker.insert(table, row![id, desk.contract.id, desk.seat.id, origin, name, at])?;
    Ok(id)
}

/// Shares a list with up to three colleagues, where the contract has sharing.
fn share(maker: &mut Maker<'_>, desk: &Desk<'_>, table: T, list: i64, at: Moment, random: &mut Random) -> Result<(), Error> {
    if !desk.contract.tier.has_seat_management() {
        return Ok(());
    }
    // Colleagues side by side, so that nobody is named twice.
    for step in 1..=random.between(1, 3).min(desk.contract.seats - 1) {
        let place = (desk.seat.place + step) % desk.contract.seats;
        let permission = if random.chance(70) { "view" } else { "edit" };
        let colleague = desk.layout.seat_id(desk.contract, place);
        maker.insert(table, row![list, colleague, permission, at])?;
    }
    Ok(())
}

fn lead_lists(maker: &mut Maker<'_>, desk: &Desk<'_>, random: &mut Random) -> Result<Vec<i64>, Error> {
    let mut lists = vec![
        list(maker, desk, T::LeadList, "recommended", "Recommended leads", desk.seat.invited)?,
        list(maker, desk, T::LeadList, "sales_assistant", "Leads from Sales Assistant", desk.seat.invited)?,
    ];
    for number in 0..1 + desk.seat.amount(random, 3).min(12) {
        let created = desk.seat.moment(random);
        let name = names::LIST_NAME[((desk.seat.index + number) % names::LIST_NAME.len() as i64) as usize];
        let id = list(maker, desk, T::LeadList, "custom", name, created)?;
        lists.push(id);
        if random.chance(50) {
            share(maker, desk, T::LeadListShare, id, created.plus(DAY), random)?;
        }
    }
    Ok(lists)
}

fn leads(maker: &mut Maker<'_>, desk: &Desk<'_>, lists: &[i64], random: &mut Random) -> Result<(), Error> {
    for number in 0..desk.leads {
        let person = desk.person(number);
        let saved = desk.seat.moment(random);
        let source = random.pick(&["search", "search", "search", "recommendation", "crm_auto", "sales_assistant", "transfer"]);
        let stage = random.chance(40).then(|| random.pick(&["new", "contacted", "meeting", "lost"]));
        // The company where the person was then; not always the one of today.
        let company = random.chance(80).then(|| 1 + random.skewed(desk.layout.register.companies));
        let id = maker.id(T::SavedLead);
        let assignment = desk.seat.assignment_at(saved);
        maker.insert(T::SavedLead, row![id, desk.seat.id, assignment, person, company, saved, source, stage, random.chance(70)])?;
        let mut listed = random.pick(lists);
        for _ in 0..random.between(0, 2) {
            item(maker, desk, T::LeadListItem, (listed, person), saved.plus(60), random)?;
            let next = random.pick(lists);
            if next == listed {
                break;
            }
            listed = next;
        }
    }
    Ok(())
}

/// Puts a person or a company into a list; now and then a colleague did it.
fn item(
    maker: &mut Maker<'_>,
    desk: &Desk<'_>,
    table: T,
    (list, subject): (i64, i64),
    at: Moment,
    random: &mut Random,
) -> Result<(), Error> {
    let id = maker.id(table);
    let by_colleague = desk.contract.tier.has_seat_management() && random.chance(4);
    let added_by = if by_colleague { desk.colleague(random) } else { Some(desk.seat.id) };
    maker.insert(table, row![id, list, subject, added_by, at])
}

fn accounts(
    maker: &mut Maker<'_>,
    desk: &Desk<'_>,
    shared: &Shared,
    (book, automatic): (i64, Option<i64>),
    random: &mut Random,
) -> Result<(), Error> {
    let companies = desk.layout.register.companies;
    let start = random.below(companies);
    for number in 0..desk.seat.amount(random, 40).clamp(1, companies) {
        let company = 1 + (start + number * 7) % companies;
        let saved = desk.seat.moment(random);
        let import = if shared.import_lists.is_empty() || !random.chance(15) { None } else { Some(random.pick(&shared.import_lists).0) };
        let source = match import {
            Some(_) => "import",
            None if automatic.is_some() && random.chance(30) => "crm_auto",
            None => "manual",
        };
        let id = maker.id(T::SavedAccount);
        let assignment = desk.seat.assignment_at(saved);
        maker.insert(T::SavedAccount, row![id, desk.seat.id, assignment, company, import, saved, source, random.chance(10)])?;
        let list = if source == "crm_auto" { automatic.unwrap_or(book) } else { book };
        if random.chance(60) {
            item(maker, desk, T::AccountListItem, (list, company), saved.plus(30), random)?;
        }
        if random.chance(12) {
            let entry = maker.id(T::AccountMapEntry);
            let role = random.pick(&["decides", "influences", "blocks", "champions"]);
            let remark = random.chance(30).then(|| random.pick(names::NOTE));
            let person = desk.some_lead(random);
            maker.insert(T::AccountMapEntry, row![entry, id, person, role, remark, saved.plus(DAY)])?;
        }
    }
    Ok(())
}

fn alerts(maker: &mut Maker<'_>, desk: &Desk<'_>, random: &mut Random) -> Result<(), Error> {
    for _ in 0..desk.seat.amount(random, 50) {
        let id = maker.id(T::Alert);
        let at = desk.seat.moment(random);
        let (subject_kind, subject, kind) = if random.chance(70) {
            ("person", desk.some_lead(random), random.pick(&["job_change", "post", "in_the_news"]))
        } else {
            ("company", 1 + random.skewed(desk.layout.register.companies), random.pick(&["funding", "headcount", "buyer_intent"]))
        };
        maker.insert(T::Alert, row![id, desk.seat.id, subject_kind, subject, kind, at, random.chance(8)])?;
    }
    Ok(())
}

fn searches(maker: &mut Maker<'_>, desk: &Desk<'_>, random: &mut Random) -> Result<(), Error> {
    for _ in 0..desk.seat.amount(random, 4) {
        let id = maker.id(T::SavedSearch);
        let title = random.pick(names::TITLE);
        let country = random.pick(names::COUNTRY);
        let query = format!(r#"{{"title": ["{title}"], "country": ["{country}"], "headcount": {{"min": {}}}}}"#, random.between(10, 900));
        let name = format!("{title}, {country}");
        maker.insert(T::SavedSearch, row![id, desk.seat.id, &name, Json(&query), random.chance(10), desk.seat.moment(random)])?;
    }
    Ok(())
}
