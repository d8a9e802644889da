//! What an erasure leaves of its subject in the desk's own tables: nothing but keyed hashes.

use std::collections::BTreeMap;

use exeunt_model::digest::Digest;
use exeunt_model::identity::{EmailAddress, PrincipalId, RequestId};
use exeunt_model::moment::Moment;
use exeunt_model::names::SubjectKind;
use exeunt_model::webhook::Event;

use crate::error::Error;
use crate::read::parsed;
use crate::sql::{MOST_VALUES, Row, Transaction, Value, parameters, places};

/// Whose requests and holds are forgotten: a condition on the columns that both tables have.
const OF_CONTRACT: &str = "contract = $1";
/// A request is no hold, and no hold has its id.
const OF_REQUEST: &str = "id = $1";
/// Whether the archive store still holds archives of a request, or files of a case.
const IS_STORED: &str = "id IN (SELECT request FROM archive WHERE deleted IS NULL)
    OR id IN (SELECT m.request FROM message AS m JOIN attachment AS a ON a.message = m.id WHERE a.deleted IS NULL)";

/// Calls with a condition on requests and holds, and its values, until all subjects are named by one.
fn for_subjects(gone: &[(SubjectKind, Digest)], mut call: impl FnMut(&str, &[Value]) -> Result<(), Error>) -> Result<(), Error> {
    let mut kinds: BTreeMap<&SubjectKind, Vec<&Digest>> = BTreeMap::new();
    for (kind, subject) in gone {
        kinds.entry(kind).or_default().push(subject);
    }
    for (kind, subjects) in kinds {
        for subjects in subjects.chunks(MOST_VALUES) {
            let mut values: Vec<Value> = parameters![kind.as_str()].to_vec();
            values.extend(subjects.iter().map(|subject| Value::from(subject.as_str())));
            call(&format!("subject_kind = $1 AND subject IN ({listed})", listed = places(2, subjects.len())), &values)?;
        }
    }
    Ok(())
}

impl Transaction<'_> {
    /// Forgets subjects: what requests, holds, histories, messages and mails say of them.
    pub fn forget_subjects(&mut self, gone: &[(SubjectKind, Digest)]) -> Result<(), Error> {
        for_subjects(gone, |concerned, values| self.forget(concerned, values))
    }

    /// Forgets a contract with all its seats, in the same way: what was asked for about any of them.
    pub fn forget_contract(&mut self, contract: &str) -> Result<(), Error> {
        let sql = "-- forget_exit_words
            UPDATE exit_event
            SET words = NULL, salt = NULL
            WHERE exit IN (SELECT id FROM contract_exit WHERE contract = $1)";
        self.rows("forget a subject", sql, &parameters![contract])?;
        self.forget(OF_CONTRACT, &parameters![contract])
    }

    /// Ends the webhooks of a contract that was erased: nothing waits for them any more but the event that says so, made at this very moment.
    /// Whoever has been told is removed, with address and secrets; those who need not be told are removed now.
    pub fn end_webhooks_of(&mut self, contract: &str, now: Moment) -> Result<(), Error> {
        const OPERATION: &str = "end the webhooks of a contract";
        let values = parameters![contract, now.microseconds()];
        let sql = "-- end_webhooks
            UPDATE webhook
            SET ending = $2
            WHERE contract = $1 AND removed IS NULL AND ending IS NULL";
        self.rows(OPERATION, sql, &values)?;
        let sql = "-- abandon_deliveries
            UPDATE delivery
            SET abandoned = $2
            WHERE webhook IN (SELECT id FROM webhook WHERE contract = $1)
                AND delivered IS NULL AND abandoned IS NULL AND NOT (event = $3 AND created = $2)";
        let values = parameters![contract, now.microseconds(), Event::ErasureCompleted.as_str()];
        self.rows(OPERATION, sql, &values)?;
        self.remove_ended_webhooks(now)
    }

    /// Forgets whom a single request was about, and what was said in it: for one whose subject no erasure of the desk ever names.
    pub fn forget_request(&mut self, request: &RequestId) -> Result<(), Error> {
        self.forget(OF_REQUEST, &parameters![request.as_str()])
    }

    fn forget(&mut self, concerned: &str, values: &[Value]) -> Result<(), Error> {
        let requests = format!("SELECT id FROM request WHERE {concerned}");
        for sql in [
            format!(
                "-- forget_requests\nUPDATE request SET personal = NULL, version = version + 1 WHERE {concerned} AND personal IS NOT NULL"
            ),
            format!("-- forget_holds\nUPDATE hold SET personal = NULL, note = NULL WHERE {concerned}"),
            format!("-- forget_notes\nUPDATE request_event SET note = NULL WHERE request IN ({requests})"),
            format!("-- forget_messages\nUPDATE message SET text = NULL WHERE request IN ({requests})"),
            format!(
                "-- forget_attachment_names
                UPDATE attachment
                SET name = NULL
                WHERE message IN (SELECT id FROM message WHERE request IN ({requests}))"
            ),
            format!("-- forget_idempotent\nDELETE FROM idempotency WHERE request IN ({requests})"),
            // Whoever asked for the erasure is written to afterwards, without a name.
            format!(
                "-- forget_mails
                UPDATE mail
                SET document = NULL, abandoned = coalesce(abandoned, created)
                WHERE sent IS NULL AND document IS NOT NULL AND request IN ({requests})"
            ),
        ] {
            self.rows("forget a subject", &sql, values)?;
        }
        Ok(())
    }

    /// The requests of a contract, of its seats too, of which the archive store still holds something: archives, or files of a case.
    pub fn stored_requests_of(&mut self, contract: &str) -> Result<Vec<RequestId>, Error> {
        let sql = format!("-- stored_requests_of\nSELECT id FROM request WHERE contract = $1 AND ({IS_STORED}) ORDER BY id");
        self.all("look for what is stored of a contract", &sql, &parameters![contract], |row| {
            parsed(&row.get::<String>(0)?, "a request's id")
        })
    }

    /// The requests about these subjects, of whatever contract, of which the archive store or a spool may still hold something: all exports, since a
    /// lost worker has noted nothing, and cases with files.
    pub fn stored_requests_about(&mut self, gone: &[(SubjectKind, Digest)]) -> Result<Vec<RequestId>, Error> {
        let mut found = Vec::new();
        for_subjects(gone, |concerned, values| {
            let sql = format!(
                "-- stored_requests_about\nSELECT id FROM request WHERE {concerned} AND (kind = 'export' OR {IS_STORED}) ORDER BY id"
            );
            let read = |row: &Row<'_>| parsed(&row.get::<String>(0)?, "a request's id");
            found.extend(self.all("look for what is stored of a subject", &sql, values, read)?);
            Ok(())
        })?;
        Ok(found)
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

    /// The same of all of them.
    pub fn sweep_closed(&mut self) -> Result<(), Error> {
        let sql = "-- sweep_closed
            UPDATE principal
            SET email = NULL
            WHERE email IS NOT NULL AND role IS NULL AND closed IS NOT NULL
                AND NOT EXISTS (SELECT 1 FROM mail WHERE recipient = principal.id AND sent IS NULL AND abandoned IS NULL)";
        self.rows("forget addresses", sql, &parameters![]).map(|_| ())
    }

    /// Ends the sessions of those who were erased, and forgets their addresses: their requests and decisions stay, nobody can tell whose they were.
    /// One of them may be the `requester` to whom the certificate still goes: their account is closed alone, until
    /// [`Self::forget_closed`].
    pub fn forget_addresses(&mut self, gone: &[EmailAddress], requester: &PrincipalId, now: Moment) -> Result<(), Error> {
        for gone in gone.chunks(MOST_VALUES) {
            let of = |first: usize| format!("email IN ({listed}) AND role IS NULL", listed = places(first, gone.len()));
            let with = |others: &[Value]| -> Vec<Value> {
                others.iter().cloned().chain(gone.iter().map(|email| Value::from(email.as_str()))).collect()
            };
            let persons = format!("SELECT id FROM principal WHERE {gone}", gone = of(1));
            for sql in [
                format!("-- end_sessions_of_gone\nDELETE FROM session WHERE principal IN ({persons})"),
                format!("-- forget_links_of_gone\nDELETE FROM sign_in_link WHERE principal IN ({persons})"),
            ] {
                self.rows("end sessions", &sql, &with(&[]))?;
            }
            let sql = format!("-- close_requester\nUPDATE principal SET closed = $2 WHERE id = $1 AND {gone}", gone = of(3));
            self.rows("forget addresses", &sql, &with(&parameters![requester.as_str(), now.microseconds()]))?;
            let sql = format!(
                "-- forget_addresses
                UPDATE principal
                SET email = NULL, closed = coalesce(closed, created)
                WHERE id <> $1 AND {gone}",
                gone = of(2)
            );
            self.rows("forget addresses", &sql, &with(&parameters![requester.as_str()]))?;
        }
        Ok(())
    }
}
