//! `[webhooks]`: how receivers of events are called.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Problems;

/// How receivers of events are called.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Webhooks {
    /// Receivers may be in the desk's own network, and be called without encryption. Only for closed networks: whoever may make a webhook can
    /// have the desk call machines there.
    pub allow_private: bool,
    /// How long a receiver may take to answer.
    pub timeout_seconds: u32,
    /// A receiver that has taken nothing for so long is disabled.
    pub patience_hours: u32,
}

impl Default for Webhooks {
    fn default() -> Self {
        Self { allow_private: false, timeout_seconds: 10, patience_hours: 72 }
    }
}

impl Webhooks {
    pub fn validate(&self, problems: &mut Problems) {
        problems.bounds("webhooks.timeout_seconds", self.timeout_seconds, 1, 300);
        problems.bounds("webhooks.patience_hours", self.patience_hours, 0, 24 * 365);
    }
}
