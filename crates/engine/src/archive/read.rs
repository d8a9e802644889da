//! Reading our own ZIP files, strictly: every record must be, byte for byte, what the writer writes.

use std::cell::RefCell;
use std::io::{self, BufReader, Read, Seek, SeekFrom};

use flate2::bufread::DeflateDecoder;

use super::zip::{self, Directory, Entry, Modified};

/// A file that can be read at any place.
pub(super) trait Bytes: Read + Seek {}

impl<T: Read + Seek> Bytes for T {}

/// One reader shared by several positions.
pub(super) struct Shared(RefCell<Positioned>);

struct Positioned {
    reader: Box<dyn Bytes>,
    /// Where the reader stands, so that reading on needs no seek.
    position: u64,
}

impl Shared {
    /// Takes a reader that stands anywhere.
    pub(super) fn new(mut reader: Box<dyn Bytes>) -> io::Result<(Self, u64)> {
        let length = reader.seek(SeekFrom::End(0))?;
        Ok((Self(RefCell::new(Positioned { reader, position: length })), length))
    }
}

/// What is wrong with the ZIP's structure.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    #[error("{0}")]
    Structure(&'static str),
    #[error("read the file")]
    Read(#[from] io::Error),
}

/// Reads from one place to another of a shared file.
pub(super) struct Stretch<'file> {
    file: &'file Shared,
    position: u64,
    end: u64,
}

impl<'file> Stretch<'file> {
    pub(super) fn new(file: &'file Shared, position: u64, end: u64) -> Self {
        Self { file, position, end }
    }
}

impl Read for Stretch<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.end.saturating_sub(self.position)).unwrap_or(usize::MAX);
        let wanted = buffer.len().min(left);
        if wanted == 0 {
            return Ok(0);
        }
        let mut file = self.file.0.borrow_mut();
        // After a failure the reader may stand anywhere.
        let standing = std::mem::replace(&mut file.position, u64::MAX);
        if standing != self.position {
            file.reader.seek(SeekFrom::Start(self.position))?;
        }
        let count = file.reader.read(&mut buffer[..wanted])?;
        self.position += count as u64;
        file.position = self.position;
        Ok(count)
    }
}

fn bytes_at(file: &Shared, position: u64, length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; length];
    Stretch::new(file, position, position.saturating_add(length as u64)).read_exact(&mut bytes)?;
    Ok(bytes)
}

struct Fields<'bytes>(&'bytes [u8]);

impl Fields<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let (head, tail) = self.0.split_first_chunk::<N>().ok_or(Fault::Structure("a record is cut off"))?;
        self.0 = tail;
        Ok(*head)
    }

    fn u16(&mut self) -> Result<u16, Fault> {
        self.take().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Result<u32, Fault> {
        self.take().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Result<u64, Fault> {
        self.take().map(u64::from_le_bytes)
    }

    fn skip(&mut self, count: usize) -> Result<(), Fault> {
        self.0 = self.0.get(count..).ok_or(Fault::Structure("a record is cut off"))?;
        Ok(())
    }
}

/// Finds the central directory of a ZIP of `length` bytes whose comment has `comment` bytes.
pub(super) fn directory(file: &Shared, length: u64, comment: u16) -> Result<Directory, Fault> {
    const PLAIN: u64 = 22;
    const WIDE: u64 = 76;
    let behind = length.checked_sub(u64::from(comment)).ok_or(Fault::Structure("the file is too short"))?;
    let position = behind.checked_sub(PLAIN).ok_or(Fault::Structure("the file is too short"))?;
    let bytes = bytes_at(file, position, 22)?;
    let mut fields = Fields(&bytes);
    if fields.u32()? != zip::END {
        return Err(Fault::Structure("the ZIP has no end record where it must be"));
    }
    fields.skip(4)?;
    let (_, entries, bytes, offset) = (fields.u16()?, u64::from(fields.u16()?), u64::from(fields.u32()?), u64::from(fields.u32()?));
    let mut directory = Directory { entries, offset, bytes };
    if offset + bytes != position {
        let wide = position.checked_sub(WIDE).ok_or(Fault::Structure("the ZIP's end does not point to its directory"))?;
        let bytes = bytes_at(file, wide, 56)?;
        let mut fields = Fields(&bytes);
        if fields.u32()? != zip::END_64 {
            return Err(Fault::Structure("the ZIP's end does not point to its directory"));
        }
        fields.skip(28)?;
        directory = Directory { entries: fields.u64()?, bytes: fields.u64()?, offset: fields.u64()? };
    }
    let end = directory.end(comment);
    let found = directory.offset.checked_add(directory.bytes).filter(|start| start.checked_add(end.len() as u64) == Some(behind));
    let found = found.ok_or(Fault::Structure("the ZIP's end does not point to its directory"))?;
    if bytes_at(file, found, end.len())? != end {
        return Err(Fault::Structure("the ZIP's end record has another form than Exeunt writes"));
    }
    Ok(directory)
}

/// The entries that the central directory lists, in its order.
pub(super) struct Entries<'file> {
    reader: BufReader<Stretch<'file>>,
    left: u64,
}

impl<'file> Entries<'file> {
    pub(super) fn new(file: &'file Shared, directory: Directory) -> Self {
        let stretch = Stretch::new(file, directory.offset, directory.offset.saturating_add(directory.bytes));
        Self { reader: BufReader::with_capacity(64 * 1024, stretch), left: directory.entries }
    }

    fn read(&mut self) -> Result<Entry, Fault> {
        let mut bytes = vec![0; 46];
        self.reader.read_exact(&mut bytes)?;
        let mut fields = Fields(&bytes);
        if fields.u32()? != zip::CENTRAL_HEADER {
            return Err(Fault::Structure("the ZIP's directory is damaged"));
        }
        fields.skip(4)?;
        let (flags, method, time, date, crc) = (fields.u16()?, fields.u16()?, fields.u16()?, fields.u16()?, fields.u32()?);
        let (mut compressed, mut size) = (u64::from(fields.u32()?), u64::from(fields.u32()?));
        let (name, extra) = (usize::from(fields.u16()?), usize::from(fields.u16()?));
        fields.skip(10)?;
        let mut offset = u64::from(fields.u32()?);
        bytes.resize(46 + name + extra, 0);
        self.reader.read_exact(&mut bytes[46..])?;
        if extra > 0 {
            let mut fields = Fields(&bytes[46 + name..]);
            fields.skip(4)?;
            for number in [&mut size, &mut compressed, &mut offset] {
                if *number == u64::from(u32::MAX) {
                    *number = fields.u64()?;
                }
            }
        }
        let path = String::from_utf8(bytes[46..46 + name].to_vec()).map_err(|_| Fault::Structure("a name in the ZIP is not UTF-8"))?;
        let sizes_follow = flags & zip::SIZES_FOLLOW != 0;
        let entry = Entry { path, method, sizes_follow, modified: Modified::from_fields(time, date), crc, compressed, size, offset };
        if entry.central_header() == bytes { Ok(entry) } else { Err(Fault::Structure("the ZIP's directory is damaged")) }
    }
}

impl Iterator for Entries<'_> {
    type Item = Result<Entry, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.left == 0 {
            // The directory must end with its last entry.
            let mut more = [0];
            return match self.reader.read(&mut more) {
                Ok(0) => None,
                Ok(_) => Some(Err(Fault::Structure("the ZIP's directory is longer than its entries"))),
                Err(error) => Some(Err(error.into())),
            };
        }
        self.left -= 1;
        let entry = self.read();
        if entry.is_err() {
            self.left = 0;
        }
        Some(entry)
    }
}

/// Reads an entry's content piece by piece, checking headers, size and checksum. Returns where the entry ends.
pub(super) fn content(file: &Shared, entry: &Entry, mut take: impl FnMut(&[u8])) -> Result<u64, Fault> {
    let header = entry.local_header();
    if bytes_at(file, entry.offset, header.len())? != header {
        return Err(Fault::Structure("its header differs from the directory"));
    }
    let start = entry.offset.saturating_add(header.len() as u64);
    let end = start.checked_add(entry.compressed).ok_or(Fault::Structure("its size is impossible"))?;
    let mut packed = BufReader::with_capacity(64 * 1024, Stretch::new(file, start, end));
    let mut crc = flate2::Crc::new();
    let mut size = 0_u64;
    let mut pass = |reader: &mut dyn Read| -> Result<(), Fault> {
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let count = match reader.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error.into()),
            };
            crc.update(&buffer[..count]);
            size += count as u64;
            take(&buffer[..count]);
        }
    };
    match entry.method {
        zip::STORED => pass(&mut packed)?,
        zip::DEFLATED => {
            let mut decoder = DeflateDecoder::new(&mut packed);
            pass(&mut decoder).map_err(|_| Fault::Structure("its compressed data is damaged"))?;
            // Compressed data must end where the directory says.
            let mut more = [0];
            if packed.read(&mut more)? != 0 {
                return Err(Fault::Structure("its compressed data ends early"));
            }
        }
        _ => return Err(Fault::Structure("it is packed in a way that Exeunt does not use")),
    }
    if size != entry.size || crc.sum() != entry.crc {
        return Err(Fault::Structure("its content has another size or checksum"));
    }
    if !entry.sizes_follow {
        return Ok(end);
    }
    let descriptor = entry.data_descriptor();
    if bytes_at(file, end, descriptor.len())? != descriptor {
        return Err(Fault::Structure("its data descriptor differs from the directory"));
    }
    Ok(end + descriptor.len() as u64)
}
