//! Taking up a run that a crash or a failure left unfinished.

use exeunt_model::certificate::{Failure, Phase};
use exeunt_model::names::SourceName;
use exeunt_model::plan::Work;
use exeunt_model::run::{RunId, State};
use exeunt_sources::ChangeValues;
use exeunt_store::SourceState;

use super::acting::Acting;
use super::batch;
use super::begin::{counts_differ, note_commit, stop};
use super::error::Error;
use super::finish::{Outcome, Running, SourceRun, finish};
use super::order::{Document, Means, Progress};
use crate::failpoint::failpoint;

/// How a run is taken up.
#[derive(Debug, Clone, Copy, Default)]
pub struct Resumption {
    /// Somebody has seen that the rows that are left differ from the plan, and approves to erase them as they are now.
    pub accept_counts: bool,
}

/// Goes on with an unfinished run, and returns its certificate.
///
/// Whether a database was committed is found out by counting the rows of the journaled keys, never assumed.
///
/// # Errors
/// [`Error::NothingToResume`] for a run that has come to its end. When it turns out that nothing was erased and the counts have changed, the run
/// is stopped and [`Error::CountsDiffer`] says so.
pub fn resume(means: &mut Means<'_>, run: &RunId, resumption: Resumption) -> Result<Outcome, Error> {
    let _lock = means.store.lock_run(run)?;
    let found = means.store.run(run)?.ok_or_else(|| Error::NoSuchRun { run: run.clone() })?;
    match found.state {
        State::Started | State::Running | State::Verifying | State::PartlyFailed => {}
        state @ (State::Planned | State::Completed | State::CompletedWithRetained | State::Stopped) => {
            return Err(Error::NothingToResume { run: run.clone(), state });
        }
    }
    let document: Document = serde_json::from_str(&found.document).map_err(|source| Error::Journal { run: run.clone(), source })?;
    if document.plan.outline.map.digest != means.platform.map.digest() {
        return Err(Error::OtherMap { run: run.clone() });
    }
    let personal = means.store.personal_data_of(run)?.ok_or_else(|| Error::JournalGone { run: run.clone() })?;
    let steps = means.store.steps_of(run)?;
    let now = means.moment();
    let resumed = means.store.resume_run(run, now)?;
    let mut running = Running {
        run: run.clone(),
        personal,
        started: resumed.started,
        attempts: resumed.attempts,
        sources: Vec::new(),
        planned: steps.iter().map(|step| step.planned).collect(),
        affected: steps.iter().map(|step| step.affected).collect(),
        failures: Vec::new(),
        document,
    };
    if running.planned.len() != running.document.plan.outline.steps.len() {
        return Err(Error::JournalGone { run: run.clone() });
    }
    let sources = means.store.sources_of(run)?;
    for (name, state) in sources {
        match take_up(means, &mut running, &name, state, resumption) {
            Ok(Taken::Up(source)) => running.sources.push(source),
            Ok(Taken::Differs { acting, erased, error }) => {
                let others = running.sources.iter().any(|source| source.committed) || running.affected.iter().any(Option::is_some);
                if !erased && !others {
                    return Err(stop(means, run, error));
                }
                running.failures.push(Failure { source: name, during: Phase::Erasing, reason: error.told() });
                running.sources.push(SourceRun::acting(acting));
            }
            // Nothing was learnt: the run stays as it is, to be taken up again.
            Err(error) => return Err(error.unfinished(run)),
        }
    }
    let go_on = running.document.batch_rows.is_some() && running.failures.is_empty();
    if go_on { batch::run_all(means, running) } else { finish(means, running) }
}

/// What became of taking up a database.
enum Taken {
    Up(SourceRun),
    /// Its rows are neither those of before nor gone. `erased`: some of them are gone.
    Differs {
        acting: Acting,
        erased: bool,
        error: Error,
    },
}

/// Brings one database as far as the journal and its rows say it is.
fn take_up(
    means: &mut Means<'_>,
    running: &mut Running,
    name: &SourceName,
    state: SourceState,
    resumption: Resumption,
) -> Result<Taken, Error> {
    let plan = running.document.plan.clone();
    let mut acting = Acting::open(means.platform, name, &running.personal.subject_key)?;
    acting.begin(&plan)?;
    let keys = means.store.keys_of(&running.run, name)?;
    acting.import_keys(&plan, keys)?;
    let steps = acting.steps(&plan);
    if state == SourceState::Committed {
        // Only the key table is needed, to count again.
        acting.commit()?;
        return Ok(Taken::Up(SourceRun::committed(acting)));
    }
    let deletions: Vec<usize> =
        steps.iter().copied().filter(|step| matches!(plan.outline.steps[*step].work, Work::Delete { .. })).collect();
    let left = acting.rows(&plan, &deletions)?;
    let found = judge(running, &deletions, &left);
    match found {
        Found::Untouched | Found::Gone => {}
        Found::Partly { .. } if running.document.batch_rows.is_some() => {}
        Found::Partly { step, rows } | Found::More { step, rows } => {
            if !resumption.accept_counts {
                let erased = deletions.iter().zip(&left).any(|(step, rows)| *rows < running.planned[*step]);
                let error = counts_differ(&plan, step, running.planned[step], rows);
                acting.commit()?;
                return Ok(Taken::Differs { acting, erased, error });
            }
            replan(means, running, &deletions, &left)?;
        }
    }
    if running.document.batch_rows.is_some() {
        return Ok(Taken::Up(SourceRun::acting(acting)));
    }
    if found != Found::Gone {
        let exact = found == Found::Untouched && deletions.iter().any(|step| running.planned[*step] > 0);
        let values = ChangeValues { successor: running.personal.successor_key.clone(), pseudonym_secret: means.random_secret() };
        let affected = acting.apply(&plan, &steps, &values)?;
        for (step, rows) in steps.iter().zip(affected) {
            let planned = running.planned[*step];
            if rows > planned || (exact && rows != planned) {
                acting.rollback()?;
                let error = counts_differ(&plan, *step, planned, rows);
                return Ok(Taken::Differs { acting, erased: !exact, error });
            }
        }
    }
    failpoint!("before_commit", &running.run);
    acting.commit()?;
    failpoint!("after_commit", &running.run);
    steps.iter().for_each(|step| running.affected[*step] = Some(running.planned[*step]));
    note_commit(means, running, name, &steps)?;
    (means.report)(Progress::Committed { source: name });
    Ok(Taken::Up(SourceRun::committed(acting)))
}

/// What the rows of the journaled keys say about a database whose commit was not noted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    /// Every planned row is there, and no other: the transaction was not committed.
    Untouched,
    /// None is there: the transaction was committed, since it holds all steps or none.
    Gone,
    /// Some are there. In batches that is how it should be; otherwise somebody else was at work.
    Partly { step: usize, rows: u64 },
    /// More are there than were planned.
    More { step: usize, rows: u64 },
}

fn judge(running: &Running, deletions: &[usize], left: &[u64]) -> Found {
    let rows = || deletions.iter().copied().zip(left.iter().copied());
    let planned = |step: usize| running.planned[step];
    if let Some((step, rows)) = rows().find(|(step, rows)| *rows > planned(*step)) {
        return Found::More { step, rows };
    }
    // A plan that deletes nothing is done again: all its steps lead to the same end twice.
    if rows().all(|(step, rows)| rows == planned(step)) {
        return Found::Untouched;
    }
    match rows().find(|(_, rows)| *rows > 0) {
        None => Found::Gone,
        Some((step, rows)) => Found::Partly { step, rows },
    }
}

/// Takes the rows that are there for approved where there are more than were planned.
fn replan(means: &mut Means<'_>, running: &mut Running, deletions: &[usize], left: &[u64]) -> Result<(), Error> {
    let more: Vec<(u32, u64)> = deletions
        .iter()
        .zip(left)
        .filter(|(step, rows)| **rows > running.planned[**step])
        .map(|(step, rows)| (*step as u32, *rows))
        .collect();
    means.store.replan_steps(&running.run, &more)?;
    more.into_iter().for_each(|(step, rows)| running.planned[step as usize] = rows);
    Ok(())
}
