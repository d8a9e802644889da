//! The commands of the how-to page, against a running desk.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::super::world::{Keeps, World};
use super::closures;

/// The blocks of the page that talk to a desk, in order.
fn commands(page: &str) -> Vec<String> {
    let blocks = page.split("```sh sketch desk\n").skip(1);
    blocks.map(|rest| rest.split("```").next().expect("a block ends").to_owned()).collect()
}

#[test]
fn the_page_about_pushing_runs_as_written() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/how-to/push-the-directory-by-scim.md");
    let commands = commands(&fs::read_to_string(page).expect("read the page"));
    assert!(commands.len() >= 6, "{commands:?}");
    let world = World::new(Keeps::File);
    world.configure(24);
    let cast = world.cast();
    let desk = world.serve();
    let admin = world.sign_in(&desk, &cast.admin);
    let wanted = serde_json::json!({ "name": "page", "actions": ["push_directory"], "contract": cast.contract });
    let made = admin.post("/api/v1/tokens", &wanted).is(201).json();
    let ran = Command::new("sh")
        .args(["-e", "-c", &commands.join("\n")])
        .env("DESK", &desk.url)
        .env("TOKEN", made["secret"].as_str().expect("a secret"))
        .current_dir(world.folder.path())
        .output()
        .expect("run the page");
    assert!(ran.status.success(), "{}{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    // Nobody of the platform has the page's address.
    assert_eq!(closures(&admin, &cast)["closures"], serde_json::json!([]));
    desk.stop();
}
