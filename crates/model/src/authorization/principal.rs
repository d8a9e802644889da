//! Who acts, and where what they are is held.

use std::collections::BTreeSet;

use super::action::Action;
use super::table::{Reach, reach};
use crate::identity::{PrincipalId, Role};

/// Where a role is held. Keys are as the directory writes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grant {
    Operator,
    Auditor,
    Representative {
        contracts: BTreeSet<String>,
    },
    Admin {
        contract: String,
    },
    SubAdmin {
        contract: String,
    },
    Holder {
        contract: String,
        seat: String,
    },
    /// Nowhere: only what it has sent itself is its own.
    Agent,
}

/// The contract of requests about persons who belong to none; operators see them, and representatives who are put in charge of it.
///
/// A contract whose key is an empty text gives nobody any right: nothing tells it from none.
pub const NO_CONTRACT: &str = "";

/// What an action is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target<'a> {
    /// The desk as a whole: accounts, jobs, the log.
    Desk,
    Contract {
        contract: &'a str,
    },
    Seat {
        contract: &'a str,
        seat: &'a str,
    },
    /// A request, by whom it was made. `seat` is none for one about the whole contract, and for one whose seat is erased.
    Request {
        contract: &'a str,
        seat: Option<&'a str>,
        requester: &'a PrincipalId,
    },
    /// What came in by another protocol, by whom it was sent.
    Intake {
        sender: &'a PrincipalId,
    },
}

/// Somebody who has signed in, or a token, with all that they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    pub id: PrincipalId,
    pub grants: Vec<Grant>,
    /// The actions that a token is limited to; `None` for a person.
    pub limited_to: Option<BTreeSet<Action>>,
}

impl Grant {
    /// The role that is held.
    pub fn role(&self) -> Role {
        match self {
            Self::Operator => Role::Operator,
            Self::Auditor => Role::Auditor,
            Self::Representative { .. } => Role::Representative,
            Self::Admin { .. } => Role::Admin,
            Self::SubAdmin { .. } => Role::SubAdmin,
            Self::Holder { .. } => Role::Holder,
            Self::Agent => Role::Agent,
        }
    }

    /// The contract that it is held in, if it is one.
    pub fn contract(&self) -> Option<&str> {
        match self {
            Self::Operator | Self::Auditor | Self::Representative { .. } | Self::Agent => None,
            Self::Admin { contract } | Self::SubAdmin { contract } | Self::Holder { contract, .. } => Some(contract),
        }
    }

    fn covers(&self, target: Target<'_>) -> bool {
        let (contract, seat) = match target {
            Target::Desk => return matches!(self, Self::Operator | Self::Auditor),
            Target::Intake { .. } => return false,
            Target::Contract { contract } => (contract, None),
            Target::Seat { contract, seat } => (contract, Some(seat)),
            Target::Request { contract, seat, .. } => (contract, seat),
        };
        match self {
            Self::Operator | Self::Auditor => true,
            Self::Representative { contracts } => contracts.contains(contract),
            Self::Admin { .. } | Self::SubAdmin { .. } | Self::Holder { .. } if contract == NO_CONTRACT => false,
            Self::Admin { contract: own } | Self::SubAdmin { contract: own } => own == contract,
            Self::Holder { contract: own, seat: own_seat } => own == contract && seat == Some(own_seat.as_str()),
            Self::Agent => false,
        }
    }
}

impl Principal {
    /// Whether the principal may do this to that.
    pub fn may(&self, action: Action, target: Target<'_>) -> bool {
        self.role_for(action, target).is_some()
    }

    /// The first of their roles by which the principal may do this to that, in the order of [`Role::ALL`].
    pub fn role_for(&self, action: Action, target: Target<'_>) -> Option<Role> {
        if !self.is_left(action) {
            return None;
        }
        let allowed = |grant: &&Grant| match reach(grant.role(), action) {
            Some(Reach::Territory) => grant.covers(target) || self.asked_and(grant, target),
            Some(Reach::OwnRequests) => self.is_requester(target) && grant.covers_contract_of(target),
            None => false,
        };
        self.grants.iter().filter(allowed).map(Grant::role).min()
    }

    /// Whether the limits of a token leave this action; a person has none.
    pub fn is_left(&self, action: Action) -> bool {
        self.limited_to.as_ref().is_none_or(|actions| actions.contains(&action))
    }

    /// Whoever asked for something keeps sight of it after the seat is erased.
    fn asked_and(&self, grant: &Grant, target: Target<'_>) -> bool {
        matches!(target, Target::Request { seat: None, .. }) && self.is_requester(target) && grant.covers_contract_of(target)
    }

    fn is_requester(&self, target: Target<'_>) -> bool {
        matches!(target, Target::Request { requester: by, .. } | Target::Intake { sender: by } if *by == self.id)
    }
}

impl Grant {
    fn covers_contract_of(&self, target: Target<'_>) -> bool {
        match (self, target) {
            (Self::Holder { contract: own, .. }, Target::Request { contract, .. }) => own == contract && contract != NO_CONTRACT,
            (Self::Agent, target) => matches!(target, Target::Intake { .. }),
            (
                Self::Operator
                | Self::Auditor
                | Self::Representative { .. }
                | Self::Admin { .. }
                | Self::SubAdmin { .. }
                | Self::Holder { .. },
                _,
            ) => self.covers(target),
        }
    }
}
