//! The sink for one table's rows.

use std::io::{self, Write};

use exeunt_model::archive::header::TableHeader;
use exeunt_model::archive::manifest::{Column, Format, Output, Table};
use exeunt_model::catalog::ColumnKind;

use super::csv_text;
use super::deflate::{Deflater, Packing};
use super::error::Error;
use super::part::{OpenEntry, Part};
use super::scan::{Pieces, ScanError, Scanner};
use super::writer::{ArchiveWriter, FIRST_ROWS};

/// Room that a round of scanning may fill, for the decision where to cut.
const ROUND: u64 = 64 * 1024;

/// Takes a table's rows. Call [`Self::finish`] at the end; a sink that is dropped before spoils the archive.
pub struct TableSink<'archive> {
    archive: &'archive mut ArchiveWriter,
    header: TableHeader,
    header_row: String,
    scanner: Scanner,
    entry: OpenEntry,
    /// The entry's path without ending.
    path: String,
    /// Rows in earlier pieces of the table.
    rows_before: u64,
    outputs: Vec<Output>,
}

/// What went into the archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableTotals {
    pub rows: u64,
    /// Of the CSV file or files, uncompressed.
    pub bytes: u64,
}

struct Flow<'part> {
    part: &'part mut Part,
    deflater: &'part mut Deflater,
    entry: &'part mut OpenEntry,
}

impl Pieces for Flow<'_> {
    fn guarded(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.part.append(self.deflater, self.entry, bytes)
    }

    fn original(&mut self, _bytes: &[u8]) -> io::Result<()> {
        Ok(())
    }
}

impl<'archive> TableSink<'archive> {
    pub(super) fn open(archive: &'archive mut ArchiveWriter, mut header: TableHeader) -> Result<Self, Error> {
        if header.dated_by.is_none() {
            header.dated_by = dating_column(&header);
        }
        let path = archive.paths.table(header.category.name.as_str(), &header.table.local());
        let entry = archive.part.open(&mut archive.deflater, format!("{path}.csv"), Packing::Deflate);
        let header_row = csv_text::header_row(header.columns.iter().map(|column| column.name.as_str()));
        let scanner = Scanner::new(&header, FIRST_ROWS);
        let mut sink = Self { archive, header, header_row, scanner, entry, path, rows_before: 0, outputs: Vec::new() };
        sink.begin_piece()?;
        Ok(sink)
    }

    /// Takes the next bytes, cut anywhere.
    pub fn push(&mut self, mut bytes: &[u8]) -> Result<(), Error> {
        while !bytes.is_empty() {
            let taken = self.scanner.fill(bytes);
            bytes = &bytes[taken..];
            if self.scanner.is_full() {
                self.scan()?;
            }
        }
        Ok(())
    }

    /// Rows scanned so far, for progress; a few may still be staged.
    pub fn rows(&self) -> u64 {
        self.scanner.rows()
    }

    /// Ends the table and returns what went into the archive.
    pub fn finish(mut self) -> Result<TableTotals, Error> {
        self.scan()?;
        let Self { archive, scanner, entry, header, .. } = &mut self;
        let mut flow = Flow { part: &mut archive.part, deflater: &mut archive.deflater, entry };
        let scanned = scanner.finish(&mut flow);
        scanned.map_err(|error| Error::of_scan(&header.table, error, |source| archive.part.failure(source)))?;
        let Self { archive, header, scanner, entry, path, rows_before, mut outputs, .. } = self;
        let findings = scanner.into_findings();
        let rows = findings.rows;
        let path = piece_path(&path, outputs.len(), Format::Csv);
        outputs.push(close_piece(archive, entry, path, rows - rows_before)?);

        let columns = header.columns.into_iter().zip(&findings.columns).map(|(column, (guarded, conforms))| Column {
            name: column.name,
            kind: column.kind,
            declared_type: column.declared_type,
            nullable: column.nullable,
            guarded: *guarded,
            conforms: *conforms,
            description: column.description,
        });
        let bytes = outputs.iter().filter(|output| output.format == Format::Csv).map(|output| output.bytes).sum();
        let table = Table {
            table: header.table,
            category: header.category,
            rows,
            columns: columns.collect(),
            primary_key: header.primary_key,
            references: header.references,
            owner_path: header.owner_path,
            description: header.description,
            dates: findings.statistics.dates.clone(),
            replaced_bytes: findings.replaced_bytes,
            blank_rows: findings.blank_rows,
            outputs,
        };
        archive.list_table(table, findings.statistics);
        archive.pending = None;
        Ok(TableTotals { rows, bytes })
    }

    fn scan(&mut self) -> Result<(), Error> {
        loop {
            let cut = self.is_full_part()?;
            let Self { archive, scanner, entry, header, .. } = self;
            let mut flow = Flow { part: &mut archive.part, deflater: &mut archive.deflater, entry };
            let stopped = scanner.scan(cut, &mut flow);
            let stopped = stopped.map_err(|error| Error::of_scan(&header.table, error, |source| archive.part.failure(source)))?;
            if !stopped {
                return Ok(());
            }
            self.cut()?;
        }
    }

    /// Whether the part would pass its size with the next round; if in doubt, waits for the exact number.
    fn is_full_part(&mut self) -> Result<bool, Error> {
        let Self { archive, entry, .. } = self;
        let Some(size) = archive.options.part_size else { return Ok(false) };
        let ArchiveWriter { part, deflater, .. } = &mut **archive;
        let wanted = entry.buffered() + ROUND;
        if part.bytes_if_closed() + deflater.under_way() + wanted <= size {
            return Ok(false);
        }
        part.settle(deflater, entry).map_err(|source| part.failure(source))?;
        Ok(part.bytes_if_closed() + wanted > size)
    }

    /// Goes on in the next part; called at the end of a row.
    fn cut(&mut self) -> Result<(), Error> {
        let rows = self.scanner.rows();
        let path = piece_path(&self.path, self.outputs.len(), Format::Csv);
        let next_path = piece_path(&self.path, self.outputs.len() + 1, Format::Csv);
        let archive = &mut *self.archive;
        let next = archive.part.open(&mut archive.deflater, next_path.clone(), Packing::Deflate);
        let done = std::mem::replace(&mut self.entry, next);
        self.outputs.push(close_piece(archive, done, path, rows - self.rows_before)?);
        self.rows_before = rows;
        archive.next_part()?;
        self.entry = archive.part.open(&mut archive.deflater, next_path, Packing::Deflate);
        self.begin_piece()
    }

    fn begin_piece(&mut self) -> Result<(), Error> {
        let Self { archive, entry, header_row, .. } = self;
        let ArchiveWriter { part, deflater, .. } = &mut **archive;
        part.append(deflater, entry, header_row.as_bytes()).map_err(|source| part.failure(source))
    }
}

/// `note.csv`, then `note.2.csv` and so on.
fn piece_path(path: &str, pieces_before: usize, format: Format) -> String {
    match pieces_before {
        0 => format!("{path}.{}", format.ending()),
        before => format!("{path}.{}.{}", before + 1, format.ending()),
    }
}

fn close_piece(archive: &mut ArchiveWriter, entry: OpenEntry, path: String, rows: u64) -> Result<Output, Error> {
    let part = archive.part_number();
    let ArchiveWriter { part: zip, deflater, .. } = archive;
    let written = zip.close_entry(deflater, entry).map_err(|source| zip.failure(source))?;
    Ok(Output { path, format: Format::Csv, part, rows, bytes: written.bytes, sha256: written.sha256 })
}

/// The column that most likely says when a row came to be: one named so, else the first that is never null, else the first.
fn dating_column(header: &TableHeader) -> Option<String> {
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

impl Write for TableSink<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.push(bytes)?;
        Ok(bytes.len())
    }

    /// Nothing to do: bytes leave when a block is full or the table ends.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl From<ScanError> for io::Error {
    fn from(error: ScanError) -> Self {
        match error {
            ScanError::Malformed(source) => Self::new(io::ErrorKind::InvalidData, source),
            ScanError::Write(source) => source,
        }
    }
}
