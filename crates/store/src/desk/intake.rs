//! The tables `sender`, `intake`, `intake_part` and `intake_callback`: what came in by another protocol, by whom, and what it became.
//!
//! Nobody who is asked for stands here: identities lead to seats when something comes in, and are not kept.

use exeunt_model::identity::{CallbackId, IntakeId, PrincipalId, RequestId};
use exeunt_model::moment::Moment;
use exeunt_model::request::reason::Rejection;
use exeunt_model::request::{Channel, Kind};

use crate::error::Error;
use crate::read::{moment, parsed};
use crate::sql::{Row, Transaction, parameters};

/// Somebody who sends people's requests by a protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender {
    pub protocol: Channel,
    /// Its id in the directory of the network, or in the configuration.
    pub name: String,
    pub principal: PrincipalId,
    /// When the message was issued by which its token was set up.
    pub paired: Option<Moment>,
}

/// Something that came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intake {
    pub id: IntakeId,
    pub protocol: Channel,
    pub sender: PrincipalId,
    /// The sender's name for it, or a keyed hash of what was sent.
    pub reference: String,
    /// Whether the sender gave the name.
    pub named: bool,
    /// Keyed hash of what was asked for and about whom.
    pub fingerprint: String,
    pub kind: Kind,
    pub received: Moment,
    pub due: Moment,
    /// When the sender took it back.
    pub revoked: Option<Moment>,
}

/// One thing that it became.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IntakePart {
    /// A request; `own` where it was made for this.
    Request { request: RequestId, own: bool },
    /// No request was made.
    Refused { reason: Rejection },
}

/// Where a sender wants to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntakeCallback {
    pub id: CallbackId,
    pub intake: IntakeId,
    /// `None` once the last change was told.
    pub url: Option<String>,
    /// SHA-256 of what it was told last.
    pub told: Option<String>,
}

const COLUMNS: &str = "id, protocol, sender, reference, named, fingerprint, kind, received, due, revoked";

impl Transaction<'_> {
    /// A sender by the name that its protocol has for it.
    pub fn sender(&mut self, protocol: Channel, name: &str) -> Result<Option<Sender>, Error> {
        let sql = "-- sender
            SELECT protocol, name, principal, paired
            FROM sender
            WHERE protocol = $1 AND name = $2";
        self.optional("look up a sender", sql, &parameters![protocol.as_str(), name], read_sender)
    }

    /// The sender that a principal is.
    pub fn sender_of(&mut self, principal: &PrincipalId) -> Result<Option<Sender>, Error> {
        let sql = "-- sender_of
            SELECT protocol, name, principal, paired
            FROM sender
            WHERE principal = $1";
        self.optional("look up a sender", sql, &parameters![principal.as_str()], read_sender)
    }

    /// Adds a sender whose principal is there.
    pub fn insert_sender(&mut self, sender: &Sender) -> Result<(), Error> {
        let sql = "-- insert_sender
            INSERT INTO sender (protocol, name, principal, paired)
            VALUES ($1, $2, $3, $4)";
        let Sender { protocol, name, principal, paired } = sender;
        let values = parameters![protocol.as_str(), name.as_str(), principal.as_str(), paired.map(Moment::microseconds)];
        self.one_row("add a sender", sql, &values)
    }

    /// Notes a pairing by a message that was issued later than that of the pairing before. False for a message that was not.
    pub fn note_pairing(&mut self, principal: &PrincipalId, issued: Moment) -> Result<bool, Error> {
        let sql = "-- note_pairing
            UPDATE sender
            SET paired = $2
            WHERE principal = $1 AND (paired IS NULL OR paired < $2)";
        Ok(self.rows("note a pairing", sql, &parameters![principal.as_str(), issued.microseconds()])? == 1)
    }

    /// Adds what came in.
    pub fn insert_intake(&mut self, intake: &Intake) -> Result<(), Error> {
        let sql = "-- insert_intake
            INSERT INTO intake (id, protocol, sender, reference, named, fingerprint, kind, received, due)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
        let Intake { id, protocol, sender, reference, named, fingerprint, kind, received, due, revoked: _ } = intake;
        let values = parameters![
            id.as_str(),
            protocol.as_str(),
            sender.as_str(),
            reference.as_str(),
            *named,
            fingerprint.as_str(),
            kind.as_str(),
            received.microseconds(),
            due.microseconds()
        ];
        self.one_row("remember an intake", sql, &values)
    }

    /// What came in, by our own name for it.
    pub fn intake(&mut self, id: &IntakeId) -> Result<Option<Intake>, Error> {
        let sql = format!("-- intake\nSELECT {COLUMNS} FROM intake WHERE id = $1");
        self.optional("look up an intake", &sql, &parameters![id.as_str()], read)
    }

    /// What a sender calls by this name.
    pub fn intake_called(&mut self, sender: &PrincipalId, reference: &str) -> Result<Option<Intake>, Error> {
        let sql = format!("-- intake_called\nSELECT {COLUMNS} FROM intake WHERE sender = $1 AND reference = $2");
        self.optional("look up an intake", &sql, &parameters![sender.as_str(), reference], read)
    }

    /// Everything that waits for a request.
    pub fn intakes_of(&mut self, request: &RequestId) -> Result<Vec<Intake>, Error> {
        let sql = format!(
            "-- intakes_of
            SELECT {COLUMNS}
            FROM intake
            WHERE id IN (SELECT intake FROM intake_part WHERE request = $1)
            ORDER BY received, id"
        );
        self.all("look up intakes", &sql, &parameters![request.as_str()], read)
    }

    /// Notes that the sender took it back. False when it was before.
    pub fn revoke_intake(&mut self, id: &IntakeId, now: Moment) -> Result<bool, Error> {
        let sql = "-- revoke_intake
            UPDATE intake
            SET revoked = $2
            WHERE id = $1 AND revoked IS NULL";
        Ok(self.rows("revoke an intake", sql, &parameters![id.as_str(), now.microseconds()])? == 1)
    }

    /// Adds a part of what came in.
    pub fn insert_intake_part(&mut self, intake: &IntakeId, number: usize, part: &IntakePart) -> Result<(), Error> {
        let sql = "-- insert_intake_part
            INSERT INTO intake_part (intake, number, request, own, reason)
            VALUES ($1, $2, $3, $4, $5)";
        let (request, own, reason) = match part {
            IntakePart::Request { request, own } => (Some(request.as_str()), *own, None),
            IntakePart::Refused { reason } => (None, false, Some(reason.as_str())),
        };
        let number = i64::try_from(number).unwrap_or(i64::MAX);
        self.one_row("remember what an intake became", sql, &parameters![intake.as_str(), number, request, own, reason])
    }

    /// What it became, in order.
    pub fn intake_parts(&mut self, intake: &IntakeId) -> Result<Vec<IntakePart>, Error> {
        let sql = "-- intake_parts
            SELECT request, own, reason
            FROM intake_part
            WHERE intake = $1
            ORDER BY number";
        self.all("read what an intake became", sql, &parameters![intake.as_str()], |row| {
            let request: Option<String> = row.get(0)?;
            let reason: Option<String> = row.get(2)?;
            match (request, reason) {
                (Some(request), _) => Ok(IntakePart::Request { request: parsed(&request, "a request's id")?, own: row.get(1)? }),
                (None, Some(reason)) => Ok(IntakePart::Refused { reason: parsed(&reason, "a reason")? }),
                (None, None) => Err(Error::damaged("an intake became nothing, for no reason")),
            }
        })
    }

    /// Adds an address at which the sender is told.
    pub fn insert_callback(&mut self, callback: &IntakeCallback) -> Result<(), Error> {
        let sql = "-- insert_callback
            INSERT INTO intake_callback (id, intake, url, told)
            VALUES ($1, $2, $3, $4)";
        let IntakeCallback { id, intake, url, told } = callback;
        self.one_row("add a callback", sql, &parameters![id.as_str(), intake.as_str(), url.as_deref(), told.as_deref()])
    }

    /// A callback by its id.
    pub fn callback(&mut self, id: &CallbackId) -> Result<Option<IntakeCallback>, Error> {
        let sql = "-- callback
            SELECT id, intake, url, told
            FROM intake_callback
            WHERE id = $1";
        self.optional("read a callback", sql, &parameters![id.as_str()], read_callback)
    }

    /// The callbacks of what came in that are still to be told of changes.
    pub fn callbacks_of(&mut self, intake: &IntakeId) -> Result<Vec<IntakeCallback>, Error> {
        let sql = "-- callbacks_of
            SELECT id, intake, url, told
            FROM intake_callback
            WHERE intake = $1 AND url IS NOT NULL
            ORDER BY id";
        self.all("read callbacks", sql, &parameters![intake.as_str()], read_callback)
    }

    /// Notes what a callback was told, and forgets the address where `last` says that nothing follows.
    pub fn note_callback(&mut self, id: &CallbackId, told: Option<&str>, last: bool) -> Result<(), Error> {
        let sql = "-- note_callback
            UPDATE intake_callback
            SET told = coalesce($2, told), url = CASE WHEN $3 = 1 THEN NULL ELSE url END
            WHERE id = $1";
        self.one_row("note a callback", sql, &parameters![id.as_str(), told, i64::from(last)])
    }
}

fn channel(text: &str) -> Result<Channel, Error> {
    Channel::ALL.into_iter().find(|known| known.as_str() == text).ok_or_else(|| Error::damaged("an intake has an unknown protocol"))
}

fn read_sender(row: &Row<'_>) -> Result<Sender, Error> {
    Ok(Sender {
        protocol: channel(&row.get::<String>(0)?)?,
        name: row.get(1)?,
        principal: parsed(&row.get::<String>(2)?, "a principal's id")?,
        paired: row.get::<Option<i64>>(3)?.map(moment).transpose()?,
    })
}

fn read(row: &Row<'_>) -> Result<Intake, Error> {
    Ok(Intake {
        id: parsed(&row.get::<String>(0)?, "an intake's id")?,
        protocol: channel(&row.get::<String>(1)?)?,
        sender: parsed(&row.get::<String>(2)?, "a principal's id")?,
        reference: row.get(3)?,
        named: row.get(4)?,
        fingerprint: row.get(5)?,
        kind: parsed(&row.get::<String>(6)?, "a request's kind")?,
        received: moment(row.get(7)?)?,
        due: moment(row.get(8)?)?,
        revoked: row.get::<Option<i64>>(9)?.map(moment).transpose()?,
    })
}

fn read_callback(row: &Row<'_>) -> Result<IntakeCallback, Error> {
    Ok(IntakeCallback {
        id: parsed(&row.get::<String>(0)?, "a callback's id")?,
        intake: parsed(&row.get::<String>(1)?, "an intake's id")?,
        url: row.get(2)?,
        told: row.get(3)?,
    })
}
