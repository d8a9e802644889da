//! The desk's workflow: what people ask for, what others decide about it, and the jobs that carry it out.
//!
//! ```text
//! submit ─► decide ─► (waiting period) ─► job: plan, export, erase ─► deliver: archive, certificate
//!    │         │                             │
//!    └─────────┴──────── change ─────────────┘   one transaction: the request's state, its history, jobs, mails and webhooks
//! ```
//!
//! Rules are the model's: which move is legal, who may approve, what stands in the way. Here they are applied to what the store holds, inside the
//! transaction that writes the result. A caller has checked already whether whoever asks may ask at all.

mod attach;
mod cancel;
mod case;
mod change;
mod context;
mod decide;
mod error;
mod exit;
mod expected;
mod extend;
mod hold;
pub mod intake;
pub mod job;
mod notice;
mod notify;
mod people;
mod preview;
pub mod provisioning;
mod rights;
mod setting;
mod submit;
mod webhook;

pub use attach::{NewFile, Placed, attach};
pub use cancel::{Handling, cancel, handle, waive};
pub use case::{CaseStep, move_case, say};
pub use context::{Actor, Context, Settings};
pub use decide::{Verdict, decide};
pub use error::Error;
pub use exit::{ExitShown, act_on_exit, exit, exits_of, give_notice, is_to_be_confirmed};
pub use expected::Expected;
pub use extend::extend;
pub use hold::{lift_hold, place_hold};
pub use notice::{By, ContractName, ExitMail, Notice, NoticeMail, Particulars, Who};
pub use people::Contact;
pub use preview::{KeptRows, OpenChoice, Preview, PreviewRow, Question, preview};
pub use rights::{grant_of_account, grants};
pub use setting::{ContractSettings, choose, contract_settings};
pub use submit::{Submission, Submitted, submit};
pub use webhook::{
    MOST_WEBHOOKS, WebhookTerms, change_webhook, change_webhook_secret, deliver_again, make_webhook, remove_webhook, try_webhook,
};
