//! `exeunt log …`: the append-only record of what was done.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use exeunt_model::certificate;
use exeunt_model::log::{Checkpoint, merkle};
use exeunt_store::{Location, Store};
use serde_json::json;

use crate::commands::plan::plural;
use crate::desk;
use crate::failure::{ExitCode, Failure, OrFail, Outcome};
use crate::output::{self, Output};
use crate::project::{folder_of, read_map};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Recompute the whole log, and hold its checkpoints and certificates against it
    Verify(VerifyArguments),
}

#[derive(Debug, clap::Args)]
pub struct VerifyArguments {
    /// The data map that the store lies beside; nothing else is read of it
    #[arg(long, value_name = "FILE")]
    map: Option<PathBuf>,

    /// The store [default: exeunt.db beside the map, or in this folder where no map is named]
    #[arg(long, value_name = "STORE", env = "EXEUNT_STORE", hide_env_values = true)]
    store: Option<Location>,

    /// A checkpoint or certificate that you have kept: prove that the log has only grown since
    #[arg(long, value_name = "FILE")]
    since: Option<PathBuf>,
}

pub fn run(command: Command, output: &Output) -> Outcome {
    match command {
        Command::Verify(arguments) => verify(&arguments, output),
    }
}

fn verify(arguments: &VerifyArguments, output: &Output) -> Outcome {
    let store = desk::open_existing_store(&location(arguments)?)?;
    let report = store.verify_log().or_fail(ExitCode::VerificationFailed, || "verify the log")?;
    let key = store.signing_key().id();
    let certificates = store
        .each_certificate(|run, bytes| match certificate::verify(bytes, Some(&key)) {
            Ok(_) => Ok(()),
            Err(_) => Err(exeunt_store::Error::Damaged { what: format!("the certificate of run {run} does not hold") }),
        })
        .or_fail(ExitCode::VerificationFailed, || "verify the certificates in the store")?;
    let since = arguments.since.as_deref().map(|path| continues(&store, path)).transpose()?;
    let unfinished = store.unfinished_runs().or_fail(ExitCode::InputOutput, || "look for unfinished runs")?;
    let checkpoint = report.checkpoint.as_ref().map(Checkpoint::as_str);
    let summary = json!({
        "entries": report.entries,
        "certificates": certificates,
        "unfinished": unfinished.iter().map(|run| json!({ "run": run.id, "state": run.state })).collect::<Vec<_>>(),
        "key": key,
        "verifier_key": store.log_key().verifier_key(),
        "checkpoint": checkpoint,
        "since": since,
    });
    output.either(&summary, || {
        let mut lines = vec![format!("the log holds: {}, {}", count(report.entries), plural(certificates, "certificate"))];
        if let (Some(entries), Some(path)) = (since, &arguments.since) {
            let grown = report.entries.saturating_sub(entries);
            let grown = if grown == 0 { "nothing was added since".to_owned() } else { format!("it has grown by {grown} since") };
            lines.push(format!("  it continues the log that {} knew, of {}: {grown}", path.display(), count(entries)));
        }
        for run in &unfinished {
            lines.push(format!("  run {} is {}: somebody must look (exeunt erase … --resume {})", run.id, run.state, run.id));
        }
        lines.push(format!("signed by {key}"));
        lines.push(format!("for witnesses: {}", store.log_key().verifier_key()));
        lines.extend(checkpoint.map(|note| format!("checkpoint:\n\n{}", note.trim_end())));
        lines.join("\n")
    })?;
    Ok(ExitCode::Done)
}

/// Where the store is: as said, beside the map, or here.
fn location(arguments: &VerifyArguments) -> Result<Location, Failure> {
    if let Some(location) = &arguments.store {
        return Ok(location.clone());
    }
    let Some(map) = &arguments.map else { return Ok(Path::new(desk::STORE).into()) };
    read_map(map)?;
    Ok(output::within(folder_of(map), desk::STORE).into())
}

fn count(entries: u64) -> String {
    if entries == 1 { "1 entry".to_owned() } else { format!("{entries} entries") }
}

/// Proves that the log continues an older checkpoint, and says how many entries that one had.
fn continues(store: &Store, path: &Path) -> Result<u64, Failure> {
    let text = crate::project::read_text(path)
        .map_err(|failure| failure.next("give a certificate, or a checkpoint that you have kept, as a file"))?;
    let doing = || format!("prove that the log continues {}", path.display());
    let note = match text.starts_with('{') {
        true => {
            let verified = certificate::verify(text.as_bytes(), None).or_fail(ExitCode::VerificationFailed, doing)?;
            verified.certificate.log.checkpoint
        }
        false => text,
    };
    let earlier = Checkpoint::parse(&note).or_fail(ExitCode::VerificationFailed, doing)?;
    let earlier = earlier.verify(&store.log_key().public_key()).or_fail(ExitCode::VerificationFailed, doing)?;
    let proof = store.consistency_with(earlier.size).or_fail(ExitCode::VerificationFailed, doing)?;
    let now = store.checkpoint().or_fail(ExitCode::InputOutput, doing)?;
    let now = now.ok_or_else(|| Failure::message(ExitCode::VerificationFailed, "the log is empty"))?;
    merkle::verify_consistency(earlier, now.head(), &proof).or_fail(ExitCode::VerificationFailed, doing)?;
    Ok(earlier.size)
}
