//! What happens when the world changes between the asking and the doing: seats move, holders change, others erase, holds are placed.

use serde_json::{Value, json};

use super::world::{Cast, Desk, Keeps, Person, World, erasure, eventually, reaches};

/// A desk with its operator and the two admins of a contract.
struct Scene {
    world: World,
    cast: Cast,
    desk: Desk,
    operator: Person,
    admin: Person,
    second: Person,
}

impl Scene {
    fn new(keeps: Keeps) -> Self {
        let world = World::new(keeps);
        world.configure(0);
        let cast = world.cast();
        let desk = world.serve();
        let operator = world.operator(&desk);
        let admin = world.sign_in(&desk, &cast.admin);
        let second = world.sign_in(&desk, &cast.second_admin);
        Self { world, cast, desk, operator, admin, second }
    }

    fn pause(&self, paused: bool) {
        self.operator.put("/api/v1/lanes/platform", &json!({ "paused": paused })).is(200);
    }

    fn about_seat(&self, kind: &str) -> Value {
        json!({ "kind": kind, "scope": "seat", "contract": self.cast.contract, "seat": self.cast.seat })
    }

    fn erasure(&self) -> Value {
        erasure(&self.admin, &self.cast.contract, &self.cast.seat, &self.cast.holder)
    }

    fn ask(&self, wanted: &Value) -> String {
        self.admin.post("/api/v1/requests", wanted).is(201).json()["id"].as_str().expect("an id").to_owned()
    }

    fn approve(&self, id: &str) {
        self.second.post(&format!("/api/v1/requests/{id}/approve"), &json!({})).is(200);
    }

    fn shown(&self, id: &str) -> Value {
        self.admin.get(&format!("/api/v1/requests/{id}")).is(200).json()
    }

    fn reaches(&self, id: &str, state: &str) -> Value {
        reaches(&self.admin, id, state)
    }

    /// A ready export of the seat, and its erasure, which is scheduled and waits for the download.
    fn linked(&self) -> (String, String) {
        let export = self.ask(&self.about_seat("export"));
        self.approve(&export);
        self.reaches(&export, "ready");
        let mut wanted = self.erasure();
        wanted["linked_export"] = json!(export);
        let erasure = self.ask(&wanted);
        self.reaches(&erasure, "scheduled");
        (export, erasure)
    }

    fn waive(&self, person: &Person, id: &str, status: u16) {
        person.post(&format!("/api/v1/requests/{id}/waive-export"), &json!({})).is(status);
    }

    fn change_platform(&self, sql: &str) {
        assert_eq!(self.world.platform().execute(sql, [&self.cast.seat]).expect("change the platform"), 1);
    }

    fn seats(&self) -> i64 {
        self.world.platform().query_row("SELECT count(*) FROM seat WHERE id = ?1", [&self.cast.seat], |row| row.get(0)).expect("count")
    }

    fn is_refused(&self, id: &str, reason: &str) {
        let shown = self.reaches(id, "rejected");
        assert_eq!(shown["reason"], reason, "{shown}");
        self.world.mails.next(&self.cast.admin, "Refused|Abgelehnt");
    }
}

const MOVED: &str = "UPDATE seat SET contract_id = (SELECT min(c.id) FROM contract AS c WHERE c.id <> seat.contract_id AND c.state = 'active') WHERE id = ?1";
const HANDED_OVER: &str = "UPDATE seat SET email = 'nina.successor@navigator.example' WHERE id = ?1";

macro_rules! with_either_store {
    ($($name:ident),* $(,)?) => {
        mod in_a_file {
            $(#[test]
            fn $name() {
                super::$name(&super::Scene::new(super::Keeps::File));
            })*
        }

        mod on_postgres {
            $(#[test]
            fn $name() {
                super::$name(&super::Scene::new(super::Keeps::Postgres));
            })*
        }
    };
}

with_either_store!(
    a_seat_of_another_contract_by_now_is_left_alone,
    a_seat_that_somebody_else_holds_by_now_is_left_alone,
    nothing_starts_for_a_seat_that_changed_while_its_erasure_waited,
    an_export_waits_while_the_same_is_being_erased,
    what_is_left_over_ends_with_its_subject,
    an_erasure_that_has_begun_is_neither_suspended_nor_held,
    only_whoever_wanted_the_copy_does_without_it,
);

fn is_left_alone(scene: &Scene, change: &str) {
    scene.pause(true);
    let export = scene.ask(&scene.about_seat("export"));
    scene.approve(&export);
    let erasure = scene.ask(&scene.erasure());
    scene.change_platform(change);
    scene.pause(false);
    scene.is_refused(&export, "subject_changed");
    scene.is_refused(&erasure, "subject_changed");
    assert_eq!(scene.seats(), 1);
    let archives = scene.admin.get(&format!("/api/v1/requests/{export}/archives")).is(200).json();
    assert_eq!(archives["archives"], json!([]));
    assert_eq!(scene.shown(&erasure)["plan"], Value::Null, "nothing of the other contract was counted for this one");
}

fn a_seat_of_another_contract_by_now_is_left_alone(scene: &Scene) {
    is_left_alone(scene, MOVED);
}

fn a_seat_that_somebody_else_holds_by_now_is_left_alone(scene: &Scene) {
    is_left_alone(scene, HANDED_OVER);
}

fn nothing_starts_for_a_seat_that_changed_while_its_erasure_waited(scene: &Scene) {
    let (_, erasure) = scene.linked();
    scene.change_platform(HANDED_OVER);
    scene.waive(&scene.admin, &erasure, 200);
    scene.is_refused(&erasure, "subject_changed");
    assert_eq!(scene.seats(), 1);
}

fn an_export_waits_while_the_same_is_being_erased(scene: &Scene) {
    let (_, erasure) = scene.linked();
    scene.pause(true);
    let export = scene.ask(&scene.about_seat("export"));
    // As it is when something of the plan is left.
    let changed = scene.world.change(&format!("UPDATE request SET state = 'partly_failed' WHERE id = '{erasure}'"));
    assert_eq!(changed, 1);
    scene.approve(&export);
    scene.pause(false);
    let looked = format!("SELECT state FROM job WHERE kind = 'export' AND target = '{export}' AND attempt > 0 AND state = 'queued'");
    eventually("the export is put off", || !scene.world.texts(&looked).is_empty());
    assert_eq!(scene.shown(&export)["state"], "queued");
    scene.world.change(&format!("UPDATE request SET state = 'cancelled' WHERE id = '{erasure}'"));
    assert_eq!(scene.world.change(&format!("UPDATE job SET run_at = 0 WHERE kind = 'export' AND target = '{export}'")), 1);
    scene.reaches(&export, "ready");
}

fn what_is_left_over_ends_with_its_subject(scene: &Scene) {
    let waiting = scene.ask(&scene.about_seat("export"));
    assert_eq!(scene.shown(&waiting)["state"], "awaiting_approval");
    let erasure = scene.ask(&scene.erasure());
    scene.reaches(&erasure, "completed");
    let shown = scene.reaches(&waiting, "rejected");
    assert_eq!((&shown["reason"], &shown["label"]), (&json!("erased"), &Value::Null));
    scene.second.post(&format!("/api/v1/requests/{waiting}/approve"), &json!({})).is(409);
    assert_eq!(scene.seats(), 0);
}

fn an_erasure_that_has_begun_is_neither_suspended_nor_held(scene: &Scene) {
    let (_, erasure) = scene.linked();
    for state in ["running", "partly_failed"] {
        scene.pause(true);
        assert_eq!(scene.world.change(&format!("UPDATE request SET state = '{state}' WHERE id = '{erasure}'")), 1);
        for handling in ["suspend", "release"] {
            scene.operator.post(&format!("/api/v1/requests/{erasure}/handle"), &json!({ "handling": handling })).is(409);
        }
        scene.admin.post(&format!("/api/v1/requests/{erasure}/cancel"), &json!({})).is(409);
        let hold = json!({
            "scope": "seat", "contract": scene.cast.contract, "seat": scene.cast.seat, "ground": "litigation", "review_days": 30,
        });
        let placed = scene.operator.post("/api/v1/holds", &hold).is(201).json();
        assert_eq!(placed["too_late_for"], json!([erasure]), "{placed}");
        let other = json!({ "scope": "seat", "contract": scene.cast.contract, "seat": "1", "ground": "litigation", "review_days": 30 });
        let placed = scene.operator.post("/api/v1/holds", &other).is(201).json();
        assert_eq!(placed.get("too_late_for"), None, "{placed}");
        assert_eq!(scene.shown(&erasure)["state"], state);
    }
}

fn only_whoever_wanted_the_copy_does_without_it(scene: &Scene) {
    let (_, erasure) = scene.linked();
    let holder = scene.world.sign_in(&scene.desk, &scene.cast.holder);
    scene.waive(&holder, &erasure, 403);
    scene.waive(&scene.second, &erasure, 403);
    assert_eq!((scene.seats(), &scene.shown(&erasure)["state"]), (1, &json!("scheduled")));
    // What will never be downloaded cannot be waited for.
    scene.admin.post(&format!("/api/v1/requests/{erasure}/cancel"), &json!({})).is(200);
    let given_up = scene.ask(&scene.about_seat("export"));
    scene.admin.post(&format!("/api/v1/requests/{given_up}/cancel"), &json!({})).is(200);
    let mut wanted = scene.erasure();
    wanted["linked_export"] = json!(given_up);
    let refused = scene.admin.post("/api/v1/requests", &wanted);
    assert!((400..500).contains(&refused.status), "{}", refused.text());
}
