//! What is due in an exit, what can be asked, and what is overdue.

use super::clock::Exit;
use super::state::{Move, Party, State};
use crate::moment::Moment;
use crate::request::spelled;

spelled!(
    /// Something that must be done.
    Duty {
        /// The customer says what it wants. Until then nothing happens to its data.
        Elect = "elect",
        /// The desk begins the transition.
        BeginTransition = "begin_transition",
        /// The provider has the switch done, and keeps the service going until then.
        FinishTransition = "finish_transition",
        /// The provider keeps the data ready to be fetched.
        KeepRetrievable = "keep_retrievable",
        /// The desk ends the notice before an erasure.
        EndNotice = "end_notice",
        /// The desk ends the retrieval.
        EndRetrieval = "end_retrieval",
        /// The provider erases everything of the contract.
        Erase = "erase",
    }
);

/// A duty with its date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    pub duty: Duty,
    pub by: Party,
    /// When it is due; a duty to keep something lasts until then.
    pub at: Moment,
    /// The article of Regulation (EU) 2023/2854 that says so.
    pub article: &'static str,
    /// Whether its time is over and it is not done. A duty to keep is never overdue.
    pub overdue: bool,
}

/// A move that is possible, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Possible {
    pub attempted: Move,
    pub by: Party,
    /// `None` where it is possible already.
    pub from: Option<Moment>,
    /// The last moment; `None` where no date ends it.
    pub until: Option<Moment>,
    pub article: &'static str,
}

/// What comes next in an exit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Next {
    /// What must be done, in order of its dates.
    pub due: Vec<Due>,
    /// What can be done now or later from this state, in the order of [`Move::ALL`].
    pub possible: Vec<Possible>,
    /// The move that the desk itself makes now, since its date has come. An erasure is confirmed by its certificate, never by a date.
    pub act: Option<Move>,
    /// When to look again; `None` where no date lies ahead.
    pub look_again: Option<Moment>,
}

/// What comes next in an exit, seen now.
pub fn next(exit: &Exit, now: Moment) -> Next {
    let due = duties(exit, now);
    let possible: Vec<Possible> = Move::ALL.iter().filter_map(|attempted| possible(exit, *attempted, now)).collect();
    let act =
        possible.iter().find(|possible| makes_itself(possible.attempted) && possible.from.is_none()).map(|possible| possible.attempted);
    let dates = due.iter().map(|due| due.at).chain(possible.iter().flat_map(|possible| [possible.from, possible.until]).flatten());
    let look_again = dates.filter(|date| *date > now).min();
    Next { due, possible, act, look_again }
}

fn makes_itself(attempted: Move) -> bool {
    match attempted {
        Move::BeginTransition | Move::EndNotice | Move::EndRetrieval => true,
        Move::ElectSwitch
        | Move::ElectErasure
        | Move::OfferAlternative
        | Move::Extend
        | Move::ConfirmSwitch
        | Move::AgreeLaterErasure
        | Move::ConfirmErasure
        | Move::Withdraw => false,
    }
}

fn duties(exit: &Exit, now: Moment) -> Vec<Due> {
    let at = |duty: Duty, by: Party, at: Option<Moment>, article: &'static str| {
        at.map(|at| Due { duty, by, at, article, overdue: now > at && duty != Duty::KeepRetrievable })
    };
    let notice_ends = Some(exit.notice_ends);
    let list = match exit.state {
        State::Notice => vec![at(Duty::Elect, Party::Customer, notice_ends, "art. 25(3)")],
        State::SwitchElected => vec![at(Duty::BeginTransition, Party::Desk, notice_ends, "art. 25(2)(a)")],
        State::ErasureElected => vec![at(Duty::EndNotice, Party::Desk, exit.erasure_from, "art. 25(2)(c)")],
        State::Transition => vec![at(Duty::FinishTransition, Party::Provider, exit.transition_ends, transition_article(exit))],
        State::ExtendedTransition => vec![at(Duty::FinishTransition, Party::Provider, exit.transition_ends, "art. 25(5)")],
        State::Retrieval => vec![
            at(Duty::KeepRetrievable, Party::Provider, exit.retrieval_ends, "art. 25(2)(g)"),
            at(Duty::EndRetrieval, Party::Desk, exit.erasure_from, "art. 25(2)(h)"),
        ],
        State::ErasureDue => vec![at(Duty::Erase, Party::Provider, exit.erasure_from, "art. 25(2)(h)")],
        State::Erased | State::Withdrawn => Vec::new(),
    };
    let mut list: Vec<Due> = list.into_iter().flatten().collect();
    list.sort_by_key(|due| due.at);
    list
}

fn transition_article(exit: &Exit) -> &'static str {
    if exit.alternative.is_some() { "art. 25(4)" } else { "art. 25(2)(a)" }
}

fn possible(exit: &Exit, attempted: Move, now: Moment) -> Option<Possible> {
    exit.state.after(attempted).ok()?;
    let (from, until) = match attempted {
        Move::BeginTransition => (Some(exit.notice_ends), None),
        Move::OfferAlternative if exit.alternative.is_some() => return None,
        Move::OfferAlternative => (None, exit.tell_alternative_by),
        Move::EndNotice | Move::EndRetrieval | Move::ConfirmErasure => (exit.erasure_from, None),
        Move::ElectSwitch | Move::ElectErasure | Move::Extend | Move::ConfirmSwitch | Move::AgreeLaterErasure | Move::Withdraw => {
            (None, None)
        }
    };
    if until.is_some_and(|until| now > until) {
        return None;
    }
    Some(Possible { attempted, by: attempted.by(), from: from.filter(|from| now < *from), until, article: attempted.article() })
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
