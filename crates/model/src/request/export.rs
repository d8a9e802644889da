//! The states of an export.

use super::Error;

spelled!(
    /// Where an export stands.
    ExportState {
        /// Asked for; nothing is decided yet.
        Submitted = "submitted",
        /// Somebody must agree.
        AwaitingApproval = "awaiting_approval",
        /// A worker will take it.
        Queued = "queued",
        /// A worker reads the sources.
        Running = "running",
        /// The archive can be downloaded.
        Ready = "ready",
        /// The archive is deleted.
        Expired = "expired",
        /// Whoever asked doesn't want it any more.
        Cancelled = "cancelled",
        /// Refused, with a reason.
        Rejected = "rejected",
        /// It could not be done; it can be tried again.
        Failed = "failed",
        /// Somebody of the platform looks at it first.
        OnHold = "on_hold",
    }
);

spelled!(
    /// What may happen to an export.
    Move {
        /// Somebody must agree first.
        AskApproval = "ask_approval",
        /// Everybody who must has agreed.
        Enqueue = "enqueue",
        /// A worker has taken it.
        Start = "start",
        /// A worker was lost, or a source was away: another attempt follows by itself.
        Retry = "retry",
        /// The archive is stored.
        Deliver = "deliver",
        /// The archive is deleted: its time is over, or somebody in it was erased.
        Expire = "expire",
        Cancel = "cancel",
        Reject = "reject",
        Fail = "fail",
        /// Somebody of the platform stops it for a look.
        Suspend = "suspend",
        /// The look is over: it is decided anew.
        Release = "release",
    }
);

impl ExportState {
    /// The state after a move.
    ///
    /// # Errors
    /// [`Error::Export`] names the state and the move for every pair that is not listed as legal.
    pub fn after(self, attempted: Move) -> Result<Self, Error> {
        use ExportState::{AwaitingApproval, Cancelled, Expired, Failed, OnHold, Queued, Ready, Rejected, Running, Submitted};
        use Move::{AskApproval, Cancel, Deliver, Enqueue, Expire, Fail, Reject, Release, Retry, Start, Suspend};
        match (self, attempted) {
            (Submitted, AskApproval) => Ok(AwaitingApproval),
            (Submitted | AwaitingApproval, Enqueue) => Ok(Queued),
            (Queued, Start) => Ok(Running),
            (Running, Retry) => Ok(Queued),
            (Running, Deliver) => Ok(Ready),
            (Ready, Expire) => Ok(Expired),
            // What failed was agreed to: trying again needs nobody's leave.
            (Failed, Enqueue) => Ok(Queued),
            (Submitted | AwaitingApproval | Queued | Running, Fail) => Ok(Failed),
            // An export changes nothing, so it can be given up at any time.
            (Submitted | AwaitingApproval | Queued | Running | Failed | OnHold, Cancel) => Ok(Cancelled),
            // Also by a worker that finds the subject changed or erased.
            (Submitted | AwaitingApproval | Queued | Running | Failed | OnHold, Reject) => Ok(Rejected),
            (Submitted | AwaitingApproval | Queued, Suspend) => Ok(OnHold),
            (OnHold, Release) => Ok(Submitted),

            (Submitted, Start | Retry | Deliver | Expire | Release)
            | (AwaitingApproval, AskApproval | Start | Retry | Deliver | Expire | Release)
            | (Queued, AskApproval | Enqueue | Retry | Deliver | Expire | Release)
            | (Running, AskApproval | Enqueue | Start | Expire | Suspend | Release)
            | (Ready, AskApproval | Enqueue | Start | Retry | Deliver | Cancel | Reject | Fail | Suspend | Release)
            | (Failed, AskApproval | Start | Retry | Deliver | Expire | Fail | Suspend | Release)
            | (OnHold, AskApproval | Enqueue | Start | Retry | Deliver | Expire | Fail | Suspend)
            | (
                Expired | Cancelled | Rejected,
                AskApproval | Enqueue | Start | Retry | Deliver | Expire | Cancel | Reject | Fail | Suspend | Release,
            ) => Err(Error::Export { state: self, attempted }),
        }
    }

    /// Whether nothing moves it any more.
    pub fn is_final(self) -> bool {
        match self {
            Self::Expired | Self::Cancelled | Self::Rejected => true,
            Self::Submitted | Self::AwaitingApproval | Self::Queued | Self::Running | Self::Ready | Self::Failed | Self::OnHold => false,
        }
    }

    /// Whether somebody waits for an answer: the request's due date counts.
    pub fn is_unanswered(self) -> bool {
        match self {
            Self::Submitted | Self::AwaitingApproval | Self::Queued | Self::Running | Self::Failed | Self::OnHold => true,
            Self::Ready | Self::Expired | Self::Cancelled | Self::Rejected => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn final_states_stay() {
        for state in ExportState::ALL.iter().copied().filter(|state| state.is_final()) {
            for attempted in Move::ALL.iter().copied() {
                assert_eq!(state.after(attempted), Err(Error::Export { state, attempted }));
            }
        }
    }

    #[test]
    fn an_archive_is_delivered_only_by_a_running_export() {
        for state in ExportState::ALL.iter().copied() {
            assert_eq!(state.after(Move::Deliver).is_ok(), state == ExportState::Running, "{state}");
        }
    }

    #[test]
    fn illegal_moves_name_both_sides() {
        let got = ExportState::Ready.after(Move::Cancel).unwrap_err().to_string();
        assert_eq!(got, "an export that is ready cannot cancel");
    }
}
