//! What jobs work with: the platform, the desk's settings, and what reaches outside.

use std::sync::Arc;

use exeunt_model::identity::{EmailAddress, Language, MailId};
use exeunt_model::moment::Moment;
use exeunt_model::request::Channel;
use exeunt_model::webhook::Trouble;
use exeunt_store::archives::ArchiveStore;
use exeunt_store::desk::{Delivery, Webhook};

use super::super::context::{Context, Settings};
use super::super::notice::{Notice, Particulars};
use super::spool::Spool;
use crate::directory::Directory;
use crate::platform::Platform;

/// A mail that is to be sent.
pub struct Outgoing<'a> {
    /// The same for every attempt: a receiver can tell a repeated mail by it.
    pub id: &'a MailId,
    pub to: &'a EmailAddress,
    pub language: Language,
    pub notice: &'a Notice,
    pub particulars: &'a Particulars,
    /// The certificate of an erasure that has ended.
    pub certificate: Option<Vec<u8>>,
    pub settings: &'a Settings,
}

/// What sends mails.
pub trait Post: Send + Sync {
    /// Hands a mail over to the mail server.
    ///
    /// # Errors
    /// Whether it was sent is known to nobody when the server was lost at the wrong moment; then it is sent again.
    fn send(&self, mail: &Outgoing<'_>) -> Result<(), PostError>;
}

/// A mail was not sent.
#[derive(Debug, thiserror::Error)]
#[error("send a mail")]
pub struct PostError {
    /// Nobody will ever take it.
    pub permanent: bool,
    #[source]
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

/// What became of a call of a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Called {
    /// The receiver answered with this status.
    Answered(u16),
    /// No answer was had.
    Failed(Trouble),
}

/// What calls webhooks.
pub trait Hook: Send + Sync {
    /// Calls a receiver, signed at this moment.
    fn call(&self, webhook: &Webhook, delivery: &Delivery, now: Moment) -> Called;
}

/// What a sender of another protocol is told.
pub struct Telling<'a> {
    pub protocol: Channel,
    pub url: &'a str,
    /// JSON, byte for byte as it is sent.
    pub body: &'a [u8],
}

/// What became of a call to a sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    Taken,
    /// Nobody will ever take it there.
    Gone,
    /// Try again later.
    Later,
}

/// What calls the senders of other protocols back.
pub trait Teller: Send + Sync {
    /// Posts to a callback, signed where the protocol asks for it.
    fn tell(&self, telling: &Telling<'_>) -> Told;
}

/// What workers share.
pub struct Work {
    pub platform: Arc<Platform>,
    pub directory: Arc<Directory>,
    pub settings: Settings,
    pub archives: ArchiveStore,
    /// Archives are split into files of about this size.
    pub part_size: Option<u64>,
    pub post: Arc<dyn Post>,
    pub hook: Arc<dyn Hook>,
    pub teller: Arc<dyn Teller>,
    pub spool: Spool,
    pub clock: fn() -> Moment,
    pub random: fn(&mut [u8]),
    /// Name and version of the program.
    pub tool: String,
}

impl Work {
    /// Runs something with the settings, the time and randomness.
    pub(super) fn with<T>(&self, work: impl FnOnce(&mut Context<'_>) -> T) -> T {
        let mut random = |bytes: &mut [u8]| (self.random)(bytes);
        work(&mut Context::new(&self.settings, (self.clock)(), &mut random))
    }
}
