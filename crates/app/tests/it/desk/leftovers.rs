//! What an erasure must not leave, though nobody has noted it or nobody could be told.

use serde_json::json;

use super::world::{Keeps, World, erasure, eventually, reaches};

#[test]
fn what_a_lost_worker_left_of_an_export_that_was_given_up_goes_with_its_subject() {
    let world = World::new(Keeps::File);
    world.configure(0);
    let cast = world.cast();
    let desk = world.serve();
    let (operator, admin) = (world.operator(&desk), world.sign_in(&desk, &cast.admin));
    operator.put("/api/v1/lanes/platform", &json!({ "paused": true })).is(200);
    let wanted = json!({
        "kind": "export", "scope": "seat", "contract": cast.contract, "seat": cast.seat, "categories": ["saved_accounts"],
    });
    let export = admin.post("/api/v1/requests", &wanted).is(201).json()["id"].as_str().expect("an id").to_owned();
    admin.post(&format!("/api/v1/requests/{export}/cancel"), &json!({})).is(200);
    let left = [world.path(&format!("spool/{export}-1/part.tmp")), world.path(&format!("archives/{export}/1/1.zip"))];
    for path in &left {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("make a folder");
        std::fs::write(path, cast.holder.as_bytes()).expect("write a file");
    }
    operator.put("/api/v1/lanes/platform", &json!({ "paused": false })).is(200);
    let wanted = erasure(&admin, &cast.contract, &cast.seat, &cast.holder);
    let erased = admin.post("/api/v1/requests", &wanted).is(201).json()["id"].as_str().expect("an id").to_owned();
    reaches(&admin, &erased, "completed");
    eventually("nothing of the export is left", || left.iter().all(|path| !path.exists()));
    desk.stop();
}

#[test]
fn the_address_of_somebody_who_was_erased_goes_though_their_mailbox_takes_no_mail() {
    let mut world = World::new(Keeps::File);
    world.configure(0);
    let cast = world.cast();
    let desk = world.serve();
    let (holder, admin) = (world.sign_in(&desk, &cast.holder), world.sign_in(&desk, &cast.admin));
    let wanted = erasure(&holder, &cast.contract, &cast.seat, &cast.holder);
    let request = holder.post("/api/v1/requests", &wanted).is(201).json()["id"].as_str().expect("an id").to_owned();
    let plan = reaches(&admin, &request, "awaiting_approval")["plan"].clone();
    world.mails.answer("550");
    admin.post(&format!("/api/v1/requests/{request}/approve"), &json!({ "plan": plan })).is(200);
    reaches(&admin, &request, "completed");
    let known = format!("SELECT email FROM principal WHERE email = '{}'", cast.holder);
    eventually("the address is forgotten", || world.texts(&known).is_empty());
    assert_eq!(
        world.texts(&format!("SELECT email FROM principal WHERE email = '{}'", cast.admin)).len(),
        1,
        "of others nothing is forgotten"
    );
    desk.stop();
}
