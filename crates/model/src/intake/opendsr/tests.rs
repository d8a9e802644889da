//! Requests as controllers send them, and what they are answered.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};

use super::*;
use crate::due::Regime;
use crate::moment::Moment;
use crate::request::{CaseState, ErasureState, ExportState, Kind, Move, State};

const ID: &str = "5b1c5a3e-96c5-4d0e-8f1b-3d1f5f0a7c11";

fn at(text: &str) -> Moment {
    Moment::new(text.parse().unwrap())
}

fn sent() -> Value {
    json!({
        "regulation": "gdpr",
        "subject_request_id": ID,
        "subject_request_type": "erasure",
        "submitted_time": "2026-11-24T09:30:00Z",
        "subject_identities": [
            { "identity_type": "email", "identity_value": "Mara.Lindqvist@personal.example", "identity_format": "raw" },
            { "identity_type": "android_id", "identity_value": "17", "identity_format": "md5" },
        ],
        "api_version": "2.0",
        "status_callback_urls": ["https://controller.example/callbacks"],
        "extensions": { "other.example": { "key": 7 } },
    })
}

fn with(field: &str, value: Option<Value>) -> Result<Request, Error> {
    let mut sent = sent();
    let fields = sent.as_object_mut().unwrap();
    match value {
        Some(value) => fields.insert(field.to_owned(), value),
        None => fields.remove(field),
    };
    request(sent.to_string().as_bytes())
}

#[test]
fn a_request_is_read() {
    let got = request(sent().to_string().as_bytes()).unwrap();
    assert_eq!((got.regulation.regime(), got.request_type.kind(), got.id.as_str()), (Regime::Gdpr, Kind::Erasure, ID));
    assert_eq!(got.identities[0].email().unwrap().as_str(), "mara.lindqvist@personal.example");
    assert!(!got.identities[1].is_supported());
    assert_eq!(got.submitted, at("2026-11-24T09:30:00Z"));
    assert!(!format!("{got:?}").to_lowercase().contains("mara"), "{got:?}");
}

#[test]
fn what_is_wrong_is_named_and_tells_nothing_of_the_person() {
    let only = |kind: &str, format: &str| Some(json!([{ "identity_type": kind, "identity_value": "Mara", "identity_format": format }]));
    for (field, value, want) in [
        ("regulation", None, Error::Missing { field: "regulation" }),
        ("regulation", Some(json!("lgpd")), Error::Field { field: "regulation" }),
        ("subject_request_id", None, Error::Missing { field: "subject_request_id" }),
        ("subject_request_id", Some(json!(ID.to_uppercase())), Error::Field { field: "subject_request_id" }),
        ("subject_request_id", Some(json!(ID.replace("4d0e", "1d0e"))), Error::Field { field: "subject_request_id" }),
        ("subject_request_type", Some(json!("rectification")), Error::Field { field: "subject_request_type" }),
        ("submitted_time", Some(json!("2026-11-24")), Error::Field { field: "submitted_time" }),
        ("subject_identities", None, Error::Missing { field: "subject_identities" }),
        ("subject_identities", Some(json!([])), Error::NoSupportedIdentity),
        ("subject_identities", only("email", "md5"), Error::NoSupportedIdentity),
        ("subject_identities", only("telephone", "raw"), Error::Field { field: "identity_type" }),
        ("subject_identities", only("email", "rot13"), Error::Field { field: "identity_format" }),
        ("api_version", Some(json!("1.0")), Error::Version { version: "1.0".to_owned() }),
        ("status_callback_urls", Some(json!(["http://controller.example"])), Error::Field { field: "status_callback_urls" }),
    ] {
        let got = with(field, value).unwrap_err();
        assert!(!got.to_string().contains("Mara"));
        assert_eq!(got, want);
    }
    assert_eq!(request(b"[]"), Err(Error::Json));
    assert!(with("api_version", None).is_ok() && with("status_callback_urls", None).is_ok() && with("extensions", None).is_ok());
}

#[test]
fn people_are_found_by_address_hash_or_key() {
    let address = "mara.lindqvist@personal.example".parse().unwrap();
    let hash = crate::digest::Digest::of_bytes(b"mara.lindqvist@personal.example").as_str()["sha256:".len()..].to_owned();
    let email = |format, value: &str| Identity::new(IdentityType::Email, format, value);
    assert!(email(IdentityFormat::Raw, " MARA.lindqvist@personal.example").is_email(&address));
    assert!(email(IdentityFormat::Sha256, &hash).is_email(&address));
    assert!(email(IdentityFormat::Sha256, &hash.to_uppercase()).is_email(&address));
    assert!(!email(IdentityFormat::Raw, &hash).is_email(&address));
    assert!(!email(IdentityFormat::Md5, &hash).is_email(&address));
    let key = Identity::new(IdentityType::ControllerCustomerId, IdentityFormat::Raw, "417");
    assert_eq!((key.customer_id(), key.is_email(&address)), (Some("417"), false));
}

#[test]
fn discovery_lists_what_requests_are_held_against() {
    let got = serde_json::to_value(Discovery::new("https://desk.example/opendsr.pem")).unwrap();
    let want = json!({
        "api_version": "2.0",
        "supported_identities": [
            { "identity_type": "email", "identity_format": "raw" },
            { "identity_type": "email", "identity_format": "sha256" },
            { "identity_type": "controller_customer_id", "identity_format": "raw" },
        ],
        "supported_subject_request_types": ["access", "portability", "erasure"],
        "processor_certificate": "https://desk.example/opendsr.pem",
    });
    assert_eq!(got, want);
}

fn every_state() -> Vec<State> {
    let mut states: Vec<State> = ExportState::ALL.iter().copied().map(State::Export).collect();
    states.extend(ErasureState::ALL.iter().copied().map(State::Erasure));
    states.extend(CaseState::ALL.iter().copied().map(State::Case));
    states
}

#[test]
fn every_pending_request_can_be_cancelled_and_no_other() {
    for state in every_state() {
        match cancellation(state) {
            Ok(attempted) => {
                let reached = match (state, attempted) {
                    (State::Export(state), Move::Export(attempted)) => state.after(attempted).map(State::Export),
                    (State::Erasure(state), Move::Erasure(attempted)) => state.after(attempted).map(State::Erasure),
                    (State::Case(state), Move::Case(attempted)) => state.after(attempted).map(State::Case),
                    other => panic!("a move of another kind: {other:?}"),
                };
                assert_eq!((Status::of(state), Status::of(reached.unwrap())), (Status::Pending, Status::Cancelled));
            }
            Err(error) => assert_eq!(error, Error::NotCancellable { status: Status::of(state) }),
        }
    }
}

#[test]
fn what_was_refused_or_failed_is_never_completed() {
    let completed: Vec<_> = every_state().into_iter().filter(|state| Status::of(*state) == Status::Completed).collect();
    let want = [
        State::Export(ExportState::Ready),
        State::Export(ExportState::Expired),
        State::Erasure(ErasureState::Completed),
        State::Erasure(ErasureState::CompletedWithRetained),
        State::Case(CaseState::Answered),
        State::Case(CaseState::Closed),
    ];
    assert_eq!(completed, want);
}

#[test]
fn answers_hold_what_the_specification_requires() {
    let id = ID.parse().unwrap();
    let standing = Standing {
        controller: "controller-1",
        id: &id,
        state: State::Export(ExportState::Queued),
        expected_by: at("2026-12-24T09:30:00Z"),
        results_url: Some("https://desk.example/links/x"),
        results_count: Some(340),
    };
    let body = sent().to_string();
    let got = receipt(&standing, at("2026-11-24T09:30:01Z"), body.as_bytes());
    assert_eq!(BASE64.decode(&got.encoded_request).unwrap(), body.as_bytes());
    let want = json!({
        "controller_id": "controller-1",
        "expected_completion_time": "2026-12-24T09:30:00.000000Z",
        "received_time": "2026-11-24T09:30:01.000000Z",
        "encoded_request": BASE64.encode(&body),
        "subject_request_id": ID,
    });
    assert_eq!(serde_json::to_value(got).unwrap(), want);

    let waiting = serde_json::to_value(status(&standing)).unwrap();
    assert_eq!((&waiting["request_status"], waiting.get("results_url")), (&json!("pending"), None));
    let ready = callback(&Standing { state: State::Export(ExportState::Ready), ..standing }, "https://controller.example/callbacks");
    let ready = serde_json::to_value(ready).unwrap();
    assert_eq!(ready["results_count"], json!(340));
    assert_eq!(ready["status_callback_url"], json!("https://controller.example/callbacks"));

    let got = serde_json::to_value(cancelled(&standing, at("2026-11-25T00:00:00Z"))).unwrap();
    assert_eq!(got["received_time"], json!("2026-11-25T00:00:00.000000Z"));
    let [domain, signature] = signature_headers("desk.example", b"signature");
    assert_eq!(domain, ("X-OpenDSR-Processor-Domain", "desk.example".to_owned()));
    assert_eq!(signature, ("X-OpenDSR-Signature", "c2lnbmF0dXJl".to_owned()));
}

#[test]
fn refusals_have_the_body_of_the_specification() {
    let got = serde_json::to_value(Error::Missing { field: "regulation" }.body()).unwrap();
    let want = json!({ "error": { "code": 400, "message": "regulation is required", "errors": [
        { "domain": "Validation", "reason": "missing", "message": "regulation is required" },
    ] } });
    assert_eq!(got, want);
}
