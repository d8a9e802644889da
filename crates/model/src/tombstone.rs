//! Tombstones: that a subject was erased, without who it was.
//!
//! A tombstone holds a keyed hash of the subject's kind and key. Whoever holds the store's secret can ask of a given subject whether it was
//! erased; nobody can read the subject back from the tombstone, and without the secret not even guess.

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::digest::Digest;
use crate::identity::EmailAddress;
use crate::moment::Moment;
use crate::names::SubjectKind;
use crate::run::RunId;

/// The secret that keyed hashes are made with: 32 random bytes, drawn once per store and never shown.
#[derive(Clone)]
pub struct HashSecret([u8; 32]);

impl HashSecret {
    /// The secret of a store.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl std::fmt::Debug for HashSecret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("HashSecret(…)")
    }
}

/// That a subject was erased, when, and which certificate says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tombstone {
    pub kind: SubjectKind,
    pub subject: Digest,
    pub erased: Moment,
    pub run: RunId,
    /// The subject's own row as the erasure left it, where it stays and no count tells what was done to it. `None` also for the tombstones of
    /// earlier versions.
    pub remainder: Option<Digest>,
}

/// The keyed hash by which plans, certificates, the log and tombstones speak of a subject.
///
/// `key` holds the text forms of the key's columns, in the map's order, as the source writes them. Each part is hashed with its length,
/// so that no two keys run together.
pub fn subject_hash(secret: &HashSecret, kind: &SubjectKind, key: &[String]) -> Digest {
    let mut mac = keyed(secret);
    mac.update(b"exeunt subject 1");
    for part in std::iter::once(kind.as_str()).chain(key.iter().map(String::as_str)) {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part.as_bytes());
    }
    Digest::from_hash(mac.finalize().into_bytes().into())
}

/// The keyed hash by which an erased seat's address is remembered in its contract: a person who is pushed again is known by it.
///
/// The address is in lower case.
pub fn address_hash(secret: &HashSecret, contract: &str, email: &EmailAddress) -> Digest {
    let mut mac = keyed(secret);
    mac.update(b"exeunt address 1");
    for part in [contract, email.as_str()] {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part.as_bytes());
    }
    Digest::from_hash(mac.finalize().into_bytes().into())
}

/// The keyed hash of an `Idempotency-Key`: whoever sends it may have put a seat's key or a name into it.
pub fn repetition_key(secret: &HashSecret, key: &str) -> Digest {
    let mut mac = keyed(secret);
    mac.update(b"exeunt idempotency key 1");
    mac.update(key.as_bytes());
    Digest::from_hash(mac.finalize().into_bytes().into())
}

/// The keyed hash by which the same request is known when it is sent again: what was typed in it cannot be guessed from it.
pub fn repetition_fingerprint(secret: &HashSecret, body: &[u8]) -> Digest {
    let mut mac = keyed(secret);
    mac.update(b"exeunt idempotency fingerprint 1");
    mac.update(body);
    Digest::from_hash(mac.finalize().into_bytes().into())
}

/// The keyed hash of what an erasure left in a subject's own row: places and their values.
///
/// By it a row that stays as it was left is told from one that a backup has brought back.
pub fn remainder(secret: &HashSecret, subject: &Digest, values: &[(String, Option<String>)]) -> Digest {
    let mut mac = keyed(secret);
    mac.update(b"exeunt remainder 1");
    mac.update(subject.as_str().as_bytes());
    for (place, value) in values {
        for part in [Some(place), value.as_ref()] {
            mac.update(&[u8::from(part.is_some())]);
            let part = part.map_or("", String::as_str);
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
    }
    Digest::from_hash(mac.finalize().into_bytes().into())
}

fn keyed(secret: &HashSecret) -> Hmac<Sha256> {
    // Unwrap safety: HMAC takes keys of any length.
    #[expect(clippy::unwrap_used, reason = "HMAC takes keys of any length")]
    Hmac::new_from_slice(&secret.0).unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(secret: u8, kind: &str, key: &[&str]) -> Digest {
        let key: Vec<String> = key.iter().map(|part| (*part).to_owned()).collect();
        subject_hash(&HashSecret::new([secret; 32]), &SubjectKind::new(kind), &key)
    }

    #[test]
    fn hashes_differ_by_secret_kind_and_every_part_of_the_key() {
        let base = hash(1, "seat", &["a", "b"]);
        assert_eq!(base, hash(1, "seat", &["a", "b"]));
        for other in [
            hash(2, "seat", &["a", "b"]),
            hash(1, "contract", &["a", "b"]),
            hash(1, "seat", &["ab"]),
            hash(1, "seat", &["ab", ""]),
            hash(1, "seat", &["a", "b", ""]),
            hash(1, "seata", &["b"]),
            hash(1, "seat", &["b", "a"]),
        ] {
            assert_ne!(base, other);
        }
    }

    #[test]
    fn addresses_are_remembered_by_contract() {
        let of = |secret: u8, contract: &str, email: &str| address_hash(&HashSecret::new([secret; 32]), contract, &email.parse().unwrap());
        let base = of(1, "7", "mara@personal.example");
        assert_eq!(base, of(1, "7", "Mara@Personal.example"));
        for other in [of(2, "7", "mara@personal.example"), of(1, "8", "mara@personal.example"), of(1, "7", "otto@personal.example")] {
            assert_ne!(base, other);
        }
    }

    #[test]
    fn a_remainder_tells_null_from_empty_and_one_subject_from_another() {
        let of = |key: &str, value: Option<&str>| {
            let secret = HashSecret::new([1; 32]);
            remainder(&secret, &hash(1, "seat", &[key]), &[("name".to_owned(), value.map(str::to_owned))])
        };
        assert_eq!(of("3", Some("cy")), of("3", Some("cy")));
        for other in [of("3", Some("dee")), of("3", Some("")), of("3", None), of("4", Some("cy"))] {
            assert_ne!(of("3", Some("cy")), other);
        }
        assert_ne!(of("3", Some("")), of("3", None));
    }
}
