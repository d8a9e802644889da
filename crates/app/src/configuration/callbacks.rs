//! `[callbacks]`: telling those who sent requests by other protocols.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;

use super::Problems;

/// How those are called back who sent requests by the Data Rights Protocol or OpenDSR: always encrypted, and at public addresses.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Callbacks {
    /// Lets callbacks lead to addresses of one's own network. Senders choose them: allow it only where you know every sender.
    pub private_addresses: bool,
    /// A file of PEM with further authorities whose certificates callbacks may have.
    pub authorities: Option<PathBuf>,
    /// Seconds that a call may take.
    pub seconds: u32,
}

impl Default for Callbacks {
    fn default() -> Self {
        Self { private_addresses: false, authorities: None, seconds: 15 }
    }
}

impl Callbacks {
    pub fn validate(&self, problems: &mut Problems) {
        problems.bounds("callbacks.seconds", self.seconds, 1, 120);
    }
}
