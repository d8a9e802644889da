//! The records of a ZIP file (PKWARE APPNOTE 6.3), as bytes.
//!
//! Small entries are written with their sizes in front. Of larger ones the sizes are not known when their first bytes leave, so they
//! follow in a data descriptor; only its form decides whether such an entry may pass 4 GiB, nothing has to be announced. The central
//! directory and the end take their zip64 forms where a number needs it and not otherwise.

use jiff::Timestamp;
use jiff::tz::TimeZone;

const LOCAL_HEADER: u32 = 0x0403_4b50;
const DATA_DESCRIPTOR: u32 = 0x0807_4b50;
pub(super) const CENTRAL_HEADER: u32 = 0x0201_4b50;
pub(super) const END_64: u32 = 0x0606_4b50;
const END_64_LOCATOR: u32 = 0x0706_4b50;
pub(super) const END: u32 = 0x0605_4b50;

pub(super) const STORED: u16 = 0;
pub(super) const DEFLATED: u16 = 8;

/// Names are UTF-8.
const UTF_8: u16 = 1 << 11;
/// Checksum and sizes follow the data.
pub(super) const SIZES_FOLLOW: u16 = 1 << 3;

const VERSION: u16 = 20;
const VERSION_64: u16 = 45;
/// Written on Unix, so that the permissions below count.
const MADE_BY: u16 = 3 << 8 | VERSION_64;
/// An ordinary file, `rw-r--r--`.
const ATTRIBUTES: u32 = 0o100_644 << 16;

/// What a number that has its place in a zip64 field leaves in its old one.
const SEE_64: u32 = u32::MAX;

/// What the directory says of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub path: String,
    pub method: u16,
    pub sizes_follow: bool,
    pub modified: Modified,
    pub crc: u32,
    pub compressed: u64,
    pub size: u64,
    /// Where its local header begins.
    pub offset: u64,
}

/// A time as ZIP keeps it: coarse, and without a zone. Here it is UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Modified {
    time: u16,
    date: u16,
}

impl Modified {
    pub(super) fn at(timestamp: Timestamp) -> Self {
        let moment = timestamp.to_zoned(TimeZone::UTC).datetime();
        let bits = |number: i16| number.unsigned_abs();
        let year = bits(moment.year().clamp(1980, 2107) - 1980);
        let small = |number: i8| u16::from(number.unsigned_abs());
        Self {
            time: small(moment.hour()) << 11 | small(moment.minute()) << 5 | (small(moment.second()) / 2),
            date: year << 9 | small(moment.month()) << 5 | small(moment.day()),
        }
    }
}

impl Modified {
    pub(super) fn from_fields(time: u16, date: u16) -> Self {
        Self { time, date }
    }
}

#[derive(Default)]
struct Record(Vec<u8>);

impl Record {
    fn u16(&mut self, number: u16) -> &mut Self {
        self.0.extend_from_slice(&number.to_le_bytes());
        self
    }

    fn u32(&mut self, number: u32) -> &mut Self {
        self.0.extend_from_slice(&number.to_le_bytes());
        self
    }

    fn u64(&mut self, number: u64) -> &mut Self {
        self.0.extend_from_slice(&number.to_le_bytes());
        self
    }
}

/// The number where it fits into the old field, else the pointer to the zip64 field.
fn narrow(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(SEE_64)
}

fn is_wide(number: u64) -> bool {
    number >= u64::from(SEE_64)
}

impl Entry {
    fn flags(&self) -> u16 {
        UTF_8 | if self.sizes_follow { SIZES_FOLLOW } else { 0 }
    }

    /// What stands before the entry's data.
    pub(super) fn local_header(&self) -> Vec<u8> {
        let wide = !self.sizes_follow && (is_wide(self.compressed) || is_wide(self.size));
        let version = if wide { VERSION_64 } else { VERSION };
        let mut record = Record::default();
        record.u32(LOCAL_HEADER).u16(version).u16(self.flags()).u16(self.method).u16(self.modified.time).u16(self.modified.date);
        if self.sizes_follow {
            record.u32(0).u32(0).u32(0);
        } else if wide {
            record.u32(self.crc).u32(SEE_64).u32(SEE_64);
        } else {
            record.u32(self.crc).u32(narrow(self.compressed)).u32(narrow(self.size));
        }
        record.u16(name_length(&self.path)).u16(if wide { 20 } else { 0 });
        record.0.extend_from_slice(self.path.as_bytes());
        if wide {
            // Here, unlike in the directory, both numbers must stand.
            record.u16(1).u16(16).u64(self.size).u64(self.compressed);
        }
        record.0
    }

    /// What stands behind the data where `sizes_follow`.
    pub(super) fn data_descriptor(&self) -> Vec<u8> {
        let mut record = Record::default();
        record.u32(DATA_DESCRIPTOR).u32(self.crc);
        if is_wide(self.compressed) || is_wide(self.size) {
            record.u64(self.compressed).u64(self.size);
        } else {
            record.u32(narrow(self.compressed)).u32(narrow(self.size));
        }
        record.0
    }

    /// The entry's line in the central directory.
    pub(super) fn central_header(&self) -> Vec<u8> {
        let mut wide = Record::default();
        for number in [self.size, self.compressed, self.offset] {
            if is_wide(number) {
                wide.u64(number);
            }
        }
        let version = if wide.0.is_empty() { VERSION } else { VERSION_64 };
        let mut extra = Record::default();
        if !wide.0.is_empty() {
            extra.u16(1).u16(u16::try_from(wide.0.len()).unwrap_or(u16::MAX));
            extra.0.append(&mut wide.0);
        }

        let mut record = Record::default();
        record.u32(CENTRAL_HEADER).u16(MADE_BY).u16(version).u16(self.flags()).u16(self.method);
        record.u16(self.modified.time).u16(self.modified.date).u32(self.crc);
        record.u32(narrow(self.compressed)).u32(narrow(self.size));
        record.u16(name_length(&self.path)).u16(u16::try_from(extra.0.len()).unwrap_or(u16::MAX)).u16(0);
        record.u16(0).u16(0).u32(ATTRIBUTES).u32(narrow(self.offset));
        record.0.extend_from_slice(self.path.as_bytes());
        record.0.append(&mut extra.0);
        record.0
    }
}

/// Paths are shortened to a few hundred bytes long before they get here.
fn name_length(path: &str) -> u16 {
    u16::try_from(path.len()).unwrap_or(u16::MAX)
}

/// Where the central directory lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Directory {
    pub entries: u64,
    pub offset: u64,
    pub bytes: u64,
}

impl Directory {
    /// What stands behind the central directory, up to the comment, of which only the length is told here.
    pub(super) fn end(&self, comment_length: u16) -> Vec<u8> {
        let mut record = Record::default();
        let few = u16::try_from(self.entries).ok().filter(|entries| *entries < u16::MAX);
        if few.is_none() || is_wide(self.offset) || is_wide(self.bytes) {
            record.u32(END_64).u64(44).u16(MADE_BY).u16(VERSION_64).u32(0).u32(0);
            record.u64(self.entries).u64(self.entries).u64(self.bytes).u64(self.offset);
            record.u32(END_64_LOCATOR).u32(0).u64(self.offset + self.bytes).u32(1);
        }
        let entries = few.unwrap_or(u16::MAX);
        record.u32(END).u16(0).u16(0).u16(entries).u16(entries).u32(narrow(self.bytes)).u32(narrow(self.offset)).u16(comment_length);
        record.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(compressed: u64, size: u64, offset: u64) -> Entry {
        let modified = Modified::at("2025-06-14T09:31:02Z".parse().expect("a timestamp"));
        Entry { path: "data/a.csv".to_owned(), method: DEFLATED, sizes_follow: true, modified, crc: 1, compressed, size, offset }
    }

    #[test]
    fn zip64_forms_appear_exactly_where_a_number_needs_them() {
        const LIMIT: u64 = 0xffff_ffff;
        assert_eq!(entry(10, LIMIT - 1, 0).data_descriptor().len(), 16);
        assert_eq!(entry(10, LIMIT, 0).data_descriptor().len(), 24);
        let local = |size| Entry { sizes_follow: false, ..entry(10, size, 0) }.local_header().len();
        assert_eq!(local(LIMIT), local(LIMIT - 1) + 20);
        let plain = entry(10, LIMIT - 1, LIMIT - 1).central_header().len();
        assert_eq!(entry(10, LIMIT, 0).central_header().len(), plain + 4 + 8);
        assert_eq!(entry(10, LIMIT, LIMIT).central_header().len(), plain + 4 + 16);
        assert_eq!(entry(LIMIT, LIMIT, LIMIT).central_header().len(), plain + 4 + 24);
        let end = |entries, offset| Directory { entries, offset, bytes: 100 }.end(0).len();
        assert_eq!(end(65_534, LIMIT - 1), 22);
        assert_eq!(end(65_535, 0), 22 + 56 + 20);
        assert_eq!(end(1, LIMIT), 22 + 56 + 20);
    }

    #[test]
    fn times_outside_the_calendar_of_zip_are_moved_into_it() {
        let at = |text: &str| Modified::at(text.parse().expect("a timestamp"));
        assert_eq!(at("1970-01-01T00:00:00Z").date, 1 << 5 | 1);
        assert_eq!(at("2025-06-14T09:31:02Z"), Modified { time: 9 << 11 | 31 << 5 | 1, date: 45 << 9 | 6 << 5 | 14 });
    }
}
