//! Why the archive store refused.

use std::fmt;
use std::io;

/// Something was not stored, read, listed or deleted.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("`{name}` names nothing in the archive store")]
    Name { name: String },
    #[error("the archive store has no `{name}`, or not all of it")]
    Missing { name: String },
    #[error("{doing} in the archive store")]
    Folder {
        doing: &'static str,
        #[source]
        source: io::Error,
    },
    /// `told` is what the server or the network said, without addresses and keys.
    #[error("{doing} in the archive store: {why}: {told}")]
    Bucket { doing: &'static str, why: Refusal, told: String },
    #[error("read what is to be stored in the archive store")]
    Source(#[source] io::Error),
    #[error("what lies in the archive store as `{name}` is not what was to be stored")]
    Differs { name: String },
    #[error("{left} files are still in the archive store after they were deleted")]
    Remains { left: usize },
    #[error("the bucket {bucket} keeps old versions, so that nothing in it is ever deleted")]
    Versioned { bucket: String },
    #[error("the archive store cannot be at this address: {why}")]
    Address { why: String },
    #[error("storing was interrupted")]
    Interrupted,
}

/// Why a bucket refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// It does not answer, or not now.
    Away,
    /// The credentials are wrong, or may not do this.
    Denied,
    /// There is no such bucket.
    NoBucket,
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Away => "it is away",
            Self::Denied => "access is denied",
            Self::NoBucket => "there is no such bucket",
        })
    }
}
