//! Runs the real executable.

use std::path::Path;
use std::process::{Command, Stdio};

/// What a run left behind.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

/// Runs `exeunt` in a folder, with nobody at the keyboard.
pub fn exeunt(folder: &Path, arguments: &[&str]) -> Ran {
    exeunt_with(folder, arguments, &[])
}

/// Runs `exeunt` with these variables in its environment.
pub fn exeunt_with(folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Ran {
    let output = Command::new(env!("CARGO_BIN_EXE_exeunt"))
        .args(arguments)
        .current_dir(folder)
        .env("COLUMNS", "120")
        .env_remove("EXEUNT_STORE")
        .envs(environment.iter().copied())
        .stdin(Stdio::null())
        .output()
        .expect("run exeunt");
    Ran {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).expect("standard output is UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("standard error is UTF-8"),
    }
}

impl Ran {
    /// The run, if it ended with this code.
    #[track_caller]
    pub fn ends_with(self, code: i32) -> Self {
        assert_eq!(self.code, code, "\n--- standard output\n{}\n--- standard error\n{}", self.stdout, self.stderr);
        self
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}", self.stdout))
    }
}
