//! `[requests]`: what requests need.

use exeunt_model::due::Regime;
use exeunt_model::plan::Profile;
use exeunt_model::request::approval::Policy;
use exeunt_model::setting::MOST_ADMINS;
use jiff::civil::Date;
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
    /// The law whose clock counts where a contract has no other: `gdpr`, `ccpa`, or `none` with a target of the desk's own.
    pub regime: Regime,
    /// Days in which requests are answered where no law sets a date.
    pub target_days: u16,
    /// Days between Monday and Friday on which nobody works: dates that are counted in business days leave them out.
    #[schemars(with = "Vec<String>")]
    pub holidays: Vec<Date>,
}

impl Requests {
    pub fn validate(&self, problems: &mut Problems) {
        problems.bounds("requests.target_days", self.target_days, 1, 3_650);
        let approvals = &self.approvals;
        for (key, admins) in [
            ("requests.approvals.contract_erasure_admins", approvals.contract_erasure_admins),
            ("requests.approvals.seat_erasure_admins", approvals.seat_erasure_admins),
            ("requests.approvals.colleagues_export_admins", approvals.colleagues_export_admins),
        ] {
            // Without any, a holder would need nobody's approval.
            problems.bounds(key, admins, 1, MOST_ADMINS);
        }
    }
}

impl Default for Requests {
    fn default() -> Self {
        Self {
            profile: Profile::default(),
            approvals: Policy::default(),
            private_categories: vec!["messages".to_owned(), "notes".to_owned()],
            regime: Regime::Gdpr,
            target_days: 30,
            holidays: Vec::new(),
        }
    }
}
