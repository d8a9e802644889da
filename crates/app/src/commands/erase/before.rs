//! A subject that was erased before, or that never was.

use exeunt_engine::erasure;
use exeunt_engine::planning::{self, Request, Snapshot, Subject};
use exeunt_engine::platform::Platform;
use exeunt_engine::replay;
use exeunt_model::digest::Digest;
use exeunt_model::names::TableName;
use exeunt_model::tombstone::Tombstone;
use exeunt_store::{Run, Store};
use serde_json::json;

use super::Arguments;
use crate::commands::certificates;
use crate::commands::erasing::failure;
use crate::commands::plan::plural;
use crate::failure::{ExitCode, Failure, OrFail, Outcome};
use crate::output::Output;
use crate::project::Project;

/// There is no such subject: perhaps because it was erased. That is said only where no row is there that its key owns.
pub(super) fn gone(
    arguments: &Arguments,
    project: &Project,
    platform: &Platform,
    store: &Store,
    request: &Request,
    hash: &Digest,
    output: &Output,
) -> Outcome {
    let subject = &request.subject;
    // Another process may be erasing it at this moment: its row is gone, and the run is not closed.
    let unfinished = store.unfinished_run(&subject.kind, hash).or_fail(ExitCode::InputOutput, || "look into the store")?;
    if let Some(Run { id: run, .. }) = unfinished {
        let going_on = erasure::Error::Store(exeunt_store::Error::Unfinished { run });
        return Err(failure(project, arguments.whereabouts(), going_on));
    }
    let tombstones = store.tombstones_of(&subject.kind, hash).or_fail(ExitCode::InputOutput, || "look into the store")?;
    let mut request = request.clone();
    if let Some(tombstone) = tombstones.last().filter(|_| request.choices.is_empty()) {
        request.choices = replay::choices(store, tombstone).or_fail(ExitCode::Failed, || "read what was chosen when it was erased")?;
    }
    let rows = match Snapshot::open(platform).and_then(|mut snapshot| snapshot.rows_of_key(&request)) {
        Ok(rows) => rows,
        // What is to be done with rows of a subject that never was is not asked.
        Err(planning::Error::Plan(_)) if tombstones.is_empty() => Vec::new(),
        // Nor does a key that is no value of its type own rows. One that was erased is such a value: then what is refused is in a row.
        Err(error) if tombstones.is_empty() && error.is_about_a_value() => Vec::new(),
        Err(error) => return Err(project.no_plan(error)),
    };
    if !rows.is_empty() {
        return Err(left_behind(subject, tombstones.last(), &rows));
    }
    if tombstones.is_empty() {
        return Err(project.no_plan(planning::Error::NoSubject { kind: subject.kind.clone() }));
    }
    already_erased(arguments, project, store, &request, hash, output)
}

/// Whether the subject was erased before, and only its own row is there, as the erasure left it: masked, or kept. Its label may be gone, so
/// that nobody can type it.
pub(super) fn stays_as_erased(
    project: &Project,
    platform: &Platform,
    store: &Store,
    request: &Request,
    hash: &Digest,
) -> Result<bool, Failure> {
    let tombstones = store.tombstones_of(&request.subject.kind, hash).or_fail(ExitCode::InputOutput, || "look into the store")?;
    let Some(tombstone) = tombstones.last() else { return Ok(false) };
    let again =
        replay::again(store, tombstone, &request.subject.key).or_fail(ExitCode::Failed, || "read what was chosen when it was erased")?;
    let mut snapshot = Snapshot::open(platform).map_err(|error| project.no_plan(error))?;
    Ok(replay::remains(&mut snapshot, store, tombstone, &again))
}

/// Says when it was erased, and writes the certificate again.
pub(super) fn already_erased(
    arguments: &Arguments,
    project: &Project,
    store: &Store,
    request: &Request,
    hash: &Digest,
    output: &Output,
) -> Outcome {
    let subject = &request.subject;
    let tombstones = store.tombstones_of(&subject.kind, hash).or_fail(ExitCode::InputOutput, || "look into the store")?;
    let Some(Tombstone { run, erased, .. }) = tombstones.last() else {
        return Err(project.no_plan(planning::Error::NoSubject { kind: subject.kind.clone() }));
    };
    let written = match store.certificate_of(run).or_fail(ExitCode::InputOutput, || "read the certificate from the store")? {
        Some(bytes) => Some(certificates::write(&arguments.terms.out, &project.map, &bytes)?),
        None => None,
    };
    let paths = written.as_ref().map(|written| &written.json);
    let summary = json!({ "already_erased": true, "run": run, "erased": erased, "certificate": paths });
    output.either(&summary, || {
        let certificate = paths.map(|path| format!("; its certificate: {}", path.display())).unwrap_or_default();
        format!("this {} was already erased on {}{certificate}", subject.kind, erased.for_people())
    })?;
    Ok(ExitCode::Done)
}

/// The subject's own row is gone, and others are there.
fn left_behind(subject: &Subject, tombstone: Option<&Tombstone>, rows: &[(TableName, u64)]) -> Failure {
    let kind = &subject.kind;
    let rows_found: u64 = rows.iter().map(|(_, rows)| rows).sum();
    let (count, are) = (plural(rows_found, "row"), if rows_found == 1 { "is" } else { "are" });
    let tables: Vec<String> = rows.iter().map(|(table, rows)| format!("  {table}: {}", plural(*rows, "row"))).collect();
    let (code, message) = match tombstone {
        Some(tombstone) => {
            let erased = tombstone.erased.for_people();
            (ExitCode::VerificationFailed, format!("this {kind} was erased on {erased}, and {count} that its key owns {are} there again"))
        }
        None => (ExitCode::NotFound, format!("there is no {kind} with this key, and {count} that the key owns {are} there")),
    };
    Failure::message(code, message)
        .details(tables.join("\n"), rows)
        .next("nothing was erased: an erasure begins at the subject's own row")
        .next(format!("put a row with this key back where the {kind} was, and erase it again"))
}
