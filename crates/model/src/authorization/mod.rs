//! Who may do what: one table of role × action, each role within its own territory.
//!
//! A role is always held somewhere: an operator and an auditor everywhere, a representative in the contracts assigned to them, an admin and a
//! sub-admin in their contract, a holder in their seat. The table says whether a role has an action at all; [`Principal::may`] adds the
//! territory. Nothing else in the program decides about rights.

mod action;
mod principal;
mod table;
#[cfg(test)]
mod tests;

pub use action::Action;
pub use principal::{Grant, NO_CONTRACT, Principal, Target};
pub use table::{Reach, reach};
