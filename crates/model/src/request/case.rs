//! The states of a case: a request for other data, or for the deletion of enterprise data, that people handle.

use super::Error;

spelled!(
    /// Where a case stands.
    CaseState {
        /// Nobody of the platform has taken it yet.
        Open = "open",
        /// A representative works on it.
        WithRepresentative = "with_representative",
        /// The customer must tell or confirm something.
        NeedsInfo = "needs_info",
        /// Answered, and handed back to the customer.
        Answered = "answered",
        Closed = "closed",
        Cancelled = "cancelled",
        /// Refused, with a reason.
        Rejected = "rejected",
        /// Somebody of the platform stops it for a while.
        OnHold = "on_hold",
    }
);

spelled!(
    /// What may happen to a case.
    Move {
        /// A representative takes it.
        Take = "take",
        /// The representative asks the customer.
        Ask = "ask",
        /// The customer has told what was asked.
        Tell = "tell",
        /// The representative answers and hands it back.
        Answer = "answer",
        /// The customer isn't content: the representative takes it up again.
        HandBack = "hand_back",
        Close = "close",
        Cancel = "cancel",
        Reject = "reject",
        Suspend = "suspend",
        Release = "release",
    }
);

impl CaseState {
    /// The state after a move.
    ///
    /// # Errors
    /// [`Error::Case`] names the state and the move for every pair that is not listed as legal.
    pub fn after(self, attempted: Move) -> Result<Self, Error> {
        use CaseState::{Answered, Cancelled, Closed, NeedsInfo, OnHold, Open, Rejected, WithRepresentative};
        use Move::{Answer, Ask, Cancel, Close, HandBack, Reject, Release, Suspend, Take, Tell};
        match (self, attempted) {
            (Open, Take) => Ok(WithRepresentative),
            (WithRepresentative, Ask) => Ok(NeedsInfo),
            (NeedsInfo, Tell) => Ok(WithRepresentative),
            (WithRepresentative | NeedsInfo, Answer) => Ok(Answered),
            (Answered, HandBack) => Ok(WithRepresentative),
            (Answered, Close) => Ok(Closed),
            (Open | WithRepresentative | NeedsInfo | OnHold, Cancel) => Ok(Cancelled),
            (Open | WithRepresentative | NeedsInfo | OnHold, Reject) => Ok(Rejected),
            (Open | WithRepresentative | NeedsInfo, Suspend) => Ok(OnHold),
            (OnHold, Release) => Ok(Open),

            (Open, Ask | Tell | Answer | HandBack | Close | Release)
            | (WithRepresentative, Take | Tell | HandBack | Close | Release)
            | (NeedsInfo, Take | Ask | HandBack | Close | Release)
            | (Answered, Take | Ask | Tell | Answer | Cancel | Reject | Suspend | Release)
            | (OnHold, Take | Ask | Tell | Answer | HandBack | Close | Suspend)
            | (Closed | Cancelled | Rejected, Take | Ask | Tell | Answer | HandBack | Close | Cancel | Reject | Suspend | Release) => {
                Err(Error::Case { state: self, attempted })
            }
        }
    }

    /// Whether nothing moves it any more.
    pub fn is_final(self) -> bool {
        match self {
            Self::Closed | Self::Cancelled | Self::Rejected => true,
            Self::Open | Self::WithRepresentative | Self::NeedsInfo | Self::Answered | Self::OnHold => false,
        }
    }

    /// Whether somebody waits for an answer: the case's due date counts.
    pub fn is_unanswered(self) -> bool {
        match self {
            Self::Open | Self::WithRepresentative | Self::NeedsInfo | Self::OnHold => true,
            Self::Answered | Self::Closed | Self::Cancelled | Self::Rejected => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_is_closed_only_when_it_was_answered() {
        for state in CaseState::ALL.iter().copied() {
            assert_eq!(state.after(Move::Close).is_ok(), state == CaseState::Answered, "{state}");
        }
    }

    #[test]
    fn final_states_stay() {
        for state in CaseState::ALL.iter().copied().filter(|state| state.is_final()) {
            assert!(Move::ALL.iter().all(|attempted| state.after(*attempted).is_err()), "{state}");
        }
    }
}
