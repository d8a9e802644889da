//! A sample platform, a mail server, and the desk in front of them.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use exeunt_navigator::schema::Dialect;
use exeunt_navigator::{MAP, Options, Target, generate};
use exeunt_testkit::postgres::{Database, Server};
use exeunt_testkit::s3::{ACCESS_KEY, SECRET_KEY, TestBucket};
use exeunt_testkit::smtp::MailServer;
use rusqlite::Connection;
use serde_json::{Value, json};
use tempfile::TempDir;

/// Where the desk keeps its records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeps {
    File,
    Postgres,
}

/// A contract with two admins and a holder.
#[derive(Debug, Clone)]
pub struct Cast {
    pub contract: String,
    pub admin: String,
    pub second_admin: String,
    pub seat: String,
    pub holder: String,
    /// Who sees and decides nothing.
    pub sub_admin: String,
    /// Who holds another seat.
    pub colleague: String,
    /// Somebody of another contract.
    pub stranger: String,
}

pub struct World {
    pub folder: TempDir,
    store: Option<Database<'static>>,
    pub mails: MailServer,
    /// What the configuration says about `[archives]`.
    pub archives: String,
}

/// Who answers the cases of a contract.
pub const REPRESENTATIVE: &str = "representative@navigator.example";

impl World {
    /// Keeps archives in this bucket, reached at this address.
    pub fn keep_archives_in(&mut self, bucket: &TestBucket<'_>, endpoint: &str) {
        self.archives = format!(
            "store = \"s3://{}/desk\"\n[archives.s3]\nendpoint = \"{endpoint}\"\naccess_key_id = \"{ACCESS_KEY}\"\nsecret_access_key = \"{SECRET_KEY}\"\n",
            bucket.name()
        );
    }

    /// Changes something in the store beside the program, in words that both kinds know. Says how many rows it was.
    pub fn change(&self, sql: &str) -> u64 {
        match &self.store {
            Some(database) => database.client().execute(&sql.replace("UPDATE ", "UPDATE exeunt."), &[]).expect("change the store"),
            None => {
                let store = Connection::open(self.path("exeunt.db")).expect("open the store");
                store.busy_timeout(Duration::from_secs(30)).expect("wait for the store");
                store.execute(sql, []).expect("change the store") as u64
            }
        }
    }

    pub fn new(keeps: Keeps) -> Self {
        let folder = tempfile::tempdir().expect("make a folder");
        let path = folder.path();
        let map = MAP
            .replace("${NAVIGATOR_DATABASE:-sqlite:navigator.db}", "sqlite:navigator.db")
            .replace("${NAVIGATOR_FILES:-file:./files}", "file:./files");
        fs::write(path.join("navigator.map.yaml"), map).expect("write the map");
        fs::write(path.join("navigator.map.lock"), exeunt_navigator::lock(Dialect::Sqlite)).expect("write the lock");
        generate(&Options::default(), Target::Sqlite(&path.join("navigator.db")), &path.join("files"), &mut |_| {}).expect("make it");
        Self { folder, ..Self::with(keeps, MailServer::start()) }
    }

    /// No platform yet.
    pub fn with(keeps: Keeps, mails: MailServer) -> Self {
        let store = match keeps {
            Keeps::File => None,
            Keeps::Postgres => Some(Server::shared().database()),
        };
        let world = Self { folder: tempfile::tempdir().expect("make a folder"), store, mails, archives: String::new() };
        if keeps == Keeps::Postgres {
            let migrated = world.command(&["migrate", "--store", &world.store_url()]).output().expect("run exeunt");
            assert!(migrated.status.success(), "{}", String::from_utf8_lossy(&migrated.stderr));
        }
        world
    }

    /// A connection to the store, to look at it beside the program.
    pub fn store_client(&self) -> postgres::Client {
        self.store.as_ref().expect("a store on a server").client()
    }

    /// Does something to the store's rows beside the program.
    pub fn execute(&self, sql: &str) {
        match &self.store {
            Some(database) => database.client().batch_execute(&format!("SET search_path = exeunt; {sql}")).expect("change rows"),
            None => Connection::open(self.path("exeunt.db")).expect("open the store").execute_batch(sql).expect("change rows"),
        }
    }

    /// The first column of every row that the store answers.
    pub fn texts(&self, sql: &str) -> Vec<String> {
        match &self.store {
            Some(database) => {
                let mut client = database.client();
                client.batch_execute("SET search_path = exeunt").expect("choose the schema");
                client.query(sql, &[]).expect("ask the store").iter().map(|row| row.get(0)).collect()
            }
            None => {
                let store = Connection::open(self.path("exeunt.db")).expect("open the store");
                let mut statement = store.prepare(sql).expect("prepare");
                let rows = statement.query_map([], |row| row.get(0)).expect("ask the store");
                rows.collect::<Result<_, _>>().expect("read")
            }
        }
    }

    pub fn store_url(&self) -> String {
        self.store.as_ref().map_or_else(|| self.path("exeunt.db").display().to_string(), |database| database.url().to_owned())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_exeunt"));
        command.args(arguments).current_dir(self.folder.path()).env_remove("EXEUNT_STORE").env_remove("EXEUNT_FAILPOINT");
        command
    }

    /// Writes the configuration, with these hours from the approval of a seat's erasure to its start.
    pub fn configure(&self, waiting_hours: u32) {
        let text = format!(
            r#"[desk]
map = "navigator.map.yaml"
public_url = "http://desk.example"
platform = "Navigator"

[store]
url = "{}"

[server]
listen = "127.0.0.1:0"

[workers]
poll_milliseconds = 100

[archives]
{}
[mail]
server = "smtp+clear://127.0.0.1:{}"
from = "Exit desk <desk@navigator.example>"

[requests.approvals]
seat_erasure_waiting_hours = {waiting_hours}

# What tests ask comes from one address, and much of it at once.
[limits]
sign_in_per_minute = 100000
public_per_minute = 100000
wrong_secrets_per_minute = 100000
caller_per_minute = 100000
costly_per_minute = 100000
"#,
            self.store_url(),
            self.archives,
            self.mails.port()
        );
        fs::write(self.path("exeunt.toml"), text).expect("write the configuration");
    }

    pub fn platform(&self) -> Connection {
        Connection::open(self.path("navigator.db")).expect("open the platform's database")
    }

    /// People of the sample platform who fit.
    pub fn cast(&self) -> Cast {
        let platform = self.platform();
        let contract: i64 = platform
            .query_row(
                "SELECT c.id FROM contract AS c JOIN seat AS s ON s.contract_id = c.id
                 WHERE c.state = 'active' AND s.permission = 'admin' AND s.state = 'active'
                 GROUP BY c.id HAVING count(*) >= 2 ORDER BY c.id LIMIT 1",
                [],
                |row| row.get(0),
            )
            .expect("a contract with two admins");
        let seats = |permission: &str| -> Vec<(i64, String)> {
            let mut statement = platform
                .prepare("SELECT id, email FROM seat WHERE contract_id = ?1 AND permission = ?2 AND state = 'active' ORDER BY id")
                .expect("prepare");
            let rows = statement.query_map((contract, permission), |row| Ok((row.get(0)?, row.get(1)?))).expect("read seats");
            rows.collect::<Result<_, _>>().expect("read seats")
        };
        let (admins, users) = (seats("admin"), seats("user"));
        let sub_admin = match seats("reporting").first() {
            Some((_, email)) => email.clone(),
            // The smallest world has none here: one of the holders is made one.
            None => {
                let (seat, email) = users[3].clone();
                let changed = platform.execute("UPDATE seat SET permission = 'reporting' WHERE id = ?1", [seat]).expect("change a seat");
                assert_eq!(changed, 1);
                email
            }
        };
        let stranger: String = platform
            .query_row(
                "SELECT s.email FROM seat AS s JOIN contract AS c ON c.id = s.contract_id
                 WHERE s.contract_id <> ?1 AND s.permission = 'admin' AND s.state = 'active' AND c.state = 'active' ORDER BY s.id LIMIT 1",
                [contract],
                |row| row.get(0),
            )
            .expect("an admin of another contract");
        Cast {
            contract: contract.to_string(),
            admin: admins[0].1.clone(),
            second_admin: admins[1].1.clone(),
            seat: users[1].0.to_string(),
            holder: users[1].1.clone(),
            sub_admin,
            colleague: users[2].1.clone(),
            stranger,
        }
    }

    /// Starts the desk, and waits until it listens.
    pub fn serve(&self) -> Desk {
        Desk::start(&mut self.command(&["serve"]))
    }

    /// Nobody yet, at this desk.
    pub fn at(&self, desk: &Desk) -> Person {
        Person { url: desk.url.clone(), cookie: String::new(), csrf: String::new() }
    }

    /// Everything that the store holds: the bytes of its file, or the rows of its tables.
    pub fn store_bytes(&self) -> Vec<u8> {
        let Some(database) = &self.store else { return fs::read(self.path("exeunt.db")).expect("read the store") };
        let mut client = database.client();
        let tables = client.query("SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'exeunt'", &[]);
        let tables: Vec<String> = tables.expect("list tables").iter().map(|row| row.get(0)).collect();
        let rows = |table: &String| {
            let sql = format!("SELECT coalesce(string_agg(t::text, ' '), '') FROM exeunt.{table} AS t");
            client.query_one(&sql, &[]).expect("read a table").get::<_, String>(0).into_bytes()
        };
        tables.iter().flat_map(rows).collect()
    }

    /// Nobody yet, at the desk of this address.
    pub fn nobody_at(&self, url: &str) -> Person {
        Person { url: url.to_owned(), cookie: String::new(), csrf: String::new() }
    }

    /// Somebody who has signed in, at the desk of another address with the same store.
    pub fn again_at(&self, url: &str, person: &Person) -> Person {
        Person { url: url.to_owned(), cookie: person.cookie.clone(), csrf: person.csrf.clone() }
    }

    /// What people call a contract.
    pub fn contract_name(&self, contract: &str) -> String {
        let name = "SELECT name FROM contract WHERE id = ?1";
        self.platform().query_row(name, [contract], |row| row.get(0)).expect("the name of a contract")
    }

    /// The name of whoever holds a seat.
    pub fn seat_name(&self, seat: &str) -> String {
        let name = "SELECT first_name || ' ' || last_name FROM seat_assignment WHERE seat_id = ?1 ORDER BY id DESC LIMIT 1";
        self.platform().query_row(name, [seat], |row| row.get(0)).expect("the name of a seat's holder")
    }

    /// Gives somebody an account who runs the platform, and signs them in.
    pub fn operator(&self, desk: &Desk) -> Person {
        self.with_account(desk, "operator@navigator.example", &["--role", "operator"])
    }

    /// Gives [`REPRESENTATIVE`] an account, in charge of a contract, and signs them in.
    pub fn representative(&self, desk: &Desk, contract: &str) -> Person {
        self.with_account(desk, REPRESENTATIVE, &["--role", "representative", "--contract", contract])
    }

    fn with_account(&self, desk: &Desk, email: &str, role: &[&str]) -> Person {
        let store = self.store_url();
        let made = self.command(&[&["account", "set", email, "--store", &store], role].concat()).output().expect("run exeunt");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        self.sign_in(desk, email)
    }

    /// Signs somebody in by the link of the mail.
    pub fn sign_in(&self, desk: &Desk, email: &str) -> Person {
        self.sign_in_at(&desk.url, email)
    }

    /// Signs somebody in at the desk of this address.
    pub fn sign_in_at(&self, url: &str, email: &str) -> Person {
        let asked = send(url, "POST", "/api/v1/sign-in", &[], Some(&json!({ "email": email })));
        assert_eq!(asked.status, 202);
        let mail = self.mails.next(email, "Sign in|Anmelden");
        let text = mail["text"].as_str().expect("a text");
        let secret = text.split("secret=").nth(1).expect("a link").split_whitespace().next().expect("a secret").to_owned();
        let begun = send(url, "POST", "/api/v1/session", &[], Some(&json!({ "secret": secret })));
        assert_eq!(begun.status, 201, "{}", begun.text());
        let cookie = begun.header("set-cookie").expect("a cookie");
        let cookie = cookie.split(';').next().expect("a cookie").to_owned();
        let csrf = begun.json()["csrf_token"].as_str().expect("a token").to_owned();
        Person { url: url.to_owned(), cookie, csrf }
    }
}

/// The running desk. Dropping it ends it.
pub struct Desk {
    child: Child,
    pub url: String,
    pub said: Receiver<String>,
}

impl Desk {
    /// Starts the desk, and waits until it listens.
    pub fn start(command: &mut Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().expect("start the desk");
        let mut lines = BufReader::new(child.stderr.take().expect("its messages")).lines();
        let mut said = Vec::new();
        let url = loop {
            let line = lines.next().unwrap_or_else(|| panic!("the desk ended: {said:#?}")).expect("read a line");
            if let Some(url) = listening(&line) {
                break url;
            }
            said.push(line);
        };
        let (send, rest) = channel();
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let _ = send.send(line);
            }
        });
        Self { child, url, said: rest }
    }

    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<&Value>) -> Answer {
        send(&self.url, method, path, headers, body)
    }

    /// Ends it at once, as a machine does that loses its power.
    pub fn kill(mut self) {
        self.child.kill().expect("kill the desk");
        self.child.wait().expect("wait for its end");
    }

    /// Asks it to stop, and waits for its end.
    pub fn stop(mut self) {
        let stopped = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().expect("run kill");
        assert!(stopped.success());
        let status = self.child.wait().expect("wait for the desk");
        let said: Vec<String> = self.said.try_iter().collect();
        assert!(status.success(), "{status}: {said:#?}");
    }
}

/// The address that the desk says it listens on, in a line of its log.
pub fn listening(line: &str) -> Option<String> {
    let record: Value = serde_json::from_str(line).ok()?;
    record["message"].as_str()?.strip_prefix("listening on ").map(str::to_owned)
}

impl Drop for Desk {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            for line in self.said.iter() {
                eprintln!("desk: {line}");
            }
        }
    }
}

/// Waits for what happens without anybody being told, by looking again and again.
#[track_caller]
pub fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(90), "it did not come about that {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// The request, once its state is one that begins so.
#[track_caller]
pub fn reaches(person: &Person, id: &str, wanted: &str) -> Value {
    let begun = Instant::now();
    loop {
        let shown = person.get(&format!("/api/v1/requests/{id}")).is(200).json();
        if shown["state"].as_str().is_some_and(|state| state.starts_with(wanted)) {
            return shown;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{shown}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// The request for a seat's erasure, in which whatever can be chosen is deleted.
pub fn erasure(person: &Person, contract: &str, seat: &str, name: &str) -> Value {
    let wanted = json!({ "kind": "erasure", "scope": "seat", "contract": contract, "seat": seat });
    let counted = person.post("/api/v1/previews", &wanted).is(200).json();
    let choices = counted["choices"].as_array().expect("a list").iter();
    let choices = Value::Object(choices.map(|choice| (choice["table"].as_str().expect("a table").to_owned(), json!("delete"))).collect());
    json!({ "kind": "erasure", "scope": "seat", "contract": contract, "seat": seat, "choices": choices, "confirmation": name })
}

/// Somebody who has signed in.
pub struct Person {
    pub url: String,
    pub cookie: String,
    pub csrf: String,
}

impl Person {
    pub fn get(&self, path: &str) -> Answer {
        send(&self.url, "GET", path, &[("cookie", &self.cookie)], None)
    }

    pub fn get_with(&self, path: &str, header: (&str, &str)) -> Answer {
        send(&self.url, "GET", path, &[("cookie", &self.cookie), header], None)
    }

    /// Sends bytes as they are.
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
        let own = [("cookie", self.cookie.as_str()), ("x-csrf-token", self.csrf.as_str())];
        send_bytes(&format!("{}{path}", self.url), method, &[&own[..], headers].concat(), body)
    }

    /// Asks whatever, and takes every answer.
    pub fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        send(&self.url, method, path, &[("cookie", &self.cookie), ("x-csrf-token", &self.csrf)], body)
    }

    pub fn delete(&self, path: &str) -> Answer {
        send(&self.url, "DELETE", path, &[("cookie", &self.cookie), ("x-csrf-token", &self.csrf)], None)
    }

    pub fn put_with(&self, path: &str, body: &Value, header: (&str, &str)) -> Answer {
        send(&self.url, "PUT", path, &[("cookie", &self.cookie), ("x-csrf-token", &self.csrf), header], Some(body))
    }

    pub fn put(&self, path: &str, body: &Value) -> Answer {
        send(&self.url, "PUT", path, &[("cookie", &self.cookie), ("x-csrf-token", &self.csrf)], Some(body))
    }

    pub fn post(&self, path: &str, body: &Value) -> Answer {
        send(&self.url, "POST", path, &[("cookie", &self.cookie), ("x-csrf-token", &self.csrf)], Some(body))
    }
}

/// What the desk answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub fn headers<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    #[track_caller]
    pub fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text());
        self
    }
}

/// Asks for an address, as anybody.
pub fn get(address: &str) -> Answer {
    send(address, "GET", "", &[], None)
}

fn send(url: &str, method: &str, path: &str, headers: &[(&str, &str)], body: Option<&Value>) -> Answer {
    match body {
        Some(body) => {
            let headers = [&[("content-type", "application/json")], headers].concat();
            send_bytes(&format!("{url}{path}"), method, &headers, body.to_string().into_bytes())
        }
        None => send_bytes(&format!("{url}{path}"), method, headers, Vec::new()),
    }
}

/// Sends whatever to wherever.
pub fn send_bytes(url: &str, method: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(60)))
        .max_redirects(0)
        .build()
        .into();
    let mut request = ureq::http::Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    // Two answers that tell the same are then the same to the last byte.
    if !headers.iter().any(|(name, _)| *name == "x-request-id") {
        request = request.header("x-request-id", "sent-by-a-test");
    }
    let answered = agent.run(request.body(body).expect("a request"));
    let mut answered = answered.unwrap_or_else(|error| panic!("{method} {url}: {error}"));
    let named = |(name, value): (&ureq::http::HeaderName, &ureq::http::HeaderValue)| {
        (name.as_str().to_owned(), value.to_str().unwrap_or_default().to_owned())
    };
    let headers = answered.headers().iter().map(named).collect();
    let status = answered.status().as_u16();
    let mut bytes = Vec::new();
    answered.body_mut().as_reader().read_to_end(&mut bytes).expect("read the answer");
    Answer { status, headers, body: bytes }
}
