//! Files that exported rows name, byte for byte.

use std::io::Read;

use exeunt_model::archive::header::{Category, FileHeader};
use exeunt_model::names::SourceName;
use exeunt_sources::files::FileReader;

use super::{Error, Progress};
use crate::archive::ArchiveWriter;

const CHUNK: usize = 128 * 1024;

/// Copies one file into the archive and returns its size in bytes; `None` when the store has none of that key.
pub fn copy(
    archive: &mut ArchiveWriter,
    reader: &FileReader,
    source: &SourceName,
    key: &str,
    category: Category,
    progress: &mut dyn Progress,
) -> Result<Option<u64>, Error> {
    let failed = |error| Error::Files { files: source.clone(), source: error };
    let Some(mut file) = reader.open(key).map_err(failed)? else { return Ok(None) };
    let size_hint = reader.size_bytes(key).map_err(failed)?;
    let mut sink = archive.file(FileHeader { source: source.clone(), key: key.to_owned(), category, size_hint, media_type: None })?;
    let mut chunk = vec![0; CHUNK];
    loop {
        let count = file.read(&mut chunk).map_err(|error| Error::ReadFile { files: source.clone(), source: error })?;
        if count == 0 {
            return Ok(Some(sink.finish()?.bytes));
        }
        sink.push(&chunk[..count])?;
        if !progress.advance(0, count as u64) {
            return Err(Error::Interrupted);
        }
    }
}
