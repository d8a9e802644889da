//! Every notice in every language.

use std::collections::BTreeSet;

use exeunt_model::due::Regime;
use exeunt_model::exit::Terms;
use exeunt_model::identity::{ExitId, PrincipalId, RequestId, Role, WebhookId};
use exeunt_model::moment::Moment;
use exeunt_model::plan::Profile;
use exeunt_model::request::Channel;
use exeunt_model::request::approval::Policy;
use exeunt_model::request::document::Matter;
use exeunt_model::setting::Rules;

use super::*;
use crate::desk::{By, ContractName, ExitMail, NoticeMail, Particulars, Who};

fn settings() -> Settings {
    Settings {
        rules: Rules {
            profile: Profile::Documented,
            regime: Regime::Gdpr,
            target_days: 30,
            policy: Policy::default(),
            private_categories: Vec::new(),
            exit: Terms::default(),
        },
        holidays: Vec::new(),
        retention_hours: 72,
        platform_name: "Navigator".to_owned(),
        public_url: "https://desk.example".to_owned(),
        language: Language::English,
        webhook_patience_hours: 72,
        group_roles: Default::default(),
    }
}

fn at(text: &str) -> Moment {
    Moment::new(text.parse().expect("a moment"))
}

fn request(kind: &str, scope: &str) -> NoticeMail {
    let label = if scope == "contract" { "Halvorsen Pumps" } else { "ada.berg@customer.example" };
    NoticeMail {
        id: RequestId::from_random(7),
        kind: kind.to_owned(),
        scope: scope.to_owned(),
        label: Some(label.to_owned()),
        in_part: false,
    }
}

fn dmitri() -> Who {
    Who::Person { name: Some("Dmitri Novak".to_owned()), email: "dmitri.novak@customer.example".parse().expect("an address") }
}

fn particulars() -> Particulars {
    Particulars {
        contract: Some(ContractName { key: "42".to_owned(), name: Some("Halvorsen Pumps".to_owned()) }),
        channel: Some(Channel::Desk),
        received: Some(at("2026-11-24T09:30:00Z")),
        asked_by: dmitri(),
        ..Particulars::default()
    }
}

fn told(notice: &Notice, particulars: &Particulars, language: Language) -> Message {
    render(&words(notice, particulars, language, &settings()), language.as_str(), Vec::new())
}

/// The text in both languages.
fn both(notice: &Notice, particulars: &Particulars) -> (String, String) {
    (told(notice, particulars, Language::English).text, told(notice, particulars, Language::German).text)
}

#[track_caller]
fn holds(text: &str, words: &[&str]) {
    for words in words {
        assert!(text.contains(words), "`{words}` is not in: {text}");
    }
}

/// As the version before this one wrote them, one of each kind.
const BEFORE: &[&str] = &[
    r#"{"notice":"sign_in","link":"https://desk.example/sign-in#secret=00","minutes":15}"#,
    r#"{"notice":"approval_asked","request":REQUEST}"#,
    r#"{"notice":"approved","request":REQUEST,"starts":1764000000000000}"#,
    r#"{"notice":"approved","request":REQUEST,"starts":null}"#,
    r#"{"notice":"rejected","request":REQUEST,"reason":"not_approved"}"#,
    r#"{"notice":"cancelled","request":REQUEST}"#,
    r#"{"notice":"export_ready","request":REQUEST,"expires":1764000000000000}"#,
    r#"{"notice":"exported_by_admin","request":REQUEST}"#,
    r#"{"notice":"erasure_ended","request":REQUEST,"state":"completed"}"#,
    r#"{"notice":"erasure_ended","request":REQUEST,"state":"completed_with_retained"}"#,
    r#"{"notice":"erasure_ended","request":REQUEST,"state":"partly_failed"}"#,
    r#"{"notice":"plan_changed","request":REQUEST,"difference":"app.note has 3 rows, not 2"}"#,
    r#"{"notice":"approval_lapsed","request":REQUEST}"#,
    r#"{"notice":"on_hold","request":REQUEST}"#,
    r#"{"notice":"failed","request":REQUEST,"reason":"source_unavailable"}"#,
    r#"{"notice":"case_message","request":REQUEST}"#,
    r#"{"notice":"received","request":REQUEST,"received":1764000000000000,"due":1766000000000000}"#,
    r#"{"notice":"extended","request":REQUEST,"due":1766000000000000,"reason":"so much"}"#,
    r#"{"notice":"due_soon","request":REQUEST,"due":1766000000000000}"#,
    r#"{"notice":"overdue","request":REQUEST,"due":1766000000000000}"#,
    r#"{"notice":"archive_ended","request":REQUEST}"#,
    r#"{"notice":"exit_moved","exit":EXIT,"event":"give_notice","date":1766000000000000}"#,
    r#"{"notice":"exit_due","exit":EXIT,"duty":"elect","at":1766000000000000,"overdue":true}"#,
    r#"{"notice":"proposed","request":REQUEST}"#,
    r#"{"notice":"proposals_wait","contract":"42"}"#,
    r#"{"notice":"webhook_disabled","webhook":"00000000000000000000000000000007","host":"hooks.example","reason":"gone"}"#,
    r#"{"notice":"reopened","request":REQUEST,"starts":1764000000000000}"#,
    r#"{"notice":"returned","name":"ada.berg@customer.example","erased":1764000000000000}"#,
];

#[test]
fn what_the_version_before_wrote_is_still_read_and_says_all_that_it_knows() {
    let id = RequestId::from_random(7);
    for document in BEFORE {
        let kept = serde_json::to_string(&at("2025-11-24T16:00:00Z")).expect("a moment");
        let document = document
            .replace("REQUEST", &format!(r#"{{"id":"{id}","kind":"erasure","scope":"seat","label":"ada.berg@customer.example"}}"#))
            .replace("EXIT", &format!(r#"{{"id":"{}","contract":"42"}}"#, ExitId::from_random(7)))
            .replace("1764000000000000", &kept)
            .replace("1766000000000000", &kept);
        let notice: Notice = serde_json::from_str(&document).unwrap_or_else(|error| panic!("{error}: {document}"));
        for language in [Language::English, Language::German] {
            for particulars in [Particulars::default(), particulars()] {
                let message = told(&notice, &particulars, language);
                assert!(!message.subject.is_empty() && !message.text.contains("None"), "{document}: {message:?}");
            }
        }
    }
}

/// One of each kind, as long as they get.
fn notices() -> Vec<Notice> {
    let by = || Some(By::Somebody { principal: PrincipalId::from_random(1), role: Role::Admin });
    let late = at("2027-09-24T09:30:00Z");
    let exit = || ExitMail { id: ExitId::from_random(7), contract: "42".to_owned() };
    let mut found = vec![
        Notice::SignIn { link: "https://desk.example/".to_owned(), minutes: 15 },
        Notice::ProposalsWait { contract: "42".to_owned() },
        Notice::WebhookDisabled { webhook: WebhookId::from_random(7), host: "hooks.example".to_owned(), reason: "failing".to_owned() },
        Notice::Returned { name: None, contract: Some("42".to_owned()), user: None, erased: late },
    ];
    for kind in ["export", "erasure", "case"] {
        for scope in ["seat", "contract"] {
            let request = || NoticeMail { in_part: kind != "case", ..request(kind, scope) };
            found.extend([
                Notice::ApprovalAsked { request: request() },
                Notice::Approved { request: request(), starts: Some(late) },
                Notice::Rejected { request: request(), reason: "not_approved".to_owned(), by: by() },
                Notice::Cancelled { request: request(), by: by() },
                Notice::ExportReady { request: request(), expires: late },
                Notice::ExportedByAdmin { request: request() },
                Notice::ErasureEnded { request: request(), state: "completed".to_owned() },
                Notice::ErasureEnded { request: request(), state: "partly_failed".to_owned() },
                Notice::PlanChanged { request: request(), difference: "app.note has 3 rows, not 2".to_owned() },
                Notice::ApprovalLapsed { request: request() },
                Notice::OnHold { request: request(), by: by() },
                Notice::Released { request: request() },
                Notice::Failed { request: request(), reason: "source_unavailable".to_owned() },
                Notice::Received { request: request(), received: late, due: late },
                Notice::Extended { request: request(), due: late, reason: "so much".to_owned() },
                Notice::DueSoon { request: request(), due: late },
                Notice::Overdue { request: request(), due: late },
                Notice::ArchiveEnded { request: request() },
                Notice::Proposed { request: request() },
                Notice::Reopened { request: request(), starts: Some(late) },
            ]);
            for step in [None, Some("take"), Some("ask"), Some("answer"), Some("tell"), Some("hand_back"), Some("close")] {
                let step = step.map(str::to_owned);
                found.push(Notice::CaseMessage { request: request(), step: step.clone() });
                found.push(Notice::CaseMoved { request: request(), step, by: by().expect("somebody") });
            }
            for matter in [None, Some(Matter::OtherData), Some(Matter::EnterpriseData), Some(Matter::Person)] {
                found.push(Notice::CaseOpened { request: request(), matter, due: late });
            }
        }
    }
    let moves = exeunt_model::exit::Move::ALL.iter().map(|known| known.as_str()).chain(["give_notice"]);
    found.extend(moves.map(|event| Notice::ExitMoved { exit: exit(), event: event.to_owned(), date: Some(late) }));
    for overdue in [true, false] {
        found.push(Notice::ExitDue { exit: exit(), duty: "elect".to_owned(), at: late, overdue });
    }
    found
}

#[test]
fn subjects_are_short_whatever_people_are_called() {
    let mut long = particulars();
    long.contract = Some(ContractName { key: "42".to_owned(), name: Some("Halvorsen Pumps and Valves of the North".repeat(4)) });
    for notice in notices() {
        for language in [Language::English, Language::German] {
            for own in [true, false] {
                let subject = told(&notice, &Particulars { own, ..long.clone() }, language).subject;
                assert!(subject.chars().count() <= 76, "{} {subject}", subject.chars().count());
                assert!(!subject.contains('@') && !subject.contains("42"), "{subject}");
            }
        }
    }
}

#[test]
fn whoever_approves_reads_who_asked_and_for_which_contract() {
    let asked = Notice::ApprovalAsked { request: request("erasure", "seat") };
    let (english, german) = both(&asked, &particulars());
    holds(
        &english,
        &[
            "The erasure of a seat (ada.berg@customer.example) of contract Halvorsen Pumps (42) was asked for by Dmitri Novak (dmitri.novak@customer.example).",
        ],
    );
    holds(
        &german,
        &[
            "Die Löschung eines Platzes (ada.berg@customer.example) in Vertrag Halvorsen Pumps (42) wurde von Dmitri Novak (dmitri.novak@customer.example) beantragt.",
        ],
    );
    let nameless = Who::Person { name: None, email: "dmitri.novak@customer.example".parse().expect("an address") };
    let cases = [
        (nameless, "by dmitri.novak@customer.example.", "von dmitri.novak@customer.example beantragt"),
        (Who::Somebody, "by somebody.", "von jemandem beantragt"),
        (Who::Platform, "by the people of Navigator.", "vom Team von Navigator beantragt"),
    ];
    for (who, want_english, want_german) in cases {
        let (english, german) = both(&asked, &Particulars { asked_by: who, ..particulars() });
        holds(&english, &[want_english]);
        holds(&german, &[want_german]);
    }
    let away = Particulars { contract: Some(ContractName { key: "42".to_owned(), name: None }), ..particulars() };
    let (english, german) = both(&asked, &away);
    holds(&english, &[" of contract 42 was asked for"]);
    holds(&german, &[" in Vertrag 42 wurde"]);
}

#[test]
fn what_nobody_of_the_contract_asked_for_says_how_it_came() {
    let proposed = Notice::Proposed { request: request("erasure", "seat") };
    let cases = [
        (Channel::Scim, "was proposed by the identity provider of the contract, which has closed the seat.", "vom Identitätsanbieter"),
        (Channel::Drp, "by an authorized agent, through the Data Rights Protocol.", "über das Data Rights Protocol beantragt."),
        (Channel::OpenDsr, "by a privacy tool, through OpenDSR.", "über OpenDSR beantragt."),
    ];
    for (channel, want_english, want_german) in cases {
        let (english, german) = both(&proposed, &Particulars { channel: Some(channel), ..particulars() });
        holds(&english, &[want_english, "Nothing happens before you decide."]);
        holds(&german, &[want_german, "Es geschieht nichts, bevor Sie entscheiden."]);
        assert!(!english.contains("Dmitri") && !german.contains("Dmitri"), "{english} {german}");
    }
    let ends = Notice::ApprovalAsked { request: request("erasure", "contract") };
    let (english, german) = both(&ends, &Particulars { channel: Some(Channel::Exit), ..particulars() });
    holds(
        &english,
        &["The erasure of the contract (Halvorsen Pumps) is due at the end of the contract's exit, as was decided by Dmitri Novak"],
    );
    holds(
        &german,
        &["Die Löschung des Vertrags (Halvorsen Pumps) steht am Ende des Ausstiegs aus dem Vertrag an, so entschieden von Dmitri Novak"],
    );
}

#[test]
fn whoever_asked_reads_who_refused_and_in_which_words() {
    let own =
        Particulars { own: true, done_by: Some(dmitri()), words: Some("Ask Ada first.\n\n<b>Then again.</b>".to_owned()), ..particulars() };
    let by = Some(By::Somebody { principal: PrincipalId::from_random(1), role: Role::Admin });
    let refused = Notice::Rejected { request: request("erasure", "seat"), reason: "not_approved".to_owned(), by };
    let (english, german) = both(&refused, &own);
    holds(
        &english,
        &[
            "was refused by Dmitri Novak (dmitri.novak@customer.example). Reason: an approver does not agree. It has erased nothing.",
            "Their words:\n> Ask Ada first.\n>\n> <b>Then again.</b>\n\n",
        ],
    );
    holds(
        &german,
        &[
            "wurde von Dmitri Novak (dmitri.novak@customer.example) abgelehnt. Grund: Jemand stimmt nicht zu. Es wurde nichts gelöscht.",
            "Dazu wurde geschrieben:\n> Ask Ada first.",
        ],
    );
    let html = told(&refused, &own, Language::English).html;
    holds(&html, &["<blockquote>Ask Ada first.<br><br>&lt;b&gt;Then again.&lt;/b&gt;</blockquote>"]);
    // The desk itself names nobody and says nothing.
    let silent = Particulars { done_by: None, words: None, ..own };
    let (english, _) = both(&refused, &silent);
    assert!(english.contains("was refused. Reason:") && !english.contains("words"), "{english}");
}

#[test]
fn what_is_done_to_an_export_says_nothing_of_erasing() {
    let held = Notice::OnHold { request: request("export", "seat"), by: None };
    let (english, german) = both(&held, &Particulars { done_by: Some(Who::Platform), ..particulars() });
    holds(&english, &["was put on hold by the people of Navigator. You are written to"]);
    holds(&german, &["wurde vom Team von Navigator angehalten. Sie erhalten"]);
    let reopened = Notice::Cancelled { request: request("erasure", "seat"), by: Some(By::IdentityProvider) };
    let (english, german) = both(&reopened, &Particulars { done_by: Some(Who::IdentityProvider), ..particulars() });
    holds(&english, &["has opened the seat again. So the erasure of a seat (ada"]);
    holds(&german, &["hat den Platz wieder geöffnet. Deshalb wurde zurückgezogen: Löschung eines Platzes (ada"]);
}

#[test]
fn an_approval_says_what_comes_next() {
    let own = Particulars { own: true, ..particulars() };
    let (english, german) = both(&Notice::Approved { request: request("export", "seat"), starts: None }, &own);
    holds(&english, &["is approved. The archive is being made; you are written to when it is ready to download."]);
    holds(&german, &["ist genehmigt. Das Archiv wird erstellt; Sie erhalten Nachricht, wenn es zum Herunterladen bereit ist."]);
    assert!(!english.contains("Dmitri"), "{english}");
    let starts = Notice::Approved { request: request("erasure", "seat"), starts: Some(at("2026-12-01T09:00:00Z")) };
    let (english, german) = both(&starts, &particulars());
    holds(&english, &["It starts on 1 December 2026, 09:00 UTC; until then you can cancel it.", "It was asked for by Dmitri Novak"]);
    holds(
        &german,
        &["Beginn ist am 1.12.2026, 09:00 UTC; bis dahin können Sie den Antrag zurückziehen.", "Beantragt wurde das von Dmitri Novak"],
    );
}

#[test]
fn a_certificate_tells_which_erasure_it_is_of_without_a_label() {
    let ended = |scope: &str, state: &str, label: Option<String>| Notice::ErasureEnded {
        request: NoticeMail { label, ..request("erasure", scope) },
        state: state.to_owned(),
    };
    let id = RequestId::from_random(7);
    let (english, german) = both(&ended("seat", "completed", None), &particulars());
    holds(
        &english,
        &[&format!(
            "The erasure of a seat of contract Halvorsen Pumps (42), asked for on 24 November 2026, 09:30 UTC (request {id}), is done."
        )],
    );
    holds(
        &german,
        &[&format!(
            "Die Löschung eines Platzes in Vertrag Halvorsen Pumps (42), beantragt am 24.11.2026, 09:30 UTC (Antrag {id}), ist beendet."
        )],
    );
    // A contract that is gone has its key left.
    let gone = Particulars { contract: Some(ContractName { key: "42".to_owned(), name: None }), ..particulars() };
    let (english, german) = both(&ended("contract", "completed_with_retained", None), &gone);
    holds(&english, &["The erasure of the contract (42), asked for on", "is done. Some data stays"]);
    holds(&german, &["Die Löschung des Vertrags (42), beantragt am", "ist beendet. Einiges bleibt"]);
    let (english, german) = both(&ended("seat", "partly_failed", Some("ada.berg@customer.example".to_owned())), &particulars());
    holds(
        &english,
        &["The erasure of a seat (ada.berg@customer.example) of contract Halvorsen Pumps (42), asked for on", "could not be finished"],
    );
    holds(&german, &["(ada.berg@customer.example) in Vertrag Halvorsen Pumps (42), beantragt am", "konnte nicht beendet werden"]);
}

#[test]
fn those_who_handle_a_case_are_not_told_that_it_is_theirs() {
    let (case, due) = (|| request("case", "seat"), at("2026-12-24T00:00:00Z"));
    let opened = Notice::CaseOpened { request: case(), matter: Some(Matter::OtherData), due };
    let message = told(&opened, &particulars(), Language::English);
    assert_eq!(message.subject, "A new case: other data, contract Halvorsen Pumps");
    holds(
        &message.text,
        &[
            "of contract Halvorsen Pumps (42) was opened by Dmitri Novak (dmitri.novak@customer.example). It is about data that no export holds.",
        ],
    );
    let message = told(&opened, &particulars(), Language::German);
    assert_eq!(message.subject, "Neuer Fall: andere Daten, Vertrag Halvorsen Pumps");
    let foreign = Particulars { contract: None, channel: Some(Channel::Drp), ..particulars() };
    let of_person = Notice::CaseOpened { request: case(), matter: Some(Matter::Person), due };
    let message = told(&of_person, &foreign, Language::English);
    assert_eq!(message.subject, "A new case: a person without a seat");
    holds(&message.text, &["was opened by an authorized agent, through the Data Rights Protocol."]);

    let others = Particulars { done_by: Some(dmitri()), ..particulars() };
    let by = By::Somebody { principal: PrincipalId::from_random(1), role: Role::Admin };
    let mut about = vec![opened, of_person, Notice::DueSoon { request: case(), due }, Notice::Overdue { request: case(), due }];
    about.push(Notice::CaseMessage { request: case(), step: None });
    for step in [None, Some("tell"), Some("hand_back"), Some("close")] {
        about.push(Notice::CaseMoved { request: case(), step: step.map(str::to_owned), by: by.clone() });
    }
    for notice in &about {
        for language in [Language::English, Language::German] {
            let Message { subject, text, .. } = told(notice, &others, language);
            for own in ["your case", "Your case", "Ihr Fall", "Ihrem Fall"] {
                assert!(!subject.contains(own) && !text.contains(own), "{subject}: {text}");
            }
        }
    }
    let own = Particulars { own: true, ..particulars() };
    let (english, german) = both(&Notice::CaseMessage { request: case(), step: Some("ask".to_owned()) }, &own);
    holds(&english, &["The people of Navigator need to know something before your case (ada"]);
    holds(&german, &["Das Team von Navigator muss etwas wissen, bevor es weitergeht: Ihr Fall (ada"]);
}

#[test]
fn each_move_of_an_exit_is_told_apart() {
    let moves: Vec<&str> =
        exeunt_model::exit::Move::ALL.iter().map(|known| known.as_str()).chain(["give_notice", "of a later version"]).collect();
    for language in [Language::English, Language::German] {
        let told = |event: &&str| {
            let exit = ExitMail { id: ExitId::from_random(7), contract: "42".to_owned() };
            let message = told(&Notice::ExitMoved { exit, event: (*event).to_owned(), date: None }, &particulars(), language);
            (message.subject, message.text)
        };
        let (subjects, texts): (BTreeSet<String>, BTreeSet<String>) = moves.iter().map(told).unzip();
        assert_eq!((subjects.len(), texts.len()), (moves.len(), moves.len()), "{subjects:#?}\n{texts:#?}");
    }
}

#[test]
fn an_exit_is_named_as_people_name_the_contract() {
    let exit = ExitMail { id: ExitId::from_random(7), contract: "42".to_owned() };
    let moved = Notice::ExitMoved { exit: exit.clone(), event: "give_notice".to_owned(), date: Some(at("2027-01-24T09:30:00Z")) };
    let message = told(&moved, &particulars(), Language::English);
    assert_eq!(message.subject, "Exit of contract Halvorsen Pumps: notice was given");
    holds(&message.text, &["The exit of contract Halvorsen Pumps (42): notice was given. Notice ends: 24 January 2027, 09:30 UTC."]);
    let message = told(&moved, &particulars(), Language::German);
    assert_eq!(message.subject, "Ausstieg aus Vertrag Halvorsen Pumps: gekündigt");
    holds(&message.text, &["Ausstieg aus Vertrag Halvorsen Pumps (42): Der Vertrag ist gekündigt."]);
    let message = told(&moved, &Particulars::default(), Language::English);
    assert_eq!(message.subject, "Exit of contract 42: notice was given");
    let waiting = Particulars { waiting: 20, ..particulars() };
    let (english, german) = both(&Notice::ProposalsWait { contract: "42".to_owned() }, &waiting);
    holds(&english, &["for contract Halvorsen Pumps (42) since our last mail. 20 in all wait."]);
    holds(&german, &["für Vertrag Halvorsen Pumps (42) vorgeschlagen. Insgesamt warten 20."]);
}
