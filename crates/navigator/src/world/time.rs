//! Days and instants, counted from 1970 and written as ISO 8601 does.
//!
//! Rows by the million carry instants, so they are written digit by digit into a buffer instead of through a formatter.

/// A day; the number of days since 1 January 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub i64);

/// An instant in UTC; the number of seconds since 1 January 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(pub i64);

pub const MINUTE: i64 = 60;
pub const HOUR: i64 = 60 * MINUTE;
pub const DAY: i64 = 24 * HOUR;

impl Day {
    /// The day of the proleptic Gregorian calendar; month and day count from 1.
    pub const fn new(year: i64, month: i64, day: i64) -> Self {
        // A year that begins in March has its leap day at its end.
        let year = if month <= 2 { year - 1 } else { year };
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let month = (month + 9) % 12;
        let day_of_year = (153 * month + 2) / 5 + day - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        Self(era * 146_097 + day_of_era - 719_468)
    }

    /// Year, month, day.
    pub const fn calendar(self) -> (i64, i64, i64) {
        let days = self.0 + 719_468;
        let era = days.div_euclid(146_097);
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        let year = year_of_era + era * 400;
        (if month <= 2 { year + 1 } else { year }, month, day)
    }

    pub const fn at(self, second_of_day: i64) -> Moment {
        Moment(self.0 * DAY + second_of_day)
    }

    pub const fn minus(self, days: i64) -> Self {
        Self(self.0 - days)
    }

    /// Saturday or Sunday.
    pub const fn is_weekend(self) -> bool {
        (self.0 + 3).rem_euclid(7) >= 5
    }

    /// Appends `2026-03-02`.
    pub fn write(self, out: &mut Vec<u8>) {
        let (year, month, day) = self.calendar();
        digits(out, year, 4);
        out.push(b'-');
        digits(out, month, 2);
        out.push(b'-');
        digits(out, day, 2);
    }
}

impl Moment {
    pub const fn day(self) -> Day {
        Day(self.0.div_euclid(DAY))
    }

    pub const fn plus(self, seconds: i64) -> Self {
        Self(self.0 + seconds)
    }

    /// Appends `2026-03-02T10:05:00Z`.
    pub fn write(self, out: &mut Vec<u8>) {
        self.day().write(out);
        let second = self.0.rem_euclid(DAY);
        out.push(b'T');
        digits(out, second / HOUR, 2);
        out.push(b':');
        digits(out, second % HOUR / MINUTE, 2);
        out.push(b':');
        digits(out, second % MINUTE, 2);
        out.push(b'Z');
    }
}

impl std::fmt::Display for Day {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (year, month, day) = self.calendar();
        write!(formatter, "{year:04}-{month:02}-{day:02}")
    }
}

fn digits(out: &mut Vec<u8>, mut number: i64, count: usize) {
    let start = out.len();
    out.resize(start + count, b'0');
    for place in (start..start + count).rev() {
        // A digit is below ten.
        out[place] = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_survive_the_way_to_the_calendar_and_back() {
        assert_eq!(Day::new(1970, 1, 1), Day(0));
        assert_eq!(Day::new(2000, 2, 29), Day(11_016));
        for day in (-1000..40_000).map(Day) {
            let (year, month, date) = day.calendar();
            assert_eq!(Day::new(year, month, date), day);
        }
    }

    #[test]
    fn instants_are_written_as_iso_8601() {
        let mut out = Vec::new();
        Day::new(2026, 3, 2).at(10 * HOUR + 5 * MINUTE + 9).write(&mut out);
        assert_eq!(out, b"2026-03-02T10:05:09Z");
    }

    #[test]
    fn weekends_are_known() {
        assert!(Day::new(2026, 11, 22).is_weekend());
        assert!(!Day::new(2026, 11, 23).is_weekend());
    }
}
