//! The states of an erasure.
//!
//! `running` is the point of no return: a worker may have destroyed rows. What comes back from it to an earlier state, did so before anything was
//! destroyed, which the run's journal proves.

use super::Error;

spelled!(
    /// Where an erasure stands.
    ErasureState {
        /// Asked for; its plan is not made yet.
        Submitted = "submitted",
        /// Its plan with exact counts is made.
        Planned = "planned",
        /// Somebody must agree to the plan.
        AwaitingApproval = "awaiting_approval",
        /// It starts at a stated time and can be cancelled until then.
        Scheduled = "scheduled",
        /// A worker erases. It cannot be cancelled any more.
        Running = "running",
        /// Rows and files are counted again.
        Verifying = "verifying",
        Completed = "completed",
        /// Done, and rows stay for reasons that the certificate states.
        CompletedWithRetained = "completed_with_retained",
        /// Something of the plan is left; it resumes by itself.
        PartlyFailed = "partly_failed",
        /// Whoever asked doesn't want it any more. Nothing was erased.
        Cancelled = "cancelled",
        /// Refused, with a reason. Nothing was erased.
        Rejected = "rejected",
        /// It could not be begun; nothing was erased, and it can be tried again.
        Failed = "failed",
        /// A hold stops it. Nothing was erased.
        OnHold = "on_hold",
    }
);

spelled!(
    /// What may happen to an erasure.
    Move {
        /// A plan with exact counts is made.
        Plan = "plan",
        /// The plan waits for approval.
        AskApproval = "ask_approval",
        /// Everybody who must has agreed; the waiting period begins.
        Schedule = "schedule",
        /// The platform's data isn't what was approved any more: another plan is needed. Nothing was erased.
        Replan = "replan",
        /// A worker has taken it.
        Start = "start",
        /// A worker was lost, or a source was away, before anything was erased: another attempt follows by itself.
        Retry = "retry",
        /// Every source was acted on.
        Verify = "verify",
        Complete = "complete",
        CompleteWithRetained = "complete_with_retained",
        /// Something of the plan is left.
        FailPartly = "fail_partly",
        /// What is left is taken up again.
        Resume = "resume",
        Cancel = "cancel",
        Reject = "reject",
        Fail = "fail",
        /// A hold was placed on what it would erase.
        Suspend = "suspend",
        /// No hold is left: it is planned anew.
        Release = "release",
    }
);

impl ErasureState {
    /// The state after a move.
    ///
    /// # Errors
    /// [`Error::Erasure`] names the state and the move for every pair that is not listed as legal.
    pub fn after(self, attempted: Move) -> Result<Self, Error> {
        use ErasureState::{
            AwaitingApproval, Cancelled, Completed, CompletedWithRetained, Failed, OnHold, PartlyFailed, Planned, Rejected, Running,
            Scheduled, Submitted, Verifying,
        };
        use Move::{
            AskApproval, Cancel, Complete, CompleteWithRetained, Fail, FailPartly, Plan, Reject, Release, Replan, Resume, Retry, Schedule,
            Start, Suspend, Verify,
        };
        match (self, attempted) {
            (Submitted | Failed, Plan) => Ok(Planned),
            (Planned, AskApproval) => Ok(AwaitingApproval),
            (Planned | AwaitingApproval, Schedule) => Ok(Scheduled),
            (Planned | AwaitingApproval | Scheduled | Running, Replan) => Ok(Submitted),
            (Scheduled, Start) => Ok(Running),
            (Running, Retry) => Ok(Scheduled),
            (Running, Verify) => Ok(Verifying),
            (Verifying, Complete) => Ok(Completed),
            (Verifying, Move::CompleteWithRetained) => Ok(ErasureState::CompletedWithRetained),
            (Verifying, FailPartly) => Ok(PartlyFailed),
            (PartlyFailed, Resume) => Ok(Running),
            (Submitted | Planned | AwaitingApproval | Scheduled | Running, Fail) => Ok(Failed),
            (Submitted | Planned | AwaitingApproval | Scheduled | Failed | OnHold, Cancel) => Ok(Cancelled),
            (Submitted | Planned | AwaitingApproval | Scheduled | Failed | OnHold, Reject) => Ok(Rejected),
            (Submitted | Planned | AwaitingApproval | Scheduled | Failed, Suspend) => Ok(OnHold),
            (OnHold, Release) => Ok(Submitted),

            (
                Submitted,
                AskApproval | Schedule | Replan | Start | Retry | Verify | Complete | CompleteWithRetained | FailPartly | Resume | Release,
            )
            | (Planned, Plan | Start | Retry | Verify | Complete | CompleteWithRetained | FailPartly | Resume | Release)
            | (
                AwaitingApproval,
                Plan | AskApproval | Start | Retry | Verify | Complete | CompleteWithRetained | FailPartly | Resume | Release,
            )
            | (
                Scheduled,
                Plan | AskApproval | Schedule | Retry | Verify | Complete | CompleteWithRetained | FailPartly | Resume | Release,
            )
            | (
                Running,
                Plan | AskApproval | Schedule | Start | Complete | CompleteWithRetained | FailPartly | Resume | Cancel | Reject | Suspend
                | Release,
            )
            | (
                Verifying,
                Plan | AskApproval | Schedule | Replan | Start | Retry | Verify | Resume | Cancel | Reject | Fail | Suspend | Release,
            )
            | (
                PartlyFailed,
                Plan | AskApproval | Schedule | Replan | Start | Retry | Verify | Complete | CompleteWithRetained | FailPartly | Cancel
                | Reject | Fail | Suspend | Release,
            )
            | (
                Failed,
                AskApproval | Schedule | Replan | Start | Retry | Verify | Complete | CompleteWithRetained | FailPartly | Resume | Fail
                | Release,
            )
            | (
                OnHold,
                Plan | AskApproval | Schedule | Replan | Start | Retry | Verify | Complete | CompleteWithRetained | FailPartly | Resume
                | Fail | Suspend,
            )
            | (
                Completed | CompletedWithRetained | Cancelled | Rejected,
                Plan | AskApproval | Schedule | Replan | Start | Retry | Verify | Complete | CompleteWithRetained | FailPartly | Resume
                | Cancel | Reject | Fail | Suspend | Release,
            ) => Err(Error::Erasure { state: self, attempted }),
        }
    }

    /// Whether nothing moves it any more.
    pub fn is_final(self) -> bool {
        match self {
            Self::Completed | Self::CompletedWithRetained | Self::Cancelled | Self::Rejected => true,
            Self::Submitted
            | Self::Planned
            | Self::AwaitingApproval
            | Self::Scheduled
            | Self::Running
            | Self::Verifying
            | Self::PartlyFailed
            | Self::Failed
            | Self::OnHold => false,
        }
    }

    /// Whether somebody waits for an answer: the request's due date counts.
    pub fn is_unanswered(self) -> bool {
        !self.is_final()
    }

    /// Whether it has begun and has not ended: rows may be gone, and may be there.
    pub fn has_begun(self) -> bool {
        match self {
            Self::Running | Self::Verifying | Self::PartlyFailed => true,
            Self::Submitted
            | Self::Planned
            | Self::AwaitingApproval
            | Self::Scheduled
            | Self::Completed
            | Self::CompletedWithRetained
            | Self::Cancelled
            | Self::Rejected
            | Self::Failed
            | Self::OnHold => false,
        }
    }

    /// Whether it is sure that nothing was erased.
    pub fn has_erased_nothing(self) -> bool {
        match self {
            Self::Submitted
            | Self::Planned
            | Self::AwaitingApproval
            | Self::Scheduled
            | Self::Cancelled
            | Self::Rejected
            | Self::Failed
            | Self::OnHold => true,
            Self::Running | Self::Verifying | Self::PartlyFailed | Self::Completed | Self::CompletedWithRetained => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn legal(state: ErasureState, attempted: Move) -> bool {
        state.after(attempted).is_ok()
    }

    #[test]
    fn nothing_is_completed_without_having_been_verified() {
        for state in ErasureState::ALL.iter().copied() {
            for attempted in [Move::Complete, Move::CompleteWithRetained] {
                assert_eq!(legal(state, attempted), state == ErasureState::Verifying, "{state} {attempted}");
            }
        }
    }

    #[test]
    fn nothing_starts_that_was_not_scheduled() {
        for state in ErasureState::ALL.iter().copied() {
            assert_eq!(legal(state, Move::Start), state == ErasureState::Scheduled, "{state}");
        }
    }

    #[test]
    fn whatever_may_have_erased_cannot_be_cancelled_or_rejected() {
        for state in ErasureState::ALL.iter().copied().filter(|state| !state.has_erased_nothing()) {
            assert!(!legal(state, Move::Cancel) && !legal(state, Move::Reject), "{state}");
        }
    }

    #[test]
    fn nobody_but_a_worker_moves_what_may_have_erased() {
        for state in ErasureState::ALL.iter().copied().filter(|state| !state.has_erased_nothing()) {
            for attempted in [Move::Cancel, Move::Reject, Move::Suspend, Move::Release, Move::Schedule] {
                assert!(!legal(state, attempted), "{state} {attempted}");
            }
        }
    }

    #[test]
    fn whatever_is_partly_failed_ends_only_through_another_verification() {
        let after = Move::ALL.iter().filter_map(|attempted| ErasureState::PartlyFailed.after(*attempted).ok());
        assert_eq!(after.collect::<Vec<_>>(), [ErasureState::Running]);
    }

    #[test]
    fn final_states_stay() {
        for state in ErasureState::ALL.iter().copied().filter(|state| state.is_final()) {
            assert!(Move::ALL.iter().all(|attempted| !legal(state, *attempted)), "{state}");
        }
    }
}
