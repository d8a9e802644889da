//! Which contracts there are, and which seats belong to which.
//!
//! Seats are numbered through from 1, contract after contract, so that their ids can be foretold:
//!
//! | contract | what it is |
//! |---|---|
//! | 1 (A) | Advanced Plus, Salesforce with a sandbox; the biggest |
//! | 2 (B) | Advanced, CSV imports, one single admin |
//! | 3 (C) | Core, one seat, no seat management |
//! | 4 (D) | A's second contract, Dynamics; some members hold seats in both |
//! | 5 (E) | ended, may only be read and exported; its last seat has the id 0 |
//! | 6 (F) | Advanced Plus, HubSpot, exactly 100 seats; from 200 seats on |
//! | 7 … | further customers, when there are seats left |

use super::people::Register;
use super::random::{Part, Random};
use super::time::Day;
use crate::options::Options;

/// Persons with a lower id are planted by hand.
pub const FIRST_PERSON: i64 = 100;
/// Persons that a seat brings into the world.
const PERSONS_PER_SEAT: i64 = 60;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tier {
    Core,
    Advanced,
    AdvancedPlus,
}

impl Tier {
    pub const fn code(self) -> &'static str {
        match self {
            Self::Core => "core",
            Self::Advanced => "advanced",
            Self::AdvancedPlus => "advanced_plus",
        }
    }

    /// Groups, tags, sharing, imports and reports come with it.
    pub const fn has_seat_management(self) -> bool {
        match self {
            Self::Core => false,
            Self::Advanced | Self::AdvancedPlus => true,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Crm {
    Salesforce,
    Dynamics,
    Hubspot,
}

impl Crm {
    pub const fn code(self) -> &'static str {
        match self {
            Self::Salesforce => "salesforce",
            Self::Dynamics => "dynamics",
            Self::Hubspot => "hubspot",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contract {
    pub id: i64,
    pub name: String,
    pub customer: i64,
    /// The customer's own domain, where seat holders have their addresses.
    pub domain: String,
    pub tier: Tier,
    pub crm: Option<Crm>,
    pub ended: bool,
    pub starts_on: Day,
    pub ends_on: Day,
    /// Index of its first seat.
    pub first_seat: i64,
    pub seats: i64,
}

impl Contract {
    /// The last day on which anything can happen.
    pub fn last_day(&self, today: Day) -> Day {
        if self.ended { self.ends_on } else { today.minus(1) }
    }
}

/// Contracts and seats of a world, all of it a function of the options.
#[derive(Debug, Clone)]
pub struct Layout {
    pub options: Options,
    pub register: Register,
    pub contracts: Vec<Contract>,
}

/// A contract's shape before it gets dates and seats.
struct Shape {
    name: String,
    customer: i64,
    tier: Tier,
    crm: Option<Crm>,
    ended: bool,
    seats: i64,
}

impl Layout {
    pub fn new(options: &Options) -> Self {
        let seats = i64::from(options.seats);
        let register = Register { seed: options.seed, today: options.today, companies: 40 + 12 * seats };
        let mut contracts = Vec::new();
        let mut first_seat = 0;
        for (shape, id) in shapes(seats, options.seed).into_iter().zip(1..) {
            let mut random = Random::new(options.seed, Part::Contract, id);
            let starts_on = options.today.minus(random.between(720, 880));
            let ends_on = if shape.ended { options.today.minus(20) } else { Day(options.today.0 + random.between(60, 600)) };
            contracts.push(Contract {
                id,
                name: shape.name,
                customer: shape.customer,
                domain: customer_domain(shape.customer),
                tier: shape.tier,
                crm: shape.crm,
                ended: shape.ended,
                starts_on,
                ends_on,
                first_seat,
                seats: shape.seats,
            });
            first_seat += shape.seats;
        }
        Self { options: options.clone(), register, contracts }
    }

    pub fn contract(&self, id: i64) -> &Contract {
        &self.contracts[(id - 1) as usize]
    }

    pub fn customers(&self) -> i64 {
        self.contracts.iter().map(|contract| contract.customer).max().unwrap_or(0)
    }

    fn persons_per_seat(&self) -> i64 {
        (PERSONS_PER_SEAT * i64::from(self.options.density_percent.min(100)) / 100).max(12)
    }

    pub fn persons(&self) -> i64 {
        self.persons_per_seat() * i64::from(self.options.seats)
    }

    /// The persons whom a contract's seats meet: first id and count. Neighbouring contracts meet some of the same.
    pub fn persons_of(&self, contract: &Contract) -> (i64, i64) {
        let count = (self.persons_per_seat() * contract.seats * 6 / 5).max(200).min(self.persons());
        let start = (self.persons_per_seat() * contract.first_seat).min(self.persons() - count);
        (FIRST_PERSON + start, count)
    }

    /// The account of a third person who has one. Lower numbers are those of present and former seat holders.
    pub fn member_of_person(&self, person: i64) -> i64 {
        2 * i64::from(self.options.seats) + person
    }

    /// Rows that a seat gets on top, if it is the heavy one and a heavy one is wanted.
    pub fn heavy_rows(&self, seat: i64) -> Option<i64> {
        let rows = self.options.heavy_seat_rows?;
        (seat == self.heavy_seat()).then(|| i64::try_from(rows).unwrap_or(i64::MAX))
    }

    /// The contract with exactly 100 seats; there is one from 200 seats on.
    pub fn contract_of_100(&self) -> Option<i64> {
        self.contracts.iter().find(|contract| contract.seats == 100).map(|contract| contract.id)
    }

    /// The seat that does the most; `Options::heavy_seat_rows` goes here. In contract A, neither reassigned nor an admin.
    pub fn heavy_seat(&self) -> i64 {
        7
    }

    /// A seat that does what most do, about 1,800 rows. In contract A, neither reassigned nor an admin.
    pub fn ordinary_seat(&self) -> i64 {
        10
    }
}

fn customer_domain(customer: i64) -> String {
    match customer {
        1 => "halvorsen-pumps.example".to_owned(),
        2 => "bergamot-consulting.example".to_owned(),
        3 => "solo-trader.example".to_owned(),
        4 => "formerly-grand.example".to_owned(),
        5 => "centurion-tools.example".to_owned(),
        number => format!("customer-{number}.example"),
    }
}

fn shapes(seats: i64, seed: u64) -> Vec<Shape> {
    let shape = |name: &str, customer, tier, crm, seats| Shape { name: name.to_owned(), customer, tier, crm, ended: false, seats };
    // F's hundred seats leave less to the others.
    let (f, share) = if seats >= 200 { (100, 10) } else { (0, 5) };
    let b = (seats / share).min(60);
    let d = (seats / share).min(80);
    let e = (seats / share / 2).min(40);
    let rest = seats - b - 1 - d - e - f;
    // From here on A would outgrow what one customer plausibly has, and others get the rest.
    let a = rest.min((seats / 4).max(250));
    let mut shapes = vec![
        shape("Halvorsen Pumps, North America", 1, Tier::AdvancedPlus, Some(Crm::Salesforce), a),
        shape("Bergamot Consulting", 2, Tier::Advanced, None, b),
        shape("Solo Trader", 3, Tier::Core, None, 1),
        shape("Halvorsen Pumps, EMEA", 1, Tier::AdvancedPlus, Some(Crm::Dynamics), d),
        Shape { ended: true, ..shape("Formerly Grand", 4, Tier::AdvancedPlus, Some(Crm::Salesforce), e) },
    ];
    if f > 0 {
        shapes.push(shape("Centurion Tools", 5, Tier::AdvancedPlus, Some(Crm::Hubspot), f));
    }
    let mut left = rest - a;
    let mut customer = 6;
    while left > 0 {
        let mut random = Random::new(seed, Part::Contract, -customer);
        let (tier, crm) = match random.below(10) {
            0..=1 => (Tier::Core, None),
            2..=5 => (Tier::Advanced, None),
            _ => (Tier::AdvancedPlus, Some(random.pick(&[Crm::Salesforce, Crm::Dynamics, Crm::Hubspot]))),
        };
        let wanted = match tier {
            Tier::Core => 1,
            // Another contract of exactly 100 seats would make `contract_of_100` ambiguous.
            Tier::Advanced | Tier::AdvancedPlus => match 12 + random.skewed(seats / 12) {
                100 => 101,
                other => other,
            },
        };
        let seats = wanted.min(left);
        let seats = if seats == 100 { 99 } else { seats };
        let (name, _) = random.pick(super::names::COMPANY_FIRST);
        shapes.push(shape(&format!("{name} {customer}"), customer, tier, crm, seats));
        left -= seats;
        customer += 1;
    }
    shapes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(seats: u32) -> Layout {
        Layout::new(&Options { seats, ..Options::default() })
    }

    #[test]
    fn contracts_hold_exactly_the_seats_asked_for() {
        for seats in [50, 51, 99, 200, 201, 350, 1000, 9999, 10_000] {
            let layout = layout(seats);
            let sum: i64 = layout.contracts.iter().map(|contract| contract.seats).sum();
            assert_eq!(sum, i64::from(seats));
            assert!(layout.contracts.iter().all(|contract| contract.seats > 0));
            assert!(layout.contract(1).seats >= 20, "A has room for all roles");
        }
    }

    #[test]
    fn one_contract_has_exactly_100_seats_from_200_seats_on() {
        assert_eq!(layout(199).contract_of_100(), None);
        for seats in [200, 350, 1000, 10_000] {
            let layout = layout(seats);
            assert_eq!(layout.contracts.iter().filter(|contract| contract.seats == 100).count(), 1);
            assert_eq!(layout.contract_of_100(), Some(6));
        }
    }

    #[test]
    fn persons_of_a_contract_exist() {
        for seats in [50, 1000] {
            let layout = layout(seats);
            for contract in &layout.contracts {
                let (first, count) = layout.persons_of(contract);
                assert!(first >= FIRST_PERSON && first + count <= FIRST_PERSON + layout.persons());
            }
        }
    }
}
