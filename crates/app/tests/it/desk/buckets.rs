//! Archives in a bucket that goes away, refuses, or holds what lost workers left.

use std::process::Command;
use std::thread;

use exeunt_testkit::s3::{ObjectServer, Relay, SECRET_KEY, TestBucket};
use serde_json::{Value, json};

use super::outages::wait_for_error;
use super::world::{Desk, Keeps, Person, World, eventually};

struct InBucket {
    world: World,
    bucket: TestBucket<'static>,
    relay: Relay,
}

impl InBucket {
    fn new() -> Self {
        let mut world = World::new(Keeps::File);
        let bucket = ObjectServer::shared().bucket();
        let relay = Relay::to(&bucket.endpoint());
        world.keep_archives_in(&bucket, &relay.endpoint());
        world.configure(24);
        Self { world, bucket, relay }
    }

    /// Begins an upload of this object, as somebody does who is killed then.
    fn begin_upload(&self, object: &str) {
        let (status, told) = self.bucket.ask("POST", object, "uploads", "");
        assert_eq!(status, 200, "{told}");
        let id = told.split_once("<UploadId>").expect("an upload").1.split_once('<').expect("its end").0.to_owned();
        assert_eq!(self.bucket.ask("PUT", object, &format!("partNumber=1&uploadId={id}"), "half").0, 200);
    }

    fn serve(&self) -> Desk {
        Desk::start(self.world.command(&["serve"]).env("EXEUNT_WORKERS_LEASE_SECONDS", "3"))
    }
}

/// Asks for the export of the admin's own seat, and returns its id.
fn export(admin: &Person) -> String {
    let me = admin.get("/api/v1/me").is(200).json();
    let own = me["roles"].as_array().expect("roles").iter().find(|role| role["seat"].is_string()).expect("a seat").clone();
    let wanted = json!({ "kind": "export", "scope": "seat", "contract": own["contract"], "seat": own["seat"] });
    admin.post("/api/v1/requests", &wanted).is(201).json()["id"].as_str().expect("an id").to_owned()
}

#[test]
fn an_export_waits_for_its_bucket_and_what_a_killed_worker_left_there_is_swept() {
    let place = InBucket::new();
    let cast = place.world.cast();
    let desk = place.serve();
    let admin = place.world.sign_in(&desk, &cast.admin);
    let operator = place.world.operator(&desk);
    place.relay.refuse();
    let request = export(&admin);
    wait_for_error(&operator, "export", "archive store");
    // Killed, with half an upload under the name of its attempt.
    desk.kill();
    place.begin_upload(&format!("desk/{request}/1/1.zip"));
    assert_eq!((place.bucket.objects().len(), place.bucket.uploads().len()), (0, 1));
    place.relay.mend();

    let desk = place.serve();
    let admin = Person { cookie: admin.cookie.clone(), csrf: admin.csrf.clone(), ..place.world.at(&desk) };
    place.world.mails.next(&cast.admin, "Ready|Bereit");
    let shown = admin.get(&format!("/api/v1/requests/{request}")).is(200).json();
    assert_eq!(shown["state"], "ready");
    let stored = place.bucket.objects();
    assert!(stored.len() == 1 && stored[0].starts_with(&format!("desk/{request}/")), "{stored:?}");
    assert!(!stored[0].contains("/1/"), "another attempt has another name: {stored:?}");
    eventually("half an upload is swept", || place.bucket.uploads().is_empty());
    desk.stop();
}

#[test]
fn what_nobody_knows_of_is_swept_and_everything_else_stays() {
    let place = InBucket::new();
    let cast = place.world.cast();
    let desk = place.serve();
    let admin = place.world.sign_in(&desk, &cast.admin);
    let request = export(&admin);
    place.world.mails.next(&cast.admin, "Ready|Bereit");
    desk.stop();
    let delivered = place.bucket.objects();
    assert_eq!(delivered.len(), 1);

    let nobody = "7".repeat(32);
    for stray in [format!("desk/{nobody}/3/1.zip"), format!("desk/{request}/9/1.zip")] {
        assert_eq!(place.bucket.ask("PUT", &stray, "", "stray").0, 200);
    }
    place.begin_upload(&format!("desk/{nobody}/3/2.zip"));
    // None of ours, or perhaps noted any moment.
    let mut others = vec!["desk/readme.txt".to_owned(), "other/1/1.zip".to_owned(), format!("desk/{nobody}/files/{nobody}")];
    for other in &others {
        assert_eq!(place.bucket.ask("PUT", other, "", "of others").0, 200);
    }
    others.extend(delivered);
    others.sort();
    let desk = place.serve();
    eventually("what nobody knows of is gone", || place.bucket.uploads().is_empty() && place.bucket.objects().len() <= others.len());
    assert_eq!(place.bucket.objects(), others);
    desk.stop();
}

#[test]
fn a_cancelled_export_stops_where_it_is_and_leaves_nothing() {
    let place = InBucket::new();
    let cast = place.world.cast();
    let desk = place.serve();
    let admin = place.world.sign_in(&desk, &cast.admin);
    let operator = place.world.operator(&desk);
    place.relay.hold();
    let request = export(&admin);
    place.relay.wait_for_upload();
    admin.post(&format!("/api/v1/requests/{request}/cancel"), &json!({})).is(200);
    let jobs = operator.get("/api/v1/jobs").is(200).json();
    let of_it = |job: &&Value| job["kind"] == "export";
    assert_eq!(jobs["jobs"].as_array().expect("jobs").iter().filter(of_it).count(), 0, "{jobs}");
    place.relay.mend();
    eventually("nothing of it is stored", || place.bucket.objects().is_empty() && place.bucket.uploads().is_empty());
    // The worker takes the next one.
    let next = export(&admin);
    place.world.mails.next(&cast.admin, "Ready|Bereit");
    assert_eq!(admin.get(&format!("/api/v1/requests/{next}")).is(200).json()["state"], "ready");
    assert_eq!(admin.get(&format!("/api/v1/requests/{request}")).is(200).json()["state"], "cancelled");
    assert_eq!(place.bucket.objects().len(), 1);
    desk.stop();
}

#[test]
fn a_desk_says_at_once_when_its_bucket_refuses() {
    let place = InBucket::new();
    let told = |change: &dyn Fn(&mut Command)| {
        let mut command = place.world.command(&["serve"]);
        change(&mut command);
        let ran = command.output().expect("run exeunt");
        assert!(!ran.status.success());
        let told = String::from_utf8_lossy(&ran.stderr).into_owned();
        assert!(!told.contains(SECRET_KEY) && !told.contains("guessed") && !told.contains("listening"), "{told}");
        told
    };
    let cases: [(&str, &str, &[&str]); 4] = [
        ("EXEUNT_ARCHIVES_S3_SECRET_ACCESS_KEY", "guessed", &["access is denied", "archives.s3.access_key_id"]),
        ("EXEUNT_ARCHIVES_STORE", "s3://nowhere", &["there is no such bucket", "make the bucket"]),
        ("EXEUNT_ARCHIVES_S3_ENDPOINT", "http://127.0.0.1:1", &["it is away", "archives.s3.endpoint"]),
        ("EXEUNT_ARCHIVES_S3_ENDPOINT", "http://s3.nowhere.example", &["without encryption"]),
    ];
    for (variable, value, want) in cases {
        let told = told(&|command| {
            command.env(variable, value);
        });
        assert!(want.iter().all(|want| told.contains(want)), "{variable}: {told}");
    }
    let versions =
        "<VersioningConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Status>Enabled</Status></VersioningConfiguration>";
    assert_eq!(place.bucket.ask("PUT", "", "versioning", versions).0, 200);
    let told = told(&|_| {});
    assert!(told.contains("old versions") && told.contains("without versioning"), "{told}");
}

#[test]
fn a_large_file_of_a_case_goes_through_a_bucket_that_is_cut_off() {
    let place = InBucket::new();
    let cast = place.world.cast();
    let desk = place.serve();
    let holder = place.world.sign_in(&desk, &cast.holder);
    let wanted = json!({
        "kind": "case", "scope": "seat", "contract": cast.contract, "seat": cast.seat, "matter": "other_data", "message": "Look at this",
    });
    let case = holder.post("/api/v1/requests", &wanted).is(201).json()["id"].as_str().expect("an id").to_owned();
    let bytes: Vec<u8> = (0..20_000_000_u32).map(|number| (number / 251 + number) as u8).collect();
    place.relay.cut_once_after(12_000_000);
    let path = format!("/api/v1/requests/{case}/attachments");
    let sent: Value = holder.send("POST", &format!("{path}?name=large.bin"), &[], bytes.clone()).is(201).json();
    assert_eq!(place.relay.cuts(), 1);
    let file = format!("{path}/{}", sent["id"].as_str().expect("an id"));
    // From two at once, each with its own range.
    let half = bytes.len() / 2;
    let (first, second) = thread::scope(|scope| {
        let first = scope.spawn(|| holder.get_with(&file, ("range", &format!("bytes=0-{}", half - 1))).is(206).body);
        let second = holder.get_with(&file, ("range", &format!("bytes={half}-"))).is(206).body;
        (first.join().expect("the first half"), second)
    });
    assert!([first, second].concat() == bytes);
    place.relay.refuse();
    holder.get(&file).is(503);
    holder.send("POST", &format!("{path}?name=small.bin"), &[], b"a".to_vec()).is(503);
    place.relay.mend();
    assert_eq!(holder.get(&path).is(200).json()["attachments"].as_array().expect("a list").len(), 1);
    assert!(place.bucket.uploads().is_empty());
    desk.stop();
}
