//! Draws a machine of states from the function that moves it, so that a drawing in the docs cannot differ from the code.

use std::fmt;
use std::fmt::Write as _;

/// The machine as a Mermaid `stateDiagram-v2`: every state, and an arrow for each pair of states between which a move leads.
///
/// `first` is where it begins; a state that no move leaves is an end. Several moves between the same states share one arrow. States and moves
/// are drawn in the order of the lists. The spelling of a state must be a word of letters, digits and underscores.
pub fn state_diagram<State, Move, Error>(
    first: State,
    states: &[State],
    moves: &[Move],
    after: impl Fn(State, Move) -> Result<State, Error>,
) -> String
where
    State: Copy + PartialEq + fmt::Display,
    Move: Copy + fmt::Display,
{
    let mut drawing = format!("stateDiagram-v2\n    [*] --> {first}\n");
    for from in states.iter().copied() {
        let mut is_final = true;
        for to in states.iter().copied() {
            let leading: Vec<String> = moves
                .iter()
                .filter(|attempted| after(from, **attempted).is_ok_and(|reached| reached == to))
                .map(ToString::to_string)
                .collect();
            if !leading.is_empty() {
                is_final = false;
                // Writing to a String never fails.
                let _ = writeln!(drawing, "    {from} --> {to}: {}", leading.join(", "));
            }
        }
        if is_final {
            let _ = writeln!(drawing, "    {from} --> [*]");
        }
    }
    drawing
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::case::{CaseState, Move};

    #[test]
    fn every_legal_move_is_drawn_once_and_ends_are_marked() {
        let got = state_diagram(CaseState::Open, CaseState::ALL, Move::ALL, CaseState::after);
        assert!(got.starts_with("stateDiagram-v2\n    [*] --> open\n    open --> with_representative: take\n"), "{got}");
        let legal = CaseState::ALL.iter().flat_map(|state| Move::ALL.iter().map(|attempted| state.after(*attempted))).filter(Result::is_ok);
        let drawn: usize = got.lines().filter_map(|line| line.split_once(": ")).map(|(_, moves)| moves.split(", ").count()).sum();
        assert_eq!(drawn, legal.count());
        for ended in ["closed", "cancelled", "rejected"] {
            assert!(got.contains(&format!("    {ended} --> [*]\n")), "{got}");
        }
    }
}
