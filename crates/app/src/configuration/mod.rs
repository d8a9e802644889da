//! The desk's configuration: one TOML file, and what the environment says instead.
//!
//! One file per section: a struct with its keys, their meaning as doc comments, their defaults, and `validate`, which notes what no type can
//! say. All that is wrong is told at once. To add a section: its file, its line in [`Configuration`], its line in [`Configuration::validate`].

mod archives;
mod callbacks;
mod desk;
mod document;
mod drp;
mod environment;
mod exits;
pub mod identity_providers;
pub mod keys;
pub mod limits;
mod log;
mod mail;
mod opendsr;
mod places;
mod problems;
mod requests;
mod scim;
mod secret;
pub mod server;
mod store;
mod webhooks;
mod workers;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use exeunt_model::names::CategoryName;
use exeunt_model::setting::Rules;
use schemars::JsonSchema;
use serde::Deserialize;

use archives::Archives;
use callbacks::Callbacks;
use desk::Desk;
use document::Document;
use drp::Drp;
use environment::Environment;
use exits::Exits;
use identity_providers::IdentityProvider;
use limits::Limits;
pub use log::{Format, Level, Log};
use mail::Mail;
use opendsr::OpenDsr;
pub use places::writable;
pub use problems::{Problem, Problems};
use requests::Requests;
use scim::Scim;
pub use secret::Secret;
use server::Server;
use store::Store;
use webhooks::Webhooks;
use workers::Workers;

use crate::failure::Failure;

/// All of it. Unknown keys are errors.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Configuration {
    pub desk: Desk,
    #[serde(default)]
    pub store: Store,
    #[serde(default)]
    pub server: Server,
    #[serde(default)]
    pub workers: Workers,
    #[serde(default)]
    pub archives: Archives,
    pub mail: Mail,
    #[serde(default)]
    pub requests: Requests,
    #[serde(default)]
    pub exits: Exits,
    #[serde(default)]
    pub scim: Scim,
    #[serde(default)]
    pub drp: Drp,
    #[serde(default)]
    pub opendsr: OpenDsr,
    #[serde(default)]
    pub callbacks: Callbacks,
    #[serde(default)]
    pub log: Log,
    #[serde(default)]
    pub limits: Limits,
    #[serde(default)]
    pub identity_providers: Vec<IdentityProvider>,
    #[serde(default)]
    pub webhooks: Webhooks,
}

impl Configuration {
    /// Notes all that is wrong beyond what the types say.
    fn validate(&self, problems: &mut Problems) {
        self.desk.validate(problems);
        self.server.validate(problems);
        self.workers.validate(problems);
        self.archives.validate(problems);
        self.mail.validate(problems);
        self.store.validate(problems);
        self.requests.validate(problems);
        self.exits.validate(problems);
        self.scim.validate(problems);
        self.limits.validate(problems);
        for (place, provider) in self.identity_providers.iter().enumerate() {
            provider.validate(&format!("identity_providers[{place}]"), problems);
            if self.identity_providers[..place].iter().any(|other| other.name == provider.name) {
                problems
                    .at(format!("identity_providers[{place}].name"), format!("there are two providers of the name `{}`", provider.name));
            }
        }
        self.webhooks.validate(problems);
        self.drp.validate(problems);
        self.opendsr.validate(problems);
        self.callbacks.validate(problems);
    }

    /// What holds for contracts for which nothing else was chosen.
    pub fn rules(&self) -> Rules {
        Rules {
            profile: self.requests.profile,
            regime: self.requests.regime,
            target_days: self.requests.target_days,
            policy: self.requests.approvals.clone(),
            private_categories: self.requests.private_categories.iter().map(CategoryName::new).collect(),
            // Checked by `validate` when the configuration was read.
            exit: self.exits.terms().unwrap_or_default(),
        }
    }
}

/// A configuration and the folder that its paths are relative to.
#[derive(Debug)]
pub struct Configured {
    pub configuration: Configuration,
    pub folder: PathBuf,
    /// Variables of the environment that nobody reads, and that may be somebody else's: a sentence for each.
    pub unheard: Vec<String>,
}

impl Configured {
    /// A path of the configuration, as this process takes it.
    pub fn path(&self, path: &Path) -> PathBuf {
        self.folder.join(path)
    }
}

/// Reads a configuration and what the environment says instead, and looks at all of it and at the files that it names.
///
/// # Errors
/// One failure that tells everything that is wrong.
pub fn read(path: &Path) -> Result<Configured, Failure> {
    let text = crate::project::read_text(path)
        .map_err(|failure| failure.next("name the configuration with --config or EXEUNT_CONFIG; deploy/exeunt.toml is a sample"))?;
    let folder = crate::project::folder_of(path).to_owned();
    let understood = understand(&text, &folder, &Environment::of_process());
    let (configuration, unheard) = understood.map_err(|found| problems::refused(path, &found))?;
    Ok(Configured { configuration, folder, unheard })
}

/// How a configuration that was refused wants the log to be written; `None` where it was not even understood so far.
pub fn log_of_refused(path: &Path) -> Option<Log> {
    let said = std::env::var(keys::variable("log.format")).ok();
    let format = match said {
        Some(format) => toml::Value::String(format),
        None => {
            let table: toml::Table = crate::project::read_text(path).ok()?.parse().ok()?;
            match table.get("log").map(|log| log.get("format")) {
                None | Some(None) => return Some(Log::default()),
                Some(Some(format)) => format.clone(),
            }
        }
    };
    Some(Log { format: format.try_into().ok()?, ..Log::default() })
}

/// Reads the text of a configuration; with it, what is said of variables that nobody reads.
fn understand(text: &str, folder: &Path, environment: &Environment<'_>) -> Result<(Configuration, Vec<String>), Vec<Problem>> {
    let root = keys::root();
    let mut problems = Problems::default();
    let mut document = Document::parse(text, &mut problems);
    environment::apply(environment, &root, &mut document, &mut problems);
    document.hold_against(&root, &mut problems);
    let read: Option<Configuration> = document.read(&root, &mut problems);
    let Some(mut configuration) = read else {
        environment::unheard(environment, &root, &[], &mut problems);
        return Err(problems.into_sorted());
    };
    while configuration.desk.public_url.ends_with('/') {
        configuration.desk.public_url.pop();
    }
    let mut further = Problems::default();
    configuration.validate(&mut further);
    let mut named = places::look(&configuration, folder, &|key| document.says(key), &mut further);
    named.extend(configuration.identity_providers.iter().map(IdentityProvider::secret_name));
    // What could not be read has been told already; what stands in its place is none of the operator's.
    for problem in further.into_sorted() {
        if !problems.mention(&problem.key) {
            problems.add(document.locate(&problem.key, problem.message));
        }
    }
    let unheard = environment::unheard(environment, &root, &named, &mut problems);
    let found = problems.into_sorted();
    if found.is_empty() { Ok((configuration, unheard)) } else { Err(found) }
}
