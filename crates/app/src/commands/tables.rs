//! Tables as people name them on the command line.

use exeunt_model::map::parse::nearest;
use exeunt_model::names::TableName;

use crate::failure::{ExitCode, Failure};
use crate::project::Project;

/// A table by its full name, or by its last part where only one of the known tables has it.
pub fn find(project: &Project, known: &[&TableName], text: &str) -> Result<TableName, Failure> {
    if let Some(name) = text.parse::<TableName>().ok().filter(|name| known.contains(&name)) {
        return Ok(name);
    }
    let named: Vec<&TableName> = known.iter().copied().filter(|name| name.name == text || name.local() == text).collect();
    match named.as_slice() {
        [only] => Ok((*only).clone()),
        [] => Err(unknown(project, known, text)),
        several => {
            let names: Vec<String> = several.iter().map(ToString::to_string).collect();
            Err(Failure::message(ExitCode::Usage, format!("several tables are called `{text}`"))
                .next(format!("write it with its source: {}", names.join(" or "))))
        }
    }
}

/// There is no such table: which one may have been meant, and where all of them are listed.
pub fn unknown(project: &Project, known: &[&TableName], text: &str) -> Failure {
    let failure = Failure::message(ExitCode::NotFound, format!("the map has no table `{text}`"));
    let names: Vec<String> = known.iter().flat_map(|table| [table.to_string(), table.name.clone()]).collect();
    let failure = match nearest(text, names.iter().map(String::as_str)) {
        Some(near) => failure.next(format!("did you mean `{near}`?")),
        None => failure,
    };
    failure.next(format!("list all tables: exeunt map explain --map {}", project.path.display()))
}
