//! Standard Webhooks: how a call is signed, so that its receiver knows who sent it.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// What a secret begins with when it is written.
const PREFIX: &str = "whsec_";
/// Bytes of a key, at least and at most, as the standard has it.
const LENGTHS: std::ops::RangeInclusive<usize> = 24..=64;

/// What a sender and a receiver share. It is not shown by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

/// A text is no secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a secret is `whsec_` and the Base64 of 24 to 64 bytes")]
pub struct SecretError;

impl Secret {
    /// The secret of these random bits.
    pub fn from_random(bits: [u8; 32]) -> Self {
        Self(bits.to_vec())
    }

    /// As the store keeps it, and as it is shown to its receiver once.
    pub fn reveal(&self) -> String {
        format!("{PREFIX}{}", STANDARD.encode(&self.0))
    }

    /// The signature of a call, with the version of the scheme before it.
    fn sign(&self, id: &str, seconds: i64, body: &[u8]) -> String {
        // Unwrap safety: a key of any length will do.
        #[expect(clippy::unwrap_used, reason = "HMAC takes keys of any length")]
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).unwrap();
        mac.update(id.as_bytes());
        mac.update(format!(".{seconds}.").as_bytes());
        mac.update(body);
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

impl FromStr for Secret {
    type Err = SecretError;

    fn from_str(text: &str) -> Result<Self, SecretError> {
        let bytes = text.strip_prefix(PREFIX).and_then(|encoded| STANDARD.decode(encoded).ok()).ok_or(SecretError)?;
        if LENGTHS.contains(&bytes.len()) { Ok(Self(bytes)) } else { Err(SecretError) }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(…)")
    }
}

/// The header `webhook-signature` of a call: one signature for each secret that a receiver may still know it by.
///
/// `seconds` since 1970 stand in the header `webhook-timestamp`, and `id` in `webhook-id`.
pub fn signatures(secrets: &[Secret], id: &str, seconds: i64, body: &[u8]) -> String {
    secrets.iter().map(|secret| secret.sign(id, seconds, body)).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example that the libraries of the standard are tested with.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const SECONDS: i64 = 1_614_265_330;
    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    #[test]
    fn the_example_of_the_standard_has_its_signature() {
        assert_eq!(signatures(&[SECRET.parse().unwrap()], ID, SECONDS, BODY), SIGNATURE);
    }

    #[test]
    fn each_secret_has_a_signature_of_its_own() {
        let other = Secret::from_random([7; 32]);
        let got = signatures(&[other.clone(), SECRET.parse().unwrap()], ID, SECONDS, BODY);
        assert_eq!(got, format!("{} {SIGNATURE}", signatures(&[other], ID, SECONDS, BODY)));
    }

    #[test]
    fn whatever_is_signed_changes_the_signature() {
        let secret = [SECRET.parse().unwrap()];
        for other in [
            signatures(&secret, "msg_other", SECONDS, BODY),
            signatures(&secret, ID, SECONDS + 1, BODY),
            signatures(&secret, ID, SECONDS, b"{}"),
            signatures(&[Secret::from_random([0; 32])], ID, SECONDS, BODY),
        ] {
            assert_ne!(other, SIGNATURE);
        }
    }

    #[test]
    fn a_secret_is_read_as_it_was_shown_and_shown_in_no_message() {
        let secret = Secret::from_random([9; 32]);
        assert_eq!(secret.reveal().parse(), Ok(secret.clone()));
        assert_eq!(format!("{secret:?}"), "Secret(…)");
        for wrong in ["", "whsec_", "whsec_!", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_AAAA"] {
            assert_eq!(wrong.parse::<Secret>(), Err(SecretError), "{wrong}");
        }
    }
}
