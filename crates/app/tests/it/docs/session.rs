//! Runs the blocks of a page, in order, as a reader would: in one shell session and in one folder.

use std::fs;
use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use exeunt_testkit::postgres::Server;
use exeunt_testkit::smtp::MailServer;

use super::page::{Block, Expected, Run, blocks};
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

/// Where a page has its desk and its mail server. Both are put at free ports while the page runs.
const DESK: &str = "127.0.0.1:8080";
const MAIL: &str = "127.0.0.1:2525";

/// How long a page waits for what it has started.
const PATIENCE: Duration = Duration::from_secs(60);

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
    let mut session = Session::new(&page);
    let mut wrong = Vec::new();
    let mut identities = compare::Identities::default();
    // A page that is written anew takes all of them from this one run.
    let mut outputs: Vec<(Expected, String)> = Vec::new();
    let mut broken = false;
    for block in blocks {
        match block {
            Block::Save { name, content, .. } => session.save(&name, &content),
            Block::Run(Run { script, background: true, .. }) => session.start(&script),
            Block::Run(Run { line, script, exit, with, mail, want, .. }) => {
                if let Some((to, word)) = &mail {
                    session.receive(to, word);
                }
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
    mails: Option<MailServer>,
    /// What the page writes, and what stands for it here.
    addresses: Vec<(&'static str, String)>,
    running: Vec<Child>,
}

impl Session {
    fn new(page: &str) -> Self {
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
        let mails = page.contains(MAIL).then(MailServer::start);
        let mut addresses = Vec::new();
        if let Some(mails) = &mails {
            addresses.push((MAIL, format!("127.0.0.1:{}", mails.port())));
        }
        if page.contains(DESK) {
            let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("find a free port");
            addresses.push((DESK, free.to_string()));
        }
        Self { root, work, path, server, mails, addresses, running: Vec::new() }
    }

    /// The folder that the page is in just now.
    fn folder(&self) -> PathBuf {
        let folder = fs::read_to_string(self.root.path().join("state/folder")).expect("read the state");
        folder.trim().into()
    }

    fn save(&self, name: &str, content: &str) {
        fs::write(self.folder().join(name), self.put_in(content)).unwrap_or_else(|error| panic!("write {name}: {error}"));
    }

    /// The text with the addresses of this run.
    fn put_in(&self, text: &str) -> String {
        self.addresses.iter().fold(text.to_owned(), |text, (shown, real)| text.replace(shown, real))
    }

    /// The text with the addresses of the page.
    fn shown(&self, text: &str) -> String {
        self.addresses.iter().fold(text.to_owned(), |text, (shown, real)| text.replace(real, shown))
    }

    /// Starts a script that goes on beside the page, and waits until it listens. What was started before is stopped.
    fn start(&mut self, script: &str) {
        self.stop();
        let log = self.root.path().join("state/background");
        let file = fs::File::create(&log).expect("make a log");
        let mut command = self.shell(script, None);
        // A group of its own, so that the shell and what it runs end together.
        let child = command.process_group(0).stdout(file).spawn().expect("run /bin/sh");
        self.running.push(child);
        let begun = Instant::now();
        while !fs::read_to_string(&log).expect("read the log").contains("listening on ") {
            let ended = self.running.last_mut().and_then(|child| child.try_wait().ok().flatten());
            assert!(
                ended.is_none() && begun.elapsed() < PATIENCE,
                "{script} does not listen: {}",
                fs::read_to_string(&log).expect("read the log")
            );
            std::thread::yield_now();
        }
    }

    fn stop(&mut self) {
        for mut child in self.running.drain(..) {
            // The group has the shell's number. What has ended already needs no signal.
            let _ = Command::new("kill").args(["-TERM", "--", &format!("-{}", child.id())]).stderr(Stdio::null()).status();
            let _ = child.wait();
        }
    }

    /// Waits for a mail and saves it as a reader would.
    fn receive(&self, to: &str, word: &str) {
        let mails = self.mails.as_ref().unwrap_or_else(|| panic!("a page with mails has its mail server at {MAIL}"));
        let mail = mails.next(to, word);
        let folder = self.folder();
        fs::write(folder.join("mail.txt"), mail["text"].as_str().expect("a text")).expect("save a mail");
        for file in mail["files"].as_array().expect("files") {
            let bytes = base64::engine::general_purpose::STANDARD.decode(file["bytes"].as_str().expect("bytes")).expect("base64");
            fs::write(folder.join(file["name"].as_str().expect("a name")), bytes).expect("save a file of a mail");
        }
    }

    /// The exit code, and what was printed on both streams in the order in which it came.
    fn run(&self, script: &str, with: Option<&(String, String)>) -> (i32, String) {
        let output = self.shell(script, with).output().expect("run /bin/sh");
        let text = self.shown(&String::from_utf8_lossy(&output.stdout)).replace(&self.work.display().to_string(), SHOWN_FOLDER);
        (output.status.code().unwrap_or(-1), text)
    }

    fn shell(&self, script: &str, with: Option<&(String, String)>) -> Command {
        let mut command = Command::new("/bin/sh");
        command
            .arg("-c")
            .arg(format!("exec 2>&1\n{SHELL}{}", self.put_in(script)))
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
            .stdin(Stdio::null());
        command
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.stop();
    }
}
