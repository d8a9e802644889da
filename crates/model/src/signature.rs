//! Ed25519 signatures over digests, shared by archives and certificates.
//!
//! What is signed is never the bare digest: the context ("archive", "certificate", …) is part of the message, so that a signature given
//! for one purpose proves nothing for another. A signature carries its public key; whether that key belongs to whom it should is decided
//! by comparing its [`KeyId`] with one that was learnt elsewhere.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ed25519_dalek::Signer as _;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::digest::{Digest, hex};

/// A signature could not be read or does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("a signature is five lines beginning with `{FIRST_LINE}`, written exactly as Exeunt writes them")]
    Form,
    #[error("the public key in the signature is no Ed25519 key")]
    PublicKey,
    #[error("a key id is `key:` and 32 hexadecimal digits, not `{text}`")]
    KeyId { text: String },
    #[error("the signature was given for `{got}`, not for `{want}`")]
    Context { got: String, want: String },
    #[error("the signed digest is {signed}, but the content has {found}")]
    OtherContent { signed: Digest, found: Digest },
    #[error("the signature does not hold: it was not made by {key} over this content")]
    Broken { key: KeyId },
    #[error("signed by {got}, expected {want}")]
    OtherKey { got: KeyId, want: KeyId },
}

const FIRST_LINE: &str = "exeunt-signature 1";

/// The fingerprint of a public key, written `key:` and 32 hexadecimal digits: what people compare.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KeyId([u8; 16]);

impl KeyId {
    fn of(public_key: &[u8; 32]) -> Self {
        let hash: [u8; 32] = Sha256::new().chain_update(b"exeunt key\n").chain_update(public_key).finalize().into();
        let mut id = [0; 16];
        id.copy_from_slice(&hash[..16]);
        Self(id)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "key:{}", hex(&self.0))
    }
}

impl FromStr for KeyId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let refused = || Error::KeyId { text: text.to_owned() };
        let digits = text.strip_prefix("key:").ok_or_else(refused)?;
        let mut id = [0; 16];
        if digits.len() != 32 || !digits.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)) {
            return Err(refused());
        }
        for (index, byte) in id.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&digits[index * 2..index * 2 + 2], 16).map_err(|_| refused())?;
        }
        Ok(Self(id))
    }
}

impl TryFrom<String> for KeyId {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl From<KeyId> for String {
    fn from(id: KeyId) -> Self {
        id.to_string()
    }
}

/// A secret key. It is wiped from memory when dropped and never printed.
#[derive(Clone)]
pub struct SigningKey(ed25519_dalek::SigningKey);

impl SigningKey {
    /// The key that belongs to 32 random bytes.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(seed))
    }

    /// What people compare when they compare keys.
    pub fn id(&self) -> KeyId {
        KeyId::of(self.0.verifying_key().as_bytes())
    }

    /// Signs bytes for a purpose. Signing the same bytes again gives the same signature.
    pub fn sign(&self, context: &str, bytes: &[u8]) -> Signature {
        self.sign_digest(context, &Digest::of_bytes(bytes))
    }

    /// Signs content by its SHA-256 digest, for what is too large to be held at once.
    pub fn sign_digest(&self, context: &str, digest: &Digest) -> Signature {
        let signature = self.0.sign(&message(context, digest));
        Signature {
            context: context.to_owned(),
            digest: digest.clone(),
            public_key: BASE64.encode(self.0.verifying_key().as_bytes()),
            signature: BASE64.encode(signature.to_bytes()),
        }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "SigningKey({})", self.id())
    }
}

/// A detached signature. Its text form is unique: any other spelling is refused.
///
/// ```text
/// exeunt-signature 1
/// for archive
/// digest sha256:…
/// key <public key, base64>
/// signature <base64>
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    pub context: String,
    pub digest: Digest,
    pub public_key: String,
    pub signature: String,
}

impl Signature {
    /// The signature as text, with a line feed after each line. Its length depends on the context alone.
    pub fn to_text(&self) -> String {
        let Self { context, digest, public_key, signature } = self;
        format!("{FIRST_LINE}\nfor {context}\ndigest {digest}\nkey {public_key}\nsignature {signature}\n")
    }

    /// Reads the text form; anything but the exact text that [`Self::to_text`] writes is refused.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let mut lines = text.split('\n');
        let mut value = |name: &str| lines.next().and_then(|line| line.strip_prefix(name)).map(str::to_owned).ok_or(Error::Form);
        value(FIRST_LINE)?;
        let context = value("for ")?;
        let digest = value("digest ")?;
        let digest = Digest::parse(&digest).ok_or(Error::Form)?;
        let signature = Self { context, digest, public_key: value("key ")?, signature: value("signature ")? };
        if signature.to_text() == text { Ok(signature) } else { Err(Error::Form) }
    }

    /// Which key signed, if the signature holds.
    pub fn key_id(&self) -> Result<KeyId, Error> {
        Ok(KeyId::of(&self.public_key_bytes()?))
    }

    /// Holds the signature against content, purpose and, if one is known, the key it must come from.
    ///
    /// Returns the key that signed. Without an expected key this proves that the content is unchanged since *somebody* signed it.
    pub fn verify(&self, context: &str, found: &Digest, expected: Option<&KeyId>) -> Result<KeyId, Error> {
        if self.context != context {
            return Err(Error::Context { got: self.context.clone(), want: context.to_owned() });
        }
        if self.digest != *found {
            return Err(Error::OtherContent { signed: self.digest.clone(), found: found.clone() });
        }
        let public_key = self.public_key_bytes()?;
        let key = KeyId::of(&public_key);
        let broken = || Error::Broken { key: key.clone() };
        let signature: [u8; 64] = BASE64.decode(&self.signature).ok().and_then(|bytes| bytes.try_into().ok()).ok_or_else(broken)?;
        let verifier = ed25519_dalek::VerifyingKey::from_bytes(&public_key).map_err(|_| Error::PublicKey)?;
        let signature = ed25519_dalek::Signature::from_bytes(&signature);
        verifier.verify_strict(&message(context, found), &signature).map_err(|_| broken())?;
        match expected {
            Some(want) if *want != key => Err(Error::OtherKey { got: key, want: want.clone() }),
            Some(_) | None => Ok(key),
        }
    }

    /// The same over bytes at hand.
    pub fn verify_bytes(&self, context: &str, bytes: &[u8], expected: Option<&KeyId>) -> Result<KeyId, Error> {
        self.verify(context, &Digest::of_bytes(bytes), expected)
    }

    /// The public key that the signature carries.
    pub fn public_key_bytes(&self) -> Result<[u8; 32], Error> {
        BASE64.decode(&self.public_key).ok().and_then(|bytes| bytes.try_into().ok()).ok_or(Error::PublicKey)
    }
}

fn message(context: &str, digest: &Digest) -> Vec<u8> {
    format!("{FIRST_LINE}\nfor {context}\ndigest {digest}\n").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> SigningKey {
        SigningKey::from_seed(&[7; 32])
    }

    #[test]
    fn a_signature_holds_for_its_own_content_purpose_and_key() {
        let signature = Signature::parse(&key().sign("archive", b"content").to_text()).expect("own text");
        assert_eq!(signature.verify_bytes("archive", b"content", None), Ok(key().id()));
        assert_eq!(signature.verify_bytes("archive", b"content", Some(&key().id())), Ok(key().id()));
    }

    #[test]
    fn other_content_purpose_or_key_is_named() {
        let signature = key().sign("archive", b"content");
        let other = SigningKey::from_seed(&[8; 32]).id();
        assert!(matches!(signature.verify_bytes("archive", b"Content", None), Err(Error::OtherContent { .. })));
        assert!(matches!(signature.verify_bytes("certificate", b"content", None), Err(Error::Context { .. })));
        assert!(matches!(signature.verify_bytes("archive", b"content", Some(&other)), Err(Error::OtherKey { .. })));
    }

    #[test]
    fn every_flipped_bit_of_the_text_is_noticed() {
        let text = key().sign("archive", b"content").to_text();
        for index in 0..text.len() * 8 {
            let mut bytes = text.clone().into_bytes();
            bytes[index / 8] ^= 1 << (index % 8);
            let holds = String::from_utf8(bytes)
                .ok()
                .and_then(|text| Signature::parse(&text).ok())
                .is_some_and(|signature| signature.verify_bytes("archive", b"content", None).is_ok());
            assert!(!holds, "bit {index}");
        }
    }

    #[test]
    fn key_ids_survive_the_round_trip_and_half_ids_are_refused() {
        let id = key().id();
        assert_eq!(id.to_string().parse(), Ok(id.clone()));
        assert_eq!(serde_json::from_str::<KeyId>(&serde_json::to_string(&id).expect("plain")).expect("own text"), id);
        for text in ["", "key:", "key:12", &id.to_string().to_uppercase(), &format!("{id}0")] {
            assert!(text.parse::<KeyId>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_secret_key_is_not_printed() {
        assert_eq!(format!("{:?}", key()), format!("SigningKey({})", key().id()));
    }
}
