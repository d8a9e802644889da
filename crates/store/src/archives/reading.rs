//! Reading from the archive store piece by piece, however large it is and however slowly it is taken.

use std::fs::File;
use std::os::unix::fs::FileExt as _;

use bytes::Bytes;

use super::Error;
use super::s3::Bucket;

/// Bytes of a file that are read at once.
const PIECE: u64 = 1 << 18;
/// Bytes of an object that are asked for at once: no connection waits while whoever downloads takes their time.
const WINDOW: u64 = 4 << 20;

/// A range of what lies under a name.
#[derive(Debug)]
pub struct Reading {
    from: From,
    at: u64,
    end: u64,
}

#[derive(Debug)]
enum From {
    File(File),
    Bucket {
        bucket: Bucket,
        name: String,
        /// The piece that opening has fetched.
        first: Option<Bytes>,
    },
}

impl Reading {
    pub(super) fn of_file(file: File, first: u64, end: u64) -> Self {
        Self { from: From::File(file), at: first, end }
    }

    pub(super) fn of_bucket(bucket: &Bucket, name: &str, first: u64, end: u64) -> Result<Self, Error> {
        let piece = match first < end {
            true => Some(bucket.read(name, first, end.min(first + WINDOW))?),
            false => None,
        };
        Ok(Self { from: From::Bucket { bucket: bucket.clone(), name: name.to_owned(), first: piece }, at: first, end })
    }

    /// The next piece; `None` after the last one.
    ///
    /// # Errors
    /// The store went away in the middle. What was read is right.
    pub fn next_piece(&mut self) -> Result<Option<Bytes>, Error> {
        if self.at >= self.end {
            return Ok(None);
        }
        let piece = match &mut self.from {
            From::File(file) => {
                let mut piece = vec![0; usize::try_from(PIECE.min(self.end - self.at)).unwrap_or_default()];
                file.read_exact_at(&mut piece, self.at).map_err(|source| Error::Folder { doing: "read a file", source })?;
                Bytes::from(piece)
            }
            From::Bucket { bucket, name, first } => match first.take() {
                Some(piece) => piece,
                None => bucket.read(name, self.at, self.end.min(self.at + WINDOW))?,
            },
        };
        self.at += piece.len() as u64;
        Ok(Some(piece))
    }

    /// Everything at once, for what is small.
    ///
    /// # Errors
    /// As [`Reading::next_piece`].
    pub fn all(mut self) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::new();
        while let Some(piece) = self.next_piece()? {
            bytes.extend_from_slice(&piece);
        }
        Ok(bytes)
    }
}
