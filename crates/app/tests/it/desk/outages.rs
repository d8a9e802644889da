//! What the desk needs goes away for a while: the platform's database, the archive store, the mail server. Requests wait and finish.

use std::collections::BTreeSet;
use std::fs;
use std::time::{Duration, Instant};

use exeunt_testkit::postgres::{Database, Server};
use exeunt_testkit::smtp::MailServer;
use serde_json::{Value, json};

use super::kills::{self, Place};
use super::world::{Desk, Keeps, Person, World, eventually};

/// Waits until a job of this kind has stopped for this reason, as the operator sees it.
pub(super) fn wait_for_error(operator: &Person, kind: &str, reason: &str) {
    let begun = Instant::now();
    loop {
        let jobs = operator.get("/api/v1/jobs").is(200).json()["jobs"].clone();
        let mut of_kind = jobs.as_array().expect("jobs").iter().filter(|job| job["kind"] == kind);
        if of_kind.any(|job| job["error"].as_str().is_some_and(|error| error.contains(reason))) {
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "no {kind} has stopped for `{reason}`: {jobs}");
        std::thread::yield_now();
    }
}

#[test]
fn what_is_away_for_a_while_is_waited_for() {
    let mut world = World::new(Keeps::File);
    world.configure(24);
    let cast = world.cast();
    let desk = world.serve();
    let admin = world.sign_in(&desk, &cast.admin);
    let operator = world.operator(&desk);

    // Asked for while nobody works on the platform: the export of one's own seat, which needs nobody's approval.
    operator.put("/api/v1/lanes/platform", &json!({ "paused": true })).is(200);
    let me = admin.get("/api/v1/me").is(200).json();
    let own = me["roles"].as_array().expect("roles").iter().find(|role| role["seat"].is_string()).expect("a seat").clone();
    let wanted = json!({ "kind": "export", "scope": "seat", "contract": own["contract"], "seat": own["seat"] });
    let asked = admin.post("/api/v1/requests", &wanted).is(201).json();
    assert_eq!(asked["state"], "queued");

    // Everything goes away, and work goes on.
    let away = |name: &str| fs::rename(world.path(name), world.path(&format!("{name}.away"))).expect("take it away");
    away("navigator.db");
    away("archives");
    fs::write(world.path("archives"), "no folder").expect("put something in its way");
    let port = world.mails.port();
    world.mails = MailServer::start();
    operator.put("/api/v1/lanes/platform", &json!({ "paused": false })).is(200);
    wait_for_error(&operator, "export", "navigator.db");
    // Who signs in is not known without the platform's database; what needs none goes on.
    desk.send("GET", "/healthz", &[], None).is(200);
    admin.get("/api/v1/requests").is(503);

    fs::rename(world.path("navigator.db.away"), world.path("navigator.db")).expect("bring the database back");
    wait_for_error(&operator, "export", "archive store");
    fs::remove_file(world.path("archives")).expect("free the name");
    fs::rename(world.path("archives.away"), world.path("archives")).expect("bring the archive store back");
    wait_for_error(&operator, "send_mail", &format!("the mail server 127.0.0.1:{port} cannot be reached"));
    let shown: Value = admin.get(&format!("/api/v1/requests/{}", asked["id"].as_str().expect("an id"))).is(200).json();
    assert_eq!(shown["state"], "ready");
    world.mails = MailServer::start_on(port);
    world.mails.next(&cast.admin, "Ready|Bereit");
    desk.stop();
}

/// Takes a database away: whoever is connected is cut off, and nobody gets in.
fn cut_off(database: &Database<'_>) {
    let mut server = postgres::Client::connect(&Server::shared().url_of("postgres"), postgres::NoTls).expect("connect to the server");
    server.batch_execute(&format!("ALTER DATABASE {} ALLOW_CONNECTIONS false", database.name())).expect("close the database");
    let end = "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = $1";
    // One that ends by itself meanwhile is answered as one that was not ended: what counts is that nobody is left.
    eventually("nobody is connected", || server.query(end, &[&database.name()]).expect("cut off its connections").is_empty());
}

fn bring_back(database: &Database<'_>) {
    let mut server = postgres::Client::connect(&Server::shared().url_of("postgres"), postgres::NoTls).expect("connect to the server");
    server.batch_execute(&format!("ALTER DATABASE {} ALLOW_CONNECTIONS true", database.name())).expect("open the database");
}

/// Erasures and exports are under way when a database breaks off; when it is back they finish, with exactly the rows gone that were meant.
#[test]
fn a_database_that_breaks_off_in_the_middle_of_erasures_is_waited_for() {
    let platform = kills::platform();
    let world = World::with(Keeps::Postgres, MailServer::start());
    kills::configure(&world, &platform);
    let config = fs::read_to_string(world.path("workers.toml")).expect("read the configuration");
    fs::write(world.path("exeunt.toml"), config).expect("write the configuration");
    let before = kills::rows(&platform);
    let desk = Desk::start(&mut kills::command(&world, &platform, &["serve"]));
    let operator = world.operator(&desk);
    let admin = world.sign_in(&desk, "admin1@customer.example");
    operator.put("/api/v1/lanes/platform", &json!({ "paused": true })).is(200);
    let asked = kills::ask(&admin, 1);
    let mut store = world.store_client();
    let mut ended = |least: i64| {
        let begun = Instant::now();
        loop {
            let sql = "SELECT count(*) FROM exeunt.request WHERE state IN ('completed', 'ready')";
            let count: i64 = store.query_one(sql, &[]).expect("ask the store").get(0);
            if count >= least {
                return count;
            }
            assert!(begun.elapsed() < Duration::from_secs(300), "{count} of {least} requests have ended");
            std::thread::yield_now();
        }
    };
    operator.put("/api/v1/lanes/platform", &json!({ "paused": false })).is(200);
    let all = i64::try_from(asked.len()).expect("a number");
    assert!(ended(3) < all, "the desk was too fast to be of use");
    cut_off(&platform);
    let begun = Instant::now();
    while !operator.get("/api/v1/jobs").is(200).json()["jobs"].as_array().expect("jobs").iter().any(|job| job["error"].is_string()) {
        assert!(begun.elapsed() < Duration::from_secs(60), "no job has met the outage");
        std::thread::yield_now();
    }
    bring_back(&platform);
    ended(all);

    let erased: BTreeSet<usize> = asked.values().filter(|(_, kind)| *kind == "erasure").map(|(seat, _)| *seat).collect();
    let want: BTreeSet<String> =
        before.into_iter().filter(|row| !matches!(kills::place(row), Place::Seat(seat) if erased.contains(&seat))).collect();
    assert_eq!(kills::rows(&platform), want);
    let certificates: i64 = world
        .store_client()
        .query_one("SELECT count(*) FROM exeunt.certificate WHERE state = 'completed'", &[])
        .expect("ask the store")
        .get(0);
    assert_eq!(certificates, i64::try_from(erased.len()).expect("a number"));
    desk.stop();
}

#[test]
fn a_hold_stops_an_erasure_and_lifting_it_plans_anew() {
    let world = World::new(Keeps::File);
    world.configure(0);
    let cast = world.cast();
    let desk = world.serve();
    let admin = world.sign_in(&desk, &cast.admin);
    let operator = world.operator(&desk);
    let hold = json!({ "scope": "contract", "contract": cast.contract, "ground": "litigation", "review_days": 30 });
    let hold = operator.post("/api/v1/holds", &hold).is(201).json()["id"].as_str().expect("an id").to_owned();

    let counted = admin
        .post("/api/v1/previews", &json!({ "kind": "erasure", "scope": "seat", "contract": cast.contract, "seat": cast.seat }))
        .is(200)
        .json();
    let choices = counted["choices"].as_array().expect("a list").iter();
    let choices: serde_json::Map<String, Value> =
        choices.map(|choice| (choice["table"].as_str().expect("a table").to_owned(), json!("delete"))).collect();
    let wanted = json!({
        "kind": "erasure", "scope": "seat", "contract": cast.contract, "seat": cast.seat, "choices": choices, "confirmation": cast.holder,
    });
    let id = admin.post("/api/v1/requests", &wanted).is(201).json()["id"].as_str().expect("an id").to_owned();
    world.mails.next(&cast.admin, "hold|Angehalten");
    let shown = admin.get(&format!("/api/v1/requests/{id}")).is(200).json();
    assert_eq!(shown["state"], "on_hold");
    let seats =
        || -> i64 { world.platform().query_row("SELECT count(*) FROM seat WHERE id = ?1", [&cast.seat], |row| row.get(0)).expect("count") };
    assert_eq!(seats(), 1);

    operator.post(&format!("/api/v1/holds/{hold}/lift"), &json!({})).is(200);
    operator.post(&format!("/api/v1/holds/{hold}/lift"), &json!({})).is(409);
    world.mails.next(&cast.admin, "certificate|Zertifikat");
    assert_eq!(seats(), 0);
    desk.stop();
}
