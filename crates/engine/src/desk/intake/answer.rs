//! What a sender is told of what came in, now.

use exeunt_model::digest::Digest;
use exeunt_model::identity::RequestId;
use exeunt_model::intake::sum::{self, Part};
use exeunt_model::intake::{drp, opendsr};
use exeunt_model::moment::Moment;
use exeunt_model::request::reason::Rejection;
use exeunt_model::request::{Channel, ExportState, State};
use exeunt_store::desk::{Intake, IntakePart, Request};
use exeunt_store::{Error, Transaction};

use super::super::context::Settings;
use super::super::extend::EXTENDED;

/// Where something that came in stands.
#[derive(Debug, Clone)]
pub struct Outcome {
    pub intake: Intake,
    /// The sender's name in its protocol.
    pub sender: String,
    /// The part that is told.
    pub told: Part,
    pub expected_by: Moment,
    /// Why the date was put off.
    pub extension: Option<String>,
    /// Where the archives can be fetched, and until when.
    pub results: Option<(String, Moment)>,
    /// The exports that were made for it and whose archives are there.
    pub exports: Vec<RequestId>,
    /// Rows that were exported or erased.
    pub rows: Option<u64>,
}

/// Looks where something stands.
///
/// # Errors
/// The store's.
pub fn outcome(transaction: &mut Transaction<'_>, settings: &Settings, intake: Intake) -> Result<Outcome, Error> {
    let sender = transaction.sender_of(&intake.sender)?.map(|sender| sender.name).unwrap_or_default();
    let mut parts = Vec::new();
    let mut requests: Vec<Request> = Vec::new();
    for found in transaction.intake_parts(&intake.id)? {
        parts.push(part(transaction, &intake, &found)?);
        if let IntakePart::Request { request, own: true } = found {
            requests.extend(transaction.request(&request)?);
        }
    }
    let told = match (intake.revoked, intake.protocol) {
        (Some(_), _) => Some(Part::revoked(intake.kind)),
        (None, Channel::OpenDsr) => sum::for_opendsr(&parts),
        (None, Channel::Drp | Channel::Desk | Channel::Bulk | Channel::Scim | Channel::Exit) => sum::for_drp(&parts),
    };
    let told = told.ok_or_else(|| Error::Damaged { what: "an intake became nothing, for no reason".into() })?;
    let mut extension = None;
    for request in requests.iter().filter(|request| request.document.clock.extended.is_some()) {
        // The reason stands in the history; once the person is forgotten there is none.
        let events = transaction.events_of(&request.id, 0)?;
        extension = events.into_iter().rfind(|event| event.event == EXTENDED).and_then(|event| event.note).or(extension);
    }
    let mut ends = Vec::new();
    let mut exports = Vec::new();
    for request in requests.iter().filter(|request| request.state == State::Export(ExportState::Ready)) {
        let archives = transaction.archives_of(&request.id)?;
        ends.extend(archives.iter().filter(|archive| archive.deleted.is_none()).map(|archive| archive.expires));
        exports.push(request.id.clone());
    }
    let place = match intake.protocol {
        Channel::OpenDsr => format!("opendsr/v2/requests/{}", intake.reference),
        Channel::Drp | Channel::Desk | Channel::Bulk | Channel::Scim | Channel::Exit => format!("drp/v1/data-rights-request/{}", intake.id),
    };
    let url = format!("{}/{place}/results", settings.public_url);
    let counted: Vec<u64> = requests.iter().filter_map(|request| request.document.counts.map(|counts| counts.rows)).collect();
    Ok(Outcome {
        sender,
        told,
        expected_by: requests.iter().map(|request| request.due).fold(intake.due, Moment::max),
        extension,
        results: ends.iter().min().map(|end| (url, *end)),
        exports,
        rows: (!counted.is_empty()).then(|| counted.iter().sum()),
        intake,
    })
}

/// One of the things that something became.
pub(super) fn part(transaction: &mut Transaction<'_>, intake: &Intake, found: &IntakePart) -> Result<Part, Error> {
    match found {
        IntakePart::Refused { reason } => Ok(Part::refused(intake.kind, *reason)),
        IntakePart::Request { request, own: _ } => {
            let gone = || Error::Damaged { what: format!("request {request} of an intake is gone") };
            let request = transaction.request(request)?.ok_or_else(gone)?;
            let rejection = request.reason.as_deref().and_then(|reason| reason.parse::<Rejection>().ok());
            Ok(Part { state: request.state, rejection })
        }
    }
}

impl Outcome {
    /// As an agent of the Data Rights Protocol is told.
    pub fn for_drp(&self) -> drp::StatusAnswer {
        let results = self.results.as_ref().map(|(url, expires)| drp::Results { url, expires: *expires });
        drp::status(&drp::Standing {
            request: &self.intake.id,
            agent_request: self.intake.named.then_some(self.intake.reference.as_str()),
            state: self.told.state,
            rejection: self.told.rejection,
            received: self.intake.received,
            expected_by: self.expected_by,
            extension: self.extension.as_deref(),
            results,
        })
    }

    /// As a controller of OpenDSR is told; `id` is the controller's name for it.
    pub fn for_opendsr<'a>(&'a self, id: &'a opendsr::SubjectRequestId) -> opendsr::Standing<'a> {
        opendsr::Standing {
            controller: &self.sender,
            id,
            state: self.told.state,
            expected_by: self.expected_by,
            results_url: self.results.as_ref().map(|(url, _)| url.as_str()),
            results_count: self.rows,
        }
    }

    /// What is sent to a callback, as JSON, and whether nothing follows it.
    ///
    /// # Errors
    /// [`Error::Damaged`] for a name that no controller can have given.
    pub(in crate::desk) fn call(&self, url: &str) -> Result<(Vec<u8>, bool), Error> {
        let damaged = |_| Error::Damaged { what: "what a sender is told cannot be written as JSON".into() };
        match self.intake.protocol {
            Channel::OpenDsr => {
                let named = |_| Error::Damaged { what: "a controller's name for a request is none".into() };
                let id = self.intake.reference.parse().map_err(named)?;
                let callback = opendsr::callback(&self.for_opendsr(&id), url);
                let last = matches!(callback.request_status, opendsr::Status::Completed | opendsr::Status::Cancelled);
                Ok((serde_json::to_vec(&callback).map_err(damaged)?, last))
            }
            Channel::Drp | Channel::Desk | Channel::Bulk | Channel::Scim | Channel::Exit => {
                let answer = self.for_drp();
                Ok((serde_json::to_vec(&answer).map_err(damaged)?, answer.status.is_final()))
            }
        }
    }
}

/// By which it is known whether a callback was told this already.
pub(in crate::desk) fn digest_of(body: &[u8]) -> String {
    Digest::of_bytes(body).as_str().to_owned()
}
