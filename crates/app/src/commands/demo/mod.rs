//! `exeunt demo`: the sample platform, one export, one erasure, and the proof that nobody else lost a row.
//!
//! Each step is a command that a person could have typed: it is shown, and then run as it stands.

mod untouched;

use std::path::{Path, PathBuf};

use clap::Parser as _;
use exeunt_engine::planning::{Request, Snapshot, Subject};
use exeunt_model::names::{SourceName, SubjectKind, TableName};
use exeunt_model::plan::{Choice, Profile, Purpose};
use exeunt_navigator::schema::Dialect;
use exeunt_navigator::{Layout, MAP, Options, Summary, Target, generate};
use serde_json::json;

use crate::commands;
use crate::commands::plan::{human_bytes, plural};
use crate::failure::{ExitCode, Failure, OrFail, Outcome};
use crate::interrupt;
use crate::output::{Output, shell_word};
use crate::project::Project;

/// A seat with a usual number of rows, other than the one that is exported.
const ERASED_SEAT: i64 = 11;

/// Tables for which the map leaves the decision to whoever asks.
const CHOSEN: [&str; 4] = ["lead_list", "account_list", "note", "presentation"];

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The folder to make the sample platform in; it must be empty or not there [default: exeunt-demo]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,

    /// Ends by itself; accepted for scripts
    #[arg(long, hide = true)]
    once: bool,

    /// How many seats the sample platform has
    #[arg(long, value_name = "N", default_value_t = exeunt_navigator::FEWEST_SEATS,
          value_parser = clap::value_parser!(u32).range(i64::from(exeunt_navigator::FEWEST_SEATS)..=i64::from(exeunt_navigator::MOST_SEATS)))]
    seats: u32,
}

pub fn run(arguments: &Arguments, output: &Output) -> Outcome {
    let folder = folder(arguments.dir.as_deref())?;
    let talk = Output::on_standard_error_if(output.is_json());
    let options = Options { seats: arguments.seats, ..Options::default() };
    talk.data("Exeunt at work: this makes a sample platform, exports one seat, erases another, and checks both.\n")?;
    let made = make(&folder, &options, &talk)?;
    talk.data(format!(
        "{} stands in {}: {} in {}, {} ({}).\n",
        "Navigator, a made-up sales platform,",
        folder.display(),
        plural(made.rows, "row"),
        plural(made.tables.len() as u64, "table"),
        plural(made.files, "file"),
        human_bytes(made.file_bytes)
    ))?;

    let demo = Demo { folder: &folder, talk: &talk };
    let exported = Layout::new(&options).ordinary_seat().to_string();
    let erased = ERASED_SEAT.to_string();
    let map = demo.path("navigator.map.yaml");
    let archives = demo.path("archives");
    let certificates = demo.path("certificates");

    demo.title("A seat's data as an archive that a person can open")?;
    demo.show(&["exeunt", "plan", "--map", &map, "--seat", &exported, "--for", "export"])?;
    demo.show(&["exeunt", "export", "--map", &map, "--seat", &exported, "--out", &archives, "--name", "seat"])?;
    let archive = demo.path("archives/seat.zip");
    demo.show(&["exeunt", "verify", &archive])?;

    demo.title("Another seat, erased for good")?;
    let project = Project::read(Path::new(&map))?;
    let label = label(&project, &erased)?;
    let before = untouched::outside(&project, &request(&erased))?;
    let chosen = CHOSEN.map(|table| format!("app.{table}=delete"));
    let chosen = chosen.iter().flat_map(|choice| ["--choose", choice.as_str()]);
    let erasing: Vec<&str> = ["--seat", &erased].into_iter().chain(chosen).collect();
    let plan = demo.path("plan.json");
    demo.show(&[&["exeunt", "plan", "--map", &map][..], &erasing, &["--for", "erase", "--out", &plan]].concat())?;
    let confirm = ["--plan", &plan, "--yes-erase", &label, "--out", &certificates];
    demo.show(&[&["exeunt", "erase", "--map", &map][..], &erasing, &confirm].concat())?;
    let certificate = newest(Path::new(&certificates), "json")?;
    demo.show(&["exeunt", "verify", &certificate])?;

    demo.title("Everybody else's rows")?;
    let after = untouched::all(&project, &before)?;
    let proof = before.compare(&after);
    talk.data(proof.describe())?;
    if !proof.holds() {
        return Err(Failure::message(ExitCode::VerificationFailed, "rows outside the erased seat are not as they were"));
    }

    talk.data(closing(&folder, &map, &archive, &certificate))?;
    if output.is_json() {
        output.json(&json!({
            "folder": folder, "rows": made.rows, "files": made.files, "archive": archive, "certificate": certificate,
            "untouched_rows": proof.rows, "untouched": proof.holds(),
        }))?;
    }
    let _ = arguments.once;
    Ok(ExitCode::Done)
}

/// An empty folder for the sample platform.
fn folder(asked: Option<&Path>) -> Result<PathBuf, Failure> {
    let free = |path: &Path| match std::fs::read_dir(path) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) => error.kind() == std::io::ErrorKind::NotFound,
    };
    let folder = match asked {
        Some(folder) if free(folder) => folder.to_owned(),
        Some(folder) => {
            return Err(Failure::message(ExitCode::InputOutput, format!("{} is no empty folder", folder.display()))
                .next("choose another with --dir, or remove it: the demo writes over nothing"));
        }
        None => {
            let names = std::iter::once("exeunt-demo".to_owned()).chain((2..1000).map(|number| format!("exeunt-demo-{number}")));
            names.map(PathBuf::from).find(|path| free(path)).ok_or_else(|| {
                Failure::message(ExitCode::InputOutput, "no name for the demo's folder is free").next("name one with --dir")
            })?
        }
    };
    std::fs::create_dir_all(&folder).or_fail(ExitCode::InputOutput, || format!("make the folder {}", folder.display()))?;
    Ok(folder)
}

fn make(folder: &Path, options: &Options, talk: &Output) -> Result<Summary, Failure> {
    let write = |name: &str, text: &str| {
        std::fs::write(folder.join(name), text).or_fail(ExitCode::InputOutput, || format!("write {name} to {}", folder.display()))
    };
    // The demo works with its own database and files, whatever the environment says of another Navigator.
    let map = MAP
        .replace("${NAVIGATOR_DATABASE:-sqlite:navigator.db}", "sqlite:navigator.db")
        .replace("${NAVIGATOR_FILES:-file:./files}", "file:./files");
    write("navigator.map.yaml", &map)?;
    write("navigator.map.lock", exeunt_navigator::lock(Dialect::Sqlite))?;
    let mut told = 0;
    let mut watch = |progress: exeunt_navigator::Progress| {
        // A large world takes a while; a small one is there before anybody asks.
        let percent = progress.rows * 100 / progress.expected_rows.max(1);
        if progress.expected_rows > 1_000_000 && percent >= told + 5 {
            told = percent;
            talk.note(format!("making the sample platform: {percent} %"));
        }
        if interrupt::requested() {
            std::process::exit(ExitCode::Interrupted as i32);
        }
    };
    generate(options, Target::Sqlite(&folder.join("navigator.db")), &folder.join("files"), &mut watch)
        .or_fail(ExitCode::InputOutput, || "make the sample platform")
}

/// The same as the command line says further up.
fn request(seat: &str) -> Request {
    let choice = |table: &str| Choice { table: TableName::new(&SourceName::new("app"), None, table), action: "delete".to_owned() };
    Request {
        subject: Subject { kind: SubjectKind::new("seat"), key: vec![seat.to_owned()] },
        purpose: Purpose::Erase,
        profile: Profile::default(),
        categories: None,
        choices: CHOSEN.map(choice).to_vec(),
        successor: None,
    }
}

fn label(project: &Project, seat: &str) -> Result<String, Failure> {
    let platform = project.platform()?;
    let mut snapshot = Snapshot::open(&platform).map_err(|error| project.no_plan(error))?;
    let (_, label) = snapshot.settle(&request(seat)).map_err(|error| project.no_plan(error))?;
    Ok(label)
}

fn newest(folder: &Path, ending: &str) -> Result<String, Failure> {
    let entries = std::fs::read_dir(folder).or_fail(ExitCode::InputOutput, || format!("look into {}", folder.display()))?;
    let mut paths: Vec<PathBuf> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|found| found == ending));
    let path = paths.pop().ok_or_else(|| Failure::message(ExitCode::NotFound, "the certificate is not there"))?;
    Ok(path.display().to_string())
}

struct Demo<'a> {
    folder: &'a Path,
    talk: &'a Output,
}

impl Demo<'_> {
    fn path(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }

    fn title(&self, title: &str) -> Result<(), Failure> {
        self.talk.data(format!("── {title} ──\n"))
    }

    /// Shows a command and runs it.
    fn show(&self, words: &[&str]) -> Result<(), Failure> {
        let store = self.path("exeunt.db");
        let mut words = words.to_vec();
        // Without the variable the store lies beside the map, which is where the demo wants it.
        if std::env::var_os("EXEUNT_STORE").is_some() && words.contains(&"--map") {
            words.extend(["--store", &store]);
        }
        let typed: Vec<String> = words.iter().map(|word| shell_word(word)).collect();
        self.talk.data(format!("$ {}", typed.join(" ")))?;
        // Unwrap safety: the words are this file's own, and a test runs them.
        let arguments = commands::Arguments::try_parse_from(&words).or_fail(ExitCode::Usage, || "read the demo's own command")?;
        commands::run(arguments.command, self.talk)?;
        self.talk.data("")
    }
}

fn closing(folder: &Path, map: &str, archive: &str, certificate: &str) -> String {
    let page = Path::new(certificate).with_extension("html");
    format!(
        "\n── Where everything lies ──\n\n  {archive}  unzip it and open index.html\n  {certificate}  the certificate; {} to print\n  {map}  the data map: what every table holds and who owns its rows\n  {}  our own store: keys, log, tombstones\n\n── What to try next ──\n\n  exeunt map explain --map {map} note\n  exeunt plan --map {map} --contract 2 --for erase\n  exeunt why --map {map} app.sl_viewer 1001\n  exeunt export --map {map} --contract 2 --profile symmetric --out {}\n  docs/tutorial.md: the same on your own PostgreSQL{}",
        page.display(),
        folder.join("exeunt.db").display(),
        folder.join("archives").display(),
        program(),
    )
}

/// Where the program is, for a shell that does not find it by its name.
fn program() -> String {
    let path = std::env::current_exe().unwrap_or_default();
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&folders).any(|folder| folder == path.parent().unwrap_or(Path::new("")));
    if found { String::new() } else { format!("\n\n`exeunt` is {} here.", path.display()) }
}
