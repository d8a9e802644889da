//! What the desk needs goes away for a while: the platform's database, the archive store, the mail server. Requests wait and finish.

use std::fs;
use std::time::{Duration, Instant};

use exeunt_testkit::smtp::MailServer;
use serde_json::{Value, json};

use super::world::{Keeps, Person, World};

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
    let made = world.command(&["account", "set", "operator@navigator.example", "--role", "operator"]).output().expect("run exeunt");
    assert!(made.status.success());
    let desk = world.serve();
    let admin = world.sign_in(&desk, &cast.admin);
    let operator = world.sign_in(&desk, "operator@navigator.example");

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
    wait_for_error(&operator, "send_mail", "cannot be reached");
    let shown: Value = admin.get(&format!("/api/v1/requests/{}", asked["id"].as_str().expect("an id"))).is(200).json();
    assert_eq!(shown["state"], "ready");
    world.mails = MailServer::start_on(port);
    world.mails.next(&cast.admin, "Ready|Bereit");
    desk.stop();
}

#[test]
fn a_hold_stops_an_erasure_and_lifting_it_plans_anew() {
    let world = World::new(Keeps::File);
    world.configure(0);
    let cast = world.cast();
    let made = world.command(&["account", "set", "operator@navigator.example", "--role", "operator"]).output().expect("run exeunt");
    assert!(made.status.success());
    let desk = world.serve();
    let admin = world.sign_in(&desk, &cast.admin);
    let operator = world.sign_in(&desk, "operator@navigator.example");
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
