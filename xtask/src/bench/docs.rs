//! Puts the table into `docs/benchmarks.md`.

use anyhow::{Context, Result};

use super::build::workspace;

const BEGIN: &str = "<!-- begin: written by `cargo xtask bench --update-docs` -->";
const END: &str = "<!-- end -->";

/// Replaces what stands between the two marks.
pub fn update(facts: &[String], table: &str) -> Result<()> {
    let path = workspace().join("docs/benchmarks.md");
    let text = std::fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
    let (before, rest) = text.split_once(BEGIN).with_context(|| format!("find the line {BEGIN} in {}", path.display()))?;
    let (_, after) = rest.split_once(END).with_context(|| format!("find the line {END} in {}", path.display()))?;
    let facts: String = facts.iter().map(|fact| format!("- {fact}\n")).collect();
    std::fs::write(&path, format!("{before}{BEGIN}\n\n{facts}\n{table}\n{END}{after}")).with_context(|| format!("write {}", path.display()))
}
