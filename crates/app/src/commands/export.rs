//! `exeunt export`: a subject's rows and files as one archive.

use std::path::PathBuf;

use exeunt_engine::archive::{self, Encryption, Options};
use exeunt_engine::export::{self, Report, Settings, export};
use exeunt_engine::planning::Opening;
use exeunt_engine::platform::Platform;
use exeunt_model::archive::header::{Contact, LeftOutReason};
use serde_json::json;

use crate::commands::map::MapArgument;
use crate::commands::plan::{human_bytes, plural};
use crate::commands::request::{self, CategoryArguments, ProfileArgument};
use crate::commands::subject::SubjectArgument;
use crate::desk::{self, StoreArgument, TOOL};
use crate::failure::{ExitCode, Failure, OrFail, Outcome};
use crate::output::{Output, plain};
use crate::progress::Shown;
use crate::project::Project;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    map: MapArgument,

    #[command(flatten)]
    subject: SubjectArgument,

    /// The folder to write the archive to; made where there is none
    #[arg(long, value_name = "DIR", default_value = ".")]
    out: PathBuf,

    /// The archive's name, without ending [default: map, kind of subject and time]
    #[arg(long, value_name = "NAME", value_parser = parse_name)]
    name: Option<String>,

    /// Which categories to export
    #[arg(long, value_name = "PROFILE", default_value = "documented")]
    profile: ProfileArgument,

    #[command(flatten)]
    categories: CategoryArguments,

    /// An approved plan: nothing is exported unless it comes out the same now, with the same counts
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,

    /// How the rows are written; CSV always is
    #[arg(long, value_name = "FORMAT", value_delimiter = ',', default_value = "csv")]
    format: Vec<Format>,

    /// Cut the archive into parts of about this size, such as 500MB
    #[arg(long, value_name = "SIZE", value_parser = parse_part_size)]
    part_size: Option<u64>,

    /// Encrypt the archive to this age recipient (age1…); may be given several times
    #[arg(long, value_name = "RECIPIENT", conflicts_with = "encrypt_with_passphrase")]
    encrypt_to: Vec<String>,

    /// Encrypt the archive with the passphrase in the environment variable EXEUNT_PASSPHRASE
    #[arg(long)]
    encrypt_with_passphrase: bool,

    /// Whom the reader of the archive can ask about what is not inside: `NAME <ADDRESS>`
    #[arg(long, value_name = "CONTACT", value_parser = parse_contact)]
    contact: Option<Contact>,

    /// Export though not one of the files that the rows name is in its store; what is missing is listed
    #[arg(long)]
    accept_missing_files: bool,

    #[command(flatten)]
    store: StoreArgument,
}

/// A way to write rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// Comma-separated values, for spreadsheets
    Csv,
    /// One JSON object per line, for programs
    Jsonl,
    /// Apache Parquet, in builds with the feature `parquet`
    Parquet,
}

pub fn run(arguments: &Arguments, output: &Output) -> Outcome {
    if arguments.format.contains(&Format::Parquet) && cfg!(not(feature = "parquet")) {
        return Err(no_parquet());
    }
    let encryption = encryption(arguments)?;
    let project = Project::read(&arguments.map.map)?;
    let request = request::export(&project.map, &arguments.subject, arguments.profile, &arguments.categories)?;
    let approved = arguments.plan.as_deref().map(super::plan::read).transpose()?;
    let sources = project.sources()?;
    // The databases answer while this thread sees to the rest.
    let opening = Opening::to_export(&sources.databases);
    let platform = Platform { lock: project.lock()?, ..sources };
    let store = arguments.store.open(&project)?;
    desk::make_folder(&arguments.out)
        .or_fail(ExitCode::InputOutput, || format!("make the folder {}", arguments.out.display()))
        .map_err(|failure| failure.next("choose another folder with --out"))?;
    let started = desk::now();
    let name = arguments
        .name
        .clone()
        .unwrap_or_else(|| format!("{}-{}-{}", project.map.name, request.subject.kind, started.strftime("%Y%m%d-%H%M%S")));
    let settings = Settings {
        archive: Options {
            folder: arguments.out.clone(),
            name,
            started,
            key: store.signing_key(),
            part_size: arguments.part_size,
            encryption,
            json_lines: arguments.format.contains(&Format::Jsonl),
            parquet: arguments.format.contains(&Format::Parquet),
            threads: None,
        },
        secret: &store.hash_secret(),
        approved: approved.as_ref(),
        accept_missing_files: arguments.accept_missing_files,
        platform_name: project.map.name.clone(),
        contact: arguments.contact.clone(),
        tool: TOOL.to_owned(),
        clock: &desk::now,
    };
    let mut progress = Shown::new();
    let exported = export(&platform, opening, &request, settings, &mut progress);
    progress.finish();
    let report = exported.map_err(|error| failure(&project, error))?;
    output.either(&summary(&report), || describe(&report))?;
    Ok(ExitCode::Done)
}

/// Made before anything is read, so that a recipient that cannot be used stops the run at once.
fn encryption(arguments: &Arguments) -> Result<Option<Encryption>, Failure> {
    if arguments.encrypt_with_passphrase {
        let passphrase = std::env::var("EXEUNT_PASSPHRASE").ok().filter(|passphrase| !passphrase.is_empty());
        let passphrase = passphrase.ok_or_else(|| {
            Failure::message(ExitCode::Usage, "EXEUNT_PASSPHRASE is not set").next("put the passphrase into that environment variable")
        })?;
        return Ok(Some(Encryption::to_passphrase(passphrase.into())));
    }
    if arguments.encrypt_to.is_empty() {
        return Ok(None);
    }
    Encryption::to_recipients(&arguments.encrypt_to)
        .map(Some)
        .or_fail(ExitCode::Usage, || "encrypt the archive")
        .map_err(|failure| failure.next("a recipient begins with age1; `age-keygen` makes one"))
}

fn failure(project: &Project, error: export::Error) -> Failure {
    match error {
        export::Error::Plan(error) => project.no_plan(error),
        export::Error::Read { table, source } => {
            Failure::from(source).while_doing(format!("export {table}")).next("no archive was left; run the export again")
        }
        export::Error::Files { .. } | export::Error::ReadFile { .. } => {
            Failure::attempt(ExitCode::InputOutput, error).next("check the file source; no archive was left")
        }
        export::Error::FilesMissing(none) => {
            desk::files_missing(none).next("no archive was left").next("if they are gone for good: --accept-missing-files")
        }
        export::Error::Archive(archive::Error::Exists { path }) => {
            Failure::message(ExitCode::InputOutput, format!("{} exists already", path.display()))
                .next("choose another name with --name or another folder with --out, or remove it; nothing was exported")
        }
        export::Error::Archive(archive::Error::PartSize { .. }) => Failure::new(ExitCode::Usage, error).next("choose a larger --part-size"),
        export::Error::Archive(archive::Error::NoParquet) => no_parquet(),
        export::Error::Archive(archive::Error::Busy { path }) => {
            Failure::message(ExitCode::InputOutput, format!("{} is being written by another run", path.display()))
                .next("choose another name with --name, or wait until it has ended")
        }
        export::Error::Archive(_) => Failure::attempt(ExitCode::InputOutput, error)
            .next("check the free space and the rights of the folder; no archive was left, the source is as it was"),
        export::Error::PlanDiffers { .. } => {
            Failure::new(ExitCode::PlanMismatch, error).next("make a new plan and have it approved: exeunt plan … --out FILE")
        }
        export::Error::Interrupted => Failure::new(ExitCode::Interrupted, error),
    }
}

fn no_parquet() -> Failure {
    Failure::message(ExitCode::Usage, "this build of exeunt writes no Parquet")
        .next("ask for csv or jsonl, or build it with Parquet: cargo install --path crates/app --features parquet")
}

fn summary(report: &Report) -> serde_json::Value {
    json!({
        "archive": report.delivered.paths,
        "bytes": report.delivered.bytes_on_disk,
        "rows": report.rows,
        "files": report.files,
        "plan": report.plan.digest(),
        "subject": report.plan.subject,
        "left_out": report.left_out,
    })
}

fn describe(report: &Report) -> String {
    let mut lines = Vec::new();
    let paths: Vec<String> = report.delivered.paths.iter().map(|path| plain(path).display().to_string()).collect();
    lines.push(format!(
        "exported {} and {} into {} ({}, compressed)",
        plural(report.rows, "row"),
        plural(report.files, "file"),
        paths.join(", "),
        human_bytes(report.delivered.bytes_on_disk)
    ));
    for left in &report.left_out {
        let what = match (&left.table, &left.category) {
            (Some(table), _) if left.columns.is_empty() => table.to_string(),
            (Some(table), _) => format!("{table} ({})", left.columns.join(", ")),
            (None, Some(category)) => category.label.clone(),
            (None, None) => continue,
        };
        let why = match left.reason {
            LeftOutReason::OnRequest => "on request only (--profile symmetric includes it)",
            LeftOutReason::Excluded => "the map never exports it",
            LeftOutReason::NotApplicable => "not applicable to this contract",
            LeftOutReason::NotChosen => "not chosen",
            LeftOutReason::Secret => "secret",
            LeftOutReason::Unowned => "kept for everybody, owned by nobody",
            LeftOutReason::Missing => "missing",
        };
        let counted = matches!(left.reason, LeftOutReason::Secret | LeftOutReason::Missing);
        let note = left.note.as_ref().filter(|_| counted).map_or_else(String::new, |note| format!(": {note}"));
        lines.push(format!("  not inside: {what}: {why}{note}"));
    }
    if let Some(path) = paths.first() {
        lines.push(format!("check it anywhere, without network: exeunt verify {path}"));
    }
    lines.join("\n")
}

/// A name that stays in the folder and is what the file will be called.
fn parse_name(text: &str) -> Result<String, String> {
    if text.is_empty() || text.starts_with('.') || text.contains(['/', '\\']) || text.contains(char::is_control) {
        return Err("a name has no slashes and does not begin with a dot; --out names the folder".to_owned());
    }
    let lower = text.to_ascii_lowercase();
    if lower.ends_with(".zip") || lower.ends_with(".age") {
        return Err("write the name without its ending; .zip is added".to_owned());
    }
    // Part numbers and the ending are added to it.
    if text.len() > LONGEST_NAME { Err(format!("a name has at most {LONGEST_NAME} bytes")) } else { Ok(text.to_owned()) }
}

/// Bytes of a name that every file system takes, with room for what is added.
const LONGEST_NAME: usize = 200;

/// Reads the size of a part.
pub fn parse_part_size(text: &str) -> Result<u64, String> {
    match parse_size(text)? {
        size if size < archive::SMALLEST_PART => Err(format!("a part holds at least {}; {SIZES}", human_bytes(archive::SMALLEST_PART))),
        size => Ok(size),
    }
}

/// What a size may be.
const SIZES: &str = "write a whole number with B, kB, MB or GB, such as 500MB";

fn parse_size(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|character: char| character.is_ascii_alphabetic());
    let number: u64 = digits.trim().parse().map_err(|_| format!("`{text}` is no size; {SIZES}"))?;
    let unit: u64 = match text[digits.len()..].to_ascii_uppercase().as_str() {
        "" | "B" => 1,
        "K" | "KB" => 1_000,
        "M" | "MB" => 1_000_000,
        "G" | "GB" => 1_000_000_000,
        other => return Err(format!("`{other}` is no unit; {SIZES}")),
    };
    number.checked_mul(unit).ok_or_else(|| "that is more than can be counted".to_owned())
}

fn parse_contact(text: &str) -> Result<Contact, String> {
    let (name, rest) = text.split_once('<').ok_or("a contact is written NAME <ADDRESS>")?;
    let address = rest.strip_suffix('>').ok_or("a contact is written NAME <ADDRESS>")?;
    Ok(Contact { name: name.trim().to_owned(), address: address.trim().to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_that_are_too_small_are_refused() {
        assert_eq!(parse_part_size("2MB"), Ok(2_000_000));
        assert!(parse_part_size("5kB").is_err_and(|problem| problem.contains("at least 1.0 MB")));
    }

    #[test]
    fn a_size_that_cannot_be_read_is_told_which_units_there_are() {
        for wrong in ["5kB", "500MiB", "1.5GB", "much"] {
            let told = parse_part_size(wrong);
            assert!(told.as_ref().is_err_and(|problem| problem.contains("B, kB, MB or GB, such as 500MB")), "{wrong}: {told:?}");
        }
    }

    #[test]
    fn sizes_are_read_in_powers_of_a_thousand() {
        assert_eq!(parse_size("500MB"), Ok(500_000_000));
        assert_eq!(parse_size("2g"), Ok(2_000_000_000));
        assert_eq!(parse_size("1024"), Ok(1024));
        assert!(parse_size("many").is_err() && parse_size("5XB").is_err() && parse_size("99999999999GB").is_err());
    }
}
