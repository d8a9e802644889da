//! What a person reads when something does not go as expected: a fitting exit code, and what to do next. On the sample platform.

use std::path::Path;
use std::sync::OnceLock;

use exeunt_navigator::schema::Dialect;
use exeunt_navigator::{MAP, Options, Target, generate};

use crate::run::{Ran, exeunt_with};

/// The sample platform, made once; each test writes to a folder of its own beside it.
fn platform() -> &'static Path {
    static FOLDER: OnceLock<tempfile::TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let folder = tempfile::tempdir().expect("make a folder");
        let path = folder.path();
        std::fs::write(path.join("navigator.map.yaml"), MAP).expect("write the map");
        std::fs::write(path.join("navigator.map.lock"), exeunt_navigator::lock(Dialect::Sqlite)).expect("write the lock");
        generate(&Options::default(), Target::Sqlite(&path.join("navigator.db")), &path.join("files"), &mut |_| {}).expect("make it");
        // Tests run side by side: the store is made before any of them.
        run_in(path, &["plan", "--seat", "10", "--for", "export"], &[]).ends_with(0);
        folder
    });
    folder.path()
}

fn run_in(folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Ran {
    let map = ["--map", "navigator.map.yaml"];
    exeunt_with(folder, &[arguments, &map].concat(), environment)
}

fn run(arguments: &[&str]) -> Ran {
    run_in(platform(), arguments, &[("COLUMNS", "80")])
}

#[track_caller]
fn says(ran: &Ran, wanted: &[&str]) {
    for wanted in wanted {
        assert!(ran.stderr.contains(wanted) || ran.stdout.contains(wanted), "`{wanted}`\n{}\n{}", ran.stdout, ran.stderr);
    }
}

#[test]
fn plans_and_overviews_fit_eighty_columns() {
    let choices = ["lead_list", "account_list", "note", "presentation"].map(|table| format!("{table}=delete"));
    let choices: Vec<&str> = choices.iter().flat_map(|choice| ["--choose", choice]).collect();
    let erase = [&["plan", "--seat", "11", "--for", "erase"][..], &choices].concat();
    for arguments in [&["plan", "--seat", "10", "--for", "export"][..], &erase, &["map", "explain"]] {
        let ran = run(arguments).ends_with(0);
        let wide: Vec<&str> = ran.stdout.lines().filter(|line| line.chars().count() > 80).collect();
        assert!(wide.is_empty(), "{arguments:?}:\n{}", wide.join("\n"));
    }
    let wide = run_in(platform(), &["map", "explain"], &[("COLUMNS", "400")]).ends_with(0);
    let narrow = run(&["map", "explain"]);
    assert!(wide.stdout.lines().count() < narrow.stdout.lines().count(), "a wider terminal is used");
}

#[test]
fn an_undecided_choice_names_every_possibility_on_a_line_of_its_own() {
    let ran = run(&["plan", "--seat", "12", "--for", "erase"]).ends_with(11);
    let lines: Vec<&str> = ran.stderr.lines().map(str::trim).collect();
    for wanted in ["--choose app.note=delete", "--choose app.note=hand_over --hand-over-to KEY"] {
        assert!(lines.contains(&wanted), "{wanted}\n{}", ran.stderr);
    }
    assert_eq!(ran.stderr.matches("what to do:").count(), 1, "{}", ran.stderr);
}

#[test]
fn changes_of_rows_that_stay_are_not_counted_as_rows_that_go() {
    let choices = ["lead_list", "account_list", "note", "presentation"].map(|table| format!("{table}=hand_over"));
    let choices: Vec<&str> = choices.iter().flat_map(|choice| ["--choose", choice]).collect();
    let arguments = [&["plan", "--seat", "12", "--for", "erase", "--hand-over-to", "10", "--json"][..], &choices].concat();
    let plan = run(&arguments).ends_with(0).json();
    let steps = plan["outline"]["steps"].as_array().expect("steps").iter().zip(plan["step_rows"].as_array().expect("counts"));
    let (mut deleted, mut changed) = (0, 0);
    for (step, rows) in steps {
        let rows = rows.as_u64().expect("a count");
        let work = step["work"].as_object().and_then(|work| work.keys().next()).expect("a kind of work");
        match work.as_str() {
            "delete" => deleted += rows,
            "break_cycle" => {}
            _ => changed += rows,
        }
    }
    let arguments: Vec<&str> = arguments.iter().copied().filter(|word| *word != "--json").collect();
    let ran = run(&arguments).ends_with(0);
    says(&ran, &[&format!("{deleted} rows"), &format!("to delete; {changed} changes in rows that stay")]);
}

#[test]
fn arguments_that_make_no_sense_end_with_2() {
    let place = tempfile::tempdir().expect("make a folder");
    let out = place.path().to_str().expect("a plain path");
    let export = ["export", "--seat", "10", "--out", out];
    says(&run(&[&export[..], &["--part-size", "5kB"]].concat()).ends_with(2), &["at least 1.0 MB"]);
    if cfg!(not(feature = "parquet")) {
        says(&run(&[&export[..], &["--format", "parquet"]].concat()).ends_with(2), &["writes no Parquet", "--features parquet"]);
    }
    assert_eq!(std::fs::read_dir(out).expect("look into the folder").count(), 0);
    says(&run(&["plan", "--subject", "foo=1", "--for", "erase"]).ends_with(2), &["its subjects are: contract, seat"]);
}

#[test]
fn under_json_arguments_that_make_no_sense_are_an_object_too() {
    for arguments in [&["--json", "plan", "--for", "nothing"][..], &["demo", "--seats", "many", "--json"], &["--json", "no-such-command"]] {
        let ran = run(arguments).ends_with(2);
        let object: serde_json::Value = serde_json::from_str(&ran.stderr).expect("one JSON object");
        assert_eq!(object["code"], 2, "{object}");
        assert!(object["error"].as_str().is_some_and(|error| !error.is_empty() && !error.contains('\u{1b}')), "{object}");
    }
}

#[test]
fn a_plan_is_told_from_a_certificate() {
    let folder = tempfile::tempdir().expect("make a folder");
    let plan = folder.path().join("plan.json");
    std::fs::write(&plan, "{\n  \"exeunt_plan\": 1\n}\n").expect("write a file");
    says(&exeunt_with(folder.path(), &["verify", &plan.display().to_string()], &[]).ends_with(8), &["is a plan", "exeunt plan show"]);
}

#[test]
fn a_taken_name_is_not_written_over() {
    let place = tempfile::tempdir().expect("make a folder");
    std::fs::write(place.path().join("seat.zip"), "mine").expect("write a file");
    let out = place.path().to_str().expect("a plain path");
    let ran = run(&["export", "--seat", "10", "--out", out, "--name", "seat"]).ends_with(10);
    says(&ran, &["seat.zip exists already", "choose another name with --name"]);
    assert_eq!(std::fs::read_to_string(place.path().join("seat.zip")).expect("read it"), "mine");
}

#[test]
fn paths_are_printed_without_a_dot_in_front() {
    let place = tempfile::tempdir().expect("make a folder");
    let map = platform().join("navigator.map.yaml");
    let arguments = ["export", "--map", map.to_str().expect("a plain path"), "--seat", "10", "--name", "seat"];
    let ran = exeunt_with(place.path(), &arguments, &[]).ends_with(0);
    says(&ran, &["into seat.zip (", "exeunt verify seat.zip"]);
}

#[test]
fn what_verify_cannot_look_at_is_told_apart_from_what_does_not_hold() {
    let place = tempfile::tempdir().expect("make a folder");
    let verify = |file: &str, environment: &[(&str, &str)]| exeunt_with(place.path(), &["verify", file], environment);
    says(&verify("nope.zip", &[]).ends_with(6), &["cannot read nope.zip", "check the path"]);
    says(&verify(".", &[]).ends_with(10), &["that is a folder"]);
    std::fs::write(place.path().join("text"), "only text").expect("write a file");
    says(&verify("text", &[]).ends_with(8), &["neither a certificate nor an archive"]);

    let out = place.path().to_str().expect("a plain path");
    let export = ["export", "--seat", "10", "--out", out, "--name", "seat", "--encrypt-with-passphrase"];
    run_in(platform(), &export, &[("EXEUNT_PASSPHRASE", "right")]).ends_with(0);
    let wrong = verify("seat.zip.age", &[("EXEUNT_PASSPHRASE", "wrong")]).ends_with(8);
    says(&wrong, &["cannot be opened with this key or passphrase", "check the passphrase"]);
    assert!(!wrong.stderr.contains("do not rely on it"), "{}", wrong.stderr);
    verify("seat.zip.age", &[("EXEUNT_PASSPHRASE", "right")]).ends_with(0);
}

#[test]
fn what_cannot_be_read_is_said_in_a_sentence() {
    let place = tempfile::tempdir().expect("make a folder");
    for command in [&["plan", "--seat", "1", "--for", "export"][..], &["map", "check"], &["map", "explain"]] {
        let ran = exeunt_with(place.path(), &[command, &["--map", "nope.yaml"]].concat(), &[]).ends_with(6);
        assert!(ran.stderr.starts_with("error: cannot read nope.yaml\n"), "{}", ran.stderr);
    }
    let json = exeunt_with(place.path(), &["map", "check", "--map", "nope.yaml", "--json"], &[]).ends_with(6);
    let error: serde_json::Value = serde_json::from_str(&json.stderr).expect("errors are JSON too");
    assert_eq!(error["error"], "cannot read nope.yaml");
}

#[test]
fn checking_the_log_makes_no_store() {
    let place = tempfile::tempdir().expect("make a folder");
    let ran = exeunt_with(place.path(), &["log", "verify", "--store", "nowhere"], &[]).ends_with(6);
    says(&ran, &["there is no store nowhere", "--store"]);
    assert_eq!(std::fs::read_dir(place.path()).expect("look into the folder").count(), 0);
}

#[test]
fn a_new_store_says_once_that_it_holds_secrets() {
    let place = tempfile::tempdir().expect("make a folder");
    let store = place.path().join("own.db");
    let arguments = ["plan", "--seat", "10", "--for", "export", "--store", store.to_str().expect("a plain path")];
    says(&run(&arguments).ends_with(0), &["it holds the signing key and secrets; keep it private and backed up"]);
    let again = run(&arguments).ends_with(0);
    assert!(!again.stderr.contains("signing key"), "{}", again.stderr);
}

#[test]
fn an_unknown_table_is_answered_with_the_nearest_by_every_command() {
    for arguments in [&["why", "app.nots", "1"][..], &["map", "explain", "app.nots"]] {
        says(&run(arguments).ends_with(6), &["did you mean `app.note`?", "list all tables: exeunt map explain --map navigator.map.yaml"]);
    }
    says(&run(&["why", "note", "999999"]).ends_with(6), &["no row with this key", "check the key"]);
}

#[test]
fn a_short_export_shows_no_progress() {
    let place = tempfile::tempdir().expect("make a folder");
    let ran = run(&["export", "--seat", "10", "--out", place.path().to_str().expect("a plain path")]).ends_with(0);
    assert_eq!(ran.stderr, "", "off a terminal a short run is silent");
}

#[test]
fn a_confirmation_says_which_column_to_type() {
    let choices = ["lead_list", "account_list", "note", "presentation"].map(|table| format!("{table}=delete"));
    let choices: Vec<&str> = choices.iter().flat_map(|choice| ["--choose", choice]).collect();
    let place = tempfile::tempdir().expect("make a folder");
    let out = place.path().to_str().expect("a plain path");
    let erase = [&["erase", "--seat", "12", "--out", out][..], &choices].concat();
    says(&run(&erase).ends_with(2), &["nobody confirmed the erasure", "--yes-erase and its ", "(app.seat."]);
    let wrong = run(&[&erase[..], &["--yes-erase", "nobody"]].concat()).ends_with(2);
    says(&wrong, &["does not name this seat: nothing was erased", "type its ", "(app.seat."]);
}

#[test]
fn a_plan_brings_its_choices_along() {
    let choices = ["lead_list", "account_list", "note", "presentation"].map(|table| format!("{table}=delete"));
    let choices: Vec<&str> = choices.iter().flat_map(|choice| ["--choose", choice]).collect();
    let place = tempfile::tempdir().expect("make a folder");
    let out = place.path().to_str().expect("a plain path");
    let plan = place.path().join("plan.json");
    let plan = plan.to_str().expect("a plain path");
    run(&[&["plan", "--seat", "13", "--for", "erase", "--out", plan][..], &choices].concat()).ends_with(0);
    // The choices are there: what is missing is the confirmation.
    let ran = run(&["erase", "--seat", "13", "--plan", plan, "--out", out]).ends_with(2);
    says(&ran, &["nobody confirmed the erasure"]);
}

#[test]
fn a_plan_file_is_shown_as_it_was_printed_and_names_what_it_holds_for() {
    let place = tempfile::tempdir().expect("make a folder");
    let file = place.path().join("plan.json");
    let out = file.to_str().expect("a plain path");
    let choices = ["lead_list", "account_list", "note", "presentation"].map(|table| format!("{table}=delete"));
    let choices: Vec<&str> = choices.iter().flat_map(|choice| ["--choose", choice]).collect();
    let made = run(&[&["plan", "--seat", "12", "--for", "erase", "--out", out][..], &choices].concat()).ends_with(0);

    let show = |arguments: &[&str]| exeunt_with(place.path(), &[&["plan", "show"][..], arguments].concat(), &[("COLUMNS", "80")]);
    let shown = show(&["plan.json"]).ends_with(0);
    assert!(shown.stdout.contains(made.stdout.trim_end()), "{}\n{}", made.stdout, shown.stdout);
    says(&shown, &["an erasure, for one seat", "chosen for app.note: delete", "map navigator (", "database app ("]);
    let wide: Vec<&str> = shown.stdout.lines().filter(|line| line.chars().count() > 80).collect();
    assert!(wide.is_empty(), "{}", wide.join("\n"));
    assert!(made.stdout.contains(show(&["plan.json", "--json"]).json()["digest"].as_str().expect("a digest")));

    let text = std::fs::read_to_string(&file).expect("read the plan");
    std::fs::write(
        place.path().join("edited.json"),
        text.replace("\"delete\": {", "\"delete\":  {").replace("seat_setting", "seat_sitting"),
    )
    .expect("write a file");
    says(&show(&["edited.json"]).ends_with(7), &["edited.json was changed since it was written"]);
    std::fs::write(place.path().join("text"), "only text").expect("write a file");
    says(&show(&["text"]).ends_with(7), &["text is no plan"]);
    says(&show(&["nope.json"]).ends_with(6), &["there is no such file"]);
    says(&show(&["."]).ends_with(10), &["that is a folder"]);
    says(&run(&["plan"]).ends_with(2), &["--for <PURPOSE>"]);
}
