//! Users and groups as RFC 7644 has them, and as the large providers send them.

use serde_json::{Value, json};

use super::super::world::{Answer, Keeps, World};
use super::Provider;

/// An error in the shape of RFC 7644, section 3.12.
#[track_caller]
fn refused(answer: &Answer, status: u16, kind: Option<&str>) {
    assert_eq!(answer.status, status, "{}", answer.text());
    assert_eq!(answer.header("content-type"), Some("application/scim+json"), "{}", answer.text());
    let body = answer.json();
    assert_eq!(body["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:Error"]));
    assert_eq!(body["status"], json!(status.to_string()));
    assert_eq!(body.get("scimType").and_then(Value::as_str), kind, "{body}");
}

fn names(answer: &Answer) -> Vec<String> {
    let list = answer.json();
    list["Resources"].as_array().expect("a list").iter().map(|user| user["userName"].as_str().expect("a name").to_owned()).collect()
}

fn protocol(keeps: Keeps) {
    let world = World::new(keeps);
    world.configure(24);
    let cast = world.cast();
    let desk = world.serve();
    let admin = world.sign_in(&desk, &cast.admin);
    let provider = Provider::of(&desk, &admin, &cast.contract);
    users(&provider);
    lists(&provider);
    groups(&provider);
    refusals(&provider);
    discovery(&provider);
    desk.stop();
}

fn users(provider: &Provider<'_>) {
    let sent = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
        "externalId": "00ujl29u0le5T6Aj10h7", "userName": "Ada.Berg@customer.example", "password": "never kept",
        "name": { "givenName": "Ada", "familyName": "Berg" }, "active": "True",
        "emails": [{ "primary": true, "value": "ada.berg@customer.example", "type": "work" }],
        "phoneNumbers": [{ "type": "work", "value": "555" }],
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": { "department": "Sales" },
    });
    let made = provider.post("/Users", &sent).is(201);
    let user = made.json();
    let id = user["id"].as_str().expect("an id");
    let path = format!("/Users/{id}");
    let location = format!("http://desk.example/scim/v2{path}");
    assert_eq!(made.header("location"), Some(location.as_str()));
    assert_eq!(made.header("etag"), Some("W/\"1\""));
    assert_eq!((&user["meta"]["location"], &user["meta"]["version"]), (&json!(location), &json!("W/\"1\"")));
    assert_eq!(user["meta"]["resourceType"], "User");
    assert_eq!((&user["active"], &user["externalId"]), (&json!(true), &json!("00ujl29u0le5T6Aj10h7")));
    for left_out in ["password", "phoneNumbers", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"] {
        assert!(user.get(left_out).is_none(), "{user}");
    }
    refused(&provider.post("/Users", &json!({ "userName": "ADA.BERG@customer.example" })), 409, Some("uniqueness"));

    // Nothing changes, and so the version doesn't either.
    let same = provider.put(&path, &sent).is(200).json();
    assert_eq!(same["meta"], user["meta"]);
    let changed = provider.patch(&path, &json!({ "op": "replace", "path": "name.familyName", "value": "Bergmann" })).is(200);
    assert_eq!((changed.header("etag"), &changed.json()["name"]["familyName"]), (Some("W/\"2\""), &json!("Bergmann")));
    refused(&provider.send_with("PUT", &path, &[("if-match", "W/\"1\"")], Some(&sent)), 412, None);
    refused(&provider.send_with("DELETE", &path, &[("if-match", "\"7\", W/\"1\"")], None), 412, None);
    provider.send_with("PUT", &path, &[("if-match", "W/\"2\"")], Some(&sent)).is(200);
    assert_eq!(provider.send_with("GET", &path, &[("if-none-match", "W/\"3\"")], None).status, 304);
    provider.send_with("GET", &path, &[("if-none-match", "W/\"2\"")], None).is(200);

    // As Entra ID sends it: capitals, texts for flags, attributes that aren't kept.
    let operations = json!([
        { "op": "Add", "path": "emails[type eq \"other\"].value", "value": "a.berg@customer.example" },
        { "op": "Replace", "path": "phoneNumbers[type eq \"work\"].value", "value": "556" },
        { "op": "Add", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager", "value": "7" },
        { "op": "Replace", "value": { "name.givenName": "Adelheid", "displayName": "A. Berg" } },
    ]);
    let changed = provider.patch(&path, &operations).is(200).json();
    assert_eq!(changed["emails"][1], json!({ "type": "other", "value": "a.berg@customer.example" }));
    assert_eq!((&changed["name"]["givenName"], &changed["displayName"]), (&json!("Adelheid"), &json!("A. Berg")));
    refused(
        &provider.patch(&path, &json!({ "op": "replace", "path": "emails[type eq \"home\"].value", "value": "x" })),
        400,
        Some("noTarget"),
    );
    refused(&provider.patch(&path, &json!({ "op": "remove", "path": "userName" })), 400, Some("invalidValue"));

    // RFC 7644, section 3.6: afterwards it is nowhere, and its name is free.
    provider.delete(&path).is(204);
    refused(&provider.get(&path), 404, None);
    refused(&provider.put(&path, &sent), 404, None);
    refused(&provider.patch(&path, &json!({ "op": "replace", "path": "active", "value": true })), 404, None);
    refused(&provider.delete(&path), 404, None);
    assert_eq!(provider.get("/Users?filter=userName%20eq%20%22ada.berg@customer.example%22").is(200).json()["totalResults"], 0);
    let again = provider.post("/Users", &sent).is(201).json();
    assert_ne!(again["id"], user["id"]);
    provider.delete(&format!("/Users/{}", again["id"].as_str().expect("an id"))).is(204);
}

fn lists(provider: &Provider<'_>) {
    for number in 0..7 {
        let active = number % 2 == 0;
        let user = json!({ "userName": format!("user{number}"), "externalId": format!("E{number}"), "active": active, "displayName": "U" });
        provider.post("/Users", &user).is(201);
    }
    let list = provider.get("/Users").is(200);
    assert_eq!(list.header("content-type"), Some("application/scim+json"));
    assert_eq!(list.json()["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:ListResponse"]));
    assert_eq!((&list.json()["totalResults"], &list.json()["startIndex"]), (&json!(7), &json!(1)));
    let page = provider.get("/Users?startIndex=3&count=2").is(200);
    assert_eq!((names(&page), &page.json()["itemsPerPage"]), (vec!["user2".to_owned(), "user3".to_owned()], &json!(2)));
    assert_eq!(names(&provider.get("/Users?startIndex=-5&count=1")), ["user0"]);
    let none = provider.get("/Users?count=0").is(200).json();
    assert_eq!((&none["totalResults"], &none["Resources"]), (&json!(7), &json!([])));
    let past = provider.get("/Users?startIndex=900").is(200).json();
    assert_eq!((&past["totalResults"], &past["Resources"]), (&json!(7), &json!([])));
    for (filter, want) in [
        ("userName eq \"USER3\"", "user3"),
        ("externalId eq \"E4\"", "user4"),
        ("externalId eq \"e4\"", ""),
        ("active eq true and userName sw \"user\"", "user0 user2 user4 user6"),
        ("not (active eq true) and userName gt \"user2\"", "user3 user5"),
        ("userName eq \"user3\" and active eq true", ""),
        ("userName eq \"user1\" or externalId eq \"E2\"", "user1 user2"),
        ("meta.created gt \"2001-01-01T00:00:00Z\" and userName ew \"6\"", "user6"),
        ("userName eq \"a\\u0000b\"", ""),
    ] {
        let search = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": filter });
        assert_eq!(names(&provider.post("/Users/.search", &search).is(200)).join(" "), want, "{filter}");
    }
    let page =
        provider.post("/Users/.search", &json!({ "filter": "active eq true", "startIndex": 2, "count": 2, "attributes": ["userName"] }));
    let page = page.is(200);
    assert_eq!((names(&page), &page.json()["totalResults"]), (vec!["user2".to_owned(), "user4".to_owned()], &json!(4)));
    assert!(page.json()["Resources"][0].get("meta").is_none(), "{}", page.text());
    let shown = provider.get("/Users?filter=userName%20eq%20%22user1%22&excludedAttributes=meta,displayName").is(200).json();
    assert!(shown["Resources"][0].get("meta").is_none() && shown["Resources"][0].get("displayName").is_none(), "{shown}");
    refused(&provider.get("/Users?filter=userName%20eq"), 400, Some("invalidFilter"));
    refused(&provider.get("/Users?filter=active%20gt%20true"), 400, Some("invalidFilter"));
    refused(&provider.get("/Users?count=many"), 400, Some("invalidValue"));
}

fn groups(provider: &Provider<'_>) {
    let users: Vec<String> = provider.get("/Users").is(200).json()["Resources"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|user| user["id"].as_str().expect("an id").to_owned())
        .collect();
    let member = |number: usize| json!({ "value": users[number] });
    let made = provider.post("/Groups", &json!({ "displayName": "Sales", "externalId": "G1", "members": [member(0)] })).is(201).json();
    let path = format!("/Groups/{}", made["id"].as_str().expect("an id"));
    assert_eq!(made["members"][0]["value"], json!(users[0]));
    assert_eq!(made["members"][0]["$ref"], json!(format!("http://desk.example/scim/v2/Users/{}", users[0])));
    refused(&provider.post("/Groups", &json!({ "displayName": "SALES" })), 409, Some("uniqueness"));

    // Added as a list, with capitals; removed by a list as value, and by a filter.
    let has = |answer: &Answer| -> usize { answer.json()["members"].as_array().map_or(0, Vec::len) };
    let added = provider.patch(&path, &json!({ "op": "Add", "path": "members", "value": [member(1), member(2), member(0)] })).is(200);
    assert_eq!(has(&added), 3);
    let shown = provider.get(&format!("/Users/{}", users[1])).is(200).json();
    assert_eq!((&shown["groups"][0]["value"], &shown["groups"][0]["display"]), (&made["id"], &json!("Sales")));
    let removed = provider.patch(&path, &json!({ "op": "Remove", "path": "members", "value": [member(1)] })).is(200);
    assert_eq!(has(&removed), 2);
    let filter = format!("members[value eq \"{}\"]", users[0]);
    assert_eq!(has(&provider.patch(&path, &json!({ "op": "remove", "path": filter })).is(200)), 1);
    let renamed = provider.patch(&path, &json!({ "op": "replace", "value": { "id": "x", "displayName": "Sales II" } })).is(200);
    assert_eq!((&renamed.json()["displayName"], has(&renamed)), (&json!("Sales II"), 1));
    let put = provider.put(&path, &json!({ "displayName": "Sales", "members": [member(3), member(4)] })).is(200);
    assert_eq!((has(&put), put.json().get("externalId")), (2, None));

    // As Entra ID looks for a group and for a member of it.
    let found = provider.get("/Groups?excludedAttributes=members&filter=displayName%20eq%20%22sales%22").is(200).json();
    assert_eq!((&found["totalResults"], found["Resources"][0].get("members")), (&json!(1), None));
    let id = made["id"].as_str().expect("an id");
    for (user, want) in [(3, 1), (5, 0)] {
        let filter = format!("id eq \"{id}\" and members[value eq \"{}\"]", users[user]);
        let found = provider.post("/Groups/.search", &json!({ "filter": filter, "excludedAttributes": "members" })).is(200).json();
        assert_eq!(found["totalResults"], want, "{found}");
    }

    // Users come before groups in a search among all.
    let all = |start: u64, count: u64| {
        let found = provider.post("/.search", &json!({ "filter": "id pr", "startIndex": start, "count": count })).is(200).json();
        let resources = found["Resources"].as_array().expect("a list").clone();
        let kinds: Vec<&str> = resources.iter().map(|resource| resource["meta"]["resourceType"].as_str().expect("a kind")).collect();
        (found["totalResults"].as_u64().expect("a total"), kinds.join(" "))
    };
    assert_eq!(all(7, 2), (8, "User Group".to_owned()));
    assert_eq!(all(8, 5), (8, "Group".to_owned()));
    assert_eq!(all(9, 5), (8, String::new()));
    assert_eq!(all(1, 1), (8, "User".to_owned()));

    refused(
        &provider.patch(&path, &json!({ "op": "add", "path": "members", "value": [{ "value": "0".repeat(32) }] })),
        400,
        Some("invalidValue"),
    );
    assert_eq!(has(&provider.get(&path)), 2, "nobody was added");
    provider.delete(&format!("/Users/{}", users[3])).is(204);
    assert_eq!(has(&provider.get(&path)), 1, "whoever is deleted is a member no more");
    provider.delete(&path).is(204);
    refused(&provider.get(&path), 404, None);
    provider.get(&format!("/Users/{}", users[4])).is(200);
}

fn refusals(provider: &Provider<'_>) {
    refused(&provider.post("/Users", &json!([])), 400, Some("invalidSyntax"));
    refused(&provider.post("/Users", &json!({})), 400, Some("invalidValue"));
    refused(&provider.post("/Users", &json!({ "userName": "a\u{0}b" })), 400, Some("invalidValue"));
    refused(&provider.post("/Users", &json!({ "userName": ["x"] })), 400, Some("invalidValue"));
    refused(&provider.send_with("POST", "/Users", &[("content-type", "text/plain")], None), 415, None);
    refused(&provider.send_with("POST", "/Users", &[("content-type", "application/scim+json")], None), 400, Some("invalidSyntax"));
    refused(&provider.post("/Users", &json!({ "userName": "x".repeat(2_100_000) })), 413, None);
    refused(&provider.get("/Users/7"), 404, None);
    refused(&provider.get("/Nothing"), 404, None);
    refused(&provider.delete("/Users"), 405, None);
    refused(&provider.post("/Bulk", &json!({})), 501, None);
    refused(&provider.get("/Me"), 501, None);
}

fn discovery(provider: &Provider<'_>) {
    let configuration = provider.get("/ServiceProviderConfig").is(200).json();
    assert_eq!(configuration["patch"]["supported"], true);
    assert_eq!(configuration["bulk"]["supported"], false);
    assert_eq!(provider.get("/ResourceTypes").is(200).json()["totalResults"], 2);
    assert_eq!(provider.get("/ResourceTypes/User").is(200).json()["endpoint"], "/Users");
    let schema = provider.get("/Schemas/urn:ietf:params:scim:schemas:core:2.0:User").is(200).json();
    assert_eq!(schema["attributes"][0]["name"], "userName");
    refused(&provider.get("/Schemas/urn:nothing"), 404, None);
}

#[test]
fn users_and_groups_are_pushed_with_the_store_in_a_file() {
    protocol(Keeps::File);
}

#[test]
fn users_and_groups_are_pushed_with_the_store_on_postgres() {
    protocol(Keeps::Postgres);
}
