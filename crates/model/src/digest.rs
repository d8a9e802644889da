//! SHA-256 digests of canonical JSON, by which plans, maps, catalogs and certificates are bound to each other.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// A SHA-256 digest, written `sha256:` and 64 hexadecimal digits.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Digest(String);

impl Digest {
    /// The SHA-256 of these bytes.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self::from_hash(Sha256::digest(bytes).into())
    }

    /// A SHA-256 that was computed elsewhere.
    pub fn from_hash(hash: [u8; 32]) -> Self {
        Self(format!("sha256:{}", hex(&hash)))
    }

    /// The digest of a value's JSON: struct fields in the order of their declaration, maps in the order of their keys.
    ///
    /// Values that are digested hold no floating-point numbers and no maps with other keys than strings, so that their JSON is unique
    /// and serialisation cannot fail.
    pub fn of_json<T: Serialize>(value: &T) -> Self {
        // Unwrap safety: see above; only such values are passed, each covered by a test that digests it.
        #[expect(clippy::unwrap_used, reason = "plain data with string keys always serialises")]
        let bytes = serde_json::to_vec(value).unwrap();
        Self::of_bytes(&bytes)
    }

    /// Reads `sha256:` and 64 lower-case hexadecimal digits; anything else is `None`.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix("sha256:")?;
        let is_hex = digits.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        (digits.len() == 64 && is_hex).then(|| Self(text.to_owned()))
    }

    /// `sha256:` and 64 hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first eight hexadecimal digits, for people.
    pub fn short(&self) -> &str {
        self.0.get(7..15).unwrap_or(&self.0)
    }
}

/// Lower-case hexadecimal digits of the bytes.
pub fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String never fails.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

impl fmt::Display for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digest_is_that_of_the_standard() {
        let want = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(Digest::of_bytes(b"abc").as_str(), want);
        assert_eq!(Digest::of_bytes(b"abc").short(), "ba7816bf");
    }
}
