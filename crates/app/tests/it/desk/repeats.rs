//! Requests that are sent again under an `Idempotency-Key`: nothing new is made, and nothing can be guessed from what the store keeps.

use serde_json::{Value, json};

use super::world::{Answer, Keeps, Person, World, erasure, eventually};

fn under(person: &Person, key: &str, path: &str, body: &Value) -> Answer {
    let headers = [("content-type", "application/json"), ("idempotency-key", key)];
    person.send("POST", path, &headers, body.to_string().into_bytes())
}

fn a_key_is_kept_as_a_hash_and_goes_with_the_subject(keeps: Keeps) {
    let world = World::new(keeps);
    world.configure(0);
    let cast = world.cast();
    let desk = world.serve();
    let admin = world.sign_in(&desk, &cast.admin);
    let seat: i64 =
        world.platform().query_row("SELECT id FROM seat WHERE email = ?1", [&cast.colleague], |row| row.get(0)).expect("a seat");
    let wanted = json!({ "kind": "export", "scope": "seat", "contract": cast.contract, "seat": seat.to_string() });
    let made = under(&admin, "export-of-a-colleague", "/api/v1/requests", &wanted).is(201).json();
    let again = under(&admin, "export-of-a-colleague", "/api/v1/requests", &wanted).is(200).json();
    assert_eq!(made["id"], again["id"]);
    let other = json!({ "kind": "export", "scope": "seat", "contract": cast.contract, "seat": cast.seat });
    assert_eq!(under(&admin, "export-of-a-colleague", "/api/v1/requests", &other).is(422).json()["type"], "/problems/idempotency-key");

    let choices = erasure(&admin, &cast.contract, &cast.seat, &cast.holder)["choices"].clone();
    let csv = format!("seat,confirmation\n{},{}\n", cast.seat, cast.holder);
    let list = json!({ "kind": "erasure", "contract": cast.contract, "choices": choices, "csv": csv });
    let report = under(&admin, "list-7", "/api/v1/bulk", &list).is(200).json();
    assert_eq!(report["requested"], 1, "{report}");
    world.mails.next(&cast.admin, "certificate|Zertifikat");
    eventually("the key of the erasure is forgotten", || {
        world.texts("SELECT request FROM idempotency") == [made["id"].as_str().expect("an id").to_owned()]
    });
    let kept = world.texts("SELECT key || ' ' || fingerprint FROM idempotency");
    let hash = |text: &str| text.len() == 71 && text.starts_with("sha256:");
    assert!(kept[0].split(' ').all(hash), "{kept:?}");
    let bytes = world.store_bytes();
    assert!(!bytes.windows(21).any(|window| window == b"export-of-a-colleague"));

    // What was erased is not there, whoever sends the list once more, and nothing is made.
    let count = || world.texts("SELECT id FROM request").len();
    let before = count();
    let report = under(&admin, "list-7", "/api/v1/bulk", &list).is(200).json();
    assert_eq!((&report["requested"], &report["lines"][0]["problem"]["status"]), (&json!(0), &json!(404)), "{report}");
    assert_eq!(count(), before);
    desk.stop();
}

#[test]
fn a_key_is_kept_as_a_hash_and_goes_with_the_subject_with_the_store_in_a_file() {
    a_key_is_kept_as_a_hash_and_goes_with_the_subject(Keeps::File);
}

#[test]
fn a_key_is_kept_as_a_hash_and_goes_with_the_subject_with_the_store_on_postgres() {
    a_key_is_kept_as_a_hash_and_goes_with_the_subject(Keeps::Postgres);
}
