//! Exits of contracts under the EU Data Act, from notice to the certificate.

use exeunt_engine::desk::{self, Error, ExitShown, Submission, Verdict};
use exeunt_engine::planning;
use exeunt_model::exit::{Act, Declaration, Election, SIGNED_FOR, State, words_digest};
use exeunt_model::identity::{ExitId, RequestId, Role};
use exeunt_model::job::JobKind;
use exeunt_model::plan::{Choice, Profile, Purpose};
use exeunt_model::request::Kind;
use exeunt_model::signature::Signature;
use serde_json::{Value, json};

use super::inside::{Inside, at};
use super::world::{Cast, Keeps, Person, World};

/// Everything that can be chosen for an erasure is deleted.
fn choices(inside: &Inside, wanted: &Submission) -> Vec<Choice> {
    let asked = planning::Request {
        subject: planning::Subject { kind: wanted.subject_kind.clone(), key: wanted.personal.key.clone() },
        purpose: Purpose::Erase,
        profile: Profile::Symmetric,
        categories: None,
        choices: Vec::new(),
        successor: None,
    };
    let question = desk::Question {
        request: asked,
        scope: wanted.scope,
        contract: wanted.contract.clone(),
        within: None,
        role: Role::Admin,
        own_seat: false,
        private: false,
        rules: inside.work.settings.rules.clone(),
    };
    let counted = desk::preview(&inside.store, &inside.work.platform, &inside.work.directory, &question).expect("count");
    counted.choices.into_iter().map(|choice| Choice { table: choice.table, action: "delete".to_owned() }).collect()
}

fn act(inside: &mut Inside, actor: &desk::Actor, id: &ExitId, act: &Act, confirmed: bool) -> Result<ExitShown, Error> {
    inside.with(|store, context, directory| desk::act_on_exit(store, context, directory, actor, id, act, "as we agreed", confirmed))
}

fn shown(inside: &Inside, id: &ExitId) -> ExitShown {
    desk::exit(&inside.store, id).expect("an exit")
}

/// The export of the whole contract, delivered; returns its request.
fn exported(inside: &mut Inside, cast: &Cast, admin: &desk::Actor, second: &desk::Actor) -> RequestId {
    let wanted = inside.submission(Kind::Export, &cast.contract, None);
    let export = inside.submit(admin, &wanted).id;
    inside
        .with(|store, context, _| desk::decide(store, context, second, &export, &Verdict::Agree { plan: None }))
        .expect("approve the export");
    inside.work();
    export
}

fn expires(world: &World, export: &RequestId) -> String {
    let found = world.texts(&format!("SELECT CAST(expires AS TEXT) FROM archive WHERE request = '{export}' AND deleted IS NULL"));
    found.first().cloned().unwrap_or_default()
}

fn micros(text: &str) -> String {
    at(text).microseconds().to_string()
}

fn mails(world: &World, template: &str) -> usize {
    world.texts(&format!("SELECT id FROM mail WHERE template = '{template}'")).len()
}

fn look_again(inside: &mut Inside, id: &ExitId) {
    let now = (inside.work.clock)();
    // A job that waits for its date is done now; one that has ended is not begun again.
    inside.store.transact("look again", |transaction| transaction.reschedule(JobKind::AdvanceExit, id.as_str(), now)).expect("reschedule");
    inside.work();
}

fn whole_life(keeps: Keeps) {
    let world = World::new(keeps);
    let cast = world.cast();
    let mut inside = Inside::new(&world);
    inside.set("2026-11-24T09:30:00Z");
    inside.account("representative@navigator.example", Role::Representative, &[&cast.contract]);
    let admin = inside.actor(&cast.admin, Role::Admin);
    let second = inside.actor(&cast.second_admin, Role::Admin);
    let give = |inside: &mut Inside| {
        inside.with(|store, context, directory| desk::give_notice(store, context, directory, &admin, &cast.contract, "we leave"))
    };
    let exit = give(&mut inside).expect("give notice");
    let id = exit.id.clone();
    let name = world.contract_name(&cast.contract);
    assert!(matches!(give(&mut inside), Err(Error::ExitOpen)));
    inside.work();
    for address in [&cast.admin, &cast.second_admin, "representative@navigator.example"] {
        let told = world.mails.next(address, "Exit of contract");
        assert!(told["text"].as_str().expect("a text").contains(&format!("contract {name} ({})", cast.contract)), "{told}");
        assert!(told["text"].as_str().expect("a text").contains("24 January 2027, 09:30 UTC"), "{told}");
    }

    // An export of now stays as long as it can be retrieved.
    let export = exported(&mut inside, &cast, &admin, &second);
    assert_eq!(expires(&world, &export), micros("2027-03-26T12:00:00Z"));

    act(&mut inside, &admin, &id, &Act::Elect(Election::OtherProvider), false).expect("elect");
    inside.set("2027-01-24T09:29:59Z");
    inside.work();
    assert_eq!(shown(&inside, &id).exit.state(), State::SwitchElected);
    inside.set("2027-01-24T09:30:00Z");
    inside.work();
    let moving = shown(&inside, &id);
    assert_eq!((moving.exit.state(), moving.events.len()), (State::Transition, 3));
    look_again(&mut inside, &id);
    assert_eq!(shown(&inside, &id), moving, "a move is made once");

    // The customer takes more time, and the archive stays with it.
    let until = at("2027-03-10T00:00:00Z");
    act(&mut inside, &second, &id, &Act::Extend { until }, false).expect("extend");
    assert!(matches!(act(&mut inside, &second, &id, &Act::Extend { until }, false), Err(Error::Exit(_))));
    assert_eq!(expires(&world, &export), micros("2027-04-10T12:00:00Z"));
    inside.set("2027-03-03T00:00:00Z");
    inside.work();
    let reminded = mails(&world, "exit_due");
    assert!(reminded >= 3, "both admins and the representative are reminded: {reminded}");
    look_again(&mut inside, &id);
    assert_eq!(mails(&world, "exit_due"), reminded, "and once");

    // Two admins have decided in the end: one elected, another confirms, and types what it is about.
    assert!(matches!(act(&mut inside, &second, &id, &Act::ConfirmSwitch, false), Err(Error::Confirmation)));
    act(&mut inside, &second, &id, &Act::ConfirmSwitch, true).expect("confirm the switch");
    inside.work();
    assert_eq!(shown(&inside, &id).exit.retrieval_ends(), Some(at("2027-04-10T12:00:00Z")));
    assert!(matches!(act(&mut inside, &admin, &id, &Act::Withdraw, false), Err(Error::Exit(_))), "the contract has ended");

    // A seat that is erased in the window takes the archive of everybody with it; the customer is told and exports anew.
    let mut wanted = inside.submission(Kind::Erasure, &cast.contract, Some(&cast.seat));
    wanted.choices = choices(&inside, &wanted);
    let erasure = inside.submit(&admin, &wanted).id;
    inside.work();
    inside.set("2027-03-05T00:00:00Z");
    inside.work();
    let state = world.texts(&format!("SELECT state FROM request WHERE id = '{erasure}'"));
    assert!(state[0].starts_with("completed"), "{state:?}");
    assert_eq!(expires(&world, &export), "", "nothing is left of it");
    assert!(!world.path("archives").join(export.as_str()).exists());
    let told = world.mails.next(&cast.admin, "not offered any more");
    assert!(told["text"].as_str().expect("a text").contains("export of the contract"), "{told}");
    let anew = exported(&mut inside, &cast, &admin, &second);
    assert_eq!(expires(&world, &anew), micros("2027-04-10T12:00:00Z"));

    // Before the end everybody is told; at the end the erasure is asked for, once.
    inside.set("2027-04-08T12:00:00Z");
    inside.work();
    assert!(mails(&world, "exit_due") > reminded);
    inside.set("2027-04-10T11:59:59Z");
    inside.work();
    assert_eq!(shown(&inside, &id).exit.state(), State::Retrieval);
    assert_ne!(expires(&world, &anew), "");
    inside.set("2027-04-10T12:00:00Z");
    inside.work();
    let asked = || world.texts("SELECT id || ' ' || state FROM request WHERE channel = 'exit'");
    let due = shown(&inside, &id);
    let erasure = due.erasure.clone().expect("an erasure");
    assert_eq!((due.exit.state(), asked()), (State::ErasureDue, vec![format!("{erasure} scheduled")]), "two admins have decided before");
    look_again(&mut inside, &id);
    assert_eq!(asked().len(), 1);

    // The waiting period protects; then everything goes, and the certificate ends the exit.
    let count = |sql: &str| -> i64 { world.platform().query_row(sql, [&cast.contract], |row| row.get(0)).expect("count") };
    let others = count("SELECT count(*) FROM seat WHERE contract_id <> ?1");
    inside.set("2027-04-17T11:59:59Z");
    inside.work();
    assert!(count("SELECT count(*) FROM seat WHERE contract_id = ?1") > 0);
    inside.set("2027-04-17T12:00:00Z");
    inside.work();
    let ended = shown(&inside, &id);
    assert_eq!((ended.exit.state(), ended.exit.finished()), (State::Erased, Some(at("2027-04-17T12:00:00Z"))), "{:?}", asked());
    let run = ended.run.expect("a run");
    assert!(inside.store.certificate_of(&run).expect("look").is_some());
    assert_eq!(
        (count("SELECT count(*) FROM seat WHERE contract_id = ?1"), count("SELECT count(*) FROM seat WHERE contract_id <> ?1")),
        (0, others)
    );
    assert_eq!(expires(&world, &anew), "");
    assert!(ended.events.iter().all(|event| event.words.is_none()), "what was said is forgotten, that it was said is not");
    assert_eq!(ended.events.len(), 7);
    let words = b"as we agreed";
    inside.store.scrub().expect("scrub");
    assert!(!world.store_bytes().windows(words.len()).any(|window| window == words));
}

#[test]
fn an_exit_goes_from_notice_to_the_certificate_with_the_store_in_a_file() {
    whole_life(Keeps::File);
}

#[test]
fn an_exit_goes_from_notice_to_the_certificate_with_the_store_on_postgres() {
    whole_life(Keeps::Postgres);
}

#[test]
fn a_withdrawn_exit_lets_its_archives_go_and_one_that_never_elects_keeps_its_data() {
    let world = World::new(Keeps::File);
    let cast = world.cast();
    let mut inside = Inside::new(&world);
    inside.set("2026-11-24T09:30:00Z");
    let admin = inside.actor(&cast.admin, Role::Admin);
    let second = inside.actor(&cast.second_admin, Role::Admin);
    let exit = inside
        .with(|store, context, directory| desk::give_notice(store, context, directory, &admin, &cast.contract, "we leave"))
        .expect("give notice");
    let export = exported(&mut inside, &cast, &admin, &second);
    inside.set("2030-01-01T00:00:00Z");
    inside.work();
    assert_eq!(shown(&inside, &exit.id).exit.state(), State::Notice);
    assert_eq!(world.texts("SELECT id FROM request WHERE kind = 'erasure'"), Vec::<String>::new());
    assert_eq!(world.texts(&format!("SELECT state FROM request WHERE id = '{export}'")), ["expired"]);

    let anew = exported(&mut inside, &cast, &admin, &second);
    act(&mut inside, &admin, &exit.id, &Act::Elect(Election::OnPremises), false).expect("elect");
    inside.work();
    assert_eq!(shown(&inside, &exit.id).exit.state(), State::Transition, "notice is over, so that it begins at once");
    let kept: i64 = expires(&world, &anew).parse().expect("a moment");
    assert!(kept > at("2030-02-28T00:00:00Z").microseconds(), "{kept}");
    act(&mut inside, &admin, &exit.id, &Act::Withdraw, false).expect("withdraw");
    assert_eq!(expires(&world, &anew), micros("2030-01-04T00:00:00Z"));
    inside.set("2030-01-04T00:00:00Z");
    inside.work();
    assert!(!world.path("archives").join(anew.as_str()).exists());
}

#[test]
fn an_erasure_that_is_given_up_is_the_providers_to_have_asked_for_again() {
    let world = World::new(Keeps::File);
    let cast = world.cast();
    let mut inside = Inside::new(&world);
    inside.set("2026-11-24T09:30:00Z");
    inside.account("representative@navigator.example", Role::Representative, &[&cast.contract]);
    let admin = inside.actor(&cast.admin, Role::Admin);
    let second = inside.actor(&cast.second_admin, Role::Admin);
    let exit = inside
        .with(|store, context, directory| desk::give_notice(store, context, directory, &admin, &cast.contract, "we leave"))
        .expect("give notice");
    act(&mut inside, &admin, &exit.id, &Act::Elect(Election::Erase), true).expect("elect");
    inside.set("2027-01-24T09:30:00Z");
    inside.work();
    let asked = || world.texts("SELECT channel || ' ' || state FROM request WHERE kind = 'erasure' ORDER BY received");
    assert_eq!(asked(), ["exit awaiting_approval"], "one admin alone has decided");
    let first = shown(&inside, &exit.id).erasure.expect("an erasure");
    inside.with(|store, context, _| desk::cancel(store, context, &second, &first, None)).expect("cancel");

    let told = || world.texts("SELECT id FROM mail WHERE template = 'exit_due' AND created >= 1801042200000000").len();
    assert_eq!(at("2027-01-27T09:30:00Z").microseconds(), 1_801_042_200_000_000);
    inside.set("2027-01-31T09:30:00Z");
    inside.work();
    assert_eq!((asked(), told()), (vec!["exit cancelled".to_owned()], 1), "no other is made by itself");
    look_again(&mut inside, &exit.id);
    assert_eq!(told(), 1);
    inside.set("2027-02-07T09:30:00Z");
    inside.work();
    assert_eq!(told(), 2);

    let mut wanted = inside.submission(Kind::Erasure, &cast.contract, None);
    wanted.choices = choices(&inside, &wanted);
    let anew = inside.submit(&admin, &wanted).id;
    inside.work();
    let plan = inside.store.look("read a request", |transaction| transaction.request(&anew)).expect("look").expect("a request").plan;
    let verdict = Verdict::Agree { plan: plan.map(|(_, digest)| digest) };
    inside.with(|store, context, _| desk::decide(store, context, &second, &anew, &verdict)).expect("approve");
    inside.set("2027-02-14T09:30:00Z");
    inside.work();
    let ended = shown(&inside, &exit.id);
    assert_eq!((ended.exit.state(), ended.erasure, ended.run.is_some()), (State::Erased, Some(anew), true));
    assert_eq!(told(), 2);
}

/// Waits until what somebody sees has become this, by asking again and again.
fn wait_for(person: &Person, path: &str, key: &str, wanted: &str) -> Value {
    let begun = std::time::Instant::now();
    loop {
        let got = person.get(path).is(200).json();
        if got[key] == wanted {
            return got;
        }
        assert!(begun.elapsed() < std::time::Duration::from_secs(120), "{path}: {got}");
        std::thread::yield_now();
    }
}

#[test]
fn a_customer_elects_erasure_over_http_and_a_second_admin_agrees() {
    let world = World::new(Keeps::File);
    world.configure(24);
    let cast = world.cast();
    let desk = world.serve();
    let admin = world.sign_in(&desk, &cast.admin);
    let second = world.sign_in(&desk, &cast.second_admin);
    let stranger = world.sign_in(&desk, &cast.stranger);
    let operator = world.operator(&desk);
    let representative = world.representative(&desk, &cast.contract);
    let exits = format!("/api/v1/contracts/{}/exits", cast.contract);

    // A switch that is thought over again.
    representative.post(&exits, &json!({ "words": "they leave" })).is(403);
    admin.post(&exits, &json!({ "words": " " })).is(422);
    let given = admin.post(&exits, &json!({ "words": "We leave by the end of the year." })).is(201).json();
    assert_eq!(
        (&given["state"], &given["due"][0]["duty"], &given["due"][0]["by"]),
        (&json!("notice"), &json!("elect"), &json!("customer"))
    );
    let path = format!("/api/v1/exits/{}", given["id"].as_str().expect("an id"));
    let acts = format!("{path}/acts");
    let nowhere = stranger.get(&format!("/api/v1/exits/{}", "0".repeat(32))).is(404);
    assert_eq!(stranger.get(&path).is(404).body, nowhere.body);
    admin.post(&acts, &json!({ "act": "elect", "words": "we move" })).is(422);
    admin.post(&acts, &json!({ "act": "confirm_switch", "words": "done" })).is(409);
    let elected = admin.post(&acts, &json!({ "act": "elect", "election": "other_provider", "words": "we move" })).is(200).json();
    assert_eq!(elected["state"], "switch_elected");
    let offer = |date: &str| json!({ "act": "offer_alternative", "date": date, "words": "4 TB leave at 20 MB/s" });
    admin.post(&acts, &offer("2027-06-01T00:00:00Z")).is(403);
    representative.post(&acts, &offer("9998-06-01T00:00:00Z")).is(422);
    let ends = elected["notice_ends"].as_str().expect("a date").parse::<jiff::Timestamp>().expect("a date");
    let ends = (ends + jiff::SignedDuration::from_hours(24 * 100)).to_string();
    let offered = representative.post(&acts, &offer(&ends)).is(200).json();
    assert_eq!(offered["alternative_ends"].as_str().expect("a date")[..16], ends[..16]);
    representative.post(&acts, &offer(&ends)).is(409);
    let withdrawn = admin.post(&acts, &json!({ "act": "withdraw", "words": "we stay" })).is(200).json();
    assert_eq!((&withdrawn["state"], withdrawn["possible"].as_array().expect("a list").len()), (&json!("withdrawn"), 0));

    // What was said stands there in its exact words, signed by the desk.
    let history = withdrawn["history"].as_array().expect("a history");
    assert_eq!(history.len(), 4);
    for said in history {
        let text = |key: &str| said[key].as_str().expect("a text").to_owned();
        let signature = Signature::parse(&text("signature")).expect("a signature");
        signature.verify_bytes(SIGNED_FOR, text("declaration").as_bytes(), None).expect("it holds");
        let declaration: Declaration = serde_json::from_str(&text("declaration")).expect("a declaration");
        assert_eq!(declaration.words, Some(words_digest(&text("salt"), &text("words"))));
        assert_eq!((declaration.by.expect("somebody").to_string(), declaration.event), (text("actor"), text("event")));
    }
    assert_eq!(history[0]["words"], "We leave by the end of the year.");

    // A contract without notice: what is elected takes effect at once, and one admin alone doesn't suffice.
    let settings = format!("/api/v1/contracts/{}/settings", cast.contract);
    let chosen = json!({ "exit": { "notice_days": 0, "transition_days": 30, "retrieval_days": 30 } });
    operator.put_with(&settings, &chosen, ("if-match", "\"0\"")).is(200);
    let given = admin.post(&exits, &json!({ "words": "We leave now." })).is(201).json();
    let path = format!("/api/v1/exits/{}", given["id"].as_str().expect("an id"));
    let acts = format!("{path}/acts");
    let name = world.contract_name(&cast.contract);
    let elect =
        |confirmation: &str| json!({ "act": "elect", "election": "erase", "confirmation": confirmation, "words": "erase all of it" });
    assert_eq!(admin.post(&acts, &elect("another")).is(422).json()["type"], "/problems/confirmation");
    admin.post(&acts, &elect(&name)).is(200);
    let due = wait_for(&admin, &path, "state", "erasure_due");
    let erasure = format!("/api/v1/requests/{}", due["erasure"].as_str().expect("an erasure"));
    let waiting = wait_for(&admin, &erasure, "state", "awaiting_approval");
    assert_eq!((&waiting["channel"], &waiting["approvals"]), (&json!("exit"), &json!(1)));
    admin.post(&format!("{erasure}/approve"), &json!({ "plan": waiting["plan"] })).is(409);
    second.post(&format!("{erasure}/approve"), &json!({ "plan": waiting["plan"] })).is(200);
    assert_eq!(second.get(&erasure).is(200).json()["state"], "scheduled");

    // The week of waiting is over.
    world.execute("UPDATE request SET scheduled = received WHERE channel = 'exit'; UPDATE job SET run_at = created WHERE kind = 'erase'");
    let ended = wait_for(&operator, &path, "state", "erased");
    assert!(ended["run"].is_string() && ended["finished"].is_string(), "{ended}");
    let mail = world.mails.next(&cast.admin, "certificate|Zertifikat");
    assert!(!mail["files"].as_array().expect("files").is_empty());
    assert!(ended["history"].as_array().expect("a history").iter().all(|said| said["words"].is_null()), "{ended}");
    let seats: i64 =
        world.platform().query_row("SELECT count(*) FROM seat WHERE contract_id = ?1", [&cast.contract], |row| row.get(0)).expect("count");
    assert_eq!(seats, 0);
    desk.stop();
}
