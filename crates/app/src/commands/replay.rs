//! `exeunt replay`: after a restored backup, erases again whoever was erased before.

use exeunt_engine::erasure::{self, Error, Order};
use exeunt_engine::planning::{self, Snapshot};
use exeunt_engine::replay::{self, Returned};
use exeunt_model::certificate::Purpose;
use exeunt_model::run::Ending;
use serde_json::{Value, json};

use super::certificates;
use super::erase::TermsArguments;
use super::erasing::{failure, means};
use crate::commands::map::MapArgument;
use crate::commands::plan::plural;
use crate::desk::StoreArgument;
use crate::edge::{ExitCode, OrFail, Outcome};
use crate::output::Output;
use crate::project::Project;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    map: MapArgument,

    /// Erase whoever is back; without this, they are only listed
    #[arg(long)]
    yes: bool,

    #[command(flatten)]
    terms: TermsArguments,

    #[command(flatten)]
    store: StoreArgument,
}

pub fn run(arguments: &Arguments, output: &Output) -> Outcome {
    let project = Project::read(&arguments.map.map)?;
    let platform = project.platform()?;
    let mut store = arguments.store.open(&project)?;
    let mut snapshot = Snapshot::open(&platform).map_err(|error| project.no_plan(error))?;
    let returned = replay::returned(&mut snapshot, &store).or_fail(ExitCode::Failed, || "look for erased subjects that are back")?;
    drop(snapshot);
    if returned.is_empty() {
        output.either(&json!({ "returned": [] }), || "nobody who was erased is back")?;
        return Ok(ExitCode::Done);
    }
    if !arguments.yes {
        output.either(&json!({ "returned": returned.iter().map(named).collect::<Vec<Value>>() }), || list(&returned))?;
        output.note("erase them again: exeunt replay … --yes");
        return Ok(ExitCode::Incomplete);
    }
    certificates::prepare(&arguments.terms.out)?;
    let mut done = Vec::new();
    let mut all_done = true;
    for found in &returned {
        let order = Order { request: &found.request, terms: arguments.terms.terms(Purpose::Replay, false, None) };
        let erased = means(&platform, &mut store, output, |means| erasure::erase(means, &order, &mut |_| true));
        let erased = match erased {
            // It went with another one: a contract takes its seats along.
            Err(Error::Plan(planning::Error::NoSubject { .. })) => continue,
            erased => erased.map_err(|error| failure(&project, &arguments.map.map, error))?,
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
    Ok(if all_done { ExitCode::Done } else { ExitCode::Incomplete })
}

fn named(found: &Returned) -> Value {
    json!({ "kind": found.tombstone.kind, "subject": found.tombstone.subject, "erased": found.tombstone.erased, "run": found.tombstone.run })
}

fn list(returned: &[Returned]) -> String {
    let lines = returned.iter().map(|found| {
        let tombstone = &found.tombstone;
        format!("  a {} that was erased on {} (run {})", tombstone.kind, tombstone.erased.for_people(), tombstone.run)
    });
    let head = format!("{} back:", plural(returned.len() as u64, "erased subject"));
    std::iter::once(head).chain(lines).collect::<Vec<_>>().join("\n")
}
