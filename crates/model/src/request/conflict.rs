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
    /// The erasure of the whole contract, which takes this seat along, is under way.
    Covered { by: RequestId },
    /// An erasure of the same data has begun: an export would deliver what is left of it.
    Erasing { by: RequestId },
}

/// Whether a request can be made beside those of the same contract.
pub fn conflict(wanted: &Wanted<'_>, existing: &[Existing]) -> Option<Conflict> {
    existing.iter().find_map(|other| {
        let same_subject = other.scope == wanted.scope && other.subject == *wanted.subject;
        let same_categories = other.categories.as_deref() == wanted.categories;
        match (wanted.first, other.state) {
            (State::Export(_), State::Export(state)) => {
                let going_on = state.is_unanswered();
                (going_on && same_subject && same_categories).then(|| Conflict::Duplicate { of: other.id.clone() })
            }
            (State::Erasure(_), State::Erasure(state)) if !state.is_final() => {
                if same_subject && same_categories {
                    return Some(Conflict::Duplicate { of: other.id.clone() });
                }
                let covered = other.scope == Scope::Contract && wanted.scope == Scope::Seat && other.categories.is_none();
                covered.then(|| Conflict::Covered { by: other.id.clone() })
            }
            (State::Export(_), State::Erasure(state)) => {
                let touches = same_subject || other.scope == Scope::Contract;
                (touches && has_begun(state)).then(|| Conflict::Erasing { by: other.id.clone() })
            }
            (State::Erasure(_), State::Erasure(_) | State::Export(_)) | (State::Case(_), _) | (_, State::Case(_)) => None,
        }
    })
}

fn has_begun(state: ErasureState) -> bool {
    match state {
        ErasureState::Running | ErasureState::Verifying | ErasureState::PartlyFailed => true,
        ErasureState::Submitted
        | ErasureState::Planned
        | ErasureState::AwaitingApproval
        | ErasureState::Scheduled
        | ErasureState::Completed
        | ErasureState::CompletedWithRetained
        | ErasureState::Cancelled
        | ErasureState::Rejected
        | ErasureState::Failed
        | ErasureState::OnHold => false,
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
pub fn waits_for(scope: Scope, subject: &Digest, linked: Option<&Linked>, existing: &[Existing]) -> Option<Waiting> {
    if let Some(linked) = linked.filter(|linked| !linked.downloaded && !linked.waived) {
        return Some(Waiting::ForDownload { export: linked.id.clone() });
    }
    existing.iter().find_map(|other| {
        let touches = scope == Scope::Contract || other.scope == Scope::Contract || other.subject == *subject;
        let reading = other.state == State::Export(ExportState::Running);
        (touches && reading).then(|| Waiting::ForExport { export: other.id.clone() })
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
        assert_eq!(conflict(&wanted, std::slice::from_ref(&contract)), Some(Conflict::Covered { by: contract.id }));
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
        assert!(waits_for(Scope::Seat, &subject, Some(&linked), &[]).is_some());
        linked.waived = true;
        assert_eq!(waits_for(Scope::Seat, &subject, Some(&linked), &[]), None);
    }

    #[test]
    fn an_erasure_waits_for_an_export_that_reads_the_same_data() {
        let subject = Digest::of_bytes(b"contract 1");
        let running = existing(1, State::Export(ExportState::Running), Scope::Seat, "seat 7");
        assert!(waits_for(Scope::Contract, &subject, None, &[running]).is_some());
    }
}
