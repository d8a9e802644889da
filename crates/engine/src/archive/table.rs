//! The sink for one table's rows.

use std::io::{self, Write};

use exeunt_model::archive::header::TableHeader;
use exeunt_model::archive::manifest::{Column, Format, Output, Table};

use super::csv_text;
use super::deflate::Packing;
use super::error::Error;
use super::lines::JsonLines;
use super::part::{OpenEntry, Written};
use super::scan::{Pieces, ScanError, Scanner};
use super::side::SideEntry;
use super::spool::Spool;
use super::tally::dating_column;
use super::writer::{ArchiveWriter, FIRST_ROWS};

/// Room that a round of scanning may fill, for the decision where to cut.
const ROUND: u64 = 64 * 1024;

/// Takes a table's rows. Call [`Self::finish`] at the end; a sink that is dropped before spoils the archive.
pub struct TableSink<'archive> {
    archive: &'archive mut ArchiveWriter,
    header: TableHeader,
    header_row: String,
    scanner: Scanner,
    lanes: Lanes,
    /// The entries' path without ending.
    path: String,
    /// Closed pieces, and the rows in them: parts split a table.
    pieces: usize,
    rows_before: u64,
    outputs: Vec<Output>,
}

/// What is being written of a table: CSV straight into the ZIP, other formats on the side.
struct Lanes {
    csv: OpenEntry,
    lines: Option<(JsonLines, SideEntry)>,
    /// All rows as they came, for Parquet, whose columns can only be typed when the last value is known.
    columnar: Option<SideEntry>,
}

/// What went into the archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableTotals {
    pub rows: u64,
    /// Of the CSV file or files, uncompressed.
    pub bytes: u64,
}

struct Flow<'table> {
    archive: &'table mut ArchiveWriter,
    lanes: &'table mut Lanes,
}

impl Pieces for Flow<'_> {
    fn guarded(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.archive.part.append(&mut self.archive.deflater, &mut self.lanes.csv, bytes)
    }

    fn original(&mut self, bytes: &[u8]) -> io::Result<()> {
        if let Some(entry) = &mut self.lanes.columnar {
            entry.append(&mut self.archive.columnar_deflater, bytes)?;
        }
        if let Some((lines, entry)) = &mut self.lanes.lines {
            entry.append(&mut self.archive.lines_deflater, lines.push(bytes)?)?;
        }
        Ok(())
    }
}

impl<'archive> TableSink<'archive> {
    pub(super) fn open(archive: &'archive mut ArchiveWriter, mut header: TableHeader) -> Result<Self, Error> {
        if header.dated_by.is_none() {
            header.dated_by = dating_column(&header);
        }
        let path = archive.paths.table(header.category.name.as_str(), &header.table.local());
        let header_row = csv_text::header_row(header.columns.iter().map(|column| column.name.as_str()));
        let scanner = Scanner::new(&header, FIRST_ROWS);
        let side = |wanted: bool| wanted.then(|| SideEntry::new(Spool::new(&archive.options.spool_place())));
        let lanes = Lanes {
            csv: archive.part.open(&mut archive.deflater, piece_path(&path, 0, Format::Csv), Packing::Deflate),
            lines: side(archive.options.json_lines).map(|entry| (JsonLines::new(&header.columns), entry)),
            // Parquet has no table without columns.
            columnar: side(archive.options.parquet && !header.columns.is_empty()),
        };
        let mut sink = Self { archive, header, header_row, scanner, lanes, path, pieces: 0, rows_before: 0, outputs: Vec::new() };
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
    pub fn finish(self) -> Result<TableTotals, Error> {
        self.finish_and_return().map(|(totals, _)| totals)
    }

    /// Ends the table and gives the archive back, for whoever holds nothing but the sink.
    pub fn finish_and_return(mut self) -> Result<(TableTotals, &'archive mut ArchiveWriter), Error> {
        self.scan()?;
        let mut flow = Flow { archive: &mut *self.archive, lanes: &mut self.lanes };
        let scanned = self.scanner.finish(&mut flow);
        scanned.map_err(|error| Error::of_scan(&self.header.table, error, |source| self.archive.part.failure(source)))?;
        if let Some((lines, entry)) = &mut self.lanes.lines {
            let rest = lines.finish().and_then(|text| entry.append(&mut self.archive.lines_deflater, text));
            rest.map_err(|source| self.archive.part.failure(source))?;
        }
        self.close_piece()?;
        let Self { archive, header, scanner, lanes, path, mut outputs, .. } = self;
        let findings = scanner.into_findings();
        let rows = findings.rows;
        let trusted: Vec<bool> = header.columns.iter().map(|column| column.checked_by_source).collect();
        let columns = header.columns.into_iter().zip(&findings.columns).map(|(column, (guarded, conforms))| Column {
            name: column.name,
            kind: column.kind,
            declared_type: column.declared_type,
            nullable: column.nullable,
            guarded: *guarded,
            conforms: *conforms,
            description: column.description,
        });
        let columns: Vec<Column> = columns.collect();
        let bytes = outputs.iter().filter(|output| output.format == Format::Csv).map(|output| output.bytes).sum();
        if let Some(rows_as_they_came) = lanes.columnar {
            outputs.push(write_parquet(archive, rows_as_they_came, (&columns, &trusted), &path, rows)?);
        }
        let table = Table {
            table: header.table,
            category: header.category,
            rows,
            columns,
            primary_key: header.primary_key,
            references: header.references,
            owner_paths: header.owner_paths,
            description: header.description,
            dates: findings.statistics.dates.clone(),
            replaced_bytes: findings.replaced_bytes,
            blank_rows: findings.blank_rows,
            outputs,
        };
        archive.list_table(table, findings.statistics);
        archive.pending = None;
        Ok((TableTotals { rows, bytes }, archive))
    }

    fn scan(&mut self) -> Result<(), Error> {
        loop {
            let cut = self.is_full_part()?;
            let mut flow = Flow { archive: &mut *self.archive, lanes: &mut self.lanes };
            let stopped = self.scanner.scan(cut, &mut flow);
            let stopped = stopped.map_err(|error| Error::of_scan(&self.header.table, error, |source| self.archive.part.failure(source)))?;
            if !stopped {
                return Ok(());
            }
            self.close_piece()?;
            self.archive.next_part()?;
            self.begin_piece()?;
        }
    }

    /// Whether the part would pass its size with the next round; if in doubt, waits for the exact number.
    fn is_full_part(&mut self) -> Result<bool, Error> {
        let Some(size) = self.archive.options.part_size else { return Ok(false) };
        let ArchiveWriter { part, deflater, lines_deflater, .. } = &mut *self.archive;
        let Lanes { csv, lines, .. } = &mut self.lanes;
        let lines = lines.as_ref().map_or(0, |(_, entry)| entry.bytes_to_come(lines_deflater) + ROUND);
        let wanted = csv.buffered() + lines + ROUND;
        if part.bytes_if_closed() + deflater.under_way() + wanted <= size {
            return Ok(false);
        }
        part.settle(deflater, csv).map_err(|source| part.failure(source))?;
        Ok(part.bytes_if_closed() + wanted > size)
    }

    /// Opens the next entry, unless it is open as the table's first.
    fn begin_piece(&mut self) -> Result<(), Error> {
        let ArchiveWriter { part, deflater, options, .. } = &mut *self.archive;
        if self.pieces > 0 {
            self.lanes.csv = part.open(deflater, piece_path(&self.path, self.pieces, Format::Csv), Packing::Deflate);
            if let Some((_, entry)) = &mut self.lanes.lines {
                *entry = SideEntry::new(Spool::new(&options.spool_place()));
            }
        }
        part.append(deflater, &mut self.lanes.csv, self.header_row.as_bytes()).map_err(|source| part.failure(source))
    }

    /// Closes the entries of the rows since the last call; called at the end of a row.
    fn close_piece(&mut self) -> Result<(), Error> {
        let rows = self.scanner.rows() - self.rows_before;
        let part_number = self.archive.part_number();
        let ArchiveWriter { part, deflater, lines_deflater, options, .. } = &mut *self.archive;
        let output = |format: Format, written: Written| Output {
            path: piece_path(&self.path, self.pieces, format),
            format,
            part: part_number,
            rows,
            bytes: written.bytes,
            sha256: written.sha256,
        };
        let csv = part.close_entry(deflater, &mut self.lanes.csv).map_err(|source| part.failure(source))?;
        self.outputs.push(output(Format::Csv, csv));
        if let Some((_, entry)) = &mut self.lanes.lines {
            let done = std::mem::replace(entry, SideEntry::new(Spool::new(&options.spool_place())));
            let path = piece_path(&self.path, self.pieces, Format::JsonLines);
            let written = done.close(lines_deflater, part, path).map_err(|source| part.failure(source))?;
            self.outputs.push(output(Format::JsonLines, written));
        }
        self.pieces += 1;
        self.rows_before += rows;
        Ok(())
    }
}

/// `note.csv`, then `note.2.csv` and so on.
fn piece_path(path: &str, pieces_before: usize, format: Format) -> String {
    match pieces_before {
        0 => format!("{path}.{}", format.ending()),
        before => format!("{path}.{}.{}", before + 1, format.ending()),
    }
}

/// The whole table in one Parquet file, in the part where the table ends.
#[cfg(feature = "parquet")]
fn write_parquet(
    archive: &mut ArchiveWriter,
    rows_as_they_came: SideEntry,
    (columns, trusted): (&[Column], &[bool]),
    path: &str,
    rows: u64,
) -> Result<Output, Error> {
    let part = archive.part_number();
    let spool = Spool::new(&archive.options.spool_place());
    let path = piece_path(path, 0, Format::Parquet);
    let ArchiveWriter { part: zip, columnar_deflater, .. } = archive;
    let written = super::columnar::convert(rows_as_they_came, columnar_deflater, columns, trusted, spool)
        .and_then(|(packed, sha256)| {
            let bytes = packed.bytes;
            zip.packed_entry(path.clone(), packed, super::zip::STORED)?;
            Ok(Written { bytes, sha256 })
        })
        .map_err(|source| zip.failure(source))?;
    Ok(Output { path, format: Format::Parquet, part, rows, bytes: written.bytes, sha256: written.sha256 })
}

/// Never called: `ArchiveWriter::create` refuses the wish.
#[cfg(not(feature = "parquet"))]
fn write_parquet(_: &mut ArchiveWriter, _: SideEntry, _: (&[Column], &[bool]), _: &str, _: u64) -> Result<Output, Error> {
    Err(Error::NoParquet)
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
