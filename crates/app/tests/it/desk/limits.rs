//! How much anybody may ask in how much time.

use std::time::{Duration, Instant};

use rusqlite::Connection;
use serde_json::json;

use super::world::{Answer, Desk, Keeps, Person, World};

/// Requests a minute, and at once: one more every three seconds.
const FEW: usize = 20;

/// The desk with few of one kind of request.
fn desk(world: &World, limit: &str, proxies: &str) -> Desk {
    let mut command = world.command(&["serve"]);
    command.env(format!("EXEUNT_LIMITS_{limit}"), FEW.to_string());
    if !proxies.is_empty() {
        command.env("EXEUNT_SERVER_TRUSTED_PROXIES", proxies);
    }
    Desk::start(&mut command)
}

#[track_caller]
fn refused(answer: Answer) {
    let answer = answer.is(429);
    let wait: u64 = answer.header("retry-after").expect("Retry-After").parse().expect("seconds");
    assert!((1..=4).contains(&wait), "{wait}");
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    assert_eq!(answer.json()["type"], "/problems/too-many-requests");
}

/// Asks again and again until it is refused no more.
fn recovered(ask: impl Fn() -> Answer) -> Answer {
    let begun = Instant::now();
    loop {
        let answer = ask();
        if answer.status != 429 {
            return answer;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "it never recovers");
        std::thread::yield_now();
    }
}

#[test]
fn attempts_to_sign_in_are_limited_for_each_client_and_recover() {
    let world = World::new(Keeps::File);
    world.configure(24);
    let desk = desk(&world, "SIGN_IN_PER_MINUTE", "127.0.0.1");
    let ask = |client: &str| {
        let body = json!({ "email": "nobody@nowhere.example" });
        desk.send("POST", "/api/v1/sign-in", &[("x-forwarded-for", client)], Some(&body))
    };
    for _ in 0..FEW {
        ask("192.0.2.1").is(202);
    }
    refused(ask("192.0.2.1"));
    // The same client, by whatever it makes up; and by the other doors.
    refused(ask("198.51.100.9, 192.0.2.1"));
    let elsewhere = [("x-forwarded-for", "192.0.2.1")];
    refused(desk.send("POST", "/api/v1/session", &elsewhere, Some(&json!({ "secret": "0" }))));
    refused(desk.send("GET", "/sign-in", &elsewhere, None));
    refused(desk.send("GET", "/sign-in/staff/callback?code=a&state=b", &elsewhere, None));
    ask("192.0.2.2").is(202);
    desk.send("GET", "/api/v1/openapi.json", &elsewhere, None).is(200);
    // Of one network of IPv6 all addresses are one client.
    for number in 0..FEW {
        ask(&format!("2001:db8:1:2::{number:x}")).is(202);
    }
    refused(ask("2001:db8:1:2:ffff::1"));
    ask("2001:db8:1:3::1").is(202);
    recovered(|| ask("192.0.2.1")).is(202);
    desk.stop();
}

#[test]
fn a_made_up_address_of_a_client_does_nothing() {
    let world = World::new(Keeps::File);
    world.configure(24);
    let desk = desk(&world, "SIGN_IN_PER_MINUTE", "10.0.0.0/8");
    let ask = |number: usize| {
        let address = format!("192.0.2.{number}");
        let headers = [("x-forwarded-for", address.as_str()), ("forwarded", &format!("for={address}"))];
        desk.send("POST", "/api/v1/sign-in", &headers, Some(&json!({ "email": "nobody@nowhere.example" })))
    };
    for number in 0..FEW {
        ask(number).is(202);
    }
    refused(ask(FEW));
    desk.stop();
}

#[test]
fn wrong_secrets_are_limited_for_each_client() {
    let world = World::new(Keeps::File);
    world.configure(24);
    let cast = world.cast();
    let desk = desk(&world, "WRONG_SECRETS_PER_MINUTE", "127.0.0.1");
    let admin = world.sign_in(&desk, &cast.admin);
    let with = |client: &str, header: (&str, &str), path: &str| desk.send("GET", path, &[("x-forwarded-for", client), header], None);
    let token = |client: &str| with(client, ("authorization", "Bearer exeunt_0"), "/api/v1/me");
    for number in 0..=FEW {
        match number % 4 {
            0 => token("192.0.2.1").is(401),
            1 => with("192.0.2.1", ("cookie", "exeunt=0"), "/api/v1/me").is(401),
            2 => with("192.0.2.1", ("cookie", &admin.cookie), "/download/0").is(404),
            _ => {
                let body = json!({ "secret": "0" });
                desk.send("POST", "/api/v1/session", &[("x-forwarded-for", "192.0.2.1")], Some(&body)).is(401)
            }
        };
    }
    refused(token("192.0.2.1"));
    // Nor is a right one looked at: it would tell that it is right.
    refused(with("192.0.2.1", ("cookie", &admin.cookie), "/api/v1/me"));
    refused(with("192.0.2.1", ("cookie", &admin.cookie), "/download/0"));
    token("192.0.2.2").is(401);
    with("192.0.2.2", ("cookie", &admin.cookie), "/api/v1/me").is(200);
    recovered(|| with("192.0.2.1", ("cookie", &admin.cookie), "/api/v1/me")).is(200);
    // What is sent for a secret to where nobody looks at it is counted as well.
    for _ in 0..=FEW {
        with("192.0.2.3", ("cookie", "exeunt=0"), "/api/v1/nothing").is(404);
    }
    refused(token("192.0.2.3"));
    desk.stop();
}

#[test]
fn what_is_open_to_everybody_is_limited_for_each_client() {
    let world = World::new(Keeps::File);
    world.configure(24);
    let desk = desk(&world, "PUBLIC_PER_MINUTE", "127.0.0.1");
    let get = |client: &str, path: &str| desk.send("GET", path, &[("x-forwarded-for", client)], None);
    for number in 0..FEW {
        match number % 4 {
            0 => get("192.0.2.1", "/api/v1/openapi.json").is(200),
            1 => get("192.0.2.1", "/api/v1/identity-providers").is(200),
            2 => get("192.0.2.1", "/nowhere").is(404),
            _ => get("192.0.2.1", "/api/v1/me").is(401),
        };
    }
    for path in ["/api/v1/openapi.json", "/nowhere", "/readyz", "/download/0", "/api/v1/me"] {
        refused(get("192.0.2.1", path));
    }
    get("192.0.2.1", "/healthz").is(200);
    get("192.0.2.2", "/nowhere").is(404);
    desk.stop();
}

#[test]
fn a_person_is_limited_by_whatever_client_and_nobody_else_with_them() {
    let world = World::new(Keeps::File);
    world.configure(24);
    let cast = world.cast();
    let desk = desk(&world, "CALLER_PER_MINUTE", "");
    let (admin, second) = (world.sign_in(&desk, &cast.admin), world.sign_in(&desk, &cast.second_admin));
    let made =
        admin.post("/api/v1/tokens", &json!({ "name": "reports", "actions": ["read_requests"], "contract": cast.contract })).is(201).json();
    let token = format!("Bearer {}", made["secret"].as_str().expect("a secret"));
    let by_token = || desk.send("GET", "/api/v1/requests", &[("authorization", token.as_str())], None);
    for number in 1..FEW {
        if number % 2 == 0 { admin.get("/api/v1/me") } else { by_token() }.is(200);
    }
    refused(admin.get("/api/v1/me"));
    refused(by_token());
    second.get("/api/v1/me").is(200);
    recovered(|| admin.get("/api/v1/me")).is(200);
    desk.stop();
}

#[test]
fn what_costs_much_is_limited_narrowly() {
    let world = World::new(Keeps::File);
    world.configure(24);
    let cast = world.cast();
    let desk = desk(&world, "COSTLY_PER_MINUTE", "");
    let admin = world.sign_in(&desk, &cast.admin);
    let nothing = json!({});
    for number in 0..FEW {
        admin.post(if number % 2 == 0 { "/api/v1/previews" } else { "/api/v1/bulk" }, &nothing).is(422);
    }
    refused(admin.post("/api/v1/previews", &nothing));
    refused(admin.post("/api/v1/bulk", &nothing));
    admin.get("/api/v1/me").is(200);
    desk.stop();
}

#[test]
fn who_asks_for_a_link_is_answered_before_anybody_looks_who_they_are() {
    let world = World::new(Keeps::File);
    world.configure(24);
    let cast = world.cast();
    let desk = world.serve();
    // While nobody can look into the store or write to it, everybody gets the answer that they would get anyway.
    let store = Connection::open(world.path("exeunt.db")).expect("open the store");
    store.execute_batch("BEGIN EXCLUSIVE").expect("lock the store");
    let ask = |email: &str| desk.send("POST", "/api/v1/sign-in", &[], Some(&json!({ "email": email }))).is(202);
    let (known, unknown) = (ask(&cast.admin), ask("nobody@nowhere.example"));
    assert_eq!(known.body, unknown.body);
    store.execute_batch("ROLLBACK").expect("unlock the store");
    world.mails.next(&cast.admin, "Sign in|Anmelden");
    desk.stop();
}

#[test]
fn a_desk_that_stops_sends_the_links_that_were_asked_for() {
    let world = World::new(Keeps::File);
    world.configure(24);
    let cast = world.cast();
    let desk = world.serve();
    desk.send("POST", "/api/v1/sign-in", &[], Some(&json!({ "email": cast.admin }))).is(202);
    desk.stop();
    let desk = world.serve();
    world.mails.next(&cast.admin, "Sign in|Anmelden");
    desk.stop();
}

#[test]
fn one_person_is_sent_so_many_links_and_no_more_whoever_asks() {
    let world = World::new(Keeps::File);
    world.configure(24);
    let cast = world.cast();
    let mut command = world.command(&["serve"]);
    let desk = Desk::start(command.env("EXEUNT_LIMITS_LINKS_PER_HOUR", "2").env("EXEUNT_SERVER_TRUSTED_PROXIES", "127.0.0.1"));
    let ask = |client: &str, email: &str| {
        desk.send("POST", "/api/v1/sign-in", &[("x-forwarded-for", client)], Some(&json!({ "email": email }))).is(202)
    };
    for number in 0..6 {
        ask(&format!("192.0.2.{number}"), &cast.admin);
    }
    let other = Person { cookie: String::new(), csrf: String::new(), ..world.sign_in(&desk, &cast.second_admin) };
    assert!(!other.url.is_empty());
    desk.stop();
    let store = Connection::open(world.path("exeunt.db")).expect("open the store");
    let links: i64 = store
        .query_row(
            "SELECT count(*) FROM sign_in_link AS l JOIN principal AS p ON p.id = l.principal WHERE p.email = ?1",
            [&cast.admin],
            |row| row.get(0),
        )
        .expect("count links");
    assert_eq!(links, 2);
}
