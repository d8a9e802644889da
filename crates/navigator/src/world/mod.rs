//! The world as functions of seed and number: who exists, who holds which seat, and how much they do.

pub mod names;

mod layout;
mod people;
mod random;
mod seats;
mod time;

pub use layout::{Contract, Crm, FIRST_PERSON, Layout, Tier};
pub use people::{Company, Human, Person, Register};
pub use random::{Part, Random};
pub use seats::{Assignment, Seat};
pub use time::{DAY, Day, HOUR, MINUTE, Moment};
