//! The desk's tables, on either kind of store.

mod access;
mod directory;
mod forgetting;
mod jobs;
mod measures;
mod requests;
mod webhooks;

use std::sync::Barrier;

use exeunt_model::due::Regime;
use exeunt_model::identity::{EmailAddress, PrincipalId, RequestId, Role};
use exeunt_model::plan::Profile;
use exeunt_model::request::approval::Requirement;
use exeunt_model::request::document::{Clock, Document};
use exeunt_model::request::{Channel, ExportState, Scope, State};
use exeunt_store::desk::{Account, Personal, Request};
use exeunt_store::{Error, Store, Transaction};

use crate::world::{at, digest, seat};

/// One transaction that succeeds.
fn write<T>(store: &mut Store, work: impl FnMut(&mut Transaction<'_>) -> Result<T, Error>) -> T {
    tried(store, work).unwrap()
}

/// One transaction.
fn tried<T>(store: &mut Store, work: impl FnMut(&mut Transaction<'_>) -> Result<T, Error>) -> Result<T, Error> {
    store.transact("try the desk", work)
}

/// Does the same on four connections, begun at one moment.
fn at_once<T: Send>(store: &Store, work: impl Fn(usize, &mut Store) -> T + Sync) -> Vec<T> {
    let begin = Barrier::new(4);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|number| {
                let mut store = store.another().unwrap();
                let (work, begin) = (&work, &begin);
                scope.spawn(move || {
                    begin.wait();
                    work(number, &mut store)
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

fn principal(number: u128) -> PrincipalId {
    PrincipalId::from_random(number)
}

fn request_id(number: u128) -> RequestId {
    RequestId::from_random(number)
}

fn email(text: &str) -> EmailAddress {
    text.parse().unwrap()
}

/// Somebody whom the directory knows.
fn person(number: u128, address: &str) -> Account {
    Account { id: principal(number), email: Some(email(address)), role: None, language: None, created: at(0), closed: None }
}

/// The export of a seat, made by principal 1.
fn request(number: u128, contract: &str, subject: &str) -> Request {
    Request {
        id: request_id(number),
        state: State::Export(ExportState::Submitted),
        scope: Scope::Seat,
        channel: Channel::Desk,
        contract: contract.to_owned(),
        subject_kind: seat(),
        subject: digest(subject),
        personal: Some(Personal { key: vec![subject.to_owned()], label: subject.to_owned(), successor: None, addresses: Vec::new() }),
        requester: principal(1),
        role: Role::Admin,
        document: Document {
            profile: Profile::Documented,
            categories: None,
            choices: Vec::new(),
            requirement: Requirement { approvals: 1, by: vec![Role::Admin], waiting_hours: 24, tells_holder: true },
            clock: Clock::begin(Regime::Gdpr, at(0), 30, &[]).unwrap(),
            matter: None,
            counts: None,
        },
        linked: None,
        waived: false,
        received: at(0),
        due: at(1_000),
        answered: None,
        scheduled: None,
        plan: None,
        run: None,
        reason: None,
        version: 1,
        changed: at(0),
    }
}
