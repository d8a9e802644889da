//! Reading rows of either database.

use super::Error;

/// A row of an answer.
pub(crate) enum Row<'a> {
    Sqlite(&'a rusqlite::Row<'a>),
    Postgres(&'a ::postgres::Row),
}

/// A value that a column holds.
pub(crate) trait FromColumn: Sized {
    fn from_column(row: &Row<'_>, column: usize) -> Result<Self, Error>;
}

impl Row<'_> {
    /// The value of a column, counted from 0.
    pub(crate) fn get<T: FromColumn>(&self, column: usize) -> Result<T, crate::error::Error> {
        Ok(T::from_column(self, column)?)
    }
}

macro_rules! from_column {
    ($($type:ty),*) => {
        $(impl FromColumn for $type {
            fn from_column(row: &Row<'_>, column: usize) -> Result<Self, Error> {
                match row {
                    Row::Sqlite(row) => Ok(row.get(column)?),
                    Row::Postgres(row) => Ok(row.try_get(column)?),
                }
            }
        })*
    };
}
from_column!(String, Vec<u8>, Option<String>, Option<Vec<u8>>);

impl FromColumn for Option<i64> {
    fn from_column(row: &Row<'_>, column: usize) -> Result<Self, Error> {
        match row {
            Row::Sqlite(row) => Ok(row.get(column)?),
            Row::Postgres(row) => match *row.columns()[column].type_() {
                // What a statement computes may have other types than tables do.
                ::postgres::types::Type::INT4 => Ok(row.try_get::<_, Option<i32>>(column)?.map(i64::from)),
                ::postgres::types::Type::BOOL => Ok(row.try_get::<_, Option<bool>>(column)?.map(i64::from)),
                _ => Ok(row.try_get(column)?),
            },
        }
    }
}

impl FromColumn for i64 {
    fn from_column(row: &Row<'_>, column: usize) -> Result<Self, Error> {
        Option::<Self>::from_column(row, column)?.ok_or(Error::Column { column, wanted: "number" })
    }
}

macro_rules! from_integer {
    ($($type:ty),*) => {
        $(impl FromColumn for $type {
            fn from_column(row: &Row<'_>, column: usize) -> Result<Self, Error> {
                Self::try_from(i64::from_column(row, column)?).map_err(|_| Error::Column { column, wanted: stringify!($type) })
            }
        }

        impl FromColumn for Option<$type> {
            fn from_column(row: &Row<'_>, column: usize) -> Result<Self, Error> {
                let number = Option::<i64>::from_column(row, column)?;
                number.map(<$type>::try_from).transpose().map_err(|_| Error::Column { column, wanted: stringify!($type) })
            }
        })*
    };
}
from_integer!(u64, u32);

impl FromColumn for bool {
    fn from_column(row: &Row<'_>, column: usize) -> Result<Self, Error> {
        match i64::from_column(row, column)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Error::Column { column, wanted: "flag" }),
        }
    }
}

impl FromColumn for [u8; 32] {
    fn from_column(row: &Row<'_>, column: usize) -> Result<Self, Error> {
        Vec::<u8>::from_column(row, column)?.try_into().map_err(|_| Error::Column { column, wanted: "32 bytes" })
    }
}
