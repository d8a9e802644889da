//! `[desk]`: the desk and its platform.

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
}
