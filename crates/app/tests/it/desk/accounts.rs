//! Accounts by the command: what is hardly meant is said, and the list shows what was given.

use serde_json::{Value, json};

use super::world::{Keeps, World};
use crate::run::{Ran, exeunt};

fn account(world: &World, arguments: &[&str]) -> Ran {
    let store = world.store_url();
    exeunt(world.folder.path(), &[&["account"], arguments, &["--store", &store]].concat())
}

const REPRESENTATIVE: [&str; 4] = ["set", "rep@platform.example", "--role", "representative"];

#[test]
fn contracts_that_are_hardly_meant_are_told() {
    let world = World::with(Keeps::File, exeunt_testkit::smtp::MailServer::start());
    let none = account(&world, &REPRESENTATIVE).ends_with(0);
    assert!(none.stderr.contains("warning: rep@platform.example is in charge of no contract"), "{none:?}");
    assert!(none.stderr.contains("--contract KEY") && !none.stdout.contains("warning"), "{none:?}");
    let some = account(&world, &[&REPRESENTATIVE[..], &["--contract", "417", "--contract", "9"]].concat()).ends_with(0);
    assert!(some.stderr.contains("the platform was not asked whether it has contracts 417 9"), "{some:?}");
    let json = account(&world, &[&REPRESENTATIVE[..], &["--contract", "417", "--json"]].concat()).ends_with(0);
    assert_eq!(json.json()["contracts"], json!(["417"]));
    // The others have none, and say nothing of them.
    for role in ["operator", "auditor"] {
        let set = ["set", "other@platform.example", "--role", role];
        let refused = account(&world, &[&set[..], &["--contract", "417"]].concat()).ends_with(2);
        assert!(refused.stderr.contains("only a representative") && refused.stderr.contains("leave --contract out"), "{refused:?}");
        assert_eq!(account(&world, &set).ends_with(0).stderr, "");
    }
}

#[test]
fn the_list_shows_contracts_languages_and_who_is_closed() {
    let world = World::with(Keeps::File, exeunt_testkit::smtp::MailServer::start());
    account(&world, &[&REPRESENTATIVE[..], &["--contract", "417", "--contract", "9", "--language", "de"]].concat()).ends_with(0);
    account(&world, &["set", "idle@platform.example", "--role", "representative"]).ends_with(0);
    account(&world, &["set", "auditor@platform.example", "--role", "auditor", "--language", "en"]).ends_with(0);
    account(&world, &["close", "auditor@platform.example"]).ends_with(0);
    let text = account(&world, &["list"]).ends_with(0).stdout;
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with("auditor@platform.example: auditor, language en, closed since 20"), "{text}");
    assert_eq!(
        lines[1..],
        ["idle@platform.example: representative, no contract", "rep@platform.example: representative, contracts 417 9, language de"]
    );
    let listed = account(&world, &["list", "--json"]).ends_with(0).json();
    let shown = |at: usize| -> Value {
        json!([listed[at]["email"], listed[at]["contracts"], listed[at]["language"], listed[at]["closed"].is_string()])
    };
    assert_eq!(shown(0), json!(["auditor@platform.example", [], "en", true]));
    assert_eq!(shown(1), json!(["idle@platform.example", [], null, false]));
    assert_eq!(shown(2), json!(["rep@platform.example", ["417", "9"], "de", false]));
}
