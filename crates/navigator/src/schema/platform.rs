//! What the platform keeps for itself.

use super::define::*;

pub const SCHEMA_MIGRATION: Table = Table::new(
    "schema_migration",
    "Which changes this schema has had.",
    &[varchar("version", 20), varchar("name", 80), moment("applied_at")],
)
.key(&["version"]);

pub const FEATURE_FLAG: Table =
    Table::new("feature_flag", "What is switched on for everybody.", &[varchar("name", 60), boolean("enabled")]).key(&["name"]);
