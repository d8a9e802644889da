//! What people write and are called: in mails in one line, and no longer than anybody reads.

use serde_json::json;

use super::world::{Keeps, World};

#[test]
fn a_name_with_line_breaks_begins_no_line_of_a_mail() {
    let world = World::new(Keeps::File);
    world.configure(24);
    let cast = world.cast();
    let name = format!("Alder\r\n\r\nPay here: https://pay.example/\u{202e}{}", "x".repeat(500));
    let changed = world.platform().execute("UPDATE contract SET name = ?1 WHERE id = ?2", (&name, &cast.contract)).expect("rename it");
    assert_eq!(changed, 1);
    let desk = world.serve();
    let admin = world.sign_in(&desk, &cast.admin);
    admin.post("/api/v1/requests", &json!({ "kind": "export", "scope": "contract", "contract": cast.contract })).is(201);
    let mail = world.mails.next(&cast.admin, "Received|Eingegangen");
    let text = mail["text"].as_str().expect("a text");
    let line = text.lines().find(|line| line.contains("Pay here")).expect("the name");
    assert!(!line.starts_with("Pay here") && line.contains("(Alder Pay here: https://pay.example/ xxx"), "{text}");
    assert!(line.contains("x…)"), "{text}");
    for part in ["text", "html", "subject"] {
        assert!(!mail[part].as_str().expect("a part").contains('\u{202e}'), "{mail}");
    }
    desk.stop();
}

#[test]
fn a_note_or_a_message_beyond_its_length_is_refused() {
    let world = World::new(Keeps::File);
    world.configure(24);
    let cast = world.cast();
    let desk = world.serve();
    let (admin, second) = (world.sign_in(&desk, &cast.admin), world.sign_in(&desk, &cast.second_admin));
    let operator = world.operator(&desk);
    let wanted = json!({ "kind": "export", "scope": "seat", "contract": cast.contract, "seat": cast.seat });
    let request = admin.post("/api/v1/requests", &wanted).is(201).json()["id"].as_str().expect("an id").to_owned();
    let (long, longest) = ("ä".repeat(2_001), "ä".repeat(2_000));
    let path = |what: &str| format!("/api/v1/requests/{request}/{what}");
    second.post(&path("reject"), &json!({ "note": long })).is(422);
    admin.post(&path("cancel"), &json!({ "note": long })).is(422);
    operator.post(&path("handle"), &json!({ "handling": "suspend", "note": long })).is(422);
    let hold = |ground: &str, note: &str| {
        let scope = json!({ "scope": "contract", "contract": cast.contract, "ground": ground, "note": note, "review_days": 30 });
        operator.post("/api/v1/holds", &scope).status
    };
    assert_eq!((hold("litigation", &long), hold(&long, "note"), hold(&"ä".repeat(200), &longest)), (422, 422, 201));
    admin.post(&path("cancel"), &json!({ "note": longest })).is(200);
    let case = |message: &str| {
        let mut case = wanted.clone();
        (case["kind"], case["matter"], case["message"]) = (json!("case"), json!("other_data"), json!(message));
        admin.post("/api/v1/requests", &case)
    };
    case(&"ä".repeat(20_001)).is(422);
    case(" ").is(422);
    let case = case(&"ä".repeat(20_000)).is(201).json()["id"].as_str().expect("an id").to_owned();
    admin.post(&format!("/api/v1/requests/{case}/case"), &json!({ "step": "close", "text": "ä".repeat(20_001) })).is(422);
    desk.stop();
}
