//! A plan as a file: the plan with its digest in front, so that what was approved can be named.

use serde::{Deserialize, Serialize};

use super::Plan;
use crate::digest::Digest;

/// The JSON of a plan: its digest, then its fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanFile {
    digest: Digest,
    #[serde(flatten)]
    plan: Plan,
}

/// Why a text is no plan that can be relied on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("read its fields")]
    Fields(#[source] serde_json::Error),
    #[error("its digest is given as {}, and what it holds has {}", .given.short(), .found.short())]
    Changed { given: Digest, found: Digest },
}

impl PlanFile {
    /// The file of a plan.
    pub fn new(plan: Plan) -> Self {
        Self { digest: plan.digest(), plan }
    }

    /// Reads a plan and compares it with the digest that its file names.
    ///
    /// This notices a file that was edited by hand. Nobody signs a plan: what protects an erasure is that the plan is made anew and must
    /// come out the same.
    ///
    /// # Errors
    /// Every variant of [`Error`].
    pub fn read(text: &str) -> Result<Plan, Error> {
        let file: Self = serde_json::from_str(text).map_err(Error::Fields)?;
        let found = file.plan.digest();
        if found == file.digest { Ok(file.plan) } else { Err(Error::Changed { given: file.digest, found }) }
    }
}
