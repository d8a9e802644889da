//! Fides datasets as a draft of a data map.
//!
//! ```text
//! dataset files ─► dataset (data) ─► structure (as if it were a catalog) ─► the drafter of `discover` ─► text + remarks
//! ```
//!
//! A dataset says which fields identify a person and how collections refer to each other, and nothing of whose rows the rest are; that is
//! drafted as from a live database. Whatever the files say and a map has no place for is remarked on.

mod dataset;
mod structure;

#[cfg(test)]
mod tests;

use std::fmt;

use serde::Serialize;

use super::entry::Drafter;
use super::graph::Graph;
use super::{Draft, compose, text};
use crate::map::parse::Diagnostic;
use dataset::Dataset;
use structure::Structure;

/// Something that could not be carried over as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Remark {
    pub file: String,
    pub line: usize,
    /// Dataset, collection and field.
    pub place: String,
    pub what: String,
}

impl fmt::Display for Remark {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}: {}: {}", self.file, self.line, self.place, self.what)
    }
}

/// A draft, and what is not in it.
#[derive(Debug, Clone)]
pub struct Import {
    pub draft: Draft,
    /// In the order of the files.
    pub remarks: Vec<Remark>,
}

/// A file that is no dataset.
#[derive(Debug, Clone)]
pub struct Refused {
    /// Its position in the list.
    pub file: usize,
    pub diagnostic: Diagnostic,
}

/// Drafts a map for the platform of this name from dataset files, each with its name and its text.
///
/// # Errors
/// The first place of each file that cannot be read.
pub fn import(name: &str, files: &[(String, String)]) -> Result<Import, Vec<Refused>> {
    let mut remarks = Vec::new();
    let mut refused = Vec::new();
    let mut datasets: Vec<(String, Dataset)> = Vec::new();
    for (index, (file, text)) in files.iter().enumerate() {
        match dataset::read(file, text, &mut remarks) {
            Ok(read) => datasets.extend(read.into_iter().map(|dataset| (file.clone(), dataset))),
            Err(diagnostic) => refused.push(Refused { file: index, diagnostic: *diagnostic }),
        }
    }
    if !refused.is_empty() {
        return Err(refused);
    }
    let structure = Structure::of(&datasets, &mut remarks);
    let mut graph = Graph::new(&structure.catalogs);
    let subjects = structure.subjects(&mut graph);
    let drafter = Drafter { graph: &graph, subjects: &subjects, files: false, known: &structure.known };
    let draft = compose(&head(name, &structure), &drafter);
    let order = |remark: &Remark| files.iter().position(|(file, _)| *file == remark.file);
    remarks.sort_by_key(|remark| (order(remark), remark.line));
    Ok(Import { draft, remarks })
}

fn head(name: &str, structure: &Structure) -> String {
    let mut head = "\
# A draft of a data map, made from Fides datasets. Nothing marked `todo` is decided:
# delete `todo: ` where the proposal behind it is right, or write what is; delete what does not hold.
# Fides masks values and keeps the rows; this map deletes the rows, unless `on_erase` says otherwise.
# Then: exeunt map check --map FILE, which compares the draft with the databases
exeunt: 1
"
    .to_owned();
    head += &format!("name: {}\nsources:\n", text::scalar(name));
    for source in &structure.sources {
        let variable = source.name.as_str().to_uppercase().replace(|character: char| !character.is_ascii_alphanumeric(), "_");
        let schemas = source.schema.as_ref().map(|schema| format!(", schemas: [{}]", text::scalar(schema))).unwrap_or_default();
        head += &format!("  {}: {{ kind: \"todo: postgres\", url: \"todo: ${{{variable}_URL}}\"{schemas} }}\n", source.name);
    }
    if structure.sources.is_empty() {
        head += "  app: { kind: todo, url: todo }\n";
    }
    head
}
