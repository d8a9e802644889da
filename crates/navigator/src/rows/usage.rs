//! Usage reporting: actions, outcomes, figures per day, and the reports made of them.

use super::{Desk, Maker};
use crate::error::Error;
use crate::files::Csv;
use crate::schema::T;
use crate::sink::{Hundredths, Json, NULL, row};
use crate::world::{Contract, DAY, Day, HOUR, Part, Random};

const KINDS: [&str; 10] = [
    "SEARCH_PERFORMED",
    "SEARCH_PERFORMED",
    "SEARCH_PERFORMED",
    "PROFILE_VIEWED",
    "PROFILE_VIEWED",
    "PROFILE_VIEWED",
    "SAVED_LEAD",
    "SAVED_ACCOUNT",
    "INMAIL_SENT",
    "CONNECTION_MADE",
];

pub fn seat(maker: &mut Maker<'_>, desk: &Desk<'_>) -> Result<(), Error> {
    let mut random = maker.random(Part::Usage, desk.seat.index);
    let heavy = maker.layout.heavy_rows(desk.seat.id).map_or(0, |rows| rows * 4 / 10);
    for _ in 0..desk.seat.amount(&mut random, 450) + heavy {
        activity(maker, desk, &mut random)?;
    }
    days(maker, desk, &mut random)
}

fn activity(maker: &mut Maker<'_>, desk: &Desk<'_>, random: &mut Random) -> Result<(), Error> {
    let id = maker.id(T::Activity);
    let kind = random.pick(&KINDS);
    let at = desk.seat.moment(random);
    let person = match kind {
        "SEARCH_PERFORMED" | "SAVED_ACCOUNT" => None,
        _ => Some(desk.some_lead(random)),
    };
    maker.insert(T::Activity, row![id, desk.contract.id, desk.seat.id, kind, at, person])?;
    if kind == "INMAIL_SENT" && random.chance(80) {
        let outcome = maker.id(T::ActivityOutcome);
        let outcome_kind = if random.chance(40) { "INMAIL_ACCEPTED" } else { "INMAIL_DECLINED" };
        maker.insert(T::ActivityOutcome, row![outcome, id, outcome_kind, at.plus(random.between(HOUR, 5 * DAY))])?;
    }
    Ok(())
}

/// The latest working days, as many as the seat is busy.
fn days(maker: &mut Maker<'_>, desk: &Desk<'_>, random: &mut Random) -> Result<(), Error> {
    let (first, last) = desk.seat.days;
    let mut left = desk.seat.amount(random, 130);
    let mut connections = random.between(300, 3000);
    let mut metrics = String::new();
    let mut day = last;
    while left > 0 && day > first {
        if !day.is_weekend() {
            let brand = random.between(500, 2400);
            let people = random.between(500, 2400);
            let insight = random.between(300, 2200);
            let relations = random.between(600, 2500);
            let active = i64::from(random.chance(85));
            let searches = active * random.below(25);
            metrics.clear();
            metrics.push_str(&format!(
                r#"{{"days_active": {active}, "searches": {searches}, "profile_views": {}, "leads_saved": {}, "coach_level": "{}"}}"#,
                active * random.below(50),
                active * random.below(8),
                random.pick(&["Beginner", "Advanced", "Expert"])
            ));
            maker.insert(
                T::SeatDay,
                row![
                    desk.seat.id,
                    day,
                    Hundredths(brand + people + insight + relations),
                    Hundredths(brand),
                    Hundredths(people),
                    Hundredths(insight),
                    Hundredths(relations),
                    connections,
                    Json(&metrics),
                ],
            )?;
            connections -= random.below(4);
            left -= 1;
        }
        day = day.minus(1);
    }
    Ok(())
}

/// Totals without any seat, and reports that admins had made.
pub fn contract(maker: &mut Maker<'_>, contract: &Contract) -> Result<(), Error> {
    let mut random = maker.random(Part::Usage, -1 - contract.id);
    let last = contract.last_day(maker.layout.options.today);
    let count = 60 * i64::from(maker.layout.options.density_percent.min(100)) / 100;
    for age in 0..count.max(2) {
        let metrics =
            format!(r#"{{"searches": {}, "inmails_sent": {}}}"#, contract.seats * random.below(20), contract.seats * random.below(4));
        maker.insert(T::ContractDay, row![contract.id, last.minus(age), Json(&metrics), contract.seats])?;
    }
    if contract.tier.has_seat_management() {
        for number in 0..random.between(1, 3) {
            report(maker, contract, last.minus(30 * number), &mut random)?;
        }
    }
    Ok(())
}

fn report(maker: &mut Maker<'_>, contract: &Contract, day: Day, random: &mut Random) -> Result<(), Error> {
    let id = maker.id(T::ReportRun);
    // An admin or the sub admin asked for it.
    let requester = maker.layout.seat_id(contract, if random.chance(50) { 0 } else { 2.min(contract.seats - 1) });
    let created = day.at(8 * HOUR);
    if random.chance(10) {
        let state = "FAILED_DUE_TO_DATA_DELAY";
        return maker.insert(
            T::ReportRun,
            row![id, contract.id, requester, "activity", day.minus(30), day, state, NULL, NULL, created, created.plus(3 * DAY)],
        );
    }
    let mut csv = Csv::plain();
    csv.line(&["activityId", "activityType", "createdAt", "seatId", "memberIdentityKey"]);
    let rows = random.between(5, 40);
    for number in 0..rows {
        let (_, month, date) = day.calendar();
        let at = format!("{month:02}-{date:02}-2026 {:02}:00:00", 7 + number % 12);
        let seat = maker.layout.seat_id(contract, random.below(contract.seats));
        csv.line(&[&format!("a-{id}-{number}"), random.pick(&KINDS), &at, &seat.to_string(), ""]);
    }
    let stored = maker.put(format!("reports/{}/{id}.csv", contract.id), csv.bytes())?;
    maker.insert(
        T::ReportRun,
        row![id, contract.id, requester, "activity", day.minus(30), day, "COMPLETED", &stored.key, rows, created, created.plus(3 * DAY)],
    )
}
