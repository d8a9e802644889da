//! Opening an archive's file for checking, decrypting it on the way where it is encrypted.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use age::secrecy::SecretString;

use super::read::{Bytes, Shared};
use super::verify::Error;

/// How every file of age begins.
const AGE_MAGIC: &[u8] = b"age-encryption.org/";

/// What opens an encrypted archive.
#[derive(Clone)]
pub enum Unlock {
    /// Secret keys of age (`AGE-SECRET-KEY-1…`), of which one fits.
    Identities(Vec<age::x25519::Identity>),
    Passphrase(SecretString),
}

impl Unlock {
    /// Reads the secret keys from the text of an identity file; comments and empty lines are passed over.
    pub fn from_identity_file(text: &str) -> Result<Self, Error> {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let identities: Result<Vec<_>, _> = lines.map(|line| line.parse().map_err(|_| Error::Identity)).collect();
        match identities? {
            identities if identities.is_empty() => Err(Error::Identity),
            identities => Ok(Self::Identities(identities)),
        }
    }
}

/// A file that lies open.
pub(super) struct Opened {
    pub path: PathBuf,
    pub file: Shared,
    /// Of the ZIP, after decryption.
    pub length: u64,
}

pub(super) fn open(path: &Path, unlock: Option<&Unlock>) -> Result<Opened, Error> {
    let failed = |source| Error::Read { path: path.to_owned(), source };
    let mut file = File::open(path).map_err(failed)?;
    let mut head = [0; AGE_MAGIC.len()];
    let encrypted = file.read_exact(&mut head).is_ok() && head == AGE_MAGIC;
    file.seek(SeekFrom::Start(0)).map_err(failed)?;
    let reader: Box<dyn Bytes> = match (encrypted, unlock) {
        (false, _) => Box::new(file),
        (true, None) => return Err(Error::Encrypted { path: path.to_owned() }),
        (true, Some(unlock)) => {
            let refused = |source| Error::Decrypt { path: path.to_owned(), source };
            let decryptor = age::Decryptor::new_buffered(BufReader::with_capacity(128 * 1024, file)).map_err(refused)?;
            let reader = match unlock {
                Unlock::Identities(identities) => decryptor.decrypt(identities.iter().map(|identity| identity as &dyn age::Identity)),
                Unlock::Passphrase(passphrase) => {
                    let identity = age::scrypt::Identity::new(passphrase.clone());
                    decryptor.decrypt(std::iter::once(&identity as &dyn age::Identity))
                }
            };
            Box::new(reader.map_err(refused)?)
        }
    };
    let (file, length) = Shared::new(reader).map_err(failed)?;
    Ok(Opened { path: path.to_owned(), file, length })
}
