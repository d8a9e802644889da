//! A draft for an application that grew elsewhere: a help desk with 33 tables, of which the program knows nothing beforehand.
//!
//! `draft.map.yaml` is what discover writes; `finished.map.yaml` is what a person made of it.

use std::fmt::Write as _;
use std::path::Path;

use exeunt_testkit::postgres::Server;
use rusqlite::types::Value;

use crate::run::{Ran, exeunt_with};

const SCHEMA: &str = include_str!("schema.sql");
const DRAFT: &str = include_str!("draft.map.yaml");
const FINISHED: &str = include_str!("finished.map.yaml");
/// Lines that a person may have to write for 33 tables; deleting `todo: ` is none.
const MOST_WRITTEN: usize = 12;
const ERASED: i64 = 2;

/// Rows of what belongs to nobody.
const COMMON: &str = "
INSERT INTO schema_migrations VALUES ('1');
INSERT INTO desk_company VALUES (1, 'Birch', 'plain'), (2, 'Cedar', 'advanced');
INSERT INTO desk_agent VALUES (1, 'Ada', 'ada@desk.example'), (2, 'Ben', 'ben@desk.example');
INSERT INTO desk_team VALUES (1, 'First line', 2);
INSERT INTO desk_team_member VALUES (1, 1), (1, 2);
INSERT INTO desk_category VALUES (1, 'All', NULL), (2, 'Printers', 1);
INSERT INTO desk_priority VALUES (1, 'low');
INSERT INTO desk_product VALUES (1, 'Printer', 2), (2, 'Toner', 2);
INSERT INTO desk_tag VALUES (1, 'slow'), (2, 'loud');
INSERT INTO desk_macro VALUES (1, 'hello', 'Good day');
INSERT INTO desk_setting VALUES (1, 'language', 'en');
INSERT INTO desk_article VALUES (1, 2, 2, 'Change the toner'), (2, NULL, 2, 'Find the switch');
";

/// The platform's rows; without one customer, those that would be there had that customer been erased: only orders are left of them.
fn rows(without: Option<i64>) -> String {
    let customers = 1..=9_i64;
    let mut sql = COMMON.to_owned();
    let gone = |customer: i64| without == Some(customer);
    for customer in customers.clone().filter(|customer| !gone(*customer)) {
        let company = customer % 2 + 1;
        write!(
            sql,
            "INSERT INTO desk_customer VALUES ({customer}, {company}, 'Person {customer}', 'p{customer}@mail.example', '0{customer}', 'x');
             INSERT INTO desk_address VALUES ({customer}, {customer}, 'Lane {customer}', 'Elm');
             INSERT INTO desk_device VALUES ({customer}, {customer}, 1, 's{customer}');
             INSERT INTO desk_warranty VALUES ({customer}, {customer}, '2030-01-01');
             INSERT INTO desk_login VALUES ({customer}, {customer}, '127.0.0.{customer}');
             INSERT INTO desk_api_key VALUES ({customer}, {customer}, 't{customer}');
             INSERT INTO desk_article_vote VALUES (1, {customer}), (2, {customer});
             INSERT INTO desk_article_comment VALUES ({customer}, 1, {customer}, 'thanks');
             INSERT INTO desk_call_note VALUES ({customer}, {customer}, 1, 'called');
             INSERT INTO desk_mail_log VALUES ({customer}, 'p{customer}@mail.example', 'your ticket');"
        )
        .expect("write to a text");
        for ticket in [customer * 10, customer * 10 + 1] {
            write!(
                sql,
                "INSERT INTO desk_ticket VALUES ({ticket}, {customer}, 1, 2, 1, 'noise {ticket}');
                 INSERT INTO desk_message VALUES ({ticket}, {ticket}, NULL, 'please help'), ({ticket} + 1000, {ticket}, 2, 'we do');
                 INSERT INTO desk_attachment VALUES ({ticket}, {ticket}, 'noise.wav', 7);
                 INSERT INTO desk_ticket_tag VALUES ({ticket}, 1), ({ticket}, 2);
                 INSERT INTO desk_ticket_event VALUES ({ticket}, {ticket}, 1, 'opened');
                 INSERT INTO desk_satisfaction VALUES ({ticket}, {ticket}, 5, 'well done');
                 INSERT INTO desk_reminder VALUES ({ticket}, {ticket}, '2026-05-05');"
            )
            .expect("write to a text");
        }
    }
    // Everybody watches the first ticket of the next customer, too.
    for customer in customers.clone() {
        for watched in [customer, customer % 9 + 1].into_iter().filter(|watched| !gone(customer) && !gone(*watched)) {
            write!(sql, "INSERT INTO desk_ticket_watcher VALUES ({watched} * 10, {customer});").expect("write to a text");
        }
    }
    for customer in customers {
        let buyer = if gone(customer) { "NULL".to_owned() } else { customer.to_string() };
        write!(
            sql,
            "INSERT INTO desk_order VALUES ({customer}, {buyer}, '2026-02-0{customer}', 50);
             INSERT INTO desk_order_line VALUES ({customer}, {customer}, 2, 3);
             INSERT INTO desk_payment VALUES ({customer}, {customer}, '2026-02-1{customer}', 50);"
        )
        .expect("write to a text");
    }
    sql
}

fn tables() -> Vec<&'static str> {
    let names = SCHEMA.lines().filter_map(|line| line.strip_prefix("CREATE TABLE ")).filter_map(|line| line.split(' ').next());
    names.collect()
}

fn sqlite_state(path: &Path) -> Vec<String> {
    let database = rusqlite::Connection::open(path).expect("open the database");
    let read = |table: &str| {
        let mut statement = database.prepare(&format!("SELECT * FROM {table}")).expect("prepare");
        let width = statement.column_count();
        let row = |row: &rusqlite::Row<'_>| (0..width).map(|at| row.get::<_, Value>(at)).collect::<Result<Vec<_>, _>>();
        let rows = statement.query_map([], row).expect("read rows").collect::<Result<Vec<_>, _>>().expect("read rows");
        rows.into_iter().map(|row| format!("{table} {row:?}")).collect::<Vec<_>>()
    };
    sorted(tables().into_iter().flat_map(read).collect())
}

fn postgres_state(client: &mut postgres::Client) -> Vec<String> {
    let mut found = Vec::new();
    for table in tables() {
        let rows = client.query(&format!("SELECT CAST(t AS text) FROM {table} AS t"), &[]).expect("read rows");
        found.extend(rows.iter().map(|row| format!("{table} {}", row.get::<_, String>(0))));
    }
    sorted(found)
}

fn sorted(mut rows: Vec<String>) -> Vec<String> {
    rows.sort();
    rows
}

/// Check, accept, plan, export and erase with the finished map.
fn answer_requests(folder: &Path, url: &str) {
    let run = |arguments: &[&str]| -> Ran { exeunt_with(folder, arguments, &[("DESK_URL", url)]) };
    let subject = format!("customer={ERASED}");
    run(&["map", "accept", "--map", "desk.map.yaml", "--yes"]).ends_with(0);
    run(&["map", "check", "--map", "desk.map.yaml"]).ends_with(0);
    run(&["plan", "--map", "desk.map.yaml", "--for", "erase", "--subject", &subject]).ends_with(0);
    run(&["export", "--map", "desk.map.yaml", "--subject", &subject, "--name", "taken"]).ends_with(0);
    run(&["erase", "--map", "desk.map.yaml", "--subject", &subject, "--yes-erase", "Person 2"]).ends_with(0);
}

#[test]
fn a_foreign_application_is_mapped_with_few_lines_and_erased_exactly_in_sqlite() {
    let folder = tempfile::tempdir().expect("make a folder");
    let fill = |name: &str, rows: &str| {
        let path = folder.path().join(name);
        let database = rusqlite::Connection::open(&path).expect("make a database");
        database.execute_batch(&format!("{SCHEMA}{rows}")).expect("fill the tables");
        path
    };
    let (path, twin) = (fill("desk.db", &rows(None)), fill("twin.db", &rows(Some(ERASED))));
    exeunt_with(folder.path(), &["map", "discover", "--url", "sqlite:desk.db", "--out", "draft.yaml"], &[]).ends_with(0);
    assert_eq!(std::fs::read_to_string(folder.path().join("draft.yaml")).expect("read the draft"), DRAFT);
    std::fs::write(folder.path().join("desk.map.yaml"), FINISHED).expect("write the map");
    answer_requests(folder.path(), "");
    assert_eq!(sqlite_state(&path), sqlite_state(&twin));
}

#[test]
fn a_foreign_application_is_mapped_with_few_lines_and_erased_exactly_in_postgres() {
    let folder = tempfile::tempdir().expect("make a folder");
    let server = Server::shared();
    let fill = |rows: &str| {
        let database = server.database();
        database.client().batch_execute(&format!("{SCHEMA}{rows}")).expect("fill the tables");
        database
    };
    let (database, twin) = (fill(&rows(None)), fill(&rows(Some(ERASED))));
    let arguments = ["map", "discover", "--name", "desk", "--url", database.url()];
    let draft = exeunt_with(folder.path(), &arguments, &[]).ends_with(0).stdout;
    let source = |map: &str| map.replace("{ kind: sqlite, url: \"sqlite:desk.db\" }", "{ kind: postgres, url: \"${DESK_URL}\" }");
    assert_eq!(draft, source(DRAFT));
    std::fs::write(folder.path().join("desk.map.yaml"), source(FINISHED)).expect("write the map");
    answer_requests(folder.path(), database.url());
    assert_eq!(postgres_state(&mut database.client()), postgres_state(&mut twin.client()));
}

#[test]
fn little_is_left_to_write() {
    let accepted: Vec<String> = DRAFT.lines().map(|line| line.replace("todo: ", "")).collect();
    let written = FINISHED.lines().filter(|line| !line.starts_with('#') && !accepted.iter().any(|known| known == line)).count();
    assert!((1..=MOST_WRITTEN).contains(&written), "{written} lines");
}
