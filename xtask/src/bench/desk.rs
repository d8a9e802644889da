//! A running desk on the sample platform, as the programs of a customer see it: over HTTP, on one connection kept open.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use exeunt_navigator::Layout;
use exeunt_testkit::smtp::MailServer;
use serde_json::{Value, json};
use ureq::Agent;

use super::platform::Platform;
use super::works::erase_seat::ordinary_seats;

/// Between two looks at a request that is waited for.
const LOOK: Duration = Duration::from_millis(3);
/// A request that takes so long has failed.
const LONGEST: Duration = Duration::from_secs(120);

/// How a desk is set up, beside its defaults.
#[derive(Debug, Clone)]
pub struct Setup<'a> {
    /// `exeunt.db`, or `postgres://…`
    pub store: &'a str,
    /// Threads of the server that work on the platform; `None` is the default.
    pub platform_threads: Option<u32>,
}

/// The desk, its workers and its mail server. Dropping it ends them.
pub struct Desk {
    processes: Vec<Child>,
    url: String,
    config: PathBuf,
    mails: MailServer,
}

/// A seat, and who asks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub seat: i64,
    pub email: String,
    pub contract: i64,
    pub admin: String,
}

/// Somebody who has signed in.
#[derive(Clone)]
pub struct Person {
    agent: Agent,
    url: String,
    cookie: String,
    csrf: String,
}

impl Desk {
    /// Starts a desk in a new folder, and waits until it listens.
    pub fn start(program: &Path, platform: &Platform, folder: &Path, setup: &Setup<'_>) -> Result<Self> {
        std::fs::create_dir_all(folder).with_context(|| format!("make {}", folder.display()))?;
        let mails = MailServer::start();
        let config = folder.join("exeunt.toml");
        std::fs::write(&config, configuration(platform, setup, mails.port())).context("write the configuration")?;
        let mut command = platform.command(program);
        command.args(["serve", "--config"]).arg(&config).current_dir(folder);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().context("start the desk")?;
        let mut lines = BufReader::new(child.stderr.take().context("take its messages")?).lines();
        let mut said = String::new();
        let url = loop {
            let Some(line) = lines.next().transpose().context("read what the desk says")? else { bail!("the desk ended:\n{said}") };
            if let Some((_, rest)) = line.split_once("listening on ") {
                break rest.split([' ', '"']).next().unwrap_or_default().to_owned();
            }
            said.push_str(&line);
            said.push('\n');
        };
        // Nobody reads what it says further; a full pipe would stop it.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        Ok(Self { processes: vec![child], url, config, mails })
    }

    /// Starts a worker process beside it.
    pub fn add_worker(&mut self, program: &Path, platform: &Platform) -> Result<()> {
        let mut command = platform.command(program);
        command.args(["worker", "--config"]).arg(self.config.with_file_name("worker.toml"));
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().context("start a worker")?;
        self.processes.push(child);
        Ok(())
    }

    /// Signs somebody in by the link of the mail.
    pub fn sign_in(&self, email: &str) -> Result<Person> {
        let agent: Agent = Agent::config_builder().http_status_as_error(false).timeout_global(Some(LONGEST)).build().into();
        let mut person = Person { agent, url: self.url.clone(), cookie: String::new(), csrf: String::new() };
        person.send("POST", "/api/v1/sign-in", Some(&json!({ "email": email })))?.expect(202)?;
        let mail = self.mails.next(email, "");
        let text = mail["text"].as_str().context("read the mail")?;
        let secret = text.split("secret=").nth(1).and_then(|rest| rest.split_whitespace().next()).context("find the link")?;
        let begun = person.send("POST", "/api/v1/session", Some(&json!({ "secret": secret })))?.expect(201)?;
        person.cookie = begun.cookie.clone().context("find the cookie")?;
        person.csrf = begun.json()?["csrf_token"].as_str().context("find the token")?.to_owned();
        Ok(person)
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        for process in &mut self.processes {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

fn configuration(platform: &Platform, setup: &Setup<'_>, mail_port: u16) -> String {
    let workers = setup.platform_threads.map(|threads| format!("[workers]\nplatform = {threads}\n")).unwrap_or_default();
    format!(
        r#"[desk]
map = {map:?}
public_url = "http://desk.example"
platform = "Navigator"

[store]
url = {store:?}

[server]
listen = "127.0.0.1:0"

{workers}
[mail]
server = "smtp+clear://127.0.0.1:{mail_port}"
from = "Exit desk <desk@navigator.example>"

# One person is enough, and nothing waits: what is measured is the desk, not its patience.
[requests.approvals]
colleagues_export_admins = 1
seat_erasure_admins = 1
seat_erasure_waiting_hours = 0

[limits]
sign_in_per_minute = 0
public_per_minute = 0
caller_per_minute = 0
costly_per_minute = 0
"#,
        map = platform.map().display().to_string(),
        store = setup.store,
    )
}

/// Writes the configuration of workers beside that of their server.
pub fn configure_workers(folder: &Path, platform_threads: u32) -> Result<()> {
    let server = std::fs::read_to_string(folder.join("exeunt.toml")).context("read the configuration")?;
    let workers = server.replace("[workers]\nplatform = 0\n", &format!("[workers]\nplatform = {platform_threads}\ndesk = 1\n"));
    std::fs::write(folder.join("worker.toml"), workers).context("write the configuration of workers")
}

/// A status and a body.
pub struct Answer {
    status: u16,
    cookie: Option<String>,
    body: Vec<u8>,
}

impl Answer {
    fn expect(self, status: u16) -> Result<Self> {
        match self.status == status {
            true => Ok(self),
            false => bail!("the desk answered {} where {status} was expected: {}", self.status, String::from_utf8_lossy(&self.body)),
        }
    }

    fn json(&self) -> Result<Value> {
        serde_json::from_slice(&self.body).context("read an answer of the desk")
    }
}

impl Person {
    fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Answer> {
        let mut request = ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.url));
        if !self.cookie.is_empty() {
            request = request.header("cookie", &self.cookie).header("x-csrf-token", &self.csrf);
        }
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        let body = body.map(|body| body.to_string().into_bytes()).unwrap_or_default();
        let mut answered = self.agent.run(request.body(body)?).with_context(|| format!("{method} {path}"))?;
        let cookie = answered.headers().get("set-cookie").and_then(|value| value.to_str().ok());
        let cookie = cookie.and_then(|value| value.split(';').next()).map(str::to_owned);
        let status = answered.status().as_u16();
        let mut bytes = Vec::new();
        answered.body_mut().as_reader().read_to_end(&mut bytes).context("read an answer of the desk")?;
        Ok(Answer { status, cookie, body: bytes })
    }

    /// Asks for something, and tells the request's id.
    pub fn submit(&self, wanted: &Value) -> Result<String> {
        let made = self.send("POST", "/api/v1/requests", Some(wanted))?.expect(201)?.json()?;
        Ok(made["id"].as_str().context("find the request's id")?.to_owned())
    }

    /// Waits until a request has come to an end that is one of these.
    pub fn wait(&self, id: &str, ends: &[&str]) -> Result<()> {
        let begun = Instant::now();
        loop {
            let shown = self.send("GET", &format!("/api/v1/requests/{id}"), None)?.expect(200)?.json()?;
            let state = shown["state"].as_str().context("find the request's state")?;
            if ends.contains(&state) {
                return Ok(());
            }
            if begun.elapsed() > LONGEST || matches!(state, "failed" | "rejected" | "cancelled" | "on_hold") {
                bail!("request {id} is {state} after {:?}: {shown}", begun.elapsed());
            }
            std::thread::sleep(LOOK);
        }
    }
}

/// The body that asks for the export of a seat.
pub fn export_of(place: &Place) -> Value {
    json!({ "kind": "export", "scope": "seat", "contract": place.contract.to_string(), "seat": place.seat.to_string() })
}

/// The body that asks for the erasure of a seat.
pub fn erasure_of(place: &Place) -> Value {
    let delete = ["app.lead_list", "app.account_list", "app.note", "app.presentation"].map(|table| (table.to_owned(), json!("delete")));
    let choices: serde_json::Map<String, Value> = delete.into_iter().collect();
    json!({
        "kind": "erasure", "scope": "seat", "contract": place.contract.to_string(), "seat": place.seat.to_string(),
        "choices": choices, "confirmation": place.email,
    })
}

/// Ordinary seats of running contracts that have an admin who holds another seat.
pub fn places(layout: &Layout) -> Vec<Place> {
    let ordinary: BTreeSet<i64> = ordinary_seats(layout).into_iter().collect();
    let running = layout.contracts.iter().filter(|contract| !contract.ended);
    running
        .flat_map(|contract| {
            let admin = layout.seats_of(contract).find(|seat| seat.permission == "admin" && seat.state == "active");
            let seats: Vec<_> = layout.seats_of(contract).filter(|seat| ordinary.contains(&seat.id)).collect();
            let places = admin.map(|admin| {
                seats.into_iter().map(move |seat| Place {
                    seat: seat.id,
                    email: seat.email,
                    contract: contract.id,
                    admin: admin.email.clone(),
                })
            });
            places.into_iter().flatten().collect::<Vec<_>>()
        })
        .collect()
}

/// Signs in the admins of these seats, each once.
pub fn admins(desk: &Desk, places: &[Place]) -> Result<BTreeMap<String, Person>> {
    let names: BTreeSet<&String> = places.iter().map(|place| &place.admin).collect();
    names.into_iter().map(|name| Ok((name.clone(), desk.sign_in(name)?))).collect()
}

/// The value below which this many percent of the values lie: the nearest rank; of none 0.
pub fn percentile(values: &[f64], percent: usize) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::percentile;

    #[test]
    fn percentiles_are_nearest_ranks() {
        let values: Vec<f64> = (1..=20).map(f64::from).collect();
        assert_eq!(percentile(&values, 50), 10.0);
        assert_eq!(percentile(&values, 95), 19.0);
        assert_eq!(percentile(&[7.0], 95), 7.0);
        assert_eq!(percentile(&[], 95), 0.0);
    }
}
