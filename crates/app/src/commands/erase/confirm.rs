//! Nobody erases by a slip: a plan that was seen, and a label that is typed.

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::path::Path;

use exeunt_engine::erasure;
use exeunt_engine::planning::{self, Prepared, Request, Snapshot, Subject};
use exeunt_engine::platform::Platform;
use exeunt_model::names::SubjectKind;
use exeunt_model::plan::Plan;
use exeunt_store::Store;

use super::Arguments;
use crate::commands::erasing::failure;
use crate::commands::plan::describe;
use crate::failure::{ExitCode, Failure, OrFail};
use crate::output::Output;
use crate::project::Project;

pub(super) fn compare(path: Option<&Path>, approved: &Plan, plan: &Plan) -> Result<(), Failure> {
    let Some(difference) = planning::difference(approved, plan).or_else(|| planning::count_difference(approved, plan)) else {
        return Ok(());
    };
    let which = path.map_or_else(|| "that you have seen".to_owned(), |path| path.display().to_string());
    Err(Failure::message(ExitCode::PlanMismatch, format!("the plan {which} does not hold: {difference}"))
        .next("nothing was erased; make a new plan and have it approved: exeunt plan … --for erase --out FILE"))
}

/// What must be typed to erase the subject.
pub(super) fn label(prepared: &Prepared) -> String {
    if prepared.label.is_empty() { prepared.request.subject.key.join(",") } else { prepared.label.clone() }
}

pub(super) enum Asked {
    /// There is no such subject.
    Gone,
    Failed(Failure),
}

impl From<Failure> for Asked {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// Shows the plan and asks for the label, with no transaction open meanwhile that would stand in anybody's way.
pub(super) fn ask(
    arguments: &Arguments,
    project: &Project,
    platform: &Platform,
    store: &Store,
    request: &Request,
    approved: Option<&Plan>,
    output: &Output,
) -> Result<Plan, Asked> {
    let prepared = Snapshot::open(platform).and_then(|mut snapshot| snapshot.prepare(platform, request, &store.hash_secret()));
    let prepared = match prepared {
        Ok(prepared) => prepared,
        Err(planning::Error::NoSubject { .. }) => return Err(Asked::Gone),
        Err(error) => return Err(Asked::Failed(project.no_plan(error))),
    };
    if let Some(approved) = approved {
        compare(arguments.plan.as_deref(), approved, &prepared.plan)?;
    }
    if !output.is_json() {
        output.note(describe(&prepared.plan));
    }
    if !arguments.accept_missing_files {
        erasure::look_for_files(platform, &prepared).map_err(|error| failure(project, arguments.whereabouts(), error))?;
    }
    let kind = &prepared.request.subject.kind;
    let typed = type_label(project, kind)?;
    confirm(project, &prepared.request.subject, &label(&prepared), &typed)?;
    Ok(prepared.plan)
}

/// Nobody erases by a slip: the label is typed, as an argument or when asked.
pub(super) fn confirm(project: &Project, subject: &Subject, label: &str, given: &str) -> Result<(), Failure> {
    if given == label {
        return Ok(());
    }
    Err(Failure::message(ExitCode::Usage, format!("what was typed does not name this {}: nothing was erased", subject.kind)).next(format!(
        "type {}, exactly as it stands in the database, with --yes-erase or when asked",
        confirmation(project, &subject.kind)
    )))
}

/// What is typed to confirm: `its email (app.member.email)`.
fn confirmation(project: &Project, kind: &SubjectKind) -> String {
    let subject = project.map.subject(kind);
    match subject.map(|subject| (&subject.table, &subject.label, subject.key.join(","))) {
        Some((table, Some(label), _)) => format!("its {label} ({table}.{label})"),
        Some((table, None, key)) => format!("its key ({table}.{key})"),
        None => "its key".to_owned(),
    }
}

fn type_label(project: &Project, kind: &SubjectKind) -> Result<String, Failure> {
    let what = confirmation(project, kind);
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return Err(Failure::message(ExitCode::Usage, format!("nobody confirmed the erasure of this {kind}: nothing was erased"))
            .next(format!("confirm it with --yes-erase and {what}, exactly as it stands in the database")));
    }
    let mut stderr = std::io::stderr().lock();
    let asked = write!(stderr, "This cannot be undone. To erase the {kind}, type {what}: ").and_then(|()| stderr.flush());
    asked.or_fail(ExitCode::InputOutput, || "ask for confirmation")?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer).or_fail(ExitCode::InputOutput, || "read the answer")?;
    Ok(answer.trim_end_matches(['\n', '\r']).to_owned())
}
