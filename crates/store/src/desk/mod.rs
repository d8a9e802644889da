//! The desk's tables, as functions of a transaction.
//!
//! ```text
//! desk ─┬─ principal   who acts: accounts of the desk, and persons whom the directory knows
//!       ├─ signing_in  links, sessions, API tokens: secrets are kept as their SHA-256
//!       ├─ setting     what was chosen for a contract
//!       ├─ request     what is asked for, where it stands, and its history
//!       ├─ approval    what was decided about it
//!       ├─ case        messages and files of a case
//!       ├─ hold        what must not be erased for now
//!       ├─ job         work with leases and fencing tokens
//!       ├─ archive     delivered archives and links to them
//!       ├─ mail        the outbox
//!       ├─ measure     how much there is of what, for those who watch the desk
//!       ├─ position    where a page of a list begins
//!       ├─ webhook     receivers and deliveries
//!       ├─ exit        exits of contracts
//!       ├─ intake      who sends by other protocols, what came in, and what it became
//!       ├─ directory   users and groups that were pushed, and closed addresses
//!       └─ forgetting  what an erasure leaves of its subject here: nothing
//! ```
//!
//! Whoever calls composes a transaction of them; what they mean together is the engine's business. Moves of requests are rules of the model:
//! nothing here decides.

mod approval;
mod archive;
mod case;
mod directory;
mod exit;
mod forgetting;
mod hold;
mod intake;
mod job;
mod mail;
mod measure;
mod position;
mod principal;
mod request;
mod setting;
mod signing_in;
mod webhook;

pub use archive::{Archive, Link};
pub use case::{Attachment, CaseMessage};
pub use directory::{Closure, DirectoryGroup, DirectoryUser, Return, UserKey};
pub use exit::{ContractExit, ExitEvent};
pub use hold::Hold;
pub use intake::{Intake, IntakeCallback, IntakePart, Sender};
pub use job::{Job, Lease, Limits, NewJob, Share};
pub use mail::Mail;
pub use measure::{Measures, OpenJobs};
pub use position::Position;
pub use principal::Account;
pub use request::{Event, Filter, Personal, Request, Sight};
pub use setting::ContractSetting;
pub use signing_in::{Session, Token};
pub use webhook::{Delivery, Webhook};
