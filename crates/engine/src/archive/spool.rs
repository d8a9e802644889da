//! Bytes that are written now and read back later: in memory while few, in a nameless temporary file when many.
//!
//! Beside an encrypted archive the file is encrypted too, with a key that exists only in memory, so that nothing readable touches the disk.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use age::stream::StreamWriter;
use age::x25519::Identity;

/// Bytes kept in memory before a file is made.
const IN_MEMORY: usize = 512 * 1024;

pub(super) struct Spool {
    place: Place,
    memory: Vec<u8>,
    file: Option<Spilled>,
    length: u64,
}

/// Where spools of an archive put their files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// Beside the archive, where room for it must be anyway.
    pub folder: PathBuf,
    pub encrypted: bool,
}

impl Place {
    pub(super) fn new(folder: &Path, encrypted: bool) -> Self {
        Self { folder: folder.to_owned(), encrypted }
    }
}

enum Spilled {
    Plain(File),
    Encrypted(Box<StreamWriter<File>>, Identity),
}

impl Spool {
    pub(super) fn new(place: &Place) -> Self {
        Self { place: place.clone(), memory: Vec::new(), file: None, length: 0 }
    }

    pub(super) fn len(&self) -> u64 {
        self.length
    }

    fn spill(&mut self) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            None => self.file.insert(self.place.spill()?),
        };
        match file {
            Spilled::Plain(file) => file.write_all(&self.memory)?,
            Spilled::Encrypted(stream, _) => stream.write_all(&self.memory)?,
        }
        self.memory.clear();
        Ok(())
    }

    /// Everything in order; the spool is used up.
    pub(super) fn into_reader(self) -> io::Result<impl Read> {
        let spilled: Box<dyn Read> = match self.file {
            None => Box::new(io::empty()),
            Some(Spilled::Plain(mut file)) => {
                file.seek(SeekFrom::Start(0))?;
                Box::new(file)
            }
            Some(Spilled::Encrypted(stream, identity)) => {
                let mut file = stream.finish()?;
                file.seek(SeekFrom::Start(0))?;
                let decryptor = age::Decryptor::new_buffered(io::BufReader::new(file)).map_err(io::Error::other)?;
                Box::new(decryptor.decrypt(std::iter::once(&identity as &dyn age::Identity)).map_err(io::Error::other)?)
            }
        };
        Ok(spilled.chain(io::Cursor::new(self.memory)))
    }

    /// Hands everything to `take` in pieces, in order.
    pub(super) fn empty_into(self, mut take: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
        if self.file.is_none() {
            return take(&self.memory);
        }
        let mut reader = self.into_reader()?;
        let mut buffer = vec![0; 64 * 1024];
        loop {
            match reader.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(count) => take(&buffer[..count])?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

impl Place {
    fn spill(&self) -> io::Result<Spilled> {
        let file = tempfile::tempfile_in(&self.folder)?;
        if !self.encrypted {
            return Ok(Spilled::Plain(file));
        }
        let identity = Identity::generate();
        let recipient = identity.to_public();
        let encryptor = age::Encryptor::with_recipients(std::iter::once(&recipient as &dyn age::Recipient)).map_err(io::Error::other)?;
        Ok(Spilled::Encrypted(Box::new(encryptor.wrap_output(file)?), identity))
    }
}

impl Write for Spool {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.memory.len() + bytes.len() > IN_MEMORY {
            self.spill()?;
        }
        self.memory.extend_from_slice(bytes);
        self.length += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_went_in_comes_out_in_order() {
        let folder = tempfile::tempdir().expect("a folder");
        for encrypted in [false, true] {
            for pieces in [0, 3, 5_000] {
                let mut spool = Spool::new(&Place::new(folder.path(), encrypted));
                let mut want = Vec::new();
                for number in 0..pieces {
                    let piece = format!("piece {number} {}", "x".repeat(number % 900));
                    spool.write_all(piece.as_bytes()).expect("written");
                    want.extend_from_slice(piece.as_bytes());
                }
                assert_eq!(spool.len(), want.len() as u64);
                let mut got = Vec::new();
                spool.empty_into(|bytes| got.write_all(bytes)).expect("read back");
                assert!(got == want, "{encrypted} {pieces}");
            }
        }
        assert_eq!(std::fs::read_dir(folder.path()).expect("the folder").count(), 0);
    }
}
