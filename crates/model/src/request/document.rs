//! What was decided when a request was made, and what is remembered of it besides its state. No personal data.

use serde::{Deserialize, Serialize};

use jiff::civil::Date;

use super::approval::Requirement;
use crate::due::{self, Dates, Regime, dates};
use crate::moment::Moment;
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
    /// By when it must be answered, and what was told about that.
    pub clock: Clock,
    /// What a case is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matter: Option<Matter>,
    /// What was counted: by the plan of an erasure, or by the export that ran.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts: Option<Counts>,
}

/// By when a request must be acknowledged and answered, and what was told about that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clock {
    /// The law whose clock counts.
    pub regime: Regime,
    /// Reckoned when the request came in; they stay though the contract's settings or the holidays change.
    pub dates: Dates,
    /// When whoever asked was told that the request has come in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledged: Option<Moment>,
    /// When whoever asked was told that it takes longer. The reason stands in the history.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extended: Option<Moment>,
    /// The last reminder that was sent is the one of this moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reminded: Option<Moment>,
}

impl Clock {
    /// The clock of a request that came in at `received`.
    ///
    /// # Errors
    /// [`due::Error::Calendar`] when a date lies beyond the year 9999.
    pub fn begin(regime: Regime, received: Moment, target_days: u16, holidays: &[Date]) -> Result<Self, due::Error> {
        let dates = dates(regime, received, target_days, holidays)?;
        Ok(Self { regime, dates, acknowledged: None, extended: None, reminded: None })
    }
}

/// What a case is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Matter {
    /// Data that no export holds.
    OtherData,
    /// The deletion of enterprise data.
    EnterpriseData,
    /// What is held about a person who has no seat: asked for by another protocol.
    Person,
}

/// Rows and files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    pub rows: u64,
    pub files: u64,
}
