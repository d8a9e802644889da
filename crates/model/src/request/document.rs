//! What was decided when a request was made, and what is remembered of it besides its state. No personal data.

use serde::{Deserialize, Serialize};

use super::approval::Requirement;
use crate::names::CategoryName;
use crate::plan::{Choice, Profile};

/// What a request holds beside its state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    pub profile: Profile,
    /// The categories that were chosen; `None` is all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub categories: Option<Vec<CategoryName>>,
    /// What becomes of rows where the map lets the requester decide.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<Choice>,
    /// What must come together before it goes on.
    pub requirement: Requirement,
    /// The law whose clock counts, as the desk's configuration names it.
    pub regime: String,
    /// The due date was put off, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extension: Option<String>,
    /// What a case is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matter: Option<Matter>,
    /// What was counted: by the plan of an erasure, or by the export that ran.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts: Option<Counts>,
}

/// What a case is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Matter {
    /// Data that no export holds.
    OtherData,
    /// The deletion of enterprise data.
    EnterpriseData,
}

/// Rows and files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    pub rows: u64,
    pub files: u64,
}
