//! `exeunt map check`: every error of a map at once.

use std::path::Path;

use exeunt_model::map::lock::Difference;
use exeunt_model::map::parse::{Diagnostic, Severity, parse, render};
use exeunt_model::map::resolve::resolve;
use serde::Serialize;

use crate::commands::map::MapArgument;
use crate::failure::{ExitCode, Failure, Outcome};
use crate::output::Output;
use crate::project::{Project, count, read_map};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    map: MapArgument,

    /// Check the text alone, without opening any database
    #[arg(long)]
    offline: bool,
}

#[derive(Debug, Default, Serialize)]
struct Findings {
    diagnostics: Vec<Diagnostic>,
    /// How the databases differ from their last review.
    drift: Vec<Difference>,
    /// Nobody has reviewed the databases yet.
    unreviewed: bool,
}

pub fn run(arguments: &Arguments, output: &Output) -> Outcome {
    let path = &arguments.map.map;
    let text = read_map(path)?;
    let parsed = match parse(&text) {
        Ok(parsed) => parsed,
        Err(diagnostics) => {
            let findings = Findings { diagnostics, ..Findings::default() };
            return report(path, &text, &findings, String::new(), output);
        }
    };
    let mut findings = Findings { diagnostics: parsed.warnings, ..Findings::default() };
    let project = Project { path: path.clone(), text, map: parsed.map, positions: parsed.positions };
    if arguments.offline {
        let summary = format!("{} of {} read, no database opened", tables(project.map.tables.len()), project.map.name);
        return report(path, &project.text, &findings, summary, output);
    }
    let catalogs = project.catalogs()?;
    if let Err(problems) = resolve(&project.map, &catalogs) {
        findings.diagnostics.extend(project.positions.diagnose(&problems));
    }
    match project.lock()? {
        Some(lock) => findings.drift = lock.compare(&catalogs),
        None => findings.unreviewed = true,
    }
    let summary = format!("{} mapped, {} ignored", tables(project.map.tables.len()), project.map.ignore.len());
    let code = report(path, &project.text, &findings, summary, output)?;
    if !output.is_json() && code == ExitCode::CatalogDrift {
        return Err(if findings.unreviewed { unreviewed(&project) } else { project.drift(&findings.drift) });
    }
    Ok(code)
}

fn unreviewed(project: &Project) -> Failure {
    let message = format!("nobody has reviewed the databases of {} yet", project.path.display());
    Failure::message(ExitCode::CatalogDrift, message).next(format!("review them: {}", project.accept_command()))
}

fn report(path: &Path, text: &str, findings: &Findings, summary: String, output: &Output) -> Outcome {
    let errors = findings.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
    let code = match (errors, findings.unreviewed || !findings.drift.is_empty()) {
        (true, _) => ExitCode::MapRefused,
        (false, true) => ExitCode::CatalogDrift,
        (false, false) => ExitCode::Done,
    };
    if output.is_json() {
        output.json(findings)?;
        return Ok(code);
    }
    if !findings.diagnostics.is_empty() {
        output.note(render(&path.display().to_string(), text, &findings.diagnostics, true));
        output.note("");
    }
    match code {
        ExitCode::MapRefused => {
            for difference in &findings.drift {
                output.note(format!("since the last review: {difference}"));
            }
            output.note(format!("{} has {}", path.display(), count(&findings.diagnostics)));
        }
        ExitCode::Done => output.data(format!("{} is sound: {summary}", path.display()))?,
        // Nothing is wrong with the map; what is missing is a review.
        _ if findings.unreviewed => output.data(format!("{} is sound: {summary}", path.display()))?,
        _ => {}
    }
    Ok(code)
}

fn tables(number: usize) -> String {
    if number == 1 { "1 table".to_owned() } else { format!("{number} tables") }
}
