//! `exeunt why`: why a row is still here.

use exeunt_engine::planning::Snapshot;
use exeunt_engine::why::{self, Error, Explanation};
use exeunt_model::names::TableName;

use crate::commands::map::MapArgument;
use crate::commands::subject::split_key;
use crate::commands::tables;
use crate::desk::StoreArgument;
use crate::failure::{ExitCode, Failure, Outcome};
use crate::output::Output;
use crate::project::Project;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    map: MapArgument,

    /// The row's table, such as app.note or note
    table: String,

    /// The row's key; parts of a composite key are separated by commas
    key: String,

    #[command(flatten)]
    store: StoreArgument,
}

pub fn run(arguments: &Arguments, output: &Output) -> Outcome {
    let project = Project::read(&arguments.map.map)?;
    let platform = project.platform()?;
    let store = arguments.store.open_existing(&project)?;
    let mut snapshot = Snapshot::open(&platform).map_err(|error| project.no_plan(error))?;
    let table = table(&project, &arguments.table)?;
    let columns = snapshot.scheme.catalog_table(&table).and_then(|table| table.row_key()).map_or(1, <[String]>::len);
    let key = split_key(&arguments.key, columns);
    let explanation = why::why(&mut snapshot, &store, &table, &key).map_err(refused)?;
    output.either(&explanation, || describe(&explanation))?;
    Ok(ExitCode::Done)
}

fn table(project: &Project, text: &str) -> Result<TableName, Failure> {
    let mapped = project.map.tables.iter().map(|entry| &entry.table);
    let known: Vec<&TableName> = mapped.chain(project.map.ignore.keys()).collect();
    tables::find(project, &known, text)
}

fn refused(error: Error) -> Failure {
    match error {
        Error::NoRow { .. } => Failure::new(ExitCode::NotFound, error).next("check the key; it is looked up as it stands in the database"),
        Error::NotMapped { .. } => Failure::new(ExitCode::NotFound, error),
        Error::KeyShape { .. } => Failure::new(ExitCode::Usage, error).next("separate the parts of the key by commas"),
        Error::NoRowKey { .. } => Failure::new(ExitCode::PlanRefused, error),
        Error::Read { database, source } => Failure::from(source).while_doing(format!("follow an owner path in {database}")),
        Error::Store(_) => Failure::attempt(ExitCode::InputOutput, error),
    }
}

fn describe(explanation: &Explanation) -> String {
    let mut lines = Vec::new();
    let mark = if explanation.reason.is_defect() { "look at this: " } else { "" };
    lines.push(format!("{}: {mark}{}", explanation.table, explanation.reason.sentence()));
    if let Some(reason) = &explanation.ignored {
        lines.push(format!("  the map: ignored, {reason}"));
    }
    for path in &explanation.paths {
        let verb = if path.owns { "belongs to" } else { "speaks of" };
        lines.push(format!("  {verb} a {} by {}", path.kind, path.path));
        if path.subjects.is_empty() {
            lines.push("    leads to nobody now".to_owned());
            if path.may_be_unlinked {
                lines.push(format!(
                    "    where it led to a {} that was erased, the erasure emptied it: the row stayed for its other owner",
                    path.kind
                ));
            }
        }
        for subject in &path.subjects {
            lines.push(format!("    leads to {} {}", path.kind, subject.key.join(",")));
            for run in &subject.runs {
                lines.push(format!("      run {} of {}: {}", run.run, run.started.for_people(), run.state));
            }
        }
        lines.push(format!("    erasing a {} {}", path.kind, path.action));
    }
    lines.join("\n")
}
