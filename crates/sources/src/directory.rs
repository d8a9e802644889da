//! Who holds which seat of which contract, asked of the platform's own database.
//!
//! Every question sees the newest moment. Between questions no transaction is open, so that an idle server holds nothing up.

use std::sync::Arc;

use exeunt_model::catalog::Catalog;
use exeunt_model::directory::{ContractEntry, Key, SeatEntry, SeatRole};
use exeunt_model::identity::{EmailAddress, Language};
use exeunt_model::map::resolve::Roster;
use exeunt_model::names::TableName;

use crate::database::Database;
use crate::error::Error;
use crate::keys::Keys;
use crate::link::{Connection, Link, Terms, TextRows, postgres_statements};
use crate::postgres::session::Statement;
use crate::render;
use crate::render::directory::Wanted;
use crate::render::{KeptKeys, Rendered, Renderer, SubjectValues};

const OPERATION: &str = "read the directory";

/// A part of a contract's seats, in the order of their keys.
#[derive(Clone, Copy, Default)]
pub struct Page<'a> {
    /// The last key of the page before.
    pub after: Option<&'a Key>,
    /// How many seats at most.
    pub limit: u32,
    /// Only seats whose address or name holds this, upper and lower case alike.
    pub text: Option<&'a str>,
}

/// The directory of one database. It connects when it is first asked, and again after the connection was lost.
///
/// Nothing that it offers writes. A key that no row can have, such as a word where keys are numbers, finds nothing and is no error.
pub struct DirectoryReader {
    database: Database,
    roster: Roster,
    catalog: Arc<Catalog>,
    /// A connection to PostgreSQL; a SQLite file is opened for each question, for it may have been replaced.
    open: Option<Link>,
}

impl DirectoryReader {
    pub(crate) fn new(database: Database, roster: &Roster, catalog: &Arc<Catalog>) -> Self {
        Self { database, roster: roster.clone(), catalog: catalog.clone(), open: None }
    }

    /// All seats with this address, of whatever contract and state, in the order of their keys. PostgreSQL folds case as its own `lower` does,
    /// so that an index on it serves.
    pub fn seats_by_email(&mut self, email: &EmailAddress) -> Result<Vec<SeatEntry>, Error> {
        let mut seats = self.seats(Wanted::Email(email.as_str()))?;
        // What the database takes for the same letter may be another one.
        seats.retain(|seat| seat.email.as_ref() == Some(email));
        Ok(seats)
    }

    /// One seat, with its key as the database writes it.
    pub fn seat(&mut self, key: &[String]) -> Result<Option<SeatEntry>, Error> {
        if key.len() != self.roster.seat.key.len() {
            return Ok(None);
        }
        Ok(self.seats(Wanted::Seat(key))?.pop())
    }

    /// One contract, with its key as the database writes it.
    pub fn contract(&mut self, key: &[String]) -> Result<Option<ContractEntry>, Error> {
        if key.len() != self.roster.contract.key.len() {
            return Ok(None);
        }
        let roster = self.roster.clone();
        let rows = self.rows(&|renderer| renderer.contract(&roster, key))?;
        Ok(rows.into_iter().next().and_then(|row| contract_entry(&roster, row)))
    }

    /// A page of a contract's seats, whatever their state.
    pub fn seats_of(&mut self, contract: &[String], page: Page<'_>) -> Result<Vec<SeatEntry>, Error> {
        let fits = contract.len() == self.roster.contract.key.len() && page.after.is_none_or(|key| key.len() == self.roster.seat.key.len());
        if !fits {
            return Ok(Vec::new());
        }
        let text = page.text.map(str::to_lowercase);
        self.seats(Wanted::Page { contract, after: page.after, limit: page.limit, text: text.as_deref() })
    }

    /// The seats of a contract whose role is admin, active or not, in the order of their keys.
    pub fn admins(&mut self, contract: &[String]) -> Result<Vec<SeatEntry>, Error> {
        if contract.len() != self.roster.contract.key.len() {
            return Ok(Vec::new());
        }
        self.seats(Wanted::Admins { contract })
    }

    /// Whether a column of this database holds an address, upper and lower case alike.
    pub fn holds_address(&mut self, table: &TableName, column: &str, email: &EmailAddress) -> Result<bool, Error> {
        Ok(!self.rows(&|renderer| renderer.addressed(table, column, email.as_str()))?.is_empty())
    }

    fn seats(&mut self, wanted: Wanted<'_>) -> Result<Vec<SeatEntry>, Error> {
        let roster = self.roster.clone();
        let rows = self.rows(&|renderer| renderer.seats(&roster, wanted))?;
        Ok(rows.into_iter().filter_map(|row| seat_entry(&roster, row)).collect())
    }

    /// Asks, and asks once more over a new connection where the kept one turns out to be lost.
    fn rows(&mut self, render: &dyn Fn(&Renderer<'_>) -> Result<Rendered, render::Error>) -> Result<TextRows, Error> {
        let kept = self.open.take();
        let was_kept = kept.is_some();
        let mut link = match kept {
            Some(link) => link,
            None => self.open()?,
        };
        let mut asked = ask(&mut link, render);
        if was_kept && matches!(asked, Err(Error::ConnectionLost { .. })) {
            link = self.open()?;
            asked = ask(&mut link, render);
        }
        let usable = match &asked {
            Ok(_) => true,
            // The text is no value of the column's type: no row has it.
            Err(Error::Refused { fault, .. }) if fault.code.starts_with("22") => {
                asked = Ok(Vec::new());
                true
            }
            Err(_) => false,
        };
        if usable && matches!(link.connection, Connection::Postgres(_)) {
            self.open = Some(link);
        }
        asked
    }

    fn open(&self) -> Result<Link, Error> {
        let mut link = self.database.open_for_questions()?;
        link.set_catalog(self.catalog.clone());
        Ok(link)
    }
}

impl std::fmt::Debug for DirectoryReader {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("DirectoryReader").field("database", self.database.name()).finish_non_exhaustive()
    }
}

/// One question in a moment of its own.
fn ask(link: &mut Link, render: &dyn Fn(&Renderer<'_>) -> Result<Rendered, render::Error>) -> Result<TextRows, Error> {
    let keys = Keys::default();
    let terms = Terms { sets: &[], keys: &keys, kept_keys: KeptKeys::InPlace, values: None };
    let rendered = link.render(terms, SubjectValues::Parameters, |renderer| render(renderer))?;
    let mut statements = postgres_statements(&link.database, std::slice::from_ref(&rendered), terms)?;
    match &mut link.connection {
        Connection::Postgres(session) => {
            session.begin_reading(None)?;
            statements.push(Statement { sql: "ROLLBACK".to_owned(), parameters: Vec::new() });
            let asked = session.ask_all(OPERATION, &statements);
            if asked.is_err() {
                // The end of the transaction was not reached. Where this fails too, the connection is not kept.
                session.run(OPERATION, "ROLLBACK")?;
            }
            Ok(asked?.into_iter().next().map(|answer| answer.rows).unwrap_or_default())
        }
        Connection::Sqlite { .. } => {
            let mut rows = Vec::new();
            link.rows(OPERATION, &rendered, terms, &mut |row| rows.push(row.iter().map(|value| value.map(str::to_owned)).collect()))?;
            Ok(rows)
        }
    }
}

/// A row of [`Renderer::seats`]. Whoever has a key that is null is nobody's seat.
fn seat_entry(roster: &Roster, row: Vec<Option<String>>) -> Option<SeatEntry> {
    let mut values = row.into_iter();
    let key: Key = values.by_ref().take(roster.seat.key.len()).collect::<Option<_>>()?;
    let contract: Key = values.by_ref().take(roster.contract.key.len()).collect::<Option<_>>()?;
    let email = values.next()?.and_then(|text| address(&text));
    let parts = roster.columns.seat.name.as_ref().map_or(0, |name| name.columns.len());
    let names: Vec<String> = values.by_ref().take(parts).flatten().collect();
    let role = values.next()??;
    let role = SeatRole::ALL.into_iter().find(|known| known.as_str() == role)?;
    let active = values.next()?.as_deref() == Some("1");
    let language = values.next()?.and_then(|tag| Language::of_tag(&tag));
    let purchase_admin = values.next()?.as_deref() == Some("1");
    let name = names.iter().map(|part| part.trim()).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    Some(SeatEntry { key, contract, email, name: Some(name).filter(|name| !name.is_empty()), role, active, language, purchase_admin })
}

/// A row of [`Renderer::contract`].
fn contract_entry(roster: &Roster, row: Vec<Option<String>>) -> Option<ContractEntry> {
    let mut values = row.into_iter();
    let key: Key = values.by_ref().take(roster.contract.key.len()).collect::<Option<_>>()?;
    let (name, tier) = (values.next()?, values.next()?);
    Some(ContractEntry { key, name, tier, active: values.next()?.as_deref() == Some("1") })
}

/// The address that mail for a text goes to. Folding case must not lead to another mailbox: the sign for kelvin would become a `k`.
fn address(text: &str) -> Option<EmailAddress> {
    let address: EmailAddress = text.parse().ok()?;
    (address.as_str().is_ascii() == text.is_ascii()).then_some(address)
}
