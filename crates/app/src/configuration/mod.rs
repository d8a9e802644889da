//! The desk's configuration: one TOML file, and what the environment says instead.
//!
//! One file per section: a struct with its keys, their meaning as doc comments, their defaults, and `validate`, which notes what no type can
//! say. All that is wrong is told at once. To add a section: its file, its line in [`Configuration`], its line in [`Configuration::validate`].

mod archives;
mod desk;
mod mail;
mod problems;
mod requests;
mod secret;
mod server;
mod store;
mod workers;

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Deserialize;

use archives::Archives;
use desk::Desk;
use mail::Mail;
pub use problems::Problems;
use requests::Requests;
pub use secret::Secret;
use server::Server;
use store::Store;
use workers::Workers;

use crate::failure::{ExitCode, Failure, OrFail};

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
}

impl Configuration {
    /// Notes all that is wrong beyond what the types say.
    fn validate(&self, problems: &mut Problems) {
        self.desk.validate(problems);
        self.server.validate(problems);
        self.workers.validate(problems);
        self.archives.validate(problems);
        self.mail.validate(problems);
    }
}

/// A configuration and the folder that its paths are relative to.
pub struct Configured {
    pub configuration: Configuration,
    pub folder: PathBuf,
}

impl Configured {
    /// A path of the configuration, as this process takes it.
    pub fn path(&self, path: &Path) -> PathBuf {
        self.folder.join(path)
    }
}

/// Reads a configuration.
pub fn read(path: &Path) -> Result<Configured, Failure> {
    let text = std::fs::read_to_string(path)
        .or_fail(ExitCode::NotFound, || format!("read the configuration {}", path.display()))
        .map_err(|failure| failure.next("name the configuration with --config or EXEUNT_CONFIG; deploy/exeunt.toml is a sample"))?;
    let mut configuration: Configuration = toml::from_str(&text)
        .map_err(|error| Failure::message(ExitCode::Usage, format!("{}: {error}", path.display())).next("mend the configuration"))?;
    if let Ok(url) = std::env::var("EXEUNT_STORE") {
        configuration.store.url = url.into();
    }
    if configuration.desk.public_url.ends_with('/') {
        configuration.desk.public_url.pop();
    }
    let mut problems = Problems::default();
    configuration.validate(&mut problems);
    if !problems.found().is_empty() {
        let lines: Vec<String> = problems.found().iter().map(|problem| format!("{}: {}", problem.key, problem.message)).collect();
        let message = format!("{}: {}", path.display(), lines.join("; "));
        return Err(Failure::message(ExitCode::Usage, message).next("mend the configuration"));
    }
    Ok(Configured { configuration, folder: crate::project::folder_of(path).to_owned() })
}
