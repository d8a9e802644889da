//! Who takes over what a seat leaves: somebody who uses their seat, when it is asked for, planned and begun.

use serde_json::{Value, json};

use super::world::{Keeps, World, erasure, reaches};

#[test]
fn nothing_is_handed_over_to_a_seat_that_nobody_uses() {
    let world = World::new(Keeps::File);
    world.configure(24);
    let cast = world.cast();
    let desk = world.serve();
    let (admin, operator) = (world.sign_in(&desk, &cast.admin), world.operator(&desk));
    let seat: i64 =
        world.platform().query_row("SELECT id FROM seat WHERE email = ?1", [&cast.colleague], |row| row.get(0)).expect("a seat");
    let state = |state: &str| {
        let changed = world.platform().execute("UPDATE seat SET state = ?1 WHERE id = ?2", (state, seat)).expect("change a seat");
        assert_eq!(changed, 1);
    };
    let mut wanted = erasure(&admin, &cast.contract, &cast.seat, &cast.holder);
    for choice in wanted["choices"].as_object_mut().expect("choices").values_mut() {
        *choice = json!("hand_over");
    }
    wanted["successor"] = json!(seat.to_string());
    let mut preview = wanted.clone();
    preview.as_object_mut().expect("a preview").remove("confirmation");
    for unused in ["removed", "invited"] {
        state(unused);
        for (path, body) in [("/api/v1/requests", &wanted), ("/api/v1/previews", &preview)] {
            let refused = admin.post(path, body).is(422).json();
            assert!(refused["detail"].as_str().is_some_and(|detail| detail.contains("not in use")), "{refused}");
        }
    }

    // Removed before the plan is made.
    state("active");
    let pause = |paused: bool| operator.put("/api/v1/lanes/platform", &json!({ "paused": paused }));
    assert!(pause(true).status < 300);
    let request = admin.post("/api/v1/requests", &wanted).is(201).json()["id"].as_str().expect("an id").to_owned();
    state("removed");
    assert!(pause(false).status < 300);
    let failed = reaches(&admin, &request, "failed");
    assert_eq!(failed["reason"], "plan_refused", "{failed}");

    // Back again it is planned; removed once more before it begins, nothing is erased.
    state("active");
    operator.post(&format!("/api/v1/requests/{request}/handle"), &json!({ "handling": "retry" })).is(200);
    reaches(&admin, &request, "scheduled");
    state("removed");
    world
        .execute("UPDATE request SET scheduled = received WHERE state = 'scheduled'; UPDATE job SET run_at = created WHERE kind = 'erase'");
    world.mails.next(&cast.admin, "The plan has changed|Der Plan hat sich geändert");
    reaches(&admin, &request, "failed");
    let left: Value = admin.get(&format!("/api/v1/contracts/{}/seats", cast.contract)).is(200).json();
    assert!(left.to_string().contains(&cast.holder));
    desk.stop();
}
