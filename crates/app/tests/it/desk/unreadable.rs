//! What cannot be read is told in the desk's own words, as a problem document.

use serde_json::json;

use super::world::{Keeps, Person, World};

/// The detail of an answer, whose shape is that of every problem.
#[track_caller]
fn refused(person: &Person, method: &str, path: &str, kind: &str, body: Option<&str>) -> String {
    let headers: &[(&str, &str)] = if body.is_some() { &[("content-type", "application/json")] } else { &[] };
    let answer = person.send(method, path, headers, body.unwrap_or_default().as_bytes().to_vec());
    let status = if kind == "unprocessable" { 422 } else { 400 };
    assert_eq!((answer.status, answer.header("content-type")), (status, Some("application/problem+json")), "{}", answer.text());
    let problem = answer.json();
    assert_eq!((&problem["type"], &problem["status"]), (&json!(format!("/problems/{kind}")), &json!(status)), "{problem}");
    assert!(problem["title"].is_string() && problem["request_id"].is_string(), "{problem}");
    problem["detail"].as_str().expect("a detail").to_owned()
}

#[test]
fn bodies_and_queries_that_cannot_be_read_are_told_by_field_expectation_and_place() {
    let world = World::new(Keeps::File);
    world.configure(0);
    let desk = world.serve();
    let operator = world.operator(&desk);
    for (method, path, kind, body, want) in [
        ("PUT", "/api/v1/accounts", "unprocessable", r#"{"email": "a@platform.example"}"#, "`role` is missing (line 1, column 31)"),
        ("PUT", "/api/v1/accounts", "unprocessable", r#"{"email": 7}"#, "`email`: expected a text, not `7` (line 1, column 11)"),
        (
            "PUT",
            "/api/v1/accounts",
            "unprocessable",
            "{\n\"rle\": \"auditor\"}",
            "there is no `rle`; did you mean `role`? (line 2, column 5)",
        ),
        (
            "PUT",
            "/api/v1/lanes/desk",
            "unprocessable",
            r#"{"paused": "yes"}"#,
            "`paused`: expected true or false, not \"yes\" (line 1, column 16)",
        ),
        (
            "POST",
            "/api/v1/requests",
            "unprocessable",
            r#"{"kind": "exprot"}"#,
            "`kind`: expected `export` or `erasure` or `case`, not `exprot` (line 1, column 17)",
        ),
        ("POST", "/api/v1/requests", "bad-request", r#"{"kind": "export""#, "the body is no JSON: it ends too early (line 1, column 17)"),
    ] {
        assert_eq!(refused(&operator, method, path, kind, Some(body)), want, "{method} {path} {body}");
    }
    for (path, want) in [
        ("/api/v1/requests?limit=many", "`limit`: expected a whole number"),
        ("/api/v1/requests?kind=exprot", "`kind`: expected `export` or `erasure` or `case`, not `exprot`"),
        ("/api/v1/requests?state=runing", "`state`: no request is ever `runing`"),
        ("/api/v1/requests?overdue=maybe", "`overdue`: expected true or false"),
    ] {
        assert_eq!(refused(&operator, "GET", path, "bad-request", None), want, "{path}");
    }
    let untyped = operator.send("PUT", "/api/v1/lanes/desk", &[], b"{}".to_vec()).is(400).json();
    assert_eq!(untyped["detail"], "the body must be JSON, and the header `Content-Type` say so: application/json");
    desk.stop();
}
