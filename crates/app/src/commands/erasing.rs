//! What `erase` and `replay` share: the means of an erasure, and what a person can do when it stops.

use std::path::Path;
use std::time::{Duration, Instant};

use exeunt_engine::erasure::{Error, Means, Progress};
use exeunt_engine::platform::Platform;
use exeunt_model::moment::Moment;
use exeunt_model::names::TableName;
use exeunt_model::run::RunId;
use exeunt_store::Store;

use crate::desk::StoreArgument;
use crate::failure::{ExitCode, Failure};
use crate::output::{Output, shell_word};
use crate::project::Project;
use crate::{desk, interrupt};

/// Between two lines that tell how far a search is.
const SEARCH_INTERVAL: Duration = Duration::from_secs(10);

/// A search goes through the same tables before and after: each time is told once, and tables only where it takes long.
#[derive(Default)]
struct Search {
    first: Option<TableName>,
    told: Option<Instant>,
}

impl Search {
    fn tell(&mut self, table: &TableName, output: &Output) {
        let words = match &self.first {
            None => "searching all text columns for the subject's identifiers".to_owned(),
            Some(first) if first == table => "searching them again".to_owned(),
            Some(_) if self.told.is_some_and(|told| told.elapsed() >= SEARCH_INTERVAL) => format!("searching {table}"),
            Some(_) => return,
        };
        output.note(words);
        self.first.get_or_insert_with(|| table.clone());
        self.told = Some(Instant::now());
    }
}

/// Runs something with the program's clock, randomness, Ctrl-C and standard error.
pub fn means<T>(platform: &Platform, store: &mut Store, output: &Output, work: impl FnOnce(&mut Means<'_>) -> T) -> T {
    let mut search = Search::default();
    let mut report = |progress: Progress<'_>| match progress {
        Progress::Opened { .. } | Progress::Committed { .. } => {}
        Progress::Batch { table, erased, planned } => output.note(format!("{table}: {erased} of {planned} rows erased")),
        Progress::Files { done, total } if done < total => output.note(format!("{done} of {total} files done")),
        Progress::Files { .. } => {}
        Progress::Searching { table } => search.tell(table, output),
    };
    let mut means = Means {
        platform,
        store,
        now: &|| Moment::new(desk::now()),
        random: &mut desk::random,
        interrupted: &interrupt::requested,
        report: &mut report,
    };
    work(&mut means)
}

/// Where the map and the store of a run are.
#[derive(Debug, Clone, Copy)]
pub struct Whereabouts<'a> {
    pub map: &'a Path,
    pub store: &'a StoreArgument,
}

impl Whereabouts<'_> {
    /// The command that goes on with the run, as a shell takes it.
    pub fn resume(self, run: &RunId) -> String {
        let store = self.store.given().map(|store| format!(" --store {}", shell_word(&store.to_string())));
        format!("exeunt erase --map {}{} --resume {run}", shell_word(&self.map.display().to_string()), store.unwrap_or_default())
    }
}

/// What a person can do about an erasure that stopped.
pub fn failure(project: &Project, of: Whereabouts<'_>, error: Error) -> Failure {
    let nothing = "nothing was erased";
    let error = match error {
        Error::Plan(error) => return project.no_plan(error).next(nothing),
        Error::FilesMissing(none) => {
            return desk::files_missing(none).next(nothing).next("if they are gone for good: --accept-missing-files");
        }
        other => other,
    };
    match &error {
        Error::Unfinished { run, source } => {
            let resume = of.resume(run);
            let stuck = matches!(
                **source,
                Error::Drift { .. }
                    | Error::OtherDatabase { .. }
                    | Error::JournalGone { .. }
                    | Error::KeysDiffer { .. }
                    | Error::TakenAway { .. }
                    | Error::Unowned { .. }
            );
            let missing = matches!(**source, Error::FilesMissing(_));
            let failure = Failure::new(ExitCode::Incomplete, error).next(format!("go on with it: {resume}"));
            if missing {
                return failure.next("if the files are gone for good: --accept-missing-files");
            }
            if stuck { failure.next(format!("or give it up, which leaves what is not erased yet: {resume} --abandon")) } else { failure }
        }
        Error::Source { .. } => source_failure(error),
        Error::Files { .. } => {
            Failure::attempt(ExitCode::InputOutput, error).next("check the address and the rights of the file source").next(nothing)
        }
        Error::Store(exeunt_store::Error::GoingOn { .. }) => Failure::new(ExitCode::Incomplete, error).next("wait until it has ended"),
        Error::Store(exeunt_store::Error::Unfinished { run }) => {
            let next = format!("go on with it: {}", of.resume(run));
            Failure::new(ExitCode::Incomplete, error).next(next)
        }
        Error::Entangled { run } => {
            let next = format!("bring that one to its end first: {}", of.resume(run));
            Failure::new(ExitCode::Incomplete, error).next(next).next(nothing)
        }
        Error::Store(_) => Failure::attempt(ExitCode::InputOutput, error)
            .next("check the store's file, its rights and the free space")
            .next("this attempt erased nothing"),
        Error::Drift { .. } => {
            Failure::new(ExitCode::CatalogDrift, error).next(format!("{nothing}; review the databases: {}", project.accept_command()))
        }
        Error::OtherDatabase { .. } | Error::CountsDiffer { .. } | Error::KeysDiffer { .. } => {
            Failure::new(ExitCode::PlanMismatch, error).next(format!("{nothing}; make a new plan and have it approved"))
        }
        Error::Guarded { choose, .. } if !choose.is_empty() => {
            let next = desk::choose_too(choose);
            Failure::new(ExitCode::PlanRefused, error).next(next).next(nothing)
        }
        Error::Guarded { table, columns, .. } => {
            let unlink = format!("if these rows may lose the reference: add `unlink: [{columns}]` to {table} in the map");
            let own = format!("{nothing}; if they belong to the subject: give {table} an owner path that finds them");
            Failure::new(ExitCode::PlanRefused, error).next(own).next(unlink)
        }
        Error::NoSuchRun { .. } => Failure::new(ExitCode::NotFound, error).next("check the run and the --store"),
        Error::NothingToResume { .. } => {
            Failure::new(ExitCode::NotFound, error).next("to erase what is there now: run the erasure as a new one, without --resume")
        }
        Error::Record { .. } => {
            let other = "the store is damaged, or another version of this program wrote it: bring that run to its end with that version";
            Failure::new(ExitCode::Failed, error).next(other).next(nothing)
        }
        Error::OtherMap { run } => {
            let abandon = format!("or give it up: {} --abandon", of.resume(run));
            Failure::new(ExitCode::PlanMismatch, error).next("resume it with the map that it was planned with").next(abandon)
        }
        Error::TakenAway { .. } | Error::Unowned { .. } => Failure::new(ExitCode::Undecided, error),
        Error::StillGoingOn { .. } => Failure::new(ExitCode::Incomplete, error).next("wait until the server has ended it"),
        Error::Interrupted => Failure::new(ExitCode::Interrupted, error),
        Error::NothingToSearchFor { kind } => {
            let name = format!("name columns that hold some, of four letters or more, as `identifiers` of `{kind}` in the map");
            Failure::new(ExitCode::PlanRefused, error).next(name).next("or erase without --search-residuals").next(nothing)
        }
        Error::NoSource { .. }
        | Error::InterruptedHalfway
        | Error::Plan(_)
        | Error::FilesMissing(_)
        | Error::OtherFolder { .. }
        | Error::NamedTooLate { .. }
        | Error::NotApproved
        | Error::Journal { .. }
        | Error::JournalGone { .. }
        | Error::Failpoint { .. } => Failure::new(ExitCode::Failed, error),
    }
}

fn source_failure(error: Error) -> Failure {
    let Error::Source { database, phase, source } = error else { return Failure::new(ExitCode::Failed, error) };
    Failure::from(source).told_as(format!("stopped while {} in {database}", phase.as_str())).next("nothing was erased")
}
