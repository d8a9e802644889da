//! The desk as those see it who run it: what it says, what it counts, how it bears slow clients, and how it stops.

mod check;
mod figures;
mod limits;
mod logs;
mod proxy;
mod stopping;

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::world::{World, listening};

/// How long a test waits for something on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A desk whose log goes into a file. Dropping it ends it.
struct Logged {
    child: Child,
    log: PathBuf,
    url: String,
}

impl Logged {
    /// Starts `exeunt serve` with these variables, and waits until it listens.
    fn start(world: &World, variables: &[(&str, &str)]) -> Self {
        Self::start_command(world.command(&["serve"]).envs(variables.iter().copied()), world.path("desk.log"))
    }

    fn start_command(command: &mut Command, log: PathBuf) -> Self {
        let file = fs::File::create(&log).expect("make the log");
        let child = command.stderr(file).stdout(Stdio::null()).spawn().expect("start the desk");
        let mut desk = Self { child, log, url: String::new() };
        desk.url = wait_for("the desk to listen", || desk.lines().iter().find_map(|line| listening(line)));
        desk
    }

    fn lines(&self) -> Vec<String> {
        let text = fs::read_to_string(&self.log).expect("read the log");
        // The last line may be half written.
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        whole.lines().map(str::to_owned).collect()
    }

    /// The records of the log.
    fn records(&self) -> Vec<Value> {
        self.lines().iter().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
    }

    fn port(&self) -> u16 {
        self.url.rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port")
    }

    fn signal(&self, name: &str) {
        let status = Command::new("kill").args([name, &self.child.id().to_string()]).status().expect("run kill");
        assert!(status.success());
    }

    /// Waits for its end, and returns its code and its records.
    fn ended(&mut self) -> (Option<i32>, Vec<Value>) {
        let status = wait_for("the desk to end", || self.child.try_wait().expect("look after the desk"));
        (status.code(), self.records())
    }
}

impl Drop for Logged {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("{}", fs::read_to_string(&self.log).unwrap_or_default());
        }
    }
}

/// Asks again and again until there is an answer.
fn wait_for<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = ask() {
            return found;
        }
        assert!(begun.elapsed() < PATIENCE, "waited in vain for {what}");
        std::thread::yield_now();
    }
}
