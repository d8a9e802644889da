//! Making a request.

use exeunt_model::authorization::NO_CONTRACT;
use exeunt_model::digest::Digest;
use exeunt_model::due::{Regime, reminding};
use exeunt_model::identity::{PrincipalId, RequestId};
use exeunt_model::job::JobKind;
use exeunt_model::names::{CategoryName, SubjectKind};
use exeunt_model::plan::Choice;
use exeunt_model::request::approval::{Ask, requirement};
use exeunt_model::request::conflict::{Existing, Wanted, conflict};
use exeunt_model::request::document::{Clock, Document, Matter};
use exeunt_model::request::{Channel, Kind, Move, Scope, State, export};
use exeunt_model::webhook;
use exeunt_store::desk::{Account, Event, Personal, Request};
use exeunt_store::{Store, Transaction};

use super::context::{Actor, Context};
use super::error::Error;
use super::notice::{Notice, NoticeMail};
use super::people::{Contact, approvers, locks_out};
use super::setting::rules_of;
use crate::directory::Directory;

/// What somebody asks for. Keys are as the directory writes them.
#[derive(Debug, Clone)]
pub struct Submission {
    pub kind: Kind,
    pub scope: Scope,
    pub channel: Channel,
    pub contract: String,
    pub subject_kind: SubjectKind,
    pub subject: Digest,
    pub personal: Personal,
    /// Whether the seat is the requester's own.
    pub own_seat: bool,
    /// Whether it takes messages or notes that somebody else than the requester wrote.
    pub private: bool,
    /// The law that whoever sent it names; without it the one of the contract counts.
    pub regime: Option<Regime>,
    pub categories: Option<Vec<CategoryName>>,
    pub choices: Vec<Choice>,
    /// For an erasure: the name of what is to be erased, as the requester typed it. `None` for a proposal that nobody typed.
    pub confirmation: Option<String>,
    /// The export that an erasure waits for.
    pub linked: Option<RequestId>,
    pub matter: Option<Matter>,
    /// The first message of a case.
    pub message: Option<String>,
    /// A key by which a repeated request is known, and the fingerprint of what was sent: keyed hashes both.
    pub idempotency: Option<(Digest, Digest)>,
}

/// What became of a submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Submitted {
    New(Request),
    /// The same was submitted before under the same key.
    Repeated(Request),
}

impl Submitted {
    /// The request, new or not.
    pub fn request(&self) -> &Request {
        match self {
            Self::New(request) | Self::Repeated(request) => request,
        }
    }
}

/// Makes a request, and sets in motion what can go on without anybody's approval.
///
/// A retry with the same idempotency key returns what was made the first time.
///
/// # Errors
/// [`Error::Conflict`], [`Error::Confirmation`], [`Error::IdempotencyKey`], [`Error::NotLinkable`], [`Error::LastAdmin`].
pub fn submit(
    store: &mut Store,
    context: &mut Context<'_>,
    directory: &Directory,
    actor: &Actor,
    submission: &Submission,
) -> Result<Submitted, Error> {
    if submission.kind == Kind::Erasure && !submission.channel.is_proposal() {
        let typed = submission.confirmation.as_deref().map(str::trim);
        if typed != Some(submission.personal.label.trim()) {
            return Err(Error::Confirmation);
        }
    }
    let erases = submission.kind == Kind::Erasure;
    let categories = submission.categories.as_deref();
    if erases && locks_out(store, directory, submission.scope, &submission.contract, &submission.personal.key, categories)? {
        return Err(Error::LastAdmin);
    }
    let approvers = approvers(store, context.settings, directory, &submission.contract)?;
    store.transact("make a request", |transaction| submit_decided(transaction, context, &approvers, actor, submission, 1))
}

/// Makes a request in a transaction of the caller, who has checked what must be typed. So many admins have decided it, whoever asks among them.
///
/// An [`Error::Conflict`] has written nothing, so that the caller's transaction can go on.
pub(super) fn submit_decided(
    transaction: &mut Transaction<'_>,
    context: &mut Context<'_>,
    approvers: &[Contact],
    actor: &Actor,
    submission: &Submission,
    admins: usize,
) -> Result<Submitted, Error> {
    // Two of the same must not both find that there is none yet.
    transaction.one_at_a_time()?;
    if let Some((key, fingerprint)) = &submission.idempotency
        && let Some((known, id)) = transaction.idempotent(&actor.principal, key)?
    {
        if known != *fingerprint {
            return Err(Error::IdempotencyKey);
        }
        return transaction.request(&id)?.map(Submitted::Repeated).ok_or(Error::NoSuchRequest);
    }
    let open = transaction.open_requests_of(&submission.contract)?;
    let existing: Vec<Existing> = open.iter().map(existing).collect();
    let first = State::first(submission.kind);
    let wanted = Wanted { first, scope: submission.scope, subject: &submission.subject, categories: submission.categories.as_deref() };
    if let Some(found) = conflict(&wanted, &existing) {
        return Err(Error::Conflict(found));
    }
    if let Some(linked) = &submission.linked {
        let fits = transaction.request(linked)?.is_some_and(|export| {
            // One that will never be downloaded is not waited for.
            let is_open = matches!(export.state, State::Export(state) if !state.is_final());
            is_open && export.contract == submission.contract && export.subject == submission.subject
        });
        if !fits || submission.kind != Kind::Erasure {
            return Err(Error::NotLinkable { id: linked.clone() });
        }
    }
    let ask = Ask {
        kind: submission.kind,
        scope: submission.scope,
        channel: submission.channel,
        role: actor.role,
        own_seat: submission.own_seat,
        private: submission.private,
    };
    let rules = rules_of(transaction, context.settings, &submission.contract)?;
    let requirement = requirement(&ask, &rules.policy).after_decision_of(admins);
    let clock = Clock::begin(submission.regime.unwrap_or(rules.regime), context.now, rules.target_days, &context.settings.holidays)?;
    let due = clock.dates.answer_by;
    let mut request = Request {
        id: context.request(),
        state: first,
        scope: submission.scope,
        channel: submission.channel,
        contract: submission.contract.clone(),
        subject_kind: submission.subject_kind.clone(),
        subject: submission.subject.clone(),
        personal: Some(submission.personal.clone()),
        requester: actor.principal.clone(),
        role: actor.role,
        document: Document {
            profile: rules.profile,
            categories: submission.categories.clone(),
            choices: submission.choices.clone(),
            requirement,
            clock: Clock { acknowledged: Some(context.now), ..clock },
            matter: submission.matter,
            counts: None,
        },
        linked: submission.linked.clone(),
        waived: false,
        received: context.now,
        due,
        answered: None,
        scheduled: None,
        plan: None,
        run: None,
        reason: None,
        version: 1,
        changed: context.now,
    };
    transaction.insert_request(&request)?;
    let event = Event {
        number: 0,
        at: context.now,
        actor: Some(actor.principal.clone()),
        event: "submit".to_owned(),
        from: None,
        to: request.state.as_str().to_owned(),
        note: None,
    };
    transaction.add_event(&request.id, &event)?;
    context.tell_webhooks(transaction, &request, webhook::Event::RequestSubmitted)?;
    if let Some((key, fingerprint)) = &submission.idempotency {
        transaction.remember_idempotent(&actor.principal, key, fingerprint, &request.id, context.now)?;
    }
    let reminded_first = reminding(request.received, request.due, None, context.now).next;
    context.enqueue(transaction, &request, JobKind::Remind, reminded_first)?;
    if submission.channel.is_acknowledged_by_mail() {
        let notice = Notice::Received { request: NoticeMail::of(&request), received: request.received, due: request.due };
        context.mail_to(transaction, &request.requester, Some(&request.id), &notice)?;
    }
    match submission.kind {
        Kind::Export => go_on_with_export(transaction, context, &mut request, approvers)?,
        Kind::Erasure => context.enqueue(transaction, &request, JobKind::Plan, context.now)?,
        Kind::Case => {
            if let Some(text) = &submission.message {
                super::case::write(transaction, context, actor, &request.id, text, false)?;
            }
            let notice = Notice::CaseOpened { request: NoticeMail::of(&request), matter: request.document.matter, due: request.due };
            for handler in handlers(transaction, &request.contract)? {
                context.mail_to(transaction, &handler.id, Some(&request.id), &notice)?;
            }
        }
    }
    Ok(Submitted::New(request))
}

/// Those of the platform who handle the cases of a contract; what belongs to none is for the operators too.
pub(super) fn handlers(transaction: &mut Transaction<'_>, contract: &str) -> Result<Vec<Account>, Error> {
    let mut handlers = transaction.representatives_of(contract)?;
    if contract == NO_CONTRACT {
        handlers.extend(transaction.accounts()?.into_iter().filter(Account::is_open_operator));
    }
    Ok(handlers)
}

/// Enqueues an export, or asks for the approvals that it needs.
pub(super) fn go_on_with_export(
    transaction: &mut Transaction<'_>,
    context: &mut Context<'_>,
    request: &mut Request,
    approvers: &[Contact],
) -> Result<(), Error> {
    if request.document.requirement.approvals == 0 {
        context.make(transaction, request, Move::Export(export::Move::Enqueue), None, None)?;
        return context.enqueue(transaction, request, JobKind::Export, context.now);
    }
    context.make(transaction, request, Move::Export(export::Move::AskApproval), None, None)?;
    ask_approvers(transaction, context, request, approvers)
}

/// Writes to everybody who may approve, but not to whoever asked.
pub(super) fn ask_approvers(
    transaction: &mut Transaction<'_>,
    context: &mut Context<'_>,
    request: &Request,
    admins: &[Contact],
) -> Result<(), Error> {
    let mut approvers = deciders(transaction, context, &request.contract, admins)?;
    approvers.retain(|approver| asker(request) != Some(approver));
    let notice = Notice::ApprovalAsked { request: NoticeMail::of(request) };
    for approver in &approvers {
        match request.channel.is_proposal() {
            true => context.mail_proposal(transaction, approver, request)?,
            false => context.mail_to(transaction, approver, Some(&request.id), &notice)?,
        }
    }
    Ok(())
}

/// A contract's admins and representatives, as principals.
pub(super) fn deciders(
    transaction: &mut Transaction<'_>,
    context: &mut Context<'_>,
    contract: &str,
    admins: &[Contact],
) -> Result<Vec<PrincipalId>, Error> {
    let mut found = Vec::new();
    for contact in admins {
        found.push(context.principal(transaction, contact)?);
    }
    found.extend(transaction.representatives_of(contract)?.into_iter().map(|account| account.id));
    found.sort();
    found.dedup();
    Ok(found)
}

/// Who asked, and so cannot approve. Nobody of the contract has asked for a proposal: whoever made the token of a connected system decides about
/// what that proposes like everybody else, and counts once.
pub(super) fn asker(request: &Request) -> Option<&PrincipalId> {
    (!request.channel.is_proposal()).then_some(&request.requester)
}

/// What a request asks for, as far as another one can stand in its way.
pub(super) fn wanted(request: &Request) -> Wanted<'_> {
    Wanted { first: request.state, scope: request.scope, subject: &request.subject, categories: request.document.categories.as_deref() }
}

/// A request as far as it can stand in another's way.
pub(super) fn existing(request: &Request) -> Existing {
    Existing {
        id: request.id.clone(),
        state: request.state,
        scope: request.scope,
        subject: request.subject.clone(),
        categories: request.document.categories.clone(),
    }
}
