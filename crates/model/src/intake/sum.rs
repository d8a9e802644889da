//! One answer about the several requests that what came in has become.

use crate::intake::{drp, opendsr};
use crate::request::reason::Rejection;
use crate::request::{CaseState, ErasureState, ExportState, Kind, State};

/// One of the requests, or why none was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    pub state: State,
    /// Why it was rejected.
    pub rejection: Option<Rejection>,
}

impl Part {
    /// Nothing was made of it, for this reason.
    pub fn refused(kind: Kind, reason: Rejection) -> Self {
        Self { state: rejected(kind), rejection: Some(reason) }
    }

    /// Whoever sent it has taken it back.
    pub fn revoked(kind: Kind) -> Self {
        let state = match kind {
            Kind::Export => State::Export(ExportState::Cancelled),
            Kind::Erasure => State::Erasure(ErasureState::Cancelled),
            Kind::Case => State::Case(CaseState::Cancelled),
        };
        Self { state, rejection: None }
    }
}

/// The part that an agent of the Data Rights Protocol is told of. There is at least one.
///
/// As long as any goes on, all of it goes on; a single refusal, withdrawal or end of time is told rather than that the others were done.
pub fn for_drp(parts: &[Part]) -> Option<Part> {
    let rank = |part: &Part| match drp::Status::of(part.state) {
        drp::Status::InProgress => 0,
        drp::Status::Open => 1,
        drp::Status::Denied => 2,
        drp::Status::Revoked => 3,
        drp::Status::Expired => 4,
        // What stays for a reason is told rather than that something went without a rest.
        drp::Status::Fulfilled if part.state == State::Erasure(ErasureState::CompletedWithRetained) => 5,
        drp::Status::Fulfilled => 6,
    };
    parts.iter().min_by_key(|part| rank(part)).copied()
}

/// The part that a controller of OpenDSR is told of. There is at least one.
///
/// It is pending only while all of it is: then all can be cancelled.
pub fn for_opendsr(parts: &[Part]) -> Option<Part> {
    let all_pending = parts.iter().all(|part| opendsr::Status::of(part.state) == opendsr::Status::Pending);
    let rank = |part: &Part| match opendsr::Status::of(part.state) {
        opendsr::Status::InProgress => 0,
        opendsr::Status::Pending => 1,
        opendsr::Status::Cancelled => 2,
        opendsr::Status::Completed => 3,
    };
    let coarsest = parts.iter().min_by_key(|part| rank(part)).copied()?;
    if opendsr::Status::of(coarsest.state) == opendsr::Status::Pending && !all_pending {
        return Some(Part { state: begun(coarsest.state.kind()), rejection: None });
    }
    Some(coarsest)
}

fn begun(kind: Kind) -> State {
    match kind {
        Kind::Export => State::Export(ExportState::Running),
        Kind::Erasure => State::Erasure(ErasureState::Running),
        Kind::Case => State::Case(CaseState::WithRepresentative),
    }
}

fn rejected(kind: Kind) -> State {
    match kind {
        Kind::Export => State::Export(ExportState::Rejected),
        Kind::Erasure => State::Erasure(ErasureState::Rejected),
        Kind::Case => State::Case(CaseState::Rejected),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every_part() -> Vec<Part> {
        let mut states: Vec<State> = ExportState::ALL.iter().copied().map(State::Export).collect();
        states.extend(ErasureState::ALL.iter().copied().map(State::Erasure));
        states.extend(CaseState::ALL.iter().copied().map(State::Case));
        states.into_iter().map(|state| Part { state, rejection: None }).collect()
    }

    #[test]
    fn done_is_told_only_when_all_is_done() {
        for one in every_part() {
            for other in every_part() {
                let both = [one, other];
                let told = drp::Status::of(for_drp(&both).unwrap().state);
                let all = both.iter().all(|part| drp::Status::of(part.state) == drp::Status::Fulfilled);
                assert_eq!(told == drp::Status::Fulfilled, all, "{both:?}");
                assert_eq!(told.is_final(), both.iter().all(|part| drp::Status::of(part.state).is_final()), "{both:?}");

                let told = opendsr::Status::of(for_opendsr(&both).unwrap().state);
                let each = both.map(|part| opendsr::Status::of(part.state));
                assert_eq!(told == opendsr::Status::Completed, each.iter().all(|status| *status == opendsr::Status::Completed), "{both:?}");
                assert_eq!(told == opendsr::Status::Pending, each.iter().all(|status| *status == opendsr::Status::Pending), "{both:?}");
                let goes_on = each.iter().any(|status| matches!(status, opendsr::Status::Pending | opendsr::Status::InProgress));
                assert_eq!(matches!(told, opendsr::Status::Pending | opendsr::Status::InProgress), goes_on, "{both:?}");
            }
        }
    }

    #[test]
    fn a_refusal_keeps_its_reason() {
        let done = Part { state: State::Erasure(ErasureState::Completed), rejection: None };
        let refused = Part::refused(Kind::Erasure, Rejection::LastAdmin);
        assert_eq!(for_drp(&[done, refused]), Some(refused));
        assert_eq!(for_opendsr(&[done, refused]), Some(refused));
        assert_eq!(for_drp(&[]), None);
    }

    #[test]
    fn what_stays_is_told_of() {
        let kept = Part { state: State::Erasure(ErasureState::CompletedWithRetained), rejection: None };
        let done = Part { state: State::Erasure(ErasureState::Completed), rejection: None };
        assert_eq!(for_drp(&[done, kept]), Some(kept));
    }
}
