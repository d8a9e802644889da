//! The states of an exit, and the one function that moves them.

use std::str::FromStr;

use crate::diagram::state_diagram;
use crate::request::spelled;

spelled!(
    /// Where an exit stands.
    #[derive(serde::Serialize, serde::Deserialize)]
    #[serde(rename_all = "snake_case")]
    State {
        /// Notice is given; the customer has not elected yet.
        Notice = "notice",
        /// Notice runs, and the customer will move its data.
        SwitchElected = "switch_elected",
        /// Notice runs, and the customer wants its data erased only.
        ErasureElected = "erasure_elected",
        /// The provider helps the customer to move; the service goes on.
        Transition = "transition",
        /// The same, for as long as the customer has asked for.
        ExtendedTransition = "extended_transition",
        /// The switch is confirmed; the customer can still fetch its data.
        Retrieval = "retrieval",
        /// Everything of the contract must be erased now.
        ErasureDue = "erasure_due",
        Erased = "erased",
        /// The customer stays.
        Withdrawn = "withdrawn",
    }
);

spelled!(
    /// What may happen to an exit.
    Move {
        /// The customer elects to move to another provider or to its own premises.
        ElectSwitch = "elect_switch",
        /// The customer elects to have everything erased, and nothing else.
        ElectErasure = "elect_erasure",
        /// Notice is over: the transition begins.
        BeginTransition = "begin_transition",
        /// The provider tells that the transition takes longer, and why.
        OfferAlternative = "offer_alternative",
        /// The customer extends the transition, once.
        Extend = "extend",
        /// The customer confirms that the switch was successful.
        ConfirmSwitch = "confirm_switch",
        /// Customer and provider agree on a later date of erasure.
        AgreeLaterErasure = "agree_later_erasure",
        /// Notice is over after an election of erasure.
        EndNotice = "end_notice",
        /// The window for retrieval is over.
        EndRetrieval = "end_retrieval",
        /// The erasure of the contract is completed, with a certificate.
        ConfirmErasure = "confirm_erasure",
        /// The customer stays.
        Withdraw = "withdraw",
    }
);

spelled!(
    /// What the customer wants at the end of notice (art. 25(3)).
    #[derive(serde::Serialize, serde::Deserialize)]
    #[serde(rename_all = "snake_case")]
    Election {
        /// To switch to a data processing service of another provider, art. 25(3)(a).
        OtherProvider = "other_provider",
        /// To move to infrastructure on its own premises, art. 25(3)(b).
        OnPremises = "on_premises",
        /// To have its exportable data and digital assets erased, art. 25(3)(c).
        Erase = "erase",
    }
);

spelled!(
    /// Who acts in an exit.
    Party {
        Customer = "customer",
        Provider = "provider",
        /// The desk itself, when a date has come or a job is done.
        Desk = "desk",
    }
);

/// Nothing of the kind can happen in this state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an exit in state {state} cannot {attempted}")]
pub struct IllegalMove {
    pub state: State,
    pub attempted: Move,
}

/// The text names none of those that the docs list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no {what} `{text}`")]
pub struct Unknown {
    what: &'static str,
    text: String,
}

impl State {
    /// The state after a move.
    ///
    /// # Errors
    /// [`IllegalMove`] names the state and the move for every pair that is not listed as legal.
    pub fn after(self, attempted: Move) -> Result<Self, IllegalMove> {
        use Move::{
            AgreeLaterErasure, BeginTransition, ConfirmErasure, ConfirmSwitch, ElectErasure, ElectSwitch, EndNotice, EndRetrieval, Extend,
            OfferAlternative, Withdraw,
        };
        use State::{Erased, ErasureDue, ErasureElected, ExtendedTransition, Notice, Retrieval, SwitchElected, Transition, Withdrawn};
        match (self, attempted) {
            // As long as notice runs the customer may change its mind.
            (Notice | SwitchElected | ErasureElected, ElectSwitch) => Ok(SwitchElected),
            (Notice | SwitchElected | ErasureElected, ElectErasure) => Ok(ErasureElected),
            (SwitchElected, BeginTransition) => Ok(Transition),
            // The provider has 14 working days from the customer's asking, which may lie in the notice, the transition, or both.
            (SwitchElected | Transition | ExtendedTransition, OfferAlternative) => Ok(self),
            // Art. 25(5) gives the right once: from the extended transition there is no way on by it.
            (Transition, Extend) => Ok(ExtendedTransition),
            (Transition | ExtendedTransition, ConfirmSwitch) => Ok(Retrieval),
            (Retrieval, AgreeLaterErasure) => Ok(Retrieval),
            (Retrieval, EndRetrieval) => Ok(ErasureDue),
            (ErasureElected, EndNotice) => Ok(ErasureDue),
            (ErasureDue, ConfirmErasure) => Ok(Erased),
            // A confirmed switch, or the end of notice before an erasure, has ended the contract (art. 25(2)(c)): nothing is left to stay in.
            (Notice | SwitchElected | ErasureElected | Transition | ExtendedTransition, Withdraw) => Ok(Withdrawn),

            (
                Notice,
                BeginTransition | OfferAlternative | Extend | ConfirmSwitch | AgreeLaterErasure | EndNotice | EndRetrieval | ConfirmErasure,
            )
            | (SwitchElected, Extend | ConfirmSwitch | AgreeLaterErasure | EndNotice | EndRetrieval | ConfirmErasure)
            | (
                ErasureElected,
                BeginTransition | OfferAlternative | Extend | ConfirmSwitch | AgreeLaterErasure | EndRetrieval | ConfirmErasure,
            )
            | (Transition, ElectSwitch | ElectErasure | BeginTransition | AgreeLaterErasure | EndNotice | EndRetrieval | ConfirmErasure)
            | (
                ExtendedTransition,
                ElectSwitch | ElectErasure | BeginTransition | Extend | AgreeLaterErasure | EndNotice | EndRetrieval | ConfirmErasure,
            )
            | (
                Retrieval,
                ElectSwitch | ElectErasure | BeginTransition | OfferAlternative | Extend | ConfirmSwitch | EndNotice | ConfirmErasure
                | Withdraw,
            )
            | (
                ErasureDue,
                ElectSwitch | ElectErasure | BeginTransition | OfferAlternative | Extend | ConfirmSwitch | AgreeLaterErasure | EndNotice
                | EndRetrieval | Withdraw,
            )
            | (
                Erased | Withdrawn,
                ElectSwitch | ElectErasure | BeginTransition | OfferAlternative | Extend | ConfirmSwitch | AgreeLaterErasure | EndNotice
                | EndRetrieval | ConfirmErasure | Withdraw,
            ) => Err(IllegalMove { state: self, attempted }),
        }
    }

    /// Whether nothing moves it any more.
    pub fn is_final(self) -> bool {
        match self {
            Self::Erased | Self::Withdrawn => true,
            Self::Notice
            | Self::SwitchElected
            | Self::ErasureElected
            | Self::Transition
            | Self::ExtendedTransition
            | Self::Retrieval
            | Self::ErasureDue => false,
        }
    }

    /// The machine as a Mermaid `stateDiagram-v2`.
    pub fn diagram() -> String {
        state_diagram(Self::Notice, Self::ALL, Move::ALL, Self::after)
    }
}

impl Move {
    /// Who makes it.
    pub fn by(self) -> Party {
        match self {
            Self::ElectSwitch | Self::ElectErasure | Self::Extend | Self::ConfirmSwitch | Self::AgreeLaterErasure | Self::Withdraw => {
                Party::Customer
            }
            Self::OfferAlternative => Party::Provider,
            Self::BeginTransition | Self::EndNotice | Self::EndRetrieval | Self::ConfirmErasure => Party::Desk,
        }
    }

    /// The article of Regulation (EU) 2023/2854 that it goes by.
    pub fn article(self) -> &'static str {
        match self {
            Self::ElectSwitch | Self::ElectErasure => "art. 25(3)",
            Self::BeginTransition => "art. 25(2)(a)",
            Self::OfferAlternative => "art. 25(4)",
            Self::Extend => "art. 25(5)",
            Self::ConfirmSwitch | Self::EndNotice | Self::Withdraw => "art. 25(2)(c)",
            Self::EndRetrieval => "art. 25(2)(g)",
            Self::AgreeLaterErasure | Self::ConfirmErasure => "art. 25(2)(h)",
        }
    }
}

impl Election {
    /// The move by which it is made.
    pub fn attempted(self) -> Move {
        match self {
            Self::OtherProvider | Self::OnPremises => Move::ElectSwitch,
            Self::Erase => Move::ElectErasure,
        }
    }
}

impl FromStr for State {
    type Err = Unknown;

    fn from_str(text: &str) -> Result<Self, Unknown> {
        let unknown = || Unknown { what: "state of an exit", text: text.to_owned() };
        Self::ALL.iter().copied().find(|state| state.as_str() == text).ok_or_else(unknown)
    }
}

impl FromStr for Election {
    type Err = Unknown;

    fn from_str(text: &str) -> Result<Self, Unknown> {
        let unknown = || Unknown { what: "election", text: text.to_owned() };
        Self::ALL.iter().copied().find(|election| election.as_str() == text).ok_or_else(unknown)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_pair_is_legal_or_names_both_sides() {
        let mut legal = 0;
        for state in State::ALL.iter().copied() {
            for attempted in Move::ALL.iter().copied() {
                match state.after(attempted) {
                    Ok(_) => legal += 1,
                    Err(error) => {
                        assert_eq!(error, IllegalMove { state, attempted });
                        assert_eq!(error.to_string(), format!("an exit in state {state} cannot {attempted}"));
                    }
                }
            }
        }
        assert_eq!(legal, 22);
    }

    #[test]
    fn final_states_stay_and_every_other_state_has_a_way_out() {
        for state in State::ALL.iter().copied() {
            assert_eq!(Move::ALL.iter().all(|attempted| state.after(*attempted).is_err()), state.is_final(), "{state}");
        }
    }

    /// Walks every path there is, remembering what the customer has said on it.
    #[test]
    fn no_path_erases_without_a_confirmed_switch_or_an_election_of_erasure_that_stands() {
        let mut seen = BTreeSet::new();
        let mut open = vec![(State::Notice, false, false)];
        while let Some(visited) = open.pop() {
            if !seen.insert(visited) {
                continue;
            }
            let (state, confirmed, elected_erasure) = visited;
            if matches!(state, State::ErasureDue | State::Erased) {
                assert!(confirmed || elected_erasure, "{visited:?}");
            }
            for attempted in Move::ALL.iter().copied() {
                let Ok(reached) = state.after(attempted) else { continue };
                let elected_erasure = match attempted {
                    Move::ElectErasure => true,
                    Move::ElectSwitch => false,
                    _ => elected_erasure,
                };
                open.push((reached, confirmed || attempted == Move::ConfirmSwitch, elected_erasure));
            }
        }
        assert_eq!(seen.iter().map(|(state, ..)| state).collect::<BTreeSet<_>>().len(), State::ALL.len(), "every state is reached");
    }

    #[test]
    fn the_transition_is_extended_once_on_every_path() {
        let mut open = vec![(State::Notice, 0, 0)];
        while let Some((state, extended, steps)) = open.pop() {
            assert!(extended <= 1);
            if steps < 7 {
                open.extend(Move::ALL.iter().filter_map(|attempted| {
                    let reached = state.after(*attempted).ok()?;
                    Some((reached, extended + u32::from(*attempted == Move::Extend), steps + 1))
                }));
            }
        }
    }

    #[test]
    fn whoever_has_ended_the_contract_cannot_stay() {
        for state in [State::Retrieval, State::ErasureDue, State::Erased] {
            assert!(state.after(Move::Withdraw).is_err(), "{state}");
        }
    }

    #[test]
    fn the_drawing_holds_every_state() {
        let got = State::diagram();
        for state in State::ALL {
            assert!(got.contains(&format!(" {state} ")) || got.contains(&format!(" {state}:")), "{state}: {got}");
        }
        assert!(got.contains("    transition --> retrieval: confirm_switch\n"), "{got}");
    }

    #[test]
    fn states_and_elections_have_one_spelling() {
        for state in State::ALL.iter().copied() {
            assert_eq!(state.as_str().parse(), Ok(state));
            assert_eq!(serde_json::to_string(&state).unwrap(), format!("\"{state}\""));
        }
        for election in Election::ALL.iter().copied() {
            assert_eq!(election.as_str().parse(), Ok(election));
            assert_eq!(serde_json::to_string(&election).unwrap(), format!("\"{election}\""));
        }
    }
}
