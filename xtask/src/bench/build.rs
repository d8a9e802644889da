//! The release binaries that are measured, and how long it takes to build ours from nothing.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// The folder of the workspace.
pub fn workspace() -> &'static Path {
    // This crate lies one folder below.
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}

/// Builds one executable of the workspace as users get it, and returns where it lies.
pub fn release(package: &str) -> Result<PathBuf> {
    let output = cargo()
        .args(["build", "--release", "--locked", "--package", package, "--bin", package, "--message-format=json-render-diagnostics"])
        .stderr(Stdio::inherit())
        .output()
        .context("run cargo build")?;
    if !output.status.success() {
        bail!("`cargo build --release --package {package}` ended with {}", output.status);
    }
    let found = String::from_utf8_lossy(&output.stdout).lines().find_map(|line| {
        let message: serde_json::Value = serde_json::from_str(line).ok()?;
        let is_ours = message["reason"] == "compiler-artifact" && message["target"]["name"] == package;
        is_ours.then(|| message["executable"].as_str().map(PathBuf::from)).flatten()
    });
    found.with_context(|| format!("cargo built {package} and names no executable"))
}

/// The time of `cargo build --release` into an empty folder, with default features and dependencies downloaded.
pub fn clean_release_time(folder: &Path) -> Result<Duration> {
    let fetched = cargo().args(["fetch", "--locked"]).stdout(Stdio::null()).status().context("run cargo fetch")?;
    if !fetched.success() {
        bail!("`cargo fetch` ended with {fetched}");
    }
    let started = Instant::now();
    let status = cargo()
        .args(["build", "--release", "--locked", "--target-dir"])
        .arg(folder)
        .stdout(Stdio::null())
        .status()
        .context("run cargo build")?;
    if !status.success() {
        bail!("`cargo build --release` ended with {status}");
    }
    Ok(started.elapsed())
}

fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(workspace());
    command
}
