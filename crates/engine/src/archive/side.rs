//! Entries that are made while another is written: a ZIP takes one at a time, so these wait, compressed, until the other is closed.

use std::io::{self, Write};

use exeunt_model::digest::Digest;
use flate2::Crc;
use sha2::{Digest as _, Sha256};

use super::deflate::{BLOCK, Compressed, Deflater, Packing};
use super::part::{Part, Written};
use super::spool::Spool;

/// An entry on the side. It has its own deflater, since a deflater serves one entry at a time.
pub(super) struct SideEntry {
    buffer: Vec<u8>,
    packed: Packed,
    hash: Sha256,
}

/// Compressed content with what the ZIP wants to know of it.
pub(super) struct Packed {
    pub spool: Spool,
    pub crc: Crc,
    pub bytes: u64,
    pub compressed: u64,
}

impl Packed {
    fn take(&mut self, block: &Compressed) -> io::Result<()> {
        self.crc.combine(&block.crc);
        self.compressed += block.bytes.len() as u64;
        self.spool.write_all(&block.bytes)
    }
}

impl SideEntry {
    pub(super) fn new(spool: Spool) -> Self {
        Self { buffer: Vec::new(), packed: Packed { spool, crc: Crc::new(), bytes: 0, compressed: 0 }, hash: Sha256::new() }
    }

    /// Bytes that it will take in the ZIP, at most.
    pub(super) fn bytes_to_come(&self, deflater: &Deflater) -> u64 {
        self.packed.compressed + deflater.under_way() + self.buffer.len() as u64
    }

    pub(super) fn append(&mut self, deflater: &mut Deflater, mut bytes: &[u8]) -> io::Result<()> {
        self.hash.update(bytes);
        self.packed.bytes += bytes.len() as u64;
        while self.buffer.len() + bytes.len() > BLOCK {
            let (head, tail) = bytes.split_at(BLOCK - self.buffer.len());
            self.buffer.extend_from_slice(head);
            let full = std::mem::replace(&mut self.buffer, deflater.buffer());
            let packed = &mut self.packed;
            deflater.submit(Packing::Deflate, full, |block| packed.take(block))?;
            bytes = tail;
        }
        self.buffer.extend_from_slice(bytes);
        Ok(())
    }

    /// Ends the content; what is left is the compressed stream.
    pub(super) fn finish(mut self, deflater: &mut Deflater) -> io::Result<(Packed, Digest)> {
        let buffer = std::mem::take(&mut self.buffer);
        let packed = &mut self.packed;
        if packed.bytes > buffer.len() as u64 {
            deflater.submit(Packing::Deflate, buffer, |block| packed.take(block))?;
            deflater.drain(|block| packed.take(block))?;
            packed.spool.write_all(Deflater::stream_end())?;
            packed.compressed += Deflater::stream_end().len() as u64;
        } else {
            packed.take(&deflater.whole(&buffer)?)?;
        }
        Ok((self.packed, Digest::from_hash(self.hash.finalize().into())))
    }

    /// Ends the content and puts the entry into the ZIP.
    pub(super) fn close(self, deflater: &mut Deflater, part: &mut Part, path: String) -> io::Result<Written> {
        let (packed, sha256) = self.finish(deflater)?;
        let bytes = packed.bytes;
        part.packed_entry(path, packed, super::zip::DEFLATED)?;
        Ok(Written { bytes, sha256 })
    }
}
