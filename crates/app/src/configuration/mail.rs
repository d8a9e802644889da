//! `[mail]`: how mail is sent.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Problems, Secret};

/// How mail is sent.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    /// `smtp://host:port` with STARTTLS, `smtps://…`; without encryption to this machine alone.
    pub server: Secret,
    /// `NAME <ADDRESS>`
    pub from: String,
}

impl Mail {
    pub fn validate(&self, problems: &mut Problems) {
        if !["smtp://", "smtps://", "smtp+clear://"].iter().any(|scheme| self.server.reveal().starts_with(scheme)) {
            problems.at("mail.server", "this is no mail server: write it as in smtps://USER:PASSWORD@mail.platform.example");
        }
    }
}
