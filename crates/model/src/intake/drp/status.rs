//! What is answered about a request.

use std::str::FromStr;

use serde::Serialize;

use crate::identity::IntakeId;
use crate::moment::Moment;
use crate::request::reason::Rejection;
use crate::request::{CaseState, ErasureState, ExportState, Move, State, case, erasure, export, spelled};

spelled!(
    /// The states of the protocol (section 3.02).
    #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    #[serde(rename_all = "snake_case")]
    Status {
        Open = "open",
        InProgress = "in_progress",
        Fulfilled = "fulfilled",
        Revoked = "revoked",
        Denied = "denied",
        Expired = "expired",
    }
);

spelled!(
    /// Why a request is in its state (section 3.02).
    #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    #[serde(rename_all = "snake_case")]
    Reason {
        /// Nobody implements it, and neither do we.
        NeedUserVerification = "need_user_verification",
        SuspectedFraud = "suspected_fraud",
        InsufVerification = "insuf_verification",
        NoMatch = "no_match",
        ClaimNotCovered = "claim_not_covered",
        OutsideJurisdiction = "outside_jurisdiction",
        TooManyRequests = "too_many_requests",
        Other = "other",
    }
);

/// The status of a request (section 3.03).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct StatusAnswer {
    pub request_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_request_id: Option<String>,
    pub status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    pub received_at: Moment,
    /// Given as long as an answer is due.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected_by: Option<Moment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub processing_details: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub results_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Moment>,
}

/// Where a request of ours stands, as far as the answer tells of it.
#[derive(Debug, Clone)]
pub struct Standing<'a> {
    pub request: &'a IntakeId,
    pub agent_request: Option<&'a str>,
    pub state: State,
    /// Why it was rejected.
    pub rejection: Option<Rejection>,
    pub received: Moment,
    /// By when it is answered; with an extension, by when it is answered then.
    pub expected_by: Moment,
    /// Why the date was put off, as the person is told.
    pub extension: Option<&'a str>,
    /// Where the archive of a finished export can be fetched.
    pub results: Option<Results<'a>>,
}

/// Where the archive of a finished export can be fetched, and until when.
#[derive(Debug, Clone, Copy)]
pub struct Results<'a> {
    pub url: &'a str,
    pub expires: Moment,
}

/// The answer about a request.
pub fn status(standing: &Standing<'_>) -> StatusAnswer {
    let status = Status::of(standing.state);
    let is_unanswered = matches!(status, Status::Open | Status::InProgress);
    let reason = match status {
        Status::Denied => Some(standing.rejection.map_or(Reason::Other, Reason::of)),
        Status::Open | Status::InProgress | Status::Fulfilled | Status::Revoked | Status::Expired => None,
    };
    let results = standing.results.filter(|_| status == Status::Fulfilled);
    StatusAnswer {
        request_id: standing.request.to_string(),
        agent_request_id: standing.agent_request.map(str::to_owned),
        status,
        reason,
        received_at: standing.received,
        expected_by: is_unanswered.then_some(standing.expected_by),
        processing_details: details(standing, status),
        results_url: results.map(|results| results.url.to_owned()),
        expires_at: results.map(|results| results.expires),
    }
}

/// What the person should know beside the state. A refusal has to have one.
fn details(standing: &Standing<'_>, status: Status) -> Option<String> {
    match (status, standing.state, standing.rejection) {
        (Status::Denied, _, Some(rejection)) => Some(rejection.as_str().to_owned()),
        (Status::Denied, _, None) => Some("refused".to_owned()),
        (_, State::Erasure(ErasureState::CompletedWithRetained), _) => {
            Some("erased, but for data that must stay; the certificate says what and why".to_owned())
        }
        (Status::Open | Status::InProgress, _, _) => standing.extension.map(str::to_owned),
        (Status::Fulfilled | Status::Revoked | Status::Expired, _, _) => None,
    }
}

/// The move that revokes a request of ours (section 2.04); `None` where it can no longer be revoked.
pub fn revoked_by(state: State) -> Option<Move> {
    match state {
        State::Export(state) => state.after(export::Move::Cancel).ok().map(|_| Move::Export(export::Move::Cancel)),
        State::Erasure(state) => state.after(erasure::Move::Cancel).ok().map(|_| Move::Erasure(erasure::Move::Cancel)),
        State::Case(state) => state.after(case::Move::Cancel).ok().map(|_| Move::Case(case::Move::Cancel)),
    }
}

impl Status {
    /// The protocol's state for one of ours.
    ///
    /// A request goes on where ours has failed and is tried again. One that the desk received itself is in progress at once (section 3.03).
    pub fn of(state: State) -> Self {
        match state {
            State::Export(state) => match state {
                ExportState::Submitted
                | ExportState::AwaitingApproval
                | ExportState::Queued
                | ExportState::Running
                | ExportState::Failed
                | ExportState::OnHold => Self::InProgress,
                ExportState::Ready => Self::Fulfilled,
                ExportState::Expired => Self::Expired,
                ExportState::Cancelled => Self::Revoked,
                ExportState::Rejected => Self::Denied,
            },
            State::Erasure(state) => match state {
                ErasureState::Submitted
                | ErasureState::Planned
                | ErasureState::AwaitingApproval
                | ErasureState::Scheduled
                | ErasureState::Running
                | ErasureState::Verifying
                | ErasureState::PartlyFailed
                | ErasureState::Failed
                | ErasureState::OnHold => Self::InProgress,
                ErasureState::Completed | ErasureState::CompletedWithRetained => Self::Fulfilled,
                ErasureState::Cancelled => Self::Revoked,
                ErasureState::Rejected => Self::Denied,
            },
            State::Case(state) => match state {
                CaseState::Open => Self::Open,
                CaseState::WithRepresentative | CaseState::NeedsInfo | CaseState::OnHold => Self::InProgress,
                CaseState::Answered | CaseState::Closed => Self::Fulfilled,
                CaseState::Cancelled => Self::Revoked,
                CaseState::Rejected => Self::Denied,
            },
        }
    }

    /// Whether nothing follows it.
    pub fn is_final(self) -> bool {
        match self {
            Self::Open | Self::InProgress => false,
            Self::Fulfilled | Self::Revoked | Self::Denied | Self::Expired => true,
        }
    }
}

impl Reason {
    /// The protocol's reason for one of ours.
    pub fn of(rejection: Rejection) -> Self {
        match rejection {
            Rejection::IdentityNotVerified => Self::InsufVerification,
            Rejection::NoSuchData | Rejection::Erased => Self::NoMatch,
            Rejection::LegalObligation | Rejection::LegalClaims => Self::ClaimNotCovered,
            Rejection::NotAuthorized
            | Rejection::Duplicate
            | Rejection::NotApproved
            | Rejection::NotConfirmed
            | Rejection::Unfounded
            | Rejection::LastAdmin
            | Rejection::SubjectChanged => Self::Other,
        }
    }

    /// Our reason that is nearest to the protocol's; `None` where there is none.
    pub fn rejection(self) -> Option<Rejection> {
        match self {
            Self::SuspectedFraud | Self::InsufVerification => Some(Rejection::IdentityNotVerified),
            Self::NoMatch => Some(Rejection::NoSuchData),
            Self::ClaimNotCovered => Some(Rejection::LegalObligation),
            Self::TooManyRequests => Some(Rejection::Unfounded),
            Self::NeedUserVerification | Self::OutsideJurisdiction | Self::Other => None,
        }
    }
}

/// The text is none of the protocol's states.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the protocol has no state `{text}`")]
pub struct UnknownStatus {
    pub text: String,
}

impl FromStr for Status {
    type Err = UnknownStatus;

    fn from_str(text: &str) -> Result<Self, UnknownStatus> {
        Self::ALL.iter().copied().find(|status| status.as_str() == text).ok_or_else(|| UnknownStatus { text: text.to_owned() })
    }
}
