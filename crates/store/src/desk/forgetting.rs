//! What an erasure leaves of its subject in the desk's own tables: nothing but keyed hashes.

use exeunt_model::digest::Digest;
use exeunt_model::identity::{PrincipalId, RequestId};
use exeunt_model::names::SubjectKind;

use crate::error::Error;
use crate::read::parsed;
use crate::sql::{Transaction, parameters};

/// What lies outside of the store and must go too.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Forgotten {
    /// Exports whose archives hold the subject.
    pub exports: Vec<RequestId>,
    /// Files of cases, by their place in the archive store.
    pub attachments: Vec<String>,
}

impl Transaction<'_> {
    /// Forgets a subject: what requests, holds, histories, messages, mails and directories say of it. Returns what must be deleted elsewhere.
    ///
    /// A retry finds what is still to be deleted elsewhere again: both lists hold whatever isn't noted as deleted.
    pub fn forget_subject(&mut self, kind: &SubjectKind, subject: &Digest) -> Result<Forgotten, Error> {
        const OPERATION: &str = "forget a subject";
        let of_subject = parameters![kind.as_str(), subject.as_str()];
        for sql in [
            "-- forget_requests
            UPDATE request
            SET personal = NULL, version = version + 1
            WHERE subject_kind = $1 AND subject = $2 AND personal IS NOT NULL",
            "-- forget_holds
            UPDATE hold
            SET personal = NULL, note = NULL
            WHERE subject_kind = $1 AND subject = $2",
            "-- forget_notes
            UPDATE request_event
            SET note = NULL
            WHERE request IN (SELECT id FROM request WHERE subject_kind = $1 AND subject = $2)",
            "-- forget_messages
            UPDATE message
            SET text = NULL
            WHERE request IN (SELECT id FROM request WHERE subject_kind = $1 AND subject = $2)",
            "-- forget_attachment_names
            UPDATE attachment
            SET name = NULL
            WHERE message IN (
                SELECT m.id
                FROM message AS m
                JOIN request AS r ON r.id = m.request
                WHERE r.subject_kind = $1 AND r.subject = $2
            )",
            "-- forget_mails
            UPDATE mail
            SET document = NULL, abandoned = coalesce(abandoned, created)
            WHERE sent IS NULL AND document IS NOT NULL
                AND request IN (SELECT id FROM request WHERE subject_kind = $1 AND subject = $2 AND kind <> 'erasure')",
        ] {
            self.rows(OPERATION, sql, &of_subject)?;
        }
        let sql = "-- archives_of_subject
            SELECT DISTINCT r.id
            FROM request AS r
            JOIN archive AS a ON a.request = r.id
            WHERE r.subject_kind = $1 AND r.subject = $2 AND a.deleted IS NULL
            ORDER BY r.id";
        let exports = self.all(OPERATION, sql, &of_subject, |row| parsed(&row.get::<String>(0)?, "a request's id"))?;
        let sql = "-- attachments_of_subject
            SELECT a.object
            FROM attachment AS a
            JOIN message AS m ON m.id = a.message
            JOIN request AS r ON r.id = m.request
            WHERE r.subject_kind = $1 AND r.subject = $2 AND a.deleted IS NULL
            ORDER BY a.object";
        let attachments = self.all(OPERATION, sql, &of_subject, |row| row.get(0))?;
        Ok(Forgotten { exports, attachments })
    }

    /// Exports of a whole contract whose archives are still there: they hold every seat of it.
    pub fn archived_exports_of(&mut self, contract: &str) -> Result<Vec<RequestId>, Error> {
        let sql = "-- archived_exports_of
            SELECT DISTINCT r.id
            FROM request AS r
            JOIN archive AS a ON a.request = r.id
            WHERE r.contract = $1 AND r.scope = 'contract' AND a.deleted IS NULL
            ORDER BY r.id";
        self.all("look for archives of a contract", sql, &parameters![contract], |row| parsed(&row.get::<String>(0)?, "a request's id"))
    }

    /// Forgets the address of a principal whom nobody knows any more, if their account is closed and nothing is to be sent to them.
    pub fn forget_closed(&mut self, principal: &PrincipalId) -> Result<(), Error> {
        let sql = "-- forget_closed
            UPDATE principal
            SET email = NULL
            WHERE id = $1 AND role IS NULL AND closed IS NOT NULL
                AND NOT EXISTS (SELECT 1 FROM mail WHERE recipient = $1 AND sent IS NULL AND abandoned IS NULL)";
        self.rows("forget an address", sql, &parameters![principal.as_str()]).map(|_| ())
    }

    /// Forgets the address of somebody who was erased: their requests and decisions stay, nobody can tell whose they were.
    pub fn forget_address(&mut self, email: &exeunt_model::identity::EmailAddress) -> Result<(), Error> {
        let sql = "-- forget_address
            UPDATE principal
            SET email = NULL, closed = coalesce(closed, created)
            WHERE email = $1 AND role IS NULL";
        self.rows("forget an address", sql, &parameters![email.as_str()]).map(|_| ())
    }
}
