//! `exeunt plan`: makes a plan.

use std::path::PathBuf;

use exeunt_engine::planning::Snapshot;
use exeunt_model::plan::file::PlanFile;
use exeunt_sources::Line;

use super::file;
use super::page::describe;
use crate::commands::map::MapArgument;
use crate::commands::request::{self, CategoryArguments, ChoiceArguments, ProfileArgument};
use crate::commands::subject::SubjectArgument;
use crate::desk::StoreArgument;
use crate::failure::{ExitCode, Outcome};
use crate::output::Output;
use crate::project::Project;

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum PurposeArgument {
    Export,
    Erase,
}

#[derive(Debug, clap::Args)]
#[group(id = "make", arg = "purpose")]
pub struct Arguments {
    #[command(flatten)]
    map: MapArgument,

    #[command(flatten)]
    subject: SubjectArgument,

    /// What is planned
    #[arg(long = "for", value_name = "PURPOSE")]
    purpose: PurposeArgument,

    /// Which categories an export holds where none are chosen, or of the chosen ones; an erasure knows no profiles
    #[arg(long, value_name = "PROFILE", default_value = "documented")]
    profile: ProfileArgument,

    #[command(flatten)]
    categories: CategoryArguments,

    #[command(flatten)]
    choices: ChoiceArguments,

    /// Write the plan to a file, to be approved and then run with --plan
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    /// Print the SQL that would run instead of counting; values appear as $1, $2 …
    #[arg(long, conflicts_with = "out")]
    sql: bool,

    #[command(flatten)]
    store: StoreArgument,
}

pub fn run(arguments: &Arguments, output: &Output) -> Outcome {
    let project = Project::read(&arguments.map.map)?;
    let request = match arguments.purpose {
        PurposeArgument::Export => request::export(&project.map, &arguments.subject, arguments.profile, &arguments.categories)?,
        PurposeArgument::Erase => request::erase(&project.map, &arguments.subject, &arguments.choices, &arguments.categories)?,
    };
    let platform = project.platform()?;
    let mut snapshot = Snapshot::open(&platform).map_err(|error| project.no_plan(error))?;
    if arguments.sql {
        let lines = snapshot.statements(&request).map_err(|error| project.no_plan(error))?;
        output.either(&json_lines(&lines), || lines.iter().map(statement).collect::<Vec<_>>().join("\n\n"))?;
        return Ok(ExitCode::Done);
    }
    let store = arguments.store.open(&project)?;
    let plan = snapshot.plan(&platform, &request, &store.hash_secret()).map_err(|error| project.no_plan(error))?;
    let page = describe(&plan);
    let plan = PlanFile::new(plan);
    if let Some(path) = &arguments.out {
        file::write(path, &plan)?;
    }
    output.either(&plan, || page)?;
    if let Some(path) = &arguments.out {
        let path = path.display();
        output.note(format!("the plan stands in {path}; to read it again: exeunt plan show {path}"));
    }
    Ok(ExitCode::Done)
}

fn json_lines(lines: &[Line]) -> Vec<serde_json::Value> {
    let json = |line: &Line| serde_json::json!({ "purpose": line.purpose, "sql": line.sql, "parameters": line.parameters });
    lines.iter().map(json).collect()
}

fn statement(line: &Line) -> String {
    let parameters: Vec<String> =
        line.parameters.iter().enumerate().map(|(at, stands_for)| format!("\n-- ${}: {stands_for}", at + 1)).collect();
    format!("-- {}{}\n{};", line.purpose, parameters.concat(), line.sql)
}
