//! Many seats that are closed at once: whoever decides is told of all of them, and not by as many mails.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::super::world::{Keeps, World, eventually};
use super::{Provider, proposals, wait_for};

const CLOSED: usize = 20;

fn address(number: usize) -> String {
    format!("burst{number}@customer.example")
}

/// Seats like the holder's, for so many people more.
fn add_seats(world: &World, holder: &str, count: usize) {
    let platform = world.platform();
    for number in 0..count {
        let added = platform.execute(
            "INSERT INTO seat (contract_id, external_seat_id, email, state, permission, licence, teamlink_extend, invited_at)
             SELECT contract_id, external_seat_id + ?1, ?2, state, permission, licence, teamlink_extend, invited_at FROM seat WHERE email = ?3",
            (1_000_000_000 + number as i64, address(number), holder),
        );
        assert_eq!(added.expect("add a seat"), 1);
    }
}

fn count(world: &World, what: &str) -> usize {
    let counted = world.texts(&format!("SELECT CAST(count(*) AS TEXT) FROM {what}"));
    counted[0].parse().expect("a number")
}

fn a_burst(keeps: Keeps) {
    let world = World::new(keeps);
    world.configure(24);
    let cast = world.cast();
    add_seats(&world, &cast.holder, CLOSED + 1);
    let admins: BTreeSet<String> = {
        let platform = world.platform();
        let mut statement = platform
            .prepare("SELECT email FROM seat WHERE contract_id = ?1 AND permission = 'admin' AND state IN ('active', 'unlicensed')")
            .expect("prepare");
        let found = statement.query_map([&cast.contract], |row| row.get(0)).expect("read seats");
        found.collect::<Result<_, _>>().expect("read seats")
    };
    let name = world.contract_name(&cast.contract);
    let desk = world.serve();
    let admin = world.sign_in(&desk, &cast.admin);
    let provider = Provider::of(&desk, &admin, &cast.contract);
    let users: Vec<String> = (0..=CLOSED).map(|number| provider.user(&address(number))).collect();
    for user in &users[..CLOSED] {
        provider.deactivate(user);
    }
    let proposed = proposals(&admin);
    assert_eq!(proposed.len(), CLOSED);
    let id = |request: &Value| request["id"].as_str().expect("an id").to_owned();
    for request in &proposed {
        wait_for(&admin, &id(request), "awaiting_approval");
    }
    // One is told of at once, and all others together.
    for admin in &admins {
        let mail = world.mails.next(admin, "Proposed|Vorgeschlagen");
        let text = mail["text"].as_str().expect("a text");
        assert!(text.contains("burst") && (text.contains("identity provider") || text.contains("Identitätsanbieter")), "{text}");
    }
    let waiting = "job WHERE kind = 'send_mail' AND state IN ('queued', 'running')";
    eventually("only what is told of together is left to be sent", || count(&world, waiting) == admins.len());
    assert_eq!(count(&world, "mail WHERE template = 'proposed'"), admins.len());
    assert_eq!(count(&world, "mail WHERE template = 'proposals_wait' AND sent IS NULL"), admins.len());

    // As if the hour were over.
    let bring_forward = || world.execute("UPDATE job SET run_at = 0 WHERE kind = 'send_mail' AND state = 'queued'");
    bring_forward();
    for admin in &admins {
        let mail = world.mails.next(admin, "Proposals wait|Vorschläge warten");
        assert!(mail["subject"].as_str().expect("a subject").contains(&CLOSED.to_string()), "{mail}");
        let text = mail["text"].as_str().expect("a text");
        assert!(!text.contains("burst"), "it names nobody: {text}");
        assert!(text.contains(&format!("{name} ({})", cast.contract)), "{text}");
    }

    // What is decided before the hour is over is told to nobody.
    provider.deactivate(&users[CLOSED]);
    let proposed = proposals(&admin);
    assert_eq!(proposed.len(), CLOSED + 1);
    for request in &proposed {
        wait_for(&admin, &id(request), "awaiting_approval");
        admin.post(&format!("/api/v1/requests/{}/reject", id(request)), &json!({})).is(200);
    }
    bring_forward();
    eventually("nothing is left to be sent", || count(&world, waiting) == 0);
    assert_eq!(count(&world, "mail WHERE template = 'proposals_wait' AND abandoned IS NOT NULL"), admins.len());
    desk.stop();
    let subjects: Vec<String> = world.mails.all().iter().map(|mail| mail["subject"].as_str().expect("a subject").to_owned()).collect();
    let again = subjects.iter().find(|subject| ["Propos", "Vorschl", "Vorgeschl"].iter().any(|word| subject.contains(word)));
    assert_eq!(again, None, "nobody is told twice");
}

#[test]
fn a_burst_of_proposals_is_told_of_together_with_the_store_in_a_file() {
    a_burst(Keeps::File);
}

#[test]
fn a_burst_of_proposals_is_told_of_together_with_the_store_on_postgres() {
    a_burst(Keeps::Postgres);
}
