//! Jobs: what workers do with requests, archives, mails and webhooks.
//!
//! ```text
//! driver ─ claim ─► lease ─┬─ plan     count, and store the plan of an erasure
//!    │                     ├─ export   archive into the spool ─► archive store ─► ready
//!    └─ heartbeat          ├─ erase    begin, or resume what was cut off ─► certificate
//!                          ├─ expire   delete archives and files
//!                          ├─ remind   who must act before a date
//!                          ├─ advance_exit  what is due in an exit, and its erasure
//!                          ├─ send     mails
//!                          ├─ call     webhooks
//!                          └─ tell     the callbacks of other protocols
//! sweeper ─► archive store    deletes what lost workers left
//! ```
//!
//! Each job ends in one transaction that writes its result and gives the lease back; that transaction fails when it is the worker's no more.
//! Whatever comes before it may be done twice: files in the spool and in the archive store are named by the attempt, and an erasure knows its
//! run.

mod advance_exit;
mod call;
mod driver;
mod erase;
mod expire;
mod export;
mod particulars;
mod plan;
mod problem;
mod remind;
mod send;
mod spool;
mod subject;
mod sweep;
mod tell;
mod watch;
mod work;

/// How often a request that waits for another one is looked at again.
const LOOK_AGAIN_MS: u64 = 15_000;

pub use driver::{Driver, Wake};
pub(super) use plan::{held, holding, keeps, plan_again, replan};
pub use problem::Problem;
pub use spool::Spool;
pub use sweep::{CHECKS, Sweeper};
pub use watch::Watch;
pub use work::{Called, Hook, Outgoing, Post, PostError, Teller, Telling, Told, Work};
