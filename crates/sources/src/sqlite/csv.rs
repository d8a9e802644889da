//! Rows of SQLite as CSV, with the conventions of PostgreSQL's `COPY … (FORMAT csv)`.
//!
//! Null is nothing at all, the empty text is `""`, quotes are doubled, lines end with a line feed, and there is no header.

use std::io::{self, Write};

use exeunt_model::digest::hex;
use memchr::{memchr, memchr3};
use rusqlite::types::ValueRef;

use crate::sqlite::value::real;

/// Bytes that are collected before they are written on.
const BLOCK_BYTES: usize = 64 * 1024;

/// Writes rows to an output in blocks.
pub(crate) struct CsvWriter<'a> {
    output: &'a mut dyn Write,
    block: Vec<u8>,
    pub rows: u64,
}

impl<'a> CsvWriter<'a> {
    pub(crate) fn new(output: &'a mut dyn Write) -> Self {
        Self { output, block: Vec::with_capacity(BLOCK_BYTES * 2), rows: 0 }
    }

    /// Writes one row of `columns` values.
    pub(crate) fn row<'v, E: From<io::Error>>(
        &mut self,
        columns: usize,
        mut value: impl FnMut(usize) -> Result<ValueRef<'v>, E>,
    ) -> Result<(), E> {
        for at in 0..columns {
            if at > 0 {
                self.block.push(b',');
            }
            self.value(value(at)?, columns == 1);
        }
        self.block.push(b'\n');
        self.rows += 1;
        if self.block.len() >= BLOCK_BYTES {
            self.pass()?;
        }
        Ok(())
    }

    fn value(&mut self, value: ValueRef<'_>, only: bool) {
        match value {
            ValueRef::Null => {}
            // Writing to a vector never fails.
            ValueRef::Integer(number) => drop(write!(self.block, "{number}")),
            ValueRef::Real(number) => self.block.extend(real(number).as_bytes()),
            ValueRef::Text(text) if std::str::from_utf8(text).is_ok() => self.text(text, only),
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
                self.block.extend(b"\\x");
                self.block.extend(hex(bytes).as_bytes());
            }
        }
    }

    fn text(&mut self, text: &[u8], only: bool) {
        let special = memchr3(b',', b'"', b'\n', text).is_some() || memchr(b'\r', text).is_some();
        // A line `\.` alone would end the data for PostgreSQL's readers.
        let ends_data = only && text == b"\\.";
        if !(special || text.is_empty() || ends_data) {
            self.block.extend(text);
            return;
        }
        self.block.push(b'"');
        let mut rest = text;
        while let Some(at) = memchr(b'"', rest) {
            self.block.extend(&rest[..=at]);
            self.block.push(b'"');
            rest = &rest[at + 1..];
        }
        self.block.extend(rest);
        self.block.push(b'"');
    }

    fn pass(&mut self) -> io::Result<()> {
        self.output.write_all(&self.block)?;
        self.block.clear();
        Ok(())
    }

    /// Writes what is left and returns the number of rows.
    pub(crate) fn finish(mut self) -> io::Result<u64> {
        self.pass()?;
        Ok(self.rows)
    }
}
