//! The tables `erased_address` and `directory_return`: pushed users whose seat had been erased.

use exeunt_model::digest::Digest;
use exeunt_model::identity::DirectoryUserId;
use exeunt_model::moment::Moment;

use crate::error::Error;
use crate::read::{moment, parsed};
use crate::sql::{Transaction, parameters};

/// Somebody who was erased and has been pushed again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Return {
    pub contract: String,
    pub user: DirectoryUserId,
    pub returned: Moment,
    pub erased: Moment,
}

impl Transaction<'_> {
    /// Remembers the keyed hash of an erased seat's address.
    pub fn remember_erased_address(&mut self, contract: &str, hash: &Digest, now: Moment) -> Result<(), Error> {
        let sql = "-- remember_erased_address
            INSERT INTO erased_address (contract, address, erased)
            VALUES ($1, $2, $3)
            ON CONFLICT (contract, address) DO UPDATE
            SET erased = excluded.erased";
        self.one_row("remember an erased address", sql, &parameters![contract, hash.as_str(), now.microseconds()])
    }

    /// When the seat with this address was erased last.
    pub fn erased_address(&mut self, contract: &str, hash: &Digest) -> Result<Option<Moment>, Error> {
        let sql = "-- erased_address
            SELECT erased
            FROM erased_address
            WHERE contract = $1 AND address = $2";
        self.optional("look for an erased address", sql, &parameters![contract, hash.as_str()], |row| moment(row.get(0)?))
    }

    /// Notes that somebody came back. False when that was noted before.
    pub fn note_return(&mut self, returned: &Return) -> Result<bool, Error> {
        let sql = "-- note_return
            INSERT INTO directory_return (contract, directory_user, returned, erased)
            VALUES ($1, $2, $3, $4)
            ON CONFLICT (contract, directory_user) DO NOTHING";
        let values = parameters![
            returned.contract.as_str(),
            returned.user.as_str(),
            returned.returned.microseconds(),
            returned.erased.microseconds()
        ];
        Ok(self.rows("note a return", sql, &values)? == 1)
    }

    /// Who came back, newest first.
    pub fn returns(&mut self, contract: &str, limit: u32) -> Result<Vec<Return>, Error> {
        let sql = "-- returns
            SELECT directory_user, returned, erased
            FROM directory_return
            WHERE contract = $1
            ORDER BY returned DESC, directory_user
            LIMIT $2";
        self.all("list returns", sql, &parameters![contract, limit], |row| {
            Ok(Return {
                contract: contract.to_owned(),
                user: parsed(&row.get::<String>(0)?, "a pushed user's id")?,
                returned: moment(row.get(1)?)?,
                erased: moment(row.get(2)?)?,
            })
        })
    }
}
