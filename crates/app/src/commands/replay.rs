//! `exeunt replay`: after a restored backup, erases again whoever was erased before.

use exeunt_engine::erasure::{self, Error, Order};
use exeunt_engine::planning::{self, Prepared, Snapshot};
use exeunt_engine::platform::Platform;
use exeunt_engine::replay::{self, Returned};
use exeunt_model::certificate::Purpose;
use exeunt_model::run::Ending;
use exeunt_store::Store;
use serde_json::{Value, json};

use super::certificates;
use super::erase::TermsArguments;
use super::erasing::{Whereabouts, failure, means};
use crate::commands::map::MapArgument;
use crate::commands::plan::plural;
use crate::desk::StoreArgument;
use crate::failure::{ExitCode, Failure, OrFail, Outcome};
use crate::output::Output;
use crate::project::Project;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    map: MapArgument,

    /// Erase again who is back under this label (the key, where the map names no label); may be given several times. Without it, they
    /// are only listed
    #[arg(long, value_name = "LABEL")]
    yes_erase: Vec<String>,

    #[command(flatten)]
    terms: TermsArguments,

    #[command(flatten)]
    store: StoreArgument,
}

pub fn run(arguments: &Arguments, output: &Output) -> Outcome {
    let project = Project::read(&arguments.map.map)?;
    let platform = project.platform()?;
    let mut store = arguments.store.open_existing(&project)?;
    let mut snapshot = Snapshot::open(&platform).map_err(|error| project.no_plan(error))?;
    let returned = replay::returned(&mut snapshot, &store).or_fail(ExitCode::Failed, || "look for erased subjects that are back")?;
    drop(snapshot);
    if returned.is_empty() {
        output.either(&json!({ "returned": [] }), || "nobody who was erased is back")?;
        return Ok(ExitCode::Done);
    }
    if arguments.yes_erase.is_empty() {
        output.either(&json!({ "returned": returned.iter().map(named).collect::<Vec<Value>>() }), || list(&returned))?;
        output.note("a key may have been given to somebody else since: look at each label");
        if returned.iter().any(|found| found.rows.is_some()) {
            output.note("rows of erased categories may have been made since, and would go too: erase them again only after a restore");
        }
        output.note("erase again who was erased before: exeunt replay … --yes-erase LABEL");
        return Ok(ExitCode::Incomplete);
    }
    if let Some(nobody) = arguments.yes_erase.iter().position(|label| returned.iter().all(|found| found.label != *label)) {
        return Err(Failure::message(
            ExitCode::Usage,
            format!("the label given as number {} is nobody's who is back: nothing was erased", nobody + 1),
        )
        .next("list who is back: exeunt replay, without --yes-erase"));
    }
    certificates::prepare(&arguments.terms.out)?;
    let whereabouts = Whereabouts { map: &arguments.map.map, store: &arguments.store };
    let mut done = Vec::new();
    let mut all_done = true;
    let (chosen, others): (Vec<&Returned>, Vec<&Returned>) = returned.iter().partition(|found| arguments.yes_erase.contains(&found.label));
    for found in chosen {
        let terms = arguments.terms.terms(Purpose::Replay, false, None);
        // The rows came back from a backup; their files were deleted, and mostly are not in it.
        let order = Order { request: &found.request, terms, accept_missing_files: true, run: None };
        let erased =
            means(&platform, &mut store, output, |means| erasure::erase(means, &order, None, &mut |prepared| same(found, prepared)));
        let erased = match erased {
            // It went with another one: a contract takes its seats along.
            Err(Error::Plan(planning::Error::NoSubject { .. })) => continue,
            erased => erased.map_err(|error| failure(&project, whereabouts, error))?,
        };
        let written = certificates::write(&arguments.terms.out, &project.map, &erased.certificate.to_bytes())?;
        let statement = &erased.certificate.statement;
        all_done &= statement.state != Ending::PartlyFailed;
        if !output.is_json() {
            output.data(format!("{}: {}", statement.scope.kind, certificates::summary(statement, &written)))?;
        }
        done.push(json!({ "run": statement.id, "state": statement.state, "replays": found.tombstone.run, "certificate": written.json }));
    }
    if output.is_json() {
        output.json(&json!({ "replayed": done }))?;
    }
    // An outer subject may have taken some of them along.
    let left = left(&project, &platform, &store, &others)?;
    if left > 0 {
        output.note(format!("{} still back", plural(left, "erased subject")));
    }
    Ok(if all_done && left == 0 { ExitCode::Done } else { ExitCode::Incomplete })
}

/// Whether the subject is still the one that was listed.
fn same(found: &Returned, prepared: &Prepared) -> bool {
    let label = if prepared.label.is_empty() { prepared.request.subject.key.join(",") } else { prepared.label.clone() };
    label == found.label
}

/// How many of these are back still.
fn left(project: &Project, platform: &Platform, store: &Store, others: &[&Returned]) -> Result<u64, Failure> {
    if others.is_empty() {
        return Ok(0);
    }
    let mut snapshot = Snapshot::open(platform).map_err(|error| project.no_plan(error))?;
    let returned = replay::returned(&mut snapshot, store).or_fail(ExitCode::Failed, || "look for erased subjects that are back")?;
    let same = |found: &Returned, other: &Returned| {
        found.tombstone.subject == other.tombstone.subject && found.request.categories == other.request.categories
    };
    let still = |other: &&&Returned| returned.iter().any(|found| same(found, other));
    Ok(others.iter().filter(still).count() as u64)
}

fn named(found: &Returned) -> Value {
    let key = &found.request.subject.key;
    let mut named = json!({ "kind": found.tombstone.kind, "key": key, "label": found.label, "subject": found.tombstone.subject, "erased": found.tombstone.erased, "run": found.tombstone.run });
    if let Some(categories) = &found.request.categories {
        named["categories"] = json!(categories);
        named["rows"] = json!(found.rows);
    }
    named
}

fn list(returned: &[Returned]) -> String {
    let lines = returned.iter().map(|found| {
        let tombstone = &found.tombstone;
        let key = found.request.subject.key.join(",");
        // As a quoted text: a label may hold anything.
        let named = format!("{} {key}, {:?}", tombstone.kind, found.label);
        if let (Some(categories), Some(rows)) = (&found.request.categories, found.rows) {
            let names: Vec<&str> = categories.iter().map(|name| name.as_str()).collect();
            let (erased, names) = (tombstone.erased.for_people(), names.join(", "));
            return format!("  {named}: {names} erased on {erased} (run {}), and {} of it are there", tombstone.run, plural(rows, "row"));
        }
        format!("  {named}: a {} with this key was erased on {} (run {})", tombstone.kind, tombstone.erased.for_people(), tombstone.run)
    });
    let head = format!("{} back:", plural(returned.len() as u64, "erased subject"));
    std::iter::once(head).chain(lines).collect::<Vec<_>>().join("\n")
}
