//! Erasing rows: what goes, what stays, and what a failure leaves behind.

use exeunt_model::map::Change;
use exeunt_model::names::{SubjectKind, TableName};
use exeunt_model::plan::{Step, Work};
use exeunt_model::selection::{ColumnPath, Condition, RowSet, SetId};
use exeunt_sources::{ChangeValues, Eraser, Error, Keys, Look, Lookup};

use crate::world::{Postgres, Sqlite, World, conformance, table};

conformance!(
    rows_go_with_the_commit_and_not_before,
    a_rollback_leaves_everything_as_it_was,
    kept_keys_find_rows_whose_way_is_gone,
    alternatives_count_each_row_once,
    trees_and_cycles_go_at_once,
    changes_fit_their_columns,
    places_inside_json_are_changed,
    a_value_that_is_no_json_is_not_taken_for_changed,
    a_place_inside_a_list_is_not_taken_for_missing,
    pseudonyms_are_equal_for_equal_values_and_secrets,
    references_are_handed_over_and_unlinked,
    batches_take_all_rows_in_the_end,
    keys_survive_a_commit_and_a_new_connection,
    many_keys_are_no_trouble,
    files_that_rows_still_name_are_found,
    a_foreign_key_that_is_left_dangling_refuses_the_commit,
    a_failed_transaction_is_not_committed,
    steps_outside_a_transaction_are_refused,
    a_lock_of_somebody_else_is_told_as_busy,
);

fn key(column: &str) -> Condition {
    Condition::SubjectKey { kind: SubjectKind::new("seat"), columns: vec![column.into()] }
}

fn subject(text: &str) -> Keys {
    Keys { subject: vec![text.into()], carried: Vec::new() }
}

fn member(column: &str, set: u32) -> Condition {
    Condition::In { columns: vec![column.into()], set: SetId(set) }
}

fn set(id: u32, name: &str, column: &str, condition: Condition) -> RowSet {
    let columns = vec![ColumnPath::from(column)];
    RowSet { id: SetId(id), table: table(name), columns, condition, keep_keys: true, carried_to: Vec::new() }
}

fn step(name: &str, work: Work, condition: Condition) -> Step {
    Step { table: table(name), category: None, work, condition }
}

fn delete(name: &str, condition: Condition) -> Step {
    step(name, Work::Delete { row_key: Vec::new(), files: Vec::new(), tree: false }, condition)
}

fn begun(world: &dyn World, sets: &[RowSet], keys: &Keys) -> Eraser {
    let mut eraser = world.database().eraser().unwrap();
    eraser.begin().unwrap();
    eraser.fill_keys(sets, keys).unwrap();
    eraser
}

fn apply(eraser: &mut Eraser, sets: &[RowSet], steps: &[Step], keys: &Keys) -> Vec<u64> {
    let steps: Vec<&Step> = steps.iter().collect();
    eraser.apply(sets, &steps, keys, &values()).unwrap()
}

fn values() -> ChangeValues {
    ChangeValues { successor: Some(vec!["2".into()]), pseudonym_secret: [7; 32] }
}

/// All rows of a table in the order of their text, for people.
fn rows(world: &dyn World, name: &str, columns: &[&str]) -> Vec<String> {
    let columns: Vec<ColumnPath> = columns.iter().map(|column| ColumnPath::from(*column)).collect();
    let mut rows = Vec::new();
    let lookup = Lookup { table: &table(name), columns: &columns, condition: &Condition::Always, distinct: false };
    let mut reader = world.database().reader().unwrap();
    reader
        .values(&[], &lookup, &Keys::default(), &mut |row| {
            rows.push(row.iter().map(|text| text.unwrap_or("-")).collect::<Vec<_>>().join(" "))
        })
        .unwrap();
    rows.sort();
    rows
}

const NOTES: &str = "
    CREATE TABLE seat (id INTEGER PRIMARY KEY, label TEXT);
    CREATE TABLE list (id INTEGER PRIMARY KEY, seat_id INTEGER REFERENCES seat (id));
    CREATE TABLE item (id INTEGER PRIMARY KEY, list_id INTEGER REFERENCES list (id), seat_id INTEGER);
    INSERT INTO seat VALUES (1, 'one'), (2, 'two');
    INSERT INTO list VALUES (10, 1), (11, 1), (20, 2);
    INSERT INTO item VALUES (100, 10, NULL), (101, 11, 1), (102, 20, 1), (200, 20, 2), (201, NULL, NULL);
";

fn plan() -> (Vec<RowSet>, Vec<Step>) {
    let sets = vec![set(0, "list", "id", key("seat_id"))];
    let steps = vec![delete("item", member("list_id", 0)), delete("list", key("seat_id")), delete("seat", key("id"))];
    (sets, steps)
}

fn rows_go_with_the_commit_and_not_before(world: &dyn World) {
    world.run(NOTES);
    let (sets, steps) = plan();
    let keys = subject("1");
    let mut eraser = begun(world, &sets, &keys);
    assert_eq!(apply(&mut eraser, &sets, &steps, &keys), [2, 2, 1]);
    let left: Vec<(&TableName, &Condition)> = steps.iter().map(|step| (&step.table, &step.condition)).collect();
    assert_eq!(eraser.count_all(&sets, &left, &keys).unwrap(), [0, 0, 0]);
    assert_eq!(rows(world, "seat", &["id"]), ["1", "2"]);
    eraser.commit().unwrap();
    assert_eq!(eraser.count_all(&sets, &left, &keys).unwrap(), [0, 0, 0]);
    assert_eq!(rows(world, "seat", &["id"]), ["2"]);
    assert_eq!(rows(world, "item", &["id"]), ["102", "200", "201"]);
    // A row that comes back after the commit is seen by a recount.
    world.run("INSERT INTO item VALUES (103, NULL, NULL); INSERT INTO list VALUES (10, 2); UPDATE item SET list_id = 10 WHERE id = 103");
    assert_eq!(eraser.count_all(&sets, &left, &keys).unwrap(), [1, 0, 0]);
}

fn a_rollback_leaves_everything_as_it_was(world: &dyn World) {
    world.run(NOTES);
    let (sets, steps) = plan();
    let keys = subject("1");
    let mut eraser = begun(world, &sets, &keys);
    apply(&mut eraser, &sets, &steps, &keys);
    eraser.rollback().unwrap();
    assert_eq!(rows(world, "item", &["id"]).len(), 5);
    // And the same eraser can begin again.
    eraser.begin().unwrap();
    eraser.fill_keys(&sets, &keys).unwrap();
    assert_eq!(apply(&mut eraser, &sets, &steps, &keys), [2, 2, 1]);
    drop(eraser);
    assert_eq!(rows(world, "seat", &["id"]), ["1", "2"]);
}

fn kept_keys_find_rows_whose_way_is_gone(world: &dyn World) {
    world.run(
        "CREATE TABLE list (id INTEGER PRIMARY KEY, seat_id INTEGER); INSERT INTO list VALUES (10, 1), (20, 2);
         CREATE TABLE item (id INTEGER PRIMARY KEY, list_id INTEGER); INSERT INTO item VALUES (1, 10), (2, 20);",
    );
    let (sets, mut steps) = plan();
    steps.truncate(2);
    steps.reverse();
    let keys = subject("1");
    let mut eraser = begun(world, &sets, &keys);
    assert_eq!(apply(&mut eraser, &sets, &steps, &keys), [1, 1]);
    eraser.commit().unwrap();
    assert_eq!(rows(world, "item", &["id"]), ["2"]);
}

fn alternatives_count_each_row_once(world: &dyn World) {
    world.run(NOTES);
    let sets = vec![set(0, "list", "id", key("seat_id"))];
    let keys = subject("1");
    let either = Condition::any([key("seat_id"), member("list_id", 0)]);
    let mut eraser = begun(world, &sets, &keys);
    assert_eq!(eraser.count_all(&sets, &[(&table("item"), &either)], &keys).unwrap(), [3]);
    let clear = step("item", Work::Unlink { columns: vec!["seat_id".into()] }, either.clone());
    assert_eq!(apply(&mut eraser, &sets, &[clear], &keys), [3]);
    eraser.rollback().unwrap();
    eraser.begin().unwrap();
    eraser.fill_keys(&sets, &keys).unwrap();
    assert_eq!(apply(&mut eraser, &sets, &[delete("item", either)], &keys), [3]);
}

fn trees_and_cycles_go_at_once(world: &dyn World) {
    world.run(
        "CREATE TABLE folder (id INTEGER PRIMARY KEY, parent_id INTEGER REFERENCES folder (id), seat_id INTEGER);
         INSERT INTO folder VALUES (1, NULL, 1), (2, 1, NULL), (3, 2, NULL), (4, NULL, 2), (5, 4, NULL);
         UPDATE folder SET parent_id = 3 WHERE id = 1;",
    );
    let tree = Condition::Closure { base: Box::new(key("seat_id")), columns: vec!["parent_id".into()], referenced: vec!["id".into()] };
    let sets = vec![set(0, "folder", "id", tree)];
    let keys = subject("1");
    let mut eraser = begun(world, &sets, &keys);
    let work = Work::Delete { row_key: vec!["id".into()], files: Vec::new(), tree: true };
    let step = step("folder", work, member("id", 0));
    assert_eq!(apply(&mut eraser, &sets, std::slice::from_ref(&step), &keys), [3]);
    eraser.rollback().unwrap();
    eraser.begin().unwrap();
    eraser.fill_keys(&sets, &keys).unwrap();
    assert_eq!(eraser.apply_batch(&sets, &step, 1, &keys).unwrap(), 3);
    eraser.commit().unwrap();
    assert_eq!(rows(world, "folder", &["id"]), ["4", "5"]);
}

fn changes_fit_their_columns(world: &dyn World) {
    world.run(
        "CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT NOT NULL, short VARCHAR(6) UNIQUE, who UUID, born DATE,
            flag BOOLEAN, void TEXT);
         INSERT INTO person VALUES (1, 'Ada Example', 'ada', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '1990-01-01', TRUE, NULL),
            (2, 'Bo Example', 'bo', 'b0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '1991-01-01', TRUE, NULL);",
    );
    let changes = [
        ("name", Change::Pseudonym),
        ("short", Change::Pseudonym),
        ("who", Change::Pseudonym),
        ("void", Change::Pseudonym),
        ("born", Change::Clear),
        ("flag", Change::Constant("false".into())),
    ];
    let changes = changes.map(|(column, change)| (ColumnPath::from(column), change)).to_vec();
    let keys = subject("1");
    let mut eraser = begun(world, &[], &keys);
    assert_eq!(apply(&mut eraser, &[], &[step("person", Work::Change { changes }, key("id"))], &keys), [1]);
    eraser.commit().unwrap();
    let got = rows(world, "person", &["id", "name", "short", "who", "born", "flag", "void"]);
    let yes = world.pick("1", "true");
    assert_eq!(got[1], format!("2 Bo Example bo b0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11 1991-01-01 {yes} -"));
    let no = world.pick("0", "false");
    // The same on both databases: equal values stay equal across sources.
    assert_eq!(got[0], format!("1 d94acef4828cc095181d 716ef8 83cee386-c34c-8ebd-8a12-c09d61ec039c - {no} -"));
}

fn places_inside_json_are_changed(world: &dyn World) {
    world.run(
        "CREATE TABLE event (id INTEGER PRIMARY KEY, doc JSON, note TEXT);
         INSERT INTO event VALUES (1, '{\"a\": {\"mail\": \"ada@mail.example\", \"n\": [1, 2]}, \"keep\": 1}', '{\"x\": \"y\"}'), (2, '{\"keep\": 2}', NULL), (3, NULL, NULL)",
    );
    let changes = vec![
        (ColumnPath::from("doc/a/mail"), Change::Constant("gone".into())),
        (ColumnPath::from("doc/a/n/0"), Change::Clear),
        (ColumnPath::from("note/x"), Change::Pseudonym),
    ];
    let mut eraser = begun(world, &[], &subject("1"));
    assert_eq!(apply(&mut eraser, &[], &[step("event", Work::Change { changes }, Condition::Always)], &subject("1")), [3]);
    eraser.commit().unwrap();
    let places = ["id", "doc/a/mail", "doc/a/n/0", "doc/a/n/1", "doc/keep", "note/x"];
    let got = rows(world, "event", &places);
    assert_eq!(got[1..], ["2 - - - 2 -", "3 - - - - -"]);
    let words: Vec<&str> = got[0].split(' ').collect();
    assert_eq!(words[..5], ["1", "gone", "2", "-", "1"]);
    assert_eq!(words[5].len(), 20);
}

fn a_value_that_is_no_json_is_not_taken_for_changed(world: &dyn World) {
    world.run("CREATE TABLE event (id INTEGER PRIMARY KEY, note TEXT); INSERT INTO event VALUES (1, 'mail: ada@mail.example')");
    for change in [Change::Clear, Change::Constant("gone".into()), Change::Pseudonym] {
        let mut eraser = begun(world, &[], &subject("1"));
        let steps = step("event", Work::Change { changes: vec![(ColumnPath::from("note/mail"), change)] }, Condition::Always);
        let error = eraser.apply(&[], &[&steps], &subject("1"), &values()).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("ada"), "{error:?}");
        eraser.rollback().unwrap();
    }
    assert_eq!(rows(world, "event", &["id", "note"]), ["1 mail: ada@mail.example"]);
}

fn a_place_inside_a_list_is_not_taken_for_missing(world: &dyn World) {
    let table = "CREATE TABLE event (id INTEGER PRIMARY KEY, note TEXT); INSERT INTO event VALUES";
    world.run(&format!(r#"{table} (1, '{{"to": [{{"mail": "ada@mail.example"}}], "by": 7}}')"#));
    let before = rows(world, "event", &["id", "note"]);
    for change in [Change::Clear, Change::Constant("gone".into()), Change::Pseudonym] {
        // The second place is looked at as the first.
        let changes = ["note/by", "note/to/mail"].map(|place| (ColumnPath::from(place), change.clone())).to_vec();
        let mut eraser = begun(world, &[], &subject("1"));
        let steps = step("event", Work::Change { changes }, Condition::Always);
        let error = eraser.apply(&[], &[&steps], &subject("1"), &values()).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("ada"), "{error:?}");
        eraser.rollback().unwrap();
        let at = step("event", Work::Change { changes: vec![(ColumnPath::from("note/to/0/mail"), change)] }, Condition::Always);
        let mut eraser = begun(world, &[], &subject("1"));
        assert_eq!(eraser.apply(&[], &[&at], &subject("1"), &values()).unwrap(), [1]);
        eraser.rollback().unwrap();
    }
    assert_eq!(rows(world, "event", &["id", "note"]), before);
}

/// PostgreSQL's own JSON keeps the last of them.
#[test]
fn a_place_that_a_value_has_twice_is_not_taken_for_changed() {
    let world = Sqlite::new();
    world.run(
        r#"CREATE TABLE event (id INTEGER PRIMARY KEY, note TEXT);
           INSERT INTO event VALUES (1, '{"a": {"mail": "one@mail.example", "mail": "ada@mail.example"}}')"#,
    );
    for change in [Change::Clear, Change::Constant("gone".into()), Change::Pseudonym] {
        let mut eraser = begun(&world, &[], &subject("1"));
        let steps = step("event", Work::Change { changes: vec![(ColumnPath::from("note/a/mail"), change)] }, Condition::Always);
        eraser.apply(&[], &[&steps], &subject("1"), &values()).unwrap_err();
        eraser.rollback().unwrap();
    }
}

fn pseudonyms_are_equal_for_equal_values_and_secrets(world: &dyn World) {
    world.run(
        "CREATE TABLE a (id INTEGER PRIMARY KEY, mail TEXT); INSERT INTO a VALUES (1, 'x@mail.example'), (2, 'x@mail.example'), (3, 'y')",
    );
    let change = |world: &dyn World, secret: u8| {
        let work = Work::Change { changes: vec![("mail".into(), Change::Pseudonym)] };
        let keys = Keys::default();
        let mut eraser = begun(world, &[], &keys);
        let values = ChangeValues { successor: None, pseudonym_secret: [secret; 32] };
        eraser.apply(&[], &[&step("a", work, Condition::Always)], &keys, &values).unwrap();
        let mut seen = Vec::new();
        let lookup = Lookup { table: &table("a"), columns: &["mail".into()], condition: &Condition::Always, distinct: false };
        eraser.values(&[], &lookup, &keys, &mut |row| seen.push(row[0].unwrap().to_owned())).unwrap();
        eraser.rollback().unwrap();
        seen.sort();
        seen
    };
    let first = change(world, 1);
    assert_eq!(first, change(world, 1));
    assert_ne!(first, change(world, 2));
    let mut distinct = first.clone();
    distinct.dedup();
    assert_eq!(distinct.len(), 2);
}

fn references_are_handed_over_and_unlinked(world: &dyn World) {
    world.run(NOTES);
    let keys = subject("1");
    let sets = vec![set(0, "list", "id", key("seat_id"))];
    let mut eraser = begun(world, &sets, &keys);
    let steps = [
        step("list", Work::HandOver { column: "seat_id".into() }, key("seat_id")),
        step("item", Work::Unlink { columns: vec!["list_id".into()] }, member("list_id", 0)),
    ];
    assert_eq!(apply(&mut eraser, &sets, &steps, &keys), [2, 2]);
    eraser.commit().unwrap();
    assert_eq!(rows(world, "list", &["id", "seat_id"]), ["10 2", "11 2", "20 2"]);
    assert_eq!(rows(world, "item", &["id", "list_id"])[..2], ["100 -", "101 -"]);
}

fn batches_take_all_rows_in_the_end(world: &dyn World) {
    let fill: Vec<String> = (0..25).map(|number| format!("({number}, {}, 'x{number}')", number % 2)).collect();
    let fill = fill.join(", ");
    world.run(&format!(
        "CREATE TABLE numbered (id INTEGER PRIMARY KEY, seat_id INTEGER, word TEXT); INSERT INTO numbered VALUES {fill};
         CREATE TABLE keyless (id INTEGER, seat_id INTEGER, word TEXT); INSERT INTO keyless VALUES {fill};"
    ));
    world.run(world.pick(
        "CREATE TABLE special (word TEXT, seat_id INTEGER, rowid TEXT, PRIMARY KEY (word, seat_id)) WITHOUT ROWID;
         INSERT INTO special SELECT word, seat_id, 'r' FROM numbered;",
        "CREATE TABLE special (word TEXT, seat_id INTEGER, rowid TEXT, PRIMARY KEY (word, seat_id)) PARTITION BY LIST (seat_id);
         CREATE TABLE special_0 PARTITION OF special FOR VALUES IN (0); CREATE TABLE special_1 PARTITION OF special FOR VALUES IN (1);
         INSERT INTO special SELECT word, seat_id, 'r' FROM numbered;",
    ));
    let keys = subject("1");
    for name in ["numbered", "keyless", "special"] {
        let step = delete(name, key("seat_id"));
        let mut eraser = world.database().eraser().unwrap();
        let mut taken = Vec::new();
        loop {
            eraser.begin().unwrap();
            let affected = eraser.apply_batch(&[], &step, 5, &keys).unwrap();
            eraser.commit().unwrap();
            taken.push(affected);
            if affected == 0 {
                break;
            }
        }
        assert_eq!(taken, [5, 5, 2, 0], "{name}");
        assert_eq!(rows(world, name, &["seat_id"]), vec!["0"; 13], "{name}");
    }
}

fn keys_survive_a_commit_and_a_new_connection(world: &dyn World) {
    world.run("CREATE TABLE odd (id VARCHAR(20) PRIMARY KEY, n DOUBLE PRECISION, seat_id INTEGER); INSERT INTO odd VALUES ('', 0.1, 1), ('a\\x', 1, 1), ('it''s', 2.5, 1), ('7', 3, 2)");
    let pair = |condition| RowSet { columns: vec!["id".into(), "n".into()], ..set(3, "odd", "id", condition) };
    let sets = vec![pair(key("seat_id"))];
    let keys = subject("1");
    let condition = Condition::In { columns: vec!["id".into(), "n".into()], set: SetId(3) };
    let mut eraser = begun(world, &sets, &keys);
    eraser.commit().unwrap();
    let mut tuples = Vec::new();
    eraser
        .export_keys(&sets, &[&sets[0]], &mut |_, tuple| tuples.push(tuple.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>()))
        .unwrap();
    assert_eq!(tuples.len(), 3);
    assert_eq!(eraser.count_all(&sets, &[(&table("odd"), &condition)], &keys).unwrap(), [3]);
    drop(eraser);
    let mut second = world.database().eraser().unwrap();
    second.begin().unwrap();
    second.import_keys(&sets, &sets[0], &tuples).unwrap();
    second.import_keys(&sets, &sets[0], &tuples).unwrap();
    assert_eq!(apply(&mut second, &sets, &[delete("odd", condition)], &keys), [3]);
    second.commit().unwrap();
    assert_eq!(rows(world, "odd", &["id"]), ["7"]);
}

fn many_keys_are_no_trouble(world: &dyn World) {
    world.run("CREATE TABLE much (id INTEGER PRIMARY KEY, seat_id INTEGER); CREATE TABLE leaf (id INTEGER PRIMARY KEY, much_id INTEGER REFERENCES much (id)); CREATE INDEX leaf_much ON leaf (much_id)");
    world.run(world.pick(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30000) INSERT INTO much SELECT i, i % 2 FROM n;
         INSERT INTO leaf SELECT id, id FROM much",
        "INSERT INTO much SELECT i, i % 2 FROM generate_series(1, 30000) AS i; INSERT INTO leaf SELECT id, id FROM much",
    ));
    let sets = vec![set(0, "much", "id", key("seat_id"))];
    let keys = subject("1");
    let steps = [delete("leaf", member("much_id", 0)), delete("much", member("id", 0))];
    let mut eraser = begun(world, &sets, &keys);
    assert_eq!(apply(&mut eraser, &sets, &steps, &keys), [15_000, 15_000]);
    let mut tuples = Vec::new();
    eraser.export_keys(&sets, &[&sets[0]], &mut |_, tuple| tuples.push(vec![tuple[0].to_owned()])).unwrap();
    eraser.rollback().unwrap();
    eraser.begin().unwrap();
    eraser.import_keys(&sets, &sets[0], &tuples).unwrap();
    assert_eq!(apply(&mut eraser, &sets, &steps, &keys), [15_000, 15_000]);
    eraser.commit().unwrap();
}

fn files_that_rows_still_name_are_found(world: &dyn World) {
    world.run("CREATE TABLE a (id INTEGER PRIMARY KEY, blob_key TEXT); INSERT INTO a VALUES (1, 'x/1'), (2, 'it''s'), (3, NULL); CREATE TABLE b (thumb VARCHAR(9)); INSERT INTO b VALUES ('x/2')");
    let mut eraser = world.database().eraser().unwrap();
    let files = ["x/2", "it's", "gone", ""].map(str::to_owned);
    let got = eraser.still_named(&[(&table("a"), "blob_key"), (&table("b"), "thumb")], &files).unwrap();
    assert_eq!(got, ["x/2", "it's"]);
}

/// PostgreSQL takes both names for one where it compares by the column's own collation.
#[test]
fn names_of_files_are_told_apart_where_the_column_takes_them_for_equal() {
    let world = Postgres::new();
    world.run(
        "CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
         CREATE TABLE a (id INTEGER PRIMARY KEY, blob_key TEXT COLLATE loose);
         INSERT INTO a VALUES (1, 'x/A.pdf'), (2, 'x/a.pdf'), (3, 'x//b.pdf'), (4, 'x//B.pdf'), (5, 'x/.hidden')",
    );
    let mut eraser = world.database().eraser().unwrap();
    let name = table("a");
    let columns = [(&name, "blob_key")];
    let files = ["x/A.pdf", "x/a.pdf", "X/a.pdf"].map(str::to_owned);
    assert_eq!(eraser.still_named(&columns, &files).unwrap(), ["x/A.pdf", "x/a.pdf"]);
    assert_eq!(eraser.odd_names(&columns).unwrap().not_plain, ["x//B.pdf", "x//b.pdf"]);
    let lookup = Lookup { table: &name, columns: &["blob_key".into()], condition: &Condition::Always, distinct: true };
    let mut found = 0;
    eraser.values(&[], &lookup, &Keys::default(), &mut |_| found += 1).unwrap();
    assert_eq!(found, 5);
}

/// A column of SQLite holds whatever was put in, and the plan reads its text.
#[test]
fn numbers_and_bytes_name_files_as_their_text_does() {
    let world = Sqlite::new();
    world.run("CREATE TABLE a (id INTEGER PRIMARY KEY, blob_key); INSERT INTO a VALUES (1, 7), (2, '8'), (3, x'39')");
    let mut eraser = world.database().eraser().unwrap();
    let files = ["7", "8", "9", "10"].map(str::to_owned);
    assert_eq!(eraser.still_named(&[(&table("a"), "blob_key")], &files).unwrap(), ["7", "8", "9"]);
}

fn a_foreign_key_that_is_left_dangling_refuses_the_commit(world: &dyn World) {
    world.run(
        "CREATE TABLE seat (id INTEGER PRIMARY KEY);
         CREATE TABLE note (id INTEGER PRIMARY KEY, mail TEXT, seat_id INTEGER REFERENCES seat (id) DEFERRABLE INITIALLY DEFERRED);
         INSERT INTO seat VALUES (4711); INSERT INTO note VALUES (1, 'ada@mail.example', 4711)",
    );
    let keys = subject("4711");
    let mut eraser = begun(world, &[], &keys);
    assert_eq!(apply(&mut eraser, &[], &[delete("seat", key("id"))], &keys), [1]);
    let error = eraser.commit().unwrap_err();
    assert!(matches!(error, Error::Refused { .. }), "{error:?}");
    assert!(!format!("{error} {error:?}").contains("4711"), "{error:?}");
    eraser.rollback().unwrap();
    assert_eq!(rows(world, "seat", &["id"]), ["4711"]);
    eraser.begin().unwrap();
    eraser.rollback().unwrap();
}

fn a_failed_transaction_is_not_committed(world: &dyn World) {
    world.run("CREATE TABLE seat (id INTEGER PRIMARY KEY, name VARCHAR(9) NOT NULL, mail TEXT UNIQUE); INSERT INTO seat VALUES (1, 'one', 'a'), (2, 'two', 'b')");
    let keys = subject("1");
    let mut eraser = begun(world, &[], &keys);
    let clear = step("seat", Work::Unlink { columns: vec!["name".into()] }, key("id"));
    let same = step("seat", Work::Change { changes: vec![("mail".into(), Change::Constant("b".into()))] }, key("id"));
    for wrong in [clear, same] {
        let steps = [&delete("seat", Condition::Never), &wrong];
        let error = eraser.apply(&[], &steps, &keys, &values()).unwrap_err();
        assert!(matches!(&error, Error::Refused { .. }), "{error:?}");
        assert!(error.to_string().contains("seat"), "{error}");
        if world.is_postgres() {
            let error = eraser.commit().unwrap_err();
            assert!(matches!(&error, Error::Refused { .. }), "{error:?}");
        }
        eraser.rollback().unwrap();
        eraser.begin().unwrap();
    }
    assert_eq!(rows(world, "seat", &["id", "mail"]), ["1 a", "2 b"]);
}

fn steps_outside_a_transaction_are_refused(world: &dyn World) {
    world.run("CREATE TABLE seat (id INTEGER PRIMARY KEY); INSERT INTO seat VALUES (1)");
    let mut eraser = world.database().eraser().unwrap();
    let error = eraser.apply(&[], &[&delete("seat", Condition::Always)], &Keys::default(), &values()).unwrap_err();
    assert!(matches!(error, Error::Unsupported { .. }), "{error:?}");
    assert!(matches!(eraser.commit(), Err(Error::Unsupported { .. })));
    assert_eq!(rows(world, "seat", &["id"]), ["1"]);
}

fn a_lock_of_somebody_else_is_told_as_busy(world: &dyn World) {
    world.run("CREATE TABLE seat (id INTEGER PRIMARY KEY); INSERT INTO seat VALUES (1)");
    let short = std::time::Duration::from_millis(50);
    let mut first = world.database().eraser().unwrap();
    first.begin().unwrap();
    first.apply(&[], &[&delete("seat", Condition::Always)], &Keys::default(), &values()).unwrap();
    let mut second = world.database().eraser_with_patience(short).unwrap();
    let error =
        second.begin().and_then(|()| second.apply(&[], &[&delete("seat", Condition::Always)], &Keys::default(), &values())).unwrap_err();
    assert!(matches!(&error, Error::Busy { .. }) && error.is_transient(), "{error:?}");
}
