//! The desk's configuration: one TOML file, and what the environment says instead.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use exeunt_model::identity::Language;
use exeunt_model::plan::Profile;
use exeunt_model::request::approval::Policy;
use serde::Deserialize;

use crate::failure::{ExitCode, Failure, OrFail};

/// All of it. Unknown keys are errors.
#[derive(Debug, Deserialize)]
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

/// The desk and its platform.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Desk {
    /// The data map, relative to the configuration.
    pub map: PathBuf,
    /// Where people reach the desk, as in `https://exit.platform.example`.
    pub public_url: String,
    /// The platform's name as customers know it.
    pub platform: String,
    /// The language of people whose own isn't known.
    #[serde(default)]
    pub language: Language,
}

/// Where the store is.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Store {
    /// A file, relative to the configuration, or `postgres://…`.
    pub url: String,
    /// Connections that requests share.
    pub connections: usize,
}

impl Default for Store {
    fn default() -> Self {
        Self { url: crate::desk::STORE.to_owned(), connections: 4 }
    }
}

/// How the server is reached.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Server {
    pub listen: SocketAddr,
    /// Largest body of a request, in bytes.
    pub largest_body_bytes: usize,
    pub session_hours: u32,
    pub sign_in_link_minutes: u32,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            largest_body_bytes: 2_000_000,
            session_hours: 12,
            sign_in_link_minutes: 15,
        }
    }
}

/// Who does the work.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Workers {
    /// Threads of this process that work on the platform's databases; 0 leaves that to `exeunt worker`.
    pub platform: u32,
    /// Threads of this process that send mails and webhooks and delete archives.
    pub desk: u32,
    /// Jobs on the platform's databases at once, over all processes.
    pub platform_jobs: u32,
    /// Of those, jobs of one contract.
    pub contract_jobs: u32,
    pub lease_seconds: u32,
    /// Between two looks for jobs of other processes.
    pub poll_milliseconds: u32,
}

impl Default for Workers {
    fn default() -> Self {
        Self { platform: 2, desk: 2, platform_jobs: 4, contract_jobs: 3, lease_seconds: 60, poll_milliseconds: 1_000 }
    }
}

/// Where archives are kept, and how long.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Archives {
    /// A folder, relative to the configuration.
    pub folder: PathBuf,
    /// Where archives are written before they are stored.
    pub spool: PathBuf,
    pub retention_hours: u32,
    pub link_minutes: u32,
    /// A link ends with the first whole download.
    pub single_use_links: bool,
}

impl Default for Archives {
    fn default() -> Self {
        Self { folder: "archives".into(), spool: "spool".into(), retention_hours: 72, link_minutes: 60, single_use_links: true }
    }
}

/// How mail is sent.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    /// `smtp://host:port` with STARTTLS, `smtps://…`; without encryption to this machine alone.
    pub server: String,
    /// `NAME <ADDRESS>`
    pub from: String,
}

/// What requests need.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Requests {
    pub profile: Profile,
    pub approvals: Policy,
    /// Categories with what people wrote to each other or for themselves: an export of somebody else's takes a second admin.
    pub private_categories: Vec<String>,
    /// `gdpr` or `ccpa`: the law whose clock counts where a contract has no other.
    pub regime: String,
}

impl Default for Requests {
    fn default() -> Self {
        Self {
            profile: Profile::default(),
            approvals: Policy::default(),
            private_categories: vec!["messages".to_owned(), "notes".to_owned()],
            regime: "gdpr".to_owned(),
        }
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
        configuration.store.url = url;
    }
    if configuration.desk.public_url.ends_with('/') {
        configuration.desk.public_url.pop();
    }
    Ok(Configured { configuration, folder: crate::project::folder_of(path).to_owned() })
}
