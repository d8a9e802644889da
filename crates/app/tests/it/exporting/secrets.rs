//! What is secret stands nowhere in an archive.

use super::{export, members};
use crate::erasure::world::{Kind, MAP, World, text};

#[test]
fn a_value_that_may_hide_a_secret_is_withheld_and_said_so() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let map = MAP.replace("  app.event:\n", "  app.event:\n    secret: [payload/token]\n");
        let world = World::with_map(kind, &map);
        world.execute("app", "UPDATE event SET payload = '{\"token\": \"HUSH\"' WHERE id = 2");
        world.execute("app", "UPDATE event SET payload = '{\"token\": \"HUSH\", \"token\": \"HUSH\", \"seen\": 1}' WHERE id = 3");
        let exported = export(&world, &[]);
        assert!(exported.status.success(), "{}", text(&exported));
        let told = "not inside: app.event (payload): secret: 1 value could not be read as JSON and is withheld as a whole";
        assert!(text(&exported).contains(told), "{}", text(&exported));
        let members = members(&world.path("out/seat.zip"));
        assert!(members.values().all(|member| !member.contains("HUSH")), "{members:#?}");
        let rows = &members["data/work/event.csv"];
        assert!(rows.contains("\"{\"\"seen\"\": 1}\"") && rows.contains("{\"\"withheld\"\":"), "{rows}");
        assert!(members["exeunt.json"].contains("1 value could not be read as JSON"), "{}", members["exeunt.json"]);
        let verified = world.run(&["verify", "out/seat.zip"], None);
        assert!(verified.status.success(), "{}", text(&verified));
    }
}

#[test]
fn a_secret_label_refuses_the_map() {
    let world = World::new(Kind::Sqlite);
    let map = MAP.replace("KIND", "sqlite").replace("app.seat: { category: people,", "app.seat: { category: people, secret: [label],");
    std::fs::write(world.path("trial.map.yaml"), map).expect("write the map");
    let checked = world.run(&["map", "check", "--map", "trial.map.yaml"], None);
    assert_eq!(checked.status.code(), Some(3), "{}", text(&checked));
    assert!(text(&checked).contains("error: `label` of app.seat is secret"), "{}", text(&checked));
    assert!(text(&checked).contains("--> trial.map.yaml:10:"), "{}", text(&checked));
    assert_eq!(export(&world, &[]).status.code(), Some(3));
}

#[test]
fn statements_of_a_plan_tell_which_places_are_taken_out_of_what_they_read() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let map = MAP.replace("  app.event:\n", "  app.event:\n    secret: [payload/token]\n");
        let world = World::with_map(kind, &map);
        let told = world.run(&["plan", "--map", "trial.map.yaml", "--seat", "2", "--for", "export", "--sql"], None);
        assert!(told.status.success(), "{}", text(&told));
        let expected = "-- export app.event (secret, taken out of each value once it is read: payload/token)";
        assert!(text(&told).contains(expected), "{}", text(&told));
    }
}
