//! What the log says: one entry per event, as canonical JSON whose bytes are hashed.

use serde::{Deserialize, Serialize};

use super::merkle::{self, Hash};
use crate::digest::Digest;
use crate::moment::Moment;
use crate::names::SubjectKind;
use crate::run::{Ending, RunId};

/// Bytes that are no entry of the log.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("read the entry")]
    Read(#[source] serde_json::Error),
    #[error("the entry is not in the form that Exeunt writes")]
    Form,
}

/// One entry. Nobody is named: subjects appear as keyed hashes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Version of this format.
    pub exeunt_log: u32,
    /// When it was written.
    pub time: Moment,
    /// What happened.
    pub event: Event,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Event {
    /// Written before the first destructive statement. Alone it says: a person must look.
    ErasureStarted {
        run: RunId,
        #[schemars(with = "String")]
        kind: SubjectKind,
        /// Keyed hash of the subject's kind and key.
        #[schemars(with = "String")]
        subject: Digest,
        #[schemars(with = "String")]
        map: Digest,
        /// One per source, in the order of the plan.
        #[schemars(with = "Vec<String>")]
        catalogs: Vec<Digest>,
        #[schemars(with = "String")]
        plan: Digest,
    },
    /// Another attempt at a run that was interrupted or partly failed.
    ErasureResumed { run: RunId },
    /// The run ended and nothing was erased.
    ErasureStopped { run: RunId, reason: StopReason },
    /// The run ended with a certificate. A run that partly failed may be closed again after it was resumed.
    ErasureClosed {
        run: RunId,
        state: Ending,
        /// Digest of the certificate's statement, as compact JSON.
        #[schemars(with = "String")]
        statement: Digest,
    },
}

/// Why a run ended before anything was erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// The rows that would have been affected differ from the plan's counts.
    CountsDiffer,
    /// Rows outside the plan would have suffered.
    GuardRefused,
    /// The source refused a statement or could not be reached.
    SourceFailed,
    /// Somebody asked the program to stop.
    Interrupted,
    /// It was interrupted before it touched anything, and another run took its place.
    Superseded,
}

impl Entry {
    /// The version of the format that this program writes and reads.
    pub const VERSION: u32 = 1;

    /// An entry in this version of the format.
    pub fn new(time: Moment, event: Event) -> Self {
        Self { exeunt_log: Self::VERSION, time, event }
    }

    /// The bytes that are hashed and stored.
    pub fn to_bytes(&self) -> Vec<u8> {
        // Unwrap safety: plain data with string keys always serialises.
        #[expect(clippy::unwrap_used, reason = "plain data with string keys always serialises")]
        serde_json::to_vec(self).unwrap()
    }

    /// Reads an entry; bytes that it would not be written as are refused.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let entry: Self = serde_json::from_slice(bytes).map_err(Error::Read)?;
        if entry.exeunt_log == Self::VERSION && entry.to_bytes() == bytes { Ok(entry) } else { Err(Error::Form) }
    }

    /// The hash of the entry as a leaf of the tree.
    pub fn leaf_hash(&self) -> Hash {
        merkle::leaf_hash(&self.to_bytes())
    }

    /// The run that the entry is about.
    pub fn run(&self) -> &RunId {
        match &self.event {
            Event::ErasureStarted { run, .. }
            | Event::ErasureResumed { run }
            | Event::ErasureStopped { run, .. }
            | Event::ErasureClosed { run, .. } => run,
        }
    }
}
