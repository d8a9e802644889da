//! Checks a certificate from its bytes alone.

use super::{AnchoredEntry, Certificate, SIGNED_FOR, payload};
use crate::digest::Digest;
use crate::log::{Checkpoint, Event, TreeHead, checkpoint, merkle};
use crate::signature::{self, KeyId};

/// Why a file is no valid certificate.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("read the certificate")]
    Read(#[source] serde_json::Error),
    #[error("the certificate has format {got}, and this program knows formats up to {want}, the second for chosen categories", want = Certificate::VERSION)]
    Version { got: u32 },
    #[error("the file is not spelled as Exeunt writes certificates: it was edited or reformatted")]
    Spelling,
    #[error("check the signature")]
    Signature(#[source] signature::Error),
    #[error("check the log's checkpoint")]
    Checkpoint(#[source] checkpoint::Error),
    #[error("prove that the log holds the {which} entry")]
    Inclusion {
        which: &'static str,
        #[source]
        source: merkle::Error,
    },
    #[error("prove that the log continues the one of the start")]
    Consistency(#[source] merkle::Error),
    #[error("the log's {which} entry does not speak of this statement")]
    OtherEntry { which: &'static str },
    #[error("the statement contradicts itself: its state or sums do not follow from its counts")]
    Contradiction,
}

/// A certificate that holds, and the key it was signed with.
#[derive(Debug, Clone)]
pub struct Verified {
    pub certificate: Certificate,
    /// Whether this is the operator's key is for the reader to compare, unless it was given.
    pub key: KeyId,
}

/// Verifies a certificate: its exact bytes, signature, log entries, proofs, and that state and sums follow from the counts.
///
/// Without `expected`, this proves that nothing was changed since the holder of the shown key signed it.
///
/// # Errors
/// The first thing that does not hold.
pub fn verify(bytes: &[u8], expected: Option<&KeyId>) -> Result<Verified, Error> {
    let certificate: Certificate = serde_json::from_slice(bytes).map_err(Error::Read)?;
    let Certificate { exeunt_certificate: version, statement, log, signature } = &certificate;
    if *version != Certificate::version_of(statement) {
        return Err(Error::Version { got: *version });
    }
    if certificate.to_bytes() != bytes {
        return Err(Error::Spelling);
    }
    let signed = Digest::of_bytes(&payload(*version, statement, log));
    let key = signature.verify(SIGNED_FOR, &signed, expected).map_err(Error::Signature)?;
    let public_key = signature.public_key_bytes().map_err(Error::Signature)?;

    let opened = Checkpoint::parse(&log.opened_checkpoint).map_err(Error::Checkpoint)?;
    let closed = Checkpoint::parse(&log.checkpoint).map_err(Error::Checkpoint)?;
    let opened = opened.verify(&public_key).map_err(Error::Checkpoint)?;
    let closed = closed.verify(&public_key).map_err(Error::Checkpoint)?;
    merkle::verify_consistency(opened, closed, &log.consistency).map_err(Error::Consistency)?;
    included("opening", &log.opening, closed)?;
    included("closing", &log.closing, closed)?;

    let catalogs: Vec<&Digest> = statement.sources.iter().map(|source| &source.catalog).collect();
    let opens = match &log.opening.entry.event {
        Event::ErasureStarted { run, kind, subject, map, catalogs: found, plan } => {
            *run == statement.id
                && *kind == statement.scope.kind
                && *subject == statement.scope.subject
                && *map == statement.map.digest
                && found.iter().collect::<Vec<_>>() == catalogs
                && *plan == statement.plan
        }
        Event::ErasureResumed { .. } | Event::ErasureStopped { .. } | Event::ErasureClosed { .. } => false,
    };
    if !opens || log.opening.entry.time != statement.started || log.opening.index >= opened.size {
        return Err(Error::OtherEntry { which: "opening" });
    }
    let closes = match &log.closing.entry.event {
        Event::ErasureClosed { run, state, statement: digest } => {
            *run == statement.id && *state == statement.state && *digest == statement.digest()
        }
        Event::ErasureStarted { .. } | Event::ErasureResumed { .. } | Event::ErasureStopped { .. } => false,
    };
    if !closes || log.closing.entry.time != statement.closed || log.closing.index <= log.opening.index {
        return Err(Error::OtherEntry { which: "closing" });
    }
    if !statement.is_consistent() {
        return Err(Error::Contradiction);
    }
    Ok(Verified { key, certificate })
}

fn included(which: &'static str, entry: &AnchoredEntry, head: &TreeHead) -> Result<(), Error> {
    merkle::verify_inclusion(entry.entry.leaf_hash(), entry.index, head, &entry.inclusion)
        .map_err(|source| Error::Inclusion { which, source })
}
