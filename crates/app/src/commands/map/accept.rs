//! `exeunt map accept`: a person reviews what the databases look like, and the lock remembers it.

use std::io::{BufRead, IsTerminal, Write};
use std::path::Path;

use exeunt_model::map::lock::{Difference, Lock};
use serde_json::json;

use crate::commands::map::MapArgument;
use crate::failure::{ExitCode, Failure, OrFail, Outcome};
use crate::output::Output;
use crate::project::Project;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    map: MapArgument,

    /// Accept without being asked
    #[arg(long)]
    yes: bool,
}

pub fn run(arguments: &Arguments, output: &Output) -> Outcome {
    let project = Project::read(&arguments.map.map)?;
    let catalogs = project.catalogs()?;
    project.scheme(&catalogs)?;
    let now = Lock::of(&project.map.name, &catalogs);
    let path = project.lock_path();
    // A lock that cannot be read any more is replaced by a whole new review.
    let before = project.lock().unwrap_or_else(|failure| {
        output.note(format!("{:#}; everything is reviewed anew", failure.error));
        None
    });
    let differences = before.as_ref().map(|lock| lock.compare(&catalogs)).unwrap_or_default();
    if before.as_ref() == Some(&now) {
        let digest = now.digest();
        output.either(&json!({ "accepted": true, "changed": false, "lock": path, "digest": digest }), || {
            format!("{} is as it was reviewed ({})", path.display(), digest.short())
        })?;
        return Ok(ExitCode::Done);
    }
    tell(&now, before.is_some(), &differences, output);
    if !arguments.yes {
        confirm(output)?;
    }
    write(&path, &now.write())?;
    let digest = now.digest();
    output.either(&json!({ "accepted": true, "changed": true, "lock": path, "digest": digest, "differences": differences }), || {
        format!("{} written ({}); commit it together with the map", path.display(), digest.short())
    })?;
    Ok(ExitCode::Done)
}

fn tell(now: &Lock, reviewed_before: bool, differences: &[Difference], output: &Output) {
    if reviewed_before {
        for difference in differences {
            output.note(difference);
        }
        if differences.is_empty() {
            output.note("only names of keys or the order of columns changed since the last review");
        }
        return;
    }
    output.note("first review of these databases:");
    for source in &now.sources {
        let columns: usize = source.tables.iter().map(|table| table.columns.len()).sum();
        output.note(format!("  {} ({}): {} tables, {columns} columns", source.source, source.kind.word(), source.tables.len()));
    }
}

fn confirm(output: &Output) -> Result<(), Failure> {
    let refused = |why: &str| Failure::message(ExitCode::Usage, why).next("accept without being asked: add --yes");
    if !std::io::stdin().is_terminal() {
        return Err(refused("nobody is there to accept: standard input is no terminal"));
    }
    output.note("Has the map been reviewed for this? [y/N]");
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer).or_fail(ExitCode::InputOutput, || "read the answer")?;
    if matches!(answer.trim().to_lowercase().as_str(), "y" | "yes") { Ok(()) } else { Err(refused("not accepted: nothing was written")) }
}

/// Writes beside the file and then takes its place, so that a full disk leaves the old lock as it was.
fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let mut beside = path.to_owned().into_os_string();
    beside.push(".tmp");
    let result = std::fs::File::create(&beside)
        .and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()))
        .and_then(|()| std::fs::rename(&beside, path));
    if result.is_err() {
        // The first failure is the one to tell.
        let _ = std::fs::remove_file(&beside);
    }
    result
        .or_fail(ExitCode::InputOutput, || format!("write the lock {}", path.display()))
        .map_err(|failure| failure.next("check the free space and the rights of the folder"))
}
