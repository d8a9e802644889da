//! The table `directory_closure`: who was closed in which contract, and what was proposed.

use std::collections::BTreeSet;

use exeunt_model::closure::Proposal;
use exeunt_model::identity::{DirectoryUserId, EmailAddress};
use exeunt_model::moment::Moment;

use crate::error::Error;
use crate::read::{from_json, json, moment, parsed};
use crate::sql::{Row, Transaction, parameters};

/// An address whose holder an identity provider has closed in a contract.
#[derive(Clone, PartialEq, Eq)]
pub struct Closure {
    pub contract: String,
    pub email: EmailAddress,
    pub user: DirectoryUserId,
    pub closed: Moment,
    /// One for each seat with the address.
    pub proposals: Vec<Proposal>,
}

impl std::fmt::Debug for Closure {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Closure").field("user", &self.user).field("proposals", &self.proposals).finish_non_exhaustive()
    }
}

const COLUMNS: &str = "contract, email, directory_user, closed, proposals";

impl Transaction<'_> {
    /// Whether and how an address is closed in a contract.
    pub fn closure(&mut self, contract: &str, email: &EmailAddress) -> Result<Option<Closure>, Error> {
        let sql = format!("-- closure\nSELECT {COLUMNS} FROM directory_closure WHERE contract = $1 AND email = $2");
        self.optional("read a closed address", &sql, &parameters![contract, email.as_str()], read)
    }

    /// A page of a contract's closed addresses, in their order.
    pub fn closures(&mut self, contract: &str, after: Option<&str>, limit: u32) -> Result<Vec<Closure>, Error> {
        let sql = format!(
            "-- closures
            SELECT {COLUMNS}
            FROM directory_closure
            WHERE contract = $1 AND email > $2
            ORDER BY email
            LIMIT $3"
        );
        self.all("list closed addresses", &sql, &parameters![contract, after.unwrap_or_default(), limit], read)
    }

    /// What was closed with a user: under whatever address they had then.
    pub fn closures_of_user(&mut self, contract: &str, user: &DirectoryUserId) -> Result<Vec<Closure>, Error> {
        let sql = format!("-- closures_of_user\nSELECT {COLUMNS} FROM directory_closure WHERE contract = $1 AND directory_user = $2");
        self.all("read closed addresses", &sql, &parameters![contract, user.as_str()], read)
    }

    /// Writes that an address is closed, over what was written before.
    pub fn put_closure(&mut self, closure: &Closure) -> Result<(), Error> {
        let sql = "-- put_closure
            INSERT INTO directory_closure (contract, email, directory_user, closed, proposals)
            VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (contract, email) DO UPDATE
            SET directory_user = excluded.directory_user, proposals = excluded.proposals";
        let values = parameters![
            closure.contract.as_str(),
            closure.email.as_str(),
            closure.user.as_str(),
            closure.closed.microseconds(),
            json(&closure.proposals)?
        ];
        self.one_row("close an address", sql, &values)
    }

    /// The address is open again; one that was not closed stays so.
    pub fn delete_closure(&mut self, contract: &str, email: &EmailAddress) -> Result<(), Error> {
        let sql = "-- delete_closure
            DELETE FROM directory_closure
            WHERE contract = $1 AND email = $2";
        self.rows("open an address", sql, &parameters![contract, email.as_str()]).map(|_| ())
    }

    /// The contracts in which an address is closed.
    pub fn closed_contracts(&mut self, email: &EmailAddress) -> Result<BTreeSet<String>, Error> {
        let sql = "-- closed_contracts
            SELECT contract
            FROM directory_closure
            WHERE email = $1";
        Ok(self.all("look for closed addresses", sql, &parameters![email.as_str()], |row| row.get(0))?.into_iter().collect())
    }

    /// The addresses that are closed in a contract.
    pub fn closed_addresses(&mut self, contract: &str) -> Result<BTreeSet<EmailAddress>, Error> {
        let sql = "-- closed_addresses
            SELECT email
            FROM directory_closure
            WHERE contract = $1";
        let read = |row: &Row<'_>| parsed(&row.get::<String>(0)?, "an address");
        Ok(self.all("look for closed addresses", sql, &parameters![contract], read)?.into_iter().collect())
    }
}

fn read(row: &Row<'_>) -> Result<Closure, Error> {
    Ok(Closure {
        contract: row.get(0)?,
        email: parsed(&row.get::<String>(1)?, "an address")?,
        user: parsed(&row.get::<String>(2)?, "a pushed user's id")?,
        closed: moment(row.get(3)?)?,
        proposals: from_json(&row.get::<String>(4)?, "what was proposed")?,
    })
}
