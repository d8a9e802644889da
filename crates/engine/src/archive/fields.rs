//! Taking a CSV stream as `COPY` writes it apart into values, for the formats beside CSV.

use std::io;

use memchr::{memchr, memchr2};

/// Receives values in the order of the stream.
pub(super) trait Values {
    /// A value of the current row; `None` is null.
    fn value(&mut self, column: usize, value: Option<&[u8]>) -> io::Result<()>;
    fn end_row(&mut self) -> io::Result<()>;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing of the field was seen.
    Start,
    Plain,
    Quoted,
    /// A quote inside quotes: the end, or the first half of a doubled one.
    QuoteInQuotes,
}

/// Splits a stream that was found well-formed; holds at most one value.
pub(super) struct Fields {
    state: State,
    column: usize,
    value: Vec<u8>,
}

impl Fields {
    pub(super) fn new() -> Self {
        Self { state: State::Start, column: 0, value: Vec::new() }
    }

    /// Takes the next bytes, cut anywhere.
    pub(super) fn push(&mut self, mut bytes: &[u8], values: &mut impl Values) -> io::Result<()> {
        while let Some(first) = bytes.first() {
            match self.state {
                State::Start if *first == b'"' => {
                    self.state = State::Quoted;
                    bytes = &bytes[1..];
                }
                State::Quoted => match memchr(b'"', bytes) {
                    Some(quote) => {
                        self.value.extend_from_slice(&bytes[..quote]);
                        self.state = State::QuoteInQuotes;
                        bytes = &bytes[quote + 1..];
                    }
                    None => {
                        self.value.extend_from_slice(bytes);
                        return Ok(());
                    }
                },
                State::QuoteInQuotes if *first == b'"' => {
                    self.value.push(b'"');
                    self.state = State::Quoted;
                    bytes = &bytes[1..];
                }
                State::Start | State::Plain | State::QuoteInQuotes => match memchr2(b',', b'\n', bytes) {
                    Some(end) => {
                        self.value.extend_from_slice(&bytes[..end]);
                        self.end_field(bytes[end], values)?;
                        bytes = &bytes[end + 1..];
                    }
                    None => {
                        self.value.extend_from_slice(bytes);
                        if self.state == State::Start {
                            self.state = State::Plain;
                        }
                        return Ok(());
                    }
                },
            }
        }
        Ok(())
    }

    /// Ends a last row that lacks its line feed.
    pub(super) fn finish(&mut self, values: &mut impl Values) -> io::Result<()> {
        if self.column > 0 || self.state != State::Start { self.end_field(b'\n', values) } else { Ok(()) }
    }

    fn end_field(&mut self, separator: u8, values: &mut impl Values) -> io::Result<()> {
        let is_null = self.state != State::QuoteInQuotes && self.value.is_empty();
        values.value(self.column, (!is_null).then_some(self.value.as_slice()))?;
        self.value.clear();
        self.state = State::Start;
        if separator == b'\n' {
            self.column = 0;
            values.end_row()
        } else {
            self.column += 1;
            Ok(())
        }
    }
}
