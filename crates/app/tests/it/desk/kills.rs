//! Workers are killed again and again while they work: nothing is lost, nothing is done twice, nothing goes unreported.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use exeunt_testkit::postgres::{Database, Server};
use exeunt_testkit::smtp::MailServer;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::json;

use super::world::{Desk, Person, World};

const CONTRACTS: usize = 10;
/// Seats of a contract beside its admin's.
const SEATS: usize = 100;
/// Of those, so many are erased; the others are exported.
const ERASED: usize = 40;
const NOTES: usize = 5;
/// Contracts after those, which are asked for as a whole: every other one is erased, the rest exported.
const WHOLE: usize = 6;
const SEATS_OF_WHOLE: usize = 10;
/// Between two kills.
const LIVES: Duration = Duration::from_millis(700);

const SCHEMA: &str = "
    CREATE TABLE contract (id bigint PRIMARY KEY, name text NOT NULL, state text NOT NULL);
    CREATE TABLE seat (id bigint PRIMARY KEY, contract_id bigint NOT NULL REFERENCES contract, email text NOT NULL UNIQUE, role text NOT NULL, state text NOT NULL);
    CREATE TABLE memo (id bigint PRIMARY KEY, seat_id bigint NOT NULL REFERENCES seat, body text NOT NULL);
    CREATE INDEX ON seat (contract_id);
    CREATE INDEX ON memo (seat_id);
    CREATE INDEX ON seat (lower(email));";

const MAP: &str = r#"exeunt: 1
name: trial
sources:
  app: { kind: postgres, url: "${TRIAL_APP}" }
subjects:
  contract: { table: app.contract, key: id, label: name }
  seat: { table: app.seat, key: id, label: email, within: contract via contract_id }
directory:
  contract: { name: name, state: { column: state, active: [active], ended: [ended] } }
  seat:
    email: email
    role: { column: role, admin: [admin], holder: [user] }
    state: { column: state, active: [active], ended: [removed] }
categories:
  people: { label: People }
  memos: { label: Memos }
tables:
  app.contract: { category: people }
  app.seat: { category: people }
  app.memo: { category: memos, owner: seat }
"#;

pub(super) fn platform() -> Database<'static> {
    let database = Server::shared().database();
    let mut client = database.client();
    client.batch_execute(SCHEMA).expect("make the platform");
    let all = CONTRACTS + WHOLE;
    let fill = format!(
        "INSERT INTO contract SELECT c, 'Contract ' || c, 'active' FROM generate_series(1, {all}) AS c;
         INSERT INTO seat SELECT c * 1000, c, 'admin' || c || '@customer.example', 'admin', 'active' FROM generate_series(1, {all}) AS c;
         INSERT INTO seat SELECT c * 1000 + s, c, 'seat' || c || '.' || s || '@customer.example', 'user', 'active'
             FROM generate_series(1, {all}) AS c, generate_series(1, {SEATS}) AS s WHERE c <= {CONTRACTS} OR s <= {SEATS_OF_WHOLE};
         INSERT INTO memo SELECT s.id * 100 + n, s.id, 'memo ' || n || ' of ' || s.email FROM seat AS s, generate_series(1, {NOTES}) AS n;
         ANALYZE;"
    );
    client.batch_execute(&fill).expect("fill the platform");
    database
}

pub(super) fn configure(world: &World, platform: &Database<'_>) {
    let text = format!(
        r#"[desk]
map = "trial.map.yaml"
public_url = "http://desk.example"
platform = "Trial"

[store]
url = "{}"

[server]
listen = "127.0.0.1:0"

[workers]
platform = 2
desk = 1
platform_jobs = 6
contract_jobs = 4
lease_seconds = 2
poll_milliseconds = 50

[mail]
server = "smtp+clear://127.0.0.1:{}"
from = "Exit desk <desk@trial.example>"

[requests.approvals]
seat_erasure_waiting_hours = 0
contract_erasure_admins = 1
contract_erasure_waiting_hours = 0

# One admin asks for a hundred seats at once.
[limits]
public_per_minute = 0
sign_in_per_minute = 0
caller_per_minute = 0
costly_per_minute = 0
"#,
        world.store_url(),
        world.mails.port()
    );
    fs::write(world.path("workers.toml"), &text).expect("write the configuration");
    // The server itself takes no job.
    let text = text.replace("platform = 2", "platform = 0").replace("\ndesk = 1", "\ndesk = 0");
    fs::write(world.path("exeunt.toml"), text).expect("write the configuration");
    fs::write(world.path("trial.map.yaml"), MAP).expect("write the map");
    let accepted = command(world, platform, &["map", "accept", "--map", "trial.map.yaml", "--yes"]).output().expect("run exeunt");
    assert!(accepted.status.success(), "{}", String::from_utf8_lossy(&accepted.stderr));
}

pub(super) fn command(world: &World, platform: &Database<'_>, arguments: &[&str]) -> Command {
    let mut command = world.command(arguments);
    command.env("TRIAL_APP", platform.url());
    command
}

/// A worker, killed when the value is dropped.
struct Worker(Child);

impl Worker {
    fn start(world: &World, platform: &Database<'_>) -> Self {
        let mut command = command(world, platform, &["worker", "--config", "workers.toml"]);
        Self(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("start a worker"))
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // SIGKILL.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The requests of a contract's admin: which seat's, and what was asked.
pub(super) fn ask(admin: &Person, contract: usize) -> BTreeMap<String, (usize, &'static str)> {
    let mut asked = BTreeMap::new();
    for number in 1..=SEATS {
        let seat = contract * 1000 + number;
        let kind = if number <= ERASED { "erasure" } else { "export" };
        let wanted = json!({
            "kind": kind, "scope": "seat", "contract": contract.to_string(), "seat": seat.to_string(),
            "confirmation": format!("seat{contract}.{number}@customer.example"),
        });
        let made = admin.post("/api/v1/requests", &wanted).is(201).json();
        asked.insert(made["id"].as_str().expect("an id").to_owned(), (seat, kind));
    }
    asked
}

/// Whether a contract that is asked for as a whole is erased.
fn is_erased(contract: usize) -> bool {
    contract > CONTRACTS && contract % 2 == 1
}

/// The request of an admin for the whole contract.
fn ask_for_whole(admin: &Person, contract: usize) {
    let kind = if is_erased(contract) { "erasure" } else { "export" };
    let wanted = json!({
        "kind": kind, "scope": "contract", "contract": contract.to_string(), "confirmation": format!("Contract {contract}"),
    });
    admin.post("/api/v1/requests", &wanted).is(201);
}

pub(super) fn rows(platform: &Database<'_>) -> BTreeSet<String> {
    let mut client = platform.client();
    let sql = "SELECT 'seat ' || s::text FROM seat AS s UNION ALL SELECT 'memo ' || m::text FROM memo AS m UNION ALL SELECT 'contract ' || c::text FROM contract AS c";
    client.query(sql, &[]).expect("read the platform").iter().map(|row| row.get(0)).collect()
}

/// What a row belongs to.
pub(super) enum Place {
    Contract(usize),
    Seat(usize),
}

/// What a row, as [`rows`] tells it, belongs to.
pub(super) fn place(row: &str) -> Place {
    let fields: Vec<&str> = row.trim_end_matches(')').split(['(', ',']).collect();
    let id: usize = fields[1].parse().expect("a number");
    match fields[0] {
        "contract " => Place::Contract(id),
        "seat " => Place::Seat(id),
        "memo " => Place::Seat(id / 100),
        other => panic!("there is no table {other}"),
    }
}

#[test]
fn three_workers_that_are_killed_finish_a_thousand_requests() {
    let platform = platform();
    let world = World::with(super::world::Keeps::Postgres, MailServer::start());
    configure(&world, &platform);
    let before = rows(&platform);
    let desk = Desk::start(&mut command(&world, &platform, &["serve"]));
    let mut asked = BTreeMap::new();
    // One worker sends the links; then nobody works until everything is asked for.
    let sending = Worker::start(&world, &platform);
    let admins: Vec<Person> =
        (1..=CONTRACTS + WHOLE).map(|contract| world.sign_in(&desk, &format!("admin{contract}@customer.example"))).collect();
    drop(sending);
    for (contract, admin) in (1..).zip(&admins) {
        if contract > CONTRACTS {
            ask_for_whole(admin, contract);
        } else {
            asked.extend(ask(admin, contract));
        }
    }
    assert_eq!(asked.len(), CONTRACTS * SEATS);

    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(17);
    let mut workers: Vec<Worker> = (0..3).map(|_| Worker::start(&world, &platform)).collect();
    let mut store = world.store_client();
    let begun = Instant::now();
    let mut kills = 0;
    loop {
        let left: i64 = store
            .query_one("SELECT count(*) FROM exeunt.job WHERE kind <> 'expire_archive' AND state IN ('queued', 'running')", &[])
            .expect("ask the store")
            .get(0);
        if left == 0 {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(900), "{left} jobs are left after {kills} kills");
        std::thread::sleep(LIVES);
        let one = random.random_range(0..workers.len());
        // Dropping it kills it.
        workers[one] = Worker::start(&world, &platform);
        kills += 1;
    }
    drop(workers);
    assert!(kills > 3, "only {kills} kills: the workers were too fast to be of use");

    // Nothing lost: every request came to its end, and to a good one.
    let mut states: BTreeMap<(String, String), usize> = BTreeMap::new();
    for row in store.query("SELECT kind, state FROM exeunt.request", &[]).expect("read requests") {
        *states.entry((row.get(0), row.get(1))).or_default() += 1;
    }
    let erasures = CONTRACTS * ERASED + (CONTRACTS + 1..=CONTRACTS + WHOLE).filter(|contract| is_erased(*contract)).count();
    let exports = CONTRACTS * SEATS + WHOLE - erasures;
    let want = [(("erasure".to_owned(), "completed".to_owned()), erasures), (("export".to_owned(), "ready".to_owned()), exports)];
    assert_eq!(states, BTreeMap::from(want), "after {kills} kills");

    // Nothing too much and nothing too little: exactly the rows of the erased seats are gone.
    let erased: BTreeSet<usize> = asked.values().filter(|(_, kind)| *kind == "erasure").map(|(seat, _)| *seat).collect();
    let goes = |place: &Place| match place {
        Place::Contract(contract) => is_erased(*contract),
        Place::Seat(seat) => erased.contains(seat) || is_erased(seat / 1000),
    };
    let want: BTreeSet<String> = before.into_iter().filter(|row| !goes(&place(row))).collect();
    assert_eq!(rows(&platform), want);

    // Nothing twice: one completed certificate for each erasure, one archive for each export.
    let one = |sql: &str, client: &mut postgres::Client| -> i64 { client.query_one(sql, &[]).expect("ask the store").get(0) };
    assert_eq!(one("SELECT count(*) FROM exeunt.certificate WHERE state = 'completed'", &mut store), erasures as i64);
    // The seats of an erased contract, its admin's among them, are remembered each.
    let seats_gone = CONTRACTS * ERASED + (erasures - CONTRACTS * ERASED) * (SEATS_OF_WHOLE + 1);
    assert_eq!(one("SELECT count(DISTINCT subject) FROM exeunt.tombstone WHERE kind = 'seat'", &mut store), seats_gone as i64);
    assert_eq!(one("SELECT count(*) FROM exeunt.archive", &mut store), exports as i64);
    assert_eq!(one("SELECT count(*) FROM exeunt.erasure_personal", &mut store), 0);
    for row in store.query("SELECT object, bytes FROM exeunt.archive", &[]).expect("read archives") {
        let (object, bytes): (String, i64) = (row.get(0), row.get(1));
        let found = fs::metadata(world.path("archives").join(&object)).unwrap_or_else(|error| panic!("{object}: {error}"));
        assert_eq!(found.len(), bytes as u64);
    }

    // Nothing unreported: a mail for each, by its Message-ID; one that was sent twice has the same one.
    let mut told: BTreeSet<String> = BTreeSet::new();
    for mail in world.mails.all() {
        told.insert(mail["id"].as_str().expect("an id").to_owned());
    }
    let sent = one("SELECT count(*) FROM exeunt.mail WHERE sent IS NOT NULL AND template IN ('export_ready', 'erasure_ended')", &mut store);
    assert_eq!(sent, (erasures + exports) as i64);
    let ids = store.query("SELECT id FROM exeunt.mail WHERE template IN ('export_ready', 'erasure_ended')", &[]).expect("read mails");
    for row in ids {
        let id = format!("<{}@trial.example>", row.get::<_, String>(0));
        assert!(told.contains(&id), "mail {id} never came");
    }
    // What killed workers have left in the spool is swept by the next one.
    drop(Worker::start(&world, &platform));
    desk.stop();
    drop(Desk::start(&mut command(&world, &platform, &["serve"])));
    let spooled: Vec<_> =
        fs::read_dir(world.path("spool")).map(|entries| entries.map(|entry| entry.expect("an entry").path()).collect()).unwrap_or_default();
    assert_eq!(spooled, Vec::<std::path::PathBuf>::new());
    let log = world.command(&["log", "verify", "--store", &world.store_url()]).output().expect("run exeunt");
    assert!(log.status.success(), "{}", String::from_utf8_lossy(&log.stderr));
    println!("{kills} kills in {} s", begun.elapsed().as_secs());
}
