//! A seat's own rows: who held it, its settings, groups, tags and events.

use super::Maker;
use super::contracts::group_id;
use crate::error::Error;
use crate::schema::T;
use crate::sink::{Uuid, row};
use crate::world::{Contract, DAY, HOUR, Part, Random, Seat, names};

pub fn seat(maker: &mut Maker<'_>, contract: &Contract, seat: &Seat) -> Result<(), Error> {
    let mut random = maker.random(Part::Seat, -1 - seat.index);
    let extend = if random.chance(20) { "active" } else { "inactive" };
    maker.insert(
        T::Seat,
        row![
            seat.id,
            contract.id,
            70_123_456 + seat.index,
            &seat.email,
            seat.state,
            seat.permission,
            seat.licence,
            extend,
            seat.manager,
            seat.invited,
            seat.activated,
            seat.removed,
        ],
    )?;
    assignments(maker, contract, seat)?;
    if contract.tier.has_seat_management() {
        managed(maker, contract, seat, &mut random)?;
    }
    events(maker, contract, seat, &mut random)?;
    if seat.is_used() { used(maker, seat, &mut random) } else { Ok(()) }
}

fn assignments(maker: &mut Maker<'_>, contract: &Contract, seat: &Seat) -> Result<(), Error> {
    for assignment in &seat.assignments {
        let human = maker.layout.register.member(assignment.member);
        maker.insert(
            T::SeatAssignment,
            row![
                assignment.id,
                seat.id,
                assignment.member,
                &human.email(seat.id, &contract.domain),
                human.first,
                human.last,
                &format!("E{:06}", assignment.member),
                assignment.from,
                assignment.to,
                assignment.ended_by,
            ],
        )?;
    }
    Ok(())
}

fn managed(maker: &mut Maker<'_>, contract: &Contract, seat: &Seat, random: &mut Random) -> Result<(), Error> {
    let added = seat.invited.plus(DAY);
    maker.insert(T::GroupMember, row![group_id(contract, 0), seat.id, added])?;
    maker.insert(T::GroupMember, row![group_id(contract, random.between(1, 8)), seat.id, added])?;
    for _ in 0..random.below(4) {
        let id = maker.id(T::AdminTag);
        let admin = maker.layout.seat_id(contract, 0);
        maker.insert(T::AdminTag, row![id, seat.id, random.pick(names::TAG), random.chance(60), admin, added])?;
    }
    if contract.crm.is_some() {
        let id = maker.id(T::ScimLink);
        let provider = if contract.id % 2 == 0 { "okta" } else { "entra" };
        maker.insert(T::ScimLink, row![id, seat.id, provider, Uuid(random.uuid())])?;
    }
    Ok(())
}

/// The activity log: what admins did with this seat.
fn events(maker: &mut Maker<'_>, contract: &Contract, seat: &Seat, random: &mut Random) -> Result<(), Error> {
    let admin = maker.layout.seat_of(contract, 0);
    let mut steps = vec![("user_invited", seat.invited)];
    steps.extend(seat.activated.map(|at| ("user_activated", at)));
    steps.extend(seat.assignments.iter().filter_map(|assignment| match assignment.ended_by {
        Some("remove") => assignment.to.map(|at| ("user_removed", at)),
        Some(_) => assignment.to.map(|at| ("seat_reassigned", at)),
        None => None,
    }));
    steps.push(("licence_updated", seat.invited.plus(2 * HOUR)));
    for (action, at) in steps {
        let id = maker.id(T::SeatEvent);
        let ip = format!("203.0.113.{}", random.between(1, 254));
        let label = if action == "user_activated" { &seat.email } else { &admin.email };
        let actor = if action == "user_activated" { seat.id } else { admin.id };
        maker.insert(T::SeatEvent, row![id, contract.id, seat.id, actor, label, action, &ip, at])?;
    }
    Ok(())
}

fn used(maker: &mut Maker<'_>, seat: &Seat, random: &mut Random) -> Result<(), Error> {
    let started = seat.activated.unwrap_or(seat.invited);
    let settings = [
        ("activity_sharing", if random.chance(80) { Some("on") } else { Some("off") }),
        ("alert_digest", Some(random.pick(&["daily", "weekly", "off"]))),
        ("email_replies", Some("on")),
        ("home_page", None),
        ("language", Some(random.pick(&["en", "de", "fr"]))),
    ];
    for (key, value) in settings {
        maker.insert(T::SeatSetting, row![seat.id, key, value, started.plus(random.below(90 * DAY))])?;
    }
    for assignment in &seat.assignments {
        for (policy, version) in [("privacy", "2024-11"), ("acceptable_use", "7")] {
            let id = maker.id(T::PolicyAcknowledgement);
            let surface = if random.chance(70) { "desktop_onboarding" } else { "mobile_onboarding" };
            let at = assignment.from.plus(60 + random.below(HOUR));
            maker.insert(T::PolicyAcknowledgement, row![id, seat.id, assignment.id, policy, version, surface, at])?;
        }
    }
    if seat.state == "active" {
        for _ in 0..random.between(1, 3) {
            let id = maker.id(T::SeatSession);
            let device = random.pick(&["Firefox on Linux", "Safari on iPhone", "Edge on Windows", "Chrome on macOS"]);
            let at = seat.days.1.at(random.below(DAY));
            let ip = format!("198.51.100.{}", random.between(1, 254));
            maker.insert(T::SeatSession, row![id, seat.id, &random.hex(64), device, &ip, at.plus(-20 * DAY), at])?;
        }
    }
    Ok(())
}
