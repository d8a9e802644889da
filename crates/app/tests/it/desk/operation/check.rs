use std::fs;
use std::process::Output;

use serde_json::Value;

use super::Logged;
use crate::desk::world::{Keeps, World};

fn check(world: &World, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    world.command(arguments).envs(variables.iter().copied()).output().expect("run exeunt")
}

fn report(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

/// The checks that found something wrong.
fn wrong(report: &Value) -> Vec<&str> {
    let checks = report["checks"].as_array().expect("checks").iter();
    checks.filter(|check| check["well"] == false).map(|check| check["check"].as_str().expect("a name")).collect()
}

#[test]
fn a_check_of_a_sound_desk_says_so_and_changes_nothing() {
    let world = World::new(Keeps::File);
    world.configure(0);
    for command in ["serve", "worker"] {
        let output = check(&world, &[command, "--check", "--json"], &[]);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let report = report(&output);
        assert_eq!((&report["well"], wrong(&report).len()), (&Value::Bool(true), 0), "{report:#}");
    }
    for name in ["exeunt.db", "archives", "spool"] {
        assert!(!world.path(name).exists(), "{name} was made");
    }
    let output = check(&world, &["serve", "--check"], &[]);
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(text.lines().all(|line| line.starts_with("well ")), "{text}");
    assert!(world.mails.all().is_empty());
}

#[test]
fn a_check_and_a_start_doubt_an_address_without_encryption() {
    let world = World::new(Keeps::File);
    world.configure(0);
    let variables = [("EXEUNT_DESK_PUBLIC_URL", "http://exit.example.com")];
    let output = check(&world, &["serve", "--check", "--json"], &variables);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let report = report(&output);
    let doubtful = |check: &&Value| check["doubtful"] == true;
    let found: Vec<&Value> = report["checks"].as_array().expect("checks").iter().filter(doubtful).collect();
    assert_eq!((&report["well"], found.len(), &found[0]["check"]), (&Value::Bool(true), 1, &Value::from("public_url")), "{report:#}");
    let text = String::from_utf8(check(&world, &["serve", "--check"], &variables).stdout).expect("text");
    assert!(text.lines().any(|line| line.starts_with("DOUBT  public_url")), "{text}");
    let desk = Logged::start(&world, &variables);
    let warned = |record: &Value| record["level"] == "WARN" && record["message"].as_str().is_some_and(|told| told.contains("public_url"));
    assert!(desk.records().iter().any(warned), "{:#?}", desk.lines());
}

#[test]
fn a_misspelt_variable_is_wrong_and_one_that_nobody_reads_is_doubtful() {
    let world = World::new(Keeps::File);
    world.configure(0);
    for arguments in [&["serve"] as &[&str], &["serve", "--check"], &["worker"], &["worker", "--check", "--json"]] {
        let output = check(&world, arguments, &[("EXEUNT_STOR", "other.db"), ("EXEUNT_LOG_FORMATT", "json")]);
        assert_eq!(output.status.code(), Some(15), "{output:?}");
        let told = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
        for want in ["EXEUNT_STOR: there is no key of that name; did you mean EXEUNT_STORE?", "did you mean EXEUNT_LOG_FORMAT?"] {
            assert!(told.contains(want), "{arguments:?}: {told}");
        }
    }
    let variables = [("EXEUNT_IMAGE", "desk:7")];
    let output = check(&world, &["serve", "--check"], &variables);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(text.lines().any(|line| line.starts_with("DOUBT  environment") && line.contains("EXEUNT_IMAGE")), "{text}");
    let desk = Logged::start(&world, &variables);
    let warned = |record: &Value| record["level"] == "WARN" && record["message"] == "nobody reads the variable EXEUNT_IMAGE";
    assert!(desk.records().iter().any(warned), "{:#?}", desk.lines());
}

#[test]
fn a_check_says_everything_that_is_wrong_at_once_with_what_to_do() {
    let world = World::new(Keeps::File);
    world.configure(0);
    fs::remove_file(world.path("navigator.map.lock")).expect("delete the lock");
    fs::write(world.path("exeunt.db"), "this is no store").expect("write a file");
    let variables = [("EXEUNT_MAIL_SERVER", "smtp+clear://127.0.0.1:1"), ("EXEUNT_SERVER_LISTEN", "192.0.2.1:80")];
    let output = check(&world, &["serve", "--check", "--json"], &variables);
    assert_eq!(output.status.code(), Some(15), "{output:?}");
    let report = report(&output);
    assert_eq!(wrong(&report), ["lock", "store", "mail", "listen"], "{report:#}");
    for found in report["checks"].as_array().expect("checks").iter().filter(|check| check["well"] == false) {
        assert!(!found["next"].as_array().expect("steps").is_empty() && found["code"].is_u64(), "{found:#}");
    }
    // Nobody listens to the worker.
    let output = check(&world, &["worker", "--check", "--json"], &variables);
    assert_eq!(wrong(&self::report(&output)), ["lock", "store", "mail"]);
    // One thing that is wrong has its own code.
    let output = check(&world, &["worker", "--check"], &[("EXEUNT_STORE", "other.db")]);
    assert_eq!(output.status.code(), Some(5), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("what to do: review them: exeunt map accept"), "{output:?}");
}

#[test]
fn a_store_whose_folder_is_not_there_fails_the_check_as_it_fails_the_start() {
    let world = World::new(Keeps::File);
    world.configure(0);
    let elsewhere = world.path("nowhere").join("exeunt.db").display().to_string();
    for arguments in [&["serve", "--check"] as &[&str], &["serve"]] {
        let output = check(&world, arguments, &[("EXEUNT_STORE_URL", &elsewhere)]);
        assert_eq!(output.status.code(), Some(10), "{output:?}");
    }
}

#[test]
fn accounts_and_migrations_find_the_store_where_the_desk_does() {
    let world = World::new(Keeps::Postgres);
    fs::write(world.path("store.secret"), format!("{}\n", world.store_url())).expect("write the secret");
    for variable in [("EXEUNT_STORE_URL_FILE", "store.secret"), ("EXEUNT_STORE_URL", &world.store_url())] {
        let told = check(&world, &["migrate", "--check"], &[variable]);
        assert_eq!(told.status.code(), Some(0), "{told:?}");
        let email = format!("{}@platform.example", variable.0.to_lowercase());
        let made = check(&world, &["account", "set", &email, "--role", "operator"], &[variable]);
        assert_eq!(made.status.code(), Some(0), "{made:?}");
        let listed = check(&world, &["account", "list"], &[variable]);
        assert!(String::from_utf8_lossy(&listed.stdout).contains(&email), "{listed:?}");
    }
    let unread = check(&world, &["account", "list"], &[("EXEUNT_STORE_URL_FILE", "nothing.secret")]);
    assert_eq!(unread.status.code(), Some(10), "{unread:?}");
    let missing = check(&world, &["account", "list"], &[]);
    assert_eq!(missing.status.code(), Some(6), "{missing:?}");
    assert!(!world.path("exeunt.db").exists(), "a list has made a store");
}

#[test]
fn a_store_on_a_server_must_have_been_migrated() {
    let world = World::new(Keeps::Postgres);
    world.configure(0);
    let output = check(&world, &["serve", "--check", "--json"], &[]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    world.store_client().batch_execute("DROP SCHEMA exeunt CASCADE").expect("drop the schema");
    let output = check(&world, &["serve", "--check", "--json"], &[]);
    assert_eq!(output.status.code(), Some(14), "{output:?}");
    let report = report(&output);
    assert_eq!(wrong(&report), ["store"]);
    assert!(report.to_string().contains("exeunt migrate"), "{report:#}");
}

#[test]
fn wrong_input_in_all_its_forms_is_told_and_never_starts_the_desk() {
    let world = World::new(Keeps::File);
    world.configure(0);
    let sound = fs::read_to_string(world.path("exeunt.toml")).expect("read the configuration");
    let server = format!("smtp+clear://127.0.0.1:{}", world.mails.port());
    let cases: &[(&str, &str, &[&str])] = &[
        ("", "", &["desk: this is missing", "mail: this is missing"]),
        ("[desk", "", &[":1:"]),
        ("\u{0}\u{1}", "", &[":1:"]),
        ("platform = \"Navigator\"", "platform = \"\"", &[":4:12: desk.platform: mails and pages need"]),
        ("public_url = \"http://desk.example\"", "public_url = \"desk.example\"", &[":3:14: desk.public_url: this is no address"]),
        (
            "seat_erasure_waiting_hours = 0",
            "seat_erasure_admins = 0",
            &["requests.approvals.seat_erasure_admins: 0 is not between 1 and 20"],
        ),
        (
            "seat_erasure_waiting_hours = 0",
            "contract_erasure_admins = 0",
            &["requests.approvals.contract_erasure_admins: 0 is not between"],
        ),
        (
            "seat_erasure_waiting_hours = 0",
            "colleagues_export_admins = 0",
            &["requests.approvals.colleagues_export_admins: 0 is not between"],
        ),
        ("map = \"navigator.map.yaml\"", "map = \"nothing.yaml\"", &[":2:7: desk.map: cannot read"]),
        ("map = \"navigator.map.yaml\"", "map = [\"navigator.map.yaml\"]", &[":2:7: desk.map: expected a text"]),
        ("[workers]", "[wokers]", &["wokers: there is no such key; did you mean `workers`?"]),
        ("poll_milliseconds = 100", "poll_milliseconds = 99999999999999999999", &["workers.poll_milliseconds"]),
        ("poll_milliseconds = 100", "poll_milliseconds = 100\nlease_seconds = 0", &["workers.lease_seconds: 0 is not between"]),
        ("poll_milliseconds = 100", "poll_milliseconds = 100\npoll_milliseconds = 200", &["duplicate key"]),
        (&server, "smtp+clear://mail.platform.example", &["mail.server: mail is sent without encryption to this machine alone"]),
        ("from = \"Exit desk <desk@navigator.example>\"", "from = \"<@>\"", &["mail.from: this is no sender"]),
    ];
    for (old, new, want) in cases {
        let text = if old.is_empty() || sound.contains(old) {
            if old.is_empty() { String::new() } else { sound.replace(old, new) }
        } else {
            (*old).to_owned()
        };
        fs::write(world.path("exeunt.toml"), text).expect("write the configuration");
        for arguments in [&["serve"] as &[&str], &["serve", "--check"], &["worker"], &["worker", "--check", "--json"]] {
            let output = check(&world, arguments, &[]);
            assert_eq!(output.status.code(), Some(15), "{arguments:?} with {new}: {output:?}");
            let told = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
            for want in *want {
                assert!(told.contains(want), "{arguments:?} with {new} does not say {want}: {told}");
            }
        }
    }
    let output = check(&world, &["serve", "--config", "nothing.toml"], &[]);
    assert_eq!(output.status.code(), Some(6), "{output:?}");
    let output = check(&world, &["serve", "--config", "."], &[]);
    assert_eq!(output.status.code(), Some(10), "{output:?}");
    assert!(!world.path("exeunt.db").exists());
}
