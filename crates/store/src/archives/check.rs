//! A small file goes the way of all archives once, before people rely on it.

use std::io::Write as _;
use std::time::Duration;

use exeunt_model::digest::hex;
use sha2::{Digest as _, Sha256};

use super::{ArchiveStore, Error};

const WORDS: &[u8] = b"Exeunt looked whether it can store, read and delete here.\n";

/// Stores, lists, reads and deletes.
pub(super) fn prove(store: &ArchiveStore, name: &str) -> Result<(), Error> {
    let mut file = tempfile::tempfile().map_err(Error::Source)?;
    file.write_all(WORDS).map_err(Error::Source)?;
    store.put(name, &file, &hex(&Sha256::digest(WORDS)), Duration::ZERO, &|| false)?;
    let listed = store.list(name.rsplit_once('/').map_or("", |(folder, _)| folder))?;
    let read = store.read(name, 0, WORDS.len() as u64)?.all()?;
    for found in listed.iter().filter(|found| found.name == name) {
        store.delete(found)?;
    }
    match store.size(name)? {
        None if read == WORDS => Ok(()),
        None => Err(Error::Differs { name: name.to_owned() }),
        Some(_) => Err(Error::Remains { left: 1 }),
    }
}
