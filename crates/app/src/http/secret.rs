//! Secrets that people carry: sessions, links, tokens. The store keeps their SHA-256 alone.

use exeunt_model::digest::hex;
use sha2::{Digest as _, Sha256};

/// A secret of 256 random bits, as 64 hexadecimal digits.
pub fn draw() -> String {
    let mut bytes = [0; 32];
    crate::desk::random(&mut bytes);
    hex(&bytes)
}

/// What the store keeps of a secret.
pub fn hash(secret: &str) -> String {
    hex(&Sha256::digest(secret.as_bytes()))
}

/// What a page of the desk sends along with a session, and no page of anybody else can know.
pub fn csrf(session: &str) -> String {
    hex(&Sha256::digest(format!("csrf {session}").as_bytes()))
}
