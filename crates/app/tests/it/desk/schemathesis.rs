//! Somebody else's tool makes up requests from the API's document, and looks at every answer.

use std::process::Command;

use exeunt_model::authorization::Action;
use exeunt_testkit::tools;
use serde_json::json;

use super::world::{Keeps, World};

/// What is looked at: no answer of the server's own fault, none that the document doesn't declare.
const CHECKS: &str =
    "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance";

#[test]
fn made_up_requests_find_no_undeclared_answer() {
    let world = World::new(Keeps::File);
    world.configure(24);
    let cast = world.cast();
    let desk = world.serve();
    let admin = world.sign_in(&desk, &cast.admin);
    let actions: Vec<&str> = Action::ALL.iter().map(|action| action.as_str()).collect();
    let made = admin.post("/api/v1/tokens", &json!({ "name": "made-up requests", "actions": actions, "contract": cast.contract }));
    let secret = made.is(201).json()["secret"].as_str().expect("a secret").to_owned();
    // So that some requests find something.
    let asked = json!({ "kind": "export", "scope": "seat", "contract": cast.contract, "seat": cast.seat });
    admin.post("/api/v1/requests", &asked).is(201);

    let program = tools::python().get_program().to_owned();
    let program = std::path::Path::new(&program).with_file_name("st");
    let ran = Command::new(program)
        .args(["run", &format!("{}/api/v1/openapi.json", desk.url), "--url", &format!("{}/api/v1", desk.url)])
        .args(["--header", &format!("Authorization: Bearer {secret}"), "--checks", CHECKS])
        // A stream ends when its request does; the tool waits for an answer's end. Its answers have their own test.
        .args(["--exclude-path", "/requests/{id}/progress"])
        .args(["--max-examples", "25", "--seed", "17", "--workers", "1", "--request-timeout", "20", "--no-color"])
        .current_dir(world.folder.path())
        .output()
        .expect("run schemathesis");
    let told = format!("{}{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "{told}");
    desk.send("GET", "/readyz", &[], None).is(200);
    desk.stop();
}
