//! Going on with a run that was cut off, or giving it up.

use exeunt_engine::erasure::{self, Resumption};
use exeunt_engine::planning::Request;
use exeunt_engine::platform::Platform;
use exeunt_model::plan::Plan;
use exeunt_model::run::RunId;
use exeunt_store::{Run, Store};
use serde_json::json;

use super::Arguments;
use super::report::deliver;
use crate::commands::certificates;
use crate::commands::erasing::{failure, means};
use crate::failure::{ExitCode, Failure, OrFail, Outcome};
use crate::output::Output;
use crate::project::Project;

/// Refuses to go on with a run that was begun with other decisions than the command names.
pub(super) fn same_decisions(
    arguments: &Arguments,
    store: &Store,
    run: &Run,
    request: &Request,
    approved: Option<&Plan>,
) -> Result<(), Failure> {
    let otherwise = erasure::decided_otherwise(store, run, request, approved).or_fail(ExitCode::Failed, || "read what was decided")?;
    let Some(otherwise) = otherwise else { return Ok(()) };
    let resume = arguments.whereabouts().resume(&run.id);
    Err(Failure::message(
        ExitCode::PlanMismatch,
        format!("run {} of this subject is not finished, and was begun otherwise: {otherwise}", run.id),
    )
    .next(format!("go on with it as it was begun: {resume}"))
    .next(format!("or give it up, which leaves what is not erased yet: {resume} --abandon")))
}

pub(super) fn resume(
    arguments: &Arguments,
    project: &Project,
    platform: &Platform,
    store: &mut Store,
    run: &RunId,
    output: &Output,
) -> Outcome {
    certificates::prepare(&arguments.terms.out)?;
    if arguments.abandon {
        return abandon(arguments, project, platform, store, run, output);
    }
    output.note(format!("going on with run {run}"));
    let unused = arguments.decided_before();
    if !unused.is_empty() {
        output.note(format!("it goes on as it was approved: {} cannot change it", unused.join(", ")));
    }
    let resumption = Resumption { accept_counts: arguments.accept_counts, accept_missing_files: arguments.accept_missing_files };
    let resumed = means(platform, store, output, |means| erasure::resume(means, run, resumption));
    let erased = resumed.map_err(|error| failure(project, arguments.whereabouts(), error))?;
    deliver(arguments, project, &erased, output)
}

/// Ends a run that nobody will finish.
fn abandon(arguments: &Arguments, project: &Project, platform: &Platform, store: &mut Store, run: &RunId, output: &Output) -> Outcome {
    let abandoned = means(platform, store, output, |means| erasure::abandon(means, run));
    let abandoned = abandoned.map_err(|error| failure(project, arguments.whereabouts(), error))?;
    let statement = &abandoned.certificate.statement;
    let written = certificates::write(&arguments.terms.out, &project.map, &abandoned.certificate.to_bytes())?;
    let summary =
        json!({ "run": statement.id, "state": statement.state, "abandoned": true, "certificate": written.json, "page": written.html });
    output.either(&summary, || {
        format!(
            "run {run} is given up: what it has erased stays erased, and nothing was counted\ncertificate: {}\n\
             to erase what is left: run the erasure again, as a new one",
            written.json.display()
        )
    })?;
    Ok(ExitCode::Done)
}
