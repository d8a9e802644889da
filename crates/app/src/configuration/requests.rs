//! `[requests]`: what requests need.

use exeunt_model::due::Regime;
use exeunt_model::plan::Profile;
use exeunt_model::request::approval::Policy;
use schemars::JsonSchema;
use serde::Deserialize;

use super::Problems;

/// What requests need.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Requests {
    /// Exactly the standard export (`documented`), or whatever can be erased (`symmetric`).
    pub profile: Profile,
    /// How many must agree, and how long it can be cancelled.
    pub approvals: Policy,
    /// Categories with what people wrote to each other or for themselves: an export of somebody else's takes a second admin.
    pub private_categories: Vec<String>,
    /// `gdpr` or `ccpa`: the law whose clock counts where a contract has no other.
    pub regime: String,
}

impl Default for Requests {
    fn default() -> Self {
        Self {
            profile: Profile::default(),
            approvals: Policy::default(),
            private_categories: vec!["messages".to_owned(), "notes".to_owned()],
            regime: "gdpr".to_owned(),
        }
    }
}

impl Requests {
    pub fn validate(&self, problems: &mut Problems) {
        if let Err(error) = self.regime.parse::<Regime>() {
            problems.at("requests.regime", error.to_string());
        }
    }
}
