//! Files of cases: who may send and read them, as what they are sent, and that they go with the subject.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;

use exeunt_testkit::s3::{ObjectServer, Relay};
use serde_json::{Value, json};

use super::world::{Desk, Keeps, Person, REPRESENTATIVE, World, eventually};

/// A case of the holder's seat that the holder opened.
fn open(holder: &Person, contract: &str, seat: &str) -> String {
    let wanted = json!({
        "kind": "case", "scope": "seat", "contract": contract, "seat": seat, "matter": "other_data", "message": "Everything that support wrote",
    });
    holder.post("/api/v1/requests", &wanted).is(201).json()["id"].as_str().expect("an id").to_owned()
}

fn listed(by: &Person, case: &str) -> Vec<Value> {
    by.get(&format!("/api/v1/requests/{case}/attachments")).is(200).json()["attachments"].as_array().expect("a list").clone()
}

#[test]
fn a_representative_fulfils_a_case_with_a_file() {
    let mut world = World::new(Keeps::File);
    world.archives = "largest_attachment_bytes = 100000\n".to_owned();
    world.configure(24);
    let cast = world.cast();
    let desk = world.serve();
    let holder = world.sign_in(&desk, &cast.holder);
    let representative = world.representative(&desk, &cast.contract);
    let case = open(&holder, &cast.contract, &cast.seat);
    world.mails.next(REPRESENTATIVE, "case|Fall");
    let to = |query: &str| format!("/api/v1/requests/{case}/attachments?{query}");

    // The customer sends a page along; the other side is told.
    let page = b"<script>alert(1)</script>".to_vec();
    let html = [("content-type", "text/html; charset=utf-8")];
    let sent = holder.send("POST", &to("name=%C3%9Cbersicht%20%22a%22.html&text=Like%20this"), &html, page.clone()).is(201).json();
    assert_eq!(
        (&sent["name"], &sent["media_type"], &sent["bytes"]),
        (&json!("Übersicht \"a\".html"), &json!("text/html"), &json!(page.len()))
    );
    world.mails.next(REPRESENTATIVE, "case|Fall");
    // Internal files are for the platform's people, and nobody is written to.
    holder.send("POST", &to("name=a.txt&internal=true"), &[], b"no".to_vec()).is(403);
    let internal = representative.send("POST", &to("name=checked.txt&internal=true"), &[], b"checked".to_vec()).is(201).json();
    let answer = vec![7; 90_000];
    let artefact = representative.send("POST", &to("name=support.zip"), &[], answer.clone()).is(201).json();
    world.mails.next(&cast.holder, "case|Fall");
    let step = json!({ "step": "take" });
    representative.post(&format!("/api/v1/requests/{case}/case"), &step).is(200);
    let step = json!({ "step": "answer", "text": "It is attached" });
    assert_eq!(representative.post(&format!("/api/v1/requests/{case}/case"), &step).is(200).json()["state"], "answered");

    let names =
        |by: &Person| -> Vec<String> { listed(by, &case).iter().map(|one| one["name"].as_str().expect("a name").to_owned()).collect() };
    assert_eq!(names(&holder), ["Übersicht \"a\".html", "support.zip"]);
    assert_eq!(names(&representative), ["Übersicht \"a\".html", "checked.txt", "support.zip"]);
    let of = |one: &Value| format!("/api/v1/requests/{case}/attachments/{}", one["id"].as_str().expect("an id"));
    holder.get(&of(&internal)).is(404);
    assert_eq!(representative.get(&of(&internal)).is(200).body, b"checked");

    // Whatever it is, a browser saves it and shows nothing.
    let got = representative.get(&of(&sent)).is(200);
    assert!(got.body == page);
    assert_eq!(got.header("content-type"), Some("application/octet-stream"));
    assert_eq!(got.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(got.header("content-security-policy"), Some("default-src 'none'; sandbox"));
    let disposition = got.header("content-disposition").expect("a name");
    assert_eq!(disposition, "attachment; filename=\"-bersicht -a-.html\"; filename*=UTF-8''%C3%9Cbersicht%20%22a%22.html");
    assert!(holder.get_with(&of(&artefact), ("range", "bytes=80000-")).is(206).body == answer[80_000..]);
    let etag = format!("\"{}\"", artefact["sha256"].as_str().expect("a digest"));
    holder.get_with(&of(&artefact), ("if-none-match", &etag)).is(304);

    // Others learn nothing, whatever id they name.
    let stranger = world.sign_in(&desk, &cast.stranger);
    for path in [of(&artefact), format!("/api/v1/requests/{case}/attachments")] {
        stranger.get(&path).is(404);
    }
    stranger.send("POST", &to("name=a.txt"), &[], b"no".to_vec()).is(404);
    let admin = world.sign_in(&desk, &cast.admin);
    let other_case = open(&admin, &cast.contract, &cast.seat);
    representative.get(&of(&artefact).replace(&case, &other_case)).is(404);

    // What is too large, nameless or late is refused, and nothing of it stays.
    let files = || fs::read_dir(world.path("archives").join(&case).join("files")).expect("a folder").count();
    assert_eq!(files(), 3);
    holder.send("POST", &to("name=a.txt"), &[], vec![0; 100_001]).is(413);
    let chunked = [("transfer-encoding", "chunked")];
    holder.send("POST", &to("name=a.txt"), &chunked, vec![0; 100_001]).is(413);
    let long = format!("name={}", "a".repeat(201));
    for wrong in [
        "name=",
        "name=..%2Fa",
        "name=a%0Ab",
        "name=.",
        "name=..",
        "name=CON",
        "name=nul.txt",
        "name=a%5Cb",
        "name=%E2%80%AEgpj.exe",
        &long,
    ] {
        holder.send("POST", &to(wrong), &[], b"a".to_vec()).is(422);
    }
    holder.send("POST", &to("internal=false"), &[], b"a".to_vec()).is(400);
    holder.post(&format!("/api/v1/requests/{case}/case"), &json!({ "step": "close" })).is(200);
    holder.send("POST", &to("name=late.txt"), &[], b"a".to_vec()).is(409);
    assert_eq!((files(), listed(&representative, &case).len()), (3, 3));
    // An empty file is one too.
    let empty = admin.send("POST", &to("name=empty").replace(&case, &other_case), &[], Vec::new()).is(201).json();
    let got = representative.get(&of(&empty).replace(&case, &other_case)).is(200);
    assert_eq!((got.body.len(), got.header("content-length")), (0, Some("0")));
    desk.stop();
}

#[test]
fn an_archive_store_that_takes_its_time_holds_nobody_else_up() {
    let mut world = World::new(Keeps::File);
    let bucket = ObjectServer::shared().bucket();
    let relay = Relay::to(&bucket.endpoint());
    world.keep_archives_in(&bucket, &relay.endpoint());
    world.configure(24);
    let cast = world.cast();
    let desk = Desk::start(world.command(&["serve"]).env("EXEUNT_STORE_CONNECTIONS", "1"));
    let holder = world.sign_in(&desk, &cast.holder);
    let case = open(&holder, &cast.contract, &cast.seat);
    relay.hold();
    let mut sending = TcpStream::connect(desk.url.trim_start_matches("http://")).expect("connect");
    let (cookie, csrf) = (&holder.cookie, &holder.csrf);
    let head =
        format!("POST /api/v1/requests/{case}/attachments?name=a.txt HTTP/1.1\r\nhost: desk\r\ncookie: {cookie}\r\nx-csrf-token: {csrf}");
    sending.write_all(format!("{head}\r\ncontent-length: 1\r\n\r\na").as_bytes()).expect("send");
    relay.wait_for_upload();
    // The only connection to the store is free.
    assert_eq!(listed(&holder, &case), Vec::<Value>::new());
    relay.mend();
    let mut answer = String::new();
    BufReader::new(&sending).read_line(&mut answer).expect("read the answer");
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    assert_eq!(listed(&holder, &case).len(), 1);
    desk.stop();
}

#[test]
fn files_go_with_the_subject_with_the_store_in_a_file() {
    gone_with_the_subject(Keeps::File, false);
}

#[test]
fn files_go_with_the_subject_with_the_store_on_postgres_and_archives_in_a_bucket() {
    gone_with_the_subject(Keeps::Postgres, true);
}

fn gone_with_the_subject(keeps: Keeps, in_bucket: bool) {
    let mut world = World::new(keeps);
    let bucket = in_bucket.then(|| ObjectServer::shared().bucket());
    if let Some(bucket) = &bucket {
        world.keep_archives_in(bucket, &bucket.endpoint());
    }
    world.configure(0);
    let cast = world.cast();
    let desk = world.serve();
    let (admin, holder) = (world.sign_in(&desk, &cast.admin), world.sign_in(&desk, &cast.holder));
    let representative = world.representative(&desk, &cast.contract);
    let case = open(&holder, &cast.contract, &cast.seat);
    let colleague = world.sign_in(&desk, &cast.colleague);
    let seat: i64 =
        world.platform().query_row("SELECT id FROM seat WHERE email = ?1", [&cast.colleague], |row| row.get(0)).expect("a seat");
    let other = open(&colleague, &cast.contract, &seat.to_string());
    let mut kept = Vec::new();
    for (by, case, name) in
        [(&holder, &case, "private-of-mine.txt"), (&representative, &case, "found.txt"), (&colleague, &other, "other.txt")]
    {
        let path = format!("/api/v1/requests/{case}/attachments?name={name}");
        kept.push(by.send("POST", &path, &[], name.as_bytes().to_vec()).is(201).json());
    }
    // Cases end before an erasure may begin, or go on: both leave their files to it.
    let preview = json!({ "kind": "erasure", "scope": "seat", "contract": cast.contract, "seat": cast.seat });
    let choices = admin.post("/api/v1/previews", &preview).is(200).json()["choices"].clone();
    let choices: serde_json::Map<String, Value> = choices
        .as_array()
        .expect("a list")
        .iter()
        .map(|choice| (choice["table"].as_str().expect("a table").to_owned(), json!("delete")))
        .collect();
    let wanted = json!({
        "kind": "erasure", "scope": "seat", "contract": cast.contract, "seat": cast.seat, "choices": choices, "confirmation": cast.holder,
    });
    admin.post("/api/v1/requests", &wanted).is(201);
    world.mails.next(&cast.admin, "certificate|Zertifikat");

    eventually("the files are deleted", || listed(&representative, &case).iter().all(|one| one["deleted"].is_string()));
    let left = match &bucket {
        Some(bucket) => bucket.objects().iter().map(|key| key.strip_prefix("desk/").expect("our prefix").to_owned()).collect(),
        None => files_below(&world.path("archives"), ""),
    };
    let id = |one: &Value| one["id"].as_str().expect("an id").to_owned();
    assert_eq!(left, [format!("{other}/files/{}", id(&kept[2]))]);
    assert_eq!(colleague.get(&format!("/api/v1/requests/{other}/attachments/{}", id(&kept[2]))).is(200).body, b"other.txt");
    for one in &kept[..2] {
        representative.get(&format!("/api/v1/requests/{case}/attachments/{}", id(one))).is(404);
    }
    assert!(listed(&representative, &case).iter().all(|one| one["name"].is_null()));
    let late = representative.send("POST", &format!("/api/v1/requests/{case}/attachments?name=late.txt"), &[], b"late".to_vec());
    assert_eq!(late.status, 409, "{}", late.text());
    desk.stop();
    let bytes = world.store_bytes();
    assert!(!bytes.windows(15).any(|window| window == b"private-of-mine"), "the file's name is still there");
}

/// The files below a folder, by their paths in it.
fn files_below(folder: &std::path::Path, within: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder.join(within)).expect("a folder").map(|entry| entry.expect("an entry")) {
        let name = format!("{within}{}{}", if within.is_empty() { "" } else { "/" }, entry.file_name().to_string_lossy());
        match entry.path().is_dir() {
            true => found.extend(files_below(folder, &name)),
            false => found.push(name),
        }
    }
    found
}
