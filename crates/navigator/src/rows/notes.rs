//! Notes with their versions and shares.

use super::{Desk, Maker};
use crate::error::Error;
use crate::schema::T;
use crate::sink::row;
use crate::world::{DAY, Moment, Part, names};

/// Some notes of a seat, for those who refer to them.
pub struct Notes {
    pub some: Vec<(i64, Moment)>,
}

const MOST_REMEMBERED: usize = 64;

pub fn seat(maker: &mut Maker<'_>, desk: &Desk<'_>) -> Result<Notes, Error> {
    let mut random = maker.random(Part::Notes, desk.seat.index);
    let mut notes = Notes { some: Vec::new() };
    for _ in 0..desk.seat.amount(&mut random, 25) {
        let id = maker.id(T::Note);
        let written = desk.seat.moment(&mut random);
        let (kind, person, company) = if random.chance(60) {
            ("lead", Some(desk.some_lead(&mut random)), None)
        } else {
            ("account", None, Some(1 + random.skewed(desk.layout.register.companies)))
        };
        let can_share = desk.contract.tier.has_seat_management() && desk.contract.seats > 1;
        let visibility = match random.below(10) {
            0..=5 => "private",
            6..=8 if can_share => "shared",
            _ => "team",
        };
        let deleted = random.chance(3).then(|| written.plus(2 * DAY));
        let assignment = desk.seat.assignment_at(written);
        let body = random.pick(names::NOTE);
        maker.insert(
            T::Note,
            row![id, desk.contract.id, desk.seat.id, assignment, kind, person, company, visibility, body, written, deleted],
        )?;
        for version in 1..=random.below(3) {
            let earlier = random.pick(names::NOTE);
            maker.insert(T::NoteVersion, row![id, version, earlier, written.plus((version - 4) * 600)])?;
        }
        if visibility == "shared" {
            for step in 1..=random.between(1, 2).min(desk.contract.seats - 1) {
                let colleague = desk.layout.seat_id(desk.contract, (desk.seat.place + step) % desk.contract.seats);
                maker.insert(T::NoteShare, row![id, colleague, written.plus(DAY)])?;
            }
        }
        if notes.some.len() < MOST_REMEMBERED {
            notes.some.push((id, written));
        }
    }
    Ok(notes)
}
