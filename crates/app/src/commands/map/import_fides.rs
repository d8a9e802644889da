//! `exeunt map import-fides`: a draft of a map from Fides datasets, and what they say that it cannot hold.

use std::path::PathBuf;

use exeunt_model::map::discover::fides::import;
use exeunt_model::map::parse::render;
use serde_json::json;

use crate::failure::{ExitCode, Failure, Outcome};
use crate::output::Output;
use crate::project::read_text;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The dataset files (YAML)
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    /// The platform's name; without it, the first file's
    #[arg(long)]
    name: Option<String>,

    /// Where to write the draft; without it, on standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub fn run(arguments: &Arguments, output: &Output) -> Outcome {
    super::draft::refuse_existing(arguments.out.as_deref())?;
    let mut files = Vec::new();
    for path in &arguments.files {
        files.push((path.display().to_string(), read_text(path)?));
    }
    let stem = arguments.files.first().and_then(|path| path.file_stem()).map(|stem| stem.to_string_lossy().into_owned());
    let name = arguments.name.clone().or(stem).unwrap_or_else(|| "platform".to_owned());
    let import = import(&name, &files).map_err(|refused| {
        let shown: Vec<String> = refused
            .iter()
            .filter_map(|refused| {
                let (file, text) = files.get(refused.file)?;
                Some(render(file, text, std::slice::from_ref(&refused.diagnostic), true))
            })
            .collect();
        let diagnostics: Vec<_> = refused.iter().map(|refused| &refused.diagnostic).collect();
        Failure::message(ExitCode::MapRefused, "a file is no Fides dataset").details(shown.join("\n\n"), &diagnostics)
    })?;
    super::draft::deliver(&import.draft, arguments.out.as_deref(), json!({ "remarks": import.remarks }), output)?;
    if !output.is_json() && !import.remarks.is_empty() {
        output.note("\nnot carried over as it is:");
        for remark in &import.remarks {
            output.note(format!("  {remark}"));
        }
    }
    Ok(ExitCode::Done)
}
