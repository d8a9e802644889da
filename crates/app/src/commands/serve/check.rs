//! `exeunt serve --check` and `exeunt worker --check`: everything that a start would need, looked at without starting, and all that is wrong told at
//! once. Nothing stays changed: an object store gets a small file that is deleted again, and no mail is sent.

use std::net::TcpListener;
use std::path::Path;

use exeunt_engine::directory::Directory;
use exeunt_engine::mail::Smtp;
use exeunt_engine::planning;
use exeunt_sources::Look as _;
use exeunt_store::{Location, Store};
use serde::Serialize;

use crate::configuration::{self, Configured, writable};
use crate::failure::{ExitCode, Failure, OrFail, Outcome};
use crate::output::Output;
use crate::project::Project;
use crate::{archives, desk};

/// Which of the two is to start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    Serve,
    Worker,
}

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Finding {
    /// `configuration`, `public_url`, `environment`, `map`, `source app`, `lock`, `directory`, `store`, `archives`, `mail`, `listen`.
    check: String,
    well: bool,
    /// A start goes well, and what was found is hardly meant.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    doubtful: bool,
    /// What was found, or what is wrong with its causes.
    message: String,
    /// What to do.
    next: Vec<String>,
    /// The code that a start would end with.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<u8>,
    #[serde(skip)]
    exit: Option<ExitCode>,
}

/// Looks at everything.
pub fn run(config: &Path, door: Door, output: &Output) -> Outcome {
    let mut findings = Findings::default();
    match configuration::read(config) {
        // Nothing else can be looked at. What is wrong with it has been told as one list.
        Err(failure) => {
            if !output.is_json() {
                return Err(failure);
            }
            findings.failed("configuration", &failure);
            output.json(&findings.report())?;
            return Ok(failure.code);
        }
        Ok(configured) => {
            findings.well("configuration", format!("{} is sound", config.display()));
            if configured.configuration.desk.is_in_the_open() {
                findings.doubtful(
                    "public_url",
                    super::IN_THE_OPEN.to_owned(),
                    "have a proxy encrypt, and write `desk.public_url` with https://",
                );
            }
            for unheard in &configured.unheard {
                let next = "take it away, or mend its name: `exeunt configuration` lists those that are read";
                findings.doubtful("environment", unheard.clone(), next);
            }
            look(&configured, door, &mut findings);
        }
    }
    if output.is_json() {
        output.json(&findings.report())?;
    } else {
        output.data(findings.text())?;
    }
    Ok(findings.code())
}

fn look(configured: &Configured, door: Door, findings: &mut Findings) {
    platform(configured, findings);
    store(configured, findings);
    let archives = &configured.configuration.archives;
    match archives.address() {
        None => folder("archives", &configured.path(Path::new(&archives.store)), findings),
        Some(_) => match archives::open(configured) {
            Ok(_) => findings.well("archives", format!("{} takes, gives back and deletes what is put there", archives.store)),
            Err(failure) => findings.failed("archives", &failure),
        },
    }
    folder("spool", &configured.path(&archives.spool), findings);
    mail(configured, findings);
    if door == Door::Serve {
        listen("listen", configured.configuration.server.listen, findings);
    }
    if let Some(address) = configured.configuration.server.metrics_listen {
        listen("metrics_listen", address, findings);
    }
}

/// A folder that files are written into; one that is not there is made at the start.
fn folder(name: &str, folder: &Path, findings: &mut Findings) {
    match writable(folder) {
        Ok(()) => findings.well(name, format!("{} can be written", folder.display())),
        Err(message) => {
            let failure = Failure::message(ExitCode::InputOutput, message)
                .next(format!("give the desk's user the right to write into {}", folder.display()));
            findings.failed(name, &failure);
        }
    }
}

/// The map, each of its sources, the lock, and who is who.
fn platform(configured: &Configured, findings: &mut Findings) {
    let path = configured.path(&configured.configuration.desk.map);
    let project = match Project::read(&path) {
        Ok(project) => project,
        Err(failure) => return findings.failed("map", &failure),
    };
    findings.well("map", format!("{} has {} tables", path.display(), project.map.tables.len()));
    let databases = match project.databases() {
        Ok(databases) => databases,
        Err(failure) => return findings.failed("sources", &failure),
    };
    let mut catalogs = Vec::new();
    for database in &databases {
        let name = format!("source {}", database.name());
        match database.reader().and_then(|mut reader| reader.introspect()) {
            Ok(catalog) => {
                findings.well(&name, format!("answers, and has {} tables", catalog.tables.len()));
                catalogs.push(catalog);
            }
            Err(error) => findings.failed(&name, &error.into()),
        }
    }
    if catalogs.len() < databases.len() {
        return;
    }
    match project.lock() {
        Err(failure) => findings.failed("lock", &failure),
        Ok(None) => findings.failed("lock", &project.no_plan(planning::Error::NoLock)),
        Ok(Some(lock)) => match lock.compare(&catalogs) {
            differences if differences.is_empty() => findings.well("lock", "the sources are as they were reviewed".to_owned()),
            differences => findings.failed("lock", &project.drift(&differences)),
        },
    }
    let directory = project.scheme(&catalogs).and_then(|scheme| {
        let directory = Directory::new(&project.platform()?, &scheme)
            .or_fail(ExitCode::MapRefused, || "find out who is who")
            .map_err(|failure| failure.next("say in the map who holds which seat: docs/reference/map.md, section `directory`"))?;
        // A key that no contract has is looked up like any other.
        let key = vec!["0".to_owned(); directory.key_columns().0];
        directory.contract(&key).or_fail(ExitCode::SourceUnreachable, || "ask who is who")
    });
    match directory {
        Ok(_) => findings.well("directory", "tells who holds which seat".to_owned()),
        Err(failure) => findings.failed("directory", &failure),
    }
}

/// The store with its schema. One that is not there is made at the first start; a file of an earlier version is brought to this one's then.
fn store(configured: &Configured, findings: &mut Findings) {
    let location = match super::location(configured) {
        Ok(location) => location,
        Err(failure) => return findings.failed("store", &failure),
    };
    match (Store::schema_versions(&location), &location) {
        (Err(error), _) => findings.failed("store", &desk::not_opened(&location, error)),
        (Ok((0, _)), Location::File(path)) if !path.parent().is_none_or(|folder| folder == Path::new("") || folder.is_dir()) => {
            let failure = Failure::message(ExitCode::InputOutput, format!("there is no folder for {location}"));
            findings.failed("store", &failure.next("make the folder, or choose another `store.url`"));
        }
        (Ok((0, _)), Location::File(path)) => match writable(path) {
            Ok(()) => findings.well("store", format!("{location} is not there yet; the first start makes it")),
            Err(message) => findings.failed("store", &Failure::message(ExitCode::InputOutput, message).next("choose another `store.url`")),
        },
        (Ok((found, known)), _) if found == known => findings.well("store", format!("{location} has the schema {known}")),
        (Ok((found, known)), Location::File(_)) if found < known => {
            findings.well("store", format!("{location} has the schema {found}; the start brings it to {known}"));
        }
        (Ok((found, known)), Location::Postgres(_)) if found < known => {
            let error = exeunt_store::Error::NotMigrated { location: location.clone(), found, known };
            findings.failed("store", &desk::not_opened(&location, error));
        }
        (Ok((found, known)), _) => {
            let error = exeunt_store::Error::Newer { location: location.clone(), found, known };
            findings.failed("store", &desk::not_opened(&location, error));
        }
    }
}

/// The mail server, as far as its greeting and the login.
fn mail(configured: &Configured, findings: &mut Findings) {
    let mail = &configured.configuration.mail;
    let answers = Smtp::new(mail.server.reveal(), &mail.from).and_then(|server| server.check());
    match answers {
        Ok(true) => findings.well("mail", "the mail server answers".to_owned()),
        Ok(false) => {
            let failure = Failure::message(ExitCode::Configuration, "the mail server does not go on after its greeting");
            findings.failed("mail", &failure.next("check `mail.server`, and that the server takes mails from this machine"));
        }
        Err(error) => {
            let failure = Failure::attempt(ExitCode::Configuration, anyhow::Error::new(error).context("use the mail server"));
            findings.failed("mail", &failure.next("check `mail.server` with its user and password, and that the server runs"));
        }
    }
}

/// Whether the address can be had; that a desk has it already is no reason not to replace it.
fn listen(name: &str, address: std::net::SocketAddr, findings: &mut Findings) {
    match TcpListener::bind(address) {
        Ok(_) => findings.well(name, format!("{address} is free")),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            findings.well(name, format!("{address} is taken: a start fails until whoever has it ends"));
        }
        Err(error) => {
            let failure = Failure::attempt(ExitCode::InputOutput, anyhow::Error::new(error).context(format!("listen on {address}")));
            findings.failed(name, &failure.next(format!("choose another `server.{name}`")));
        }
    }
}

#[derive(Debug, Default)]
struct Findings(Vec<Finding>);

#[derive(Serialize)]
struct Report<'a> {
    well: bool,
    checks: &'a [Finding],
}

impl Findings {
    fn well(&mut self, check: &str, message: String) {
        let check = check.to_owned();
        self.0.push(Finding { check, well: true, doubtful: false, message, next: Vec::new(), code: None, exit: None });
    }

    fn doubtful(&mut self, check: &str, message: String, next: &str) {
        let check = check.to_owned();
        self.0.push(Finding { check, well: true, doubtful: true, message, next: vec![next.to_owned()], code: None, exit: None });
    }

    fn failed(&mut self, check: &str, failure: &Failure) {
        let mut message = failure.sentence();
        for cause in failure.error.chain().skip(1) {
            message.push_str(&format!(": {cause}"));
        }
        if let Some(details) = &failure.details {
            message.push_str(&format!("\n{}", details.0));
        }
        let (code, exit) = (Some(failure.code as u8), Some(failure.code));
        let check = check.to_owned();
        self.0.push(Finding { check, well: false, doubtful: false, message, next: failure.next.clone(), code, exit });
    }

    fn report(&self) -> Report<'_> {
        Report { well: self.0.iter().all(|finding| finding.well), checks: &self.0 }
    }

    fn text(&self) -> String {
        let width = self.0.iter().map(|finding| finding.check.len()).max().unwrap_or(0);
        let mut lines = Vec::new();
        for finding in &self.0 {
            let mark = match (finding.well, finding.doubtful) {
                (true, false) => "well ",
                (true, true) => "DOUBT",
                (false, _) => "WRONG",
            };
            let indent = " ".repeat(width + 9);
            lines.push(format!("{mark}  {:width$}  {}", finding.check, finding.message.replace('\n', &format!("\n{indent}"))));
            lines.extend(finding.next.iter().map(|step| format!("{indent}what to do: {step}")));
        }
        lines.join("\n")
    }

    /// The code of what is wrong where that is one thing, else that of the configuration as a whole.
    fn code(&self) -> ExitCode {
        let mut codes = self.0.iter().filter_map(|finding| finding.exit);
        match codes.next() {
            None => ExitCode::Done,
            Some(first) if codes.all(|code| code == first) => first,
            Some(_) => ExitCode::Configuration,
        }
    }
}
