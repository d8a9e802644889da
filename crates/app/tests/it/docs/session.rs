//! Runs the blocks of a page, in order, as a reader would: in one shell session and in one folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use exeunt_testkit::postgres::Server;

use super::page::{Block, Expected, blocks};
use super::{compare, updating};

/// Each block is a shell of its own that takes up the variables and the folder of the one before.
const SHELL: &str = r#"
. "$EXEUNT_DOCS_STATE/variables"
cd "$(cat "$EXEUNT_DOCS_STATE/folder")"
trap 'unset EXEUNT_DOCS_WITH $EXEUNT_DOCS_WITH; export -p >"$EXEUNT_DOCS_STATE/variables"; pwd >"$EXEUNT_DOCS_STATE/folder"' EXIT
set -e
"#;

/// What the text shows in place of the folder that the test works in.
const SHOWN_FOLDER: &str = "/home/ada/exeunt-tutorial";

/// Runs a page and compares its output. With `EXEUNT_DOCS=write` the page's output blocks are written anew instead.
///
/// # Panics
/// When a block ends with another code than the page says, or prints something else.
pub fn run(path: &Path) {
    let page = fs::read_to_string(path).unwrap_or_else(|error| panic!("read {}: {error}", path.display()));
    let blocks = blocks(&page);
    if blocks.is_empty() {
        return;
    }
    if page.contains("```python") {
        // Fails with what to do where the libraries that the page imports are not installed.
        exeunt_testkit::tools::python();
    }
    let session = Session::new();
    let mut wrong = Vec::new();
    let mut identities = compare::Identities::default();
    // A page that is written anew takes all of them from this one run.
    let mut outputs: Vec<(Expected, String)> = Vec::new();
    let mut broken = false;
    for block in blocks {
        match block {
            Block::Save { name, content, .. } => session.save(&name, &content),
            Block::Run { line, script, exit, with, want } => {
                let (code, got) = session.run(&script, with.as_ref());
                if code != exit {
                    wrong.push(format!("{}:{line}: ended with {code}, not {exit}\n{script}\n{got}", path.display()));
                    // What follows builds on this block.
                    broken = true;
                    break;
                }
                let Some(want) = want else { continue };
                let shown = compare::aligned(&want.text, &got);
                let problem = match &shown {
                    None => Some("prints something else"),
                    Some(shown) if !identities.agree(&want.text, shown) => Some("shows another key or digest than the page does elsewhere"),
                    Some(_) => None,
                };
                if let Some(problem) = problem {
                    wrong.push(format!("{}:{line}: {problem}\n--- the page\n{}--- the command\n{got}", path.display(), want.text));
                }
                outputs.push((want, shown.unwrap_or(got)));
            }
        }
    }
    if updating() && !broken && !wrong.is_empty() {
        fs::write(path, rewritten(&page, &outputs)).unwrap_or_else(|error| panic!("write {}: {error}", path.display()));
        return;
    }
    assert!(
        wrong.is_empty(),
        "{}\n\nIf the commands are right and the page is not: EXEUNT_DOCS=write cargo test -p exeunt --test it docs",
        wrong.join("\n\n")
    );
}

/// The page with new output in the places of the old.
fn rewritten(page: &str, outputs: &[(Expected, String)]) -> String {
    let mut lines: Vec<&str> = page.lines().collect();
    for (expected, got) in outputs.iter().rev() {
        lines.splice(expected.lines.clone(), got.trim_end().lines().map(str::trim_end));
    }
    lines.join("\n") + "\n"
}

struct Session {
    /// Work and state lie side by side, so that `ls` shows what a reader would see.
    root: tempfile::TempDir,
    work: PathBuf,
    path: String,
    server: &'static Server,
}

impl Session {
    fn new() -> Self {
        let root = tempfile::tempdir().expect("make a folder");
        let work = root.path().join("work");
        fs::create_dir(&work).expect("make a folder");
        let state = root.path().join("state");
        fs::create_dir(&state).expect("make a folder");
        fs::create_dir(root.path().join("home")).expect("make a folder");
        fs::write(state.join("variables"), "").expect("write the state");
        fs::write(state.join("folder"), format!("{}\n", work.display())).expect("write the state");
        let server = Server::shared();
        let folder = |program: &Path| program.parent().expect("a program lies in a folder").display().to_string();
        let exeunt = folder(Path::new(env!("CARGO_BIN_EXE_exeunt")));
        let inherited = std::env::var("PATH").unwrap_or_default();
        let python = super::repository("target/tools/python/bin");
        let path = format!("{exeunt}:{}:{}:{inherited}", folder(&server.program("psql")), python.display());
        Self { root, work, path, server }
    }

    fn save(&self, name: &str, content: &str) {
        let folder = fs::read_to_string(self.root.path().join("state/folder")).expect("read the state");
        fs::write(Path::new(folder.trim()).join(name), content).unwrap_or_else(|error| panic!("write {name}: {error}"));
    }

    /// The exit code, and what was printed on both streams in the order in which it came.
    fn run(&self, script: &str, with: Option<&(String, String)>) -> (i32, String) {
        let output = Command::new("/bin/sh")
            .arg("-c")
            .arg(format!("exec 2>&1\n{SHELL}{script}"))
            .current_dir(&self.work)
            .env_clear()
            .env("PATH", &self.path)
            .env("HOME", self.root.path().join("home"))
            .env("LANG", "C.UTF-8")
            .env("COLUMNS", "80")
            .env("EXEUNT_DOCS_STATE", self.root.path().join("state"))
            .env("PGHOST", "127.0.0.1")
            .env("PGPORT", self.server.port().to_string())
            .env("PGUSER", exeunt_testkit::postgres::USER)
            .env("PGPASSWORD", "tutorial")
            .envs(with.map(|(name, value)| (name, value)))
            .envs(with.map(|(name, _)| ("EXEUNT_DOCS_WITH", name)))
            .stdin(Stdio::null())
            .output()
            .expect("run /bin/sh");
        let text = String::from_utf8_lossy(&output.stdout).replace(&self.work.display().to_string(), SHOWN_FOLDER);
        (output.status.code().unwrap_or(-1), text)
    }
}
