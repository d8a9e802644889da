use serde_json::{Value, json};

use super::{Logged, wait_for};
use crate::desk::world::{Keeps, World};

fn of<'a>(records: &'a [Value], message: &str) -> Vec<&'a Value> {
    records.iter().filter(|record| record["message"] == message).collect()
}

#[test]
fn every_request_and_job_has_one_line_and_ids_connect_them_with_what_callers_see() {
    let world = World::new(Keeps::File);
    world.configure(0);
    let cast = world.cast();
    let mut desk = Logged::start(&world, &[]);
    let admin = world.sign_in_at(&desk.url, &cast.admin);
    let answered = admin.get_with("/api/v1/me", ("x-request-id", "from-the-proxy-1234")).is(200);
    assert_eq!(answered.header("x-request-id"), Some("from-the-proxy-1234"));
    let refused = admin.get_with("/api/v1/requests/00000000000000000000000000000000", ("x-request-id", "no id")).is(404);
    let made = refused.header("x-request-id").expect("an id").to_owned();
    assert_ne!(made, "no id");
    assert_eq!(refused.json()["request_id"], made.as_str());
    let odd = admin.get_with("/api/v1/me", ("x-request-id", "mara.lindqvist@personal.example")).is(200);
    assert_ne!(odd.header("x-request-id"), Some("mara.lindqvist@personal.example"));
    desk.signal("-TERM");
    let (code, records) = desk.ended();
    assert_eq!(code, Some(0));
    for record in &records {
        assert!(record["timestamp"].is_string() && record["level"].is_string() && record["message"].is_string(), "{record}");
    }
    let answered = of(&records, "answered");
    let line = |id: &str| *answered.iter().find(|record| record["request_id"] == id).unwrap_or_else(|| panic!("no line of {id}"));
    let mine = line("from-the-proxy-1234");
    assert_eq!((&mine["method"], &mine["route"], &mine["status"]), (&json!("GET"), &json!("/api/v1/me"), &json!(200)));
    assert!(mine["milliseconds"].is_u64(), "{mine}");
    assert_eq!(mine["principal"].as_str().expect("an id").len(), 32, "{mine}");
    assert_eq!(line(&made)["principal"], mine["principal"]);
    assert_eq!(line(&made)["route"], "/api/v1/requests/{id}");
    let sign_in = answered.iter().find(|record| record["route"] == "/api/v1/sign-in").expect("a line");
    assert_eq!(sign_in["principal"], "");
    let jobs = of(&records, "job ended");
    let sent = jobs.iter().find(|record| record["kind"] == "send_mail").expect("a mail was sent");
    assert_eq!((&sent["outcome"], &sent["attempt"]), (&json!("done"), &json!(1)));
    assert!(sent["milliseconds"].is_u64(), "{sent}");
    assert_eq!(of(&records, "stopped").len(), 1);
}

#[test]
fn nothing_of_a_person_and_no_secret_is_logged_whatever_is_asked() {
    let world = World::new(Keeps::File);
    world.configure(0);
    let cast = world.cast();
    let variables = [("EXEUNT_LOG_LEVEL", "debug"), ("EXEUNT_SERVER_METRICS_LISTEN", "127.0.0.1:0")];
    let mut desk = Logged::start(&world, &variables);
    let admin = world.sign_in_at(&desk.url, &cast.admin);
    let second = world.sign_in_at(&desk.url, &cast.second_admin);
    let anybody = world.nobody_at(&desk.url);
    let marks = ["hush-mark-one", "hush.mark@two.example", "hush mark three"];
    let document = world.command(&["openapi"]).output().expect("run exeunt").stdout;
    let document: Value = serde_json::from_slice(&document).expect("a document");
    let paths = document["paths"].as_object().expect("paths");
    // Every route, with marks in all places of its address, in its query, its headers and its body.
    for (path, operations) in paths {
        for method in operations.as_object().expect("operations").keys() {
            let mut filled = String::new();
            for part in path.split('/').skip(1) {
                let part = if part.starts_with('{') { marks[0] } else { part };
                filled.push_str(&format!("/{part}"));
            }
            let address = format!("/api/v1{filled}?contract={}&after={}&secret={}", marks[0], marks[0], marks[0]);
            let body = json!({ "email": marks[1], "name": marks[2], "secret": marks[0], "note": marks[2], "text": marks[2], "contract": marks[0] });
            for person in [&admin, &anybody] {
                // Signing out would end the test's own session.
                if path.starts_with("/session") && method == "delete" {
                    continue;
                }
                person.ask(&method.to_uppercase(), &address, Some(&body));
            }
        }
    }
    for address in [
        "/download/hush-mark-one",
        "/sign-in?secret=hush-mark-one",
        "/hush-mark-one",
        "/readyz?hush-mark-one",
        "/scim/v2/Users/hush-mark-one",
    ] {
        admin.get(address);
        anybody.get(address);
    }
    // And a whole export, so that jobs and mails run too.
    let wanted = json!({ "kind": "export", "scope": "seat", "contract": cast.contract, "seat": cast.seat });
    let id = admin.post("/api/v1/requests", &wanted).is(201).json()["id"].as_str().expect("an id").to_owned();
    second.post(&format!("/api/v1/requests/{id}/approve"), &json!({})).is(200);
    world.mails.next(&cast.admin, "Ready|Bereit");
    let archives = admin.get(&format!("/api/v1/requests/{id}/archives")).is(200).json();
    let archive = archives["archives"][0]["id"].as_str().expect("an id").to_owned();
    let link =
        admin.post(&format!("/api/v1/archives/{archive}/links"), &json!({})).is(201).json()["url"].as_str().expect("a link").to_owned();
    let link = link.strip_prefix("http://desk.example").expect("our address").to_owned();
    admin.get(&link).is(200);
    let name = world.seat_name(&cast.seat);
    // What the platform's database says of its own error stays out too.
    std::fs::write(world.path("navigator.db"), "hush-mark-one is no database").expect("break the platform");
    admin.get(&format!("/api/v1/contracts/{}/seats", cast.contract));
    let figures = wait_for("the figures", || {
        let records = desk.records();
        records.iter().find_map(|record| record["message"].as_str()?.strip_prefix("figures at ").map(str::to_owned))
    });
    let figures = crate::desk::world::get(&figures).is(200).text();
    desk.signal("-TERM");
    let (code, _) = desk.ended();
    assert_eq!(code, Some(0));
    let log = std::fs::read_to_string(&desk.log).expect("read the log");
    let cookie = admin.cookie.split_once('=').expect("a cookie").1.to_owned();
    let secret = link.rsplit('/').next().expect("a secret").to_owned();
    let people = [cast.admin.clone(), cast.second_admin.clone(), cast.holder.clone(), name, cookie, admin.csrf.clone(), secret];
    for hidden in people.iter().map(String::as_str).chain(marks) {
        assert!(!log.contains(hidden), "{hidden} is in the log");
        assert!(!figures.contains(hidden), "{hidden} is in the figures");
    }
    assert!(log.lines().count() > paths.len(), "the log is short");
}

#[test]
fn the_line_of_a_job_names_its_request_and_what_could_not_be_reached() {
    let world = World::new(Keeps::File);
    world.configure(0);
    let cast = world.cast();
    let mut desk = Logged::start(&world, &[]);
    let admin = world.sign_in_at(&desk.url, &cast.admin);
    let me = admin.get("/api/v1/me").is(200).json();
    let own = me["roles"].as_array().expect("roles").iter().find(|role| role["seat"].is_string()).expect("a seat").clone();
    let wanted = json!({ "kind": "export", "scope": "seat", "contract": own["contract"], "seat": own["seat"] });
    let id = admin.post("/api/v1/requests", &wanted).is(201).json()["id"].as_str().expect("an id").to_owned();
    world.mails.next(&cast.admin, "Ready|Bereit");
    desk.signal("-TERM");
    let (_, records) = desk.ended();
    let jobs = of(&records, "job ended");
    let export = jobs.iter().find(|record| record["kind"] == "export").expect("an export");
    assert_eq!((&export["request"], &export["outcome"]), (&json!(id), &json!("done")));
    // The line of a mail names no request.
    assert!(jobs.iter().any(|record| record["kind"] == "send_mail" && record["request"].is_null()), "{jobs:#?}");

    let server = "smtp+clear://desk:s3cret-word@127.0.0.1:1";
    let desk = Logged::start(&world, &[("EXEUNT_MAIL_SERVER", server)]);
    world.nobody_at(&desk.url).ask("POST", "/api/v1/sign-in", Some(&json!({ "email": cast.admin }))).is(202);
    let told = wait_for("a mail that is not sent", || {
        let failed = |record: &Value| record["kind"] == "send_mail" && record["level"] == "WARN";
        desk.records().into_iter().find(failed).map(|record| record["problem"].as_str().expect("a problem").to_owned())
    });
    assert!(told.contains("the mail server 127.0.0.1:1 cannot be reached"), "{told}");
    assert!(!desk.lines().concat().contains("s3cret-word"));
}

#[test]
fn a_start_that_fails_says_so_in_the_format_of_the_log() {
    let world = World::new(Keeps::File);
    world.configure(0);
    let sound = std::fs::read_to_string(world.path("exeunt.toml")).expect("read the configuration");
    let platform = "platform = \"Navigator\"";
    let run = |text: &str, command: &str, format: Option<&str>| {
        std::fs::write(world.path("exeunt.toml"), text).expect("write the configuration");
        let mut command = world.command(&[command]);
        command.envs(format.map(|format| ("EXEUNT_LOG_FORMAT", format)));
        let output = command.output().expect("run exeunt");
        (output.status.code(), String::from_utf8(output.stderr).expect("text"))
    };
    let record = |told: &str| -> Value {
        assert_eq!(told.lines().count(), 1, "{told}");
        serde_json::from_str(told).unwrap_or_else(|error| panic!("{error}: {told}"))
    };
    let wrong = sound.replace(platform, "platform = \"\"");
    let lines = format!("{wrong}\n[log]\nformat = \"lines\"\n");
    let both = sound.replace(platform, "platform = \"\"\nlanguage = \"xx\"");
    for command in ["serve", "worker"] {
        // Nobody is at a terminal, where the log is JSON unless something else is asked for.
        let (code, told) = run(&wrong, command, None);
        let told = record(&told);
        assert_eq!((code, &told["level"], &told["code"]), (Some(15), &json!("ERROR"), &json!(15)), "{told}");
        assert!(told["message"].as_str().is_some_and(|told| told.contains("exeunt.toml has 1 error")), "{told}");
        assert!(told["details"].as_str().is_some_and(|told| told.contains("desk.platform: mails and pages need")), "{told}");
        assert!(told["next"].as_str().is_some_and(|told| told.contains("--check")), "{told}");
        let (code, told) = run(&both, command, None);
        assert_eq!((code, record(&told)["details"].as_str().map(|told| told.lines().count())), (Some(15), Some(2)), "{told}");
        // Whoever asks for lines gets the text for people, and so does whoever's configuration does not say what they want.
        for (text, format) in [(&lines, None), (&wrong, Some("lines")), (&format!("{wrong}\n[log"), None), (&wrong, Some("yaml"))] {
            let (code, told) = run(text, command, format);
            assert_eq!(code, Some(15));
            assert!(told.contains("error:") && told.contains("what to do:") && !told.starts_with('{'), "{told}");
        }
        // The option of every command has its own object.
        let output = world.command(&[command, "--json"]).output().expect("run exeunt");
        let told: Value = serde_json::from_slice(&output.stderr).expect("one object");
        assert!(
            told["error"].as_str().is_some_and(|told| told.contains("exeunt.toml has 1 error")) && told["details"].is_array(),
            "{told}"
        );
        // The variable goes before the file, and is enough where the file cannot be read.
        assert_eq!(record(&run(&lines, command, Some("json")).1)["code"], 15);
        assert_eq!(record(&run(&format!("{wrong}\n[log"), command, Some("json")).1)["code"], 15);
        // What is wrong behind a configuration that is sound.
        let (code, told) = run(&sound.replace("\nurl = \"", "\nurl = \"nowhere/"), command, Some("json"));
        assert_eq!((code, record(&told)["code"].as_u64()), (Some(10), Some(10)), "{told}");
    }
}

#[test]
fn the_log_is_lines_for_people_where_it_is_asked_for() {
    let world = World::new(Keeps::File);
    world.configure(0);
    let log = world.path("lines.log");
    let file = std::fs::File::create(&log).expect("make the log");
    let mut child = world.command(&["serve"]).env("EXEUNT_LOG_FORMAT", "lines").stderr(file).spawn().expect("start the desk");
    let text = wait_for("the desk to listen", || {
        std::fs::read_to_string(&log).ok().filter(|text| text.contains("listening on http://127.0.0.1:"))
    });
    let _ = child.kill();
    let _ = child.wait();
    assert!(text.lines().all(|line| serde_json::from_str::<Value>(line).is_err()), "{text}");
}
