//! The archive store in a folder of this machine, or of one that all workers share.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use exeunt_model::digest::hex;
use exeunt_model::moment::Moment;
use sha2::{Digest as _, Sha256};

use super::{Error, Extent, Listed, Reading};

/// The end of the name of a file that is being written.
pub(super) const PARTIAL: &str = ".partial";

/// Bytes that are copied at once.
const PIECE: usize = 1 << 18;

/// A folder that its owner alone can read.
#[derive(Debug, Clone)]
pub struct ArchiveFolder {
    folder: PathBuf,
}

fn failed(doing: &'static str) -> impl Fn(io::Error) -> Error {
    move |source| Error::Folder { doing, source }
}

/// What isn't there is no error.
fn unless_missing(done: io::Result<()>) -> io::Result<()> {
    match done {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

impl ArchiveFolder {
    pub(super) fn open(folder: &Path) -> Result<Self, Error> {
        make(folder)?;
        Ok(Self { folder: folder.to_owned() })
    }

    fn partial(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}{PARTIAL}"))
    }

    pub(super) fn put(&self, name: &str, file: &File, sha256: &str, over: &dyn Fn() -> bool) -> Result<(), Error> {
        let path = self.folder.join(name);
        let parent = path.parent().unwrap_or(&self.folder);
        make(parent)?;
        let partial = self.partial(name);
        let copied = copy(file, &partial, over).and_then(|copied| match copied == sha256 {
            true => Ok(()),
            false => Err(Error::Differs { name: name.to_owned() }),
        });
        if copied.is_err() {
            // What cannot be deleted now goes with whatever deletes the name.
            let _ = fs::remove_file(&partial);
        }
        copied?;
        fs::rename(&partial, &path).map_err(failed("store a file"))?;
        // The name is on disk with its folder.
        File::open(parent).and_then(|folder| folder.sync_all()).map_err(failed("store a file"))
    }

    pub(super) fn read(&self, name: &str, first: u64, end: u64) -> Result<Reading, Error> {
        let file = match File::open(self.folder.join(name)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(Error::Missing { name: name.to_owned() }),
            Err(source) => return Err(failed("read a file")(source)),
        };
        if file.metadata().map_err(failed("read a file"))?.len() < end {
            return Err(Error::Missing { name: name.to_owned() });
        }
        Ok(Reading::of_file(file, first, end))
    }

    pub(super) fn size(&self, name: &str) -> Result<Option<u64>, Error> {
        match fs::metadata(self.folder.join(name)) {
            Ok(metadata) => Ok(metadata.is_file().then_some(metadata.len())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(failed("look at a file")(source)),
        }
    }

    pub(super) fn list(&self, prefix: &str) -> Result<Vec<Listed>, Error> {
        let mut found = Vec::new();
        self.collect(prefix, &mut found).map_err(failed("list files"))?;
        found.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(found)
    }

    fn collect(&self, within: &str, found: &mut Vec<Listed>) -> io::Result<()> {
        let entries = match fs::read_dir(self.folder.join(within)) {
            Ok(entries) => entries,
            // The store's own folder must be there: without it nothing is known of what lies in it.
            Err(error) if error.kind() == io::ErrorKind::NotFound && !within.is_empty() => return Ok(()),
            Err(error) => return Err(error),
        };
        for entry in entries {
            let entry = entry?;
            let file_name = entry.file_name();
            let Some(file_name) = file_name.to_str() else { continue };
            let name = if within.is_empty() { file_name.to_owned() } else { format!("{within}/{file_name}") };
            let metadata = match entry.metadata() {
                Ok(metadata) => metadata,
                // It was deleted or renamed meanwhile.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            };
            if metadata.is_dir() {
                self.collect(&name, found)?;
                continue;
            }
            let since = metadata.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
            let since = since.and_then(|since| i64::try_from(since.as_micros()).ok()).and_then(Moment::from_microseconds);
            let (name, extent) = match name.strip_suffix(PARTIAL) {
                Some(whole) => (whole.to_owned(), Extent::Unfinished { upload: name.clone() }),
                None => (name, Extent::Whole),
            };
            // Files of other kinds are none of ours.
            if super::check(&name).is_ok() {
                found.push(Listed { name, since, extent });
            }
        }
        Ok(())
    }

    pub(super) fn delete(&self, listed: &Listed) -> Result<(), Error> {
        let path = match &listed.extent {
            Extent::Whole => self.folder.join(&listed.name),
            Extent::Unfinished { .. } => self.partial(&listed.name),
        };
        unless_missing(fs::remove_file(&path)).map_err(failed("delete a file"))?;
        // Folders go with their last file; one that is not empty stays.
        let mut folder = path.parent();
        while let Some(inside) = folder.filter(|inside| *inside != self.folder) {
            let gone = match fs::remove_dir(inside) {
                Ok(()) => true,
                Err(error) => error.kind() == io::ErrorKind::NotFound,
            };
            folder = inside.parent();
            if !gone {
                break;
            }
        }
        // Deleted for good once the folder that held the name is on disk.
        let standing = path.ancestors().skip(1).find(|folder| folder.exists()).unwrap_or(&self.folder);
        unless_missing(File::open(standing).and_then(|folder| folder.sync_all())).map_err(failed("delete a file"))
    }

    pub(super) fn look(&self) -> Result<(), Error> {
        fs::read_dir(&self.folder).map(|_| ()).map_err(failed("look"))
    }
}

/// Copies a file, and returns the digest of its bytes.
fn copy(from: &File, to: &Path, over: &dyn Fn() -> bool) -> Result<String, Error> {
    let mut to = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(to).map_err(failed("store a file"))?;
    let mut hash = Sha256::new();
    let mut piece = vec![0; PIECE];
    let mut at = 0;
    loop {
        if over() {
            return Err(Error::Interrupted);
        }
        let read = from.read_at(&mut piece, at).map_err(Error::Source)?;
        if read == 0 {
            break;
        }
        hash.update(&piece[..read]);
        to.write_all(&piece[..read]).map_err(failed("store a file"))?;
        at += read as u64;
    }
    to.sync_all().map_err(failed("store a file"))?;
    Ok(hex(&hash.finalize()))
}

fn make(folder: &Path) -> Result<(), Error> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed("make a folder"))
}
