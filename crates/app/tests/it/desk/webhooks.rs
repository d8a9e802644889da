//! Webhooks: real calls to a real receiver, whose signatures somebody else's code checks.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use exeunt_testkit::receiver::{Answer, Call, Receiver};
use exeunt_testkit::tools;
use serde_json::{Value, json};

use super::world::{Cast, Desk, Keeps, Person, World};

/// How long something may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A world whose desk may call this machine, with these lines more in `[webhooks]`.
fn world(keeps: Keeps, more: &str) -> World {
    let world = World::new(keeps);
    configure(&world, &format!("allow_private = true\n{more}"));
    world
}

fn configure(world: &World, webhooks: &str) {
    world.configure(0);
    let path = world.path("exeunt.toml");
    let text = fs::read_to_string(&path).expect("read the configuration");
    // A lost worker's job is taken over soon.
    let text = text.replace("[workers]\n", "[workers]\nlease_seconds = 2\n");
    let text = text.replace("[requests.approvals]\n", "[requests.approvals]\ncontract_erasure_waiting_hours = 0\n");
    fs::write(&path, format!("{text}\n[webhooks]\n{webhooks}")).expect("write the configuration");
}

/// A webhook that somebody makes, and its secret.
fn make(person: &Person, contract: Option<&str>, url: &str, events: &[&str]) -> (String, String) {
    let made = person.post("/api/v1/webhooks", &json!({ "contract": contract, "url": url, "events": events })).is(201).json();
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    (text(&made["webhook"]["id"]), text(&made["secret"]))
}

fn ask_for_export(person: &Person, cast: &Cast) -> String {
    let wanted = json!({ "kind": "export", "scope": "seat", "contract": cast.contract, "seat": cast.seat });
    person.post("/api/v1/requests", &wanted).is(201).json()["id"].as_str().expect("an id").to_owned()
}

fn try_out(person: &Person, webhook: &str) -> String {
    let sent = person.post(&format!("/api/v1/webhooks/{webhook}/test"), &json!({})).is(202).json();
    assert_eq!((&sent["event"], &sent["state"]), (&json!("webhook.test"), &json!("waiting")));
    sent["id"].as_str().expect("an id").to_owned()
}

/// The delivery, once it is so.
#[track_caller]
fn delivery_when(person: &Person, webhook: &str, delivery: &str, is_so: impl Fn(&Value) -> bool) -> Value {
    let begun = Instant::now();
    loop {
        let page = person.get(&format!("/api/v1/webhooks/{webhook}/deliveries")).is(200).json();
        let found = page["deliveries"].as_array().expect("a list").iter().find(|known| known["id"] == delivery).cloned();
        if let Some(found) = found.as_ref().filter(|found| is_so(found)) {
            return found.clone();
        }
        assert!(begun.elapsed() < PATIENCE, "{found:#?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn body(call: &Call) -> Value {
    serde_json::from_slice(&call.body).expect("JSON")
}

/// Has the library of the standard verify each call with its secret.
fn verify(calls: &[(&Call, &str)]) {
    const PROGRAM: &str = "
import json, sys
from standardwebhooks.webhooks import Webhook
for call in json.load(sys.stdin):
    assert Webhook(call['secret']).verify(call['body'], call['headers']) == json.loads(call['body'])
    for changed in (call['body'] + ' ', call['body'].replace('type', 'Type')):
        try:
            Webhook(call['secret']).verify(changed, call['headers'])
        except Exception:
            continue
        raise AssertionError('a changed body has a signature')
";
    let calls: Vec<Value> = calls
        .iter()
        .map(|(call, secret)| {
            let headers: serde_json::Map<String, Value> =
                call.headers.iter().map(|(name, value)| (name.clone(), Value::String(value.clone()))).collect();
            json!({ "secret": secret, "headers": headers, "body": String::from_utf8(call.body.clone()).expect("UTF-8") })
        })
        .collect();
    let mut python = tools::python().args(["-c", PROGRAM]).stdin(Stdio::piped()).spawn().expect("run python");
    python.stdin.take().expect("its input").write_all(Value::Array(calls).to_string().as_bytes()).expect("write to python");
    assert!(python.wait().expect("wait for python").success());
}

#[test]
fn events_arrive_signed_as_the_library_of_the_standard_wants_them() {
    let (world, receiver) = (world(Keeps::File, ""), Receiver::start());
    let cast = world.cast();
    let desk = world.serve();
    let (admin, operator) = (world.sign_in(&desk, &cast.admin), world.operator(&desk));
    let stranger = world.sign_in(&desk, &cast.stranger);
    let (own, secret) = make(&admin, Some(&cast.contract), &receiver.url("/own?key=1"), &[]);
    let (of_desk, desk_secret) = make(&operator, None, &receiver.url("/desk"), &["request.submitted"]);
    let other: String = world
        .platform()
        .query_row("SELECT contract_id FROM seat WHERE email = ?1", [&cast.stranger], |row| row.get::<_, i64>(0))
        .expect("a contract")
        .to_string();
    make(&stranger, Some(&other), &receiver.url("/others"), &[]);

    let request = ask_for_export(&admin, &cast);
    // Submitted and waiting for approval for the contract, submitted for the desk; nothing for the other contract.
    let calls = receiver.wait_for(3);
    let mut told: Vec<_> = calls.iter().map(|call| (call.path.as_str(), body(call)["type"].as_str().expect("a type").to_owned())).collect();
    told.sort();
    let want = [("/desk", "request.submitted"), ("/own?key=1", "request.state_changed"), ("/own?key=1", "request.submitted")];
    assert_eq!(told, want.map(|(path, event)| (path, event.to_owned())));
    let signed: Vec<(&Call, &str)> =
        calls.iter().map(|call| (call, if call.path == "/desk" { desk_secret.as_str() } else { secret.as_str() })).collect();
    verify(&signed);
    for call in &calls {
        assert_eq!((call.method.as_str(), call.header("content-type")), ("POST", "application/json"));
        let data = &body(call)["data"];
        assert_eq!((&data["request"], &data["contract"], &data["kind"]), (&json!(request), &json!(cast.contract), &json!("export")));
        let text = String::from_utf8(call.body.clone()).expect("UTF-8");
        assert!(![&cast.admin, &cast.holder].iter().any(|address| text.contains(*address)), "{text}");
    }
    let ids: BTreeSet<&str> = calls.iter().map(|call| call.header("webhook-id")).collect();
    assert_eq!(ids.len(), 3);

    // The secret was shown once. Another is shown once too, and for a day both sign.
    let shown = admin.get(&format!("/api/v1/webhooks/{own}")).is(200);
    assert!(!shown.text().contains("whsec_"));
    let changed = admin.post(&format!("/api/v1/webhooks/{own}/secret"), &json!({})).is(200).json();
    assert!(changed["webhook"]["former_secret_until"].is_string());
    let new = changed["secret"].as_str().expect("a secret").to_owned();
    assert_ne!(new, secret);
    let delivery = try_out(&admin, &own);
    let call = receiver.wait_for(4).remove(3);
    assert_eq!((call.header("webhook-id"), call.header("webhook-signature").split(' ').count()), (delivery.as_str(), 2));
    verify(&[(&call, secret.as_str()), (&call, new.as_str())]);

    // What was delivered is listed, and delivered once more under its own id.
    let delivered = delivery_when(&admin, &own, &delivery, |delivery| delivery["state"] == "delivered");
    assert_eq!((&delivered["status"], &delivered["attempts"], &delivered["problem"]), (&json!(204), &json!(1), &Value::Null));
    admin.post(&format!("/api/v1/webhooks/{own}/deliveries/{delivery}"), &json!({})).is(202);
    let again = receiver.wait_for(5).remove(4);
    assert_eq!((again.header("webhook-id"), &again.body), (delivery.as_str(), &call.body));
    let first = admin.get(&format!("/api/v1/webhooks/{own}/deliveries?limit=2")).is(200).json();
    let second = admin.get(&format!("/api/v1/webhooks/{own}/deliveries?limit=2&after={}", first["next"].as_str().expect("a cursor")));
    let ids = |page: &Value| -> Vec<String> {
        page["deliveries"].as_array().expect("a list").iter().map(|one| one["id"].as_str().expect("an id").to_owned()).collect()
    };
    let all: BTreeSet<String> = ids(&first).into_iter().chain(ids(&second.is(200).json())).collect();
    assert_eq!(all.len(), 3);

    // Neither another contract's people nor an admin, for those of the desk, learn that they are there.
    let nothing = "0".repeat(32);
    for (person, webhook) in [(&stranger, &own), (&admin, &of_desk)] {
        let change = json!({ "url": receiver.url("/taken"), "enabled": true });
        let both = |ask: &dyn Fn(&str) -> super::world::Answer| {
            let (got, made_up) = (ask(webhook), ask(&nothing));
            assert_eq!((got.status, got.text()), (404, made_up.text()));
        };
        both(&|id| person.get(&format!("/api/v1/webhooks/{id}")));
        both(&|id| person.put(&format!("/api/v1/webhooks/{id}"), &change));
        both(&|id| person.delete(&format!("/api/v1/webhooks/{id}")));
        both(&|id| person.post(&format!("/api/v1/webhooks/{id}/secret"), &json!({})));
        both(&|id| person.post(&format!("/api/v1/webhooks/{id}/test"), &json!({})));
        both(&|id| person.get(&format!("/api/v1/webhooks/{id}/deliveries")));
        both(&|id| person.post(&format!("/api/v1/webhooks/{id}/deliveries/{delivery}"), &json!({})));
    }
    // A delivery is found through its own webhook alone.
    operator.post(&format!("/api/v1/webhooks/{of_desk}/deliveries/{delivery}"), &json!({})).is(404);
    stranger.get(&format!("/api/v1/webhooks?contract={}", cast.contract)).is(404);
    let listed = admin.get(&format!("/api/v1/webhooks?contract={}", cast.contract)).is(200).json();
    assert_eq!(listed["webhooks"].as_array().map(Vec::len), Some(1));
    assert_eq!(listed["webhooks"][0]["id"], json!(own));

    // A removed one gets nothing more, and its address and secrets are gone.
    admin.delete(&format!("/api/v1/webhooks/{own}")).is(204);
    admin.get(&format!("/api/v1/webhooks/{own}")).is(404);
    admin.post(&format!("/api/v1/requests/{request}/cancel"), &json!({})).is(200);
    try_out(&operator, &of_desk);
    receiver.wait_for(6);
    desk.stop();
    assert_eq!(receiver.calls().iter().filter(|call| call.path.starts_with("/own")).count(), 4);
    let bytes = world.store_bytes();
    for gone in ["/own?key=1", secret.as_str(), new.as_str()] {
        assert!(!bytes.windows(gone.len()).any(|window| window == gone.as_bytes()), "{gone}");
    }
}

#[test]
fn the_desks_own_network_is_never_called_unless_the_operator_says_so() {
    let (world, receiver) = (world(Keeps::File, ""), Receiver::start());
    let cast = world.cast();
    let desk = world.serve();
    let admin = world.sign_in(&desk, &cast.admin);
    let (before, _) = make(&admin, Some(&cast.contract), &receiver.url("/"), &["case.answered"]);
    desk.stop();

    configure(&world, "");
    let desk = world.serve();
    let admin = Person { cookie: admin.cookie.clone(), csrf: admin.csrf.clone(), ..world.at(&desk) };
    let port = receiver.port();
    for url in [
        receiver.url("/"),
        format!("https://127.0.0.1:{port}/"),
        format!("https://[::1]:{port}/"),
        format!("https://[::ffff:127.0.0.1]:{port}/"),
        "https://169.254.169.254/latest/meta-data/".to_owned(),
        format!("http://localhost:{port}/"),
        format!("https://admin:word@localhost:{port}/"),
        "gopher://hooks.customer.example/".to_owned(),
    ] {
        let refused = admin.post("/api/v1/webhooks", &json!({ "contract": cast.contract, "url": url }));
        assert_eq!(refused.status, 422, "{url}: {}", refused.text());
    }
    let refused =
        admin.post("/api/v1/webhooks", &json!({ "contract": cast.contract, "url": "https://a.example/", "events": ["no.event"] }));
    assert_eq!(refused.status, 422);
    // A name is looked up when it is called, each time: this one leads here.
    let (named, _) = make(&admin, Some(&cast.contract), &format!("https://localhost:{port}/"), &["case.answered"]);
    for webhook in [&named, &before] {
        let delivery = try_out(&admin, webhook);
        let tried = delivery_when(&admin, webhook, &delivery, |delivery| delivery["attempts"] == 1);
        assert_eq!((&tried["problem"], &tried["status"], &tried["state"]), (&json!("address"), &Value::Null, &json!("waiting")));
    }
    desk.stop();
    assert_eq!(receiver.connections(), 0);
}

/// A receiver that speaks TLS, and answers 204 to everything.
const ENCRYPTED: &str = r#"
import http.server, ssl, sys

class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(204)
        self.end_headers()

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1], sys.argv[2])
server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_port, flush=True)
server.serve_forever()
"#;

#[test]
fn an_encrypted_receiver_is_called_if_its_certificate_is_trusted() {
    let world = world(Keeps::File, "");
    let cast = world.cast();
    let tls = |name: &str| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../sources/tests/it/tls").join(name);
    let mut receiver = tools::python()
        .args(["-c", ENCRYPTED])
        .args([tls("server.pem"), tls("server.key")])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("start a receiver");
    let mut port = String::new();
    BufReader::new(receiver.stdout.take().expect("its output")).read_line(&mut port).expect("a port");
    let url = format!("https://localhost:{}/", port.trim());

    let desk = world.serve();
    let admin = world.sign_in(&desk, &cast.admin);
    let (webhook, _) = make(&admin, Some(&cast.contract), &url, &["case.answered"]);
    let delivery = try_out(&admin, &webhook);
    let tried = delivery_when(&admin, &webhook, &delivery, |delivery| delivery["attempts"].as_u64() >= Some(1));
    assert_eq!((&tried["state"], &tried["problem"]), (&json!("waiting"), &json!("encryption")));
    desk.stop();

    let desk = Desk::start(world.command(&["serve"]).env("SSL_CERT_FILE", tls("authority.pem")));
    let admin = Person { cookie: admin.cookie.clone(), csrf: admin.csrf.clone(), ..world.at(&desk) };
    delivery_when(&admin, &webhook, &delivery, |delivery| delivery["state"] == "delivered");
    desk.stop();
    receiver.kill().and_then(|()| receiver.wait()).expect("end the receiver");
}

#[test]
fn what_a_receiver_answers_is_what_becomes_of_it() {
    let (world, receiver) = (world(Keeps::File, ""), Receiver::start());
    let cast = world.cast();
    let desk = world.serve();
    let admin = world.sign_in(&desk, &cast.admin);
    let (webhook, _) = make(&admin, Some(&cast.contract), &receiver.url("/"), &["case.answered"]);
    let shown = |webhook: &str| admin.get(&format!("/api/v1/webhooks/{webhook}")).is(200).json();

    // A redirection is not followed.
    receiver.answer(Answer::Redirect);
    let delivery = try_out(&admin, &webhook);
    let tried = delivery_when(&admin, &webhook, &delivery, |delivery| delivery["attempts"].as_u64() >= Some(1));
    assert_eq!((&tried["status"], &tried["problem"]), (&json!(302), &json!("status")));
    // Nothing is read of a body but that it begins.
    receiver.answer(Answer::Endless);
    delivery_when(&admin, &webhook, &delivery, |delivery| delivery["state"] == "delivered");
    assert!(receiver.calls().iter().all(|call| call.path == "/"));
    assert_eq!(shown(&webhook)["failing_since"], Value::Null);

    // One that is ill rests; when it is well it gets everything.
    receiver.answer(Answer::Status(503));
    let waiting: Vec<String> = (0..3).map(|_| try_out(&admin, &webhook)).collect();
    delivery_when(&admin, &webhook, &waiting[0], |delivery| delivery["status"] == 503);
    assert!(shown(&webhook)["failing_since"].is_string());
    receiver.answer(Answer::Status(204));
    for delivery in &waiting {
        delivery_when(&admin, &webhook, delivery, |delivery| delivery["state"] == "delivered");
    }
    assert_eq!(shown(&webhook)["failing_since"], Value::Null);

    // One that is gone is disabled, and whoever made it is told.
    receiver.answer(Answer::Status(410));
    let delivery = try_out(&admin, &webhook);
    delivery_when(&admin, &webhook, &delivery, |delivery| delivery["state"] == "abandoned");
    let disabled = shown(&webhook);
    assert_eq!((&disabled["enabled"], &disabled["disabled_reason"]), (&json!(false), &json!("gone")));
    let mail = world.mails.next(&cast.admin, "Webhook disabled|Webhook abgeschaltet");
    assert!(mail["text"].as_str().expect("a text").contains("410"));
    let calls = receiver.calls().len();
    admin.post(&format!("/api/v1/webhooks/{webhook}/test"), &json!({})).is(409);
    admin.post(&format!("/api/v1/webhooks/{webhook}/deliveries/{delivery}"), &json!({})).is(409);

    // Enabled again, it gets what it missed when somebody asks for that.
    receiver.answer(Answer::Status(200));
    admin.put(&format!("/api/v1/webhooks/{webhook}"), &json!({ "url": receiver.url("/new"), "enabled": true })).is(200);
    admin.post(&format!("/api/v1/webhooks/{webhook}/deliveries/{delivery}"), &json!({})).is(202);
    let call = receiver.wait_for(calls + 1).remove(calls);
    assert_eq!((call.path.as_str(), call.header("webhook-id")), ("/new", delivery.as_str()));
    desk.stop();
}

#[test]
fn a_receiver_that_fails_for_too_long_is_disabled_and_its_maker_is_told() {
    let (world, receiver) = (world(Keeps::File, "patience_hours = 0\n"), Receiver::start());
    receiver.answer(Answer::Hold);
    let cast = world.cast();
    let desk = world.serve();
    let admin = world.sign_in(&desk, &cast.admin);
    let (webhook, _) = make(&admin, Some(&cast.contract), &receiver.url("/secret-path"), &["case.answered"]);
    let waiting: Vec<String> = (0..3).map(|_| try_out(&admin, &webhook)).collect();
    receiver.answer(Answer::Status(500));
    let mail = world.mails.next(&cast.admin, "Webhook disabled|Webhook abgeschaltet");
    let text = mail["text"].as_str().expect("a text");
    assert!(text.contains(&webhook) && text.contains("127.0.0.1") && !text.contains("secret-path"), "{text}");
    for delivery in &waiting {
        delivery_when(&admin, &webhook, delivery, |delivery| delivery["state"] == "abandoned");
    }
    let shown = admin.get(&format!("/api/v1/webhooks/{webhook}")).is(200).json();
    assert_eq!((&shown["enabled"], &shown["disabled_reason"]), (&json!(false), &json!("failing")));
    assert_eq!(receiver.calls().len(), 1);
    desk.stop();
}

#[test]
fn a_receiver_that_never_answers_holds_up_neither_mails_nor_other_receivers() {
    const DELIVERIES: usize = 30;
    let world = world(Keeps::File, "timeout_seconds = 300\n");
    let (slow, quick) = (Receiver::start(), Receiver::start());
    slow.answer(Answer::Hold);
    let cast = world.cast();
    let desk = world.serve();
    let admin = world.sign_in(&desk, &cast.admin);
    let (webhook, _) = make(&admin, Some(&cast.contract), &slow.url("/"), &["case.answered"]);
    let (other, _) = make(&admin, Some(&cast.contract), &quick.url("/"), &["case.answered"]);
    for _ in 0..DELIVERIES {
        try_out(&admin, &webhook);
    }
    slow.wait_for_held(1);
    let delivery = try_out(&admin, &other);
    delivery_when(&admin, &other, &delivery, |delivery| delivery["state"] == "delivered");
    world.sign_in(&desk, &cast.second_admin);
    // All the while it was one call that waited, and no more.
    assert_eq!((slow.held(), slow.calls().len()), (1, 1));
    // Then everything comes, each with an id of its own.
    slow.answer(Answer::Status(200));
    let ids: BTreeSet<String> = slow.wait_for(DELIVERIES).iter().map(|call| call.header("webhook-id").to_owned()).collect();
    assert_eq!(ids.len(), DELIVERIES);
    desk.stop();
}

fn what_happens_while_a_receiver_is_called_stays(keeps: Keeps) {
    let (world, old, receiver) = (world(keeps, ""), Receiver::start(), Receiver::start());
    let cast = world.cast();
    let desk = world.serve();
    let admin = world.sign_in(&desk, &cast.admin);
    let (webhook, _) = make(&admin, Some(&cast.contract), &old.url("/"), &["request.submitted"]);
    let shown = || admin.get(&format!("/api/v1/webhooks/{webhook}")).is(200).json();

    // Moved: that it is gone from where it was says nothing of where it is now.
    old.answer(Answer::Hold);
    let delivery = try_out(&admin, &webhook);
    old.wait_for_held(1);
    admin.put(&format!("/api/v1/webhooks/{webhook}"), &json!({ "url": receiver.url("/"), "enabled": true })).is(200);
    old.answer(Answer::Status(410));
    delivery_when(&admin, &webhook, &delivery, |delivery| delivery["state"] == "delivered");
    let moved = shown();
    assert_eq!((&moved["enabled"], &moved["failing_since"]), (&json!(true), &Value::Null));

    // Given up, as when its contract is erased: the answer does not bring it back.
    receiver.answer(Answer::Hold);
    let delivery = try_out(&admin, &webhook);
    receiver.wait_for_held(1);
    world.execute(&format!("UPDATE delivery SET abandoned = created WHERE id = '{delivery}'"));
    receiver.answer(Answer::Status(500));
    let job = format!("SELECT state FROM job WHERE target = '{delivery}' AND state = 'done'");
    super::world::eventually("the job is done", || !world.texts(&job).is_empty());
    let given_up = delivery_when(&admin, &webhook, &delivery, |_| true);
    assert_eq!((&given_up["state"], &given_up["attempts"]), (&json!("abandoned"), &json!(0)));
    assert_eq!(shown()["failing_since"], Value::Null);
    desk.stop();
}

#[test]
fn what_happens_while_a_receiver_is_called_stays_with_the_store_in_a_file() {
    what_happens_while_a_receiver_is_called_stays(Keeps::File);
}

#[test]
fn what_happens_while_a_receiver_is_called_stays_with_the_store_on_postgres() {
    what_happens_while_a_receiver_is_called_stays(Keeps::Postgres);
}

fn a_delivery_survives_the_kill_of_the_desk(keeps: Keeps) {
    let (world, receiver) = (world(keeps, ""), Receiver::start());
    receiver.answer(Answer::Hold);
    let cast = world.cast();
    let desk = world.serve();
    let admin = world.sign_in(&desk, &cast.admin);
    let (webhook, secret) = make(&admin, Some(&cast.contract), &receiver.url("/"), &["case.answered"]);
    let delivery = try_out(&admin, &webhook);
    receiver.wait_for_held(1);
    // SIGKILL, in the midst of the call.
    drop(desk);
    receiver.answer(Answer::Status(204));
    let desk = world.serve();
    let admin = Person { cookie: admin.cookie.clone(), csrf: admin.csrf.clone(), ..world.at(&desk) };
    let calls = receiver.wait_for(2);
    let delivered = delivery_when(&admin, &webhook, &delivery, |delivery| delivery["state"] == "delivered");
    assert_eq!(delivered["status"], 204);
    desk.stop();
    for call in &calls {
        assert_eq!(call.header("webhook-id"), delivery);
    }
    assert_eq!(calls[0].body, calls[1].body);
    verify(&[(&calls[0], secret.as_str()), (&calls[1], secret.as_str())]);
    assert_eq!(receiver.calls().len(), 2);
}

#[test]
fn a_delivery_survives_the_kill_of_the_desk_with_the_store_in_a_file() {
    a_delivery_survives_the_kill_of_the_desk(Keeps::File);
}

#[test]
fn a_delivery_survives_the_kill_of_the_desk_with_the_store_on_postgres() {
    a_delivery_survives_the_kill_of_the_desk(Keeps::Postgres);
}

#[test]
fn the_webhook_of_an_erased_contract_is_told_so_and_then_forgotten() {
    let (world, receiver, silent) = (world(Keeps::File, ""), Receiver::start(), Receiver::start());
    silent.answer(Answer::Status(503));
    let cast = world.cast();
    let desk = world.serve();
    let (admin, second) = (world.sign_in(&desk, &cast.admin), world.sign_in(&desk, &cast.second_admin));
    let operator = world.operator(&desk);
    let (told, secret) = make(&admin, Some(&cast.contract), &receiver.url("/told-of-the-end"), &["erasure.completed"]);
    let (waiting, _) = make(&admin, Some(&cast.contract), &silent.url("/never-told"), &["request.submitted"]);
    let (of_desk, _) = make(&operator, None, &receiver.url("/desk"), &["erasure.completed"]);

    let wanted = json!({ "kind": "erasure", "scope": "contract", "contract": cast.contract });
    let counted = admin.post("/api/v1/previews", &wanted).is(200).json();
    let choices = counted["choices"].as_array().expect("a list").iter();
    let choices: serde_json::Map<String, Value> =
        choices.map(|choice| (choice["table"].as_str().expect("a table").to_owned(), json!("delete"))).collect();
    let label = admin.get(&format!("/api/v1/contracts/{}", cast.contract)).is(200).json();
    let label = label["name"].as_str().expect("a name");
    let wanted = json!({ "kind": "erasure", "scope": "contract", "contract": cast.contract, "choices": choices, "confirmation": label });
    let request = admin.post("/api/v1/requests", &wanted).is(201).json()["id"].as_str().expect("an id").to_owned();
    let begun = Instant::now();
    let plan = loop {
        let shown = second.get(&format!("/api/v1/requests/{request}")).is(200).json();
        if shown["state"] == "awaiting_approval" {
            break shown["plan"].clone();
        }
        assert!(begun.elapsed() < PATIENCE, "{shown}");
        std::thread::sleep(Duration::from_millis(50));
    };
    second.post(&format!("/api/v1/requests/{request}/approve"), &json!({ "plan": plan })).is(200);

    let calls = receiver.wait_for(2);
    let mut paths: Vec<&str> = calls.iter().map(|call| call.path.as_str()).collect();
    paths.sort_unstable();
    assert_eq!(paths, ["/desk", "/told-of-the-end"]);
    let last = calls.iter().find(|call| call.path == "/told-of-the-end").expect("the last word");
    verify(&[(last, secret.as_str())]);
    assert_eq!(body(last)["data"]["request"], json!(request));
    // The other had something waiting that nobody will send any more.
    let begun = Instant::now();
    for webhook in [&told, &waiting] {
        while operator.get(&format!("/api/v1/webhooks/{webhook}")).status != 404 {
            assert!(begun.elapsed() < PATIENCE, "{webhook} is still there");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
    operator.get(&format!("/api/v1/webhooks/{of_desk}")).is(200);
    desk.stop();
    let bytes = world.store_bytes();
    for gone in ["/told-of-the-end", "/never-told", secret.as_str()] {
        assert!(!bytes.windows(gone.len()).any(|window| window == gone.as_bytes()), "{gone}");
    }
}

#[test]
fn what_happens_in_an_exit_is_told_without_what_was_said() {
    let (world, receiver) = (world(Keeps::File, ""), Receiver::start());
    let cast = world.cast();
    let desk = world.serve();
    let (admin, operator) = (world.sign_in(&desk, &cast.admin), world.operator(&desk));
    let stranger = world.sign_in(&desk, &cast.stranger);
    make(&admin, Some(&cast.contract), &receiver.url("/own"), &["exit.begun", "exit.moved", "exit.ended"]);
    make(&operator, None, &receiver.url("/desk"), &["exit.ended"]);
    let other: i64 = world
        .platform()
        .query_row("SELECT contract_id FROM seat WHERE email = ?1", [&cast.stranger], |row| row.get(0))
        .expect("a contract");
    make(&stranger, Some(&other.to_string()), &receiver.url("/others"), &[]);

    let exits = format!("/api/v1/contracts/{}/exits", cast.contract);
    let exit = admin.post(&exits, &json!({ "words": "we leave" })).is(201).json()["id"].as_str().expect("an id").to_owned();
    let acts = format!("/api/v1/exits/{exit}/acts");
    // What is refused is told to nobody.
    admin.post(&acts, &json!({ "act": "confirm_switch", "words": "we are gone", "confirmation": "" })).is(409);
    admin.post(&acts, &json!({ "act": "elect", "election": "on_premises", "words": "we move" })).is(200);
    admin.post(&acts, &json!({ "act": "withdraw", "words": "we stay" })).is(200);

    let calls = receiver.wait_for(4);
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let mut told: Vec<_> = calls
        .iter()
        .map(|call| {
            let (kind, data) = (text(&body(call)["type"]), body(call)["data"].clone());
            assert_eq!((&data["exit"], &data["contract"]), (&json!(exit), &json!(cast.contract)));
            assert!(!String::from_utf8_lossy(&call.body).contains("we "), "no words of anybody");
            (call.path.clone(), kind, text(&data["move"]), text(&data["state"]))
        })
        .collect();
    told.sort();
    let want = [
        ("/desk", "exit.ended", "withdraw", "withdrawn"),
        ("/own", "exit.begun", "give_notice", "notice"),
        ("/own", "exit.ended", "withdraw", "withdrawn"),
        ("/own", "exit.moved", "elect_switch", "switch_elected"),
    ];
    let want = want.map(|(path, kind, made, state)| (path.to_owned(), kind.to_owned(), made.to_owned(), state.to_owned()));
    assert_eq!(told, want);
    desk.stop();
}
