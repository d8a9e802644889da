//! The archive writer: tables and files in, one ZIP (or several parts) out.
//!
//! ```text
//! caller ─CSV bytes─► scan: count, guard, check ─► SHA-256 ─► blocks ─► deflate (threads) ─► NAME.zip.partial ─► NAME.zip
//! ```
//!
//! Memory does not depend on how much passes through: lists that grow with the number of files are spooled.

use std::fs;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use exeunt_model::archive::header::{FileHeader, Summary, TableHeader};
use exeunt_model::archive::manifest::{self, CsvForm, FileList, Manifest, Page};
use exeunt_model::archive::page::{self, Content};
use exeunt_model::archive::paths::Paths;
use exeunt_model::archive::statistics::{CategoryFiles, Statistics};
use exeunt_model::archive::{FILE_LIST_PATH, INDEX_PATH, MANIFEST_CONTEXT, MANIFEST_PATH, PACKAGE_PATH, SIGNATURE_PATH, package};
use exeunt_model::signature::SigningKey;
use jiff::Timestamp;

use super::csv_text;
use super::deflate::{Deflater, Packing};
use super::encryption::Encryption;
use super::error::Error;
use super::file::FileSink;
use super::part::Part;
use super::set;
use super::spool::{Place, Spool};
use super::table::TableSink;
use super::target::{Closed, sync_folder};

/// The smallest size a part can be given: below, the fixed contents would fill it.
pub const SMALLEST_PART: u64 = 1_000_000;

/// Rows of each table shown on the page.
pub(super) const FIRST_ROWS: usize = 5;

/// Files of each category named on the page; all are in `files.csv`.
const NAMED_FILES: usize = 100;

/// How an archive is written.
#[derive(Clone)]
pub struct Options {
    /// An existing folder.
    pub folder: PathBuf,
    /// The archive's name without ending.
    pub name: String,
    /// Dates the entries.
    pub started: Timestamp,
    pub key: SigningKey,
    /// Cut the archive into ZIP files of about this many bytes, `NAME.part1.zip` and so on. A single file larger than this stays whole.
    pub part_size: Option<u64>,
    pub encryption: Option<Encryption>,
    /// Each table as JSON Lines too, beside the CSV file.
    pub json_lines: bool,
    /// Each table as Parquet too. Needs the cargo feature `parquet`.
    pub parquet: bool,
    /// Compressing threads at most; `None` takes one per processor, up to eight.
    pub threads: Option<NonZeroUsize>,
}

/// An archive that was written and has its final name.
#[derive(Debug)]
pub struct Delivered {
    /// The ZIP, or its parts in order.
    pub paths: Vec<PathBuf>,
    pub bytes_on_disk: u64,
    pub manifest: Manifest,
}

/// Writes an archive. Dropped before [`Self::finish`], it leaves nothing behind.
pub struct ArchiveWriter {
    pub(super) options: Options,
    pub(super) deflater: Deflater,
    /// For what is packed beside the entry that is being written; each serves one entry at a time.
    pub(super) lines_deflater: Deflater,
    pub(super) columnar_deflater: Deflater,
    pub(super) part: Part,
    /// Earlier parts, whole, under their partial names.
    earlier: Vec<(String, Closed)>,
    pub(super) paths: Paths,
    tables: Vec<manifest::Table>,
    statistics: Vec<Statistics>,
    files: FileTotals,
    pages: Vec<Page>,
    /// What is being written; anything but `None` when the next thing begins means that it was abandoned.
    pub(super) pending: Option<String>,
}

struct FileTotals {
    /// `files.csv`.
    list: Spool,
    count: u64,
    bytes: u64,
    /// In the order in which they first appear.
    categories: Vec<CategoryFiles>,
}

impl ArchiveWriter {
    /// Opens the archive under its partial name.
    pub fn create(options: Options) -> Result<Self, Error> {
        if let Some(size) = options.part_size
            && size < SMALLEST_PART
        {
            return Err(Error::PartSize { size, minimum: SMALLEST_PART });
        }
        if options.parquet && cfg!(not(feature = "parquet")) {
            return Err(Error::NoParquet);
        }
        for path in [options.path(None), options.path(Some(1))] {
            if path.exists() {
                return Err(Error::Exists { path });
            }
        }
        let first = options.part_size.map(|_| 1);
        let part = Part::create(&options.folder, &options.file_name(first), options.encryption.as_ref(), options.started)?;
        Ok(Self {
            deflater: Deflater::new(options.threads),
            lines_deflater: Deflater::new(options.threads),
            columnar_deflater: Deflater::new(options.threads),
            part,
            earlier: Vec::new(),
            paths: Paths::default(),
            tables: Vec::new(),
            statistics: Vec::new(),
            files: FileTotals { list: Spool::new(&options.spool_place()), count: 0, bytes: 0, categories: Vec::new() },
            pages: Vec::new(),
            pending: None,
            options,
        })
    }

    /// Begins a table. The sink takes its rows as `COPY (…) TO STDOUT (FORMAT csv)` writes them, without header; it must be finished
    /// before anything else begins.
    pub fn table(&mut self, header: TableHeader) -> Result<TableSink<'_>, Error> {
        self.begin(format!("the rows of {}", header.table))?;
        if self.part_is_short_of(SMALLEST_PART / 8) {
            self.next_part()?;
        }
        TableSink::open(self, header)
    }

    /// Begins a file. The sink takes its bytes; it must be finished before anything else begins.
    pub fn file(&mut self, header: FileHeader) -> Result<FileSink<'_>, Error> {
        self.begin("a file".to_owned())?;
        if self.part_is_short_of(header.size_hint.unwrap_or(0)) {
            self.next_part()?;
        }
        FileSink::open(self, header)
    }

    /// Writes what describes the archive, signs it, and gives it its final name.
    pub fn finish(mut self, summary: Summary) -> Result<Delivered, Error> {
        self.begin("the description".to_owned())?;
        let files = self.write_file_list()?;
        let mut manifest = Manifest {
            exeunt_archive: manifest::VERSION,
            tool: summary.tool,
            platform: summary.platform,
            finished: summary.finished,
            subject: summary.subject,
            plan: summary.plan,
            map: summary.map,
            sources: summary.sources,
            csv: CsvForm::default(),
            tables: std::mem::take(&mut self.tables),
            files,
            pages: std::mem::take(&mut self.pages),
            left_out: summary.left_out,
            contact: summary.contact,
            earlier_parts: self
                .earlier
                .iter()
                .map(|(name, part)| manifest::Part { name: name.clone(), bytes: part.bytes, sha256: part.sha256.clone() })
                .collect(),
        };
        let categories: Vec<CategoryFiles> = std::mem::take(&mut self.files.categories);
        let number = (!self.earlier.is_empty()).then(|| self.part_number());
        let html = page::render(Content {
            manifest: &manifest,
            statistics: &self.statistics,
            files: &categories,
            key: &self.options.key.id(),
            file_name: &self.options.file_name(number),
        });
        let package = package::to_json(&manifest).map_err(|source| Error::Describe { source })?;
        let index = self.write_page(INDEX_PATH, html.as_bytes())?;
        let package = self.write_page(PACKAGE_PATH, &package)?;
        manifest.pages.extend([index, package]);
        let json = manifest.to_json().map_err(|source| Error::Describe { source })?;
        let signature = self.options.key.sign(MANIFEST_CONTEXT, &json).to_text();
        self.write_page(MANIFEST_PATH, &json)?;
        self.write_page(SIGNATURE_PATH, signature.as_bytes())?;
        self.publish(manifest)
    }

    /// Refuses to go on when something was begun and not finished.
    fn begin(&mut self, what: String) -> Result<(), Error> {
        match self.pending.replace(what) {
            None => Ok(()),
            Some(what) => {
                self.pending = Some(what.clone());
                Err(Error::Unfinished { what })
            }
        }
    }

    /// Counted from 1.
    pub(super) fn part_number(&self) -> u32 {
        u32::try_from(self.earlier.len() + 1).unwrap_or(u32::MAX)
    }

    fn part_is_short_of(&self, bytes: u64) -> bool {
        self.options.part_size.is_some_and(|size| !self.part.is_empty() && self.part.bytes_if_closed().saturating_add(bytes) > size)
    }

    /// Closes the current part and opens the next.
    pub(super) fn next_part(&mut self) -> Result<(), Error> {
        let number = self.part_number();
        let path = format!("part-{number}.txt");
        let note = format!(
            "This is part {number} of an archive in several parts.\n\
             Unpack all parts into one folder and open index.html, which lies in the last part.\n\
             To check all of them: exeunt verify {}\n",
            self.options.file_name(Some(number))
        );
        let page = self.write_page(&path, note.as_bytes())?;
        self.pages.push(page);
        let name = self.options.file_name(Some(number + 1));
        let next = Part::create(&self.options.folder, &name, self.options.encryption.as_ref(), self.options.started)?;
        let done = std::mem::replace(&mut self.part, next).close(&self.options.key)?;
        self.earlier.push((self.options.file_name(Some(number)), done));
        Ok(())
    }

    fn write_page(&mut self, path: &str, bytes: &[u8]) -> Result<Page, Error> {
        let part = self.part_number();
        let written = self.part.whole_entry(&mut self.deflater, path, bytes).map_err(|source| self.part.failure(source))?;
        Ok(Page { path: path.to_owned(), part, bytes: written.bytes, sha256: written.sha256 })
    }

    /// Notes a table that is in the archive.
    pub(super) fn list_table(&mut self, table: manifest::Table, statistics: Statistics) {
        self.tables.push(table);
        self.statistics.push(statistics);
    }

    /// Notes a file that is in the archive.
    pub(super) fn list_file(&mut self, header: FileHeader, path: String, bytes: u64, sha256: &str) -> Result<(), Error> {
        let totals = &mut self.files;
        if totals.count == 0 {
            csv_text::push_row(&mut totals.list, &["path", "part", "category", "source", "key", "bytes", "sha256", "media_type"])
                .map_err(|source| self.part.failure(source))?;
        }
        let part = u32::try_from(self.earlier.len() + 1).unwrap_or(u32::MAX).to_string();
        let media_type = header.media_type.unwrap_or_default();
        let category = header.category.name.as_str();
        let row = [&path, &part, category, header.source.as_str(), &header.key, &bytes.to_string(), sha256, &media_type];
        csv_text::push_row(&mut totals.list, &row).map_err(|source| self.part.failure(source))?;
        totals.count += 1;
        totals.bytes += bytes;
        let place = totals.categories.iter().position(|files| files.category.name == header.category.name);
        let place = place.unwrap_or_else(|| {
            totals.categories.push(CategoryFiles { category: header.category, count: 0, bytes: 0, named: Vec::new() });
            totals.categories.len() - 1
        });
        let of_category = &mut totals.categories[place];
        of_category.count += 1;
        of_category.bytes += bytes;
        if of_category.named.len() < NAMED_FILES {
            of_category.named.push((path, bytes));
        }
        Ok(())
    }

    fn write_file_list(&mut self) -> Result<Option<FileList>, Error> {
        if self.files.count == 0 {
            return Ok(None);
        }
        let part = self.part_number();
        let Self { part: zip, deflater, files, options, .. } = self;
        let mut entry = zip.open(deflater, FILE_LIST_PATH.to_owned(), Packing::Deflate);
        let list = std::mem::replace(&mut files.list, Spool::new(&options.spool_place()));
        let spooled = list.empty_into(|bytes| zip.append(deflater, &mut entry, bytes));
        let written = spooled.and_then(|()| zip.close_entry(deflater, &mut entry)).map_err(|source| zip.failure(source))?;
        let list = Page { path: FILE_LIST_PATH.to_owned(), part, bytes: written.bytes, sha256: written.sha256 };
        Ok(Some(FileList { list, count: files.count, bytes: files.bytes }))
    }

    /// The last part, with the manifest, gets its name last: until then the set is visibly incomplete. Where one cannot have its name, or the
    /// names cannot be made to last, none keeps its.
    fn publish(self, manifest: Manifest) -> Result<Delivered, Error> {
        let Self { options, part, mut earlier, .. } = self;
        let number = (!earlier.is_empty()).then(|| u32::try_from(earlier.len() + 1).unwrap_or(u32::MAX));
        earlier.push((options.file_name(number), part.close(&options.key)?));
        let bytes_on_disk = earlier.iter().map(|(_, closed)| closed.bytes_on_disk).sum();
        let mut paths = Vec::with_capacity(earlier.len());
        let published = earlier.into_iter().try_for_each(|(name, closed)| {
            let path = options.folder.join(name);
            closed.publish(&path)?;
            paths.push(path);
            Ok(())
        });
        if let Err(error) = published.and_then(|()| sync_folder(&options.folder)) {
            for path in &paths {
                // A part that cannot be removed is one without the last, which says that it is incomplete.
                let _ = fs::remove_file(path);
            }
            return Err(error);
        }
        Ok(Delivered { paths, bytes_on_disk, manifest })
    }
}

impl Options {
    fn file_name(&self, part: Option<u32>) -> String {
        set::file_name(&self.name, part, self.encryption.is_some())
    }

    pub(super) fn spool_place(&self) -> Place {
        Place::new(&self.folder, self.encryption.is_some())
    }

    fn path(&self, part: Option<u32>) -> PathBuf {
        self.folder.join(self.file_name(part))
    }
}
