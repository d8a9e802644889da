//! Versions: what is known is not sent again, and nobody writes over what they have not read.

use serde_json::{Value, json};

use super::authorization::everybody;
use super::world::{Answer, Keeps, Person, World};

fn id(made: &Value) -> String {
    made["id"].as_str().expect("an id").to_owned()
}

#[track_caller]
fn tag(answer: &Answer) -> String {
    answer.header("etag").expect("an ETag").to_owned()
}

/// Whoever knows it is told so, and whoever knows something else gets it.
#[track_caller]
fn is_sent_once(person: &Person, path: &str) {
    let shown = person.get(path).is(200);
    let tag = tag(&shown);
    for known in [tag.clone(), format!("\"other\", W/{tag}"), "*".to_owned()] {
        let again = person.get_with(path, ("if-none-match", &known)).is(304);
        assert_eq!((again.header("etag"), again.body.len()), (Some(tag.as_str()), 0), "{path}");
    }
    assert_eq!(person.get_with(path, ("if-none-match", "\"other\"")).is(200).json(), shown.json(), "{path}");
}

fn send(person: &Person, method: &str, path: &str, body: &Value, if_match: &str) -> Answer {
    person.send(method, path, &[("content-type", "application/json"), ("if-match", if_match)], body.to_string().into_bytes())
}

/// Refused for a version that is not there any more, with nothing changed; done for the one that is.
#[track_caller]
fn is_changed_from_its_own_version(person: &Person, shown: &str, stale: &str, (method, path, body): (&str, &str, &Value)) -> Answer {
    let before = person.get(shown).is(200);
    let now = tag(&before);
    assert_ne!(now, stale, "{path}: somebody has changed it");
    for other in [stale, "\"nothing\"", &format!("W/{now}")] {
        let refused = send(person, method, path, body, other).is(412).json();
        assert_eq!(refused["type"], "/problems/precondition", "{path}");
    }
    let after = person.get(shown).is(200);
    assert_eq!((after.json(), tag(&after)), (before.json(), now.clone()), "{path}: nothing was changed");
    let done = send(person, method, path, body, &format!("{stale}, {now}"));
    assert!((200..300).contains(&done.status), "{path}: {}", done.text());
    done
}

fn versions_are_kept_apart(keeps: Keeps) {
    let world = World::new(keeps);
    world.configure(24);
    let cast = world.cast();
    let desk = world.serve();
    let everybody = everybody(&world, &desk, &cast);
    let (admin, second, operator, representative) =
        (&everybody[0].person, &everybody[1].person, &everybody[6].person, &everybody[8].person);
    let contract = &cast.contract;

    // Requests.
    let wanted =
        json!({ "kind": "case", "scope": "seat", "contract": contract, "seat": cast.seat, "matter": "other_data", "message": "All of it" });
    let made = admin.post("/api/v1/requests", &wanted).is(201);
    let (case, first) = (format!("/api/v1/requests/{}", id(&made.json())), tag(&made));
    assert_eq!(tag(&representative.get(&case)), first, "what was made has the tag that it is shown with");
    is_sent_once(admin, &case);
    let step = format!("{case}/case");
    send(representative, "POST", &step, &json!({ "step": "take" }), &first).is(200);
    let asked = is_changed_from_its_own_version(representative, &case, &first, ("POST", &step, &json!({ "step": "ask" })));
    let (second_tag, now) = (tag(&asked), tag(&representative.get(&case)));
    assert_eq!(second_tag, now, "a change answers with the new tag");
    is_changed_from_its_own_version(operator, &case, &first, ("POST", &format!("{case}/extend"), &json!({ "reason": "many tables" })));
    is_changed_from_its_own_version(admin, &case, &first, ("POST", &format!("{case}/cancel"), &json!({})));

    let wanted = json!({ "kind": "export", "scope": "seat", "contract": contract, "seat": cast.seat });
    let made = admin.post("/api/v1/requests", &wanted).is(201);
    let (export, first) = (format!("/api/v1/requests/{}", id(&made.json())), tag(&made));
    for handling in ["suspend", "release"] {
        operator.post(&format!("{export}/handle"), &json!({ "handling": handling })).is(200);
    }
    is_changed_from_its_own_version(second, &export, &first, ("POST", &format!("{export}/approve"), &json!({})));
    let wanted = json!({
        "kind": "erasure", "scope": "seat", "contract": contract, "seat": cast.seat, "confirmation": cast.holder,
        "linked_export": export.rsplit('/').next(),
    });
    let made = admin.post("/api/v1/requests", &wanted).is(201);
    let (erasure, first) = (format!("/api/v1/requests/{}", id(&made.json())), tag(&made));
    operator.post(&format!("{erasure}/handle"), &json!({ "handling": "suspend" })).is(200);
    is_changed_from_its_own_version(admin, &erasure, &first, ("POST", &format!("{erasure}/waive-export"), &json!({})));
    is_changed_from_its_own_version(operator, &erasure, &first, ("POST", &format!("{erasure}/handle"), &json!({ "handling": "release" })));

    // Holds.
    let wanted = json!({ "scope": "contract", "contract": contract, "ground": "litigation", "review_days": 30 });
    let made = operator.post("/api/v1/holds", &wanted).is(201);
    let (hold, first) = (format!("/api/v1/holds/{}", id(&made.json())), tag(&made));
    is_sent_once(operator, &hold);
    send(operator, "POST", &format!("{hold}/lift"), &json!({}), "\"other\"").is(412);
    assert_eq!(operator.get(&hold).is(200).json()["lifted"], Value::Null);
    send(operator, "POST", &format!("{hold}/lift"), &json!({}), &first).is(200);
    send(operator, "POST", &format!("{hold}/lift"), &json!({}), &first).is(412);

    // Accounts.
    let account = |role: &str| json!({ "email": "somebody@navigator.example", "role": role });
    send(operator, "PUT", "/api/v1/accounts", &account("auditor"), "\"other\"").is(412);
    assert!(!operator.get("/api/v1/accounts").is(200).text().contains("somebody@"), "nothing was made");
    let made = operator.put("/api/v1/accounts", &account("auditor")).is(200);
    let (shown, first) = (format!("/api/v1/accounts/{}", id(&made.json())), tag(&made));
    is_sent_once(operator, &shown);
    send(operator, "PUT", "/api/v1/accounts", &account("operator"), &first).is(200);
    is_changed_from_its_own_version(operator, &shown, &first, ("PUT", "/api/v1/accounts", &account("representative")));
    is_changed_from_its_own_version(operator, &shown, &first, ("DELETE", &shown, &Value::Null));
    assert!(operator.get(&shown).is(200).json()["closed"].is_string());

    // Tokens: that one is used is no change of it.
    let wanted = json!({ "name": "reports", "actions": ["read_seats"], "contract": contract });
    let made = admin.post("/api/v1/tokens", &wanted).is(201).json();
    let token = format!("/api/v1/tokens/{}", id(&made["token"]));
    is_sent_once(admin, &token);
    let first = tag(&admin.get(&token));
    let authorization = format!("Bearer {}", made["secret"].as_str().expect("a secret"));
    desk.send("GET", &format!("/api/v1/contracts/{contract}/seats"), &[("authorization", &authorization)], None).is(200);
    assert_ne!(tag(&admin.get(&token)), first, "it shows when it was used");
    second.get(&token).is(404);
    send(admin, "DELETE", &token, &Value::Null, "\"other\"").is(412);
    assert_eq!(admin.get(&token).is(200).json()["revoked"], Value::Null);
    send(admin, "DELETE", &token, &Value::Null, &first).is(204);
    send(admin, "DELETE", &token, &Value::Null, &first).is(412);

    // Webhooks.
    let change =
        |path: &str| json!({ "url": format!("https://hooks.customer.example/{path}"), "events": ["case.answered"], "enabled": true });
    let wanted = json!({ "contract": contract, "url": "https://hooks.customer.example/one", "events": ["case.answered"] });
    let made = admin.post("/api/v1/webhooks", &wanted).is(201).json();
    let webhook = format!("/api/v1/webhooks/{}", id(&made["webhook"]));
    is_sent_once(admin, &webhook);
    let first = tag(&admin.get(&webhook));
    send(admin, "PUT", &webhook, &change("two"), &first).is(200);
    is_changed_from_its_own_version(second, &webhook, &first, ("PUT", &webhook, &change("three")));
    let third = tag(&admin.get(&webhook));
    is_changed_from_its_own_version(second, &webhook, &first, ("POST", &format!("{webhook}/secret"), &json!({})));
    is_changed_from_its_own_version(second, &webhook, &third, ("DELETE", &webhook, &Value::Null));
    admin.get(&webhook).is(404);

    // Exits.
    let exits = format!("/api/v1/contracts/{contract}/exits");
    let made = admin.post(&exits, &json!({ "words": "we leave" })).is(201);
    let (exit, first) = (format!("/api/v1/exits/{}", id(&made.json())), tag(&made));
    is_sent_once(admin, &exit);
    let acts = format!("{exit}/acts");
    let elect = json!({ "act": "elect", "election": "on_premises", "words": "to us" });
    send(second, "POST", &acts, &elect, &first).is(200);
    is_changed_from_its_own_version(admin, &exit, &first, ("POST", &acts, &json!({ "act": "withdraw", "words": "we stay" })));

    // Settings are changed by nobody who says nothing of what they have read.
    let settings = format!("/api/v1/contracts/{contract}/settings");
    is_sent_once(admin, &settings);
    let first = tag(&operator.get(&settings));
    operator.put(&settings, &json!({})).is(428);
    send(operator, "PUT", &settings, &json!({ "target_days": 20 }), &first).is(200);
    is_changed_from_its_own_version(operator, &settings, &first, ("PUT", &settings, &json!({ "target_days": 10 })));
    desk.stop();
}

#[test]
fn versions_are_kept_apart_in_a_file() {
    versions_are_kept_apart(Keeps::File);
}

#[test]
fn versions_are_kept_apart_on_a_server() {
    versions_are_kept_apart(Keeps::Postgres);
}

#[test]
fn what_is_shown_alone_and_changed_says_so_in_the_document() {
    let world = World::new(Keeps::File);
    world.configure(24);
    let desk = world.serve();
    let document = desk.send("GET", "/api/v1/openapi.json", &[], None).is(200).json();
    let takes = |path: &str, method: &str, header: &str| {
        let parameters = document["paths"][path][method]["parameters"].as_array().cloned().unwrap_or_default();
        parameters.iter().any(|parameter| parameter["name"] == header && parameter["in"] == "header")
    };
    for path in [
        "/accounts/{id}",
        "/contracts/{contract}/settings",
        "/exits/{id}",
        "/holds/{id}",
        "/requests/{id}",
        "/tokens/{id}",
        "/webhooks/{id}",
    ] {
        let shown = &document["paths"][path]["get"]["responses"];
        assert!(shown["200"]["headers"]["ETag"].is_object() && shown["304"].is_object(), "{path}: {shown}");
        assert!(takes(path, "get", "If-None-Match"), "{path}");
        for method in ["put", "delete"].into_iter().filter(|method| document["paths"][path][method].is_object()) {
            assert!(takes(path, method, "If-Match"), "{method} {path}");
        }
    }
    for act in ["approve", "reject", "cancel", "waive-export", "extend", "handle", "case"] {
        assert!(takes(&format!("/requests/{{id}}/{act}"), "post", "If-Match"), "{act}");
    }
    for path in ["/holds/{id}/lift", "/exits/{id}/acts", "/webhooks/{id}/secret"] {
        assert!(takes(path, "post", "If-Match"), "{path}");
    }
    assert!(takes("/accounts", "put", "If-Match"));
    desk.stop();
}
