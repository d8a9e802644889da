//! The tables `principal` and `principal_contract`: the one place where the addresses of those who act stand.

use std::collections::BTreeSet;

use exeunt_model::digest::Digest;
use exeunt_model::identity::{EmailAddress, Language, PrincipalId, Role};
use exeunt_model::moment::Moment;

use crate::error::Error;
use crate::read::{moment, parsed};
use crate::sql::{Row, Transaction, parameters};

/// Somebody who acts at the desk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    pub id: PrincipalId,
    /// `None` once the person was erased.
    pub email: Option<EmailAddress>,
    /// The role at the desk itself; `None` for a person whom the directory knows.
    pub role: Option<Role>,
    pub language: Option<Language>,
    pub created: Moment,
    /// From then on nobody signs in as this account.
    pub closed: Option<Moment>,
}

impl Account {
    /// Whether somebody runs the platform by it.
    pub fn is_open_operator(&self) -> bool {
        self.role == Some(Role::Operator) && self.closed.is_none()
    }

    /// Tells what people have chosen for the account apart; `contracts` are those that a representative is in charge of.
    pub fn version(&self, contracts: &BTreeSet<String>) -> String {
        Digest::of_json(&(self.role, self.language, self.closed, contracts)).short().to_owned()
    }
}

impl Transaction<'_> {
    /// The principal of an address.
    pub fn principal_of(&mut self, email: &EmailAddress) -> Result<Option<Account>, Error> {
        let sql = "-- principal_of
            SELECT id, email, role, language, created, closed
            FROM principal
            WHERE email = $1";
        self.optional("look up a principal", sql, &parameters![email.as_str()], read)
    }

    /// A principal by its id.
    pub fn principal(&mut self, id: &PrincipalId) -> Result<Option<Account>, Error> {
        let sql = "-- principal
            SELECT id, email, role, language, created, closed
            FROM principal
            WHERE id = $1";
        self.optional("look up a principal", sql, &parameters![id.as_str()], read)
    }

    /// The same, and nobody else changes it until this transaction ends.
    pub fn principal_to_change(&mut self, id: &PrincipalId) -> Result<Option<Account>, Error> {
        let sql = format!(
            "-- principal_to_change
            SELECT id, email, role, language, created, closed
            FROM principal
            WHERE id = $1{}",
            self.to_change()
        );
        self.optional("look up a principal", &sql, &parameters![id.as_str()], read)
    }

    /// The accounts of the desk itself, by address.
    pub fn accounts(&mut self) -> Result<Vec<Account>, Error> {
        let sql = "-- accounts
            SELECT id, email, role, language, created, closed
            FROM principal
            WHERE role IS NOT NULL
            ORDER BY email, id";
        self.all("list accounts", sql, &parameters![], read)
    }

    /// A page of the accounts of the desk itself, by address; one whose person was erased comes first. `after` is an address and an id.
    pub fn accounts_page(&mut self, after: Option<(&str, &PrincipalId)>, limit: u32) -> Result<Vec<Account>, Error> {
        let sql = "-- accounts_page
            SELECT id, email, role, language, created, closed
            FROM principal
            WHERE role IS NOT NULL AND (coalesce(email, '') > $1 OR (coalesce(email, '') = $1 AND id > $2))
            ORDER BY coalesce(email, ''), id
            LIMIT $3";
        let (email, id) = after.map_or(("", ""), |(email, id)| (email, id.as_str()));
        self.all("list accounts", sql, &parameters![email, id, limit], read)
    }

    /// Adds a principal. An address is a principal once.
    pub fn insert_principal(&mut self, account: &Account) -> Result<(), Error> {
        let sql = "-- insert_principal
            INSERT INTO principal (id, email, role, language, created, closed)
            VALUES ($1, $2, $3, $4, $5, $6)";
        let Account { id, email, role, language, created, closed } = account;
        let values = parameters![
            id.as_str(),
            email.as_ref().map(EmailAddress::as_str),
            role.map(Role::as_str),
            language.map(Language::as_str),
            created.microseconds(),
            closed.map(Moment::microseconds)
        ];
        self.one_row("add a principal", sql, &values)
    }

    /// Changes role, language and whether the account is closed.
    pub fn change_principal(&mut self, account: &Account) -> Result<(), Error> {
        let sql = "-- change_principal
            UPDATE principal
            SET role = $2, language = $3, closed = $4
            WHERE id = $1";
        let values = parameters![
            account.id.as_str(),
            account.role.map(Role::as_str),
            account.language.map(Language::as_str),
            account.closed.map(Moment::microseconds)
        ];
        self.one_row("change a principal", sql, &values)
    }

    /// The contracts that a representative is in charge of.
    pub fn contracts_of(&mut self, principal: &PrincipalId) -> Result<BTreeSet<String>, Error> {
        let sql = "-- contracts_of
            SELECT contract
            FROM principal_contract
            WHERE principal = $1";
        Ok(self.all("read a representative's contracts", sql, &parameters![principal.as_str()], |row| row.get(0))?.into_iter().collect())
    }

    /// The representatives in charge of a contract whose accounts are open.
    pub fn representatives_of(&mut self, contract: &str) -> Result<Vec<Account>, Error> {
        let sql = "-- representatives_of
            SELECT p.id, p.email, p.role, p.language, p.created, p.closed
            FROM principal AS p
            JOIN principal_contract AS c ON c.principal = p.id
            WHERE c.contract = $1 AND p.role = 'representative' AND p.closed IS NULL
            ORDER BY p.id";
        self.all("look up representatives", sql, &parameters![contract], read)
    }

    /// Puts a representative in charge of exactly these contracts.
    pub fn set_contracts(&mut self, principal: &PrincipalId, contracts: &BTreeSet<String>) -> Result<(), Error> {
        let sql = "-- forget_contracts
            DELETE FROM principal_contract
            WHERE principal = $1";
        self.rows("assign contracts", sql, &parameters![principal.as_str()])?;
        let sql = "-- insert_contract
            INSERT INTO principal_contract (principal, contract)
            VALUES ($1, $2)";
        contracts.iter().try_for_each(|contract| self.one_row("assign contracts", sql, &parameters![principal.as_str(), contract.as_str()]))
    }
}

fn read(row: &Row<'_>) -> Result<Account, Error> {
    let email: Option<String> = row.get(1)?;
    let role: Option<String> = row.get(2)?;
    let language: Option<String> = row.get(3)?;
    Ok(Account {
        id: parsed(&row.get::<String>(0)?, "a principal's id")?,
        email: email.map(|email| parsed(&email, "an address")).transpose()?,
        role: role.map(|role| parsed(&role, "a role")).transpose()?,
        language: language.map(|language| parsed(&language, "a language")).transpose()?,
        created: moment(row.get(4)?)?,
        closed: row.get::<Option<i64>>(5)?.map(moment).transpose()?,
    })
}
