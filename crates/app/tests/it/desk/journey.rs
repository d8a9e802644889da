//! An admin's whole journey.

use std::fs;

use base64::Engine as _;
use exeunt_testkit::s3::{ObjectServer, TestBucket};
use serde_json::{Value, json};

use super::world::{Desk, Keeps, Person, World, eventually};

fn wanted(cast: &super::world::Cast, kind: &str) -> Value {
    json!({ "kind": kind, "scope": "seat", "contract": cast.contract, "seat": cast.seat })
}

fn rows_of_seat(world: &World, seat: &str) -> i64 {
    world
        .platform()
        .query_row(
            "SELECT (SELECT count(*) FROM seat WHERE id = ?1) + (SELECT count(*) FROM note WHERE author_seat_id = ?1)
                + (SELECT count(*) FROM saved_lead WHERE seat_id = ?1)",
            [seat],
            |row| row.get(0),
        )
        .expect("count rows")
}

/// Every request that waits for its job ends with a mail: the next state is there when the mail is.
fn state(person: &Person, id: &str) -> String {
    person.get(&format!("/api/v1/requests/{id}")).is(200).json()["state"].as_str().expect("a state").to_owned()
}

fn journey(keeps: Keeps, bucket: Option<&TestBucket<'_>>) {
    let mut world = World::new(keeps);
    if let Some(bucket) = bucket {
        world.keep_archives_in(bucket, &bucket.endpoint());
    }
    world.configure(24);
    let cast = world.cast();
    let desk = world.serve();
    let admin = world.sign_in(&desk, &cast.admin);
    let second = world.sign_in(&desk, &cast.second_admin);

    // The export of a colleague's seat takes a second admin.
    let asked = admin.post("/api/v1/requests", &wanted(&cast, "export")).is(201).json();
    let export = asked["id"].as_str().expect("an id").to_owned();
    assert_eq!(asked["state"], "awaiting_approval");
    world.mails.next(&cast.second_admin, "approval|Zustimmung");
    admin.post(&format!("/api/v1/requests/{export}/approve"), &json!({})).is(409);
    let approved = second.post(&format!("/api/v1/requests/{export}/approve"), &json!({})).is(200).json();
    assert_eq!(approved["state"], "queued");
    follow(&world, &admin, &cast.admin, "Ready|Bereit");
    world.mails.next(&cast.holder, "exported|exportiert");
    assert_eq!(state(&admin, &export), "ready");
    let archive = download(&world, &desk, &admin, &second, &export);

    // The erasure waits a day; it is cancelled.
    let mut erasure = wanted(&cast, "erasure");
    let counted = admin.post("/api/v1/previews", &wanted(&cast, "erasure")).is(200).json();
    assert!(counted["rows"].as_u64() > Some(0) && counted["exported"].is_string(), "{counted}");
    assert!(!counted["without_standard_export"].as_array().expect("a list").is_empty(), "{counted}");
    let choices = counted["choices"].as_array().expect("a list").iter();
    let choices: serde_json::Map<String, Value> =
        choices.map(|choice| (choice["table"].as_str().expect("a table").to_owned(), json!("delete"))).collect();
    erasure["choices"] = Value::Object(choices);
    admin.post("/api/v1/requests", &erasure).is(422);
    erasure["confirmation"] = json!(cast.holder);
    let first = admin.post("/api/v1/requests", &erasure).is(201).json()["id"].as_str().expect("an id").to_owned();
    admin.post("/api/v1/requests", &erasure).is(409);
    wait_for(&admin, &first, "scheduled");
    let cancelled = admin.post(&format!("/api/v1/requests/{first}/cancel"), &json!({ "note": "too early" })).is(200).json();
    assert_eq!(cancelled["state"], "cancelled");
    world.mails.next(&cast.admin, "Cancelled|Zurückgezogen");
    let before = rows_of_seat(&world, &cast.seat);
    assert!(before > 1);

    // Asked again, without a waiting period. Sessions outlive the desk's restart.
    desk.stop();
    world.configure(0);
    let desk = world.serve();
    let admin = Person { cookie: admin.cookie.clone(), csrf: admin.csrf.clone(), ..world.at(&desk) };
    let second_erasure = admin.post("/api/v1/requests", &erasure).is(201).json()["id"].as_str().expect("an id").to_owned();
    let mail = world.mails.next(&cast.admin, "certificate|Zertifikat");
    // It names no one, and can be told from the certificates of others.
    let text = mail["text"].as_str().expect("a text");
    let name = world.contract_name(&cast.contract);
    let told = text.lines().find(|line| line.contains(&second_erasure)).expect("which erasure it was");
    assert!(told.contains(&format!("{name} ({})", cast.contract)) && told.contains(" UTC") && !text.contains(&cast.holder), "{text}");
    let ended = state(&admin, &second_erasure);
    assert!(ended.starts_with("completed"), "{ended}");
    assert_eq!(rows_of_seat(&world, &cast.seat), 0);

    // The certificate of the mail is that of the desk, and holds offline.
    let file = mail["files"].as_array().expect("files").iter().find(|file| file["name"].as_str().expect("a name").ends_with(".json"));
    let bytes =
        base64::engine::general_purpose::STANDARD.decode(file.expect("a certificate")["bytes"].as_str().expect("bytes")).expect("base64");
    let served = admin.get(&format!("/api/v1/requests/{second_erasure}/certificate")).is(200);
    assert_eq!(served.body, bytes);
    fs::write(world.path("certificate.json"), &bytes).expect("write it");
    let verified = world.command(&["verify", "certificate.json"]).output().expect("run exeunt");
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));

    // Nothing of the holder is left at the desk: neither their archive nor their name.
    eventually("the archive is gone", || match bucket {
        None => !fs::exists(world.path("archives").join(&archive)).expect("look"),
        // Nothing else was ever stored there.
        Some(bucket) => bucket.objects().is_empty() && bucket.uploads().is_empty(),
    });
    let shown = admin.get(&format!("/api/v1/requests/{export}")).is(200).json();
    assert_eq!((&shown["label"], &shown["seat"]), (&Value::Null, &Value::Null), "{shown}");
    desk.stop();
    let log = world.command(&["log", "verify", "--store", &world.store_url()]).output().expect("run exeunt");
    assert!(log.status.success(), "{}", String::from_utf8_lossy(&log.stderr));
    assert!(
        !world.store_bytes().windows(cast.holder.len()).any(|window| window == cast.holder.as_bytes()),
        "the holder's address is still there"
    );
}

/// Waits for a state that is reached without a mail, by asking again and again.
fn wait_for(person: &Person, id: &str, wanted: &str) {
    let begun = std::time::Instant::now();
    while state(person, id) != wanted {
        assert!(begun.elapsed() < std::time::Duration::from_secs(60), "{id} is {}", state(person, id));
        std::thread::yield_now();
    }
}

/// Downloads the archive in two ranges, and checks it; returns its folder in the archive store.
/// The link of a mail leads to a page, and the page to the request.
fn follow(world: &World, admin: &Person, email: &str, subject: &str) {
    let mail = world.mails.next(email, subject);
    let text = mail["text"].as_str().expect("a text");
    let path = text.split("http://desk.example").nth(1).expect("a link").split_whitespace().next().expect("a link");
    let shown = admin.get(path).is(200).text();
    let linked = shown.split("href=\"").nth(1).expect("a way on").split('"').next().expect("an address");
    assert_eq!(linked, format!("/api/v1{path}"));
    admin.get(linked).is(200);
    admin.get("/").is(200);
    admin.get("/requests/nothing").is(404);
}

fn download(world: &World, desk: &Desk, admin: &Person, second: &Person, export: &str) -> String {
    let archives = admin.get(&format!("/api/v1/requests/{export}/archives")).is(200).json();
    let archive = &archives["archives"][0];
    let id = archive["id"].as_str().expect("an id");
    let size = archive["bytes"].as_u64().expect("a size");
    second.post(&format!("/api/v1/archives/{id}/links"), &json!({})).is(403);
    let link = admin.post(&format!("/api/v1/archives/{id}/links"), &json!({})).is(201).json();
    let path = link["url"].as_str().expect("a link").strip_prefix("http://desk.example").expect("our address").to_owned();
    // The link is bound to whoever asked.
    second.get(&path).is(404);
    desk.send("GET", &path, &[], None).is(401);
    let mut bytes = admin.get_with(&path, ("range", "bytes=0-999")).is(206).body;
    let rest = admin.get_with(&path, ("range", "bytes=1000-")).is(206);
    assert_eq!(rest.header("content-range"), Some(format!("bytes 1000-{}/{size}", size - 1).as_str()));
    bytes.extend(rest.body);
    assert_eq!(bytes.len() as u64, size);
    fs::write(world.path("seat.zip"), &bytes).expect("write the archive");
    let verified = world.command(&["verify", "seat.zip"]).output().expect("run exeunt");
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
    // It was for one download.
    admin.get(&path).is(404);
    export.to_owned()
}

#[test]
fn an_admin_exports_and_erases_a_seat_with_the_store_in_a_file() {
    journey(Keeps::File, None);
}

#[test]
fn an_admin_exports_and_erases_a_seat_with_the_store_on_postgres() {
    journey(Keeps::Postgres, None);
}

#[test]
fn an_admin_exports_and_erases_a_seat_with_the_store_on_postgres_and_archives_in_a_bucket() {
    journey(Keeps::Postgres, Some(&ObjectServer::shared().bucket()));
}
