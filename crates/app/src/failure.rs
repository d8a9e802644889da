//! Why a command ends without its result: one sentence, the chain of causes, what to do next, and a documented exit code.

use std::fmt::Display;

use serde::Serialize;
use serde_json::Value;

/// The exit codes of every command. They are part of the command line's contract: scripts read them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum ExitCode {
    /// The work is done.
    Done = 0,
    /// A failure that has no code of its own.
    Failed = 1,
    /// The arguments make no sense, or a confirmation is missing.
    Usage = 2,
    /// The data map has errors, or it does not fit the databases.
    MapRefused = 3,
    /// A source cannot be reached, or refuses the login.
    SourceUnreachable = 4,
    /// The database has changed since the map was reviewed or the plan was made.
    CatalogDrift = 5,
    /// There is no such subject, table, row or file.
    NotFound = 6,
    /// The plan is for another database, map or subject, or the counts differ from it.
    PlanMismatch = 7,
    /// A file is no archive or certificate as it was signed, or rows or identifiers remain after an erasure, or a search for them could not be made.
    VerificationFailed = 8,
    /// The run stopped before its end and can be resumed, or somebody who was erased is back.
    Incomplete = 9,
    /// A file cannot be read or written: disk full, folder read-only, name taken, or it is another file.
    InputOutput = 10,
    /// The plan is refused: rows elsewhere would suffer, a choice is missing, a file is named in no plain form, or a search is asked for with nothing to search for.
    PlanRefused = 11,
    /// The run cannot go on before somebody decides: what is there now is not what was approved.
    Undecided = 12,
    /// Of a store of files, not one that the rows name is there.
    FilesMissing = 13,
    /// The store has another schema than this version of the program needs.
    StoreVersion = 14,
    /// The desk's configuration has errors, or what it names is not as the desk needs it.
    Configuration = 15,
    /// Stopped by Ctrl-C or a termination signal, with nothing half-done reported as done.
    Interrupted = 130,
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code as u8)
    }
}

/// Why a command ends without its result.
#[derive(Debug)]
pub struct Failure {
    pub code: ExitCode,
    /// The outermost message is a sentence, or completes "cannot …"; its sources are the chain of causes.
    pub error: anyhow::Error,
    /// Whether the outermost message completes "cannot …".
    attempt: bool,
    /// What the reader can do now, one step per line.
    pub next: Vec<String>,
    /// The findings behind the sentence, such as the errors of a map, as text and as JSON.
    pub details: Option<Box<(String, Value)>>,
}

impl Failure {
    pub fn new(code: ExitCode, error: impl Into<anyhow::Error>) -> Self {
        Self { code, error: error.into(), attempt: false, next: Vec::new(), details: None }
    }

    /// For an error whose message completes "cannot …", such as "read nope.yaml".
    pub fn attempt(code: ExitCode, error: impl Into<anyhow::Error>) -> Self {
        Self { attempt: true, ..Self::new(code, error) }
    }

    pub fn message(code: ExitCode, message: impl Display) -> Self {
        Self::new(code, anyhow::anyhow!("{message}"))
    }

    /// Adds findings that are printed before the sentence.
    pub fn details(mut self, text: impl Into<String>, json: &(impl Serialize + ?Sized)) -> Self {
        self.details = Some(Box::new((text.into(), serde_json::to_value(json).unwrap_or(Value::Null))));
        self
    }

    pub fn next(mut self, step: impl Display) -> Self {
        self.next.push(step.to_string());
        self
    }

    /// What was attempted when it failed: "export app.note".
    pub fn while_doing(mut self, doing: impl Display + Send + Sync + 'static) -> Self {
        self.error = self.error.context(doing.to_string());
        self.attempt = true;
        self
    }

    /// What happened, as a sentence: "stopped while erasing rows in app".
    pub fn told_as(mut self, sentence: impl Display + Send + Sync + 'static) -> Self {
        self.error = self.error.context(sentence.to_string());
        self.attempt = false;
        self
    }

    /// The failure in one sentence.
    pub fn sentence(&self) -> String {
        if self.attempt { format!("cannot {}", self.error) } else { self.error.to_string() }
    }
}

/// A failure that nobody gave a code has the code [`ExitCode::Failed`].
impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::new(ExitCode::Failed, error)
    }
}

/// What a command returns: most end with [`ExitCode::Done`]; a check that finds something ends with its own code and no failure,
/// since its findings were its result.
pub type Outcome = Result<ExitCode, Failure>;

/// Gives an error its context and exit code.
pub trait OrFail<T> {
    /// With what was attempted: `open(…).or_fail(ExitCode::SourceUnreachable, || format!("open {source}"))`.
    fn or_fail<D: Display + Send + Sync + 'static>(self, code: ExitCode, doing: impl FnOnce() -> D) -> Result<T, Failure>;

    /// With a whole sentence: `verify(…).or_say(ExitCode::VerificationFailed, || "the certificate does not hold")`.
    fn or_say<D: Display + Send + Sync + 'static>(self, code: ExitCode, sentence: impl FnOnce() -> D) -> Result<T, Failure>;
}

impl<T, E: Into<anyhow::Error>> OrFail<T> for Result<T, E> {
    fn or_fail<D: Display + Send + Sync + 'static>(self, code: ExitCode, doing: impl FnOnce() -> D) -> Result<T, Failure> {
        self.map_err(|error| Failure::attempt(code, error.into().context(doing())))
    }

    fn or_say<D: Display + Send + Sync + 'static>(self, code: ExitCode, sentence: impl FnOnce() -> D) -> Result<T, Failure> {
        self.map_err(|error| Failure::new(code, error.into().context(sentence())))
    }
}
