//! Why an export ended without an archive.

use exeunt_model::names::{SourceName, TableName};

use crate::missing::NoneThere;
use crate::{archive, planning};

/// Why an export ended. None of these leaves an archive.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("plan the export")]
    Plan(#[from] planning::Error),
    #[error("read {table}")]
    Read {
        table: TableName,
        #[source]
        source: exeunt_sources::Error,
    },
    #[error("read a file of {files}")]
    Files {
        files: SourceName,
        #[source]
        source: exeunt_sources::files::Error,
    },
    #[error("read on in a file of {files}")]
    ReadFile {
        files: SourceName,
        #[source]
        source: std::io::Error,
    },
    #[error(transparent)]
    FilesMissing(#[from] NoneThere),
    #[error("write the archive")]
    Archive(#[from] archive::Error),
    #[error("the export differs from the approved plan: {difference}")]
    PlanDiffers { difference: String },
    #[error("stopped on request; no archive was left")]
    Interrupted,
}
