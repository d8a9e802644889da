//! The tables `erased_address` and `directory_return`: pushed users whose seat had been erased.

use exeunt_model::digest::Digest;
use exeunt_model::identity::DirectoryUserId;
use exeunt_model::moment::Moment;

use crate::error::{Error, expect_rows};
use crate::read::{moment, parsed};
use crate::sql::{MOST_VALUES, Transaction, Value, parameters};

/// Somebody who was erased and has been pushed again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Return {
    pub contract: String,
    pub user: DirectoryUserId,
    pub returned: Moment,
    pub erased: Moment,
}

impl Transaction<'_> {
    /// Remembers that the seats with these addresses were erased, by their keyed hashes, each of which is given once.
    pub fn remember_erased_addresses(&mut self, contract: &str, hashes: &[&Digest], now: Moment) -> Result<(), Error> {
        const OPERATION: &str = "remember erased addresses";
        for hashes in hashes.chunks(MOST_VALUES) {
            let rows: Vec<String> = (3..3 + hashes.len()).map(|hash| format!("($1, ${hash}, $2)")).collect();
            let sql = format!(
                "-- remember_erased_addresses
                INSERT INTO erased_address (contract, address, erased)
                VALUES {rows}
                ON CONFLICT (contract, address) DO UPDATE
                SET erased = excluded.erased",
                rows = rows.join(", ")
            );
            let mut values: Vec<Value> = parameters![contract, now.microseconds()].to_vec();
            values.extend(hashes.iter().map(|hash| Value::from(hash.as_str())));
            expect_rows(OPERATION, hashes.len(), self.rows(OPERATION, &sql, &values)?)?;
        }
        Ok(())
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
