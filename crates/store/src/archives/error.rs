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

impl Error {
    /// Whether the store is away, so that the same may succeed when it is back: nothing that a person has to set right first.
    pub fn is_outage(&self) -> bool {
        match self {
            Self::Bucket { why, .. } => match why {
                Refusal::Away => true,
                Refusal::Denied | Refusal::NoBucket => false,
            },
            // A folder that isn't there may be mounted again, and a full one be emptied.
            Self::Folder { source, .. } => source.kind() != io::ErrorKind::PermissionDenied,
            Self::Name { .. }
            | Self::Missing { .. }
            | Self::Source(_)
            | Self::Differs { .. }
            | Self::Remains { .. }
            | Self::Versioned { .. }
            | Self::Address { .. }
            | Self::Interrupted => false,
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_comes_back_by_itself_is_an_outage() {
        let bucket = |why| Error::Bucket { doing: "store a file", why, told: String::new() };
        let folder = |kind: io::ErrorKind| Error::Folder { doing: "store a file", source: kind.into() };
        for error in [bucket(Refusal::Away), folder(io::ErrorKind::NotADirectory), folder(io::ErrorKind::StorageFull)] {
            assert!(error.is_outage(), "{error}");
        }
        let versioned = Error::Versioned { bucket: "desk".to_owned() };
        for error in [bucket(Refusal::Denied), bucket(Refusal::NoBucket), folder(io::ErrorKind::PermissionDenied), versioned] {
            assert!(!error.is_outage(), "{error}");
        }
    }
}
