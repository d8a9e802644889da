//! How an erasure ended, in words.

use exeunt_engine::erasure::Outcome as Erased;
use exeunt_model::run::Ending;
use serde_json::json;

use super::Arguments;
use crate::commands::certificates::{self, Written};
use crate::commands::erasing::Whereabouts;
use crate::failure::{ExitCode, Outcome};
use crate::output::Output;
use crate::project::Project;

pub(super) fn deliver(arguments: &Arguments, project: &Project, erased: &Erased, output: &Output) -> Outcome {
    let written = certificates::write(&arguments.terms.out, &project.map, &erased.certificate.to_bytes())?;
    report(arguments.whereabouts(), erased, &written, output)
}

/// Says how an erasure ended.
fn report(of: Whereabouts<'_>, erased: &Erased, written: &Written, output: &Output) -> Outcome {
    let statement = &erased.certificate.statement;
    let summary = json!({
        "run": statement.id,
        "state": statement.state,
        "certificate": written.json,
        "page": written.html,
        "deleted": statement.affected("delete"),
        "kept": statement.kept_rows(),
        "files": statement.files.iter().map(|files| files.deleted).sum::<u64>(),
        "failures": statement.failures,
        "plan": statement.plan,
    });
    output.either(&summary, || certificates::summary(statement, written))?;
    match statement.state {
        Ending::Completed | Ending::CompletedWithRetained if statement.leaves_doubt() => {
            output.note("look into the tables named above: what they hold was outside the plan, or could not be searched");
            Ok(ExitCode::VerificationFailed)
        }
        Ending::Completed | Ending::CompletedWithRetained => Ok(ExitCode::Done),
        Ending::PartlyFailed => {
            let resume = of.resume(&statement.id);
            if !erased.undecided {
                output.note(format!("go on with it: {resume}"));
                return Ok(ExitCode::Incomplete);
            }
            output.note("somebody must look at what is there now, and decide:");
            output.note("rows that are nobody's or somebody else's now stay as they are, unless the plan named them by their own key");
            output.note(format!("to erase what is left of the plan as it is now: {resume} --accept-counts"));
            output.note(format!("to give it up, which leaves what is not erased yet: {resume} --abandon"));
            Ok(ExitCode::Undecided)
        }
    }
}
