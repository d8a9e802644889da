use super::*;
use crate::map::action::{Action, Change, OnErase};
use crate::map::directory::{ContractColumns, Directory, Field, RoleColumn, SeatColumns};
use crate::map::{Claim, Hop};
use crate::selection::ColumnPath;
use crate::testing::{catalog, map};

fn entry_mut<'a>(map: &'a mut DataMap, table: &str) -> &'a mut crate::map::TableEntry {
    let name: TableName = table.parse().unwrap();
    map.tables.iter_mut().find(|entry| entry.table == name).unwrap()
}

fn problems(map: &DataMap) -> Vec<String> {
    match resolve(map, &[catalog()]) {
        Ok(_) => Vec::new(),
        Err(problems) => problems.into_iter().map(|problem| problem.message).collect(),
    }
}

#[test]
fn the_one_path_is_found_from_the_foreign_keys() {
    let scheme = resolve(&map(), &[catalog()]).unwrap();
    let page_view = scheme.table(&"app.page_view".parse().unwrap()).unwrap();
    assert_eq!(page_view.owner[0].describe(), "session_id → app.session, presentation_id → app.presentation, owner_seat_id → app.seat");
    assert_eq!(scheme.scope_kinds(&SubjectKind::new("contract")), [SubjectKind::new("contract"), SubjectKind::new("seat")]);
    assert_eq!(scheme.scope_kinds(&SubjectKind::new("seat")), [SubjectKind::new("seat")]);
}

#[test]
fn a_table_that_nobody_mentions_is_refused() {
    let mut map = map();
    map.tables.retain(|entry| entry.table.name != "note");
    assert_eq!(problems(&map), ["app.note is not in the map"]);
}

#[test]
fn an_unknown_column_in_a_path_is_named_with_its_table() {
    let mut map = map();
    let hop = Hop::To { columns: vec![ColumnPath::column("autor_id")], to: None };
    entry_mut(&mut map, "app.note").owner = vec![Claim { kind: SubjectKind::new("seat"), path: Some(vec![hop]) }];
    assert_eq!(problems(&map), ["app.note has no column `autor_id`"]);
}

#[test]
fn an_action_that_the_column_cannot_take_is_refused() {
    let mut map = map();
    let changes = vec![
        (ColumnPath::column("body"), Change::Clear),
        (ColumnPath::column("id"), Change::Constant("1".into())),
        (ColumnPath::column("draft_id"), Change::Constant("none".into())),
    ];
    entry_mut(&mut map, "app.note").on_erase = OnErase { default: Some(Action::Change(changes)), ..OnErase::default() };
    let want = [
        "`body` of app.note cannot be cleared: it is NOT NULL",
        "`id` is part of the primary key of app.note",
        "`draft_id` of app.note cannot hold \"none\": its type is INTEGER",
    ];
    assert_eq!(problems(&map), want);
}

#[test]
fn the_name_of_a_file_is_not_overwritten_in_a_row_that_stays() {
    let with_file = |column: &str| {
        let mut map = map();
        map.sources.push(crate::map::Source {
            name: crate::names::SourceName::new("files"),
            kind: crate::catalog::SourceKind::Files,
            url: String::new(),
            schemas: Vec::new(),
        });
        let note = entry_mut(&mut map, "app.note");
        note.files = vec![crate::map::FileKey { source: crate::names::SourceName::new("files"), column: column.into() }];
        map
    };
    let refused =
        |column: &str| format!("`{column}` of app.note names a file in `files`: the file would stay, and no row would name it any more");
    let constant = Change::Constant("gone".into());
    for change in [constant, Change::Pseudonym] {
        let mut map = with_file("body");
        let action = Action::Change(vec![(ColumnPath::column("body"), change)]);
        entry_mut(&mut map, "app.note").on_erase = OnErase { default: Some(action.clone()), ..OnErase::default() };
        assert_eq!(problems(&map), [refused("body")]);
        let choose = Action::Choose(vec![Action::Delete, action]);
        entry_mut(&mut map, "app.note").on_erase = OnErase { default: Some(choose), ..OnErase::default() };
        assert_eq!(problems(&map), [refused("body")]);
    }
    let mut cleared = with_file("draft_id");
    let action = Action::Change(vec![(ColumnPath::column("draft_id"), Change::Clear)]);
    entry_mut(&mut cleared, "app.note").on_erase = OnErase { default: Some(action), ..OnErase::default() };
    assert_eq!(problems(&cleared), [refused("draft_id")]);
    let mut unlinked = with_file("draft_id");
    entry_mut(&mut unlinked, "app.note").unlink = vec!["draft_id".into()];
    assert_eq!(problems(&unlinked), [refused("draft_id")]);
    let mut handed = with_file("author_seat_id");
    let seat = SubjectKind::new("seat");
    entry_mut(&mut handed, "app.note").on_erase.by_kind.insert(seat, Action::HandOver { column: "author_seat_id".into() });
    assert_eq!(problems(&handed), [refused("author_seat_id")]);
    // Other columns of a row that names a file change like any other.
    let mut other = with_file("author_seat_id");
    let action = Action::Change(vec![(ColumnPath::column("draft_id"), Change::Clear)]);
    entry_mut(&mut other, "app.note").on_erase = OnErase { default: Some(action), ..OnErase::default() };
    assert_eq!(problems(&other), Vec::<String>::new());
}

#[test]
fn bytes_are_no_name_of_a_file() {
    let mut map = map();
    let files = crate::names::SourceName::new("files");
    let source =
        crate::map::Source { name: files.clone(), kind: crate::catalog::SourceKind::Files, url: String::new(), schemas: Vec::new() };
    map.sources.push(source);
    entry_mut(&mut map, "app.note").files = vec![crate::map::FileKey { source: files, column: "body".into() }];
    let mut catalog = catalog();
    let note = catalog.tables.iter_mut().find(|table| table.name.name == "note").unwrap();
    let body = note.columns.iter_mut().find(|column| column.name == "body").unwrap();
    (body.kind, body.declared_type) = (crate::catalog::ColumnKind::Bytes, "bytea".into());
    let refused = resolve(&map, &[catalog.clone()]).unwrap_err();
    assert_eq!(refused[0].message, "`body` of app.note is bytea, which is no name of a file");
    map.sources[0].kind = crate::catalog::SourceKind::Sqlite;
    assert!(resolve(&map, &[catalog]).is_ok());
}

#[test]
fn what_is_secret_is_no_label_and_no_name_of_a_file() {
    let mut labelled = map();
    labelled.subjects[1].label = Some("email".into());
    assert_eq!(problems(&labelled), Vec::<String>::new());
    for (path, told) in [("email", "`email`"), ("email/token", "`email/token`")] {
        entry_mut(&mut labelled, "app.seat").secret = vec![path.into()];
        assert_eq!(problems(&labelled), [format!("{told} of app.seat is secret: as the label it would stand in every archive")]);
    }
    let mut named = map();
    let files = crate::names::SourceName::new("files");
    let source =
        crate::map::Source { name: files.clone(), kind: crate::catalog::SourceKind::Files, url: String::new(), schemas: Vec::new() };
    named.sources.push(source);
    let note = entry_mut(&mut named, "app.note");
    note.files = vec![crate::map::FileKey { source: files, column: "body".into() }];
    note.secret = vec!["body".into()];
    assert_eq!(problems(&named), ["`body` of app.note is secret: as the name of a file it would stand in every archive"]);
}

#[test]
fn an_unread_trigger_is_refused() {
    let mut catalog = catalog();
    let note = catalog.tables.iter_mut().find(|table| table.name.name == "note").unwrap();
    note.triggers.push(crate::catalog::Trigger {
        name: "note_gone".into(),
        on_delete: true,
        on_update: false,
        on_insert: false,
        definition: crate::digest::Digest::of_bytes(b""),
    });
    let refused = resolve(&map(), &[catalog]).unwrap_err();
    assert_eq!(refused[0].message, "the trigger `note_gone` on app.note may reach rows outside a plan");
}

#[test]
fn a_subjects_own_row_belongs_to_nobody_else() {
    let mut map = map();
    entry_mut(&mut map, "app.seat").owner = vec![crate::testing::claim("contract")];
    assert_eq!(problems(&map), ["app.seat is the table of `seat`: its rows own themselves"]);
}

#[test]
fn a_table_whose_rows_may_be_hidden_is_refused() {
    use crate::catalog::Hazard;
    let mut catalog = catalog();
    let note = catalog.tables.iter_mut().find(|table| table.name.name == "note").unwrap();
    note.hazards = vec![Hazard::RowSecurity];
    let refused = resolve(&map(), &[catalog]).unwrap_err();
    assert_eq!(refused[0].message, "app.note cannot be counted on: row-level security hides rows from the role that we connect as");
}

#[test]
fn a_reference_by_which_different_texts_count_as_equal_is_refused() {
    use crate::catalog::Hazard;
    let loose = |table: &str, column: &str| {
        let mut catalog = catalog();
        let found = catalog.tables.iter_mut().find(|found| found.name.name == table).unwrap();
        found.hazards = vec![Hazard::LooseComparison { column: column.into(), by: "COLLATE NOCASE".into() }];
        resolve(&map(), &[catalog]).map(|_| ()).map_err(|problems| problems[0].message.clone())
    };
    let told = "app.note cannot be counted on: different texts in `author_seat_id` count as equal (COLLATE NOCASE), and rows are found by it \
                (app.note(author_seat_id) → app.seat)";
    assert_eq!(loose("note", "author_seat_id"), Err(told.to_owned()));
    assert!(loose("seat", "id").is_err());
    // Nothing is looked for by the text of a note.
    assert_eq!(loose("note", "body"), Ok(()));
}

#[test]
fn a_polymorphic_type_in_which_different_texts_count_as_equal_is_refused() {
    use crate::catalog::Hazard;
    let mut catalog = catalog();
    let note = catalog.tables.iter_mut().find(|found| found.name.name == "note").unwrap();
    note.hazards = vec![Hazard::LooseComparison { column: "body".into(), by: "COLLATE NOCASE".into() }];
    let mut map = map();
    entry_mut(&mut map, "app.note").references = vec![crate::map::Reference {
        columns: vec![ColumnPath::column("draft_id")],
        to: crate::testing::name("draft"),
        referenced: vec!["id".into()],
        when: vec![(ColumnPath::column("body"), "draft".into())],
    }];
    let problems = resolve(&map, &[catalog]).unwrap_err();
    assert!(problems.iter().any(|problem| problem.message.contains("different texts in `body` count as equal")), "{problems:?}");
}

fn via(kind: &str, columns: &[&str]) -> Claim {
    let hops = columns.iter().map(|column| Hop::To { columns: vec![ColumnPath::column(*column)], to: None });
    Claim { kind: SubjectKind::new(kind), path: Some(hops.collect()) }
}

#[test]
fn a_row_that_speaks_of_a_subject_goes_only_where_the_map_says_so() {
    let mut map = map();
    entry_mut(&mut map, "app.note").about = vec![via("seat", &["draft_id", "seat_id"])];
    let want = [
        "the map does not say what erasing a contract does to app.note, which speaks of a seat in it",
        "the map does not say what erasing a seat does to app.note, which speaks of it",
    ];
    // Its author being a seat too says nothing of the notes of others.
    assert_eq!(problems(&map), want);
    let on_erase = &mut entry_mut(&mut map, "app.note").on_erase;
    on_erase.by_kind.insert(SubjectKind::new("seat"), Action::Change(vec![(ColumnPath::column("draft_id"), Change::Clear)]));
    assert_eq!(problems(&map), want[..1]);
    entry_mut(&mut map, "app.note").on_erase.by_kind.insert(SubjectKind::new("contract"), Action::Delete);
    assert_eq!(problems(&map), Vec::<String>::new());
}

#[test]
fn rows_are_handed_over_only_by_a_column_that_names_the_kind_erased() {
    let mut map = map();
    let action = Action::HandOver { column: "author_seat_id".into() };
    entry_mut(&mut map, "app.note").on_erase = OnErase { default: Some(action), ..OnErase::default() };
    assert_eq!(problems(&map), ["`author_seat_id` of app.note names no contract, so that a contract cannot hand over by it"]);
    entry_mut(&mut map, "app.note").on_erase.by_kind.insert(SubjectKind::new("contract"), Action::Delete);
    assert_eq!(problems(&map), Vec::<String>::new());
}

#[test]
fn owner_paths_that_lead_in_a_circle_are_refused() {
    let with_note = |mut catalog: crate::catalog::Catalog| {
        let draft = catalog.tables.iter_mut().find(|table| table.name.name == "draft").unwrap();
        *draft = crate::testing::table("draft", &["id", "seat_id>seat", "note_id?>note", "draft_id?>draft"]);
        let seat = catalog.tables.iter_mut().find(|table| table.name.name == "seat").unwrap();
        *seat = crate::testing::table("seat", &["id", "contract_id>contract", "email", "manager_id?>seat"]);
        catalog
    };
    let problems = |map: &DataMap| match resolve(map, &[with_note(catalog())]) {
        Ok(_) => Vec::new(),
        Err(problems) => problems.into_iter().map(|problem| problem.message).collect::<Vec<_>>(),
    };
    let mut circle = map();
    for entry in &mut circle.tables {
        entry.owner.iter_mut().for_each(|claim| {
            claim.path = claim.path.take().or_else(|| match entry.table.name.as_str() {
                "draft" => Some(vec![Hop::To { columns: vec![ColumnPath::column("seat_id")], to: None }]),
                "note" => Some(vec![Hop::To { columns: vec![ColumnPath::column("author_seat_id")], to: None }]),
                _ => None,
            })
        });
    }
    let straight = circle.clone();
    entry_mut(&mut circle, "app.note").owner.push(via("seat", &["draft_id", "seat_id"]));
    assert_eq!(problems(&circle), Vec::<String>::new());
    entry_mut(&mut circle, "app.draft").owner.push(via("seat", &["note_id", "author_seat_id"]));
    assert_eq!(
        problems(&circle),
        ["the owner paths lead in a circle (app.draft → app.note → app.draft), so that nobody could say which rows stay"]
    );
    let mut tree = straight.clone();
    entry_mut(&mut tree, "app.draft").owner.push(via("seat", &["draft_id", "seat_id"]));
    assert_eq!(problems(&tree), ["rows of app.draft hang from other rows of app.draft, so that nobody could say which of them stay"]);
    // A subject belongs to itself: a row that speaks of another subject of its own table hangs from nothing that could stay.
    let mut manager = straight;
    let seat = entry_mut(&mut manager, "app.seat");
    seat.about = vec![via("seat", &["manager_id"])];
    seat.on_erase = OnErase { default: Some(Action::Delete), ..OnErase::default() };
    assert_eq!(problems(&manager), Vec::<String>::new());
}

fn with_directory(change: impl FnOnce(&mut Directory)) -> DataMap {
    let own = |column: &str| Field { step: None, columns: vec![column.into()], when: Vec::new() };
    let mut directory = Directory {
        contract: ContractColumns {
            subject: SubjectKind::new("contract"),
            name: Some(own("name")),
            tier: Some(own("tier")),
            state: None,
            purchase_admin: None,
        },
        seat: SeatColumns {
            subject: SubjectKind::new("seat"),
            email: own("email"),
            name: None,
            role: RoleColumn { column: own("email"), admin: vec![Some("a".to_owned())], sub_admin: Vec::new(), holder: Vec::new() },
            state: None,
            language: None,
        },
    };
    change(&mut directory);
    DataMap { directory: Some(directory), ..map() }
}

#[test]
fn a_directory_finds_its_columns_by_one_step() {
    let drafted = Hop::From { table: "app.draft".parse().unwrap(), columns: vec![ColumnPath::column("seat_id")] };
    let contract = Hop::To { columns: vec![ColumnPath::column("contract_id")], to: None };
    let map = with_directory(|directory| {
        directory.seat.name = Some(Field { step: Some(drafted), columns: vec!["text".into()], when: vec![("id".into(), None)] });
        directory.seat.language = Some(Field { step: Some(contract), columns: vec!["tier".into()], when: Vec::new() });
    });
    let roster = resolve(&map, &[catalog()]).unwrap().directory.unwrap();
    assert_eq!(roster.within.describe(), "contract_id → app.contract");
    assert_eq!(roster.columns.seat.name.unwrap().table, "app.draft".parse().unwrap());
    assert_eq!(roster.columns.seat.language.unwrap().table, "app.contract".parse().unwrap());
    assert!(resolve(&crate::testing::map(), &[catalog()]).unwrap().directory.is_none());
}

#[test]
fn a_directory_whose_columns_do_not_fit_is_refused() {
    let own = |column: &str| Field { step: None, columns: vec![column.into()], when: Vec::new() };
    let told = |change: fn(&mut Directory)| problems(&with_directory(change));
    assert_eq!(problems(&with_directory(|directory| directory.seat.email = own("emial"))), ["app.seat has no column `emial`"]);
    let numbered = ["`contract_id` of app.seat cannot be the e-mail address: its type is INTEGER"];
    assert_eq!(problems(&with_directory(|directory| directory.seat.email = own("contract_id"))), numbered);
    let listed = problems(&with_directory(|directory| directory.seat.role.column = own("contract_id")));
    assert_eq!(listed, ["`contract_id` of app.seat never holds `a`"]);
    let several = told(|directory| directory.seat.email.columns.push("contract_id".into()));
    assert_eq!(several[0], "the e-mail address is one column, and here are several");
    let step = told(|directory| directory.seat.email.step = Some(Hop::To { columns: vec!["email".into()], to: None }));
    assert_eq!(step, ["no foreign key of app.seat consists of `email`"]);
    let turned = told(|directory| {
        directory.contract.subject = SubjectKind::new("seat");
        directory.contract.name = None;
        directory.contract.tier = None;
    });
    assert_eq!(turned, ["a seat is not within a seat"]);
    let mut map = with_directory(|_| {});
    entry_mut(&mut map, "app.seat").secret.push("email".into());
    let secret = problems(&map);
    assert!(secret.contains(&"`email` of app.seat is secret: whoever uses the desk would see it".to_owned()), "{secret:?}");
}
