//! Who is reminded of which date of an exit.

use std::collections::BTreeMap;

use super::clock::Exit;
use super::next::{Due, Duty, next};
use super::state::Party;
use crate::due::{ReminderKind, reminders};
use crate::moment::Moment;

/// What reminders of an exit come to at some moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reminding {
    /// What is to be said now, each with the moment that it is noted by. Of several about one duty that were missed, the last one.
    pub now: Vec<(Due, ReminderKind, Moment)>,
    /// When to look again; `None` where nothing follows.
    pub next: Option<Moment>,
}

impl Duty {
    /// Whom its date concerns, beside the desk.
    pub fn concerns(self) -> &'static [Party] {
        match self {
            Self::Elect | Self::KeepRetrievable | Self::EndNotice | Self::EndRetrieval => &[Party::Customer],
            // The provider has the switch done, and the customer confirms it.
            Self::FinishTransition => &[Party::Customer, Party::Provider],
            // The desk does the one by itself, and the other is a request with reminders of its own.
            Self::BeginTransition | Self::Erase => &[],
        }
    }

    /// Whether somebody but the desk has failed to do it once its date is over.
    fn can_be_missed(self) -> bool {
        match self {
            Self::Elect | Self::FinishTransition => true,
            Self::BeginTransition | Self::KeepRetrievable | Self::EndNotice | Self::EndRetrieval | Self::Erase => false,
        }
    }
}

/// What is to be said now about the dates of an exit that has its state since `since`. `reminded` holds, by duty, the last moment that was noted.
pub fn reminding(exit: &Exit, since: Moment, reminded: &BTreeMap<String, Moment>, now: Moment) -> Reminding {
    let dues = next(exit, now).due;
    let mut said = Vec::new();
    let mut following: Vec<Moment> = Vec::new();
    for due in &dues {
        // That everything is erased after the retrieval is said with the date of the retrieval, where it is the same.
        let is_told_already =
            due.duty == Duty::EndRetrieval && dues.iter().any(|other| other.duty == Duty::KeepRetrievable && other.at == due.at);
        if due.duty.concerns().is_empty() || is_told_already {
            continue;
        }
        let list = reminders(since.min(due.at), due.at);
        let list = list.iter().filter(|reminder| reminder.kind != ReminderKind::Overdue || due.duty.can_be_missed());
        let last = reminded.get(due.duty.as_str());
        let past = list.clone().take_while(|reminder| reminder.at <= now).last();
        said.extend(past.filter(|reminder| last.is_none_or(|last| reminder.at > *last)).map(|reminder| (*due, reminder.kind, reminder.at)));
        following.extend(list.map(|reminder| reminder.at).find(|at| *at > now));
    }
    Reminding { now: said, next: following.into_iter().min() }
}

#[cfg(test)]
mod tests {
    use super::super::{Act, Election, Terms};
    use super::*;

    fn at(text: &str) -> Moment {
        Moment::new(text.parse().unwrap())
    }

    #[test]
    fn a_customer_is_asked_for_its_election_before_the_notice_ends_and_once_after() {
        let noticed = at("2026-11-24T09:30:00Z");
        let exit = Exit::begin(Terms::default(), noticed).unwrap();
        let mut reminded = BTreeMap::new();
        let (mut now, mut kinds) = (noticed, Vec::new());
        loop {
            let got = reminding(&exit, noticed, &reminded, now);
            for (due, kind, moment) in &got.now {
                assert_eq!((due.duty, due.duty.concerns()), (Duty::Elect, [Party::Customer].as_slice()));
                kinds.push(*kind);
                reminded.insert(due.duty.as_str().to_owned(), *moment);
            }
            assert_eq!(reminding(&exit, noticed, &reminded, now).now, [], "nothing is said twice");
            let Some(next) = got.next else { break };
            now = next;
        }
        assert_eq!(kinds, [ReminderKind::WeekBefore, ReminderKind::TwoDaysBefore, ReminderKind::Overdue]);
        assert_eq!(now, exit.notice_ends());
    }

    #[test]
    fn the_end_of_retrieval_is_told_before_it_and_once_for_both_duties() {
        let exit = Exit::begin(Terms::default(), at("2026-11-24T09:30:00Z")).unwrap();
        let acts = [
            ("2026-11-25T09:30:00Z", Act::Elect(Election::OtherProvider)),
            ("2027-01-24T09:30:00Z", Act::BeginTransition),
            ("2027-02-23T09:30:00Z", Act::ConfirmSwitch),
        ];
        let exit = acts.iter().fold(exit, |exit, (now, act)| exit.after(act, at(now), &[]).unwrap());
        let since = at("2027-02-23T09:30:00Z");
        let got = reminding(&exit, since, &BTreeMap::new(), at("2027-03-25T00:00:00Z"));
        assert_eq!(
            got.now.iter().map(|(due, kind, _)| (due.duty, *kind)).collect::<Vec<_>>(),
            [(Duty::KeepRetrievable, ReminderKind::TwoDaysBefore)]
        );
        assert_eq!(got.next, None, "what nobody can miss is not overdue");
    }
}
