//! Certificates of erasure: what was erased, what stays and why, signed and anchored in the log, with nobody's name in it.
//!
//! ```text
//! statement ──digest──► closing entry ──► log ──► checkpoint      (the log says the same, and continues the checkpoint of the start)
//!     └──────────────────────┴────── signature                    (over everything else in the file)
//! ```
//!
//! A certificate is one JSON file in exactly one spelling; [`verify()`] needs nothing else. [`html`] renders it for people.

pub mod html;
pub mod residual;
#[cfg(test)]
mod sample;
pub mod statement;
#[cfg(test)]
mod tests;
mod verify;

pub use residual::{Residual, ResidualTable, Verdict};
pub use statement::{
    CategoryCount, ChoiceMade, Failure, FileCount, KeptRows, KeptWhy, MapBinding, Outside, Phase, Purpose, Recount, Scope, SourceBinding,
    Statement, TableCount, Tool, Verification,
};
pub use verify::{Error, Verified, verify};

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::log::{Checkpoint, Entry, Hash};
use crate::signature::{Signature, SigningKey};

/// The purpose that certificates are signed for.
const SIGNED_FOR: &str = "certificate";

/// A certificate of erasure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    /// Version of this format.
    pub exeunt_certificate: u32,
    /// What is certified.
    pub statement: Statement,
    /// Where the log says the same.
    pub log: Anchor,
    /// Over the compact JSON of the three fields above.
    #[schemars(with = "SignatureSchema")]
    pub signature: Signature,
}

/// Where the statement stands in the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Anchor {
    /// Written before the first destructive statement.
    pub opening: AnchoredEntry,
    /// Names the statement's digest.
    pub closing: AnchoredEntry,
    /// The log's signed head right after the opening entry, as a C2SP signed note.
    pub opened_checkpoint: String,
    /// The log's signed head right after the closing entry.
    pub checkpoint: String,
    /// That the later head continues the earlier one (RFC 9162, 2.1.4).
    pub consistency: Vec<Hash>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AnchoredEntry {
    /// The entry's place in the log, counted from 0.
    pub index: u64,
    /// The entry itself.
    pub entry: Entry,
    /// That the entry stands under the later checkpoint (RFC 9162, 2.1.3).
    pub inclusion: Vec<Hash>,
}

#[derive(schemars::JsonSchema)]
#[expect(dead_code, reason = "describes the signature's fields for the schema alone")]
struct SignatureSchema {
    context: String,
    digest: String,
    public_key: String,
    signature: String,
}

impl Certificate {
    /// The newest version of the format that this program writes and reads.
    pub const VERSION: u32 = 2;

    /// The version of a statement: 2 names the categories that were chosen, and 1 is about everything.
    pub fn version_of(statement: &Statement) -> u32 {
        if statement.scope.categories.is_some() { 2 } else { 1 }
    }

    /// Signs a statement that is anchored in the log.
    pub fn sign(statement: Statement, log: Anchor, key: &SigningKey) -> Self {
        let version = Self::version_of(&statement);
        let signature = key.sign(SIGNED_FOR, &payload(version, &statement, &log));
        Self { exeunt_certificate: version, statement, log, signature }
    }

    /// The file: indented JSON with a line feed at its end, and the one spelling that [`verify()`] takes.
    pub fn to_bytes(&self) -> Vec<u8> {
        // Unwrap safety: plain data with string keys always serialises.
        #[expect(clippy::unwrap_used, reason = "plain data with string keys always serialises")]
        let mut bytes = serde_json::to_vec_pretty(self).unwrap();
        bytes.push(b'\n');
        bytes
    }

    /// The head of the log that the certificate is anchored in.
    pub fn checkpoint(&self) -> Result<Checkpoint, crate::log::checkpoint::Error> {
        Checkpoint::parse(&self.log.checkpoint)
    }
}

impl Statement {
    /// The digest that the closing entry names.
    pub fn digest(&self) -> Digest {
        Digest::of_json(self)
    }
}

/// The bytes that are signed.
fn payload(version: u32, statement: &Statement, log: &Anchor) -> Vec<u8> {
    // Unwrap safety: plain data with string keys always serialises.
    #[expect(clippy::unwrap_used, reason = "plain data with string keys always serialises")]
    serde_json::to_vec(&(version, statement, log)).unwrap()
}
