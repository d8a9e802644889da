//! Controllers of OpenDSR: signed answers, callbacks, and what becomes of what they ask for.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use exeunt_testkit::privacy_tool::{Key, Message};
use serde_json::{Value, json};

use super::{CONTROLLER, DOMAIN, PLATFORM, Stage};
use crate::desk::world::{Keeps, World};

const REQUESTS: &str = "/opendsr/v2/requests";

/// The controller's name for its request number so much.
fn uuid(number: u32) -> String {
    format!("5b1c5a3e-96c5-4d0e-8f1b-{number:012}")
}

fn asked(number: u32, kind: &str, identities: &[(&str, &str, &str)]) -> Value {
    let identity =
        |(kind, format, value): &(&str, &str, &str)| json!({ "identity_type": kind, "identity_format": format, "identity_value": value });
    json!({
        "regulation": "gdpr",
        "subject_request_id": uuid(number),
        "subject_request_type": kind,
        "submitted_time": "2026-11-24T09:30:00Z",
        "subject_identities": identities.iter().map(identity).collect::<Vec<_>>(),
        "api_version": "2.0",
    })
}

impl Stage {
    /// The certificates that the desk publishes.
    fn chain(&mut self) -> String {
        String::from_utf8(self.send("GET", "/opendsr/v2/certificate", "", "").is(200).body).expect("PEM")
    }

    #[track_caller]
    fn is_signed(&mut self, chain: &str, message: &Message) {
        assert_eq!(message.header("x-opendsr-processor-domain"), Some(DOMAIN));
        assert_eq!(self.tool.verify(DOMAIN, chain, message), Ok(()));
    }

    /// The callback that tells of this status, signed; earlier ones may come before it.
    fn called(&mut self, chain: &str, number: u32, status: &str) -> Value {
        loop {
            let call = self.tool.call();
            self.is_signed(chain, &call);
            let told = call.json();
            assert_eq!((&told["subject_request_id"], &told["controller_id"]), (&json!(uuid(number)), &json!("customer")), "{told}");
            assert_eq!(told["status_callback_url"], json!(self.callback()), "{told}");
            if told["request_status"] == status {
                return told;
            }
            assert!(told["request_status"] == "pending" || told["request_status"] == "in_progress", "{told}");
        }
    }
}

fn whole_way(keeps: Keeps, key: Key) {
    let mut stage = Stage::new(keeps, key);
    stage.serve(0);
    let chain = stage.chain();
    let admin = stage.sign_in(&stage.cast.admin);
    let second = stage.sign_in(&stage.cast.second_admin);
    let (holder, seat) = (stage.cast.holder.clone(), stage.cast.seat.clone());

    let discovery = stage.send("GET", "/opendsr/v2/discovery", "", "").is(200);
    stage.is_signed(&chain, &discovery);
    assert_eq!(discovery.json()["processor_certificate"], json!(format!("https://{DOMAIN}/opendsr/v2/certificate")));

    // Access by the hash of the address: the receipt holds the request, and its signature is one for it.
    let hash = exeunt_model::digest::Digest::of_bytes(holder.as_bytes()).as_str()["sha256:".len()..].to_owned();
    let mut request = asked(1, "access", &[("email", "sha256", &hash)]);
    request["status_callback_urls"] = json!([stage.callback()]);
    let sent = request.to_string();
    let receipt = stage.send("POST", REQUESTS, CONTROLLER, &sent).is(201);
    stage.is_signed(&chain, &receipt);
    let receipt = receipt.json();
    assert_eq!(BASE64.decode(receipt["encoded_request"].as_str().expect("base64")).expect("base64"), sent.as_bytes());
    assert_eq!((&receipt["controller_id"], &receipt["subject_request_id"]), (&json!("customer"), &json!(uuid(1))), "{receipt}");
    // Sent again it is the same; with other content it isn't.
    assert_eq!(stage.send("POST", REQUESTS, CONTROLLER, &sent).is(201).json(), receipt);
    let refused = stage.send("POST", REQUESTS, CONTROLLER, &asked(1, "erasure", &[("email", "raw", &holder)]).to_string()).is(400);
    stage.is_signed(&chain, &refused);
    assert_eq!(refused.json()["error"]["code"], 400);
    let status = stage.send("GET", &format!("{REQUESTS}/{}", uuid(1)), CONTROLLER, "").is(200);
    stage.is_signed(&chain, &status);
    assert_eq!(status.json()["request_status"], "pending");
    // It goes to somebody else than the person, so that two must agree and the holder is told.
    let proposed = stage.request_in(&admin, "export", "awaiting_approval");
    assert_eq!((&proposed["channel"], &proposed["approvals"]), (&json!("open_dsr"), &json!(2)), "{proposed}");
    stage.approve(&admin, &proposed);
    stage.approve(&second, &proposed);
    let done = stage.called(&chain, 1, "completed");
    stage.world.mails.next(&holder, "exported|exportiert");
    assert!(done["results_count"].as_u64() > Some(0), "{done}");
    let results = done["results_url"].as_str().expect("results").to_owned();
    let archive = stage.fetch(&results, CONTROLLER);
    stage.check_archive(&archive);
    let path = results.strip_prefix("http://desk.example").expect("our address").to_owned();
    stage.send("GET", &path, PLATFORM, "").is(404);
    let late = stage.send("DELETE", &format!("{REQUESTS}/{}", uuid(1)), CONTROLLER, "").is(400);
    stage.is_signed(&chain, &late);
    assert_eq!(late.json()["error"]["errors"][0]["reason"], "not_pending");

    // Erasure by the platform's own key.
    let mut request = asked(2, "erasure", &[("controller_customer_id", "raw", &seat), ("android_id", "md5", "17")]);
    request["status_callback_urls"] = json!([stage.callback()]);
    stage.send("POST", REQUESTS, CONTROLLER, &request.to_string()).is(201);
    let proposed = stage.request_in(&admin, "erasure", "awaiting_approval");
    stage.approve(&admin, &proposed);
    let done = stage.called(&chain, 2, "completed");
    assert!(done["results_count"].as_u64() > Some(0) && done.get("results_url").is_none(), "{done}");
    assert_eq!(stage.rows_of_seat(&seat), 0);
    stage.forgotten("/callback");
    stage.forgotten(&holder);
    let status = stage.send("GET", &format!("{REQUESTS}/{}", uuid(2)), CONTROLLER, "").is(200).json();
    assert_eq!(status["request_status"], "completed");
}

#[test]
fn a_controller_is_answered_by_a_key_of_rsa_with_the_store_in_a_file() {
    whole_way(Keeps::File, Key::Rsa);
}

#[test]
fn a_controller_is_answered_by_a_key_of_ecdsa_with_the_store_on_postgres() {
    whole_way(Keeps::Postgres, Key::Ecdsa);
}

#[test]
fn what_is_pending_is_cancelled_and_what_is_refused_is_never_completed() {
    let mut stage = Stage::new(Keeps::File, Key::Ecdsa);
    stage.serve(24);
    let chain = stage.chain();
    let admin = stage.sign_in(&stage.cast.admin);
    let (holder, colleague) = (stage.cast.holder.clone(), stage.cast.colleague.clone());

    // Cancelled while it is pending.
    stage.send("POST", REQUESTS, CONTROLLER, &asked(1, "erasure", &[("email", "raw", &holder)]).to_string()).is(201);
    let proposed = stage.request_in(&admin, "erasure", "awaiting_approval");
    let cancelled = stage.send("DELETE", &format!("{REQUESTS}/{}", uuid(1)), CONTROLLER, "").is(202);
    stage.is_signed(&chain, &cancelled);
    assert!(cancelled.json()["received_time"].is_string());
    let shown = admin.get(&format!("/api/v1/requests/{}", proposed["id"].as_str().expect("an id"))).is(200).json();
    assert_eq!(shown["state"], "cancelled");
    let status = stage.send("GET", &format!("{REQUESTS}/{}", uuid(1)), CONTROLLER, "").is(200).json();
    assert_eq!(status["request_status"], "cancelled");

    // Refused by an admin. The receiver is away at first: it is called until it answers.
    stage.tool.answer_with(503);
    let mut request = asked(2, "erasure", &[("email", "raw", &colleague)]);
    request["status_callback_urls"] = json!([stage.callback()]);
    stage.send("POST", REQUESTS, CONTROLLER, &request.to_string()).is(201);
    let proposed = stage.request_in(&admin, "erasure", "awaiting_approval");
    let path = format!("/api/v1/requests/{}/reject", proposed["id"].as_str().expect("an id"));
    admin.post(&path, &json!({})).is(200);
    stage.tool.answer_with(200);
    stage.called(&chain, 2, "cancelled");

    // The platform's own tool is told of nobody that it doesn't know; a customer's is told nothing about who is known elsewhere.
    let nobody = [("email", "raw", "nobody@elsewhere.example")];
    stage.send("POST", REQUESTS, PLATFORM, &asked(3, "erasure", &nobody).to_string()).is(201);
    let status = stage.send("GET", &format!("{REQUESTS}/{}", uuid(3)), PLATFORM, "").is(200).json();
    assert_eq!(status["request_status"], "cancelled");
    let stranger = stage.cast.stranger.clone();
    for (number, email) in [(4, "nobody@elsewhere.example"), (5, stranger.as_str())] {
        stage.send("POST", REQUESTS, CONTROLLER, &asked(number, "erasure", &[("email", "raw", email)]).to_string()).is(201);
        let status = stage.send("GET", &format!("{REQUESTS}/{}", uuid(number)), CONTROLLER, "").is(200).json();
        assert_eq!(status["request_status"], "pending", "{email}");
    }
    let other_admin = stage.sign_in(&stranger);
    assert_eq!(other_admin.get("/api/v1/requests").is(200).json()["requests"], json!([]), "nothing came to another contract");
    // A request of another controller is not there, like one that nobody sent.
    for (number, token) in [(3, CONTROLLER), (4, PLATFORM), (99, CONTROLLER)] {
        for method in ["GET", "DELETE"] {
            let answer = stage.send(method, &format!("{REQUESTS}/{}", uuid(number)), token, "").is(404);
            stage.is_signed(&chain, &answer);
        }
    }
    // Who may not send.
    let request = asked(6, "access", &[("email", "raw", &holder)]).to_string();
    stage.send("POST", REQUESTS, "", &request).is(401);
    let answer = stage.send("POST", REQUESTS, "nonsense", &request).is(403);
    stage.is_signed(&chain, &answer);
    for wrong in ["[]".to_owned(), request.replace("2.0", "1.0"), request.replace("access", "rectification")] {
        let answer = stage.send("POST", REQUESTS, CONTROLLER, &wrong).is(400);
        stage.is_signed(&chain, &answer);
    }
    stage.send("POST", REQUESTS, CONTROLLER, &"x".repeat(70_000)).is(413);
    // Another text under the signature is noticed.
    let mut forged = stage.send("GET", "/opendsr/v2/discovery", "", "").is(200);
    forged.body.push(b' ');
    assert!(stage.tool.verify(DOMAIN, &chain, &forged).is_err());
    let answer = stage.send("GET", "/opendsr/v2/discovery", "", "").is(200);
    assert!(stage.tool.verify("other.example", &chain, &answer).is_err());
}

#[test]
fn without_a_key_opendsr_is_not_offered() {
    let world = World::new(Keeps::File);
    world.configure(24);
    let desk = world.serve();
    for path in ["/opendsr/v2/discovery", "/opendsr/v2/certificate", "/drp/v1/agent/HELPFUL_AGENT"] {
        desk.send("GET", path, &[], None).is(404);
    }
}
