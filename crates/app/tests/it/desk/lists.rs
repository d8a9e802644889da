//! Lists, page by page: all pages together are exactly what may be seen.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::authorization::everybody;
use super::scim::Provider;
use super::world::{Answer, Desk, Keeps, Person, World};

/// Walks through a list with pages of this size. All of them but the last are full, and none is empty but an empty list's.
fn walk(get: &dyn Fn(&str) -> Answer, path: &str, member: &str, limit: usize) -> Vec<Value> {
    let mut found: Vec<Value> = Vec::new();
    let mut after = String::new();
    loop {
        let separator = if path.contains('?') { '&' } else { '?' };
        let page = get(&format!("/api/v1{path}{separator}limit={limit}{after}")).is(200).json();
        let items = page[member].as_array().unwrap_or_else(|| panic!("{path} has no {member}: {page}"));
        assert!(items.len() <= limit && (!items.is_empty() || found.is_empty()), "{path}: {page}");
        found.extend(items.iter().cloned());
        match page["next"].as_str() {
            Some(next) => {
                assert_eq!(items.len(), limit, "{path}: a page before the last is full");
                after = format!("&after={next}");
            }
            None => return found,
        }
    }
}

fn id(item: &Value) -> String {
    item["id"].as_str().expect("an id").to_owned()
}

/// Who calls, and how.
struct Reader<'a> {
    who: String,
    get: Box<dyn Fn(&str) -> Answer + 'a>,
}

fn with_token<'a>(desk: &'a Desk, who: &str, made: &Value) -> Reader<'a> {
    let authorization = format!("Bearer {}", made["secret"].as_str().expect("a secret"));
    Reader { who: who.to_owned(), get: Box::new(move |path| desk.send("GET", path, &[("authorization", authorization.as_str())], None)) }
}

fn pages_of_requests_are_what_may_be_seen(keeps: Keeps) {
    let world = World::new(keeps);
    world.configure(24);
    let cast = world.cast();
    let desk = world.serve();
    let everybody = everybody(&world, &desk, &cast);
    let find = |who: &str| everybody.iter().find(|somebody| somebody.who == who).expect("somebody");
    let (admin, second, stranger) = (find("the admin who asked"), find("another admin"), find("an admin of another contract"));
    let seats = |of: &str| -> Vec<(String, String)> {
        let platform = world.platform();
        let mut statement = platform
            .prepare("SELECT contract_id, id FROM seat WHERE contract_id = (SELECT contract_id FROM seat WHERE email = ?1) ORDER BY id")
            .expect("prepare");
        let rows = statement.query_map([of], |row| Ok((row.get::<_, i64>(0)?.to_string(), row.get::<_, i64>(1)?.to_string())));
        rows.expect("read seats").take(4).collect::<Result<_, _>>().expect("read seats")
    };
    let case = |contract: &str, seat: Option<&str>| {
        let scope = if seat.is_some() { "seat" } else { "contract" };
        json!({ "kind": "case", "scope": scope, "contract": contract, "seat": seat, "matter": "other_data", "message": "All of it" })
    };
    // Of both contracts in turn, by several people, about several seats: those of one are never next to each other.
    let mut made = Vec::new();
    let (own, foreign) = (seats(&cast.admin), seats(&cast.stranger));
    for ((contract, seat), (other, other_seat)) in own.iter().zip(&foreign) {
        let asked = [
            (admin, case(contract, Some(seat))),
            (stranger, case(other, Some(other_seat))),
            (second, case(contract, None)),
            (admin, case(contract, Some(&cast.seat))),
            (stranger, case(other, None)),
            (admin, case(contract, None)),
        ];
        for (by, wanted) in asked {
            let answer = by.person.post("/api/v1/requests", &wanted);
            // The same is asked for once.
            if answer.status != 409 {
                made.push(id(&answer.is(201).json()));
            }
        }
    }
    // Whoever was an admin keeps sight of what is about no seat, and loses that of colleagues.
    let demoted = world.platform().execute("UPDATE seat SET permission = 'user' WHERE email = ?1", [&cast.second_admin]).expect("demote");
    assert_eq!(demoted, 1);

    let mut readers: Vec<Reader<'_>> = Vec::new();
    for somebody in &everybody {
        let get = |path: &str| somebody.person.get(path);
        readers.push(Reader { who: somebody.who.to_owned(), get: Box::new(get) });
    }
    let token = |by: &str, wanted: Value| find(by).person.post("/api/v1/tokens", &wanted).is(201).json();
    for (who, contract) in [("an operator", &cast.contract), ("the admin who asked", &cast.contract)] {
        let wanted = json!({ "name": "reports", "actions": ["read_requests"], "contract": contract });
        readers.push(with_token(&desk, &format!("a token of {who}"), &token(who, wanted)));
        let wanted = json!({ "name": "others", "actions": ["read_seats"], "contract": contract });
        readers.push(with_token(&desk, &format!("a token of {who} for something else"), &token(who, wanted)));
    }
    let mut sights = BTreeSet::new();
    for Reader { who, get } in &readers {
        let may_see: BTreeSet<&String> = made.iter().filter(|id| get(&format!("/api/v1/requests/{id}")).status == 200).collect();
        for limit in [1, 2, 3, 200] {
            let walked = walk(&**get, "/requests", "requests", limit);
            let ids: BTreeSet<String> = walked.iter().map(id).collect();
            assert_eq!(walked.len(), ids.len(), "{who}: each of them once");
            assert_eq!(ids.iter().collect::<BTreeSet<_>>(), may_see, "{who}");
        }
        sights.insert(may_see.len());
    }
    drop(readers);
    assert!(sights.len() >= 4, "they see different things: {sights:?} of {}", made.len());
    desk.stop();
}

#[test]
fn pages_of_requests_are_what_may_be_seen_in_a_file() {
    pages_of_requests_are_what_may_be_seen(Keeps::File);
}

#[test]
fn pages_of_requests_are_what_may_be_seen_on_a_server() {
    pages_of_requests_are_what_may_be_seen(Keeps::Postgres);
}

/// Every list of the API that can grow, and how many things the test puts there at least.
const LISTS: &[(&str, usize)] = &[
    ("/accounts", 2),
    ("/contracts/{contract}/closures", 2),
    ("/contracts/{contract}/exits", 2),
    ("/contracts/{contract}/holds", 2),
    ("/contracts/{contract}/seats", 2),
    ("/jobs", 2),
    ("/requests", 2),
    // An archive is of one part unless it is very large.
    ("/requests/{id}/archives", 1),
    ("/requests/{id}/events", 2),
    ("/requests/{id}/messages", 2),
    ("/sessions", 2),
    ("/tokens", 2),
    ("/webhooks", 2),
    ("/webhooks/{id}/deliveries", 2),
];

/// Lists that come as a whole, and why.
const WHOLE: &[(&str, &str)] =
    &[("/identity-providers", "they stand in the configuration"), ("/requests/{id}/attachments", "a case has 100 at most")];

/// What a list calls its items: the last word of its path.
fn member_of(path: &str) -> String {
    path.rsplit('/').next().expect("a word").replace('-', "_")
}

fn lists_are_walked_in_pages(keeps: Keeps) {
    let mut world = World::new(keeps);
    world.archives = "store = \"archives\"\n".to_owned();
    world.configure(24);
    let cast = world.cast();
    let desk = world.serve();
    let everybody = everybody(&world, &desk, &cast);
    let (admin, second, operator) = (&everybody[0].person, &everybody[1].person, &everybody[6].person);
    // The admin has a second session.
    world.sign_in(&desk, &cast.admin);
    let contract = &cast.contract;
    let request = |kind: &str, matter: &str| {
        let case = kind == "case";
        json!({
            "kind": kind, "scope": "seat", "contract": contract, "seat": cast.seat,
            "matter": case.then_some(matter), "message": case.then_some("All of it"),
        })
    };
    let export = id(&admin.post("/api/v1/requests", &request("export", "")).is(201).json());
    second.post(&format!("/api/v1/requests/{export}/approve"), &json!({})).is(200);
    world.mails.next(&cast.admin, "Ready|Bereit");
    operator.put("/api/v1/lanes/platform", &json!({ "paused": true })).is(200);
    operator.put("/api/v1/lanes/desk", &json!({ "paused": true })).is(200);
    let case = id(&admin.post("/api/v1/requests", &request("case", "other_data")).is(201).json());
    for text in ["a word", "another", "a third"] {
        admin.post(&format!("/api/v1/requests/{case}/messages"), &json!({ "text": text })).is(201);
    }
    for days in [10, 20, 30] {
        let wanted = json!({ "scope": "contract", "contract": contract, "ground": "litigation", "review_days": days });
        operator.post("/api/v1/holds", &wanted).is(201);
    }
    let exits = format!("/api/v1/contracts/{contract}/exits");
    for again in [true, true, false] {
        let exit = id(&admin.post(&exits, &json!({ "words": "we leave" })).is(201).json());
        if again {
            admin.post(&format!("/api/v1/exits/{exit}/acts"), &json!({ "act": "withdraw", "words": "we stay" })).is(200);
        }
    }
    let mut webhook = String::new();
    for path in ["one", "two", "three"] {
        let wanted = json!({ "contract": contract, "url": format!("https://hooks.customer.example/{path}"), "events": ["case.answered"] });
        webhook = id(&admin.post("/api/v1/webhooks", &wanted).is(201).json()["webhook"]);
    }
    for _ in 0..3 {
        admin.post(&format!("/api/v1/webhooks/{webhook}/test"), &json!({})).is(202);
    }
    for name in ["one", "two"] {
        admin.post("/api/v1/tokens", &json!({ "name": name, "actions": ["read_seats"], "contract": contract })).is(201);
    }
    let provider = Provider::of(&desk, admin, contract);
    for email in [&cast.holder, &cast.colleague] {
        let user = provider.user(email);
        provider.deactivate(&user);
    }
    for number in 0..3 {
        let wanted = json!({ "email": format!("auditor{number}@navigator.example"), "role": "auditor" });
        operator.put("/api/v1/accounts", &wanted).is(200);
    }

    let document = desk.send("GET", "/api/v1/openapi.json", &[], None).is(200).json();
    for (path, operations) in document["paths"].as_object().expect("paths") {
        let schema = &operations["get"]["responses"]["200"]["content"]["application/json"]["schema"]["$ref"];
        let Some(name) = schema.as_str().and_then(|name| name.rsplit('/').next()) else { continue };
        let properties = &document["components"]["schemas"][name]["properties"];
        let is_list = properties[&member_of(path)]["type"] == "array";
        let is_paged = LISTS.iter().any(|(known, _)| known == path);
        assert_eq!(is_list, is_paged || WHOLE.iter().any(|(known, _)| known == path), "{path} is walked, or comes as a whole for a reason");
        assert_eq!(is_paged, properties["next"].is_object(), "{path}");
    }

    for (path, least) in LISTS {
        let member = member_of(path);
        let person = if ["/accounts", "/jobs"].contains(path) || path.ends_with("/holds") { operator } else { admin };
        let id = match *path {
            "/requests/{id}/messages" => &case,
            "/webhooks/{id}/deliveries" => &webhook,
            _ => &export,
        };
        let mut address = path.replace("{contract}", contract).replace("{id}", id);
        if *path == "/webhooks" {
            address.push_str(&format!("?contract={contract}"));
        }
        let get = |path: &str| person.get(path);
        let at_once = walk(&get, &address, &member, 200);
        assert!(at_once.len() >= *least, "{path}: {at_once:?}");
        for limit in [1, 2] {
            assert_eq!(walk(&get, &address, &member, limit), at_once, "{path}");
        }
        if *path == "/jobs" {
            filters_of_jobs_choose_among_them(operator, &at_once);
        }
        let separator = if address.contains('?') { '&' } else { '?' };
        // No base64, and texts that are none.
        for odd in ["%21", "nonsense", "AAAA"] {
            let refused = person.get(&format!("/api/v1{address}{separator}after={odd}")).is(400);
            assert_eq!(refused.json()["type"], "/problems/bad-request", "{path}");
        }
    }
    desk.stop();
}

/// Every filter leaves what fits it, in the order of the whole, on pages of any size.
fn filters_of_jobs_choose_among_them(operator: &Person, all: &[Value]) {
    let mut words: BTreeSet<(&str, &str)> = BTreeSet::from([("state", "running"), ("state", "failed"), ("kind", "erase")]);
    for job in all {
        words.extend(["kind", "state"].map(|member| (member, job[member].as_str().expect("a word"))));
    }
    assert!(words.contains(&("state", "queued")) && words.contains(&("kind", "remind")), "{all:?}");
    let get = |path: &str| operator.get(path);
    for (member, word) in &words {
        let want: Vec<Value> = all.iter().filter(|job| job[*member] == *word).cloned().collect();
        for limit in [1, 200] {
            assert_eq!(walk(&get, &format!("/jobs?{member}={word}"), "jobs", limit), want, "{member}={word}");
        }
    }
    let both: Vec<Value> = all.iter().filter(|job| job["kind"] == "remind" && job["state"] == "queued").cloned().collect();
    assert_eq!(walk(&get, "/jobs?kind=remind&state=queued", "jobs", 1), both);
    // What no job is called would otherwise look like an empty list.
    for (query, want) in [("state=waiting", "`queued` or `running` or `failed`"), ("state=done", "`queued`"), ("kind=eras", "`erase`")] {
        let refused = operator.get(&format!("/api/v1/jobs?{query}")).is(400).json();
        assert!(refused["detail"].as_str().is_some_and(|detail| detail.contains(want)), "{refused}");
    }
}

#[test]
fn every_list_is_walked_in_pages_in_a_file() {
    lists_are_walked_in_pages(Keeps::File);
}

#[test]
fn every_list_is_walked_in_pages_on_a_server() {
    lists_are_walked_in_pages(Keeps::Postgres);
}
