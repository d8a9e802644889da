//! Reading rows: values of all types, streams, and what reading refuses.

use std::io;

use exeunt_model::catalog::SourceKind;
use exeunt_model::names::{SourceName, SubjectKind, TableName};
use exeunt_model::selection::{ColumnPath, Condition, RowSet, SetId};
use exeunt_sources::{Error, Keys, Look, Lookup, Read, Reader, Receive, SearchLimits, SearchOutcome, Streamed};

use crate::world::{Postgres, World, app, conformance, table};

conformance!(
    csv_has_postgres_conventions,
    numbers_and_times_come_as_the_database_prints_them,
    long_values_pass,
    many_tables_stream_in_order,
    names_of_all_kinds_are_quoted,
    zero_and_empty_keys_are_keys,
    places_inside_json_are_read,
    secret_places_are_taken_out,
    secret_places_hide_in_no_value,
    keys_of_another_source_select_rows,
    a_full_output_is_told_apart_from_the_database,
    a_table_that_vanished_is_told,
    one_row_is_found_by_its_key,
    typed_keys_become_the_databases_own,
    texts_are_searched_in_all_columns,
    the_moment_is_a_time,
    a_plan_for_other_columns_is_refused,
);

fn key(column: &str) -> Condition {
    Condition::SubjectKey { kind: SubjectKind::new("seat"), columns: vec![column.into()] }
}

fn subject(text: &str) -> Keys {
    Keys { subject: vec![text.into()], carried: Vec::new() }
}

fn csv(reader: &mut Reader, table: &TableName, columns: &[&str]) -> String {
    let columns: Vec<String> = columns.iter().map(|column| (*column).to_owned()).collect();
    let mut output = Vec::new();
    let read = Read { table, columns: &columns, secret_paths: &[], condition: &Condition::Always };
    let streamed = reader.stream_csv(&[], &read, &Keys::default(), &mut output).unwrap();
    assert_eq!(streamed.bytes, output.len() as u64);
    String::from_utf8(output).unwrap()
}

fn csv_has_postgres_conventions(world: &dyn World) {
    world.run("CREATE TABLE text_case (id INTEGER PRIMARY KEY, body TEXT, flag BOOLEAN)");
    world.run(world.pick("CREATE TABLE raw_case (raw BLOB)", "CREATE TABLE raw_case (raw bytea)"));
    world.run(world.pick("INSERT INTO raw_case VALUES (x'00ff'), (x'')", "INSERT INTO raw_case VALUES ('\\x00ff'), ('')"));
    world.run(
        "INSERT INTO text_case VALUES
            (1, NULL, NULL), (2, '', TRUE), (3, 'plain', FALSE), (4, 'a,b', NULL), (5, 'say \"hi\"', NULL),
            (6, 'two
lines', NULL), (7, 'Größe 漢字', NULL), (8, '\\.', NULL), (9, ' space ', NULL), (10, 'back\\slash', NULL)",
    );
    let mut reader = world.database().reader().unwrap();
    let got = csv(&mut reader, &table("text_case"), &["id", "body"]);
    let want = "1,\n2,\"\"\n3,plain\n4,\"a,b\"\n5,\"say \"\"hi\"\"\"\n6,\"two\nlines\"\n7,Größe 漢字\n8,\\.\n9, space \n10,back\\slash\n";
    assert_eq!(got, want);
    assert_eq!(csv(&mut reader, &table("text_case"), &["body"]).lines().nth(8), Some("\"\\.\""));
    let flags = csv(&mut reader, &table("text_case"), &["flag"]);
    assert_eq!(flags.lines().take(3).collect::<Vec<_>>(), if world.is_postgres() { ["", "true", "false"] } else { ["", "1", "0"] });
    assert_eq!(csv(&mut reader, &table("raw_case"), &["raw"]), "\\x00ff\n\\x\n");
}

fn numbers_and_times_come_as_the_database_prints_them(world: &dyn World) {
    world.run(world.pick(
        "CREATE TABLE kinds (a INTEGER, b REAL, c REAL, d TEXT);
         INSERT INTO kinds VALUES (9223372036854775807, 0.1, 1e300, '2024-02-29 12:00:00+00'), (-1, -2.5, 1e-7, '')",
        "CREATE TABLE kinds (a bigint, b double precision, c double precision, d timestamptz);
         INSERT INTO kinds VALUES (9223372036854775807, 0.1, 1e300, '2024-02-29 13:00:00+01'), (-1, -2.5, 1e-7, NULL)",
    ));
    let mut reader = world.database().reader().unwrap();
    let got = csv(&mut reader, &table("kinds"), &["a", "b", "c", "d"]);
    let want = world.pick(
        "9223372036854775807,0.1,1e300,2024-02-29 12:00:00+00\n-1,-2.5,1e-7,\"\"\n",
        "9223372036854775807,0.1,1e+300,2024-02-29 12:00:00+00\n-1,-2.5,1e-07,\n",
    );
    assert_eq!(got, want);
}

fn long_values_pass(world: &dyn World) {
    world.run("CREATE TABLE long (id INTEGER PRIMARY KEY, body TEXT)");
    world.run(world.pick(
        "INSERT INTO long SELECT 1, replace(hex(zeroblob(1500000)), '0', 'é'); INSERT INTO long VALUES (2, 'short')",
        "INSERT INTO long SELECT 1, repeat('é', 3000000); INSERT INTO long VALUES (2, 'short')",
    ));
    let mut reader = world.database().reader().unwrap();
    let got = csv(&mut reader, &table("long"), &["id", "body"]);
    assert_eq!(got.len(), 2 + 6_000_000 + 1 + 8);
    assert!(got.ends_with("é\n2,short\n"));
    let mut bytes = 0;
    let lookup = Lookup { table: &table("long"), columns: &["body".into()], condition: &Condition::Always, distinct: false };
    reader.values(&[], &lookup, &Keys::default(), &mut |row| bytes += row[0].map_or(0, str::len)).unwrap();
    assert_eq!(bytes, 6_000_005);
}

fn many_tables_stream_in_order(world: &dyn World) {
    let names: Vec<TableName> = (0..40).map(|number| table(&format!("t{number}"))).collect();
    let sql: String = (0..40)
        .map(|number| {
            let rows = if number % 5 == 0 { 0 } else { number * 30 };
            let fill: String = (0..rows).map(|row| format!(",({row}, 'row {row}')")).collect();
            let fill = fill.strip_prefix(',').map(|fill| format!("INSERT INTO t{number} VALUES {fill};")).unwrap_or_default();
            format!("CREATE TABLE t{number} (id INTEGER PRIMARY KEY, body TEXT); {fill}")
        })
        .collect();
    world.run(&sql);
    #[derive(Default)]
    struct Seen {
        current: Option<usize>,
        bytes: u64,
        ended: Vec<Streamed>,
    }
    impl Receive for Seen {
        fn begin(&mut self, read: usize) -> io::Result<()> {
            assert_eq!((self.current, self.ended.len()), (None, read));
            self.current = Some(read);
            self.bytes = 0;
            Ok(())
        }
        fn rows(&mut self, csv: &[u8]) -> io::Result<()> {
            self.bytes += csv.len() as u64;
            Ok(())
        }
        fn end(&mut self, read: usize, streamed: Streamed) -> io::Result<()> {
            assert_eq!((self.current.take(), self.bytes), (Some(read), streamed.bytes));
            self.ended.push(streamed);
            Ok(())
        }
    }
    let columns = ["id".to_owned(), "body".to_owned()];
    let reads: Vec<Read<'_>> =
        names.iter().map(|table| Read { table, columns: &columns, secret_paths: &[], condition: &Condition::Always }).collect();
    let mut seen = Seen::default();
    let mut reader = world.database().reader().unwrap();
    reader.stream_all(&[], &reads, &Keys::default(), &mut seen).unwrap();
    let got: Vec<u64> = seen.ended.iter().map(|streamed| streamed.rows).collect();
    let want: Vec<u64> = (0..40).map(|number| if number % 5 == 0 { 0 } else { number * 30 }).collect();
    assert_eq!(got, want);
    // Two connections read the same rows in the same order, whatever was written after the first came.
    let mut reader = world.database().reader_of_many_rows().unwrap();
    world.run(&names.iter().map(|table| format!("INSERT INTO {} VALUES (-1, 'late');", table.name)).collect::<String>());
    for _ in 0..2 {
        let mut seen = Seen::default();
        reader.stream_all(&[], &reads, &Keys::default(), &mut seen).unwrap();
        assert_eq!(seen.ended.iter().map(|streamed| streamed.rows).collect::<Vec<u64>>(), want);
    }
}

fn names_of_all_kinds_are_quoted(world: &dyn World) {
    world.run(
        "CREATE TABLE \"Odd \"\"Name\"\".x\" (\"select\" INTEGER PRIMARY KEY, \"camelCase\" TEXT, \"a.b\" TEXT, \"t1\" TEXT);
         INSERT INTO \"Odd \"\"Name\"\".x\" VALUES (1, 'c', 'd', 'e')",
    );
    let name = table("Odd \"Name\".x");
    let mut reader = world.database().reader().unwrap();
    assert_eq!(csv(&mut reader, &name, &["select", "camelCase", "a.b", "t1"]), "1,c,d,e\n");
    assert_eq!(reader.count_all(&[], &[(&name, &key("select"))], &subject("1")).unwrap(), [1]);
}

fn zero_and_empty_keys_are_keys(world: &dyn World) {
    world.run(
        "CREATE TABLE zero (id INTEGER PRIMARY KEY); INSERT INTO zero VALUES (0), (1);
         CREATE TABLE word (id VARCHAR(9) PRIMARY KEY); INSERT INTO word VALUES (''), ('0'), ('it''s \\ it');",
    );
    let mut reader = world.database().reader().unwrap();
    for (name, text, want) in [("zero", "0", 1), ("word", "", 1), ("word", "it's \\ it", 1), ("word", "' OR ''='", 0)] {
        let name = table(name);
        assert_eq!(reader.count_all(&[], &[(&name, &key("id"))], &subject(text)).unwrap(), [want], "{text}");
        let mut output = Vec::new();
        let read = Read { table: &name, columns: &["id".to_owned()], secret_paths: &[], condition: &key("id") };
        assert_eq!(reader.stream_csv(&[], &read, &subject(text), &mut output).unwrap().rows, want, "{text}");
    }
}

const EVENTS: &str = "
    CREATE TABLE event (id INTEGER PRIMARY KEY, payload JSON);
    INSERT INTO event VALUES
        (1, '{\"actor\": {\"id\": 7, \"token\": \"hush\"}, \"tags\": [\"a\", \"7\"]}'), (2, '{\"actor\": {\"id\": \"7\"}}'),
        (3, '{\"actor\": null}'), (4, NULL), (5, '{\"actor\": {\"id\": true}}');
    CREATE TABLE seat (id INTEGER PRIMARY KEY); INSERT INTO seat VALUES (7), (8);
";

fn places_inside_json_are_read(world: &dyn World) {
    world.run(EVENTS);
    let mut reader = world.database().reader().unwrap();
    let mut seen = Vec::new();
    let columns = ["payload/actor/id".into(), "payload/tags/1".into()];
    let lookup = Lookup { table: &table("event"), columns: &columns, condition: &Condition::Always, distinct: false };
    reader
        .values(&[], &lookup, &Keys::default(), &mut |row| seen.push(row.iter().map(|value| value.unwrap_or("-")).collect::<String>()))
        .unwrap();
    assert_eq!(seen, ["77", "7-", "--", "--", "true-"]);
    let set = |table: TableName, column: &str, condition| {
        let columns = vec![ColumnPath::from(column)];
        vec![RowSet { id: SetId(0), table, columns, condition, keep_keys: false, carried_to: Vec::new() }]
    };
    let member = |column: &str| Condition::In { columns: vec![column.into()], set: SetId(0) };
    let (event, seat) = (table("event"), table("seat"));
    let seats = set(seat.clone(), "id", key("id"));
    assert_eq!(reader.count_all(&seats, &[(&event, &member("payload/actor/id"))], &subject("7")).unwrap(), [2]);
    assert_eq!(reader.count_all(&seats, &[(&event, &Condition::not(member("payload/actor/id")))], &subject("7")).unwrap(), [3]);
    let events = set(event, "payload/actor/id", Condition::Always);
    assert_eq!(
        reader.count_all(&events, &[(&seat, &member("id")), (&seat, &Condition::not(member("id")))], &subject("7")).unwrap(),
        [1, 1]
    );
}

fn secret_places_are_taken_out(world: &dyn World) {
    world.run(EVENTS);
    let mut reader = world.database().reader().unwrap();
    let mut output = Vec::new();
    let read = Read {
        table: &table("event"),
        columns: &["payload".to_owned()],
        secret_paths: &["payload/actor/token".into()],
        condition: &Condition::Always,
    };
    assert_eq!(reader.stream_csv(&[], &read, &Keys::default(), &mut output).unwrap().rows, 5);
    let got = String::from_utf8(output).unwrap();
    assert!(!got.contains("hush") && got.contains("tags"), "{got}");
}

/// Values of a column of texts: databases take one of two equal names for the other, stop at lists, and fail on what is no JSON.
fn secret_places_hide_in_no_value(world: &dyn World) {
    let values = [
        r#"{"token": "hush", "a": 1}"#,
        r#"{"token": "hush", "token": "hush", "a": 2}"#,
        r#"[{"token": "hush"}, {"a": 3}]"#,
        r#"{"list": [{"token": "hush"}], "token": null, "a": 4}"#,
        r#"{"token": "hush""#,
        "{token: \"hush\"}",
        r#""{\"token\": \"hush\"}""#,
        "token=hush",
        "7",
        "",
    ];
    let rows: Vec<String> = (1..).zip(values).map(|(id, value): (usize, &str)| format!("({id}, '{value}')")).collect();
    world.run(&format!(
        "CREATE TABLE event (id INTEGER PRIMARY KEY, payload TEXT); INSERT INTO event VALUES {}, (11, NULL)",
        rows.join(", ")
    ));
    let mut reader = world.database().reader().unwrap();
    let mut output = Vec::new();
    let read = Read {
        table: &table("event"),
        columns: &["id".to_owned(), "payload".to_owned()],
        secret_paths: &["payload/token".into(), "payload/list/token".into()],
        condition: &Condition::Always,
    };
    let streamed = reader.stream_csv(&[], &read, &Keys::default(), &mut output).unwrap();
    let got = String::from_utf8(output).unwrap();
    assert_eq!((streamed.rows, streamed.withheld), (11, 4), "{got}");
    assert!(!got.contains("hush"), "{got}");
    let kept = [
        "1,\"{\"\"a\"\": 1}\"",
        "2,\"{\"\"a\"\": 2}\"",
        "3,\"[{}, {\"\"a\"\": 3}]\"",
        "4,\"{\"\"list\"\": [{}], \"\"a\"\": 4}\"",
        "9,7",
        "10,\"\"",
        "11,",
    ];
    for line in kept {
        assert!(got.lines().any(|found| found == line), "{line}\n{got}");
    }
}

fn keys_of_another_source_select_rows(world: &dyn World) {
    world.run("CREATE TABLE mail (id INTEGER PRIMARY KEY, a INTEGER, b TEXT); INSERT INTO mail VALUES (1, 5, 'x'), (2, 5, 'y'), (3, NULL, 'x'), (4, 6, 'it''s')");
    let elsewhere = TableName::new(&SourceName::new("crm"), None, "deal");
    let sets = [RowSet {
        id: SetId(0),
        table: elsewhere,
        columns: vec!["m".into(), "n".into()],
        condition: Condition::Always,
        keep_keys: true,
        carried_to: vec![app()],
    }];
    let tuples = [["5", "y"], ["6", "it's"], ["7", "x"]].map(|tuple| tuple.map(str::to_owned).to_vec());
    let keys = Keys { subject: Vec::new(), carried: vec![(SetId(0), tuples.to_vec())] };
    let condition = Condition::In { columns: vec!["a".into(), "b".into()], set: SetId(0) };
    let mail = table("mail");
    let mut reader = world.database().reader().unwrap();
    assert_eq!(reader.count_all(&sets, &[(&mail, &condition), (&mail, &Condition::not(condition.clone()))], &keys).unwrap(), [2, 2]);
    let mut output = Vec::new();
    let read = Read { table: &mail, columns: &["id".to_owned()], secret_paths: &[], condition: &condition };
    reader.stream_csv(&sets, &read, &keys, &mut output).unwrap();
    assert_eq!(output, b"2\n4\n");
    let mut eraser = world.database().eraser().unwrap();
    eraser.begin().unwrap();
    eraser.fill_keys(&sets, &keys).unwrap();
    assert_eq!(eraser.count_all(&sets, &[(&mail, &condition)], &keys).unwrap(), [2]);
    eraser.rollback().unwrap();
}

fn a_full_output_is_told_apart_from_the_database(world: &dyn World) {
    struct Full;
    impl io::Write for Full {
        fn write(&mut self, _bytes: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    world.run("CREATE TABLE note (id INTEGER PRIMARY KEY); INSERT INTO note VALUES (1)");
    let read = Read { table: &table("note"), columns: &["id".to_owned()], secret_paths: &[], condition: &Condition::Always };
    let error = world.database().reader().unwrap().stream_csv(&[], &read, &Keys::default(), &mut Full).unwrap_err();
    assert!(matches!(&error, Error::Output { source, .. } if source.kind() == io::ErrorKind::StorageFull), "{error:?}");
}

fn a_table_that_vanished_is_told(world: &dyn World) {
    world.run("CREATE TABLE note (id INTEGER PRIMARY KEY, body TEXT); CREATE TABLE other (id INTEGER)");
    let database = world.database();
    let mut eraser = database.eraser().unwrap();
    eraser.introspect().unwrap();
    world.run("DROP TABLE note");
    let error = eraser.count_all(&[], &[(&table("note"), &Condition::Always)], &Keys::default()).unwrap_err();
    assert!(matches!(&error, Error::TableVanished { .. }), "{error:?}");
    assert!(error.to_string().contains("note"), "{error}");
}

fn one_row_is_found_by_its_key(world: &dyn World) {
    world.run("CREATE TABLE pair (a INTEGER, b TEXT, c TEXT, PRIMARY KEY (a, b)); INSERT INTO pair VALUES (1, 'x', NULL), (1, 'y', 'z')");
    let mut reader = world.database().reader().unwrap();
    let columns = ["c".into(), "a".into()];
    let found = |reader: &mut Reader, b: &str| reader.row(&table("pair"), &[("a", "1"), ("b", b)], &columns).unwrap();
    assert_eq!(found(&mut reader, "y"), Some(vec![Some("z".into()), Some("1".into())]));
    assert_eq!(found(&mut reader, "x"), Some(vec![None, Some("1".into())]));
    assert_eq!(found(&mut reader, "q"), None);
}

fn typed_keys_become_the_databases_own(world: &dyn World) {
    world.run(
        "CREATE TABLE seat (id INTEGER PRIMARY KEY); INSERT INTO seat VALUES (7);
         CREATE TABLE pair (a INTEGER, b VARCHAR(9), PRIMARY KEY (a, b)); INSERT INTO pair VALUES (1, ''), (1, '01')",
    );
    let mut reader = world.database().reader().unwrap();
    let mut find = |name: &str, columns: &[&str], typed: &[&str]| {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        reader.find_key(&table(name), &texts(columns), &texts(typed)).unwrap()
    };
    let key = |parts: &[&str]| Some(parts.iter().map(|part| (*part).to_owned()).collect::<Vec<_>>());
    assert_eq!(find("seat", &["id"], &["007"]), key(&["7"]));
    assert_eq!(find("seat", &["id"], &["8"]), None);
    assert_eq!(find("seat", &["id"], &["Ada"]), None);
    assert_eq!(find("seat", &["id"], &["99999999999999999999"]), None);
    assert_eq!(find("seat", &["id"], &["7", "7"]), None);
    assert_eq!(find("pair", &["a", "b"], &["1", "01"]), key(&["1", "01"]));
    assert_eq!(find("pair", &["a", "b"], &["01", ""]), key(&["1", ""]));
    // The reader goes on after what was no number.
    assert_eq!(find("seat", &["id"], &["7"]), key(&["7"]));
}

fn texts_are_searched_in_all_columns(world: &dyn World) {
    world.run(
        "CREATE TABLE note (id INTEGER PRIMARY KEY, body TEXT, doc JSON, number INTEGER);
         INSERT INTO note VALUES (1, 'write to Ada@Mail.example soon', NULL, 1), (2, 'nothing', '{\"to\": \"ada@mail.example\"}', 2), (3, NULL, NULL, 3);
         CREATE TABLE plain (id INTEGER PRIMARY KEY)",
    );
    let mut reader = world.database().reader().unwrap();
    let names = [table("note"), table("plain")];
    let got = reader.search(&names.each_ref(), &["ADA@mail.example".into(), String::new()], SearchLimits::default()).unwrap();
    assert_eq!(got[0].outcome, SearchOutcome::Searched(vec![("body".into(), 1), ("doc".into(), 1)]));
    assert_eq!(got[1].outcome, SearchOutcome::Searched(Vec::new()));
    let got = reader.search(&names.each_ref(), &["größe".into(), "nothing".into()], SearchLimits::default()).unwrap();
    assert_eq!(got[0].outcome, SearchOutcome::Searched(vec![("body".into(), 1), ("doc".into(), 0)]));
}

fn the_moment_is_a_time(world: &dyn World) {
    let got = world.database().reader().unwrap().moment().unwrap();
    assert!(got.len() == 24 && got.starts_with("20") && got.ends_with('Z') && got.as_bytes()[10] == b'T', "{got}");
}

fn a_plan_for_other_columns_is_refused(world: &dyn World) {
    world.run("CREATE TABLE note (id INTEGER PRIMARY KEY)");
    let mut reader = world.database().reader().unwrap();
    let error = reader.count_all(&[], &[(&table("note"), &key("gone"))], &subject("1")).unwrap_err();
    assert!(matches!(error, Error::Plan { .. }), "{error:?}");
    let error = reader.count_all(&[], &[(&table("nowhere"), &Condition::Always)], &subject("1")).unwrap_err();
    assert!(matches!(error, Error::Plan { .. }), "{error:?}");
}

#[test]
fn postgres_permission_denied_names_the_table_and_keeps_quiet_about_values() {
    let world = Postgres::new();
    world.run(
        "CREATE TABLE secret (id bigint PRIMARY KEY);
         DROP ROLE IF EXISTS nobody_special; CREATE ROLE nobody_special LOGIN",
    );
    let url = world.database.url_as("nobody_special", "");
    let mut reader = Postgres::at(&url, &[]).reader().unwrap();
    let error = reader.count_all(&[], &[(&table("secret"), &key("id"))], &subject("4711")).unwrap_err();
    assert!(matches!(&error, Error::PermissionDenied { .. }), "{error:?}");
    assert!(error.to_string().contains("secret") && !error.to_string().contains("4711"), "{error}");
    let mut reader = Postgres::at(&url, &[]).reader().unwrap();
    let got = reader.search(&[&table("secret")], &["x".into()], SearchLimits::default()).unwrap();
    assert!(matches!(got[0].outcome, SearchOutcome::Searched(_)), "no text column: {got:?}");
    world.run("DROP OWNED BY nobody_special; DROP ROLE nobody_special");
}

#[test]
fn postgres_key_of_another_type_is_no_value_in_the_error() {
    let world = Postgres::new();
    world.run("CREATE TABLE seat (id uuid PRIMARY KEY)");
    let mut reader = world.database().reader().unwrap();
    let error = reader.count_all(&[], &[(&table("seat"), &key("id"))], &subject("hush-hush")).unwrap_err();
    assert!(matches!(&error, Error::Refused { .. }), "{error:?}");
    assert!(!format!("{error} {error:?}").contains("hush"), "{error:?}");
}

#[test]
fn postgres_policies_that_hide_rows_are_refused() {
    let world = Postgres::new();
    world.run(
        "CREATE TABLE guarded (id bigint PRIMARY KEY, owner text);
         ALTER TABLE guarded ENABLE ROW LEVEL SECURITY;
         CREATE POLICY own ON guarded USING (owner = current_user);
         DROP ROLE IF EXISTS policy_reader; CREATE ROLE policy_reader LOGIN;
         GRANT SELECT ON guarded TO policy_reader;",
    );
    let mut reader = Postgres::at(&world.database.url_as("policy_reader", ""), &[]).reader().unwrap();
    let error = reader.count_all(&[], &[(&table("guarded"), &Condition::Always)], &Keys::default()).unwrap_err();
    assert!(matches!(&error, Error::PermissionDenied { .. }), "{error:?}");
    world.run("DROP OWNED BY policy_reader; DROP ROLE policy_reader");
}

#[test]
fn postgres_estimates_rows() {
    let world = Postgres::new();
    world.run("CREATE TABLE note (id bigint PRIMARY KEY, seat_id bigint); INSERT INTO note SELECT i, i % 10 FROM generate_series(1, 1000) AS i; ANALYZE note");
    let mut reader = world.database().reader().unwrap();
    let got = reader
        .estimate_all(&[], &[(&table("note"), &key("seat_id")), (&table("note"), &Condition::Never)], &subject("3"))
        .unwrap()
        .unwrap();
    assert!((50..200).contains(&got), "{got}");
    assert_eq!(world.kind(), SourceKind::Postgres);
}
