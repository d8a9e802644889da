//! Downloads: for whom a link is good, for how long, and what becomes of an archive whose time is over. In a folder and in a bucket.

use std::fs;

use exeunt_testkit::s3::{ObjectServer, Relay, TestBucket};
use serde_json::{Value, json};

use super::world::{Cast, Keeps, Person, World, eventually};

/// A world whose archives lie in a folder, or in a bucket behind a relay.
struct Place {
    world: World,
    cast: Cast,
    bucket: Option<(TestBucket<'static>, Relay)>,
}

impl Place {
    fn folder(more: &str) -> Self {
        let mut world = World::new(Keeps::File);
        world.archives = more.to_owned();
        world.configure(0);
        let cast = world.cast();
        Self { world, cast, bucket: None }
    }

    fn bucket(more: &str) -> Self {
        let mut world = World::new(Keeps::File);
        let bucket = ObjectServer::shared().bucket();
        let relay = Relay::to(&bucket.endpoint());
        world.keep_archives_in(&bucket, &relay.endpoint());
        world.archives = format!("{more}{}", world.archives);
        world.configure(0);
        let cast = world.cast();
        Self { world, cast, bucket: Some((bucket, relay)) }
    }

    /// How many files lie in the archive store.
    fn files(&self) -> usize {
        match &self.bucket {
            Some((bucket, _)) => bucket.objects().len() + bucket.uploads().len(),
            None => files_below(&self.world.path("archives")),
        }
    }

    fn take_away(&self) {
        match &self.bucket {
            Some((_, relay)) => relay.refuse(),
            None => {
                fs::rename(self.world.path("archives"), self.world.path("away")).expect("take it away");
                fs::write(self.world.path("archives"), "no folder").expect("put something in its way");
            }
        }
    }

    fn bring_back(&self) {
        match &self.bucket {
            Some((_, relay)) => relay.mend(),
            None => {
                fs::remove_file(self.world.path("archives")).expect("free the name");
                fs::rename(self.world.path("away"), self.world.path("archives")).expect("bring it back");
            }
        }
    }
}

fn files_below(folder: &std::path::Path) -> usize {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    entries.map(|entry| entry.expect("an entry").path()).map(|path| if path.is_dir() { files_below(&path) } else { 1 }).sum()
}

macro_rules! in_either {
    ($($name:ident($more:literal)),* $(,)?) => {
        mod folder {
            $(#[test]
            fn $name() {
                super::$name(&super::Place::folder($more));
            })*
        }

        mod bucket {
            $(#[test]
            fn $name() {
                super::$name(&super::Place::bucket($more));
            })*
        }
    };
}

in_either!(
    a_link_for_one_download_goes_on_until_the_last_byte_has_gone_out(""),
    a_link_without_that_limit_is_good_until_it_expires("single_use_links = false\n"),
    a_link_ends_with_its_time_the_archives_time_and_the_requesters_rights("single_use_links = false\n"),
    what_is_retained_no_longer_is_deleted_and_what_cannot_be_is_tried_again(""),
    an_archive_in_parts_is_listed_and_downloaded_part_by_part("part_size = \"1MB\"\n"),
);

/// The export of the admin's own seat, which needs nobody else, is ready. Its id and its archives.
fn exported(place: &Place, admin: &Person) -> (String, Vec<Value>) {
    let me = admin.get("/api/v1/me").is(200).json();
    let own = me["roles"].as_array().expect("roles").iter().find(|role| role["seat"].is_string()).expect("a seat").clone();
    let wanted = json!({ "kind": "export", "scope": "seat", "contract": own["contract"], "seat": own["seat"] });
    let request = admin.post("/api/v1/requests", &wanted).is(201).json()["id"].as_str().expect("an id").to_owned();
    place.world.mails.next(&place.cast.admin, "Ready|Bereit");
    let archives = admin.get(&format!("/api/v1/requests/{request}/archives")).is(200).json();
    (request, archives["archives"].as_array().expect("a list").clone())
}

/// A new link, as the path of an address.
fn link(admin: &Person, archive: &Value) -> String {
    let id = archive["id"].as_str().expect("an id");
    let issued = admin.post(&format!("/api/v1/archives/{id}/links"), &json!({})).is(201).json();
    issued["url"].as_str().expect("a link").strip_prefix("http://desk.example").expect("our address").to_owned()
}

fn a_link_for_one_download_goes_on_until_the_last_byte_has_gone_out(place: &Place) {
    let desk = place.world.serve();
    let admin = place.world.sign_in(&desk, &place.cast.admin);
    let (request, archives) = exported(place, &admin);
    let archive = &archives[0];
    let size = archive["bytes"].as_u64().expect("a size");
    let path = link(&admin, archive);
    let etag = format!("\"{}\"", archive["sha256"].as_str().expect("a digest"));

    // Looking at it, and hearing that one has it already, uses nothing up.
    let head = admin.send("HEAD", &path, &[], Vec::new()).is(200);
    assert_eq!((head.header("content-length"), head.header("etag")), (Some(size.to_string().as_str()), Some(etag.as_str())));
    assert!(head.body.is_empty() && head.header("content-disposition").expect("a name").starts_with("attachment; filename="));
    for known in [etag.clone(), format!("\"other\", W/{etag}"), "*".to_owned()] {
        assert!(admin.get_with(&path, ("if-none-match", &known)).is(304).body.is_empty());
    }

    // The last byte alone, or all but the first, is no download.
    for range in ["bytes=-1", "bytes=1-"] {
        admin.get_with(&path, ("range", range)).is(206);
    }
    let shown = admin.get(&format!("/api/v1/requests/{request}/archives")).is(200).json();
    assert_eq!(shown["archives"][0]["downloaded"], Value::Null);

    // A download that broke off goes on, also with the condition that it is still the same.
    let first = admin.get_with(&path, ("range", "bytes=1-499")).is(206).body;
    let second = admin.send("GET", &path, &[("range", "bytes=500-999"), ("if-range", &etag)], Vec::new()).is(206);
    assert_eq!(second.header("content-range"), Some(format!("bytes 500-999/{size}").as_str()));
    admin.get_with(&path, ("range", &format!("bytes={size}-"))).is(416);
    let shown = admin.get(&format!("/api/v1/requests/{request}/archives")).is(200).json();
    assert_eq!(shown["archives"][0]["downloaded"], Value::Null);
    let rest = admin.get_with(&path, ("range", "bytes=1000-")).is(206).body;
    let begin = admin.get_with(&path, ("range", "bytes=0-0")).is(206).body;
    let whole = [begin, first, second.body, rest].concat();
    assert_eq!(whole.len() as u64, size);
    fs::write(place.world.path("seat.zip"), &whole).expect("write it");
    assert!(place.world.command(&["verify", "seat.zip"]).output().expect("run exeunt").status.success());
    admin.get(&path).is(404);
    admin.send("HEAD", &path, &[], Vec::new()).is(404);
    let shown = admin.get(&format!("/api/v1/requests/{request}/archives")).is(200).json();
    assert!(shown["archives"][0]["downloaded"].is_string());

    // Another link leads to the same archive, which was not built anew. Of another archive than the one that was begun, all of it is sent.
    let path = link(&admin, archive);
    let again = admin.send("GET", &path, &[("range", "bytes=500-999"), ("if-range", "\"of before\"")], Vec::new()).is(200);
    assert!(again.body == whole);
    assert!(again.header("repr-digest").expect("a digest").starts_with("sha-256=:"));
    desk.stop();
}

fn a_link_without_that_limit_is_good_until_it_expires(place: &Place) {
    let desk = place.world.serve();
    let admin = place.world.sign_in(&desk, &place.cast.admin);
    let second = place.world.sign_in(&desk, &place.cast.second_admin);
    let (_, archives) = exported(place, &admin);
    let path = link(&admin, &archives[0]);
    let whole = admin.get(&path).is(200).body;
    assert!(admin.get(&path).is(200).body == whole);
    second.get(&path).is(404);
    desk.send("GET", &path, &[], None).is(401);
    place.take_away();
    admin.get(&path).is(503);
    admin.send("HEAD", &path, &[], Vec::new()).is(503);
    // Those who run the desk are told, and nobody is sent away.
    assert_eq!(desk.send("GET", "/readyz", &[], None).is(200).text(), "ok, but the archive store is away\n");
    place.bring_back();
    assert!(admin.get(&path).is(200).body == whole);
    assert_eq!(desk.send("GET", "/readyz", &[], None).is(200).text(), "ok\n");
    desk.stop();
}

fn a_link_ends_with_its_time_the_archives_time_and_the_requesters_rights(place: &Place) {
    let desk = place.world.serve();
    let admin = place.world.sign_in(&desk, &place.cast.admin);
    let (request, archives) = exported(place, &admin);
    let (first, second) = (link(&admin, &archives[0]), link(&admin, &archives[0]));
    admin.get(&first).is(200);

    // The seat is taken from whoever asked: the session goes on, and the archive is theirs no longer.
    let seat = |state: &str| {
        let changed = place.world.platform().execute("UPDATE seat SET state = ?1 WHERE email = ?2", [state, &place.cast.admin]);
        assert_eq!(changed.expect("change a seat"), 1);
    };
    seat("removed");
    admin.get(&first).is(404);
    admin.send("HEAD", &first, &[], Vec::new()).is(404);
    seat("active");
    admin.get(&first).is(200);

    // A token that may not download does not.
    let wanted = json!({ "name": "reports", "actions": ["read_requests"], "contract": place.cast.contract });
    let token = admin.post("/api/v1/tokens", &wanted).is(201).json()["secret"].as_str().expect("a secret").to_owned();
    desk.send("GET", &first, &[("authorization", &format!("Bearer {token}"))], None).is(404);

    // The links' time is over; the archive's isn't.
    assert_eq!(place.world.change("UPDATE link SET expires = created"), 2);
    admin.get(&first).is(404);
    admin.get(&second).is(404);
    let third = link(&admin, &archives[0]);
    admin.get(&third).is(200);
    // The archive's time is over, and its deletion hasn't come yet.
    assert_eq!(place.world.change("UPDATE archive SET expires = created"), 1);
    admin.get(&third).is(404);
    let id = archives[0]["id"].as_str().expect("an id");
    admin.post(&format!("/api/v1/archives/{id}/links"), &json!({})).is(409);
    assert_eq!(admin.get(&format!("/api/v1/requests/{request}")).is(200).json()["state"], "ready");
    desk.stop();
}

fn what_is_retained_no_longer_is_deleted_and_what_cannot_be_is_tried_again(place: &Place) {
    let desk = place.world.serve();
    let admin = place.world.sign_in(&desk, &place.cast.admin);
    let operator = place.world.operator(&desk);
    let (request, archives) = exported(place, &admin);
    let path = link(&admin, &archives[0]);
    assert_eq!(place.files(), 1);
    place.take_away();
    place.world.change("UPDATE archive SET expires = created");
    assert_eq!(place.world.change("UPDATE job SET run_at = created WHERE kind = 'expire_archive'"), 1);
    eventually("the deletion has failed and waits", || {
        let jobs = operator.get("/api/v1/jobs").is(200).json()["jobs"].clone();
        let jobs = jobs.as_array().expect("jobs");
        jobs.iter().any(|job| job["kind"] == "expire_archive" && job["error"].as_str().is_some_and(|error| error.contains("archive store")))
    });
    let state = || admin.get(&format!("/api/v1/requests/{request}")).is(200).json()["state"].clone();
    assert_eq!(state(), "ready");
    place.bring_back();
    eventually("the request has expired", || state() == "expired");
    assert_eq!(place.files(), 0);
    admin.get(&path).is(404);
    let shown = admin.get(&format!("/api/v1/requests/{request}/archives")).is(200).json();
    assert!(shown["archives"][0]["deleted"].is_string(), "{shown}");
    let id = archives[0]["id"].as_str().expect("an id");
    admin.post(&format!("/api/v1/archives/{id}/links"), &json!({})).is(409);
    desk.stop();
}

fn an_archive_in_parts_is_listed_and_downloaded_part_by_part(place: &Place) {
    // Words that no compression makes few of.
    let platform = place.world.platform();
    let messages: u32 = platform.query_row("SELECT count(*) FROM message", [], |row| row.get(0)).expect("count");
    platform.execute("UPDATE message SET body = hex(randomblob(?1))", [12_000_000 / messages]).expect("write much");
    let desk = place.world.serve();
    let admin = place.world.sign_in(&desk, &place.cast.admin);
    let second = place.world.sign_in(&desk, &place.cast.second_admin);
    let wanted = json!({ "kind": "export", "scope": "contract", "contract": place.cast.contract });
    let asked = admin.post("/api/v1/requests", &wanted).is(201).json();
    let request = asked["id"].as_str().expect("an id").to_owned();
    if asked["state"] == "awaiting_approval" {
        second.post(&format!("/api/v1/requests/{request}/approve"), &json!({})).is(200);
    }
    place.world.mails.next(&place.cast.admin, "Ready|Bereit");
    let shown = admin.get(&format!("/api/v1/requests/{request}/archives")).is(200).json();
    let archives = shown["archives"].as_array().expect("a list");
    assert!(archives.len() > 1, "{shown}");
    assert_eq!(place.files(), archives.len());
    let mut files = Vec::new();
    for (number, archive) in (1..).zip(archives) {
        assert_eq!(archive["part"], json!(number));
        let bytes = admin.get(&link(&admin, archive)).is(200).body;
        assert_eq!(bytes.len() as u64, archive["bytes"].as_u64().expect("a size"));
        let name = archive["file_name"].as_str().expect("a name").to_owned();
        fs::write(place.world.path(&name), &bytes).expect("write it");
        files.push(name);
    }
    // All of them are looked at beside the first.
    let verified = place.world.command(&["verify", &files[0]]).output().expect("run exeunt");
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
    desk.stop();
}
