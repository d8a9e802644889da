//! Following a request by server-sent events.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use std::time::{Duration, Instant};

use exeunt_model::job::Lane;
use exeunt_model::moment::Moment;
use exeunt_store::desk::{Lease, Limits, Share};
use exeunt_store::{Location, Store};
use serde_json::{Value, json};

use super::world::{Cast, Desk, Keeps, Person, World, eventually};

/// Lines of `[workers]` instead of those of the world.
fn configure(world: &World, workers: &str) {
    world.configure(0);
    let path = world.path("exeunt.toml");
    let text = fs::read_to_string(&path).expect("read the configuration");
    fs::write(&path, text.replace("[workers]\n", &format!("[workers]\n{workers}"))).expect("write the configuration");
}

/// An export that a holder asks for, approved by the admin.
fn ask_for_own(world: &World, desk: &Desk, holder: &Person, cast: &Cast) -> String {
    let wanted = json!({ "kind": "export", "scope": "seat", "contract": cast.contract, "seat": cast.seat });
    let request = holder.post("/api/v1/requests", &wanted).is(201).json()["id"].as_str().expect("an id").to_owned();
    let admin = world.sign_in(desk, &cast.admin);
    admin.post(&format!("/api/v1/requests/{request}/approve"), &json!({})).is(200);
    request
}

/// An event of a stream.
#[derive(Debug, PartialEq)]
struct Sent {
    event: String,
    id: Option<u64>,
    data: Value,
}

/// A stream that is being read.
struct Stream(BufReader<Box<dyn std::io::Read>>);

impl Stream {
    fn open(person: &Person, request: &str, known: Option<u64>) -> Result<Self, u16> {
        let agent: ureq::Agent =
            ureq::Agent::config_builder().http_status_as_error(false).timeout_recv_response(Some(Duration::from_secs(60))).build().into();
        let mut asked = agent.get(format!("{}/api/v1/requests/{request}/progress", person.url)).header("cookie", &person.cookie);
        if let Some(known) = known {
            asked = asked.header("last-event-id", known.to_string());
        }
        let answered = asked.call().expect("ask for progress");
        let status = answered.status().as_u16();
        if status != 200 {
            return Err(status);
        }
        assert_eq!(answered.headers()["content-type"], "text/event-stream");
        assert_eq!(answered.headers()["cache-control"], "no-store");
        Ok(Self(BufReader::new(Box::new(answered.into_body().into_reader()))))
    }

    /// The next event; none when the stream has ended.
    fn next(&mut self) -> Option<Sent> {
        let begun = Instant::now();
        let (mut event, mut id, mut data) = (None, None, None);
        loop {
            let mut line = String::new();
            if self.0.read_line(&mut line).expect("read the stream") == 0 {
                return None;
            }
            // However long nothing comes, signs of life do: a test that waits in vain must end.
            assert!(begun.elapsed() < Duration::from_secs(120), "nothing has come");
            match line.trim_end().split_once(':').map(|(field, value)| (field, value.trim_start())) {
                Some(("event", value)) => event = Some(value.to_owned()),
                Some(("id", value)) => id = Some(value.parse().expect("a number")),
                Some(("data", value)) => data = Some(serde_json::from_str(value).expect("JSON")),
                // A comment keeps the connection alive.
                Some(_) => {}
                None if event.is_none() => {}
                None => return Some(Sent { event: event?, id, data: data? }),
            }
        }
    }

    /// Goes on to the first event that is so.
    #[track_caller]
    fn until(&mut self, is_so: impl Fn(&Sent) -> bool) -> Sent {
        let mut passed = Vec::new();
        loop {
            match self.next() {
                Some(sent) if is_so(&sent) => return sent,
                Some(sent) => passed.push(sent),
                None => panic!("the stream has ended after {passed:#?}"),
            }
        }
    }

    fn rest(mut self) -> Vec<Sent> {
        std::iter::from_fn(|| self.next()).collect()
    }
}

/// So many seconds from now.
#[expect(clippy::disallowed_methods, reason = "a worker in another process has the clock of its machine")]
fn moment(seconds: i64) -> Moment {
    let now = Moment::new(jiff::Timestamp::now());
    Moment::from_microseconds(now.microseconds() + seconds * 1_000_000).expect("a moment")
}

/// Takes the next job of the platform as a worker elsewhere would.
fn take(store: &mut Store, seconds: i64) -> Lease {
    let limits = Limits { running: 9, per_contract: 9 };
    let claim = store.transact::<_, exeunt_store::Error>("take a job", |transaction| {
        transaction.claim((Lane::Platform, Share::Others), "elsewhere", moment(0), moment(seconds), limits)
    });
    claim.expect("take a job").expect("a job")
}

fn a_stream_tells_each_move_and_the_rows_of_a_worker_in_another_process(keeps: Keeps) {
    let world = World::new(keeps);
    configure(&world, "platform = 0\n");
    let cast = world.cast();
    let desk = world.serve();
    let holder = world.sign_in(&desk, &cast.holder);
    let request = ask_for_own(&world, &desk, &holder, &cast);
    let mut stream = Stream::open(&holder, &request, None).expect("a stream");
    let first = stream.until(|sent| sent.event == "state");
    assert_eq!((first.id, &first.data["event"], &first.data["to"]), (Some(0), &json!("submit"), &json!("submitted")));
    let asked = stream.until(|sent| sent.event == "state");
    assert_eq!((asked.id, &asked.data["from"], &asked.data["to"]), (Some(1), &json!("submitted"), &json!("awaiting_approval")));
    stream.until(|sent| sent.id == Some(2) && sent.data["to"] == "queued");

    // Somebody elsewhere works on it, says how far it is, and is lost.
    let location: Location = world.store_url().parse().unwrap_or_else(|_| world.path("exeunt.db").into());
    let mut store = Store::open_existing(&location, moment(0)).expect("open the store").expect("a store");
    let lease = take(&mut store, 3);
    let beat =
        store.transact::<_, exeunt_store::Error>("tell how far it is", |transaction| transaction.heartbeat(&lease, moment(3), 5, Some(10)));
    beat.expect("tell how far it is");
    let progress = stream.until(|sent| sent.event == "progress" && sent.data["done"] != 0);
    assert_eq!((progress.id, progress.data), (None, json!({ "job": "export", "done": 5, "expected": 10 })));
    drop(store);

    // A real worker takes it over and finishes it.
    fs::write(world.path("worker.toml"), fs::read_to_string(world.path("exeunt.toml")).expect("read").replace("platform = 0\n", ""))
        .expect("write the configuration");
    let mut worker = world.command(&["worker", "--config", "worker.toml"]).stderr(Stdio::null()).spawn().expect("start a worker");
    let rest = stream.rest();
    let moves: Vec<(Option<u64>, &str)> =
        rest.iter().filter(|sent| sent.event == "state").map(|sent| (sent.id, sent.data["to"].as_str().expect("a state"))).collect();
    assert_eq!(moves, [(Some(3), "running"), (Some(4), "ready")]);
    assert_eq!(rest.last(), Some(&Sent { event: "end".to_owned(), id: None, data: json!({ "state": "ready" }) }));
    worker.kill().and_then(|()| worker.wait()).expect("end the worker");

    // Whoever comes back is told what is new, and that nothing more will come.
    let later = Stream::open(&holder, &request, Some(3)).expect("a stream").rest();
    assert_eq!(later.iter().map(|sent| (sent.event.as_str(), sent.id)).collect::<Vec<_>>(), [("state", Some(4)), ("end", None)]);
    assert_eq!(Stream::open(&holder, &request, Some(4)).err(), Some(204));
    desk.stop();
}

#[test]
fn a_stream_tells_each_move_and_the_rows_of_a_worker_elsewhere_with_the_store_in_a_file() {
    a_stream_tells_each_move_and_the_rows_of_a_worker_in_another_process(Keeps::File);
}

#[test]
fn a_stream_tells_each_move_and_the_rows_of_a_worker_elsewhere_with_the_store_on_postgres() {
    a_stream_tells_each_move_and_the_rows_of_a_worker_in_another_process(Keeps::Postgres);
}

#[test]
fn streams_are_for_those_who_may_read_are_limited_and_end_with_the_desk() {
    let world = World::new(Keeps::File);
    configure(&world, "platform = 0\n");
    let cast = world.cast();
    let desk = world.serve();
    let (holder, stranger) = (world.sign_in(&desk, &cast.holder), world.sign_in(&desk, &cast.stranger));
    let request = ask_for_own(&world, &desk, &holder, &cast);
    let (got, made_up) = (
        stranger.get(&format!("/api/v1/requests/{request}/progress")),
        stranger.get(&format!("/api/v1/requests/{}/progress", "0".repeat(32))),
    );
    assert_eq!((got.status, got.text()), (404, made_up.text()));
    let odd = holder.get_with(&format!("/api/v1/requests/{request}/progress"), ("last-event-id", "yesterday"));
    assert_eq!((odd.status, odd.header("content-type")), (400, Some("application/problem+json")));

    let mut streams: Vec<Stream> = (0..8).map(|_| Stream::open(&holder, &request, None).expect("a stream")).collect();
    assert_eq!(Stream::open(&holder, &request, None).err(), Some(429));
    // They hold nothing that others need: there are half as many connections to the store.
    holder.get("/api/v1/requests").is(200);
    for stream in &mut streams {
        stream.until(|sent| sent.data["to"] == "queued");
    }
    streams.pop();
    eventually("a stream that was closed makes room", || match Stream::open(&holder, &request, None) {
        Ok(stream) => {
            streams.push(stream);
            true
        }
        Err(status) => {
            assert_eq!(status, 429);
            false
        }
    });
    // A desk that stops does not wait for those who listen.
    desk.stop();
    for stream in streams {
        assert!(stream.rest().iter().all(|sent| sent.event != "end"));
    }
}

#[test]
fn a_stream_tells_nothing_more_to_who_may_not_read_it_any_more() {
    let world = World::new(Keeps::File);
    configure(&world, "platform = 0\n");
    let cast = world.cast();
    let desk = world.serve();
    let (admin, holder) = (world.sign_in(&desk, &cast.admin), world.sign_in(&desk, &cast.holder));
    let wanted = json!({ "kind": "export", "scope": "seat", "contract": cast.contract, "seat": cast.seat });
    let request = holder.post("/api/v1/requests", &wanted).is(201).json()["id"].as_str().expect("an id").to_owned();
    let listen = |holder: &Person| {
        let mut stream = Stream::open(holder, &request, None).expect("a stream");
        stream.until(|sent| sent.data["to"] == "awaiting_approval");
        stream
    };
    // The session ends, and then something happens.
    let stream = listen(&holder);
    holder.delete("/api/v1/sessions").is(204);
    admin.post(&format!("/api/v1/requests/{request}/approve"), &json!({})).is(200);
    assert_eq!(stream.rest(), []);
    // The seat is taken away, and nothing happens.
    let holder = world.sign_in(&desk, &cast.holder);
    let mut stream = listen(&holder);
    stream.until(|sent| sent.data["to"] == "queued");
    let removed = world.platform().execute("UPDATE seat SET state = 'removed' WHERE id = ?1", [&cast.seat]).expect("remove a seat");
    assert_eq!(removed, 1);
    assert_eq!(stream.rest(), []);
    // Others read on.
    let mut others = Stream::open(&admin, &request, None).expect("a stream");
    others.until(|sent| sent.data["to"] == "queued");
    admin.post(&format!("/api/v1/requests/{request}/cancel"), &json!({})).is(200);
    assert_eq!(others.rest().last().map(|sent| sent.event.clone()), Some("end".to_owned()));
    desk.stop();
}

#[test]
fn an_export_tells_its_rows_long_before_its_lease_is_lengthened() {
    const NOTES: u32 = 300_000;
    let world = World::new(Keeps::File);
    configure(&world, "lease_seconds = 36000\n");
    let cast = world.cast();
    let mut platform = world.platform();
    let columns: Vec<String> = {
        let mut statement = platform.prepare("SELECT name FROM pragma_table_info('note') WHERE name <> 'id'").expect("prepare");
        let found = statement.query_map([], |row| row.get(0)).expect("list columns");
        found.collect::<Result<_, _>>().expect("list columns")
    };
    let columns = columns.join(", ");
    let filled = platform.transaction().expect("begin");
    filled
        .execute_batch(&format!(
            "WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < {NOTES}),
                one AS (SELECT * FROM note WHERE author_seat_id = {seat} LIMIT 1)
             INSERT INTO note (id, {columns}) SELECT 10000000 + n, {columns} FROM number, one",
            seat = cast.seat
        ))
        .expect("write notes");
    filled.commit().expect("commit");
    let desk = world.serve();
    let holder = world.sign_in(&desk, &cast.holder);
    let request = ask_for_own(&world, &desk, &holder, &cast);
    let sent = Stream::open(&holder, &request, None).expect("a stream").rest();
    let rows: Vec<u64> = sent.iter().filter(|sent| sent.event == "progress").filter_map(|sent| sent.data["done"].as_u64()).collect();
    assert!(rows.is_sorted() && rows.iter().any(|rows| *rows > 0), "{sent:#?}");
    assert_eq!(sent.last().map(|sent| &sent.data["state"]), Some(&json!("ready")));
    desk.stop();
}
