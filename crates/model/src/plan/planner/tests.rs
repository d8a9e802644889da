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

/// The map with the tables in categories of their own.
fn sorted() -> crate::map::DataMap {
    let mut map = map();
    let category = |name: &str| crate::map::Category {
        name: CategoryName::new(name),
        label: name.to_owned(),
        export: ExportDisposition::Included,
        applies: Vec::new(),
    };
    map.categories = ["people", "notes", "decks", "visits", "visitors"].map(category).to_vec();
    for entry in &mut map.tables {
        let name = match entry.table.name.as_str() {
            "note" | "draft" => "notes",
            "presentation" => "decks",
            "session" | "page_view" => "visits",
            "viewer" => "visitors",
            _ => "people",
        };
        entry.category = Some(CategoryName::new(name));
    }
    map
}

fn erase_some(map: &crate::map::DataMap, categories: &[&str]) -> Result<Outline, Error> {
    let scheme = resolve(map, &[catalog()]).unwrap();
    let kind = SubjectKind::new("seat");
    let categories: Vec<CategoryName> = categories.iter().map(|name| CategoryName::new(*name)).collect();
    erase(&scheme, &Asked { kind: &kind, profile: Profile::Documented, choices: &[], categories: Some(&categories), facts: &[] })
}

/// Table, effect and the category to be chosen too.
fn guarded(outline: &Outline) -> Vec<(&str, Effect, Option<&str>)> {
    outline.guards.iter().map(|guard| (guard.table.name.as_str(), guard.effect, guard.choose.as_ref().map(CategoryName::as_str))).collect()
}

#[test]
fn only_the_chosen_categories_are_acted_on() {
    let outline = erase_some(&sorted(), &["notes"]).unwrap();
    assert_eq!(works(&outline), ["delete note", "delete draft"]);
    let chosen = outline.categories.as_ref().unwrap();
    assert_eq!((chosen.names.as_slice(), chosen.takes_subject), ([CategoryName::new("notes")].as_slice(), false));
    let left: Vec<&str> = outline.left_out.iter().filter_map(|left| left.category.as_ref()).map(CategoryName::as_str).collect();
    assert_eq!(left, ["people", "decks", "visits", "visitors"]);
    assert!(!outline.takes_subject());
}

#[test]
fn a_child_of_another_category_refuses_the_plan_and_is_named() {
    let outline = erase_some(&sorted(), &["decks"]).unwrap();
    let guards = guarded(&outline);
    // A visit of the presentation itself, one that somebody else's might be, and what would have no owner any more.
    assert!(guards.contains(&("session", Effect::Refuse, Some("visits"))), "{guards:?}");
    assert!(guards.contains(&("page_view", Effect::Orphan, Some("visits"))), "{guards:?}");
    assert!(guards.contains(&("viewer", Effect::Orphan, Some("visitors"))), "{guards:?}");
}

#[test]
fn a_row_that_only_erased_rows_lead_to_is_not_left_without_an_owner() {
    // A viewer points to nobody: no reference breaks when its visits go.
    let outline = erase_some(&sorted(), &["visits"]).unwrap();
    assert_eq!(guarded(&outline), [("viewer", Effect::Orphan, Some("visitors"))]);
    let both = erase_some(&sorted(), &["visits", "visitors"]).unwrap();
    assert_eq!(works(&both), ["delete page_view", "delete session", "delete viewer"]);
    assert!(both.guards.iter().all(|guard| guard.effect != Effect::Orphan && guard.choose.is_none()));
}

#[test]
fn the_subject_goes_with_its_own_category_and_with_nothing_left_behind() {
    let outline = erase_some(&sorted(), &["people"]).unwrap();
    assert!(outline.takes_subject());
    let guards = guarded(&outline);
    for (table, category) in [("note", "notes"), ("draft", "notes"), ("presentation", "decks")] {
        assert!(guards.contains(&(table, Effect::Refuse, Some(category))), "{guards:?}");
    }
    assert!(guards.contains(&("page_view", Effect::Orphan, Some("visits"))), "{guards:?}");
}

#[test]
fn everything_that_was_chosen_is_everything() {
    let all = ["visitors", "people", "notes", "decks", "visits"];
    let chosen = erase_some(&sorted(), &all).unwrap();
    assert_eq!(chosen, erase_seat(&sorted(), &[]).unwrap());
    assert_eq!(chosen.categories, None);
}

#[test]
fn an_outline_of_everything_is_written_as_before_there_were_choices() {
    let outline = erase_seat(&map(), &[]).unwrap();
    let json = serde_json::to_value(&outline).unwrap();
    assert!(json.get("categories").is_none() && json["guards"].as_array().unwrap().iter().all(|guard| guard.get("choose").is_none()));
    assert_eq!(serde_json::from_value::<Outline>(json).unwrap(), outline);
}

#[test]
fn unknown_categories_and_none_at_all_are_refused() {
    assert!(matches!(erase_some(&sorted(), &["note"]), Err(Error::UnknownCategory { meant: Some(meant), .. }) if meant == "notes"));
    assert_eq!(erase_some(&sorted(), &[]), Err(Error::NoCategory));
}
