//! One move of a request, with everything that must be true together with it.

use exeunt_model::identity::PrincipalId;
use exeunt_model::job::JobKind;
use exeunt_model::moment::Moment;
use exeunt_model::request::document::Matter;
use exeunt_model::request::{Move, State, case, erasure, export};
use exeunt_model::webhook;
use exeunt_store::Transaction;
use exeunt_store::desk::{Event, Intake, NewJob, Request};

use super::context::Context;
use super::error::Error;

impl Context<'_> {
    /// Moves a request, and writes its history and the events of webhooks.
    ///
    /// # Errors
    /// [`Error::Move`] for a move that isn't legal from where the request is.
    pub(super) fn make(
        &mut self,
        transaction: &mut Transaction<'_>,
        request: &mut Request,
        attempted: Move,
        actor: Option<&PrincipalId>,
        note: Option<&str>,
    ) -> Result<(), Error> {
        let from = request.state;
        request.state = after(from, attempted)?;
        request.changed = self.now;
        let ends_case_of_person = request.document.matter == Some(Matter::Person) && request.state.is_final();
        if ends_case_of_person {
            request.personal = None;
        }
        if from.is_unanswered() && !request.state.is_unanswered() {
            request.answered = Some(self.now);
            // One that runs finds out by itself.
            transaction.withdraw(JobKind::Remind, request.id.as_str())?;
        }
        if !from.is_unanswered() && request.state.is_unanswered() {
            // Handed back: somebody waits again, and the date of before counts. Whoever has it is told by the move itself, and reminded from now on.
            request.answered = None;
            request.document.clock.reminded = Some(self.now);
            self.enqueue(transaction, request, JobKind::Remind, self.now)?;
        }
        transaction.change_request(request)?;
        let event = Event {
            number: 0,
            at: self.now,
            actor: actor.cloned(),
            event: attempted.as_str().to_owned(),
            from: Some(from.as_str().to_owned()),
            to: request.state.as_str().to_owned(),
            note: note.map(str::to_owned),
        };
        transaction.add_event(&request.id, &event)?;
        self.tell_webhooks(transaction, request, webhook::Event::of(request.state))?;
        if ends_case_of_person {
            // No erasure of the desk names this person, so that the end of the case is the time to forget who they are.
            transaction.forget_request(&request.id)?;
            self.enqueue(transaction, request, JobKind::ExpireArchive, self.now)?;
        }
        for intake in transaction.intakes_of(&request.id)? {
            self.tell_sender(transaction, &intake)?;
        }
        Ok(())
    }

    /// Writes a request whose state stays, and what somebody has done with it.
    pub(super) fn note(
        &mut self,
        transaction: &mut Transaction<'_>,
        request: &mut Request,
        event: &str,
        actor: &PrincipalId,
        note: Option<&str>,
    ) -> Result<(), Error> {
        request.changed = self.now;
        transaction.change_request(request)?;
        let event = Event {
            number: 0,
            at: self.now,
            actor: Some(actor.clone()),
            event: event.to_owned(),
            from: Some(request.state.as_str().to_owned()),
            to: request.state.as_str().to_owned(),
            note: note.map(str::to_owned),
        };
        Ok(transaction.add_event(&request.id, &event)?)
    }

    /// Has the sender of something that came in called back.
    pub(super) fn tell_sender(&mut self, transaction: &mut Transaction<'_>, intake: &Intake) -> Result<(), exeunt_store::Error> {
        for callback in transaction.callbacks_of(&intake.id)? {
            let id = self.job();
            let target = callback.id.as_str();
            let contract = Some(intake.sender.as_str());
            let job = NewJob { id: &id, kind: JobKind::DeliverWebhook, target, contract, run_at: self.now };
            // One that runs looks again before it ends.
            transaction.enqueue_or_reschedule(&job, self.now)?;
        }
        Ok(())
    }

    /// Enqueues a job about a request.
    pub(super) fn enqueue(
        &mut self,
        transaction: &mut Transaction<'_>,
        request: &Request,
        kind: JobKind,
        run_at: Moment,
    ) -> Result<(), Error> {
        let id = self.job();
        let job = NewJob { id: &id, kind, target: request.id.as_str(), contract: Some(&request.contract), run_at };
        Ok(transaction.enqueue_or_reschedule(&job, self.now)?)
    }
}

/// The state after a move.
///
/// # Errors
/// For a move that isn't legal, and one of another kind of request.
pub(super) fn after(state: State, attempted: Move) -> Result<State, exeunt_model::request::Error> {
    match (state, attempted) {
        (State::Export(state), Move::Export(attempted)) => state.after(attempted).map(State::Export),
        (State::Erasure(state), Move::Erasure(attempted)) => state.after(attempted).map(State::Erasure),
        (State::Case(state), Move::Case(attempted)) => state.after(attempted).map(State::Case),
        (State::Export(_) | State::Erasure(_) | State::Case(_), Move::Export(_) | Move::Erasure(_) | Move::Case(_)) => {
            Err(exeunt_model::request::Error::State { kind: state.kind(), text: attempted.as_str().to_owned() })
        }
    }
}

/// The move of this meaning for a request of any kind.
pub(super) fn cancelling(state: State) -> Move {
    match state {
        State::Export(_) => Move::Export(export::Move::Cancel),
        State::Erasure(_) => Move::Erasure(erasure::Move::Cancel),
        State::Case(_) => Move::Case(case::Move::Cancel),
    }
}

pub(super) fn rejecting(state: State) -> Move {
    match state {
        State::Export(_) => Move::Export(export::Move::Reject),
        State::Erasure(_) => Move::Erasure(erasure::Move::Reject),
        State::Case(_) => Move::Case(case::Move::Reject),
    }
}

pub(super) fn suspending(state: State) -> Move {
    match state {
        State::Export(_) => Move::Export(export::Move::Suspend),
        State::Erasure(_) => Move::Erasure(erasure::Move::Suspend),
        State::Case(_) => Move::Case(case::Move::Suspend),
    }
}

pub(super) fn releasing(state: State) -> Move {
    match state {
        State::Export(_) => Move::Export(export::Move::Release),
        State::Erasure(_) => Move::Erasure(erasure::Move::Release),
        State::Case(_) => Move::Case(case::Move::Release),
    }
}
