//! Taking up a run that a crash or a failure left unfinished.
//!
//! ```text
//! look at every database ─► does one differ from what was approved? ── nothing is erased ──► stopped
//!        │                                                        └── something may be ──► partly failed: approve anew, or give it up
//!        └─► apply in all of them ─► affected rows as approved? ─► commit one after the other ─► finish
//! ```

use exeunt_model::certificate::{Failure, Phase, Recount, Residual};
use exeunt_model::names::SourceName;
use exeunt_model::run::{RunId, State};
use exeunt_sources::ChangeValues;
use exeunt_store::{JournaledKeys, Reapproval, Run, SourceState};

use super::acting::Acting;
use super::begin::{stop, within};
use super::error::Error;
use super::finish::{Outcome, finish};
use super::order::{Document, Means, Progress};
use super::running::{Running, SourceRun, counts_differ, note_commit};
use super::standing::{Standing, at_once, in_batches, is_deletion};
use super::statement::{Findings, statement};
use super::{batch, files};
use crate::failpoint::failpoint;

/// How a run is taken up.
#[derive(Debug, Clone, Copy, Default)]
pub struct Resumption {
    /// Somebody has seen that the rows that are left differ from the plan, and approves to erase them as they are now.
    pub accept_counts: bool,
    /// As in [`super::Order`]; also where a store of files is another folder than when the run began.
    pub accept_missing_files: bool,
}

/// Goes on with an unfinished run, and returns its certificate.
///
/// Whether a database was committed is found out by its rows, never assumed. Where the transaction did not commit, the plan must still hold to
/// the key: the same rows, the same counts, and nothing outside the plan that would suffer.
///
/// # Errors
/// [`Error::NothingToResume`] for a run that has come to its end. When nothing was erased and the plan no longer holds, the run is stopped, and
/// [`Error::CountsDiffer`], [`Error::KeysDiffer`] or [`Error::Guarded`] says why. Everything else is [`Error::Unfinished`].
pub fn resume(means: &mut Means<'_>, run: &RunId, resumption: Resumption) -> Result<Outcome, Error> {
    let _lock = means.store.lock_run(run)?;
    let mut running = take_up(means, run)?;
    if running.document.plan.outline.map.digest != means.platform.map.digest() {
        return Err(Error::OtherMap { run: run.clone() });
    }
    running.accept_missing_files = resumption.accept_missing_files;
    again(means, &mut running)?;
    let sources = means.store.sources_of(run).map_err(|error| Error::from(error).unfinished(run))?;
    let mut taken = Vec::new();
    for (name, state) in sources {
        // Nothing was learnt: the run stays as it is, to be taken up again.
        taken.push(look(means, &mut running, &name, state, resumption).map_err(|error| error.unfinished(run))?);
    }
    if taken.iter().all(|taken| taken.difference.is_none()) && running.document.batch_rows.is_none() {
        note_transactions(means, &mut running, &taken)?;
        apply_all(means, &running, &mut taken)?;
    }
    if let Some(at) = taken.iter().position(|taken| taken.difference.is_some()) {
        let erased = taken.iter().any(|taken| taken.erased) || running.affected.iter().any(Option::is_some);
        return match taken[at].difference.take() {
            Some(error) if !erased => Err(stop(means, run, error)),
            difference => {
                taken[at].difference = difference;
                differs(means, running, taken)
            }
        };
    }
    if running.document.batch_rows.is_some() {
        running.sources = taken.into_iter().map(Taken::into_source).collect();
        return batch::run_all(means, running);
    }
    commit_all(means, &mut running, taken)?;
    finish(means, running)
}

/// Gives up an unfinished run: it ends as partly failed, its journal is forgotten, and its subject can be erased by another run.
///
/// No database is looked at: what was erased stays erased, and the certificate says that nothing was counted.
///
/// # Errors
/// [`Error::NothingToResume`] for a run that has come to its end; [`Error::Unfinished`].
pub fn abandon(means: &mut Means<'_>, run: &RunId) -> Result<Outcome, Error> {
    let _lock = means.store.lock_run(run)?;
    let mut running = take_up(means, run)?;
    again(means, &mut running)?;
    let names = means.store.sources_of(run).map_err(|error| Error::from(error).unfinished(run))?;
    for (name, _) in names {
        let reason = "the run was given up; nothing was counted again".to_owned();
        running.failures.push(Failure { source: name, during: Phase::Erasing, reason });
    }
    let findings = Findings {
        remaining: vec![None; running.planned.len()],
        recount: Recount::NotDone,
        files: files::counted(means, &running)?,
        residual: Residual::NotAsked,
        closed: means.moment(),
    };
    let statement = statement(&running, findings);
    let certificate = means.store.abandon_run(statement).map_err(|error| Error::from(error).unfinished(run))?;
    Ok(Outcome { certificate, undecided: false })
}

/// What the store knows of the run.
fn take_up(means: &Means<'_>, run: &RunId) -> Result<Running, Error> {
    let found = means.store.run(run)?.ok_or_else(|| Error::NoSuchRun { run: run.clone() })?;
    match found.state {
        State::Started | State::Running | State::Verifying | State::PartlyFailed => {}
        state @ (State::Planned | State::Completed | State::CompletedWithRetained | State::Stopped) => {
            return Err(Error::NothingToResume { run: run.clone(), state });
        }
    }
    read(means, found).map_err(|error| match error {
        Error::NothingToResume { .. } => error,
        other => other.unfinished(run),
    })
}

fn read(means: &Means<'_>, found: Run) -> Result<Running, Error> {
    let run = found.id;
    let document: Document = serde_json::from_str(&found.document).map_err(|source| Error::Journal { run: run.clone(), source })?;
    let Some(personal) = means.store.personal_data_of(&run)? else {
        // Somebody has given it up.
        let given_up = found.state == State::PartlyFailed;
        return Err(if given_up { Error::NothingToResume { run, state: found.state } } else { Error::JournalGone { run } });
    };
    let steps = means.store.steps_of(&run)?;
    if steps.len() != document.plan.outline.steps.len() {
        return Err(Error::JournalGone { run });
    }
    Ok(Running {
        run,
        personal,
        started: found.started,
        attempts: found.attempts,
        sources: Vec::new(),
        planned: steps.iter().map(|step| step.planned).collect(),
        affected: steps.iter().map(|step| step.affected).collect(),
        again: vec![false; steps.len()],
        failures: Vec::new(),
        accept_missing_files: false,
        undecided: false,
        document,
    })
}

/// Notes a further attempt.
fn again(means: &mut Means<'_>, running: &mut Running) -> Result<(), Error> {
    let now = means.moment();
    let resumed = means.store.resume_run(&running.run, now).map_err(|error| Error::from(error).unfinished(&running.run))?;
    running.attempts = resumed.attempts;
    Ok(())
}

/// A database of the run, looked at.
struct Taken {
    acting: Acting,
    /// The journal says that it is committed; only its key table is needed, to count again.
    committed: bool,
    /// Rows of it may be gone by this run.
    erased: bool,
    /// What is still to be done. Empty where everything is.
    steps: Vec<usize>,
    /// The steps must affect their planned rows; otherwise these at most.
    exact: bool,
    /// In what it is not as approved.
    difference: Option<Error>,
}

impl Taken {
    fn into_source(self) -> SourceRun {
        if self.committed { SourceRun::committed(self.acting) } else { SourceRun::acting(self.acting) }
    }
}

/// Finds out how far a database is, in the transaction in which the run will go on.
fn look(
    means: &mut Means<'_>,
    running: &mut Running,
    name: &SourceName,
    state: SourceState,
    resumption: Resumption,
) -> Result<Taken, Error> {
    let plan = running.document.plan.clone();
    let mut acting = Acting::open(means.platform, name, &running.personal.subject_key)?;
    let journaled = means.store.keys_of(&running.run, name)?;
    if state == SourceState::Committed {
        // A change of the structure since then matters to the counts alone, and they fail where they cannot be made.
        acting.begin_to_count(&plan)?;
        acting.import_keys(&plan, journaled)?;
        acting.commit()?;
        return Ok(Taken { acting, committed: true, erased: true, steps: Vec::new(), exact: false, difference: None });
    }
    acting.begin(&plan)?;
    acting.import_keys(&plan, journaled.clone())?;
    let standing = match running.document.batch_rows {
        Some(_) => in_batches(means, running, &plan, &mut acting)?,
        None => at_once(means, running, &plan, &mut acting, &journaled)?,
    };
    let Standing { erased, steps, exact, mut difference, done } = standing;
    if resumption.accept_counts && difference.as_ref().is_some_and(Error::can_be_approved) {
        match reapprove(means, running, &mut acting, &journaled, &done) {
            Ok(()) => difference = None,
            Err(error @ Error::Guarded { .. }) => difference = Some(error),
            Err(error) => return Err(error),
        }
        return Ok(Taken { steps: acting.steps(&plan), acting, committed: false, erased, exact: false, difference });
    }
    Ok(Taken { acting, committed: false, erased, steps, exact, difference })
}

/// Takes the rows that are the subject's now for approved: keys, counts, files, and the subjects that go with this one.
fn reapprove(
    means: &mut Means<'_>,
    running: &mut Running,
    acting: &mut Acting,
    journaled: &[JournaledKeys],
    done: &[u64],
) -> Result<(), Error> {
    let mut plan = running.document.plan.clone();
    let mut keys = acting.reconcile(&plan, journaled, running.personal.successor_key.as_deref())?;
    acting.check_guards(&plan)?;
    let steps = acting.steps(&plan);
    let rows = acting.rows(&plan, &steps)?;
    let approved = |step: usize, rows: u64| match is_deletion(&plan, step) {
        true => done[step].saturating_add(rows),
        // A row that was changed already may be changed again.
        false => done[step].max(rows),
    };
    if acting.transaction().is_none() && running.document.batch_rows.is_none() {
        let mut now = vec![0; plan.outline.steps.len()];
        steps.iter().zip(&rows).for_each(|(step, rows)| now[*step] = *rows);
        let doomed = acting.doomed_rows(&plan, &now)?;
        keys.retain(|keys| plan.outline.sets.iter().any(|set| set.id == keys.set));
        keys.extend(doomed);
    }
    let planned: Vec<(u32, u64)> = steps.iter().zip(rows).map(|(step, rows)| (*step as u32, approved(*step, rows))).collect();
    let files = files::journal(means.platform, &acting.named_files(&plan)?)?;
    if !running.accept_missing_files {
        files::some_are_there(&files)?;
    }
    let mut document = running.document.clone();
    for (step, rows) in &planned {
        plan.step_rows[*step as usize] = *rows;
    }
    for subject in within(means, &plan, std::slice::from_mut(acting))? {
        if !document.within.contains(&subject) {
            document.within.push(subject);
        }
    }
    let text = serde_json::to_string(&document).map_err(|source| Error::Journal { run: running.run.clone(), source })?;
    means.store.reapprove(&running.run, &acting.source, &Reapproval { planned: &planned, keys: &keys, files: &files, document: &text })?;
    running.document = document;
    for (step, rows) in planned {
        running.planned[step as usize] = rows;
        if !is_deletion(&plan, step as usize) {
            running.affected[step as usize] = None;
            running.again[step as usize] = true;
        }
    }
    Ok(())
}

/// Notes the transactions that are about to erase: should they be cut off, the database says what became of them.
fn note_transactions(means: &mut Means<'_>, running: &mut Running, taken: &[Taken]) -> Result<(), Error> {
    let open: Vec<_> = taken.iter().filter(|taken| !taken.steps.is_empty()).filter_map(|taken| taken.acting.transaction()).collect();
    if open.is_empty() {
        return Ok(());
    }
    running.document.transactions.extend(open);
    let unfinished = |error: Error| error.unfinished(&running.run);
    let text =
        serde_json::to_string(&running.document).map_err(|source| unfinished(Error::Journal { run: running.run.clone(), source }))?;
    means.store.note_document(&running.run, &text).map_err(|error| unfinished(Error::from(error)))
}

/// Does what is still to be done in every database; nothing is committed.
fn apply_all(means: &mut Means<'_>, running: &Running, taken: &mut [Taken]) -> Result<(), Error> {
    let plan = &running.document.plan;
    let values = ChangeValues { successor: running.personal.successor_key.clone(), pseudonym_secret: means.random_secret() };
    failpoint!("before_apply", &running.run);
    for taken in taken.iter_mut().filter(|taken| !taken.steps.is_empty()) {
        let affected = taken.acting.apply(plan, &taken.steps, &values).map_err(|error| error.unfinished(&running.run))?;
        let differs = |(step, rows): &(&usize, u64)| *rows > running.planned[**step] || (taken.exact && *rows != running.planned[**step]);
        if let Some((step, rows)) = taken.steps.iter().zip(affected).find(differs) {
            taken.difference = Some(counts_differ(plan, *step, running.planned[*step], rows));
            break;
        }
    }
    if taken.iter().any(|taken| taken.difference.is_some()) {
        for taken in taken.iter_mut().filter(|taken| !taken.committed) {
            taken.acting.rollback().map_err(|error| error.unfinished(&running.run))?;
        }
        return Ok(());
    }
    failpoint!("after_apply", &running.run);
    if (means.interrupted)() {
        return Err(Error::Interrupted.unfinished(&running.run));
    }
    Ok(())
}

/// Ends the attempt: some databases may be done, and some are not as approved. In those that are not committed nothing was done.
fn differs(means: &mut Means<'_>, mut running: Running, taken: Vec<Taken>) -> Result<Outcome, Error> {
    for mut taken in taken {
        if let Some(error) = taken.difference.take() {
            running.undecided |= error.can_be_approved();
            let source = taken.acting.source.clone();
            running.failures.push(Failure { source, during: Phase::Erasing, reason: error.told() });
        }
        if !taken.committed {
            taken.acting.rollback().map_err(|error| error.unfinished(&running.run))?;
        }
        running.sources.push(taken.into_source());
    }
    finish(means, running)
}

/// Commits one database after the other, and notes each.
fn commit_all(means: &mut Means<'_>, running: &mut Running, taken: Vec<Taken>) -> Result<(), Error> {
    let run = running.run.clone();
    for Taken { mut acting, committed, .. } in taken {
        if !committed {
            failpoint!("before_commit", &run);
            acting.commit().map_err(|error| error.unfinished(&run))?;
            failpoint!("after_commit", &run);
            let steps = acting.steps(&running.document.plan);
            steps.iter().for_each(|step| running.affected[*step] = Some(running.planned[*step]));
            let name = acting.source.clone();
            note_commit(means, running, &name, &steps)?;
            (means.report)(Progress::Committed { source: &name });
        }
        running.sources.push(SourceRun::committed(acting));
    }
    Ok(())
}
