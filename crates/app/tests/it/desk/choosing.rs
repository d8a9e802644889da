//! Requests for chosen categories: who must approve, what is refused, what the preview and the plan say, and what stays.

use serde_json::{Value, json};

use super::world::{Cast, Keeps, Person, World, reaches};

fn wanted(cast: &Cast, kind: &str, categories: &[&str]) -> Value {
    json!({ "kind": kind, "scope": "seat", "contract": cast.contract, "seat": cast.seat, "categories": categories })
}

fn id(answer: &Value) -> String {
    answer["id"].as_str().expect("an id").to_owned()
}

/// `delete` for each choice that the preview of these categories asks for.
fn choices(person: &Person, cast: &Cast, categories: &[&str]) -> Value {
    let counted = person.post("/api/v1/previews", &wanted(cast, "erasure", categories)).is(200).json();
    let choices = counted["choices"].as_array().expect("a list").iter();
    Value::Object(choices.map(|choice| (choice["table"].as_str().expect("a table").to_owned(), json!("delete"))).collect())
}

#[test]
fn a_second_admin_is_asked_only_where_the_chosen_categories_are_private() {
    let world = World::new(Keeps::File);
    world.configure(24);
    let cast = world.cast();
    let desk = world.serve();
    let admin = world.sign_in(&desk, &cast.admin);
    let harmless = admin.post("/api/v1/requests", &wanted(&cast, "export", &["saved_accounts"])).is(201).json();
    assert_eq!((&harmless["approvals"], &harmless["categories"]), (&json!(0), &json!(["saved_accounts"])));
    reaches(&admin, &id(&harmless), "ready");
    let private = admin.post("/api/v1/requests", &wanted(&cast, "export", &["notes", "saved_accounts", "notes"])).is(201).json();
    assert_eq!((&private["state"], &private["approvals"]), (&json!("awaiting_approval"), &json!(1)));
    // In the map's order, each once; and the same request in another order is the same.
    assert_eq!(private["categories"], json!(["saved_accounts", "notes"]));
    admin.post("/api/v1/requests", &wanted(&cast, "export", &["notes", "saved_accounts"])).is(409);

    // A list of seats is held against the same rules.
    let csv = format!("seat\n{}\n", cast.seat);
    let list = json!({ "kind": "export", "contract": cast.contract, "categories": ["usage_reporting"], "csv": csv });
    let report = admin.post("/api/v1/bulk", &list).is(200).json();
    assert_eq!((&report["requested"], &report["lines"][0]["state"]), (&json!(1), &json!("queued")), "{report}");
    desk.stop();
}

#[test]
fn what_has_no_standard_export_is_refused_and_its_way_is_told() {
    let world = World::new(Keeps::File);
    world.configure(24);
    let cast = world.cast();
    let desk = world.serve();
    let admin = world.sign_in(&desk, &cast.admin);
    let counted = admin.post("/api/v1/previews", &wanted(&cast, "export", &["saved_leads", "saved_accounts"])).is(200).json();
    let of = |name: &str| {
        let found = counted["categories"].as_array().expect("a list").iter().find(|category| category["category"] == name);
        found.expect("the category").clone()
    };
    assert_eq!((&of("saved_leads")["taken"], &of("saved_leads")["no_standard_export"]), (&json!(false), &json!(true)));
    assert_eq!((&of("saved_accounts")["taken"], &of("saved_accounts")["no_standard_export"]), (&json!(true), &json!(false)));
    assert!(of("saved_leads")["rows"].as_u64() > Some(0));
    assert_eq!((&counted["rows"], &counted["without_standard_export"]), (&of("saved_accounts")["rows"], &json!(["saved_leads"])));

    let refused = admin.post("/api/v1/requests", &wanted(&cast, "export", &["saved_leads"])).is(422).json();
    assert_eq!(refused["type"], "/problems/no-standard-export");
    assert!(refused["detail"].as_str().expect("a detail").contains("other_data"), "{refused}");
    let never = admin.post("/api/v1/requests", &wanted(&cast, "export", &["assistant_memory"])).is(422).json();
    assert!(never["detail"].as_str().expect("a detail").contains("no export holds"), "{never}");
    let mut case = wanted(&cast, "case", &["saved_leads"]);
    (case["matter"], case["message"]) = (json!("other_data"), json!("The saved leads, please"));
    assert_eq!(admin.post("/api/v1/requests", &case).is(201).json()["categories"], json!(["saved_leads"]));

    for (categories, told) in [(json!(["saved_lead"]), "did you mean `saved_leads`?"), (json!([]), "names none")] {
        let mut wrong = wanted(&cast, "export", &[]);
        wrong["categories"] = categories;
        for path in ["/api/v1/requests", "/api/v1/previews"] {
            let refused = admin.post(path, &wrong).is(422).json();
            assert!(refused["detail"].as_str().expect("a detail").contains(told), "{refused}");
        }
    }
    desk.stop();
}

#[test]
fn an_erasure_of_some_categories_leaves_the_seat_and_what_the_desk_knows_of_it() {
    let world = World::new(Keeps::File);
    world.configure(0);
    let cast = world.cast();
    let count = |table: &str, column: &str| -> i64 {
        let sql = format!("SELECT count(*) FROM {table} WHERE {column} = {}", cast.seat);
        world.platform().query_row(&sql, [], |row| row.get(0)).expect("count")
    };
    let desk = world.serve();
    let admin = world.sign_in(&desk, &cast.admin);
    let kept = id(&admin.post("/api/v1/requests", &wanted(&cast, "export", &["saved_accounts"])).is(201).json());
    reaches(&admin, &kept, "ready");
    let gone = id(&admin.post("/api/v1/requests", &wanted(&cast, "export", &["usage_reporting"])).is(201).json());
    reaches(&admin, &gone, "ready");

    let before = (count("saved_account", "seat_id"), count("activity", "seat_id"));
    assert!(before.1 > 0);
    let mut erasure = wanted(&cast, "erasure", &["usage_reporting"]);
    erasure["confirmation"] = json!(cast.holder);
    let counted = admin.post("/api/v1/previews", &wanted(&cast, "erasure", &["usage_reporting"])).is(200).json();
    assert_eq!((&counted["takes_subject"], &counted["last_admin"]), (&json!(false), &json!(false)));
    assert!(counted["exported"].is_string() && counted["earliest"].is_string(), "{counted}");
    let usage = counted["categories"].as_array().expect("a list").iter().find(|category| category["category"] == "usage_reporting");
    assert!(usage.expect("the category")["exported"].is_string(), "{counted}");
    let erased = id(&admin.post("/api/v1/requests", &erasure).is(201).json());
    reaches(&admin, &erased, "completed");
    assert_eq!((count("saved_account", "seat_id"), count("activity", "seat_id"), count("seat", "id")), (before.0, 0, 1));

    // The seat is still known, and so is what was asked for it; of the archives, that of the erased category is gone.
    let shown = admin.get(&format!("/api/v1/requests/{erased}")).is(200).json();
    assert_eq!((&shown["seat"], &shown["categories"]), (&json!(cast.seat), &json!(["usage_reporting"])));
    let certificate = admin.get(&format!("/api/v1/requests/{erased}/certificate")).is(200).json();
    assert_eq!(certificate["statement"]["scope"]["categories"], json!(["usage_reporting"]));
    let link = |request: &str| {
        let archives = admin.get(&format!("/api/v1/requests/{request}/archives")).is(200).json();
        archives["archives"].as_array().expect("a list").first().map(|archive| {
            let id = archive["id"].as_str().expect("an id");
            admin.post(&format!("/api/v1/archives/{id}/links"), &json!({})).status
        })
    };
    assert_eq!(link(&kept), Some(201));
    assert_ne!(link(&gone), Some(201));
    let holder = world.sign_in(&desk, &cast.holder);
    holder.get("/api/v1/me").is(200);
    desk.stop();
}

#[test]
fn approvers_see_the_plan_that_they_approve() {
    let world = World::new(Keeps::File);
    world.configure(24);
    let cast = world.cast();
    let desk = world.serve();
    let holder = world.sign_in(&desk, &cast.holder);
    let categories = ["notes", "crm_synced"];
    let mut erasure = wanted(&cast, "erasure", &categories);
    erasure["choices"] = choices(&holder, &cast, &categories);
    erasure["confirmation"] = json!(cast.holder);
    let asked = id(&holder.post("/api/v1/requests", &erasure).is(201).json());
    let shown = reaches(&holder, &asked, "awaiting_approval");
    let admin = world.sign_in(&desk, &cast.admin);
    let path = format!("/api/v1/requests/{asked}/plan");
    let plan = admin.get(&path).is(200).json();
    assert_eq!((&plan["digest"], &plan["categories"]), (&shown["plan"], &json!(["notes", "crm_synced"])));
    assert_eq!(plan["takes_subject"], false);
    let steps = plan["steps"].as_array().expect("a list");
    assert!(steps.iter().any(|step| step["table"] == "app.note" && step["action"] == "delete" && step["label"] == "Notes"), "{plan}");
    assert!(plan["not_chosen"].as_array().expect("a list").contains(&json!("messages")), "{plan}");
    assert!(!plan.to_string().contains(&cast.holder), "{plan}");
    // Who may see the request may see its plan; nobody else learns that there is one.
    assert_eq!(holder.get(&path).is(200).json(), plan);
    world.sign_in(&desk, &cast.sub_admin).get(&path).is(200);
    world.sign_in(&desk, &cast.colleague).get(&path).is(404);
    world.sign_in(&desk, &cast.stranger).get(&path).is(404);
    let approve = format!("/api/v1/requests/{asked}/approve");
    let another = admin.post(&approve, &json!({ "plan": format!("sha256:{}", "0".repeat(64)) }));
    assert_eq!(another.is(409).json()["type"], "/problems/other-plan");
    let approved = admin.post(&approve, &json!({ "plan": plan["digest"] })).is(200).json();
    assert_eq!(approved["state"], "scheduled");
    desk.stop();
}

#[test]
fn nobody_is_locked_out_by_categories() {
    let world = World::new(Keeps::File);
    world.configure(24);
    let cast = world.cast();
    let desk = world.serve();
    let admin = world.sign_in(&desk, &cast.admin);
    let name = world.contract_name(&cast.contract);
    let mut contract = json!({ "kind": "erasure", "scope": "contract", "contract": cast.contract, "confirmation": name, "categories": ["user_information"] });
    let refused = admin.post("/api/v1/requests", &contract).is(409).json();
    assert_eq!(refused["type"], "/problems/last-admin");
    contract["categories"] = json!(["usage_reporting"]);
    admin.post("/api/v1/requests", &contract).is(201);
    // The erasure of the contract's usage takes that of a seat along, but not the seat's notes.
    let mut seat = wanted(&cast, "erasure", &["usage_reporting"]);
    seat["confirmation"] = json!(cast.holder);
    let covered = admin.post("/api/v1/requests", &seat).is(409).json();
    assert_eq!(covered["type"], "/problems/conflict");
    seat["categories"] = json!(["account_list_import"]);
    admin.post("/api/v1/requests", &seat).is(201);
    desk.stop();
}
