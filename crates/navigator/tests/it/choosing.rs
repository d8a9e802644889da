//! Erasures and exports of chosen categories: what goes, what must be chosen together, and that all else stays as it was.

use std::collections::{BTreeMap, BTreeSet};

use exeunt_model::names::{CategoryName, SubjectKind};
use exeunt_model::plan::planner::{self, Asked};
use exeunt_model::plan::{LeftOutReason, Profile};
use exeunt_navigator::schema::quoted;
use exeunt_navigator::traps::Seats;

use crate::erasing::{Copy, DELETE};
use crate::support::world;

impl Copy {
    /// Every row of every table, as text.
    fn everything(&self) -> BTreeMap<String, BTreeSet<String>> {
        let mut tables = self.database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").unwrap();
        let tables: Vec<String> = tables.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        let rows = |table: &String| {
            let mut rows = self.database.prepare(&format!("SELECT * FROM {}", quoted(table))).unwrap();
            let columns = rows.column_count();
            let text = |row: &rusqlite::Row<'_>| {
                (0..columns).map(|column| row.get_ref(column).map(|value| format!("{value:?}"))).collect::<Result<Vec<_>, _>>()
            };
            rows.query_map([], text).unwrap().map(|row| row.unwrap().join(", ")).collect::<BTreeSet<String>>()
        };
        tables.iter().map(|table| (table.clone(), rows(table))).collect()
    }

    /// The categories that the refusal of an erasure of these names; none where nothing stands in its way.
    fn refused(&self, kind: &str, key: i64, categories: &[&str]) -> Vec<String> {
        let outline = self.outline_of(kind, Some(categories), &self.choices(kind, categories)).unwrap();
        let found = self.prepare(&outline, key);
        let named: BTreeSet<String> =
            found.iter().map(|line| line.rsplit_once(": ").unwrap_or_else(|| panic!("{line}")).1.to_owned()).collect();
        named.into_iter().collect()
    }

    /// `delete` for every table of the categories about which the requester must decide.
    fn choices(&self, kind: &str, categories: &[&str]) -> Vec<(&'static str, &'static str)> {
        let of_categories = |table: &str| {
            let entry = self.scheme.map.entry(&format!("app.{table}").parse().unwrap()).unwrap();
            entry.category.as_ref().is_some_and(|category| categories.contains(&category.as_str()))
        };
        if kind == "seat" { DELETE.iter().copied().filter(|(table, _)| of_categories(table)).collect() } else { Vec::new() }
    }

    fn erase_of(&self, kind: &str, key: i64, categories: &[&str]) {
        let outline = self.outline_of(kind, Some(categories), &self.choices(kind, categories)).unwrap();
        self.run(&outline, kind, key, 0);
    }
}

/// The tables in which two states of the database differ.
fn changed(before: &BTreeMap<String, BTreeSet<String>>, after: &BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
    before.iter().filter(|(table, rows)| after[*table] != **rows).map(|(table, _)| table.clone()).collect()
}

#[test]
fn erasing_imports_keeps_every_saved_account() {
    let copy = Copy::new();
    let importer = copy.count("SELECT seat_id FROM account_import WHERE id IN (SELECT import_id FROM saved_account) LIMIT 1");
    let own = |table: &str| copy.rows(table, &format!("seat_id = {importer}"));
    let accounts = own("saved_account");
    // Colleagues have saved accounts from it too.
    let imported = copy.rows("saved_account", &format!("import_id IN (SELECT id FROM account_import WHERE seat_id = {importer})"));
    assert!(own("account_import") > 0 && imported > 0);
    let before = copy.everything();
    copy.erase_of("seat", importer, &["account_list_import"]);
    assert_eq!((own("account_import"), own("saved_account")), (0, accounts));
    let after = copy.everything();
    let want = ["account_import", "account_import_report", "import_candidate", "import_row", "saved_account"];
    assert!(changed(&before, &after).iter().all(|table| want.contains(&table.as_str())), "{:?}", changed(&before, &after));
    // Of the accounts, the link to an import that went is cleared, and nothing else.
    assert_eq!(after["saved_account"].len(), before["saved_account"].len());
    let unlinked = before["saved_account"].difference(&after["saved_account"]).count() as i64;
    assert_eq!(unlinked, imported);
}

#[test]
fn a_presentation_does_not_go_without_its_visits() {
    let copy = Copy::new();
    let seat = Seats::of(&world().layout).plain.id;
    assert_eq!(copy.refused("seat", seat, &["smartlinks_presentations"]), ["smartlinks_user_information"]);
    let both = ["smartlinks_presentations", "smartlinks_user_information"];
    let also = copy.refused("seat", seat, &both);
    // What was written back into the CRM names a visit.
    assert!(also.is_empty() || also == ["crm_synced"], "{also:?}");
}

#[test]
fn the_seat_itself_goes_only_with_everything_that_names_it() {
    let copy = Copy::new();
    let seat = Seats::of(&world().layout).plain.id;
    let refused = copy.refused("seat", seat, &["user_information"]);
    for category in ["saved_leads", "notes", "messages", "usage_reporting", "seat_management"] {
        assert!(refused.iter().any(|name| name == category), "{category}: {refused:?}");
    }
    let outline = copy.outline_of("seat", Some(&["user_information"]), &[]).unwrap();
    assert!(outline.takes_subject());
    assert!(!copy.outline_of("seat", Some(&["notes"]), &[("note", "delete")]).unwrap().takes_subject());
}

#[test]
fn a_category_goes_alone_or_names_what_must_go_with_it() {
    let copy = Copy::new();
    let seats = Seats::of(&world().layout);
    let mut gone = 0;
    for category in copy.scheme.map.categories.iter().map(|category| category.name.as_str()) {
        let copy = Copy::new();
        let refused = copy.refused("seat", seats.plain.id, &[category]);
        println!("{category}: {refused:?}");
        if !refused.is_empty() {
            continue;
        }
        let before = copy.everything();
        copy.erase_of("seat", seats.plain.id, &[category]);
        let after = copy.everything();
        for table in changed(&before, &after) {
            let entry = copy.scheme.map.entry(&format!("app.{table}").parse().unwrap()).unwrap();
            let own = entry.category.as_ref().is_some_and(|name| name.as_str() == category);
            // Another category's rows may lose a link, and none of them is gone.
            assert!(own || (before[&table].len() == after[&table].len() && !entry.unlink.is_empty()), "{category} changed {table}");
            gone += usize::from(own);
        }
        // Whatever is left is found by the erasure of everything.
        let outline = copy.outline_of("seat", None, DELETE).unwrap();
        copy.run(&outline, "seat", seats.plain.id, 0);
        let whole = Copy::new();
        whole.run(&outline, "seat", seats.plain.id, 0);
        assert_eq!(changed(&copy.everything(), &whole.everything()), Vec::<String>::new(), "{category}, and then the rest");
    }
    assert!(gone > 10, "{gone}");
}

#[test]
fn what_is_chosen_of_another_category_is_refused() {
    let copy = Copy::new();
    let refused = copy.outline_of("seat", Some(&["saved_leads"]), &[("lead_list", "delete"), ("note", "delete")]);
    assert!(matches!(refused, Err(planner::Error::NotChosen { category, .. }) if category.as_str() == "notes"));
    let unknown = copy.outline_of("seat", Some(&["saved_lead"]), &[]);
    assert!(matches!(unknown, Err(planner::Error::UnknownCategory { meant: Some(meant), .. }) if meant == "saved_leads"));
    assert!(matches!(copy.outline_of("seat", Some(&[]), &[]), Err(planner::Error::NoCategory)));
}

#[test]
fn an_export_of_some_categories_reads_what_the_export_of_all_reads_of_them() {
    let copy = Copy::new();
    let kind = SubjectKind::new("seat");
    let outline = |categories: Option<&[CategoryName]>| {
        planner::export(&copy.scheme, &Asked { kind: &kind, profile: Profile::Symmetric, categories, choices: &[], facts: &[] }).unwrap()
    };
    let all = outline(None);
    let chosen = ["notes", "saved_leads"].map(CategoryName::new);
    let some = outline(Some(&chosen));
    let of_chosen = all.steps.iter().filter(|step| step.category.as_ref().is_some_and(|category| chosen.contains(category)));
    let tables = |step: &exeunt_model::plan::Step| (step.table.clone(), step.work.clone());
    assert_eq!(some.steps.iter().map(tables).collect::<Vec<_>>(), of_chosen.map(tables).collect::<Vec<_>>());
    let left = some.left_out.iter().filter(|left| left.reason == LeftOutReason::NotChosen);
    assert!(left.filter_map(|left| left.category.as_ref()).any(|category| category.as_str() == "messages"));
    let names: Vec<&str> = some.categories.as_ref().unwrap().names.iter().map(CategoryName::as_str).collect();
    assert_eq!(names, ["saved_leads", "notes"], "in the order of the map");
}
