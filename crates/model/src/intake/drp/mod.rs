//! Data Rights Protocol 1.0 as a business sees it (<https://github.com/consumer-reports-innovation-lab/data-rights-protocol>).
//!
//! ```text
//! drp ─┬─ envelope  who has signed a message, for whom, and whether it is fresh
//!      ├─ exercise  which right of which person it is about
//!      └─ status    what is answered about a request
//! ```
//!
//! A revocation (section 2.04) is signed but names neither request nor time: that it is meant for this request follows from the token alone.

mod envelope;
mod exercise;
mod status;

pub use envelope::{Agent, Claims, Envelope, Error, ErrorBody, VALIDITY_MINUTES, agent_of_token, open, open_pairing};
pub use exercise::{Exercise, Person, Right, SUPPORTED, exercise, revocation_reason};
pub use status::{Reason, Results, Standing, Status, StatusAnswer, revoked_by, status};

#[cfg(test)]
mod tests;
