//! The tables `job` and `lane`: work with leases and fencing tokens.
//!
//! A worker takes a job for as long as its lease; whoever finds a lease that has ended takes the job over under the next attempt number. That
//! number is the fencing token: every later write of a worker names it, and a worker whose job was taken over, or taken away, writes nothing any more.

use exeunt_model::identity::JobId;
use exeunt_model::job::{JobKind, JobState, Lane};
use exeunt_model::moment::Moment;

use super::position::{Position, oldest};
use crate::error::Error;
use crate::read::{moment, parsed};
use crate::sql::{Row, Transaction, parameters};

/// Work that somebody will do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewJob<'a> {
    pub id: &'a JobId,
    pub kind: JobKind,
    /// The request, archive, mail, delivery or exit that it is about.
    pub target: &'a str,
    /// Whose turn it uses up: a contract's, or a webhook's by its id.
    pub contract: Option<&'a str>,
    pub run_at: Moment,
}

/// A job in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    pub id: JobId,
    pub kind: JobKind,
    pub state: JobState,
    pub target: String,
    pub contract: Option<String>,
    pub run_at: Moment,
    pub attempt: u64,
    pub failures: u64,
    pub losses: u64,
    pub worker: Option<String>,
    pub lease_until: Option<Moment>,
    pub done: u64,
    pub expected: Option<u64>,
    pub error: Option<String>,
    pub created: Moment,
    pub finished: Option<Moment>,
}

/// A job that a worker has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    pub id: JobId,
    pub kind: JobKind,
    pub target: String,
    pub contract: Option<String>,
    /// The fencing token.
    pub attempt: u64,
    /// How often in a row it has failed.
    pub failures: u32,
    /// How often its worker was lost.
    pub losses: u32,
}

/// How much of a lane may be busy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Running jobs of the lane, over all workers.
    pub running: u32,
    /// Running jobs of one contract. What is over stays free, even while nobody else waits: long jobs cannot be sent away when somebody comes.
    pub per_contract: u32,
}

/// Which jobs of a lane a worker takes. A receiver of webhooks may be slow: whoever waits for it does nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Share {
    /// Deliveries of webhooks alone.
    Webhooks,
    /// All others.
    Others,
}

impl Share {
    /// A condition on jobs, as the indexes of those that wait have it.
    fn condition(self) -> &'static str {
        match self {
            Self::Webhooks => "kind = 'deliver_webhook'",
            Self::Others => "kind <> 'deliver_webhook'",
        }
    }
}

const COLUMNS: &str =
    "id, kind, state, target, contract, run_at, attempt, failures, losses, worker, lease_until, done, expected, error, created,
    finished";

impl Transaction<'_> {
    /// Enqueues a job. False when the same is enqueued or running already; then nothing is changed. Its attempts are counted on from those of the same
    /// work before, whose workers may still be about: what an attempt has stored is named by its number.
    pub fn enqueue(&mut self, job: &NewJob<'_>, now: Moment) -> Result<bool, Error> {
        let sql = "-- enqueue
            INSERT INTO job (id, kind, lane, state, target, contract, priority, run_at, created, attempt)
            VALUES ($1, $2, $3, 'queued', $4, $5, $6, $7, $8,
                (SELECT coalesce(max(attempt), 0) FROM job WHERE kind = $2 AND target = $4))
            ON CONFLICT (kind, target) WHERE state IN ('queued', 'running') DO NOTHING";
        let values = parameters![
            job.id.as_str(),
            job.kind.as_str(),
            job.kind.lane().as_str(),
            job.target,
            job.contract,
            job.kind.priority(),
            job.run_at.microseconds(),
            now.microseconds()
        ];
        Ok(self.rows("enqueue a job", sql, &values)? == 1)
    }

    /// Gives a job another time. One that runs keeps it, unless it puts itself off: whoever does so must call [`Self::hold_lease`] first and then
    /// look whether there still is a reason to. False when no such job waits or runs.
    pub fn reschedule(&mut self, kind: JobKind, target: &str, run_at: Moment) -> Result<bool, Error> {
        // The row of a running job is written too: this waits for a worker that is just putting the job off, and makes others wait.
        let sql = "-- reschedule
            UPDATE job
            SET run_at = $3
            WHERE kind = $1 AND target = $2 AND state IN ('queued', 'running')";
        Ok(self.rows("reschedule a job", sql, &parameters![kind.as_str(), target, run_at.microseconds()])? == 1)
    }

    /// Makes sure that a job is done at its time: enqueues it, or gives that time to the same one that waits or runs already.
    pub fn enqueue_or_reschedule(&mut self, job: &NewJob<'_>, now: Moment) -> Result<(), Error> {
        // The one that stands in the way may end in between.
        while !self.enqueue(job, now)? && !self.reschedule(job.kind, job.target, job.run_at)? {}
        Ok(())
    }

    /// Takes a waiting job back. A running one goes on and finds out by its target that nobody wants it any more.
    pub fn withdraw(&mut self, kind: JobKind, target: &str) -> Result<bool, Error> {
        let sql = "-- withdraw
            DELETE FROM job
            WHERE kind = $1 AND target = $2 AND state = 'queued'";
        Ok(self.rows("withdraw a job", sql, &parameters![kind.as_str(), target])? == 1)
    }

    /// Takes a running job away from its worker: nobody wants it any more. Whoever has it finds out with its next heartbeat, and writes nothing.
    pub fn take_away(&mut self, kind: JobKind, target: &str, now: Moment) -> Result<bool, Error> {
        let sql = "-- take_away
            UPDATE job
            SET state = 'done', attempt = attempt + 1, lease_until = NULL, worker = NULL, finished = $3
            WHERE kind = $1 AND target = $2 AND state = 'running'";
        Ok(self.rows("take a job away", sql, &parameters![kind.as_str(), target, now.microseconds()])? == 1)
    }

    /// Takes the next job of a lane for a worker, until `lease_until`.
    ///
    /// Fair between contracts: the contract with the fewest running jobs goes first, then the more urgent kind, then the older job. A contract
    /// that has its share waits. One transaction at a time looks at a lane, so that no limit is ever exceeded.
    pub fn claim(
        &mut self,
        (lane, share): (Lane, Share),
        worker: &str,
        now: Moment,
        lease_until: Moment,
        limits: Limits,
    ) -> Result<Option<Lease>, Error> {
        const OPERATION: &str = "take a job";
        let sql = format!("-- look_at_lane\nSELECT paused FROM lane WHERE name = $1{}", self.to_change());
        if self.single(OPERATION, &sql, &parameters![lane.as_str()], |row| row.get::<bool>(0))? {
            return Ok(None);
        }
        let lost = "-- requeue_lost
            UPDATE job
            SET state = 'queued', lease_until = NULL, worker = NULL, losses = losses + 1, run_at = $2, done = 0, expected = NULL
            WHERE lane = $1 AND state = 'running' AND lease_until <= $2";
        self.rows(OPERATION, lost, &parameters![lane.as_str(), now.microseconds()])?;
        let sql = format!(
            "-- claim
            UPDATE job
            SET state = 'running', worker = $2, lease_until = $4, attempt = attempt + 1, done = 0, expected = NULL, error = NULL
            WHERE id = (
                SELECT j.id
                FROM job AS j
                LEFT JOIN (
                    SELECT contract, count(*) AS jobs
                    FROM job
                    WHERE lane = $1 AND state = 'running' AND contract IS NOT NULL
                    GROUP BY contract
                ) AS busy ON busy.contract = j.contract
                WHERE j.lane = $1 AND j.state = 'queued' AND j.run_at <= $3 AND j.{of_share}
                    AND (SELECT count(*) FROM job WHERE lane = $1 AND state = 'running') < $5
                    AND coalesce(busy.jobs, 0) < $6
                ORDER BY coalesce(busy.jobs, 0), j.priority, j.run_at, j.created, j.id
                LIMIT 1
            )
            RETURNING id, kind, target, contract, attempt, failures, losses",
            of_share = share.condition()
        );
        let values =
            parameters![lane.as_str(), worker, now.microseconds(), lease_until.microseconds(), limits.running, limits.per_contract];
        self.optional(OPERATION, &sql, &values, |row| {
            Ok(Lease {
                id: parsed(&row.get::<String>(0)?, "a job's id")?,
                kind: kind(&row.get::<String>(1)?)?,
                target: row.get(2)?,
                contract: row.get(3)?,
                attempt: row.get(4)?,
                failures: row.get(5)?,
                losses: row.get(6)?,
            })
        })
    }

    /// When the next waiting job of a lane is due, or the next lease ends.
    pub fn next_job_at(&mut self, (lane, share): (Lane, Share)) -> Result<Option<Moment>, Error> {
        // Asked at each poll of each worker: two ends of indexes, however many reminders wait for their day.
        let sql = format!(
            "-- next_job_at
            SELECT min(at)
            FROM (
                SELECT min(run_at) AS at FROM job WHERE lane = $1 AND state = 'queued' AND {of_share}
                UNION ALL
                SELECT min(lease_until) AS at FROM job WHERE lane = $1 AND state = 'running' AND {of_share}
            ) AS due",
            of_share = share.condition()
        );
        let found: Option<i64> = self.single("look for the next job", &sql, &parameters![lane.as_str()], |row| row.get(0))?;
        found.map(moment).transpose()
    }

    /// Lengthens the lease, and tells how far the work is.
    ///
    /// # Errors
    /// [`Error::LeaseLost`] when somebody else has the job now, or nobody.
    pub fn heartbeat(&mut self, lease: &Lease, lease_until: Moment, done: u64, expected: Option<u64>) -> Result<(), Error> {
        let sql = "-- heartbeat
            UPDATE job
            SET lease_until = $3, done = $4, expected = $5
            WHERE id = $1 AND attempt = $2 AND state = 'running'";
        let values = parameters![lease.id.as_str(), lease.attempt, lease_until.microseconds(), done, expected];
        self.fenced(lease, sql, &values)
    }

    /// Makes sure that the worker still has the job, and that nobody takes it before this transaction ends.
    ///
    /// # Errors
    /// [`Error::LeaseLost`].
    pub fn hold_lease(&mut self, lease: &Lease) -> Result<(), Error> {
        let sql = "-- hold_lease
            UPDATE job
            SET attempt = attempt
            WHERE id = $1 AND attempt = $2 AND state = 'running'";
        self.fenced(lease, sql, &parameters![lease.id.as_str(), lease.attempt])
    }

    /// The job is done.
    ///
    /// # Errors
    /// [`Error::LeaseLost`]; then what else this transaction wrote must not be committed.
    pub fn finish_job(&mut self, lease: &Lease, now: Moment) -> Result<(), Error> {
        let sql = "-- finish_job
            UPDATE job
            SET state = 'done', lease_until = NULL, worker = NULL, finished = $3
            WHERE id = $1 AND attempt = $2 AND state = 'running'";
        self.fenced(lease, sql, &parameters![lease.id.as_str(), lease.attempt, now.microseconds()])
    }

    /// The job failed, and is tried again later.
    ///
    /// # Errors
    /// [`Error::LeaseLost`].
    pub fn retry_job(&mut self, lease: &Lease, run_at: Moment, error: &str) -> Result<(), Error> {
        let sql = "-- retry_job
            UPDATE job
            SET state = 'queued', lease_until = NULL, worker = NULL, failures = failures + 1, run_at = $3, error = $4
            WHERE id = $1 AND attempt = $2 AND state = 'running'";
        self.fenced(lease, sql, &parameters![lease.id.as_str(), lease.attempt, run_at.microseconds(), error])
    }

    /// The job waits for something else: it is looked at again later, and nothing failed.
    ///
    /// # Errors
    /// [`Error::LeaseLost`].
    pub fn snooze_job(&mut self, lease: &Lease, run_at: Moment) -> Result<(), Error> {
        let sql = "-- snooze_job
            UPDATE job
            SET state = 'queued', lease_until = NULL, worker = NULL, run_at = $3
            WHERE id = $1 AND attempt = $2 AND state = 'running'";
        self.fenced(lease, sql, &parameters![lease.id.as_str(), lease.attempt, run_at.microseconds()])
    }

    /// The job failed for good.
    ///
    /// # Errors
    /// [`Error::LeaseLost`].
    pub fn fail_job(&mut self, lease: &Lease, now: Moment, error: &str) -> Result<(), Error> {
        let sql = "-- fail_job
            UPDATE job
            SET state = 'failed', lease_until = NULL, worker = NULL, failures = failures + 1, finished = $3, error = $4
            WHERE id = $1 AND attempt = $2 AND state = 'running'";
        self.fenced(lease, sql, &parameters![lease.id.as_str(), lease.attempt, now.microseconds(), error])
    }

    fn fenced(&mut self, lease: &Lease, sql: &str, values: &[crate::sql::Value]) -> Result<(), Error> {
        match self.rows("write for a job", sql, values)? {
            1 => Ok(()),
            _ => Err(Error::LeaseLost { job: lease.id.clone() }),
        }
    }

    /// The newest job of a kind about a target.
    pub fn job_about(&mut self, kind: JobKind, target: &str) -> Result<Option<Job>, Error> {
        let sql = format!("-- job_about\nSELECT {COLUMNS} FROM job WHERE kind = $1 AND target = $2 ORDER BY created DESC, id LIMIT 1");
        self.optional("read a job", &sql, &parameters![kind.as_str(), target], read)
    }

    /// The job about a target that a worker has just now.
    pub fn running_job(&mut self, target: &str) -> Result<Option<Job>, Error> {
        let sql = format!("-- running_job\nSELECT {COLUMNS} FROM job WHERE target = $1 AND state = 'running' ORDER BY created, id LIMIT 1");
        self.optional("read a job", &sql, &parameters![target], read)
    }

    /// Jobs that wait, run or failed, oldest first: those of a kind and in a state, where these are given.
    pub fn unfinished_jobs(
        &mut self,
        kind: Option<JobKind>,
        state: Option<JobState>,
        after: Option<&Position<JobId>>,
        limit: u32,
    ) -> Result<Vec<Job>, Error> {
        let sql = format!(
            "-- unfinished_jobs
            SELECT {COLUMNS}
            FROM job
            WHERE state <> 'done' AND ($4 = '' OR kind = $4) AND ($5 = '' OR state = $5)
                AND (created > $1 OR (created = $1 AND id > $2))
            ORDER BY created, id
            LIMIT $3"
        );
        let (created, id) = oldest(after, JobId::as_str);
        let (kind, state) = (kind.map_or("", JobKind::as_str), state.map_or("", JobState::as_str));
        self.all("list jobs", &sql, &parameters![created, id, limit, kind, state], read)
    }

    /// Pauses or resumes a lane. Running jobs go on.
    pub fn pause_lane(&mut self, lane: Lane, paused: bool) -> Result<(), Error> {
        let sql = "-- pause_lane
            UPDATE lane
            SET paused = $2
            WHERE name = $1";
        self.one_row("pause or resume work", sql, &parameters![lane.as_str(), paused])
    }

    /// The lanes that are paused.
    pub fn paused_lanes(&mut self) -> Result<Vec<Lane>, Error> {
        let sql = "-- paused_lanes
            SELECT name
            FROM lane
            WHERE paused = 1
            ORDER BY name";
        let names: Vec<String> = self.all("look which work is paused", sql, &parameters![], |row| row.get(0))?;
        Ok(Lane::ALL.iter().copied().filter(|lane| names.iter().any(|name| name == lane.as_str())).collect())
    }

    /// Forgets jobs that were done, or failed for good, before.
    pub fn sweep_jobs(&mut self, before: Moment) -> Result<(), Error> {
        let sql = "-- sweep_jobs
            DELETE FROM job
            WHERE state IN ('done', 'failed') AND finished < $1";
        self.rows("forget old jobs", sql, &parameters![before.microseconds()]).map(|_| ())
    }
}

pub(super) fn kind(text: &str) -> Result<JobKind, Error> {
    JobKind::ALL.iter().copied().find(|kind| kind.as_str() == text).ok_or_else(|| Error::damaged("a job has an unknown kind"))
}

pub(super) fn state(text: &str) -> Result<JobState, Error> {
    JobState::ALL.iter().copied().find(|state| state.as_str() == text).ok_or_else(|| Error::damaged("a job has an unknown state"))
}

fn read(row: &Row<'_>) -> Result<Job, Error> {
    Ok(Job {
        id: parsed(&row.get::<String>(0)?, "a job's id")?,
        kind: kind(&row.get::<String>(1)?)?,
        state: state(&row.get::<String>(2)?)?,
        target: row.get(3)?,
        contract: row.get(4)?,
        run_at: moment(row.get(5)?)?,
        attempt: row.get(6)?,
        failures: row.get(7)?,
        losses: row.get(8)?,
        worker: row.get(9)?,
        lease_until: row.get::<Option<i64>>(10)?.map(moment).transpose()?,
        done: row.get(11)?,
        expected: row.get(12)?,
        error: row.get(13)?,
        created: moment(row.get(14)?)?,
        finished: row.get::<Option<i64>>(15)?.map(moment).transpose()?,
    })
}
