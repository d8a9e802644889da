//! A value on its way into a column.

use crate::schema::Kind;
use crate::world::{Day, Moment};

/// A number with two decimals, counted in hundredths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hundredths(pub i64);

/// JSON text; the caller sees to it that it is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Json<'a>(pub &'a str);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Uuid(pub u128);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'a> {
    Null,
    Integer(i64),
    Text(&'a str),
    Boolean(bool),
    Moment(Moment),
    Date(Day),
    Json(&'a str),
    Uuid(u128),
    Decimal(Hundredths),
    Bytes(&'a [u8]),
}

impl Value<'_> {
    /// Whether a column of this kind takes the value; null is decided elsewhere.
    pub fn fits(&self, kind: Kind) -> bool {
        match self {
            Self::Null => true,
            Self::Integer(_) => kind == Kind::Integer,
            Self::Text(text) => match kind {
                Kind::Text => true,
                Kind::Varchar(longest) => text.chars().count() <= usize::from(longest),
                Kind::Integer | Kind::Boolean | Kind::Moment | Kind::Date | Kind::Json | Kind::Uuid => false,
                Kind::Decimal(_) | Kind::Bytes => false,
            },
            Self::Boolean(_) => kind == Kind::Boolean,
            Self::Moment(_) => kind == Kind::Moment,
            Self::Date(_) => kind == Kind::Date,
            Self::Json(_) => kind == Kind::Json,
            Self::Uuid(_) => kind == Kind::Uuid,
            Self::Decimal(_) => matches!(kind, Kind::Decimal(_)),
            Self::Bytes(_) => kind == Kind::Bytes,
        }
    }
}

macro_rules! from {
    ($($type:ty => |$value:ident| $build:expr;)*) => {
        $(impl<'a> From<$type> for Value<'a> {
            fn from($value: $type) -> Self {
                $build
            }
        })*
    };
}

from! {
    i64 => |value| Value::Integer(value);
    bool => |value| Value::Boolean(value);
    Moment => |value| Value::Moment(value);
    Day => |value| Value::Date(value);
    Uuid => |value| Value::Uuid(value.0);
    Hundredths => |value| Value::Decimal(value);
    &'a str => |value| Value::Text(value);
    &'a String => |value| Value::Text(value);
    Json<'a> => |value| Value::Json(value.0);
    &'a [u8] => |value| Value::Bytes(value);
}

impl<'a, X: Into<Value<'a>>> From<Option<X>> for Value<'a> {
    fn from(value: Option<X>) -> Self {
        value.map_or(Value::Null, Into::into)
    }
}

/// The values of one row, in the order of the table's columns.
macro_rules! row {
    ($($value:expr),* $(,)?) => {
        &[$($crate::sink::Value::from($value)),*]
    };
}

pub(crate) use row;

/// `null` in a row.
pub const NULL: Option<i64> = None;

pub fn write_uuid(bits: u128, out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    for nibble in (0..32).rev() {
        out.push(HEX[(bits >> (nibble * 4) & 0xf) as usize]);
        if matches!(nibble, 24 | 20 | 16 | 12) {
            out.push(b'-');
        }
    }
}

pub fn write_hundredths(number: Hundredths, out: &mut Vec<u8>) {
    if number.0 < 0 {
        out.push(b'-');
    }
    let size = number.0.unsigned_abs();
    write_integer((size / 100) as i64, out);
    out.push(b'.');
    // A digit is below ten.
    out.push(b'0' + (size % 100 / 10) as u8);
    out.push(b'0' + (size % 10) as u8);
}

pub fn write_integer(number: i64, out: &mut Vec<u8>) {
    let mut digits = [0; 20];
    let mut start = digits.len();
    let mut rest = number.unsigned_abs();
    loop {
        start -= 1;
        // A digit is below ten.
        digits[start] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if number < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(&digits[start..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl Fn(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn numbers_are_written_in_full() {
        assert_eq!(written(|out| write_integer(0, out)), "0");
        assert_eq!(written(|out| write_integer(i64::MIN, out)), i64::MIN.to_string());
        assert_eq!(written(|out| write_hundredths(Hundredths(7140), out)), "71.40");
        assert_eq!(written(|out| write_hundredths(Hundredths(-105), out)), "-1.05");
        assert_eq!(written(|out| write_uuid(0x0123_4567_89ab_4def_8123_4567_89ab_cdef, out)), "01234567-89ab-4def-8123-456789abcdef");
    }
}
