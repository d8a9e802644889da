//! `[desk]`: the desk and its platform.

use std::net::IpAddr;
use std::path::PathBuf;

use exeunt_model::identity::Language;
use schemars::JsonSchema;
use serde::Deserialize;

use super::Problems;

/// The desk and its platform.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Desk {
    /// The data map, relative to the configuration.
    pub map: PathBuf,
    /// Where people reach the desk, as in `https://exit.platform.example`.
    pub public_url: String,
    /// The platform's name as customers know it.
    pub platform: String,
    /// The language of people whose own isn't known.
    #[serde(default)]
    pub language: Language,
}

impl Desk {
    pub fn validate(&self, problems: &mut Problems) {
        let host = self.public_url.strip_prefix("https://").or_else(|| self.public_url.strip_prefix("http://"));
        match host {
            Some(host) if !host.is_empty() && !host.contains(|c: char| c.is_whitespace() || c == '?' || c == '#') => {}
            _ => problems.at("desk.public_url", "this is no address: write it as in https://exit.platform.example"),
        }
        if self.platform.trim().is_empty() {
            problems.at("desk.platform", "mails and pages need the platform's name");
        }
    }

    /// Whether people reach the desk through a network without encryption, so that whoever listens has their links and sessions.
    pub fn is_in_the_open(&self) -> bool {
        let Some(host) = self.public_url.strip_prefix("http://") else { return false };
        let host = host.split('/').next().unwrap_or_default().to_ascii_lowercase();
        let name = match host.strip_prefix('[') {
            Some(address) => address.split(']').next().unwrap_or_default(),
            None => host.split(':').next().unwrap_or_default(),
        };
        let is_here =
            name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback()) || name == "localhost" || name.ends_with(".localhost");
        // Nobody has a name that ends so (RFC 6761).
        !is_here && !name.ends_with(".example")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_without_encryption_is_this_machines_alone() {
        for (url, want) in [
            ("https://exit.example.com", false),
            ("http://exit.example.com", true),
            ("http://exit.example.com:8080/desk", true),
            ("http://192.0.2.7", true),
            ("http://[2001:db8::1]:8080", true),
            ("http://localhost.example.com", true),
            ("http://localhost:8080", false),
            ("http://desk.LOCALHOST", false),
            ("http://127.0.0.2:8080", false),
            ("http://[::1]:8080", false),
            ("http://desk.example", false),
        ] {
            let desk = Desk { map: PathBuf::new(), public_url: url.to_owned(), platform: String::new(), language: Language::default() };
            assert_eq!(desk.is_in_the_open(), want, "{url}");
        }
    }
}
