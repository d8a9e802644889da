//! Files that deleted rows named: found before the rows go, deleted after, and only where no row that stays names them.

use std::collections::{BTreeMap, BTreeSet};

use exeunt_model::certificate::{Failure, FileCount, Phase};
use exeunt_model::names::{SourceName, TableName};
use exeunt_model::plan::{Plan, Work};
use exeunt_model::run::RunId;
use exeunt_sources::files::{FileEraser, plain_keys_of};
use exeunt_store::{FileState, JournaledFile};

use super::acting::Acting;
use super::error::Error;
use super::order::{Means, Progress};
use super::running::Running;
use crate::failpoint::failpoint;
use crate::missing::none_there;
use crate::planning::{NamedFiles, Prepared};
use crate::platform::Platform;

/// Files whose fate is noted in one transaction of the store.
const FILES_PER_NOTE: usize = 500;

/// The files that the plan's rows name, each once, with whether it is there.
pub(super) fn journal(platform: &Platform, named: &[NamedFiles]) -> Result<Vec<JournaledFile>, Error> {
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for (named_by, files) in named.iter().enumerate() {
        let failed = |source| Error::Files { files: files.source.clone(), source };
        let store = platform.file_store(&files.source).ok_or_else(|| Error::NoSource { source_name: files.source.clone() })?;
        let reader = store.reader().map_err(failed)?;
        for key in &files.keys {
            if seen.insert((&files.source, key)) {
                let present = reader.exists(key).map_err(failed)?;
                found.push(JournaledFile {
                    files: files.source.clone(),
                    key: key.clone(),
                    named_by: named_by as u32,
                    present,
                    state: FileState::Pending,
                });
            }
        }
    }
    Ok(found)
}

/// Refuses a plan that [`erase()`](super::erase()) would refuse for its missing files, so that nobody is asked to approve it.
///
/// # Errors
/// [`Error::FilesMissing`], and [`Error::Files`] where a store cannot be looked into.
pub fn look_for_files(platform: &Platform, prepared: &Prepared) -> Result<(), Error> {
    some_are_there(&journal(platform, &prepared.files)?)
}

/// Refuses where of a store not one of the files is there: most likely another store is looked into, and what was to be deleted stays.
pub(super) fn some_are_there(files: &[JournaledFile]) -> Result<(), Error> {
    let present = files.iter().map(|file| (&file.files, Ok::<_, Error>(file.present)));
    none_there(present)?.map_or(Ok(()), |none| Err(Error::FilesMissing(none)))
}

/// The stores of these files, by what each folder is known again.
pub(super) fn folders(platform: &Platform, files: &[JournaledFile]) -> Result<Vec<(SourceName, String)>, Error> {
    let names: BTreeSet<&SourceName> = files.iter().map(|file| &file.files).collect();
    let stores = names.into_iter().filter_map(|name| platform.file_store(name));
    stores
        .map(|store| {
            let identity = store.identity().map_err(|source| Error::Files { files: store.name().clone(), source })?;
            Ok((store.name().clone(), identity))
        })
        .collect()
}

/// The columns that name files in deleting steps, in the order of [`NamedFiles`].
fn file_columns(plan: &Plan) -> Vec<(usize, SourceName, String)> {
    let mut found = Vec::new();
    for (step, planned) in plan.outline.steps.iter().enumerate() {
        if let Work::Delete { files, .. } = &planned.work {
            found.extend(files.iter().map(|(source, column)| (step, source.clone(), column.clone())));
        }
    }
    found
}

/// What became of the run's files so far.
pub(super) fn counted(means: &Means<'_>, running: &Running) -> Result<Vec<FileCount>, Error> {
    let files = means.store.files_of(&running.run).map_err(|error| Error::from(error).unfinished(&running.run))?;
    Ok(counts(&running.document.plan, &file_columns(&running.document.plan), &files))
}

/// What is done while the first files are being deleted.
type Meanwhile<'a> = &'a mut dyn FnMut(&Means<'_>, &mut Running);

/// Deletes the run's files that are still to be deleted, and counts what became of all of them.
///
/// A file that cannot be deleted is written down among the failures and stays pending.
pub(super) fn delete(means: &mut Means<'_>, running: &mut Running, meanwhile: Meanwhile<'_>) -> Result<Vec<FileCount>, Error> {
    let columns = file_columns(&running.document.plan);
    if columns.is_empty() {
        return Ok(Vec::new());
    }
    let mut files = means.store.files_of(&running.run).map_err(|error| Error::from(error).unfinished(&running.run))?;
    // A file goes after every row that names it. Where a database is not committed, rows that will go would count as rows that stay.
    if running.sources.iter().any(|source| !source.committed) {
        return Ok(counts(&running.document.plan, &columns, &files));
    }
    let stores: BTreeSet<SourceName> = files.iter().map(|file| file.files.clone()).collect();
    for store in stores {
        let pending: Vec<usize> =
            (0..files.len()).filter(|at| files[*at].files == store && files[*at].state == FileState::Pending).collect();
        if let Err(error) = delete_in(means, running, &store, &mut files, &pending, meanwhile) {
            if matches!(error, Error::Unfinished { .. }) {
                return Err(error);
            }
            running.failures.push(Failure { source: store, during: Phase::DeletingFiles, reason: error.told() });
        }
    }
    Ok(counts(&running.document.plan, &columns, &files))
}

fn delete_in(
    means: &mut Means<'_>,
    running: &mut Running,
    store: &SourceName,
    files: &mut [JournaledFile],
    pending: &[usize],
    meanwhile: Meanwhile<'_>,
) -> Result<(), Error> {
    if pending.is_empty() {
        return Ok(());
    }
    let failed = |source| Error::Files { files: store.clone(), source };
    let folder = means.platform.file_store(store).ok_or_else(|| Error::NoSource { source_name: store.clone() })?;
    let identity = folder.identity().map_err(failed)?;
    let is_other = running.document.folders.iter().any(|(known, begun)| known == store && *begun != identity);
    if is_other {
        if !running.accept_missing_files {
            return Err(Error::OtherFolder { files: store.clone() });
        }
        // What was there when it was journaled was there in another folder.
        pending.iter().for_each(|at| files[*at].present = false);
    }
    let mut eraser = folder.eraser().map_err(failed)?;
    let total = pending.len() as u64;
    let otherwise = named_otherwise(means, running, store)?;
    for (part, chunk) in pending.chunks(FILES_PER_NOTE).enumerate() {
        let keys: Vec<String> = chunk.iter().map(|at| files[*at].key.clone()).collect();
        let shared = still_named(means, running, store, &keys)?;
        let is_shared = |at: &usize| shared.contains(&files[*at].key) || otherwise.contains(&files[*at].key);
        let (shared, doomed): (Vec<usize>, Vec<usize>) = chunk.iter().partition(|at| is_shared(at));
        let doomed: Vec<(usize, &JournaledFile)> = doomed.into_iter().map(|at| (at, &files[at])).collect();
        let (run, interrupted) = (running.run.clone(), means.interrupted);
        let (mut settled, failed) = std::thread::scope(|scope| {
            let deleting = scope.spawn(|| delete_files(&run, &mut eraser, store, &doomed, interrupted));
            if part == 0 {
                meanwhile(means, running);
            }
            deleting.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        });
        settled.extend(shared.into_iter().map(|at| (at, FileState::Shared)));
        note(means, running, files, &settled)?;
        if let Some(error) = failed {
            return Err(error);
        }
        named_too_late(means, running, store, files, &settled)?;
        (means.report)(Progress::Files { done: total.min(((part + 1) * FILES_PER_NOTE) as u64), total });
    }
    Ok(())
}

/// A row may come to name a file between our look and its deletion. Nobody can keep it from that, so it is told.
fn named_too_late(
    means: &Means<'_>,
    running: &mut Running,
    store: &SourceName,
    files: &[JournaledFile],
    settled: &BTreeMap<usize, FileState>,
) -> Result<(), Error> {
    let deleted = settled.iter().filter(|(_, state)| **state == FileState::Deleted).map(|(at, _)| files[*at].key.clone());
    let deleted: Vec<String> = deleted.collect();
    if deleted.is_empty() {
        return Ok(());
    }
    match still_named(means, running, store, &deleted)?.len() as u64 {
        0 => Ok(()),
        named => Err(Error::NamedTooLate { files: store.clone(), named }),
    }
}

/// Deletes files one after the other, until one cannot be deleted or somebody asks to stop; what became of each, by its position.
fn delete_files(
    run: &RunId,
    eraser: &mut FileEraser,
    store: &SourceName,
    files: &[(usize, &JournaledFile)],
    interrupted: &(dyn Fn() -> bool + Sync),
) -> (BTreeMap<usize, FileState>, Option<Error>) {
    let mut settled = BTreeMap::new();
    let mut failed = None;
    for (at, file) in files {
        if interrupted() {
            failed = Some(Error::InterruptedHalfway.unfinished(run));
            break;
        }
        match delete_one(run, eraser, store, file) {
            Ok(state) => drop(settled.insert(*at, state)),
            Err(error) => {
                failed = Some(error);
                break;
            }
        }
    }
    // What is noted as deleted must be so after a power cut too; what is not noted is looked at again.
    if let Err(source) = eraser.sync() {
        settled.clear();
        failed = failed.or(Some(Error::Files { files: store.clone(), source }));
    }
    (settled, failed)
}

fn delete_one(run: &RunId, eraser: &mut FileEraser, store: &SourceName, file: &JournaledFile) -> Result<FileState, Error> {
    failpoint!("before_file", run);
    let deleted = eraser.delete(&file.key).map_err(|source| Error::Files { files: store.clone(), source })?;
    failpoint!("after_file", run);
    // A file that was there when it was journaled and is gone now was deleted by an attempt that was cut off.
    Ok(if deleted || file.present { FileState::Deleted } else { FileState::Missing })
}

fn note(means: &mut Means<'_>, running: &Running, files: &mut [JournaledFile], settled: &BTreeMap<usize, FileState>) -> Result<(), Error> {
    failpoint!("before_settle_files", &running.run);
    let noted: Vec<(&JournaledFile, FileState)> = settled.iter().map(|(at, state)| (&files[*at], *state)).collect();
    means.store.settle_files(&running.run, &noted).map_err(|error| Error::from(error).unfinished(&running.run))?;
    for (at, state) in settled {
        files[*at].state = *state;
    }
    failpoint!("after_settle_files", &running.run);
    Ok(())
}

/// Which of the files rows still name, in any table of the map with files in this store.
fn still_named(means: &Means<'_>, running: &mut Running, store: &SourceName, keys: &[String]) -> Result<BTreeSet<String>, Error> {
    let mut named = BTreeSet::new();
    in_file_columns(means, running, store, |acting, columns| {
        named.extend(acting.still_named(columns, keys)?);
        Ok(())
    })?;
    Ok(named)
}

/// The files that some row may name in a form of its own.
fn named_otherwise(means: &Means<'_>, running: &mut Running, store: &SourceName) -> Result<BTreeSet<String>, Error> {
    let mut named = BTreeSet::new();
    in_file_columns(means, running, store, |acting, columns| {
        named.extend(acting.odd_names(columns)?.not_plain.iter().flat_map(|name| plain_keys_of(name)));
        Ok(())
    })?;
    Ok(named)
}

/// Asks each database with columns that name files of a store.
fn in_file_columns(
    means: &Means<'_>,
    running: &mut Running,
    store: &SourceName,
    mut ask: impl FnMut(&mut Acting, &[(&TableName, &str)]) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut by_source: BTreeMap<&SourceName, Vec<(&TableName, &str)>> = BTreeMap::new();
    for entry in &means.platform.map.tables {
        for file in entry.files.iter().filter(|file| file.source == *store) {
            by_source.entry(&entry.table.source).or_default().push((&entry.table, &file.column));
        }
    }
    for (source, columns) in by_source {
        let subject = running.personal.subject_key.clone();
        match running.acting(source) {
            Some(acting) => ask(acting, &columns)?,
            // A database that the plan has no steps in.
            None => ask(&mut Acting::open(means.platform, source, &subject)?, &columns)?,
        }
    }
    Ok(())
}

fn counts(plan: &Plan, columns: &[(usize, SourceName, String)], files: &[JournaledFile]) -> Vec<FileCount> {
    let count = |(named_by, (step, source, column)): (usize, &(usize, SourceName, String))| {
        let of = |state| files.iter().filter(|file| file.named_by as usize == named_by && file.state == state).count() as u64;
        let (deleted, shared) = (of(FileState::Deleted), of(FileState::Shared));
        let (missing, remaining) = (of(FileState::Missing), of(FileState::Pending));
        FileCount {
            source: source.clone(),
            table: plan.outline.steps[*step].table.clone(),
            column: column.clone(),
            named: deleted + shared + missing + remaining,
            deleted,
            shared,
            missing,
            remaining,
        }
    };
    columns.iter().enumerate().map(count).collect()
}
