//! Who holds which seat of which contract, as the platform knows it at this moment.

use std::sync::{Arc, Mutex, PoisonError};

use exeunt_model::catalog::Catalog;
use exeunt_model::directory::{ContractEntry, SeatEntry};
use exeunt_model::identity::EmailAddress;
use exeunt_model::map::Subject;
use exeunt_model::map::resolve::{Roster, Scheme};
use exeunt_model::names::{CategoryName, SourceName, SubjectKind, TableName};
use exeunt_sources::{Database, DirectoryReader};

use crate::platform::Platform;

pub use exeunt_sources::Page;

/// The directory cannot be asked. No message tells of a person.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the data map has no section `directory`")]
    NoDirectory,
    #[error("the directory lies in {source_name}, which is no database of the map")]
    NoDatabase { source_name: SourceName },
    #[error("ask the directory")]
    Read {
        #[source]
        source: exeunt_sources::Error,
    },
}

impl Error {
    /// Whether the same question may be answered later without anybody changing anything.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::NoDirectory | Self::NoDatabase { .. } => false,
            Self::Read { source } => source.is_transient(),
        }
    }
}

/// Connections that are kept between questions; more are opened while more are asked at once.
const KEPT: usize = 4;

/// The platform's own record of seats and contracts. Many threads may ask at once.
///
/// Making one opens nothing. A connection that was lost is opened anew with the next question, so that a server lives through a restart of the
/// platform's database.
///
/// The section of the map is the one that was checked when the scheme was found. A column that has vanished since is an error of every question.
pub struct Directory {
    database: Database,
    roster: Roster,
    /// The categories of the rows of contracts and of seats themselves.
    own_rows: [Option<CategoryName>; 2],
    catalog: Arc<Catalog>,
    idle: Mutex<Vec<DirectoryReader>>,
    identifiers: Vec<Identifier>,
}

/// A column that tells who the subjects of a kind are, which is neither that of seats nor that of contracts.
struct Identifier {
    kind: SubjectKind,
    table: TableName,
    column: String,
    database: Database,
    catalog: Arc<Catalog>,
}

impl Directory {
    /// The directory that the map of this scheme describes.
    ///
    /// # Errors
    /// [`Error::NoDirectory`] for a map without the section.
    pub fn new(platform: &Platform, scheme: &Scheme) -> Result<Self, Error> {
        let roster = scheme.directory.clone().ok_or(Error::NoDirectory)?;
        let source_name = &roster.seat.table.source;
        let none = || Error::NoDatabase { source_name: source_name.clone() };
        let database = platform.database(source_name).ok_or_else(none)?.clone();
        let catalog = scheme.catalogs.iter().find(|catalog| catalog.source == *source_name).ok_or_else(none)?;
        let mut identifiers = Vec::new();
        let of_persons =
            scheme.map.subjects.iter().filter(|subject| subject.kind != roster.seat.kind && subject.kind != roster.contract.kind);
        for (kind, table, column) in
            of_persons.flat_map(|subject| subject.identifiers.iter().map(move |(table, column)| (&subject.kind, table, column)))
        {
            let Some(database) = platform.database(&table.source) else { continue };
            let Some(catalog) = scheme.catalogs.iter().find(|catalog| catalog.source == table.source) else { continue };
            identifiers.push(Identifier {
                kind: kind.clone(),
                table: table.clone(),
                column: column.clone(),
                database: database.clone(),
                catalog: Arc::new(catalog.clone()),
            });
        }
        let category = |subject: &Subject| scheme.map.entry(&subject.table).and_then(|entry| entry.category.clone());
        let own_rows = [category(&roster.contract), category(&roster.seat)];
        Ok(Self { database, catalog: Arc::new(catalog.clone()), own_rows, roster, idle: Mutex::default(), identifiers })
    }

    /// Whether the rows of contracts, and those of seats, are among these categories; `None` is all categories.
    pub fn own_rows_among(&self, categories: Option<&[CategoryName]>) -> (bool, bool) {
        let among =
            |own: &Option<CategoryName>| categories.is_none_or(|chosen| own.as_ref().is_some_and(|category| chosen.contains(category)));
        let [contract, seat] = &self.own_rows;
        (among(contract), among(seat))
    }

    /// All seats with this address, of whatever contract and state, in the order of their keys.
    ///
    /// # Errors
    /// [`Error::Read`], as of all questions.
    pub fn seats_by_email(&self, email: &EmailAddress) -> Result<Vec<SeatEntry>, Error> {
        self.ask(|reader| reader.seats_by_email(email))
    }

    /// One seat; `None` for a key that no seat has. The entry's key is the one to go on with: the platform may take `007` for `7`.
    pub fn seat(&self, key: &[String]) -> Result<Option<SeatEntry>, Error> {
        self.ask(|reader| reader.seat(key))
    }

    /// One contract; `None` for a key that no contract has. The entry's key is the one to go on with.
    pub fn contract(&self, key: &[String]) -> Result<Option<ContractEntry>, Error> {
        self.ask(|reader| reader.contract(key))
    }

    /// A page of a contract's seats, in the order of their keys and whatever their state.
    pub fn seats_of(&self, contract: &[String], page: Page<'_>) -> Result<Vec<SeatEntry>, Error> {
        self.ask(|reader| reader.seats_of(contract, page))
    }

    /// The seats of a contract whose role is admin, active or not: what [`last_admin`](exeunt_model::directory::last_admin) asks for.
    pub fn admins(&self, contract: &[String]) -> Result<Vec<SeatEntry>, Error> {
        self.ask(|reader| reader.admins(contract))
    }

    /// How many columns the keys of contracts and of seats have, for [`key_of_text`](exeunt_model::directory::key_of_text).
    pub fn key_columns(&self) -> (usize, usize) {
        (self.roster.contract.key.len(), self.roster.seat.key.len())
    }

    /// As what, besides a seat, the platform knows somebody of this address: the first kind of subject of the map with an identifier that is it.
    ///
    /// # Errors
    /// [`Error::Read`].
    pub fn known_as(&self, email: &EmailAddress) -> Result<Option<SubjectKind>, Error> {
        for identifier in &self.identifiers {
            let mut reader = identifier.database.directory(&self.roster, &identifier.catalog);
            let found = reader.holds_address(&identifier.table, &identifier.column, email);
            if found.map_err(|source| Error::Read { source })? {
                return Ok(Some(identifier.kind.clone()));
            }
        }
        Ok(None)
    }

    /// The kinds of subjects that seats and contracts are.
    pub fn kinds(&self) -> (&SubjectKind, &SubjectKind) {
        (&self.roster.seat.kind, &self.roster.contract.kind)
    }

    fn ask<T>(&self, question: impl FnOnce(&mut DirectoryReader) -> Result<T, exeunt_sources::Error>) -> Result<T, Error> {
        // Whoever panicked here left nothing half done: a reader is taken out while it works.
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = idle().pop();
        let mut reader = kept.unwrap_or_else(|| self.database.directory(&self.roster, &self.catalog));
        let answer = question(&mut reader);
        let mut idle = idle();
        if idle.len() < KEPT {
            idle.push(reader);
        }
        answer.map_err(|source| Error::Read { source })
    }
}

impl std::fmt::Debug for Directory {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Directory").field("database", self.database.name()).finish_non_exhaustive()
    }
}
