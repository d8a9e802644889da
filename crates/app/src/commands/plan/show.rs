//! `exeunt plan show`: a plan file for whoever approves it.

use std::path::PathBuf;

use exeunt_model::digest::Digest;
use exeunt_model::plan::file::PlanFile;
use exeunt_model::plan::{Plan, Profile, Purpose};

use super::{file, page};
use crate::failure::{ExitCode, Outcome};
use crate::output::Output;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The plan, as `exeunt plan --out` has written it
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

pub fn run(arguments: &Arguments, output: &Output) -> Outcome {
    let plan = file::read(&arguments.file)?;
    let text = [what_for(&plan), page::describe(&plan), bound_to(&plan)].join("\n\n");
    output.either(&PlanFile::new(plan), || text)?;
    Ok(ExitCode::Done)
}

/// What is planned and was chosen.
fn what_for(plan: &Plan) -> String {
    let outline = &plan.outline;
    let kind = &outline.kind;
    let doing = match (outline.purpose, outline.profile) {
        (Purpose::Erase, _) => "an erasure",
        (Purpose::Export, Profile::Documented) => "an export",
        (Purpose::Export, Profile::Symmetric) => "an export with all that is given out on request",
    };
    let mut lines = vec![format!("{doing}, for one {kind}: a plan names nobody, it holds a hash of the {kind}'s key")];
    if let Some(chosen) = &outline.categories {
        let names: Vec<&str> = chosen.names.iter().map(|name| name.as_str()).collect();
        let own = if chosen.takes_subject { format!("; the {kind} itself goes") } else { String::new() };
        lines.push(format!("of these categories alone: {}{own}", names.join(", ")));
    }
    lines.extend(outline.choices.iter().map(|choice| format!("chosen for {}: {}", choice.table, choice.action.replace('_', " "))));
    page::fitting(&lines)
}

/// What must be as it was when the plan was made.
fn bound_to(plan: &Plan) -> String {
    let outline = &plan.outline;
    let mut lines = vec!["it holds for these alone:".to_owned()];
    lines.push(format!("  {} {}", outline.kind, plan.subject.short()));
    lines.extend(plan.successor.as_ref().map(|successor| format!("  {} {}, who takes over", outline.kind, successor.short())));
    let map = &outline.map;
    lines.push(format!("  map {} ({}), reviewed with the lock {}", map.name, map.digest.short(), plan.lock.short()));
    let database = |source, identity: &Digest, digest: &Digest| {
        format!("  database {source} ({}), with the structure {}", identity.short(), digest.short())
    };
    lines.extend(outline.catalogs.iter().map(|catalog| database(&catalog.source, &catalog.identity, &catalog.digest)));
    page::fitting(&lines)
}
