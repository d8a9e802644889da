//! The table `secret`: two random values that are drawn once and never leave the store's owner.

use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior};

use crate::error::{Error, expect_rows};

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
    let loaded = (load(connection, SIGNING_SEED)?, load(connection, HASH_SECRET)?);
    if let (Some(signing_seed), Some(hash_secret)) = loaded {
        return Ok(Secrets { signing_seed, hash_secret });
    }
    let failed = Error::during("draw the secrets");
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(&failed)?;
    // A process that made the file and was killed before it came here leaves a store without secrets and without entries.
    if !created && has_entries(&transaction)? {
        return Err(Error::damaged("its secrets are gone"));
    }
    let mut draw = |name| match load(&transaction, name)? {
        // Another process was faster.
        Some(value) => Ok(value),
        None => {
            let mut value = [0; 32];
            entropy(&mut value);
            // A caller that only wanted to read gives no entropy; a key of zeros must never come to be.
            if value == [0; 32] {
                return Err(Error::damaged("it has no keys yet"));
            }
            insert(&transaction, name, &value).map(|()| value)
        }
    };
    let secrets = Secrets { signing_seed: draw(SIGNING_SEED)?, hash_secret: draw(HASH_SECRET)? };
    transaction.commit().map_err(failed)?;
    Ok(secrets)
}

fn load(connection: &Connection, name: &str) -> Result<Option<[u8; 32]>, Error> {
    let sql = "-- load_secret
        SELECT value
        FROM secret
        WHERE name = ?1";
    connection.query_row(sql, [name], |row| row.get(0)).optional().map_err(Error::during("load the secrets"))
}

fn insert(transaction: &Transaction<'_>, name: &str, value: &[u8; 32]) -> Result<(), Error> {
    let sql = "-- insert_secret
        INSERT INTO secret (name, value)
        VALUES (?1, ?2)";
    let got = transaction.execute(sql, (name, value)).map_err(Error::during("draw the secrets"))?;
    expect_rows("draw the secrets", 1, got)
}

fn has_entries(connection: &Connection) -> Result<bool, Error> {
    let sql = "-- has_entries
        SELECT EXISTS (SELECT 1 FROM log_entry) OR EXISTS (SELECT 1 FROM tombstone)";
    connection.query_row(sql, [], |row| row.get(0)).map_err(Error::during("look at the log"))
}
