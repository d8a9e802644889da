//! What a search for the subject's identifiers found, before and after.

use serde::{Deserialize, Serialize};

use crate::names::TableName;

/// Whether all text columns were searched for the subject's identifiers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Residual {
    /// Nobody asked for the search.
    NotAsked,
    Searched {
        /// How many different values of identifying columns were searched for. The values are forgotten with the run.
        identifiers: u64,
        tables: Vec<ResidualTable>,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResidualTable {
    /// The table that was searched.
    #[schemars(with = "String")]
    pub table: TableName,
    /// Columns that were searched.
    pub columns: u64,
    /// Rows with an identifier before the erasure, in the column that had most; `null` where the search could not be made.
    pub before: Option<u64>,
    /// Rows with an identifier after the erasure, in the column that has most; `null` where the search could not be made.
    pub after: Option<u64>,
    /// What the two counts say together.
    pub verdict: Verdict,
}

/// What the two searches of a table say together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Verdict {
    /// There were hits before, and there are none now.
    Erased,
    /// There are more hits than the table has rows that stay for a stated reason.
    Residual,
    /// There are hits, no more of them than the table has rows that stay for a stated reason. Whether they are in those rows was not looked at.
    Retained,
    /// There were no hits before, so that their absence proves nothing.
    NoBaseline,
    /// The search could not be made.
    Unverifiable,
}

impl Verdict {
    /// Judges a table by its hits before and after and by how many of its rows the plan keeps.
    pub fn of(before: Option<u64>, after: Option<u64>, kept: u64) -> Self {
        match (before, after) {
            (None, _) | (_, None) => Self::Unverifiable,
            (Some(0), Some(0)) => Self::NoBaseline,
            (Some(_), Some(0)) => Self::Erased,
            (Some(_), Some(after)) if after <= kept => Self::Retained,
            (Some(_), Some(_)) => Self::Residual,
        }
    }

    /// As certificates spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Erased => "ERASED",
            Self::Residual => "RESIDUAL",
            Self::Retained => "RETAINED",
            Self::NoBaseline => "NO_BASELINE",
            Self::Unverifiable => "UNVERIFIABLE",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absence_without_a_baseline_is_not_erasure() {
        for (before, after, kept, want) in [
            (Some(3), Some(0), 0, Verdict::Erased),
            (Some(3), Some(1), 0, Verdict::Residual),
            (Some(3), Some(1), 1, Verdict::Retained),
            (Some(3), Some(2), 1, Verdict::Residual),
            (Some(0), Some(0), 0, Verdict::NoBaseline),
            (Some(0), Some(1), 0, Verdict::Residual),
            (None, Some(0), 0, Verdict::Unverifiable),
            (Some(3), None, 0, Verdict::Unverifiable),
        ] {
            assert_eq!(Verdict::of(before, after, kept), want, "{before:?} {after:?} {kept}");
        }
    }
}
