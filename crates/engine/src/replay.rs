//! Replay: after a backup was restored, finds subjects that were erased and are back.
//!
//! Tombstones hold keyed hashes, so the search goes the other way round: the keys of all living subjects of a kind are hashed and looked up.
//! A key may have been given to somebody else since, and a hash cannot tell: whoever asks says of each, by its label, that it is the same.
//! What is found is planned and erased like any other subject, with the choices that were made the first time, and its certificate says that
//! it is a replay.
//!
//! An erasure of chosen categories leaves its subject where it is. After it, rows of these categories have come back with a backup, or were made
//! since: only a person knows which, and is told of both.
//!
//! A subject is back when its own row is, unless the row stays as the erasure left it: masked, or kept. Rows alone that name an erased key, in
//! a backup or an import, tell it to nobody who does not have it: [`Snapshot::rows_of_key`] counts them for a key that is known.

use std::collections::{BTreeMap, BTreeSet};

use exeunt_model::digest::Digest;
use exeunt_model::names::{CategoryName, SourceName, SubjectKind};
use exeunt_model::plan::{Choice, Profile, Purpose};
use exeunt_model::run::RunId;
use exeunt_model::selection::{ColumnPath, Condition};
use exeunt_model::tombstone::{Tombstone, remainder, subject_hash};
use exeunt_sources::{Keys, Look, Lookup};
use exeunt_store::{Run, Store};

use crate::erasure::{recorded_categories, recorded_choices};
use crate::planning::{self, Request, Snapshot, Subject};

/// The search for erased subjects failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("list the subjects of kind {kind} in {database}")]
    Read {
        kind: SubjectKind,
        database: SourceName,
        #[source]
        source: exeunt_sources::Error,
    },
    #[error("look into the store")]
    Store(#[from] exeunt_store::Error),
    #[error("look at a subject of kind {kind}")]
    Look {
        kind: SubjectKind,
        #[source]
        source: planning::Error,
    },
    #[error("the record of run {run} cannot be read")]
    Record {
        run: RunId,
        #[source]
        source: serde_json::Error,
    },
}

/// An erased subject that is back.
#[derive(Debug, Clone)]
pub struct Returned {
    /// Its last erasure.
    pub tombstone: Tombstone,
    /// What it is called now; its key where the map names no label. It tells a person whether this is who was erased: a key may have been
    /// given to somebody else since.
    pub label: String,
    /// What to ask for, to erase it again: everything, or the categories that were erased. A successor that is gone as well is missing from it.
    pub request: Request,
    /// Of a subject of which chosen categories were erased: their rows that are there now. `None` where the subject as a whole was.
    pub rows: Option<u64>,
}

/// Finds the subjects that were erased and are back, outermost kinds first: erasing a contract takes its seats along.
pub fn returned(snapshot: &mut Snapshot, store: &Store) -> Result<Vec<Returned>, Error> {
    let scheme = snapshot.scheme.clone();
    let mut kinds: Vec<&SubjectKind> = scheme.map.subjects.iter().map(|subject| &subject.kind).collect();
    kinds.sort_by_key(|kind| depth(&scheme, kind));
    let mut found = Vec::new();
    for kind in kinds {
        let tombstones: BTreeMap<Digest, Tombstone> =
            store.tombstones(kind)?.into_iter().map(|tombstone| (tombstone.subject.clone(), tombstone)).collect();
        if tombstones.is_empty() {
            continue;
        }
        let living = living(snapshot, store, kind)?;
        for (hash, key) in &living {
            let Some(tombstone) = tombstones.get(hash) else { continue };
            let (choices, successor) = decisions(store, kind, &tombstone.run)?;
            let successor = successor.and_then(|hash| living.get(&hash).cloned());
            let subject = Subject { kind: kind.clone(), key: key.clone() };
            let request = Request { subject, purpose: Purpose::Erase, profile: Profile::default(), categories: None, choices, successor };
            if remains(snapshot, store, tombstone, &request) {
                continue;
            }
            let label = label(snapshot, &request.subject)?;
            found.push(Returned { tombstone: tombstone.clone(), label, request, rows: None });
        }
    }
    let whole: BTreeSet<Digest> = found.iter().map(|returned| returned.tombstone.subject.clone()).collect();
    for kind in scheme.map.subjects.iter().map(|subject| &subject.kind) {
        found.extend(returned_in_part(snapshot, store, kind)?.into_iter().filter(|part| !whole.contains(&part.tombstone.subject)));
    }
    Ok(found)
}

/// By subject and categories: the last erasure, the hash of its successor, and its choices.
type LastRuns = BTreeMap<(Digest, Vec<CategoryName>), (Run, Option<Digest>, Vec<Choice>)>;

/// The subjects of a kind that hold rows of categories that were erased.
fn returned_in_part(snapshot: &mut Snapshot, store: &Store, kind: &SubjectKind) -> Result<Vec<Returned>, Error> {
    let mut last = LastRuns::new();
    for run in store.partial_runs(kind)? {
        let unreadable = |source| Error::Record { run: run.id.clone(), source };
        let Some(categories) = recorded_categories(&run.document).map_err(unreadable)? else { continue };
        let (choices, successor) = recorded_choices(&run.document).map_err(unreadable)?;
        last.insert((run.subject.clone(), categories), (run, successor, choices));
    }
    if last.is_empty() {
        return Ok(Vec::new());
    }
    let living = living(snapshot, store, kind)?;
    let mut found = Vec::new();
    for ((hash, categories), (run, successor, choices)) in last {
        let Some(key) = living.get(&hash) else { continue };
        let request = Request {
            subject: Subject { kind: kind.clone(), key: key.clone() },
            purpose: Purpose::Erase,
            profile: Profile::default(),
            categories: Some(categories),
            choices,
            successor: successor.and_then(|hash| living.get(&hash).cloned()),
        };
        let rows = snapshot.rows_of_key(&request).map_err(|source| Error::Look { kind: kind.clone(), source })?;
        let rows = rows.iter().map(|(_, rows)| rows).sum();
        if rows > 0 {
            let label = label(snapshot, &request.subject)?;
            let erased = run.closed.unwrap_or(run.started);
            let tombstone = Tombstone { kind: kind.clone(), subject: hash, erased, run: run.id, remainder: None };
            found.push(Returned { tombstone, label, request, rows: Some(rows) });
        }
    }
    Ok(found)
}

/// What the subject is called now.
fn label(snapshot: &mut Snapshot, subject: &Subject) -> Result<String, Error> {
    let looked = snapshot.find(subject).map_err(|source| Error::Look { kind: subject.kind.clone(), source })?;
    Ok(looked.map(|found| found.label).filter(|label| !label.is_empty()).unwrap_or_else(|| subject.key.join(",")))
}

/// Whether an erased subject is here only in that its own row stays, as the erasure left it. Where that cannot be found out, such as under
/// another map, it is not.
pub fn remains(snapshot: &mut Snapshot, store: &Store, tombstone: &Tombstone, request: &Request) -> bool {
    let holds = |values: &[(String, Option<String>)]| {
        tombstone.remainder.as_ref() == Some(&remainder(&store.hash_secret(), &tombstone.subject, values))
    };
    snapshot.is_as_erased(request, holds).unwrap_or(false)
}

/// The request for an erasure again, with the choices that were made the first time.
///
/// # Errors
/// [`Error::Store`] and [`Error::Record`].
pub fn again(store: &Store, tombstone: &Tombstone, key: &[String]) -> Result<Request, Error> {
    let subject = Subject { kind: tombstone.kind.clone(), key: key.to_vec() };
    let choices = choices(store, tombstone)?;
    Ok(Request { subject, purpose: Purpose::Erase, profile: Profile::default(), categories: None, choices, successor: None })
}

/// How many kinds a kind is within.
fn depth(scheme: &exeunt_model::map::resolve::Scheme, kind: &SubjectKind) -> usize {
    let mut depth = 0;
    let mut kind = kind;
    while let Some(path) = scheme.within(kind) {
        depth += 1;
        kind = &path.kind;
    }
    depth
}

/// The keys of all subjects of a kind, by their hash.
fn living(snapshot: &mut Snapshot, store: &Store, kind: &SubjectKind) -> Result<BTreeMap<Digest, Vec<String>>, Error> {
    let Some(subject) = snapshot.scheme.subject(kind).cloned() else { return Ok(BTreeMap::new()) };
    let secret = store.hash_secret();
    let mut living = BTreeMap::new();
    let mut take = |row: &[Option<&str>]| {
        let key: Option<Vec<String>> = row.iter().map(|value| value.map(str::to_owned)).collect();
        if let Some(key) = key {
            living.insert(subject_hash(&secret, kind, &key), key);
        }
    };
    let columns: Vec<ColumnPath> = subject.key.iter().map(ColumnPath::column).collect();
    let lookup = Lookup { table: &subject.table, columns: &columns, condition: &Condition::Always, distinct: false };
    let database = subject.table.source.clone();
    snapshot.reader(&database).values(&[], &lookup, &Keys::default(), &mut take).map_err(|source| Error::Read {
        kind: kind.clone(),
        database,
        source,
    })?;
    Ok(living)
}

/// The choices that were made when the subject was erased.
///
/// # Errors
/// [`Error::Store`] and [`Error::Record`].
pub fn choices(store: &Store, tombstone: &Tombstone) -> Result<Vec<Choice>, Error> {
    decisions(store, &tombstone.kind, &tombstone.run).map(|(choices, _)| choices)
}

/// What was decided when the subject was erased.
fn decisions(store: &Store, kind: &SubjectKind, run: &RunId) -> Result<(Vec<Choice>, Option<Digest>), Error> {
    // What was decided for a contract does not fit a seat of it.
    let Some(record) = store.run(run)?.filter(|record| record.kind == *kind) else { return Ok((Vec::new(), None)) };
    recorded_choices(&record.document).map_err(|source| Error::Record { run: run.clone(), source })
}
