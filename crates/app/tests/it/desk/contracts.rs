//! What is asked for about a whole contract, and about its admins.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::world::{Keeps, Person, World};

fn id(made: &Value) -> String {
    made["id"].as_str().expect("an id").to_owned()
}

/// Waits for one of these states, which comes without a mail.
fn wait_for(person: &Person, id: &str, wanted: &[&str]) -> String {
    let begun = std::time::Instant::now();
    loop {
        let shown = person.get(&format!("/api/v1/requests/{id}")).is(200).json();
        let state = shown["state"].as_str().expect("a state").to_owned();
        if wanted.contains(&state.as_str()) {
            return state;
        }
        assert!(begun.elapsed() < std::time::Duration::from_secs(60), "{shown}");
        std::thread::yield_now();
    }
}

#[test]
fn the_export_of_a_contract_tells_its_holders_and_nobody_else() {
    let world = World::new(Keeps::File);
    world.configure(24);
    let cast = world.cast();
    let holders: BTreeSet<String> = {
        let platform = world.platform();
        let mut statement = platform
            .prepare("SELECT DISTINCT email FROM seat WHERE contract_id = ?1 AND state IN ('active', 'unlicensed')")
            .expect("prepare");
        let found = statement.query_map([&cast.contract], |row| row.get(0)).expect("read seats");
        found.collect::<Result<_, _>>().expect("read seats")
    };
    let desk = world.serve();
    let admin = world.sign_in(&desk, &cast.admin);
    let second = world.sign_in(&desk, &cast.second_admin);
    let asked = admin.post("/api/v1/requests", &json!({ "kind": "export", "scope": "contract", "contract": cast.contract })).is(201).json();
    second.post(&format!("/api/v1/requests/{}/approve", id(&asked)), &json!({})).is(200);
    wait_for(&admin, &id(&asked), &["ready"]);
    let mut told = BTreeSet::new();
    while told.len() < holders.len() - 1 {
        let begun = std::time::Instant::now();
        let mails: Vec<Value> = world.mails.all();
        let about = mails
            .iter()
            .filter(|mail| mail["subject"].as_str().is_some_and(|text| text.contains("exported") || text.contains("exportiert")));
        told.extend(about.map(|mail| mail["to"][0].as_str().expect("an address").to_owned()));
        assert!(begun.elapsed() < std::time::Duration::from_secs(60), "{told:?}");
        std::thread::yield_now();
    }
    let want: BTreeSet<String> = holders.into_iter().filter(|holder| *holder != cast.admin).collect();
    desk.stop();
    let rest = world.mails.all();
    let about = rest.iter().filter(|mail| mail["subject"].as_str().is_some_and(|text| text.contains("export")));
    told.extend(about.map(|mail| mail["to"][0].as_str().expect("an address").to_owned()));
    told.remove(&cast.admin);
    assert_eq!(told, want);
}

#[test]
fn of_the_last_two_admins_one_stays_though_both_erasures_are_due() {
    let world = World::new(Keeps::File);
    world.configure(0);
    let cast = world.cast();
    // Two admins are left.
    let platform = world.platform();
    platform
        .execute(
            "UPDATE seat SET permission = 'user' WHERE contract_id = ?1 AND permission = 'admin' AND email NOT IN (?2, ?3)",
            [&cast.contract, &cast.admin, &cast.second_admin],
        )
        .expect("change seats");
    let seat_of = |email: &str| -> String {
        platform
            .query_row("SELECT id FROM seat WHERE email = ?1 AND contract_id = ?2", [email, &cast.contract], |row| row.get::<_, i64>(0))
            .expect("a seat")
            .to_string()
    };
    let desk = world.serve();
    let (admin, second) = (world.sign_in(&desk, &cast.admin), world.sign_in(&desk, &cast.second_admin));
    let operator = world.operator(&desk);
    operator.put("/api/v1/lanes/platform", &json!({ "paused": true })).is(200);
    let erase = |by: &Person, email: &str| {
        let about = json!({ "kind": "erasure", "scope": "seat", "contract": cast.contract, "seat": seat_of(email) });
        let counted = by.post("/api/v1/previews", &about).is(200).json();
        let choices = counted["choices"].as_array().expect("a list").iter();
        let choices: serde_json::Map<String, Value> =
            choices.map(|choice| (choice["table"].as_str().expect("a table").to_owned(), json!("delete"))).collect();
        let mut wanted = about;
        wanted["choices"] = Value::Object(choices);
        wanted["confirmation"] = json!(email);
        id(&by.post("/api/v1/requests", &wanted).is(201).json())
    };
    let first = erase(&admin, &cast.second_admin);
    let other = erase(&second, &cast.admin);
    operator.put("/api/v1/lanes/platform", &json!({ "paused": false })).is(200);
    let ends = ["completed", "completed_with_retained", "rejected"];
    let ended = [wait_for(&operator, &first, &ends), wait_for(&operator, &other, &ends)];
    assert_eq!(ended.iter().filter(|state| *state == "rejected").count(), 1, "{ended:?}");
    let left: i64 = platform
        .query_row(
            "SELECT count(*) FROM seat WHERE contract_id = ?1 AND permission = 'admin' AND state = 'active'",
            [&cast.contract],
            |row| row.get(0),
        )
        .expect("count");
    assert_eq!(left, 1);
    desk.stop();
}
