//! `[limits]`: how much anybody may ask in how much time.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Problems;

/// How much anybody may ask in how much time. As many as in a minute may come at once; 0 is no limit. Each process counts for itself, but for
/// links.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Attempts to sign in, of one client. A client is an address, or a network of IPv6 with a prefix of 64 bits.
    pub sign_in_per_minute: u32,
    /// Requests of one client to what is open to everybody.
    pub public_per_minute: u32,
    /// Wrong links, sessions and tokens of one client. While there are more, none of its secrets is looked at.
    pub wrong_secrets_per_minute: u32,
    /// Requests of one person, or of their tokens, by any number of clients.
    pub caller_per_minute: u32,
    /// Those of them that cost much: previews, and lists of seats.
    pub costly_per_minute: u32,
    /// Sign-in links that one person is sent in an hour.
    pub links_per_hour: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            sign_in_per_minute: 30,
            public_per_minute: 600,
            wrong_secrets_per_minute: 30,
            caller_per_minute: 1_200,
            costly_per_minute: 60,
            links_per_hour: 5,
        }
    }
}

impl Limits {
    pub fn validate(&self, problems: &mut Problems) {
        problems.bounds("limits.sign_in_per_minute", self.sign_in_per_minute, 0, 1_000_000);
        problems.bounds("limits.public_per_minute", self.public_per_minute, 0, 1_000_000);
        problems.bounds("limits.wrong_secrets_per_minute", self.wrong_secrets_per_minute, 0, 1_000_000);
        problems.bounds("limits.caller_per_minute", self.caller_per_minute, 0, 1_000_000);
        problems.bounds("limits.costly_per_minute", self.costly_per_minute, 0, 1_000_000);
        problems.bounds("limits.links_per_hour", self.links_per_hour, 0, 1_000);
    }
}
