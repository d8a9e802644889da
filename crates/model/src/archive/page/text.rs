//! Text for people: escaped, with readable numbers, sizes and dates.

use std::fmt::{self, Display, Formatter, Write as _};

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The one way by which text that we did not write gets into the page.
pub(super) struct Escaped<'text>(pub &'text str);

impl Display for Escaped<'_> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match character {
                '&' => formatter.write_str("&amp;")?,
                '<' => formatter.write_str("&lt;")?,
                '>' => formatter.write_str("&gt;")?,
                '"' => formatter.write_str("&quot;")?,
                '\'' => formatter.write_str("&#39;")?,
                '\n' | '\t' => formatter.write_char(character)?,
                control if control.is_control() => formatter.write_char('\u{fffd}')?,
                other => formatter.write_char(other)?,
            }
        }
        Ok(())
    }
}

/// A fragment that begins with a small letter as the words of a sentence, still without its full stop.
pub(super) struct Sentence<'text>(pub &'text str);

impl Display for Sentence<'_> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let mut characters = self.0.chars();
        let first: String = characters.next().into_iter().flat_map(char::to_uppercase).collect();
        write!(formatter, "{}{}", Escaped(&first), Escaped(characters.as_str()))
    }
}

/// A path inside the archive as a relative link.
pub(super) struct Link<'path>(pub &'path str);

impl Display for Link<'_> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        for byte in self.0.bytes() {
            if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'/') {
                formatter.write_char(char::from(byte))?;
            } else {
                write!(formatter, "%{byte:02X}")?;
            }
        }
        Ok(())
    }
}

/// `1,234,567`
pub(super) fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 row`, `2 rows`
pub(super) fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{}\u{a0}{}", number(count), if count == 1 { one } else { many })
}

/// `512 bytes`, `1.4 kB`, `23 MB`
pub(super) fn size(bytes: u64) -> String {
    const UNITS: [(&str, u64); 4] = [("TB", 1_000_000_000_000), ("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000)];
    match UNITS.into_iter().find(|(_, unit)| bytes >= *unit) {
        None => counted(bytes, "byte", "bytes"),
        Some((name, unit)) => {
            let tenths = bytes / (unit / 10);
            if tenths >= 100 { format!("{}\u{a0}{name}", tenths / 10) } else { format!("{}.{}\u{a0}{name}", tenths / 10, tenths % 10) }
        }
    }
}

pub(super) const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// `2025-01-03` becomes `3 Jan 2025`; anything else stays as it is.
pub(super) fn date(iso: &str) -> String {
    let parts: Vec<Option<usize>> = iso.split('-').map(|part| part.parse().ok()).collect();
    match parts.as_slice() {
        [Some(year), Some(month @ 1..=12), Some(day)] => format!("{day}\u{a0}{}\u{a0}{year}", MONTHS[month - 1]),
        _ => iso.to_owned(),
    }
}

/// `3 Jan 2025 – 14 Jun 2025`, or one date.
pub(super) fn range(first: &str, last: &str) -> String {
    if first == last { date(first) } else { format!("{} – {}", date(first), date(last)) }
}

/// `14 June 2025, 09:31 UTC`
pub(super) fn moment(timestamp: Timestamp) -> String {
    timestamp.to_zoned(TimeZone::UTC).strftime("%-d %B %Y, %H:%M UTC").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_html_reads_as_markup_gets_through() {
        assert_eq!(
            Escaped("<a href=\"x\" b='y'>&\0\u{85}\n").to_string(),
            "&lt;a href=&quot;x&quot; b=&#39;y&#39;&gt;&amp;\u{fffd}\u{fffd}\n"
        );
    }

    #[test]
    fn links_stay_inside_the_folder() {
        assert_eq!(Link("files/a b/c#d?e%.txt").to_string(), "files/a%20b/c%23d%3Fe%25.txt");
        assert_eq!(Link("files/javascript:x").to_string(), "files/javascript%3Ax");
        assert_eq!(Link("ü").to_string(), "%C3%BC");
    }

    #[test]
    fn figures_read_well() {
        assert_eq!([number(0), number(999), number(1000), number(1_234_567)], ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([size(1), size(999), size(1400), size(23_456_789)], ["1\u{a0}byte", "999\u{a0}bytes", "1.4\u{a0}kB", "23\u{a0}MB"]);
        assert_eq!([date("2025-01-03"), date("soon")], ["3\u{a0}Jan\u{a0}2025", "soon"]);
        assert_eq!(moment("2025-06-14T09:31:02Z".parse().expect("a timestamp")), "14 June 2025, 09:31 UTC");
    }
}
