//! `[mail]`: how mail is sent.

use exeunt_engine::mail::Smtp;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Problems, Secret};

/// How mail is sent.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    /// `smtp://USER:PASSWORD@HOST:PORT` with STARTTLS, `smtps://…` encrypted from the start, `smtp+clear://…` to this machine alone.
    pub server: Secret,
    /// Whom mails come from: `NAME <ADDRESS>`.
    pub from: String,
}

impl Mail {
    pub fn validate(&self, problems: &mut Problems) {
        use exeunt_engine::mail::Error;
        // Each of the two is tried with one of the other's kind that holds, so that both are told about.
        const HOLDS: (&str, &str) = ("smtps://localhost", "Desk <desk@platform.example>");
        match Smtp::new(self.server.reveal(), HOLDS.1) {
            Ok(_) => {}
            Err(error @ Error::InTheClear { .. }) => problems.at("mail.server", error.to_string()),
            Err(_) => problems.at("mail.server", "this is no mail server: write it as in smtps://USER:PASSWORD@mail.platform.example"),
        }
        if Smtp::new(HOLDS.0, &self.from).is_err() {
            problems.at("mail.from", "this is no sender: write NAME <ADDRESS>, as in Exit desk <exit@platform.example>");
        }
    }
}
