//! Large plans: the same statements, some rows at a time, each batch committed by itself.
//!
//! The keys were journaled before the first batch, so that any batch may run twice and a run that was cut off goes on where the rows are. Each
//! batch is journaled before its commit, by the number of its transaction: whether it was committed is the database's to say. A step never
//! erases more rows than were approved: rows that appear meanwhile are left, and the run ends as partly failed.

use exeunt_model::certificate::{Failure, Phase};
use exeunt_model::plan::{Plan, Work};
use exeunt_sources::ChangeValues;
use exeunt_store::Batch;

use super::acting::Acting;
use super::error::Error;
use super::finish::{Outcome, finish};
use super::order::{Means, Progress};
use super::running::{Running, counts_differ, note_commit};
use crate::failpoint::failpoint;

/// Runs all databases in batches, and finishes. Every database still has the transaction open in which its keys were filled.
pub(super) fn run_all(means: &mut Means<'_>, mut running: Running) -> Result<Outcome, Error> {
    // The key tables are kept; nothing else was written in these transactions. None of them may keep others waiting until its turn comes.
    for position in open(&running) {
        let Some(acting) = running.sources[position].acting.as_mut() else { continue };
        if let Err(error) = acting.commit() {
            fail(&mut running, position, error);
            return finish(means, running);
        }
    }
    let values = ChangeValues { successor: running.personal.successor_key.clone(), pseudonym_secret: means.random_secret() };
    for position in open(&running) {
        let Some(mut acting) = running.sources[position].acting.take() else { continue };
        let ended = run_steps(means, &mut running, &mut acting, &values);
        let name = acting.source.clone();
        let steps = acting.steps(&running.document.plan);
        running.sources[position].acting = Some(acting);
        match ended {
            Ok(()) => {
                running.sources[position].committed = true;
                note_commit(means, &running, &name, &steps)?;
                (means.report)(Progress::Committed { source: &name });
            }
            Err(error @ Error::Unfinished { .. }) => return Err(error),
            Err(error) => {
                fail(&mut running, position, error);
                break;
            }
        }
    }
    finish(means, running)
}

/// The positions of the databases that are not done.
fn open(running: &Running) -> Vec<usize> {
    (0..running.sources.len()).filter(|position| !running.sources[*position].committed).collect()
}

/// Writes down why a database is not done. Its connection may still serve to count again.
fn fail(running: &mut Running, position: usize, error: Error) {
    let source = &mut running.sources[position];
    source.acting = source.acting.take().and_then(|mut acting| acting.rollback().is_ok().then_some(acting));
    running.undecided |= error.can_be_approved();
    running.failures.push(Failure { source: source.name.clone(), during: Phase::Erasing, reason: error.told() });
}

fn run_steps(means: &mut Means<'_>, running: &mut Running, acting: &mut Acting, values: &ChangeValues) -> Result<(), Error> {
    let plan = running.document.plan.clone();
    for step in acting.steps(&plan) {
        match &plan.outline.steps[step].work {
            Work::Delete { .. } => delete(means, running, acting, &plan, step)?,
            Work::HandOver { .. } | Work::Unlink { .. } | Work::BreakCycle { .. } | Work::Change { .. } | Work::Read { .. } => {
                if running.affected[step].is_none() {
                    change(means, running, acting, &plan, step, values)?;
                }
            }
        }
    }
    Ok(())
}

/// A step that can be done twice with the same end goes in one transaction.
fn change(
    means: &mut Means<'_>,
    running: &mut Running,
    acting: &mut Acting,
    plan: &Plan,
    step: usize,
    values: &ChangeValues,
) -> Result<(), Error> {
    acting.begin_again()?;
    acting.check_owners(plan, Some(step), running.personal.successor_key.as_deref())?;
    let found = acting.apply(plan, &[step], values)?.into_iter().sum();
    let planned = running.planned[step];
    // What was committed and cut off before it was noted leaves fewer rows to do.
    let again = running.again[step] && found < planned;
    if found != planned && !again {
        return Err(counts_differ(plan, step, planned, found));
    }
    commit(means, running, acting, step, found)?;
    record(means, running, step, planned)
}

/// Journals the batch that is applied, and commits it.
fn commit(means: &mut Means<'_>, running: &Running, acting: &mut Acting, step: usize, rows: u64) -> Result<(), Error> {
    failpoint!("after_batch_apply", &running.run);
    let batch = Batch { rows, transaction: acting.transaction().map(|(_, number)| number) };
    means.store.note_batch(&running.run, step as u32, &batch).map_err(|error| Error::from(error).unfinished(&running.run))?;
    failpoint!("before_batch_commit", &running.run);
    acting.commit()?;
    failpoint!("after_batch_commit", &running.run);
    Ok(())
}

fn delete(means: &mut Means<'_>, running: &mut Running, acting: &mut Acting, plan: &Plan, step: usize) -> Result<(), Error> {
    let planned = running.planned[step];
    let table = &plan.outline.steps[step].table;
    let batch = running.document.batch_rows.unwrap_or(super::BATCH_ROWS);
    let left: u64 = acting.rows(plan, &[step])?.into_iter().sum();
    let noted = running.affected[step].unwrap_or(0);
    if noted + left > planned {
        return Err(counts_differ(plan, step, planned - noted.min(planned), left));
    }
    let mut erased = noted;
    while erased < planned {
        if (means.interrupted)() {
            return Err(Error::InterruptedHalfway.unfinished(&running.run));
        }
        acting.begin_again()?;
        acting.check_guards_of(plan, table)?;
        acting.check_owners(plan, Some(step), running.personal.successor_key.as_deref())?;
        let rows = acting.apply_batch(plan, step, batch.min(planned - erased))?;
        if rows == 0 {
            // The rest was somebody else's doing, and no claim is made of it.
            acting.rollback()?;
            return Err(Error::TakenAway { database: acting.source.clone() });
        }
        if erased + rows > planned {
            return Err(counts_differ(plan, step, planned, erased + rows));
        }
        commit(means, running, acting, step, rows)?;
        erased += rows;
        record(means, running, step, erased)?;
        (means.report)(Progress::Batch { table, erased, planned });
    }
    record(means, running, step, erased)
}

fn record(means: &mut Means<'_>, running: &mut Running, step: usize, affected: u64) -> Result<(), Error> {
    if running.affected[step] == Some(affected) {
        return Ok(());
    }
    running.affected[step] = Some(affected);
    means.store.record_step(&running.run, step as u32, affected).map_err(|error| Error::from(error).unfinished(&running.run))?;
    failpoint!("after_batch_note", &running.run);
    Ok(())
}
