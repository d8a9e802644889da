//! Counting what a plan's conditions select.

use std::collections::{BTreeMap, BTreeSet};

use exeunt_model::map::action::Until;
use exeunt_model::names::{CategoryName, SourceName, TableName};
use exeunt_model::plan::{FileCount, KeptReason, Outline, Plan, Purpose, Work};
use exeunt_model::selection::{ColumnPath, Condition, RowSet, SetId};
use exeunt_model::tombstone::{HashSecret, subject_hash};
use exeunt_sources::files::{is_plain, plain_keys_of};
use exeunt_sources::{Keys, Look, Lookup};

use super::{Error, Request, Snapshot, Subject};
use crate::platform::Platform;

/// Version of the plan format that this program writes and reads.
pub const PLAN_VERSION: u32 = 1;

/// A plan, and what was found while it was made that its execution needs.
pub struct Prepared {
    pub plan: Plan,
    /// With keys as the database writes them.
    pub request: Request,
    /// The subject's label; empty where the map names no column for it.
    pub label: String,
    pub(crate) keys: Keys,
    /// In the order of the plan's file counts.
    pub(crate) files: Vec<NamedFiles>,
}

/// The files that the rows of a step name by one column.
pub struct NamedFiles {
    pub source: SourceName,
    pub table: TableName,
    pub column: String,
    /// Each once.
    pub keys: Vec<String>,
}

impl<L: Look> Snapshot<L> {
    /// Makes the plan and counts it, all at the snapshot's moment.
    ///
    /// # Errors
    /// [`Error::NoSubject`], [`Error::Guarded`] when rows outside the plan would suffer, [`Error::FileKeys`], [`Error::FileKeysNoText`],
    /// [`Error::Successor`], and those of [`Snapshot::outline`].
    pub fn plan(&mut self, platform: &Platform, request: &Request, secret: &HashSecret) -> Result<Plan, Error> {
        self.prepare(platform, request, secret).map(|prepared| prepared.plan)
    }

    /// Makes the plan, and hands on what was found on the way.
    ///
    /// # Errors
    /// Those of [`Self::plan`].
    pub fn prepare(&mut self, platform: &Platform, request: &Request, secret: &HashSecret) -> Result<Prepared, Error> {
        let (request, label) = self.settle(request)?;
        let outline = self.outline(&request)?;
        self.check_successor(&request, &outline)?;
        let keys = self.keys(&request.subject, &outline)?;
        for reader in &mut self.readers {
            let database = reader.name().clone();
            reader.prepare(&outline, &keys).map_err(|source| Error::Read { database, source })?;
        }
        let (step_rows, kept_rows) = self.count(&outline, &keys)?;
        let kept_until = self.ends_of_keeping(&outline, &kept_rows, &keys)?;
        let (named, files) = match request.purpose {
            Purpose::Export => (Vec::new(), self.files_to_export(platform, &outline, &keys)?),
            Purpose::Erase => self.files_to_delete(platform, &outline, &step_rows, &keys)?,
        };
        let counts = Counts { step_rows, kept_rows, kept_until, files };
        let plan = self.bind(outline, &request, counts, secret);
        Ok(Prepared { plan, request, label, keys, files: named })
    }

    /// A plan from an outline and counts that were found while it ran, such as those of an export.
    pub fn bind(&self, outline: Outline, request: &Request, counts: Counts, secret: &HashSecret) -> Plan {
        let kind = &request.subject.kind;
        Plan {
            exeunt_plan: PLAN_VERSION,
            outline,
            subject: subject_hash(secret, kind, &request.subject.key),
            successor: request.successor.as_ref().map(|key| subject_hash(secret, kind, key)),
            step_rows: counts.step_rows,
            kept_rows: counts.kept_rows,
            kept_until: counts.kept_until,
            files: counts.files,
            lock: self.lock.clone(),
        }
    }

    fn check_successor(&mut self, request: &Request, outline: &Outline) -> Result<(), Error> {
        let hands_over = outline.steps.iter().any(|step| matches!(step.work, Work::HandOver { .. }));
        let Some(key) = &request.successor else {
            return if hands_over { Err(Error::Successor { reason: "is not named: say who takes the rows over" }) } else { Ok(()) };
        };
        if !hands_over {
            return Err(Error::Successor { reason: "takes nothing over: no row of this plan is handed over" });
        }
        if *key == request.subject.key {
            return Err(Error::Successor { reason: "is the subject itself" });
        }
        let successor = Subject { kind: request.subject.kind.clone(), key: key.clone() };
        if self.find(&successor)?.is_none() {
            return Err(Error::Successor { reason: "does not exist" });
        }
        if !self.same_outer(&request.subject, &successor)? {
            return Err(Error::Successor { reason: "belongs to another contract" });
        }
        Ok(())
    }

    fn count(&mut self, outline: &Outline, keys: &Keys) -> Result<(Vec<u64>, Vec<u64>), Error> {
        let steps = outline.steps.iter().map(|step| (&step.table, &step.condition));
        let kept = outline.kept.iter().map(|kept| (&kept.table, &kept.condition));
        let guards = outline.guards.iter().map(|guard| (&guard.table, &guard.condition));
        let all: Vec<(&TableName, &Condition)> = steps.chain(kept).chain(guards).collect();
        let mut rows = vec![0; all.len()];
        let sources: Vec<SourceName> = self.scheme.catalogs.iter().map(|catalog| catalog.source.clone()).collect();
        for source in sources {
            let mine: Vec<usize> = (0..all.len()).filter(|index| all[*index].0.source == source).collect();
            let asked: Vec<(&TableName, &Condition)> = mine.iter().map(|index| all[*index]).collect();
            let counted = self
                .reader(&source)
                .count_all(&outline.sets, &asked, keys)
                .map_err(|error| Error::Read { database: source.clone(), source: error })?;
            for (index, count) in mine.into_iter().zip(counted) {
                rows[index] = count;
            }
        }
        let guarded = rows.split_off(outline.steps.len() + outline.kept.len());
        let mut choose: Vec<CategoryName> = Vec::new();
        for (guard, _) in outline.guards.iter().zip(&guarded).filter(|(_, rows)| **rows > 0) {
            choose.extend(guard.choose.iter().filter(|category| !choose.contains(category)).cloned().collect::<Vec<_>>());
        }
        for (guard, rows) in outline.guards.iter().zip(guarded) {
            if rows > 0 {
                let columns: Vec<String> = guard.columns.iter().map(ToString::to_string).collect();
                return Err(Error::Guarded {
                    table: guard.table.clone(),
                    columns: columns.join(", "),
                    references: guard.references.clone(),
                    effect: guard.effect,
                    rows,
                    choose,
                });
            }
        }
        let kept = rows.split_off(outline.steps.len());
        Ok((rows, kept))
    }

    /// For each kept group with rows the day on which its ground ends: a span after the latest value of the map's column.
    fn ends_of_keeping(&mut self, outline: &Outline, kept_rows: &[u64], keys: &Keys) -> Result<Vec<Option<String>>, Error> {
        let mut ends = Vec::new();
        for (kept, rows) in outline.kept.iter().zip(kept_rows) {
            let until = match &kept.reason {
                KeptReason::Ground(ground) => ground.until.as_ref().filter(|_| *rows > 0),
                KeptReason::Shared | KeptReason::Follows => None,
            };
            let Some(until) = until else {
                ends.push(None);
                continue;
            };
            let column = [ColumnPath::column(&until.column)];
            let days = self.values(&outline.sets, &kept.table, &column, &kept.condition, keys, true)?;
            let latest = days.into_iter().filter_map(|mut row| row.swap_remove(0)).max();
            ends.push(latest.and_then(|day| end_of(&day, until)));
        }
        Ok(ends)
    }

    fn files_to_export(&mut self, platform: &Platform, outline: &Outline, keys: &Keys) -> Result<Vec<FileCount>, Error> {
        let mut counts = Vec::new();
        for step in &outline.steps {
            let Work::Read { files, .. } = &step.work else { continue };
            for (source, column) in files {
                let mut count = FileCount {
                    source: source.clone(),
                    table: step.table.clone(),
                    column: column.clone(),
                    files: 0,
                    shared: 0,
                    bytes: Some(0),
                };
                for key in self.file_keys(outline, keys, &step.table, column, &step.condition)? {
                    count.files += 1;
                    count.bytes = add_size(platform, source, &key, count.bytes)?;
                }
                counts.push(count);
            }
        }
        Ok(counts)
    }

    fn files_to_delete(
        &mut self,
        platform: &Platform,
        outline: &Outline,
        step_rows: &[u64],
        keys: &Keys,
    ) -> Result<(Vec<NamedFiles>, Vec<FileCount>), Error> {
        let mut found = self.files_of_steps(outline, step_rows, keys)?.into_iter();
        let mut all = Vec::new();
        for step in &outline.steps {
            let Work::Delete { files, .. } = &step.work else { continue };
            for (source, column) in files {
                let keys = found.next().unwrap_or_default();
                let unplain = keys.iter().filter(|key| !is_plain(key)).count() as u64;
                if unplain > 0 {
                    return Err(Error::FileKeys { table: step.table.clone(), column: column.clone(), files: unplain });
                }
                all.push(NamedFiles { source: source.clone(), table: step.table.clone(), column: column.clone(), keys });
            }
        }
        let mut staying = BTreeMap::new();
        for source in all.iter().filter(|named| !named.keys.is_empty()).map(|named| &named.source).collect::<BTreeSet<_>>() {
            let names = all.iter().filter(|named| named.source == *source).flat_map(|named| &named.keys).collect();
            let mut stay = self.named_otherwise(source)?;
            stay.extend(self.named_elsewhere(outline, keys, source, names)?);
            staying.insert(source.clone(), stay);
        }
        let mut counts = Vec::new();
        for NamedFiles { source, table, column, keys } in &all {
            // A column may take for equal what is another file's name.
            let stays = |key: &&String| staying.get(source).is_some_and(|staying| staying.contains(*key));
            let shared = keys.iter().filter(stays).count();
            let mut bytes = Some(0);
            for key in keys.iter().filter(|key| !stays(key)) {
                bytes = add_size(platform, source, key, bytes)?;
            }
            counts.push(FileCount {
                source: source.clone(),
                table: table.clone(),
                column: column.clone(),
                files: (keys.len() - shared) as u64,
                shared: shared as u64,
                bytes,
            });
        }
        Ok((all, counts))
    }

    /// The files of a source that some row names in a form of its own, or may so name: such a name says where it leads only to the platform.
    fn named_otherwise(&mut self, source: &SourceName) -> Result<BTreeSet<String>, Error> {
        let tables = self.file_columns(source);
        let databases: BTreeSet<&SourceName> = tables.iter().map(|(table, _)| &table.source).collect();
        let mut found = BTreeSet::new();
        for database in databases {
            let columns: Vec<(&TableName, &str)> =
                tables.iter().filter(|(table, _)| table.source == *database).map(|(table, column)| (table, column.as_str())).collect();
            let names = self.reader(database).odd_names(&columns);
            let names = names.map_err(|source| Error::Read { database: database.clone(), source })?;
            if let Some((table, column)) = names.no_text.into_iter().next() {
                return Err(Error::FileKeysNoText { table, column });
            }
            found.extend(names.not_plain.iter().flat_map(|name| plain_keys_of(name)));
        }
        Ok(found)
    }

    /// The file keys that rows of the deleting steps name, step by step and column by column. Steps without rows name none.
    fn files_of_steps(&mut self, outline: &Outline, step_rows: &[u64], keys: &Keys) -> Result<Vec<Vec<String>>, Error> {
        let mut wanted = Vec::new();
        for (step, rows) in outline.steps.iter().zip(step_rows) {
            let Work::Delete { files, .. } = &step.work else { continue };
            wanted.extend(files.iter().map(|(_, column)| (step, *rows, vec![ColumnPath::column(column)])));
        }
        let mut lookups = Vec::new();
        for (step, rows, columns) in &wanted {
            if *rows > 0 {
                lookups.push(Lookup { table: &step.table, columns, condition: &step.condition, distinct: true });
            }
        }
        let mut found = self.texts(&outline.sets, &lookups, keys)?.into_iter();
        let files = |rows: u64| {
            let mut files = if rows > 0 { found.next().unwrap_or_default() } else { Vec::new() };
            files.retain(|key| !key.is_empty());
            files.sort_unstable();
            files
        };
        Ok(wanted.iter().map(|(_, rows, _)| *rows).map(files).collect())
    }

    /// Values of one column for each lookup, without nulls. Each database is asked once.
    fn texts(&mut self, sets: &[RowSet], lookups: &[Lookup<'_>], keys: &Keys) -> Result<Vec<Vec<String>>, Error> {
        let mut found = vec![Vec::new(); lookups.len()];
        let sources: BTreeSet<&SourceName> = lookups.iter().map(|lookup| &lookup.table.source).collect();
        for source in sources {
            let mine: Vec<usize> = (0..lookups.len()).filter(|at| lookups[*at].table.source == *source).collect();
            let asked: Vec<Lookup<'_>> = mine.iter().map(|at| lookups[*at]).collect();
            let rows = self
                .reader(source)
                .values_all(sets, &asked, keys)
                .map_err(|error| Error::Read { database: source.clone(), source: error })?;
            for (at, rows) in mine.into_iter().zip(rows) {
                found[at] = rows.into_iter().filter_map(|mut row| row.swap_remove(0)).collect();
            }
        }
        Ok(found)
    }

    /// The columns that name files of a source.
    fn file_columns(&self, source: &SourceName) -> Vec<(TableName, String)> {
        self.scheme
            .tables
            .iter()
            .flat_map(|mapped| mapped.entry.files.iter().map(|file| (mapped.table.name.clone(), file)))
            .filter(|(_, file)| file.source == *source)
            .map(|(table, file)| (table, file.column.clone()))
            .collect()
    }

    /// Which of these files of a source rows name that stay, in any table.
    fn named_elsewhere(
        &mut self,
        outline: &Outline,
        keys: &Keys,
        source: &SourceName,
        names: BTreeSet<&String>,
    ) -> Result<BTreeSet<String>, Error> {
        let tables = self.file_columns(source);
        // To every database the names come from elsewhere: from the source of files.
        let named = RowSet {
            // Unwrap safety: a plan has far fewer than 2^32 sets, each of them in memory.
            #[expect(clippy::unwrap_used, reason = "bounded by memory")]
            id: SetId(u32::try_from(outline.sets.len()).unwrap()),
            table: TableName::new(source, None, "named"),
            columns: vec![ColumnPath::column("name")],
            condition: Condition::Always,
            keep_keys: false,
            carried_to: Vec::new(),
        };
        let mut sets = outline.sets.clone();
        sets.push(named.clone());
        let tuples: Vec<Vec<String>> = names.into_iter().map(|name| vec![name.clone()]).collect();
        for database in tables.iter().map(|(table, _)| &table.source).collect::<BTreeSet<_>>() {
            let brought = self.reader(database).bring(&sets, &named, &tuples);
            brought.map_err(|source| Error::Read { database: database.clone(), source })?;
        }
        let mut keys = keys.clone();
        keys.carried.push((named.id, tuples));
        let staying: Vec<(TableName, Vec<ColumnPath>, Condition)> = tables
            .into_iter()
            .map(|(table, column)| {
                let goes = outline.steps.iter().find(|step| step.table == table && matches!(step.work, Work::Delete { .. }));
                let stays = goes.map_or(Condition::Always, |step| Condition::not(step.condition.clone()));
                let columns = vec![ColumnPath::column(&column)];
                let condition = Condition::all([Condition::In { columns: columns.clone(), set: named.id }, stays]);
                (table, columns, condition)
            })
            .collect();
        let lookups: Vec<Lookup<'_>> =
            staying.iter().map(|(table, columns, condition)| Lookup { table, columns, condition, distinct: true }).collect();
        Ok(self.texts(&sets, &lookups, &keys)?.into_iter().flatten().collect())
    }

    /// The distinct file keys that the selected rows name, in their order as text.
    pub(crate) fn file_keys(
        &mut self,
        outline: &Outline,
        keys: &Keys,
        table: &TableName,
        column: &str,
        condition: &Condition,
    ) -> Result<Vec<String>, Error> {
        let rows = self.values(&outline.sets, table, &[ColumnPath::column(column)], condition, keys, true)?;
        let mut found: Vec<String> = rows.into_iter().filter_map(|mut row| row.swap_remove(0)).filter(|key| !key.is_empty()).collect();
        found.sort_unstable();
        Ok(found)
    }
}

/// What was counted of an outline, in its order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counts {
    pub step_rows: Vec<u64>,
    pub kept_rows: Vec<u64>,
    pub kept_until: Vec<Option<String>>,
    pub files: Vec<FileCount>,
}

fn add_size(platform: &Platform, source: &SourceName, key: &str, bytes: Option<u64>) -> Result<Option<u64>, Error> {
    let failed = |error| Error::Files { files: source.clone(), source: error };
    let Some(store) = platform.file_store(source) else { return Ok(None) };
    let size = store.reader().map_err(failed)?.size_bytes(key).map_err(failed)?;
    Ok(bytes.map(|bytes| bytes + size.unwrap_or(0)))
}

/// The day, a span after the day that `text` begins with.
fn end_of(text: &str, until: &Until) -> Option<String> {
    let day: jiff::civil::Date = text.get(..10)?.parse().ok()?;
    let span = jiff::Span::new().years(i64::from(until.years)).months(i64::from(until.months)).days(i64::from(until.days));
    day.checked_add(span).ok().map(|end| end.to_string())
}
