//! The tables `erasure_source`, `erasure_step`, `erasure_personal`, `erasure_keys` and `erasure_file`: what an unfinished run needs to go on.
//!
//! Keys and files are written before the rows that lead to them go, so that a run that is cut off at any point can find out what it did by
//! counting again. When a run ends, everything here that speaks of the subject is deleted and overwritten.

use std::collections::BTreeSet;

use exeunt_model::names::SourceName;
use exeunt_model::run::RunId;
use exeunt_model::selection::SetId;
use serde::{Deserialize, Serialize};

use crate::database::Store;
use crate::error::Error;
use crate::read::{from_json, json};
use crate::run::NewRun;
use crate::sql::{Transaction, parameters};

/// Tuples in one row of `erasure_keys`.
const TUPLES_PER_PART: usize = 5_000;

/// What a run must remember of the subject until it ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonalData {
    /// Text forms of the key's columns.
    pub subject_key: Vec<String>,
    pub successor_key: Option<Vec<String>>,
    /// Values of identifying columns, for the residual search; empty when none was asked for.
    pub identifiers: Vec<String>,
}

/// The key tuples of one set in one source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournaledKeys {
    pub source: SourceName,
    pub set: SetId,
    pub tuples: Vec<Vec<String>>,
}

/// What somebody approves anew of a source when a run is resumed.
#[derive(Debug)]
pub struct Reapproval<'a> {
    /// Step and rows.
    pub planned: &'a [(u32, u64)],
    /// All keys of the source.
    pub keys: &'a [JournaledKeys],
    pub files: &'a [JournaledFile],
    /// The run's document, as in [`NewRun`].
    pub document: &'a str,
}

/// A file that rows to be deleted name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournaledFile {
    /// The file source.
    pub files: SourceName,
    pub key: String,
    /// The column that named it, as position in the plan's list of file columns.
    pub named_by: u32,
    /// Whether it was there before anything was deleted.
    pub present: bool,
    pub state: FileState,
}

/// What became of a file so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileState {
    /// Still to be deleted.
    Pending,
    Deleted,
    /// Stays, since rows that stay name it too.
    Shared,
    Missing,
}

impl FileState {
    const ALL: [Self; 4] = [Self::Pending, Self::Deleted, Self::Shared, Self::Missing];

    fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Deleted => "deleted",
            Self::Shared => "shared",
            Self::Missing => "missing",
        }
    }
}

/// How far a source is, as far as the journal knows: a crash may have come between the source's commit and its note here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceState {
    Acting,
    Committed,
}

/// What is known of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepProgress {
    pub step: u32,
    pub planned: u64,
    /// `None` until the step is known to be done. In batches: rows affected so far.
    pub affected: Option<u64>,
    /// A batch that was about to be committed, and may or may not have been.
    pub batch: Option<Batch>,
}

/// A transaction of its own for some rows of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    pub rows: u64,
    /// Where the database numbers its transactions.
    pub transaction: Option<String>,
}

impl Store {
    /// Notes that a source is committed, and how many rows each of its steps affected.
    pub fn commit_source(&mut self, run: &RunId, source: &SourceName, affected: &[(u32, u64)]) -> Result<(), Error> {
        const OPERATION: &str = "note a committed source";
        self.transact(OPERATION, |transaction| {
            let sql = "-- commit_source
                UPDATE erasure_source
                SET state = 'committed'
                WHERE run = $1 AND source = $2 AND state = 'acting'";
            transaction.one_row(OPERATION, sql, &parameters![run.as_str(), source.as_str()])?;
            affected.iter().try_for_each(|(step, rows)| set_affected(transaction, run, *step, *rows))
        })
    }

    /// Notes a batch that is about to be committed. [`Self::record_step`] settles it.
    pub fn note_batch(&mut self, run: &RunId, step: u32, batch: &Batch) -> Result<(), Error> {
        const OPERATION: &str = "note a batch";
        self.transact(OPERATION, |transaction| {
            let sql = "-- note_batch
                UPDATE erasure_step
                SET batch_rows = $3, batch_transaction = $4
                WHERE run = $1 AND step = $2";
            transaction.one_row(OPERATION, sql, &parameters![run.as_str(), step, batch.rows, batch.transaction.as_deref()])
        })
    }

    /// Notes how many rows of a step are affected so far. A batch that was noted is settled by it.
    pub fn record_step(&mut self, run: &RunId, step: u32, affected: u64) -> Result<(), Error> {
        self.transact("note affected rows", |transaction| set_affected(transaction, run, step, affected))
    }

    /// Replaces what was approved of a source: somebody has approved anew what is left there. Files that are known already keep their state.
    pub fn reapprove(&mut self, run: &RunId, source: &SourceName, approved: &Reapproval<'_>) -> Result<(), Error> {
        const OPERATION: &str = "note new counts";
        self.transact(OPERATION, |transaction| {
            let sql = "-- replan_step
                UPDATE erasure_step
                SET planned = $3, batch_rows = NULL, batch_transaction = NULL
                WHERE run = $1 AND step = $2";
            for (step, rows) in approved.planned {
                transaction.one_row(OPERATION, sql, &parameters![run.as_str(), *step, *rows])?;
            }
            let sql = "-- forget_keys
                DELETE FROM erasure_keys
                WHERE run = $1 AND source = $2";
            transaction.rows(OPERATION, sql, &parameters![run.as_str(), source.as_str()])?;
            insert_keys(transaction, run, approved.keys)?;
            let known = known_files(transaction, run)?;
            let new = approved.files.iter().filter(|file| !known.contains(&(file.files.as_str().to_owned(), file.key.clone())));
            insert_files(transaction, run, new)?;
            replace_document(transaction, run, approved.document)
        })
    }

    /// Replaces what was decided of a run that goes on, as in [`NewRun::document`].
    pub fn note_document(&mut self, run: &RunId, document: &str) -> Result<(), Error> {
        self.transact("note what was decided", |transaction| replace_document(transaction, run, document))
    }

    /// Notes what became of files.
    pub fn settle_files(&mut self, run: &RunId, settled: &[(&JournaledFile, FileState)]) -> Result<(), Error> {
        const OPERATION: &str = "note deleted files";
        self.transact(OPERATION, |transaction| {
            let sql = "-- settle_file
                UPDATE erasure_file
                SET state = $4
                WHERE run = $1 AND files = $2 AND file_key = $3 AND state = 'pending'";
            settled.iter().try_for_each(|(file, state)| {
                let values = parameters![run.as_str(), file.files.as_str(), file.key.as_str(), state.as_str()];
                transaction.one_row(OPERATION, sql, &values)
            })
        })
    }

    /// The sources of a run in the order in which they are committed.
    pub fn sources_of(&self, run: &RunId) -> Result<Vec<(SourceName, SourceState)>, Error> {
        const OPERATION: &str = "read a run's sources";
        let sql = "-- sources_of
            SELECT source, state = 'committed'
            FROM erasure_source
            WHERE run = $1
            ORDER BY position";
        self.look(OPERATION, |transaction| {
            transaction.all(OPERATION, sql, &parameters![run.as_str()], |row| {
                let state = if row.get::<bool>(1)? { SourceState::Committed } else { SourceState::Acting };
                Ok((SourceName::new(row.get::<String>(0)?), state))
            })
        })
    }

    /// How far each step of a run is, in the plan's order.
    pub fn steps_of(&self, run: &RunId) -> Result<Vec<StepProgress>, Error> {
        const OPERATION: &str = "read a run's steps";
        let sql = "-- steps_of
            SELECT step, planned, affected, batch_rows, batch_transaction
            FROM erasure_step
            WHERE run = $1
            ORDER BY step";
        self.look(OPERATION, |transaction| {
            transaction.all(OPERATION, sql, &parameters![run.as_str()], |row| {
                let rows: Option<u64> = row.get(3)?;
                let transaction: Option<String> = row.get(4)?;
                Ok(StepProgress {
                    step: row.get(0)?,
                    planned: row.get(1)?,
                    affected: row.get(2)?,
                    batch: rows.map(|rows| Batch { rows, transaction }),
                })
            })
        })
    }

    /// What the run remembers of the subject; `None` once it has ended.
    pub fn personal_data_of(&self, run: &RunId) -> Result<Option<PersonalData>, Error> {
        const OPERATION: &str = "read a run's subject";
        let sql = "-- personal_of
            SELECT data
            FROM erasure_personal
            WHERE run = $1";
        self.look(OPERATION, |transaction| {
            transaction.optional(OPERATION, sql, &parameters![run.as_str()], |row| from_json(&row.get::<String>(0)?, "a run's subject"))
        })
    }

    /// The journaled keys of a source.
    pub fn keys_of(&self, run: &RunId, source: &SourceName) -> Result<Vec<JournaledKeys>, Error> {
        const OPERATION: &str = "read a run's keys";
        let sql = "-- keys_of
            SELECT key_set, tuples
            FROM erasure_keys
            WHERE run = $1 AND source = $2
            ORDER BY key_set, part";
        let mut keys: Vec<JournaledKeys> = Vec::new();
        self.look(OPERATION, |transaction| {
            transaction.each(OPERATION, sql, &parameters![run.as_str(), source.as_str()], &mut |row| {
                let set = SetId(row.get(0)?);
                let tuples: Vec<Vec<String>> = from_json(&row.get::<String>(1)?, "a run's keys")?;
                match keys.last_mut() {
                    Some(last) if last.set == set => last.tuples.extend(tuples),
                    Some(_) | None => keys.push(JournaledKeys { source: source.clone(), set, tuples }),
                }
                Ok(())
            })
        })?;
        Ok(keys)
    }

    /// The files of a run, by the column that named them; none once the run has ended.
    pub fn files_of(&self, run: &RunId) -> Result<Vec<JournaledFile>, Error> {
        const OPERATION: &str = "read a run's files";
        let sql = "-- files_of
            SELECT files, file_key, named_by, present, state
            FROM erasure_file
            WHERE run = $1
            ORDER BY named_by, files, file_key";
        self.look(OPERATION, |transaction| {
            transaction.all(OPERATION, sql, &parameters![run.as_str()], |row| {
                let state: String = row.get(4)?;
                let state = FileState::ALL.into_iter().find(|known| known.as_str() == state);
                Ok(JournaledFile {
                    files: SourceName::new(row.get::<String>(0)?),
                    key: row.get(1)?,
                    named_by: row.get(2)?,
                    present: row.get(3)?,
                    state: state.ok_or_else(|| Error::damaged("a journaled file has an unknown state"))?,
                })
            })
        })
    }
}

fn set_affected(transaction: &mut Transaction<'_>, run: &RunId, step: u32, affected: u64) -> Result<(), Error> {
    let sql = "-- set_affected
        UPDATE erasure_step
        SET affected = $3, batch_rows = NULL, batch_transaction = NULL
        WHERE run = $1 AND step = $2";
    transaction.one_row("note affected rows", sql, &parameters![run.as_str(), step, affected])
}

fn replace_document(transaction: &mut Transaction<'_>, run: &RunId, document: &str) -> Result<(), Error> {
    let sql = "-- replace_document
        UPDATE erasure_run
        SET plan = $2
        WHERE id = $1";
    transaction.one_row("note what was decided", sql, &parameters![run.as_str(), document])
}

/// Writes the journal of a run that begins.
pub(crate) fn begin(transaction: &mut Transaction<'_>, new: &NewRun<'_>) -> Result<(), Error> {
    const OPERATION: &str = "write the journal";
    let run = new.id.as_str();
    let source_sql = "-- insert_source
        INSERT INTO erasure_source (run, position, source, state)
        VALUES ($1, $2, $3, 'acting')";
    for (position, source) in (0u32..).zip(new.sources) {
        transaction.one_row(OPERATION, source_sql, &parameters![run, position, source.as_str()])?;
    }
    let step_sql = "-- insert_step
        INSERT INTO erasure_step (run, step, planned, affected)
        VALUES ($1, $2, $3, NULL)";
    for (step, planned) in (0u32..).zip(new.planned) {
        transaction.one_row(OPERATION, step_sql, &parameters![run, step, *planned])?;
    }
    let personal_sql = "-- insert_personal
        INSERT INTO erasure_personal (run, data)
        VALUES ($1, $2)";
    transaction.one_row(OPERATION, personal_sql, &parameters![run, json(new.personal)?])?;

    insert_keys(transaction, new.id, new.keys)?;
    insert_files(transaction, new.id, new.files)
}

fn insert_keys(transaction: &mut Transaction<'_>, run: &RunId, keys: &[JournaledKeys]) -> Result<(), Error> {
    let sql = "-- insert_keys
        INSERT INTO erasure_keys (run, source, key_set, part, tuples)
        VALUES ($1, $2, $3, $4, $5)";
    for keys in keys {
        for (part, tuples) in (0u32..).zip(keys.tuples.chunks(TUPLES_PER_PART)) {
            let values = parameters![run.as_str(), keys.source.as_str(), keys.set.0, part, json(&tuples)?];
            transaction.one_row("write the journal", sql, &values)?;
        }
    }
    Ok(())
}

fn insert_files<'a>(
    transaction: &mut Transaction<'_>,
    run: &RunId,
    files: impl IntoIterator<Item = &'a JournaledFile>,
) -> Result<(), Error> {
    let sql = "-- insert_file
        INSERT INTO erasure_file (run, files, file_key, named_by, present, state)
        VALUES ($1, $2, $3, $4, $5, $6)";
    for JournaledFile { files, key, named_by, present, state } in files {
        let values = parameters![run.as_str(), files.as_str(), key, *named_by, *present, state.as_str()];
        transaction.one_row("write the journal", sql, &values)?;
    }
    Ok(())
}

/// File source and key of the files that are journaled.
fn known_files(transaction: &mut Transaction<'_>, run: &RunId) -> Result<BTreeSet<(String, String)>, Error> {
    let sql = "-- known_files
        SELECT files, file_key
        FROM erasure_file
        WHERE run = $1";
    let known = transaction.all("read a run's files", sql, &parameters![run.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(known.into_iter().collect())
}

/// Deletes whatever the journal holds of the subject.
pub(crate) fn forget(transaction: &mut Transaction<'_>, run: &RunId) -> Result<(), Error> {
    const OPERATION: &str = "forget the subject of a run";
    let keys = "-- forget_all_keys
        DELETE FROM erasure_keys
        WHERE run = $1";
    let files = "-- forget_files
        DELETE FROM erasure_file
        WHERE run = $1";
    let personal = "-- forget_personal
        DELETE FROM erasure_personal
        WHERE run = $1";
    transaction.rows(OPERATION, keys, &parameters![run.as_str()])?;
    transaction.rows(OPERATION, files, &parameters![run.as_str()])?;
    transaction.one_row(OPERATION, personal, &parameters![run.as_str()])
}
