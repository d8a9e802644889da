//! The table `mail`: the outbox. What a mail says is forgotten once it is sent or given up.

use exeunt_model::identity::{MailId, PrincipalId, RequestId};
use exeunt_model::moment::Moment;

use crate::error::Error;
use crate::read::{moment, parsed};
use crate::sql::{Transaction, parameters};

/// A mail of the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    pub id: MailId,
    pub recipient: PrincipalId,
    pub request: Option<RequestId>,
    pub template: String,
    /// JSON: what the template is filled with. `None` once the mail was sent or given up.
    pub document: Option<String>,
    pub created: Moment,
    pub sent: Option<Moment>,
    pub abandoned: Option<Moment>,
}

impl Transaction<'_> {
    /// Puts a mail into the outbox.
    pub fn insert_mail(&mut self, mail: &Mail) -> Result<(), Error> {
        let sql = "-- insert_mail
            INSERT INTO mail (id, recipient, request, template, document, created)
            VALUES ($1, $2, $3, $4, $5, $6)";
        let values = parameters![
            mail.id.as_str(),
            mail.recipient.as_str(),
            mail.request.as_ref().map(RequestId::as_str),
            mail.template.as_str(),
            mail.document.as_deref(),
            mail.created.microseconds()
        ];
        self.one_row("put a mail into the outbox", sql, &values)
    }

    /// A mail by its id.
    pub fn mail(&mut self, id: &MailId) -> Result<Option<Mail>, Error> {
        let sql = "-- mail
            SELECT id, recipient, request, template, document, created, sent, abandoned
            FROM mail
            WHERE id = $1";
        self.optional("read a mail", sql, &parameters![id.as_str()], |row| {
            let request: Option<String> = row.get(2)?;
            Ok(Mail {
                id: parsed(&row.get::<String>(0)?, "a mail's id")?,
                recipient: parsed(&row.get::<String>(1)?, "a principal's id")?,
                request: request.map(|request| parsed(&request, "a request's id")).transpose()?,
                template: row.get(3)?,
                document: row.get(4)?,
                created: moment(row.get(5)?)?,
                sent: row.get::<Option<i64>>(6)?.map(moment).transpose()?,
                abandoned: row.get::<Option<i64>>(7)?.map(moment).transpose()?,
            })
        })
    }

    /// Whether a mail that says just this waits for somebody.
    pub fn has_unsent_mail(&mut self, recipient: &PrincipalId, template: &str, document: &str) -> Result<bool, Error> {
        let sql = "-- has_unsent_mail
            SELECT count(*)
            FROM mail
            WHERE recipient = $1 AND template = $2 AND document = $3 AND sent IS NULL AND abandoned IS NULL";
        let values = parameters![recipient.as_str(), template, document];
        Ok(self.single("look for a mail", sql, &values, |row| row.get::<u64>(0))? > 0)
    }

    /// When somebody was last written to by this template about a request of a contract.
    pub fn last_mail_about(&mut self, recipient: &PrincipalId, template: &str, contract: &str) -> Result<Option<Moment>, Error> {
        let sql = "-- last_mail_about
            SELECT max(m.created)
            FROM mail AS m
            JOIN request AS r ON r.id = m.request
            WHERE m.recipient = $1 AND m.template = $2 AND r.contract = $3";
        let values = parameters![recipient.as_str(), template, contract];
        self.single("look for a mail", sql, &values, |row| row.get::<Option<i64>>(0)?.map(moment).transpose())
    }

    /// Notes that a mail server took the mail.
    pub fn mail_sent(&mut self, id: &MailId, now: Moment) -> Result<(), Error> {
        let sql = "-- mail_sent
            UPDATE mail
            SET sent = $2, document = NULL
            WHERE id = $1 AND sent IS NULL";
        self.one_row("note a sent mail", sql, &parameters![id.as_str(), now.microseconds()])
    }

    /// Gives a mail up that nobody takes, or that nobody may get any more.
    pub fn abandon_mail(&mut self, id: &MailId, now: Moment) -> Result<(), Error> {
        let sql = "-- abandon_mail
            UPDATE mail
            SET abandoned = $2, document = NULL
            WHERE id = $1 AND sent IS NULL AND abandoned IS NULL";
        self.rows("give a mail up", sql, &parameters![id.as_str(), now.microseconds()]).map(|_| ())
    }

    /// Forgets mails that were sent or given up and are older than that.
    pub fn sweep_mails(&mut self, before: Moment) -> Result<(), Error> {
        let sql = "-- sweep_mails
            DELETE FROM mail
            WHERE created < $1 AND (sent IS NOT NULL OR abandoned IS NOT NULL)";
        self.rows("forget old mails", sql, &parameters![before.microseconds()]).map(|_| ())
    }
}
