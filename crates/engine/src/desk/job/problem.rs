//! Why a job did not come to its end.

use exeunt_model::request::reason::Failure;
use exeunt_store::archives;

use super::super::error::Error;
use crate::causes::chain;
use crate::{erasure, export, planning};

/// A job stopped. The driver decides by it whether the job is tried again.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    #[error("keep the desk's records")]
    Store(#[from] exeunt_store::Error),
    #[error(transparent)]
    Desk(#[from] Error),
    #[error("plan")]
    Plan(#[from] planning::Error),
    #[error("export")]
    Export(#[from] export::Error),
    #[error("erase")]
    Erase(#[from] erasure::Error),
    #[error(transparent)]
    Archives(archives::Error),
    #[error("use the spool")]
    Spool(#[source] std::io::Error),
    /// A bug: whatever the job had open is given up.
    #[error("the job panicked")]
    Panicked,
    #[error("look into the directory")]
    Directory(#[from] crate::directory::Error),
    #[error("the record of the request cannot be read")]
    Record(#[source] serde_json::Error),
    #[error("{losses} workers were lost at this job")]
    WorkersLost { losses: u32 },
    /// The program stops, or the job is the worker's no more.
    #[error("interrupted")]
    Interrupted,
    /// It has written itself when it is tried again, or that it is not.
    #[error("{told}")]
    Settled { told: String },
}

impl Problem {
    /// What a person is told that it failed for.
    pub(super) fn reason(&self) -> Failure {
        match self {
            Self::Plan(error) | Self::Export(export::Error::Plan(error)) | Self::Erase(erasure::Error::Plan(error)) => of_plan(error),
            Self::Export(export::Error::Read { .. } | export::Error::Files { .. } | export::Error::ReadFile { .. }) => {
                Failure::SourceUnavailable
            }
            Self::Export(export::Error::FilesMissing(_)) | Self::Erase(erasure::Error::FilesMissing(_)) => Failure::FilesMissing,
            Self::Export(export::Error::PlanDiffers { .. }) => Failure::PlanRefused,
            Self::Export(export::Error::Archive(_) | export::Error::Interrupted) => Failure::Internal,
            Self::Erase(error) => match error {
                erasure::Error::Source { .. } | erasure::Error::Files { .. } => Failure::SourceUnavailable,
                erasure::Error::Drift { .. } => Failure::CatalogDrift,
                erasure::Error::Guarded { .. } | erasure::Error::NothingToSearchFor { .. } => Failure::PlanRefused,
                _ => Failure::Internal,
            },
            Self::Archives(_) => Failure::ArchiveStore,
            Self::Desk(Error::Plan(error)) => of_plan(error),
            Self::Directory(_) | Self::Desk(Error::Directory(_)) => Failure::SourceUnavailable,
            Self::WorkersLost { .. } => Failure::WorkersLost,
            Self::Store(_)
            | Self::Desk(_)
            | Self::Spool(_)
            | Self::Panicked
            | Self::Record(_)
            | Self::Interrupted
            | Self::Settled { .. } => Failure::Internal,
        }
    }

    /// Whether a database, the store or the archive store is away: nothing is wrong with the job, which waits until it is back.
    pub(super) fn is_outage(&self) -> bool {
        let away =
            |source: &exeunt_sources::Error| source.is_transient() || matches!(source, exeunt_sources::Error::DatabaseMissing { .. });
        match self {
            Self::Plan(planning::Error::Read { source, .. })
            | Self::Desk(Error::Plan(planning::Error::Read { source, .. }))
            | Self::Export(export::Error::Plan(planning::Error::Read { source, .. }) | export::Error::Read { source, .. })
            | Self::Erase(erasure::Error::Plan(planning::Error::Read { source, .. }) | erasure::Error::Source { source, .. }) => {
                away(source)
            }
            Self::Directory(error) | Self::Desk(Error::Directory(error)) => error.is_transient(),
            Self::Store(error) | Self::Desk(Error::Store(error)) => error.is_transient(),
            Self::Archives(error) => error.is_outage(),
            Self::Desk(_)
            | Self::Plan(_)
            | Self::Export(_)
            | Self::Erase(_)
            | Self::Spool(_)
            | Self::Panicked
            | Self::Record(_)
            | Self::WorkersLost { .. }
            | Self::Interrupted
            | Self::Settled { .. } => false,
        }
    }

    /// Whether somebody else has the job now, or nobody: whatever this worker was about to write was not written.
    pub(super) fn is_lost(&self) -> bool {
        match self {
            Self::Store(error) | Self::Desk(Error::Store(error)) => matches!(error, exeunt_store::Error::LeaseLost { .. }),
            Self::Desk(_)
            | Self::Plan(_)
            | Self::Export(_)
            | Self::Erase(_)
            | Self::Archives(_)
            | Self::Spool(_)
            | Self::Panicked
            | Self::Directory(_)
            | Self::Record(_)
            | Self::WorkersLost { .. }
            | Self::Interrupted
            | Self::Settled { .. } => false,
        }
    }

    /// Whether nothing more is to be written for the job: it is lost, or everything is written.
    pub(super) fn is_settled(&self) -> bool {
        matches!(self, Self::Settled { .. }) || self.is_lost()
    }

    /// The chain of causes in one line, without personal data, which no error holds.
    pub(super) fn told(&self) -> String {
        chain(self)
    }
}

impl From<archives::Error> for Problem {
    fn from(error: archives::Error) -> Self {
        match error {
            archives::Error::Interrupted => Self::Interrupted,
            error => Self::Archives(error),
        }
    }
}

fn of_plan(error: &planning::Error) -> Failure {
    match error {
        planning::Error::NoLock | planning::Error::Drift { .. } => Failure::CatalogDrift,
        planning::Error::Read { .. } | planning::Error::Files { .. } => Failure::SourceUnavailable,
        planning::Error::NoSubject { .. } => Failure::NoSubject,
        planning::Error::Unfit { .. }
        | planning::Error::KeyShape { .. }
        | planning::Error::Plan(_)
        | planning::Error::Guarded { .. }
        | planning::Error::FileKeys { .. }
        | planning::Error::FileKeysNoText { .. }
        | planning::Error::Successor { .. } => Failure::PlanRefused,
    }
}

#[cfg(test)]
mod tests {
    use exeunt_store::archives::Refusal;

    use super::*;

    #[test]
    fn an_archive_store_that_refuses_is_no_outage() {
        let of = |why| Problem::from(archives::Error::Bucket { doing: "store a file", why, told: String::new() });
        assert!(of(Refusal::Away).is_outage());
        assert!(!of(Refusal::Denied).is_outage() && !of(Refusal::NoBucket).is_outage());
        assert_eq!(of(Refusal::Denied).reason(), Failure::ArchiveStore);
        assert!(!Problem::Panicked.is_outage());
    }
}
