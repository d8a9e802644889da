//! Certificates as files: the JSON that is signed, and a page beside it.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use exeunt_model::certificate::{self, FileCount, Residual, Statement};
use exeunt_model::map::DataMap;
use exeunt_model::run::Ending;

use crate::commands::plan::{changes_in_rows, plural};
use crate::failure::{ExitCode, Failure, OrFail};
use crate::output::within;

/// Where a certificate stands.
#[derive(Debug)]
pub struct Written {
    pub json: PathBuf,
    pub html: PathBuf,
}

/// Makes the folder, and finds out before anything is erased whether files can be made in it.
pub fn prepare(folder: &Path) -> Result<(), Failure> {
    let doing = || format!("write certificates to {}", folder.display());
    crate::desk::make_folder(folder).or_fail(ExitCode::InputOutput, doing)?;
    let trial = folder.join(format!(".exeunt-{}", std::process::id()));
    let made = File::create(&trial).and_then(|_| fs::remove_file(&trial));
    made.or_fail(ExitCode::InputOutput, doing).map_err(|failure| failure.next("nothing was erased; choose another folder with --out"))
}

/// Writes a certificate and its page, each under its final name only when it is whole.
pub fn write(folder: &Path, map: &DataMap, bytes: &[u8]) -> Result<Written, Failure> {
    let verified =
        certificate::verify(bytes, None).or_fail(ExitCode::VerificationFailed, || "check the certificate before it is written")?;
    let statement = &verified.certificate.statement;
    let name = format!("certificate-{}-{}", plain(statement.scope.kind.as_str()), statement.id.short());
    fs::create_dir_all(folder).or_fail(ExitCode::InputOutput, || format!("make the folder {}", folder.display()))?;
    let json = within(folder, format!("{name}.json"));
    let html = within(folder, format!("{name}.html"));
    let label = |category: &exeunt_model::names::CategoryName| {
        map.category(category).map_or_else(|| category.to_string(), |category| category.label.clone())
    };
    let page = certificate::html::render(&verified.certificate, &verified.key, &format!("{name}.json"), label);
    put(&json, bytes)?;
    put(&html, page.as_bytes())?;
    Ok(Written { json, html })
}

/// The kind's name as part of a file's name.
fn plain(kind: &str) -> String {
    kind.chars().map(|character| if character.is_alphanumeric() || character == '_' { character } else { '-' }).collect()
}

fn put(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    // Several processes may write the same certificate at once.
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(format!(".{}.partial", std::process::id()));
    let unfinished = PathBuf::from(unfinished);
    let written = File::create(&unfinished)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&unfinished, path));
    if written.is_err() {
        // Nothing more can be done where it cannot be removed either.
        let _ = fs::remove_file(&unfinished);
    }
    written
        .or_fail(ExitCode::InputOutput, || format!("write {}", path.display()))
        .map_err(|failure| failure.next("the certificate is in the store: run the same command again with another --out"))
}

/// Files that the erased rows named and that were not in their store.
pub fn missing_files(statement: &Statement) -> Vec<String> {
    let missing = statement.files.iter().filter(|files| files.missing > 0);
    let line = |files: &FileCount| format!("  missing from {}: {} that {} named", files.source, plural(files.missing, "file"), files.table);
    missing.map(line).collect()
}

/// What became of rows and files: `3 rows deleted, 2 changes in rows, 1 row kept, 2 files deleted`.
pub fn done(statement: &Statement) -> String {
    let mut done = vec![format!("{} deleted", plural(statement.affected("delete"), "row"))];
    if statement.changed_rows() > 0 {
        done.push(changes_in_rows(statement.changed_rows()));
    }
    if statement.kept_rows() > 0 {
        done.push(format!("{} kept", plural(statement.kept_rows(), "row")));
    }
    let (deleted, _) = statement.deleted_and_missing_files();
    if deleted > 0 {
        done.push(format!("{} deleted", plural(deleted, "file")));
    }
    done.join(", ")
}

/// An erasure in a few lines.
pub fn summary(statement: &Statement, written: &Written) -> String {
    let mut lines = vec![match statement.state {
        Ending::Completed | Ending::CompletedWithRetained if statement.leaves_doubt() => {
            "completed as planned, but the search found identifiers that nothing explains, or could not be made everywhere".to_owned()
        }
        Ending::Completed => format!("completed: {}", statement.completed()),
        Ending::CompletedWithRetained => "completed, and some data stays for stated reasons".to_owned(),
        Ending::PartlyFailed => "partly failed: something of the plan is not done".to_owned(),
    }];
    lines.push(format!("  {}", done(statement)));
    lines.extend(missing_files(statement));
    if let Residual::Searched { identifiers, tables } = &statement.verification.residual {
        lines.push(format!("  searched {} for {}", plural(tables.len() as u64, "table"), plural(*identifiers, "identifier")));
        for table in tables.iter().filter(|table| table.after != Some(0)) {
            lines.push(format!("    {}: {}", table.table, table.verdict.as_str()));
        }
    }
    for failure in &statement.failures {
        lines.push(format!("  {} while {}: {}", failure.source, failure.during.as_str(), failure.reason));
    }
    lines.push(format!("certificate: {}", written.json.display()));
    lines.push(format!("to print: {}", written.html.display()));
    lines.push(format!("check it anywhere, without network: exeunt verify {}", written.json.display()));
    lines.join("\n")
}
