//! `[store]`: where the desk keeps its records.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Secret;

/// Where the store is.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Store {
    /// A file, relative to the configuration, or `postgres://…`.
    pub url: Secret,
    /// Connections that requests share.
    pub connections: usize,
}

impl Default for Store {
    fn default() -> Self {
        Self { url: crate::desk::STORE.to_owned().into(), connections: 4 }
    }
}
