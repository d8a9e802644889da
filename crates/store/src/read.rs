//! Reading what the store itself has written: what doesn't fit was damaged.

use std::str::FromStr;

use exeunt_model::moment::Moment;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Error;

/// A text that names something.
pub(crate) fn parsed<T: FromStr>(text: &str, what: &'static str) -> Result<T, Error> {
    text.parse().map_err(|_| Error::damaged(format!("{what} cannot be read")))
}

/// A point in time.
pub(crate) fn moment(microseconds: i64) -> Result<Moment, Error> {
    Moment::from_microseconds(microseconds).ok_or_else(|| Error::damaged("a time cannot be read"))
}

/// A value as JSON.
pub(crate) fn json<T: Serialize>(value: &T) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|_| Error::damaged("a value cannot be written as JSON"))
}

/// A value from JSON.
pub(crate) fn from_json<T: DeserializeOwned>(text: &str, what: &'static str) -> Result<T, Error> {
    serde_json::from_str(text).map_err(|_| Error::damaged(format!("{what} cannot be read")))
}
