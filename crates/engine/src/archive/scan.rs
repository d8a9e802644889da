//! One pass over CSV as `COPY (…) TO STDOUT (FORMAT csv)` gives it: rows, guard, types, dates, first rows.
//!
//! The bytes go through a staging buffer. 64 bytes at a time become three bit masks (quotes, commas, line feeds); a running exclusive or
//! over the quotes tells inside from outside; what remains are the ends of fields, and only there anything is looked at. A field that
//! hangs over the end of the buffer is carried to the next round when it is short; of a longer one only the head matters.

use std::io;
use std::ops::Range;

use exeunt_model::archive::guard;
use exeunt_model::archive::header::TableHeader;
use exeunt_model::archive::statistics::{Dates, Statistics};
use exeunt_model::archive::values;
use exeunt_model::catalog::ColumnKind;

use super::masks::{Block, running_parity};
use super::tally::{DateTally, FirstRows};

/// Bytes scanned in one round: small enough to stay in the second-level cache between scanning, hashing and copying.
const STAGING: usize = 64 * 1024;
/// A field that begins within this many bytes of the buffer's end is carried over whole. Longer than any date or number with a grammar
/// (`values`), so that of a longer field the answer is known: it does not conform.
const CARRY: usize = 96;

/// The stream is not what `COPY` writes.
#[derive(Debug, thiserror::Error)]
pub enum Malformed {
    #[error("row {row} has {found} values instead of {expected}")]
    Fields { row: u64, found: usize, expected: usize },
    #[error("the quotes of row {row} stay open")]
    OpenQuotes { row: u64 },
}

/// Receives what the scanner lets through.
pub(super) trait Pieces {
    /// The next bytes of the CSV file, guard marks included.
    fn guarded(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// The same bytes as they came, for other formats. Comes after the guarded ones, once per round.
    fn original(&mut self, bytes: &[u8]) -> io::Result<()>;
}

const GUARD: u8 = 1;
const CHECK: u8 = 2;
const DATED: u8 = 4;
/// The only column of its table: null must not become an empty line, which readers skip.
const LONE: u8 = 8;

struct ColumnState {
    kind: ColumnKind,
    looks: u8,
    conforms: bool,
    /// Marks are only for values that do not conform: a negative number in a column of numbers is no formula.
    guard_conforming: bool,
}

pub(super) struct Scanner {
    columns: Box<[ColumnState]>,
    staging: Vec<u8>,
    /// The column of the field that begins, or continues, at the start of the staging buffer.
    column: usize,
    /// That field began in an earlier round and was looked at there.
    continues: bool,
    in_quotes: bool,
    rows: u64,
    /// The current row has a value that is neither null nor empty text.
    row_says_something: bool,
    blank_rows: u64,
    dates: Option<(String, DateTally)>,
    first_rows: FirstRows,
    replaced_bytes: u64,
}

/// What a scanned table turned out to be.
pub(super) struct Findings {
    pub rows: u64,
    /// One per column: guarded, conforms.
    pub columns: Vec<(bool, bool)>,
    pub statistics: Statistics,
    pub replaced_bytes: u64,
    /// Rows in which every value is null or empty text.
    pub blank_rows: u64,
}

impl Scanner {
    pub(super) fn new(header: &TableHeader, first_rows: usize) -> Self {
        let dated = header.dated_by.as_ref().and_then(|name| header.columns.iter().position(|column| column.name == *name));
        let lone = header.columns.len() == 1;
        let columns = header.columns.iter().enumerate().map(|(index, column)| {
            let text_like = guard::applies(&column.kind, true);
            let guarded = guard::applies(&column.kind, column.checked_by_source);
            let checked = values::needs_looking_at(&column.kind, column.checked_by_source);
            let mut looks = 0;
            for (wanted, flag) in [(guarded, GUARD), (checked, CHECK), (dated == Some(index), DATED), (lone, LONE)] {
                looks |= if wanted { flag } else { 0 };
            }
            ColumnState { kind: column.kind.clone(), looks, conforms: true, guard_conforming: text_like }
        });
        Self {
            columns: columns.collect(),
            staging: Vec::with_capacity(STAGING),
            column: 0,
            continues: false,
            in_quotes: false,
            rows: 0,
            row_says_something: false,
            blank_rows: 0,
            dates: dated.map(|index| (header.columns[index].name.clone(), DateTally::default())),
            first_rows: FirstRows::new(first_rows),
            replaced_bytes: 0,
        }
    }

    pub(super) fn rows(&self) -> u64 {
        self.rows
    }

    /// Takes bytes into the staging buffer, as many as fit, and returns how many that were.
    pub(super) fn fill(&mut self, bytes: &[u8]) -> usize {
        let taken = bytes.len().min(STAGING.saturating_sub(self.staging.len()));
        self.staging.extend_from_slice(&bytes[..taken]);
        taken
    }

    pub(super) fn is_full(&self) -> bool {
        self.staging.len() >= STAGING
    }

    /// Scans what is staged. With `stop_at_row_end` it stops after the next row end and returns `true` there; the rest stays staged.
    pub(super) fn scan(&mut self, stop_at_row_end: bool, pieces: &mut impl Pieces) -> Result<bool, ScanError> {
        self.round(false, stop_at_row_end, pieces)
    }

    /// Scans the last bytes.
    pub(super) fn finish(&mut self, pieces: &mut impl Pieces) -> Result<(), ScanError> {
        self.round(true, false, pieces).map(|_stopped| ())
    }

    pub(super) fn into_findings(self) -> Findings {
        let columns = self.columns.iter().map(|column| (column.looks & GUARD != 0, column.conforms)).collect();
        let first_rows = self.first_rows.parse(self.columns.len());
        let (dates, months) = match self.dates.map(|(column, tally)| (column, tally.finish())) {
            Some((column, Some((first, last, months)))) => (Some(Dates { column, first, last }), months),
            Some((_, None)) | None => (None, Vec::new()),
        };
        Findings {
            rows: self.rows,
            columns,
            statistics: Statistics { first_rows, dates, months },
            replaced_bytes: self.replaced_bytes,
            blank_rows: self.blank_rows,
        }
    }

    fn round(&mut self, last: bool, stop_at_row_end: bool, pieces: &mut impl Pieces) -> Result<bool, ScanError> {
        let staging = std::mem::take(&mut self.staging);
        let (mut staging, end) = self.valid_text(staging, last);
        let mut round = Round { data: &staging[..end], start: 0, flushed: 0 };
        let stopped = self.walk(&mut round, stop_at_row_end, pieces)?;

        let kept_from = if stopped {
            round.flush_to(round.start, pieces)?;
            round.start
        } else if last {
            self.close(&mut round, pieces)?;
            end
        } else {
            let open_field = end - round.start;
            let carried = open_field <= CARRY && !self.continues;
            if carried {
                self.in_quotes = false;
                round.flush_to(round.start, pieces)?;
                round.start
            } else {
                if !self.continues {
                    self.look_at_head(&mut round, pieces)?;
                }
                self.continues = true;
                round.flush_to(end, pieces)?;
                end
            }
        };
        self.first_rows.push(&staging[..kept_from]);
        pieces.original(&staging[..kept_from])?;
        staging.drain(..kept_from);
        self.staging = staging;
        Ok(stopped)
    }

    /// Finds the field ends of the round. Stops behind a row end if asked to.
    fn walk(&mut self, round: &mut Round<'_>, stop_at_row_end: bool, pieces: &mut impl Pieces) -> Result<bool, ScanError> {
        let width = self.columns.len().max(1);
        let mut inside = if self.in_quotes { u64::MAX } else { 0 };
        let mut base = 0;
        while base < round.data.len() {
            let block = Block::load(&round.data[base..]);
            let quotes = block.positions_of(b'"');
            let mut ends = block.positions_of(b',') | block.positions_of(b'\n');
            if quotes | inside != 0 {
                let quoted = running_parity(quotes) ^ inside;
                inside = (quoted.cast_signed() >> 63).cast_unsigned();
                ends &= !quoted;
            }
            while ends != 0 {
                let end = base + ends.trailing_zeros() as usize;
                ends &= ends - 1;
                if !self.continues
                    && let Some(state) = self.columns.get(self.column)
                    && state.looks != 0
                {
                    self.look_at(round, end, pieces)?;
                }
                self.row_says_something |= self.continues || says_something(&round.data[round.start..end]);
                self.continues = false;
                round.start = end + 1;
                self.column += 1;
                if round.data[end] == b'\n' {
                    self.end_row(width)?;
                    if stop_at_row_end {
                        // A stop is rare; the parity up to here is even, since a row ends outside quotes.
                        self.in_quotes = false;
                        return Ok(true);
                    }
                } else if self.column >= width {
                    return Err(Malformed::Fields { row: self.rows + 1, found: self.column + 1, expected: width }.into());
                }
            }
            base += 64;
        }
        self.in_quotes = inside != 0;
        Ok(false)
    }

    #[inline]
    fn end_row(&mut self, width: usize) -> Result<(), Malformed> {
        if self.column != width {
            return Err(Malformed::Fields { row: self.rows + 1, found: self.column, expected: width });
        }
        self.column = 0;
        self.rows += 1;
        self.blank_rows += u64::from(!self.row_says_something);
        self.row_says_something = false;
        Ok(())
    }

    /// The end of the stream: a last row may lack its line feed.
    fn close(&mut self, round: &mut Round<'_>, pieces: &mut impl Pieces) -> Result<(), ScanError> {
        if self.in_quotes {
            return Err(Malformed::OpenQuotes { row: self.rows + 1 }.into());
        }
        let end = round.data.len();
        let open_row = self.column > 0 || self.continues || round.start < end;
        if open_row && !self.continues {
            self.look_at(round, end, pieces)?;
        }
        round.flush_to(end, pieces)?;
        if open_row {
            self.row_says_something |= self.continues || says_something(&round.data[round.start..end]);
            self.column += 1;
            self.end_row(self.columns.len().max(1))?;
            pieces.guarded(b"\n")?;
        }
        Ok(())
    }

    /// Looks at the whole field that ends before `end`.
    #[inline]
    fn look_at(&mut self, round: &mut Round<'_>, end: usize, pieces: &mut impl Pieces) -> io::Result<()> {
        let Some(state) = self.columns.get_mut(self.column) else { return Ok(()) };
        let field = round.start..end;
        let value = match unquoted(round.data, field.clone()) {
            Some(value) => value,
            None => {
                if state.looks & LONE != 0 {
                    round.flush_to(end, pieces)?;
                    pieces.guarded(b"\"\"")?;
                }
                return Ok(());
            }
        };
        let mut marked = state.looks & GUARD != 0 && begins_like_a_formula(&round.data[value.clone()]);
        if state.looks & (CHECK | DATED) != 0 {
            let bytes = &round.data[value.clone()];
            if state.looks & DATED != 0
                && let Some((_, tally)) = &mut self.dates
            {
                tally.count(bytes);
            }
            if state.looks & CHECK != 0 {
                let conforms = values::conforms(&state.kind, bytes);
                state.conforms &= conforms;
                marked &= state.guard_conforming || !conforms;
            }
        }
        if marked { round.mark(value.start, pieces) } else { Ok(()) }
    }

    /// Looks at the head of a field that is too long to be carried over.
    #[cold]
    fn look_at_head(&mut self, round: &mut Round<'_>, pieces: &mut impl Pieces) -> io::Result<()> {
        let Some(state) = self.columns.get_mut(self.column) else { return Ok(()) };
        if state.looks & CHECK != 0 {
            state.conforms = false;
        }
        let quoted = round.data[round.start] == b'"';
        let head = round.start + usize::from(quoted);
        if state.looks & GUARD != 0 && begins_like_a_formula(&round.data[head..]) { round.mark(head, pieces) } else { Ok(()) }
    }

    /// Replaces what is not UTF-8, and returns how much of the buffer holds whole characters.
    fn valid_text(&mut self, staging: Vec<u8>, last: bool) -> (Vec<u8>, usize) {
        match std::str::from_utf8(&staging) {
            Ok(_) => {
                let end = staging.len();
                (staging, end)
            }
            Err(error) if error.error_len().is_none() && !last => {
                let end = error.valid_up_to();
                (staging, end)
            }
            Err(_) => self.replace_invalid(&staging, last),
        }
    }

    #[cold]
    fn replace_invalid(&mut self, staging: &[u8], last: bool) -> (Vec<u8>, usize) {
        let mut text = Vec::with_capacity(staging.len() * 2);
        let mut end = 0;
        for chunk in staging.utf8_chunks() {
            end += chunk.valid().len() + chunk.invalid().len();
            text.extend_from_slice(chunk.valid().as_bytes());
            let incomplete = std::str::from_utf8(chunk.invalid()).is_err_and(|error| error.error_len().is_none());
            if end == staging.len() && incomplete && !last {
                let valid = text.len();
                text.extend_from_slice(chunk.invalid());
                return (text, valid);
            }
            if !chunk.invalid().is_empty() {
                self.replaced_bytes += chunk.invalid().len() as u64;
                text.extend_from_slice("\u{fffd}".as_bytes());
            }
        }
        let valid = text.len();
        (text, valid)
    }
}

/// A scan ends in a malformed stream or in a failure to pass the bytes on.
#[derive(Debug, thiserror::Error)]
pub(super) enum ScanError {
    #[error(transparent)]
    Malformed(#[from] Malformed),
    #[error(transparent)]
    Write(#[from] io::Error),
}

/// One buffer's worth of scanning.
struct Round<'data> {
    data: &'data [u8],
    /// Where the current field begins.
    start: usize,
    /// Everything before was passed on.
    flushed: usize,
}

impl Round<'_> {
    fn flush_to(&mut self, end: usize, pieces: &mut impl Pieces) -> io::Result<()> {
        if end > self.flushed {
            pieces.guarded(&self.data[self.flushed..end])?;
            self.flushed = end;
        }
        Ok(())
    }

    #[cold]
    fn mark(&mut self, at: usize, pieces: &mut impl Pieces) -> io::Result<()> {
        self.flush_to(at, pieces)?;
        pieces.guarded(&[guard::MARK as u8])
    }
}

/// The value's place between its quotes, if it has any; `None` is null. Inner quotes stay doubled.
#[inline]
fn unquoted(data: &[u8], field: Range<usize>) -> Option<Range<usize>> {
    match data[field.clone()] {
        [] => None,
        [b'"', .., b'"'] => Some(field.start + 1..field.end - 1),
        [..] => Some(field),
    }
}

/// Whether a field is neither null nor empty text.
#[inline]
fn says_something(field: &[u8]) -> bool {
    field.len() > 2 || field.first().is_some_and(|byte| *byte != b'"')
}

#[inline]
fn begins_like_a_formula(value: &[u8]) -> bool {
    match value {
        [b'=' | b'+' | b'-' | b'@' | b'\t' | b'\r' | b'\n' | b'\'', ..] => true,
        // The full-width forms U+FF1D, U+FF0B, U+FF0D and U+FF20.
        [0xef, 0xbc, 0x9d | 0x8b | 0x8d | 0xa0, ..] => true,
        [..] => false,
    }
}

#[cfg(test)]
mod tests;
