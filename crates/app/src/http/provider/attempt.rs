//! One attempt to sign in at a provider: a secret that the browser keeps, and what is made of it.

use axum::http::HeaderMap;
use exeunt_model::digest::hex;
use sha2::{Digest as _, Sha256};

use crate::http::caller::cookie;
use crate::http::secret;

/// From the redirect to the provider to the return.
pub const MINUTES: u32 = 10;

/// The longest path to return to.
const LONGEST_PATH: usize = 512;

/// The browser's secret. Whoever returns with a state must bring the secret that it was made of.
#[derive(Clone)]
pub struct Attempt(String);

impl Attempt {
    /// A new one.
    pub fn draw() -> Self {
        Self(secret::draw())
    }

    /// The one that the browser carries.
    pub fn of(headers: &HeaderMap, encrypted: bool) -> Option<Self> {
        cookie(headers, cookie_name(encrypted)).map(|secret| Self(secret.to_owned()))
    }

    fn made(&self, what: &str) -> String {
        hex(&Sha256::digest(format!("{what} {}", self.0).as_bytes()))
    }

    /// What the provider hands back with the browser.
    pub fn state(&self) -> String {
        self.made("state")
    }

    /// What the provider writes into the ID token.
    pub fn nonce(&self) -> String {
        self.made("nonce")
    }

    /// What the provider wants to see with the code: PKCE's verifier.
    pub fn verifier(&self) -> String {
        self.made("verifier")
    }

    /// The cookie that the browser keeps until it returns.
    pub fn set_cookie(&self, encrypted: bool) -> String {
        put(encrypted, &self.0, MINUTES * 60)
    }
}

/// The cookie that takes the secret from the browser.
pub fn clear_cookie(encrypted: bool) -> String {
    put(encrypted, "", 0)
}

fn cookie_name(encrypted: bool) -> &'static str {
    if encrypted { "__Host-exeunt-sign-in" } else { "exeunt-sign-in" }
}

/// `Lax`: the browser sends it when the provider leads it back, which is a link from another site.
fn put(encrypted: bool, value: &str, age: u32) -> String {
    let secure = if encrypted { "; Secure" } else { "" };
    format!("{}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={age}{secure}", cookie_name(encrypted))
}

/// A path of the desk to go to after signing in; whatever could lead elsewhere becomes the start.
pub fn return_path(wanted: Option<&str>) -> &str {
    let is_own = |path: &&str| {
        let printable = path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
        path.len() <= LONGEST_PATH && printable && path.starts_with('/') && !path.starts_with("//")
    };
    wanted.filter(is_own).unwrap_or("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_led_elsewhere_after_signing_in() {
        for path in ["/", "/requests/7?tab=a#b", "/a//b"] {
            assert_eq!(return_path(Some(path)), path);
        }
        let long = format!("/{}", "a".repeat(LONGEST_PATH));
        for path in [
            "//other.example",
            "///other.example",
            "/\\other.example",
            "\\/other.example",
            "https://other.example",
            "other.example",
            "/\t/other.example",
            "/\r\nset-cookie: a=b",
            " /",
            "/ä",
            "",
            &long,
        ] {
            assert_eq!(return_path(Some(path)), "/", "{path:?}");
        }
        assert_eq!(return_path(None), "/");
    }

    #[test]
    fn what_is_made_of_a_secret_tells_nothing_of_it_and_of_each_other() {
        let attempt = Attempt::draw();
        let made = [attempt.state(), attempt.nonce(), attempt.verifier(), attempt.0.clone()];
        for (at, one) in made.iter().enumerate() {
            assert_eq!(one.len(), 64, "PKCE wants 43 to 128 characters");
            assert!(made[at + 1..].iter().all(|other| other != one));
        }
    }
}
