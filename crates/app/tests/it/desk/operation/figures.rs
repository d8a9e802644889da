use std::io::Write as _;
use std::process::Stdio;

use exeunt_testkit::smtp::MailServer;
use exeunt_testkit::tools;
use serde_json::{Value, json};

use super::{Logged, wait_for};
use crate::desk::world::{Keeps, Person, World, get};

/// Reads the figures with the parser of Prometheus' own client library: one object of name, type, and samples with labels each.
fn parsed(text: &str) -> Vec<Value> {
    const PARSER: &str = r#"
import json, sys
from prometheus_client.parser import text_string_to_metric_families
families = [{"name": family.name, "type": family.type, "help": family.documentation,
             "samples": [{"name": sample.name, "labels": sample.labels, "value": sample.value} for sample in family.samples]}
            for family in text_string_to_metric_families(sys.stdin.read())]
print(json.dumps(families))
"#;
    let mut child = tools::python()
        .args(["-c", PARSER])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("start the parser");
    child.stdin.take().expect("its input").write_all(text.as_bytes()).expect("write the figures");
    let output = child.wait_with_output().expect("wait for the parser");
    assert!(output.status.success(), "{}\n{text}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// The value of the sample with this name and at least these labels; 0 where there is none.
fn value(families: &[Value], name: &str, labels: &[(&str, &str)]) -> f64 {
    let samples = families.iter().flat_map(|family| family["samples"].as_array().expect("samples"));
    let fits = |sample: &&Value| sample["name"] == name && labels.iter().all(|(label, value)| sample["labels"][*label] == *value);
    samples.filter(fits).map(|sample| sample["value"].as_f64().expect("a number")).sum()
}

/// The address of the figures, from the log.
fn figures(desk: &Logged) -> String {
    let said = |record: &Value| record["message"].as_str()?.strip_prefix("figures at ").map(str::to_owned);
    wait_for("the address of the figures", || desk.records().iter().find_map(said))
}

#[test]
fn figures_are_read_by_prometheus_and_tell_of_nobody() {
    let world = World::new(Keeps::File);
    world.configure(0);
    let cast = world.cast();
    let desk = Logged::start(&world, &[("EXEUNT_SERVER_METRICS_LISTEN", "127.0.0.1:0")]);
    let address = figures(&desk);
    let anybody = Person { url: desk.url.clone(), cookie: String::new(), csrf: String::new() };
    let admin = world.sign_in_at(&desk.url, &cast.admin);
    let wanted = json!({ "kind": "export", "scope": "contract", "contract": cast.contract });
    let id = admin.post("/api/v1/requests", &wanted).is(201).json()["id"].as_str().expect("an id").to_owned();
    admin.get(&format!("/api/v1/requests/{id}")).is(200);
    anybody.get("/download/0123456789abcdef").is(401);
    anybody.get("/there/is/nothing").is(404);
    // The public is not told.
    anybody.get("/metrics").is(404);

    let answered = get(&address).is(200);
    assert!(answered.header("content-type").expect("a type").starts_with("text/plain; version=0.0.4"));
    let text = answered.text();
    let families = parsed(&text);
    for (name, kind) in [
        ("exeunt_build_info", "gauge"),
        ("exeunt_store_up", "gauge"),
        ("exeunt_requests", "gauge"),
        ("exeunt_requests_overdue", "gauge"),
        ("exeunt_jobs", "gauge"),
        ("exeunt_job_oldest_seconds", "gauge"),
        ("exeunt_jobs_failed_last_day", "gauge"),
        ("exeunt_lane_paused", "gauge"),
        ("exeunt_archives", "gauge"),
        ("exeunt_archive_bytes", "gauge"),
        ("exeunt_log_entries", "gauge"),
        ("exeunt_http_connections", "gauge"),
        ("exeunt_http_requests", "counter"),
        ("exeunt_http_request_seconds", "histogram"),
        ("exeunt_job_seconds", "histogram"),
        ("exeunt_mails", "counter"),
    ] {
        let family = families.iter().find(|family| family["name"] == name).unwrap_or_else(|| panic!("no {name} in\n{text}"));
        assert_eq!(family["type"], kind, "{name}");
        assert!(!family["help"].as_str().expect("a text").is_empty(), "{name} says nothing of itself");
    }
    let requests = |labels: &[(&str, &str)]| value(&families, "exeunt_http_requests_total", labels);
    assert_eq!(requests(&[("method", "POST"), ("route", "/api/v1/requests"), ("status", "201")]), 1.0, "{text}");
    assert_eq!(requests(&[("route", "/api/v1/requests/{id}"), ("status", "200")]), 1.0);
    assert_eq!(requests(&[("route", "/download/{secret}"), ("status", "401")]), 1.0);
    assert_eq!(requests(&[("route", "none"), ("status", "404")]), 2.0);
    assert_eq!(value(&families, "exeunt_store_up", &[]), 1.0);
    assert_eq!(value(&families, "exeunt_requests", &[("kind", "export")]), 1.0);
    assert!(value(&families, "exeunt_mails_total", &[("outcome", "sent")]) >= 1.0);
    assert!(value(&families, "exeunt_job_seconds_count", &[("kind", "send_mail"), ("outcome", "done")]) >= 1.0);
    for secret in [&cast.admin, &cast.holder, &cast.second_admin, &admin.cookie, &admin.csrf, &id, &"0123456789abcdef".to_owned()] {
        assert!(!text.contains(secret.as_str()), "{secret} is told in\n{text}");
    }
    let labels = families.iter().flat_map(|family| family["samples"].as_array().expect("samples"));
    let labels = labels.flat_map(|sample| sample["labels"].as_object().expect("labels").keys());
    for label in labels {
        assert!(["kind", "state", "lane", "method", "route", "status", "outcome", "le", "version"].contains(&label.as_str()), "{label}");
    }
}

#[test]
fn probes_tell_whether_the_desk_lives_and_can_work() {
    let world = World::new(Keeps::Postgres);
    world.configure(0);
    let desk = Logged::start(&world, &[("EXEUNT_SERVER_METRICS_LISTEN", "127.0.0.1:0")]);
    let figures = figures(&desk);
    let at = |path: &str| format!("{}{path}", desk.url);
    assert_eq!(get(&at("/healthz")).is(200).text(), "ok\n");
    assert_eq!(get(&at("/readyz")).is(200).text(), "ok\n");
    let person = world.nobody_at(&desk.url);
    let json = person.get_with("/readyz", ("accept", "application/json")).is(200).json();
    assert_eq!(json, json!({ "ready": true, "store": "yes", "directory": "yes", "archives": "yes", "stopping": false }));
    assert_eq!(person.get_with("/healthz", ("accept", "application/json")).is(200).json(), json!({ "alive": true }));
    // The platform's database goes away: the desk's own people can still work.
    std::fs::rename(world.path("navigator.db"), world.path("away.db")).expect("take the platform away");
    world.store_client().batch_execute("ALTER TABLE exeunt.lane RENAME TO away").expect("take a table away");
    let json = person.get_with("/readyz", ("accept", "application/json")).is(503).json();
    assert_eq!((&json["ready"], &json["store"]), (&json!(false), &json!("no")), "{json}");
    assert_eq!(get(&at("/readyz")).is(503).json()["type"], "/problems/unavailable");
    assert_eq!(get(&at("/healthz")).is(200).text(), "ok\n");
    let families = parsed(&get(&figures).is(200).text());
    assert_eq!(value(&families, "exeunt_store_up", &[]), 0.0);
}

#[test]
fn a_mail_that_cannot_be_sent_is_counted_and_logged_as_failed() {
    let mut world = World::new(Keeps::File);
    world.configure(0);
    let cast = world.cast();
    let port = world.mails.port();
    world.mails = MailServer::start();
    let desk = Logged::start(&world, &[("EXEUNT_SERVER_METRICS_LISTEN", "127.0.0.1:0")]);
    let address = figures(&desk);
    let mails = |outcome: &str| value(&parsed(&get(&address).is(200).text()), "exeunt_mails_total", &[("outcome", outcome)]);
    assert_eq!((mails("sent"), mails("failed")), (0.0, 0.0));
    world.nobody_at(&desk.url).post("/api/v1/sign-in", &json!({ "email": cast.admin })).is(202);
    let ended = |outcome: &str| {
        wait_for("a mail", || desk.records().into_iter().find(|record| record["kind"] == "send_mail" && record["outcome"] == outcome))
    };
    let failed = ended("stopped");
    assert_eq!(failed["level"], "WARN");
    assert!(failed["problem"].as_str().is_some_and(|problem| problem.contains("cannot be reached")), "{failed}");
    assert!(mails("failed") >= 1.0 && mails("sent") == 0.0);
    // It goes out when the server is back.
    world.mails = MailServer::start_on(port);
    ended("done");
    assert_eq!(mails("sent"), 1.0);
    world.mails.next(&cast.admin, "Sign in|Anmelden");
}
