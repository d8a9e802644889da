//! The table `tombstone`: that a subject was erased, as a keyed hash. They outlive the subject and are never removed.

use exeunt_model::digest::Digest;
use exeunt_model::moment::Moment;
use exeunt_model::names::SubjectKind;
use exeunt_model::tombstone::Tombstone;
use rusqlite::{Row, Transaction};

use crate::database::Store;
use crate::error::{Error, expect_rows};

impl Store {
    /// The erasures of a subject, oldest first. A subject that came back and was erased again has several.
    pub fn tombstones_of(&self, kind: &SubjectKind, subject: &Digest) -> Result<Vec<Tombstone>, Error> {
        let sql = "-- tombstones_of
            SELECT kind, subject, erased, run, remainder
            FROM tombstone
            WHERE kind = ?1 AND subject = ?2
            ORDER BY erased";
        self.tombstones_by(sql, &[kind.as_str(), subject.as_str()])
    }

    /// All tombstones of a kind of subject, oldest first.
    pub fn tombstones(&self, kind: &SubjectKind) -> Result<Vec<Tombstone>, Error> {
        let sql = "-- tombstones
            SELECT kind, subject, erased, run, remainder
            FROM tombstone
            WHERE kind = ?1
            ORDER BY erased";
        self.tombstones_by(sql, &[kind.as_str()])
    }

    fn tombstones_by(&self, sql: &str, parameters: &[&str]) -> Result<Vec<Tombstone>, Error> {
        let failed = || Error::during("read tombstones");
        let mut statement = self.connection.prepare(sql).map_err(failed())?;
        let mut rows = statement.query(rusqlite::params_from_iter(parameters)).map_err(failed())?;
        let mut found = Vec::new();
        while let Some(row) = rows.next().map_err(failed())? {
            found.push(read(row)?);
        }
        Ok(found)
    }
}

fn read(row: &Row<'_>) -> Result<Tombstone, Error> {
    type Fields = (String, String, i64, String, Option<String>);
    let (kind, subject, erased, run, remainder): Fields = row.try_into().map_err(Error::during("read tombstones"))?;
    Ok(Tombstone {
        kind: SubjectKind::new(kind),
        subject: digest(&subject)?,
        erased: Moment::from_microseconds(erased).ok_or_else(|| Error::damaged("a tombstone has no time"))?,
        run: run.parse().map_err(|_| Error::damaged("a tombstone names no run"))?,
        remainder: remainder.as_deref().map(digest).transpose()?,
    })
}

/// A digest as it was written.
pub(crate) fn digest(text: &str) -> Result<Digest, Error> {
    serde_json::from_value(text.into()).map_err(|_| Error::damaged("a digest cannot be read"))
}

pub(crate) fn insert(transaction: &Transaction<'_>, tombstone: &Tombstone) -> Result<(), Error> {
    let sql = "-- insert_tombstone
        INSERT INTO tombstone (kind, subject, erased, run, remainder)
        VALUES (?1, ?2, ?3, ?4, ?5)";
    let Tombstone { kind, subject, erased, run, remainder } = tombstone;
    let remainder = remainder.as_ref().map(Digest::as_str);
    let got = transaction
        .prepare_cached(sql)
        .and_then(|mut statement| statement.execute((kind.as_str(), subject.as_str(), erased.microseconds(), run.as_str(), remainder)))
        .map_err(Error::during("write a tombstone"))?;
    expect_rows("write a tombstone", 1, got)
}
