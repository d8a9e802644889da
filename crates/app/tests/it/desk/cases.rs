//! Cases, from the first message to the last, and lists of many seats.

use serde_json::{Value, json};

use super::world::{Keeps, REPRESENTATIVE, World};

#[test]
fn a_case_is_asked_handled_handed_back_and_closed() {
    let world = World::new(Keeps::File);
    world.configure(24);
    let cast = world.cast();
    let desk = world.serve();
    let holder = world.sign_in(&desk, &cast.holder);
    let representative = world.representative(&desk, &cast.contract);

    let wanted = json!({
        "kind": "case", "scope": "seat", "contract": cast.contract, "seat": cast.seat, "matter": "other_data",
        "message": "Everything that support wrote about me",
    });
    let case = holder.post("/api/v1/requests", &wanted).is(201).json();
    let id = case["id"].as_str().expect("an id").to_owned();
    assert_eq!(case["state"], "open");
    world.mails.next(REPRESENTATIVE, "case|Fall");
    let step = |by: &super::world::Person, body: Value, status: u16| {
        by.post(&format!("/api/v1/requests/{id}/case"), &body).is(status).json()["state"].clone()
    };
    // What is the customer's to say is not the representative's, and the other way round.
    step(&holder, json!({ "step": "take" }), 403);
    assert_eq!(step(&representative, json!({ "step": "take" }), 200), "with_representative");
    step(&representative, json!({ "step": "close" }), 403);
    let note = json!({ "text": "checked who asks", "internal": true });
    representative.post(&format!("/api/v1/requests/{id}/messages"), &note).is(201);
    assert_eq!(step(&representative, json!({ "step": "ask", "text": "Since when?" }), 200), "needs_info");
    world.mails.next(&cast.holder, "case|Fall");
    assert_eq!(step(&holder, json!({ "step": "tell", "text": "Since May" }), 200), "with_representative");
    assert_eq!(step(&representative, json!({ "step": "answer", "text": "Here it is" }), 200), "answered");
    assert_eq!(step(&holder, json!({ "step": "hand_back", "text": "Something is missing" }), 200), "with_representative");
    assert_eq!(step(&representative, json!({ "step": "answer", "text": "Now all of it" }), 200), "answered");
    assert_eq!(step(&holder, json!({ "step": "close" }), 200), "closed");
    step(&representative, json!({ "step": "take" }), 409);

    let texts = |by: &super::world::Person| -> Vec<String> {
        let said = by.get(&format!("/api/v1/requests/{id}/messages")).is(200).json();
        said["messages"].as_array().expect("messages").iter().map(|said| said["text"].as_str().expect("a text").to_owned()).collect()
    };
    let seen = texts(&holder);
    assert_eq!(seen.len(), 6, "{seen:?}");
    assert!(!seen.contains(&"checked who asks".to_owned()) && texts(&representative).contains(&"checked who asks".to_owned()));
    desk.stop();
}

#[test]
fn a_list_makes_a_request_for_each_line_that_can_be_made() {
    let world = World::new(Keeps::File);
    world.configure(24);
    let cast = world.cast();
    let desk = world.serve();
    let admin = world.sign_in(&desk, &cast.admin);
    let preview = json!({ "kind": "erasure", "scope": "seat", "contract": cast.contract, "seat": cast.seat });
    let choices = admin.post("/api/v1/previews", &preview).is(200).json()["choices"].clone();
    let choices: serde_json::Map<String, Value> = choices
        .as_array()
        .expect("a list")
        .iter()
        .map(|choice| (choice["table"].as_str().expect("a table").to_owned(), json!("delete")))
        .collect();
    let foreign: i64 = world
        .platform()
        .query_row("SELECT id FROM seat WHERE email = ?1", [&cast.stranger], |row| row.get(0))
        .expect("a seat of another contract");
    let csv =
        format!("seat,confirmation\n{},{}\n{foreign},{}\n999999,nobody\n{},wrong\n", cast.seat, cast.holder, cast.stranger, cast.seat);
    let list = json!({ "kind": "erasure", "contract": cast.contract, "choices": choices, "csv": csv });
    let report = admin.post("/api/v1/bulk", &list).is(200).json();
    assert_eq!((&report["requested"], &report["refused"]), (&json!(1), &json!(3)), "{report}");
    let line = |at: usize| report["lines"][at].clone();
    assert!(line(0)["request"].is_string() && line(0)["line"] == 2);
    // Somebody else's seat and one that nobody has are the same to this admin.
    assert_eq!(line(1)["problem"], line(2)["problem"]);
    assert_eq!(line(3)["problem"]["type"], "/problems/confirmation");

    // A line is where it stands in the file.
    let csv = format!("seat,confirmation\n\n\n999999,\"a\nb\"\n{},wrong\n", cast.seat);
    let list = json!({ "kind": "erasure", "contract": cast.contract, "choices": choices, "csv": csv });
    let report = admin.post("/api/v1/bulk", &list).is(200).json();
    assert_eq!((&report["lines"][0]["line"], &report["lines"][1]["line"]), (&json!(4), &json!(6)), "{report}");
    let list = json!({ "kind": "erasure", "contract": cast.contract, "csv": "seat,confirmation\n\n\n7\n" });
    let refused = admin.post("/api/v1/bulk", &list).is(422).json();
    assert_eq!(refused["detail"], "line 4 of the list cannot be read");

    for wrong in ["", "name\n7\n", "seat\n", "seat,confirmation\n7\n"] {
        let list = json!({ "kind": "erasure", "contract": cast.contract, "csv": wrong });
        admin.post("/api/v1/bulk", &list).is(422);
    }
    desk.stop();
}
