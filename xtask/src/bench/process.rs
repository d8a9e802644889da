//! Runs whole processes and takes their time, from before the start to after the end.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// Runs processes with their output in files, so that no reader of ours takes part in what is measured.
#[derive(Debug)]
pub struct Runner {
    folder: PathBuf,
}

/// A process that ended well.
#[derive(Debug)]
pub struct Ran {
    pub wall: Duration,
    /// Where its standard output lies, until the next run.
    pub stdout: PathBuf,
}

impl Ran {
    pub fn text(&self) -> Result<String> {
        std::fs::read_to_string(&self.stdout).with_context(|| format!("read {}", self.stdout.display()))
    }
}

impl Runner {
    /// Keeps the outputs in a folder.
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// Runs one process.
    pub fn run(&self, command: &mut Command) -> Result<Ran> {
        self.run_to(command, &[0])
    }

    /// Runs one process that may end with any of these codes.
    pub fn run_to(&self, command: &mut Command, codes: &[i32]) -> Result<Ran> {
        let (stdout, stderr) = (self.folder.join("stdout"), self.folder.join("stderr"));
        command.stdin(Stdio::null()).stdout(create(&stdout)?).stderr(create(&stderr)?);
        let started = Instant::now();
        let mut child = start(command)?;
        let status = child.wait().context("wait for a process")?;
        let wall = started.elapsed();
        if !status.code().is_some_and(|code| codes.contains(&code)) {
            bail!("{command:?} ended with {status}:\n{}", tail(&stderr));
        }
        Ok(Ran { wall, stdout })
    }

    /// Runs `first | second`.
    pub fn pipe(&self, first: &mut Command, second: &mut Command) -> Result<Ran> {
        let (stdout, stderr) = (self.folder.join("stdout"), self.folder.join("stderr"));
        let (first_stderr, second_stderr) = (create(&stderr)?, create(&self.folder.join("stderr.2"))?);
        let second_stdout = create(&stdout)?;
        let started = Instant::now();
        let mut left = start(first.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(first_stderr))?;
        let middle = left.stdout.take().context("take the pipe")?;
        let mut right = start(second.stdin(middle).stdout(second_stdout).stderr(second_stderr))?;
        // Our copy of the pipe's end goes, so that the left process is told when the right one gives up.
        second.stdin(Stdio::null());
        let statuses = [left.wait().context("wait for a process")?, right.wait().context("wait for a process")?];
        let wall = started.elapsed();
        if !statuses.iter().all(std::process::ExitStatus::success) {
            bail!("{first:?} | {second:?} ended with {statuses:?}:\n{}\n{}", tail(&stderr), tail(&self.folder.join("stderr.2")));
        }
        Ok(Ran { wall, stdout })
    }

    /// Runs a process and tells its peak memory in MiB.
    pub fn peak_mebibytes(&self, command: &Command) -> Result<f64> {
        let out = self.folder.join("peak");
        let mut measured = Command::new(std::env::current_exe().context("find this program")?);
        measured.arg("peak").arg(&out).arg("--").arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => measured.env(name, value),
                None => measured.env_remove(name),
            };
        }
        if let Some(folder) = command.get_current_dir() {
            measured.current_dir(folder);
        }
        self.run(&mut measured)?;
        let kibibytes: f64 = std::fs::read_to_string(&out).context("read the peak")?.trim().parse().context("read the peak")?;
        Ok(kibibytes / 1024.0)
    }
}

fn start(command: &mut Command) -> Result<Child> {
    command.spawn().with_context(|| format!("start {}", command.get_program().display()))
}

fn create(path: &Path) -> Result<File> {
    File::create(path).with_context(|| format!("create {}", path.display()))
}

/// The last lines of a process's errors.
fn tail(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}
