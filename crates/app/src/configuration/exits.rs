//! `[exits]`: what contracts say about their exit where nothing else was chosen for one.

use exeunt_model::exit::{self, Notice, Terms};
use schemars::JsonSchema;
use serde::Deserialize;

use super::Problems;

/// The periods of an exit under the EU Data Act, where nothing else was chosen for a contract.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Exits {
    /// Days of notice, up to 59. Without it two months, the longest that the law allows.
    pub notice_days: Option<u16>,
    /// Days of the transition, up to 30.
    pub transition_days: u16,
    /// Days in which the customer can fetch its data after the switch, from 30 on.
    pub retrieval_days: u16,
}

impl Default for Exits {
    fn default() -> Self {
        let terms = Terms::default();
        Self { notice_days: None, transition_days: terms.transition_days(), retrieval_days: terms.retrieval_days() }
    }
}

impl Exits {
    pub fn validate(&self, problems: &mut Problems) {
        if let Err(error) = self.terms() {
            problems.at("exits", error.to_string());
        }
    }

    /// The terms, within the bounds of the law.
    ///
    /// # Errors
    /// Names the first period that is not.
    pub fn terms(&self) -> Result<Terms, exit::Error> {
        Terms::new(self.notice_days.map_or(Notice::TwoMonths, Notice::Days), self.transition_days, self.retrieval_days)
    }
}
