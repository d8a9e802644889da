//! The tables `message` and `attachment`: what is said in a case, and the files that belong to it.

use exeunt_model::identity::{AttachmentId, MessageId, PrincipalId, RequestId};
use exeunt_model::moment::Moment;

use super::position::{Position, oldest};
use crate::error::Error;
use crate::read::{moment, parsed};
use crate::sql::{Row, Transaction, parameters};

/// A message in a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseMessage {
    pub id: MessageId,
    pub request: RequestId,
    pub author: PrincipalId,
    pub at: Moment,
    /// Seen by the platform's people alone.
    pub internal: bool,
    /// `None` once the subject was erased.
    pub text: Option<String>,
}

/// A file that belongs to a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    pub id: AttachmentId,
    pub message: MessageId,
    /// `None` once the subject was erased.
    pub name: Option<String>,
    pub media_type: String,
    /// Where its bytes are in the archive store.
    pub object: String,
    pub bytes: u64,
    pub sha256: String,
    pub deleted: Option<Moment>,
}

impl Transaction<'_> {
    /// Adds a message.
    pub fn insert_message(&mut self, message: &CaseMessage) -> Result<(), Error> {
        let sql = "-- insert_message
            INSERT INTO message (id, request, author, at, internal, text)
            VALUES ($1, $2, $3, $4, $5, $6)";
        let CaseMessage { id, request, author, at, internal, text } = message;
        let values = parameters![id.as_str(), request.as_str(), author.as_str(), at.microseconds(), *internal, text.as_deref()];
        self.one_row("add a message", sql, &values)
    }

    /// A page of the messages of a case, in order; internal ones only where they are asked for.
    pub fn messages(
        &mut self,
        request: &RequestId,
        internal: bool,
        after: Option<&Position<MessageId>>,
        limit: u32,
    ) -> Result<Vec<CaseMessage>, Error> {
        let sql = "-- messages
            SELECT id, request, author, at, internal, text
            FROM message
            WHERE request = $1 AND internal <= $2 AND (at > $3 OR (at = $3 AND id > $4))
            ORDER BY at, id
            LIMIT $5";
        let (at, id) = oldest(after, MessageId::as_str);
        self.all("read messages", sql, &parameters![request.as_str(), internal, at, id, limit], |row| {
            Ok(CaseMessage {
                id: parsed(&row.get::<String>(0)?, "a message's id")?,
                request: parsed(&row.get::<String>(1)?, "a request's id")?,
                author: parsed(&row.get::<String>(2)?, "a principal's id")?,
                at: moment(row.get(3)?)?,
                internal: row.get(4)?,
                text: row.get(5)?,
            })
        })
    }

    /// Adds a file whose bytes are stored.
    pub fn insert_attachment(&mut self, attachment: &Attachment) -> Result<(), Error> {
        let sql = "-- insert_attachment
            INSERT INTO attachment (id, message, name, media_type, object, bytes, sha256)
            VALUES ($1, $2, $3, $4, $5, $6, $7)";
        let Attachment { id, message, name, media_type, object, bytes, sha256, deleted: _ } = attachment;
        let values =
            parameters![id.as_str(), message.as_str(), name.as_deref(), media_type.as_str(), object.as_str(), *bytes, sha256.as_str()];
        self.one_row("add an attachment", sql, &values)
    }

    /// The files of a case.
    pub fn attachments_of(&mut self, request: &RequestId, internal: bool) -> Result<Vec<Attachment>, Error> {
        let sql = "-- attachments_of
            SELECT a.id, a.message, a.name, a.media_type, a.object, a.bytes, a.sha256, a.deleted
            FROM attachment AS a
            JOIN message AS m ON m.id = a.message
            WHERE m.request = $1 AND m.internal <= $2
            ORDER BY m.at, a.id";
        self.all("read attachments", sql, &parameters![request.as_str(), internal], read_attachment)
    }

    /// A file of a case; an internal one only where it is asked for.
    pub fn attachment_of(&mut self, request: &RequestId, id: &AttachmentId, internal: bool) -> Result<Option<Attachment>, Error> {
        let sql = "-- attachment_of
            SELECT a.id, a.message, a.name, a.media_type, a.object, a.bytes, a.sha256, a.deleted
            FROM attachment AS a
            JOIN message AS m ON m.id = a.message
            WHERE m.request = $1 AND a.id = $2 AND m.internal <= $3";
        self.optional("read an attachment", sql, &parameters![request.as_str(), id.as_str(), internal], read_attachment)
    }

    /// Notes that the bytes of a case's files are gone from the archive store.
    pub fn attachments_deleted(&mut self, request: &RequestId, now: Moment) -> Result<(), Error> {
        let sql = "-- attachments_deleted
            UPDATE attachment
            SET deleted = $2
            WHERE deleted IS NULL AND message IN (SELECT id FROM message WHERE request = $1)";
        self.rows("note deleted attachments", sql, &parameters![request.as_str(), now.microseconds()]).map(|_| ())
    }
}

fn read_attachment(row: &Row<'_>) -> Result<Attachment, Error> {
    Ok(Attachment {
        id: parsed(&row.get::<String>(0)?, "an attachment's id")?,
        message: parsed(&row.get::<String>(1)?, "a message's id")?,
        name: row.get(2)?,
        media_type: row.get(3)?,
        object: row.get(4)?,
        bytes: row.get(5)?,
        sha256: row.get(6)?,
        deleted: row.get::<Option<i64>>(7)?.map(moment).transpose()?,
    })
}
