//! Values that go into statements.

use ::postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use bytes::BytesMut;

/// A parameter of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Null,
    Integer(i64),
    Text(String),
    Bytes(Vec<u8>),
}

/// The parameters of a statement: `parameters![id.as_str(), 7, None::<i64>]`.
macro_rules! parameters {
    ($($value:expr),* $(,)?) => {
        [$($crate::sql::Value::from($value)),*] as [$crate::sql::Value; _]
    };
}
pub(crate) use parameters;

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Integer(i64::from(number))
    }
}

impl From<u64> for Value {
    /// Counts and sizes; none of ours comes near the end of the range, where it is cut off.
    fn from(number: u64) -> Self {
        Self::Integer(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Integer(i64::from(flag))
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}

impl From<&[u8; 32]> for Value {
    fn from(bytes: &[u8; 32]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<&Vec<u8>> for Value {
    fn from(bytes: &Vec<u8>) -> Self {
        Self::Bytes(bytes.clone())
    }
}

impl<T> From<Option<T>> for Value
where
    Value: From<T>,
{
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Self::from)
    }
}

impl rusqlite::ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        use rusqlite::types::{ToSqlOutput, ValueRef};
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Integer(number) => ValueRef::Integer(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

/// A value was given where the statement wants another type.
#[derive(Debug, thiserror::Error)]
#[error("a parameter has another type than {wanted}")]
struct OtherType {
    wanted: Type,
}

impl ToSql for Value {
    fn to_sql(&self, wanted: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        let other = || Box::new(OtherType { wanted: wanted.clone() });
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Integer(number) => match *wanted {
                Type::INT8 => number.to_sql(wanted, out),
                Type::INT4 => i32::try_from(*number).map_err(|_| other())?.to_sql(wanted, out),
                Type::BOOL => (*number != 0).to_sql(wanted, out),
                _ => Err(other()),
            },
            Self::Text(text) if *wanted == Type::TEXT || *wanted == Type::VARCHAR => text.to_sql(wanted, out),
            Self::Bytes(bytes) if *wanted == Type::BYTEA => bytes.to_sql(wanted, out),
            Self::Text(_) | Self::Bytes(_) => Err(other()),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}
