//! Somebody else's tool looks whether the desk speaks SCIM.

use exeunt_testkit::tools;
use serde_json::json;

use super::super::world::{Keeps, World};

#[test]
fn somebody_elses_checks_of_scim_succeed() {
    let world = World::new(Keeps::File);
    world.configure(24);
    let cast = world.cast();
    let desk = world.serve();
    let admin = world.sign_in(&desk, &cast.admin);
    let wanted = json!({ "name": "checks", "actions": ["push_directory"], "contract": cast.contract });
    let made = admin.post("/api/v1/tokens", &wanted).is(201).json();
    let secret = made["secret"].as_str().expect("a secret");
    let ran = tools::python()
        .args(["-c", include_str!("conformance.py"), &format!("{}/scim/v2", desk.url), secret])
        .current_dir(world.folder.path())
        .output()
        .expect("run the checks");
    let told = format!("{}{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "{told}");
    desk.stop();
}
