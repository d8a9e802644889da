//! One moment of every database of a platform, checked and resolved.

use exeunt_model::catalog::Catalog;
use exeunt_model::digest::Digest;
use exeunt_model::map::lock::Lock;
use exeunt_model::map::resolve::{Scheme, resolve};
use exeunt_model::names::{SourceName, TableName};
use exeunt_model::plan::facts::{Fact, ancestor, questions};
use exeunt_model::plan::planner::{self, Asked};
use exeunt_model::plan::sets::Sets;
use exeunt_model::plan::{Outline, Purpose};
use exeunt_model::selection::{ColumnPath, Condition, RowSet};
use exeunt_sources::{Eraser, Keys, Line, Look, Lookup, Reader};

use super::{Error, Opening, Request, Subject};
use crate::platform::Platform;

/// One moment of every database, and what the map says of what it holds.
///
/// It is looked at through readers, or through erasers in the transactions that will carry the plan out.
pub struct Snapshot<L: Look = Reader> {
    pub(super) readers: Vec<L>,
    /// The map, resolved with what the databases look like at this moment.
    pub scheme: Scheme,
    /// Digest of the lock that the databases were compared with.
    pub lock: Digest,
}

/// A subject that exists.
pub struct Found {
    /// With its key as the database writes it.
    pub subject: Subject,
    /// Empty where the map names no column for it.
    pub label: String,
}

impl Snapshot {
    /// Opens every database for reading, compares it with the lock and holds the map against it.
    ///
    /// # Errors
    /// [`Error::Read`], [`Error::NoLock`], [`Error::Drift`] or [`Error::Unfit`]; nothing was asked of any subject yet.
    pub fn open(platform: &Platform) -> Result<Self, Error> {
        // Nobody is asked anything on behalf of a map that was never reviewed.
        platform.lock.as_ref().ok_or(Error::NoLock)?;
        Self::of(platform, Opening::to_read(&platform.databases))
    }

    /// The statements that a run of this request would execute, database by database; their parameters are numbered and hold no value.
    ///
    /// # Errors
    /// Those of [`Self::outline`].
    pub fn statements(&mut self, request: &Request) -> Result<Vec<Line>, Error> {
        let outline = self.outline(request)?;
        let mut lines = Vec::new();
        for reader in &mut self.readers {
            let database = reader.name().clone();
            lines.extend(reader.script(&outline).map_err(|source| Error::Read { database, source })?);
        }
        Ok(lines)
    }
}

impl Snapshot<Eraser> {
    /// The erasers, each with its transaction open.
    pub(crate) fn into_erasers(self) -> Vec<Eraser> {
        self.readers
    }
}

impl<L: Look + Send + 'static> Snapshot<L> {
    /// The moment that databases which are being opened will see.
    ///
    /// # Errors
    /// Those of [`Snapshot::open`].
    pub fn of(platform: &Platform, opening: Opening<L>) -> Result<Self, Error> {
        let lock = platform.lock.as_ref().ok_or(Error::NoLock)?;
        let (readers, catalogs) = opening.wait()?;
        Self::reviewed(platform, lock, readers, &catalogs)
    }
}

impl<L: Look> Snapshot<L> {
    fn reviewed(platform: &Platform, lock: &Lock, readers: Vec<L>, catalogs: &[Catalog]) -> Result<Self, Error> {
        let differences = lock.compare(catalogs);
        if !differences.is_empty() {
            return Err(Error::Drift { differences });
        }
        let scheme = resolve(&platform.map, catalogs).map_err(|problems| Error::Unfit { problems })?;
        Ok(Self { readers, scheme, lock: lock.digest() })
    }

    /// What a source of the scheme is looked at through.
    pub fn reader(&mut self, source: &SourceName) -> &mut L {
        // Unwrap safety: every table of a scheme is of a catalog, and every catalog was read by one of these readers.
        #[expect(clippy::expect_used, reason = "a scheme's tables come from these readers")]
        self.readers.iter_mut().find(|reader| reader.name() == source).expect("a reader for every catalog")
    }

    /// Looks a subject up by the key as a person typed it: `007` finds the seat `7`. `None` where there is no such subject.
    ///
    /// # Errors
    /// [`Error::KeyShape`] when the key has too many or too few values; [`Error::Read`].
    pub fn find(&mut self, subject: &Subject) -> Result<Option<Found>, Error> {
        let declared = self.scheme.subject(&subject.kind).cloned().ok_or_else(|| self.unknown(subject))?;
        if declared.key.len() != subject.key.len() {
            return Err(Error::KeyShape {
                kind: subject.kind.clone(),
                columns: declared.key.join(", "),
                expected: declared.key.len(),
                given: subject.key.len(),
            });
        }
        let database = declared.table.source.clone();
        let key = self.reader(&database).find_key(&declared.table, &declared.key, &subject.key);
        let Some(key) = key.map_err(|source| Error::Read { database, source })? else { return Ok(None) };
        let subject = Subject { kind: subject.kind.clone(), key };
        let mut label = String::new();
        if let Some(column) = &declared.label {
            let condition = Condition::SubjectKey { kind: subject.kind.clone(), columns: declared.key.clone() };
            let rows = self.values(&[], &declared.table, &[ColumnPath::column(column)], &condition, &keys(&subject), false)?;
            label = rows.into_iter().next().and_then(|mut row| row.swap_remove(0)).unwrap_or_default();
        }
        Ok(Some(Found { subject, label }))
    }

    /// The request with its keys as the database writes them: hashes are made from this form alone, so that a tombstone is found however
    /// the key was typed.
    ///
    /// # Errors
    /// [`Error::NoSubject`] and those of [`Self::find`]. A successor that does not exist is left as it is, for the plan to refuse.
    pub fn settle(&mut self, request: &Request) -> Result<(Request, String), Error> {
        let no_subject = || Error::NoSubject { kind: request.subject.kind.clone() };
        let Found { subject, label } = self.find(&request.subject)?.ok_or_else(no_subject)?;
        let mut settled = Request { subject, ..request.clone() };
        if let Some(key) = &request.successor {
            let successor = Subject { kind: request.subject.kind.clone(), key: key.clone() };
            if let Some(found) = self.find(&successor)? {
                settled.successor = Some(found.subject.key);
            }
        }
        Ok((settled, label))
    }

    fn unknown(&self, subject: &Subject) -> Error {
        let known: Vec<&str> = self.scheme.map.subjects.iter().map(|subject| subject.kind.as_str()).collect();
        Error::Plan(planner::Error::UnknownKind { kind: subject.kind.clone(), known: known.join(", ") })
    }

    /// The structure of the plan that is asked for; nothing is counted yet.
    ///
    /// # Errors
    /// [`Error::Plan`] where the map or the requester leaves something open; [`Error::Read`].
    pub fn outline(&mut self, request: &Request) -> Result<Outline, Error> {
        let facts = self.facts(&request.subject)?;
        let asked = Asked {
            kind: &request.subject.kind,
            profile: request.profile,
            categories: request.categories.as_deref(),
            choices: &request.choices,
            facts: &facts,
        };
        let outline = match request.purpose {
            Purpose::Export => planner::export(&self.scheme, &asked),
            Purpose::Erase => planner::erase(&self.scheme, &asked),
        };
        Ok(outline?)
    }

    fn facts(&mut self, subject: &Subject) -> Result<Vec<Fact>, Error> {
        let mut facts = Vec::new();
        for question in questions(&self.scheme, &subject.kind) {
            let columns = [ColumnPath::column(&question.column)];
            let found = self.values(&question.sets, &question.table, &columns, &question.condition, &keys(subject), false)?;
            let value = found.into_iter().next().and_then(|mut row| row.swap_remove(0));
            facts.push(Fact { kind: question.kind, column: question.column, value });
        }
        Ok(facts)
    }

    /// Whether two subjects of one kind are within the same outer subject; true where the kind is within none.
    pub(super) fn same_outer(&mut self, one: &Subject, other: &Subject) -> Result<bool, Error> {
        let Some(outer) = self.scheme.within(&one.kind).map(|path| path.kind.clone()) else { return Ok(true) };
        let mut found = Vec::new();
        for subject in [one, other] {
            let mut sets = Sets::default();
            let Some(condition) = ancestor(&self.scheme, &mut sets, &subject.kind, &outer) else { return Ok(false) };
            let Some(declared) = self.scheme.subject(&outer).cloned() else { return Ok(false) };
            let columns: Vec<ColumnPath> = declared.key.iter().map(ColumnPath::column).collect();
            found.push(self.values(&sets.into_sets(), &declared.table, &columns, &condition, &keys(subject), false)?);
        }
        Ok(!found[0].is_empty() && found[0] == found[1])
    }

    /// Values of a few rows, as text.
    pub(crate) fn values(
        &mut self,
        sets: &[RowSet],
        table: &TableName,
        columns: &[ColumnPath],
        condition: &Condition,
        keys: &Keys,
        distinct: bool,
    ) -> Result<Vec<Vec<Option<String>>>, Error> {
        let mut rows = Vec::new();
        let lookup = Lookup { table, columns, condition, distinct };
        self.reader(&table.source)
            .values(sets, &lookup, keys, &mut |row| rows.push(row.iter().map(|value| value.map(str::to_owned)).collect()))
            .map_err(|source| Error::Read { database: table.source.clone(), source })?;
        Ok(rows)
    }

    /// The subject's key together with the tuples of sets that conditions on another database need.
    ///
    /// # Errors
    /// [`Error::Read`].
    pub fn keys(&mut self, subject: &Subject, outline: &Outline) -> Result<Keys, Error> {
        let mut keys = keys(subject);
        for set in outline.sets.iter().filter(|set| !set.carried_to.is_empty()) {
            let rows = self.values(&outline.sets, &set.table, &set.columns, &set.condition, &keys, true)?;
            // A tuple with a null points nowhere.
            let tuples = rows.into_iter().filter_map(|row| row.into_iter().collect::<Option<Vec<String>>>()).collect();
            keys.carried.push((set.id, tuples));
        }
        Ok(keys)
    }
}

fn keys(subject: &Subject) -> Keys {
    Keys { subject: subject.key.clone(), carried: Vec::new() }
}
