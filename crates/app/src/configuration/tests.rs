use std::collections::BTreeMap;
use std::fs;

use tempfile::TempDir;

use super::environment::Environment;
use super::{Configuration, Problem, understand};

const WELL: &str = r#"[desk]
map = "navigator.map.yaml"
public_url = "https://exit.platform.example/"
platform = "Navigator"

[mail]
server = "smtps://desk:s3cret@mail.platform.example"
from = "Exit desk <exit@platform.example>"
"#;

fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("navigator.map.yaml"), exeunt_navigator::MAP).unwrap();
    folder
}

/// Reads it with these variables, and the files that they name.
fn with(text: &str, variables: &[(&str, &str)], files: &[(&str, &str)]) -> Result<Configuration, Vec<Problem>> {
    read(text, variables, files).map(|(configuration, _)| configuration)
}

/// Reads it, and what is said of variables that nobody reads.
fn read(text: &str, variables: &[(&str, &str)], files: &[(&str, &str)]) -> Result<(Configuration, Vec<String>), Vec<Problem>> {
    let files: BTreeMap<String, String> = files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    let read = |path: &str| files.get(path).cloned().ok_or_else(|| std::io::Error::from(std::io::ErrorKind::NotFound));
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    understand(text, folder().path(), &Environment { variables, read: &read })
}

/// Each problem as `key line:column message`, or `key VARIABLE message`.
fn told(text: &str, variables: &[(&str, &str)], files: &[(&str, &str)]) -> Vec<String> {
    let problems = with(text, variables, files).expect_err("a configuration that is wrong");
    let place = |problem: &Problem| match (&problem.position, &problem.variable) {
        (Some(position), _) => format!("{}:{}", position.line, position.column),
        (None, Some(variable)) => variable.clone(),
        (None, None) => "-".to_owned(),
    };
    problems.iter().map(|problem| format!("{} {} {}", problem.key, place(problem), problem.message)).collect()
}

#[test]
fn what_is_well_is_read() {
    let read = with(WELL, &[], &[]).unwrap();
    assert_eq!(read.desk.public_url, "https://exit.platform.example");
    assert_eq!(read.workers.lease_seconds, 60);
    assert!(!format!("{read:?}").contains("s3cret"));
}

#[test]
fn everything_that_is_wrong_is_told_at_once_with_its_place() {
    let text = r#"listen = "127.0.0.1:80"

[desk]
map = "navigator.map.yml"
public_url = "exit.platform.example"
platform = 7
language = "ger"

[server]
listen = "everywhere"
session_hours = -1
largest_body_byte = 3

[workers]
lease_seconds = 1
poll_milliseconds = 2000

[mial]
server = "smtp://mail"

[mail]
server = "http://desk:s3cret@mail.platform.example"
from = "nobody"

[requests]
regime = "hippa"
private_categories = ["mesages", "notes"]

[requests.approvals]
seat_erasure_admins = "two"
"#;
    let want = [
        "listen 1:1 there is no such key here; it belongs into [server]",
        "desk.map 4:7 cannot read ",
        "desk.public_url 5:14 this is no address: write it as in https://exit.platform.example",
        "desk.platform 6:12 expected a text, not integer `7`",
        "desk.language 7:12 expected `en` or `de`, not `ger`",
        "server.listen 10:10 invalid socket address syntax",
        "server.session_hours 11:17 expected a whole number, not integer `-1`",
        "server.largest_body_byte 12:1 there is no such key; did you mean `largest_body_bytes`?",
        "workers.lease_seconds 15:17 a lease must be longer than the time between two looks, `workers.poll_milliseconds`",
        "mial 18:2 there is no such key; did you mean `mail`?",
        "mail.server 22:10 this is no mail server: write it as in smtps://USER:PASSWORD@mail.platform.example",
        "mail.from 23:8 this is no sender: write NAME <ADDRESS>, as in Exit desk <exit@platform.example>",
        "requests.regime 26:10 ",
        "requests.approvals.seat_erasure_admins 30:23 expected a whole number, not string \"two\"",
    ];
    let got = told(text, &[], &[]);
    assert_eq!(got.len(), want.len(), "{got:#?}");
    for (got, want) in got.iter().zip(want) {
        assert!(got.starts_with(want), "got {got}\nwant {want}");
    }
    assert!(!got.concat().contains("s3cret"));
}

#[test]
fn a_category_that_the_map_has_not_is_told_where_it_stands() {
    let text = format!("{WELL}\n[requests]\nprivate_categories = [\"mesages\", \"notes\"]\n");
    assert_eq!(told(&text, &[], &[]), ["requests.private_categories[0] 11:23 the map has no category `mesages`; did you mean `messages`?"]);
}

#[test]
fn what_is_missing_is_named_and_what_is_there_is_looked_at_all_the_same() {
    let got = told("[desk]\nmap = \"navigator.map.yaml\"\n\n[workers]\nplatform_jobs = 0\n", &[], &[]);
    let starts: Vec<&str> = got.iter().map(|line| line.split(": ").next().unwrap_or_default()).collect();
    let want = [
        "desk.platform 1:1 this is missing",
        "desk.public_url 1:1 this is missing",
        "workers.platform_jobs 5:17 0 is not between 1 and 10000",
        "mail - this is missing",
    ];
    let mut sorted = starts.clone();
    sorted.sort_unstable();
    let mut want_sorted = want.to_vec();
    want_sorted.sort_unstable();
    assert_eq!(sorted, want_sorted, "{got:#?}");
}

#[test]
fn a_text_that_is_no_toml_is_told_by_line_without_showing_it() {
    let got = told("[mail]\nserver = \"smtps://desk:s3cret@mail.platform.example\nfrom = 3\n", &[], &[]);
    assert!(got[0].starts_with(" 2:"), "{got:#?}");
    assert!(!got.concat().contains("s3cret"), "{got:#?}");
}

#[test]
fn the_environment_says_it_instead() {
    let variables = [
        ("EXEUNT_MAIL_FROM", "Other <other@platform.example>"),
        ("EXEUNT_WORKERS_PLATFORM", "7"),
        ("EXEUNT_ARCHIVES_SINGLE_USE_LINKS", "false"),
        ("EXEUNT_REQUESTS_PRIVATE_CATEGORIES", "notes"),
        ("EXEUNT_REQUESTS_APPROVALS_SEAT_ERASURE_ADMINS", "2"),
        ("EXEUNT_STORE_URL_FILE", "/run/secrets/store"),
        ("EXEUNT_CONFIG", "elsewhere.toml"),
    ];
    let read = with(WELL, &variables, &[("/run/secrets/store", "postgres://desk:s3cret@db/exeunt\n")]).unwrap();
    assert_eq!(read.mail.from, "Other <other@platform.example>");
    assert_eq!(read.workers.platform, 7);
    assert!(!read.archives.single_use_links);
    assert_eq!(read.requests.private_categories, ["notes"]);
    assert_eq!(read.requests.approvals.seat_erasure_admins, 2);
    assert_eq!(read.store.url.reveal(), "postgres://desk:s3cret@db/exeunt");
    let short = with(WELL, &[("EXEUNT_STORE", "other.db")], &[]).unwrap();
    assert_eq!(short.store.url.reveal(), "other.db");
}

#[test]
fn what_the_environment_says_wrongly_names_the_variable() {
    let variables = [
        ("EXEUNT_MAIL_SERVR", "smtps://desk:s3cret@mail.platform.example"),
        ("EXEUNT_WORKERS_PLATFORM", "many"),
        ("EXEUNT_SERVER_LISTEN", "nowhere"),
        ("EXEUNT_STORE_URL_FILE", "/run/secrets/none"),
        ("EXEUNT_MAIL_SERVER_FILE", "/run/secrets/mail"),
        ("EXEUNT_MAIL_SERVER", "smtps://desk:s3cret@mail.platform.example"),
    ];
    let mut got = told(WELL, &variables, &[("/run/secrets/mail", "smtps://mail.platform.example")]);
    got.sort();
    let want = [
        " EXEUNT_MAIL_SERVR there is no key of that name; did you mean EXEUNT_MAIL_SERVER?",
        "mail.server EXEUNT_MAIL_SERVER_FILE EXEUNT_MAIL_SERVER says it too: one of them must go",
        "server.listen EXEUNT_SERVER_LISTEN invalid socket address syntax",
        "store.url EXEUNT_STORE_URL_FILE cannot read /run/secrets/none: entity not found",
        "workers.platform EXEUNT_WORKERS_PLATFORM expected a whole number",
    ];
    assert_eq!(got, want);
}

#[test]
fn a_variable_that_nobody_reads_is_wrong_where_it_was_meant_for_the_desk_and_doubtful_elsewhere() {
    let wrong = [
        ("EXEUNT_STOR", "there is no key of that name; did you mean EXEUNT_STORE?"),
        ("EXEUNT_CONFIGG", "there is no key of that name; did you mean EXEUNT_CONFIG?"),
        ("EXEUNT_PASPHRASE", "there is no key of that name; did you mean EXEUNT_PASSPHRASE?"),
        ("EXEUNT_LOGFORMAT", "there is no key of that name; did you mean EXEUNT_LOG_FORMAT?"),
        // No secret, and so in no file of its own.
        ("EXEUNT_MAIL_FROM_FILE", "there is no key of that name"),
        ("EXEUNT_SERVER_COLOUR", "there is no key of that name"),
    ];
    for (name, want) in wrong {
        let got = told(WELL, &[(name, "x")], &[]);
        assert_eq!(got.len(), 1, "{got:?}");
        assert!(got[0].starts_with(&format!(" {name} {want}")), "{got:?}");
        // Beside what is wrong in the file.
        let got = told("[desk]\nplatform = 3\n", &[(name, "x")], &[]);
        assert!(got.iter().any(|line| line.starts_with(&format!(" {name} "))), "{got:?}");
    }
    let (_, unheard) = read(WELL, &[("EXEUNT_IMAGE", "desk:7"), ("EXEUNT_IDENTITY_PROVIDER_OKTA_SECRET", "hush")], &[]).unwrap();
    assert_eq!(unheard, ["nobody reads the variable EXEUNT_IMAGE", "nobody reads the variable EXEUNT_IDENTITY_PROVIDER_OKTA_SECRET"]);
}

#[test]
fn every_variable_that_something_reads_is_known() {
    let folder = folder();
    let map = exeunt_navigator::MAP.replace("NAVIGATOR_DATABASE", "EXEUNT_NAVIGATOR");
    fs::write(folder.path().join("navigator.map.yaml"), map).unwrap();
    let provider = r#"
[[identity_providers]]
name = "our-staff"
issuer = "https://login.platform.example"
client_id = "exit-desk"
client_secret_file = "staff.secret"
[identity_providers.roles]
claim = "groups"
operator = ["desk-operators"]
"#;
    let names = [
        "EXEUNT_CONFIG",
        "EXEUNT_STORE",
        "EXEUNT_DISCOVER_URL",
        "EXEUNT_PASSPHRASE",
        "EXEUNT_FAILPOINT",
        "EXEUNT_DOCS_STATE",
        "EXEUNT_IDENTITY_PROVIDER_OUR_STAFF_SECRET",
        // The map names it.
        "EXEUNT_NAVIGATOR",
        // What Kubernetes says of the services `exeunt` and `exeunt-server`.
        "EXEUNT_SERVICE_HOST",
        "EXEUNT_SERVICE_PORT_HTTP",
        "EXEUNT_PORT",
        "EXEUNT_PORT_8080_TCP_ADDR",
        "EXEUNT_SERVER_SERVICE_HOST",
        "EXEUNT_SERVER_PORT",
        "EXEUNT_SERVER_PORT_8080_TCP",
    ];
    let variables = names.iter().map(|name| ((*name).to_owned(), "x".to_owned())).collect();
    let environment = Environment { variables, read: &|path| fs::read_to_string(path) };
    let (_, unheard) = understand(&format!("{WELL}{provider}"), folder.path(), &environment).unwrap();
    assert_eq!(unheard, Vec::<String>::new());
}

#[test]
fn a_secret_of_the_wrong_type_is_not_shown() {
    let got = told(&WELL.replace("\"smtps://desk:s3cret@mail.platform.example\"", "5553333"), &[], &[]);
    assert_eq!(got, ["mail.server 7:10 expected a secret text"]);
}

#[test]
fn what_stands_where_a_section_should_is_not_shown() {
    let got = told(&format!("store = \"postgres://desk:s3cret@db.example/desk\"\n{WELL}"), &[], &[]);
    assert!(got.iter().any(|line| line.starts_with("store 1:9 expected a table")), "{got:#?}");
    assert!(got.iter().all(|line| !line.contains("s3cret")), "{got:#?}");
}

#[test]
fn a_folder_that_takes_no_files_is_told() {
    let text = format!("{WELL}\n[archives]\nspool = \"navigator.map.yaml/spool\"\n");
    let got = told(&text, &[], &[]);
    assert_eq!(got.len(), 1, "{got:#?}");
    assert!(got[0].starts_with("archives.spool 11:9 ") && got[0].ends_with("is no folder"), "{got:#?}");
}
