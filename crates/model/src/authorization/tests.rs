//! What the table and the territories come to.

use std::collections::BTreeSet;

use super::*;
use crate::identity::{PrincipalId, Role};

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
