//! Whether a value is what its column's type promises to a reader of the package.
//!
//! Databases keep values that other programs cannot read as the declared type: SQLite takes any value in any column; PostgreSQL has
//! `infinity` as a date, years beyond 9999, and `NaN` among its numbers. One such value makes its column text in the package.

use crate::catalog::ColumnKind;

/// Whether the value, as the source prints it, can be read as the kind. Kinds without a grammar take anything.
pub fn conforms(kind: &ColumnKind, value: &[u8]) -> bool {
    match kind {
        ColumnKind::Boolean => matches!(value, b"true" | b"false"),
        ColumnKind::Integer => std::str::from_utf8(value).is_ok_and(|text| !text.starts_with('+') && text.parse::<i64>().is_ok()),
        ColumnKind::Float | ColumnKind::Decimal => is_number(value),
        ColumnKind::Date => is_date(value),
        ColumnKind::Time => is_time(value),
        ColumnKind::Timestamp | ColumnKind::TimestampWithZone => is_timestamp(value),
        ColumnKind::Uuid => is_uuid(value),
        ColumnKind::Enumeration(labels) => labels.iter().any(|label| label.as_bytes() == value),
        ColumnKind::Text | ColumnKind::Bytes | ColumnKind::Interval | ColumnKind::Json | ColumnKind::Array | ColumnKind::Other => true,
    }
}

/// Whether a column of this kind can hold a value that does not conform, although its source checks types.
pub fn needs_looking_at(kind: &ColumnKind, checked_by_source: bool) -> bool {
    match kind {
        ColumnKind::Boolean
        | ColumnKind::Float
        | ColumnKind::Decimal
        | ColumnKind::Date
        | ColumnKind::Time
        | ColumnKind::Timestamp
        | ColumnKind::TimestampWithZone => true,
        ColumnKind::Integer | ColumnKind::Uuid | ColumnKind::Enumeration(_) => !checked_by_source,
        ColumnKind::Text | ColumnKind::Bytes | ColumnKind::Interval | ColumnKind::Json | ColumnKind::Array | ColumnKind::Other => false,
    }
}

/// The first ten bytes of a value that begins with an ISO date of the years 0001 to 9999.
pub fn date_of(value: &[u8]) -> Option<&[u8; 10]> {
    let date = value.first_chunk::<10>()?;
    is_calendar_date(date).then_some(date)
}

fn is_integer(value: &[u8]) -> bool {
    let digits = value.strip_prefix(b"-").unwrap_or(value);
    !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
}

/// `-12.5e+03`, `.5`, `5.`; no words such as `NaN`.
fn is_number(value: &[u8]) -> bool {
    let value = value.strip_prefix(b"-").unwrap_or(value);
    let (mantissa, exponent) = match value.iter().position(|byte| matches!(byte, b'e' | b'E')) {
        Some(index) => (&value[..index], Some(&value[index + 1..])),
        None => (value, None),
    };
    let mut digits = 0;
    let mut points = 0;
    for byte in mantissa {
        match byte {
            b'0'..=b'9' => digits += 1,
            b'.' => points += 1,
            _ => return false,
        }
    }
    let exponent_fits = exponent.is_none_or(|exponent| is_integer(exponent.strip_prefix(b"+").unwrap_or(exponent)));
    digits > 0 && points <= 1 && exponent_fits
}

fn two_digits(value: &[u8], at: usize) -> Option<u8> {
    match value.get(at..at + 2)? {
        [tens @ b'0'..=b'9', ones @ b'0'..=b'9'] => Some((tens - b'0') * 10 + (ones - b'0')),
        _ => None,
    }
}

fn is_calendar_date(date: &[u8; 10]) -> bool {
    let (Some(century), Some(year), Some(month), Some(day)) =
        (two_digits(date, 0), two_digits(date, 2), two_digits(date, 5), two_digits(date, 8))
    else {
        return false;
    };
    let leap = year % 4 == 0 && (year != 0 || century % 4 == 0);
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 31,
    };
    date[4] == b'-' && date[7] == b'-' && (century, year) != (0, 0) && (1..=12).contains(&month) && (1..=days).contains(&day)
}

fn is_date(value: &[u8]) -> bool {
    value.len() == 10 && date_of(value).is_some()
}

/// `09:31:02`, `09:31:02.123456`, either with a zone: `+00`, `+05:30`. Zones of local mean time have seconds, which few readers know.
fn is_time(value: &[u8]) -> bool {
    let clock = value.get(..8).is_some_and(|clock| {
        two_digits(clock, 0).is_some_and(|hour| hour < 24)
            && clock[2] == b':'
            && two_digits(clock, 3).is_some_and(|minute| minute < 60)
            && clock[5] == b':'
            && two_digits(clock, 6).is_some_and(|second| second < 60)
    });
    if !clock {
        return false;
    }
    let mut rest = &value[8..];
    if let Some(fraction) = rest.strip_prefix(b".") {
        let digits = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if !(1..=6).contains(&digits) {
            return false;
        }
        rest = &fraction[digits..];
    }
    match rest {
        b"" | b"Z" => true,
        [b'+' | b'-', zone @ ..] => {
            let field = |at: usize, limit: u8| two_digits(zone, at).is_some_and(|number| number < limit);
            let hours = field(0, 16);
            match zone.len() {
                2 => hours,
                5 => hours && zone[2] == b':' && field(3, 60),
                _ => false,
            }
        }
        _ => false,
    }
}

fn is_timestamp(value: &[u8]) -> bool {
    date_of(value).is_some() && matches!(value.get(10), Some(b' ' | b'T')) && is_time(&value[11..])
}

fn is_uuid(value: &[u8]) -> bool {
    value.len() == 36
        && value.iter().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_told_from_what_only_a_database_understands() {
        let cases: [(ColumnKind, &[&str], &[&str]); 7] = [
            (ColumnKind::Boolean, &["true", "false"], &["t", "1", ""]),
            (ColumnKind::Integer, &["0", "-5", "9223372036854775807"], &["", "-", "1.0", "+1", "1e5", "abc", "9223372036854775808"]),
            (ColumnKind::Float, &["1", "-1.5", ".5", "5.", "1e+20", "1E-7"], &["NaN", "Infinity", "-Infinity", "", ".", "1e", "1.2.3"]),
            (ColumnKind::Date, &["2024-02-29", "0001-01-01"], &["infinity", "2023-02-29", "10000-01-01", "0044-03-15 BC", "1900-02-29"]),
            (ColumnKind::Time, &["23:59:59", "09:31:02.5+05:30"], &["24:00:00", "9:00:00", "09:00", "09:00:00.", "09:00:00+"]),
            (
                ColumnKind::TimestampWithZone,
                &["2025-06-14 09:31:02+00", "2025-06-14T09:31:02.123456Z", "2025-06-14 09:31:02-03:30"],
                &[
                    "infinity",
                    "-infinity",
                    "2025-06-14",
                    "0044-03-15 00:00:00+00 BC",
                    "2025-06-14 24:00:00",
                    "1890-01-01 00:00:00+00:53:28",
                ],
            ),
            (ColumnKind::Uuid, &["6ba7b810-9dad-11d1-80b4-00c04fd430c8"], &["6ba7b8109dad11d180b400c04fd430c8"]),
        ];
        for (kind, good, bad) in cases {
            for value in good {
                assert!(conforms(&kind, value.as_bytes()), "{kind:?} {value}");
            }
            for value in bad {
                assert!(!conforms(&kind, value.as_bytes()), "{kind:?} {value}");
            }
        }
    }
}
