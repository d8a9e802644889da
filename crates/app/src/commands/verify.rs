//! `exeunt verify`: checks a certificate or an archive from the file alone.

use std::path::{Path, PathBuf};

use exeunt_engine::archive::{self, Unlock, VerifyError};
use exeunt_model::archive::header::{LeftOut, LeftOutReason};
use exeunt_model::certificate::{self, Verified};
use exeunt_model::run::Ending;
use exeunt_model::signature::KeyId;
use serde_json::json;

use crate::commands::certificates;
use crate::commands::plan::{human_bytes, plural};
use crate::failure::{ExitCode, Failure, OrFail, Outcome};
use crate::output::{Output, shell_word};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The certificate (.json) or archive (.zip, .zip.age); of an archive in parts, any of them
    file: PathBuf,

    /// The key that it must be signed with, as the operator publishes it: key: and 32 hexadecimal digits
    #[arg(long, value_name = "KEY")]
    key: Option<KeyId>,

    /// The age identity file that opens an encrypted archive; a passphrase is read from EXEUNT_PASSPHRASE
    #[arg(long, value_name = "FILE")]
    identity: Option<PathBuf>,
}

pub fn run(arguments: &Arguments, output: &Output) -> Outcome {
    match kind(&arguments.file)? {
        Kind::Certificate => certificate(arguments, output),
        Kind::Archive => archive(arguments, None, output),
        Kind::EncryptedArchive => archive(arguments, Some(unlock(arguments)?), output),
        Kind::Plan => {
            Err(Failure::message(ExitCode::VerificationFailed, format!("{} is a plan: nobody has signed it", arguments.file.display()))
                .next(format!("see what it says: exeunt plan show {}", shell_word(&arguments.file.display().to_string())))
                .next("whether it still holds is found out by `exeunt erase` or `exeunt export` with --plan"))
        }
        Kind::Unknown => Err(Failure::message(
            ExitCode::VerificationFailed,
            format!("{} is neither a certificate nor an archive", arguments.file.display()),
        )
        .next("a certificate is the .json file that `exeunt erase` wrote, an archive the .zip or .zip.age that `exeunt export` wrote")),
    }
}

enum Kind {
    Certificate,
    Archive,
    EncryptedArchive,
    Plan,
    Unknown,
}

/// What a file is, by how it begins.
fn kind(path: &Path) -> Result<Kind, Failure> {
    use std::io::Read as _;
    let mut start = Vec::new();
    std::fs::File::open(path).and_then(|file| file.take(32).read_to_end(&mut start)).map_err(|error| not_read(path, error))?;
    Ok(match start.as_slice() {
        start @ [b'{', ..] if start.windows(11).any(|window| window == b"exeunt_plan") => Kind::Plan,
        [b'{', ..] => Kind::Certificate,
        [b'P', b'K', ..] => Kind::Archive,
        start if start.starts_with(b"age-encryption.org/") => Kind::EncryptedArchive,
        _ => Kind::Unknown,
    })
}

fn unlock(arguments: &Arguments) -> Result<Unlock, Failure> {
    if let Some(path) = &arguments.identity {
        let text = crate::project::read_text(path)
            .map_err(|failure| failure.next("give the file that `age-keygen` made, with the line AGE-SECRET-KEY-1…"))?;
        return Unlock::from_identity_file(&text).or_fail(ExitCode::Usage, || format!("read the identity file {}", path.display()));
    }
    let passphrase = std::env::var("EXEUNT_PASSPHRASE").ok().filter(|passphrase| !passphrase.is_empty());
    passphrase.map(|passphrase| Unlock::Passphrase(passphrase.into())).ok_or_else(|| {
        Failure::message(ExitCode::Usage, format!("{} is encrypted", arguments.file.display()))
            .next("give the identity file with --identity FILE, or the passphrase in EXEUNT_PASSPHRASE")
    })
}

fn archive(arguments: &Arguments, unlock: Option<Unlock>, output: &Output) -> Outcome {
    let path = &arguments.file;
    let report = archive::verify(path, arguments.key.as_ref(), unlock.as_ref()).map_err(|error| refused_archive(path, error))?;
    let missing: Vec<&LeftOut> = report.manifest.left_out.iter().filter(|left| left.reason == LeftOutReason::Missing).collect();
    let summary = json!({
        "archive": report.paths,
        "holds": true,
        "kind": report.manifest.subject.kind,
        "subject": report.manifest.subject.digest,
        "tables": report.tables,
        "rows": report.rows,
        "files": report.files,
        "missing": missing.iter().map(|left| json!({ "table": left.table, "note": left.note })).collect::<Vec<_>>(),
        "bytes": report.bytes,
        "plan": report.manifest.plan,
        "key": report.key,
        "key_expected": arguments.key.is_some(),
    });
    output.either(&summary, || describe_archive(&report, arguments.key.is_some()))?;
    Ok(ExitCode::Done)
}

/// What keeps the archive from being looked at is told apart from what is wrong with it.
fn refused_archive(path: &Path, error: VerifyError) -> Failure {
    match error {
        VerifyError::Decrypt { .. } => {
            Failure::message(ExitCode::VerificationFailed, format!("{} cannot be opened with this key or passphrase", path.display()))
                .next("check the passphrase in EXEUNT_PASSPHRASE, or the file given with --identity")
                .next("if it is the right one, the file was changed or cut off: fetch it again from whoever made it")
        }
        VerifyError::Read { path, source } => not_read(&path, source),
        VerifyError::LastPartMissing { .. } | VerifyError::PartMissing { .. } => {
            Failure::new(ExitCode::NotFound, error).next("put all parts of the archive into one folder, and give any of them")
        }
        VerifyError::Encrypted { .. } | VerifyError::Identity => Failure::new(ExitCode::Usage, error),
        VerifyError::NotSealed { .. }
        | VerifyError::Changed { .. }
        | VerifyError::Seal { .. }
        | VerifyError::Signature { .. }
        | VerifyError::Structure { .. }
        | VerifyError::Entry { .. }
        | VerifyError::Manifest { .. }
        | VerifyError::OtherPart { .. } => {
            let sentence = format!("the archive {} does not hold", path.display());
            Failure::new(ExitCode::VerificationFailed, anyhow::Error::new(error).context(sentence))
                .next("do not rely on it; fetch it again from whoever made it")
        }
    }
}

fn describe_archive(report: &archive::Report, expected: bool) -> String {
    let mut lines = vec![
        "the archive holds: every byte is as it was sealed".to_owned(),
        format!(
            "  one {}: {} in {} and {}, counted again ({} unpacked, the page and lists among them)",
            report.manifest.subject.kind,
            plural(report.rows, "row"),
            plural(report.tables, "table"),
            plural(report.files, "file"),
            human_bytes(report.bytes)
        ),
        format!("signed by {}", report.key),
    ];
    for left in report.manifest.left_out.iter().filter(|left| left.reason == LeftOutReason::Missing) {
        let table = left.table.as_ref().map_or_else(String::new, ToString::to_string);
        lines.insert(lines.len() - 1, format!("  not inside: {table}: {}", left.note.as_deref().unwrap_or("some files")));
    }
    lines.extend((!expected).then(|| COMPARE_KEY.to_owned()));
    lines.join("\n")
}

const COMPARE_KEY: &str = "compare this key with the one that the operator publishes, or give it with --key";

fn not_read(path: &Path, error: std::io::Error) -> Failure {
    let code = if error.kind() == std::io::ErrorKind::NotFound { ExitCode::NotFound } else { ExitCode::InputOutput };
    let next = match error.kind() {
        std::io::ErrorKind::NotFound => "check the path; give the certificate (.json) or the archive (.zip or .zip.age)",
        std::io::ErrorKind::IsADirectory => {
            "that is a folder: give the certificate (.json) or the archive itself (.zip or .zip.age), not unpacked"
        }
        _ => "check the rights of the file",
    };
    Failure::attempt(code, anyhow::Error::new(error).context(format!("read {}", path.display()))).next(next)
}

fn certificate(arguments: &Arguments, output: &Output) -> Outcome {
    let path = &arguments.file;
    let bytes = std::fs::read(path).map_err(|error| not_read(path, error))?;
    let verified = certificate::verify(&bytes, arguments.key.as_ref())
        .or_say(ExitCode::VerificationFailed, || format!("the certificate {} does not hold", path.display()))
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
        "changed": statement.changed_rows(),
        "kept": statement.kept_rows(),
        "files": statement.files.iter().map(|files| files.deleted).sum::<u64>(),
        "missing": statement.files.iter().map(|files| files.missing).sum::<u64>(),
        "key": verified.key,
        "key_expected": arguments.key.is_some(),
    });
    output.either(&summary, || describe(&verified, arguments.key.is_some()))?;
    Ok(ExitCode::Done)
}

fn describe(verified: &Verified, expected: bool) -> String {
    let statement = &verified.certificate.statement;
    let completed = format!("completed, {}", statement.completed());
    let state = match statement.state {
        Ending::Completed | Ending::CompletedWithRetained if statement.leaves_doubt() => {
            "completed as planned, with identifiers that a search found elsewhere, or with places that could not be searched"
        }
        Ending::Completed => completed.as_str(),
        Ending::CompletedWithRetained => "completed, with data that stays for stated reasons",
        Ending::PartlyFailed => "partly failed: this is no proof of erasure",
    };
    let mut lines = vec![
        format!("the certificate holds: {state}"),
        format!("  one {}, closed on {}", statement.scope.kind, statement.closed.for_people()),
        format!("  {}", certificates::done(statement)),
    ];
    lines.extend(certificates::missing_files(statement));
    lines.extend([
        format!(
            "  in the log as entries {} and {}, proven up to its checkpoint",
            verified.certificate.log.opening.index, verified.certificate.log.closing.index
        ),
        format!("signed by {}", verified.key),
    ]);
    if !expected {
        lines.push(COMPARE_KEY.to_owned());
    }
    lines.join("\n")
}
