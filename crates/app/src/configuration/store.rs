//! `[store]`: where the desk keeps its records.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Problems, Secret};

/// Where the store is.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Store {
    /// A file, relative to the configuration, or a database `postgres://USER:PASSWORD@HOST/DATABASE`.
    #[schemars(extend("default" = crate::desk::STORE))]
    pub url: Secret,
    /// Connections that requests share.
    pub connections: usize,
}

impl Default for Store {
    fn default() -> Self {
        Self { url: crate::desk::STORE.to_owned().into(), connections: 4 }
    }
}

impl Store {
    pub fn validate(&self, problems: &mut Problems) {
        if let Err(error) = self.url.reveal().parse::<exeunt_store::Location>() {
            problems.at("store.url", error.to_string());
        }
        problems.bounds("store.connections", self.connections, 1, 1_000);
    }
}
