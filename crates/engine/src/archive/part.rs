//! One ZIP file of the archive: entries one after another, then the directory, then the seal.

use std::io::{self, Write};
use std::path::Path;
use std::sync::LazyLock;

use exeunt_model::archive::SEAL_CONTEXT;
use exeunt_model::digest::Digest;
use exeunt_model::signature::SigningKey;
use flate2::Crc;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::deflate::{BLOCK, Compressed, Deflater, Packing};
use super::encryption::Encryption;
use super::error::Error;
use super::side::Packed;
use super::spool::{Place, Spool};
use super::target::{Closed, Target};
use super::zip::{DEFLATED, Directory, Entry, Modified, STORED};

/// A ZIP that takes one entry at a time.
pub(super) struct Part {
    target: Target,
    directory: Spool,
    entries: u64,
    modified: Modified,
}

/// An entry whose bytes are coming in.
pub(super) struct OpenEntry {
    entry: Entry,
    packing: Packing,
    /// Bytes not yet compressed, less than a block's.
    buffer: Vec<u8>,
    /// The local header is out: the entry has more than one block.
    begun: bool,
    crc: Crc,
    hash: Sha256,
}

/// An entry that is in the archive.
pub(super) struct Written {
    pub bytes: u64,
    pub sha256: Digest,
}

impl OpenEntry {
    /// Bytes that wait for their block to be full.
    pub(super) fn buffered(&self) -> u64 {
        self.buffer.len() as u64
    }
}

impl Part {
    pub(super) fn create(folder: &Path, name: &str, encryption: Option<&Encryption>, started: Timestamp) -> Result<Self, Error> {
        let target = Target::create(folder, name, encryption)?;
        Ok(Self { target, directory: Spool::new(&Place::new(folder, encryption.is_some())), entries: 0, modified: Modified::at(started) })
    }

    /// Bytes that the file would have if it ended now.
    pub(super) fn bytes_if_closed(&self) -> u64 {
        self.target.offset() + self.directory.len() + 1024
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries == 0
    }

    pub(super) fn failure(&self, source: io::Error) -> Error {
        self.target.failure(source)
    }

    /// Begins an entry; nothing is written yet.
    pub(super) fn open(&self, deflater: &mut Deflater, path: String, packing: Packing) -> OpenEntry {
        let entry = Entry {
            path,
            method: DEFLATED,
            sizes_follow: true,
            modified: self.modified,
            crc: 0,
            compressed: 0,
            size: 0,
            offset: self.target.offset(),
        };
        OpenEntry { entry, packing, buffer: deflater.buffer(), begun: false, crc: Crc::new(), hash: Sha256::new() }
    }

    pub(super) fn append(&mut self, deflater: &mut Deflater, open: &mut OpenEntry, mut bytes: &[u8]) -> io::Result<()> {
        open.hash.update(bytes);
        open.entry.size += bytes.len() as u64;
        while open.buffer.len() + bytes.len() > BLOCK {
            let (head, tail) = bytes.split_at(BLOCK - open.buffer.len());
            open.buffer.extend_from_slice(head);
            self.submit(deflater, open)?;
            open.buffer = deflater.buffer();
            bytes = tail;
        }
        open.buffer.extend_from_slice(bytes);
        Ok(())
    }

    /// Ends the entry and returns its size and digest.
    ///
    /// What is left of the open entry is of no use.
    pub(super) fn close_entry(&mut self, deflater: &mut Deflater, open: &mut OpenEntry) -> io::Result<Written> {
        if open.begun {
            self.submit(deflater, open)?;
            let Self { target, .. } = self;
            let OpenEntry { entry, crc, .. } = &mut *open;
            deflater.drain(|block| take_block(target, entry, crc, block))?;
            open.entry.compressed += Deflater::stream_end().len() as u64;
            open.entry.crc = open.crc.sum();
            self.target.write(Deflater::stream_end())?;
            self.target.write(&open.entry.data_descriptor())?;
        } else {
            self.write_small(deflater, open)?;
        }
        self.directory.write_all(&open.entry.central_header())?;
        self.entries += 1;
        Ok(Written { bytes: open.entry.size, sha256: Digest::from_hash(open.hash.clone().finalize().into()) })
    }

    /// A whole entry at once.
    pub(super) fn whole_entry(&mut self, deflater: &mut Deflater, path: &str, bytes: &[u8]) -> io::Result<Written> {
        let mut open = self.open(deflater, path.to_owned(), Packing::Deflate);
        self.append(deflater, &mut open, bytes)?;
        self.close_entry(deflater, &mut open)
    }

    /// An entry that was packed elsewhere.
    pub(super) fn packed_entry(&mut self, path: String, packed: Packed, method: u16) -> io::Result<()> {
        let Packed { spool, crc, bytes, compressed } = packed;
        let entry = Entry {
            path,
            method,
            sizes_follow: false,
            modified: self.modified,
            crc: crc.sum(),
            compressed,
            size: bytes,
            offset: self.target.offset(),
        };
        self.target.write(&entry.local_header())?;
        spool.empty_into(|bytes| self.target.write(bytes))?;
        self.directory.write_all(&entry.central_header())?;
        self.entries += 1;
        Ok(())
    }

    /// Waits for the blocks of an entry that are under way, so that the offset is exact.
    pub(super) fn settle(&mut self, deflater: &mut Deflater, open: &mut OpenEntry) -> io::Result<()> {
        let Self { target, .. } = self;
        let OpenEntry { entry, crc, .. } = open;
        deflater.drain(|block| take_block(target, entry, crc, block))
    }

    /// Writes directory, end and seal, and everything through to the disk.
    pub(super) fn close(self, key: &SigningKey) -> Result<Closed, Error> {
        let Self { mut target, directory, entries, .. } = self;
        match write_end(&mut target, directory, entries, key) {
            Ok(()) => target.close(),
            Err(source) => Err(target.failure(source)),
        }
    }

    fn submit(&mut self, deflater: &mut Deflater, open: &mut OpenEntry) -> io::Result<()> {
        if !open.begun {
            open.entry.sizes_follow = true;
            self.target.write(&open.entry.local_header())?;
            open.begun = true;
        }
        let Self { target, .. } = self;
        let OpenEntry { entry, crc, buffer, packing, .. } = open;
        deflater.submit(*packing, std::mem::take(buffer), |block| take_block(target, entry, crc, block))
    }

    /// An entry of at most one block, with its sizes in front.
    fn write_small(&mut self, deflater: &mut Deflater, open: &mut OpenEntry) -> io::Result<()> {
        open.entry.sizes_follow = false;
        let input = std::mem::take(&mut open.buffer);
        open.crc.update(&input);
        open.entry.crc = open.crc.sum();
        let compressed = match open.packing {
            Packing::Deflate if !input.is_empty() => Some(deflater.whole(&input)?).filter(|block| block.bytes.len() < input.len()),
            Packing::Deflate | Packing::Stored => None,
        };
        match compressed {
            Some(block) => {
                open.entry.method = DEFLATED;
                open.entry.compressed = block.bytes.len() as u64;
                self.target.write(&open.entry.local_header())?;
                self.target.write(&block.bytes)?;
                deflater.recycle_output(block.bytes);
            }
            None => {
                open.entry.method = STORED;
                open.entry.compressed = input.len() as u64;
                self.target.write(&open.entry.local_header())?;
                self.target.write(&input)?;
            }
        }
        deflater.recycle_input(input);
        Ok(())
    }
}

/// Directory, end record, and the seal as the ZIP's comment.
fn write_end(target: &mut Target, directory: Spool, entries: u64, key: &SigningKey) -> io::Result<()> {
    let end = Directory { entries, offset: target.offset(), bytes: directory.len() };
    directory.empty_into(|bytes| target.write(bytes))?;
    target.write(&end.end(seal_length()))?;
    let seal = key.sign_digest(SEAL_CONTEXT, &target.digest());
    target.write(seal.to_text().as_bytes())
}

/// The length of a seal, which depends neither on the key nor on what is sealed, so that it can be told before.
pub(super) fn seal_length() -> u16 {
    static LENGTH: LazyLock<u16> = LazyLock::new(|| {
        let seal = SigningKey::from_seed(&[0; 32]).sign(SEAL_CONTEXT, b"").to_text();
        u16::try_from(seal.len()).unwrap_or(u16::MAX)
    });
    *LENGTH
}

fn take_block(target: &mut Target, entry: &mut Entry, crc: &mut Crc, block: &Compressed) -> io::Result<()> {
    crc.combine(&block.crc);
    entry.compressed += block.bytes.len() as u64;
    target.write(&block.bytes)
}

#[cfg(test)]
mod tests;
