//! The tables `erasure_source`, `erasure_step`, `erasure_personal`, `erasure_keys` and `erasure_file`: what an unfinished run needs to go on.
//!
//! Keys and files are written before the rows that lead to them go, so that a run that is cut off at any point can find out what it did by
//! counting again. When a run ends, everything here that speaks of the subject is deleted and overwritten.

use std::collections::BTreeSet;

use exeunt_model::names::SourceName;
use exeunt_model::run::RunId;
use exeunt_model::selection::SetId;
use rusqlite::{OptionalExtension as _, Transaction};
use serde::{Deserialize, Serialize};

use crate::database::Store;
use crate::error::{Error, expect_rows};
use crate::run::NewRun;

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
                WHERE run = ?1 AND source = ?2 AND state = 'acting'";
            let got = transaction.execute(sql, (run.as_str(), source.as_str())).map_err(Error::during(OPERATION))?;
            expect_rows(OPERATION, 1, got)?;
            affected.iter().try_for_each(|(step, rows)| set_affected(transaction, run, *step, *rows))
        })
    }

    /// Notes a batch that is about to be committed. [`Self::record_step`] settles it.
    pub fn note_batch(&mut self, run: &RunId, step: u32, batch: &Batch) -> Result<(), Error> {
        const OPERATION: &str = "note a batch";
        self.transact(OPERATION, |transaction| {
            let sql = "-- note_batch
                UPDATE erasure_step
                SET batch_rows = ?3, batch_transaction = ?4
                WHERE run = ?1 AND step = ?2";
            let got = transaction.execute(sql, (run.as_str(), step, batch.rows, &batch.transaction)).map_err(Error::during(OPERATION))?;
            expect_rows(OPERATION, 1, got)
        })
    }

    /// Notes how many rows of a step are affected so far. A batch that was noted is settled by it.
    pub fn record_step(&mut self, run: &RunId, step: u32, affected: u64) -> Result<(), Error> {
        self.transact("note affected rows", |transaction| set_affected(transaction, run, step, affected))
    }

    /// Replaces what was approved of a source: somebody has approved anew what is left there. Files that are known already keep their state.
    pub fn reapprove(&mut self, run: &RunId, source: &SourceName, approved: &Reapproval<'_>) -> Result<(), Error> {
        const OPERATION: &str = "note new counts";
        let failed = || Error::during(OPERATION);
        self.transact(OPERATION, |transaction| {
            let sql = "-- replan_step
                UPDATE erasure_step
                SET planned = ?3, batch_rows = NULL, batch_transaction = NULL
                WHERE run = ?1 AND step = ?2";
            for (step, rows) in approved.planned {
                expect_rows(OPERATION, 1, transaction.execute(sql, (run.as_str(), step, rows)).map_err(failed())?)?;
            }
            let sql = "-- forget_keys
                DELETE FROM erasure_keys
                WHERE run = ?1 AND source = ?2";
            transaction.execute(sql, (run.as_str(), source.as_str())).map_err(failed())?;
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
                SET state = ?4
                WHERE run = ?1 AND files = ?2 AND file_key = ?3 AND state = 'pending'";
            let mut statement = transaction.prepare(sql).map_err(Error::during(OPERATION))?;
            settled.iter().try_for_each(|(file, state)| {
                let got =
                    statement.execute((run.as_str(), file.files.as_str(), &file.key, state.as_str())).map_err(Error::during(OPERATION))?;
                expect_rows(OPERATION, 1, got)
            })
        })
    }

    /// The sources of a run in the order in which they are committed.
    pub fn sources_of(&self, run: &RunId) -> Result<Vec<(SourceName, SourceState)>, Error> {
        let failed = || Error::during("read a run's sources");
        let sql = "-- sources_of
            SELECT source, state = 'committed'
            FROM erasure_source
            WHERE run = ?1
            ORDER BY position";
        let mut statement = self.connection.prepare(sql).map_err(failed())?;
        let rows = statement.query_map([run.as_str()], |row| row.try_into()).map_err(failed())?;
        rows.map(|row| {
            let (source, committed): (String, bool) = row.map_err(failed())?;
            Ok((SourceName::new(source), if committed { SourceState::Committed } else { SourceState::Acting }))
        })
        .collect()
    }

    /// How far each step of a run is, in the plan's order.
    pub fn steps_of(&self, run: &RunId) -> Result<Vec<StepProgress>, Error> {
        let failed = || Error::during("read a run's steps");
        let sql = "-- steps_of
            SELECT step, planned, affected, batch_rows, batch_transaction
            FROM erasure_step
            WHERE run = ?1
            ORDER BY step";
        let mut statement = self.connection.prepare(sql).map_err(failed())?;
        let rows = statement.query_map([run.as_str()], |row| row.try_into()).map_err(failed())?;
        rows.map(|row| {
            let (step, planned, affected, rows, transaction): (u32, u64, Option<u64>, Option<u64>, Option<String>) =
                row.map_err(failed())?;
            Ok(StepProgress { step, planned, affected, batch: rows.map(|rows| Batch { rows, transaction }) })
        })
        .collect()
    }

    /// What the run remembers of the subject; `None` once it has ended.
    pub fn personal_data_of(&self, run: &RunId) -> Result<Option<PersonalData>, Error> {
        let sql = "-- personal_of
            SELECT data
            FROM erasure_personal
            WHERE run = ?1";
        let data: Option<String> =
            self.connection.query_row(sql, [run.as_str()], |row| row.get(0)).optional().map_err(Error::during("read a run's subject"))?;
        data.map(|data| serde_json::from_str(&data).map_err(|_| Error::damaged("a run's subject cannot be read"))).transpose()
    }

    /// The journaled keys of a source.
    pub fn keys_of(&self, run: &RunId, source: &SourceName) -> Result<Vec<JournaledKeys>, Error> {
        let failed = || Error::during("read a run's keys");
        let sql = "-- keys_of
            SELECT key_set, tuples
            FROM erasure_keys
            WHERE run = ?1 AND source = ?2
            ORDER BY key_set, part";
        let mut statement = self.connection.prepare(sql).map_err(failed())?;
        let mut rows = statement.query((run.as_str(), source.as_str())).map_err(failed())?;
        let mut keys: Vec<JournaledKeys> = Vec::new();
        while let Some(row) = rows.next().map_err(failed())? {
            let (set, tuples): (u32, String) = row.try_into().map_err(failed())?;
            let tuples: Vec<Vec<String>> = serde_json::from_str(&tuples).map_err(|_| Error::damaged("a run's keys cannot be read"))?;
            match keys.last_mut() {
                Some(last) if last.set == SetId(set) => last.tuples.extend(tuples),
                Some(_) | None => keys.push(JournaledKeys { source: source.clone(), set: SetId(set), tuples }),
            }
        }
        Ok(keys)
    }

    /// The files of a run, by the column that named them; none once the run has ended.
    pub fn files_of(&self, run: &RunId) -> Result<Vec<JournaledFile>, Error> {
        let failed = || Error::during("read a run's files");
        let sql = "-- files_of
            SELECT files, file_key, named_by, present, state
            FROM erasure_file
            WHERE run = ?1
            ORDER BY named_by, files, file_key";
        let mut statement = self.connection.prepare(sql).map_err(failed())?;
        let rows = statement.query_map([run.as_str()], |row| row.try_into()).map_err(failed())?;
        rows.map(|row| {
            let (files, key, named_by, present, state): (String, String, u32, bool, String) = row.map_err(failed())?;
            let state = FileState::ALL.into_iter().find(|known| known.as_str() == state);
            let state = state.ok_or_else(|| Error::damaged("a journaled file has an unknown state"))?;
            Ok(JournaledFile { files: SourceName::new(files), key, named_by, present, state })
        })
        .collect()
    }
}

fn set_affected(transaction: &Transaction<'_>, run: &RunId, step: u32, affected: u64) -> Result<(), Error> {
    const OPERATION: &str = "note affected rows";
    let sql = "-- set_affected
        UPDATE erasure_step
        SET affected = ?3, batch_rows = NULL, batch_transaction = NULL
        WHERE run = ?1 AND step = ?2";
    let got = transaction.prepare_cached(sql).and_then(|mut statement| statement.execute((run.as_str(), step, affected)));
    expect_rows(OPERATION, 1, got.map_err(Error::during(OPERATION))?)
}

fn replace_document(transaction: &Transaction<'_>, run: &RunId, document: &str) -> Result<(), Error> {
    const OPERATION: &str = "note what was decided";
    let sql = "-- replace_document
        UPDATE erasure_run
        SET plan = ?2
        WHERE id = ?1";
    expect_rows(OPERATION, 1, transaction.execute(sql, (run.as_str(), document)).map_err(Error::during(OPERATION))?)
}

/// Writes the journal of a run that begins.
pub(crate) fn begin(transaction: &Transaction<'_>, new: &NewRun<'_>) -> Result<(), Error> {
    const OPERATION: &str = "write the journal";
    let failed = || Error::during(OPERATION);
    let run = new.id.as_str();
    let source_sql = "-- insert_source
        INSERT INTO erasure_source (run, position, source, state)
        VALUES (?1, ?2, ?3, 'acting')";
    for (position, source) in (0u32..).zip(new.sources) {
        expect_rows(OPERATION, 1, transaction.execute(source_sql, (run, position, source.as_str())).map_err(failed())?)?;
    }
    let step_sql = "-- insert_step
        INSERT INTO erasure_step (run, step, planned, affected)
        VALUES (?1, ?2, ?3, NULL)";
    let mut statement = transaction.prepare(step_sql).map_err(failed())?;
    for (step, planned) in (0u32..).zip(new.planned) {
        expect_rows(OPERATION, 1, statement.execute((run, step, planned)).map_err(failed())?)?;
    }
    let personal_sql = "-- insert_personal
        INSERT INTO erasure_personal (run, data)
        VALUES (?1, ?2)";
    let data = json(new.personal)?;
    expect_rows(OPERATION, 1, transaction.execute(personal_sql, (run, data)).map_err(failed())?)?;

    insert_keys(transaction, new.id, new.keys)?;
    insert_files(transaction, new.id, new.files)
}

fn insert_keys(transaction: &Transaction<'_>, run: &RunId, keys: &[JournaledKeys]) -> Result<(), Error> {
    const OPERATION: &str = "write the journal";
    let failed = || Error::during(OPERATION);
    let key_sql = "-- insert_keys
        INSERT INTO erasure_keys (run, source, key_set, part, tuples)
        VALUES (?1, ?2, ?3, ?4, ?5)";
    let mut statement = transaction.prepare(key_sql).map_err(failed())?;
    for keys in keys {
        for (part, tuples) in (0u32..).zip(keys.tuples.chunks(TUPLES_PER_PART)) {
            let got = statement.execute((run.as_str(), keys.source.as_str(), keys.set.0, part, json(&tuples)?)).map_err(failed())?;
            expect_rows(OPERATION, 1, got)?;
        }
    }
    Ok(())
}

fn insert_files<'a>(transaction: &Transaction<'_>, run: &RunId, files: impl IntoIterator<Item = &'a JournaledFile>) -> Result<(), Error> {
    const OPERATION: &str = "write the journal";
    let failed = || Error::during(OPERATION);
    let file_sql = "-- insert_file
        INSERT INTO erasure_file (run, files, file_key, named_by, present, state)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let mut statement = transaction.prepare(file_sql).map_err(failed())?;
    for JournaledFile { files, key, named_by, present, state } in files {
        let got = statement.execute((run.as_str(), files.as_str(), key, named_by, present, state.as_str())).map_err(failed())?;
        expect_rows(OPERATION, 1, got)?;
    }
    Ok(())
}

/// File source and key of the files that are journaled.
fn known_files(transaction: &Transaction<'_>, run: &RunId) -> Result<BTreeSet<(String, String)>, Error> {
    let failed = || Error::during("read a run's files");
    let sql = "-- known_files
        SELECT files, file_key
        FROM erasure_file
        WHERE run = ?1";
    let mut statement = transaction.prepare(sql).map_err(failed())?;
    let rows = statement.query_map([run.as_str()], |row| row.try_into()).map_err(failed())?;
    rows.map(|row| row.map_err(failed())).collect()
}

/// Deletes whatever the journal holds of the subject.
pub(crate) fn forget(transaction: &Transaction<'_>, run: &RunId) -> Result<(), Error> {
    const OPERATION: &str = "forget the subject of a run";
    let failed = || Error::during(OPERATION);
    for sql in ["DELETE FROM erasure_keys WHERE run = ?1", "DELETE FROM erasure_file WHERE run = ?1"] {
        transaction.execute(sql, [run.as_str()]).map_err(failed())?;
    }
    let got = transaction.execute("DELETE FROM erasure_personal WHERE run = ?1", [run.as_str()]).map_err(failed())?;
    expect_rows(OPERATION, 1, got)
}

fn json<T: Serialize>(value: &T) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|_| Error::damaged("a journal entry cannot be written"))
}
