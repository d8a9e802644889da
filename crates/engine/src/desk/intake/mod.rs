//! What comes in by other protocols: whom it is about, what it becomes, and what its sender is told.
//!
//! ```text
//! sender ─► find ─► receive ─► a proposal for each seat, a case for a person, or nothing with a reason
//!                                  │ moves
//!                                  ▼
//!             answer ◄──────── status, callbacks
//! ```
//!
//! Identities are looked up once and not kept. Nobody who sends decides: an admin or a representative of the contract must agree.

mod answer;
mod find;
mod receive;
mod revoke;
mod sender;

pub(super) use answer::digest_of;
pub use answer::{Outcome, outcome};
pub use find::{About, Reach, find};
pub use receive::{Incoming, Taken, receive};
pub use revoke::revoke;
pub use sender::{authorize, pair, sender};
