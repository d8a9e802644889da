//! What happened, as receivers are told.

use serde::Serialize;

use crate::exit;
use crate::identity::{ExitId, RequestId, WebhookId};
use crate::moment::Moment;
use crate::request::{CaseState, ErasureState, ExportState, Scope, State, spelled};

spelled!(
    /// What receivers are told of. Each move of a request is told once, by the most telling of these.
    Event {
        /// Somebody asked for something.
        RequestSubmitted = "request.submitted",
        /// A request moved in a way that no other event names.
        RequestStateChanged = "request.state_changed",
        /// A request was refused.
        RequestRejected = "request.rejected",
        /// A request was given up.
        RequestCancelled = "request.cancelled",
        /// A request could not be carried out; it can be tried again.
        RequestFailed = "request.failed",
        /// An archive can be downloaded.
        ExportReady = "export.ready",
        /// The archive is deleted.
        ExportExpired = "export.expired",
        /// An erasure has ended, with its certificate; what was retained stands there.
        ErasureCompleted = "erasure.completed",
        /// Something of an erasure is left; it goes on by itself.
        ErasurePartlyFailed = "erasure.partly_failed",
        /// A case was answered.
        CaseAnswered = "case.answered",
        /// Notice was given: the exit of a contract begins.
        ExitBegun = "exit.begun",
        /// Something was done in an exit, or a date of it has come.
        ExitMoved = "exit.moved",
        /// An exit has come to its end: everything is erased, or the customer stays.
        ExitEnded = "exit.ended",
        /// Somebody tries a webhook out; sent to that one alone.
        Test = "webhook.test",
    }
);

impl Event {
    /// The event of this spelling.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|event| event.as_str() == text)
    }

    /// What has happened to a request that is in this state now.
    pub fn of(state: State) -> Self {
        match state {
            State::Export(ExportState::Ready) => Self::ExportReady,
            State::Export(ExportState::Expired) => Self::ExportExpired,
            State::Erasure(ErasureState::Completed | ErasureState::CompletedWithRetained) => Self::ErasureCompleted,
            State::Erasure(ErasureState::PartlyFailed) => Self::ErasurePartlyFailed,
            State::Case(CaseState::Answered) => Self::CaseAnswered,
            State::Export(ExportState::Failed) | State::Erasure(ErasureState::Failed) => Self::RequestFailed,
            State::Export(ExportState::Rejected) | State::Erasure(ErasureState::Rejected) | State::Case(CaseState::Rejected) => {
                Self::RequestRejected
            }
            State::Export(ExportState::Cancelled) | State::Erasure(ErasureState::Cancelled) | State::Case(CaseState::Cancelled) => {
                Self::RequestCancelled
            }
            State::Export(
                ExportState::Submitted | ExportState::AwaitingApproval | ExportState::Queued | ExportState::Running | ExportState::OnHold,
            )
            | State::Erasure(
                ErasureState::Submitted
                | ErasureState::Planned
                | ErasureState::AwaitingApproval
                | ErasureState::Scheduled
                | ErasureState::Running
                | ErasureState::Verifying
                | ErasureState::OnHold,
            )
            | State::Case(CaseState::Open | CaseState::WithRepresentative | CaseState::NeedsInfo | CaseState::Closed | CaseState::OnHold) => {
                Self::RequestStateChanged
            }
        }
    }

    /// What has happened to an exit that is in this state now; `from` is none when it begins.
    pub fn of_exit(from: Option<exit::State>, state: exit::State) -> Self {
        match (from, state) {
            (None, _) => Self::ExitBegun,
            (Some(_), exit::State::Erased | exit::State::Withdrawn) => Self::ExitEnded,
            (
                Some(_),
                exit::State::Notice
                | exit::State::SwitchElected
                | exit::State::ErasureElected
                | exit::State::Transition
                | exit::State::ExtendedTransition
                | exit::State::Retrieval
                | exit::State::ErasureDue,
            ) => Self::ExitMoved,
        }
    }

    /// When it is sent, for people.
    pub fn occasion(self) -> &'static str {
        match self {
            Self::RequestSubmitted => "somebody asked for something",
            Self::RequestStateChanged => "a request moved in a way that no other event names",
            Self::RequestRejected => "a request was refused",
            Self::RequestCancelled => "a request was given up",
            Self::RequestFailed => "a request could not be carried out; it can be tried again",
            Self::ExportReady => "an archive can be downloaded",
            Self::ExportExpired => "the archive is deleted",
            Self::ErasureCompleted => "an erasure has ended, as `completed` or `completed_with_retained`; its certificate can be read",
            Self::ErasurePartlyFailed => "something of an erasure is left; it goes on by itself",
            Self::CaseAnswered => "a case was answered",
            Self::ExitBegun => "notice was given: the exit of a contract begins",
            Self::ExitMoved => "something was done in an exit, or a date of it has come",
            Self::ExitEnded => "an exit has come to its end, as `erased` or `withdrawn`",
            Self::Test => "somebody tries a webhook out; sent to that one alone, whatever it has chosen",
        }
    }

    /// Whether a receiver can choose it: a trial is sent whatever was chosen.
    pub fn can_be_chosen(self) -> bool {
        match self {
            Self::RequestSubmitted
            | Self::RequestStateChanged
            | Self::RequestRejected
            | Self::RequestCancelled
            | Self::RequestFailed
            | Self::ExportReady
            | Self::ExportExpired
            | Self::ErasureCompleted
            | Self::ErasurePartlyFailed
            | Self::CaseAnswered
            | Self::ExitBegun
            | Self::ExitMoved
            | Self::ExitEnded => true,
            Self::Test => false,
        }
    }
}

/// The request that an event is about: nothing of this names a person.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    pub request: &'a RequestId,
    pub scope: Scope,
    pub contract: &'a str,
    pub state: State,
}

#[derive(Serialize)]
struct Body<D> {
    #[serde(rename = "type")]
    event: &'static str,
    timestamp: Moment,
    data: D,
}

#[derive(Serialize)]
struct RequestData<'a> {
    request: &'a RequestId,
    kind: &'static str,
    scope: &'static str,
    contract: &'a str,
    state: &'static str,
}

/// The exit that an event is about. What was said in it is none of it.
#[derive(Debug, Clone, Copy)]
pub struct AboutExit<'a> {
    pub exit: &'a ExitId,
    pub contract: &'a str,
    /// `give_notice`, or the move.
    pub made: &'a str,
    pub state: exit::State,
}

#[derive(Serialize)]
struct ExitData<'a> {
    exit: &'a ExitId,
    contract: &'a str,
    #[serde(rename = "move")]
    made: &'a str,
    state: &'static str,
}

#[derive(Serialize)]
struct TestData<'a> {
    webhook: &'a WebhookId,
}

/// The body that tells of an event, byte for byte as it is signed.
pub fn body(event: Event, at: Moment, about: &About<'_>) -> String {
    let About { request, scope, contract, state } = *about;
    let data = RequestData { request, kind: state.kind().as_str(), scope: scope.as_str(), contract, state: state.as_str() };
    written(&Body { event: event.as_str(), timestamp: at, data })
}

/// The body that tells of an event of an exit.
pub fn exit_body(event: Event, at: Moment, about: &AboutExit<'_>) -> String {
    let AboutExit { exit, contract, made, state } = *about;
    written(&Body { event: event.as_str(), timestamp: at, data: ExitData { exit, contract, made, state: state.as_str() } })
}

/// The body of a trial.
pub fn test_body(at: Moment, webhook: &WebhookId) -> String {
    written(&Body { event: Event::Test.as_str(), timestamp: at, data: TestData { webhook } })
}

fn written<D: Serialize>(body: &Body<D>) -> String {
    // Unwrap safety: texts and a moment always serialise.
    #[expect(clippy::unwrap_used, reason = "plain data always serialises")]
    serde_json::to_string(body).unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_says_what_happened_to_which_request_and_nothing_of_people() {
        let request = RequestId::from_random(7);
        let state = State::Export(ExportState::Ready);
        let about = About { request: &request, scope: Scope::Seat, contract: "12", state };
        let got = body(Event::of(state), Moment::from_microseconds(1_700_000_000_000_000).unwrap(), &about);
        let want = r#"{"type":"export.ready","timestamp":"2023-11-14T22:13:20.000000Z","data":{"request":"00000000000000000000000000000007","kind":"export","scope":"seat","contract":"12","state":"ready"}}"#;
        assert_eq!(got, want);
    }

    #[test]
    fn a_body_says_what_was_done_in_which_exit_and_nothing_of_what_was_said() {
        let exit = ExitId::from_random(7);
        let (from, state) = (exit::State::Notice, exit::State::Withdrawn);
        let about = AboutExit { exit: &exit, contract: "12", made: "withdraw", state };
        let got = exit_body(Event::of_exit(Some(from), state), Moment::from_microseconds(1_700_000_000_000_000).unwrap(), &about);
        let want = r#"{"type":"exit.ended","timestamp":"2023-11-14T22:13:20.000000Z","data":{"exit":"00000000000000000000000000000007","contract":"12","move":"withdraw","state":"withdrawn"}}"#;
        assert_eq!(got, want);
    }

    #[test]
    fn every_event_is_found_by_its_spelling() {
        for event in Event::ALL.iter().copied() {
            assert_eq!(Event::parse(event.as_str()), Some(event));
        }
        assert_eq!(Event::parse("export.Ready"), None);
    }
}
