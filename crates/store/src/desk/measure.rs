//! How much there is of what: numbers for those who watch the desk. No number belongs to anybody.

use exeunt_model::job::{JobKind, JobState, Lane};
use exeunt_model::moment::Moment;

use crate::desk::job::{kind, state};
use crate::error::Error;
use crate::log;
use crate::read::moment;
use crate::sql::{Transaction, parameters};

/// The desk in numbers, all of one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measures {
    /// Requests by kind and state.
    pub requests: Vec<(String, String, u64)>,
    /// Requests by kind that should have been answered by now.
    pub overdue: Vec<(String, u64)>,
    pub jobs: Vec<OpenJobs>,
    /// Jobs by kind that failed for good within a day.
    pub failed: Vec<(JobKind, u64)>,
    pub paused: Vec<Lane>,
    /// Archives that are kept, and their bytes.
    pub archives: u64,
    pub archive_bytes: u64,
    pub log_entries: u64,
}

/// Jobs of a kind that wait or run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenJobs {
    pub kind: JobKind,
    pub state: JobState,
    pub jobs: u64,
    /// When the first of them was to begin.
    pub oldest: Moment,
}

/// Failures are counted for a day.
const FAILED_SINCE_SECONDS: i64 = 24 * 3_600;

impl Transaction<'_> {
    /// Measures the desk.
    pub fn measures(&mut self, now: Moment) -> Result<Measures, Error> {
        let (archives, archive_bytes) = self.kept_archives()?;
        Ok(Measures {
            requests: self.request_counts()?,
            overdue: self.overdue_counts(now)?,
            jobs: self.open_jobs()?,
            failed: self.failed_jobs(now)?,
            paused: self.paused_lanes()?,
            archives,
            archive_bytes,
            log_entries: log::size(self)?,
        })
    }

    fn overdue_counts(&mut self, now: Moment) -> Result<Vec<(String, u64)>, Error> {
        let sql = "-- overdue_counts
            SELECT kind, count(*)
            FROM request
            WHERE answered IS NULL AND due < $1
            GROUP BY kind
            ORDER BY kind";
        self.all("count overdue requests", sql, &parameters![now.microseconds()], |row| Ok((row.get(0)?, row.get(1)?)))
    }

    fn open_jobs(&mut self) -> Result<Vec<OpenJobs>, Error> {
        // In two halves, each of which reads the index of its state instead of every job that ever ran.
        let sql = "-- open_jobs
            SELECT kind, state, count(*), min(run_at)
            FROM job
            WHERE state = 'queued'
            GROUP BY kind, state
            UNION ALL
            SELECT kind, state, count(*), min(run_at)
            FROM job
            WHERE state = 'running'
            GROUP BY kind, state";
        self.all("count open jobs", sql, &parameters![], |row| {
            Ok(OpenJobs {
                kind: kind(&row.get::<String>(0)?)?,
                state: state(&row.get::<String>(1)?)?,
                jobs: row.get(2)?,
                oldest: moment(row.get(3)?)?,
            })
        })
    }

    fn failed_jobs(&mut self, now: Moment) -> Result<Vec<(JobKind, u64)>, Error> {
        let sql = "-- failed_jobs
            SELECT kind, count(*)
            FROM job
            WHERE state = 'failed' AND finished >= $1
            GROUP BY kind
            ORDER BY kind";
        let since = now.microseconds().saturating_sub(FAILED_SINCE_SECONDS * 1_000_000);
        self.all("count failed jobs", sql, &parameters![since], |row| Ok((kind(&row.get::<String>(0)?)?, row.get(1)?)))
    }

    fn kept_archives(&mut self) -> Result<(u64, u64), Error> {
        let sql = "-- kept_archives
            SELECT count(*), CAST(coalesce(sum(bytes), 0) AS BIGINT)
            FROM archive
            WHERE deleted IS NULL";
        let read = self.optional("measure the archives", sql, &parameters![], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(read.unwrap_or_default())
    }
}
