//! What became of who approved an erasure, when it is to begin.

use serde_json::json;

use super::world::{Keeps, World, erasure, reaches};

fn an_approval_of_a_former_admin_begins_nothing(keeps: Keeps) {
    let world = World::new(keeps);
    world.configure(24);
    let cast = world.cast();
    let desk = world.serve();
    let (holder, admin, second) =
        (world.sign_in(&desk, &cast.holder), world.sign_in(&desk, &cast.admin), world.sign_in(&desk, &cast.second_admin));
    let wanted = erasure(&holder, &cast.contract, &cast.seat, &cast.holder);
    let request = holder.post("/api/v1/requests", &wanted).is(201).json()["id"].as_str().expect("an id").to_owned();
    let approve = format!("/api/v1/requests/{request}/approve");
    let waiting = reaches(&holder, &request, "awaiting_approval");
    admin.post(&approve, &json!({ "plan": waiting["plan"] })).is(200);
    reaches(&holder, &request, "scheduled");
    // The admin becomes a user before the day of waiting is over.
    let changed = world.platform().execute("UPDATE seat SET permission = 'user' WHERE email = ?1", [&cast.admin]).expect("change a seat");
    assert_eq!(changed, 1);
    let time_passes = || {
        world.execute(
            "UPDATE request SET scheduled = received WHERE state = 'scheduled'; UPDATE job SET run_at = created WHERE kind = 'erase'",
        )
    };
    time_passes();
    let mail = world.mails.next(&cast.holder, "Approval is asked for again|Zustimmung wird erneut erbeten");
    assert!(mail["text"].as_str().expect("a text").contains(&request));
    let waiting = reaches(&holder, &request, "awaiting_approval");
    assert!(holder.get("/api/v1/me").status == 200, "the seat is still there");

    // Whoever may still approve is asked, and their word counts.
    second.post(&approve, &json!({ "plan": waiting["plan"] })).is(200);
    reaches(&holder, &request, "scheduled");
    time_passes();
    world.mails.next(&cast.holder, "certificate|Zertifikat");
    desk.stop();
}

#[test]
fn an_approval_of_a_former_admin_begins_nothing_with_the_store_in_a_file() {
    an_approval_of_a_former_admin_begins_nothing(Keeps::File);
}

#[test]
fn an_approval_of_a_former_admin_begins_nothing_with_the_store_on_postgres() {
    an_approval_of_a_former_admin_begins_nothing(Keeps::Postgres);
}

#[test]
fn of_two_approvals_the_one_that_still_counts_need_not_be_given_again() {
    let world = World::new(Keeps::File);
    world.configure(24);
    let path = world.path("exeunt.toml");
    let text = std::fs::read_to_string(&path).expect("read the configuration");
    let text = text.replace("[requests.approvals]\n", "[requests.approvals]\nseat_erasure_admins = 2\n");
    std::fs::write(&path, text).expect("write the configuration");
    let cast = world.cast();
    let store = world.store_url();
    let account = |role: &[&str]| {
        let arguments = [&["account", "set", "representative@navigator.example", "--store", &store][..], role].concat();
        assert!(world.command(&arguments).output().expect("run exeunt").status.success());
    };
    account(&["--role", "representative", "--contract", &cast.contract]);
    let desk = world.serve();
    let (holder, admin, second) =
        (world.sign_in(&desk, &cast.holder), world.sign_in(&desk, &cast.admin), world.sign_in(&desk, &cast.second_admin));
    let representative = world.sign_in(&desk, "representative@navigator.example");
    let wanted = erasure(&holder, &cast.contract, &cast.seat, &cast.holder);
    let request = holder.post("/api/v1/requests", &wanted).is(201).json()["id"].as_str().expect("an id").to_owned();
    let approve = format!("/api/v1/requests/{request}/approve");
    let plan = reaches(&holder, &request, "awaiting_approval")["plan"].clone();
    admin.post(&approve, &json!({ "plan": plan })).is(200);
    representative.post(&approve, &json!({ "plan": plan })).is(200);
    reaches(&holder, &request, "scheduled");
    account(&["--role", "representative", "--contract", "999"]);
    world
        .execute("UPDATE request SET scheduled = received WHERE state = 'scheduled'; UPDATE job SET run_at = created WHERE kind = 'erase'");
    world.mails.next(&cast.holder, "Approval is asked for again|Zustimmung wird erneut erbeten");
    let waiting = reaches(&holder, &request, "awaiting_approval");
    representative.post(&approve, &json!({ "plan": waiting["plan"] })).is(404);
    second.post(&approve, &json!({ "plan": waiting["plan"] })).is(200);
    reaches(&holder, &request, "scheduled");
    desk.stop();
}
