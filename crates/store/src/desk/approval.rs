//! The table `approval`: what was decided about a request.

use exeunt_model::identity::{PrincipalId, RequestId, Role};
use exeunt_model::moment::Moment;
use exeunt_model::request::approval::Decision;

use crate::error::Error;
use crate::read::parsed;
use crate::sql::{Transaction, parameters};
use crate::tombstone::digest;

impl Transaction<'_> {
    /// Notes a decision.
    pub fn insert_decision(&mut self, request: &RequestId, decision: &Decision, now: Moment) -> Result<(), Error> {
        let sql = "-- insert_decision
            INSERT INTO approval (request, number, principal, role, agreed, plan_digest, at)
            VALUES ($1, (SELECT count(*) FROM approval WHERE request = $1), $2, $3, $4, $5, $6)";
        let values = parameters![
            request.as_str(),
            decision.by.as_str(),
            decision.role.as_str(),
            decision.agreed,
            decision.plan.as_ref().map(|plan| plan.as_str()),
            now.microseconds()
        ];
        self.one_row("note a decision", sql, &values)
    }

    /// Has what somebody agreed to count for no plan any more; that they agreed stays.
    pub fn void_decisions(&mut self, request: &RequestId, by: &PrincipalId) -> Result<(), Error> {
        const OPERATION: &str = "void decisions";
        let sql = "-- void_decisions
            UPDATE approval
            SET plan_digest = NULL
            WHERE request = $1 AND principal = $2 AND agreed = 1 AND plan_digest IS NOT NULL";
        match self.rows(OPERATION, sql, &parameters![request.as_str(), by.as_str()])? {
            0 => Err(Error::RowCount { operation: OPERATION, want: 1, got: 0 }),
            _ => Ok(()),
        }
    }

    /// The decisions about a request, in order.
    pub fn decisions_of(&mut self, request: &RequestId) -> Result<Vec<Decision>, Error> {
        let sql = "-- decisions_of
            SELECT principal, role, agreed, plan_digest
            FROM approval
            WHERE request = $1
            ORDER BY number";
        self.all("read decisions", sql, &parameters![request.as_str()], |row| {
            let by: PrincipalId = parsed(&row.get::<String>(0)?, "a principal's id")?;
            let role: Role = parsed(&row.get::<String>(1)?, "a role")?;
            let plan: Option<String> = row.get(3)?;
            Ok(Decision { by, role, agreed: row.get(2)?, plan: plan.as_deref().map(digest).transpose()? })
        })
    }
}
