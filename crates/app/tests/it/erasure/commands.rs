//! What `erase`, `verify`, `why`, `replay` and `log` say, and what they refuse.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};

use serde_json::Value;

use super::world::{Kind, LABEL, World, text};

fn json(output: &std::process::Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("no JSON: {}", text(output)))
}

/// An erasure of seat 2 that waits at a failpoint.
struct Paused {
    child: Child,
    stderr: BufReader<ChildStderr>,
}

impl Paused {
    fn at(world: &World, place: &str) -> Self {
        Self::with(world, &[], place)
    }

    fn with(world: &World, more: &[&str], place: &str) -> Self {
        let fixed = ["erase", "--map", "trial.map.yaml", "--seat", "2", "--yes-erase", LABEL, "--out", "certificates"];
        let mut command = world.command(&[&fixed, more].concat(), Some(&format!("{place}:pause")));
        let mut child = command.stdin(Stdio::piped()).stderr(Stdio::piped()).stdout(Stdio::null()).spawn().expect("start the program");
        let stderr = BufReader::new(child.stderr.take().expect("a pipe"));
        let mut paused = Self { child, stderr };
        paused.wait_for("paused at");
        paused
    }

    /// Ctrl-C, as a terminal sends it; returns when the program has noticed.
    fn interrupt(&mut self) {
        let sent = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status();
        assert!(sent.expect("send a signal").success());
        self.wait_for("stopping at");
    }

    fn wait_for(&mut self, beginning: &str) {
        let mut line = String::new();
        while !line.starts_with(beginning) {
            line.clear();
            assert!(self.stderr.read_line(&mut line).expect("read its words") > 0, "the program ended before `{beginning}`");
        }
    }

    /// Lets it go on, and waits for its end.
    fn go_on(mut self) -> (ExitStatus, String) {
        drop(self.child.stdin.take());
        let mut told = String::new();
        self.stderr.read_to_string(&mut told).expect("read its words");
        (self.child.wait().expect("wait for the program"), told)
    }
}

#[test]
fn an_interrupt_before_the_commit_leaves_everything_as_it_was() {
    for (kind, place) in [(Kind::Sqlite, "after_open"), (Kind::Postgres, "after_open"), (Kind::Sqlite, "before_begin")] {
        let world = World::new(kind);
        let before = world.state();
        let mut paused = Paused::at(&world, place);
        paused.interrupt();
        let (status, told) = paused.go_on();
        assert_eq!(status.code(), Some(130), "{place}: {told}");
        assert_eq!(world.state(), before);
        assert!(world.certified().is_empty());
        assert_eq!(world.log()["unfinished"].as_array().map(Vec::len), Some(0));
    }
}

#[test]
fn an_interrupt_after_the_commit_leaves_a_run_that_goes_on() {
    let world = World::new(Kind::Sqlite);
    let mut paused = Paused::at(&world, "before_file");
    paused.interrupt();
    let (status, told) = paused.go_on();
    assert_eq!(status.code(), Some(9), "{told}");
    assert!(told.contains("--resume"), "{told}");
    assert!(world.certified().is_empty());
    let run = world.log()["unfinished"][0]["run"].as_str().unwrap().to_owned();
    let resumed = world.run(&["erase", "--map", "trial.map.yaml", "--resume", &run, "--out", "certificates"], None);
    assert!(resumed.status.success(), "{}", text(&resumed));
    assert_eq!(world.state(), World::want(Kind::Sqlite));
    let again = world.run(&["erase", "--map", "trial.map.yaml", "--resume", &run], None);
    assert_eq!(again.status.code(), Some(6), "there is nothing to resume: {}", text(&again));
}

/// SQLite has one writer at a time: a batch in one database keeps nobody waiting in another.
#[test]
fn others_write_in_every_database_between_batches() {
    let world = World::new(Kind::Sqlite);
    let paused = Paused::with(&world, &["--batch-rows", "2"], "after_batch_note");
    world.execute("app", "INSERT INTO setting VALUES ('written', 'meanwhile')");
    world.execute("mail", "INSERT INTO message VALUES (90, 1, 'written meanwhile')");
    let (status, told) = paused.go_on();
    assert!(status.success(), "{told}");
    assert!(world.state().mail["message"].iter().any(|row| row.contains("written meanwhile")));
    assert_eq!(world.verify_certificate()["statement"]["state"], "completed_with_retained");
}

/// Between the look at the rows and the deletion of the file.
#[test]
fn a_file_that_a_row_comes_to_name_in_the_last_moment_is_told() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let world = World::new(kind);
        let paused = Paused::at(&world, "before_file");
        world.execute("app", "UPDATE attachment SET blob_key = 'keys/of/mara.txt' WHERE id = 1");
        let (status, told) = paused.go_on();
        assert_eq!(status.code(), Some(9), "{told}");
        assert_eq!(world.certified(), ["partly_failed"]);
        let statement = world.verify_certificate()["statement"].clone();
        let reason = statement["failures"][0]["reason"].as_str().expect("a reason").to_owned();
        assert!(reason.contains("1 file of files was deleted while a row came to name it"), "{reason}");
        let again = world.erase(&[], None);
        assert!(again.status.success(), "the subject's part is done: {}", text(&again));
    }
}

#[test]
fn nothing_is_erased_without_the_label() {
    let world = World::new(Kind::Sqlite);
    let before = world.state();
    let fixed = ["erase", "--map", "trial.map.yaml", "--seat", "2"];
    for more in [&[][..], &["--yes-erase", "SEAT-LABEL-1"], &["--yes-erase", ""], &["--yes-erase", "seat-label-2"]] {
        let refused = world.run(&[&fixed, more].concat(), None);
        assert_eq!(refused.status.code(), Some(2), "{more:?}: {}", text(&refused));
        assert!(!text(&refused).contains("Mara"), "{}", text(&refused));
    }
    assert_eq!(world.state(), before);
}

/// A command that is printed can be typed as it stands.
#[test]
fn the_command_that_goes_on_names_the_store_too() {
    let world = World::new(Kind::Sqlite);
    let failed = world.erase(&["--store", "our store.db"], Some("before_close:error"));
    assert_eq!(failed.status.code(), Some(9), "{}", text(&failed));
    let told = text(&failed);
    let command = told.lines().find_map(|line| line.split_once("go on with it: exeunt ")).expect("a command").1.to_owned();
    assert!(command.contains("--store 'our store.db'"), "{command}");
    let script = format!("{} {command} --out certificates", env!("CARGO_BIN_EXE_exeunt"));
    let shell = world.command(&[], None);
    let typed = Command::new("sh")
        .args(["-c", &script])
        .current_dir(world.folder.path())
        .envs(shell.get_envs().filter_map(|(name, value)| Some((name, value?))))
        .output();
    let typed = typed.expect("run a shell");
    assert!(typed.status.success(), "{}", text(&typed));
    assert_eq!(world.state(), World::want(Kind::Sqlite));
}

/// The row is gone and the run is not closed: the subject is no unknown one.
#[test]
fn a_subject_that_is_being_erased_is_not_called_unknown() {
    let world = World::new(Kind::Sqlite);
    let paused = Paused::at(&world, "before_close");
    let other = world.erase(&[], None);
    assert_eq!(other.status.code(), Some(9), "{}", text(&other));
    assert!(text(&other).contains("going on in another process"), "{}", text(&other));
    let (status, told) = paused.go_on();
    assert!(status.success(), "{told}");
}

#[test]
fn a_subject_that_does_not_exist_is_not_found() {
    let world = World::new(Kind::Sqlite);
    let got = world.run(&["erase", "--map", "trial.map.yaml", "--seat", "99", "--yes-erase", "x"], None);
    assert_eq!(got.status.code(), Some(6), "{}", text(&got));
    let got = world.run(&["erase", "--map", "trial.map.yaml", "--subject", "planet=1", "--yes-erase", "x"], None);
    assert_eq!(got.status.code(), Some(2), "{}", text(&got));
}

#[test]
fn a_second_run_says_already_erased_however_the_key_is_typed() {
    let world = World::new(Kind::Postgres);
    let fixed = ["erase", "--map", "trial.map.yaml", "--yes-erase", LABEL, "--out", "certificates", "--seat"];
    let erased = world.run(&[&fixed[..], &["02"]].concat(), None);
    assert!(erased.status.success(), "{}", text(&erased));
    let again = world.erase(&["--json"], None);
    assert!(again.status.success(), "{}", text(&again));
    assert_eq!(json(&again)["already_erased"], true);
}

#[test]
fn an_approved_plan_binds_the_run() {
    let world = World::new(Kind::Sqlite);
    let plan = world.run(&["plan", "--map", "trial.map.yaml", "--seat", "2", "--for", "erase", "--out", "plan.json"], None);
    assert!(plan.status.success(), "{}", text(&plan));
    let written = fs::read_to_string(world.path("plan.json")).unwrap();
    for personal in super::world::PERSONAL {
        assert!(!written.contains(personal), "{personal}");
    }
    world.execute("app", "INSERT INTO note VALUES (50, 2, 'one more')");
    let before = world.state();
    let refused = world.erase(&["--plan", "plan.json"], None);
    assert_eq!(refused.status.code(), Some(7), "{}", text(&refused));
    assert_eq!(world.state(), before);
    world.execute("app", "DELETE FROM note WHERE id = 50");
    let erased = world.erase(&["--plan", "plan.json"], None);
    assert!(erased.status.success(), "{}", text(&erased));
    assert_eq!(world.state(), World::want(Kind::Sqlite));
}

#[test]
fn rows_of_an_erased_subject_that_come_back_alone_are_not_passed_over() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let world = World::new(kind);
        let stray = "INSERT INTO message VALUES (9, 77, 'nobody''s'), (8, 2, 'from Lindqvist');";
        assert!(world.erase(&[], None).status.success());
        world.execute("mail", stray);
        let before = world.state();
        let again = world.erase(&[], None);
        assert_eq!(again.status.code(), Some(8), "{}", text(&again));
        assert!(text(&again).contains("mail.message: 1 row"), "{}", text(&again));
        assert!(!text(&again).contains("Lindqvist"), "{}", text(&again));
        let unknown = world.run(&["erase", "--map", "trial.map.yaml", "--seat", "77", "--yes-erase", "77"], None);
        assert_eq!(unknown.status.code(), Some(6), "{}", text(&unknown));
        assert!(text(&unknown).contains("mail.message: 1 row"), "{}", text(&unknown));
        let word = world.run(&["erase", "--map", "trial.map.yaml", "--seat", "seventy", "--yes-erase", "x"], None);
        assert_eq!(word.status.code(), Some(6), "{}", text(&word));
        assert_eq!(world.state(), before);
    }
}

/// The count is of the transaction that erases: a row that came before it is erased too, and no other run sees half of it.
#[test]
fn a_row_that_comes_before_the_transaction_is_counted_in_it() {
    let world = World::new(Kind::Postgres);
    let paused = Paused::at(&world, "before_begin");
    world.execute("app", "INSERT INTO note VALUES (50, 2, 'one more')");
    let (status, told) = paused.go_on();
    assert!(status.success(), "{told}");
    assert_eq!(world.state(), World::want(Kind::Postgres));
    world.verify_certificate();
}

/// A row that comes between the count and the deletion, in a table that was counted: everything is rolled back, and what is counted when
/// the run is begun anew is not what was seen.
#[test]
fn a_row_that_comes_after_the_count_rolls_everything_back() {
    let world = World::new(Kind::Postgres);
    let paused = Paused::at(&world, "after_begin");
    world.execute("app", "INSERT INTO note VALUES (50, 2, 'one more')");
    let before = world.state();
    let (status, told) = paused.go_on();
    assert_eq!(status.code(), Some(7), "{told}");
    assert!(told.contains("that you have seen does not hold"), "{told}");
    assert_eq!(world.state(), before);
    assert_eq!(world.log()["unfinished"].as_array().map(Vec::len), Some(0));
    assert!(world.certified().is_empty());
}

/// Between the plan that was approved and the transaction.
#[test]
fn a_row_that_comes_after_the_approval_stops_the_run() {
    let world = World::new(Kind::Postgres);
    let plan = world.run(&["plan", "--map", "trial.map.yaml", "--seat", "2", "--for", "erase", "--out", "plan.json"], None);
    assert!(plan.status.success(), "{}", text(&plan));
    world.execute("app", "INSERT INTO note VALUES (50, 2, 'one more')");
    let before = world.state();
    let refused = world.erase(&["--plan", "plan.json"], None);
    assert_eq!(refused.status.code(), Some(7), "{}", text(&refused));
    assert_eq!(world.state(), before);
    assert_eq!(world.log()["unfinished"].as_array().map(Vec::len), Some(0));
    assert!(world.certified().is_empty());
}

#[test]
fn a_column_that_appeared_after_the_review_stops_the_run() {
    let world = World::new(Kind::Postgres);
    world.execute("app", "ALTER TABLE note ADD COLUMN email text");
    let before = world.state();
    let refused = world.erase(&[], None);
    assert_eq!(refused.status.code(), Some(5), "{}", text(&refused));
    assert!(text(&refused).contains("email"), "{}", text(&refused));
    assert_eq!(world.state(), before);
}

#[test]
fn a_run_is_not_taken_up_while_it_is_going_on() {
    let world = World::new(Kind::Sqlite);
    let paused = Paused::at(&world, "before_close");
    let second = world.erase(&[], None);
    assert_eq!(second.status.code(), Some(9), "{}", text(&second));
    assert!(text(&second).contains("going on in another process"), "{}", text(&second));
    let (status, told) = paused.go_on();
    assert!(status.success(), "{told}");
    world.verify_certificate();
}

#[test]
fn a_folder_that_takes_no_certificate_is_found_out_before_anything_is_erased() {
    let world = World::new(Kind::Sqlite);
    let before = world.state();
    fs::write(world.path("taken"), "a file").unwrap();
    let refused = world.run(&["erase", "--map", "trial.map.yaml", "--seat", "2", "--yes-erase", LABEL, "--out", "taken"], None);
    assert_eq!(refused.status.code(), Some(10), "{}", text(&refused));
    assert_eq!(world.state(), before);
}

#[test]
fn a_certificate_that_was_changed_does_not_hold() {
    let world = World::new(Kind::Sqlite);
    assert!(world.erase(&[], None).status.success());
    world.verify_certificate();
    let path = fs::read_dir(world.path("certificates"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|extension| extension == "json"))
        .unwrap();
    let bytes = fs::read(&path).unwrap();
    for index in (0..bytes.len()).step_by(bytes.len() / 12) {
        let mut bent = bytes.clone();
        bent[index] ^= 1;
        fs::write(world.path("bent.json"), bent).unwrap();
        let verified = world.run(&["verify", "bent.json"], None);
        assert_eq!(verified.status.code(), Some(8), "byte {index}: {}", text(&verified));
    }
    let key = world.log()["key"].as_str().unwrap().to_owned();
    let path = path.display().to_string();
    assert!(world.run(&["verify", &path, "--key", &key], None).status.success());
    let other = format!("key:{}", "0".repeat(32));
    assert_eq!(world.run(&["verify", &path, "--key", &other], None).status.code(), Some(8));
    assert!(world.run(&["log", "verify", "--since", &path], None).status.success());
}

#[test]
fn the_residual_search_judges_every_table() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let world = World::new(kind);
        world.execute("app", "INSERT INTO note VALUES (60, 3, 'ask MARA.LINDQVIST@personal.example'); UPDATE event SET payload = 'mara.lindqvist@personal.example' WHERE id = 2");
        let erased = world.erase(&["--search-residuals"], None);
        assert_eq!(erased.status.code(), Some(8), "what was found is no success: {}", text(&erased));
        let certificate = world.verify_certificate();
        let searched = &certificate["statement"]["verification"]["residual"]["searched"];
        assert_eq!(searched["identifiers"], 1);
        let verdict = |table: &str| {
            let tables = searched["tables"].as_array().expect("a list");
            let found = tables.iter().find(|found| found["table"] == table).unwrap_or_else(|| panic!("{table} was not searched"));
            found["verdict"].as_str().expect("a verdict").to_owned()
        };
        assert_eq!(verdict("app.note"), "RESIDUAL", "another seat's note holds the address");
        assert_eq!(verdict("app.seat"), "ERASED");
        assert_eq!(verdict("app.event"), "ERASED");
        assert_eq!(verdict("mail.message"), "NO_BASELINE");
        assert_eq!(certificate["statement"]["state"], "completed_with_retained");
        world.assert_nothing_personal_kept("after a search");
    }
}

#[test]
fn why_names_owners_grounds_and_erasures() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let world = World::new(kind);
        let planned = world.run(&["plan", "--map", "trial.map.yaml", "--seat", "2", "--for", "erase"], None);
        assert!(planned.status.success(), "the first plan makes the store: {}", text(&planned));
        let why = |table: &str, key: &str| {
            let asked = world.run(&["why", "--map", "trial.map.yaml", table, key, "--json"], None);
            assert!(asked.status.success(), "{}", text(&asked));
            json(&asked)
        };
        let note = why("app.note", "2");
        assert_eq!(note["reason"], "owner_is_here");
        assert_eq!(note["paths"][0]["subjects"][0]["key"][0], "2");
        assert_eq!(why("attachment", "2")["paths"][0]["subjects"][0]["key"][0], "2");
        assert_eq!(why("app.share", "2")["reason"]["shared"]["owners"], 2);
        assert_eq!(why("app.setting", "language")["reason"], "ignored");
        assert_eq!(why("mail.message", "2")["paths"][0]["subjects"][0]["key"][0], "2", "across databases");
        assert_eq!(world.run(&["why", "--map", "trial.map.yaml", "app.note", "999"], None).status.code(), Some(6));

        assert!(world.erase(&[], None).status.success());
        assert_eq!(why("app.event", "2")["reason"], "unowned", "cleared, it belongs to nobody");
        // A restored row of the erased seat.
        world.execute(
            "app",
            "INSERT INTO seat VALUES (2, 1, 'SEAT-LABEL-2', 'back@personal.example', NULL); INSERT INTO note VALUES (2, 2, 'back')",
        );
        assert!(why("app.note", "2")["reason"]["came_back"]["run"].is_string());
    }
}

#[test]
fn replay_erases_again_what_a_restored_backup_brought_back() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let world = World::new(kind);
        assert!(world.erase(&[], None).status.success());
        let nobody = world.run(&["replay", "--map", "trial.map.yaml"], None);
        assert!(nobody.status.success() && text(&nobody).contains("nobody"), "{}", text(&nobody));
        let want = world.state();
        world.execute(
            "app",
            "INSERT INTO seat VALUES (2, 1, 'SEAT-LABEL-2', 'mara.lindqvist@personal.example', 1);
             INSERT INTO note VALUES (2, 2, 'Mara Lindqvist, first'), (3, 2, 'Mara Lindqvist, second');",
        );
        world.execute("mail", "INSERT INTO message VALUES (2, 2, 'from Lindqvist')");
        let listed = world.run(&["replay", "--map", "trial.map.yaml"], None);
        assert_eq!(listed.status.code(), Some(9), "{}", text(&listed));
        assert_ne!(world.state(), want, "listing erases nothing");

        let replayed = world.run(&["replay", "--map", "trial.map.yaml", "--yes-erase", "SEAT-LABEL-2", "--out", "replays", "--json"], None);
        assert!(replayed.status.success(), "{}", text(&replayed));
        assert_eq!(world.state(), want);
        let certificate = json(&replayed)["replayed"][0]["certificate"].as_str().unwrap().to_owned();
        let verified = world.run(&["verify", &certificate], None);
        assert!(verified.status.success(), "{}", text(&verified));
        let certificate: Value = serde_json::from_slice(&fs::read(world.path(&certificate)).unwrap()).unwrap();
        assert_eq!(certificate["statement"]["purpose"], "replay");
        world.assert_nothing_personal_kept("after a replay");
    }
}

/// A new store would know of no erasure, and say that nobody is back.
#[test]
fn what_was_done_before_is_asked_of_no_new_store() {
    let world = World::new(Kind::Sqlite);
    assert!(world.erase(&[], None).status.success());
    world.execute("app", "INSERT INTO seat VALUES (2, 1, 'SEAT-LABEL-2', 'mara.lindqvist@personal.example', 1)");
    let run = "0".repeat(32);
    let asked: [&[&str]; 5] = [
        &["replay", "--map", "trial.map.yaml"],
        &["replay", "--map", "trial.map.yaml", "--yes-erase", LABEL],
        &["why", "--map", "trial.map.yaml", "app.seat", "2"],
        &["erase", "--map", "trial.map.yaml", "--resume", &run],
        &["log", "verify", "--map", "trial.map.yaml"],
    ];
    for arguments in asked {
        let mistyped = world.run(&[arguments, &["--store", "exeunt.bd"]].concat(), None);
        assert_eq!(mistyped.status.code(), Some(6), "{arguments:?}: {}", text(&mistyped));
        assert!(text(&mistyped).contains("there is no store exeunt.bd"), "{}", text(&mistyped));
        assert!(!world.path("exeunt.bd").exists(), "{arguments:?}");
    }
    assert_eq!(world.run(&["replay", "--map", "trial.map.yaml"], None).status.code(), Some(9));
}

#[test]
fn the_log_is_found_beside_the_map_from_any_folder() {
    let world = World::new(Kind::Sqlite);
    assert!(world.erase(&[], None).status.success());
    fs::create_dir(world.path("elsewhere")).unwrap();
    let verify = |arguments: &[&str]| {
        let mut command = world.command(&[&["log", "verify"], arguments].concat(), None);
        command.current_dir(world.path("elsewhere")).output().expect("run exeunt")
    };
    assert_eq!(verify(&[]).status.code(), Some(6), "there is no store in this folder");
    let beside = verify(&["--map", "../trial.map.yaml"]);
    assert!(beside.status.success(), "{}", text(&beside));
    assert_eq!(verify(&["--map", "../trail.map.yaml"]).status.code(), Some(6), "there is no such map");
    let named = verify(&["--map", "../trail.map.yaml", "--store", "../exeunt.db"]);
    assert!(named.status.success(), "what is said of the store goes first: {}", text(&named));
}

#[test]
fn a_contract_takes_its_seats_along_and_keeps_what_the_map_keeps() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let world = World::new(kind);
        let arguments = ["erase", "--map", "trial.map.yaml", "--contract", "1", "--yes-erase", "Alder", "--out", "certificates"];
        let erased = world.run(&arguments, None);
        assert!(erased.status.success(), "{}", text(&erased));
        let state = world.state();
        assert_eq!((state.app["seat"].len(), state.app["invoice"].len(), state.mail["message"].len()), (1, 3, 0));
        let statement = world.verify_certificate()["statement"].clone();
        assert_eq!(statement["state"], "completed_with_retained");
        let invoices = statement["kept"].as_array().unwrap().iter().find(|kept| kept["table"] == "app.invoice").unwrap().clone();
        assert_eq!(invoices["rows"], 2);
        assert_eq!(invoices["why"]["ground"]["until"], "2035-04-01");

        // A seat of the contract was erased with it, and is known to have been.
        let seat = world.run(&["erase", "--map", "trial.map.yaml", "--seat", "3", "--yes-erase", "x", "--json"], None);
        assert!(seat.status.success() && json(&seat)["already_erased"] == true, "{}", text(&seat));
        // One of them comes back alone, by an import.
        world.execute("app", "INSERT INTO seat VALUES (3, 2, 'SEAT-LABEL-3', 'back@personal.example', NULL)");
        let back = world.state();
        let other = world.run(&["replay", "--map", "trial.map.yaml", "--yes-erase", "SEAT-LABEL-9", "--out", "replays"], None);
        assert_eq!(other.status.code(), Some(2), "{}", text(&other));
        assert_eq!(world.state(), back, "whoever has the key now is not erased unless named");
        let replayed = world.run(&["replay", "--map", "trial.map.yaml", "--yes-erase", "SEAT-LABEL-3", "--out", "replays"], None);
        assert!(replayed.status.success(), "{}", text(&replayed));
        assert_eq!(world.state(), state);
    }
}

#[test]
fn nothing_personal_is_printed_or_kept() {
    let world = World::new(Kind::Sqlite);
    let erased = world.erase(&["--search-residuals", "--reference", "R-1041"], None);
    assert!(erased.status.success(), "{}", text(&erased));
    for personal in super::world::PERSONAL {
        assert!(!text(&erased).contains(personal), "{personal}: {}", text(&erased));
    }
    world.assert_nothing_personal_kept("after an erasure");
    assert_eq!(world.verify_certificate()["statement"]["reference"], "R-1041");
}
