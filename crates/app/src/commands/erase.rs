//! `exeunt erase`: a subject's rows and files, for good, with a certificate.

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use exeunt_engine::erasure::{self, Error, Order, Outcome as Erased, Resumption, Terms};
use exeunt_engine::planning::{self, Prepared, Request, Snapshot, Subject};
use exeunt_engine::platform::Platform;
use exeunt_engine::replay;
use exeunt_model::certificate::{Outside, Purpose};
use exeunt_model::digest::Digest;
use exeunt_model::names::{SubjectKind, TableName};
use exeunt_model::plan::Plan;
use exeunt_model::run::{Ending, RunId};
use exeunt_model::tombstone::{Tombstone, subject_hash};
use exeunt_store::{Run, Store};
use serde_json::json;

use super::certificates::{self, Written};
use super::erasing::{failure, means};
use crate::commands::map::MapArgument;
use crate::commands::plan::{describe, plural};
use crate::commands::request::{self, ChoiceArguments};
use crate::commands::subject::SubjectArgument;
use crate::desk::StoreArgument;
use crate::edge::{ExitCode, Failure, OrFail, Outcome};
use crate::output::Output;
use crate::project::Project;

/// What was decided for good when a run began, by the names of the fields.
const DECIDED: [&str; 6] = ["choices", "hand_over_to", "plan", "yes_erase", "search_residuals", "batch_rows"];

#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    map: MapArgument,

    #[command(flatten)]
    subject: SubjectArgument,

    /// Go on with this run, which was cut off; the same command as before does so too
    #[arg(long, value_name = "RUN", group = "whose", conflicts_with_all = DECIDED)]
    resume: Option<RunId>,

    /// With a run that partly failed: erase what is left as it is now, though the counts have changed since they were approved
    #[arg(long)]
    accept_counts: bool,

    /// Give the run up that --resume names: it ends as partly failed, and another run may begin for the subject
    #[arg(long, requires = "resume", conflicts_with = "accept_counts")]
    abandon: bool,

    #[command(flatten)]
    choices: ChoiceArguments,

    /// An approved plan: its choices are taken over, and nothing is erased unless it comes out the same now, with the same counts
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,

    /// Erase without being asked: the subject's label, from the column that the map names, or its key where the map names none
    #[arg(long, value_name = "LABEL")]
    yes_erase: Option<String>,

    /// Search all text columns for the subject's identifiers, before and after; this reads every table as a whole
    #[arg(long)]
    search_residuals: bool,

    /// Erase in batches of so many rows, each committed by itself [default: 50000, for plans of 500000 rows or more]
    #[arg(long, value_name = "ROWS", value_parser = clap::value_parser!(u64).range(1..))]
    batch_rows: Option<u64>,

    /// Erase though not one of the files that the rows name is in its store, or the store is not the folder of before; the certificate counts
    /// what is missing
    #[arg(long)]
    accept_missing_files: bool,

    #[command(flatten)]
    terms: TermsArguments,

    #[command(flatten)]
    store: StoreArgument,
}

impl Arguments {
    /// What was given and was decided for good when the run began.
    fn decided_before(&self) -> Vec<&'static str> {
        let given = [(self.search_residuals, "--search-residuals"), (self.batch_rows.is_some(), "--batch-rows")];
        given.into_iter().filter_map(|(given, name)| given.then_some(name)).collect()
    }
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

    /// The folder to write the certificate to; made where there is none
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub out: PathBuf,
}

impl TermsArguments {
    pub fn terms(&self, purpose: Purpose, search_residuals: bool, batch_rows: Option<u64>) -> Terms {
        let mut outside = vec![
            Outside { what: "exports, messages and files that recipients already have".to_owned(), until: None },
            Outside { what: "copies in the customer's own systems, such as a CRM that was synchronised with".to_owned(), until: None },
            Outside {
                what: "backups of the sources; after a restore, exeunt replay erases again".to_owned(),
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
    if let Some(run) = &arguments.resume {
        let platform = project.platform()?;
        let mut store = arguments.store.open_existing(&project)?;
        return resume(arguments, &project, &platform, &mut store, run, output);
    }
    let mut approved = arguments.plan.as_deref().map(super::plan::read).transpose()?;
    let mut request = request::erase(&project.map, &arguments.subject, &arguments.choices)?;
    if let Some(plan) = approved.as_ref().filter(|_| request.choices.is_empty()) {
        // Whoever approved the plan approved its choices.
        request.choices = plan.outline.choices.clone();
    }
    let sources = project.sources()?;
    // The databases answer while this thread sees to the rest. They must not be kept waiting while a person is asked.
    let ahead = arguments.yes_erase.as_ref().map(|_| erasure::begin_ahead(&sources)).transpose();
    let ahead = ahead.map_err(|error| failure(&project, &arguments.map.map, error))?;
    let platform = Platform { lock: project.lock()?, ..sources };
    let mut store = arguments.store.open(&project)?;
    let hash = subject_hash(&store.hash_secret(), &request.subject.kind, &request.subject.key);
    let unfinished = store.unfinished_run(&request.subject.kind, &hash).or_fail(ExitCode::InputOutput, || "look into the store")?;
    if let Some(run) = unfinished {
        drop(ahead);
        same_decisions(arguments, &store, &run, &request, approved.as_ref())?;
        return resume(arguments, &project, &platform, &mut store, &run.id, output);
    }
    certificates::prepare(&arguments.terms.out)?;
    if stays_as_erased(&project, &platform, &store, &request, &hash)? {
        return already_erased(arguments, &project, &store, &request, &hash, output);
    }
    if arguments.yes_erase.is_none() {
        match ask(arguments, &project, &platform, &store, &request, approved.as_ref(), output) {
            Ok(plan) => approved = Some(plan),
            Err(Asked::Gone) => return gone(arguments, &project, &platform, &store, &request, &hash, output),
            Err(Asked::Failed(failure)) => return Err(failure),
        }
    }
    let mut refused = None;
    // A person who was asked has seen the plan, and whoever approved a plan file too.
    let mut seen = approved;
    let mut approve = |prepared: &Prepared| {
        let plan_holds = match &seen {
            Some(seen) => compare(arguments.plan.as_deref(), seen, &prepared.plan),
            None => {
                if !output.is_json() {
                    output.note(describe(&prepared.plan));
                }
                Ok(())
            }
        };
        let confirmed = plan_holds.and_then(|()| match &arguments.yes_erase {
            Some(given) => confirm(&project, &prepared.request.subject, &label(prepared), given),
            None => Ok(()),
        });
        refused = confirmed.err();
        if let (None, Some(path)) = (&refused, &arguments.plan) {
            output.note(format!("the approved plan {} holds", path.display()));
        }
        // When the run is begun anew, it does what was seen the first time or nothing.
        seen.get_or_insert_with(|| prepared.plan.clone());
        refused.is_none()
    };
    let order = Order {
        request: &request,
        terms: arguments.terms.terms(Purpose::Request, arguments.search_residuals, arguments.batch_rows),
        accept_missing_files: arguments.accept_missing_files,
    };
    let erased = means(&platform, &mut store, output, |means| erasure::erase(means, &order, ahead, &mut approve));
    match erased {
        Ok(erased) => deliver(arguments, &project, &erased, output),
        Err(Error::Plan(planning::Error::NoSubject { .. })) => gone(arguments, &project, &platform, &store, &request, &hash, output),
        // The key was typed in another way than the database writes it.
        Err(Error::Store(exeunt_store::Error::Unfinished { run })) => {
            if let Some(run) = store.run(&run).or_fail(ExitCode::InputOutput, || "look into the store")? {
                same_decisions(arguments, &store, &run, &request, arguments.plan.as_ref().and(seen.as_ref()))?;
            }
            resume(arguments, &project, &platform, &mut store, &run, output)
        }
        Err(error) => Err(refused.unwrap_or_else(|| failure(&project, &arguments.map.map, error))),
    }
}

fn compare(path: Option<&Path>, approved: &Plan, plan: &Plan) -> Result<(), Failure> {
    let Some(difference) = planning::difference(approved, plan).or_else(|| planning::count_difference(approved, plan)) else {
        return Ok(());
    };
    let which = path.map_or_else(|| "that you have seen".to_owned(), |path| path.display().to_string());
    Err(Failure::message(ExitCode::PlanMismatch, format!("the plan {which} does not hold: {difference}"))
        .next("nothing was erased; make a new plan and have it approved: exeunt plan … --for erase --out FILE"))
}

/// What must be typed to erase the subject.
fn label(prepared: &Prepared) -> String {
    if prepared.label.is_empty() { prepared.request.subject.key.join(",") } else { prepared.label.clone() }
}

enum Asked {
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
fn ask(
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
        erasure::look_for_files(platform, &prepared).map_err(|error| failure(project, &arguments.map.map, error))?;
    }
    let kind = &prepared.request.subject.kind;
    let typed = type_label(project, kind)?;
    confirm(project, &prepared.request.subject, &label(&prepared), &typed)?;
    Ok(prepared.plan)
}

/// There is no such subject: perhaps because it was erased. That is said only where no row is there that its key owns.
fn gone(
    arguments: &Arguments,
    project: &Project,
    platform: &Platform,
    store: &Store,
    request: &Request,
    hash: &Digest,
    output: &Output,
) -> Outcome {
    let subject = &request.subject;
    let tombstones = store.tombstones_of(&subject.kind, hash).or_fail(ExitCode::InputOutput, || "look into the store")?;
    let mut request = request.clone();
    if let Some(tombstone) = tombstones.last().filter(|_| request.choices.is_empty()) {
        request.choices = replay::choices(store, tombstone).or_fail(ExitCode::Failed, || "read what was chosen when it was erased")?;
    }
    let rows = match Snapshot::open(platform).and_then(|mut snapshot| snapshot.rows_of_key(&request)) {
        Ok(rows) => rows,
        // What is to be done with rows of a subject that never was is not asked.
        Err(planning::Error::Plan(_)) if tombstones.is_empty() => Vec::new(),
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
fn stays_as_erased(project: &Project, platform: &Platform, store: &Store, request: &Request, hash: &Digest) -> Result<bool, Failure> {
    let tombstones = store.tombstones_of(&request.subject.kind, hash).or_fail(ExitCode::InputOutput, || "look into the store")?;
    let Some(tombstone) = tombstones.last() else { return Ok(false) };
    let again =
        replay::again(store, tombstone, &request.subject.key).or_fail(ExitCode::Failed, || "read what was chosen when it was erased")?;
    let mut snapshot = Snapshot::open(platform).map_err(|error| project.no_plan(error))?;
    Ok(replay::remains(&mut snapshot, store, tombstone, &again))
}

/// Says when it was erased, and writes the certificate again.
fn already_erased(arguments: &Arguments, project: &Project, store: &Store, request: &Request, hash: &Digest, output: &Output) -> Outcome {
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
    let count = plural(rows.iter().map(|(_, rows)| rows).sum(), "row");
    let tables: Vec<String> = rows.iter().map(|(table, rows)| format!("  {table}: {}", plural(*rows, "row"))).collect();
    let (code, message) = match tombstone {
        Some(tombstone) => {
            let erased = tombstone.erased.for_people();
            (ExitCode::VerificationFailed, format!("this {kind} was erased on {erased}, and {count} that its key owns are there again"))
        }
        None => (ExitCode::NotFound, format!("there is no {kind} with this key, and {count} that the key owns are there")),
    };
    Failure::message(code, message)
        .details(tables.join("\n"), rows)
        .next("nothing was erased: an erasure begins at the subject's own row")
        .next(format!("put a row with this key back where the {kind} was, and erase it again"))
}

/// Refuses to go on with a run that was begun with other decisions than the command names.
fn same_decisions(arguments: &Arguments, store: &Store, run: &Run, request: &Request, approved: Option<&Plan>) -> Result<(), Failure> {
    let otherwise = erasure::decided_otherwise(store, run, request, approved).or_fail(ExitCode::Failed, || "read what was decided")?;
    let Some(otherwise) = otherwise else { return Ok(()) };
    let resume = format!("exeunt erase --map {} --resume {}", arguments.map.map.display(), run.id);
    Err(Failure::message(
        ExitCode::PlanMismatch,
        format!("run {} of this subject is not finished, and was begun otherwise: {otherwise}", run.id),
    )
    .next(format!("go on with it as it was begun: {resume}"))
    .next(format!("or give it up, which leaves what is not erased yet: {resume} --abandon")))
}

fn resume(arguments: &Arguments, project: &Project, platform: &Platform, store: &mut Store, run: &RunId, output: &Output) -> Outcome {
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
    let erased = resumed.map_err(|error| failure(project, &arguments.map.map, error))?;
    deliver(arguments, project, &erased, output)
}

/// Ends a run that nobody will finish.
fn abandon(arguments: &Arguments, project: &Project, platform: &Platform, store: &mut Store, run: &RunId, output: &Output) -> Outcome {
    let abandoned = means(platform, store, output, |means| erasure::abandon(means, run));
    let abandoned = abandoned.map_err(|error| failure(project, &arguments.map.map, error))?;
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

/// Nobody erases by a slip: the label is typed, as an argument or when asked.
fn confirm(project: &Project, subject: &Subject, label: &str, given: &str) -> Result<(), Failure> {
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

fn deliver(arguments: &Arguments, project: &Project, erased: &Erased, output: &Output) -> Outcome {
    let written = certificates::write(&arguments.terms.out, &project.map, &erased.certificate.to_bytes())?;
    report(&arguments.map.map, erased, &written, output)
}

/// Says how an erasure ended.
pub fn report(map: &std::path::Path, erased: &Erased, written: &Written, output: &Output) -> Outcome {
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
            let resume = format!("exeunt erase --map {} --resume {}", map.display(), statement.id);
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
