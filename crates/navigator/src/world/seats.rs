//! Who holds a seat, since when, with which rights, and how busy the seat is.

use super::layout::{Contract, Layout};
use super::people::Human;
use super::random::{Part, Random};
use super::time::{DAY, Day, HOUR, MINUTE, Moment};

/// A period in which a member held a seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Assignment {
    pub id: i64,
    pub member: i64,
    pub from: Moment,
    pub to: Option<Moment>,
    pub ended_by: Option<&'static str>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seat {
    pub id: i64,
    /// Number among all seats, from 0.
    pub index: i64,
    pub contract: i64,
    /// Number inside its contract, from 0.
    pub place: i64,
    pub state: &'static str,
    pub permission: &'static str,
    pub licence: &'static str,
    /// How busy it is in percent of the mean; 0 for seats that were never taken.
    pub weight: i64,
    pub invited: Moment,
    pub activated: Option<Moment>,
    pub removed: Option<Moment>,
    /// In the order of time, never empty.
    pub assignments: Vec<Assignment>,
    /// First and last day of work.
    pub days: (Day, Day),
    pub email: String,
    pub manager: Option<i64>,
}

/// Most periods that one seat has; ids of assignments are spaced by it.
const MOST_ASSIGNMENTS: i64 = 3;

/// How busy seats are, in percent of the mean: each entry stands for a twentieth of the seats, the last one is spread further.
const WEIGHTS: [i64; 19] = [46, 47, 48, 50, 52, 54, 56, 59, 62, 65, 69, 73, 79, 86, 95, 107, 125, 155, 230];

/// What a place in a contract stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Admin,
    SubAdmin,
    AdminOnly,
    Removed,
    Invited,
    User,
}

impl Layout {
    /// The seat of a number among all seats, from 0.
    pub fn seat(&self, index: i64) -> Seat {
        // Contracts lie in the order of their seats.
        let position = self.contracts.partition_point(|contract| contract.first_seat <= index) - 1;
        self.seat_of(&self.contracts[position], index - self.contracts[position].first_seat)
    }

    /// All seats of a contract, in the order of their ids (but for seat 0, which is E's last).
    pub fn seats_of<'a>(&'a self, contract: &'a Contract) -> impl Iterator<Item = Seat> + 'a {
        (0..contract.seats).map(move |place| self.seat_of(contract, place))
    }

    pub fn all_seats(&self) -> impl Iterator<Item = Seat> + '_ {
        (0..i64::from(self.options.seats)).map(|index| self.seat(index))
    }

    /// The id of a seat by its place in a contract.
    pub fn seat_id(&self, contract: &Contract, place: i64) -> i64 {
        if contract.id == 5 && place == contract.seats - 1 { 0 } else { contract.first_seat + place + 1 }
    }

    /// Places of contract D whose holders also hold a seat in contract A: that many, from place 6 on.
    pub fn double_holders(&self) -> i64 {
        (self.contract(4).seats - 6).clamp(0, 12)
    }

    pub fn seat_of(&self, contract: &Contract, place: i64) -> Seat {
        let index = contract.first_seat + place;
        let id = self.seat_id(contract, place);
        let mut random = Random::new(self.options.seed, Part::Seat, index);
        let role = role(contract, place);
        let last_day = contract.last_day(self.options.today);
        let invited = Day(contract.starts_on.0 + random.below(120)).at(random.between(8 * HOUR, 17 * HOUR));
        let activated = (role != Role::Invited).then(|| invited.plus(random.between(HOUR, 9 * DAY)));
        let removed = (role == Role::Removed).then(|| last_day.minus(random.between(20, 90)).at(17 * HOUR));
        let first_work = activated.unwrap_or(invited).day();
        let last_work = removed.map_or(last_day, |at| at.day().minus(1));
        let assignments = self.assignments(contract, place, activated.unwrap_or(invited), (first_work, last_work), removed);
        let holder = self.register.member(assignments[assignments.len() - 1].member);
        let (state, permission, licence) = match role {
            Role::Admin => ("active", "admin", "active"),
            Role::SubAdmin => ("active", "reporting", "active"),
            Role::AdminOnly => ("unlicensed", "admin", "inactive"),
            Role::Removed => ("removed", "user", "inactive"),
            Role::Invited => ("invited", "user", "invited"),
            Role::User => ("active", "user", "active"),
        };
        let weight = match role {
            Role::Invited => 0,
            Role::AdminOnly => 15,
            Role::Admin | Role::SubAdmin | Role::Removed | Role::User => self.weight(id, index),
        };
        Seat {
            id,
            index,
            contract: contract.id,
            place,
            state,
            permission,
            licence,
            weight,
            invited,
            activated,
            removed,
            assignments,
            days: (first_work, last_work),
            email: holder.email(id, &contract.domain),
            manager: (place > 8).then(|| self.seat_id(contract, 6 + place % 3)),
        }
    }

    fn weight(&self, id: i64, index: i64) -> i64 {
        let mut random = Random::new(self.options.seed, Part::Weight, index);
        let weight = if id == self.heavy_seat() {
            400
        } else if id == self.ordinary_seat() {
            100
        } else {
            match WEIGHTS.get(random.below(20) as usize) {
                Some(weight) => *weight,
                None => match random.below(10) {
                    0..=5 => 300,
                    6..=8 => 450,
                    _ => 1270,
                },
            }
        };
        (weight * i64::from(self.options.density_percent) / 100).max(1)
    }

    fn assignments(&self, contract: &Contract, place: i64, start: Moment, days: (Day, Day), removed: Option<Moment>) -> Vec<Assignment> {
        let seats = i64::from(self.options.seats);
        let index = contract.first_seat + place;
        let holder = self.holder(contract, place);
        let other = seats + 1 + index;
        let id = |number: i64| index * MOST_ASSIGNMENTS + number + 1;
        let span = (days.1.0 - days.0.0).max(9);
        let at_part = |part: i64| Day(days.0.0 + span * part / 6).at(12 * HOUR);
        let end = removed.map(|_| "remove");
        let period = |number, member, from, to, ended_by| Assignment { id: id(number), member, from, to, ended_by };
        if contract.id == 1 && place == 8 {
            // The seat went to somebody else and came back: all data of both lies with the first holder again.
            let (first, second) = (at_part(2), at_part(4));
            return vec![
                period(0, holder, start, Some(first), Some("reassign")),
                period(1, other, first, Some(second), Some("reversal")),
                period(2, holder, second, None, None),
            ];
        }
        if is_reassigned(contract, place) {
            let change = at_part(3);
            return vec![period(0, other, start, Some(change), Some("reassign")), period(1, holder, change, removed, end)];
        }
        vec![period(0, holder, start, removed, end)]
    }

    /// The member who holds a seat now.
    fn holder(&self, contract: &Contract, place: i64) -> i64 {
        let doubled = contract.id == 4 && (6..6 + self.double_holders()).contains(&place);
        if doubled { self.contract(1).first_seat + place + 4 + 1 } else { contract.first_seat + place + 1 }
    }
}

/// One seat in five had another holder before.
fn is_reassigned(contract: &Contract, place: i64) -> bool {
    contract.tier.has_seat_management() && (place == 1 || (place > 10 && place % 5 == 3))
}

fn role(contract: &Contract, place: i64) -> Role {
    // B has one single admin, and whoever holds the only seat of a contract is its admin.
    let has_second_admin = contract.id != 2;
    match place {
        0 => Role::Admin,
        1 if has_second_admin => Role::Admin,
        2 => Role::SubAdmin,
        3 if has_second_admin => Role::AdminOnly,
        4 => Role::Removed,
        5 => Role::Invited,
        _ if place > 12 && place % 50 == 44 => Role::Removed,
        _ if place > 12 && place % 25 == 17 => Role::Invited,
        _ => Role::User,
    }
}

impl Seat {
    /// Who holds it now.
    pub fn holder(&self) -> i64 {
        self.assignments[self.assignments.len() - 1].member
    }

    pub fn human(&self, layout: &Layout) -> Human {
        layout.register.member(self.holder())
    }

    /// The period in which an instant falls.
    pub fn assignment_at(&self, at: Moment) -> i64 {
        let found = self.assignments.iter().rev().find(|assignment| assignment.from <= at);
        found.map_or(self.assignments[0].id, |assignment| assignment.id)
    }

    /// An instant of a working day of this seat.
    pub fn moment(&self, random: &mut Random) -> Moment {
        let (first, last) = self.days;
        let day = Day(random.between(first.0 + 1, last.0.max(first.0 + 1)));
        let day = if day.is_weekend() && !random.chance(8) { Day((day.0 - 2).max(first.0 + 1)) } else { day };
        day.at(random.between(7 * HOUR, 19 * HOUR) + random.below(MINUTE))
    }

    /// About so many rows for a seat of the mean.
    pub fn amount(&self, random: &mut Random, of_mean: i64) -> i64 {
        let scaled = self.weight * of_mean;
        // What is left of the division comes as a chance, so that small amounts keep their mean.
        let whole = scaled / 100 + i64::from(random.below(100) < scaled % 100);
        random.around(whole)
    }

    pub fn is_used(&self) -> bool {
        self.weight > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Options;

    #[test]
    fn ids_of_seats_follow_their_contracts() {
        let layout = Layout::new(&Options::default());
        let ids: Vec<i64> = layout.all_seats().map(|seat| seat.id).collect();
        assert_eq!(ids.iter().filter(|id| **id == 0).count(), 1);
        assert_eq!(layout.seat(9).id, layout.ordinary_seat());
        let ended = layout.contract(5).clone();
        assert!(layout.seats_of(&ended).any(|seat| seat.id == 0));
    }

    #[test]
    fn heavy_and_ordinary_seats_are_plain_users_without_a_past() {
        let layout = Layout::new(&Options::default());
        for id in [layout.heavy_seat(), layout.ordinary_seat()] {
            let seat = layout.seat(id - 1);
            assert_eq!((seat.id, seat.permission, seat.assignments.len()), (id, "user", 1));
        }
    }

    #[test]
    fn seats_work_about_as_much_as_the_mean_says() {
        let layout = Layout::new(&Options { seats: 2000, ..Options::default() });
        let sum: i64 = layout.all_seats().map(|seat| seat.weight).sum();
        assert!((90..=110).contains(&(sum / 2000)), "mean {}", sum / 2000);
    }

    #[test]
    fn some_members_hold_seats_in_two_contracts() {
        let layout = Layout::new(&Options::default());
        let holders = |id| layout.seats_of(layout.contract(id)).map(|seat| seat.holder()).collect::<Vec<_>>();
        let both = holders(4).into_iter().filter(|member| holders(1).contains(member)).count();
        assert_eq!(both as i64, layout.double_holders());
        assert!(both >= 4);
    }
}
