//! `exeunt map explain`: what the map means for a table, or for all of them.

use exeunt_model::map::explain::{Explanation, directory, explain, explain_all};
use exeunt_model::map::resolve::Scheme;
use exeunt_model::names::TableName;

use crate::commands::map::MapArgument;
use crate::commands::tables;
use crate::failure::{ExitCode, Failure, Outcome};
use crate::layout::{Table, wrap};
use crate::output::{self, Output};
use crate::project::Project;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    map: MapArgument,

    /// A table, such as app.note or note; without it, an overview of all tables
    table: Option<String>,
}

pub fn run(arguments: &Arguments, output: &Output) -> Outcome {
    let project = Project::read(&arguments.map.map)?;
    let scheme = project.scheme(&project.catalogs()?)?;
    match &arguments.table {
        Some(text) => {
            let explanation = find(&project, &scheme, text)?;
            let text = || wrap(explanation.text().trim_end(), usize::from(output::width())).join("\n");
            output.either(&explanation, text)?;
        }
        None => {
            let all = explain_all(&scheme);
            output.either(&all, || overview(&scheme, &all))?;
        }
    }
    Ok(ExitCode::Done)
}

fn find(project: &Project, scheme: &Scheme, text: &str) -> Result<Explanation, Failure> {
    let known: Vec<&TableName> = scheme.catalogs.iter().flat_map(|catalog| &catalog.tables).map(|table| &table.name).collect();
    let table = tables::find(project, &known, text)?;
    explain(scheme, &table).ok_or_else(|| tables::unknown(project, &known, text))
}

/// All tables by category, with a line for each that fits into the terminal's width.
fn overview(scheme: &Scheme, all: &[Explanation]) -> String {
    let mut table = Table::new(["  table", "rows of", "when a subject is erased"]).names_in(0);
    for category in &scheme.map.categories {
        let within: Vec<&Explanation> = all.iter().filter(|explanation| explanation.category.as_ref() == Some(&category.name)).collect();
        if within.is_empty() {
            continue;
        }
        table.row([format!("{}: {}", category.name, category.label)]);
        for explanation in within {
            table.row([format!("  {}", explanation.table), owners(scheme, explanation), erased(explanation)]);
        }
    }
    let ignored = |explanation: &&Explanation| scheme.map.ignore.contains_key(&explanation.table);
    let (ignored, kept): (Vec<_>, Vec<_>) = all.iter().filter(|explanation| explanation.category.is_none()).partition(ignored);
    for (heading, explanations) in [("kept for everybody:", kept), ("ignored:", ignored)] {
        if explanations.is_empty() {
            continue;
        }
        table.row([heading.to_owned()]);
        for explanation in explanations {
            let reason = scheme.map.ignore.get(&explanation.table);
            let of = reason.map_or_else(|| owners(scheme, explanation), Clone::clone);
            table.row([format!("  {}", explanation.table), of, erased(explanation)]);
        }
    }
    let width = usize::from(output::width());
    let mut text = table.to_text(width);
    let sentences = directory(scheme);
    if !sentences.is_empty() {
        text += "\n\ndirectory:";
        for sentence in sentences {
            text += &format!("\n{}", wrap(&format!("  {sentence}"), width).join("\n"));
        }
    }
    text
}

/// One path on each line.
fn owners(scheme: &Scheme, explanation: &Explanation) -> String {
    explanation.owners_in_short(scheme).replace(", ", "\n")
}

/// `contract, seat: delete` and, on the next line, `person: change`
fn erased(explanation: &Explanation) -> String {
    let mut actions: Vec<(&str, Vec<&str>)> = Vec::new();
    for erasure in explanation.erase.iter().filter(|erasure| erasure.action != "nothing") {
        match actions.iter_mut().find(|(action, _)| *action == erasure.action) {
            Some((_, kinds)) => kinds.push(erasure.kind.as_str()),
            None => actions.push((&erasure.action, vec![erasure.kind.as_str()])),
        }
    }
    let says: Vec<String> = actions.iter().map(|(action, kinds)| format!("{}: {}", kinds.join(", "), action.replace('_', " "))).collect();
    says.join("\n")
}
