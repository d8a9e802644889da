//! A run as it stands: what was decided, its databases, and how far each step is.

use exeunt_model::certificate::Failure;
use exeunt_model::moment::Moment;
use exeunt_model::names::SourceName;
use exeunt_model::plan::Plan;
use exeunt_model::run::RunId;
use exeunt_store::PersonalData;

use super::acting::Acting;
use super::error::Error;
use super::order::{Document, Means};
use crate::failpoint::failpoint;

/// A run whose databases have been acted on as far as it went.
pub(super) struct Running {
    pub run: RunId,
    pub document: Document,
    pub personal: PersonalData,
    pub started: Moment,
    pub attempts: u64,
    /// In the order of commits.
    pub sources: Vec<SourceRun>,
    /// Rows of each step, as approved.
    pub planned: Vec<u64>,
    /// `None` where a step is not done.
    pub affected: Vec<Option<u64>>,
    /// In batches: the step may be done already, or in part, so that doing it again finds fewer rows.
    pub again: Vec<bool>,
    pub failures: Vec<Failure>,
    /// As in [`super::Order`].
    pub accept_missing_files: bool,
    /// As in [`super::Outcome`].
    pub undecided: bool,
}

pub(super) struct SourceRun {
    pub name: SourceName,
    pub committed: bool,
    /// The connection, with its key table.
    pub acting: Option<Acting>,
}

impl SourceRun {
    pub fn acting(acting: Acting) -> Self {
        Self { name: acting.source.clone(), committed: false, acting: Some(acting) }
    }

    pub fn committed(acting: Acting) -> Self {
        Self { name: acting.source.clone(), committed: true, acting: Some(acting) }
    }

    pub fn failed(name: SourceName) -> Self {
        Self { name, committed: false, acting: None }
    }
}

impl Running {
    pub fn acting(&mut self, source: &SourceName) -> Option<&mut Acting> {
        self.sources.iter_mut().find(|run| run.name == *source).and_then(|run| run.acting.as_mut())
    }
}

/// Notes in the journal that a database is committed.
pub(super) fn note_commit(means: &mut Means<'_>, running: &Running, source: &SourceName, steps: &[usize]) -> Result<(), Error> {
    let affected: Vec<(u32, u64)> = steps.iter().filter_map(|step| running.affected[*step].map(|rows| (*step as u32, rows))).collect();
    means.store.commit_source(&running.run, source, &affected).map_err(|error| Error::from(error).unfinished(&running.run))?;
    failpoint!("after_note_commit", &running.run);
    Ok(())
}

pub(super) fn counts_differ(plan: &Plan, step: usize, planned: u64, found: u64) -> Error {
    let step = &plan.outline.steps[step];
    Error::CountsDiffer { table: step.table.clone(), work: step.work.word(), planned, found }
}
