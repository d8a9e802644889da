//! How far a database is that a run was cut off in: what is done, what is left, and in what it is not as approved.

use exeunt_model::plan::{Plan, Work};
use exeunt_sources::Fate;
use exeunt_store::{Batch, JournaledKeys};

use super::acting::{Acting, Pending};
use super::error::Error;
use super::order::Means;
use super::running::{Running, counts_differ};

pub(super) struct Standing {
    /// Rows of the database may be gone by this run.
    pub erased: bool,
    /// What is still to be done. Empty where everything is.
    pub steps: Vec<usize>,
    /// The steps must affect their planned rows; otherwise these at most.
    pub exact: bool,
    /// In what the database is not as approved.
    pub difference: Option<Error>,
    /// Rows of each step that are done, as far as that is known; to be added to what is approved anew.
    pub done: Vec<u64>,
}

/// One transaction holds all steps or none. Where rows to be deleted are left, the plan must hold to the key. Where none is left, the
/// transaction may have been committed, or somebody else may have taken the rows away; only the first is an end.
pub(super) fn at_once(
    means: &Means<'_>,
    running: &Running,
    plan: &Plan,
    acting: &mut Acting,
    journaled: &[JournaledKeys],
) -> Result<Standing, Error> {
    let steps = acting.steps(plan);
    let (deletions, others): (Vec<usize>, Vec<usize>) = steps.iter().partition(|step| is_deletion(plan, **step));
    let planned = |steps: &[usize]| steps.iter().map(|step| running.planned[*step]).sum::<u64>();
    let left = acting.rows(plan, &deletions)?;
    let none_left = left.iter().all(|rows| *rows == 0);
    let lost = deletions.iter().zip(&left).any(|(step, rows)| *rows < running.planned[*step]);
    // Without deletions nothing tells whether the others were committed, but doing them again leads to the same end.
    let erased = lost || (planned(&deletions) == 0 && planned(&others) > 0);
    let mut standing = Standing { erased, steps, exact: true, difference: None, done: vec![0; running.planned.len()] };
    if none_left && erased {
        let fate = acting.fate(&running.document.transactions)?;
        let pending = acting.pending(plan, &others)?;
        let database = acting.source.clone();
        let taken_away = || Some(Error::TakenAway { database });
        match (fate, pending) {
            (Fate::GoingOn, _) => return Err(Error::StillGoingOn { database: acting.source.clone() }),
            (Fate::Committed, _) => {
                return Ok(Standing { steps: Vec::new(), done: running.planned.clone(), ..standing });
            }
            // Steps that are not done were in the same transaction.
            (Fate::RolledBack, _) | (Fate::Unknown, Pending::Some) if lost => {
                return Ok(Standing { difference: taken_away(), ..standing });
            }
            (Fate::Unknown, Pending::None | Pending::Untold) if lost => {
                // Rows that are still there were not deleted; without a row that could tell, a person must.
                if acting.some_doomed_is_there(plan, &running.planned, journaled)? != Some(false) {
                    return Ok(Standing { difference: taken_away(), ..standing });
                }
                if let Some(unowned) = acting.unowned(plan, &deletions, &running.planned)? {
                    return Ok(Standing { difference: Some(unowned), ..standing });
                }
                standing.done = running.planned.clone();
                if pending == Pending::None {
                    return Ok(Standing { steps: Vec::new(), ..standing });
                }
                standing.difference = owners_differ(acting, running, plan)?;
                return Ok(Standing { steps: others, exact: false, ..standing });
            }
            (Fate::Unknown, Pending::None) => {
                return Ok(Standing { steps: Vec::new(), done: running.planned.clone(), ..standing });
            }
            (Fate::RolledBack | Fate::Unknown, _) => {}
        }
    }
    standing.difference = acting.difference(plan, &running.planned, journaled)?;
    for (other, _) in means.store.sources_of(&running.run)? {
        if standing.difference.is_none() && other != acting.source {
            let carried = means.store.keys_of(&running.run, &other)?;
            // What one database gave to another cannot be approved anew for both.
            acting.carried_difference(plan, &carried)?.map_or(Ok(()), Err)?;
        }
    }
    Ok(standing)
}

/// Some batches are committed, others are not. The one that was cut off is settled first; what is left must then be what was approved, and
/// still the subject's.
pub(super) fn in_batches(means: &mut Means<'_>, running: &mut Running, plan: &Plan, acting: &mut Acting) -> Result<Standing, Error> {
    let steps = acting.steps(plan);
    let deletions: Vec<usize> = steps.iter().copied().filter(|step| is_deletion(plan, *step)).collect();
    let left = acting.rows(plan, &deletions)?;
    let lost = deletions.iter().zip(&left).any(|(step, rows)| *rows < running.planned[*step]);
    let mut unowned = None;
    for progress in means.store.steps_of(&running.run)? {
        let step = progress.step as usize;
        let Some(batch) = progress.batch.filter(|_| steps.contains(&step)) else { continue };
        let done = running.affected[step].unwrap_or(0);
        let committed = match fate_of_batch(acting, &batch)? {
            Fate::GoingOn => return Err(Error::StillGoingOn { database: acting.source.clone() }),
            Fate::Committed => true,
            Fate::RolledBack => false,
            // Nobody knows but the rows.
            Fate::Unknown => match deletions.iter().position(|deletion| *deletion == step) {
                None => {
                    running.again[step] = true;
                    false
                }
                Some(at) => {
                    let missing = running.planned[step].saturating_sub(done).saturating_sub(left[at]);
                    let gone = missing > 0 && missing == batch.rows;
                    if gone {
                        unowned = acting.unowned(plan, &[step], &running.planned)?;
                    }
                    gone && unowned.is_none()
                }
            },
        };
        if committed {
            let affected = if is_deletion(plan, step) { done + batch.rows } else { running.planned[step] };
            means.store.record_step(&running.run, progress.step, affected)?;
            running.affected[step] = Some(affected);
        }
    }
    let done: Vec<u64> = running.affected.iter().map(|affected| affected.unwrap_or(0)).collect();
    let erased = lost || done.iter().any(|rows| *rows > 0);
    let open = |step: usize| running.planned[step].saturating_sub(done[step]);
    let mut difference = unowned;
    if difference.is_none() {
        difference = deletions
            .iter()
            .zip(&left)
            .find(|(step, rows)| **rows > open(**step))
            .map(|(step, rows)| counts_differ(plan, *step, open(*step), *rows));
    }
    if difference.is_none() && deletions.iter().zip(&left).any(|(step, rows)| *rows < open(*step)) {
        difference = Some(Error::TakenAway { database: acting.source.clone() });
    }
    if difference.is_none() {
        difference = owners_differ(acting, running, plan)?;
    }
    Ok(Standing { erased, steps, exact: false, difference, done })
}

fn fate_of_batch(acting: &mut Acting, batch: &Batch) -> Result<Fate, Error> {
    match &batch.transaction {
        Some(number) => acting.fate(&[(acting.source.clone(), number.clone())]),
        None => Ok(Fate::Unknown),
    }
}

fn owners_differ(acting: &mut Acting, running: &Running, plan: &Plan) -> Result<Option<Error>, Error> {
    match acting.check_owners(plan, None, running.personal.successor_key.as_deref()) {
        Ok(()) => Ok(None),
        Err(error @ Error::KeysDiffer { .. }) => Ok(Some(error)),
        Err(error) => Err(error),
    }
}

pub(super) fn is_deletion(plan: &Plan, step: usize) -> bool {
    matches!(plan.outline.steps[step].work, Work::Delete { .. })
}
