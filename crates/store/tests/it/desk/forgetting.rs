//! What is left of a subject after its erasure.

use exeunt_model::digest::Digest;
use exeunt_model::identity::{ArchiveId, AttachmentId, ExitId, HoldId, MailId, MessageId};
use exeunt_model::names::SubjectKind;
use exeunt_model::request::{CaseState, ErasureState, Scope, State};
use exeunt_store::desk::{Archive, Attachment, CaseMessage, ContractExit, Event, ExitEvent, Hold, Mail, Personal};
use exeunt_store::{Error, Transaction};

use super::{email, person, principal, request, request_id, write};
use crate::world::{World, at, digest, seat};

/// What everything about the subject says, in all its texts.
const SECRET: &str = "mara.lindqvist@personal.example";
/// The same of somebody who stays.
const OTHER: &str = "otto.berg@personal.example";

/// An export with an archive, a case with a message and a file, an erasure, a hold and mails; numbered from `base`, about the subject of
/// that name, and full of `secret`.
fn fill(transaction: &mut Transaction<'_>, base: u128, subject: &str, secret: &str) -> Result<(), Error> {
    let personal = Personal {
        key: vec![secret.to_owned()],
        label: secret.to_owned(),
        successor: Some(vec![secret.to_owned()]),
        addresses: vec![email(secret)],
    };
    transaction.insert_principal(&person(base, secret))?;
    let (mut export, mut case, mut erasure) =
        (request(base, "alder", subject), request(base + 1, "alder", subject), request(base + 2, "alder", subject));
    case.state = State::Case(CaseState::Open);
    erasure.state = State::Erasure(ErasureState::Running);
    for request in [&mut export, &mut case, &mut erasure] {
        request.personal = Some(personal.clone());
        request.requester = principal(base);
        transaction.insert_request(request)?;
        let event = Event {
            number: 0,
            at: at(1),
            actor: Some(principal(base)),
            event: "submit".to_owned(),
            from: None,
            to: request.state.as_str().to_owned(),
            note: Some(format!("of {secret}")),
        };
        transaction.add_event(&request.id, &event)?;
        transaction.insert_mail(&Mail {
            id: MailId::from_random(u128::from_str_radix(request.id.as_str(), 16).unwrap()),
            recipient: principal(base),
            request: Some(request.id.clone()),
            template: "changed".to_owned(),
            document: Some(format!("{{\"label\": \"{secret}\"}}")),
            created: at(2),
            sent: None,
            abandoned: None,
        })?;
    }
    transaction.insert_archive(&Archive {
        id: ArchiveId::from_random(base),
        request: export.id.clone(),
        part: 1,
        object: format!("archive {base}"),
        file_name: "seat.zip".to_owned(),
        bytes: 1,
        sha256: "00".repeat(32),
        created: at(3),
        expires: at(1_000),
        downloaded: None,
        deleted: None,
    })?;
    for (number, internal) in [(base, false), (base + 1, true)] {
        let message = CaseMessage {
            id: MessageId::from_random(number),
            request: case.id.clone(),
            author: principal(base),
            at: at(4),
            internal,
            text: Some(format!("about {secret}")),
        };
        transaction.insert_message(&message)?;
        transaction.insert_attachment(&Attachment {
            id: AttachmentId::from_random(number),
            message: message.id,
            name: Some(format!("{secret}.pdf")),
            media_type: "application/pdf".to_owned(),
            object: format!("attachment {number}"),
            bytes: 1,
            sha256: "00".repeat(32),
            deleted: None,
        })?;
    }
    transaction.insert_hold(&Hold {
        id: HoldId::from_random(base),
        contract: "alder".to_owned(),
        scope: Scope::Seat,
        subject_kind: seat(),
        subject: digest(subject),
        personal: Some(personal),
        ground: "litigation".to_owned(),
        note: Some(format!("of {secret}")),
        placed_by: principal(base),
        placed: at(5),
        review: at(1_000),
        lifted: None,
    })
}

fn exit_event(words: &str) -> ExitEvent {
    ExitEvent {
        number: 0,
        at: at(1),
        actor: Some(principal(100)),
        event: "give_notice".to_owned(),
        from: None,
        to: "notice".to_owned(),
        declaration: "{}".to_owned(),
        signature: "signed".to_owned(),
        words: Some((words.to_owned(), "salt".to_owned())),
    }
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

fn nothing_of_an_erased_subject_is_left_and_everything_of_others(world: &World) {
    let mut store = world.store();
    write(&mut store, |transaction| {
        fill(transaction, 100, "mara", SECRET)?;
        fill(transaction, 200, "otto", OTHER)
    });
    assert!(holds(&world.bytes(), SECRET));
    let others = |store: &mut _| {
        write(store, |transaction| {
            let id = request_id(201);
            let mails = (200..203).map(|number| transaction.mail(&MailId::from_random(number))).collect::<Result<Vec<_>, _>>()?;
            Ok((
                transaction.requests_about(&seat(), &digest("otto"))?,
                transaction.hold(&HoldId::from_random(200))?,
                (transaction.events_of(&id, 0)?, transaction.messages(&id, true, None, 100)?, transaction.attachments_of(&id, true)?),
                (transaction.principal(&principal(200))?, mails),
            ))
        })
    };
    let before = others(&mut store);

    write(&mut store, |transaction| {
        transaction.forget_addresses(&[email(SECRET)], &principal(200), at(30))?;
        transaction.forget_subjects(&[(seat(), digest("mara"))])
    });
    for number in 100..103 {
        let mail = write(&mut store, |transaction| transaction.mail(&MailId::from_random(number))).unwrap();
        assert!(mail.abandoned.is_some() && mail.document.is_none(), "what names the subject is not sent any more");
    }

    assert_eq!(others(&mut store), before, "of somebody else nothing is forgotten");
    // Other connections are open all the time, as those of a server are.
    let open = store.another().unwrap();
    open.look::<_, Error>("read beside", |_| Ok(())).unwrap();
    assert!(store.scrub().unwrap());
    assert!(!holds(&world.bytes(), SECRET), "in no file of an open store");
    drop((store, open));
    assert!(!holds(&world.bytes(), SECRET));
    assert!(holds(&world.bytes(), OTHER));

    let mut store = world.store();
    let requests = write(&mut store, |transaction| transaction.requests_about(&seat(), &digest("mara")));
    assert_eq!(
        requests.iter().map(|request| (request.version, &request.personal)).collect::<Vec<_>>(),
        [(2, &None), (2, &None), (2, &None)]
    );
    let messages = write(&mut store, |transaction| transaction.messages(&request_id(101), true, None, 100));
    assert_eq!(messages.iter().map(|message| &message.text).collect::<Vec<_>>(), [&None, &None], "that something was said stays");
    assert_eq!(write(&mut store, |transaction| transaction.principal(&principal(100))).unwrap().email, None);
}

/// Whoever belonged to a contract goes with it: also what was asked for about a seat, long ago, and is closed.
fn nothing_of_the_seats_of_an_erased_contract_is_left(world: &World) {
    let mut store = world.store();
    write(&mut store, |transaction| {
        fill(transaction, 100, "mara", SECRET)?;
        fill(transaction, 200, "otto", OTHER)?;
        let mut case = transaction.request_to_change(&request_id(101))?.unwrap();
        case.state = State::Case(CaseState::Closed);
        transaction.change_request(&mut case)?;
        // What was said in the exit of the contract, and of another one.
        for (number, contract) in [(100, "alder"), (101, "birch")] {
            let id = ExitId::from_random(number);
            transaction.insert_exit(&ContractExit {
                id: id.clone(),
                contract: contract.to_owned(),
                state: "notice".to_owned(),
                document: "{}".to_owned(),
                version: 1,
                changed: at(1),
                finished: None,
            })?;
            let words = if contract == "alder" { SECRET } else { "we leave" };
            transaction.add_exit_event(&id, &exit_event(words))?;
        }
        // Otto's contract is another one.
        for number in 200..203 {
            let mut moved = request(number + 100, "birch", "otto");
            moved.requester = principal(200);
            transaction.insert_request(&moved)?;
        }
        Ok(())
    });
    let seats = write(&mut store, |transaction| transaction.stored_requests_of("alder"));
    assert_eq!(seats, [100, 101, 200, 201].map(request_id));
    let about = |subjects: &[(SubjectKind, Digest)], store: &mut _| write(store, |transaction| transaction.stored_requests_about(subjects));
    assert_eq!(about(&[(seat(), digest("mara"))], &mut store), [100, 101].map(request_id));
    // Of the exports nothing is noted: a lost worker may have left something all the same.
    assert_eq!(about(&[(seat(), digest("otto"))], &mut store), [200, 201, 300, 301, 302].map(request_id));
    assert_eq!(about(&[(SubjectKind::new("contract"), digest("mara"))], &mut store), []);
    write(&mut store, |transaction| {
        transaction.forget_addresses(&[email(SECRET), email(OTHER)], &principal(300), at(30))?;
        transaction.forget_contract("alder")
    });
    let birch = write(&mut store, |transaction| transaction.open_requests_of("birch"));
    assert!(birch.len() == 3 && birch.iter().all(|request| request.personal.is_some() && request.version == 1));
    let said = |number: u128, store: &mut _| write(store, |transaction| transaction.exit_events_of(&ExitId::from_random(number)));
    assert_eq!(said(100, &mut store), [ExitEvent { words: None, ..exit_event("") }], "that something was said stays");
    assert_eq!(said(101, &mut store), [exit_event("we leave")]);
    drop(store);
    let bytes = world.bytes();
    assert!(!holds(&bytes, SECRET) && !holds(&bytes, OTHER));

    let mut store = world.store();
    write(&mut store, |transaction| {
        transaction.archives_deleted(&request_id(100), at(30))?;
        [100, 101].map(request_id).iter().try_for_each(|request| transaction.attachments_deleted(request, at(30)))
    });
    assert_eq!(write(&mut store, |transaction| transaction.stored_requests_of("alder")), [200, 201].map(request_id));
}

/// A kind of subject is part of its name: a contract may have the key of a seat.
fn a_subject_of_another_kind_is_another_subject(world: &World) {
    let mut store = world.store();
    write(&mut store, |transaction| fill(transaction, 100, "mara", SECRET));
    write(&mut store, |transaction| transaction.forget_subjects(&[(SubjectKind::new("contract"), digest("mara"))]));
    let found = write(&mut store, |transaction| transaction.requests_about(&seat(), &digest("mara")));
    assert!(found.iter().all(|request| request.personal.is_some() && request.version == 1));
}

/// More than one statement can name.
fn of_many_who_go_together_nobody_is_left(world: &World) {
    let mut store = world.store();
    let named = |number: u128| format!("person.{number}@personal.example");
    let gone: Vec<u128> = (1..=1_100).collect();
    let stays = 2_000;
    write(&mut store, |transaction| {
        for number in gone.iter().copied().chain([stays]) {
            transaction.insert_principal(&person(number, &named(number)))?;
            let mut about = request(number, "alder", &format!("seat {number}"));
            about.requester = principal(number);
            transaction.insert_request(&about)?;
        }
        Ok(())
    });
    let addresses: Vec<_> = gone.iter().map(|number| email(&named(*number))).collect();
    let subjects: Vec<_> = gone.iter().map(|number| (seat(), digest(&format!("seat {number}")))).collect();
    write(&mut store, |transaction| {
        transaction.forget_addresses(&addresses, &principal(7), at(30))?;
        transaction.forget_subjects(&subjects)
    });
    for number in gone {
        let (account, about) = write(&mut store, |transaction| {
            Ok((transaction.principal(&principal(number))?.unwrap(), transaction.request(&request_id(number))?.unwrap()))
        });
        // The certificate still goes to whoever asked.
        let want = (number == 7).then(|| email(&named(7)));
        assert_eq!((account.email, account.closed.is_some(), about.personal), (want, true, None), "{number}");
    }
    let (account, about) =
        write(&mut store, |transaction| Ok((transaction.principal(&principal(stays))?.unwrap(), transaction.request(&request_id(stays))?)));
    assert_eq!(account, person(stays, &named(stays)));
    assert!(about.is_some_and(|about| about.personal.is_some() && about.version == 1));
}

/// It says so, instead of keeping everybody from writing until the reader is done.
fn a_log_that_somebody_reads_is_emptied_later(world: &World) {
    let mut store = world.store();
    let reader = store.another().unwrap();
    write(&mut store, |transaction| fill(transaction, 100, "mara", SECRET));
    let emptied = reader.look::<_, Error>("read long", |transaction| {
        transaction.request(&request_id(100))?;
        write(&mut store, |transaction| transaction.forget_subjects(&[(seat(), digest("mara"))]));
        store.scrub()
    });
    // A server has no such log.
    assert_eq!(emptied.unwrap(), world.location().file().is_none());
    assert!(store.scrub().unwrap());
}

/// They act at the desk for others, whatever became of their own seat.
fn the_address_of_an_account_of_the_desk_stays(world: &World) {
    let mut store = world.store();
    let mut account = person(1, SECRET);
    account.role = Some(exeunt_model::identity::Role::Operator);
    write(&mut store, |transaction| transaction.insert_principal(&account));
    write(&mut store, |transaction| {
        transaction.forget_addresses(&[email(SECRET)], &account.id, at(30))?;
        transaction.forget_closed(&account.id)
    });
    assert_eq!(write(&mut store, |transaction| transaction.principal(&account.id)), Some(account));
}

/// A closed person's address is needed until the last mail to them is sent.
fn an_address_is_kept_for_the_mails_that_still_go_there(world: &World) {
    let mut store = world.store();
    let account = exeunt_store::desk::Account { closed: Some(at(1)), ..person(1, SECRET) };
    let mail = Mail {
        id: MailId::from_random(1),
        recipient: principal(1),
        request: None,
        template: "erased".to_owned(),
        document: Some("{}".to_owned()),
        created: at(2),
        sent: None,
        abandoned: None,
    };
    write(&mut store, |transaction| {
        transaction.insert_principal(&account)?;
        transaction.insert_principal(&person(2, OTHER))?;
        transaction.insert_mail(&mail)
    });
    let email_after = |store: &mut _, number: u128| {
        write(store, |transaction| {
            transaction.forget_closed(&principal(number))?;
            Ok(transaction.principal(&principal(number))?.and_then(|account| account.email))
        })
    };
    assert_eq!(email_after(&mut store, 1), Some(email(SECRET)));
    write(&mut store, |transaction| transaction.mail_sent(&mail.id, at(3)));
    assert_eq!(email_after(&mut store, 1), None);
    assert_eq!(email_after(&mut store, 2), Some(email(OTHER)), "an open account stays");
    // What was not forgotten with the last mail is later.
    write(&mut store, |transaction| {
        transaction.insert_principal(&exeunt_store::desk::Account { closed: Some(at(1)), ..person(3, SECRET) })?;
        transaction.sweep_closed()
    });
    let emails = write(&mut store, |transaction| {
        Ok([transaction.principal(&principal(2))?, transaction.principal(&principal(3))?]
            .map(|account| account.and_then(|account| account.email)))
    });
    assert_eq!(emails, [Some(email(OTHER)), None]);
}

on_both!(
    nothing_of_an_erased_subject_is_left_and_everything_of_others,
    nothing_of_the_seats_of_an_erased_contract_is_left,
    a_subject_of_another_kind_is_another_subject,
    of_many_who_go_together_nobody_is_left,
    a_log_that_somebody_reads_is_emptied_later,
    the_address_of_an_account_of_the_desk_stays,
    an_address_is_kept_for_the_mails_that_still_go_there,
);
