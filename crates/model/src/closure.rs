//! Closed seats: an identity provider has said that somebody works there no more.
//!
//! Whoever is closed signs in to the contract no more, whatever the platform still says: of two statements the narrower one holds. Nothing is
//! erased by it. For each seat that the platform has under the address, an erasure is *proposed*, once.

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::identity::RequestId;
use crate::request::{Channel, ErasureState, State};

/// What became of one seat of somebody who was closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// Keyed hash of the seat.
    pub subject: Digest,
    pub outcome: Outcome,
    /// The request that was made, or that stood in the way.
    pub request: Option<RequestId>,
}

/// Whether an erasure was proposed, and why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Proposed,
    /// Somebody has asked for it already.
    AskedBefore,
    /// The erasure of the whole contract was asked for, and takes the seat along once it is decided and done.
    Covered,
    /// The contract would be left without an admin.
    LastAdmin,
}

impl Outcome {
    /// As the store and the API spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::AskedBefore => "asked_before",
            Self::Covered => "covered",
            Self::LastAdmin => "last_admin",
        }
    }

    /// Whether a repeated closing tries again. What was proposed once isn't proposed again, whatever an admin decided about it.
    pub fn is_to_be_tried_again(self) -> bool {
        match self {
            Self::Proposed => false,
            Self::AskedBefore | Self::Covered | Self::LastAdmin => true,
        }
    }
}

/// What a reopened seat does to the erasure that was proposed for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reopening {
    /// Nobody has agreed yet: it is withdrawn.
    Withdraws,
    /// Somebody has: they are told, and can still cancel it.
    Tells,
    /// It is over, or cannot be stopped any more.
    Nothing,
}

/// What becomes of a request when the provider opens the seat again.
pub fn reopening(channel: Channel, state: State) -> Reopening {
    let State::Erasure(state) = state else { return Reopening::Nothing };
    if channel != Channel::Scim {
        return Reopening::Nothing;
    }
    match state {
        ErasureState::Submitted | ErasureState::Planned | ErasureState::AwaitingApproval | ErasureState::Failed | ErasureState::OnHold => {
            Reopening::Withdraws
        }
        ErasureState::Scheduled => Reopening::Tells,
        ErasureState::Running
        | ErasureState::Verifying
        | ErasureState::PartlyFailed
        | ErasureState::Completed
        | ErasureState::CompletedWithRetained
        | ErasureState::Cancelled
        | ErasureState::Rejected => Reopening::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::erasure::Move;

    #[test]
    fn whatever_is_withdrawn_can_be_cancelled() {
        for state in ErasureState::ALL.iter().copied() {
            let got = reopening(Channel::Scim, State::Erasure(state));
            assert!(got != Reopening::Withdraws || state.after(Move::Cancel).is_ok(), "{state}");
        }
    }

    #[test]
    fn what_an_admin_asked_for_or_agreed_to_is_not_withdrawn_by_a_provider() {
        assert_eq!(reopening(Channel::Desk, State::Erasure(ErasureState::Submitted)), Reopening::Nothing);
        assert_eq!(reopening(Channel::Scim, State::Erasure(ErasureState::Scheduled)), Reopening::Tells);
        assert_eq!(reopening(Channel::Scim, State::Erasure(ErasureState::Running)), Reopening::Nothing);
    }
}
