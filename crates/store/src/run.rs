//! The table `erasure_run`: runs and their states, moved only as [`State::after`] allows.

use exeunt_model::certificate::{Certificate, Statement};
use exeunt_model::digest::Digest;
use exeunt_model::log::{Entry, Event, StopReason};
use exeunt_model::moment::Moment;
use exeunt_model::names::{SourceName, SubjectKind};
use exeunt_model::run::{Ending, Move, RunId, State};
use exeunt_model::tombstone::Tombstone;

use crate::certificate::{self, Keys};
use crate::database::Store;
use crate::error::Error;
use crate::journal::{self, JournaledFile, JournaledKeys, PersonalData};
use crate::read::{moment, parsed};
use crate::sql::{Row, Transaction, Value, parameters};
use crate::{log, tombstone};

/// A run as the store knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    pub id: RunId,
    pub state: State,
    pub kind: SubjectKind,
    /// Keyed hash of the subject.
    pub subject: Digest,
    /// The plan and what else was decided when the run began, as JSON.
    pub document: String,
    pub started: Moment,
    /// The number of the log entry that opened it.
    pub opening_entry: u64,
    /// How often it was begun or resumed.
    pub attempts: u64,
    pub closed: Option<Moment>,
}

/// What is written when a run begins, in one transaction, before the first destructive statement.
#[derive(Debug)]
pub struct NewRun<'a> {
    pub id: &'a RunId,
    pub kind: &'a SubjectKind,
    pub subject: &'a Digest,
    /// The plan and what else was decided, as JSON without personal data.
    pub document: &'a str,
    pub map: &'a Digest,
    /// In the order of the plan.
    pub catalogs: &'a [Digest],
    pub plan: &'a Digest,
    /// Rows of each step.
    pub planned: &'a [u64],
    /// In the order in which they are committed.
    pub sources: &'a [SourceName],
    pub personal: &'a PersonalData,
    pub keys: &'a [JournaledKeys],
    pub files: &'a [JournaledFile],
}

/// Of whom a run leaves nothing; each gets a tombstone. With chosen categories that may be nobody.
#[derive(Debug, Clone)]
pub struct Gone<'a> {
    /// Whether it is the subject of the run.
    pub subject: bool,
    /// What the subject's tombstone remembers of its own row, as [`Tombstone::remainder`] says.
    pub remainder: Option<Digest>,
    /// The subjects that went with it, such as the seats of a contract.
    pub within: &'a [(SubjectKind, Digest)],
}

/// A run in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunSummary {
    pub id: RunId,
    pub state: State,
    pub started: Moment,
}

impl Store {
    /// Opens a run: log entry, checkpoint, run and journal are on disk when this returns, and the run is `running`.
    ///
    /// # Errors
    /// [`Error::Unfinished`] when another run of the same subject has not come to its end.
    pub fn open_run(&mut self, new: &NewRun<'_>, now: Moment) -> Result<(), Error> {
        const OPERATION: &str = "open a run";
        let key = self.log_key();
        self.transact(OPERATION, |transaction| {
            // Before anything is looked at: whoever begins another run waits here.
            log::lock(transaction)?;
            if let Some(unfinished) = unfinished_of(transaction, new.kind, new.subject)? {
                return Err(Error::Unfinished { run: unfinished.id });
            }
            let event = Event::ErasureStarted {
                run: new.id.clone(),
                kind: new.kind.clone(),
                subject: new.subject.clone(),
                map: new.map.clone(),
                catalogs: new.catalogs.to_vec(),
                plan: new.plan.clone(),
            };
            let opening = log::append(transaction, &key, &Entry::new(now, event))?;
            let moved = |source| Error::Move { run: new.id.clone(), source };
            let state = State::Planned.after(Move::Start).and_then(|state| state.after(Move::Act)).map_err(moved)?;
            let sql = "-- insert_run
                INSERT INTO erasure_run (id, state, kind, subject, plan, started, opening_entry, attempts, closed)
                VALUES ($1, $2, $3, $4, $5, $6, $7, 1, NULL)";
            let values = parameters![
                new.id.as_str(),
                state.as_str(),
                new.kind.as_str(),
                new.subject.as_str(),
                new.document,
                now.microseconds(),
                opening.number,
            ];
            transaction.one_row(OPERATION, sql, &values)?;
            journal::begin(transaction, new)
        })
    }

    /// Takes up a run that a crash or a failure left unfinished: it is `running` again, and the log says so.
    ///
    /// # Errors
    /// [`Error::Move`] when the run has come to its end.
    pub fn resume_run(&mut self, run: &RunId, now: Moment) -> Result<Run, Error> {
        const OPERATION: &str = "resume a run";
        let key = self.log_key();
        self.transact(OPERATION, |transaction| {
            change_state(transaction, run, &[Move::Resume], None)?;
            let sql = "-- count_attempt
                UPDATE erasure_run
                SET attempts = attempts + 1
                WHERE id = $1";
            transaction.one_row(OPERATION, sql, &parameters![run.as_str()])?;
            log::append(transaction, &key, &Entry::new(now, Event::ErasureResumed { run: run.clone() }))?;
            expect_run(transaction, run)
        })
    }

    /// Ends a run that erased nothing. What the journal held of the subject is forgotten.
    pub fn stop_run(&mut self, run: &RunId, reason: StopReason, now: Moment) -> Result<(), Error> {
        let key = self.log_key();
        self.transact("stop a run", |transaction| {
            change_state(transaction, run, &[Move::Stop], Some(now))?;
            log::append(transaction, &key, &Entry::new(now, Event::ErasureStopped { run: run.clone(), reason }))?;
            journal::forget(transaction, run)
        })
    }

    /// Closes a run with its statement: closing entry, certificate, state and tombstones in one transaction, and what the journal held of the
    /// subject is forgotten. A run that partly failed leaves no tombstone and keeps its journal, since resuming needs it.
    ///
    /// # Errors
    /// [`Error::Damaged`] for a statement whose state does not follow from its counts, or that is of another run.
    pub fn close_run(&mut self, statement: Statement, gone: &Gone<'_>) -> Result<Certificate, Error> {
        let run = statement.id.clone();
        if !statement.is_consistent() || (statement.scope.categories.is_none() && !gone.subject) {
            return Err(Error::damaged(format!("the statement of run {run} contradicts itself")));
        }
        let keys = self.sealing_keys();
        self.transact("close a run", |transaction| {
            let now = statement.closed;
            let ending = statement.state;
            let (closed, certificate) = close(transaction, &keys, statement.clone())?;
            match ending {
                Ending::Completed | Ending::CompletedWithRetained => {
                    let within = gone.within.iter().map(|(kind, subject)| (kind.clone(), subject.clone(), None));
                    let own = gone.subject.then(|| (closed.kind, closed.subject, gone.remainder.clone()));
                    for (kind, subject, remainder) in own.into_iter().chain(within) {
                        tombstone::insert(transaction, &Tombstone { kind, subject, erased: now, run: run.clone(), remainder })?;
                    }
                    journal::forget(transaction, &run)?;
                }
                Ending::PartlyFailed => {}
            }
            Ok(certificate)
        })
    }

    /// Closes a run that nobody will finish: it stays partly failed, what the journal held of the subject is forgotten, and another run may
    /// begin for the subject.
    ///
    /// # Errors
    /// [`Error::Damaged`] for a statement that does not say that the run partly failed.
    pub fn abandon_run(&mut self, statement: Statement) -> Result<Certificate, Error> {
        const OPERATION: &str = "abandon a run";
        let run = statement.id.clone();
        if !statement.is_consistent() || statement.state != Ending::PartlyFailed {
            return Err(Error::damaged(format!("the statement of run {run} contradicts itself")));
        }
        let keys = self.sealing_keys();
        self.transact(OPERATION, |transaction| {
            let (_, certificate) = close(transaction, &keys, statement.clone())?;
            let sql = "-- abandon_run
                UPDATE erasure_run
                SET abandoned = 1
                WHERE id = $1 AND abandoned = 0";
            transaction.one_row(OPERATION, sql, &parameters![run.as_str()])?;
            journal::forget(transaction, &run)?;
            Ok(certificate)
        })
    }

    fn sealing_keys(&self) -> Keys {
        Keys { log: self.log_key(), signing: self.signing_key() }
    }

    /// A run, whatever its state; `None` where the store knows none of this name.
    pub fn run(&self, run: &RunId) -> Result<Option<Run>, Error> {
        self.look("read runs", |transaction| find(transaction, run))
    }

    /// The run of a subject that has not come to its end, of which there is at most one.
    pub fn unfinished_run(&self, kind: &SubjectKind, subject: &Digest) -> Result<Option<Run>, Error> {
        self.look("read runs", |transaction| unfinished_of(transaction, kind, subject))
    }

    /// The completed runs about subjects of a kind that left something of them, oldest first: those of chosen categories.
    pub fn partial_runs(&self, kind: &SubjectKind) -> Result<Vec<Run>, Error> {
        let sql = "-- partial_runs
            SELECT id, state, kind, subject, plan, started, opening_entry, attempts, closed
            FROM erasure_run
            WHERE kind = $1
                AND state IN ('completed', 'completed_with_retained')
                AND NOT EXISTS (
                    SELECT 1
                    FROM tombstone
                    WHERE tombstone.kind = erasure_run.kind
                        AND tombstone.subject = erasure_run.subject
                        AND tombstone.run = erasure_run.id
                )
            ORDER BY started";
        self.look("read runs", |transaction| list(transaction, sql, &parameters![kind.as_str()]))
    }

    /// All runs about a subject, oldest first.
    pub fn runs_of(&self, kind: &SubjectKind, subject: &Digest) -> Result<Vec<RunSummary>, Error> {
        let sql = "-- runs_of
            SELECT id, state, kind, subject, plan, started, opening_entry, attempts, closed
            FROM erasure_run
            WHERE kind = $1 AND subject = $2
            ORDER BY started";
        let runs = self.look("read runs", |transaction| list(transaction, sql, &parameters![kind.as_str(), subject.as_str()]))?;
        Ok(runs.into_iter().map(|run| RunSummary { id: run.id, state: run.state, started: run.started }).collect())
    }
}

/// Moves the run to the end that its statement says, and seals the statement.
fn close(transaction: &mut Transaction<'_>, keys: &Keys, statement: Statement) -> Result<(Run, Certificate), Error> {
    let moves = [Move::Verify, statement.state.attempted()];
    let closed = change_state(transaction, &statement.id, &moves, Some(statement.closed))?;
    if closed.subject != statement.scope.subject || closed.kind != statement.scope.kind || closed.started != statement.started {
        return Err(Error::damaged(format!("the statement of run {} is of another subject", statement.id)));
    }
    let certificate = certificate::seal(transaction, keys, closed.opening_entry, statement)?;
    Ok((closed, certificate))
}

pub(crate) fn unfinished(transaction: &mut Transaction<'_>) -> Result<Vec<Run>, Error> {
    let sql = "-- unfinished_runs
        SELECT id, state, kind, subject, plan, started, opening_entry, attempts, closed
        FROM erasure_run
        WHERE state IN ('started', 'running', 'verifying', 'partly_failed') AND abandoned = 0
        ORDER BY started";
    list(transaction, sql, &parameters![])
}

fn unfinished_of(transaction: &mut Transaction<'_>, kind: &SubjectKind, subject: &Digest) -> Result<Option<Run>, Error> {
    let sql = "-- unfinished_run_of
        SELECT id, state, kind, subject, plan, started, opening_entry, attempts, closed
        FROM erasure_run
        WHERE kind = $1 AND subject = $2 AND abandoned = 0
            AND state IN ('started', 'running', 'verifying', 'partly_failed')";
    Ok(list(transaction, sql, &parameters![kind.as_str(), subject.as_str()])?.pop())
}

fn list(transaction: &mut Transaction<'_>, sql: &str, values: &[Value]) -> Result<Vec<Run>, Error> {
    transaction.all("read runs", sql, values, read)
}

fn find(transaction: &mut Transaction<'_>, run: &RunId) -> Result<Option<Run>, Error> {
    let sql = "-- run
        SELECT id, state, kind, subject, plan, started, opening_entry, attempts, closed
        FROM erasure_run
        WHERE id = $1";
    Ok(list(transaction, sql, &parameters![run.as_str()])?.pop())
}

fn expect_run(transaction: &mut Transaction<'_>, run: &RunId) -> Result<Run, Error> {
    find(transaction, run)?.ok_or_else(|| Error::NoSuchRun { run: run.clone() })
}

/// Makes the moves one after the other; the row must still be in the state that was read.
fn change_state(transaction: &mut Transaction<'_>, run: &RunId, moves: &[Move], closed: Option<Moment>) -> Result<Run, Error> {
    const OPERATION: &str = "move a run";
    let mut found = expect_run(transaction, run)?;
    let before = found.state;
    for attempted in moves {
        found.state = found.state.after(*attempted).map_err(|source| Error::Move { run: run.clone(), source })?;
    }
    found.closed = closed;
    let sql = "-- move_run
        UPDATE erasure_run
        SET state = $3, closed = $4
        WHERE id = $1 AND state = $2";
    let values = parameters![run.as_str(), before.as_str(), found.state.as_str(), closed.map(Moment::microseconds)];
    transaction.one_row(OPERATION, sql, &values)?;
    Ok(found)
}

fn read(row: &Row<'_>) -> Result<Run, Error> {
    Ok(Run {
        id: parsed(&row.get::<String>(0)?, "a run's id")?,
        state: parsed(&row.get::<String>(1)?, "a run's state")?,
        kind: SubjectKind::new(row.get::<String>(2)?),
        subject: tombstone::digest(&row.get::<String>(3)?)?,
        document: row.get(4)?,
        started: moment(row.get(5)?)?,
        opening_entry: row.get(6)?,
        attempts: row.get(7)?,
        closed: row.get::<Option<i64>>(8)?.map(moment).transpose()?,
    })
}
