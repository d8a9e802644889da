//! The compressor of the floors: what a good engineer would put behind `psql`, and nothing more.
//!
//! One thread, one deflate stream per table, checksums, and the file synced at the end. Standard input is CSV; a line that begins with
//! the byte 0x1E names the entry that follows. After `files` come names of files, one a line, which are packed too.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};
use rawzip::{CompressionMethod, DataDescriptorOutput, ZipArchiveWriter};

/// Begins a line that names an entry. No text of the sample platform holds it.
pub const ENTRY: u8 = 0x1e;
/// The entry whose lines are names of files.
pub const FILES: &str = "files";

const READ_BYTES: usize = 256 << 10;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The ZIP file to write
    out: PathBuf,
    /// The deflate level
    #[arg(long)]
    level: u32,
    /// The folder of the files named in the entry `files`
    #[arg(long)]
    files: Option<PathBuf>,
}

type Archive = ZipArchiveWriter<BufWriter<File>>;

pub fn run(arguments: &Arguments) -> Result<()> {
    let file = File::create(&arguments.out).with_context(|| format!("create {}", arguments.out.display()))?;
    let mut archive = ZipArchiveWriter::builder().build(BufWriter::with_capacity(READ_BYTES, file));
    let mut input = BufReader::with_capacity(READ_BYTES, io::stdin().lock());
    let level = Compression::new(arguments.level);
    let mut name = None;
    loop {
        match name.take() {
            None => name = skip_to_entry(&mut input)?,
            Some(entry) if entry == FILES => {
                let folder = arguments.files.as_deref().context("files are named, and --files is missing")?;
                pack_files(&mut archive, &mut input, folder, level)?;
            }
            Some(entry) => name = pack_table(&mut archive, &mut input, &entry, level)?,
        }
        if name.is_none() && input.fill_buf()?.is_empty() {
            break;
        }
    }
    let file = archive.finish()?.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.sync_all().with_context(|| format!("sync {}", arguments.out.display()))
}

fn skip_to_entry(input: &mut impl BufRead) -> Result<Option<String>> {
    copy_to_entry(input, |bytes| {
        if bytes.iter().any(|byte| !byte.is_ascii_whitespace()) { Err(io::Error::other("text before the first entry")) } else { Ok(()) }
    })
}

fn pack_table(archive: &mut Archive, input: &mut impl BufRead, name: &str, level: Compression) -> Result<Option<String>> {
    let path = format!("data/{name}.csv");
    let (entry, _) = archive.new_file(&path).compression_method(CompressionMethod::DEFLATE).start()?;
    let mut deflate = DeflateEncoder::new(entry, level);
    let (mut crc, mut size) = (Crc::new(), 0);
    let next = copy_to_entry(input, |bytes| {
        crc.update(bytes);
        size += bytes.len() as u64;
        deflate.write_all(bytes)
    })?;
    deflate.finish()?.finish(DataDescriptorOutput::new(crc.sum(), size))?;
    Ok(next)
}

/// Hands on the bytes up to the next line that names an entry, and returns that name; `None` at the end.
fn copy_to_entry(input: &mut impl BufRead, mut take: impl FnMut(&[u8]) -> io::Result<()>) -> Result<Option<String>> {
    loop {
        let bytes = input.fill_buf()?;
        if bytes.is_empty() {
            return Ok(None);
        }
        let until = memchr::memchr(ENTRY, bytes);
        let length = until.unwrap_or(bytes.len());
        take(&bytes[..length])?;
        input.consume(length);
        if until.is_some() {
            let mut line = String::new();
            input.read_line(&mut line)?;
            return Ok(Some(line.trim_start_matches(char::from(ENTRY)).trim().to_owned()));
        }
    }
}

fn pack_files(archive: &mut Archive, input: &mut impl BufRead, folder: &Path, level: Compression) -> Result<()> {
    let mut names = String::new();
    input.read_to_string(&mut names)?;
    let mut content = Vec::new();
    for name in names.lines().filter(|name| !name.is_empty()) {
        content.clear();
        let path = folder.join(name);
        let read = File::open(&path).and_then(|mut file| file.read_to_end(&mut content));
        match read {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => bail!("read {}: {error}", path.display()),
        }
        let mut crc = Crc::new();
        crc.update(&content);
        let path = format!("files/{name}");
        let (entry, _) = archive.new_file(&path).compression_method(CompressionMethod::DEFLATE).start()?;
        let mut deflate = DeflateEncoder::new(entry, level);
        deflate.write_all(&content)?;
        deflate.finish()?.finish(DataDescriptorOutput::new(crc.sum(), content.len() as u64))?;
    }
    Ok(())
}
