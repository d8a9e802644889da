//! `exeunt log …`: the append-only record of what was done.

use std::path::PathBuf;

use clap::Subcommand;
use exeunt_model::certificate;
use exeunt_model::log::{Checkpoint, merkle};
use exeunt_model::moment::Moment;
use exeunt_store::Store;
use serde_json::json;

use crate::commands::plan::plural;
use crate::desk;
use crate::edge::{ExitCode, Failure, OrFail, Outcome};
use crate::output::Output;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Recompute the whole log, and hold its checkpoints and certificates against it
    Verify(VerifyArguments),
}

#[derive(Debug, clap::Args)]
pub struct VerifyArguments {
    /// The store
    #[arg(long, value_name = "FILE", env = "EXEUNT_STORE", default_value = "exeunt.db")]
    store: PathBuf,

    /// An older checkpoint, or a certificate: the log must be its continuation
    #[arg(long, value_name = "FILE")]
    since: Option<PathBuf>,
}

pub fn run(command: Command, output: &Output) -> Outcome {
    match command {
        Command::Verify(arguments) => verify(&arguments, output),
    }
}

fn verify(arguments: &VerifyArguments, output: &Output) -> Outcome {
    let path = &arguments.store;
    let opened = Store::open_existing(path, Moment::new(desk::now()));
    let store = opened.or_fail(ExitCode::InputOutput, || format!("open the store {}", path.display()))?.ok_or_else(|| {
        Failure::message(ExitCode::NotFound, format!("there is no store {}", path.display())).next("name it with --store")
    })?;
    let report = store.verify_log().or_fail(ExitCode::VerificationFailed, || "verify the log")?;
    let key = store.signing_key().id();
    let certificates = store
        .each_certificate(|run, bytes| match certificate::verify(bytes, Some(&key)) {
            Ok(_) => Ok(()),
            Err(_) => Err(exeunt_store::Error::Damaged { what: format!("the certificate of run {run} does not hold") }),
        })
        .or_fail(ExitCode::VerificationFailed, || "verify the certificates in the store")?;
    if let Some(since) = &arguments.since {
        continues(&store, since)?;
    }
    let unfinished = store.unfinished_runs().or_fail(ExitCode::InputOutput, || "look for unfinished runs")?;
    let checkpoint = report.checkpoint.as_ref().map(Checkpoint::as_str);
    let summary = json!({
        "entries": report.entries,
        "certificates": certificates,
        "unfinished": unfinished.iter().map(|run| json!({ "run": run.id, "state": run.state })).collect::<Vec<_>>(),
        "key": key,
        "verifier_key": store.log_key().verifier_key(),
        "checkpoint": checkpoint,
    });
    output.either(&summary, || {
        let mut lines = vec![format!(
            "the log holds: {}, {}",
            if report.entries == 1 { "1 entry".to_owned() } else { format!("{} entries", report.entries) },
            plural(certificates, "certificate")
        )];
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

/// Proves that the log continues an older checkpoint.
fn continues(store: &Store, path: &std::path::Path) -> Result<(), Failure> {
    let text = crate::project::read_text(path)?;
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
    merkle::verify_consistency(earlier, now.head(), &proof).or_fail(ExitCode::VerificationFailed, doing)
}
