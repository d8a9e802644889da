//! `[archives]`: where archives are kept, and how long.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;

use super::Problems;

/// Where archives are kept, and how long.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Archives {
    /// A folder, relative to the configuration.
    pub folder: PathBuf,
    /// Where archives are written before they are stored.
    pub spool: PathBuf,
    /// Hours after which an archive is deleted.
    pub retention_hours: u32,
    /// Minutes that a link to download an archive is good for.
    pub link_minutes: u32,
    /// A link ends with the first whole download.
    pub single_use_links: bool,
}

impl Default for Archives {
    fn default() -> Self {
        Self { folder: "archives".into(), spool: "spool".into(), retention_hours: 72, link_minutes: 60, single_use_links: true }
    }
}

impl Archives {
    pub fn validate(&self, problems: &mut Problems) {
        problems.bounds("archives.retention_hours", self.retention_hours, 1, 24 * 3_650);
        problems.bounds("archives.link_minutes", self.link_minutes, 1, 60 * 24 * 30);
    }
}
