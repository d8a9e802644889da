//! Plans as files: written for whoever approves them, read before they are run.

use std::path::Path;

use exeunt_model::plan::Plan;
use exeunt_model::plan::file::{Error, PlanFile};

use crate::failure::{ExitCode, Failure, OrFail};
use crate::project::read_text;

/// Writes a plan to a new or existing file.
pub fn write(path: &Path, plan: &PlanFile) -> Result<(), Failure> {
    let mut text = serde_json::to_string_pretty(plan).or_fail(ExitCode::Failed, || "write the plan as JSON")?;
    text.push('\n');
    std::fs::write(path, text)
        .or_fail(ExitCode::InputOutput, || format!("write the plan to {}", path.display()))
        .map_err(|failure| failure.next("choose another file with --out"))
}

/// Reads a plan that was written by `exeunt plan --out`.
pub fn read(path: &Path) -> Result<Plan, Failure> {
    let text = read_text(path).map_err(|failure| failure.next("give the file of a plan; to make one: exeunt plan … --out FILE"))?;
    PlanFile::read(&text).map_err(|error| {
        let message = match &error {
            Error::Fields(_) => format!("{} is no plan as this version of exeunt writes it", path.display()),
            Error::Changed { .. } => format!("{} was changed since it was written", path.display()),
        };
        Failure::new(ExitCode::PlanMismatch, error).told_as(message).next("make the plan again: exeunt plan … --out FILE")
    })
}
