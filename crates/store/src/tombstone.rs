//! The table `tombstone`: that a subject was erased, as a keyed hash. They outlive the subject and are never removed.

use exeunt_model::digest::Digest;
use exeunt_model::names::SubjectKind;
use exeunt_model::tombstone::Tombstone;

use crate::database::Store;
use crate::error::Error;
use crate::read::{moment, parsed};
use crate::sql::{Row, Transaction, Value, parameters};

impl Store {
    /// The erasures of a subject, oldest first. A subject that came back and was erased again has several.
    pub fn tombstones_of(&self, kind: &SubjectKind, subject: &Digest) -> Result<Vec<Tombstone>, Error> {
        let sql = "-- tombstones_of
            SELECT kind, subject, erased, run, remainder
            FROM tombstone
            WHERE kind = $1 AND subject = $2
            ORDER BY erased";
        self.tombstones_by(sql, &parameters![kind.as_str(), subject.as_str()])
    }

    /// All tombstones of a kind of subject, oldest first.
    pub fn tombstones(&self, kind: &SubjectKind) -> Result<Vec<Tombstone>, Error> {
        let sql = "-- tombstones
            SELECT kind, subject, erased, run, remainder
            FROM tombstone
            WHERE kind = $1
            ORDER BY erased";
        self.tombstones_by(sql, &parameters![kind.as_str()])
    }

    fn tombstones_by(&self, sql: &str, values: &[Value]) -> Result<Vec<Tombstone>, Error> {
        const OPERATION: &str = "read tombstones";
        self.look(OPERATION, |transaction| transaction.all(OPERATION, sql, values, read))
    }
}

fn read(row: &Row<'_>) -> Result<Tombstone, Error> {
    let remainder: Option<String> = row.get(4)?;
    Ok(Tombstone {
        kind: SubjectKind::new(row.get::<String>(0)?),
        subject: digest(&row.get::<String>(1)?)?,
        erased: moment(row.get(2)?)?,
        run: parsed(&row.get::<String>(3)?, "a tombstone's run")?,
        remainder: remainder.as_deref().map(digest).transpose()?,
    })
}

/// A digest as it was written.
pub(crate) fn digest(text: &str) -> Result<Digest, Error> {
    serde_json::from_value(text.into()).map_err(|_| Error::damaged("a digest cannot be read"))
}

pub(crate) fn insert(transaction: &mut Transaction<'_>, tombstone: &Tombstone) -> Result<(), Error> {
    let sql = "-- insert_tombstone
        INSERT INTO tombstone (kind, subject, erased, run, remainder)
        VALUES ($1, $2, $3, $4, $5)";
    let Tombstone { kind, subject, erased, run, remainder } = tombstone;
    let remainder = remainder.as_ref().map(Digest::as_str);
    let values = parameters![kind.as_str(), subject.as_str(), erased.microseconds(), run.as_str(), remainder];
    transaction.one_row("write a tombstone", sql, &values)
}
