//! Reading `files.csv` row by row while the files it lists are checked.

use std::io::{BufRead, BufReader, Read};

use exeunt_model::archive::guard;
use exeunt_model::digest::Digest;
use flate2::bufread::DeflateDecoder;

use super::read::{Shared, Stretch};
use super::zip::{self, Entry};

/// A row of the list.
pub(super) struct ListedFile {
    pub path: String,
    pub part: u32,
    pub bytes: u64,
    pub sha256: Digest,
}

pub(super) struct Listing<'file> {
    reader: BufReader<Box<dyn Read + 'file>>,
    at_start: bool,
}

/// Longest row read; keys are file names.
const LONGEST_ROW: usize = 1024 * 1024;

impl<'file> Listing<'file> {
    pub(super) fn open(file: &'file Shared, entry: &Entry) -> Self {
        let start = entry.offset.saturating_add(entry.local_header().len() as u64);
        let stretch = Stretch::new(file, start, start.saturating_add(entry.compressed));
        let packed = BufReader::new(stretch);
        let reader: Box<dyn Read + 'file> =
            if entry.method == zip::DEFLATED { Box::new(DeflateDecoder::new(packed)) } else { Box::new(packed) };
        Self { reader: BufReader::new(reader), at_start: true }
    }

    /// The next file; `None` behind the last.
    pub(super) fn next(&mut self) -> Result<Option<ListedFile>, String> {
        if self.at_start {
            self.at_start = false;
            self.row()?;
        }
        let Some(row) = self.row()? else { return Ok(None) };
        let [path, part, _category, _source, _key, bytes, sha256, _media_type] = row.as_slice() else {
            return Err("files.csv has a row with another number of values".to_owned());
        };
        let number = |text: &str| text.parse().map_err(|_| "files.csv has a number that is none".to_owned());
        let sha256 = Digest::parse(sha256).ok_or_else(|| "files.csv has a digest that is none".to_owned())?;
        let part = u32::try_from(number(part)?).unwrap_or(u32::MAX);
        Ok(Some(ListedFile { path: guard::restore(path).to_owned(), part, bytes: number(bytes)?, sha256 }))
    }

    /// The values of one row, marks of the guard included; `None` at the end.
    fn row(&mut self) -> Result<Option<Vec<String>>, String> {
        let mut line = Vec::new();
        loop {
            let count = self.reader.read_until(b'\n', &mut line).map_err(|error| error.to_string())?;
            let open = line.iter().filter(|byte| **byte == b'"').count() % 2 == 1;
            if count == 0 && line.is_empty() {
                return Ok(None);
            }
            if count == 0 || line.len() > LONGEST_ROW {
                return Err("files.csv ends inside a row".to_owned());
            }
            if !open {
                break;
            }
        }
        let text = String::from_utf8(line).map_err(|_| "files.csv is not UTF-8".to_owned())?;
        let mut values = Vec::new();
        let mut value = String::new();
        let mut quoted = false;
        let mut characters = text.trim_end_matches('\n').chars().peekable();
        while let Some(character) = characters.next() {
            match character {
                '"' if quoted && characters.next_if_eq(&'"').is_some() => value.push('"'),
                '"' => quoted = !quoted,
                ',' if !quoted => values.push(std::mem::take(&mut value)),
                other => value.push(other),
            }
        }
        values.push(value);
        Ok(Some(values))
    }
}
