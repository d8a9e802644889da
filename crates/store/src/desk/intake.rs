//! The table `intake`: what came in by another protocol, and the request that it became.

use exeunt_model::identity::RequestId;
use exeunt_model::moment::Moment;

use crate::error::Error;
use crate::read::{moment, parsed};
use crate::sql::{Row, Transaction, parameters};

/// A request that came in by another protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intake {
    /// `drp` or `open_dsr`.
    pub protocol: String,
    /// Who sent it.
    pub agent: String,
    /// The sender's name for it.
    pub reference: String,
    pub request: RequestId,
    /// JSON: callbacks and what else answers need.
    pub document: String,
    pub created: Moment,
}

impl Transaction<'_> {
    /// Remembers what came in. False when the same came in before.
    pub fn insert_intake(&mut self, intake: &Intake) -> Result<bool, Error> {
        let sql = "-- insert_intake
            INSERT INTO intake (protocol, agent, reference, request, document, created)
            VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (protocol, agent, reference) DO NOTHING";
        let Intake { protocol, agent, reference, request, document, created } = intake;
        let values =
            parameters![protocol.as_str(), agent.as_str(), reference.as_str(), request.as_str(), document.as_str(), created.microseconds()];
        Ok(self.rows("remember an intake", sql, &values)? == 1)
    }

    /// What a sender calls by this name.
    pub fn intake(&mut self, protocol: &str, agent: &str, reference: &str) -> Result<Option<Intake>, Error> {
        let sql = "-- intake
            SELECT protocol, agent, reference, request, document, created
            FROM intake
            WHERE protocol = $1 AND agent = $2 AND reference = $3";
        self.optional("look up an intake", sql, &parameters![protocol, agent, reference], read)
    }

    /// Where a request came from.
    pub fn intakes_of(&mut self, request: &RequestId) -> Result<Vec<Intake>, Error> {
        let sql = "-- intakes_of
            SELECT protocol, agent, reference, request, document, created
            FROM intake
            WHERE request = $1
            ORDER BY created";
        self.all("look up intakes", sql, &parameters![request.as_str()], read)
    }
}

fn read(row: &Row<'_>) -> Result<Intake, Error> {
    Ok(Intake {
        protocol: row.get(0)?,
        agent: row.get(1)?,
        reference: row.get(2)?,
        request: parsed(&row.get::<String>(3)?, "a request's id")?,
        document: row.get(4)?,
        created: moment(row.get(5)?)?,
    })
}
