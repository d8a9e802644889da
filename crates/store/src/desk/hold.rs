//! The table `hold`: what must not be erased for now, why, and when somebody looks at it again.

use exeunt_model::digest::Digest;
use exeunt_model::identity::{HoldId, PrincipalId};
use exeunt_model::moment::Moment;
use exeunt_model::names::SubjectKind;
use exeunt_model::request::Scope;

use super::position::{Position, newest};
use super::request::Personal;
use crate::error::Error;
use crate::read::{from_json, json, moment, parsed};
use crate::sql::{Row, Transaction, parameters};
use crate::tombstone::digest;

/// A hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    pub id: HoldId,
    pub contract: String,
    pub scope: Scope,
    pub subject_kind: SubjectKind,
    pub subject: Digest,
    pub personal: Option<Personal>,
    pub ground: String,
    pub note: Option<String>,
    pub placed_by: PrincipalId,
    pub placed: Moment,
    pub review: Moment,
    /// By whom and when it was lifted.
    pub lifted: Option<(PrincipalId, Moment)>,
}

impl Hold {
    /// A hold changes once: when it is lifted.
    pub fn version(&self) -> u32 {
        1 + u32::from(self.lifted.is_some())
    }
}

const COLUMNS: &str = "id, contract, scope, subject_kind, subject, personal, ground, note, placed_by, placed, review, lifted_by, lifted";

impl Transaction<'_> {
    /// Places a hold.
    pub fn insert_hold(&mut self, hold: &Hold) -> Result<(), Error> {
        let sql = "-- insert_hold
            INSERT INTO hold (id, contract, scope, subject_kind, subject, personal, ground, note, placed_by, placed, review)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
        let values = parameters![
            hold.id.as_str(),
            hold.contract.as_str(),
            hold.scope.as_str(),
            hold.subject_kind.as_str(),
            hold.subject.as_str(),
            hold.personal.as_ref().map(json).transpose()?,
            hold.ground.as_str(),
            hold.note.as_deref(),
            hold.placed_by.as_str(),
            hold.placed.microseconds(),
            hold.review.microseconds()
        ];
        self.one_row("place a hold", sql, &values)
    }

    /// A hold by its id.
    pub fn hold(&mut self, id: &HoldId) -> Result<Option<Hold>, Error> {
        let sql = format!("-- hold\nSELECT {COLUMNS} FROM hold WHERE id = $1");
        self.optional("read a hold", &sql, &parameters![id.as_str()], read)
    }

    /// The holds of a contract, newest first; those that were lifted only where they are asked for.
    pub fn holds_of(&mut self, contract: &str, lifted: bool) -> Result<Vec<Hold>, Error> {
        let sql = format!(
            "-- holds_of
            SELECT {COLUMNS}
            FROM hold
            WHERE contract = $1 AND (lifted IS NULL OR $2 = 1)
            ORDER BY placed DESC, id"
        );
        self.all("read holds", &sql, &parameters![contract, i64::from(lifted)], read)
    }

    /// A page of the holds of a contract, newest first, those that were lifted too.
    pub fn holds(&mut self, contract: &str, after: Option<&Position<HoldId>>, limit: u32) -> Result<Vec<Hold>, Error> {
        let sql = format!(
            "-- holds
            SELECT {COLUMNS}
            FROM hold
            WHERE contract = $1 AND (placed < $2 OR (placed = $2 AND id > $3))
            ORDER BY placed DESC, id
            LIMIT $4"
        );
        let (placed, id) = newest(after, HoldId::as_str);
        self.all("list holds", &sql, &parameters![contract, placed, id, limit], read)
    }

    /// Lifts a hold. False when it was lifted before.
    pub fn lift_hold(&mut self, id: &HoldId, by: &PrincipalId, now: Moment) -> Result<bool, Error> {
        let sql = "-- lift_hold
            UPDATE hold
            SET lifted = $3, lifted_by = $2
            WHERE id = $1 AND lifted IS NULL";
        Ok(self.rows("lift a hold", sql, &parameters![id.as_str(), by.as_str(), now.microseconds()])? == 1)
    }
}

fn read(row: &Row<'_>) -> Result<Hold, Error> {
    let scope: String = row.get(2)?;
    let personal: Option<String> = row.get(5)?;
    let lifted_by: Option<String> = row.get(11)?;
    let lifted: Option<i64> = row.get(12)?;
    Ok(Hold {
        id: parsed(&row.get::<String>(0)?, "a hold's id")?,
        contract: row.get(1)?,
        scope: Scope::ALL.into_iter().find(|known| known.as_str() == scope).ok_or_else(|| Error::damaged("a hold has an unknown scope"))?,
        subject_kind: SubjectKind::new(row.get::<String>(3)?),
        subject: digest(&row.get::<String>(4)?)?,
        personal: personal.map(|personal| from_json(&personal, "a hold's subject")).transpose()?,
        ground: row.get(6)?,
        note: row.get(7)?,
        placed_by: parsed(&row.get::<String>(8)?, "a principal's id")?,
        placed: moment(row.get(9)?)?,
        review: moment(row.get(10)?)?,
        lifted: lifted_by.zip(lifted).map(|(by, at)| Ok::<_, Error>((parsed(&by, "a principal's id")?, moment(at)?))).transpose()?,
    })
}
