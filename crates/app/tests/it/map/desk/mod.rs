//! A draft for an application that grew elsewhere: a help desk with 33 tables, of which the program knows nothing beforehand.
//!
//! `draft.map.yaml` is what discover writes; `finished.map.yaml` is what a person made of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use exeunt_testkit::postgres::Server;
use exeunt_testkit::tools;
use rusqlite::types::Value;

use crate::run::{Ran, exeunt_with};

const SCHEMA: &str = include_str!("schema.sql");
const DRAFT: &str = include_str!("draft.map.yaml");
const FINISHED: &str = include_str!("finished.map.yaml");
/// Lines that a person wrote for 33 tables; deleting `todo: ` is none.
const LINES_WRITTEN: usize = 9;
const ERASED: i64 = 2;

/// The erased customer's rows, told by hand: every other table has none.
const HIS: [(&str, &str); 21] = [
    ("desk_customer", "id = 2"),
    ("desk_address", "customer_id = 2"),
    ("desk_api_key", "customer_id = 2"),
    ("desk_article_comment", "customer_id = 2"),
    ("desk_article_vote", "customer_id = 2"),
    ("desk_call_note", "customer_id = 2"),
    ("desk_device", "customer_id = 2"),
    ("desk_warranty", "device_id IN (SELECT id FROM desk_device WHERE customer_id = 2)"),
    ("desk_login", "customer_id = 2"),
    ("desk_order", "customer_id = 2"),
    ("desk_order_line", "order_id IN (SELECT id FROM desk_order WHERE customer_id = 2)"),
    ("desk_payment", "order_id IN (SELECT id FROM desk_order WHERE customer_id = 2)"),
    (
        "desk_attachment",
        "message_id IN (SELECT id FROM desk_message WHERE ticket_id IN (SELECT id FROM desk_ticket WHERE customer_id = 2))",
    ),
    ("desk_message", "ticket_id IN (SELECT id FROM desk_ticket WHERE customer_id = 2)"),
    ("desk_reminder", "ticket_id IN (SELECT id FROM desk_ticket WHERE customer_id = 2)"),
    ("desk_satisfaction", "ticket_id IN (SELECT id FROM desk_ticket WHERE customer_id = 2)"),
    ("desk_ticket", "customer_id = 2"),
    ("desk_ticket_event", "ticket_id IN (SELECT id FROM desk_ticket WHERE customer_id = 2)"),
    ("desk_ticket_tag", "ticket_id IN (SELECT id FROM desk_ticket WHERE customer_id = 2)"),
    ("desk_ticket_watcher", "customer_id = 2 OR ticket_id IN (SELECT id FROM desk_ticket WHERE customer_id = 2)"),
    ("desk_mail_log", "recipient_email = 'p2@mail.example'"),
];
/// What an archive never shows.
const SECRET: [(&str, &str); 2] = [("desk_customer", "password_hash"), ("desk_api_key", "token")];
/// Kept by law; of these, orders forget the customer.
const KEPT: [&str; 3] = ["desk_order", "desk_order_line", "desk_payment"];

/// A row: its columns' names with what stands in them, as text.
type Row = BTreeMap<String, String>;
type Rows = BTreeMap<String, Vec<Row>>;
/// Reads the rows of a table that a condition selects.
type Read<'a> = &'a mut dyn FnMut(&str, &str) -> Vec<Row>;

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

fn sorted<T: Ord>(mut rows: Vec<T>) -> Vec<T> {
    rows.sort();
    rows
}

fn sqlite_rows(path: &Path, table: &str, condition: &str) -> Vec<Row> {
    let database = rusqlite::Connection::open(path).expect("open the database");
    let mut statement = database.prepare(&format!("SELECT * FROM {table} WHERE {condition}")).expect("prepare");
    let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let text = |value: Value| match value {
        Value::Null => String::new(),
        Value::Integer(number) => number.to_string(),
        Value::Text(text) => text,
        Value::Real(_) | Value::Blob(_) => panic!("{table} holds whole numbers and texts alone"),
    };
    let row = |row: &rusqlite::Row<'_>| names.iter().enumerate().map(|(at, name)| Ok((name.clone(), text(row.get(at)?)))).collect();
    sorted(statement.query_map([], row).expect("read rows").collect::<Result<_, _>>().expect("read rows"))
}

fn postgres_rows(client: &mut postgres::Client, table: &str, condition: &str) -> Vec<Row> {
    let answer = client.simple_query(&format!("SELECT * FROM {table} WHERE {condition}")).expect("read rows");
    let rows = answer.iter().filter_map(|message| match message {
        postgres::SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    });
    let text = |row: &postgres::SimpleQueryRow, at: usize| row.get(at).unwrap_or_default().to_owned();
    sorted(
        rows.map(|row| row.columns().iter().enumerate().map(|(at, column)| (column.name().to_owned(), text(row, at))).collect()).collect(),
    )
}

/// The rows of an archive's CSVs, by the names of their tables.
fn archived(archive: &Path) -> Rows {
    let script = "import csv, io, json, sys, zipfile\n\
                  with zipfile.ZipFile(sys.argv[1]) as archive:\n    \
                  names = [name for name in archive.namelist() if name.endswith('.csv')]\n    \
                  read = lambda name: list(csv.DictReader(io.StringIO(archive.read(name).decode('utf-8-sig'))))\n    \
                  print(json.dumps({name.split('/')[-1][:-4]: read(name) for name in names}))";
    let read = tools::python().args(["-c", script]).arg(archive).output().expect("run python");
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    let rows: Rows = serde_json::from_slice(&read.stdout).expect("JSON");
    rows.into_iter().map(|(table, rows)| (table, sorted(rows))).collect()
}

/// What the archive must hold: every column of his rows that is no secret.
fn shown(his: &Rows) -> Rows {
    let mut shown = his.clone();
    for (table, column) in SECRET {
        for row in shown.get_mut(table).into_iter().flatten() {
            assert!(row.remove(column).is_some(), "{table} has {column}");
        }
    }
    shown
}

/// What must be left: all rows but his, and the orders that forget him.
fn left(mut all: Rows, his: &Rows) -> Rows {
    for (table, his) in his {
        let rows = all.get_mut(table).expect("a table");
        if table == "desk_order" {
            for row in rows.iter_mut().filter(|row| his.contains(row)) {
                row.insert("customer_id".to_owned(), String::new());
            }
        } else if !KEPT.contains(&table.as_str()) {
            rows.retain(|row| !his.contains(row));
        }
    }
    all.into_iter().map(|(table, rows)| (table, sorted(rows))).collect()
}

/// Every count of the certificate is that of the rows told by hand.
fn assert_certified(statement: &serde_json::Value, his: &Rows) {
    let counted = |table: &serde_json::Value| {
        let name = table["table"].as_str().expect("a name").trim_start_matches("app.").to_owned();
        assert_eq!((&table["planned"], &table["remaining"]), (&table["affected"], &serde_json::json!(0)), "{table}");
        (name, table["action"].as_str().expect("an action").to_owned(), table["affected"].as_u64().expect("a count"))
    };
    let tables = statement["tables"].as_array().expect("tables").iter().map(counted);
    let told: BTreeSet<_> = tables.filter(|(_, _, affected)| *affected > 0).collect();
    let by_hand = his.iter().filter_map(|(table, rows)| {
        let action = if table == "desk_order" { "unlink" } else { "delete" };
        let changed = table == "desk_order" || !KEPT.contains(&table.as_str());
        changed.then(|| (table.clone(), action.to_owned(), rows.len() as u64))
    });
    assert_eq!(told, by_hand.collect());
}

fn everything(read: Read<'_>) -> Rows {
    tables().into_iter().map(|table| (table.to_owned(), read(table, "1 = 1"))).collect()
}

/// Check, accept, plan, export and erase with the finished map; the archive and what is left are compared with rows told by hand.
fn answer_requests(folder: &Path, url: &str, read: Read<'_>) {
    let run = |arguments: &[&str]| -> Ran { exeunt_with(folder, arguments, &[("DESK_URL", url)]) };
    let subject = format!("customer={ERASED}");
    let before = everything(read);
    let his: Rows = HIS.into_iter().map(|(table, condition)| (table.to_owned(), read(table, condition))).collect();
    assert!(his.values().all(|rows| !rows.is_empty()), "he has rows in every table told by hand");
    let count =
        |kept: bool| his.iter().filter(|(table, _)| KEPT.contains(&table.as_str()) == kept).map(|(_, rows)| rows.len()).sum::<usize>();
    run(&["map", "accept", "--map", "desk.map.yaml", "--yes"]).ends_with(0);
    run(&["map", "check", "--map", "desk.map.yaml"]).ends_with(0);
    run(&["plan", "--map", "desk.map.yaml", "--for", "erase", "--subject", &subject]).ends_with(0);
    let exported = run(&["export", "--map", "desk.map.yaml", "--subject", &subject, "--name", "taken", "--json"]).ends_with(0).json();
    assert_eq!(exported["rows"], count(true) + count(false));
    assert_eq!(archived(&folder.join("taken.zip")), shown(&his));
    let erased = run(&["erase", "--map", "desk.map.yaml", "--subject", &subject, "--yes-erase", "Person 2", "--json"]).ends_with(0).json();
    assert_eq!((&erased["deleted"], &erased["kept"]), (&count(false).into(), &count(true).into()));
    let certificate = folder.join(erased["certificate"].as_str().expect("a name"));
    let certificate = std::fs::read_to_string(certificate).expect("read the certificate");
    let certificate: serde_json::Value = serde_json::from_str(&certificate).expect("JSON");
    assert_certified(&certificate["statement"], &his);
    assert_eq!(everything(read), left(before, &his));
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
    answer_requests(folder.path(), "", &mut |table, condition| sqlite_rows(&path, table, condition));
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
    let mut client = database.client();
    answer_requests(folder.path(), database.url(), &mut |table, condition| postgres_rows(&mut client, table, condition));
    assert_eq!(postgres_state(&mut database.client()), postgres_state(&mut twin.client()));
}

#[test]
fn nine_lines_are_left_to_write_for_thirty_three_tables() {
    let accepted: Vec<String> = DRAFT.lines().map(|line| line.replace("todo: ", "")).collect();
    let written = FINISHED.lines().filter(|line| !line.starts_with('#') && !accepted.iter().any(|known| known == line)).count();
    assert_eq!((written, tables().len()), (LINES_WRITTEN, 33));
}
