//! What an erasure and its certificate claim.

use std::fs;

use super::hands;
use super::world::{Kind, World, text};

#[test]
fn changed_rows_and_missing_files_are_no_erased_rows() {
    let world = World::new(Kind::Sqlite);
    // What is left is the subject's alone: nothing stays for a reason.
    world.execute("app", "DELETE FROM share; DELETE FROM attachment WHERE id = 7;");
    let erased = world.erase(&[], None);
    assert!(erased.status.success(), "{}", text(&erased));
    let statement = world.verify_certificate()["statement"].clone();
    assert_eq!(statement["state"], "completed");
    let claimed =
        "what the data map has deleted is gone and the rows that it has changed are changed, and some named files were not in their store";
    assert!(text(&erased).contains(&format!("completed: {claimed}")), "{}", text(&erased));
    assert!(!text(&erased).contains("everything in scope"), "{}", text(&erased));

    let page = fs::read_dir(world.path("certificates")).expect("list certificates").map(|entry| entry.expect("list").path());
    let (json, html): (Vec<_>, Vec<_>) = page.partition(|path| path.extension().is_some_and(|extension| extension == "json"));
    let html = fs::read_to_string(&html[0]).expect("read the page");
    assert!(html.contains(&format!("Completed: {claimed}.")), "{html}");

    let path = json[0].display().to_string();
    let verified = world.run(&["verify", &path], None);
    let told = text(&verified);
    assert!(told.contains(&format!("the certificate holds: completed, {claimed}")), "{told}");
    assert!(told.contains("14 rows deleted, 4 changes in rows that stay, 3 files deleted"), "{told}");
    assert!(told.contains("missing from files: 1 file that app.attachment named"), "{told}");
    let verified = world.run(&["verify", "--json", &path], None);
    let json: serde_json::Value = serde_json::from_slice(&verified.stdout).expect("JSON");
    assert_eq!([&json["deleted"], &json["changed"], &json["kept"], &json["files"], &json["missing"]], [14, 4, 0, 3, 1]);
}

/// A trigger as platforms write them: its function names tables and functions without a schema.
const TRIGGER: &str = "
    CREATE SCHEMA platform;
    CREATE TABLE platform.trail (id serial PRIMARY KEY, what text);
    CREATE TABLE trail_count (notes bigint);
    INSERT INTO trail_count VALUES (0);
    CREATE FUNCTION platform.describe(integer) RETURNS text LANGUAGE sql AS $$ SELECT 'gone: ' || $1 $$;
    CREATE FUNCTION keep_trail() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO trail (what) VALUES (describe(OLD.id));
            UPDATE trail_count SET notes = notes + 1;
            RETURN NULL;
        END $$;
    CREATE TRIGGER note_trail AFTER DELETE ON note FOR EACH ROW EXECUTE FUNCTION keep_trail();
    DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = \"$user\", public, \"platform\"', current_database()); END $$;
";

fn with_trigger() -> World {
    let map = super::world::MAP
        .replace("app.note: { category: work,", "app.note: { category: work, triggers: { note_trail: \"keeps a trail\" },")
        .replace("ignore:\n", "ignore:\n  app.platform.trail: \"numbers of rows\"\n  app.trail_count: \"a number\"\n")
        .replace("\"${TRIAL_APP}\" }", "\"${TRIAL_APP}\", schemas: [public, platform] }");
    let world = World::unaccepted(Kind::Postgres, &map);
    world.execute("app", TRIGGER);
    let accepted = world.run(&["map", "accept", "--map", "trial.map.yaml", "--yes"], None);
    assert!(accepted.status.success(), "{}", text(&accepted));
    world
}

#[test]
fn triggers_see_the_search_path_of_the_platform() {
    for batches in [&[][..], &["--batch-rows", "2"]] {
        let world = with_trigger();
        let erased = world.erase(batches, None);
        assert!(erased.status.success(), "{}", text(&erased));
        assert_eq!(world.texts("app", "SELECT count(*)::text || min(what) FROM platform.trail"), ["5gone: 2"]);
        assert_eq!(world.texts("app", "SELECT notes::text FROM trail_count"), ["5"]);
    }
}

#[test]
fn a_schema_with_operators_of_the_systems_names_is_not_searched() {
    let world = with_trigger();
    // It fits two texts with a length more closely than the system's own comparison of texts.
    world.execute(
        "app",
        "CREATE FUNCTION platform.alike(integer, integer) RETURNS boolean LANGUAGE sql AS $$ SELECT true $$;
         CREATE OPERATOR platform.= (LEFTARG = integer, RIGHTARG = integer, FUNCTION = platform.alike);",
    );
    let before = world.state();
    let refused = world.erase(&[], None);
    assert!(!refused.status.success(), "{}", text(&refused));
    assert_eq!(world.state(), before);
}

const TAKEN_BACK: &str = r#"
exeunt: 1
name: trial
sources:
  app: { kind: KIND, url: "${TRIAL_APP:-sqlite:app.db}" }
subjects:
  seat: { table: app.seat, key: id }
categories:
  work: { label: Work }
tables:
  app.seat: { category: work }
  app.note:
    category: work
    owner: seat via seat_id
    references: [{ columns: [seat_id], to: app.seat(id) }]
    triggers: { keep_old: "keeps history" }
    on_erase: { replace: { VALUES } }
    unlink: [seat_id]
"#;

/// A trigger that was reviewed may still undo what a change does.
#[test]
fn changes_that_a_trigger_takes_back_are_not_claimed() {
    let replaced = [
        ("body: pseudonym", "body"),
        ("code: pseudonym", "code"),
        ("payload/name: pseudonym", "payload"),
        ("points: { constant: '0' }", "points"),
        ("body: { constant: gone }", "body"),
        ("payload/name: { constant: gone }", "payload"),
    ];
    for kind in [Kind::Sqlite, Kind::Postgres] {
        for (values, column) in replaced {
            for taken_back in [true, false] {
                let case = format!("{kind:?} {values} {taken_back}");
                let tables = format!(
                    "CREATE TABLE seat (id INTEGER PRIMARY KEY);
                    CREATE TABLE note (id INTEGER PRIMARY KEY, seat_id INTEGER, body VARCHAR(60), code UUID, points NUMERIC(6, 2), payload JSON);
                    INSERT INTO seat VALUES (1), (2);
                    INSERT INTO note VALUES (1, 1, 'secret', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 7.5, '{{\"name\": \"secret\"}}'),
                        (2, 1, NULL, NULL, 0, '{{}}'), (3, 2, 'other', NULL, NULL, NULL);
                    {}",
                    trigger(kind, if taken_back { column } else { "seat_id" })
                );
                let world = hands::World::with(kind, &tables, &TAKEN_BACK.replace("VALUES", values));
                let erased =
                    world.run(&["erase", "--map", "trial.map.yaml", "--seat", "1", "--yes-erase", "1", "--out", "certificates"], None);
                let changed = world.certified_step("app.note", "change");
                match taken_back {
                    true => {
                        assert_eq!(erased.status.code(), Some(9), "{case}: {}", text(&erased));
                        assert!(changed["remaining"].as_i64().is_some_and(|rows| rows > 0), "{case}: {changed}");
                    }
                    false => {
                        assert!(erased.status.success(), "{case}: {}", text(&erased));
                        assert_eq!(changed["remaining"], 0, "{case}: {changed}");
                    }
                }
            }
        }
    }
}

/// Puts a column back as it was, or does nothing of note.
fn trigger(kind: Kind, column: &str) -> String {
    let harmless = column == "seat_id";
    match kind {
        Kind::Sqlite if harmless => "CREATE TRIGGER keep_old AFTER UPDATE ON note BEGIN SELECT 1; END;".to_owned(),
        Kind::Sqlite => format!(
            "CREATE TRIGGER keep_old AFTER UPDATE OF {column} ON note BEGIN UPDATE note SET {column} = OLD.{column} WHERE id = NEW.id; END;"
        ),
        Kind::Postgres => format!(
            "CREATE FUNCTION keep_old() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {} RETURN NEW; END $$;
            CREATE TRIGGER keep_old BEFORE UPDATE ON note FOR EACH ROW EXECUTE FUNCTION keep_old();",
            if harmless { String::new() } else { format!("NEW.{column} := OLD.{column};") }
        ),
    }
}
