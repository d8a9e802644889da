//! Ending an erasure that has its certificate: the request moves, and the desk forgets whom it was about.

use std::collections::BTreeSet;

use exeunt_model::certificate::Certificate;
use exeunt_model::digest::Digest;
use exeunt_model::directory::key_text;
use exeunt_model::identity::{EmailAddress, RequestId};
use exeunt_model::job::{JobKind, retry_delay_ms};
use exeunt_model::map::DataMap;
use exeunt_model::names::SubjectKind;
use exeunt_model::request::{Kind, Move, Scope, erasure as machine};
use exeunt_model::run::Ending;
use exeunt_model::tombstone::address_hash;
use exeunt_store::desk::{Lease, Request};
use exeunt_store::{Store, Transaction};

use super::super::super::context::Context;
use super::super::super::error::Error;
use super::super::super::exit;
use super::super::super::notice::{Notice, NoticeMail};
use super::super::problem::Problem;
use super::super::subject::end_left_over;
use super::super::work::Work;
use crate::erasure;

/// The longest delay between two attempts to finish an erasure that has begun.
const UNDECIDED_DELAY_MS: u64 = 60 * 60 * 1_000;

/// The run has its certificate: the request ends as it says, and the desk forgets whom it was about.
pub(super) fn conclude(
    work: &Work,
    store: &mut Store,
    lease: &Lease,
    request: &Request,
    certificate: &Certificate,
    undecided: bool,
) -> Result<(), Problem> {
    let ending = certificate.statement.state;
    let (gone, pushed) = match ending {
        Ending::Completed | Ending::CompletedWithRetained => {
            let subjects = erasure::subjects_gone(store, &work.platform.map, &certificate.statement.id)?;
            let (addresses, pushed) = erased_addresses(work, store, request)?;
            (Gone { subjects, addresses }, pushed)
        }
        Ending::PartlyFailed => (Gone::default(), Vec::new()),
    };
    let signing = store.signing_key();
    let delay = if undecided { UNDECIDED_DELAY_MS } else { retry_delay_ms(lease.failures + 1, 0) };
    work.with(|context| {
        store.transact("end an erasure", |transaction| {
            let Some(mut request) = transaction.request_to_change(&request.id)? else { return Err(Error::NoSuchRequest) };
            context.make(transaction, &mut request, Move::Erasure(machine::Move::Verify), None, None)?;
            let attempted = match ending {
                Ending::Completed => machine::Move::Complete,
                Ending::CompletedWithRetained => machine::Move::CompleteWithRetained,
                Ending::PartlyFailed => machine::Move::FailPartly,
            };
            context.make(transaction, &mut request, Move::Erasure(attempted), None, None)?;
            let label = NoticeMail::of(&request);
            match ending {
                Ending::Completed | Ending::CompletedWithRetained => {
                    forget(transaction, context, &work.platform.map, &request, &gone)?;
                    forget_pushed(transaction, context, &request, &pushed)?;
                    let label = if gone.is_subject_of(&request) { NoticeMail { label: None, ..label } } else { label };
                    let notice = Notice::ErasureEnded { request: label, state: ending.as_str().to_owned() };
                    context.mail_to(transaction, &request.requester, Some(&request.id), &notice)?;
                    if request.scope == Scope::Contract && request.document.categories.is_none() {
                        exit::erased(transaction, context, &signing, &request)?;
                    }
                    transaction.finish_job(lease, context.now)?;
                }
                Ending::PartlyFailed => {
                    // Told once: an erasure that goes on failing is seen in the list.
                    if lease.failures == 0 {
                        let notice = Notice::ErasureEnded { request: label, state: ending.as_str().to_owned() };
                        context.mail_to(transaction, &request.requester, Some(&request.id), &notice)?;
                    }
                    let run_at = context.in_milliseconds(delay);
                    transaction.retry_job(lease, run_at, "something of the plan is left")?;
                }
            }
            Ok(())
        })
    })?;
    Ok(())
}

/// Those of the erased addresses that no other seat has.
type Unknown = Vec<EmailAddress>;
/// Those of the erased addresses that no other seat of the contract has, with the keyed hashes by which they are remembered.
type Pushed = Vec<(EmailAddress, Digest)>;

fn erased_addresses(work: &Work, store: &Store, request: &Request) -> Result<(Unknown, Pushed), Problem> {
    let (mut unknown, mut pushed) = (Vec::new(), Vec::new());
    for address in request.personal.iter().flat_map(|personal| &personal.addresses) {
        let seats = work.directory.seats_by_email(address)?;
        if seats.is_empty() {
            unknown.push(address.clone());
        }
        if seats.iter().all(|seat| key_text(&seat.contract) != request.contract) {
            pushed.push((address.clone(), address_hash(&store.hash_secret(), &request.contract, address)));
        }
    }
    Ok((unknown, pushed))
}

/// Forgets what an identity provider has pushed of those who are gone.
fn forget_pushed(
    transaction: &mut Transaction<'_>,
    context: &Context<'_>,
    request: &Request,
    gone: &[(EmailAddress, Digest)],
) -> Result<(), Error> {
    if request.scope == Scope::Contract && request.document.categories.is_none() {
        transaction.forget_directory(&request.contract)?;
    }
    Ok(transaction.forget_directory_addresses(&request.contract, gone, context.now)?)
}

/// Of whom an erasure has left nothing.
#[derive(Default)]
struct Gone {
    subjects: Vec<(SubjectKind, Digest)>,
    addresses: Vec<EmailAddress>,
}

impl Gone {
    /// Whether it is whom the request was about. With chosen categories the subject mostly stays.
    fn is_subject_of(&self, request: &Request) -> bool {
        self.subjects.iter().any(|(kind, subject)| *kind == request.subject_kind && *subject == request.subject)
    }
}

/// Forgets whoever is gone in the desk's own tables, and has the archives and files deleted that held them or what was erased of them.
fn forget(
    transaction: &mut Transaction<'_>,
    context: &mut Context<'_>,
    map: &DataMap,
    request: &Request,
    gone: &Gone,
) -> Result<(), Error> {
    match (request.scope, gone.is_subject_of(request)) {
        (Scope::Contract, true) => {
            transaction.end_webhooks_of(&request.contract, context.now)?;
            transaction.forget_contract(&request.contract)?;
        }
        (Scope::Contract, false) | (Scope::Seat, _) => {
            transaction.forget_subjects(&gone.subjects)?;
        }
    }
    end_left_over(transaction, context, request)?;
    expire(transaction, context, map, request, gone)?;
    Ok(transaction.forget_addresses(&gone.addresses, &request.requester, context.now)?)
}

/// Has every archive deleted that holds what was erased, and every file of the subject's cases where it is forgotten. The links to them end at
/// once.
fn expire(
    transaction: &mut Transaction<'_>,
    context: &mut Context<'_>,
    map: &DataMap,
    request: &Request,
    gone: &Gone,
) -> Result<(), Error> {
    let now = context.now;
    let mut subjects = gone.subjects.clone();
    subjects.push((request.subject_kind.clone(), request.subject.clone()));
    let mut stored: BTreeSet<RequestId> = transaction.stored_requests_about(&subjects)?.into_iter().collect();
    stored.extend(transaction.archived_exports_of(&request.contract)?);
    if request.scope == Scope::Contract {
        // Cases and exports of seats that came to their end long ago too.
        stored.extend(transaction.stored_requests_of(&request.contract)?);
    }
    let mut concerned = transaction.requests_by_id(&stored.iter().collect::<Vec<_>>())?;
    let all_gone: BTreeSet<&Digest> = gone.subjects.iter().map(|(_, subject)| subject).collect();
    let erased = request.document.categories.as_deref();
    let holds_erased = |export: &Request| {
        let taken = map.exported(export.document.profile, export.document.categories.as_deref());
        taken.iter().any(|category| erased.is_none_or(|erased| erased.contains(&category.name)))
    };
    // Of a subject that is still there, the files of its cases stay, and the archives of other categories.
    concerned.retain(|concerned| {
        gone.is_subject_of(request)
            || all_gone.contains(&concerned.subject)
            || (concerned.state.kind() == Kind::Export && holds_erased(concerned))
    });
    for concerned in concerned {
        // An archive of everybody ends early for the sake of one: whoever asked for it can ask for another, without them.
        let ends_early = request.scope == Scope::Seat && concerned.scope == Scope::Contract;
        if ends_early && transaction.archives_of(&concerned.id)?.iter().any(|archive| archive.deleted.is_none() && archive.expires > now) {
            let notice = Notice::ArchiveEnded { request: NoticeMail::of(&concerned) };
            context.mail_to(transaction, &concerned.requester, Some(&concerned.id), &notice)?;
        }
        transaction.expire_archives(&concerned.id, now)?;
        context.enqueue(transaction, &concerned, JobKind::ExpireArchive, now)?;
    }
    Ok(())
}
