//! Planning: from a platform and a request to a plan with exact counts.
//!
//! ```text
//! Platform ──open──► Snapshot (one moment of every database, checked against the lock, resolved with the map)
//!                      └─► subject found ──► facts ──► outline (pure) ──► counts ──► Plan
//! ```
//!
//! Everything here reads and nothing writes.

mod compare;
mod count;
mod error;
mod opening;
mod orphans;
mod request;
mod snapshot;

pub use compare::{count_difference, difference};
pub use count::{Counts, NamedFiles, PLAN_VERSION, Prepared};
pub use error::Error;
pub(crate) use error::{consequence, count as counted, to_choose};
pub use opening::Opening;
pub use request::{Request, Subject};
pub use snapshot::{Found, Snapshot};
