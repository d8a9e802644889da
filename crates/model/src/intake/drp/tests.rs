//! Messages of an agent, signed as libsodium signs them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::{Value, json};

use super::*;
use crate::digest::Digest;
use crate::due::Regime;
use crate::identity::IntakeId;
use crate::moment::Moment;
use crate::request::reason::Rejection;
use crate::request::{CaseState, ErasureState, ExportState, Kind, State};

fn at(text: &str) -> Moment {
    Moment::new(text.parse().unwrap())
}

fn key() -> SigningKey {
    SigningKey::from_bytes(&[3; 32])
}

fn agent() -> Agent {
    Agent { id: "HELPFUL_AGENT".to_owned(), verify_key: key().verifying_key().to_bytes(), token_hash: Some(Digest::of_bytes(b"the token")) }
}

fn signed_by(key: &SigningKey, text: &str) -> String {
    let mut bytes = key.sign(text.as_bytes()).to_bytes().to_vec();
    bytes.extend_from_slice(text.as_bytes());
    BASE64.encode(bytes)
}

fn claims() -> Value {
    json!({
        "agent-id": "HELPFUL_AGENT",
        "business-id": "NAVIGATOR",
        "issued-at": "2026-11-24T09:30:00Z",
        "expires-at": "2026-11-24T09:40:00+00:00",
        "agent-request-id": "a-17",
        "drp.version": "1.0",
        "exercise": "deletion",
        "regime": "ccpa",
        "relationships": ["customer"],
        "status_callback": "https://agent.example/status",
        "name": "Mara Lindqvist",
        "email": "Mara.Lindqvist@personal.example",
        "email_verified": true,
        "address": { "country": "SE" },
        "iss": "a claim that nobody asked for",
    })
}

/// The claims with one of them changed, or left out.
fn with(field: &str, value: Option<Value>) -> String {
    let mut claims = claims();
    let fields = claims.as_object_mut().unwrap();
    match value {
        Some(value) => fields.insert(field.to_owned(), value),
        None => fields.remove(field),
    };
    signed_by(&key(), &claims.to_string())
}

fn received_at(body: &str, now: &str) -> Result<Exercise, Error> {
    exercise(body, &Envelope { agent: &agent(), business: "NAVIGATOR", now: at(now), validity_minutes: VALIDITY_MINUTES })
}

fn received(body: &str) -> Result<Exercise, Error> {
    received_at(body, "2026-11-24T09:31:00Z")
}

#[test]
fn a_signed_request_is_read() {
    let got = received(&signed_by(&key(), &claims().to_string())).unwrap();
    assert_eq!((got.right, got.kind, got.regime), (Right::Deletion, Kind::Erasure, Regime::Ccpa));
    assert_eq!(got.person.email.unwrap().as_str(), "mara.lindqvist@personal.example");
    assert!(got.person.email_verified && !got.person.phone_number_verified);
    assert_eq!(got.agent_request.as_deref(), Some("a-17"));
    assert_eq!(got.status_callback.as_deref(), Some("https://agent.example/status"));
}

#[test]
fn nothing_of_a_person_is_printed() {
    let got = received(&signed_by(&key(), &claims().to_string())).unwrap();
    let shown = format!("{got:?}").to_lowercase();
    assert!(!shown.contains("mara") && !shown.contains("lindqvist"), "{shown}");
}

#[test]
fn each_check_is_named() {
    let stranger = SigningKey::from_bytes(&[4; 32]);
    let cut = BASE64.encode(&BASE64.decode(with("name", None)).unwrap()[..63]);
    for (body, want) in [
        ("no base64!".to_owned(), Error::Encoding),
        (cut, Error::Encoding),
        (signed_by(&stranger, &claims().to_string()), Error::Signature),
        (signed_by(&key(), "[]"), Error::Json),
        (signed_by(&key(), "{"), Error::Json),
        (with("agent-id", Some(json!("OTHER_AGENT"))), Error::Agent),
        (with("agent-id", None), Error::Field { field: "agent-id" }),
        (with("business-id", Some(json!("OTHER"))), Error::Business),
        (with("issued-at", Some(json!("2026-11-24T09:31:00Z"))), Error::NotYetIssued),
        (with("issued-at", Some(json!("yesterday"))), Error::Field { field: "issued-at" }),
        (with("expires-at", Some(json!("2026-11-24T09:31:00Z"))), Error::Expired),
        (with("expires-at", Some(json!("2026-11-24T09:40:01Z"))), Error::ValidTooLong { minutes: 10 }),
        (with("drp.version", Some(json!("0.9"))), Error::Version { version: "0.9".to_owned() }),
        (with("exercise", Some(json!("rectification"))), Error::Right { right: "rectification".to_owned() }),
        (with("exercise", Some(json!(["access", "deletion"]))), Error::Field { field: "exercise" }),
        (with("exercise", Some(json!("sale:opt-out"))), Error::UnsupportedRight { right: "sale:opt-out" }),
        (with("regime", Some(json!("gdpr"))), Error::Regime),
        (with("status_callback", Some(json!("http://agent.example"))), Error::Field { field: "status_callback" }),
        (with("email", Some(json!("mara"))), Error::Field { field: "email" }),
        (with("email_verified", Some(json!("yes"))), Error::Field { field: "email_verified" }),
        (with("agent-request-id", Some(json!("mara@personal.example"))), Error::Field { field: "agent-request-id" }),
        (with("agent-request-id", Some(json!("a".repeat(129)))), Error::Field { field: "agent-request-id" }),
    ] {
        assert_eq!(received(&body), Err(want));
    }
}

#[test]
fn the_checks_stand_in_the_order_of_the_protocol() {
    let mut wrong =
        json!({ "agent-id": "X", "business-id": "X", "issued-at": "2027-01-01T00:00:00Z", "expires-at": "2020-01-01T00:00:00Z" });
    let right = [
        ("agent-id", json!("HELPFUL_AGENT"), Error::Agent),
        ("business-id", json!("NAVIGATOR"), Error::Business),
        ("issued-at", json!("2026-11-24T09:30:00Z"), Error::NotYetIssued),
        ("expires-at", json!("2026-11-24T09:35:00Z"), Error::Expired),
        ("drp.version", json!("1.0"), Error::Field { field: "drp.version" }),
        ("exercise", json!("access"), Error::Field { field: "exercise" }),
    ];
    for (field, value, want) in right {
        assert_eq!(received(&signed_by(&key(), &wrong.to_string())), Err(want));
        wrong[field] = value;
    }
    assert!(received(&signed_by(&key(), &wrong.to_string())).is_ok());
}

#[test]
fn every_flipped_bit_of_a_message_is_noticed() {
    let message = BASE64.decode(with("address", None)).unwrap();
    for index in 0..message.len() * 8 {
        let mut bytes = message.clone();
        bytes[index / 8] ^= 1 << (index % 8);
        assert_eq!(received(&BASE64.encode(bytes)), Err(Error::Signature), "bit {index}");
    }
}

#[test]
fn times_without_an_offset_are_utc() {
    let body = with("issued-at", Some(json!("2026-11-24T09:30:30.250000")));
    assert_eq!(received(&body).unwrap().issued, at("2026-11-24T09:30:30.25Z"));
}

#[test]
fn refusals_have_the_body_of_the_protocol() {
    let body = serde_json::to_value(Error::Expired.body()).unwrap();
    assert_eq!(body, json!({ "code": "400", "message": "`expires-at` is over", "fatal": true }));
    assert_eq!(Error::Signature.http_status(), 403);
}

#[test]
fn tokens_lead_to_their_agent_and_others_to_none() {
    let agents = [Agent { id: "NEW_AGENT".to_owned(), token_hash: None, ..agent() }, agent()];
    assert_eq!(agent_of_token(&agents, "the token").map(|agent| agent.id.as_str()), Some("HELPFUL_AGENT"));
    assert_eq!(agent_of_token(&agents, "another"), None);
    assert_eq!(agent_of_token(&agents, ""), None);
}

#[test]
fn pairing_needs_no_right_and_a_revocation_only_a_signature() {
    let agent = agent();
    let envelope = Envelope { agent: &agent, business: "NAVIGATOR", now: at("2026-11-24T09:31:00Z"), validity_minutes: 10 };
    assert_eq!(open_pairing(&with("exercise", None), &envelope), Ok(at("2026-11-24T09:30:00Z")));
    let stranger = signed_by(&SigningKey::from_bytes(&[4; 32]), &claims().to_string());
    assert_eq!(open_pairing(&stranger, &envelope), Err(Error::Signature));
    let reason = revocation_reason(&signed_by(&key(), r#"{"reason":"I stay"}"#), &agent);
    assert_eq!(reason, Ok(Some("I stay".to_owned())));
    assert_eq!(revocation_reason(&signed_by(&key(), "{}"), &agent), Ok(None));
    assert_eq!(revocation_reason(&signed_by(&SigningKey::from_bytes(&[4; 32]), "{}"), &agent), Err(Error::Signature));
}

fn every_state() -> Vec<State> {
    let mut states: Vec<State> = ExportState::ALL.iter().copied().map(State::Export).collect();
    states.extend(ErasureState::ALL.iter().copied().map(State::Erasure));
    states.extend(CaseState::ALL.iter().copied().map(State::Case));
    states
}

#[test]
fn only_what_is_done_is_fulfilled() {
    let fulfilled: Vec<_> = every_state().into_iter().filter(|state| Status::of(*state) == Status::Fulfilled).collect();
    let want = [
        State::Export(ExportState::Ready),
        State::Erasure(ErasureState::Completed),
        State::Erasure(ErasureState::CompletedWithRetained),
        State::Case(CaseState::Answered),
        State::Case(CaseState::Closed),
    ];
    assert_eq!(fulfilled, want);
}

#[test]
fn final_states_of_ours_are_final_states_of_theirs() {
    for state in every_state().into_iter().filter(|state| state.is_final()) {
        assert!(Status::of(state).is_final(), "{state}");
        assert_eq!(revoked_by(state), None, "{state}");
    }
    assert!(revoked_by(State::Erasure(ErasureState::Scheduled)).is_some());
    assert_eq!(revoked_by(State::Erasure(ErasureState::Running)), None);
}

#[test]
fn answers_hold_what_their_state_allows() {
    let request = IntakeId::from_random(7);
    let standing = Standing {
        request: &request,
        agent_request: Some("a-17"),
        state: State::Export(ExportState::Ready),
        rejection: None,
        received: at("2026-11-24T09:31:00Z"),
        expected_by: at("2027-01-08T09:31:00Z"),
        extension: None,
        results: Some(Results { url: "https://desk.example/links/x", expires: at("2026-11-27T09:31:00Z") }),
    };
    let got = serde_json::to_value(status(&standing)).unwrap();
    let want = json!({
        "request_id": request.as_str(), "agent_request_id": "a-17", "status": "fulfilled", "received_at": "2026-11-24T09:31:00.000000Z",
        "results_url": "https://desk.example/links/x", "expires_at": "2026-11-27T09:31:00.000000Z",
    });
    assert_eq!(got, want);

    let rejection = Some(Rejection::NoSuchData);
    let denied = status(&Standing { state: State::Erasure(ErasureState::Rejected), rejection, ..standing.clone() });
    assert_eq!((denied.status, denied.reason, denied.results_url), (Status::Denied, Some(Reason::NoMatch), None));
    assert_eq!(denied.processing_details.as_deref(), Some("no_such_data"));

    let extension = Some("the files of nine years are read");
    let going_on = status(&Standing { state: State::Erasure(ErasureState::PartlyFailed), extension, ..standing.clone() });
    assert_eq!(going_on.status, Status::InProgress);
    assert_eq!((going_on.expected_by, going_on.processing_details.as_deref()), (Some(at("2027-01-08T09:31:00Z")), extension));

    let retained = status(&Standing { state: State::Erasure(ErasureState::CompletedWithRetained), results: None, ..standing });
    assert!(retained.processing_details.is_some(), "what stays is said");
}

#[test]
fn their_spellings_are_ours() {
    for state in Status::ALL.iter().copied() {
        assert_eq!(state.as_str().parse(), Ok(state));
        assert_eq!(serde_json::to_value(state).unwrap(), json!(state.as_str()));
    }
    for reason in Reason::ALL.iter().copied() {
        assert_eq!(serde_json::to_value(reason).unwrap(), json!(reason.as_str()));
    }
}
