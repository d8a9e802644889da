//! `exeunt map explain`: what the map means for a table, or for all of them.

use comfy_table::{ContentArrangement, Table, presets};
use exeunt_model::map::explain::{Explanation, explain, explain_all};
use exeunt_model::map::parse::nearest;
use exeunt_model::map::resolve::Scheme;
use exeunt_model::names::TableName;

use crate::commands::map::MapArgument;
use crate::edge::{ExitCode, Failure, Outcome};
use crate::output::Output;
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
            let explanation = find(&scheme, text)?;
            output.either(&explanation, || explanation.text().trim_end().to_owned())?;
        }
        None => {
            let all = explain_all(&scheme);
            output.either(&all, || overview(&scheme, &all))?;
        }
    }
    Ok(ExitCode::Done)
}

/// The table by its full name, or by its last part where only one table has it.
fn find(scheme: &Scheme, text: &str) -> Result<Explanation, Failure> {
    let full = text.parse::<TableName>().ok().and_then(|table| explain(scheme, &table));
    let tables = || scheme.catalogs.iter().flat_map(|catalog| &catalog.tables).map(|table| &table.name);
    let named: Vec<&TableName> = tables().filter(|table| table.name == text || table.local() == text).collect();
    let by_name = match named.as_slice() {
        [only] => explain(scheme, only),
        _ => None,
    };
    full.or(by_name).ok_or_else(|| {
        let known: Vec<String> = tables().flat_map(|table| [table.to_string(), table.name.clone()]).collect();
        let failure = Failure::message(ExitCode::NotFound, format!("the map has no table `{text}`"));
        match nearest(text, known.iter().map(String::as_str)) {
            Some(near) => failure.next(format!("did you mean `{near}`?")),
            None if named.len() > 1 => failure.next(format!("several tables are called so; write one of {}", list(&named))),
            None => failure.next("list all tables: leave the name out"),
        }
    })
}

fn list(tables: &[&TableName]) -> String {
    tables.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn overview(scheme: &Scheme, all: &[Explanation]) -> String {
    let kinds: Vec<String> = scheme.map.subjects.iter().map(|subject| subject.kind.to_string()).collect();
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    let mut header = vec!["table".to_owned(), "category".to_owned(), "rows of".to_owned()];
    header.extend(kinds.iter().map(|kind| format!("erase {kind}")));
    table.set_header(header);
    for explanation in all {
        let category = explanation.category.as_ref().map_or_else(|| explanation.title.clone(), ToString::to_string);
        let mut row = vec![explanation.table.to_string(), category, explanation.owners_in_short(scheme)];
        let actions = kinds.iter().map(|kind| {
            let erasure = explanation.erase.iter().find(|erasure| erasure.kind.as_str() == kind);
            erasure.map_or("", |erasure| if erasure.action == "nothing" { "" } else { &erasure.action }).to_owned()
        });
        row.extend(actions);
        table.add_row(row);
    }
    let text = table.to_string();
    text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}
