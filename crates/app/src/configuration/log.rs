//! `[log]`: what the desk says while it runs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the desk says on standard error while it runs.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// Lines for people, or one object of JSON a line; `auto` is lines on a terminal and JSON elsewhere.
    pub format: Format,
    /// The least important of what is said: `error` alone, or as far as `debug`.
    pub level: Level,
}

/// How a line of the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    #[default]
    Auto,
    Lines,
    Json,
}

/// How much is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    Error,
    Warn,
    #[default]
    Info,
    Debug,
}
