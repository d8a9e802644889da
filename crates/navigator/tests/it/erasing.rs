//! Plans made from the data map do the right thing to the traps.
//!
//! The outline is run here in the simplest way there is: every set of rows is written into a table of its own before anything else,
//! then guards, then steps. What the product does more cleverly must come to the same.

use exeunt_model::catalog::SourceKind;
use exeunt_model::map::action::Change;
use exeunt_model::map::resolve::Scheme;
use exeunt_model::names::{CategoryName, SubjectKind};
use exeunt_model::plan::planner::{self, Asked};
use exeunt_model::plan::{Choice, Outline, Profile, Work};
use exeunt_model::selection::{ColumnPath, Condition};
use exeunt_navigator::schema::quoted;
use exeunt_navigator::traps::{PERSON_EVERYWHERE, Seats, person_everywhere_member};
use rusqlite::Connection;

use crate::map::{catalog, sqlite_scheme_of};
use crate::support::world;

/// Table and action.
pub type Choices = &'static [(&'static str, &'static str)];

pub const DELETE: Choices = &[("lead_list", "delete"), ("account_list", "delete"), ("note", "delete"), ("presentation", "delete")];
const HAND_OVER: Choices =
    &[("lead_list", "hand_over"), ("account_list", "hand_over"), ("note", "hand_over"), ("presentation", "hand_over")];

/// A copy of the world that may be erased in.
pub struct Copy {
    pub database: Connection,
    pub scheme: Scheme,
    _folder: tempfile::TempDir,
}

impl Copy {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("copy.db");
        std::fs::copy(world().database(), &path).unwrap();
        let scheme = sqlite_scheme_of(catalog(SourceKind::Sqlite, &format!("sqlite:{}", path.display())));
        let database = Connection::open(&path).unwrap();
        database.execute_batch("PRAGMA foreign_keys = ON; PRAGMA synchronous = OFF; PRAGMA temp_store = MEMORY").unwrap();
        Self { database, scheme, _folder: folder }
    }

    pub fn count(&self, sql: &str) -> i64 {
        self.database.query_row(sql, [], |row| row.get(0)).unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    pub fn rows(&self, table: &str, condition: &str) -> i64 {
        self.count(&format!("SELECT count(*) FROM {} WHERE {condition}", quoted(table)))
    }

    fn outline(&self, kind: &str, choices: &[(&str, &str)]) -> Outline {
        self.outline_of(kind, None, choices).unwrap()
    }

    /// The plan for some categories, or for all of them.
    pub fn outline_of(&self, kind: &str, categories: Option<&[&str]>, choices: &[(&str, &str)]) -> Result<Outline, planner::Error> {
        let kind = SubjectKind::new(kind);
        let categories: Option<Vec<CategoryName>> = categories.map(|names| names.iter().map(|name| CategoryName::new(*name)).collect());
        let choice =
            |(table, action): &(&str, &str)| Choice { table: format!("app.{table}").parse().unwrap(), action: (*action).to_owned() };
        let choices: Vec<Choice> = choices.iter().map(choice).collect();
        let asked = Asked { kind: &kind, profile: Profile::Documented, categories: categories.as_deref(), choices: &choices, facts: &[] };
        planner::erase(&self.scheme, &asked)
    }

    /// Writes every set into a table and gives what the guards find.
    pub fn prepare(&self, outline: &Outline, key: i64) -> Vec<String> {
        for set in &outline.sets {
            let columns: Vec<String> = set.columns.iter().zip(0..).map(|(path, index)| format!("{} AS c{index}", column(path))).collect();
            let not_null: Vec<String> = set.columns.iter().map(|path| format!("{} IS NOT NULL", column(path))).collect();
            let select = format!(
                "DROP TABLE IF EXISTS temp.set_{id}; CREATE TEMP TABLE set_{id} AS SELECT DISTINCT {} FROM {} WHERE ({}) AND {}",
                columns.join(", "),
                quoted(&set.table.name),
                rendered(&set.condition, &set.table.name, key),
                not_null.join(" AND "),
                id = set.id.0,
            );
            self.database.execute_batch(&select).unwrap_or_else(|error| panic!("{select}: {error}"));
        }
        let guards = outline.guards.iter().filter_map(|guard| {
            let found = self.rows(&guard.table.name, &rendered(&guard.condition, &guard.table.name, key));
            let columns: Vec<String> = guard.columns.iter().map(ToString::to_string).collect();
            let category = guard.choose.as_ref().map(|name| format!(": {name}")).unwrap_or_default();
            (found > 0).then(|| format!("{found} rows of {} by {} to {}{category}", guard.table, columns.join(","), guard.references))
        });
        guards.collect()
    }

    fn erase(&self, kind: &str, key: i64, choices: &[(&str, &str)], successor: i64) {
        self.run(&self.outline(kind, choices), kind, key, successor);
    }

    /// Carries a plan out that nothing stands in the way of.
    pub fn run(&self, outline: &Outline, kind: &str, key: i64, successor: i64) {
        assert_eq!(self.prepare(outline, key), Vec::<String>::new(), "{kind} {key}");
        // Cycles of foreign keys are checked at the end, where the database can do so.
        self.database.execute_batch("BEGIN; PRAGMA defer_foreign_keys = ON").unwrap();
        for step in &outline.steps {
            let table = quoted(&step.table.name);
            let rows = rendered(&step.condition, &step.table.name, key);
            let set_null =
                |columns: &[String]| columns.iter().map(|name| format!("{} = NULL", quoted(name))).collect::<Vec<_>>().join(", ");
            let sql = match &step.work {
                Work::HandOver { column } => format!("UPDATE {table} SET {} = {successor} WHERE {rows}", quoted(column)),
                Work::Unlink { columns } | Work::BreakCycle { columns } => format!("UPDATE {table} SET {} WHERE {rows}", set_null(columns)),
                Work::Change { changes } => {
                    let changes = changes.iter().map(|(path, change)| match change {
                        Change::Clear => format!("{} = NULL", column(path)),
                        Change::Constant(text) => format!("{} = '{}'", column(path), text.replace('\'', "''")),
                        Change::Pseudonym => panic!("the map has none"),
                    });
                    format!("UPDATE {table} SET {} WHERE {rows}", changes.collect::<Vec<_>>().join(", "))
                }
                Work::Delete { .. } => format!("DELETE FROM {table} WHERE {rows}"),
                Work::Read { .. } => panic!("an erasure does not read"),
            };
            self.database.execute(&sql, []).unwrap_or_else(|error| panic!("{} {}: {error}", step.work.word(), step.table));
        }
        self.database.execute_batch("COMMIT").unwrap();
        assert_eq!(self.count("SELECT count(*) FROM pragma_foreign_key_check"), 0);
        for guard in &outline.steps {
            if matches!(guard.work, Work::Delete { .. }) {
                assert_eq!(self.rows(&guard.table.name, &rendered(&guard.condition, &guard.table.name, key)), 0, "{}", guard.table);
            }
        }
    }
}

fn column(path: &ColumnPath) -> String {
    assert!(path.json.is_empty());
    quoted(&path.column)
}

fn rendered(condition: &Condition, table: &str, key: i64) -> String {
    let list = |inner: &[Condition], word: &str| {
        let inner: Vec<String> = inner.iter().map(|condition| rendered(condition, table, key)).collect();
        format!("({})", inner.join(word))
    };
    match condition {
        Condition::Never => "0".to_owned(),
        Condition::Always => "1".to_owned(),
        Condition::SubjectKey { columns, .. } => format!("{}.{} IS {key}", quoted(table), quoted(&columns[0])),
        Condition::Equals { column: path, text } => format!("{}.{} IS '{text}'", quoted(table), column(path)),
        Condition::NotNull { columns } => {
            let columns: Vec<String> = columns.iter().map(|path| format!("{} IS NOT NULL", column(path))).collect();
            columns.join(" AND ")
        }
        Condition::In { columns, set } => {
            let names: Vec<String> = columns.iter().map(|path| format!("{}.{}", quoted(table), column(path))).collect();
            format!("ifnull(({}) IN (SELECT * FROM temp.set_{}), 0)", names.join(", "), set.0)
        }
        Condition::Closure { .. } => panic!("the map follows no tree"),
        Condition::Changed { .. } => panic!("no plan finds rows by what it changes"),
        Condition::All(inner) => list(inner, " AND "),
        Condition::Any(inner) => list(inner, " OR "),
        Condition::Not(inner) => format!("NOT ({})", rendered(inner, table, key)),
    }
}

#[test]
fn no_guard_refuses_any_seat_contract_member_or_person() {
    let copy = Copy::new();
    let layout = &world().layout;
    let everybody: Vec<i64> = layout.all_seats().map(|seat| seat.id).collect();
    let requests: [(&str, Choices, &[i64]); 4] = [
        ("seat", DELETE, &everybody),
        ("contract", &[], &[1, 2, 3, 4, 5]),
        ("member", &[], &[1, 9, 60, person_everywhere_member(layout)]),
        ("person", &[("note", "delete")], &[1, 2, 100, 101, 150, 400]),
    ];
    for (kind, choices, keys) in requests {
        let outline = copy.outline(kind, choices);
        for key in keys {
            assert_eq!(copy.prepare(&outline, *key), Vec::<String>::new(), "{kind} {key}");
        }
    }
}

#[test]
fn a_conversation_between_seats_stays_until_the_last_of_them_goes() {
    let copy = Copy::new();
    let seats = Seats::of(&world().layout);
    copy.erase("seat", seats.plain.id, DELETE, 0);
    assert_eq!(copy.rows("thread", r#""id" = 2 AND "seat_id" IS NULL AND "assignment_id" IS NULL"#), 1);
    assert_eq!(copy.rows("message", r#""thread_id" = 2"#), 2);
    assert_eq!(copy.rows("message", r#""id" = 20 AND "sender_seat_id" IS NULL"#), 1);
    assert_eq!(copy.rows("message", &format!(r#""id" = 21 AND "sender_seat_id" = {}"#, seats.other_side.id)), 1);
    copy.erase("seat", seats.other_side.id, DELETE, 0);
    assert_eq!(copy.rows("thread", r#""id" = 2"#) + copy.rows("message", r#""thread_id" = 2"#), 0);
    assert_eq!(copy.rows("thread_party", r#""thread_id" = 2"#), 0);
}

#[test]
fn a_held_message_stays_with_its_thread_and_file_until_the_hold_is_closed() {
    let copy = Copy::new();
    let seats = Seats::of(&world().layout);
    copy.erase("seat", seats.plain.id, DELETE, 0);
    let held = |copy: &Copy| {
        (copy.rows("thread", r#""id" = 3"#), copy.rows("message", r#""thread_id" = 3"#), copy.rows("attachment", r#""id" = 3"#))
    };
    assert_eq!(held(&copy), (1, 2, 1));
    copy.erase("contract", 1, &[], 0);
    assert_eq!(held(&copy), (1, 2, 1));
    assert_eq!(copy.rows("legal_hold", r#""contract_id" IS NULL"#), 1);
    copy.erase("hold", 1, &[], 0);
    assert_eq!(held(&copy), (0, 0, 0));
    assert_eq!(copy.rows("legal_hold", "1"), 0);
}

#[test]
fn a_file_of_two_messages_is_still_named_after_the_first_goes() {
    let copy = Copy::new();
    let seats = Seats::of(&world().layout);
    copy.erase("seat", seats.plain.id, DELETE, 0);
    assert_eq!(copy.rows("attachment", r#""id" = 1"#), 0);
    assert_eq!(copy.rows("attachment", r#""blob_key" = 'attachments/shared/line-figures.pdf'"#), 1);
}

#[test]
fn a_viewer_of_two_seats_goes_with_the_second() {
    let copy = Copy::new();
    let seats = Seats::of(&world().layout);
    copy.erase("seat", seats.plain.id, DELETE, 0);
    assert_eq!((copy.rows("sl_viewer", r#""id" = 4"#), copy.rows("sl_viewer", r#""id" IN (1, 2, 3)"#)), (1, 0));
    assert_eq!(copy.rows("sl_session", r#""viewer_id" = 4"#), 1);
    copy.erase("seat", seats.second.id, DELETE, 0);
    assert_eq!(copy.rows("sl_viewer", r#""id" = 4"#), 0);
}

#[test]
fn what_is_handed_over_keeps_everything_that_hangs_from_it() {
    let copy = Copy::new();
    let seats = Seats::of(&world().layout);
    let leaver = seats.leaver.id;
    let owned = |column: &str, table: &str| copy.rows(table, &format!(r#""{column}" = {leaver}"#));
    let before = (owned("owner_seat_id", "lead_list"), owned("author_seat_id", "note"), owned("owner_seat_id", "presentation"));
    let visits = copy.rows("sl_session", "1");
    let items = copy.rows("lead_list_item", "1");
    let successor = seats.second.id;
    let gained = |column: &str, table: &str| copy.rows(table, &format!(r#""{column}" = {successor}"#));
    let had = (gained("owner_seat_id", "lead_list"), gained("author_seat_id", "note"), gained("owner_seat_id", "presentation"));
    copy.erase("seat", leaver, HAND_OVER, successor);
    let has = (gained("owner_seat_id", "lead_list"), gained("author_seat_id", "note"), gained("owner_seat_id", "presentation"));
    assert_eq!(has, (had.0 + before.0, had.1 + before.1, had.2 + before.2));
    assert!(before.0 > 1 && before.2 > 0);
    assert_eq!((copy.rows("sl_session", "1"), copy.rows("lead_list_item", "1")), (visits, items));
    assert_eq!(copy.rows("lead_list_share", r#""list_id" = 1"#), 2);
    assert_eq!(copy.rows("seat", &format!(r#""id" = {leaver}"#)), 0);
}

#[test]
fn erasing_the_lead_leaves_the_holder_and_the_other_way_round() {
    let layout = &world().layout;
    let seats = Seats::of(layout);
    let person = format!(r#""person_id" = {PERSON_EVERYWHERE}"#);
    let copy = Copy::new();
    copy.erase("person", PERSON_EVERYWHERE, &[("note", "change")], 0);
    for table in ["saved_lead", "lead_list_item", "thread_party", "sl_viewer", "activity", "sa_recommendation", "person_alias", "note"] {
        assert_eq!(copy.rows(table, &person), 0, "{table}");
    }
    assert_eq!(copy.rows("crm_record", r#""external_id" = '0035gEVERYWHERE'"#), 0);
    assert_eq!(copy.rows("sl_viewer", r#""id" = 1 AND "name" IS NULL AND "email" IS NULL"#), 1);
    assert_eq!(copy.rows("message", r#""id" = 11 AND "body" = '(removed with its sender)'"#), 1);
    assert_eq!(copy.rows("seat", &format!(r#""id" = {}"#, seats.elsewhere.id)), 1);
    assert_eq!(copy.rows("member", &format!(r#""id" = {}"#, person_everywhere_member(layout))), 1);

    let copy = Copy::new();
    let before = copy.rows("saved_lead", &person);
    copy.erase("seat", seats.elsewhere.id, DELETE, 0);
    assert_eq!(copy.rows("person", &format!(r#""id" = {PERSON_EVERYWHERE}"#)), 1);
    assert!(copy.rows("saved_lead", &person) >= before - 1);
    copy.erase("member", person_everywhere_member(layout), &[], 0);
    assert_eq!(copy.rows("person", &format!(r#""id" = {PERSON_EVERYWHERE} AND "member_id" IS NULL"#)), 1);
}

#[test]
fn a_contract_leaves_invoices_and_declines_and_nothing_else() {
    let copy = Copy::new();
    let of_contract = |table: &str| copy.rows(table, r#""contract_id" = 2"#);
    let (invoices, declined) = (copy.rows("invoice", "1"), copy.rows("suppression", "1"));
    let others = copy.rows("seat", r#""contract_id" <> 2"#);
    copy.erase("contract", 2, &[], 0);
    for table in ["contract_setting", "seat", "note", "activity", "account_import", "user_group", "sl_viewer", "seat_event", "invoice"] {
        assert_eq!(of_contract(table), 0, "{table}");
    }
    assert_eq!((copy.rows("invoice", "1"), copy.rows("suppression", "1")), (invoices, declined));
    assert_eq!(copy.rows("seat", r#""contract_id" <> 2"#), others);
    assert_eq!(copy.rows("customer", r#""id" = 2"#), 0);
    // A customer of two contracts stays for the second.
    copy.erase("contract", 4, &[], 0);
    assert_eq!(copy.rows("customer", r#""id" = 1"#), 1);
}

#[test]
fn zero_is_a_key_like_any_other() {
    let copy = Copy::new();
    let others = copy.rows("seat", r#""id" <> 0"#);
    copy.erase("seat", 0, DELETE, 0);
    for (table, column) in
        [("seat", "id"), ("lead_list", "id"), ("note", "id"), ("thread", "id"), ("message", "id"), ("activity", "seat_id")]
    {
        assert_eq!(copy.rows(table, &format!(r#""{column}" = 0"#)), 0, "{table}");
    }
    assert_eq!(copy.rows("seat", "1"), others);
}
