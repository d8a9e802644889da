use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Instant;

use serde_json::json;

use super::{Logged, PATIENCE, wait_for};
use crate::desk::world::{Keeps, World, get};

/// A request whose body is half sent: it is being answered for as long as the rest takes.
fn half_a_request(desk: &Logged) -> TcpStream {
    let mut stream = TcpStream::connect(("127.0.0.1", desk.port())).expect("connect");
    stream.set_read_timeout(Some(PATIENCE)).expect("set a timeout");
    let body = r#"{"email":"nobody@elsewhere.example"}"#;
    let head = format!(
        "POST /api/v1/sign-in HTTP/1.1\r\nhost: desk\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{}",
        body.len(),
        &body[..10]
    );
    stream.write_all(head.as_bytes()).expect("send");
    // The desk has it once it answers somebody who came later.
    get(&format!("{}/healthz", desk.url)).is(200);
    stream
}

fn is_stopping(desk: &Logged) -> bool {
    desk.records().iter().any(|record| record["message"].as_str().is_some_and(|text| text.starts_with("stopping")))
}

#[test]
fn what_is_being_answered_is_finished_before_the_desk_stops() {
    for signal in ["-TERM", "-INT"] {
        let world = World::new(Keeps::File);
        world.configure(0);
        let mut desk = Logged::start(&world, &[]);
        let mut stream = half_a_request(&desk);
        desk.signal(signal);
        wait_for("the desk to stop", || is_stopping(&desk).then_some(()));
        // Nobody new comes in.
        wait_for("the door to close", || TcpStream::connect(("127.0.0.1", desk.port())).is_err().then_some(()));
        stream.write_all(&br#"{"email":"nobody@elsewhere.example"}"#[10..]).expect("send the rest");
        let mut told = String::new();
        stream.read_to_string(&mut told).expect("read the answer");
        assert!(told.starts_with("HTTP/1.1 202"), "{told}");
        let (code, records) = desk.ended();
        assert_eq!(code, Some(0));
        assert_eq!(records.last().expect("a record")["message"], "stopped");
    }
}

#[test]
fn what_does_not_end_in_time_is_cut() {
    let world = World::new(Keeps::File);
    world.configure(0);
    let mut desk = Logged::start(&world, &[("EXEUNT_SERVER_STOP_SECONDS", "1")]);
    let stream = half_a_request(&desk);
    desk.signal("-TERM");
    let (code, records) = desk.ended();
    assert_eq!(code, Some(0));
    assert!(records.iter().any(|record| record["connections"] == 1 && record["level"] == "WARN"), "{records:#?}");
    drop(stream);
}

#[test]
fn a_second_signal_ends_the_desk_at_once() {
    let world = World::new(Keeps::File);
    world.configure(0);
    let mut desk = Logged::start(&world, &[("EXEUNT_SERVER_STOP_SECONDS", "3000")]);
    let _stream = half_a_request(&desk);
    let begun = Instant::now();
    desk.signal("-TERM");
    wait_for("the desk to stop", || is_stopping(&desk).then_some(()));
    desk.signal("-TERM");
    let (code, _) = desk.ended();
    assert_eq!(code, Some(130));
    assert!(begun.elapsed() < PATIENCE);
}

#[test]
fn an_export_is_left_at_a_safe_place_and_taken_up_again() {
    let world = World::new(Keeps::File);
    world.configure(0);
    let cast = world.cast();
    // With a lease this long, whatever the first process left behind would be waited for in vain.
    let variables = [("EXEUNT_WORKERS_LEASE_SECONDS", "3600"), ("EXEUNT_WORKERS_PLATFORM", "1")];
    let mut desk = Logged::start(&world, &variables);
    let admin = world.sign_in_at(&desk.url, &cast.admin);
    let second = world.sign_in_at(&desk.url, &cast.second_admin);
    let wanted = json!({ "kind": "export", "scope": "contract", "contract": cast.contract });
    let id = admin.post("/api/v1/requests", &wanted).is(201).json()["id"].as_str().expect("an id").to_owned();
    second.post(&format!("/api/v1/requests/{id}/approve"), &json!({})).is(200);
    desk.signal("-TERM");
    let (code, _) = desk.ended();
    assert_eq!(code, Some(0));
    drop(desk);
    let desk = Logged::start(&world, &variables);
    world.mails.next(&cast.admin, "Ready|Bereit");
    let admin = world.again_at(&desk.url, &admin);
    assert_eq!(admin.get(&format!("/api/v1/requests/{id}")).is(200).json()["state"], "ready");
}
