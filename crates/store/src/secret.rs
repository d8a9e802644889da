//! The table `secret`: two random values that are drawn once and never leave the store's owner.

use crate::error::Error;
use crate::sql::{Connection, Transaction, parameters};

#[derive(Clone)]
pub(crate) struct Secrets {
    pub signing_seed: [u8; 32],
    pub hash_secret: [u8; 32],
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Secrets(…)")
    }
}

const SIGNING_SEED: &str = "signing_seed";
const HASH_SECRET: &str = "hash_secret";

/// Reads the secrets; a store that was just made is given new ones.
///
/// # Errors
/// [`Error::Damaged`] for an older store without secrets: new ones would silently make its tombstones worthless.
pub(crate) fn load_or_draw(connection: &mut Connection, created: bool, entropy: &mut dyn FnMut(&mut [u8; 32])) -> Result<Secrets, Error> {
    let loaded = connection
        .look("load the secrets", |transaction| Ok::<_, Error>((load(transaction, SIGNING_SEED)?, load(transaction, HASH_SECRET)?)))?;
    if let (Some(signing_seed), Some(hash_secret)) = loaded {
        return Ok(Secrets { signing_seed, hash_secret });
    }
    connection.transact("draw the secrets", |transaction| {
        transaction.lock_table("draw the secrets", "secret")?;
        // A process that made the file and was killed before it came here leaves a store without secrets and without entries.
        if !created && has_entries(transaction)? {
            return Err(Error::damaged("its secrets are gone"));
        }
        let mut draw = |name| match load(transaction, name)? {
            // Another process was faster.
            Some(value) => Ok(value),
            None => {
                let mut value = [0; 32];
                entropy(&mut value);
                // A caller that only wanted to read gives no entropy; a key of zeros must never come to be.
                if value == [0; 32] {
                    return Err(Error::damaged("it has no keys yet"));
                }
                insert(transaction, name, &value).map(|()| value)
            }
        };
        Ok(Secrets { signing_seed: draw(SIGNING_SEED)?, hash_secret: draw(HASH_SECRET)? })
    })
}

fn load(transaction: &mut Transaction<'_>, name: &str) -> Result<Option<[u8; 32]>, Error> {
    let sql = "-- load_secret
        SELECT value
        FROM secret
        WHERE name = $1";
    transaction.optional("load the secrets", sql, &parameters![name], |row| row.get(0))
}

fn insert(transaction: &mut Transaction<'_>, name: &str, value: &[u8; 32]) -> Result<(), Error> {
    let sql = "-- insert_secret
        INSERT INTO secret (name, value)
        VALUES ($1, $2)";
    transaction.one_row("draw the secrets", sql, &parameters![name, value])
}

fn has_entries(transaction: &mut Transaction<'_>) -> Result<bool, Error> {
    let sql = "-- has_entries
        SELECT EXISTS (SELECT 1 FROM log_entry) OR EXISTS (SELECT 1 FROM tombstone)";
    transaction.single("look at the log", sql, &parameters![], |row| row.get(0))
}
