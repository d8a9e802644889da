//! Checkpoints: a log's head as a signed note (C2SP `signed-note` and `tlog-checkpoint`).
//!
//! ```text
//! exeunt/5f1c…            the log's name
//! 42                      its size
//! vHp3…=                  its root
//!
//! — exeunt/5f1c… AbCd…=   signatures: a key's name, then 4 bytes of key hash and the Ed25519 signature
//! ```
//!
//! The key is the one that certificates are signed with. A certificate's message begins with another first line than any log's name,
//! so neither signature can stand for the other.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha256};

use super::merkle::{Hash, TreeHead};
use crate::digest::hex;

/// A checkpoint could not be read, or its signature does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("a checkpoint is a signed note of three lines, an empty line and signatures")]
    Form,
    #[error("the checkpoint is of the log `{got}`, not of `{want}`")]
    OtherLog { got: String, want: String },
    #[error("the checkpoint bears no signature of the log's key")]
    Unsigned,
    #[error("the checkpoint's signature does not hold")]
    Broken,
    #[error("the public key is no Ed25519 key")]
    PublicKey,
}

/// The kind of signature in a note's key hash and verifier key: Ed25519.
const ED25519: u8 = 1;

/// A log's key for signing its checkpoints.
#[derive(Clone)]
pub struct LogKey {
    name: String,
    key: SigningKey,
}

impl LogKey {
    /// The key that belongs to 32 random bytes. The log's name is made from the key, so that two logs never share one.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        let key = SigningKey::from_bytes(seed);
        Self { name: log_name(key.verifying_key().as_bytes()), key }
    }

    /// The 32 bytes by which its signatures are checked.
    pub fn public_key(&self) -> [u8; 32] {
        *self.key.verifying_key().as_bytes()
    }

    /// The key in the form that witnesses and other tools for signed notes are configured with.
    pub fn verifier_key(&self) -> String {
        let public_key = self.public_key();
        let typed = [&[ED25519], public_key.as_slice()].concat();
        format!("{}+{}+{}", self.name, hex(&key_hash(&self.name, &public_key)), STANDARD.encode(typed))
    }

    /// Signs a head of this log.
    pub fn sign(&self, head: &TreeHead) -> Checkpoint {
        let text = body(&self.name, head);
        let signature = self.key.sign(text.as_bytes()).to_bytes();
        let blob = [key_hash(&self.name, &self.public_key()).as_slice(), &signature].concat();
        let note = format!("{text}\n— {} {}\n", self.name, STANDARD.encode(blob));
        Checkpoint { name: self.name.clone(), head: *head, note }
    }
}

impl fmt::Debug for LogKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "LogKey({})", self.name)
    }
}

/// A signed head of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    name: String,
    head: TreeHead,
    note: String,
}

impl Checkpoint {
    /// Reads the text of a checkpoint, without holding its signature against a key. Signatures of witnesses may follow the log's own.
    ///
    /// # Errors
    /// [`Error::Form`] for any other spelling than the one this module and the standard prescribe.
    pub fn parse(note: &str) -> Result<Self, Error> {
        let (text, signatures) = note.split_once("\n\n").ok_or(Error::Form)?;
        let mut lines = text.split('\n');
        let (Some(name), Some(size), Some(root), None) = (lines.next(), lines.next(), lines.next(), lines.next()) else {
            return Err(Error::Form);
        };
        let size: u64 = size.parse().map_err(|_| Error::Form)?;
        let head = TreeHead { size, root: Hash::from_base64(root).ok_or(Error::Form)? };
        if name.is_empty() || format!("{text}\n") != body(name, &head) {
            return Err(Error::Form);
        }
        let signatures = signatures.strip_suffix('\n').ok_or(Error::Form)?;
        if !signatures.split('\n').all(|line| signature_line(line).is_some()) {
            return Err(Error::Form);
        }
        Ok(Self { name: name.to_owned(), head, note: note.to_owned() })
    }

    /// Holds the log's name and signature against its public key.
    ///
    /// Only the log's own signature is looked at; those of witnesses are for their own verifiers.
    pub fn verify(&self, public_key: &[u8; 32]) -> Result<&TreeHead, Error> {
        let want = log_name(public_key);
        if self.name != want {
            return Err(Error::OtherLog { got: self.name.clone(), want });
        }
        let hash = key_hash(&want, public_key);
        let (text, signatures) = self.note.split_once("\n\n").ok_or(Error::Form)?;
        let signature = signatures
            .lines()
            .filter_map(signature_line)
            .find_map(|(name, blob)| (name == want).then_some(blob).and_then(|blob| blob.strip_prefix(&hash).map(<[u8]>::to_vec)))
            .and_then(|bytes| <[u8; 64]>::try_from(bytes).ok())
            .ok_or(Error::Unsigned)?;
        let verifier = VerifyingKey::from_bytes(public_key).map_err(|_| Error::PublicKey)?;
        verifier.verify_strict(format!("{text}\n").as_bytes(), &Signature::from_bytes(&signature)).map_err(|_| Error::Broken)?;
        Ok(&self.head)
    }

    /// How many signatures the note bears.
    pub fn signatures(&self) -> usize {
        self.note.lines().filter(|line| line.starts_with('—')).count()
    }

    /// The name of the log, made from its key.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The size and the root that it states.
    pub fn head(&self) -> &TreeHead {
        &self.head
    }

    /// The whole note, to be stored or given to witnesses as it is.
    pub fn as_str(&self) -> &str {
        &self.note
    }
}

/// The name of the log that belongs to a public key.
fn log_name(public_key: &[u8; 32]) -> String {
    let hash = Sha256::new().chain_update(b"exeunt log\n").chain_update(public_key).finalize();
    format!("exeunt/{}", hex(&hash[..8]))
}

fn body(name: &str, head: &TreeHead) -> String {
    format!("{name}\n{}\n{}\n", head.size, head.root)
}

fn key_hash(name: &str, public_key: &[u8; 32]) -> [u8; 4] {
    let hash = Sha256::new().chain_update(name).chain_update([b'\n', ED25519]).chain_update(public_key).finalize();
    [hash[0], hash[1], hash[2], hash[3]]
}

/// The key's name and the bytes of one signature line.
fn signature_line(line: &str) -> Option<(&str, Vec<u8>)> {
    let (name, blob) = line.strip_prefix("— ")?.split_once(' ')?;
    let bytes = STANDARD.decode(blob).ok()?;
    (!name.is_empty() && !name.contains('+') && bytes.len() > 4).then_some((name, bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signed() -> (LogKey, Checkpoint) {
        let key = LogKey::from_seed(&[3; 32]);
        let checkpoint = key.sign(&TreeHead { size: 42, root: Hash([9; 32]) });
        (key, checkpoint)
    }

    #[test]
    fn own_checkpoints_hold_and_survive_the_round_trip() {
        let (key, checkpoint) = signed();
        let got = Checkpoint::parse(checkpoint.as_str());
        assert_eq!(got.as_ref(), Ok(&checkpoint));
        assert_eq!(checkpoint.verify(&key.public_key()), Ok(checkpoint.head()));
        assert_eq!(checkpoint.signatures(), 1);
    }

    #[test]
    fn every_flipped_bit_is_noticed() {
        let (key, checkpoint) = signed();
        let note = checkpoint.as_str();
        for index in 0..note.len() * 8 {
            let mut bytes = note.as_bytes().to_vec();
            bytes[index / 8] ^= 1 << (index % 8);
            let holds = String::from_utf8(bytes)
                .ok()
                .and_then(|note| Checkpoint::parse(&note).ok())
                .is_some_and(|checkpoint| checkpoint.verify(&key.public_key()).is_ok());
            assert!(!holds, "bit {index}");
        }
    }

    #[test]
    fn another_key_is_refused() {
        let (_, checkpoint) = signed();
        let other = LogKey::from_seed(&[4; 32]).public_key();
        assert!(matches!(checkpoint.verify(&other), Err(Error::OtherLog { .. })));
    }

    #[test]
    fn signatures_of_witnesses_may_follow() {
        let (key, checkpoint) = signed();
        let note = format!("{}— witness.example {}\n", checkpoint.as_str(), STANDARD.encode([1; 76]));
        let witnessed = Checkpoint::parse(&note).unwrap();
        assert_eq!(witnessed.signatures(), 2);
        assert_eq!(witnessed.verify(&key.public_key()), Ok(checkpoint.head()));
    }

    /// The example of the signed-note standard: Go's `golang.org/x/mod/sumdb/note` verifies with this key.
    #[test]
    fn key_hashes_are_those_of_the_standard() {
        let verifier = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
        let (name, rest) = verifier.split_once('+').unwrap();
        let (hash, key) = rest.split_once('+').unwrap();
        let typed = STANDARD.decode(key).unwrap();
        let public_key: [u8; 32] = typed[1..].try_into().unwrap();
        assert_eq!(hex(&key_hash(name, &public_key)), hash);
    }
}
