//! The tables `request` and `request_event`: what is asked for, where it stands, and how it came there.

use std::collections::BTreeSet;

use exeunt_model::digest::Digest;
use exeunt_model::directory::key_text;
use exeunt_model::identity::{EmailAddress, PrincipalId, RequestId, Role};
use exeunt_model::moment::Moment;
use exeunt_model::names::SubjectKind;
use exeunt_model::request::document::Document;
use exeunt_model::request::{Channel, Kind, Scope, State};
use exeunt_model::run::RunId;
use serde::{Deserialize, Serialize};

use super::position::Position;
use crate::error::Error;
use crate::read::{from_json, json, moment, parsed};
use crate::sql::{MOST_VALUES, Row, Transaction, Value, parameters, places};
use crate::tombstone::digest;

/// A request as the store knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    pub id: RequestId,
    pub state: State,
    pub scope: Scope,
    pub channel: Channel,
    /// The contract's key as the directory writes it.
    pub contract: String,
    pub subject_kind: SubjectKind,
    /// Keyed hash of the subject.
    pub subject: Digest,
    /// `None` once the subject was erased.
    pub personal: Option<Personal>,
    pub requester: PrincipalId,
    /// The role by which it was asked for.
    pub role: Role,
    pub document: Document,
    /// The export that was asked for together with an erasure.
    pub linked: Option<RequestId>,
    /// Whoever asked does without the linked export.
    pub waived: bool,
    pub received: Moment,
    pub due: Moment,
    pub answered: Option<Moment>,
    /// From when on an erasure may start.
    pub scheduled: Option<Moment>,
    /// The plan as JSON, and its digest.
    pub plan: Option<(String, Digest)>,
    /// The erasure run.
    pub run: Option<RunId>,
    /// The code of a rejection or failure.
    pub reason: Option<String>,
    pub version: u64,
    pub changed: Moment,
}

impl Request {
    /// The key of the seat that it is about, as text; `None` for a whole contract, and once the seat was erased.
    pub fn seat(&self) -> Option<String> {
        self.personal.as_ref().filter(|_| self.scope == Scope::Seat).map(|personal| key_text(&personal.key))
    }
}

/// What a request knows of its subject as a person would.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Personal {
    /// Text forms of the key's columns, as the database writes them.
    pub key: Vec<String>,
    pub label: String,
    /// Who takes over what is handed over.
    pub successor: Option<Vec<String>>,
    /// The addresses of those who go with the subject, noted before the platform forgets them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<EmailAddress>,
}

impl std::fmt::Debug for Personal {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Personal(…)")
    }
}

/// One line of a request's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub number: u64,
    pub at: Moment,
    /// `None`: the desk itself.
    pub actor: Option<PrincipalId>,
    /// The move, or what else happened.
    pub event: String,
    /// `None` for the first one.
    pub from: Option<String>,
    pub to: String,
    pub note: Option<String>,
}

/// What somebody may see of requests: whatever one of these names.
#[derive(Debug, Clone, Default)]
pub struct Sight {
    /// All of these contracts.
    pub contracts: BTreeSet<String>,
    /// What is about these seats, by contract and keyed hash, as long as it is known whom it is about.
    pub seats: BTreeSet<(String, String)>,
    /// What this principal has asked for in one of these contracts, where it is about no seat, or nobody knows any more about which.
    pub asked: Option<(PrincipalId, BTreeSet<String>)>,
}

/// Which requests a list holds.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only what may be seen; `None` is everything.
    pub sight: Option<Sight>,
    /// Only of the contract that the caller is limited to.
    pub within: Option<String>,
    pub contract: Option<String>,
    pub kind: Option<Kind>,
    pub state: Option<String>,
    pub scope: Option<Scope>,
    /// Only unanswered ones that are due before.
    pub due_before: Option<Moment>,
}

const COLUMNS: &str =
    "id, kind, state, scope, channel, contract, subject_kind, subject, personal, requester, role, document, linked, waived,
    received, due, answered, scheduled, plan, plan_digest, run, reason, version, changed";

impl Transaction<'_> {
    /// Lets one transaction at a time make requests: two of the same must not both find that there is none yet.
    pub fn one_at_a_time(&mut self) -> Result<(), Error> {
        self.lock_table("make a request", "request")
    }

    /// Adds a request. Its version is 1.
    pub fn insert_request(&mut self, request: &Request) -> Result<(), Error> {
        let sql = "-- insert_request
            INSERT INTO request (id, kind, state, scope, channel, contract, subject_kind, subject, personal, requester, role, document, linked,
                waived, received, due, answered, scheduled, plan, plan_digest, run, reason, version, changed)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, 1, $23)";
        let values = parameters![
            request.id.as_str(),
            request.state.kind().as_str(),
            request.state.as_str(),
            request.scope.as_str(),
            request.channel.as_str(),
            request.contract.as_str(),
            request.subject_kind.as_str(),
            request.subject.as_str(),
            request.personal.as_ref().map(json).transpose()?,
            request.requester.as_str(),
            request.role.as_str(),
            json(&request.document)?,
            request.linked.as_ref().map(RequestId::as_str),
            request.waived,
            request.received.microseconds(),
            request.due.microseconds(),
            request.answered.map(Moment::microseconds),
            request.scheduled.map(Moment::microseconds),
            request.plan.as_ref().map(|(plan, _)| plan.as_str()),
            request.plan.as_ref().map(|(_, digest)| digest.as_str()),
            request.run.as_ref().map(RunId::as_str),
            request.reason.as_deref(),
            request.changed.microseconds()
        ];
        self.one_row("add a request", sql, &values)
    }

    /// A request by its id.
    pub fn request(&mut self, id: &RequestId) -> Result<Option<Request>, Error> {
        let sql = format!("-- request\nSELECT {COLUMNS} FROM request WHERE id = $1");
        self.optional("read a request", &sql, &parameters![id.as_str()], read)
    }

    /// Several requests by their ids, each of which is given once; what isn't there is left out.
    pub fn requests_by_id(&mut self, ids: &[&RequestId]) -> Result<Vec<Request>, Error> {
        let mut found = Vec::new();
        for ids in ids.chunks(MOST_VALUES) {
            let sql = format!(
                "-- requests_by_id
                SELECT {COLUMNS}
                FROM request
                WHERE id IN ({listed})
                ORDER BY id",
                listed = places(1, ids.len())
            );
            let values: Vec<Value> = ids.iter().map(|id| id.as_str().into()).collect();
            found.extend(self.all("read requests", &sql, &values, read)?);
        }
        Ok(found)
    }

    /// A request, and nobody else changes it until this transaction ends.
    pub fn request_to_change(&mut self, id: &RequestId) -> Result<Option<Request>, Error> {
        let sql = format!("-- request_to_change\nSELECT {COLUMNS} FROM request WHERE id = $1{}", self.to_change());
        self.optional("read a request", &sql, &parameters![id.as_str()], read)
    }

    /// Writes what may change of a request over the version that was read.
    ///
    /// # Errors
    /// [`Error::RowCount`] when somebody was faster.
    pub fn change_request(&mut self, request: &mut Request) -> Result<(), Error> {
        let sql = "-- change_request
            UPDATE request
            SET state = $3, personal = $4, document = $5, linked = $6, waived = $7, due = $8, answered = $9, scheduled = $10, plan = $11,
                plan_digest = $12, run = $13, reason = $14, changed = $15, version = version + 1
            WHERE id = $1 AND version = $2";
        let values = parameters![
            request.id.as_str(),
            request.version,
            request.state.as_str(),
            request.personal.as_ref().map(json).transpose()?,
            json(&request.document)?,
            request.linked.as_ref().map(RequestId::as_str),
            request.waived,
            request.due.microseconds(),
            request.answered.map(Moment::microseconds),
            request.scheduled.map(Moment::microseconds),
            request.plan.as_ref().map(|(plan, _)| plan.as_str()),
            request.plan.as_ref().map(|(_, digest)| digest.as_str()),
            request.run.as_ref().map(RunId::as_str),
            request.reason.as_deref(),
            request.changed.microseconds()
        ];
        self.one_row("change a request", sql, &values)?;
        request.version += 1;
        Ok(())
    }

    /// The requests of a contract, of its seats too, that have not come to their end. An export whose archives are there has not.
    pub fn open_requests_of(&mut self, contract: &str) -> Result<Vec<Request>, Error> {
        let sql = format!(
            "-- open_requests_of
            SELECT {COLUMNS}
            FROM request
            WHERE contract = $1
                AND state NOT IN ('expired', 'completed', 'completed_with_retained', 'closed', 'cancelled', 'rejected')
            ORDER BY received, id"
        );
        self.all("read the requests of a contract", &sql, &parameters![contract], read)
    }

    /// Requests about a subject, newest first.
    pub fn requests_about(&mut self, kind: &SubjectKind, subject: &Digest) -> Result<Vec<Request>, Error> {
        let sql = format!(
            "-- requests_about
            SELECT {COLUMNS}
            FROM request
            WHERE subject_kind = $1 AND subject = $2
            ORDER BY received DESC, id"
        );
        self.all("read the requests about a subject", &sql, &parameters![kind.as_str(), subject.as_str()], read)
    }

    /// A page of requests, newest first.
    pub fn requests(&mut self, filter: &Filter, after: Option<&Position<RequestId>>, limit: u32) -> Result<Vec<Request>, Error> {
        let mut values: Vec<Value> = Vec::new();
        let mut conditions: Vec<String> = Vec::new();
        let mut place = |value: Value| {
            values.push(value);
            format!("${}", values.len())
        };
        if let Some(sight) = &filter.sight {
            let mut any = Vec::new();
            if !sight.contracts.is_empty() {
                let list: Vec<String> = sight.contracts.iter().map(|contract| place(contract.as_str().into())).collect();
                any.push(format!("contract IN ({})", list.join(", ")));
            }
            for (contract, subject) in &sight.seats {
                let (contract, subject) = (place(contract.as_str().into()), place(subject.as_str().into()));
                any.push(format!("(contract = {contract} AND subject = {subject} AND scope = 'seat' AND personal IS NOT NULL)"));
            }
            if let Some((requester, contracts)) = sight.asked.as_ref().filter(|(_, contracts)| !contracts.is_empty()) {
                let requester = place(requester.as_str().into());
                let list: Vec<String> = contracts.iter().map(|contract| place(contract.as_str().into())).collect();
                let list = list.join(", ");
                any.push(format!("(requester = {requester} AND contract IN ({list}) AND (scope = 'contract' OR personal IS NULL))"));
            }
            if any.is_empty() {
                return Ok(Vec::new());
            }
            conditions.push(format!("({})", any.join(" OR ")));
        }
        let equals = [
            ("contract", filter.within.as_deref()),
            ("contract", filter.contract.as_deref()),
            ("kind", filter.kind.map(Kind::as_str)),
            ("state", filter.state.as_deref()),
            ("scope", filter.scope.map(Scope::as_str)),
        ];
        for (column, value) in equals {
            if let Some(value) = value {
                conditions.push(format!("{column} = {}", place(value.into())));
            }
        }
        if let Some(due) = filter.due_before {
            conditions.push(format!("answered IS NULL AND due < {}", place(due.microseconds().into())));
        }
        if let Some(Position { at, id }) = after {
            let received = place(at.microseconds().into());
            conditions.push(format!("(received < {received} OR (received = {received} AND id > {}))", place(id.as_str().into())));
        }
        let filtered = if conditions.is_empty() { String::new() } else { format!("WHERE {}", conditions.join(" AND ")) };
        let limit = place(i64::from(limit).into());
        let sql = format!("-- requests\nSELECT {COLUMNS} FROM request {filtered} ORDER BY received DESC, id LIMIT {limit}");
        self.all("list requests", &sql, &values, read)
    }

    /// Adds a line to a request's history.
    pub fn add_event(&mut self, request: &RequestId, event: &Event) -> Result<(), Error> {
        let sql = "-- add_event
            INSERT INTO request_event (request, number, at, actor, event, from_state, to_state, note)
            VALUES ($1, (SELECT count(*) FROM request_event WHERE request = $1), $2, $3, $4, $5, $6, $7)";
        let values = parameters![
            request.as_str(),
            event.at.microseconds(),
            event.actor.as_ref().map(PrincipalId::as_str),
            event.event.as_str(),
            event.from.as_deref(),
            event.to.as_str(),
            event.note.as_deref()
        ];
        self.one_row("add to a request's history", sql, &values)
    }

    /// A request's history from a line on, in order.
    pub fn events_of(&mut self, request: &RequestId, from: u64) -> Result<Vec<Event>, Error> {
        self.events(request, from, u32::MAX)
    }

    /// So many lines of a request's history, from this one on.
    pub fn events(&mut self, request: &RequestId, from: u64, limit: u32) -> Result<Vec<Event>, Error> {
        let sql = "-- events
            SELECT number, at, actor, event, from_state, to_state, note
            FROM request_event
            WHERE request = $1 AND number >= $2
            ORDER BY number
            LIMIT $3";
        self.all("read a request's history", sql, &parameters![request.as_str(), from, limit], |row| {
            let actor: Option<String> = row.get(2)?;
            Ok(Event {
                number: row.get(0)?,
                at: moment(row.get(1)?)?,
                actor: actor.map(|actor| parsed(&actor, "a principal's id")).transpose()?,
                event: row.get(3)?,
                from: row.get(4)?,
                to: row.get(5)?,
                note: row.get(6)?,
            })
        })
    }

    /// How many requests are in each state, by kind.
    pub fn request_counts(&mut self) -> Result<Vec<(String, String, u64)>, Error> {
        let sql = "-- request_counts
            SELECT kind, state, count(*)
            FROM request
            GROUP BY kind, state
            ORDER BY kind, state";
        self.all("count requests", sql, &parameters![], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
    }

    /// How many requests of a contract that other systems proposed wait for approval.
    pub fn proposals_waiting(&mut self, contract: &str) -> Result<u64, Error> {
        let sql = "-- proposals_waiting
            SELECT count(*)
            FROM request
            WHERE contract = $1 AND state = 'awaiting_approval' AND channel IN ('scim', 'drp', 'open_dsr')";
        self.single("count proposals", sql, &parameters![contract], |row| row.get(0))
    }

    /// The request that was made under this key, with the fingerprint of what was sent: keyed hashes both.
    pub fn idempotent(&mut self, principal: &PrincipalId, key: &Digest) -> Result<Option<(Digest, RequestId)>, Error> {
        let sql = "-- idempotent
            SELECT fingerprint, request
            FROM idempotency
            WHERE principal = $1 AND key = $2";
        let values = parameters![principal.as_str(), key.as_str()];
        self.optional("look up an idempotency key", sql, &values, |row| {
            Ok((digest(&row.get::<String>(0)?)?, parsed(&row.get::<String>(1)?, "a request's id")?))
        })
    }

    /// Remembers what was made under a key. False when somebody else was faster.
    pub fn remember_idempotent(
        &mut self,
        principal: &PrincipalId,
        key: &Digest,
        fingerprint: &Digest,
        request: &RequestId,
        now: Moment,
    ) -> Result<bool, Error> {
        let sql = "-- remember_idempotent
            INSERT INTO idempotency (principal, key, fingerprint, request, created)
            VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (principal, key) DO NOTHING";
        let values = parameters![principal.as_str(), key.as_str(), fingerprint.as_str(), request.as_str(), now.microseconds()];
        Ok(self.rows("remember an idempotency key", sql, &values)? == 1)
    }

    /// Forgets keys that were used before.
    pub fn sweep_idempotent(&mut self, before: Moment) -> Result<(), Error> {
        let sql = "-- sweep_idempotent
            DELETE FROM idempotency
            WHERE created < $1";
        self.rows("forget idempotency keys", sql, &parameters![before.microseconds()]).map(|_| ())
    }
}

fn read(row: &Row<'_>) -> Result<Request, Error> {
    let kind: Kind = parsed(&row.get::<String>(1)?, "a request's kind")?;
    let state = State::parse(kind, &row.get::<String>(2)?).map_err(|error| Error::damaged(error.to_string()))?;
    let scope: String = row.get(3)?;
    let channel: String = row.get(4)?;
    let personal: Option<String> = row.get(8)?;
    let linked: Option<String> = row.get(12)?;
    let plan: Option<String> = row.get(18)?;
    let plan_digest: Option<String> = row.get(19)?;
    let run: Option<String> = row.get(20)?;
    let at = |column: usize| row.get::<i64>(column).and_then(moment);
    let maybe_at = |column: usize| row.get::<Option<i64>>(column)?.map(moment).transpose();
    Ok(Request {
        id: parsed(&row.get::<String>(0)?, "a request's id")?,
        state,
        scope: Scope::ALL
            .into_iter()
            .find(|known| known.as_str() == scope)
            .ok_or_else(|| Error::damaged("a request has an unknown scope"))?,
        channel: Channel::ALL
            .into_iter()
            .find(|known| known.as_str() == channel)
            .ok_or_else(|| Error::damaged("a request has an unknown channel"))?,
        contract: row.get(5)?,
        subject_kind: SubjectKind::new(row.get::<String>(6)?),
        subject: digest(&row.get::<String>(7)?)?,
        personal: personal.map(|personal| from_json(&personal, "a request's subject")).transpose()?,
        requester: parsed(&row.get::<String>(9)?, "a principal's id")?,
        role: parsed(&row.get::<String>(10)?, "a role")?,
        document: from_json(&row.get::<String>(11)?, "a request's document")?,
        linked: linked.map(|linked| parsed(&linked, "a request's id")).transpose()?,
        waived: row.get(13)?,
        received: at(14)?,
        due: at(15)?,
        answered: maybe_at(16)?,
        scheduled: maybe_at(17)?,
        plan: plan.zip(plan_digest).map(|(plan, hash)| Ok::<_, Error>((plan, digest(&hash)?))).transpose()?,
        run: run.map(|run| parsed(&run, "a run's id")).transpose()?,
        reason: row.get(21)?,
        version: row.get(22)?,
        changed: at(23)?,
    })
}
