//! Who may do what: one table of role × action, each role within its own territory.
//!
//! A role is always held somewhere: an operator and an auditor everywhere, a representative in the contracts assigned to them, an admin and a
//! sub-admin in their contract, a holder in their seat. The table says whether a role has an action at all; [`Principal::may`] adds the
//! territory. Nothing else in the program decides about rights.

use std::collections::BTreeSet;

use crate::identity::{PrincipalId, Role};
use crate::request::spelled;

spelled!(
    /// What can be done at the desk.
    Action {
        /// See a contract: its name, tier and settings here.
        ReadContract = "read_contract",
        /// See the seats of a contract.
        ReadSeats = "read_seats",
        /// Choose a contract's profile, legal regime and approvals.
        ChangeSettings = "change_settings",
        /// See requests with their states, dates and counts.
        ReadRequests = "read_requests",
        /// Ask for the export of a seat.
        ExportSeat = "export_seat",
        ExportContract = "export_contract",
        /// Ask for the erasure of a seat.
        EraseSeat = "erase_seat",
        EraseContract = "erase_contract",
        /// Count what an export or erasure would take, before asking for it.
        Preview = "preview",
        /// Agree to a request, or refuse it.
        Decide = "decide",
        /// Give a request up.
        Cancel = "cancel",
        /// Stop a request for a look, release it, and try a failed one again.
        Handle = "handle",
        /// Download an archive and have a link to it issued anew.
        Download = "download",
        ReadCertificate = "read_certificate",
        /// Ask for other data, or for the deletion of enterprise data.
        OpenCase = "open_case",
        /// Read the messages of a case, but for internal ones.
        ReadCase = "read_case",
        /// Write in a case, and say what is the customer's to say.
        TalkInCase = "talk_in_case",
        /// Take a case, ask back, answer, refuse; write and read internal notes.
        HandleCase = "handle_case",
        /// Read internal notes.
        ReadNotes = "read_notes",
        ReadHolds = "read_holds",
        PlaceHold = "place_hold",
        LiftHold = "lift_hold",
        /// See the exit of a contract and its dates.
        ReadExit = "read_exit",
        /// Give notice, elect, extend, confirm the switch, withdraw.
        LeadExit = "lead_exit",
        /// Announce that the transition takes longer than 30 days, with the reason.
        ProlongExit = "prolong_exit",
        /// See and manage who receives webhooks.
        ManageWebhooks = "manage_webhooks",
        /// See, make and revoke API tokens.
        ManageTokens = "manage_tokens",
        /// Make, change and close accounts of the desk.
        ManageAccounts = "manage_accounts",
        /// See accounts of the desk.
        ReadAccounts = "read_accounts",
        /// See jobs.
        ReadJobs = "read_jobs",
        /// Pause and resume jobs.
        OperateJobs = "operate_jobs",
        /// Send the directory's seats by SCIM.
        PushDirectory = "push_directory",
        /// Send people's requests by another protocol, follow and take back what one has sent, and fetch what it yields.
        SendIntake = "send_intake",
    }
);

/// How far a role has an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Everywhere the role is held.
    Territory,
    /// Only for requests that the same principal made.
    OwnRequests,
}

/// Whether and how far a role has an action.
pub fn reach(role: Role, action: Action) -> Option<Reach> {
    use Reach::{OwnRequests, Territory};
    match (role, action) {
        (
            Role::Operator,
            Action::ReadContract
            | Action::ReadSeats
            | Action::ChangeSettings
            | Action::ReadRequests
            | Action::Preview
            | Action::Handle
            | Action::Cancel
            | Action::ReadCertificate
            | Action::HandleCase
            | Action::ReadNotes
            | Action::ReadCase
            | Action::TalkInCase
            | Action::ReadHolds
            | Action::PlaceHold
            | Action::LiftHold
            | Action::ReadExit
            | Action::ProlongExit
            | Action::ManageWebhooks
            | Action::ManageTokens
            | Action::ManageAccounts
            | Action::ReadAccounts
            | Action::ReadJobs
            | Action::OperateJobs
            | Action::PushDirectory,
        ) => Some(Territory),
        // What the customer owns, the customer asks for and decides about. An operator can run the desk without reading anybody's data.
        (
            Role::Operator,
            Action::ExportSeat
            | Action::ExportContract
            | Action::EraseSeat
            | Action::EraseContract
            | Action::Decide
            | Action::Download
            | Action::OpenCase
            | Action::LeadExit
            | Action::SendIntake,
        ) => None,

        (
            Role::Representative,
            Action::ReadContract
            | Action::ReadSeats
            | Action::ReadRequests
            | Action::Preview
            | Action::Decide
            | Action::Handle
            | Action::ReadCertificate
            | Action::OpenCase
            | Action::ReadCase
            | Action::TalkInCase
            | Action::HandleCase
            | Action::ReadNotes
            | Action::ReadHolds
            | Action::ReadExit
            | Action::ProlongExit,
        ) => Some(Territory),
        (
            Role::Representative,
            Action::ChangeSettings
            | Action::ExportSeat
            | Action::ExportContract
            | Action::EraseSeat
            | Action::EraseContract
            | Action::Cancel
            | Action::Download
            | Action::PlaceHold
            | Action::LiftHold
            | Action::LeadExit
            | Action::ManageWebhooks
            | Action::ManageTokens
            | Action::ManageAccounts
            | Action::ReadAccounts
            | Action::ReadJobs
            | Action::OperateJobs
            | Action::PushDirectory
            | Action::SendIntake,
        ) => None,

        (
            Role::Auditor,
            Action::ReadContract
            | Action::ReadSeats
            | Action::ReadRequests
            | Action::ReadCertificate
            | Action::ReadCase
            | Action::ReadNotes
            | Action::ReadHolds
            | Action::ReadExit
            | Action::ReadAccounts
            | Action::ReadJobs,
        ) => Some(Territory),
        (
            Role::Auditor,
            Action::ChangeSettings
            | Action::ExportSeat
            | Action::ExportContract
            | Action::EraseSeat
            | Action::EraseContract
            | Action::Preview
            | Action::Decide
            | Action::Cancel
            | Action::Handle
            | Action::Download
            | Action::OpenCase
            | Action::TalkInCase
            | Action::HandleCase
            | Action::PlaceHold
            | Action::LiftHold
            | Action::LeadExit
            | Action::ProlongExit
            | Action::ManageWebhooks
            | Action::ManageTokens
            | Action::ManageAccounts
            | Action::OperateJobs
            | Action::PushDirectory
            | Action::SendIntake,
        ) => None,

        (
            Role::Admin,
            Action::ReadContract
            | Action::ReadSeats
            | Action::ReadRequests
            | Action::ExportSeat
            | Action::ExportContract
            | Action::EraseSeat
            | Action::EraseContract
            | Action::Preview
            | Action::Decide
            | Action::Cancel
            | Action::ReadCertificate
            | Action::OpenCase
            | Action::ReadCase
            | Action::TalkInCase
            | Action::ReadExit
            | Action::LeadExit
            | Action::ManageWebhooks
            | Action::ManageTokens
            | Action::PushDirectory,
        ) => Some(Territory),
        // An admin doesn't read in silence what a colleague's export holds.
        (Role::Admin, Action::Download) => Some(OwnRequests),
        (
            Role::Admin,
            Action::ChangeSettings
            | Action::Handle
            | Action::HandleCase
            | Action::ReadNotes
            | Action::ReadHolds
            | Action::PlaceHold
            | Action::LiftHold
            | Action::ProlongExit
            | Action::ManageAccounts
            | Action::ReadAccounts
            | Action::ReadJobs
            | Action::OperateJobs
            | Action::SendIntake,
        ) => None,

        (Role::SubAdmin, Action::ReadContract | Action::ReadSeats | Action::ReadRequests | Action::ReadExit) => Some(Territory),
        (
            Role::SubAdmin,
            Action::ChangeSettings
            | Action::ExportSeat
            | Action::ExportContract
            | Action::EraseSeat
            | Action::EraseContract
            | Action::Preview
            | Action::Decide
            | Action::Cancel
            | Action::Handle
            | Action::Download
            | Action::ReadCertificate
            | Action::OpenCase
            | Action::ReadCase
            | Action::TalkInCase
            | Action::HandleCase
            | Action::ReadNotes
            | Action::ReadHolds
            | Action::PlaceHold
            | Action::LiftHold
            | Action::LeadExit
            | Action::ProlongExit
            | Action::ManageWebhooks
            | Action::ManageTokens
            | Action::ManageAccounts
            | Action::ReadAccounts
            | Action::ReadJobs
            | Action::OperateJobs
            | Action::PushDirectory
            | Action::SendIntake,
        ) => None,

        (
            Role::Holder,
            Action::ReadSeats | Action::ExportSeat | Action::EraseSeat | Action::Preview | Action::ReadRequests | Action::ReadCertificate,
        ) => Some(Territory),
        (Role::Holder, Action::Cancel | Action::Download) => Some(OwnRequests),
        (Role::Holder, Action::OpenCase) => Some(Territory),
        (Role::Holder, Action::ReadCase | Action::TalkInCase) => Some(OwnRequests),
        (
            Role::Holder,
            Action::ReadContract
            | Action::ChangeSettings
            | Action::ExportContract
            | Action::EraseContract
            | Action::Decide
            | Action::Handle
            | Action::HandleCase
            | Action::ReadNotes
            | Action::ReadHolds
            | Action::PlaceHold
            | Action::LiftHold
            | Action::ReadExit
            | Action::LeadExit
            | Action::ProlongExit
            | Action::ManageWebhooks
            | Action::ManageTokens
            | Action::ManageAccounts
            | Action::ReadAccounts
            | Action::ReadJobs
            | Action::OperateJobs
            | Action::PushDirectory
            | Action::SendIntake,
        ) => None,

        // Whoever sends requests for others sees what became of its own, and nothing else of the desk.
        (Role::Agent, Action::SendIntake) => Some(OwnRequests),
        (
            Role::Agent,
            Action::ReadContract
            | Action::ReadSeats
            | Action::ChangeSettings
            | Action::ReadRequests
            | Action::ExportSeat
            | Action::ExportContract
            | Action::EraseSeat
            | Action::EraseContract
            | Action::Preview
            | Action::Decide
            | Action::Cancel
            | Action::Handle
            | Action::Download
            | Action::ReadCertificate
            | Action::OpenCase
            | Action::ReadCase
            | Action::TalkInCase
            | Action::HandleCase
            | Action::ReadNotes
            | Action::ReadHolds
            | Action::PlaceHold
            | Action::LiftHold
            | Action::ReadExit
            | Action::LeadExit
            | Action::ProlongExit
            | Action::ManageWebhooks
            | Action::ManageTokens
            | Action::ManageAccounts
            | Action::ReadAccounts
            | Action::ReadJobs
            | Action::OperateJobs
            | Action::PushDirectory,
        ) => None,
    }
}

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
        if self.limited_to.as_ref().is_some_and(|actions| !actions.contains(&action)) {
            return None;
        }
        let allowed = |grant: &&Grant| match reach(grant.role(), action) {
            Some(Reach::Territory) => grant.covers(target) || self.asked_and(grant, target),
            Some(Reach::OwnRequests) => self.is_requester(target) && grant.covers_contract_of(target),
            None => false,
        };
        self.grants.iter().filter(allowed).map(Grant::role).min()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn principal(number: u128, grants: Vec<Grant>) -> Principal {
        Principal { id: PrincipalId::from_random(number), grants, limited_to: None }
    }

    fn everybody(contract: &str, seat: &str) -> Vec<Grant> {
        vec![
            Grant::Operator,
            Grant::Auditor,
            Grant::Representative { contracts: BTreeSet::from([contract.to_owned()]) },
            Grant::Admin { contract: contract.into() },
            Grant::SubAdmin { contract: contract.into() },
            Grant::Holder { contract: contract.into(), seat: seat.into() },
        ]
    }

    #[test]
    fn nobody_of_a_contract_reaches_another() {
        let somebody_else = PrincipalId::from_random(99);
        let foreign = [
            Target::Contract { contract: "2" },
            Target::Seat { contract: "2", seat: "7" },
            Target::Request { contract: "2", seat: Some("7"), requester: &somebody_else },
            Target::Request { contract: "2", seat: None, requester: &somebody_else },
        ];
        for grant in everybody("1", "7").into_iter().filter(|grant| !matches!(grant, Grant::Operator | Grant::Auditor)) {
            let principal = principal(1, vec![grant.clone()]);
            for action in Action::ALL.iter().copied() {
                for target in foreign {
                    assert!(!principal.may(action, target), "{grant:?} {action} {target:?}");
                }
                assert!(!principal.may(action, Target::Desk), "{grant:?} {action}");
            }
        }
    }

    #[test]
    fn a_holder_reaches_no_colleagues_seat_and_no_whole_contract() {
        let holder = principal(1, vec![Grant::Holder { contract: "1".into(), seat: "7".into() }]);
        let colleague = PrincipalId::from_random(2);
        for action in Action::ALL.iter().copied() {
            assert!(!holder.may(action, Target::Seat { contract: "1", seat: "8" }), "{action}");
            assert!(!holder.may(action, Target::Contract { contract: "1" }), "{action}");
            assert!(!holder.may(action, Target::Request { contract: "1", seat: Some("8"), requester: &colleague }), "{action}");
        }
    }

    #[test]
    fn an_auditor_and_a_sub_admin_decide_nothing() {
        for role in [Role::Auditor, Role::SubAdmin] {
            for action in Action::ALL.iter().copied().filter(|action| !action.as_str().starts_with("read_")) {
                assert_eq!(reach(role, action), None, "{role} {action}");
            }
        }
    }

    #[test]
    fn an_archive_is_downloaded_by_whoever_asked_for_it_alone() {
        let grants = everybody("1", "7");
        for grant in grants {
            let principal = principal(1, vec![grant.clone()]);
            let other = PrincipalId::from_random(2);
            assert!(!principal.may(Action::Download, Target::Request { contract: "1", seat: Some("7"), requester: &other }), "{grant:?}");
        }
        let admin = principal(1, vec![Grant::Admin { contract: "1".into() }]);
        assert!(admin.may(Action::Download, Target::Request { contract: "1", seat: Some("7"), requester: &admin.id }));
    }

    #[test]
    fn a_former_admin_downloads_nothing_of_the_contract_any_more() {
        let former = principal(1, vec![Grant::Admin { contract: "2".into() }]);
        assert!(!former.may(Action::Download, Target::Request { contract: "1", seat: Some("7"), requester: &former.id }));
    }

    #[test]
    fn an_agent_reaches_what_it_has_sent_and_nothing_else() {
        let agent = principal(1, vec![Grant::Agent]);
        let other = PrincipalId::from_random(2);
        assert!(agent.may(Action::SendIntake, Target::Intake { sender: &agent.id }));
        assert!(!agent.may(Action::SendIntake, Target::Intake { sender: &other }));
        for action in Action::ALL.iter().copied() {
            for target in [
                Target::Desk,
                Target::Contract { contract: "1" },
                Target::Seat { contract: "1", seat: "7" },
                // Not even a request that it made itself: it is told of it in its protocol's words alone.
                Target::Request { contract: "1", seat: Some("7"), requester: &agent.id },
                Target::Request { contract: NO_CONTRACT, seat: None, requester: &agent.id },
                Target::Intake { sender: &other },
            ] {
                assert!(!agent.may(action, target), "{action} {target:?}");
            }
        }
        for grant in everybody("1", "7") {
            let somebody = principal(1, vec![grant]);
            assert!(!somebody.may(Action::SendIntake, Target::Intake { sender: &somebody.id }));
        }
    }

    #[test]
    fn what_belongs_to_no_contract_is_nobodys_of_a_contract() {
        let target = Target::Request { contract: NO_CONTRACT, seat: None, requester: &PrincipalId::from_random(2) };
        for grant in everybody(NO_CONTRACT, "") {
            let is_of_the_platform = matches!(grant, Grant::Operator | Grant::Auditor | Grant::Representative { .. });
            assert_eq!(principal(1, vec![grant.clone()]).may(Action::ReadRequests, target), is_of_the_platform, "{grant:?}");
        }
    }

    #[test]
    fn a_token_does_what_it_is_limited_to() {
        let mut token = principal(1, vec![Grant::Admin { contract: "1".into() }]);
        token.limited_to = Some(BTreeSet::from([Action::ReadRequests]));
        assert!(token.may(Action::ReadRequests, Target::Contract { contract: "1" }));
        assert!(!token.may(Action::EraseContract, Target::Contract { contract: "1" }));
    }
}
