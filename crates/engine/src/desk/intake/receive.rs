//! What something that came in becomes.

use exeunt_model::directory::{key_of_text, key_text};
use exeunt_model::due::Regime;
use exeunt_model::identity::{CallbackId, IntakeId, PrincipalId, Role};
use exeunt_model::names::SubjectKind;
use exeunt_model::plan::{Choice, Profile, Purpose};
use exeunt_model::request::conflict::Conflict;
use exeunt_model::request::document::{Clock, Matter};
use exeunt_model::request::reason::Rejection;
use exeunt_model::request::{Channel, Kind, Scope};
use exeunt_model::tombstone::subject_hash;
use exeunt_store::desk::{Intake, IntakeCallback, IntakePart, Personal};
use exeunt_store::{Store, Transaction};

use super::super::context::{Actor, Context, Settings};
use super::super::error::Error;
use super::super::people::{Contact, approvers, leaves_no_admin};
use super::super::setting::contract_settings;
use super::super::submit::{self, Submission};
use super::answer::{digest_of, outcome};
use super::find::About;
use crate::directory::Directory;
use crate::planning::{self, Request as PlanRequest, Snapshot, Subject};
use crate::platform::Platform;

/// What came in, read and looked up.
#[derive(Debug, Clone)]
pub struct Incoming {
    pub protocol: Channel,
    pub sender: PrincipalId,
    /// The sender's name for it; without one, what was sent is its name.
    pub name: Option<String>,
    /// What was asked for and about whom, and the message as it was sent: only keyed hashes of both are kept.
    pub content: String,
    pub message: String,
    pub kind: Kind,
    pub regime: Regime,
    pub callbacks: Vec<String>,
    pub about: Vec<About>,
    /// Why nobody is looked for, where nobody is.
    pub refusal: Rejection,
    /// Whether an export goes to whoever has the person's own authority. To anybody else, what the person wrote takes a second admin.
    pub for_the_person: bool,
    /// What those who handle a case must know.
    pub said: String,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    New(Intake),
    /// The same came in before.
    Repeated(Intake),
}

impl Taken {
    /// What came in, now or before.
    pub fn intake(&self) -> &Intake {
        match self {
            Self::New(intake) | Self::Repeated(intake) => intake,
        }
    }
}

/// What is to be submitted for one seat or person.
struct Wanted {
    submission: Submission,
    approvers: Vec<Contact>,
    is_last_admin: bool,
}

/// Makes the requests that something becomes, all of them or none. A repetition makes nothing.
///
/// # Errors
/// [`Error::IdempotencyKey`] when the sender has used the name for something else; [`Error::Directory`], [`Error::Plan`].
pub fn receive(
    store: &mut Store,
    context: &mut Context<'_>,
    platform: &Platform,
    directory: &Directory,
    incoming: &Incoming,
) -> Result<Taken, Error> {
    let intake = described(store, context, incoming)?;
    let known = store.look("look up an intake", |transaction| transaction.intake_called(&incoming.sender, &intake.reference))?;
    if let Some(known) = known {
        return repeated(known, &intake);
    }
    let wanted: Vec<Wanted> = incoming
        .about
        .iter()
        .map(|about| wanted(store, context.settings, platform, directory, incoming, about))
        .collect::<Result<_, Error>>()?;
    let actor = Actor { principal: incoming.sender.clone(), role: Role::Agent };
    store.transact("take in a request", |transaction| {
        // Two of the same must not both find that there is none yet.
        transaction.one_at_a_time()?;
        if let Some(known) = transaction.intake_called(&incoming.sender, &intake.reference)? {
            return repeated(known, &intake);
        }
        transaction.insert_intake(&intake)?;
        let mut parts = Vec::new();
        for wanted in &wanted {
            parts.push(part(transaction, context, &actor, incoming.kind, wanted)?);
        }
        if parts.is_empty() {
            parts.push(IntakePart::Refused { reason: incoming.refusal });
        }
        for (number, part) in parts.iter().enumerate() {
            transaction.insert_intake_part(&intake.id, number, part)?;
        }
        // Where nothing moves any more, the end is the change that is told; otherwise the first one after this.
        let ended = parts.iter().all(|part| matches!(part, IntakePart::Refused { .. }));
        let outcome = outcome(transaction, context.settings, intake.clone())?;
        for url in &incoming.callbacks {
            let id = CallbackId::from_random(context.bits());
            let told = if ended { None } else { Some(digest_of(&outcome.call(url)?.0)) };
            transaction.insert_callback(&IntakeCallback { id, intake: intake.id.clone(), url: Some(url.clone()), told })?;
        }
        if ended {
            context.tell_sender(transaction, &intake)?;
        }
        Ok(Taken::New(intake.clone()))
    })
}

fn described(store: &Store, context: &mut Context<'_>, incoming: &Incoming) -> Result<Intake, Error> {
    let settings = context.settings;
    let clock = Clock::begin(incoming.regime, context.now, settings.rules.target_days, &settings.holidays)?;
    let keyed = |what: &str, text: &str| {
        subject_hash(&store.hash_secret(), &SubjectKind::new(what.to_owned()), &[text.to_owned()]).as_str().to_owned()
    };
    Ok(Intake {
        id: IntakeId::from_random(context.bits()),
        protocol: incoming.protocol,
        sender: incoming.sender.clone(),
        reference: incoming.name.clone().unwrap_or_else(|| keyed("intake message", &incoming.message)),
        named: incoming.name.is_some(),
        fingerprint: keyed("intake content", &incoming.content),
        kind: incoming.kind,
        received: context.now,
        due: clock.dates.answer_by,
        revoked: None,
    })
}

fn repeated(known: Intake, sent: &Intake) -> Result<Taken, Error> {
    match known.fingerprint == sent.fingerprint {
        true => Ok(Taken::Repeated(known)),
        false => Err(Error::IdempotencyKey),
    }
}

fn part(
    transaction: &mut Transaction<'_>,
    context: &mut Context<'_>,
    actor: &Actor,
    kind: Kind,
    wanted: &Wanted,
) -> Result<IntakePart, Error> {
    if wanted.is_last_admin {
        return Ok(IntakePart::Refused { reason: Rejection::LastAdmin });
    }
    match submit::submit_decided(transaction, context, &wanted.approvers, actor, &wanted.submission, 0) {
        Ok(submitted) => Ok(IntakePart::Request { request: submitted.request().id.clone(), own: true }),
        // What erases it is under way: whoever wants it gone waits for that.
        Err(Error::Conflict(Conflict::Duplicate { of: other } | Conflict::Covered { by: other })) if kind == Kind::Erasure => {
            Ok(IntakePart::Request { request: other, own: false })
        }
        // An export that somebody else asked for is nobody else's to fetch.
        Err(Error::Conflict(_)) => Ok(IntakePart::Refused { reason: Rejection::Duplicate }),
        Err(error) => Err(error),
    }
}

fn wanted(
    store: &Store,
    settings: &Settings,
    platform: &Platform,
    directory: &Directory,
    incoming: &Incoming,
    about: &About,
) -> Result<Wanted, Error> {
    let (contract, kind, key, label, matter) = match about {
        About::Seat(seat) => (key_text(&seat.contract), directory.kinds().0.clone(), seat.key.clone(), seat.label(), Matter::OtherData),
        About::Person { contract, kind, key } => (contract.clone(), kind.clone(), key.clone(), key.join(", "), Matter::Person),
    };
    // What belongs to a person is found by people, whatever was asked for.
    let request_kind = if matches!(about, About::Person { .. }) { Kind::Case } else { incoming.kind };
    let has_admins = key_of_text(&contract, directory.key_columns().0).is_some() && contract != exeunt_model::authorization::NO_CONTRACT;
    let (approvers, is_last_admin) = match (request_kind, has_admins) {
        (Kind::Case, _) | (Kind::Export | Kind::Erasure, false) => (Vec::new(), false),
        (Kind::Export, true) => (approvers(store, settings, directory, &contract)?, false),
        (Kind::Erasure, true) => (approvers(store, settings, directory, &contract)?, leaves_no_admin(store, directory, &contract, &key)?),
    };
    let rules = contract_settings(store, settings, &contract)?.rules;
    let private = platform.map.categories.iter().any(|category| rules.private_categories.contains(&category.name));
    let choices = match request_kind {
        Kind::Erasure if !is_last_admin => deletions(platform, rules.profile, &kind, &key)?,
        Kind::Erasure | Kind::Export | Kind::Case => Vec::new(),
    };
    let submission = Submission {
        kind: request_kind,
        scope: Scope::Seat,
        channel: incoming.protocol,
        contract,
        subject: subject_hash(&store.hash_secret(), &kind, &key),
        subject_kind: kind,
        personal: Personal { key, label, successor: None, addresses: Vec::new() },
        own_seat: false,
        private: private && !incoming.for_the_person && request_kind == Kind::Export,
        regime: Some(incoming.regime),
        categories: None,
        choices,
        confirmation: None,
        linked: None,
        matter: (request_kind == Kind::Case).then_some(matter),
        message: (request_kind == Kind::Case).then(|| incoming.said.clone()),
        idempotency: None,
    };
    Ok(Wanted { submission, approvers, is_last_admin })
}

/// Deletion for each table where the map lets the requester choose it: who asks to be forgotten has chosen. Whoever approves sees the counts.
fn deletions(platform: &Platform, profile: Profile, kind: &SubjectKind, key: &[String]) -> Result<Vec<Choice>, Error> {
    let subject = Subject { kind: kind.clone(), key: key.to_vec() };
    let request = PlanRequest { subject, purpose: Purpose::Erase, profile, choices: Vec::new(), successor: None, categories: None };
    let mut snapshot = Snapshot::open(platform)?;
    match snapshot.outline(&request) {
        Err(planning::Error::Plan(exeunt_model::plan::planner::Error::Undecided { tables })) => Ok(tables
            .into_iter()
            .filter(|(_, words)| words.contains(&"delete"))
            .map(|(table, _)| Choice { table, action: "delete".to_owned() })
            .collect()),
        Err(error @ (planning::Error::Read { .. } | planning::Error::Files { .. })) => Err(error.into()),
        // Whatever else is wrong, the plan's own job says it to those who can mend it.
        Ok(_) | Err(_) => Ok(Vec::new()),
    }
}
