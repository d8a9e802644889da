//! What a command that plans or runs needs beside its map: the platform's sources and our own store.

use std::path::Path;

use exeunt_engine::missing::NoneThere;
use exeunt_engine::planning;
use exeunt_engine::platform::{Address, Platform};
use exeunt_model::moment::Moment;
use exeunt_model::names::{CategoryName, TableName};
use exeunt_model::plan::planner;
use exeunt_store::{Location, Store};
use jiff::Timestamp;
use rand::Rng as _;

use crate::failure::{ExitCode, Failure, OrFail};
use crate::output;
use crate::project::Project;

/// Name and version of the program, as archives and certificates state it.
pub const TOOL: &str = concat!("exeunt ", env!("CARGO_PKG_VERSION"));

/// The store's file beside the map, unless a command is told otherwise.
pub const STORE: &str = "exeunt.db";

#[derive(Debug, clap::Args)]
pub struct StoreArgument {
    /// The store, Exeunt's own file of keys, log, certificates and unfinished runs, made at first use; or a PostgreSQL database,
    /// postgres://… [default: exeunt.db beside the map]
    #[arg(long, value_name = "STORE", env = "EXEUNT_STORE", hide_env_values = true)]
    store: Option<Location>,
}

impl StoreArgument {
    /// The store that was named, if one was.
    pub fn given(&self) -> Option<&Location> {
        self.store.as_ref()
    }

    /// Where the store is: as said, or beside the map.
    pub fn location(&self, project: &Project) -> Location {
        self.store.clone().unwrap_or_else(|| output::within(project.folder(), STORE).into())
    }

    /// Opens the store and makes it at its first use.
    pub fn open(&self, project: &Project) -> Result<Store, Failure> {
        open_store(&self.location(project))
    }

    /// Opens the store of a command that asks what was done before: a new one would know of nothing.
    pub fn open_existing(&self, project: &Project) -> Result<Store, Failure> {
        open_existing_store(&self.location(project))
    }
}

/// The store of a command that knows no map: the one that is named, else the one that the desk's environment names, else the file beside.
///
/// # Errors
/// When the file that should name it cannot be read, or names none.
pub fn named_store(named: Option<&Location>) -> Result<Location, Failure> {
    if let Some(named) = named {
        return Ok(named.clone());
    }
    let next = "mend the file that EXEUNT_STORE_URL_FILE names, or name the store with --store";
    let url = match (std::env::var("EXEUNT_STORE_URL"), std::env::var_os("EXEUNT_STORE_URL_FILE")) {
        (Ok(url), _) => url,
        (Err(_), Some(path)) => {
            let read = std::fs::read_to_string(&path).or_fail(ExitCode::InputOutput, || format!("read {}", path.display()));
            read.map_err(|failure| failure.next(next))?.trim().to_owned()
        }
        (Err(_), None) => STORE.to_owned(),
    };
    url.parse().map_err(|error| Failure::new(ExitCode::Usage, error).next(next))
}

/// Opens a store that must be there.
pub fn open_existing_store(location: &Location) -> Result<Store, Failure> {
    let opened = Store::open_existing(location, Moment::new(now())).map_err(|error| not_opened(location, error))?;
    opened.ok_or_else(|| {
        Failure::message(ExitCode::NotFound, format!("there is no store {location}"))
            .next("name the store with --store or EXEUNT_STORE: the file exeunt.db beside the map, made by the first plan or erasure")
    })
}

pub fn open_store(location: &Location) -> Result<Store, Failure> {
    let is_new = location.file().is_some_and(|path| !path.exists());
    let store = Store::open(location, Moment::new(now()), &mut |bytes| random(bytes)).map_err(|error| not_opened(location, error))?;
    if is_new {
        output::note(format!("{location} is new: it holds the signing key and secrets; keep it private and backed up"));
    }
    Ok(store)
}

/// What a person can do about a store that was not opened.
pub fn not_opened(location: &Location, error: exeunt_store::Error) -> Failure {
    use exeunt_store::Error;
    let next = match &error {
        Error::NoStore { .. } => {
            let other = "name the store with --store or EXEUNT_STORE: a file that Exeunt made, or one that is not there yet; this one was left as it is";
            return Failure::new(ExitCode::InputOutput, error).next(other);
        }
        Error::NotMigrated { .. } => {
            let next = "stop what still runs the version before, and bring it to this version's schema: exeunt migrate --store …";
            return Failure::new(ExitCode::StoreVersion, error).next(next);
        }
        Error::Newer { .. } => {
            return Failure::new(ExitCode::StoreVersion, error).next("use the version of this program that wrote it, or a newer one");
        }
        Error::Damaged { .. } => "bring the store back from a backup: what it has recorded stands nowhere else",
        Error::Unreachable { .. } => {
            "check the server's address and that it runs; the part after postgres:// may hold user, password, host, port and database"
        }
        _ => "check the store's file, its rights and those of its folder, or name another one with --store or EXEUNT_STORE",
    };
    let error = anyhow::Error::new(error).context(format!("open the store {location}"));
    Failure::attempt(ExitCode::InputOutput, error).next(next)
}

/// Makes a folder that a command writes to, where there is none, and says so.
pub fn make_folder(folder: &Path) -> std::io::Result<()> {
    let is_new = !folder.exists();
    std::fs::create_dir_all(folder)?;
    if is_new {
        output::note(format!("the folder {} is new", folder.display()));
    }
    Ok(())
}

/// The one clock of the program.
#[expect(clippy::disallowed_methods, reason = "the edge is where the time comes in")]
pub fn now() -> Timestamp {
    Timestamp::now()
}

/// The one source of randomness of the program.
#[expect(clippy::disallowed_methods, reason = "the edge is where randomness comes in")]
pub fn random(bytes: &mut [u8]) {
    rand::rng().fill_bytes(bytes);
}

impl Project {
    /// The map's sources at the addresses that the environment gives, and its lock.
    pub fn platform(&self) -> Result<Platform, Failure> {
        Ok(Platform { lock: self.lock()?, ..self.sources()? })
    }

    /// The platform without its lock.
    pub fn sources(&self) -> Result<Platform, Failure> {
        let addresses: Result<Vec<Address>, Failure> =
            self.map.sources.iter().map(|source| Ok(Address { source: source.name.clone(), url: self.address(source)? })).collect();
        Platform::new(self.map.clone(), None, &addresses?, self.folder())
            .or_fail(ExitCode::SourceUnreachable, || "find the sources of the map")
    }

    /// What a person can do about a plan that could not be made.
    pub fn no_plan(&self, error: planning::Error) -> Failure {
        match error {
            planning::Error::NoLock => {
                let message =
                    format!("nobody has reviewed the databases of {} yet: there is no {}", self.path.display(), self.lock_path().display());
                Failure::message(ExitCode::CatalogDrift, message).next(format!("review them: {}", self.accept_command()))
            }
            planning::Error::Drift { differences } => self.drift(&differences),
            planning::Error::Unfit { problems } => {
                let diagnostics = self.positions.diagnose(&problems);
                crate::project::refused(&self.path, &self.text, &diagnostics)
            }
            planning::Error::Read { database, source } => Failure::from(source).while_doing(format!("read {database}")),
            planning::Error::Files { .. } => {
                Failure::attempt(ExitCode::SourceUnreachable, error).next("check the address of the file source in the map")
            }
            planning::Error::NoSubject { .. } => {
                Failure::new(ExitCode::NotFound, error).next("check the key; it is looked up as it stands in the database")
            }
            planning::Error::KeyShape { .. } => {
                Failure::new(ExitCode::Usage, error).next("separate the parts of the key by commas, in the map's order")
            }
            planning::Error::Plan(error) => refused_plan(error),
            planning::Error::Guarded { ref choose, .. } if !choose.is_empty() => {
                let next = choose_too(choose);
                Failure::new(ExitCode::PlanRefused, error).next(next)
            }
            planning::Error::Guarded { ref table, ref columns, .. } => {
                let unlink = format!("if these rows may lose the reference: add `unlink: [{columns}]` to {table} in the map");
                let own = format!("if they belong to the subject: give {table} an owner path that finds them");
                Failure::new(ExitCode::PlanRefused, error).next(own).next(unlink)
            }
            planning::Error::FileKeys { .. } => {
                let write =
                    "write these keys relative to the folder of files, without empty parts, `.` and `..`, in every row that has them";
                Failure::new(ExitCode::PlanRefused, error).next(write)
            }
            planning::Error::FileKeysNoText { ref table, ref column } => {
                let find = format!("find the rows of {} where typeof({column}) is not 'text'", table.name);
                Failure::new(ExitCode::PlanRefused, error).next(find).next("write these keys as texts, in every row that has them")
            }
            planning::Error::Successor { .. } => {
                Failure::new(ExitCode::PlanRefused, error).next("name who takes over with --hand-over-to KEY, in the same contract")
            }
        }
    }
}

/// Not one file is where rows say it is.
pub fn files_missing(none: NoneThere) -> Failure {
    let files = &none.files;
    let check =
        format!("check that its folder is mounted, and that the url of `{files}` in the map names the folder that the keys begin in");
    Failure::new(ExitCode::FilesMissing, none).next(check)
}

/// What to add to a command, so that nothing of a category that was not chosen stands in the way.
pub fn choose_too(choose: &[CategoryName]) -> String {
    let arguments: Vec<String> = choose.iter().map(|name| format!("--category {name}")).collect();
    format!("nothing of another category is erased or left without its owner: choose it too, with {}", arguments.join(" "))
}

/// The arguments that make one choice, to be pasted into a command.
fn choose(table: &TableName, word: &str) -> String {
    let successor = if word == "hand_over" { " --hand-over-to KEY" } else { "" };
    format!("--choose {table}={word}{successor}")
}

fn refused_plan(error: planner::Error) -> Failure {
    match &error {
        planner::Error::Undecided { tables } => {
            let heading = match tables.as_slice() {
                [_] => "decide, and say so with one of these:",
                _ => "decide for each table, and say so with one of its lines:",
            };
            let choices: Vec<String> = tables.iter().flat_map(|(table, words)| words.iter().map(move |word| choose(table, word))).collect();
            let failure = Failure::new(ExitCode::PlanRefused, error).next(heading);
            choices.into_iter().fold(failure, |failure, choice| failure.next(format!("  {choice}")))
        }
        planner::Error::UnknownKind { .. }
        | planner::Error::UnknownCategory { .. }
        | planner::Error::NoCategory
        | planner::Error::NotOffered { .. }
        | planner::Error::NotChosen { .. }
        | planner::Error::NothingToChoose { .. } => Failure::new(ExitCode::Usage, error),
        planner::Error::NoRowKey { .. } | planner::Error::Order(_) => {
            Failure::new(ExitCode::PlanRefused, error).next("change the map, or give the table a key")
        }
    }
}
