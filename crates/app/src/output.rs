//! Data goes to standard output, everything else to standard error.
//!
//! A reader that goes away (`exeunt … | head`) ends the printing, never the work: what was started is finished and its exit code is true.

use std::fmt::Display;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::failure::{ExitCode, Failure, OrFail};

#[derive(Debug)]
pub struct Output {
    json: bool,
    /// Data goes to standard error: something else is the data of this run.
    aside: bool,
}

impl Output {
    pub fn new(json: bool) -> Self {
        Self { json, aside: false }
    }

    /// For a command that shows others at work: their text is its own data, or goes aside when its data is JSON.
    pub fn on_standard_error_if(aside: bool) -> Self {
        Self { json: false, aside }
    }

    /// Whether data is to be printed as JSON (`--json`).
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// Prints lines of data on standard output.
    pub fn data(&self, text: impl Display) -> Result<(), Failure> {
        if self.aside {
            self.note(text);
            return Ok(());
        }
        let mut stream = anstream::stdout().lock();
        match writeln!(stream, "{text}").and_then(|()| stream.flush()) {
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
            result => result.or_fail(ExitCode::InputOutput, || "write to standard output"),
        }
    }

    /// Prints a value as indented JSON on standard output.
    pub fn json(&self, value: &impl Serialize) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(value).or_fail(ExitCode::Failed, || "write JSON")?;
        self.data(text)
    }

    /// Prints the value as JSON under `--json`, else the text that the function makes.
    pub fn either<D: Display>(&self, value: &impl Serialize, text: impl FnOnce() -> D) -> Result<(), Failure> {
        if self.json { self.json(value) } else { self.data(text()) }
    }

    /// Tells a person something on standard error.
    pub fn note(&self, text: impl Display) {
        note(text);
    }
}

/// Tells a person something on standard error.
pub fn note(text: impl Display) {
    if crate::logging::is_installed() {
        tracing::info!("{text}");
        return;
    }
    // Nothing can be done where standard error is closed, and the work matters more.
    let _ = writeln!(anstream::stderr().lock(), "{text}");
}

/// How many columns of text fit: what `COLUMNS` says, else the terminal's width, else 80.
pub fn width() -> u16 {
    let said = std::env::var("COLUMNS").ok().and_then(|text| text.trim().parse().ok());
    let width = said.or_else(|| terminal_size::terminal_size().map(|(width, _)| width.0));
    width.filter(|width| *width > 0).unwrap_or(80).max(40)
}

/// A file in a folder, by the path that a person would write: no `./` in front.
pub fn within(folder: &Path, name: impl AsRef<Path>) -> PathBuf {
    plain(&folder.join(name)).to_owned()
}

/// The path without a `./` in front.
pub fn plain(path: &Path) -> &Path {
    path.strip_prefix(".").ok().filter(|path| *path != Path::new("")).unwrap_or(path)
}

/// The word as a shell takes it.
pub fn shell_word(word: &str) -> String {
    let plain = |character: char| character.is_ascii_alphanumeric() || "-_./=:,@+".contains(character);
    if !word.is_empty() && word.chars().all(plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}
