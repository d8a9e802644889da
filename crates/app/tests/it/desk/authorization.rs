//! The authorization table, walked in full over HTTP: every operation of the API, by everybody, on what is theirs and what is not.

use std::collections::BTreeSet;

use exeunt_model::authorization::{Action, Grant, Principal, Target};
use exeunt_model::identity::PrincipalId;
use serde_json::{Value, json};

use super::world::{Answer, Cast, Desk, Keeps, Person, World};

/// What an operation is done to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum On {
    /// Oneself, or nothing in particular.
    Nothing,
    Contract,
    Seat,
    /// The request that the admin made for the holder's seat.
    Request,
    Archive,
    /// A hold on the holder's seat.
    Hold,
    /// A case of the holder's seat that its admin opened.
    Case,
    /// The exit of the contract.
    Exit,
    /// A file of that case.
    Attachment,
    /// An account that nobody uses.
    Account,
    /// A webhook of the contract.
    Webhook,
    /// The desk as a whole.
    Desk,
}

/// One operation of the API, and the action that it is.
struct Operation {
    method: &'static str,
    /// As in the OpenAPI document.
    path: &'static str,
    /// `None`: whoever has signed in may.
    action: Option<Action>,
    on: On,
    body: fn(&Cast) -> Value,
}

const fn operation(method: &'static str, path: &'static str, action: Option<Action>, on: On, body: fn(&Cast) -> Value) -> Operation {
    Operation { method, path, action, on, body }
}

fn none(_: &Cast) -> Value {
    Value::Null
}

fn empty(_: &Cast) -> Value {
    json!({})
}

fn seat(cast: &Cast, kind: &str) -> Value {
    json!({ "kind": kind, "scope": "seat", "contract": cast.contract, "seat": cast.seat, "confirmation": "not the name" })
}

fn contract(cast: &Cast, kind: &str) -> Value {
    json!({ "kind": kind, "scope": "contract", "contract": cast.contract, "confirmation": "not the name" })
}

/// Nobody is there.
const RECEIVER: &str = "https://hooks.customer.example/exeunt";

fn webhook(contract: Option<&str>) -> Value {
    json!({ "contract": contract, "url": RECEIVER, "events": ["case.answered"] })
}

/// Every operation, some with several bodies.
const OPERATIONS: &[Operation] = &[
    operation("GET", "/me", None, On::Nothing, none),
    operation("GET", "/contracts/{contract}", Some(Action::ReadContract), On::Contract, none),
    operation("GET", "/contracts/{contract}/seats", Some(Action::ReadSeats), On::Contract, none),
    operation("GET", "/contracts/{contract}/closures", Some(Action::ReadSeats), On::Contract, none),
    operation(
        "POST",
        "/previews",
        Some(Action::Preview),
        On::Seat,
        |cast| json!({ "kind": "export", "scope": "seat", "contract": cast.contract, "seat": cast.seat }),
    ),
    operation(
        "POST",
        "/previews",
        Some(Action::Preview),
        On::Contract,
        |cast| json!({ "kind": "export", "scope": "contract", "contract": cast.contract }),
    ),
    operation("GET", "/contracts/{contract}/settings", Some(Action::ReadContract), On::Contract, none),
    operation("PUT", "/contracts/{contract}/settings", Some(Action::ChangeSettings), On::Contract, empty),
    operation("GET", "/contracts/{contract}/exits", Some(Action::ReadExit), On::Contract, none),
    operation("POST", "/contracts/{contract}/exits", Some(Action::LeadExit), On::Contract, |_| json!({ "words": "we leave" })),
    operation("GET", "/exits/{id}", Some(Action::ReadExit), On::Exit, none),
    operation("POST", "/exits/{id}/acts", Some(Action::LeadExit), On::Exit, |_| json!({ "act": "confirm_switch", "words": "done" })),
    operation(
        "POST",
        "/exits/{id}/acts",
        Some(Action::ProlongExit),
        On::Exit,
        |_| json!({ "act": "offer_alternative", "date": "2020-01-01T00:00:00Z", "words": "4 TB" }),
    ),
    operation("GET", "/contracts/{contract}/holds", Some(Action::ReadHolds), On::Contract, none),
    operation(
        "POST",
        "/holds",
        Some(Action::PlaceHold),
        On::Seat,
        |cast| json!({ "scope": "seat", "contract": cast.contract, "seat": cast.seat, "ground": "litigation", "review_days": 30 }),
    ),
    operation("GET", "/holds/{id}", Some(Action::ReadHolds), On::Hold, none),
    operation("POST", "/holds/{id}/lift", Some(Action::LiftHold), On::Hold, none),
    operation("GET", "/accounts", Some(Action::ReadAccounts), On::Desk, none),
    operation(
        "PUT",
        "/accounts",
        Some(Action::ManageAccounts),
        On::Desk,
        |_| json!({ "email": "auditor@navigator.example", "role": "auditor" }),
    ),
    operation("GET", "/accounts/{id}", Some(Action::ReadAccounts), On::Account, none),
    operation("DELETE", "/accounts/{id}", Some(Action::ManageAccounts), On::Account, none),
    operation("GET", "/requests/{id}/plan", Some(Action::ReadRequests), On::Request, none),
    operation("GET", "/requests/{id}/messages", Some(Action::ReadCase), On::Case, none),
    operation("POST", "/requests/{id}/messages", Some(Action::TalkInCase), On::Case, |_| json!({ "text": "a word" })),
    operation("POST", "/requests/{id}/messages", Some(Action::HandleCase), On::Case, |_| json!({ "text": "a note", "internal": true })),
    operation("POST", "/requests/{id}/case", Some(Action::HandleCase), On::Case, |_| json!({ "step": "ask" })),
    operation("GET", "/requests/{id}/attachments", Some(Action::ReadCase), On::Case, none),
    operation("POST", "/requests/{id}/attachments?name=a.txt", Some(Action::TalkInCase), On::Case, empty),
    operation("POST", "/requests/{id}/attachments?name=a.txt&internal=true", Some(Action::HandleCase), On::Case, empty),
    operation("GET", "/requests/{id}/attachments/{attachment}", Some(Action::ReadCase), On::Attachment, none),
    operation("GET", "/jobs", Some(Action::ReadJobs), On::Desk, none),
    operation("PUT", "/lanes/{lane}", Some(Action::OperateJobs), On::Desk, |_| json!({ "paused": false })),
    operation("GET", "/requests", None, On::Nothing, none),
    operation("POST", "/requests", Some(Action::ExportSeat), On::Seat, |cast| seat(cast, "export")),
    operation("POST", "/requests", Some(Action::ExportContract), On::Contract, |cast| contract(cast, "export")),
    operation("POST", "/requests", Some(Action::EraseSeat), On::Seat, |cast| seat(cast, "erasure")),
    operation("POST", "/requests", Some(Action::EraseContract), On::Contract, |cast| contract(cast, "erasure")),
    operation("POST", "/requests", Some(Action::OpenCase), On::Seat, |cast| seat(cast, "case")),
    operation("GET", "/requests/{id}", Some(Action::ReadRequests), On::Request, none),
    operation("GET", "/requests/{id}/events", Some(Action::ReadRequests), On::Request, none),
    operation("GET", "/requests/{id}/archives", Some(Action::ReadRequests), On::Request, none),
    operation("POST", "/requests/{id}/waive-export", Some(Action::EraseSeat), On::Request, empty),
    operation("POST", "/requests/{id}/extend", Some(Action::Handle), On::Request, |_| json!({ "reason": "many tables" })),
    operation("POST", "/requests/{id}/handle", Some(Action::Handle), On::Request, |_| json!({ "handling": "retry" })),
    operation("POST", "/archives/{id}/links", Some(Action::Download), On::Archive, empty),
    operation("POST", "/requests/{id}/approve", Some(Action::Decide), On::Request, empty),
    operation("POST", "/requests/{id}/reject", Some(Action::Decide), On::Request, empty),
    operation("POST", "/requests/{id}/cancel", Some(Action::Cancel), On::Request, empty),
    operation("GET", "/sessions", None, On::Nothing, none),
    operation("GET", "/tokens", None, On::Nothing, none),
    operation("GET", "/requests/{id}/progress", Some(Action::ReadRequests), On::Request, none),
    operation("GET", "/webhooks", Some(Action::ManageWebhooks), On::Desk, none),
    operation("POST", "/webhooks", Some(Action::ManageWebhooks), On::Contract, |cast| webhook(Some(&cast.contract))),
    operation("GET", "/webhooks/{id}", Some(Action::ManageWebhooks), On::Webhook, none),
    operation(
        "PUT",
        "/webhooks/{id}",
        Some(Action::ManageWebhooks),
        On::Webhook,
        |_| json!({ "url": RECEIVER, "events": ["case.answered"], "enabled": false }),
    ),
    operation("POST", "/webhooks/{id}/secret", Some(Action::ManageWebhooks), On::Webhook, empty),
    operation("POST", "/webhooks/{id}/test", Some(Action::ManageWebhooks), On::Webhook, empty),
    operation("GET", "/webhooks/{id}/deliveries", Some(Action::ManageWebhooks), On::Webhook, none),
];

/// Operations that the walk leaves to other tests, and why.
const ELSEWHERE: &[(&str, &str)] = &[
    ("POST /sign-in", "open to everybody; the journey signs in"),
    ("POST /session", "open to whoever has a link; the journey signs in"),
    ("DELETE /session", "ends the caller's own session"),
    ("DELETE /sessions", "ends the caller's own sessions"),
    ("GET /identity-providers", "open to everybody"),
    ("POST /bulk", "each line is a request like any other; the lists have their own test"),
    ("POST /tokens", "tokens have their own test"),
    ("GET /tokens/{id}", "tokens have their own test"),
    ("DELETE /tokens/{id}", "tokens have their own test"),
    ("DELETE /webhooks/{id}", "webhooks have their own test"),
    ("POST /webhooks/{id}/deliveries/{delivery}", "webhooks have their own test"),
    ("GET /requests/{id}/certificate", "there is none before an erasure has ended; the journey reads one"),
];

/// Somebody, and what they are by the platform's database and the desk's accounts.
pub struct Somebody {
    pub who: &'static str,
    pub person: Person,
    pub grants: Vec<Grant>,
    pub id: PrincipalId,
}

fn somebody(world: &World, desk: &Desk, who: &'static str, email: &str, grants: Vec<Grant>) -> Somebody {
    let person = world.sign_in(desk, email);
    let me = person.get("/api/v1/me").is(200).json();
    let id = me["id"].as_str().expect("an id").parse().expect("an id");
    Somebody { who, person, grants, id }
}

/// One of the platform's people for each role.
pub fn everybody(world: &World, desk: &Desk, cast: &Cast) -> Vec<Somebody> {
    let seat_of = |email: &str| -> (String, String) {
        world
            .platform()
            .query_row("SELECT contract_id, id FROM seat WHERE email = ?1", [email], |row| {
                Ok((row.get::<_, i64>(0)?.to_string(), row.get::<_, i64>(1)?.to_string()))
            })
            .expect("a seat")
    };
    let holder = |email: &str| {
        let (contract, seat) = seat_of(email);
        Grant::Holder { contract, seat }
    };
    let admin = |email: &str| vec![Grant::Admin { contract: seat_of(email).0 }, holder(email)];
    let account = |email: &str, more: &[&str]| {
        let store = world.store_url();
        let made = world.command(&[&["account", "set", email, "--store", &store][..], more].concat()).output().expect("run exeunt");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    };
    account("operator@navigator.example", &["--role", "operator"]);
    account("auditor@navigator.example", &["--role", "auditor"]);
    account("representative@navigator.example", &["--role", "representative", "--contract", &cast.contract]);
    account("other.representative@navigator.example", &["--role", "representative", "--contract", "999"]);
    let in_charge = |contract: &str| vec![Grant::Representative { contracts: BTreeSet::from([contract.to_owned()]) }];
    vec![
        somebody(world, desk, "the admin who asked", &cast.admin, admin(&cast.admin)),
        somebody(world, desk, "another admin", &cast.second_admin, admin(&cast.second_admin)),
        somebody(
            world,
            desk,
            "a sub-admin",
            &cast.sub_admin,
            vec![Grant::SubAdmin { contract: cast.contract.clone() }, holder(&cast.sub_admin)],
        ),
        somebody(world, desk, "the holder", &cast.holder, vec![holder(&cast.holder)]),
        somebody(world, desk, "a colleague", &cast.colleague, vec![holder(&cast.colleague)]),
        somebody(world, desk, "an admin of another contract", &cast.stranger, admin(&cast.stranger)),
        somebody(world, desk, "an operator", "operator@navigator.example", vec![Grant::Operator]),
        somebody(world, desk, "an auditor", "auditor@navigator.example", vec![Grant::Auditor]),
        somebody(world, desk, "the representative", "representative@navigator.example", in_charge(&cast.contract)),
        somebody(world, desk, "a representative of others", "other.representative@navigator.example", in_charge("999")),
    ]
}

/// What is asked for by whom, and its archive.
struct Made {
    request: String,
    requester: PrincipalId,
    archive: String,
    hold: String,
    case: String,
    attachment: String,
    account: String,
    exit: String,
    webhook: String,
}

fn done(by: &Person, operation: &Operation, cast: &Cast, made: &Made) -> Answer {
    let id = match operation.on {
        On::Archive => &made.archive,
        On::Hold => &made.hold,
        On::Case | On::Attachment => &made.case,
        On::Account => &made.account,
        On::Exit => &made.exit,
        On::Webhook => &made.webhook,
        On::Nothing | On::Contract | On::Seat | On::Request | On::Desk => &made.request,
    };
    let path = operation.path.replace("{contract}", &cast.contract).replace("{id}", id).replace("{lane}", "desk");
    let path = path.replace("{attachment}", &made.attachment);
    let path = format!("/api/v1{path}");
    match operation.method {
        "GET" => by.get(&path),
        "PUT" => by.put(&path, &(operation.body)(cast)),
        "DELETE" => by.delete(&path),
        _ => by.post(&path, &(operation.body)(cast)),
    }
}

/// What the table says: done (or refused for another reason than rights), forbidden, or not there.
fn expected(somebody: &Somebody, operation: &Operation, cast: &Cast, made: &Made) -> &'static str {
    let Some(action) = operation.action else { return "may" };
    let principal = Principal { id: somebody.id.clone(), grants: somebody.grants.clone(), limited_to: None };
    let (target, sees) = match operation.on {
        // That there is a desk, with jobs, is no secret.
        On::Nothing | On::Desk | On::Account => return if principal.may(action, Target::Desk) { "may" } else { "forbidden" },
        On::Contract | On::Hold | On::Exit | On::Webhook => (Target::Contract { contract: &cast.contract }, Action::ReadContract),
        On::Seat => (Target::Seat { contract: &cast.contract, seat: &cast.seat }, Action::ReadSeats),
        On::Request | On::Archive | On::Case | On::Attachment => {
            (Target::Request { contract: &cast.contract, seat: Some(&cast.seat), requester: &made.requester }, Action::ReadRequests)
        }
    };
    match (principal.may(action, target), principal.may(sees, target)) {
        (true, _) => "may",
        (false, true) => "forbidden",
        (false, false) => "not there",
    }
}

fn told(answer: &Answer) -> &'static str {
    match answer.status {
        401 => "not signed in",
        403 => "forbidden",
        404 => "not there",
        _ => "may",
    }
}

#[test]
fn everybody_may_do_what_the_table_says_and_nothing_else() {
    let world = World::new(Keeps::File);
    world.configure(24);
    let cast = world.cast();
    let desk = world.serve();
    let everybody = everybody(&world, &desk, &cast);
    let (admin, second) = (&everybody[0], &everybody[1]);

    // An export that is ready, so that there is an archive.
    let asked = admin.person.post("/api/v1/requests", &seat(&cast, "export")).is(201).json();
    let request = asked["id"].as_str().expect("an id").to_owned();
    second.person.post(&format!("/api/v1/requests/{request}/approve"), &json!({})).is(200);
    world.mails.next(&cast.admin, "Ready|Bereit");
    let archives = admin.person.get(&format!("/api/v1/requests/{request}/archives")).is(200).json();
    let archive = archives["archives"][0]["id"].as_str().expect("an id").to_owned();
    let operator = everybody.iter().find(|somebody| somebody.who == "an operator").expect("an operator");
    let wanted = json!({ "scope": "seat", "contract": cast.contract, "seat": cast.seat, "ground": "litigation", "review_days": 30 });
    let hold = operator.person.post("/api/v1/holds", &wanted).is(201).json()["id"].as_str().expect("an id").to_owned();
    let wanted = json!({ "kind": "case", "scope": "seat", "contract": cast.contract, "seat": cast.seat, "matter": "other_data", "message": "All of it" });
    let case = admin.person.post("/api/v1/requests", &wanted).is(201).json()["id"].as_str().expect("an id").to_owned();
    let sent = admin.person.send("POST", &format!("/api/v1/requests/{case}/attachments?name=a.txt"), &[], b"a".to_vec()).is(201).json();
    let attachment = sent["id"].as_str().expect("an id").to_owned();
    let wanted = json!({ "email": "nobody@navigator.example", "role": "auditor" });
    let account = operator.person.put("/api/v1/accounts", &wanted).is(200).json()["id"].as_str().expect("an id").to_owned();
    let exits = format!("/api/v1/contracts/{}/exits", cast.contract);
    let exit = admin.person.post(&exits, &json!({ "words": "we leave" })).is(201).json()["id"].as_str().expect("an id").to_owned();
    let webhook = admin.person.post("/api/v1/webhooks", &webhook(Some(&cast.contract))).is(201).json();
    let webhook = webhook["webhook"]["id"].as_str().expect("an id").to_owned();
    let made = Made { request, requester: admin.id.clone(), archive, hold, case, attachment, account, exit, webhook };

    let nothing = "0".repeat(32);
    let nothing = Made {
        request: nothing.clone(),
        requester: admin.id.clone(),
        archive: nothing.clone(),
        hold: nothing.clone(),
        case: nothing.clone(),
        attachment: nothing.clone(),
        account: nothing.clone(),
        exit: nothing.clone(),
        webhook: nothing,
    };
    for operation in OPERATIONS {
        for somebody in &everybody {
            let case = format!("{} {} by {}", operation.method, operation.path, somebody.who);
            let got = done(&somebody.person, operation, &cast, &made);
            assert!(got.status < 500, "{case}: {}", got.text());
            assert_eq!(told(&got), expected(somebody, operation, &cast, &made), "{case}: {} {}", got.status, got.text());
            // Whoever may not know of it gets the very answer that a made-up id gets.
            if told(&got) == "not there" {
                let none = Cast { contract: "987654321".to_owned(), seat: "987654321".to_owned(), ..cast.clone() };
                let nowhere = done(&somebody.person, operation, &none, &nothing);
                assert_eq!((got.status, got.text()), (nowhere.status, nowhere.text()), "{case}");
            }
        }
        if operation.action.is_some() {
            let anonymous = Person { cookie: String::new(), csrf: String::new(), ..world.at(&desk) };
            let got = done(&anonymous, operation, &cast, &made);
            assert_eq!(got.status, 401, "{} {} by nobody", operation.method, operation.path);
        }
    }
    desk.stop();
}

#[test]
fn every_operation_of_the_api_is_walked() {
    let world = World::new(Keeps::File);
    world.configure(24);
    let desk = world.serve();
    let document = desk.send("GET", "/api/v1/openapi.json", &[], None).is(200).json();
    for (path, operations) in document["paths"].as_object().expect("paths") {
        for method in operations.as_object().expect("operations").keys() {
            let method = method.to_uppercase();
            let walked = OPERATIONS.iter().any(|operation| operation.method == method && operation.path.split('?').next() == Some(path));
            let elsewhere = ELSEWHERE.iter().any(|(operation, _)| *operation == format!("{method} {path}"));
            assert!(walked != elsewhere, "{method} {path} needs a line in OPERATIONS, or one in ELSEWHERE with the reason");
        }
    }
    desk.stop();
}

#[test]
fn a_session_changes_nothing_without_the_token_of_its_pages() {
    let world = World::new(Keeps::File);
    world.configure(24);
    let cast = world.cast();
    let desk = world.serve();
    let admin = world.sign_in(&desk, &cast.admin);
    let forged = Person { cookie: admin.cookie.clone(), csrf: "0".repeat(64), ..world.at(&desk) };
    forged.post("/api/v1/requests", &seat(&cast, "export")).is(403);
    assert_eq!(admin.get("/api/v1/requests").is(200).json()["requests"], json!([]));
    desk.stop();
}

#[test]
fn whether_somebody_is_known_is_told_to_nobody() {
    let world = World::new(Keeps::File);
    world.configure(24);
    let cast = world.cast();
    let desk = world.serve();
    let ask = |email: &str| desk.send("POST", "/api/v1/sign-in", &[], Some(&json!({ "email": email })));
    let (known, unknown, odd) = (ask(&cast.admin), ask("nobody@nowhere.example"), ask("no address"));
    assert_eq!((known.status, &known.body), (unknown.status, &unknown.body));
    assert_eq!((known.status, &known.body), (odd.status, &odd.body));
    world.mails.next(&cast.admin, "Sign in|Anmelden");
    desk.stop();
}

#[test]
fn a_link_signs_in_once_and_opening_it_uses_nothing_up() {
    let world = World::new(Keeps::File);
    world.configure(24);
    let cast = world.cast();
    let desk = world.serve();
    desk.send("POST", "/api/v1/sign-in", &[], Some(&json!({ "email": cast.admin }))).is(202);
    let mail = world.mails.next(&cast.admin, "Sign in|Anmelden");
    let text = mail["text"].as_str().expect("a text");
    let secret = text.split("secret=").nth(1).expect("a link").split_whitespace().next().expect("a secret").to_owned();
    for _ in 0..3 {
        // As scanners of mails do.
        desk.send("GET", &format!("/sign-in?secret={secret}"), &[], None).is(200);
    }
    desk.send("POST", "/api/v1/session", &[], Some(&json!({ "secret": secret }))).is(201);
    desk.send("POST", "/api/v1/session", &[], Some(&json!({ "secret": secret }))).is(401);
    desk.stop();
}

#[test]
fn a_token_that_is_to_end_ends() {
    let world = World::new(Keeps::File);
    world.configure(24);
    let cast = world.cast();
    let desk = world.serve();
    let admin = world.sign_in(&desk, &cast.admin);
    let wanted = |days: u32| json!({ "name": "reports", "actions": ["read_requests"], "contract": cast.contract, "days": days });
    for days in [0, 3_651, u32::MAX] {
        admin.post("/api/v1/tokens", &wanted(days)).is(422);
    }
    for days in [1, 3_650] {
        let made = admin.post("/api/v1/tokens", &wanted(days)).is(201).json();
        assert!(made["token"]["expires"].is_string(), "{made}");
    }
    desk.stop();
}

#[test]
fn a_token_does_what_it_is_limited_to_until_it_is_revoked() {
    let world = World::new(Keeps::File);
    world.configure(24);
    let cast = world.cast();
    let desk = world.serve();
    let admin = world.sign_in(&desk, &cast.admin);
    let wanted = json!({ "name": "reports", "actions": ["read_requests"], "contract": cast.contract });
    let made = admin.post("/api/v1/tokens", &wanted).is(201).json();
    let secret = made["secret"].as_str().expect("a secret").to_owned();
    let id = made["token"]["id"].as_str().expect("an id").to_owned();
    let authorization = format!("Bearer {secret}");
    let with = [("authorization", authorization.as_str())];
    desk.send("GET", "/api/v1/requests", &with, None).is(200);
    // The name of the scheme is the same in whatever case.
    for scheme in ["bearer", "BEARER"] {
        desk.send("GET", "/api/v1/requests", &[("authorization", &format!("{scheme} {secret}"))], None).is(200);
    }
    desk.send("GET", "/api/v1/requests", &[("authorization", &format!("Basic {secret}"))], None).is(401);
    desk.send("POST", "/api/v1/requests", &with, Some(&seat(&cast, "export"))).is(404);
    desk.send("POST", "/api/v1/tokens", &with, Some(&wanted)).is(403);
    assert!(!admin.get("/api/v1/tokens").is(200).text().contains(&secret), "a secret is shown once");
    let stranger = world.sign_in(&desk, &cast.stranger);
    stranger.delete(&format!("/api/v1/tokens/{id}")).is(404);
    admin.delete(&format!("/api/v1/tokens/{id}")).is(204);
    desk.send("GET", "/api/v1/requests", &with, None).is(401);
    let bytes = world.store_bytes();
    assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()), "the store keeps hashes alone");
    desk.stop();
}

#[test]
fn a_token_sees_and_revokes_tokens_by_its_action_alone_and_sees_no_sessions() {
    let world = World::new(Keeps::File);
    world.configure(24);
    let cast = world.cast();
    let desk = world.serve();
    let admin = world.sign_in(&desk, &cast.admin);
    let make = |actions: Value| {
        let made = admin.post("/api/v1/tokens", &json!({ "name": "t", "actions": actions, "contract": cast.contract })).is(201).json();
        let path = format!("/api/v1/tokens/{}", made["token"]["id"].as_str().expect("an id"));
        (path, format!("Bearer {}", made["secret"].as_str().expect("a secret")))
    };
    let (reader, reads) = make(json!(["read_requests"]));
    let (manager, manages) = make(json!(["manage_tokens"]));
    let by = |authorization: &str, method: &str, path: &str| desk.send(method, path, &[("authorization", authorization)], None);
    by(&reads, "GET", "/api/v1/tokens").is(403);
    by(&reads, "GET", &manager).is(403);
    by(&reads, "DELETE", &manager).is(403);
    for authorization in [&reads, &manages] {
        by(authorization, "GET", "/api/v1/sessions").is(403);
        by(authorization, "DELETE", "/api/v1/sessions").is(403);
    }
    assert_eq!(by(&manages, "GET", "/api/v1/tokens").is(200).json()["tokens"].as_array().expect("tokens").len(), 2);
    by(&manages, "GET", &reader).is(200);
    by(&manages, "DELETE", &reader).is(204);
    by(&reads, "GET", "/api/v1/requests").is(401);
    admin.get("/api/v1/me").is(200);
    desk.stop();
}
