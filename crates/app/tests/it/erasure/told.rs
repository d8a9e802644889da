//! What an erasure and its certificate claim.

use std::fs;

use super::world::{Kind, World, text};

#[test]
fn changed_rows_and_missing_files_are_no_erased_rows() {
    let world = World::new(Kind::Sqlite);
    // What is left is the subject's alone: nothing stays for a reason.
    world.execute("app", "DELETE FROM share; DELETE FROM attachment WHERE id = 7;");
    let erased = world.erase(&[], None);
    assert!(erased.status.success(), "{}", text(&erased));
    let statement = world.verify_certificate()["statement"].clone();
    assert_eq!(statement["state"], "completed");
    let claimed =
        "what the data map has deleted is gone and the rows that it has changed are changed, and some named files were not in their store";
    assert!(text(&erased).contains(&format!("completed: {claimed}")), "{}", text(&erased));
    assert!(!text(&erased).contains("everything in scope"), "{}", text(&erased));

    let page = fs::read_dir(world.path("certificates")).expect("list certificates").map(|entry| entry.expect("list").path());
    let (json, html): (Vec<_>, Vec<_>) = page.partition(|path| path.extension().is_some_and(|extension| extension == "json"));
    let html = fs::read_to_string(&html[0]).expect("read the page");
    assert!(html.contains(&format!("Completed: {claimed}.")), "{html}");

    let path = json[0].display().to_string();
    let verified = world.run(&["verify", &path], None);
    let told = text(&verified);
    assert!(told.contains(&format!("the certificate holds: completed, {claimed}")), "{told}");
    assert!(told.contains("14 rows deleted, 4 changes in rows that stay, 3 files deleted"), "{told}");
    assert!(told.contains("missing from files: 1 file that app.attachment named"), "{told}");
    let verified = world.run(&["verify", "--json", &path], None);
    let json: serde_json::Value = serde_json::from_slice(&verified.stdout).expect("JSON");
    assert_eq!([&json["deleted"], &json["changed"], &json["kept"], &json["files"], &json["missing"]], [14, 4, 0, 3, 1]);
}
