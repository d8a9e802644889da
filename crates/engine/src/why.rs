//! Why a row is still here: which owners its paths lead to, what the map says of its table, and what the log knows of those owners.
//!
//! The paths are followed from the live row, hop by hop, through the same conditions that plans are made of. Whatever is found is for the
//! person who asked with the row's key in hand; nothing of it is logged.

use exeunt_model::digest::Digest;
use exeunt_model::map::action::Action;
use exeunt_model::map::resolve::{Link, MappedTable, Path, Scheme};
use exeunt_model::moment::Moment;
use exeunt_model::names::{CategoryName, SourceName, SubjectKind, TableName};
use exeunt_model::run::{RunId, State};
use exeunt_model::selection::{ColumnPath, Condition, RowSet, SetId};
use exeunt_model::tombstone::subject_hash;
use exeunt_sources::{Keys, Look, Lookup};
use exeunt_store::Store;
use serde::Serialize;

use crate::erasure::recorded_categories;
use crate::planning::{Snapshot, counted};
use crate::replay;

/// The question could not be answered.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the map says nothing of {table}")]
    NotMapped { table: TableName },
    #[error("{table} has neither a primary key nor a unique key without nulls: its rows have no name")]
    NoRowKey { table: TableName },
    #[error("a row of {table} is named by {columns}: {}, not {given}", counted(*expected as u64, "value"))]
    KeyShape { table: TableName, columns: String, expected: usize, given: usize },
    #[error("{table} has no row with this key")]
    NoRow { table: TableName },
    #[error("follow an owner path in {database}")]
    Read {
        database: SourceName,
        #[source]
        source: exeunt_sources::Error,
    },
    #[error("look into the store")]
    Store(#[from] exeunt_store::Error),
}

/// Everything that is known about why a row is here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    pub table: TableName,
    /// The map ignores the table, for this reason.
    pub ignored: Option<String>,
    pub paths: Vec<FollowedPath>,
    pub reason: Reason,
}

/// An owner path, followed from the row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FollowedPath {
    pub kind: SubjectKind,
    /// The row belongs to what this path leads to; otherwise it only speaks of it.
    pub owns: bool,
    /// The path in words.
    pub path: String,
    /// The subjects that it leads to now.
    pub subjects: Vec<FoundSubject>,
    /// It leads to nobody, and an erasure may have made it so: the map lets the column be emptied where the row stays for another owner.
    pub may_be_unlinked: bool,
    /// What an erasure of such a subject does with the row.
    pub action: String,
}

/// A subject that a path leads to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FoundSubject {
    /// As the database writes it.
    pub key: Vec<String>,
    /// What the store knows of its erasures, oldest first.
    pub runs: Vec<KnownRun>,
}

/// An erasure of a subject, as the store knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KnownRun {
    pub run: RunId,
    pub state: State,
    pub started: Moment,
    /// The categories that it erased; `None` where it was about everything.
    pub categories: Option<Vec<CategoryName>>,
}

/// The one sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The map says that the table holds no customer data.
    Ignored,
    /// The map keeps the table's rows on a ground, whoever is erased.
    Kept { ground: String },
    /// Its owner is here and was never asked to be erased.
    OwnerIsHere,
    /// Several owners; it stays until the last of them goes.
    Shared { owners: usize },
    /// The erasure of an owner began and is not finished.
    ErasureUnfinished { run: RunId },
    /// An owner was erased, and is back: by a restored backup, an import or a synchronisation.
    CameBack { run: RunId, erased: Moment },
    /// An owner was erased, and its own row stays as the erasure left it.
    Remains { run: RunId, erased: Moment },
    /// Its category was erased for an owner who is still here: it has come back, or was made since.
    CategoryErased { run: RunId, erased: Moment },
    /// It belongs to nobody, and only speaks of somebody.
    OnlyAbout,
    /// No path leads to any subject: no erasure would find it. This is a defect of the map or of the data.
    Unowned,
}

/// Explains a row by its table and key.
///
/// # Errors
/// [`Error::NotMapped`], [`Error::NoRowKey`], [`Error::KeyShape`] and [`Error::NoRow`] for a row that cannot be named or is not there;
/// [`Error::Read`] and [`Error::Store`]. Nothing is changed; asking again is safe.
pub fn why(snapshot: &mut Snapshot, store: &Store, table: &TableName, key: &[String]) -> Result<Explanation, Error> {
    let scheme = snapshot.scheme.clone();
    if let Some(reason) = scheme.map.ignore.get(table) {
        return Ok(Explanation { table: table.clone(), ignored: Some(reason.clone()), paths: Vec::new(), reason: Reason::Ignored });
    }
    let mapped = scheme.table(table).ok_or_else(|| Error::NotMapped { table: table.clone() })?;
    let row_key = mapped.table.row_key().ok_or_else(|| Error::NoRowKey { table: table.clone() })?.to_vec();
    if row_key.len() != key.len() {
        let columns = row_key.join(", ");
        return Err(Error::KeyShape { table: table.clone(), columns, expected: row_key.len(), given: key.len() });
    }
    // The row is found as a subject is: its key is compared as its own type.
    let found = snapshot.reader(&table.source).find_key(table, &row_key, key);
    let found = found.map_err(|source| Error::Read { database: table.source.clone(), source })?;
    let keys = Keys { subject: found.ok_or_else(|| Error::NoRow { table: table.clone() })?, carried: Vec::new() };
    let kind = SubjectKind::new("row");
    let row = Condition::SubjectKey { kind, columns: row_key };
    let mut paths = Vec::new();
    for (owns, claims) in [(true, &mapped.owner), (false, &mapped.about)] {
        for path in claims {
            paths.push(follow(snapshot, store, &scheme, mapped, path, owns, &row, &keys)?);
        }
    }
    let reason = match reason(mapped, &paths) {
        Reason::CameBack { run, erased } if remains(snapshot, store, &paths, &run)? => Reason::Remains { run, erased },
        reason => reason,
    };
    Ok(Explanation { table: table.clone(), ignored: None, paths, reason })
}

#[expect(clippy::too_many_arguments, reason = "one place follows a path, and these are what a path hangs on")]
fn follow(
    snapshot: &mut Snapshot,
    store: &Store,
    scheme: &Scheme,
    mapped: &MappedTable,
    path: &Path,
    owns: bool,
    row: &Condition,
    keys: &Keys,
) -> Result<FollowedPath, Error> {
    let mut subjects = Vec::new();
    if let Some(subject) = scheme.subject(&path.kind) {
        let (sets, end) = steps_of(&mapped.table.name, &path.hops, row);
        let mut keys = keys.clone();
        carry(snapshot, &sets, &mut keys)?;
        let columns: Vec<ColumnPath> = subject.key.iter().map(ColumnPath::column).collect();
        for found in values(snapshot, &sets, &subject.table, &columns, &end, &keys)? {
            let hash = subject_hash(&store.hash_secret(), &path.kind, &found);
            subjects.push(FoundSubject { key: found, runs: known_runs(store, &path.kind, &hash)? });
        }
    }
    let action = describe(mapped.entry.on_erase.for_kind(&path.kind));
    let unlinks = match path.hops.first() {
        Some(Link::Forward { columns, .. }) => {
            columns.iter().any(|path| path.json.is_empty() && mapped.entry.unlink.contains(&path.column))
        }
        Some(Link::Up { .. } | Link::Reverse { .. }) | None => false,
    };
    let may_be_unlinked = owns && unlinks && subjects.is_empty();
    Ok(FollowedPath { kind: path.kind.clone(), owns, path: path.describe(), subjects, may_be_unlinked, action })
}

/// The sets of rows that a path goes through, beginning at the row, and the condition for where it ends.
fn steps_of(table: &TableName, hops: &[Link], row: &Condition) -> (Vec<RowSet>, Condition) {
    let mut sets: Vec<RowSet> = Vec::new();
    let mut here = table.clone();
    let mut condition = row.clone();
    for hop in hops {
        let id = SetId(sets.len() as u32);
        let plain = |names: &[String]| names.iter().map(ColumnPath::column).collect::<Vec<_>>();
        let (from, next, at, when_here, when_there) = match hop {
            Link::Forward { columns, to, referenced, when, .. } => {
                (columns.clone(), to.clone(), plain(referenced), when.clone(), Vec::new())
            }
            Link::Reverse { table, columns, referenced, when } => {
                (plain(referenced), table.clone(), columns.clone(), Vec::new(), when.clone())
            }
            Link::Up { columns, referenced } => {
                // The rows above: those whose `referenced` columns a row found so far points to with `columns`.
                condition = Condition::Closure { base: Box::new(condition), columns: referenced.clone(), referenced: columns.clone() };
                continue;
            }
        };
        let equal = |when: Vec<(ColumnPath, String)>| when.into_iter().map(|(column, text)| Condition::Equals { column, text });
        let held = Condition::all([condition].into_iter().chain(equal(when_here)));
        sets.push(RowSet { id, table: here.clone(), columns: from, condition: held, keep_keys: false, carried_to: carried(&here, &next) });
        condition = Condition::all([Condition::In { columns: at, set: id }].into_iter().chain(equal(when_there)));
        here = next;
    }
    (sets, condition)
}

fn carried(from: &TableName, to: &TableName) -> Vec<SourceName> {
    if from.source == to.source { Vec::new() } else { vec![to.source.clone()] }
}

/// Reads the sets that another database needs.
fn carry(snapshot: &mut Snapshot, sets: &[RowSet], keys: &mut Keys) -> Result<(), Error> {
    for set in sets.iter().filter(|set| !set.carried_to.is_empty()) {
        let tuples = values(snapshot, sets, &set.table, &set.columns, &set.condition, keys)?;
        keys.carried.push((set.id, tuples));
    }
    Ok(())
}

/// Different tuples without nulls.
fn values(
    snapshot: &mut Snapshot,
    sets: &[RowSet],
    table: &TableName,
    columns: &[ColumnPath],
    condition: &Condition,
    keys: &Keys,
) -> Result<Vec<Vec<String>>, Error> {
    let mut found = Vec::new();
    let mut take = |row: &[Option<&str>]| {
        let tuple: Option<Vec<String>> = row.iter().map(|value| value.map(str::to_owned)).collect();
        found.extend(tuple);
    };
    let lookup = Lookup { table, columns, condition, distinct: true };
    snapshot
        .reader(&table.source)
        .values(sets, &lookup, keys, &mut take)
        .map_err(|source| Error::Read { database: table.source.clone(), source })?;
    Ok(found)
}

fn known_runs(store: &Store, kind: &SubjectKind, subject: &Digest) -> Result<Vec<KnownRun>, Error> {
    let runs = store.runs_of(kind, subject)?;
    let tombstones = store.tombstones_of(kind, subject)?;
    let mut known = Vec::new();
    for run in runs {
        // With the subject's own row everything went, whatever was chosen. A record that cannot be read tells of no limits.
        let whole = tombstones.iter().any(|tombstone| tombstone.run == run.id);
        let document = store.run(&run.id)?.map(|run| run.document).filter(|_| !whole);
        let categories = document.and_then(|document| recorded_categories(&document).ok().flatten());
        known.push(KnownRun { run: run.id, state: run.state, started: run.started, categories });
    }
    Ok(known)
}

/// Whether every owner that was erased is here only as the erasure left it.
fn remains(snapshot: &mut Snapshot, store: &Store, paths: &[FollowedPath], run: &RunId) -> Result<bool, Error> {
    let mut any = false;
    for path in paths {
        for subject in path.subjects.iter().filter(|subject| !subject.runs.is_empty()) {
            let hash = subject_hash(&store.hash_secret(), &path.kind, &subject.key);
            let Some(tombstone) = store.tombstones_of(&path.kind, &hash)?.pop() else { continue };
            // A record that cannot be read says nothing.
            let Ok(request) = replay::again(store, &tombstone, &subject.key) else { return Ok(false) };
            if !replay::remains(snapshot, store, &tombstone, &request) {
                return Ok(false);
            }
            any |= subject.runs.iter().any(|known| known.run == *run);
        }
    }
    Ok(any)
}

fn reason(mapped: &MappedTable, paths: &[FollowedPath]) -> Reason {
    // An erasure of other categories had nothing to do with the row.
    let concerns = |run: &&KnownRun| {
        run.categories.as_ref().is_none_or(|chosen| mapped.entry.category.as_ref().is_some_and(|category| chosen.contains(category)))
    };
    let runs = || paths.iter().flat_map(|path| &path.subjects).flat_map(|subject| &subject.runs).filter(concerns);
    if let Some(run) = runs().find(|run| match run.state {
        State::Started | State::Running | State::Verifying | State::PartlyFailed => true,
        State::Planned | State::Completed | State::CompletedWithRetained | State::Stopped => false,
    }) {
        return Reason::ErasureUnfinished { run: run.run.clone() };
    }
    if let Some(Action::Keep(ground)) = &mapped.entry.on_erase.default {
        return Reason::Kept { ground: ground.ground.clone() };
    }
    let completed = || runs().filter(|run| matches!(run.state, State::Completed | State::CompletedWithRetained));
    if let Some(run) = completed().find(|run| run.categories.is_none()) {
        return Reason::CameBack { run: run.run.clone(), erased: run.started };
    }
    if let Some(run) = completed().next_back() {
        return Reason::CategoryErased { run: run.run.clone(), erased: run.started };
    }
    let owners: usize = {
        let mut found: Vec<(&SubjectKind, &Vec<String>)> = Vec::new();
        for path in paths.iter().filter(|path| path.owns) {
            found.extend(path.subjects.iter().map(|subject| (&path.kind, &subject.key)));
        }
        found.sort_unstable();
        found.dedup();
        found.len()
    };
    let about = paths.iter().any(|path| !path.owns && !path.subjects.is_empty());
    match (owners, mapped.entry.erase_shared) {
        (0, _) if about => Reason::OnlyAbout,
        (0, _) => Reason::Unowned,
        (1, _) | (_, true) => Reason::OwnerIsHere,
        (owners, false) => Reason::Shared { owners },
    }
}

fn describe(action: &Action) -> String {
    match action {
        Action::Delete => "deletes the row".to_owned(),
        Action::Keep(ground) => format!("keeps the row: {}", ground.ground),
        Action::Change(changes) => {
            let columns: Vec<String> = changes.iter().map(|(path, _)| path.to_string()).collect();
            format!("keeps the row and clears or replaces {}", columns.join(", "))
        }
        Action::HandOver { column } => format!("hands the row over: {column}"),
        Action::Choose(offered) => {
            format!("asks for a choice: {}", offered.iter().map(Action::word).collect::<Vec<_>>().join(" or "))
        }
    }
}

impl Reason {
    /// The reason as a sentence.
    pub fn sentence(&self) -> String {
        match self {
            Self::Ignored => "the map ignores its table".to_owned(),
            Self::Kept { ground } => format!("it is kept whoever is erased: {ground}"),
            Self::OwnerIsHere => "it has an owner who is here, and no erasure of that owner is on record".to_owned(),
            Self::Shared { owners } => format!("{owners} subjects own it, and it stays until the last of them goes"),
            Self::ErasureUnfinished { run } => format!("the erasure of an owner is not finished: run {run}"),
            Self::CameBack { run, erased } => {
                format!("its owner was erased on {} (run {run}) and is back: by a restored backup or an import", erased.for_people())
            }
            Self::Remains { run, erased } => {
                format!("its owner was erased on {} (run {run}), whose own row stays as the erasure left it", erased.for_people())
            }
            Self::CategoryErased { run, erased } => {
                let erased = erased.for_people();
                format!("rows of its category were erased for its owner on {erased} (run {run}): it has come back since, or was made since")
            }
            Self::OnlyAbout => "it belongs to nobody and only speaks of somebody; it goes by the action of that kind".to_owned(),
            Self::Unowned => "no reason: no path leads to any subject, so no erasure would find it".to_owned(),
        }
    }

    /// Whether the row should not be here, or not like this.
    pub fn is_defect(&self) -> bool {
        match self {
            Self::Unowned | Self::CameBack { .. } | Self::ErasureUnfinished { .. } => true,
            Self::Ignored | Self::Kept { .. } | Self::OwnerIsHere | Self::Shared { .. } | Self::Remains { .. } => false,
            // Whether somebody has made it or a backup has brought it, nobody can tell from the row.
            Self::CategoryErased { .. } | Self::OnlyAbout => false,
        }
    }
}
