//! Files that exported rows name, byte for byte.

use std::io::Read;

use exeunt_model::archive::header::{Category, FileHeader};
use exeunt_model::names::SourceName;
use exeunt_sources::files::FileReader;

use super::{Error, Progress};
use crate::archive::ArchiveWriter;

const CHUNK: usize = 128 * 1024;

/// Room for the bytes of one file on their way, used for all.
pub fn buffer() -> Vec<u8> {
    vec![0; CHUNK]
}

/// Copies one file into the archive and returns its size in bytes; `None` when the store has none of that key.
pub fn copy(
    archive: &mut ArchiveWriter,
    reader: &FileReader,
    chunk: &mut [u8],
    source: &SourceName,
    key: &str,
    category: Category,
    progress: &mut dyn Progress,
) -> Result<Option<u64>, Error> {
    let failed = |error| Error::Files { files: source.clone(), source: error };
    let Some(mut file) = reader.open(key).map_err(failed)? else { return Ok(None) };
    // Only a hint of where a part is full: what is read counts.
    let size_hint = file.metadata().ok().map(|metadata| metadata.len());
    let mut sink = archive.file(FileHeader { source: source.clone(), key: key.to_owned(), category, size_hint, media_type: None })?;
    loop {
        let count = file.read(chunk).map_err(|error| Error::ReadFile { files: source.clone(), source: error })?;
        if count == 0 {
            return Ok(Some(sink.finish()?.bytes));
        }
        sink.push(&chunk[..count])?;
        if !progress.advance(0, count as u64) {
            return Err(Error::Interrupted);
        }
    }
}
