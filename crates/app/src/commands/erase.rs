//! `exeunt erase`: a subject's rows and files, for good, with a certificate.

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::path::PathBuf;

use exeunt_engine::erasure::{self, Approved, Outcome as Erased, Resumption, Terms};
use exeunt_engine::planning::{self, Found, Request, Snapshot, Subject};
use exeunt_engine::platform::Platform;
use exeunt_model::certificate::{Outside, Purpose};
use exeunt_model::digest::Digest;
use exeunt_model::plan::Plan;
use exeunt_model::run::{Ending, RunId};
use exeunt_model::tombstone::{Tombstone, subject_hash};
use exeunt_store::Store;
use serde_json::json;

use super::certificates::{self, Written};
use super::erasing::{failure, means};
use crate::commands::map::MapArgument;
use crate::commands::plan::describe;
use crate::commands::request::{self, ChoiceArguments};
use crate::commands::subject::SubjectArgument;
use crate::desk::StoreArgument;
use crate::edge::{ExitCode, Failure, OrFail, Outcome};
use crate::output::Output;
use crate::project::Project;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    map: MapArgument,

    #[command(flatten)]
    subject: SubjectArgument,

    /// Go on with a run that was cut off; running the same command again does so too
    #[arg(long, value_name = "RUN", group = "whose")]
    resume: Option<RunId>,

    /// With a run that partly failed: erase what is left as it is now, though the counts have changed since they were approved
    #[arg(long)]
    accept_counts: bool,

    #[command(flatten)]
    choices: ChoiceArguments,

    /// An approved plan: nothing is erased unless exactly these rows are found
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,

    /// Erase without being asked: the label of the subject, or its key where the map gives no label
    #[arg(long, value_name = "LABEL")]
    yes_erase: Option<String>,

    /// Search all text columns for the subject's identifiers, before and after; this scans every table
    #[arg(long)]
    search_residuals: bool,

    /// Rows of a batch; plans with more rows go in batches, each committed by itself [default: 50000, from 500000 planned rows on]
    #[arg(long, value_name = "ROWS", value_parser = clap::value_parser!(u64).range(1..))]
    batch_rows: Option<u64>,

    #[command(flatten)]
    terms: TermsArguments,

    #[command(flatten)]
    store: StoreArgument,
}

/// What the certificate states beside the counts, and where it is written.
#[derive(Debug, clap::Args)]
pub struct TermsArguments {
    /// The request that is answered, such as a ticket's number; no name, for it stands in the certificate
    #[arg(long, value_name = "NUMBER", value_parser = parse_reference)]
    reference: Option<String>,

    /// A copy that the erasure does not reach, for the certificate; may be given several times
    #[arg(long = "outside", value_name = "TEXT")]
    outside: Vec<String>,

    /// The day on which the last backup with this data is gone, for the certificate
    #[arg(long, value_name = "DATE")]
    backups_until: Option<jiff::civil::Date>,

    /// The folder to write the certificate to
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub out: PathBuf,
}

impl TermsArguments {
    pub fn terms(&self, purpose: Purpose, search_residuals: bool, batch_rows: Option<u64>) -> Terms {
        let mut outside = vec![
            Outside { what: "exports, messages and files that recipients already have".to_owned(), until: None },
            Outside { what: "copies in the customer's own systems, such as a CRM that was synchronised with".to_owned(), until: None },
            Outside {
                what: "backups of the sources; after a restore, `exeunt replay` erases again".to_owned(),
                until: self.backups_until.map(|day| day.to_string()),
            },
        ];
        outside.extend(self.outside.iter().map(|what| Outside { what: what.clone(), until: None }));
        Terms { purpose, reference: self.reference.clone(), outside, search_residuals, batch_rows }
    }
}

/// A number, not a name: what stands in a certificate for good must not be personal.
fn parse_reference(text: &str) -> Result<String, String> {
    let plain = |character: char| character.is_ascii_alphanumeric() || "-_./#".contains(character);
    match text.len() {
        1..=64 if text.chars().all(plain) => Ok(text.to_owned()),
        _ => Err("a reference is up to 64 letters, digits and - _ . / #".to_owned()),
    }
}

pub fn run(arguments: &Arguments, output: &Output) -> Outcome {
    let project = Project::read(&arguments.map.map)?;
    let platform = project.platform()?;
    let mut store = arguments.store.open(&project)?;
    if let Some(run) = &arguments.resume {
        return resume(arguments, &project, &platform, &mut store, run, output);
    }
    let mut request = request::erase(&project.map, &arguments.subject, &arguments.choices)?;
    let typed = hash(&store, &request.subject);
    if let Some(run) = unfinished(&store, &request.subject, &typed)? {
        return resume(arguments, &project, &platform, &mut store, &run, output);
    }
    let mut snapshot = Snapshot::open(&platform).map_err(|error| project.no_plan(error))?;
    let Some(Found { subject, label }) = snapshot.find(&request.subject).map_err(|error| project.no_plan(error))? else {
        return gone(arguments, &project, &store, &request.subject, &typed, output);
    };
    request.subject = subject;
    if let Some(run) = unfinished(&store, &request.subject, &hash(&store, &request.subject))? {
        drop(snapshot);
        return resume(arguments, &project, &platform, &mut store, &run, output);
    }
    let plan = plan(arguments, &project, &platform, &mut snapshot, &store, &request)?;
    // An open reader would stand in the way of a commit in SQLite.
    drop(snapshot);
    match &arguments.plan {
        // Whoever approved the plan has seen it.
        Some(path) => output.note(format!("the approved plan {} holds", path.display())),
        None if !output.is_json() => output.note(describe(&project.map, &plan)),
        None => {}
    }
    let label = if label.is_empty() { request.subject.key.join(",") } else { label };
    confirm(&request.subject, &label, arguments.yes_erase.as_deref())?;
    certificates::prepare(&arguments.terms.out)?;
    let approved = Approved {
        plan: &plan,
        subject: &request.subject,
        successor: request.successor.as_deref(),
        terms: arguments.terms.terms(Purpose::Request, arguments.search_residuals, arguments.batch_rows),
    };
    let erased = means(&platform, &mut store, output, |means| erasure::erase(means, &approved));
    let erased = erased.map_err(|error| failure(&project, &arguments.map.map, error))?;
    deliver(arguments, &project, &erased, output)
}

fn hash(store: &Store, subject: &Subject) -> Digest {
    subject_hash(&store.hash_secret(), &subject.kind, &subject.key)
}

fn unfinished(store: &Store, subject: &Subject, hash: &Digest) -> Result<Option<RunId>, Failure> {
    let run = store.unfinished_run(&subject.kind, hash).or_fail(ExitCode::InputOutput, || "look into the store")?;
    Ok(run.map(|run| run.id))
}

fn plan(
    arguments: &Arguments,
    project: &Project,
    platform: &Platform,
    snapshot: &mut Snapshot,
    store: &Store,
    request: &Request,
) -> Result<Plan, Failure> {
    let plan = snapshot.plan(platform, request, &store.hash_secret()).map_err(|error| project.no_plan(error))?;
    let Some(path) = &arguments.plan else { return Ok(plan) };
    let approved = super::plan::read(path)?;
    match planning::difference(&approved, &plan).or_else(|| planning::count_difference(&approved, &plan)) {
        None => Ok(plan),
        Some(difference) => {
            Err(Failure::message(ExitCode::PlanMismatch, format!("the plan {} does not hold: {difference}", path.display()))
                .next("nothing was erased; make a new plan and have it approved: exeunt plan … --for erase --out FILE"))
        }
    }
}

/// There is no such subject: perhaps because it was erased.
fn gone(arguments: &Arguments, project: &Project, store: &Store, subject: &Subject, hash: &Digest, output: &Output) -> Outcome {
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

fn resume(arguments: &Arguments, project: &Project, platform: &Platform, store: &mut Store, run: &RunId, output: &Output) -> Outcome {
    output.note(format!("going on with run {run}"));
    certificates::prepare(&arguments.terms.out)?;
    let resumption = Resumption { accept_counts: arguments.accept_counts };
    let resumed = means(platform, store, output, |means| erasure::resume(means, run, resumption));
    let erased = resumed.map_err(|error| failure(project, &arguments.map.map, error))?;
    deliver(arguments, project, &erased, output)
}

/// Nobody erases by a slip: the label is typed, as an argument or when asked.
fn confirm(subject: &Subject, label: &str, given: Option<&str>) -> Result<(), Failure> {
    let refused = |message: String| Failure::message(ExitCode::Usage, message);
    if let Some(given) = given {
        return match given == label {
            true => Ok(()),
            false => Err(refused(format!("--yes-erase does not name this {}: nothing was erased", subject.kind))
                .next("give the label exactly as it stands in the database")),
        };
    }
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return Err(refused(format!("nobody confirmed the erasure of this {}: nothing was erased", subject.kind))
            .next("confirm it with --yes-erase LABEL, the subject's label as it stands in the database"));
    }
    let mut stderr = std::io::stderr().lock();
    let asked = write!(stderr, "This cannot be undone. Type the label of the {} to erase it: ", subject.kind).and_then(|()| stderr.flush());
    asked.or_fail(ExitCode::InputOutput, || "ask for confirmation")?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer).or_fail(ExitCode::InputOutput, || "read the answer")?;
    if answer.trim_end_matches(['\n', '\r']) == label {
        Ok(())
    } else {
        Err(refused("that is another label: nothing was erased".to_owned()))
    }
}

fn deliver(arguments: &Arguments, project: &Project, erased: &Erased, output: &Output) -> Outcome {
    let written = certificates::write(&arguments.terms.out, &project.map, &erased.certificate.to_bytes())?;
    report(project, &arguments.map.map, erased, &written, output)
}

/// Says how an erasure ended.
pub fn report(project: &Project, map: &std::path::Path, erased: &Erased, written: &Written, output: &Output) -> Outcome {
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
        Ending::Completed | Ending::CompletedWithRetained => Ok(ExitCode::Done),
        Ending::PartlyFailed => {
            let _ = project;
            output.note(format!("go on with it: exeunt erase --map {} --resume {}", map.display(), statement.id));
            Ok(ExitCode::Incomplete)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_a_number_and_no_address() {
        assert_eq!(parse_reference("R-1041/2026"), Ok("R-1041/2026".to_owned()));
        for text in ["", "mara@example", "Mara Lindqvist", &"1".repeat(65)] {
            assert!(parse_reference(text).is_err(), "{text}");
        }
    }
}
