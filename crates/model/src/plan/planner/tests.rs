//! Outlines of a small map.

use super::*;
use crate::map::resolve::resolve;
use crate::map::{Claim, Hop};
use crate::plan::Effect;
use crate::testing::{catalog, map, name};

fn erase_seat(map: &crate::map::DataMap, choices: &[Choice]) -> Result<Outline, Error> {
    let scheme = resolve(map, &[catalog()]).unwrap();
    let kind = SubjectKind::new("seat");
    erase(&scheme, &Asked { kind: &kind, profile: Profile::Documented, choices, categories: None, facts: &[] })
}

fn works(outline: &Outline) -> Vec<String> {
    outline.steps.iter().map(|step| format!("{} {}", step.work.word(), step.table.name)).collect()
}

#[test]
fn children_go_before_the_rows_they_point_to() {
    let outline = erase_seat(&map(), &[]).unwrap();
    let want = ["delete page_view", "delete session", "delete viewer", "delete presentation", "delete note", "delete draft", "delete seat"];
    assert_eq!(works(&outline), want);
}

#[test]
fn the_subjects_own_key_is_compared_at_once() {
    let outline = erase_seat(&map(), &[]).unwrap();
    let draft = outline.steps.iter().find(|step| step.table.name == "draft").unwrap();
    let want = Condition::SubjectKey { kind: SubjectKind::new("seat"), columns: vec!["seat_id".into()] };
    assert_eq!(draft.condition, want);
}

#[test]
fn a_reference_from_a_row_that_may_stay_is_guarded() {
    let outline = erase_seat(&map(), &[]).unwrap();
    let guarded: Vec<(String, Effect)> = outline.guards.iter().map(|guard| (guard.table.name.clone(), guard.effect)).collect();
    // Another seat's note may point to this seat's draft, another seat's session to a viewer that goes.
    assert_eq!(guarded, [("note".to_owned(), Effect::Refuse), ("session".to_owned(), Effect::Refuse)]);
}

#[test]
fn an_unlinked_reference_is_cleared_before_anything_is_deleted() {
    let mut map = map();
    let note = map.tables.iter_mut().find(|entry| entry.table.name == "note").unwrap();
    note.unlink = vec!["draft_id".into()];
    let outline = erase_seat(&map, &[]).unwrap();
    assert_eq!(works(&outline)[0], "unlink note");
    assert!(outline.guards.iter().all(|guard| guard.table.name != "note"));
}

#[test]
fn a_choice_is_asked_for_and_nothing_else_is_taken() {
    let mut map = map();
    let presentation = map.tables.iter_mut().find(|entry| entry.table.name == "presentation").unwrap();
    let offered = vec![Action::Delete, Action::HandOver { column: "owner_seat_id".into() }];
    presentation.on_erase.by_kind.insert(SubjectKind::new("seat"), Action::Choose(offered));
    let table = name("presentation");
    assert!(matches!(erase_seat(&map, &[]), Err(Error::Undecided { .. })));
    let keep = [Choice { table: table.clone(), action: "keep".into() }];
    assert!(matches!(erase_seat(&map, &keep), Err(Error::NotOffered { .. })));
    let hand_over = [Choice { table, action: "hand_over".into() }];
    let outline = erase_seat(&map, &hand_over).unwrap();
    // What hangs from a presentation goes with it to the successor.
    assert_eq!(works(&outline), ["hand over presentation", "delete note", "delete draft", "delete seat"]);
    let follows: Vec<&str> =
        outline.kept.iter().filter(|kept| kept.reason == KeptReason::Follows).map(|kept| kept.table.name.as_str()).collect();
    assert_eq!(follows, ["session", "page_view", "viewer"]);
}

#[test]
fn a_cycle_is_broken_at_a_column_that_can_be_null() {
    let mut catalog = catalog();
    let draft = catalog.tables.iter_mut().find(|table| table.name.name == "draft").unwrap();
    *draft = crate::testing::table("draft", &["id", "seat_id>seat", "note_id>note"]);
    let scheme = resolve(&map(), &[catalog]).unwrap();
    let kind = SubjectKind::new("seat");
    let outline = erase(&scheme, &Asked { kind: &kind, profile: Profile::Documented, choices: &[], categories: None, facts: &[] }).unwrap();
    let works = works(&outline);
    let place = |work: &str| works.iter().position(|found| found == work).unwrap();
    assert!(place("clear first note") < place("delete draft") && place("delete draft") < place("delete note"));
}

#[test]
fn rows_of_two_owners_are_named_by_key_and_stay_with_the_other() {
    let mut map = map();
    let via = |columns: &[&str]| Claim {
        kind: SubjectKind::new("seat"),
        path: Some(columns.iter().map(|column| Hop::To { columns: vec![ColumnPath::column(*column)], to: None }).collect()),
    };
    let note = map.tables.iter_mut().find(|entry| entry.table.name == "note").unwrap();
    note.owner = vec![via(&["author_seat_id"]), via(&["draft_id", "seat_id"])];
    let outline = erase_seat(&map, &[]).unwrap();
    let step = outline.steps.iter().find(|step| step.table.name == "note").unwrap();
    assert!(matches!(&step.condition, Condition::In { columns, .. } if *columns == [ColumnPath::column("id")]));
    assert!(outline.kept.iter().any(|kept| kept.table.name == "note" && kept.reason == KeptReason::Shared));
}

#[test]
fn a_row_that_names_somebody_else_is_not_handed_over() {
    let mut map = map();
    let note = map.tables.iter_mut().find(|entry| entry.table.name == "note").unwrap();
    let drafts = ["draft_id", "seat_id"].map(|column| Hop::To { columns: vec![ColumnPath::column(column)], to: None });
    note.owner.push(Claim { kind: SubjectKind::new("seat"), path: Some(drafts.to_vec()) });
    note.erase_shared = true;
    note.on_erase.by_kind.insert(SubjectKind::new("seat"), Action::HandOver { column: "author_seat_id".into() });
    note.unlink = vec!["draft_id".into()];
    let outline = erase_seat(&map, &[]).unwrap();
    let step = outline.steps.iter().find(|step| matches!(step.work, Work::HandOver { .. })).unwrap();
    let [set] = step.condition.sets().try_into().unwrap();
    let author = Condition::SubjectKey { kind: SubjectKind::new("seat"), columns: vec!["author_seat_id".into()] };
    let nobody = Condition::not(Condition::NotNull { columns: vec!["author_seat_id".into()] });
    let Condition::All(parts) = &outline.sets[set.0 as usize].condition else { panic!("not limited") };
    // Found by its draft, a note of another author, or of none, is told apart from the subject's own.
    assert!(matches!(&parts[..], [Condition::Any(_), Condition::Any(theirs)]
        if theirs[0] == author && matches!(&theirs[1], Condition::All(both) if both[0] == nobody)));
    assert!(outline.kept.iter().any(|kept| kept.table.name == "note" && kept.reason == KeptReason::Shared));
}

#[test]
fn sets_refer_only_to_sets_before_them() {
    let outline = erase_seat(&map(), &[]).unwrap();
    for set in &outline.sets {
        assert!(set.condition.sets().iter().all(|inner| inner.0 < set.id.0));
    }
}
