//! Webhooks: what receivers are told, how it is signed, and where it may be sent.
//!
//! ```text
//! webhook ─┬─ event      what happened, and the body that tells of it
//!          ├─ signature  Standard Webhooks: headers, secrets, HMAC
//!          ├─ outcome    what an answer means, and when a receiver is given up
//!          └─ address    which addresses are public
//! ```

pub mod address;
mod event;
mod outcome;
mod signature;

pub use event::{About, AboutExit, Event, body, exit_body, test_body};
pub use outcome::{Disabled, Trouble, Verdict, is_given_up, verdict};
pub use signature::{Secret, SecretError, signatures};
