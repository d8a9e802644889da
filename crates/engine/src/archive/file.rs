//! The sink for one file's bytes.

use std::io::{self, Write};

use exeunt_model::archive::header::FileHeader;

use super::deflate::Packing;
use super::error::Error;
use super::part::OpenEntry;
use super::writer::ArchiveWriter;

/// Takes a file's bytes. Call [`Self::finish`] at the end; a sink that is dropped before spoils the archive.
pub struct FileSink<'archive> {
    archive: &'archive mut ArchiveWriter,
    header: FileHeader,
    path: String,
    entry: OpenEntry,
}

/// What went into the archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileTotals {
    pub path: String,
    pub bytes: u64,
}

impl<'archive> FileSink<'archive> {
    pub(super) fn open(archive: &'archive mut ArchiveWriter, header: FileHeader) -> Result<Self, Error> {
        let path = archive.paths.file(header.category.name.as_str(), &header.key);
        let packing = if is_compressed(&path, header.media_type.as_deref()) { Packing::Stored } else { Packing::Deflate };
        let entry = archive.part.open(&mut archive.deflater, path.clone(), packing);
        Ok(Self { archive, header, path, entry })
    }

    /// Takes the next bytes.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let ArchiveWriter { part, deflater, .. } = &mut *self.archive;
        part.append(deflater, &mut self.entry, bytes).map_err(|source| part.failure(source))
    }

    /// Ends the file and returns what went into the archive.
    pub fn finish(self) -> Result<FileTotals, Error> {
        let Self { archive, header, path, mut entry } = self;
        let ArchiveWriter { part, deflater, .. } = &mut *archive;
        let written = part.close_entry(deflater, &mut entry).map_err(|source| part.failure(source))?;
        archive.list_file(header, path.clone(), written.bytes, written.sha256.as_str())?;
        archive.pending = None;
        Ok(FileTotals { path, bytes: written.bytes })
    }
}

impl Write for FileSink<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.push(bytes)?;
        Ok(bytes.len())
    }

    /// Nothing to do: bytes leave when a block is full or the file ends.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Whether compressing again would only cost time.
fn is_compressed(path: &str, media_type: Option<&str>) -> bool {
    const ENDINGS: [&str; 34] = [
        "7z", "aac", "apk", "avi", "avif", "br", "bz2", "docx", "flac", "gif", "gz", "heic", "jar", "jpeg", "jpg", "m4a", "m4v", "mkv",
        "mov", "mp3", "mp4", "odp", "ods", "odt", "ogg", "opus", "png", "pptx", "rar", "webm", "webp", "xlsx", "xz", "zip",
    ];
    let ending = path.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    let by_ending = ending.is_some_and(|ending| ENDINGS.contains(&ending.as_str()));
    let by_type = media_type.is_some_and(|media_type| {
        let coded = ["image/", "video/", "audio/"].iter().any(|prefix| media_type.starts_with(prefix));
        let plain = media_type.contains("svg") || media_type.contains("bmp") || media_type.contains("wav") || media_type.contains("tiff");
        (coded && !plain) || matches!(media_type, "application/zip" | "application/gzip" | "application/zstd")
    });
    by_ending || by_type
}
