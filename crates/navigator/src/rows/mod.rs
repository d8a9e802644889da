//! Makes the rows, area by area.
//!
//! ```text
//! platform, customers, people ─► each contract: its frame, imports, CRM ─► each seat: leads, assistant, SmartLinks, messages, notes, usage
//! ```
//!
//! Nothing is remembered but counters and the few ids that the next area needs, so memory stays the same whatever the number of seats.

mod assistant;
mod contracts;
mod crm;
mod imports;
mod leads;
mod maker;
mod messages;
mod notes;
mod people;
mod seats;
mod smartlinks;
mod traps;
mod usage;

pub use maker::{Maker, Phase, Progress};

use crate::error::Error;
use crate::world::{Contract, Layout, Random, Seat};

/// Makes the whole world.
pub fn make(maker: &mut Maker<'_>) -> Result<(), Error> {
    let layout = maker.layout;
    people::platform(maker)?;
    people::companies(maker)?;
    people::members(maker)?;
    people::persons(maker)?;
    contracts::customers(maker)?;
    for contract in &layout.contracts {
        contracts::contract(maker, contract)?;
        let lists = imports::contract(maker, contract)?;
        let instances = crm::contract(maker, contract)?;
        let mut shared = Shared { import_lists: lists, crm_instance: instances, viewers: Vec::new() };
        for seat in layout.seats_of(contract) {
            seats::seat(maker, contract, &seat)?;
            if seat.is_used() {
                busy_seat(maker, contract, &seat, &mut shared)?;
            }
        }
        usage::contract(maker, contract)?;
    }
    traps::plant(maker)
}

/// What seats of one contract have in common.
struct Shared {
    /// Finished imports with the lists that they made.
    import_lists: Vec<(i64, i64)>,
    /// The production instance.
    crm_instance: Option<i64>,
    /// Viewers whom other seats may meet again; only the last few.
    viewers: Vec<i64>,
}

fn busy_seat(maker: &mut Maker<'_>, contract: &Contract, seat: &Seat, shared: &mut Shared) -> Result<(), Error> {
    let desk = Desk::new(maker.layout, contract, seat);
    let lists = leads::seat(maker, &desk, shared)?;
    let drafts = assistant::seat(maker, &desk, lists.book)?;
    let presentations = smartlinks::seat(maker, &desk, shared)?;
    let messages = messages::seat(maker, &desk, &drafts, &presentations)?;
    smartlinks::shares(maker, &desk, &presentations, &messages)?;
    let notes = notes::seat(maker, &desk)?;
    crm::seat(maker, &desk, shared.crm_instance, &messages, &notes)?;
    usage::seat(maker, &desk)
}

/// A seat at work: who it is and whom it meets.
struct Desk<'a> {
    layout: &'a Layout,
    contract: &'a Contract,
    seat: &'a Seat,
    popular: Walk,
    others: Walk,
    /// Leads that the seat has saved; the first ones of its walk.
    leads: i64,
}

/// Goes through a range in a scattered order without meeting anybody twice.
struct Walk {
    first: i64,
    count: i64,
    offset: i64,
}

/// A prime above every range of persons, so that steps of it meet each of them once before the first again.
const STEP: i64 = 15_485_863;

impl Walk {
    fn nth(&self, number: i64) -> i64 {
        self.first + (self.offset + number * STEP) % self.count
    }
}

impl<'a> Desk<'a> {
    fn new(layout: &'a Layout, contract: &'a Contract, seat: &'a Seat) -> Self {
        let mut random = Random::new(layout.options.seed, crate::world::Part::Leads, -1 - seat.index);
        let (first, count) = layout.persons_of(contract);
        let popular = (count / 20).max(1);
        let mut walk = |first, count| Walk { first, count, offset: random.below(count) };
        let popular_walk = walk(first, popular);
        let others = walk(first + popular, count - popular);
        let leads = seat.amount(&mut random, 130).clamp(1, count * 2 / 3);
        Self { layout, contract, seat, popular: popular_walk, others, leads }
    }

    /// A person whom the seat meets, by number: every fourth is one whom many seats know.
    fn person(&self, number: i64) -> i64 {
        let turn = number / 4;
        if number % 4 == 0 && turn < self.popular.count { self.popular.nth(turn) } else { self.others.nth(number) }
    }

    /// One of the seat's leads, the first ones more often.
    fn some_lead(&self, random: &mut Random) -> i64 {
        self.person(random.skewed(self.leads))
    }

    /// Another seat of the contract, if there is one.
    fn colleague(&self, random: &mut Random) -> Option<i64> {
        let others = self.contract.seats - 1;
        (others > 0).then(|| {
            let place = (self.seat.place + 1 + random.below(others)) % self.contract.seats;
            self.layout.seat_id(self.contract, place)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::options::Options;

    #[test]
    fn a_seat_saves_nobody_twice() {
        let layout = Layout::new(&Options { seats: 60, ..Options::default() });
        for seat in layout.all_seats().filter(Seat::is_used) {
            let desk = Desk::new(&layout, layout.contract(seat.contract), &seat);
            let persons: HashSet<i64> = (0..desk.leads).map(|number| desk.person(number)).collect();
            assert_eq!(persons.len() as i64, desk.leads);
        }
    }
}
