//! The null character, which PostgreSQL takes in no text: wherever it stands it is refused, and nothing is the server's fault.

use serde_json::{Map, Value, json};

use super::authorization::everybody;
use super::scim::Provider;
use super::world::{Keeps, World};

const NULL: &str = "a\u{0}b";

/// A body in which one text has the character, for each text of its schema.
fn bodies(document: &Value, schema: &Value) -> Vec<Value> {
    let schema = match schema["$ref"].as_str() {
        Some(name) => &document["components"]["schemas"][name.rsplit('/').next().expect("a name")],
        None => schema,
    };
    let Some(properties) = schema["properties"].as_object() else { return Vec::new() };
    let holding = |property: &Value| match &property["type"] {
        kind if kind == "string" || kind == &json!(["string", "null"]) => Some(json!(NULL)),
        kind if kind == "array" || kind == &json!(["array", "null"]) => Some(json!(["a", NULL])),
        kind if kind == "object" => Some(json!({ NULL: "a" })),
        _ => None,
    };
    let with = |(name, property): (&String, &Value)| Some(Value::Object(Map::from_iter([(name.clone(), holding(property)?)])));
    properties.iter().filter_map(with).collect()
}

fn no_text_holds_the_null_character(keeps: Keeps) {
    let world = World::new(keeps);
    world.configure(24);
    let cast = world.cast();
    let desk = world.serve();
    let everybody = everybody(&world, &desk, &cast);
    let (admin, operator) = (&everybody[0].person, &everybody[6].person);
    let document = desk.send("GET", "/api/v1/openapi.json", &[], None).is(200).json();
    let (mut texts, mut addresses) = (0, 0);
    for (path, operations) in document["paths"].as_object().expect("paths") {
        for (method, operation) in operations.as_object().expect("operations") {
            let method = method.to_uppercase();
            let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
            let parameters = |place: &str| -> Vec<String> {
                let of = parameters.iter().filter(|parameter| parameter["in"] == place);
                of.map(|parameter| parameter["name"].as_str().expect("a name").to_owned()).collect()
            };
            let filled = |with: Option<&str>| {
                parameters("path").iter().fold(format!("/api/v1{path}"), |path, name| {
                    let usual = if name == "contract" { cast.contract.clone() } else { "0".repeat(32) };
                    path.replace(&format!("{{{name}}}"), if with == Some(name) { "a%00b" } else { &usual })
                })
            };
            for body in bodies(&document, &operation["requestBody"]["content"]["application/json"]["schema"]) {
                texts += 1;
                for person in [admin, operator] {
                    let headers = [("content-type", "application/json"), ("if-match", "\"0\"")];
                    let answer = person.send(&method, &filled(None), &headers, body.to_string().into_bytes());
                    assert_eq!(answer.status, 422, "{method} {path} {body}: {}", answer.text());
                    assert!(answer.text().contains("null character"), "{method} {path} {body}: {}", answer.text());
                }
            }
            let in_path = parameters("path").into_iter().map(|name| filled(Some(&name)));
            let in_query = parameters("query").into_iter().map(|name| format!("{}?{name}=a%00b", filled(None)));
            for address in in_path.chain(in_query) {
                addresses += 1;
                for person in [admin, operator] {
                    let answer = person.send(&method, &address, &[], Vec::new());
                    assert_eq!(answer.json()["type"], "/problems/bad-request", "{method} {address}: {}", answer.text());
                }
            }
        }
    }
    assert!(texts > 40 && addresses > 60, "{texts} texts and {addresses} addresses");

    // What it is a part of in JSON's own spelling is another text.
    let wanted = json!({ "name": "a\\u0000b", "actions": ["push_directory"], "contract": cast.contract });
    let made = admin.post("/api/v1/tokens", &wanted).is(201).json();
    assert_eq!(made["token"]["name"], "a\\u0000b");

    let provider = Provider::with(&desk, made["secret"].as_str().expect("a secret"));
    for user in
        [json!({ "userName": NULL }), json!({ "userName": "a", "externalId": NULL }), json!({ "userName": "a", "displayName": NULL })]
    {
        provider.post("/Users", &user).is(400);
    }
    provider.post("/Groups", &json!({ "displayName": NULL })).is(400);
    desk.send("POST", "/api/v1/sign-in", &[], Some(&json!({ "email": NULL }))).is(422);
    desk.stop();
}

#[test]
fn no_text_holds_the_null_character_with_the_store_in_a_file() {
    no_text_holds_the_null_character(Keeps::File);
}

#[test]
fn no_text_holds_the_null_character_with_the_store_on_a_server() {
    no_text_holds_the_null_character(Keeps::Postgres);
}
