//! Which requests stand in each other's way.

use super::{ErasureState, ExportState, Scope, State};
use crate::digest::Digest;
use crate::identity::RequestId;
use crate::names::CategoryName;

/// A request that is there already, as far as it can stand in another's way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Existing {
    pub id: RequestId,
    pub state: State,
    pub scope: Scope,
    /// Keyed hash of the subject.
    pub subject: Digest,
    /// The categories that were chosen; `None` is all of them.
    pub categories: Option<Vec<CategoryName>>,
}

/// A request that somebody wants to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted<'a> {
    pub first: State,
    pub scope: Scope,
    pub subject: &'a Digest,
    pub categories: Option<&'a [CategoryName]>,
}

/// Why a request cannot be made now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Conflict {
    /// The same is asked for already.
    Duplicate { of: RequestId },
    /// An erasure of more was asked for, which takes this along: of the whole contract, or of more categories.
    Covered { by: RequestId },
    /// An erasure of the same data has begun: an export would deliver what is left of it.
    Erasing { by: RequestId },
}

/// Whether a request can be made beside those of the same contract.
pub fn conflict(wanted: &Wanted<'_>, existing: &[Existing]) -> Option<Conflict> {
    existing.iter().find_map(|other| {
        let same_subject = other.scope == wanted.scope && other.subject == *wanted.subject;
        let other_categories = other.categories.as_deref();
        let same_categories = covers(other_categories, wanted.categories) && covers(wanted.categories, other_categories);
        match (wanted.first, other.state) {
            (State::Export(_), State::Export(state)) => {
                let going_on = state.is_unanswered();
                (going_on && same_subject && same_categories).then(|| Conflict::Duplicate { of: other.id.clone() })
            }
            (State::Erasure(_), State::Erasure(state)) if !state.is_final() => {
                if same_subject && same_categories {
                    return Some(Conflict::Duplicate { of: other.id.clone() });
                }
                let around = same_subject || (other.scope == Scope::Contract && wanted.scope == Scope::Seat);
                // One that failed takes nothing along until somebody tries it again.
                let goes_on = state != ErasureState::Failed;
                (goes_on && around && covers(other_categories, wanted.categories)).then(|| Conflict::Covered { by: other.id.clone() })
            }
            (State::Export(_), State::Erasure(state)) => {
                let touches = same_subject || other.scope == Scope::Contract;
                let erases = touches && overlap(other_categories, wanted.categories);
                (erases && state.has_begun()).then(|| Conflict::Erasing { by: other.id.clone() })
            }
            (State::Erasure(_), State::Erasure(_) | State::Export(_)) | (State::Case(_), _) | (_, State::Case(_)) => None,
        }
    })
}

/// The erasure that has begun of what an export would read: it would deliver what is left of it, or what is to be gone.
pub fn being_erased(export: &Wanted<'_>, existing: &[Existing]) -> Option<RequestId> {
    existing.iter().find_map(|other| {
        let State::Erasure(state) = other.state else { return None };
        (shares_data(export, other) && state.has_begun()).then(|| other.id.clone())
    })
}

/// Whether what is asked for in these categories is all asked for in those; `None` is all categories.
fn covers(outer: Option<&[CategoryName]>, inner: Option<&[CategoryName]>) -> bool {
    match (outer, inner) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(outer), Some(inner)) => inner.iter().all(|category| outer.contains(category)),
    }
}

/// Whether two requests of a contract are about some of the same data. What a whole contract and one of its seats have in common counts.
fn shares_data(one: &Wanted<'_>, other: &Existing) -> bool {
    let same = one.scope == Scope::Contract || other.scope == Scope::Contract || other.subject == *one.subject;
    same && overlap(other.categories.as_deref(), one.categories)
}

/// Whether both are about some category.
fn overlap(one: Option<&[CategoryName]>, other: Option<&[CategoryName]>) -> bool {
    match (one, other) {
        (None, _) | (_, None) => true,
        (Some(one), Some(other)) => one.iter().any(|category| other.contains(category)),
    }
}

/// What an erasure whose time has come waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Waiting {
    /// The export that was asked for together with it must be downloaded first, or whoever asked must do without it.
    ForDownload { export: RequestId },
    /// An export reads the same data.
    ForExport { export: RequestId },
}

/// The export that an erasure was asked for together with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Linked {
    pub id: RequestId,
    pub state: ExportState,
    pub downloaded: bool,
    /// Whoever asked does without it.
    pub waived: bool,
}

/// Whether an erasure may start now, as far as exports go.
///
/// A linked export that was cancelled or rejected before it was downloaded goes on standing in the way until it is waived: its requester wanted a copy.
pub fn waits_for(erasure: &Wanted<'_>, linked: Option<&Linked>, existing: &[Existing]) -> Option<Waiting> {
    if let Some(linked) = linked.filter(|linked| !linked.downloaded && !linked.waived) {
        return Some(Waiting::ForDownload { export: linked.id.clone() });
    }
    existing.iter().find_map(|other| {
        let reading = other.state == State::Export(ExportState::Running);
        (shares_data(erasure, other) && reading).then(|| Waiting::ForExport { export: other.id.clone() })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn existing(number: u128, state: State, scope: Scope, subject: &str) -> Existing {
        Existing { id: RequestId::from_random(number), state, scope, subject: Digest::of_bytes(subject.as_bytes()), categories: None }
    }

    #[test]
    fn the_same_erasure_is_asked_for_once() {
        let subject = Digest::of_bytes(b"seat 7");
        let wanted = Wanted { first: State::Erasure(ErasureState::Submitted), scope: Scope::Seat, subject: &subject, categories: None };
        let scheduled = existing(1, State::Erasure(ErasureState::Scheduled), Scope::Seat, "seat 7");
        assert_eq!(conflict(&wanted, std::slice::from_ref(&scheduled)), Some(Conflict::Duplicate { of: scheduled.id.clone() }));
        let cancelled = Existing { state: State::Erasure(ErasureState::Cancelled), ..scheduled };
        assert_eq!(conflict(&wanted, &[cancelled]), None);
    }

    #[test]
    fn a_seat_of_a_contract_that_goes_is_covered() {
        let subject = Digest::of_bytes(b"seat 7");
        let wanted = Wanted { first: State::Erasure(ErasureState::Submitted), scope: Scope::Seat, subject: &subject, categories: None };
        let contract = existing(1, State::Erasure(ErasureState::Scheduled), Scope::Contract, "contract 1");
        assert_eq!(conflict(&wanted, std::slice::from_ref(&contract)), Some(Conflict::Covered { by: contract.id.clone() }));
        let failed = Existing { state: State::Erasure(ErasureState::Failed), ..contract };
        assert_eq!(conflict(&wanted, &[failed]), None);
    }

    #[test]
    fn what_is_being_erased_is_not_exported() {
        let subject = Digest::of_bytes(b"seat 7");
        let wanted = Wanted { first: State::Export(ExportState::Submitted), scope: Scope::Seat, subject: &subject, categories: None };
        for (state, refused) in [(ErasureState::Scheduled, false), (ErasureState::Running, true), (ErasureState::PartlyFailed, true)] {
            let erasure = existing(1, State::Erasure(state), Scope::Contract, "contract 1");
            assert_eq!(conflict(&wanted, &[erasure]).is_some(), refused, "{state}");
        }
    }

    #[test]
    fn an_export_waits_for_every_erasure_that_has_begun_of_what_it_reads() {
        let (seat, contract) = (Digest::of_bytes(b"seat 7"), Digest::of_bytes(b"contract 1"));
        let of_seat = Wanted { first: State::Export(ExportState::Queued), scope: Scope::Seat, subject: &seat, categories: None };
        let of_contract = Wanted { scope: Scope::Contract, subject: &contract, ..of_seat.clone() };
        for (state, waits) in [(ErasureState::Scheduled, false), (ErasureState::Running, true), (ErasureState::PartlyFailed, true)] {
            let seat_erased = existing(1, State::Erasure(state), Scope::Seat, "seat 7");
            let other_erased = existing(2, State::Erasure(state), Scope::Seat, "seat 8");
            let contract_erased = existing(3, State::Erasure(state), Scope::Contract, "contract 1");
            assert_eq!(being_erased(&of_seat, std::slice::from_ref(&seat_erased)).is_some(), waits, "{state}");
            assert_eq!(being_erased(&of_seat, std::slice::from_ref(&contract_erased)).is_some(), waits, "{state}");
            assert_eq!(being_erased(&of_contract, std::slice::from_ref(&seat_erased)).is_some(), waits, "{state}");
            assert_eq!(being_erased(&of_seat, &[other_erased]), None, "{state}");
        }
    }

    #[test]
    fn a_finished_export_can_be_asked_for_again() {
        let subject = Digest::of_bytes(b"seat 7");
        let wanted = Wanted { first: State::Export(ExportState::Submitted), scope: Scope::Seat, subject: &subject, categories: None };
        let ready = existing(1, State::Export(ExportState::Ready), Scope::Seat, "seat 7");
        assert_eq!(conflict(&wanted, &[ready]), None);
    }

    #[test]
    fn an_erasure_waits_for_its_export_until_it_is_downloaded_or_waived() {
        let subject = Digest::of_bytes(b"seat 7");
        let mut linked = Linked { id: RequestId::from_random(1), state: ExportState::Cancelled, downloaded: false, waived: false };
        let erasure = Wanted { first: State::Erasure(ErasureState::Submitted), scope: Scope::Seat, subject: &subject, categories: None };
        assert!(waits_for(&erasure, Some(&linked), &[]).is_some());
        linked.waived = true;
        assert_eq!(waits_for(&erasure, Some(&linked), &[]), None);
    }

    #[test]
    fn an_erasure_waits_for_an_export_that_reads_the_same_data() {
        let subject = Digest::of_bytes(b"contract 1");
        let running = existing(1, State::Export(ExportState::Running), Scope::Seat, "seat 7");
        let chosen = [CategoryName::new("notes")];
        let erasure =
            Wanted { first: State::Erasure(ErasureState::Submitted), scope: Scope::Contract, subject: &subject, categories: None };
        assert!(waits_for(&erasure, None, std::slice::from_ref(&running)).is_some());
        let some = Wanted { categories: Some(&chosen), ..erasure };
        assert!(waits_for(&some, None, std::slice::from_ref(&running)).is_some());
        let of_others = Existing { categories: Some(vec![CategoryName::new("messages")]), ..running };
        assert_eq!(waits_for(&some, None, &[of_others]), None);
    }

    #[test]
    fn an_erasure_of_more_covers_one_of_less() {
        let subject = Digest::of_bytes(b"seat 7");
        let names = |names: &[&str]| names.iter().map(|name| CategoryName::new(*name)).collect::<Vec<_>>();
        let (notes, messages, both) = (names(&["notes"]), names(&["messages"]), names(&["messages", "notes"]));
        let turned = names(&["notes", "messages"]);
        let wanted =
            |categories| Wanted { first: State::Erasure(ErasureState::Submitted), scope: Scope::Seat, subject: &subject, categories };
        let scheduled = existing(1, State::Erasure(ErasureState::Scheduled), Scope::Seat, "seat 7");
        let of = |categories: Option<&Vec<CategoryName>>| Existing { categories: categories.cloned(), ..scheduled.clone() };
        let covered = Some(Conflict::Covered { by: scheduled.id.clone() });
        let duplicate = Some(Conflict::Duplicate { of: scheduled.id.clone() });
        assert_eq!(conflict(&wanted(Some(&notes)), &[of(None)]), covered);
        assert_eq!(conflict(&wanted(Some(&notes)), &[of(Some(&both))]), covered);
        assert_eq!(conflict(&wanted(Some(&turned)), &[of(Some(&both))]), duplicate);
        assert_eq!(conflict(&wanted(Some(&notes)), &[of(Some(&messages))]), None);
        assert_eq!(conflict(&wanted(Some(&both)), &[of(Some(&notes))]), None);
        assert_eq!(conflict(&wanted(None), &[of(Some(&notes))]), None);
    }

    #[test]
    fn other_categories_than_those_being_erased_are_exported() {
        let subject = Digest::of_bytes(b"seat 7");
        let notes = vec![CategoryName::new("notes")];
        let running = existing(1, State::Erasure(ErasureState::Running), Scope::Seat, "seat 7");
        let erasing = Existing { categories: Some(notes.clone()), ..running };
        for (categories, refused) in [(Some(vec![CategoryName::new("messages")]), false), (Some(notes), true), (None, true)] {
            let wanted = Wanted {
                first: State::Export(ExportState::Submitted),
                scope: Scope::Seat,
                subject: &subject,
                categories: categories.as_deref(),
            };
            assert_eq!(conflict(&wanted, std::slice::from_ref(&erasing)).is_some(), refused);
        }
    }
}
