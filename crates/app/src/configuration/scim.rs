//! `[scim]`: what pushed groups mean.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Problems;

/// What groups that identity providers push by SCIM mean. Each name holds in the contract whose token pushed the group, and nowhere else.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Scim {
    /// Groups whose members are admins of the contract, though the platform may not know them.
    pub admin_groups: Vec<String>,
    /// Groups whose members are sub-admins.
    pub sub_admin_groups: Vec<String>,
}

impl Scim {
    pub fn validate(&self, problems: &mut Problems) {
        for (key, names) in [("scim.admin_groups", &self.admin_groups), ("scim.sub_admin_groups", &self.sub_admin_groups)] {
            if names.iter().any(|name| name.trim().is_empty()) {
                problems.at(key, "a group has a name");
            }
        }
    }
}
