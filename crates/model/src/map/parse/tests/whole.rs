//! What the full map means.

use super::FULL;
use crate::catalog::SourceKind;
use crate::map::directory::Field;
use crate::map::parse::parse;
use crate::map::resolve::Place;
use crate::map::{Action, Change, Claim, DataMap, Hop, TableEntry};
use crate::names::{SubjectKind, TableName};
use crate::selection::ColumnPath;

fn entry<'m>(map: &'m DataMap, table: &str) -> &'m TableEntry {
    map.entry(&table.parse().unwrap()).unwrap()
}

fn table(text: &str) -> TableName {
    text.parse().unwrap()
}

fn to(columns: &[&str]) -> Hop {
    Hop::To { columns: columns.iter().map(|column| ColumnPath::from(*column)).collect(), to: None }
}

fn seat(hops: Vec<Hop>) -> Claim {
    Claim { kind: SubjectKind::new("seat"), path: Some(hops) }
}

#[test]
fn every_owner_path_is_read() {
    let map = parse(FULL).unwrap().map;
    let owner = |table: &str| entry(&map, table).owner.clone();
    assert_eq!(owner("app.saved_lead"), [Claim { kind: SubjectKind::new("seat"), path: None }]);
    assert_eq!(owner("app.page_view"), [seat(vec![to(&["session_id"]), to(&["presentation_id"]), to(&["owner_seat_id"])])]);
    let back =
        |columns: &[&str]| Hop::From { table: table("app.session"), columns: columns.iter().map(|c| ColumnPath::column(*c)).collect() };
    assert_eq!(owner("app.viewer"), [seat(vec![back(&["viewer_id"]), to(&["presentation_id"]), to(&["owner_seat_id"])])]);
    assert_eq!(owner("app.crm.match"), [seat(vec![back(&["match_id", "Match No"]), to(&["presentation_id"]), to(&["owner_seat_id"])])]);
    assert_eq!(owner("app.list_share"), [seat(vec![to(&["seat_id"])]), seat(vec![to(&["list_id"]), to(&["owner_seat_id"])])]);
    assert_eq!(owner("app.folder"), [seat(vec![Hop::Up { columns: vec!["parent_id".to_owned()] }, to(&["owner_seat_id"])])]);
    assert_eq!(owner("app.booking"), [seat(vec![to(&["contract_id", "seat_no"])])]);
    let arrow = Hop::To { columns: vec![ColumnPath::column("subject_id")], to: Some(table("app.note")) };
    assert_eq!(owner("app.event"), [seat(vec![arrow, to(&["author_seat_id"])]), seat(vec![to(&["payload/actor/id"])])]);
    let about = Hop::To { columns: vec![ColumnPath::column("person_key")], to: Some(table("app.crm.person")) };
    assert_eq!(entry(&map, "app.event").about, [Claim { kind: SubjectKind::new("person"), path: Some(vec![about]) }]);
}

#[test]
fn every_action_is_read() {
    let map = parse(FULL).unwrap().map;
    let action = |table: &str, kind: &str| entry(&map, table).on_erase.for_kind(&SubjectKind::new(kind)).clone();
    assert_eq!(action("app.seat", "seat"), Action::Delete);
    assert_eq!(action("app.note", "seat"), Action::Choose(vec![Action::Delete, Action::HandOver { column: "author_seat_id".to_owned() }]));
    assert_eq!(action("app.note", "contract"), Action::Delete);
    let changes =
        |list: &[(&str, Change)]| Action::Change(list.iter().map(|(path, change)| (ColumnPath::from(*path), change.clone())).collect());
    assert_eq!(action("app.note", "person"), changes(&[("person_id", Change::Clear), ("body", Change::Constant(String::new()))]));
    let want = changes(&[
        ("email", Change::Clear),
        ("name", Change::Pseudonym),
        ("city", Change::Constant("-".to_owned())),
        ("settings/zip", Change::Constant("007".to_owned())),
    ]);
    assert_eq!(action("app.user", "seat"), want);
    let Action::Keep(ground) = action("app.invoice", "contract") else { panic!("invoices are kept") };
    assert_eq!((ground.ground.as_str(), ground.until.unwrap().years), ("tax law, 10 years", 10));
    assert!(matches!(action("notes_db.\"odd.name\"", "person"), Action::Keep(_)));
    assert_eq!(action("notes_db.\"odd.name\"", "seat"), Action::Delete);
}

#[test]
fn the_rest_is_read_too() {
    let map = parse(FULL).unwrap().map;
    assert_eq!(map.sources[0].kind, SourceKind::Postgres);
    assert_eq!(map.sources[0].url, "${FULL_URL:-postgres://localhost/full}");
    assert_eq!(map.sources[0].schemas, ["public", "crm"]);
    let seat = map.subject(&SubjectKind::new("seat")).unwrap();
    assert_eq!(seat.identifiers, [(table("app.seat_assignment"), "email".to_owned()), (table("app.crm.person"), "email".to_owned())]);
    assert_eq!(map.categories[1].label, "Notes");
    assert_eq!(map.categories[2].applies[0].values, ["advanced", "advanced_plus"]);
    assert!(entry(&map, "app.crm.person").erase_shared);
    assert_eq!(entry(&map, "app.event").references[0].when, [(ColumnPath::column("subject_type"), "note".to_owned())]);
    assert_eq!(entry(&map, "app.user").secret, [ColumnPath::from("password_hash"), ColumnPath::from("settings/token")]);
    assert_eq!(entry(&map, "notes_db.\"odd.name\"").files.len(), 2);
    assert_eq!(map.ignore[&table("app.schema_migrations")], "holds no customer data");
}

#[test]
fn statements_are_found_by_name() {
    let positions = parse(FULL).unwrap().positions;
    let line_of = |place: Place| {
        let position = positions.of(&place).unwrap();
        let line = FULL.lines().nth(position.line - 1).unwrap();
        line.chars().skip(position.column - 1).take(position.length).collect::<String>()
    };
    let list = table("app.list_share");
    assert_eq!(line_of(Place::Claim(list.clone(), "owner", 1)), "seat via list_id.owner_seat_id");
    assert_eq!(line_of(Place::Field(list.clone(), "category")), "notes");
    assert_eq!(line_of(Place::Field(list.clone(), "secret")), "app.list_share");
    assert_eq!(line_of(Place::Table(list)), "app.list_share");
    assert_eq!(line_of(Place::Subject(SubjectKind::new("seat"), "within")), "contract via contract_id");
    assert_eq!(line_of(Place::Subject(SubjectKind::new("person"), "label")), "person");
    assert_eq!(line_of(Place::Field(table("app.ledger"), "on_erase")), "\"bookkeeping\"");
    assert_eq!(line_of(Place::Field(table("app.note"), "on_erase")), "seat");
    assert_eq!(line_of(Place::Ignore(table("app.schema_migrations"))), "app.schema_migrations");
    assert!(positions.of(&Place::Map).is_none());
}

#[test]
fn the_digest_knows_nothing_of_layout_and_everything_of_meaning() {
    let digest = |text: &str| parse(text).unwrap().map.digest();
    assert_eq!(digest(FULL), digest(&FULL.replace("key: [id]", "key:   id # same")));
    assert_ne!(digest(FULL), digest(&FULL.replace("10 years }", "11 years }")));
}

#[test]
fn the_directory_is_read() {
    let directory = parse(FULL).unwrap().map.directory.unwrap();
    let own = |column: &str| Field { step: None, columns: vec![column.into()], when: Vec::new() };
    assert_eq!(directory.contract.name, Some(own("name")));
    let state = directory.contract.state.unwrap();
    assert_eq!((state.active, state.ended), (Vec::new(), vec![Some("ended".to_owned()), None]));
    let assignment = |columns: &[&str], when: &[(&str, Option<&str>)]| Field {
        step: Some(Hop::From { table: table("app.seat_assignment"), columns: vec![ColumnPath::column("seat_id")] }),
        columns: columns.iter().map(|column| ColumnPath::from(*column)).collect(),
        when: when.iter().map(|(column, text)| (ColumnPath::from(*column), text.map(str::to_owned))).collect(),
    };
    assert_eq!(directory.contract.purchase_admin.unwrap().seat, Some(assignment(&["member_id"], &[])));
    assert_eq!(directory.seat.email, Field { step: Some(to(&["person_id"])), ..own("email") });
    assert_eq!(directory.seat.name, Some(assignment(&["first_name", "last_name"], &[("to_at", None)])));
    let role = directory.seat.role;
    assert_eq!((role.admin, role.holder), (vec![Some("admin".to_owned())], vec![None, Some(String::new())]));
    assert_eq!(directory.seat.state.unwrap().column, own("settings/state"));
    assert_eq!(directory.seat.language, None);
}

#[test]
fn a_map_without_a_directory_keeps_its_digest() {
    let (whole, _) = FULL.split_once("directory:").unwrap();
    let map = parse(whole).unwrap().map;
    assert!(!serde_json::to_string(&map).unwrap().contains("directory"));
    assert_ne!(map.digest(), parse(FULL).unwrap().map.digest());
}
