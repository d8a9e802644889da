//! One export, from the request to the archive under its final name.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use exeunt_model::archive::header::{Contact, LeftOut, SourceMoment, Subject as ArchiveSubject, Summary};
use exeunt_model::catalog::SourceKind;
use exeunt_model::map::resolve::Edge;
use exeunt_model::names::{SourceName, TableName};
use exeunt_model::plan::{FileCount, Outline, Plan, Step, Work};
use exeunt_model::selection::{ColumnPath, Condition};
use exeunt_model::tombstone::HashSecret;
use exeunt_sources::files::FileReader;
use exeunt_sources::{Keys, Look, Lookup, Read, TextRows};
use jiff::Timestamp;

use super::tables::Tables;
use super::{Error, Progress, describe, files};
use crate::archive::{ArchiveWriter, Delivered, Options};
use crate::missing::none_there;
use crate::planning::{self, Counts, Opening, Request, Snapshot};
use crate::platform::Platform;

/// How an export is run, beside the request itself.
pub struct Settings<'a> {
    pub archive: Options,
    /// The secret of subject hashes.
    pub secret: &'a HashSecret,
    /// The plan that was approved: the export must find exactly its rows.
    pub approved: Option<&'a Plan>,
    /// Export though of a store of files not one that the rows name is there.
    pub accept_missing_files: bool,
    /// The platform's name as the customer knows it.
    pub platform_name: String,
    pub contact: Option<Contact>,
    /// Name and version of the program.
    pub tool: String,
    pub clock: &'a dyn Fn() -> Timestamp,
}

/// What an export delivered.
#[derive(Debug)]
pub struct Report {
    pub delivered: Delivered,
    pub plan: Plan,
    /// Rows of all tables, and files.
    pub rows: u64,
    pub files: u64,
    pub left_out: Vec<LeftOut>,
}

/// Exports a subject's rows and files into one archive. `opening` are the platform's databases.
///
/// A retry starts afresh: an unfinished archive has no final name and is removed.
///
/// # Errors
/// See [`Error`]. No archive is left in any of these cases.
pub fn export(
    platform: &Platform,
    opening: Opening,
    request: &Request,
    settings: Settings<'_>,
    progress: &mut dyn Progress,
) -> Result<Report, Error> {
    let mut snapshot = Snapshot::of(platform, opening)?;
    let taken = (settings.clock)();
    let (request, label) = snapshot.settle(request)?;
    let request = &request;
    let outline = snapshot.outline(request)?;
    if let Some(approved) = settings.approved {
        compare_outline(approved, &outline, &snapshot, request, settings.secret)?;
    }
    let keys = snapshot.keys(&request.subject, &outline)?;
    let named = files_named(&mut snapshot, &outline, &keys)?;
    if !settings.accept_missing_files {
        some_are_there(platform, &outline, &named)?;
    }
    let expected = if progress.wants_estimate() { estimate(&mut snapshot, &outline, &keys) } else { None };
    progress.begin(expected);

    let mut archive = ArchiveWriter::create(settings.archive.clone())?;
    let mut left_out = describe::left_out(&snapshot.scheme, &outline);
    let mut counts = Counts::default();
    let edges = snapshot.scheme.edges.clone();
    for steps in outline.steps.chunk_by(|one, next| one.table.source == next.table.source) {
        let (rows, withheld) = stream(&mut snapshot, (&outline, &edges), &keys, steps, &mut archive, progress)?;
        counts.step_rows.extend(rows);
        left_out.extend(withheld);
    }
    let mut buffer = files::buffer();
    let mut named = named.into_iter();
    for step in &outline.steps {
        let missing = copy_files(platform, &mut snapshot, &mut named, step, &mut archive, &mut counts.files, &mut buffer, progress)?;
        if missing > 0 {
            left_out.push(describe::missing_files(step, missing));
        }
    }
    let rows = counts.step_rows.iter().sum();
    let file_count = counts.files.iter().map(|count| count.files).sum();
    let plan = snapshot.bind(outline, request, counts, settings.secret);
    if let Some(approved) = settings.approved {
        compare_counts(approved, &plan)?;
    }
    let summary = Summary {
        subject: ArchiveSubject {
            kind: request.subject.kind.clone(),
            digest: plan.subject.clone(),
            label: (!label.is_empty()).then_some(label),
        },
        platform: settings.platform_name,
        finished: (settings.clock)(),
        plan: plan.digest(),
        map: plan.outline.map.digest.clone(),
        sources: moments(platform, &plan.outline, taken),
        left_out: left_out.clone(),
        contact: settings.contact,
        tool: settings.tool,
    };
    let delivered = archive.finish(summary)?;
    Ok(Report { delivered, plan, rows, files: file_count, left_out })
}

fn moments(platform: &Platform, outline: &Outline, taken: Timestamp) -> Vec<SourceMoment> {
    let source = |source: &exeunt_model::map::Source| SourceMoment {
        source: source.name.clone(),
        kind: source.kind,
        taken,
        catalog: outline.catalogs.iter().find(|catalog| catalog.source == source.name).map(|catalog| catalog.digest.clone()),
    };
    platform.map.sources.iter().map(source).collect()
}

/// The databases' own guess of how many rows there are. One that fails costs nothing but the time left.
fn estimate(snapshot: &mut Snapshot, outline: &Outline, keys: &Keys) -> Option<u64> {
    let mut total = 0;
    for steps in outline.steps.chunk_by(|one, next| one.table.source == next.table.source) {
        let of: Vec<(&TableName, &Condition)> = steps.iter().map(|step| (&step.table, &step.condition)).collect();
        total += snapshot.reader(&steps[0].table.source).estimate_all(&outline.sets, &of, keys).ok().flatten()?;
    }
    Some(total)
}

/// Streams the rows of steps of one database, and returns how many each had, and what was withheld of them.
fn stream(
    snapshot: &mut Snapshot,
    (outline, edges): (&Outline, &[Edge]),
    keys: &Keys,
    steps: &[Step],
    archive: &mut ArchiveWriter,
    progress: &mut dyn Progress,
) -> Result<(Vec<u64>, Vec<LeftOut>), Error> {
    let mut reads = Vec::new();
    let mut headers = Vec::new();
    for step in steps {
        let header = describe::table(&snapshot.scheme, edges, outline, step);
        if let (Work::Read { columns, secret_paths, .. }, Some(header)) = (&step.work, header) {
            reads.push(Read { table: &step.table, columns, secret_paths, condition: &step.condition });
            headers.push(header);
        }
    }
    let Some(first) = reads.first() else { return Ok((vec![0; steps.len()], Vec::new())) };
    let mut tables = Tables::new(archive, headers, progress);
    let streamed = snapshot.reader(&first.table.source).stream_all(&outline.sets, &reads, keys, &mut tables);
    if let Some(failure) = tables.failure.take() {
        return Err(Error::Archive(failure));
    }
    if tables.stopped {
        return Err(Error::Interrupted);
    }
    let at = tables.rows.len().min(reads.len() - 1);
    streamed.map_err(|source| Error::Read { table: reads[at].table.clone(), source })?;
    let withheld = reads.iter().zip(&tables.withheld).filter(|(_, values)| **values > 0);
    let withheld = withheld.map(|(read, values)| describe::withheld(read.table, read.secret_paths, *values)).collect();
    let rows: BTreeMap<&TableName, u64> = reads.iter().map(|read| read.table).zip(tables.rows).collect();
    Ok((steps.iter().map(|step| rows.get(&step.table).copied().unwrap_or(0)).collect(), withheld))
}

/// The files that the rows of each step name, column by column; each file once. One round trip per database.
fn files_named(snapshot: &mut Snapshot, outline: &Outline, keys: &Keys) -> Result<Vec<BTreeSet<String>>, Error> {
    let mut found = Vec::new();
    for steps in outline.steps.chunk_by(|one, next| one.table.source == next.table.source) {
        let columns: Vec<(&Step, [ColumnPath; 1])> =
            steps.iter().flat_map(|step| file_columns(step).iter().map(move |(_, column)| (step, [ColumnPath::column(column)]))).collect();
        let lookups: Vec<Lookup<'_>> = columns
            .iter()
            .map(|(step, column)| Lookup { table: &step.table, columns: column, condition: &step.condition, distinct: true })
            .collect();
        let Some(first) = lookups.first() else { continue };
        let database = first.table.source.clone();
        let rows = snapshot.reader(&database).values_all(&outline.sets, &lookups, keys);
        let rows = rows.map_err(|source| planning::Error::Read { database, source })?;
        let named = |rows: TextRows| rows.into_iter().flatten().flatten().filter(|key| !key.is_empty()).collect();
        found.extend(rows.into_iter().map(named));
    }
    Ok(found)
}

/// Refuses where of a store not one of the files is there: most likely another store is looked into.
fn some_are_there(platform: &Platform, outline: &Outline, named: &[BTreeSet<String>]) -> Result<(), Error> {
    let stores = outline.steps.iter().flat_map(|step| file_columns(step).iter().map(|(source, _)| source));
    let mut readers: BTreeMap<&SourceName, (FileReader, bool)> = BTreeMap::new();
    let mut found = Vec::new();
    for (source, named) in stores.zip(named) {
        let failed = |error| Error::Files { files: source.clone(), source: error };
        let Some(store) = platform.file_store(source) else { continue };
        let (reader, any) = match readers.entry(source) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => entry.insert((store.reader().map_err(failed)?, false)),
        };
        for key in named {
            // One is enough: the others are looked for when they are copied.
            *any = *any || reader.exists(key).map_err(failed)?;
            found.push((source, Ok::<_, Error>(*any)));
        }
    }
    none_there(found.into_iter())?.map_or(Ok(()), |none| Err(none.into()))
}

/// The columns of a step that name files, with the sources of those files.
fn file_columns(step: &Step) -> &[(SourceName, String)] {
    let (Work::Read { files, .. }, Some(_)) = (&step.work, &step.category) else { return &[] };
    files
}

#[expect(clippy::too_many_arguments, reason = "one step of the run, with all of its state")]
fn copy_files(
    platform: &Platform,
    snapshot: &mut Snapshot,
    named: &mut std::vec::IntoIter<BTreeSet<String>>,
    step: &Step,
    archive: &mut ArchiveWriter,
    counts: &mut Vec<FileCount>,
    buffer: &mut [u8],
    progress: &mut dyn Progress,
) -> Result<u64, Error> {
    let Some(category) = &step.category else { return Ok(0) };
    let category = describe::category(&snapshot.scheme, category);
    let mut missing = 0;
    for ((source, column), named) in file_columns(step).iter().zip(named) {
        let Some(store) = platform.file_store(source) else { continue };
        let reader = store.reader().map_err(|error| Error::Files { files: source.clone(), source: error })?;
        let (mut bytes, mut absent) = (0, 0);
        for key in &named {
            match files::copy(archive, &reader, buffer, source, key, category.clone(), progress)? {
                Some(size) => bytes += size,
                None => absent += 1,
            }
        }
        if absent > 0 {
            refuse_no_text(platform, snapshot, &step.table, column)?;
        }
        missing += absent;
        counts.push(FileCount {
            source: source.clone(),
            table: step.table.clone(),
            column: column.clone(),
            files: named.len() as u64,
            shared: 0,
            bytes: Some(bytes),
        });
    }
    Ok(missing)
}

/// A file may only seem to be missing where some value of the column is no text, which SQLite alone allows: told as one, it names another file.
fn refuse_no_text(platform: &Platform, snapshot: &mut Snapshot, table: &TableName, column: &str) -> Result<(), Error> {
    let database = &table.source;
    let sqlite = platform.map.sources.iter().any(|source| source.name == *database && source.kind == SourceKind::Sqlite);
    if !sqlite {
        return Ok(());
    }
    let names = snapshot.reader(database).odd_names(&[(table, column)]);
    let names = names.map_err(|source| planning::Error::Read { database: database.clone(), source })?;
    match names.no_text.into_iter().next() {
        Some((table, column)) => Err(planning::Error::FileKeysNoText { table, column }.into()),
        None => Ok(()),
    }
}

fn compare_outline(approved: &Plan, outline: &Outline, snapshot: &Snapshot, request: &Request, secret: &HashSecret) -> Result<(), Error> {
    let now = snapshot.bind(outline.clone(), request, Counts::default(), secret);
    match crate::planning::difference(approved, &now) {
        Some(difference) => Err(Error::PlanDiffers { difference }),
        None => Ok(()),
    }
}

fn compare_counts(approved: &Plan, plan: &Plan) -> Result<(), Error> {
    match crate::planning::count_difference(approved, plan) {
        Some(difference) => Err(Error::PlanDiffers { difference }),
        None => Ok(()),
    }
}
