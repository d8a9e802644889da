//! `exeunt verify`: checks a certificate or an archive from the file alone.

use std::path::{Path, PathBuf};

use exeunt_model::certificate::{self, Verified};
use exeunt_model::run::Ending;
use exeunt_model::signature::KeyId;
use serde_json::json;

use crate::commands::plan::plural;
use crate::edge::{ExitCode, Failure, OrFail, Outcome};
use crate::output::Output;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The certificate (.json) or archive (.zip)
    file: PathBuf,

    /// The key that it must be signed with, as the operator publishes it: key: and 32 hexadecimal digits
    #[arg(long, value_name = "KEY")]
    key: Option<KeyId>,
}

pub fn run(arguments: &Arguments, output: &Output) -> Outcome {
    match kind(&arguments.file)? {
        Kind::Certificate => certificate(arguments, output),
        Kind::Unknown => Err(Failure::message(ExitCode::VerificationFailed, format!("{} is no certificate", arguments.file.display()))
            .next("a certificate is the .json file that `exeunt erase` wrote")),
    }
}

enum Kind {
    Certificate,
    Unknown,
}

/// What a file is, by its first byte.
fn kind(path: &Path) -> Result<Kind, Failure> {
    use std::io::Read as _;
    let mut first = [0; 1];
    let read = std::fs::File::open(path).and_then(|mut file| file.read(&mut first)).map_err(|error| not_read(path, error))?;
    Ok(match &first[..read] {
        b"{" => Kind::Certificate,
        _ => Kind::Unknown,
    })
}

fn not_read(path: &Path, error: std::io::Error) -> Failure {
    let code = if error.kind() == std::io::ErrorKind::NotFound { ExitCode::NotFound } else { ExitCode::InputOutput };
    Failure::new(code, anyhow::Error::new(error).context(format!("read {}", path.display())))
}

fn certificate(arguments: &Arguments, output: &Output) -> Outcome {
    let path = &arguments.file;
    let bytes = std::fs::read(path).map_err(|error| not_read(path, error))?;
    let verified = certificate::verify(&bytes, arguments.key.as_ref())
        .or_fail(ExitCode::VerificationFailed, || format!("the certificate {} does not hold", path.display()))
        .map_err(|failure| failure.next("do not rely on it; ask whoever gave it to you for the original file"))?;
    let statement = &verified.certificate.statement;
    let summary = json!({
        "certificate": statement.id,
        "holds": true,
        "state": statement.state,
        "kind": statement.scope.kind,
        "subject": statement.scope.subject,
        "started": statement.started,
        "closed": statement.closed,
        "deleted": statement.affected("delete"),
        "kept": statement.kept_rows(),
        "key": verified.key,
        "key_expected": arguments.key.is_some(),
    });
    output.either(&summary, || describe(&verified, arguments.key.is_some()))?;
    Ok(ExitCode::Done)
}

fn describe(verified: &Verified, expected: bool) -> String {
    let statement = &verified.certificate.statement;
    let state = match statement.state {
        Ending::Completed => "completed",
        Ending::CompletedWithRetained => "completed, with data that stays for stated reasons",
        Ending::PartlyFailed => "partly failed: this is no proof of erasure",
    };
    let mut lines = vec![
        format!("the certificate holds: {state}"),
        format!("  one {}, erased between {} and {}", statement.scope.kind, statement.started.for_people(), statement.closed.for_people()),
        format!("  {} deleted, {} kept", plural(statement.affected("delete"), "row"), plural(statement.kept_rows(), "row")),
        format!(
            "  in the log as entries {} and {}, proven up to its checkpoint",
            verified.certificate.log.opening.index, verified.certificate.log.closing.index
        ),
        format!("signed by {}", verified.key),
    ];
    if !expected {
        lines.push("compare this key with the one that the operator publishes, or give it with --key".to_owned());
    }
    lines.join("\n")
}
