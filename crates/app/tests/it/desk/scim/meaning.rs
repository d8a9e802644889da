//! What a push means for seats, for requests, and for who may do what.

use std::fs;

use serde_json::{Value, json};

use super::super::world::{Keeps, World};
use super::{Provider, closures, proposals, wait_for};

fn seats_of(world: &World, email: &str) -> i64 {
    world.platform().query_row("SELECT count(*) FROM seat WHERE email = ?1", [email], |row| row.get(0)).expect("count seats")
}

fn a_closed_seat(keeps: Keeps) {
    let world = World::new(keeps);
    world.configure(0);
    let cast = world.cast();
    let desk = world.serve();
    let admin = world.sign_in(&desk, &cast.admin);
    let holder = world.sign_in(&desk, &cast.holder);
    let provider = Provider::of(&desk, &admin, &cast.contract);
    let user = provider.user(&cast.holder);
    holder.get("/api/v1/me").is(200);
    assert_eq!(proposals(&admin), Vec::<Value>::new());

    // Closed: nobody signs in any more, an erasure is proposed, and the platform's seat is as it was.
    provider.deactivate(&user);
    holder.get("/api/v1/me").is(401);
    assert_eq!(seats_of(&world, &cast.holder), 1);
    let proposed = proposals(&admin);
    assert_eq!(proposed.len(), 1);
    let first = proposed[0]["id"].as_str().expect("an id").to_owned();
    assert_eq!((&proposed[0]["seat"], &proposed[0]["label"]), (&json!(cast.seat), &json!(cast.holder)));
    wait_for(&admin, &first, "awaiting_approval");
    for admin in [&cast.admin, &cast.second_admin] {
        world.mails.next(admin, "Proposed|Vorgeschlagen");
    }
    desk.send("POST", "/api/v1/sign-in", &[], Some(&json!({ "email": cast.holder }))).is(202);
    let closed = closures(&admin, &cast);
    assert_eq!(
        (&closed["closures"][0]["email"], &closed["closures"][0]["proposals"][0]["outcome"]),
        (&json!(cast.holder), &json!("proposed"))
    );

    // Said again and again, in every way.
    provider.deactivate(&user);
    let same = provider.get(&format!("/Users/{user}")).is(200).json();
    provider.put(&format!("/Users/{user}"), &same).is(200);
    assert_eq!(proposals(&admin).len(), 1);

    // Opened before anybody has agreed: the proposal is withdrawn, and the holder is somebody again.
    provider.activate(&user);
    assert_eq!(closures(&admin, &cast)["closures"], json!([]));
    let withdrawn = admin.get(&format!("/api/v1/requests/{first}")).is(200).json();
    assert_eq!(withdrawn["state"], "cancelled");
    let events = admin.get(&format!("/api/v1/requests/{first}/events")).is(200).json();
    let last = events["events"].as_array().expect("events").last().expect("an event").clone();
    assert_eq!((&last["event"], last["note"].as_str().is_some_and(|note| note.contains("opened"))), (&json!("cancel"), true), "{last}");
    world.sign_in(&desk, &cast.holder).get("/api/v1/me").is(200);

    // Deleted: proposed anew, and approved by whoever made the token.
    provider.delete(&format!("/Users/{user}")).is(204);
    let proposed = proposals(&admin);
    assert_eq!(proposed.len(), 2);
    let second = proposed[0]["id"].as_str().expect("an id").to_owned();
    assert_ne!(second, first);
    let waiting = wait_for(&admin, &second, "awaiting_approval");
    assert_eq!(seats_of(&world, &cast.holder), 1);
    admin.post(&format!("/api/v1/requests/{second}/approve"), &json!({ "plan": waiting["plan"] })).is(200);
    wait_for(&admin, &second, "completed");
    assert_eq!(seats_of(&world, &cast.holder), 0);
    world.mails.next(&cast.admin, "certificate|Zertifikat");
    assert_eq!(closures(&admin, &cast)["closures"], json!([]));

    // Pushed again: nobody is refused, and nobody is left unaware.
    assert_eq!(closures(&admin, &cast)["returns"], json!([]));
    let back = provider.user(&cast.holder);
    for admin in [&cast.admin, &cast.second_admin] {
        let mail = world.mails.next(admin, "come back|zurückgekommen");
        assert!(mail["text"].as_str().expect("a text").contains(&cast.holder), "{mail}");
    }
    let returns = closures(&admin, &cast)["returns"].clone();
    assert_eq!(returns[0]["user"], json!(back));
    assert!(returns[0]["erased"].is_string());
    provider.delete(&format!("/Users/{back}")).is(204);
    desk.stop();
}

#[test]
fn a_closed_seat_is_proposed_once_with_the_store_in_a_file() {
    a_closed_seat(Keeps::File);
}

#[test]
fn a_closed_seat_is_proposed_once_with_the_store_on_postgres() {
    a_closed_seat(Keeps::Postgres);
}

#[test]
fn nothing_pushed_is_left_of_an_erased_seat() {
    let world = World::new(Keeps::File);
    world.configure(0);
    let cast = world.cast();
    let desk = world.serve();
    let admin = world.sign_in(&desk, &cast.admin);
    let provider = Provider::of(&desk, &admin, &cast.contract);
    let (user, colleague) = (provider.user(&cast.holder), provider.user(&cast.colleague));
    let members = json!([{ "value": user }, { "value": colleague }]);
    let group = provider.post("/Groups", &json!({ "displayName": "Sales", "members": members })).is(201).json();
    provider.deactivate(&user);
    let proposed = proposals(&admin)[0]["id"].as_str().expect("an id").to_owned();
    let waiting = wait_for(&admin, &proposed, "awaiting_approval");
    admin.post(&format!("/api/v1/requests/{proposed}/approve"), &json!({ "plan": waiting["plan"] })).is(200);
    wait_for(&admin, &proposed, "completed");
    world.mails.next(&cast.admin, "certificate|Zertifikat");
    provider.get(&format!("/Users/{user}")).is(404);
    let group = provider.get(&format!("/Groups/{}", group["id"].as_str().expect("an id"))).is(200).json();
    assert_eq!(group["members"].as_array().map(Vec::len), Some(1), "{group}");
    assert_eq!(group["members"][0]["value"], json!(colleague));
    provider.get(&format!("/Users/{colleague}")).is(200);
    desk.stop();
    let bytes = world.store_bytes();
    assert!(!bytes.windows(cast.holder.len()).any(|window| window == cast.holder.as_bytes()), "the holder's address is still there");
}

#[test]
fn what_stands_in_the_way_of_a_proposal_fails_no_push() {
    let world = World::new(Keeps::File);
    world.configure(24);
    let cast = world.cast();
    let platform = world.platform();
    platform
        .execute(
            "UPDATE seat SET permission = 'user' WHERE contract_id = ?1 AND permission = 'admin' AND email <> ?2",
            [&cast.contract, &cast.admin],
        )
        .expect("leave one admin");
    let desk = world.serve();
    let admin = world.sign_in(&desk, &cast.admin);
    // The operator's token outlives the admin.
    let operator = world.operator(&desk);
    let provider = Provider::of(&desk, &operator, &cast.contract);
    let own = Provider::of(&desk, &admin, &cast.contract);

    // Somebody asked before.
    let colleague = provider.user(&cast.colleague);
    let seat: i64 = platform.query_row("SELECT id FROM seat WHERE email = ?1", [&cast.colleague], |row| row.get(0)).expect("a seat");
    let erasure = json!({
        "kind": "erasure", "scope": "seat", "contract": cast.contract, "seat": seat.to_string(), "confirmation": cast.colleague,
    });
    let asked = admin.post("/api/v1/requests", &erasure).is(201).json();
    provider.deactivate(&colleague);
    let closed = closures(&admin, &cast)["closures"][0]["proposals"].clone();
    assert_eq!((&closed[0]["outcome"], &closed[0]["request"]), (&json!("asked_before"), &asked["id"]));
    assert!(closed[0]["state"].is_string(), "{closed}");
    // Opening withdraws nothing that an admin asked for.
    provider.activate(&colleague);
    let shown = admin.get(&format!("/api/v1/requests/{}", asked["id"].as_str().expect("an id"))).is(200).json();
    assert_ne!(shown["state"], "cancelled");

    // Nobody's seat, and a seat of another contract: nothing is proposed, nothing is kept, and nobody else is touched.
    let stranger = world.sign_in(&desk, &cast.stranger);
    for email in ["nobody@nowhere.example", &cast.stranger] {
        let user = provider.user(email);
        provider.deactivate(&user);
        provider.delete(&format!("/Users/{user}")).is(204);
    }
    stranger.get("/api/v1/me").is(200);
    assert_eq!(closures(&admin, &cast)["closures"], json!([]));
    assert_eq!(proposals(&admin), Vec::<Value>::new());

    // The last admin: nothing is proposed, and the narrower statement counts all the same; their tokens end with them.
    let user = provider.user(&cast.admin);
    provider.deactivate(&user);
    admin.get("/api/v1/me").is(401);
    own.get("/Users").is(401);
    let closed = closures(&operator, &cast)["closures"].clone();
    assert_eq!(closed[0]["proposals"], json!([{ "outcome": "last_admin", "request": null, "state": null }]));
    assert_eq!(proposals(&operator), Vec::<Value>::new());
    provider.activate(&user);
    world.sign_in(&desk, &cast.admin).get("/api/v1/requests").is(200);
    desk.stop();
}

#[test]
fn a_seat_that_a_contracts_erasure_covers_tells_whether_that_was_decided() {
    let world = World::new(Keeps::File);
    world.configure(24);
    let cast = world.cast();
    let desk = world.serve();
    let admin = world.sign_in(&desk, &cast.admin);
    let second = world.sign_in(&desk, &cast.second_admin);
    let provider = Provider::of(&desk, &admin, &cast.contract);
    let label = admin.get(&format!("/api/v1/contracts/{}", cast.contract)).is(200).json()["name"].clone();
    let wanted = json!({ "kind": "erasure", "scope": "contract", "contract": cast.contract });
    let counted = admin.post("/api/v1/previews", &wanted).is(200).json();
    let choices = counted["choices"].as_array().expect("a list").iter();
    let choices = Value::Object(choices.map(|choice| (choice["table"].as_str().expect("a table").to_owned(), json!("delete"))).collect());
    let wanted = json!({ "kind": "erasure", "scope": "contract", "contract": cast.contract, "choices": choices, "confirmation": label });
    let asked = admin.post("/api/v1/requests", &wanted).is(201).json();
    let id = asked["id"].as_str().expect("an id");
    let waiting = wait_for(&admin, id, "awaiting_approval");
    provider.deactivate(&provider.user(&cast.holder));
    let covered = |state: &str| json!([{ "outcome": "covered", "request": id, "state": state }]);
    assert_eq!(closures(&admin, &cast)["closures"][0]["proposals"], covered("awaiting_approval"));
    second.post(&format!("/api/v1/requests/{id}/approve"), &json!({ "plan": waiting["plan"] })).is(200);
    assert_eq!(closures(&admin, &cast)["closures"][0]["proposals"], covered("scheduled"));
    desk.stop();
}

#[test]
fn an_approved_erasure_goes_on_when_the_seat_is_opened_and_is_told_of() {
    let world = World::new(Keeps::File);
    world.configure(24);
    let cast = world.cast();
    let desk = world.serve();
    let admin = world.sign_in(&desk, &cast.admin);
    let provider = Provider::of(&desk, &admin, &cast.contract);
    let user = provider.user(&cast.holder);
    provider.deactivate(&user);
    let proposed = proposals(&admin)[0]["id"].as_str().expect("an id").to_owned();
    let waiting = wait_for(&admin, &proposed, "awaiting_approval");
    admin.post(&format!("/api/v1/requests/{proposed}/approve"), &json!({ "plan": waiting["plan"] })).is(200);
    provider.activate(&user);
    for admin in [&cast.admin, &cast.second_admin] {
        world.mails.next(admin, "in use again|wieder in Gebrauch");
    }
    wait_for(&admin, &proposed, "scheduled");
    admin.post(&format!("/api/v1/requests/{proposed}/cancel"), &json!({})).is(200);
    desk.stop();
}

#[test]
fn pushed_groups_give_roles_in_their_contract_alone() {
    let world = World::new(Keeps::File);
    world.configure(24);
    let text = fs::read_to_string(world.path("exeunt.toml")).expect("read it");
    let more = "\n[scim]\nadmin_groups = [\"Exit Admins\"]\nsub_admin_groups = [\"Exit Readers\"]\n";
    fs::write(world.path("exeunt.toml"), text + more).expect("write it");
    let cast = world.cast();
    let desk = world.serve();
    let admin = world.sign_in(&desk, &cast.admin);
    let provider = Provider::of(&desk, &admin, &cast.contract);
    // Somebody whom the platform doesn't know, and somebody who is an admin of another contract.
    let user = provider.user("it@customer.example");
    let (stranger_user, reader) = (provider.user(&cast.stranger), provider.user("reader@customer.example"));
    let members = json!([{ "value": user }, { "value": stranger_user }]);
    provider.post("/Groups", &json!({ "displayName": "exit admins", "members": members })).is(201);
    provider.post("/Groups", &json!({ "displayName": "Exit Readers", "members": [{ "value": reader }] })).is(201);

    let it = world.sign_in(&desk, "it@customer.example");
    let roles = it.get("/api/v1/me").is(200).json()["roles"].clone();
    assert_eq!(roles, json!([{ "role": "admin", "contract": cast.contract, "seat": null }]));
    it.get(&format!("/api/v1/contracts/{}/seats", cast.contract)).is(200);
    let other: i64 =
        world.platform().query_row("SELECT contract_id FROM seat WHERE email = ?1", [&cast.stranger], |row| row.get(0)).expect("a seat");
    it.get(&format!("/api/v1/contracts/{other}")).is(404);
    let reader = world.sign_in(&desk, "reader@customer.example");
    assert_eq!(reader.get("/api/v1/me").is(200).json()["roles"][0]["role"], "sub_admin");

    // What another contract pushes adds a role there, and closing takes away that one alone: the session goes on.
    let stranger = world.sign_in(&desk, &cast.stranger);
    stranger.get(&format!("/api/v1/contracts/{}", cast.contract)).is(200);
    provider.deactivate(&stranger_user);
    stranger.get(&format!("/api/v1/contracts/{}", cast.contract)).is(404);
    stranger.get(&format!("/api/v1/contracts/{other}")).is(200);

    // Closed: gone at once.
    provider.deactivate(&user);
    it.get("/api/v1/me").is(401);
    desk.send("POST", "/api/v1/sign-in", &[], Some(&json!({ "email": "it@customer.example" }))).is(202);
    provider.activate(&user);
    world.sign_in(&desk, "it@customer.example");
    desk.stop();
}
