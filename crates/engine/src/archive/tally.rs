//! Small gatherings on the way: when rows date from, and what the first ones look like.

use exeunt_model::archive::header::TableHeader;
use exeunt_model::archive::statistics::MonthCount;
use exeunt_model::archive::values;
use exeunt_model::catalog::ColumnKind;

const FIRST_YEAR: usize = 1900;
const LAST_YEAR: usize = 2199;

/// Counts rows per month of one column.
#[derive(Default)]
pub(super) struct DateTally {
    range: Option<([u8; 10], [u8; 10])>,
    /// One count per month from [`FIRST_YEAR`] to [`LAST_YEAR`]; made with the first date. Other years only widen the range.
    months: Vec<u64>,
}

impl DateTally {
    /// Counts a value that begins with an ISO date; others are left alone.
    #[inline]
    pub(super) fn count(&mut self, value: &[u8]) {
        let Some(date) = values::date_of(value) else { return };
        // `0044-03-15 BC` lies before all years that begin so.
        if value.ends_with(b"BC") {
            return;
        }
        match &mut self.range {
            Some((first, last)) => {
                if date < first {
                    *first = *date;
                } else if date > last {
                    *last = *date;
                }
            }
            None => {
                self.range = Some((*date, *date));
                self.months = vec![0; (LAST_YEAR - FIRST_YEAR + 1) * 12];
            }
        }
        let digit = |index: usize| usize::from(date[index] - b'0');
        let year = digit(0) * 1000 + digit(1) * 100 + digit(2) * 10 + digit(3);
        let month = digit(5) * 10 + digit(6);
        if let Some(count) = year.checked_sub(FIRST_YEAR).and_then(|years| self.months.get_mut(years * 12 + month - 1)) {
            *count += 1;
        }
    }

    /// First and last date, and the months that have rows.
    pub(super) fn finish(self) -> Option<(String, String, Vec<MonthCount>)> {
        let (first, last) = self.range?;
        let text = |date: [u8; 10]| String::from_utf8_lossy(&date).into_owned();
        let months = self.months.iter().enumerate().filter(|(_, rows)| **rows > 0).map(|(index, rows)| MonthCount {
            year: u16::try_from(FIRST_YEAR + index / 12).unwrap_or(u16::MAX),
            month: u8::try_from(index % 12 + 1).unwrap_or(u8::MAX),
            rows: *rows,
        });
        Some((text(first), text(last), months.collect()))
    }
}

/// Bytes kept of the first rows.
const KEPT: usize = 16 * 1024;
/// Characters shown of one value.
const SHOWN: usize = 160;

/// Keeps the first bytes of a table, to show its first rows.
pub(super) struct FirstRows {
    wanted: usize,
    kept: Vec<u8>,
    complete: bool,
}

impl FirstRows {
    pub(super) fn new(wanted: usize) -> Self {
        Self { wanted, kept: Vec::new(), complete: wanted == 0 }
    }

    #[inline]
    pub(super) fn push(&mut self, bytes: &[u8]) {
        if !self.complete {
            let taken = bytes.len().min(KEPT - self.kept.len());
            self.kept.extend_from_slice(&bytes[..taken]);
            self.complete = self.kept.len() == KEPT;
        }
    }

    /// The first whole rows among the kept bytes; of a single huge first row what was kept.
    pub(super) fn parse(self, width: usize) -> Vec<Vec<Option<String>>> {
        let mut rows = Vec::new();
        let mut row = Vec::with_capacity(width);
        let mut bytes = self.kept.iter().copied().peekable();
        while rows.len() < self.wanted && bytes.peek().is_some() {
            let quoted = bytes.next_if_eq(&b'"').is_some();
            let mut inside = quoted;
            let mut value = Vec::new();
            let mut end = None;
            while let Some(byte) = bytes.next() {
                match byte {
                    b'"' if inside && bytes.peek() == Some(&b'"') => {
                        bytes.next();
                        value.push(b'"');
                    }
                    b'"' if inside => inside = false,
                    b',' | b'\n' if !inside => {
                        end = Some(byte);
                        break;
                    }
                    _ => value.push(byte),
                }
            }
            row.push((quoted || !value.is_empty()).then(|| shown(&value)));
            if end == Some(b'\n') || (end.is_none() && rows.is_empty()) {
                rows.push(std::mem::take(&mut row));
            }
        }
        rows
    }
}

fn shown(value: &[u8]) -> String {
    let text = String::from_utf8_lossy(value);
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.into_owned(),
    }
}

/// The column that most likely says when a row came to be: one named so, else the first that is never null, else the first.
pub(super) fn dating_column(header: &TableHeader) -> Option<String> {
    let dates = || {
        header.columns.iter().filter(|column| match column.kind {
            ColumnKind::Date | ColumnKind::Timestamp | ColumnKind::TimestampWithZone => true,
            ColumnKind::Boolean
            | ColumnKind::Integer
            | ColumnKind::Float
            | ColumnKind::Decimal
            | ColumnKind::Text
            | ColumnKind::Bytes
            | ColumnKind::Time
            | ColumnKind::Interval
            | ColumnKind::Uuid
            | ColumnKind::Json
            | ColumnKind::Array
            | ColumnKind::Enumeration(_)
            | ColumnKind::Other => false,
        })
    };
    let named = dates().find(|column| {
        let name = column.name.to_ascii_lowercase();
        ["creat", "sent", "occurred", "saved", "added", "viewed", "started"].iter().any(|word| name.contains(word))
    });
    named.or_else(|| dates().find(|column| !column.nullable)).or_else(|| dates().next()).map(|column| column.name.clone())
}
