//! The function by which SQLite makes pseudonyms: the same as PostgreSQL makes with its own functions.

use exeunt_model::digest::hex;
use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::Value;
use rusqlite::{Connection, Error};
use sha2::{Digest as _, Sha256};

use crate::render::changes::PSEUDONYM_FUNCTION;
use crate::sqlite::value::text_of;

/// Makes the function known to a connection.
pub(crate) fn register(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_DIRECTONLY;
    connection.create_scalar_function(PSEUDONYM_FUNCTION, 4, flags, |context| pseudonym(context))
}

/// `(secret, value, shape, length)`: SHA-256 over the secret and the value's text form, in the shape; null stays null.
fn pseudonym(context: &Context<'_>) -> rusqlite::Result<Value> {
    let secret: String = context.get(0)?;
    let Some(value) = text_of(context.get_raw(1)) else { return Ok(Value::Null) };
    let shape: String = context.get(2)?;
    let length: i64 = context.get(3)?;
    let secret: Option<Vec<u8>> = (0..secret.len() / 2).map(|at| u8::from_str_radix(secret.get(at * 2..at * 2 + 2)?, 16).ok()).collect();
    let secret = secret.ok_or(Error::InvalidQuery)?;
    let digits = hex(&Sha256::new().chain_update(secret).chain_update(value.as_bytes()).finalize());
    Ok(match shape.as_str() {
        "uuid" => {
            let parts = [&digits[..8], &digits[8..12], &format!("8{}", &digits[13..16]), &format!("8{}", &digits[17..20]), &digits[20..32]];
            Value::Text(parts.join("-"))
        }
        _ => Value::Text(digits[..usize::try_from(length).unwrap_or(0).min(digits.len())].to_owned()),
    })
}
