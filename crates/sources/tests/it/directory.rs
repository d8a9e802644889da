//! Who holds which seat, in whatever columns a platform keeps it.

use std::sync::Arc;

use exeunt_model::catalog::SourceKind;
use exeunt_model::directory::{Key, SeatEntry, SeatRole};
use exeunt_model::identity::Language;
use exeunt_model::map::parse::parse;
use exeunt_model::map::resolve::resolve;
use exeunt_sources::{DirectoryReader, Look, Page};

use crate::world::{Postgres, World, conformance};

conformance!(
    seats_are_found_by_address_in_any_case,
    columns_of_the_seats_own_row_are_read,
    columns_a_step_away_are_read_from_the_first_row_that_counts,
    truth_values_and_nulls_mean_roles_and_states,
    roles_are_given_by_their_very_text,
    keys_of_several_columns_are_keys,
    seats_of_a_contract_come_page_by_page,
    keys_that_no_row_can_have_find_nothing,
    letters_that_look_alike_are_no_address,
    each_question_sees_the_newest_moment,
);

const SIMPLE: &str = "
    CREATE TABLE contract (id INTEGER PRIMARY KEY, name TEXT, plan TEXT, state TEXT, buyer_id INTEGER);
    CREATE TABLE seat (id INTEGER PRIMARY KEY, contract_id INTEGER NOT NULL REFERENCES contract (id), email TEXT, name TEXT, rights TEXT,
                       state TEXT, lang TEXT);
    INSERT INTO contract VALUES (1, 'Alpen AG', 'gold', 'active', 11), (2, 'Nord GmbH', NULL, 'ended', NULL);
    INSERT INTO seat VALUES
        (10, 1, 'Mara.Lindqvist@Personal.example', 'Mara Lindqvist', 'admin', 'active', 'de-AT'),
        (11, 1, 'ola@personal.example', '  ', 'admin', 'unlicensed', 'fr'),
        (12, 1, NULL, 'Nobody Yet', 'reporting', 'active', NULL),
        (13, 1, 'Zoë@Personal.example', 'Zoë Öberg', NULL, 'removed', 'en'),
        (20, 2, 'MARA.LINDQVIST@personal.example', 'Mara L.', '', 'active', NULL),
        (21, 2, 'no address', 'Broken', 'ADMIN', 'active', NULL)";

const SIMPLE_MAP: &str = "
directory:
  contract: { tier: plan, state: { column: state, ended: [ended] }, purchase_admin: buyer_id }
  seat:
    email: email
    name: name
    role: { column: rights, admin: [admin], sub_admin: [reporting], holder: [null, ''] }
    state: { column: state, active: [active, unlicensed] }
    language: lang";

const SUBJECTS: &str = "
subjects:
  contract: { table: app.contract, key: id, label: name }
  seat: { table: app.seat, key: id, within: contract via contract_id }";

/// The directory of a map with these sections over the tables that are there.
fn directory(world: &dyn World, subjects: &str, section: &str) -> DirectoryReader {
    let database = world.database();
    let catalog = database.reader().unwrap().introspect().unwrap();
    let (kind, url) = match catalog.kind {
        SourceKind::Postgres => ("postgres", "postgres://localhost/app"),
        SourceKind::Sqlite | SourceKind::Files => ("sqlite", "sqlite:app.db"),
    };
    let mut text = format!(
        "exeunt: 1\nname: test\nsources:\n  app: {{ kind: {kind}, url: '{url}' }}{subjects}{section}\ncategories:\n  all: {{}}\ntables:\n"
    );
    for table in &catalog.tables {
        let owner = if matches!(table.name.name.as_str(), "contract" | "seat") { "" } else { ", owner: seat" };
        text += &format!("  {}: {{ category: all{owner} }}\n", table.name);
    }
    let parsed = parse(&text).unwrap_or_else(|diagnostics| panic!("{text}\n{diagnostics:#?}"));
    let scheme = resolve(&parsed.map, std::slice::from_ref(&catalog)).unwrap_or_else(|problems| panic!("{problems:#?}"));
    database.directory(&scheme.directory.unwrap(), &Arc::new(catalog))
}

fn simple(world: &dyn World) -> DirectoryReader {
    world.run(SIMPLE);
    directory(world, SUBJECTS, SIMPLE_MAP)
}

fn key(parts: &[&str]) -> Key {
    parts.iter().map(|part| (*part).to_owned()).collect()
}

fn keys(seats: &[SeatEntry]) -> Vec<String> {
    seats.iter().map(|seat| seat.key.join(",")).collect()
}

fn seats_are_found_by_address_in_any_case(world: &dyn World) {
    let mut directory = simple(world);
    let mut found = |address: &str| keys(&directory.seats_by_email(&address.parse().unwrap()).unwrap());
    assert_eq!(found("mara.lindqvist@personal.example"), ["10", "20"], "in two contracts");
    assert_eq!(found("OLA@PERSONAL.EXAMPLE"), ["11"]);
    assert_eq!(found("zoë@personal.example"), ["13"]);
    assert_eq!(found("mara@personal.example"), [""; 0]);
    assert_eq!(found("mara%@personal.example"), [""; 0], "no pattern");
}

fn columns_of_the_seats_own_row_are_read(world: &dyn World) {
    let mut directory = simple(world);
    let mara = directory.seat(&key(&["10"])).unwrap().unwrap();
    let want = SeatEntry {
        key: key(&["10"]),
        contract: key(&["1"]),
        email: Some("mara.lindqvist@personal.example".parse().unwrap()),
        name: Some("Mara Lindqvist".to_owned()),
        role: SeatRole::Admin,
        active: true,
        language: Some(Language::German),
        purchase_admin: false,
    };
    assert!(mara == want, "{mara:?}");
    let admin_only = directory.seat(&key(&["11"])).unwrap().unwrap();
    assert!(admin_only.is_active_admin() && admin_only.purchase_admin);
    assert_eq!((admin_only.name, admin_only.language), (None, None));
    let mut role = |id: &str| directory.seat(&key(&[id])).unwrap().map(|seat| (seat.role, seat.active, seat.email.is_some())).unwrap();
    assert_eq!(role("12"), (SeatRole::SubAdmin, true, false));
    assert_eq!(role("13"), (SeatRole::Holder, false, true));
    assert_eq!(role("20"), (SeatRole::Holder, true, true));
    let contract = directory.contract(&key(&["1"])).unwrap().unwrap();
    assert_eq!((contract.name.as_deref(), contract.tier.as_deref(), contract.active), (Some("Alpen AG"), Some("gold"), true));
    let ended = directory.contract(&key(&["2"])).unwrap().unwrap();
    assert_eq!((ended.key, ended.tier, ended.active), (key(&["2"]), None, false));
    assert_eq!(keys(&directory.admins(&key(&["1"])).unwrap()), ["10", "11"]);
}

fn columns_a_step_away_are_read_from_the_first_row_that_counts(world: &dyn World) {
    world.run(
        "CREATE TABLE contract (id INTEGER PRIMARY KEY, name TEXT, buyer INTEGER);
         CREATE TABLE seat (id INTEGER PRIMARY KEY, contract_id INTEGER NOT NULL REFERENCES contract (id));
         CREATE TABLE holder (id INTEGER PRIMARY KEY, seat_id INTEGER NOT NULL REFERENCES seat (id), person INTEGER, mail TEXT, first TEXT,
                              last TEXT, until TEXT);
         CREATE TABLE setting (seat_id INTEGER REFERENCES seat (id), name TEXT, value TEXT, PRIMARY KEY (seat_id, name));
         INSERT INTO contract VALUES (1, 'Alpen AG', 502);
         INSERT INTO seat VALUES (10, 1), (11, 1), (12, 1);
         INSERT INTO holder VALUES
             (1, 10, 501, 'then@personal.example', 'Then', 'Gone', '2024-01-01'),
             (2, 10, 502, 'now@personal.example', 'Now', 'Here', NULL),
             (3, 10, 503, 'later@personal.example', 'Later', 'Too', NULL),
             (4, 11, 501, 'Then@personal.example', NULL, 'Alone', NULL);
         INSERT INTO setting VALUES (10, 'rights', 'boss'), (10, 'lang', 'de'), (11, 'lang', 'en')",
    );
    let mut directory = directory(
        world,
        SUBJECTS,
        "
directory:
  contract: { purchase_admin: { column: buyer, seat: { column: holder(seat_id).person, when: { until: null } } } }
  seat:
    email: { column: holder(seat_id).mail, when: { until: null } }
    name: { column: [holder(seat_id).first, holder(seat_id).last], when: { until: null } }
    role: { column: setting(seat_id).value, when: { name: rights }, admin: boss }
    state: { column: holder(seat_id).person, when: { until: null }, ended: null }
    language: { column: setting(seat_id).value, when: { name: lang } }",
    );
    let mut found = |address: &str| keys(&directory.seats_by_email(&address.parse().unwrap()).unwrap());
    assert_eq!(found("then@personal.example"), ["11"], "no longer of seat 10");
    assert_eq!(found("now@personal.example"), ["10"]);
    assert_eq!(found("later@personal.example"), [""; 0], "only the first row counts");
    let seats = directory.seats_of(&key(&["1"]), Page { limit: 10, ..Page::default() }).unwrap();
    let told: Vec<_> =
        seats.iter().map(|seat| (seat.name.as_deref(), seat.role, seat.active, seat.language, seat.purchase_admin)).collect();
    let want = [
        (Some("Now Here"), SeatRole::Admin, true, Some(Language::German), true),
        (Some("Alone"), SeatRole::Holder, true, Some(Language::English), false),
        (None, SeatRole::Holder, false, None, false),
    ];
    assert_eq!(told, want);
}

fn truth_values_and_nulls_mean_roles_and_states(world: &dyn World) {
    world.run(
        "CREATE TABLE contract (id INTEGER PRIMARY KEY, name TEXT, closed_at TIMESTAMP);
         CREATE TABLE seat (id INTEGER PRIMARY KEY, contract_id INTEGER NOT NULL REFERENCES contract (id), email TEXT, is_admin BOOLEAN,
                            closed_at TIMESTAMP);
         INSERT INTO contract VALUES (1, 'Alpen AG', NULL), (2, 'Nord GmbH', '2024-01-01 00:00:00');
         INSERT INTO seat VALUES (10, 1, NULL, TRUE, NULL), (11, 1, NULL, FALSE, '2024-01-01 00:00:00'), (12, 1, NULL, NULL, NULL)",
    );
    let mut directory = directory(
        world,
        SUBJECTS,
        "
directory:
  contract: { state: { column: closed_at, active: null } }
  seat: { email: email, role: { column: is_admin, admin: true, sub_admin: null, holder: false }, state: { column: closed_at, active: [null] } }",
    );
    let seats = directory.seats_of(&key(&["1"]), Page { limit: 10, ..Page::default() }).unwrap();
    let told: Vec<_> = seats.iter().map(|seat| (seat.role, seat.active)).collect();
    assert_eq!(told, [(SeatRole::Admin, true), (SeatRole::Holder, false), (SeatRole::SubAdmin, true)]);
    assert!(directory.contract(&key(&["1"])).unwrap().unwrap().active);
    assert!(!directory.contract(&key(&["2"])).unwrap().unwrap().active);
}

fn roles_are_given_by_their_very_text(world: &dyn World) {
    world.run(world.pick(
        "CREATE TABLE contract (id INTEGER PRIMARY KEY, name TEXT);
         CREATE TABLE seat (id INTEGER PRIMARY KEY, contract_id INTEGER REFERENCES contract (id), email TEXT COLLATE NOCASE, rights TEXT COLLATE NOCASE)",
        "CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
         CREATE TABLE contract (id INTEGER PRIMARY KEY, name TEXT);
         CREATE TABLE seat (id INTEGER PRIMARY KEY, contract_id INTEGER REFERENCES contract (id), email TEXT, rights TEXT COLLATE loose)",
    ));
    world.run("INSERT INTO contract VALUES (1, 'Alpen AG'); INSERT INTO seat VALUES (10, 1, NULL, 'Admin'), (11, 1, NULL, 'admin'), (12, NULL, NULL, 'admin')");
    let section = "\ndirectory:\n  contract: {}\n  seat: { email: email, role: { column: rights, admin: [admin] } }";
    let mut directory = directory(world, SUBJECTS, section);
    assert_eq!(keys(&directory.admins(&key(&["1"])).unwrap()), ["11"]);
    assert_eq!(directory.seat(&key(&["12"])).unwrap(), None, "a seat of no contract");
}

fn keys_of_several_columns_are_keys(world: &dyn World) {
    world.run(
        "CREATE TABLE contract (region TEXT, number INTEGER, name TEXT, PRIMARY KEY (region, number));
         CREATE TABLE seat (region TEXT, number INTEGER, place INTEGER, email TEXT, rights TEXT, PRIMARY KEY (region, number, place),
                            FOREIGN KEY (region, number) REFERENCES contract (region, number));
         INSERT INTO contract VALUES ('eu', 1, 'Alpen AG'), ('us', 1, 'West Inc');
         INSERT INTO seat VALUES ('eu', 1, 1, 'a@personal.example', 'admin'), ('eu', 1, 2, 'b@personal.example', ''),
                                 ('us', 1, 1, 'a@personal.example', '')",
    );
    let mut directory = directory(
        world,
        "
subjects:
  contract: { table: app.contract, key: [region, number], label: name }
  seat: { table: app.seat, key: [region, number, place], within: 'contract via (region,number)' }",
        "\ndirectory:\n  contract: {}\n  seat: { email: email, role: { column: rights, admin: [admin] } }",
    );
    let found = directory.seats_by_email(&"a@personal.example".parse().unwrap()).unwrap();
    assert_eq!(keys(&found), ["eu,1,1", "us,1,1"]);
    assert_eq!(found[1].contract, key(&["us", "1"]));
    let after = key(&["eu", "1", "1"]);
    let page = Page { after: Some(&after), limit: 10, text: None };
    assert_eq!(keys(&directory.seats_of(&key(&["eu", "1"]), page).unwrap()), ["eu,1,2"]);
    assert_eq!(directory.seat(&key(&["eu", "1"])).unwrap(), None, "half a key");
    assert_eq!(directory.contract(&key(&["us", "1"])).unwrap().unwrap().name.as_deref(), Some("West Inc"));
}

fn seats_of_a_contract_come_page_by_page(world: &dyn World) {
    let mut directory = simple(world);
    let contract = key(&["1"]);
    let mut found = Vec::new();
    let mut after: Option<Key> = None;
    loop {
        let page = directory.seats_of(&contract, Page { after: after.as_ref(), limit: 3, text: None }).unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.key.clone());
        found.push(keys(&page));
    }
    assert_eq!(found, [vec!["10", "11", "12"], vec!["13"]]);
    let mut with = |text: &str| keys(&directory.seats_of(&contract, Page { after: None, limit: 10, text: Some(text) }).unwrap());
    assert_eq!(with("LINDQ"), ["10"]);
    assert_eq!(with("öb"), ["13"]);
    assert_eq!(with("ÖBERG"), ["13"]);
    assert_eq!(with("ola@"), ["11"]);
    assert_eq!(with("%"), [""; 0], "no pattern");
    assert_eq!(with("' OR 1=1 --"), [""; 0]);
    assert_eq!(with("Mara L."), [""; 0], "of another contract");
}

fn keys_that_no_row_can_have_find_nothing(world: &dyn World) {
    let mut directory = simple(world);
    for odd in ["ten", "", "10; DROP TABLE seat", "99999999999999999999999", "1.5", "\u{0}"] {
        assert_eq!(directory.seat(&key(&[odd])).unwrap(), None, "{odd:?}");
        assert_eq!(directory.contract(&key(&[odd])).unwrap(), None, "{odd:?}");
        assert_eq!(directory.admins(&key(&[odd])).unwrap(), [], "{odd:?}");
        let after = key(&[odd]);
        directory.seats_of(&key(&["1"]), Page { after: Some(&after), limit: 1, text: None }).unwrap();
    }
    assert!(directory.seat(&key(&["10"])).unwrap().is_some(), "the connection goes on");
    assert_eq!(directory.seat(&key(&["10", "1"])).unwrap(), None);
}

fn letters_that_look_alike_are_no_address(world: &dyn World) {
    world.run(SIMPLE);
    // The sign for kelvin, which becomes a `k` in lower case.
    world.run("INSERT INTO seat VALUES (30, 1, '\u{212a}ate@personal.example', 'Kelvin', 'admin', 'active', NULL)");
    let mut directory = directory(world, SUBJECTS, SIMPLE_MAP);
    assert_eq!(directory.seats_by_email(&"kate@personal.example".parse().unwrap()).unwrap(), []);
    assert_eq!(directory.seat(&key(&["30"])).unwrap().unwrap().email, None, "mail would go to somebody else");
}

fn each_question_sees_the_newest_moment(world: &dyn World) {
    let mut directory = simple(world);
    assert_eq!(directory.admins(&key(&["1"])).unwrap().len(), 2);
    world.run("UPDATE seat SET rights = '' WHERE id = 10");
    assert_eq!(keys(&directory.admins(&key(&["1"])).unwrap()), ["11"]);
    // No lock is left behind.
    world.run("ALTER TABLE seat ADD COLUMN more TEXT");
    assert_eq!(directory.admins(&key(&["1"])).unwrap().len(), 1);
}

#[test]
fn postgres_that_restarted_is_connected_to_again() {
    let world = Postgres::new();
    let mut directory = simple(&world);
    assert!(directory.seat(&key(&["10"])).unwrap().is_some());
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
    let ended = world.database.client().query(end, &[]).unwrap();
    assert_eq!(ended.len(), 1, "one connection, kept");
    assert!(directory.seat(&key(&["10"])).unwrap().is_some());
}
