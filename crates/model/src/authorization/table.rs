//! The table: whether a role has an action, and how far.

use super::action::Action;
use crate::identity::Role;

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
