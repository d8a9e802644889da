//! A data map with what stands around it: its text, its folder, its databases and its lock.
//!
//! Every command that works with a map begins here: [`Project::read`], then [`Project::databases`], their catalogs, then
//! [`Project::scheme`].

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use exeunt_model::catalog::{Catalog, SourceKind};
use exeunt_model::map::lock::{Difference, Lock};
use exeunt_model::map::parse::{self, Diagnostic, Positions, variables};
use exeunt_model::map::resolve::{Scheme, resolve};
use exeunt_model::map::{DataMap, Source};
use exeunt_sources::{Database, Look};

use crate::failure::{ExitCode, Failure, OrFail};

pub struct Project {
    pub path: PathBuf,
    /// The map as it is written; excerpts in errors come from it.
    pub text: String,
    pub map: DataMap,
    pub positions: Positions,
}

impl Project {
    /// Reads a map and checks everything that its text alone can tell.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let text = read_map(path)?;
        match parse::parse(&text) {
            Ok(parsed) => Ok(Self { path: path.to_owned(), text, map: parsed.map, positions: parsed.positions }),
            Err(diagnostics) => Err(refused(path, &text, &diagnostics)),
        }
    }

    /// The folder that relative paths in the map start from.
    pub fn folder(&self) -> &Path {
        folder_of(&self.path)
    }

    /// The lock beside the map: `navigator.map.lock` for `navigator.map.yaml`.
    pub fn lock_path(&self) -> PathBuf {
        match self.path.extension().and_then(|extension| extension.to_str()) {
            Some("yaml" | "yml") => self.path.with_extension("lock"),
            Some(_) | None => {
                let mut name = self.path.clone().into_os_string();
                name.push(".lock");
                name.into()
            }
        }
    }

    /// A source's address with the environment's variables filled in. It may hold a password and is never printed.
    pub fn address(&self, source: &Source) -> Result<String, Failure> {
        variables::fill(&source.url, &|name| std::env::var(name).ok())
            .or_fail(ExitCode::SourceUnreachable, || format!("find the address of source {}", source.name))
            .map_err(|failure| {
                failure.next(format!("set the variable in the environment, or write a default: `url: \"{}\"`", with_default(&source.url)))
            })
    }

    /// The databases of the map, none of them opened yet.
    pub fn databases(&self) -> Result<Vec<Database>, Failure> {
        let databases = self.map.sources.iter().filter(|source| source.kind != SourceKind::Files);
        databases
            .map(|source| {
                let url = self.address(source)?;
                Ok(Database::new(source.name.clone(), source.kind, &url, &source.schemas, self.folder())?)
            })
            .collect()
    }

    /// Reads the catalog of every database, each through a reader of its own that is closed again.
    pub fn catalogs(&self) -> Result<Vec<Catalog>, Failure> {
        self.databases()?.iter().map(|database| Ok(database.reader()?.introspect()?)).collect()
    }

    /// Finds every owner path in the catalogs and checks every statement of the map against them.
    pub fn scheme(&self, catalogs: &[Catalog]) -> Result<Scheme, Failure> {
        resolve(&self.map, catalogs).map_err(|problems| {
            let diagnostics = self.positions.diagnose(&problems);
            refused(&self.path, &self.text, &diagnostics)
        })
    }

    /// The lock, where there is one.
    pub fn lock(&self) -> Result<Option<Lock>, Failure> {
        let path = self.lock_path();
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error).or_fail(ExitCode::InputOutput, || format!("read the lock {}", path.display())),
        };
        Lock::read(&text)
            .map(Some)
            .or_fail(ExitCode::CatalogDrift, || format!("read the lock {}", path.display()))
            .map_err(|failure| failure.next(format!("review the databases again: {}", self.accept_command())))
    }

    /// The databases differ from what was reviewed.
    pub fn drift(&self, differences: &[Difference]) -> Failure {
        let lines: Vec<String> = differences.iter().map(|difference| format!("  {difference}")).collect();
        let count = if differences.len() == 1 { "1 change".to_owned() } else { format!("{} changes", differences.len()) };
        Failure::message(ExitCode::CatalogDrift, format!("the databases are not as they were reviewed: {count}"))
            .details(lines.join("\n"), differences)
            .next("write into the map what the changes mean for export and erasure")
            .next(format!("then review them: {}", self.accept_command()))
    }

    pub fn accept_command(&self) -> String {
        format!("exeunt map accept --map {}", self.path.display())
    }
}

/// The folder that a map lies in.
pub fn folder_of(map: &Path) -> &Path {
    match map.parent() {
        Some(folder) if folder != Path::new("") => folder,
        Some(_) | None => Path::new("."),
    }
}

/// The text of a data map.
pub fn read_map(path: &Path) -> Result<String, Failure> {
    read_text(path).map_err(|failure| match failure.code {
        ExitCode::NotFound => failure.next("give the path of a data map; `exeunt map discover` drafts one from a database"),
        _ => failure.next("give the path of a data map, a file of YAML"),
    })
}

/// The text of a file that somebody has named.
pub fn read_text(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| {
        let (code, cause) = match error.kind() {
            ErrorKind::NotFound => (ExitCode::NotFound, anyhow::anyhow!("there is no such file")),
            ErrorKind::IsADirectory => (ExitCode::InputOutput, anyhow::anyhow!("that is a folder")),
            ErrorKind::InvalidData => (ExitCode::InputOutput, anyhow::anyhow!("that is no text")),
            _ => (ExitCode::InputOutput, anyhow::Error::new(error)),
        };
        Failure::attempt(code, cause.context(format!("read {}", path.display())))
    })
}

/// The map has errors.
pub fn refused(path: &Path, text: &str, diagnostics: &[Diagnostic]) -> Failure {
    let shown = parse::render(&path.display().to_string(), text, diagnostics, true);
    Failure::message(ExitCode::MapRefused, format!("{} has {}", path.display(), count(diagnostics))).details(shown, diagnostics)
}

/// How many errors and warnings there are, in words.
pub fn count(diagnostics: &[Diagnostic]) -> String {
    let errors = diagnostics.iter().filter(|diagnostic| diagnostic.severity == parse::Severity::Error).count();
    let warnings = diagnostics.len() - errors;
    let words = |number: usize, noun: &str| match number {
        0 => None,
        1 => Some(format!("1 {noun}")),
        many => Some(format!("{many} {noun}s")),
    };
    let parts: Vec<String> = [words(errors, "error"), words(warnings, "warning")].into_iter().flatten().collect();
    if parts.is_empty() { "no errors".to_owned() } else { parts.join(" and ") }
}

/// The url with a default in its first variable, as an example.
fn with_default(url: &str) -> String {
    match url.split_once("${").and_then(|(before, after)| Some((before, after.split_once('}')?))) {
        Some((before, (name, after))) => format!("{before}${{{name}:-…}}{after}"),
        None => url.to_owned(),
    }
}

/// What a person can do about a database that does not answer as it should.
impl From<exeunt_sources::Error> for Failure {
    fn from(error: exeunt_sources::Error) -> Self {
        use exeunt_sources::Error as E;
        let (code, next) = match &error {
            E::Address { .. } => (ExitCode::SourceUnreachable, "correct the source's `url` in the map or its variables in the environment"),
            E::Unreachable { .. } => (ExitCode::SourceUnreachable, "check that the server runs and that the map's `url` points to it"),
            E::Encryption { .. } => (ExitCode::SourceUnreachable, "check the `sslmode` of the url and the server's certificate"),
            E::Credentials { .. } => (ExitCode::SourceUnreachable, "check the user and the password in the url or in the environment"),
            E::DatabaseMissing { .. } => (ExitCode::SourceUnreachable, "correct the database's name in the map's `url`"),
            E::PermissionDenied { .. } => (ExitCode::SourceUnreachable, "grant the missing right to the user of the url"),
            E::TableVanished { .. } | E::ColumnVanished { .. } => {
                (ExitCode::CatalogDrift, "compare the database with the map: exeunt map check")
            }
            E::ReadOnly { .. } => (ExitCode::SourceUnreachable, "use an address and a user that may write"),
            E::Busy { .. } => (ExitCode::SourceUnreachable, "try again when the other transaction has ended"),
            E::ConnectionLost { .. } => (ExitCode::SourceUnreachable, "try again; what was not committed was rolled back"),
            E::Output { .. } => (ExitCode::InputOutput, "check the free space and the rights of the folder"),
            E::CommitUnknown { .. } => (ExitCode::Incomplete, "run the same command again: it counts what is there and goes on"),
            E::Refused { .. } | E::Protocol { .. } | E::Plan { .. } | E::Unsupported { .. } => (ExitCode::Failed, ""),
        };
        let failure = Self::attempt(code, error);
        if next.is_empty() { failure } else { failure.next(next) }
    }
}
