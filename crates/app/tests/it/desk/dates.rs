//! By when requests are answered, more time, reminders, and what is chosen for a contract.

use exeunt_engine::desk::{self, CaseStep, Error, Handling};
use exeunt_model::due::Refusal;
use exeunt_model::identity::Role;
use exeunt_model::job::{JobKind, JobState, Lane};
use exeunt_model::request::Kind;
use exeunt_model::request::reason::Rejection;
use exeunt_store::desk::{Limits, Share};
use serde_json::{Value, json};

use super::inside::{Inside, at};
use super::world::{Keeps, World};

/// The mails of these templates that were put into the outbox: template and address, in order.
fn mails(world: &World, templates: &str) -> Vec<String> {
    let mut mails = world.texts(&format!(
        "SELECT m.template || ' to ' || p.email FROM mail AS m JOIN principal AS p ON p.id = m.recipient
         WHERE m.template IN ({templates}) ORDER BY m.created, p.email"
    ));
    mails.sort();
    mails
}

const REMINDERS: &str = "'due_soon', 'overdue'";

fn reminders(keeps: Keeps) {
    let world = World::new(keeps);
    let cast = world.cast();
    let mut inside = Inside::new(&world);
    inside.set("2026-12-01T09:00:00Z");
    let operator = inside.account("operator@navigator.example", Role::Operator, &[]);
    inside.account("representative@navigator.example", Role::Representative, &[&cast.contract]);
    let admin = inside.actor(&cast.admin, Role::Admin);
    let wanted = inside.submission(Kind::Export, &cast.contract, Some(&cast.seat));
    let request = inside.submit(&admin, &wanted);
    assert_eq!((request.state.as_str(), request.due), ("awaiting_approval", at("2027-01-01T09:00:00Z")));
    inside.work();
    let receipt = world.mails.next(&cast.admin, "Received");
    assert!(receipt["text"].as_str().expect("a text").contains("1 January 2027, 09:00 UTC"), "{receipt}");

    // A week before, to those who can decide, and not to whoever asked.
    inside.set("2026-12-25T08:59:59Z");
    inside.work();
    assert_eq!(mails(&world, REMINDERS), Vec::<String>::new());
    inside.set("2026-12-25T09:00:00Z");
    inside.work();
    let week = mails(&world, REMINDERS);
    let admins = world.texts("SELECT p.email FROM mail AS m JOIN principal AS p ON p.id = m.recipient WHERE m.template = 'approval_asked'");
    assert_eq!(week.len(), admins.len(), "{week:?}");
    assert!(admins.iter().all(|address| week.contains(&format!("due_soon to {address}"))), "{week:?}");
    assert!(!week.contains(&format!("due_soon to {}", cast.admin)) && week.contains(&format!("due_soon to {}", cast.second_admin)));
    assert!(week.contains(&"due_soon to representative@navigator.example".to_owned()));

    // Once more at the same time, and by a worker that is lost in the middle: nothing is sent twice.
    let again = |inside: &mut Inside| {
        let now = (inside.work.clock)();
        inside
            .store
            .transact("look again", |transaction| transaction.reschedule(JobKind::Remind, request.id.as_str(), now))
            .expect("reschedule")
    };
    assert!(again(&mut inside));
    inside.work();
    assert_eq!(mails(&world, REMINDERS), week);
    assert!(again(&mut inside));
    let now = (inside.work.clock)();
    let limits = Limits { running: 8, per_contract: 8 };
    let taken =
        inside.store.transact("lose a worker", |transaction| transaction.claim((Lane::Desk, Share::Others), "lost", now, now, limits));
    assert_eq!(taken.expect("claim").expect("a job").kind, JobKind::Remind);
    inside.work();
    assert_eq!(mails(&world, REMINDERS), week);

    // More time, once, with a reason that whoever asked is told: the reminders move with it.
    let extended = inside.with(|store, context, _| desk::extend(store, context, &operator, &request.id, "many tables")).expect("extend");
    assert_eq!(extended.due, at("2027-03-01T09:00:00Z"));
    let twice = inside.with(|store, context, _| desk::extend(store, context, &operator, &request.id, "many tables"));
    assert!(matches!(twice, Err(Error::Extension(Refusal::ToldBefore { .. }))), "{twice:?}");
    inside.set("2027-01-01T09:00:00Z");
    inside.work();
    assert_eq!(mails(&world, REMINDERS), week);
    let told = world.mails.next(&cast.admin, "longer");
    assert!(told["text"].as_str().expect("a text").contains("many tables"), "{told}");

    // On hold it is the platform's people who can move it; the date goes on.
    inside
        .with(|store, context, directory| desk::handle(store, context, directory, &operator, &request.id, Handling::Suspend, None))
        .expect("suspend");
    inside.set("2027-02-27T12:00:00Z");
    inside.work();
    let mut want = week.clone();
    want.push("due_soon to representative@navigator.example".to_owned());
    want.sort();
    assert_eq!(mails(&world, REMINDERS), want, "of two reminders that were missed the later one");
    inside.set("2027-03-01T09:00:00Z");
    inside.work();
    let overdue = || mails(&world, "'overdue'");
    assert_eq!(overdue(), ["overdue to operator@navigator.example", "overdue to representative@navigator.example"]);
    inside.set("2027-03-08T08:59:59Z");
    inside.work();
    assert_eq!(overdue().len(), 2);
    inside.set("2027-03-08T09:00:00Z");
    inside.work();
    assert_eq!(overdue().len(), 4, "each week again");

    // An answer ends it.
    let reject = Handling::Reject(Rejection::Unfounded);
    inside.with(|store, context, directory| desk::handle(store, context, directory, &operator, &request.id, reject, None)).expect("reject");
    inside.set("2027-06-01T09:00:00Z");
    inside.work();
    assert_eq!(overdue().len(), 4);
    let job = inside.store.look("look for the job", |transaction| transaction.job_about(JobKind::Remind, request.id.as_str()));
    assert!(job.expect("look").is_none_or(|job| job.state == JobState::Done));
    let late = inside.with(|store, context, _| desk::extend(store, context, &operator, &request.id, "late"));
    assert!(matches!(late, Err(Error::Answered)), "{late:?}");
}

#[test]
fn whom_it_concerns_is_reminded_once_with_the_store_in_a_file() {
    reminders(Keeps::File);
}

#[test]
fn whom_it_concerns_is_reminded_once_with_the_store_on_postgres() {
    reminders(Keeps::Postgres);
}

#[test]
fn too_late_is_too_late_and_without_a_representative_the_operators_act() {
    let world = World::new(Keeps::File);
    let cast = world.cast();
    let mut inside = Inside::new(&world);
    inside.set("2026-12-01T09:00:00Z");
    let operator = inside.account("operator@navigator.example", Role::Operator, &[]);
    let admin = inside.actor(&cast.admin, Role::Admin);
    let mut wanted = inside.submission(Kind::Case, &cast.contract, Some(&cast.seat));
    wanted.message = Some("All of it".to_owned());
    let case = inside.submit(&admin, &wanted);
    inside.set("2027-01-01T09:00:00.000001Z");
    let late = inside.with(|store, context, _| desk::extend(store, context, &operator, &case.id, "late"));
    assert!(matches!(late, Err(Error::Extension(Refusal::TooLate { .. }))), "{late:?}");
    inside.work();
    assert_eq!(mails(&world, REMINDERS), ["overdue to operator@navigator.example"], "without a representative the operators act");

    // An answer ends it; when it is handed back, somebody waits again.
    let mut step = |by: &desk::Actor, step: &CaseStep| {
        inside.with(|store, context, _| desk::move_case(store, context, by, &case.id, step, None)).expect("move the case").answered
    };
    assert_eq!(step(&operator, &CaseStep::Take), None);
    assert_eq!(step(&operator, &CaseStep::Answer), Some(at("2027-01-01T09:00:00.000001Z")));
    assert_eq!(step(&admin, &CaseStep::HandBack), None);
    inside.work();
    assert_eq!(mails(&world, REMINDERS).len(), 1);
    inside.set("2027-01-08T09:00:00Z");
    inside.work();
    assert_eq!(mails(&world, REMINDERS).len(), 2);
}

#[test]
fn what_is_chosen_for_a_contract_holds_for_its_requests_alone() {
    let world = World::new(Keeps::File);
    world.configure(24);
    let cast = world.cast();
    let desk = world.serve();
    let admin = world.sign_in(&desk, &cast.admin);
    let operator = world.operator(&desk);
    let path = format!("/api/v1/contracts/{}/settings", cast.contract);

    let first = admin.get(&path).is(200);
    assert_eq!(first.header("etag"), Some("\"0\""));
    let first = first.json();
    assert_eq!((&first["chosen"]["regime"], &first["effective"]["regime"], &first["by"]), (&Value::Null, &json!("gdpr"), &Value::Null));
    let chosen = json!({
        "profile": "symmetric", "regime": "ccpa", "approvals": { "seat_erasure_admins": 2, "seat_erasure_waiting_hours": 48 },
        "private_categories": ["saved_leads"], "exit": { "notice_days": 30, "transition_days": 20, "retrieval_days": 45 },
    });
    let put = |body: &Value, version: &str| operator.put_with(&path, body, ("if-match", version));
    admin.put_with(&path, &chosen, ("if-match", "\"0\"")).is(403);
    operator.put(&path, &chosen).is(428);
    put(&chosen, "\"1\"").is(412);
    put(&chosen, "*").is(412);
    for (wrong, problem) in [
        (json!({ "approvals": { "seat_erasure_waiting_hours": 23 } }), "/problems/setting"),
        (json!({ "approvals": { "contract_erasure_admins": 1 } }), "/problems/setting"),
        (json!({ "exit": { "transition_days": 31, "retrieval_days": 30 } }), "/problems/setting"),
        (json!({ "private_categories": ["nothing"] }), "/problems/unprocessable"),
        (json!({ "regime": "lgpd" }), "/problems/unprocessable"),
    ] {
        let answer = put(&wrong, "\"0\"").is(422).json();
        assert_eq!(answer["type"], problem, "{wrong}: {answer}");
    }
    assert_eq!(admin.get(&path).is(200).header("etag"), Some("\"0\""), "nothing was changed");
    let got = put(&chosen, "\"0\"").is(200);
    assert_eq!(got.header("etag"), Some("\"1\""));
    put(&chosen, "\"0\"").is(412);
    let got = got.json();
    assert_eq!(
        (&got["effective"]["approvals"]["seat_erasure_admins"], &got["effective"]["approvals"]["colleagues_export_admins"]),
        (&json!(2), &json!(2))
    );
    assert_eq!(got["effective"]["exit"], chosen["exit"]);

    // A request of now has the dates and the approvals of the contract, and its receipt says by when it is answered.
    let counted = json!({ "kind": "erasure", "scope": "seat", "contract": cast.contract, "seat": cast.seat });
    let counted = admin.post("/api/v1/previews", &counted).is(200).json();
    let without = counted["without_standard_export"].as_array().expect("a list");
    assert!(!without.contains(&json!("saved_leads")), "a symmetric export holds whatever can be erased: {counted}");
    let choices: serde_json::Map<String, Value> = counted["choices"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|choice| (choice["table"].as_str().expect("a table").to_owned(), json!("delete")))
        .collect();
    let wanted = json!({
        "kind": "erasure", "scope": "seat", "contract": cast.contract, "seat": cast.seat, "confirmation": cast.holder, "choices": choices,
    });
    let asked = admin.post("/api/v1/requests", &wanted).is(201).json();
    assert_eq!((&asked["approvals"], &asked["regime"]), (&json!(1), &json!("ccpa")), "a second admin, and California's law");
    let moment = |value: &Value| value.as_str().expect("a moment").parse::<jiff::Timestamp>().expect("a moment");
    let received = moment(&asked["received"]);
    let days = |value: &Value| moment(value).duration_since(received).as_hours() / 24;
    assert_eq!((days(&asked["due"]), days(&asked["extension"]["answer_by"])), (45, 90), "{asked}");
    assert!((12..=14).contains(&days(&asked["acknowledge_by"])) && asked["acknowledged"].is_string(), "{asked}");
    world.mails.next(&cast.admin, "Received");

    // More time: by the platform's people, with a reason, once.
    let extend = format!("/api/v1/requests/{}/extend", asked["id"].as_str().expect("an id"));
    admin.post(&extend, &json!({ "reason": "many tables" })).is(403);
    operator.post(&extend, &json!({ "reason": " " })).is(422);
    let extended = operator.post(&extend, &json!({ "reason": "many tables" })).is(200).json();
    assert_eq!((&extended["due"], extended["extension"]["told"].is_string()), (&asked["extension"]["answer_by"], true));
    let twice = operator.post(&extend, &json!({ "reason": "many tables" })).is(409).json();
    assert_eq!(twice["type"], "/problems/extension");
    world.mails.next(&cast.admin, "longer");
    let events = admin.get(&format!("/api/v1/requests/{}/events", asked["id"].as_str().expect("an id"))).is(200).json();
    assert!(events["events"].as_array().expect("events").iter().any(|event| event["event"] == "extend" && event["note"] == "many tables"));

    // The list of overdue ones holds what is late and not answered.
    let overdue = || operator.get("/api/v1/requests?overdue=true").is(200).json()["requests"].as_array().expect("a list").len();
    assert_eq!(overdue(), 0);
    world.execute("UPDATE request SET due = received");
    assert_eq!(overdue(), 1);
    desk.stop();
}
