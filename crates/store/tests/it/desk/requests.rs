//! Requests, what is decided about them, and what is chosen for their contracts.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use exeunt_model::identity::{CallbackId, ExitId, HoldId, IntakeId, Role};
use exeunt_model::request::approval::Decision;
use exeunt_model::request::reason::Rejection;
use exeunt_model::request::{CaseState, Channel, ErasureState, ExportState, Kind, Scope, State};
use exeunt_store::Error;
use exeunt_store::desk::{
    Account, ContractExit, ContractSetting, Event, ExitEvent, Filter, Hold, Intake, IntakeCallback, IntakePart, Personal, Position,
    Request, Sender, Sight,
};

use super::{at_once, email, person, principal, request, request_id, tried, write};
use crate::world::{World, at, digest, run, seat};

fn a_request_is_read_as_it_was_written(world: &World) {
    let mut store = world.store();
    write(&mut store, |transaction| transaction.insert_principal(&person(1, "ada@alder.example")));
    let export = request(1, "alder", "one");
    let mut erasure = request(2, "alder", "two");
    erasure.state = State::Erasure(ErasureState::Scheduled);
    erasure.personal = Some(Personal {
        key: vec!["7".to_owned(), "ümläut \u{1f9ed}".to_owned()],
        label: "Ada".to_owned(),
        successor: Some(vec!["8".to_owned()]),
        addresses: vec![email("ben@alder.example")],
    });
    erasure.linked = Some(request_id(1));
    erasure.waived = true;
    erasure.scheduled = Some(at(600));
    erasure.plan = Some(("{\"steps\": []}".to_owned(), digest("plan")));
    erasure.run = Some(run(9));
    let mut case = request(3, "alder", "three");
    case.state = State::Case(CaseState::Rejected);
    case.channel = Channel::OpenDsr;
    case.scope = Scope::Contract;
    case.personal = None;
    case.answered = Some(at(50));
    case.reason = Some("not_ours".to_owned());
    for request in [&export, &erasure, &case] {
        write(&mut store, |transaction| transaction.insert_request(request));
        assert_eq!(write(&mut store, |transaction| transaction.request(&request.id)).as_ref(), Some(request));
    }
    assert_eq!(write(&mut store, |transaction| transaction.request(&request_id(9))), None);
    assert_eq!(write(&mut store, |transaction| transaction.requests_about(&seat(), &digest("two"))), [erasure.clone()]);
    let open: Vec<_> = write(&mut store, |transaction| transaction.open_requests_of("alder")).into_iter().map(|found| found.id).collect();
    assert_eq!(open, [export.id.clone(), erasure.id.clone()]);
    let counts = write(&mut store, |transaction| transaction.request_counts());
    let want = [("case", "rejected", 1), ("erasure", "scheduled", 1), ("export", "submitted", 1)];
    assert_eq!(counts, want.map(|(kind, state, count)| (kind.to_owned(), state.to_owned(), count)));
}

fn what_somebody_else_has_changed_is_not_written_over(world: &World) {
    let mut first = world.store();
    let mut second = first.another().unwrap();
    let mut mine = request(1, "alder", "one");
    write(&mut first, |transaction| {
        transaction.insert_principal(&person(1, "ada@alder.example"))?;
        transaction.insert_request(&mine)
    });
    let mut theirs = write(&mut second, |transaction| transaction.request_to_change(&request_id(1))).unwrap();
    mine.state = State::Export(ExportState::Queued);
    tried(&mut first, |transaction| transaction.change_request(&mut mine)).unwrap();
    assert_eq!(mine.version, 2);
    theirs.state = State::Export(ExportState::Cancelled);
    let event = Event { number: 0, at: at(5), actor: None, event: "cancel".into(), from: None, to: "cancelled".into(), note: None };
    let refused = tried(&mut second, |transaction| {
        transaction.add_event(&theirs.id.clone(), &event)?;
        transaction.change_request(&mut theirs)
    });
    assert!(matches!(refused, Err(Error::RowCount { .. })));
    assert_eq!(theirs.version, 1);
    assert_eq!(write(&mut second, |transaction| transaction.request(&mine.id)), Some(mine));
    assert_eq!(write(&mut second, |transaction| transaction.events_of(&request_id(1), 0)), []);
}

/// A server takes nothing more of a transaction in which a statement failed: whoever goes on anyway is not told that it was written.
fn what_goes_on_after_a_failure_is_not_written_and_said_not_to_be(world: &World) {
    let mut store = world.store();
    let done = tried(&mut store, |transaction| {
        transaction.insert_principal(&person(1, "ada@alder.example"))?;
        let again = transaction.insert_principal(&person(1, "ben@alder.example"));
        assert!(again.is_err());
        Ok(())
    });
    assert!(done.is_err());
    assert_eq!(write(&mut store, |transaction| transaction.principal(&principal(1))), None);
}

/// A worker goes on with its next job on the same connection.
fn what_a_panic_left_half_done_is_not_written_by_the_next_transaction(world: &World) {
    let mut store = world.store();
    let half = catch_unwind(AssertUnwindSafe(|| {
        write(&mut store, |transaction| {
            transaction.insert_principal(&person(1, "ada@alder.example"))?;
            assert!(transaction.principal(&principal(1))?.is_none(), "a bug");
            Ok(())
        });
    }));
    assert!(half.is_err());
    write(&mut store, |transaction| transaction.insert_principal(&person(2, "ben@birch.example")));
    assert_eq!(write(&mut store, |transaction| transaction.principal(&principal(1))), None);
    let look = catch_unwind(AssertUnwindSafe(|| store.look::<(), Error>("look", |_| panic!("a bug"))));
    assert!(look.is_err());
    write(&mut store, |transaction| transaction.insert_principal(&person(3, "cora@birch.example")));
    let mut other = store.another().unwrap();
    let found = [1, 2, 3].map(|number| write(&mut other, |transaction| transaction.principal(&principal(number))).is_some());
    assert_eq!(found, [false, true, true]);
}

/// Whoever looks whether there is one already, and makes it if not, is alone meanwhile.
fn of_four_who_ask_for_the_same_one_makes_the_request(world: &World) {
    let mut store = world.store();
    write(&mut store, |transaction| transaction.insert_principal(&person(1, "ada@alder.example")));
    let made = at_once(&store, |number, store| {
        let new = request(number as u128, "alder", "one");
        write(store, |transaction| {
            transaction.one_at_a_time()?;
            let is_first = transaction.open_requests_of("alder")?.is_empty();
            if is_first {
                transaction.insert_request(&new)?;
            }
            Ok(is_first)
        })
    });
    assert_eq!(made.iter().filter(|made| **made).count(), 1, "{made:?}");
    assert_eq!(write(&mut store, |transaction| transaction.open_requests_of("alder")).len(), 1);
}

/// All pages of a list, three requests each.
fn pages(world: &World, filter: &Filter) -> Vec<u128> {
    let mut store = world.store();
    let mut found: Vec<Request> = Vec::new();
    loop {
        let after = found.last().map(|last| Position { at: last.received, id: last.id.clone() });
        let page = write(&mut store, |transaction| transaction.requests(filter, after.as_ref(), 3));
        assert!(page.len() <= 3);
        if page.is_empty() {
            return found.iter().map(|request| u128::from_str_radix(request.id.as_str(), 16).unwrap()).collect();
        }
        found.extend(page);
    }
}

fn pages_of_a_list_hold_each_request_that_fits_once(world: &World) {
    let mut store = world.store();
    for (number, address) in [(1, "ada@alder.example"), (2, "ben@birch.example")] {
        write(&mut store, |transaction| transaction.insert_principal(&person(number, address)));
    }
    for number in 0..20 {
        let mut new = request(number, ["alder", "birch", "cedar"][number as usize % 3], &format!("subject {}", number % 5));
        // Many come in at the same moment.
        new.received = at(number as i64 / 7);
        new.requester = principal(1 + number % 2);
        new.due = at(100 + number as i64);
        if number % 4 == 0 {
            new.state = State::Erasure(ErasureState::Submitted);
            new.scope = Scope::Contract;
        }
        if number % 6 == 0 {
            new.answered = Some(at(90));
        }
        if number % 7 == 1 {
            new.personal = None;
        }
        write(&mut store, |transaction| transaction.insert_request(&new));
    }
    let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
    let subject = |number: u128| digest(&format!("subject {number}")).as_str().to_owned();
    // Newest first, then by id.
    let listed = |fits: &dyn Fn(u128) -> bool| {
        let mut numbers: Vec<u128> = (0..20).filter(|number| fits(*number)).collect();
        numbers.sort_by_key(|number| (std::cmp::Reverse(number / 7), *number));
        numbers
    };
    let all = Filter::default();
    assert_eq!(pages(world, &all), listed(&|_| true));
    let seen = |sight: Sight| Filter { sight: Some(sight), ..Filter::default() };
    assert_eq!(pages(world, &seen(Sight::default())), [0u128; 0], "of no contract is nothing, not everything");
    let of_alder = Sight { contracts: set(&["alder"]), ..Sight::default() };
    let alder = seen(of_alder.clone());
    assert_eq!(pages(world, &alder), listed(&|number| number % 3 == 0));
    let asked = Some((principal(2), set(&["birch"])));
    let beside = seen(Sight { seats: [("cedar".to_owned(), subject(1))].into(), asked, ..of_alder });
    let is_seen = |number: u128| {
        let (contract, is_whole, is_forgotten) = (number % 3, number.is_multiple_of(4), number % 7 == 1);
        contract == 0
            || (contract == 2 && number % 5 == 1 && !is_whole && !is_forgotten)
            || (number % 2 == 1 && contract == 1 && (is_whole || is_forgotten))
    };
    assert!((0..20).any(|number| number % 3 == 2 && is_seen(number)) && (0..20).any(|number| number % 3 == 1 && is_seen(number)));
    assert_eq!(pages(world, &beside), listed(&is_seen));
    let nowhere = seen(Sight { asked: Some((principal(2), set(&[]))), ..Sight::default() });
    assert_eq!(pages(world, &nowhere), [0u128; 0]);
    let within = Filter { within: Some("birch".to_owned()), ..all.clone() };
    assert_eq!(pages(world, &within), listed(&|number| number % 3 == 1));
    assert_eq!(pages(world, &Filter { contract: Some("alder".to_owned()), ..within }), [0u128; 0]);
    // What is asked for narrows what may be seen, whatever that is.
    let foreign = Filter { contract: Some("birch".to_owned()), ..alder };
    assert_eq!(pages(world, &foreign), [0u128; 0]);
    let narrowed = Filter {
        contract: Some("alder".to_owned()),
        kind: Some(Kind::Erasure),
        scope: Some(Scope::Contract),
        state: Some("submitted".to_owned()),
        ..beside
    };
    assert_eq!(pages(world, &narrowed), listed(&|number| number % 12 == 0));
    let due = Filter { due_before: Some(at(110)), ..all };
    assert_eq!(pages(world, &due), listed(&|number| number < 10 && number % 6 != 0));
}

fn a_history_is_told_in_its_order_from_any_line_on(world: &World) {
    let mut store = world.store();
    write(&mut store, |transaction| {
        transaction.insert_principal(&person(1, "ada@alder.example"))?;
        transaction.insert_request(&request(1, "alder", "one"))?;
        transaction.insert_request(&request(2, "alder", "two"))
    });
    let event = |number: u64, from: Option<&str>, to: &str| Event {
        number,
        at: at(10),
        actor: (number == 0).then(|| principal(1)),
        event: format!("move {number}"),
        from: from.map(str::to_owned),
        to: to.to_owned(),
        note: (number == 1).then(|| "because".to_owned()),
    };
    let events = [event(0, None, "submitted"), event(1, Some("submitted"), "queued"), event(2, Some("queued"), "running")];
    for event in &events {
        write(&mut store, |transaction| transaction.add_event(&request_id(1), event));
    }
    write(&mut store, |transaction| transaction.add_event(&request_id(2), &events[0]));
    assert_eq!(write(&mut store, |transaction| transaction.events_of(&request_id(1), 0)), events);
    assert_eq!(write(&mut store, |transaction| transaction.events_of(&request_id(1), 2)), events[2..]);
    assert_eq!(write(&mut store, |transaction| transaction.events_of(&request_id(2), 0)), events[..1]);
}

fn a_key_is_used_once_by_whoever_is_first(world: &World) {
    let mut store = world.store();
    let key = digest("key");
    let fingerprint = |number: u128| digest(&format!("fingerprint {number}"));
    write(&mut store, |transaction| {
        transaction.insert_principal(&person(1, "ada@alder.example"))?;
        transaction.insert_principal(&person(2, "ben@birch.example"))
    });
    let made = at_once(&store, |number, store| {
        let number = number as u128;
        tried(store, |transaction| {
            transaction.insert_request(&request(number, "alder", &format!("subject {number}")))?;
            // Whoever comes too late makes nothing.
            match transaction.remember_idempotent(&principal(1), &key, &fingerprint(number), &request_id(number), at(10))? {
                true => Ok(number),
                false => Err(Error::RowCount { operation: "use a key", want: 1, got: 0 }),
            }
        })
    });
    let first: Vec<u128> = made.into_iter().filter_map(Result::ok).collect();
    let [first] = first[..] else { panic!("one is first: {first:?}") };
    let found = write(&mut store, |transaction| transaction.idempotent(&principal(1), &key));
    assert_eq!(found, Some((fingerprint(first), request_id(first))));
    assert_eq!(write(&mut store, |transaction| transaction.open_requests_of("alder")).len(), 1);
    assert_eq!(write(&mut store, |transaction| transaction.idempotent(&principal(2), &key)), None, "keys are everybody's own");
    let own = |transaction: &mut exeunt_store::Transaction<'_>| {
        transaction.remember_idempotent(&principal(2), &key, &digest("another"), &request_id(first), at(20))
    };
    assert!(write(&mut store, own));
    write(&mut store, |transaction| transaction.sweep_idempotent(at(20)));
    assert_eq!(write(&mut store, |transaction| transaction.idempotent(&principal(1), &key)), None);
    assert!(write(&mut store, |transaction| transaction.idempotent(&principal(2), &key)).is_some());
}

fn decisions_are_read_in_the_order_in_which_they_were_made(world: &World) {
    let mut store = world.store();
    let decision = |by: u128, agreed: bool| Decision {
        by: principal(by),
        role: if agreed { Role::Admin } else { Role::Representative },
        agreed,
        plan: agreed.then(|| digest("plan")),
    };
    write(&mut store, |transaction| {
        transaction.insert_principal(&person(1, "ada@alder.example"))?;
        transaction.insert_principal(&person(2, "ben@birch.example"))?;
        transaction.insert_request(&request(1, "alder", "one"))?;
        transaction.insert_decision(&request_id(1), &decision(2, true), at(10))?;
        transaction.insert_decision(&request_id(1), &decision(1, false), at(10))
    });
    assert_eq!(write(&mut store, |transaction| transaction.decisions_of(&request_id(1))), [decision(2, true), decision(1, false)]);
}

fn a_hold_is_lifted_once(world: &World) {
    let mut store = world.store();
    let mut hold = Hold {
        id: HoldId::from_random(1),
        contract: "alder".to_owned(),
        scope: Scope::Seat,
        subject_kind: seat(),
        subject: digest("one"),
        personal: request(1, "alder", "one").personal,
        ground: "litigation".to_owned(),
        note: Some("file 7".to_owned()),
        placed_by: principal(1),
        placed: at(10),
        review: at(1_000),
        lifted: None,
    };
    write(&mut store, |transaction| {
        transaction.insert_principal(&person(1, "ada@alder.example"))?;
        transaction.insert_principal(&person(2, "ben@birch.example"))?;
        transaction.insert_hold(&hold)
    });
    assert_eq!(write(&mut store, |transaction| transaction.hold(&hold.id)).as_ref(), Some(&hold));
    assert_eq!(write(&mut store, |transaction| transaction.holds_of("alder", false)).len(), 1);
    let lifted = at_once(&store, |_, store| write(store, |transaction| transaction.lift_hold(&hold.id, &principal(2), at(20))));
    assert_eq!(lifted.iter().filter(|lifted| **lifted).count(), 1);
    hold.lifted = Some((principal(2), at(20)));
    assert_eq!(write(&mut store, |transaction| transaction.holds_of("alder", false)), []);
    assert_eq!(write(&mut store, |transaction| transaction.holds_of("alder", true)), [hold]);
    assert_eq!(write(&mut store, |transaction| transaction.holds_of("birch", true)), []);
}

fn settings_are_written_over_the_version_that_was_read(world: &World) {
    let mut store = world.store();
    let setting = |document: &str, version: u64| ContractSetting { contract: "alder".into(), document: document.into(), version };
    assert_eq!(write(&mut store, |transaction| transaction.contract_setting("alder")), None);
    let put = at_once(&store, |number, store| {
        tried(store, |transaction| transaction.put_contract_setting(&setting(&format!("[{number}]"), 0), at(10))).is_ok()
    });
    assert_eq!(put.iter().filter(|put| **put).count(), 1, "{put:?}");
    write(&mut store, |transaction| transaction.put_contract_setting(&setting("{}", 1), at(11)));
    let late = tried(&mut store, |transaction| transaction.put_contract_setting(&setting("[]", 1), at(12)));
    assert!(matches!(late, Err(Error::RowCount { .. })));
    assert_eq!(write(&mut store, |transaction| transaction.contract_setting("alder")), Some(setting("{}", 2)));
}

fn a_contract_has_one_exit_at_a_time(world: &World) {
    let mut store = world.store();
    let exit = |number: u128| ContractExit {
        id: ExitId::from_random(number),
        contract: "alder".to_owned(),
        state: "notice".to_owned(),
        document: "{}".to_owned(),
        version: 1,
        changed: at(number as i64),
        finished: None,
    };
    let notice = |number: u128| ExitEvent {
        number: 0,
        at: at(number as i64),
        actor: None,
        event: "give_notice".to_owned(),
        from: None,
        to: "notice".to_owned(),
        declaration: "{}".to_owned(),
        signature: "signed".to_owned(),
        words: None,
    };
    let mut first = exit(1);
    write(&mut store, |transaction| {
        transaction.insert_exit(&first)?;
        transaction.add_exit_event(&first.id, &notice(1))
    });
    assert!(tried(&mut store, |transaction| transaction.insert_exit(&exit(2))).is_err());
    let mut late = first.clone();
    first.state = "withdrawn".to_owned();
    first.finished = Some(at(9));
    tried(&mut store, |transaction| transaction.change_exit(&mut first)).unwrap();
    let refused = tried(&mut store, |transaction| transaction.change_exit(&mut late));
    assert!(matches!(refused, Err(Error::RowCount { .. })));
    write(&mut store, |transaction| {
        transaction.insert_exit(&exit(2))?;
        transaction.add_exit_event(&exit(2).id, &notice(2))
    });
    let after = |number: u128| Position { at: at(number as i64), id: exit(number).id };
    assert_eq!(write(&mut store, |transaction| transaction.exits("alder", None, 10)), [exit(2), first.clone()]);
    assert_eq!(write(&mut store, |transaction| transaction.exits("alder", Some(&after(2)), 10)), [first.clone()]);
    assert_eq!(write(&mut store, |transaction| transaction.exits("alder", Some(&after(1)), 10)), []);
    assert_eq!(write(&mut store, |transaction| transaction.exit(&first.id)), Some(first));
}

fn what_comes_in_is_found_by_its_sender_alone(world: &World) {
    let mut store = world.store();
    let intake = |number: u128, sender: u128| Intake {
        id: IntakeId::from_random(number),
        protocol: Channel::Drp,
        sender: principal(sender),
        reference: "a-17".to_owned(),
        named: true,
        fingerprint: "f".to_owned(),
        kind: Kind::Erasure,
        received: at(10),
        due: at(20),
        revoked: None,
    };
    let sender =
        |number: u128, name: &str| Sender { protocol: Channel::Drp, name: name.to_owned(), principal: principal(number), paired: None };
    write(&mut store, |transaction| {
        for (number, name) in [(1, "ONE"), (2, "TWO")] {
            transaction.insert_principal(&Account { email: None, ..person(number, "ada@alder.example") })?;
            transaction.insert_sender(&sender(number, name))?;
        }
        transaction.insert_request(&request(1, "alder", "one"))?;
        transaction.insert_intake(&intake(1, 1))?;
        transaction.insert_intake(&intake(2, 2))
    });
    // The same name twice is not the same intake twice.
    assert!(tried(&mut store, |transaction| transaction.insert_intake(&intake(3, 1))).is_err());
    assert_eq!(write(&mut store, |transaction| transaction.sender(Channel::Drp, "TWO")), Some(sender(2, "TWO")));
    assert_eq!(write(&mut store, |transaction| transaction.sender(Channel::OpenDsr, "TWO")), None);
    assert_eq!(write(&mut store, |transaction| transaction.sender_of(&principal(1))), Some(sender(1, "ONE")));
    assert_eq!(write(&mut store, |transaction| transaction.intake_called(&principal(2), "a-17")), Some(intake(2, 2)));
    assert_eq!(write(&mut store, |transaction| transaction.intake(&IntakeId::from_random(1))), Some(intake(1, 1)));

    let parts = [IntakePart::Request { request: request_id(1), own: true }, IntakePart::Refused { reason: Rejection::LastAdmin }];
    write(&mut store, |transaction| {
        for (number, part) in parts.iter().enumerate() {
            transaction.insert_intake_part(&IntakeId::from_random(1), number, part)?;
        }
        transaction.insert_intake_part(&IntakeId::from_random(2), 0, &IntakePart::Request { request: request_id(1), own: false })
    });
    assert_eq!(write(&mut store, |transaction| transaction.intake_parts(&IntakeId::from_random(1))), parts);
    assert_eq!(write(&mut store, |transaction| transaction.intakes_of(&request_id(1))), [intake(1, 1), intake(2, 2)]);

    // A pairing is replaced by a later message alone.
    for (issued, want) in [(5, true), (5, false), (4, false), (6, true)] {
        assert_eq!(write(&mut store, |transaction| transaction.note_pairing(&principal(1), at(issued))), want, "{issued}");
    }
    let callback = IntakeCallback {
        id: CallbackId::from_random(1),
        intake: IntakeId::from_random(1),
        url: Some("https://agent.example/status".to_owned()),
        told: None,
    };
    write(&mut store, |transaction| transaction.insert_callback(&callback));
    write(&mut store, |transaction| transaction.note_callback(&callback.id, Some("in_progress"), false));
    let told = IntakeCallback { told: Some("in_progress".to_owned()), ..callback.clone() };
    assert_eq!(write(&mut store, |transaction| transaction.callbacks_of(&callback.intake)), std::slice::from_ref(&told));
    write(&mut store, |transaction| transaction.note_callback(&callback.id, None, true));
    assert_eq!(write(&mut store, |transaction| transaction.callback(&callback.id)), Some(IntakeCallback { url: None, ..told }));
    assert_eq!(write(&mut store, |transaction| transaction.callbacks_of(&callback.intake)), []);
    assert!(write(&mut store, |transaction| transaction.revoke_intake(&callback.intake, at(11))));
    assert!(!write(&mut store, |transaction| transaction.revoke_intake(&callback.intake, at(12))));
}

on_both!(
    what_a_panic_left_half_done_is_not_written_by_the_next_transaction,
    what_goes_on_after_a_failure_is_not_written_and_said_not_to_be,
    a_request_is_read_as_it_was_written,
    what_somebody_else_has_changed_is_not_written_over,
    of_four_who_ask_for_the_same_one_makes_the_request,
    pages_of_a_list_hold_each_request_that_fits_once,
    a_history_is_told_in_its_order_from_any_line_on,
    a_key_is_used_once_by_whoever_is_first,
    decisions_are_read_in_the_order_in_which_they_were_made,
    a_hold_is_lifted_once,
    settings_are_written_over_the_version_that_was_read,
    a_contract_has_one_exit_at_a_time,
    what_comes_in_is_found_by_its_sender_alone,
);
