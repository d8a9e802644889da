use super::*;
use crate::map::action::{Action, Change, OnErase};
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
