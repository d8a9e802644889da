//! Exports and erasures of chosen categories: what they touch, what they refuse, and what the records say of them afterwards.

use serde_json::Value;

use super::world::{Kind, LABEL, MAP, State, World, text};

/// The trial's map with more categories than two.
fn map() -> String {
    let categories = "  work: { label: Work }\n  mails: { label: Mails }\n  enclosures: { label: Enclosures }\n";
    MAP.replace("  work: { label: Work }\n", categories)
        .replace("  app.attachment: { category: work,", "  app.attachment: { category: enclosures,")
        .replace("  mail.message:\n    category: work", "  mail.message:\n    category: mails")
}

fn worlds() -> impl Iterator<Item = World> {
    [Kind::Sqlite, Kind::Postgres].into_iter().map(|kind| World::with_map(kind, &map()))
}

/// What must be there once all mails of seat 2 are gone.
fn without_mails(before: &State, world: &World) -> State {
    let own = |row: &String| row.split(['|', ',']).nth(1).is_some_and(|seat| seat == "Integer(2)" || seat == "2");
    let mut want = before.clone();
    want.mail.get_mut("message").expect("a table").retain(|row| !own(row));
    assert_eq!(want.mail["message"].len(), 2, "{:?} of {}", want.mail, world.folder.path().display());
    want
}

#[test]
fn one_category_goes_and_all_else_stays_as_it_was() {
    for world in worlds() {
        let before = world.state();
        let want = without_mails(&before, &world);
        let erased = world.erase(&["--category", "mails"], None);
        assert!(erased.status.success() && text(&erased).contains("everything of the chosen categories is erased"), "{}", text(&erased));
        assert_eq!(world.state(), want);
        let certificate = world.verify_certificate();
        assert_eq!(certificate["exeunt_certificate"], 2);
        assert_eq!(certificate["statement"]["scope"]["categories"], serde_json::json!(["mails"]));
        let page =
            super::world::files(&world.path("certificates")).into_iter().find(|(name, _)| name.ends_with(".html")).expect("a page").1;
        assert!(String::from_utf8(page).expect("UTF-8").contains("these categories alone: Mails"));
        world.assert_nothing_personal_kept("after an erasure of some categories");

        // The seat is still there, and so nobody is back.
        let nobody = world.run(&["replay", "--map", "trial.map.yaml"], None);
        assert!(nobody.status.success() && text(&nobody).contains("nobody"), "{}", text(&nobody));
        let why = world.run(&["why", "--map", "trial.map.yaml", "app.note", "2"], None);
        assert!(text(&why).contains("no erasure of that owner is on record"), "{}", text(&why));
    }
}

#[test]
fn a_restored_backup_gets_the_same_categories_erased_again_and_no_others() {
    for (kind, world) in [Kind::Sqlite, Kind::Postgres].into_iter().zip(worlds()) {
        let want = without_mails(&world.state(), &world);
        assert!(world.erase(&["--category", "mails"], None).status.success());
        world.execute("mail", "INSERT INTO message VALUES (2, 2, 'from Lindqvist')");
        let why = world.run(&["why", "--map", "trial.map.yaml", "mail.message", "2"], None);
        assert!(text(&why).contains("rows of its category were erased for its owner"), "{}", text(&why));
        let listed = world.run(&["replay", "--map", "trial.map.yaml"], None);
        assert_eq!(listed.status.code(), Some(9));
        assert!(text(&listed).contains("mails erased on") && text(&listed).contains("1 row of it"), "{}", text(&listed));
        let replay = ["replay", "--map", "trial.map.yaml", "--yes-erase", LABEL, "--out", "replays"];
        let replayed = world.run(&replay, None);
        assert!(replayed.status.success(), "{}", text(&replayed));
        assert_eq!(world.state(), want);

        // The erasure of everything comes to the same as if it had been the first.
        let erased = world.erase(&[], None);
        assert!(erased.status.success(), "{}", text(&erased));
        assert_eq!(world.state(), World::want(kind));
    }
}

#[test]
fn what_must_go_together_is_named_and_nothing_is_erased() {
    for world in worlds() {
        let before = world.state();
        for (category, named) in [("work", vec!["--category enclosures"]), ("people", vec!["--category work", "--category mails"])] {
            let refused = world.erase(&["--category", category], None);
            assert!(!refused.status.success(), "{}", text(&refused));
            for named in named {
                assert!(text(&refused).contains(named), "{category}: {}", text(&refused));
            }
        }
        assert_eq!(world.state(), before);
        // With what hangs from it, it goes.
        let erased = world.erase(&["--category", "work", "--category", "enclosures"], None);
        assert!(erased.status.success(), "{}", text(&erased));
        let after = world.state();
        assert_eq!((&after.mail, &after.app["seat"], &after.app["contract"]), (&before.mail, &before.app["seat"], &before.app["contract"]));
        assert_eq!(after.app["note"].len(), 2);
    }
}

#[test]
fn files_follow_the_rows_of_their_category() {
    let world = World::with_map(Kind::Sqlite, &map());
    let before = world.state();
    let erased = world.erase(&["--category", "enclosures"], None);
    assert!(erased.status.success(), "{}", text(&erased));
    let after = world.state();
    assert_eq!(after.app["note"], before.app["note"]);
    assert_eq!(after.app["attachment"].len(), 2);
    let left: Vec<&String> = after.files.keys().collect();
    assert_eq!(left, ["a/one.txt", "a/other.txt", "a/shared.txt"]);
}

#[test]
fn a_category_that_the_map_does_not_have_is_refused_with_the_nearest() {
    let world = World::with_map(Kind::Sqlite, &map());
    let before = world.state();
    for arguments in [
        vec!["erase", "--map", "trial.map.yaml", "--seat", "2", "--yes-erase", LABEL, "--category", "mail"],
        vec!["export", "--map", "trial.map.yaml", "--seat", "2", "--category", "mail"],
        vec!["plan", "--map", "trial.map.yaml", "--seat", "2", "--for", "erase", "--category", "mail"],
    ] {
        let refused = world.run(&arguments, None);
        assert_eq!(refused.status.code(), Some(2), "{}", text(&refused));
        assert!(text(&refused).contains("did you mean --category mails?"), "{}", text(&refused));
    }
    assert_eq!(world.state(), before);
}

#[test]
fn a_run_of_some_categories_is_not_gone_on_with_for_others() {
    let world = World::with_map(Kind::Sqlite, &map());
    let want = without_mails(&world.state(), &world);
    assert!(!world.erase(&["--category", "mails"], Some("after_commit")).status.success());
    for others in [vec![], vec!["--category", "enclosures"]] {
        let refused = world.erase(&others, None);
        assert!(text(&refused).contains("other categories were chosen"), "{}", text(&refused));
    }
    let resumed = world.erase(&["--category", "mails"], None);
    assert!(resumed.status.success(), "{}", text(&resumed));
    assert_eq!(world.state(), want);
    assert_eq!(world.verify_certificate()["statement"]["scope"]["categories"], serde_json::json!(["mails"]));
}

#[test]
fn plans_and_archives_say_what_was_not_chosen() {
    let world = World::with_map(Kind::Sqlite, &map());
    let plan = ["plan", "--map", "trial.map.yaml", "--seat", "2", "--for", "erase", "--category", "mails"];
    let page = world.run(&plan, None);
    assert!(text(&page).contains("Work: not chosen"), "{}", text(&page));
    let written = world.run(&[&plan[..], &["--out", "plan.json"]].concat(), None);
    assert!(written.status.success(), "{}", text(&written));
    let shown = world.run(&["plan", "show", "plan.json"], None);
    assert!(text(&shown).contains("of these categories alone: mails"), "{}", text(&shown));
    let sql = world.run(&[&plan[..], &["--sql"]].concat(), None);
    let deletes = |table: &str| text(&sql).contains(&format!("DELETE FROM \"main\".\"{table}\""));
    assert!(deletes("message") && !deletes("note"), "{}", text(&sql));
    // The plan's categories are taken over with the plan.
    let want = without_mails(&world.state(), &world);

    let exported =
        world.run(&["export", "--map", "trial.map.yaml", "--seat", "2", "--category", "mails", "--name", "some", "--json"], None);
    assert!(exported.status.success(), "{}", text(&exported));
    let report: Value = serde_json::from_slice(&exported.stdout).expect("JSON");
    assert_eq!(report["rows"], 3);
    let reasons = report["left_out"].as_array().expect("a list").iter().filter(|left| left["reason"] == "not_chosen");
    let labels: Vec<&str> = reasons.filter_map(|left| left["category"]["label"].as_str()).collect();
    assert_eq!(labels, ["Work", "Enclosures", "People"]);
    assert!(world.run(&["verify", "some.zip"], None).status.success());

    let erased = world.erase(&["--plan", "plan.json"], None);
    assert!(erased.status.success(), "{}", text(&erased));
    assert_eq!(world.state(), want);
}
