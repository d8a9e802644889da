//! Agents of the Data Rights Protocol, from the first token to the last callback.

use exeunt_testkit::privacy_tool::{Key, Message};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{AGENT, OPERATOR, OTHER_AGENT, Stage};
use crate::desk::world::Keeps;

const REQUESTS: &str = "/drp/v1/data-rights-request";

#[expect(clippy::disallowed_methods, reason = "a message is fresh by the clock of whoever signs it")]
fn in_seconds(seconds: i64) -> String {
    (Timestamp::now() + SignedDuration::from_secs(seconds)).to_string()
}

/// What every message of an agent says.
fn envelope(agent: &str) -> Value {
    json!({
        "agent-id": agent, "business-id": "NAVIGATOR", "issued-at": in_seconds(-5), "expires-at": in_seconds(300), "drp.version": "1.0",
    })
}

fn exercise(name: &str, right: &str, email: &str) -> Value {
    let mut claims = envelope("HELPFUL_AGENT");
    claims["agent-request-id"] = json!(name);
    claims["exercise"] = json!(right);
    claims["regime"] = json!("ccpa");
    claims["name"] = json!("Somebody");
    claims["email"] = json!(email);
    claims["email_verified"] = json!(true);
    claims
}

impl Stage {
    /// Sets a token up for an agent.
    fn paired(&mut self, agent: &str, seed: [u8; 32]) -> String {
        let message = self.tool.sign(seed, &envelope(agent).to_string());
        let answer = self.send("POST", &format!("/drp/v1/agent/{agent}"), "", &message).is(200).json();
        assert_eq!(answer["agent-id"], agent);
        answer["token"].as_str().expect("a token").to_owned()
    }

    fn sent(&mut self, token: &str, claims: &Value) -> Message {
        let message = self.tool.sign(AGENT, &claims.to_string());
        self.send("POST", REQUESTS, token, &message)
    }

    fn status(&mut self, token: &str, id: &str) -> Value {
        self.send("GET", &format!("{REQUESTS}/{id}"), token, "").is(200).json()
    }

    /// The callback that tells of this status; earlier ones may come before it.
    fn told(&mut self, id: &str, status: &str) -> Value {
        loop {
            let call = self.tool.call().json();
            assert_eq!(call["request_id"], id);
            if call["status"] == status {
                return call;
            }
            assert_eq!(call["status"], "in_progress", "{call}");
        }
    }
}

fn id(answer: &Value) -> String {
    answer["request_id"].as_str().expect("an id").to_owned()
}

fn whole_way(keeps: Keeps) {
    let mut stage = Stage::new(keeps, Key::Rsa);
    stage.serve(0);
    let token = stage.paired("HELPFUL_AGENT", AGENT);
    let other = stage.paired("OTHER_AGENT", OTHER_AGENT);
    let admin = stage.sign_in(&stage.cast.admin);
    let (holder, seat) = (stage.cast.holder.clone(), stage.cast.seat.clone());

    // Access: an admin agrees, the agent is called, and fetches the archive by its own token.
    let mut claims = exercise("access-1", "access", &holder);
    claims["status_callback"] = json!(stage.callback());
    let taken = stage.sent(&token, &claims).is(200).json();
    let access = id(&taken);
    assert_eq!((&taken["status"], &taken["agent_request_id"]), (&json!("in_progress"), &json!("access-1")), "{taken}");
    assert!(taken["expected_by"].is_string() && taken["received_at"].is_string(), "{taken}");
    let mail = stage.world.mails.next(&stage.cast.admin, "Proposed|Vorgeschlagen");
    assert!(mail["text"].as_str().expect("a text").contains("Data Rights Protocol"), "{mail}");
    let proposed = stage.request_in(&admin, "export", "awaiting_approval");
    assert_eq!((&proposed["channel"], &proposed["seat"]), (&json!("drp"), &json!(seat)), "{proposed}");
    // The same, signed anew, is a repetition; something else under its name is refused.
    claims["issued-at"] = json!(in_seconds(-4));
    assert_eq!(id(&stage.sent(&token, &claims).is(200).json()), access);
    claims["exercise"] = json!("deletion");
    let refused = stage.sent(&token, &claims).is(409).json();
    assert_eq!((&refused["code"], &refused["fatal"]), (&json!("409"), &json!(true)), "{refused}");
    stage.approve(&admin, &proposed);
    let done = stage.told(&access, "fulfilled");
    assert_eq!(done, stage.status(&token, &access));
    let results = done["results_url"].as_str().expect("results").to_owned();
    assert!(done["expires_at"].is_string(), "{done}");
    let archive = stage.fetch(&results, &token);
    stage.check_archive(&archive);
    // Nobody else fetches it or knows of it: neither another agent, nor an admin with the very link.
    let path = results.strip_prefix("http://desk.example").expect("our address").to_owned();
    stage.send("GET", &path, &other, "").is(403);
    stage.send("GET", &path, "", "").is(401);
    let link = stage.send("GET", &path, &token, "").is(303).header("location").expect("a link").to_owned();
    let link = link.strip_prefix("http://desk.example").expect("our address").to_owned();
    stage.send("GET", &link, &other, "").is(404);
    admin.get(&link).is(404);
    for foreign in [access.as_str(), "0123456789abcdef0123456789abcdef", "nonsense"] {
        let refused = stage.send("GET", &format!("{REQUESTS}/{foreign}"), &other, "").is(403).json();
        assert_eq!(refused["code"], "403", "{refused}");
    }
    // An access that is done cannot be revoked.
    let reason = stage.tool.sign(AGENT, r#"{"reason":"too late"}"#);
    stage.send("DELETE", &format!("{REQUESTS}/{access}"), &token, &reason).is(409);

    // Deletion: an admin agrees to the plan, and the agent is told when it is done, not before.
    let mut claims = exercise("deletion-1", "deletion", &holder);
    claims["status_callback"] = json!(stage.callback());
    let deletion = id(&stage.sent(&token, &claims).is(200).json());
    let proposed = stage.request_in(&admin, "erasure", "awaiting_approval");
    assert!(proposed["plan"].is_string(), "{proposed}");
    assert!(stage.rows_of_seat(&seat) > 1);
    assert_eq!(stage.status(&token, &deletion)["status"], "in_progress");
    stage.approve(&admin, &proposed);
    let done = stage.told(&deletion, "fulfilled");
    assert_eq!(stage.rows_of_seat(&seat), 0);
    assert_eq!(stage.status(&token, &deletion), done);
    assert_eq!(done.get("results_url"), None);

    // Answers go on without the person: nothing of them is left, nor where the agent was called.
    stage.forgotten("/callback");
    stage.forgotten(&holder);
    assert_eq!(stage.status(&token, &deletion)["status"], "fulfilled");
    stage.request_in(&admin, "export", "expired");
    let gone = stage.status(&token, &access);
    assert_eq!((&gone["status"], gone.get("results_url")), (&json!("expired"), None), "{gone}");
    stage.send("GET", &path, &token, "").is(404);
}

#[test]
fn an_agent_is_given_a_copy_and_has_a_seat_erased_with_the_store_in_a_file() {
    whole_way(Keeps::File);
}

#[test]
fn an_agent_is_given_a_copy_and_has_a_seat_erased_with_the_store_on_postgres() {
    whole_way(Keeps::Postgres);
}

#[test]
fn what_is_refused_is_denied_and_what_is_revoked_is_cancelled() {
    let mut stage = Stage::new(Keeps::File, Key::Rsa);
    stage.serve(24);
    let token = stage.paired("HELPFUL_AGENT", AGENT);
    let admin = stage.sign_in(&stage.cast.admin);
    let (holder, colleague) = (stage.cast.holder.clone(), stage.cast.colleague.clone());
    let denied = |answer: &Value| (answer["status"].clone(), answer["reason"].clone(), answer["processing_details"].clone());

    // Nobody is looked for by an address that the agent hasn't verified, whether it is known or not.
    for email in [holder.as_str(), "nobody@elsewhere.example"] {
        let mut claims = exercise(&format!("unverified-{}", email.len()), "access", email);
        claims["email_verified"] = json!(false);
        let answer = stage.sent(&token, &claims).is(200).json();
        assert_eq!(denied(&answer), (json!("denied"), json!("insuf_verification"), json!("identity_not_verified")), "{answer}");
    }
    let answer = stage.sent(&token, &exercise("unknown-1", "deletion", "nobody@elsewhere.example")).is(200).json();
    assert_eq!(denied(&answer), (json!("denied"), json!("no_match"), json!("no_such_data")), "{answer}");

    // An admin refuses.
    let mut claims = exercise("refused-1", "deletion", &holder);
    claims["status_callback"] = json!(stage.callback());
    let refused = id(&stage.sent(&token, &claims).is(200).json());
    let proposed = stage.request_in(&admin, "erasure", "awaiting_approval");
    let path = format!("/api/v1/requests/{}/reject", proposed["id"].as_str().expect("an id"));
    admin.post(&path, &json!({ "note": "they are still with us" })).is(200);
    let answer = stage.told(&refused, "denied");
    assert_eq!(denied(&answer), (json!("denied"), json!("other"), json!("not_approved")), "{answer}");

    // The person changes their mind before it starts, in the waiting period.
    let revoked = id(&stage.sent(&token, &exercise("revoked-1", "deletion", &colleague)).is(200).json());
    let proposed = stage.request_in(&admin, "erasure", "awaiting_approval");
    stage.approve(&admin, &proposed);
    stage.request_in(&admin, "erasure", "scheduled");
    let stranger = stage.tool.sign(OTHER_AGENT, r#"{"reason":"I am not the agent"}"#);
    stage.send("DELETE", &format!("{REQUESTS}/{revoked}"), &token, &stranger).is(403);
    let reason = stage.tool.sign(AGENT, r#"{"reason":"I stay"}"#);
    let answer = stage.send("DELETE", &format!("{REQUESTS}/{revoked}"), &token, &reason).is(200).json();
    assert_eq!(answer["status"], "revoked", "{answer}");
    let shown = admin.get(&format!("/api/v1/requests/{}", proposed["id"].as_str().expect("an id"))).is(200).json();
    assert_eq!(shown["state"], "cancelled");
    assert_eq!(stage.send("DELETE", &format!("{REQUESTS}/{revoked}"), &token, &reason).is(200).json(), answer);

    // An erasure that an admin asked for is waited for, and not taken back with the agent's request.
    let choices: serde_json::Map<String, Value> = {
        let wanted = json!({ "kind": "erasure", "scope": "seat", "contract": stage.cast.contract, "seat": stage.cast.seat });
        let counted = admin.post("/api/v1/previews", &wanted).is(200).json();
        let choices = counted["choices"].as_array().expect("a list").iter();
        choices.map(|choice| (choice["table"].as_str().expect("a table").to_owned(), json!("delete"))).collect()
    };
    let wanted = json!({
        "kind": "erasure", "scope": "seat", "contract": stage.cast.contract, "seat": stage.cast.seat, "confirmation": holder,
        "choices": choices,
    });
    let own = admin.post("/api/v1/requests", &wanted).is(201).json()["id"].as_str().expect("an id").to_owned();
    let waiting = id(&stage.sent(&token, &exercise("waiting-1", "deletion", &holder)).is(200).json());
    assert_eq!(stage.status(&token, &waiting)["status"], "in_progress");
    let answer = stage.send("DELETE", &format!("{REQUESTS}/{waiting}"), &token, &reason).is(200).json();
    assert_eq!(answer["status"], "revoked", "{answer}");
    assert_ne!(admin.get(&format!("/api/v1/requests/{own}")).is(200).json()["state"], "cancelled");
}

#[test]
fn a_person_without_a_seat_becomes_a_case_of_the_operators() {
    let mut stage = Stage::new(Keeps::File, Key::Rsa);
    stage.serve(24);
    let token = stage.paired("HELPFUL_AGENT", AGENT);
    // A member's own address, which is no seat's.
    let email: String = stage
        .world
        .platform()
        .query_row(
            "SELECT email FROM member_email WHERE lower(email) NOT IN (SELECT lower(email) FROM seat WHERE email IS NOT NULL) LIMIT 1",
            [],
            |row| row.get(0),
        )
        .expect("a member's address");
    let mut claims = exercise("person-1", "deletion", &email.to_uppercase());
    claims["name"] = json!("Zenobia Quastenflosser");
    claims["phone_number"] = json!("+15550100");
    claims["status_callback"] = json!(stage.callback());
    let person = id(&stage.sent(&token, &claims).is(200).json());
    assert_eq!(stage.status(&token, &person)["status"], "open");
    stage.world.mails.next(OPERATOR, "case|Fall");
    let operator = stage.sign_in(OPERATOR);
    let case = stage.request_in(&operator, "case", "open");
    let case = case["id"].as_str().expect("an id").to_owned();
    let messages = operator.get(&format!("/api/v1/requests/{case}/messages")).is(200).json();
    let said = messages["messages"][0]["text"].as_str().expect("a text").to_owned();
    assert!(said.contains("Zenobia Quastenflosser") && said.contains("+15550100") && said.contains("deletion"), "{said}");
    // No admin of any contract knows of it.
    let admin = stage.sign_in(&stage.cast.admin);
    admin.get(&format!("/api/v1/requests/{case}")).is(404);
    assert_eq!(admin.get("/api/v1/requests?kind=case").is(200).json()["requests"], json!([]));
    let step = |body: Value| operator.post(&format!("/api/v1/requests/{case}/case"), &body).is(200).json()["state"].clone();
    assert_eq!(step(json!({ "step": "take" })), "with_representative");
    assert_eq!(step(json!({ "step": "answer", "text": "Everything about Zenobia Quastenflosser is deleted" })), "closed");
    assert_eq!(stage.told(&person, "fulfilled")["status"], "fulfilled");
    // Whom it was about is forgotten, and the answer stays.
    for text in ["Quastenflosser", "+15550100", "/callback", email.to_lowercase().as_str()] {
        stage.forgotten(text);
    }
    assert_eq!(stage.status(&token, &person)["status"], "fulfilled");
}

#[test]
fn several_seats_become_one_request_each_and_one_answer() {
    let mut stage = Stage::new(Keeps::File, Key::Rsa);
    stage.serve(0);
    let token = stage.paired("HELPFUL_AGENT", AGENT);
    let (holder, contract) = (stage.cast.holder.clone(), stage.cast.contract.clone());
    // The same person holds a seat of another customer's contract too.
    let stranger = stage.cast.stranger.clone();
    let changed = stage
        .world
        .platform()
        .execute(
            "UPDATE seat SET email = ?1 WHERE id = (
                SELECT s.id FROM seat AS s
                WHERE s.contract_id = (SELECT contract_id FROM seat WHERE email = ?2) AND s.permission = 'user' AND s.contract_id <> ?3
                ORDER BY s.id LIMIT 1)",
            (&holder, &stranger, &contract),
        )
        .expect("change a seat");
    assert_eq!(changed, 1);
    let access = id(&stage.sent(&token, &exercise("both-1", "access", &holder)).is(200).json());
    let admin = stage.sign_in(&stage.cast.admin);
    let other_admin = stage.sign_in(&stranger);
    stage.approve(&admin, &stage.request_in(&admin, "export", "awaiting_approval"));
    stage.request_in(&admin, "export", "ready");
    // One is done, the other waits: that is not fulfilled.
    assert_eq!(stage.status(&token, &access)["status"], "in_progress");
    stage.approve(&other_admin, &stage.request_in(&other_admin, "export", "awaiting_approval"));
    stage.request_in(&other_admin, "export", "ready");
    let done = stage.status(&token, &access);
    assert_eq!(done["status"], "fulfilled", "{done}");
    let path = done["results_url"].as_str().expect("results").strip_prefix("http://desk.example").expect("our address").to_owned();
    let files = stage.send("GET", &path, &token, "").is(200).json();
    assert_eq!(files["results"].as_array().map(Vec::len), Some(2), "{files}");
    for file in files["results"].as_array().expect("a list") {
        let link = file["url"].as_str().expect("a link").strip_prefix("http://desk.example").expect("our address").to_owned();
        let bytes = stage.send("GET", &link, &token, "").is(200).body;
        assert_eq!(Some(bytes.len() as u64), file["bytes"].as_u64());
        stage.check_archive(&bytes);
    }

    // One customer agrees to the deletion and the other refuses: it is not fulfilled.
    let deletion = id(&stage.sent(&token, &exercise("both-2", "deletion", &holder)).is(200).json());
    let refused = stage.request_in(&other_admin, "erasure", "awaiting_approval");
    let path = format!("/api/v1/requests/{}/reject", refused["id"].as_str().expect("an id"));
    other_admin.post(&path, &json!({})).is(200);
    let proposed = stage.request_in(&admin, "erasure", "awaiting_approval");
    assert_eq!(stage.status(&token, &deletion)["status"], "in_progress");
    stage.approve(&admin, &proposed);
    let erased = format!("/api/v1/requests/{}", proposed["id"].as_str().expect("an id"));
    stage.waited("the erasure", || {
        let state = admin.get(&erased).is(200).json()["state"].clone();
        state.as_str().is_some_and(|state| state.starts_with("completed")).then_some(())
    });
    let answer = stage.status(&token, &deletion);
    assert_eq!((&answer["status"], &answer["processing_details"]), (&json!("denied"), &json!("not_approved")), "{answer}");
}

#[test]
fn every_check_of_a_message_has_its_answer() {
    let mut stage = Stage::new(Keeps::File, Key::Rsa);
    stage.serve(24);
    let holder = stage.cast.holder.clone();
    // Pairing: every refusal is 403 without a body.
    let mut foreign = envelope("HELPFUL_AGENT");
    foreign["business-id"] = json!("OTHER");
    let mut late = envelope("HELPFUL_AGENT");
    late["expires-at"] = json!(in_seconds(-1));
    let mut long = envelope("HELPFUL_AGENT");
    long["expires-at"] = json!(in_seconds(700));
    for (path, seed, claims) in [
        ("HELPFUL_AGENT", OTHER_AGENT, envelope("HELPFUL_AGENT")),
        ("HELPFUL_AGENT", AGENT, envelope("OTHER_AGENT")),
        ("OTHER_AGENT", AGENT, envelope("HELPFUL_AGENT")),
        ("UNKNOWN_AGENT", AGENT, envelope("UNKNOWN_AGENT")),
        ("HELPFUL_AGENT", AGENT, foreign),
        ("HELPFUL_AGENT", AGENT, late),
        ("HELPFUL_AGENT", AGENT, long),
    ] {
        let message = stage.tool.sign(seed, &claims.to_string());
        let answer = stage.send("POST", &format!("/drp/v1/agent/{path}"), "", &message).is(403);
        assert!(answer.body.is_empty(), "{claims}");
    }
    stage.send("POST", "/drp/v1/agent/HELPFUL_AGENT", "", "no base64!").is(403);
    let message = stage.tool.sign(AGENT, &envelope("HELPFUL_AGENT").to_string());
    let token = stage.send("POST", "/drp/v1/agent/HELPFUL_AGENT", "", &message).is(200).json()["token"].as_str().expect("one").to_owned();
    // Sent again by whoever has seen it, it changes nothing.
    stage.send("POST", "/drp/v1/agent/HELPFUL_AGENT", "", &message).is(403);
    assert_eq!(stage.send("GET", "/drp/v1/agent/HELPFUL_AGENT", &token, "").is(200).json(), json!({}));
    stage.send("GET", "/drp/v1/agent/OTHER_AGENT", &token, "").is(403);
    stage.send("GET", "/drp/v1/agent/HELPFUL_AGENT", "nonsense", "").is(403);
    stage.send("GET", "/drp/v1/agent/HELPFUL_AGENT", "", "").is(403);

    // Exercising: the token first, then the order of the protocol.
    let right = exercise("checks-1", "access", &holder);
    let message = stage.tool.sign(AGENT, &right.to_string());
    stage.send("POST", REQUESTS, "", &message).is(401);
    stage.send("POST", REQUESTS, "nonsense", &message).is(403);
    let with = |field: &str, value: Value| {
        let mut claims = right.clone();
        claims[field] = value;
        claims
    };
    for (claims, status, told) in [
        (with("agent-id", json!("OTHER_AGENT")), 403, "`agent-id`"),
        (with("business-id", json!("OTHER")), 403, "`business-id`"),
        (with("issued-at", json!(in_seconds(60))), 400, "`issued-at`"),
        (with("expires-at", json!(in_seconds(-1))), 400, "`expires-at`"),
        (with("expires-at", json!(in_seconds(700))), 400, "10 minutes"),
        (with("drp.version", json!("0.9")), 400, "0.9"),
        (with("exercise", json!("sale:opt-out")), 400, "sale:opt-out"),
        (with("exercise", json!(["access", "deletion"])), 400, "`exercise`"),
        (with("regime", json!("gdpr")), 400, "ccpa"),
        (with("status_callback", json!("http://agent.example")), 400, "`status_callback`"),
    ] {
        let answer = stage.sent(&token, &claims).is(status).json();
        assert_eq!(answer["code"], status.to_string(), "{answer}");
        assert!(answer["message"].as_str().expect("a message").contains(told), "{answer}");
    }
    let stranger = stage.tool.sign(OTHER_AGENT, &right.to_string());
    stage.send("POST", REQUESTS, &token, &stranger).is(403);
    stage.send("POST", REQUESTS, &token, "no base64!").is(400);
    stage.send("POST", REQUESTS, &token, &"A".repeat(70_000)).is(413);
    stage.send("PUT", REQUESTS, &token, "").is(405);
    let admin = stage.sign_in(&stage.cast.admin);
    assert_eq!(admin.get("/api/v1/requests").is(200).json()["requests"], json!([]), "nothing came of it");

    // The token opens the doors of its protocol and shows nothing else of the desk; a session opens none of them.
    let taken = id(&stage.sent(&token, &right).is(200).json());
    let request = admin.get("/api/v1/requests").is(200).json()["requests"][0]["id"].as_str().expect("an id").to_owned();
    for path in [
        format!("/api/v1/requests/{request}"),
        format!("/api/v1/requests/{request}/events"),
        format!("/api/v1/requests/{request}/archives"),
        format!("/api/v1/contracts/{}", stage.cast.contract),
        format!("/api/v1/contracts/{}/seats", stage.cast.contract),
    ] {
        stage.send("GET", &path, &token, "").is(404);
    }
    assert_eq!(stage.send("GET", "/api/v1/requests", &token, "").is(200).json()["requests"], json!([]));
    stage.send("GET", "/api/v1/accounts", &token, "").is(403);
    stage.send("GET", "/opendsr/v2/requests/5b1c5a3e-96c5-4d0e-8f1b-3d1f5f0a7c11", &token, "").is(403);
    admin.get(&format!("{REQUESTS}/{taken}")).is(401);

    // A new pairing ends the token of before.
    let renewed = {
        let mut claims = envelope("HELPFUL_AGENT");
        claims["issued-at"] = json!(in_seconds(-2));
        let message = stage.tool.sign(AGENT, &claims.to_string());
        stage.send("POST", "/drp/v1/agent/HELPFUL_AGENT", "", &message).is(200).json()["token"].as_str().expect("a token").to_owned()
    };
    stage.send("GET", &format!("{REQUESTS}/{taken}"), &token, "").is(403);
    stage.send("GET", &format!("{REQUESTS}/{taken}"), &renewed, "").is(200);
    // An agent that the directory doesn't list any more is nobody.
    std::fs::write(stage.world.path("agents.json"), "[]").expect("write the directory");
    stage.serve(24);
    stage.send("GET", &format!("{REQUESTS}/{taken}"), &renewed, "").is(403);
}
