//! Receivers of webhooks: their secrets, their rest, and their end.

use exeunt_model::identity::{DeliveryId, JobId, WebhookId};
use exeunt_model::job::{JobKind, JobState};
use exeunt_model::webhook::{Disabled, Event, Secret, Trouble};
use exeunt_store::Store;
use exeunt_store::desk::{Delivery, NewJob, Position, Webhook};

use super::{person, principal, write};
use crate::world::{World, at};

/// What the address and nothing else says.
const HOST: &str = "hooks.customer.example";

fn id(number: u128) -> WebhookId {
    WebhookId::from_random(number)
}

fn webhook(number: u128, contract: Option<&str>, events: &[Event]) -> Webhook {
    Webhook {
        id: id(number),
        contract: contract.map(str::to_owned),
        url: format!("https://{HOST}/{number}"),
        secret: Secret::from_random([u8::try_from(number).unwrap(); 32]),
        former: None,
        events: events.to_vec(),
        created: at(0),
        created_by: principal(1),
        disabled: None,
        failures: 0,
        failing_since: None,
        rests_until: None,
        ending: None,
    }
}

fn add(store: &mut Store, webhooks: &[Webhook]) {
    write(store, |transaction| {
        transaction.insert_principal(&person(1, "admin@customer.example"))?;
        webhooks.iter().try_for_each(|webhook| transaction.insert_webhook(webhook))
    });
}

/// A delivery that waits, with its job.
fn deliver(store: &mut Store, number: u128, webhook: u128, event: Event, created: i64) -> DeliveryId {
    let delivery = Delivery {
        id: DeliveryId::from_random(number),
        webhook: id(webhook),
        event,
        body: "{}".to_owned(),
        created: at(created),
        delivered: None,
        abandoned: None,
        status: None,
        attempts: 0,
        attempted: None,
        trouble: None,
    };
    let job = JobId::from_random(number);
    write(store, |transaction| {
        transaction.insert_delivery(&delivery)?;
        let turn = id(webhook);
        let new = NewJob {
            id: &job,
            kind: JobKind::DeliverWebhook,
            target: delivery.id.as_str(),
            contract: Some(turn.as_str()),
            run_at: at(created),
        };
        transaction.enqueue(&new, at(created))
    });
    delivery.id
}

fn read(store: &mut Store, number: u128) -> Option<Webhook> {
    write(store, |transaction| transaction.webhook(&id(number)))
}

fn holds(world: &World, text: &str) -> bool {
    world.bytes().windows(text.len()).any(|window| window == text.as_bytes())
}

fn a_webhook_is_told_of_its_own_contract_and_of_what_it_chose(world: &World) {
    let mut store = world.store();
    let all = [webhook(1, Some("alder"), &[Event::ExportReady]), webhook(2, Some("birch"), &[]), webhook(3, None, &[])];
    add(&mut store, &all);
    let of = |store: &mut Store, contract: Option<&str>, desk_too| -> Vec<Webhook> {
        write(store, |transaction| transaction.webhooks_of(contract, desk_too))
    };
    assert_eq!(of(&mut store, Some("alder"), true), [all[0].clone(), all[2].clone()]);
    assert_eq!(of(&mut store, Some("alder"), false), [all[0].clone()]);
    assert_eq!(of(&mut store, None, true), [all[2].clone()]);
    assert!(all[0].wants(Event::ExportReady) && !all[0].wants(Event::ExportExpired) && all[1].wants(Event::ExportExpired));
    assert!(write(&mut store, |transaction| transaction.change_webhook(
        &id(1),
        "https://other.example/",
        &[Event::CaseAnswered],
        Some((at(5), Disabled::Asked))
    )));
    let changed = read(&mut store, 1).unwrap();
    assert_eq!((changed.url.as_str(), changed.events.as_slice()), ("https://other.example/", &[Event::CaseAnswered][..]));
    assert_eq!(changed.disabled, Some((at(5), Disabled::Asked)));
    assert!(!changed.wants(Event::CaseAnswered), "nothing is sent to one that is disabled");
    assert_eq!(read(&mut store, 2).unwrap(), all[1]);
    write(&mut store, |transaction| {
        transaction.disable_webhook(&id(2), at(6), Disabled::Gone)?;
        transaction.disable_webhook(&id(2), at(7), Disabled::Failing)
    });
    assert_eq!(read(&mut store, 2).unwrap().disabled, Some((at(6), Disabled::Gone)), "what was first stays");
}

fn both_secrets_sign_until_the_former_ends(world: &World) {
    let mut store = world.store();
    let before = webhook(1, None, &[]);
    add(&mut store, std::slice::from_ref(&before));
    let new = Secret::from_random([9; 32]);
    assert!(write(&mut store, |transaction| transaction.change_webhook_secret(&id(1), &new, at(100))));
    let changed = read(&mut store, 1).unwrap();
    assert_eq!(changed.secrets(at(99)), [new.clone(), before.secret]);
    assert_eq!(changed.secrets(at(100)), [new]);
}

fn a_removed_webhook_leaves_neither_address_nor_secret(world: &World) {
    let mut store = world.store();
    let other = Webhook { url: "https://others.example/".to_owned(), ..webhook(2, None, &[]) };
    add(&mut store, &[webhook(1, None, &[]), other.clone()]);
    assert!(write(&mut store, |transaction| transaction.remove_webhook(&id(1), at(1))));
    assert!(!write(&mut store, |transaction| transaction.remove_webhook(&id(1), at(1))));
    assert_eq!(read(&mut store, 1), None);
    assert!(store.scrub().unwrap());
    assert!(!holds(world, HOST) && !holds(world, &webhook(1, None, &[]).secret.reveal()));
    assert_eq!(read(&mut store, 2), Some(other));
}

fn what_waits_for_an_ill_receiver_rests_with_it_and_comes_when_it_is_well(world: &World) {
    let mut store = world.store();
    add(&mut store, &[webhook(1, None, &[]), webhook(2, None, &[])]);
    let waiting: Vec<DeliveryId> = (1..=3).map(|number| deliver(&mut store, number, 1, Event::ExportReady, 10)).collect();
    let other = deliver(&mut store, 4, 2, Event::ExportReady, 10);
    let run_at = |store: &mut Store, delivery: &DeliveryId| {
        write(store, |transaction| transaction.job_about(JobKind::DeliverWebhook, delivery.as_str())).unwrap().run_at
    };
    write(&mut store, |transaction| {
        transaction.webhook_failed(&id(1), at(11), Some(at(60)))?;
        transaction.put_off_deliveries(&id(1), at(60))
    });
    for delivery in &waiting {
        assert_eq!(run_at(&mut store, delivery), at(60));
    }
    assert_eq!(run_at(&mut store, &other), at(10));
    write(&mut store, |transaction| transaction.webhook_failed(&id(1), at(61), None));
    let ill = read(&mut store, 1).unwrap();
    assert_eq!((ill.failures, ill.failing_since, ill.rests_until), (2, Some(at(11)), Some(at(60))));
    write(&mut store, |transaction| {
        transaction.webhook_took(&id(1))?;
        transaction.bring_deliveries_forward(&id(1), at(30))
    });
    let well = read(&mut store, 1).unwrap();
    assert_eq!((well.failures, well.failing_since, well.rests_until), (0, None, None));
    for delivery in &waiting {
        assert_eq!(run_at(&mut store, delivery), at(30));
    }
    assert_eq!(run_at(&mut store, &other), at(10));
}

/// The contract is gone: whoever asked to be told of that is, and then nothing is left of where they are.
fn webhooks_of_an_erased_contract_are_told_so_and_then_removed(world: &World) {
    let mut store = world.store();
    let stays = Webhook { url: "https://others.example/".to_owned(), ..webhook(4, Some("birch"), &[]) };
    let desk = Webhook { url: "https://desk.example/".to_owned(), ..webhook(5, None, &[]) };
    let disabled = webhook(3, Some("alder"), &[]);
    add(&mut store, &[webhook(1, Some("alder"), &[]), webhook(2, Some("alder"), &[]), disabled, stays.clone(), desk.clone()]);
    write(&mut store, |transaction| transaction.disable_webhook(&id(3), at(1), Disabled::Gone));
    let old = deliver(&mut store, 1, 1, Event::ExportExpired, 10);
    let earlier = deliver(&mut store, 2, 1, Event::ErasureCompleted, 11);
    let last = deliver(&mut store, 3, 1, Event::ErasureCompleted, 50);
    let others = [deliver(&mut store, 4, 4, Event::ExportReady, 12), deliver(&mut store, 5, 5, Event::ErasureCompleted, 50)];

    write(&mut store, |transaction| transaction.end_webhooks_of("alder", at(50)));
    let mut delivery = |id: &DeliveryId| write(&mut store, |transaction| transaction.delivery(id)).unwrap();
    assert_eq!([&old, &earlier].map(|id| delivery(id).abandoned), [Some(at(50)); 2]);
    assert!(!delivery(&last).is_settled());
    assert!(others.iter().all(|id| !delivery(id).is_settled()), "of others nothing is touched");
    assert_eq!((read(&mut store, 2), read(&mut store, 3)), (None, None), "who need not be told");
    let ending = read(&mut store, 1).unwrap();
    assert!(ending.ending.is_some() && !ending.wants(Event::ExportReady));
    assert_eq!(write(&mut store, |transaction| transaction.webhooks_of(Some("alder"), false)), []);

    write(&mut store, |transaction| {
        let mut told = transaction.delivery(&last)?.unwrap();
        (told.delivered, told.status, told.attempts, told.attempted) = (Some(at(51)), Some(200), 1, Some(at(51)));
        transaction.note_delivery(&told)?;
        transaction.remove_ended_webhooks(at(51))
    });
    assert_eq!(read(&mut store, 1), None);
    assert!(store.scrub().unwrap());
    for number in 1..=3 {
        assert!(!holds(world, HOST) && !holds(world, &webhook(number, None, &[]).secret.reveal()), "{number}");
    }
    assert_eq!((read(&mut store, 4), read(&mut store, 5)), (Some(stays), Some(desk)));
}

fn deliveries_are_listed_in_pages_and_forgotten_when_they_are_old(world: &World) {
    let mut store = world.store();
    add(&mut store, &[webhook(1, None, &[])]);
    for (number, created) in [(1, 10), (2, 20), (3, 20), (4, 30)] {
        deliver(&mut store, number, 1, Event::ExportReady, created);
    }
    let page = |store: &mut Store, after: Option<&Delivery>| -> Vec<Delivery> {
        let after = after.map(|delivery| Position { at: delivery.created, id: delivery.id.clone() });
        write(store, |transaction| transaction.deliveries_to(&id(1), after.as_ref(), 3))
    };
    let numbers = |page: &[Delivery]| -> Vec<u128> { page.iter().map(|d| u128::from_str_radix(d.id.as_str(), 16).unwrap()).collect() };
    let first = page(&mut store, None);
    assert_eq!(numbers(&first), [4, 2, 3]);
    assert_eq!(numbers(&page(&mut store, first.last())), [1]);

    let mut settled = first[1].clone();
    (settled.abandoned, settled.trouble) = (Some(at(25)), Some(Trouble::Timeout));
    write(&mut store, |transaction| {
        transaction.note_delivery(&settled)?;
        assert_eq!(transaction.delivery(&settled.id)?.as_ref(), Some(&settled));
        transaction.sweep_deliveries(at(21))
    });
    assert_eq!(numbers(&page(&mut store, None)), [4, 3, 1], "what still waits is never forgotten");
    let job = write(&mut store, |transaction| transaction.job_about(JobKind::DeliverWebhook, DeliveryId::from_random(4).as_str()));
    assert_eq!(job.unwrap().state, JobState::Queued);
}

on_both!(
    a_webhook_is_told_of_its_own_contract_and_of_what_it_chose,
    both_secrets_sign_until_the_former_ends,
    a_removed_webhook_leaves_neither_address_nor_secret,
    what_waits_for_an_ill_receiver_rests_with_it_and_comes_when_it_is_well,
    webhooks_of_an_erased_contract_are_told_so_and_then_removed,
    deliveries_are_listed_in_pages_and_forgotten_when_they_are_old,
);
