//! Companies, members, third persons, and the platform's own few rows.

use super::Maker;
use crate::error::Error;
use crate::schema::T;
use crate::sink::{NULL, row};
use crate::traps;
use crate::world::{DAY, HOUR, Human, Part};

pub fn platform(maker: &mut Maker<'_>) -> Result<(), Error> {
    let today = maker.layout.options.today;
    for (version, name, age) in [("001", "first tables", 900), ("002", "smart links", 700), ("003", "sales assistant", 200)] {
        maker.insert(T::SchemaMigration, row![version, name, today.minus(age).at(3 * HOUR)])?;
    }
    for (name, enabled) in [("assistant_in_inbox", true), ("new_roster", false)] {
        maker.insert(T::FeatureFlag, row![name, enabled])?;
    }
    Ok(())
}

pub fn companies(maker: &mut Maker<'_>) -> Result<(), Error> {
    maker.insert(T::Company, row![traps::UNKNOWN_COMPANY, "(unknown company)", NULL, NULL, "Unknown", NULL])?;
    for id in 1..=maker.layout.register.companies {
        let company = maker.layout.register.company(id);
        let name = if id == traps::FORMULA_COMPANY { "-2+3 Trading Ltd" } else { company.name.as_str() };
        maker.insert(T::Company, row![id, name, &company.domain, company.headquarters, company.industry, company.headcount])?;
    }
    Ok(())
}

/// Members who hold or held a seat; the others come with the persons that they are.
pub fn members(maker: &mut Maker<'_>) -> Result<(), Error> {
    let layout = maker.layout;
    for seat in layout.all_seats() {
        let contract = layout.contract(seat.contract);
        // A member who holds two seats is written with the first.
        let own = seat.index + 1;
        for assignment in &seat.assignments {
            let is_first = assignment.member == own || assignment.member > i64::from(layout.options.seats);
            let is_repeated = assignment.member == own && seat.assignments[0].member == own && assignment.id != seat.assignments[0].id;
            if is_first && !is_repeated {
                let human = layout.register.member(assignment.member);
                member(maker, assignment.member, human, &human.email(seat.id, &contract.domain))?;
            }
        }
    }
    Ok(())
}

fn member(maker: &mut Maker<'_>, id: i64, human: Human, email: &str) -> Result<(), Error> {
    let mut random = maker.random(Part::Member, -1 - id);
    let today = maker.layout.options.today;
    let joined = today.minus(random.between(900, 4000)).at(random.below(DAY));
    let state = if random.chance(2) { "hibernated" } else { "active" };
    let url = format!("https://network.example/in/{}", human.handle(id));
    let language = random.pick(&["en", "de", "fr", "nl", "es"]);
    let headline = format!("{} at work", human.first);
    let hash = format!("$argon2id$v=19$m=19456,t=2,p=1${}", random.token(22));
    maker.insert(T::Member, row![id, &human.name(), &headline, &url, language, state, joined, NULL, &hash])?;
    let verified = random.chance(93).then(|| joined.plus(600));
    let email_id = maker.id(T::MemberEmail);
    maker.insert(T::MemberEmail, row![email_id, id, email, true, verified, joined.plus(900)])?;
    if random.chance(25) {
        let email_id = maker.id(T::MemberEmail);
        let private = human.email(id, "home.example");
        maker.insert(T::MemberEmail, row![email_id, id, &private, false, joined.plus(DAY), joined.plus(DAY)])?;
    }
    if random.chance(20) {
        for topic in ["invitations", "job_opportunities", "offers_and_tips", "network_activity"] {
            let value = random.pick(&["on", "off", "daily", "weekly"]);
            let at = joined.plus(random.below(800 * DAY));
            maker.insert(T::MemberPreference, row![id, topic, "email", value, at])?;
        }
    }
    if random.chance(6) {
        maker.insert(T::MemberPreference, row![id, "sales", "inmail", "off", joined.plus(random.below(800 * DAY))])?;
    }
    Ok(())
}

pub fn persons(maker: &mut Maker<'_>) -> Result<(), Error> {
    let layout = maker.layout;
    for id in (1..=traps::PLANTED_PERSONS).chain(crate::world::FIRST_PERSON..crate::world::FIRST_PERSON + layout.persons()) {
        let person = if id == traps::PERSON_EVERYWHERE { traps::person_everywhere(layout) } else { layout.register.person(id) };
        let email = layout.register.person_email(&person);
        let own_account = (person.has_account && id > traps::PLANTED_PERSONS).then(|| layout.member_of_person(id));
        if let Some(account) = own_account {
            member(maker, account, person.human, &email)?;
        }
        let account = if id == traps::PERSON_EVERYWHERE { Some(traps::person_everywhere_member(layout)) } else { own_account };
        let source = if person.company.is_some() { "search" } else { "recommendation" };
        maker.insert(
            T::Person,
            row![id, account, &person.lead_key, &person.human.name(), person.title, person.company, source, person.first_seen, NULL],
        )?;
        let alias = maker.id(T::PersonAlias);
        maker.insert(T::PersonAlias, row![alias, id, "email", &email])?;
        if person.has_account {
            let alias = maker.id(T::PersonAlias);
            let url = format!("https://network.example/in/{}", person.human.handle(id));
            maker.insert(T::PersonAlias, row![alias, id, "url", &url])?;
        }
    }
    Ok(())
}
