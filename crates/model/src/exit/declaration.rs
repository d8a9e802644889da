//! What somebody said in an exit, as the desk signs it, and who has decided about the erasure by it.
//!
//! The desk keeps the exact words beside the declaration until the contract is erased. What it signs holds their digest, which is salted: once
//! words and salt are forgotten, nobody can find out from it what was said.

use serde::{Deserialize, Serialize};

use super::state::{Election, Move};
use crate::digest::Digest;
use crate::identity::{ExitId, PrincipalId, Role};
use crate::moment::Moment;

/// What a declaration is signed for.
pub const SIGNED_FOR: &str = "exit declaration";

/// Who said what in an exit, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Declaration {
    pub exit: ExitId,
    pub contract: String,
    /// Its place in the history of the exit, from 0.
    pub number: u64,
    pub at: Moment,
    /// `None`: the desk itself, since a date has come or an erasure is done.
    pub by: Option<PrincipalId>,
    /// The role by which it was said.
    pub role: Option<Role>,
    /// `give_notice`, or the move.
    pub event: String,
    pub election: Option<Election>,
    /// The date that was named with it.
    pub date: Option<Moment>,
    /// Of the exact words.
    pub words: Option<Digest>,
}

/// The digest of words that nobody can guess without the salt.
pub fn words_digest(salt: &str, words: &str) -> Digest {
    Digest::of_bytes(format!("{salt}\n{words}").as_bytes())
}

/// The admins who have decided that the contract is erased in the end: those who have elected what stands, and who confirmed the switch.
///
/// An election of the other kind begins anew, whoever made it.
pub fn decided_by<'a>(declarations: impl IntoIterator<Item = (Move, &'a PrincipalId, Role)>) -> Vec<PrincipalId> {
    let mut standing = None;
    let mut admins: Vec<PrincipalId> = Vec::new();
    for (declared, by, role) in declarations {
        match declared {
            Move::ElectSwitch | Move::ElectErasure => {
                if standing != Some(declared) {
                    admins.clear();
                }
                standing = Some(declared);
            }
            Move::ConfirmSwitch => {}
            Move::BeginTransition
            | Move::OfferAlternative
            | Move::Extend
            | Move::AgreeLaterErasure
            | Move::EndNotice
            | Move::EndRetrieval
            | Move::ConfirmErasure
            | Move::Withdraw => continue,
        }
        // The last to decide stands last: the erasure is made in their name.
        admins.retain(|admin| admin != by);
        if role == Role::Admin {
            admins.push(by.clone());
        }
    }
    admins
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(number: u128) -> PrincipalId {
        PrincipalId::from_random(number)
    }

    #[test]
    fn whoever_elects_the_same_decides_too_and_another_election_begins_anew() {
        let (one, two) = (person(1), person(2));
        let elect = |declared: Move, by| (declared, by, Role::Admin);
        let erase = [elect(Move::ElectErasure, &one), elect(Move::ElectErasure, &two), elect(Move::ElectErasure, &two)];
        assert_eq!(decided_by(erase), [one.clone(), two.clone()]);
        let changed = [elect(Move::ElectErasure, &one), elect(Move::ElectSwitch, &two)];
        assert_eq!(decided_by(changed), std::slice::from_ref(&two));
        let confirmed = [elect(Move::ElectSwitch, &two), elect(Move::Extend, &one), elect(Move::ConfirmSwitch, &one)];
        assert_eq!(decided_by(confirmed), [two, one.clone()]);
        assert_eq!(decided_by([(Move::ElectErasure, &one, Role::Representative)]), []);
    }

    #[test]
    fn the_digest_of_words_depends_on_the_salt() {
        assert_ne!(words_digest("1", "erase it"), words_digest("2", "erase it"));
        assert_eq!(words_digest("1", "erase it"), words_digest("1", "erase it"));
    }
}
