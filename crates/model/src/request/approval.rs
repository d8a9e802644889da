//! Approvals: how many must agree to a request, who they may be, and what their decisions come to.

use serde::{Deserialize, Serialize};

use super::{Channel, Kind, Scope};
use crate::digest::Digest;
use crate::identity::{PrincipalId, Role};

/// What a desk asks of requests; a contract may be stricter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// Admins who must be for the erasure of a contract, the one who asks among them; at least 1, and with 1 an admin erases it alone.
    pub contract_erasure_admins: u32,
    /// Admins who must be for the erasure of a seat, the one who asks among them; at least 1.
    pub seat_erasure_admins: u32,
    /// Hours from the last approval to the erasure of a contract, in which it can be cancelled.
    pub contract_erasure_waiting_hours: u32,
    /// The same for a seat.
    pub seat_erasure_waiting_hours: u32,
    /// Admins who must be for an export that holds colleagues' messages or notes, the one who asks among them; at least 1.
    pub colleagues_export_admins: u32,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            contract_erasure_admins: 2,
            seat_erasure_admins: 1,
            contract_erasure_waiting_hours: 7 * 24,
            seat_erasure_waiting_hours: 24,
            colleagues_export_admins: 2,
        }
    }
}

/// A request as far as approvals depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ask {
    pub kind: Kind,
    pub scope: Scope,
    pub channel: Channel,
    /// The role by which it was asked for.
    pub role: Role,
    /// Whether the seat is the requester's own.
    pub own_seat: bool,
    /// Whether it takes messages or notes that somebody else than the requester wrote.
    pub private: bool,
}

/// What must come together before a request goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requirement {
    /// Approvals by others than the requester.
    pub approvals: u32,
    /// Who may give them.
    pub by: Vec<Role>,
    /// Hours in which the request can be cancelled after the last approval.
    pub waiting_hours: u32,
    /// Whether the holder of the seat, or every holder of the contract, is told.
    pub tells_holder: bool,
}

impl Requirement {
    /// What is left of it when so many admins, whoever asks among them, have decided the same before the request was made.
    ///
    /// All of them or nothing: otherwise an admin who has decided before would count twice by approving.
    pub fn after_decision_of(self, admins: usize) -> Self {
        let others = u32::try_from(admins.saturating_sub(1)).unwrap_or(u32::MAX);
        Self { approvals: if others >= self.approvals { 0 } else { self.approvals }, ..self }
    }
}

/// What somebody decided about a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    pub by: PrincipalId,
    pub role: Role,
    pub agreed: bool,
    /// The plan that was agreed to; none for an export.
    pub plan: Option<Digest>,
}

/// What the decisions come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// So many more must agree.
    Waiting(u32),
    Granted,
    Refused,
}

/// What a request must have before it goes on.
///
/// Who asks as an admin counts as one of the admins who must be for it. Whatever nobody of the contract asked for needs an admin.
pub fn requirement(ask: &Ask, policy: &Policy) -> Requirement {
    let admins = match (ask.kind, ask.scope) {
        (Kind::Erasure, Scope::Contract) => policy.contract_erasure_admins,
        (Kind::Erasure, Scope::Seat) => policy.seat_erasure_admins,
        (Kind::Export, Scope::Contract | Scope::Seat) if ask.private => policy.colleagues_export_admins,
        (Kind::Export, Scope::Contract | Scope::Seat) => 1,
        (Kind::Case, Scope::Contract | Scope::Seat) => 0,
    };
    let admins = match ask.kind {
        // Whatever the policy: nobody of the contract has asked.
        Kind::Export | Kind::Erasure if ask.channel.is_proposal() => admins.max(1),
        Kind::Export | Kind::Erasure | Kind::Case => admins,
    };
    let counts_as_admin = ask.role == Role::Admin && !ask.channel.is_proposal();
    let waiting_hours = match (ask.kind, ask.scope) {
        (Kind::Erasure, Scope::Contract) => policy.contract_erasure_waiting_hours,
        (Kind::Erasure, Scope::Seat) => policy.seat_erasure_waiting_hours,
        (Kind::Export | Kind::Case, Scope::Contract | Scope::Seat) => 0,
    };
    Requirement {
        approvals: admins.saturating_sub(u32::from(counts_as_admin)),
        // A contract with one admin would be stuck without its representative.
        by: vec![Role::Admin, Role::Representative],
        waiting_hours,
        tells_holder: ask.kind == Kind::Export && ask.private,
    }
}

/// What the decisions of a request come to. Only those about the present plan count.
///
/// Nobody counts twice, and nobody approves their own request; `asker` is none for a proposal.
pub fn standing(requirement: &Requirement, asker: Option<&PrincipalId>, plan: Option<&Digest>, decisions: &[Decision]) -> Standing {
    let counted = decisions.iter().filter(|decision| requirement.by.contains(&decision.role));
    let mut agreed: Vec<&PrincipalId> = Vec::new();
    for decision in counted {
        if !decision.agreed {
            return Standing::Refused;
        }
        if asker != Some(&decision.by) && decision.plan.as_ref() == plan && !agreed.contains(&&decision.by) {
            agreed.push(&decision.by);
        }
    }
    match requirement.approvals.saturating_sub(u32::try_from(agreed.len()).unwrap_or(u32::MAX)) {
        0 => Standing::Granted,
        left => Standing::Waiting(left),
    }
}

/// What an approver is when what they agreed to is to begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Present {
    /// An admin of the contract, or its representative.
    Approver,
    /// Nobody at the desk but by an identity provider, which isn't asked again: what it said when they agreed is its last word.
    ByProvider,
    Neither,
}

/// Whether a decision still counts when what was agreed to is to begin. A refusal does, whatever became of who refused.
pub fn still_counts(decision: &Decision, by: Present) -> bool {
    match by {
        Present::Approver => true,
        Present::ByProvider => !decision.agreed || decision.role == Role::Representative,
        Present::Neither => !decision.agreed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(kind: Kind, scope: Scope, role: Role) -> Ask {
        Ask { kind, scope, channel: Channel::Desk, role, own_seat: role == Role::Holder, private: false }
    }

    fn person(number: u128) -> PrincipalId {
        PrincipalId::from_random(number)
    }

    fn agreed(number: u128, plan: &Digest) -> Decision {
        Decision { by: person(number), role: Role::Admin, agreed: true, plan: Some(plan.clone()) }
    }

    #[test]
    fn the_erasure_of_a_contract_takes_a_second_admin_and_a_week() {
        let got = requirement(&ask(Kind::Erasure, Scope::Contract, Role::Admin), &Policy::default());
        assert_eq!((got.approvals, got.waiting_hours), (1, 168));
    }

    #[test]
    fn admins_who_decided_before_need_not_approve_again() {
        let needed = requirement(&ask(Kind::Erasure, Scope::Contract, Role::Admin), &Policy::default());
        for (admins, want) in [(0, 1), (1, 1), (2, 0), (3, 0)] {
            let got = needed.clone().after_decision_of(admins);
            assert_eq!((got.approvals, got.waiting_hours), (want, 168), "{admins}: the waiting period stays");
        }
    }

    #[test]
    fn a_holder_needs_an_admin_for_anything() {
        for kind in [Kind::Export, Kind::Erasure] {
            assert_eq!(requirement(&ask(kind, Scope::Seat, Role::Holder), &Policy::default()).approvals, 1, "{kind}");
        }
    }

    #[test]
    fn colleagues_messages_take_a_second_admin_and_tell_the_holder() {
        let asked = Ask { private: true, ..ask(Kind::Export, Scope::Seat, Role::Admin) };
        let got = requirement(&asked, &Policy::default());
        assert_eq!((got.approvals, got.tells_holder), (1, true));
        assert_eq!(requirement(&Ask { private: false, ..asked }, &Policy::default()).approvals, 0);
    }

    #[test]
    fn a_proposal_needs_an_admin_though_an_admins_token_made_it() {
        let asked = Ask { channel: Channel::Scim, ..ask(Kind::Erasure, Scope::Seat, Role::Admin) };
        assert_eq!(requirement(&asked, &Policy::default()).approvals, 1);
        let lax = Policy { seat_erasure_admins: 0, ..Policy::default() };
        assert_eq!(requirement(&asked, &lax).approvals, 1, "nothing that was only proposed goes on by itself");
    }

    #[test]
    fn a_proposal_needs_an_admin_though_the_policy_asks_for_none() {
        let policy = Policy { seat_erasure_admins: 0, ..Policy::default() };
        for channel in [Channel::Scim, Channel::Drp, Channel::OpenDsr] {
            let asked = Ask { channel, ..ask(Kind::Erasure, Scope::Seat, Role::Agent) };
            assert_eq!(requirement(&asked, &policy).approvals, 1, "{channel}");
        }
        assert_eq!(requirement(&ask(Kind::Erasure, Scope::Seat, Role::Admin), &policy).approvals, 0);
    }

    #[test]
    fn nobody_approves_their_own_request_or_twice() {
        let plan = Digest::of_bytes(b"plan");
        let needed = Requirement { approvals: 2, by: vec![Role::Admin], waiting_hours: 0, tells_holder: false };
        let own = [agreed(1, &plan), agreed(2, &plan), agreed(2, &plan)];
        assert_eq!(standing(&needed, Some(&person(1)), Some(&plan), &own), Standing::Waiting(1));
        let both = [agreed(2, &plan), agreed(3, &plan)];
        assert_eq!(standing(&needed, Some(&person(1)), Some(&plan), &both), Standing::Granted);
    }

    #[test]
    fn a_proposal_is_nobodys_own_request() {
        let plan = Digest::of_bytes(b"plan");
        let needed = Requirement { approvals: 1, by: vec![Role::Admin], waiting_hours: 0, tells_holder: false };
        assert_eq!(standing(&needed, None, Some(&plan), &[agreed(1, &plan)]), Standing::Granted);
    }

    #[test]
    fn an_approval_of_another_plan_counts_for_nothing() {
        let (old, new) = (Digest::of_bytes(b"old"), Digest::of_bytes(b"new"));
        let needed = Requirement { approvals: 1, by: vec![Role::Admin], waiting_hours: 0, tells_holder: false };
        assert_eq!(standing(&needed, Some(&person(1)), Some(&new), &[agreed(2, &old)]), Standing::Waiting(1));
    }

    #[test]
    fn who_may_approve_no_more_has_not_agreed() {
        let plan = Digest::of_bytes(b"plan");
        let representative = Decision { role: Role::Representative, ..agreed(2, &plan) };
        for (decision, by, want) in [
            (agreed(2, &plan), Present::Approver, true),
            (agreed(2, &plan), Present::ByProvider, false),
            (agreed(2, &plan), Present::Neither, false),
            (representative.clone(), Present::ByProvider, true),
            (representative, Present::Neither, false),
            (Decision { agreed: false, ..agreed(2, &plan) }, Present::Neither, true),
        ] {
            assert_eq!(still_counts(&decision, by), want, "{decision:?} {by:?}");
        }
    }

    #[test]
    fn one_refusal_ends_it() {
        let plan = Digest::of_bytes(b"plan");
        let needed = Requirement { approvals: 1, by: vec![Role::Admin], waiting_hours: 0, tells_holder: false };
        let refused = Decision { agreed: false, ..agreed(3, &plan) };
        assert_eq!(standing(&needed, Some(&person(1)), Some(&plan), &[agreed(2, &plan), refused]), Standing::Refused);
    }
}
