//! A new run: everything up to the last commit.

use exeunt_model::certificate::{Failure, Phase};
use exeunt_model::digest::Digest;
use exeunt_model::log::StopReason;
use exeunt_model::moment::Moment;
use exeunt_model::names::{SourceName, SubjectKind};
use exeunt_model::plan::{Plan, Step, Work};
use exeunt_model::run::RunId;
use exeunt_model::tombstone::subject_hash;
use exeunt_sources::{ChangeValues, Eraser, Keys, Look};
use exeunt_store::{JournaledFile, JournaledKeys, NewRun, PersonalData, Store};

use super::acting::Acting;
use super::error::Error;
use super::finish::{Outcome, finish};
use super::order::{Document, Means, Order, Progress, recorded_choices};
use super::running::{Running, SourceRun, counts_differ, note_commit};
use super::{batch, files};
use crate::failpoint::failpoint;
use crate::planning::{Opening, Prepared, Snapshot};
use crate::platform::Platform;
use crate::residual;

/// How often a run is begun again when another transaction stood in its way.
const ATTEMPTS: u32 = 3;

/// Begins the transactions of an erasure that will be asked for at once. Nothing is erased unless [`erase()`] goes on with them: dropped,
/// they roll back.
///
/// # Errors
/// None outside of tests. What stands in the way of a database is told by [`erase()`].
pub fn begin_ahead(platform: &Platform) -> Result<Opening<Eraser>, Error> {
    failpoint!("before_begin");
    Ok(Opening::to_erase(&platform.databases))
}

/// Plans an erasure in the transactions that will carry it out, asks for approval, erases, and returns the certificate.
///
/// `approve` sees the plan with its exact counts before anything is written anywhere. The outcome's state says how the run ended; one that
/// partly failed is an outcome too. When a transaction of somebody else stood in the way before anything was committed, all of this is
/// done anew a few times. `ahead` are transactions that [`begin_ahead`] has begun, if it has; nothing else may have been asked of the same
/// databases for writing since.
///
/// # Errors
/// [`Error::erased_nothing`] tells whether anything is gone. [`Error::Unfinished`] asks for [`super::resume()`]; until then, calling this
/// again for the same subject is refused with [`exeunt_store::Error::Unfinished`].
pub fn erase(
    means: &mut Means<'_>,
    order: &Order<'_>,
    mut ahead: Option<Opening<Eraser>>,
    approve: &mut dyn FnMut(&Prepared) -> bool,
) -> Result<Outcome, Error> {
    let mut attempt = 1;
    loop {
        let opening = ahead.take().map_or_else(|| begin_ahead(means.platform), Ok)?;
        match begin(means, order, opening, approve) {
            Err(error) if error.is_transient() && error.erased_nothing() && attempt < ATTEMPTS && !(means.interrupted)() => attempt += 1,
            outcome => return outcome,
        }
    }
}

fn begin(
    means: &mut Means<'_>,
    order: &Order<'_>,
    opening: Opening<Eraser>,
    approve: &mut dyn FnMut(&Prepared) -> bool,
) -> Result<Outcome, Error> {
    let mut snapshot = Snapshot::of(means.platform, opening)?;
    let prepared = snapshot.prepare(means.platform, order.request, &means.store.hash_secret())?;
    failpoint!("after_begin");
    if let Some(unfinished) = means.store.unfinished_run(&prepared.plan.outline.kind, &prepared.plan.subject)? {
        return Err(exeunt_store::Error::Unfinished { run: unfinished.id }.into());
    }
    stand_apart(means, &prepared.plan)?;
    let files = files::journal(means.platform, &prepared.files)?;
    if !order.accept_missing_files {
        files::some_are_there(&files)?;
    }
    if !approve(&prepared) {
        return Err(Error::NotApproved);
    }
    let Prepared { plan, request, keys, .. } = prepared;
    let mut sources = concerned(snapshot.into_erasers(), &plan, &keys)?;
    let mut document = Document::new(plan, &order.terms);
    let plan = &document.plan;
    let mut identifiers = Vec::new();
    if order.terms.search_residuals {
        identifiers = residual::identifiers(plan, &mut sources)?;
        if identifiers.is_empty() {
            return Err(Error::NothingToSearchFor { kind: plan.outline.kind.clone() });
        }
        document.baseline = Some(residual::baseline(means, plan, &identifiers));
    }
    let plan = &document.plan;
    document.within = within(means, plan, &mut sources)?;
    document.folders = files::folders(means.platform, &files)?;
    document.transactions = sources.iter().filter_map(Acting::transaction).collect();
    if (means.interrupted)() {
        return Err(Error::Interrupted);
    }
    let planned = document.plan.step_rows.clone();
    let personal = PersonalData { subject_key: request.subject.key, successor_key: request.successor, identifiers };
    let run = order.run.clone().unwrap_or_else(|| means.random_run());
    let _lock = means.store.lock_run(&run)?;
    let mut keys = journaled_keys(&document.plan, &mut sources)?;
    if document.batch_rows.is_none() {
        for source in sources.iter_mut().filter(|source| source.transaction().is_none()) {
            keys.extend(source.doomed_rows(&document.plan, &planned)?);
        }
    }

    // A source that only gave keys has nothing to commit.
    let mut steps_of: Vec<(Acting, Vec<usize>)> = Vec::new();
    for mut source in sources {
        let steps = source.steps(&document.plan);
        match steps.is_empty() {
            true => source.rollback()?,
            false => steps_of.push((source, steps)),
        }
    }
    failpoint!("before_open");
    let mut running = Running {
        run,
        document,
        personal,
        started: means.moment(),
        attempts: 1,
        sources: Vec::new(),
        affected: vec![None; planned.len()],
        again: vec![false; planned.len()],
        planned,
        failures: Vec::new(),
        accept_missing_files: order.accept_missing_files,
        undecided: false,
    };
    let sources: Vec<SourceName> = steps_of.iter().map(|(source, _)| source.source.clone()).collect();
    if running.document.batch_rows.is_some() {
        Record::of(&running, &sources, &keys, &files).write(means.store)?;
        failpoint!("after_open", &running.run);
        (means.report)(Progress::Opened { run: &running.run });
        running.sources = steps_of.into_iter().map(|(source, _)| SourceRun::acting(source)).collect();
        return batch::run_all(means, running);
    }
    // The journal must be on disk before anything is committed, and is written while the databases work.
    let values = ChangeValues { successor: running.personal.successor_key.clone(), pseudonym_secret: means.random_secret() };
    let (store, record) = (&mut *means.store, Record::of(&running, &sources, &keys, &files));
    let (opened, applied) = std::thread::scope(|scope| {
        let writing = scope.spawn(move || record.write(store));
        let applied = apply_all(&running, &mut steps_of, &values);
        (writing.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), applied)
    });
    opened?;
    failpoint!("after_open", &running.run);
    (means.report)(Progress::Opened { run: &running.run });
    let applied = applied.and_then(|affected| {
        failpoint!("after_apply");
        if (means.interrupted)() { Err(Error::Interrupted) } else { Ok(affected) }
    });
    match applied {
        Ok(affected) => affected.into_iter().for_each(|(step, rows)| running.affected[step] = Some(rows)),
        Err(error) => return Err(stop(means, &running.run, error)),
    }
    commit_all(means, &mut running, steps_of)?;
    finish(means, running)
}

/// Refuses the plan while another run is unfinished that may be about the same rows: one of a subject of another kind, which may lie within
/// this one or around it, or one that hands over to this subject or from whom this one hands over.
fn stand_apart(means: &Means<'_>, plan: &Plan) -> Result<(), Error> {
    for other in means.store.unfinished_runs()? {
        let (_, successor) = recorded_choices(&other.document).map_err(|source| Error::Record { run: other.id.clone(), source })?;
        let hands_over = successor.as_ref() == Some(&plan.subject) || plan.successor.as_ref() == Some(&other.subject);
        if other.kind != plan.outline.kind || hands_over {
            return Err(Error::Entangled { run: other.id });
        }
    }
    Ok(())
}

/// The databases that the plan concerns, in the order in which they are committed; the others are left as they are.
fn concerned(erasers: Vec<Eraser>, plan: &Plan, keys: &Keys) -> Result<Vec<Acting>, Error> {
    let order = plan.outline.sources();
    let mut found = Vec::new();
    for mut eraser in erasers {
        match order.iter().position(|source| *source == eraser.name()) {
            Some(position) => found.push((position, Acting::of(eraser, plan, keys))),
            None => {
                let source = eraser.name().clone();
                eraser.rollback().map_err(Error::source(&source, Phase::Erasing))?;
            }
        }
    }
    found.sort_by_key(|(position, _)| *position);
    Ok(found.into_iter().map(|(_, acting)| acting).collect())
}

/// Keyed hashes of the subjects of other kinds whose own rows the plan deletes, such as the seats of a contract.
pub(super) fn within(means: &Means<'_>, plan: &Plan, sources: &mut [Acting]) -> Result<Vec<(SubjectKind, Digest)>, Error> {
    let secret = means.store.hash_secret();
    let mut found = Vec::new();
    for subject in means.platform.map.subjects.iter().filter(|subject| subject.kind != plan.outline.kind) {
        let deletes = |step: &Step| step.table == subject.table && matches!(step.work, Work::Delete { .. });
        let Some(step) = plan.outline.steps.iter().position(deletes).filter(|step| plan.step_rows.get(*step) != Some(&0)) else { continue };
        let Some(source) = sources.iter_mut().find(|source| source.source == subject.table.source) else { continue };
        let keys = source.keys_of_step(plan, step, &subject.key)?;
        found.extend(keys.iter().map(|key| (subject.kind.clone(), subject_hash(&secret, &subject.kind, key))));
    }
    Ok(found)
}

/// The keys that the databases with steps go by.
fn journaled_keys(plan: &Plan, sources: &mut [Acting]) -> Result<Vec<JournaledKeys>, Error> {
    let mut keys = Vec::new();
    for source in sources.iter_mut().filter(|source| !source.steps(plan).is_empty()) {
        keys.extend(source.export_keys(plan)?);
    }
    Ok(keys)
}

/// What the store is told of a run that begins.
struct Record<'a> {
    run: &'a RunId,
    document: &'a Document,
    personal: &'a PersonalData,
    planned: &'a [u64],
    started: Moment,
    sources: &'a [SourceName],
    keys: &'a [JournaledKeys],
    files: &'a [JournaledFile],
}

impl<'a> Record<'a> {
    fn of(running: &'a Running, sources: &'a [SourceName], keys: &'a [JournaledKeys], files: &'a [JournaledFile]) -> Self {
        let Running { run, document, personal, planned, started, .. } = running;
        Self { run, document, personal, planned, started: *started, sources, keys, files }
    }

    fn write(&self, store: &mut Store) -> Result<(), Error> {
        let plan = &self.document.plan;
        let text = serde_json::to_string(self.document).map_err(|source| Error::Journal { run: self.run.clone(), source })?;
        let catalogs: Vec<_> = plan.outline.catalogs.iter().map(|catalog| catalog.digest.clone()).collect();
        let new = NewRun {
            id: self.run,
            kind: &plan.outline.kind,
            subject: &plan.subject,
            document: &text,
            map: &plan.outline.map.digest,
            catalogs: &catalogs,
            plan: &plan.digest(),
            planned: self.planned,
            sources: self.sources,
            personal: self.personal,
            keys: self.keys,
            files: self.files,
        };
        Ok(store.open_run(&new, self.started)?)
    }
}

/// Does the steps in every database, and holds the affected rows against the plan. Nothing is committed.
fn apply_all(running: &Running, sources: &mut [(Acting, Vec<usize>)], values: &ChangeValues) -> Result<Vec<(usize, u64)>, Error> {
    let plan = &running.document.plan;
    let mut affected = Vec::new();
    for (source, steps) in sources {
        // What the transaction counted as none stays none in it, unless a trigger makes rows.
        let (idle, busy): (Vec<usize>, Vec<usize>) = match source.does_only_what_is_asked()? {
            true => steps.iter().partition(|step| running.planned[**step] == 0),
            false => (Vec::new(), steps.clone()),
        };
        affected.extend(idle.into_iter().map(|step| (step, 0)));
        let rows = source.apply(plan, &busy, values)?;
        for (step, found) in busy.iter().zip(rows) {
            let planned = running.planned[*step];
            if planned != found {
                return Err(counts_differ(plan, *step, planned, found));
            }
            affected.push((*step, found));
        }
    }
    Ok(affected)
}

/// Commits one database after the other. From the first commit on, failures are written down instead of returned.
fn commit_all(means: &mut Means<'_>, running: &mut Running, sources: Vec<(Acting, Vec<usize>)>) -> Result<(), Error> {
    let run = running.run.clone();
    let last = sources.len().saturating_sub(1);
    for (position, (mut source, steps)) in sources.into_iter().enumerate() {
        let name = source.source.clone();
        failpoint!("before_commit", &run);
        let committed = source.commit();
        failpoint!("after_commit", &run);
        match committed {
            Ok(()) => {
                (means.report)(Progress::Committed { source: &name });
                // After the last database the certificate follows at once; a crash in between is resolved by counting again.
                if position < last {
                    note_commit(means, running, &name, &steps)?;
                }
                running.sources.push(SourceRun::committed(source));
            }
            // Whether the server committed is for the resumption to count.
            Err(error) if is_unknown(&error) => return Err(error.unfinished(&run)),
            Err(error) if running.sources.iter().all(|source| !source.committed) => return Err(stop(means, &run, error)),
            Err(error) => {
                steps.iter().for_each(|step| running.affected[*step] = None);
                running.failures.push(Failure { source: name.clone(), during: Phase::Erasing, reason: error.told() });
                running.sources.push(SourceRun::failed(name));
            }
        }
    }
    Ok(())
}

/// Whether a commit's end is unknown.
fn is_unknown(error: &Error) -> bool {
    matches!(error, Error::Source { source: exeunt_sources::Error::CommitUnknown { .. }, .. })
}

/// Ends a run that has committed nothing: open transactions roll back with their connections.
pub(super) fn stop(means: &mut Means<'_>, run: &RunId, error: Error) -> Error {
    let reason = match &error {
        Error::CountsDiffer { .. } | Error::KeysDiffer { .. } => StopReason::CountsDiffer,
        Error::Guarded { .. } => StopReason::GuardRefused,
        Error::Interrupted | Error::InterruptedHalfway => StopReason::Interrupted,
        _ => StopReason::SourceFailed,
    };
    let now = means.moment();
    match means.store.stop_run(run, reason, now) {
        Ok(()) => error,
        // The store cannot say so now; resuming finds by counting that nothing was erased.
        Err(_) => error.unfinished(run),
    }
}
