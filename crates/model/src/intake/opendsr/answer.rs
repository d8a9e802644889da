//! What a controller is answered (sections 7.3, 8 and 9).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::Serialize;

use super::request::{Error, SubjectRequestId};
use crate::moment::Moment;
use crate::request::{CaseState, ErasureState, ExportState, Move, State, case, erasure, export, spelled};

/// The header with the domain that the signing certificate was issued for.
pub const DOMAIN_HEADER: &str = "X-OpenDSR-Processor-Domain";
/// The header with the base64 of the signature over the raw body.
pub const SIGNATURE_HEADER: &str = "X-OpenDSR-Signature";

spelled!(
    /// The statuses of the specification (section 8).
    #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    #[serde(rename_all = "snake_case")]
    Status {
        Pending = "pending",
        InProgress = "in_progress",
        Completed = "completed",
        /// Also what was refused: the specification has no word for it, and `completed` would be a lie.
        Cancelled = "cancelled",
    }
);

/// Where a request of ours stands, as far as answers tell of it.
#[derive(Debug, Clone, Copy)]
pub struct Standing<'a> {
    /// The controller's id in this desk.
    pub controller: &'a str,
    pub id: &'a SubjectRequestId,
    pub state: State,
    /// By when it is answered.
    pub expected_by: Moment,
    /// Where the archive of a finished export can be fetched.
    pub results_url: Option<&'a str>,
    /// How many rows a finished request has exported or erased.
    pub results_count: Option<u64>,
}

/// The answer to a request that was taken (201).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Receipt {
    pub controller_id: String,
    pub expected_completion_time: Moment,
    pub received_time: Moment,
    /// Base64 of the whole body of the request, so that the signature is a receipt for it.
    pub encoded_request: String,
    pub subject_request_id: String,
}

/// The answer to the question for a status (200).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct StatusAnswer {
    pub controller_id: String,
    pub expected_completion_time: Moment,
    pub subject_request_id: String,
    pub request_status: Status,
    pub api_version: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub results_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub results_count: Option<u64>,
}

/// What is posted to each callback when a status changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Callback {
    pub controller_id: String,
    pub expected_completion_time: Moment,
    pub status_callback_url: String,
    pub subject_request_id: String,
    pub request_status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub results_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub results_count: Option<u64>,
}

/// The answer to a cancellation that was taken (202).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Cancelled {
    pub controller_id: String,
    pub subject_request_id: String,
    pub received_time: Moment,
    pub api_version: String,
}

/// The body of a refusal (section 7.6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct ErrorBody {
    pub error: ErrorContent,
}

/// What stands in the body of a refusal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct ErrorContent {
    pub code: u16,
    pub message: String,
    pub errors: Vec<ErrorDetail>,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct ErrorDetail {
    pub domain: String,
    pub reason: String,
    pub message: String,
}

/// The receipt for the raw body of a request.
pub fn receipt(standing: &Standing<'_>, received: Moment, body: &[u8]) -> Receipt {
    Receipt {
        controller_id: standing.controller.to_owned(),
        expected_completion_time: standing.expected_by,
        received_time: received,
        encoded_request: BASE64.encode(body),
        subject_request_id: standing.id.to_string(),
    }
}

/// The status of a request.
pub fn status(standing: &Standing<'_>) -> StatusAnswer {
    let (results_url, results_count) = results(standing);
    StatusAnswer {
        controller_id: standing.controller.to_owned(),
        expected_completion_time: standing.expected_by,
        subject_request_id: standing.id.to_string(),
        request_status: Status::of(standing.state),
        api_version: "2.0".to_owned(),
        results_url,
        results_count,
    }
}

/// What one callback is told.
pub fn callback(standing: &Standing<'_>, url: &str) -> Callback {
    let (results_url, results_count) = results(standing);
    Callback {
        controller_id: standing.controller.to_owned(),
        expected_completion_time: standing.expected_by,
        status_callback_url: url.to_owned(),
        subject_request_id: standing.id.to_string(),
        request_status: Status::of(standing.state),
        results_url,
        results_count,
    }
}

fn results(standing: &Standing<'_>) -> (Option<String>, Option<u64>) {
    match Status::of(standing.state) {
        Status::Completed => (standing.results_url.map(str::to_owned), standing.results_count),
        Status::Pending | Status::InProgress | Status::Cancelled => (None, None),
    }
}

/// The move that cancels a request of ours.
///
/// # Errors
/// [`Error::NotCancellable`] unless the request is still pending (section 9).
pub fn cancellation(state: State) -> Result<Move, Error> {
    let status = Status::of(state);
    if status != Status::Pending {
        return Err(Error::NotCancellable { status });
    }
    Ok(match state {
        State::Export(_) => Move::Export(export::Move::Cancel),
        State::Erasure(_) => Move::Erasure(erasure::Move::Cancel),
        State::Case(_) => Move::Case(case::Move::Cancel),
    })
}

/// The answer to a cancellation.
pub fn cancelled(standing: &Standing<'_>, received: Moment) -> Cancelled {
    Cancelled {
        controller_id: standing.controller.to_owned(),
        subject_request_id: standing.id.to_string(),
        received_time: received,
        api_version: "2.0".to_owned(),
    }
}

/// The headers of an answer or a callback whose raw body has this signature.
pub fn signature_headers(domain: &str, signature: &[u8]) -> [(&'static str, String); 2] {
    [(DOMAIN_HEADER, domain.to_owned()), (SIGNATURE_HEADER, BASE64.encode(signature))]
}

impl Status {
    /// The status of one of our states.
    pub fn of(state: State) -> Self {
        match state {
            State::Export(state) => match state {
                ExportState::Submitted | ExportState::AwaitingApproval | ExportState::Queued | ExportState::OnHold => Self::Pending,
                ExportState::Running | ExportState::Failed => Self::InProgress,
                ExportState::Ready | ExportState::Expired => Self::Completed,
                ExportState::Cancelled | ExportState::Rejected => Self::Cancelled,
            },
            State::Erasure(state) => match state {
                ErasureState::Submitted
                | ErasureState::Planned
                | ErasureState::AwaitingApproval
                | ErasureState::Scheduled
                | ErasureState::OnHold => Self::Pending,
                ErasureState::Running | ErasureState::Verifying | ErasureState::PartlyFailed | ErasureState::Failed => Self::InProgress,
                ErasureState::Completed | ErasureState::CompletedWithRetained => Self::Completed,
                ErasureState::Cancelled | ErasureState::Rejected => Self::Cancelled,
            },
            State::Case(state) => match state {
                CaseState::Open | CaseState::OnHold => Self::Pending,
                CaseState::WithRepresentative | CaseState::NeedsInfo => Self::InProgress,
                CaseState::Answered | CaseState::Closed => Self::Completed,
                CaseState::Cancelled | CaseState::Rejected => Self::Cancelled,
            },
        }
    }
}

impl Error {
    /// The body of the refusal; its HTTP code is 400, the only one that the specification has for errors.
    pub fn body(&self) -> ErrorBody {
        let reason = match self {
            Self::Json => "invalid_json",
            Self::Missing { .. } => "missing",
            Self::Field { .. } => "invalid",
            Self::Version { .. } => "unsupported_version",
            Self::NoSupportedIdentity => "unsupported_identity",
            Self::NotCancellable { .. } => "not_pending",
        };
        let message = self.to_string();
        let detail = ErrorDetail { domain: "Validation".to_owned(), reason: reason.to_owned(), message: message.clone() };
        ErrorBody { error: ErrorContent { code: 400, message, errors: vec![detail] } }
    }
}
