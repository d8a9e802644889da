//! The rows themselves: complete, connected, and the same in every database.

use std::collections::BTreeMap;

use exeunt_navigator::schema::{Kind, T, TABLES, Table};
use exeunt_navigator::{Error, Options, Phase, Target, generate};
use exeunt_testkit::postgres::Server;
use rusqlite::types::ValueRef;

use crate::support::{World, make, small, world};

#[test]
fn every_table_has_rows() {
    let world = world();
    for (table, rows) in &world.summary.tables {
        assert!(*rows > 0, "{table} is empty");
        assert_eq!(world.count(&format!("SELECT count(*) FROM \"{table}\"")), *rows as i64, "{table}");
    }
}

#[test]
fn every_foreign_key_points_to_a_row() {
    assert_eq!(world().count("SELECT count(*) FROM pragma_foreign_key_check"), 0);
    assert_eq!(world().column("PRAGMA integrity_check"), ["ok"]);
}

#[test]
fn erasing_a_seat_is_driven_by_indexes() {
    let world = world();
    for table in TABLES {
        for column in table.columns.iter().filter(|column| column.reference.is_some()) {
            let plan = world.open().query_row(
                &format!("EXPLAIN QUERY PLAN SELECT 1 FROM \"{}\" WHERE \"{}\" = 7", table.name, column.name),
                [],
                |row| row.get::<_, String>(3),
            );
            let plan = plan.unwrap();
            assert!(plan.starts_with("SEARCH"), "{}.{}: {plan}", table.name, column.name);
        }
    }
}

#[test]
fn nothing_happens_after_today() {
    let world = world();
    let planned = ["scheduled_send.due_at", "crm_validation_job.next_start_at", "crm_validation_job.expire_at", "report_run.expires_at"];
    for table in TABLES {
        for column in table.columns.iter().filter(|column| column.kind == Kind::Moment) {
            let name = format!("{}.{}", table.name, column.name);
            let late = format!("SELECT count(*) FROM \"{}\" WHERE \"{}\" > '2026-06-03'", table.name, column.name);
            let late = world.count(&late);
            assert!(late == 0 || planned.contains(&name.as_str()) || follows_an_event(&name), "{name}: {late}");
        }
    }
}

/// Consequences follow days after their cause, whatever the day is.
fn follows_an_event(name: &str) -> bool {
    matches!(
        name,
        "message.sent_at"
            | "message.deleted_at"
            | "activity_outcome.at"
            | "sl_viewer.last_at"
            | "lead_list_share.shared_at"
            | "account_list_share.shared_at"
            | "note.deleted_at"
            | "note_share.shared_at"
            | "sa_criteria.created_at"
            | "sa_memory.updated_at"
            | "account_map_entry.placed_at"
            | "presentation.updated_at"
            | "inmail_credit.at"
            | "crm_writeback.at"
            | "sl_share.shared_at"
    )
}

#[test]
fn both_databases_hold_the_same_rows() {
    let want = make(small());
    let database = Server::shared().database();
    let folder = tempfile::tempdir().unwrap();
    let got = generate(&small(), Target::Postgres(database.url()), &folder.path().join("files"), &mut |_| {}).unwrap();
    assert_eq!(got, want.summary);
    let mut client = database.client();
    for table in TABLES {
        assert_eq!(postgres_rows(&mut client, table), sqlite_rows(&want, table), "{}", table.name);
    }
    let unproven: i64 = client.query_one("SELECT count(*) FROM pg_catalog.pg_constraint WHERE NOT convalidated", &[]).unwrap().get(0);
    assert_eq!(unproven, 0);
    let keys: i64 = client.query_one("SELECT count(*) FROM pg_catalog.pg_constraint WHERE contype = 'f'", &[]).unwrap().get(0);
    let declared =
        TABLES.iter().map(|table| table.composite.len() + table.columns.iter().filter(|column| column.reference.is_some()).count());
    assert_eq!(keys as usize, declared.sum::<usize>());
}

/// Rows by their key, each value in one spelling for both databases.
type Rows = BTreeMap<Vec<String>, Vec<Option<String>>>;

fn keyed(table: &Table, values: Vec<Option<String>>) -> (Vec<String>, Vec<Option<String>>) {
    let position = |name: &&str| table.columns.iter().position(|column| column.name == *name).unwrap();
    (table.primary_key.iter().map(|name| values[position(name)].clone().unwrap()).collect(), values)
}

fn spelled(kind: Kind, text: String) -> String {
    match kind {
        Kind::Json => {
            // Sorted keys; PostgreSQL keeps its own order.
            let value: BTreeMap<String, serde_json::Value> = match serde_json::from_str(&text).unwrap() {
                serde_json::Value::Object(object) => object.into_iter().collect(),
                other => [("".to_owned(), other)].into(),
            };
            format!("{value:?}")
        }
        Kind::Decimal(_) => format!("{:.2}", text.parse::<f64>().unwrap()),
        Kind::Integer | Kind::Text | Kind::Varchar(_) | Kind::Boolean | Kind::Moment | Kind::Date | Kind::Uuid | Kind::Bytes => text,
    }
}

fn sqlite_rows(world: &World, table: &Table) -> Rows {
    let database = world.open();
    let mut statement = database.prepare(&format!("SELECT * FROM \"{}\"", table.name)).unwrap();
    let rows = statement.query_map([], |row| {
        let values = table.columns.iter().zip(0..).map(|(column, index)| {
            let text = match row.get_ref_unwrap(index) {
                ValueRef::Null => return None,
                ValueRef::Integer(number) => number.to_string(),
                ValueRef::Real(number) => number.to_string(),
                ValueRef::Text(text) => String::from_utf8(text.to_owned()).unwrap(),
                ValueRef::Blob(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
            };
            Some(spelled(column.kind, text))
        });
        Ok(keyed(table, values.collect()))
    });
    rows.unwrap().map(Result::unwrap).collect()
}

fn postgres_rows(client: &mut postgres::Client, table: &Table) -> Rows {
    let columns: Vec<String> = table
        .columns
        .iter()
        .map(|column| match column.kind {
            Kind::Moment => format!("to_char(\"{}\" AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')", column.name),
            Kind::Boolean => format!("\"{}\"::int::text", column.name),
            Kind::Bytes => format!("encode(\"{}\", 'hex')", column.name),
            Kind::Integer | Kind::Text | Kind::Varchar(_) | Kind::Date | Kind::Json | Kind::Uuid | Kind::Decimal(_) => {
                format!("\"{}\"::text", column.name)
            }
        })
        .collect();
    let rows = client.query(&format!("SELECT {} FROM \"{}\"", columns.join(", "), table.name), &[]).unwrap();
    rows.iter()
        .map(|row| {
            let values = table.columns.iter().zip(0..).map(|(column, index)| {
                let text: Option<String> = row.get(index);
                text.map(|text| spelled(column.kind, text))
            });
            keyed(table, values.collect())
        })
        .collect()
}

#[test]
fn another_seed_makes_another_world() {
    let other = make(Options { seed: 2, ..small() });
    let query = r#"SELECT "name" FROM "person" ORDER BY "id" LIMIT 50"#;
    assert_ne!(other.column(query), world().column(query));
}

#[test]
fn the_heavy_seat_gets_the_rows_asked_for() {
    let heavy = make(Options { heavy_seat_rows: Some(30_000), ..small() });
    let more = heavy.summary.rows - world().summary.rows;
    assert!((28_500..=31_500).contains(&more), "{more}");
    let seat = heavy.layout.heavy_seat();
    assert!(heavy.count(&format!(r#"SELECT count(*) FROM "activity" WHERE "seat_id" = {seat}"#)) > 10_000);
}

#[test]
fn an_ordinary_seat_of_full_density_has_about_1800_rows() {
    let world = make(Options { seats: 50, ..Options::default() });
    let seat = world.layout.ordinary_seat();
    let own: i64 = TABLES
        .iter()
        .filter(|table| table.name != "seat")
        .flat_map(|table| {
            let owner = table.columns.iter().find(|column| column.reference.is_some_and(|reference| reference.table == "seat"));
            owner.map(|column| format!(r#"SELECT count(*) FROM "{}" WHERE "{}" = {seat}"#, table.name, column.name))
        })
        .map(|sql| world.count(&sql))
        .sum();
    let pages = world.count(&format!(
        r#"SELECT count(*) FROM "sl_page_view" JOIN "sl_session" ON "sl_session"."id" = "session_id"
           JOIN "presentation" ON "presentation"."id" = "presentation_id" WHERE "owner_seat_id" = {seat}"#
    ));
    assert!((1500..=2300).contains(&(own + pages)), "{own} + {pages}");
}

#[test]
fn progress_only_grows_and_ends_with_all_rows() {
    let folder = tempfile::tempdir().unwrap();
    let mut seen = Vec::new();
    let options = Options { seats: 50, ..Options::default() };
    let summary =
        generate(&options, Target::Sqlite(&folder.path().join("n.db")), &folder.path().join("f"), &mut |progress| seen.push(progress))
            .unwrap();
    assert!(seen.is_sorted_by_key(|progress| progress.rows));
    let last = seen.last().unwrap();
    assert_eq!((last.phase, last.rows, last.expected_rows), (Phase::Done, summary.rows, summary.rows));
    let first = seen.first().unwrap().expected_rows;
    assert!(first.abs_diff(summary.rows) * 5 < summary.rows, "expected {first}, got {}", summary.rows);
}

#[test]
fn a_place_that_holds_something_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (database, files) = (folder.path().join("n.db"), folder.path().join("f"));
    generate(&small(), Target::Sqlite(&database), &files, &mut |_| {}).unwrap();
    let elsewhere = folder.path().join("g");
    assert!(matches!(generate(&small(), Target::Sqlite(&database), &elsewhere, &mut |_| {}), Err(Error::NotEmpty { .. })));
    let other = folder.path().join("m.db");
    assert!(matches!(generate(&small(), Target::Sqlite(&other), &files, &mut |_| {}), Err(Error::NotEmpty { .. })));
    let few = Options { seats: 3, ..small() };
    assert!(matches!(generate(&few, Target::Sqlite(&other), &elsewhere, &mut |_| {}), Err(Error::Seats { .. })));
}

#[test]
fn tables_are_found_by_their_names() {
    for table in T::ALL {
        assert!(TABLES.iter().any(|definition| definition.name == table.name()));
    }
}
