//! `exeunt erase`: a subject's rows and files, for good, with a certificate.

mod before;
mod confirm;
mod report;
mod resume;
mod terms;

pub use terms::TermsArguments;

use std::path::PathBuf;

use exeunt_engine::erasure::{self, Error, Order};
use exeunt_engine::planning::{self, Prepared};
use exeunt_engine::platform::Platform;
use exeunt_model::certificate::Purpose;
use exeunt_model::run::RunId;
use exeunt_model::tombstone::subject_hash;

use super::certificates;
use super::erasing::{Whereabouts, failure, means};
use crate::commands::map::MapArgument;
use crate::commands::plan::describe;
use crate::commands::request::{self, CategoryArguments, ChoiceArguments};
use crate::commands::subject::SubjectArgument;
use crate::desk::StoreArgument;
use crate::failure::{ExitCode, OrFail, Outcome};
use crate::output::Output;
use crate::project::Project;
use before::{already_erased, gone, stays_as_erased};
use confirm::{Asked, ask, compare, confirm, label};
use report::deliver;
use resume::{resume, same_decisions};

/// What was decided for good when a run began, by the names of the fields.
const DECIDED: [&str; 7] = ["categories", "choices", "hand_over_to", "plan", "yes_erase", "search_residuals", "batch_rows"];

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
    categories: CategoryArguments,

    #[command(flatten)]
    choices: ChoiceArguments,

    /// An approved plan: its categories and choices are taken over, and nothing is erased unless it comes out the same now, with the same counts
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
    fn whereabouts(&self) -> Whereabouts<'_> {
        Whereabouts { map: &self.map.map, store: &self.store }
    }

    /// What was given and was decided for good when the run began.
    fn decided_before(&self) -> Vec<&'static str> {
        let given = [(self.search_residuals, "--search-residuals"), (self.batch_rows.is_some(), "--batch-rows")];
        given.into_iter().filter_map(|(given, name)| given.then_some(name)).collect()
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
    let mut request = request::erase(&project.map, &arguments.subject, &arguments.choices, &arguments.categories)?;
    if let Some(plan) = approved.as_ref().filter(|_| request.choices.is_empty()) {
        // Whoever approved the plan approved its choices.
        request.choices = plan.outline.choices.clone();
    }
    if let Some(chosen) = approved.as_ref().and_then(|plan| plan.outline.categories.as_ref()).filter(|_| request.categories.is_none()) {
        request.categories = Some(chosen.names.clone());
    }
    let sources = project.sources()?;
    // The databases answer while this thread sees to the rest. They must not be kept waiting while a person is asked.
    let ahead = arguments.yes_erase.as_ref().map(|_| erasure::begin_ahead(&sources)).transpose();
    let ahead = ahead.map_err(|error| failure(&project, arguments.whereabouts(), error))?;
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
        run: None,
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
        Err(error) => Err(refused.unwrap_or_else(|| failure(&project, arguments.whereabouts(), error))),
    }
}
