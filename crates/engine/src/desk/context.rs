//! What the workflow works with.

use exeunt_model::directory::GroupRoles;
use exeunt_model::identity::{
    ArchiveId, AttachmentId, DeliveryId, DirectoryGroupId, DirectoryUserId, JobId, Language, MailId, PrincipalId, RequestId, Role,
};
use exeunt_model::moment::Moment;
use exeunt_model::run::RunId;
use exeunt_model::setting::Rules;
use exeunt_store::Transaction;
use exeunt_store::desk::Account;
use jiff::civil::Date;

use super::expected::Expected;
use super::people::Contact;

/// What an operator has chosen for the whole desk.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What holds for a contract for which nothing else was chosen.
    pub rules: Rules,
    /// Days between Monday and Friday on which nobody works.
    pub holidays: Vec<Date>,
    /// From when an archive is stored to its deletion.
    pub retention_hours: u32,
    /// The name of the platform as customers know it.
    pub platform_name: String,
    /// Where the desk is reached, without a slash at the end.
    pub public_url: String,
    /// For people whose language isn't known.
    pub language: Language,
    /// How long a receiver of webhooks may fail before nothing is sent there any more.
    pub webhook_patience_hours: u32,
    /// Which pushed groups give which role.
    pub group_roles: GroupRoles,
}

/// Who does something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    pub principal: PrincipalId,
    /// The role by which they may.
    pub role: Role,
}

/// Settings, the time and randomness of one piece of work, and what it may be done to.
pub struct Context<'a> {
    pub settings: &'a Settings,
    pub now: Moment,
    pub random: &'a mut dyn FnMut(&mut [u8]),
    /// Of what is to be changed: the versions that whoever asks has read.
    pub(super) expected: Expected,
}

impl<'a> Context<'a> {
    pub fn new(settings: &'a Settings, now: Moment, random: &'a mut dyn FnMut(&mut [u8])) -> Self {
        Self { settings, now, random, expected: Expected::anything() }
    }
}

impl Context<'_> {
    /// For a change that is made to nothing but these versions.
    pub fn expecting(&mut self, expected: Expected) -> &mut Self {
        self.expected = expected;
        self
    }

    pub(super) fn bits(&mut self) -> u128 {
        let mut bytes = [0; 16];
        (self.random)(&mut bytes);
        u128::from_be_bytes(bytes)
    }

    pub(super) fn request(&mut self) -> RequestId {
        RequestId::from_random(self.bits())
    }

    pub(super) fn job(&mut self) -> JobId {
        JobId::from_random(self.bits())
    }

    pub(super) fn mail(&mut self) -> MailId {
        MailId::from_random(self.bits())
    }

    pub(super) fn delivery(&mut self) -> DeliveryId {
        DeliveryId::from_random(self.bits())
    }

    pub(super) fn archive(&mut self) -> ArchiveId {
        ArchiveId::from_random(self.bits())
    }

    pub(super) fn directory_user(&mut self) -> DirectoryUserId {
        DirectoryUserId::from_random(self.bits())
    }

    pub(super) fn directory_group(&mut self) -> DirectoryGroupId {
        DirectoryGroupId::from_random(self.bits())
    }

    pub(super) fn attachment(&mut self) -> AttachmentId {
        AttachmentId::from_random(self.bits())
    }

    pub(super) fn run(&mut self) -> RunId {
        RunId::from_random(self.bits())
    }

    /// A number to spread retries with.
    pub(super) fn spread(&mut self) -> u64 {
        self.bits() as u64
    }

    /// So many hours from now.
    pub(super) fn in_hours(&self, hours: u32) -> Moment {
        let later = self.now.microseconds().saturating_add(i64::from(hours) * 3_600_000_000);
        Moment::from_microseconds(later).unwrap_or(self.now)
    }

    /// So many milliseconds from now.
    pub(super) fn in_milliseconds(&self, milliseconds: u64) -> Moment {
        let later = self.now.microseconds().saturating_add(i64::try_from(milliseconds).unwrap_or(i64::MAX / 2_000).saturating_mul(1_000));
        Moment::from_microseconds(later).unwrap_or(self.now)
    }

    /// The principal of an address, made where it is new.
    ///
    /// # Errors
    /// The store's.
    pub fn principal(&mut self, transaction: &mut Transaction<'_>, contact: &Contact) -> Result<PrincipalId, exeunt_store::Error> {
        if let Some(known) = transaction.principal_of(&contact.email)? {
            return Ok(known.id);
        }
        let account = Account {
            id: PrincipalId::from_random(self.bits()),
            email: Some(contact.email.clone()),
            role: None,
            language: contact.language,
            created: self.now,
            closed: None,
        };
        transaction.insert_principal(&account)?;
        Ok(account.id)
    }
}
