//! Checking an archive from its file alone.
//!
//! First the seal: the ZIP's comment is a signature over every byte before it, so that one changed bit anywhere, in records and padding
//! too, is noticed. Then the content: each entry is unpacked and compared with the manifest, rows are counted again, and nothing may be
//! inside that the manifest does not name. Memory does not depend on the archive's size.

use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};

use exeunt_model::archive::manifest::{self, Format, Manifest, Page};
use exeunt_model::archive::{FILE_LIST_PATH, MANIFEST_CONTEXT, MANIFEST_PATH, SEAL_CONTEXT, SIGNATURE_PATH};
use exeunt_model::digest::Digest;
use exeunt_model::signature::{self, KeyId, Signature};
use sha2::{Digest as _, Sha256};

use super::csv_text;
use super::listing::Listing;
use super::masks::RowCounter;
use super::open::{Opened, Unlock, open};
use super::part::seal_length;
use super::read::{Entries, Fault, Stretch, content, directory};
use super::set;
use super::zip::Entry;

/// An archive does not hold what it promises, or could not be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("read {}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("{} is encrypted: give the secret key (--identity FILE) or the passphrase", path.display())]
    Encrypted { path: PathBuf },
    #[error("expected secret keys of age, one AGE-SECRET-KEY-1… on each line")]
    Identity,
    #[error("decrypt {}: the key does not fit, or the file was changed", path.display())]
    Decrypt { path: PathBuf, source: age::DecryptError },
    #[error(
        "{} does not end with Exeunt's seal: it is no archive, its end was cut off or added to, or the seal was changed; fetch it again",
        path.display()
    )]
    NotSealed { path: PathBuf },
    #[error("{} was changed since it was sealed: {}; fetch it again from where it came from", path.display(), describe(damaged))]
    Changed { path: PathBuf, damaged: Vec<String> },
    #[error("the seal of {}", path.display())]
    Seal { path: PathBuf, source: signature::Error },
    #[error("the signature of exeunt.json in {}", path.display())]
    Signature { path: PathBuf, source: signature::Error },
    #[error("{}: {what}", path.display())]
    Structure { path: PathBuf, what: String },
    #[error("{} in {}: {what}", entry, path.display())]
    Entry { path: PathBuf, entry: String, what: String },
    #[error("the manifest of {}", path.display())]
    Manifest { path: PathBuf, source: manifest::Error },
    #[error("{} is one part of several, and the last part, which holds the list of all, does not lie beside it", path.display())]
    LastPartMissing { path: PathBuf },
    #[error("part {} is missing: put all parts into one folder", path.display())]
    PartMissing { path: PathBuf },
    #[error("{} is not the part that this archive was written with", path.display())]
    OtherPart { path: PathBuf },
}

fn describe(damaged: &[String]) -> String {
    match damaged {
        [] => "the damage lies between its entries".to_owned(),
        [..] => format!("damaged are {}", damaged.join(", ")),
    }
}

/// An archive that holds what it promises.
#[derive(Debug, Clone)]
pub struct Report {
    /// The file, or all parts in order.
    pub paths: Vec<PathBuf>,
    /// Who sealed it.
    pub key: KeyId,
    /// Whether that is the key that was expected, or none was given.
    pub key_was_expected: bool,
    pub manifest: Manifest,
    pub tables: u64,
    pub rows: u64,
    pub files: u64,
    /// Unpacked.
    pub bytes: u64,
}

/// Checks an archive, or all parts of one of which any is given.
pub fn verify(path: &Path, expected_key: Option<&KeyId>, unlock: Option<&Unlock>) -> Result<Report, Error> {
    let given = Sealed::check(open(path, unlock)?, expected_key)?;
    let last = match given.manifest_entry {
        Some(_) => given,
        None => {
            let last = set::last_part(path).ok_or_else(|| Error::LastPartMissing { path: path.to_owned() })?;
            Sealed::check(open(&last, unlock)?, expected_key)?
        }
    };
    let manifest = last.manifest()?;
    let mut earlier = Vec::new();
    for part in &manifest.earlier_parts {
        let path = last.opened.path.with_file_name(&part.name);
        if !path.exists() {
            return Err(Error::PartMissing { path });
        }
        let sealed = Sealed::check(open(&path, unlock)?, Some(&last.key))?;
        if sealed.file_digest != part.sha256 || sealed.opened.length != part.bytes {
            return Err(Error::OtherPart { path });
        }
        earlier.push(sealed);
    }
    Content::new(&manifest, &earlier, &last).check()
}

/// A file whose seal holds.
pub(super) struct Sealed {
    pub opened: Opened,
    key: KeyId,
    key_was_expected: bool,
    /// Of the whole file, seal included.
    file_digest: Digest,
    manifest_entry: Option<(Entry, Entry)>,
    list_entry: Option<Entry>,
}

impl Sealed {
    fn check(opened: Opened, expected_key: Option<&KeyId>) -> Result<Self, Error> {
        let path = opened.path.clone();
        let read = |source| Error::Read { path: path.clone(), source };
        let sealed = opened.length.checked_sub(u64::from(seal_length())).ok_or_else(|| Error::NotSealed { path: path.clone() })?;

        let mut hash = Sha256::new();
        io::copy(&mut Stretch::new(&opened.file, 0, sealed), &mut HashInto(&mut hash)).map_err(read)?;
        let mut seal = Vec::new();
        io::copy(&mut Stretch::new(&opened.file, sealed, opened.length), &mut seal).map_err(read)?;
        let digest = Digest::from_hash(hash.clone().finalize().into());
        hash.update(&seal);
        let file_digest = Digest::from_hash(hash.finalize().into());

        let seal = String::from_utf8(seal).ok().and_then(|text| Signature::parse(&text).ok());
        let seal = seal.ok_or_else(|| Error::NotSealed { path: path.clone() })?;
        let key = match seal.verify(SEAL_CONTEXT, &digest, expected_key) {
            Ok(key) => key,
            Err(signature::Error::OtherContent { .. }) => {
                return Err(Error::Changed { path, damaged: damaged_entries(&opened) });
            }
            Err(source) => return Err(Error::Seal { path, source }),
        };

        let mut found = Self { opened, key, key_was_expected: expected_key.is_some(), file_digest, manifest_entry: None, list_entry: None };
        found.find_descriptions()?;
        Ok(found)
    }

    fn structure(&self, fault: Fault) -> Error {
        structure(&self.opened.path, fault)
    }

    fn entries(&self) -> Result<(Entries<'_>, u64), Error> {
        let directory = directory(&self.opened.file, self.opened.length, seal_length()).map_err(|fault| self.structure(fault))?;
        Ok((Entries::new(&self.opened.file, directory), directory.offset))
    }

    /// Looks for the manifest, its signature and the list of files in the directory.
    fn find_descriptions(&mut self) -> Result<(), Error> {
        let (mut manifest, mut signature, mut list) = (None, None, None);
        for entry in self.entries()?.0 {
            let entry = entry.map_err(|fault| self.structure(fault))?;
            match entry.path.as_str() {
                MANIFEST_PATH => manifest = Some(entry),
                SIGNATURE_PATH => signature = Some(entry),
                FILE_LIST_PATH => list = Some(entry),
                _ => {}
            }
        }
        self.list_entry = list;
        self.manifest_entry = match (manifest, signature) {
            (Some(manifest), Some(signature)) => Some((manifest, signature)),
            (None, None) => None,
            (Some(_), None) | (None, Some(_)) => {
                let what = "exeunt.json or its signature is missing".to_owned();
                return Err(Error::Structure { path: self.opened.path.clone(), what });
            }
        };
        Ok(())
    }

    fn whole(&self, entry: &Entry) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::new();
        content(&self.opened.file, entry, |piece| bytes.extend_from_slice(piece)).map_err(|fault| self.entry_fault(entry, &fault))?;
        Ok(bytes)
    }

    fn entry_fault(&self, entry: &Entry, fault: &Fault) -> Error {
        Error::Entry { path: self.opened.path.clone(), entry: entry.path.clone(), what: fault.to_string() }
    }

    fn manifest(&self) -> Result<Manifest, Error> {
        let path = || self.opened.path.clone();
        let Some((manifest, signature)) = &self.manifest_entry else { return Err(Error::LastPartMissing { path: path() }) };
        let json = self.whole(manifest)?;
        let signature = self.whole(signature)?;
        let signature = String::from_utf8(signature).map_err(|_| signature::Error::Form).and_then(|text| Signature::parse(&text));
        signature
            .and_then(|signature| signature.verify_bytes(MANIFEST_CONTEXT, &json, Some(&self.key)))
            .map_err(|source| Error::Signature { path: path(), source })?;
        Manifest::parse(&json).map_err(|source| Error::Manifest { path: path(), source })
    }
}

fn structure(path: &Path, fault: Fault) -> Error {
    match fault {
        Fault::Structure(what) => Error::Structure { path: path.to_owned(), what: what.to_owned() },
        Fault::Read(source) => Error::Read { path: path.to_owned(), source },
    }
}

struct HashInto<'hash>(&'hash mut Sha256);

impl io::Write for HashInto<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Names the first entries that cannot be read whole, of a file whose seal does not hold.
fn damaged_entries(opened: &Opened) -> Vec<String> {
    const NAMED: usize = 5;
    let Ok(directory) = directory(&opened.file, opened.length, seal_length()) else { return vec!["the ZIP's directory".to_owned()] };
    let mut damaged = Vec::new();
    for entry in Entries::new(&opened.file, directory) {
        match entry {
            Ok(entry) => {
                if content(&opened.file, &entry, |_| {}).is_err() {
                    damaged.push(entry.path);
                }
            }
            Err(_) => damaged.push("the ZIP's directory".to_owned()),
        }
        if damaged.len() == NAMED {
            damaged.push("more".to_owned());
            break;
        }
    }
    damaged
}

/// What must come next in the archive, in the order in which the writer put it there.
struct Content<'archive> {
    manifest: &'archive Manifest,
    earlier: &'archive [Sealed],
    last: &'archive Sealed,
    outputs: VecDeque<(&'archive manifest::Table, &'archive manifest::Output)>,
    pages: VecDeque<&'archive Page>,
    files: u64,
    file_bytes: u64,
    rows: u64,
    bytes: u64,
}

/// What an entry turned out to hold.
struct Found {
    bytes: u64,
    sha256: Digest,
    rows: u64,
    /// The first bytes, for the header row.
    head: Vec<u8>,
    end: u64,
}

impl<'archive> Content<'archive> {
    fn new(manifest: &'archive Manifest, earlier: &'archive [Sealed], last: &'archive Sealed) -> Self {
        let outputs = manifest.tables.iter().flat_map(|table| table.outputs.iter().map(move |output| (table, output)));
        let pages = manifest.files.iter().map(|files| &files.list).chain(&manifest.pages);
        let mut pages: VecDeque<_> = pages.collect();
        // Notes in earlier parts come before the list of files, which is in the last.
        pages.make_contiguous().sort_by_key(|page| page.part);
        Self { manifest, earlier, last, outputs: outputs.collect(), pages, files: 0, file_bytes: 0, rows: 0, bytes: 0 }
    }

    fn check(mut self) -> Result<Report, Error> {
        let (earlier, last) = (self.earlier, self.last);
        let parts = || earlier.iter().chain(std::iter::once(last));
        let mut listing = last.list_entry.as_ref().map(|entry| Listing::open(&last.opened.file, entry));
        for (number, part) in (1..).zip(parts()) {
            let (entries, directory_offset) = part.entries()?;
            let mut expected_offset = 0;
            for entry in entries {
                let entry = entry.map_err(|fault| part.structure(fault))?;
                if entry.offset != expected_offset {
                    return Err(part.structure(Fault::Structure("there is something between its entries")));
                }
                expected_offset = self.check_entry(part, number, &entry, &mut listing)?;
            }
            if expected_offset != directory_offset {
                return Err(part.structure(Fault::Structure("there is something between its entries and its directory")));
            }
        }
        self.check_that_nothing_is_missing()?;
        Ok(Report {
            paths: parts().map(|part| part.opened.path.clone()).collect(),
            key: last.key.clone(),
            key_was_expected: last.key_was_expected,
            tables: self.manifest.tables.len() as u64,
            rows: self.rows,
            files: self.files,
            bytes: self.bytes,
            manifest: self.manifest.clone(),
        })
    }

    fn check_entry(&mut self, part: &Sealed, number: u32, entry: &Entry, listing: &mut Option<Listing<'_>>) -> Result<u64, Error> {
        let wrong = |what: &str| Error::Entry { path: part.opened.path.clone(), entry: entry.path.clone(), what: what.to_owned() };
        let found = read_entry(part, entry)?;
        self.bytes += found.bytes;
        let compare = |bytes: u64, sha256: &Digest| match found.bytes == bytes && found.sha256 == *sha256 {
            true => Ok(()),
            false => Err(wrong("its content is not what the manifest says")),
        };
        if entry.path == MANIFEST_PATH || entry.path == SIGNATURE_PATH {
            // Both were read and checked before; here they only have to be in the last part.
            return if std::ptr::eq(part, self.last) { Ok(found.end) } else { Err(wrong("it must be in the last part")) };
        }
        if let Some((table, output)) = self.outputs.pop_front_if(|(_, output)| output.path == entry.path && output.part == number) {
            compare(output.bytes, &output.sha256)?;
            self.check_rows(table, output, &found).map_err(|what| wrong(&what))?;
            return Ok(found.end);
        }
        if let Some(page) = self.pages.pop_front_if(|page| page.path == entry.path && page.part == number) {
            compare(page.bytes, &page.sha256)?;
            return Ok(found.end);
        }
        let listed = match listing {
            Some(listing) if entry.path.starts_with("files/") => listing.next().map_err(|what| wrong(&what))?,
            Some(_) | None => None,
        };
        match listed {
            Some(file) if file.path == entry.path && file.part == number => {
                compare(file.bytes, &file.sha256)?;
                self.files += 1;
                self.file_bytes += file.bytes;
                Ok(found.end)
            }
            Some(_) | None => Err(wrong("the manifest does not name it here")),
        }
    }

    fn check_rows(&mut self, table: &manifest::Table, output: &manifest::Output, found: &Found) -> Result<(), String> {
        let rows = match output.format {
            Format::Csv => {
                let header = csv_text::header_row(table.columns.iter().map(|column| column.name.as_str()));
                if !found.head.starts_with(&header.as_bytes()[..header.len().min(HEAD)]) {
                    return Err("its header row does not name the columns of the manifest".to_owned());
                }
                self.rows += output.rows;
                // A line feed in a column's name stands in quotes, so the header is one row.
                found.rows.saturating_sub(1)
            }
            Format::JsonLines => found.rows,
            // Its rows are in its own footer; the digest covers it.
            Format::Parquet => output.rows,
        };
        if rows == output.rows { Ok(()) } else { Err(format!("it has {rows} rows, and the manifest says {}", output.rows)) }
    }

    fn check_that_nothing_is_missing(&self) -> Result<(), Error> {
        let missing = |what: String| Error::Structure { path: self.last.opened.path.clone(), what };
        if let Some((_, output)) = self.outputs.front() {
            return Err(missing(format!("{} is missing", output.path)));
        }
        if let Some(page) = self.pages.front() {
            return Err(missing(format!("{} is missing", page.path)));
        }
        let (files, bytes) = self.manifest.files.as_ref().map_or((0, 0), |files| (files.count, files.bytes));
        if (self.files, self.file_bytes) != (files, bytes) {
            return Err(missing(format!(
                "it holds {} files of {} bytes, and the manifest says {files} of {bytes}",
                self.files, self.file_bytes
            )));
        }
        for table in &self.manifest.tables {
            let rows: u64 = table.outputs.iter().filter(|output| output.format == Format::Csv).map(|output| output.rows).sum();
            if rows != table.rows {
                return Err(missing(format!("{} has {rows} rows, and the manifest says {}", table.table, table.rows)));
            }
        }
        Ok(())
    }
}

const HEAD: usize = 4096;

fn read_entry(part: &Sealed, entry: &Entry) -> Result<Found, Error> {
    let mut hash = Sha256::new();
    let mut counter = RowCounter::default();
    let mut lines = 0_u64;
    let mut head = Vec::new();
    let is_csv = entry.path.ends_with(".csv");
    let is_lines = entry.path.ends_with(".jsonl");
    let end = content(&part.opened.file, entry, |piece| {
        hash.update(piece);
        if is_csv {
            counter.push(piece);
        } else if is_lines {
            lines += piece.iter().map(|byte| u64::from(*byte == b'\n')).sum::<u64>();
        }
        let wanted = HEAD - head.len();
        head.extend_from_slice(&piece[..piece.len().min(wanted)]);
    });
    let end = end.map_err(|fault| part.entry_fault(entry, &fault))?;
    let rows = if is_csv { counter.rows } else { lines };
    Ok(Found { bytes: entry.size, sha256: Digest::from_hash(hash.finalize().into()), rows, head, end })
}
