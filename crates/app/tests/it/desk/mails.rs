//! What mails tell: who asked and who refused, of which contract, and in whose words; and what they do not tell any more.

use exeunt_engine::desk::{self, Handling, Verdict};
use exeunt_model::identity::{JobId, MailId, Role};
use exeunt_model::job::JobKind;
use exeunt_model::request::Kind;
use exeunt_model::request::reason::Rejection;
use exeunt_store::desk::{Mail, NewJob};
use serde_json::{Value, json};

use super::inside::Inside;
use super::world::{Keeps, REPRESENTATIVE, World, erasure, reaches};

fn part<'a>(mail: &'a Value, part: &str) -> &'a str {
    mail[part].as_str().expect("a part of the mail")
}

#[track_caller]
fn holds(mail: &Value, words: &[&str]) {
    let text = part(mail, "text").replace("\r\n", "\n");
    for words in words {
        assert!(text.contains(words), "`{words}` is not in: {text}");
    }
}

#[test]
fn approvers_read_who_asked_and_whoever_asked_reads_who_refused_and_why() {
    let world = World::new(Keeps::File);
    world.configure(24);
    let cast = world.cast();
    let desk = world.serve();
    let (holder, admin) = (world.sign_in(&desk, &cast.holder), world.sign_in(&desk, &cast.admin));
    let representative = world.representative(&desk, &cast.contract);
    let contract = format!("{} ({})", world.contract_name(&cast.contract), cast.contract);
    let holder_named = format!("{} ({})", world.seat_name(&cast.seat), cast.holder);
    let wanted = erasure(&holder, &cast.contract, &cast.seat, &cast.holder);
    let ask = || {
        let request = holder.post("/api/v1/requests", &wanted).is(201).json()["id"].as_str().expect("an id").to_owned();
        reaches(&holder, &request, "awaiting_approval");
        request
    };

    let request = ask();
    for approver in [cast.admin.as_str(), &cast.second_admin, REPRESENTATIVE] {
        let mail = world.mails.next(approver, "approval is asked for|Zustimmung wird erbeten");
        holds(&mail, &[&contract, &holder_named, &request]);
    }
    // An approver's words come with their name, as words of somebody else in both forms of the mail.
    let note = "Ask me first.\n<b>Then</b> & only then.";
    admin.post(&format!("/api/v1/requests/{request}/reject"), &json!({ "note": note })).is(200);
    let mail = world.mails.next(&cast.holder, "Refused|Abgelehnt");
    holds(&mail, &[&contract, &format!("({})", cast.admin), "\n> Ask me first.\n> <b>Then</b> & only then.\n"]);
    assert!(part(&mail, "html").contains("<blockquote>Ask me first.<br>&lt;b&gt;Then&lt;/b&gt; &amp; only then.</blockquote>"), "{mail}");
    let events = holder.get(&format!("/api/v1/requests/{request}/events")).is(200).json();
    let noted = events["events"].as_array().expect("a list").iter().any(|event| event["note"] == note);
    assert!(noted, "nothing is told that the request does not show: {events}");

    // The platform's people are not told by name.
    let request = ask();
    let handling = json!({ "handling": "suspend", "note": "We look into it." });
    representative.post(&format!("/api/v1/requests/{request}/handle"), &handling).is(200);
    let mail = world.mails.next(&cast.holder, "On hold|Angehalten");
    holds(&mail, &["Navigator", "\n> We look into it.\n"]);
    assert!(!part(&mail, "text").contains("representative@"), "{mail}");
    representative.post(&format!("/api/v1/requests/{request}/handle"), &json!({ "handling": "release" })).is(200);
    holds(&world.mails.next(&cast.holder, "It goes on|Es geht weiter"), &[&contract, &request]);
    reaches(&holder, &request, "awaiting_approval");
    // Somebody else's cancelling is told with who it was; one's own needs no words.
    admin.post(&format!("/api/v1/requests/{request}/cancel"), &json!({ "note": "Not now." })).is(200);
    let mail = world.mails.next(&cast.holder, "Cancelled|Zurückgezogen");
    holds(&mail, &[&cast.admin, "\n> Not now.\n"]);
    let request = ask();
    holder.post(&format!("/api/v1/requests/{request}/cancel"), &json!({ "note": "I stay." })).is(200);
    let mail = world.mails.next(&cast.holder, "Cancelled|Zurückgezogen");
    assert!(!part(&mail, "text").contains("I stay."), "{mail}");
    desk.stop();
}

#[test]
fn those_who_handle_cases_are_told_which_and_never_what_was_said() {
    let world = World::new(Keeps::File);
    world.configure(24);
    let cast = world.cast();
    let desk = world.serve();
    let holder = world.sign_in(&desk, &cast.holder);
    let representative = world.representative(&desk, &cast.contract);
    let contract = format!("{} ({})", world.contract_name(&cast.contract), cast.contract);
    let wanted = json!({
        "kind": "case", "scope": "seat", "contract": cast.contract, "seat": cast.seat, "matter": "other_data", "message": "Secret words",
    });
    let case = holder.post("/api/v1/requests", &wanted).is(201).json()["id"].as_str().expect("an id").to_owned();
    let mut mails = Vec::new();
    let mut told = |to: &str, subject: &str, words: &[&str]| {
        let mail = world.mails.next(to, subject);
        holds(&mail, words);
        mails.push(mail);
    };
    let by_whom = format!("{} ({})", world.seat_name(&cast.seat), cast.holder);
    told(REPRESENTATIVE, "A new case: other data|Neuer Fall: andere Daten", &[&contract, &by_whom, &case]);
    let step = |by: &super::world::Person, body: Value| {
        by.post(&format!("/api/v1/requests/{case}/case"), &body).is(200);
    };
    step(&representative, json!({ "step": "take" }));
    told(&cast.holder, "taken up|wird bearbeitet", &["Navigator"]);
    let note = json!({ "text": "Secret thoughts", "internal": true });
    representative.post(&format!("/api/v1/requests/{case}/messages"), &note).is(201);
    step(&representative, json!({ "step": "ask", "text": "Secret question" }));
    told(&cast.holder, "A question in your case|Eine Frage zu Ihrem Fall", &["Navigator"]);
    step(&holder, json!({ "step": "tell", "text": "Secret reply" }));
    told(REPRESENTATIVE, "question in a case is answered|Frage in einem Fall beantwortet", &[&contract, &cast.holder]);
    step(&representative, json!({ "step": "answer", "text": "Secret answer" }));
    told(&cast.holder, "case is answered|Fall ist beantwortet", &["Navigator"]);
    step(&holder, json!({ "step": "hand_back", "text": "Secret doubt" }));
    told(REPRESENTATIVE, "handed back|zurückgegeben", &[&contract, &cast.holder]);
    step(&representative, json!({ "step": "reject", "reason": "no_such_data", "text": "Secret refusal" }));
    told(&cast.holder, "Refused|Abgelehnt", &["Navigator", &contract]);
    desk.stop();
    mails.extend(world.mails.all());
    for mail in &mails {
        for form in ["subject", "text", "html"] {
            assert!(!part(mail, form).contains("Secret") && !part(mail, form).contains("representative@"), "{mail}");
        }
    }
    let to_handlers = mails.iter().filter(|mail| mail["to"][0] == REPRESENTATIVE);
    for mail in to_handlers {
        for own in ["your case", "Your case", "Ihr Fall", "Ihrem Fall"] {
            assert!(!part(mail, "text").contains(own) && !part(mail, "subject").contains(own), "{mail}");
        }
    }
}

fn what_is_forgotten_before_a_mail_is_sent_is_not_in_it(keeps: Keeps) {
    let world = World::new(keeps);
    let cast = world.cast();
    let mut inside = Inside::new(&world);
    let (admin, second) = (inside.actor(&cast.admin, Role::Admin), inside.actor(&cast.second_admin, Role::Admin));
    let export = inside.submission(Kind::Export, &cast.contract, Some(&cast.seat));
    let request = inside.submit(&admin, &export);
    let document = world.texts("SELECT document FROM mail WHERE template = 'approval_asked'").remove(0);
    assert!(!document.contains(&cast.admin), "{document}");
    // Who asked is erased while the mail waits. Their address stays for their certificate, and for nothing else.
    let (gone, now) = ([cast.admin.parse().expect("an address")], (inside.work.clock)());
    let forgotten = inside.store.transact("forget somebody", |transaction| transaction.forget_addresses(&gone, &admin.principal, now));
    forgotten.expect("forget");
    inside.work();
    let mail = world.mails.next(&cast.second_admin, "approval is asked for|Zustimmung wird erbeten");
    holds(&mail, &[&world.contract_name(&cast.contract)]);
    let text = part(&mail, "text");
    assert!(!text.contains(&cast.admin) && (text.contains("by somebody") || text.contains("von jemandem")), "{text}");

    // Somebody asks for their own seat, is refused with a note, and loses the seat before the mail is sent: the desk shows them the note no more.
    inside
        .with(|store, context, _| desk::decide(store, context, &second, &request.id, &Verdict::Refuse { note: None }))
        .expect("refuse the export");
    let holder = inside.actor(&cast.holder, Role::Holder);
    let mut own = inside.submission(Kind::Export, &cast.contract, Some(&cast.seat));
    own.own_seat = true;
    let refused = |inside: &mut Inside| {
        let request = inside.submit(&holder, &own).id;
        let verdict = Verdict::Refuse { note: Some("It is somebody else's soon.".to_owned()) };
        inside.with(|store, context, _| desk::decide(store, context, &second, &request, &verdict)).expect("refuse");
    };
    refused(&mut inside);
    inside.work();
    holds(&world.mails.next(&cast.holder, "Refused|Abgelehnt"), &[&cast.second_admin, "\n> It is somebody else's soon.\n"]);
    refused(&mut inside);
    let changed = world.platform().execute("UPDATE seat SET state = 'removed' WHERE id = ?1", [&cast.seat]).expect("end a seat");
    assert_eq!(changed, 1);
    inside.work();
    let mail = world.mails.next(&cast.holder, "Refused|Abgelehnt");
    assert!(!part(&mail, "text").contains("somebody else's") && !part(&mail, "text").contains(&cast.second_admin), "{mail}");
    let left = world.texts("SELECT document FROM mail WHERE document IS NOT NULL");
    assert_eq!(left, Vec::<String>::new());
}

#[test]
fn what_is_forgotten_before_a_mail_is_sent_is_not_in_it_with_the_store_in_a_file() {
    what_is_forgotten_before_a_mail_is_sent_is_not_in_it(Keeps::File);
}

#[test]
fn what_is_forgotten_before_a_mail_is_sent_is_not_in_it_with_the_store_on_postgres() {
    what_is_forgotten_before_a_mail_is_sent_is_not_in_it(Keeps::Postgres);
}

#[test]
fn the_desk_itself_and_the_platforms_people_are_not_named() {
    let world = World::new(Keeps::File);
    let cast = world.cast();
    let mut inside = Inside::new(&world);
    let admin = inside.actor(&cast.admin, Role::Admin);
    let operator = inside.account("operator@navigator.example", Role::Operator, &[]);
    let wanted = inside.submission(Kind::Export, &cast.contract, Some(&cast.seat));
    let request = inside.submit(&admin, &wanted).id;
    let reject = Handling::Reject(Rejection::LegalClaims);
    let note = Some("A court has asked for it.");
    inside.with(|store, context, directory| desk::handle(store, context, directory, &operator, &request, reject, note)).expect("refuse");
    inside.work();
    let mail = world.mails.next(&cast.admin, "Refused|Abgelehnt");
    holds(&mail, &["Navigator", "\n> A court has asked for it.\n"]);
    assert!(!part(&mail, "text").contains("operator@"), "{mail}");
}

#[test]
fn while_the_platform_is_away_a_contract_is_called_by_its_key() {
    let world = World::new(Keeps::File);
    let cast = world.cast();
    let mut inside = Inside::new(&world);
    let admin = inside.actor(&cast.admin, Role::Admin);
    inside
        .with(|store, context, directory| desk::give_notice(store, context, directory, &admin, &cast.contract, "we leave"))
        .expect("give notice");
    let wanted = inside.submission(Kind::Export, &cast.contract, Some(&cast.seat));
    inside.submit(&admin, &wanted);
    let away = world.platform().execute_batch("ALTER TABLE contract RENAME TO contract_of_another_release");
    away.expect("take the platform away");
    inside.work();
    let mail = world.mails.next(&cast.second_admin, "Exit of contract|Ausstieg aus Vertrag");
    assert!(part(&mail, "subject").contains(&format!(" {}: ", cast.contract)), "{mail}");
    let mail = world.mails.next(&cast.second_admin, "approval is asked for|Zustimmung wird erbeten");
    let key = |words: &str| part(&mail, "text").contains(&format!("{words} {} ", cast.contract));
    assert!((key("of contract") || key("in Vertrag")) && part(&mail, "text").contains(&cast.admin), "{mail}");
}

#[test]
fn a_mail_that_the_version_before_left_is_sent() {
    let world = World::new(Keeps::File);
    let cast = world.cast();
    let mut inside = Inside::new(&world);
    let admin = inside.actor(&cast.admin, Role::Admin);
    let wanted = inside.submission(Kind::Export, &cast.contract, Some(&cast.seat));
    let request = inside.submit(&admin, &wanted).id;
    inside.work();
    world.mails.all();
    let about = format!(r#"{{"id":"{request}","kind":"export","scope":"seat","label":"{}"}}"#, cast.holder);
    let documents = [
        ("approval_asked", format!(r#"{{"notice":"approval_asked","request":{about}}}"#), Some(&request)),
        ("rejected", format!(r#"{{"notice":"rejected","request":{about},"reason":"not_approved"}}"#), Some(&request)),
        ("returned", r#"{"notice":"returned","name":"ada.berg@customer.example","erased":"2026-11-24T09:30:00.000000Z"}"#.to_owned(), None),
        (
            "exit_moved",
            format!(
                r#"{{"notice":"exit_moved","exit":{{"id":"{:032x}","contract":"{}"}},"event":"give_notice","date":null}}"#,
                7, cast.contract
            ),
            None,
        ),
    ];
    let second = inside.actor(&cast.second_admin, Role::Admin).principal;
    for (number, (template, document, request)) in documents.into_iter().enumerate() {
        let left = Mail {
            id: MailId::from_random(1_000 + number as u128),
            recipient: second.clone(),
            request: request.cloned(),
            template: template.to_owned(),
            document: Some(document),
            created: (inside.work.clock)(),
            sent: None,
            abandoned: None,
        };
        let now = left.created;
        let job = JobId::from_random(1_000 + number as u128);
        let job = NewJob { id: &job, kind: JobKind::SendMail, target: left.id.as_str(), contract: None, run_at: now };
        let put = inside.store.transact("leave a mail", |transaction| {
            transaction.insert_mail(&left)?;
            transaction.enqueue(&job, now)
        });
        put.expect("leave a mail");
    }
    inside.work();
    let name = world.contract_name(&cast.contract);
    for (subject, words) in [
        ("approval is asked for|Zustimmung wird erbeten", cast.admin.as_str()),
        ("Refused|Abgelehnt", &name),
        ("come back|zurückgekommen", "ada.berg@customer.example"),
        ("xit of contract|Ausstieg aus Vertrag", &name),
    ] {
        holds(&world.mails.next(&cast.second_admin, subject), &[words]);
    }
}

#[test]
fn what_cannot_be_done_is_told_to_whoever_looks_at_it() {
    let world = World::new(Keeps::File);
    world.configure(0);
    let cast = world.cast();
    let desk = world.serve();
    let (operator, admin) = (world.operator(&desk), world.sign_in(&desk, &cast.admin));
    let mut wanted = erasure(&admin, &cast.contract, &cast.seat, &cast.holder);
    wanted["choices"]["app.note"] = json!("burn");
    let fails = || {
        let request = admin.post("/api/v1/requests", &wanted).is(201).json()["id"].as_str().expect("an id").to_owned();
        reaches(&admin, &request, "failed");
        let mail = world.mails.next(&cast.admin, "Not possible|nicht möglich");
        assert!(part(&mail, "text").contains("people of Navigator") || part(&mail, "text").contains("Team von Navigator"), "{mail}");
        request
    };
    // Nobody represents the platform to this contract.
    let request = fails();
    let mail = world.mails.next("operator@navigator.example", "Not possible");
    holds(&mail, &[&request, "Somebody must look at it now"]);
    admin.post(&format!("/api/v1/requests/{request}/cancel"), &json!({})).is(200);
    world.representative(&desk, &cast.contract);
    let request = fails();
    holds(&world.mails.next(REPRESENTATIVE, "Not possible"), &[&request]);
    assert_eq!(operator.get(&format!("/api/v1/requests/{request}")).is(200).json()["state"], "failed");
    desk.stop();
}
