//! Cases: what people say to each other, and who has the next word.

use exeunt_model::identity::{MessageId, RequestId};
use exeunt_model::request::reason::Rejection;
use exeunt_model::request::{CaseState, Move, State, case};
use exeunt_store::desk::{CaseMessage, Request};
use exeunt_store::{Store, Transaction};

use super::context::{Actor, Context};
use super::error::Error;
use super::notice::{Notice, NoticeMail};
use super::submit::handlers;

/// What somebody does in a case. Words may come along.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CaseStep {
    Take,
    Ask,
    Tell,
    Answer,
    HandBack,
    Close,
    Reject(Rejection),
}

impl CaseStep {
    /// Whether it is the platform's people who do it.
    pub fn is_of_the_platform(&self) -> bool {
        match self {
            Self::Take | Self::Ask | Self::Answer | Self::Reject(_) => true,
            Self::Tell | Self::HandBack | Self::Close => false,
        }
    }

    fn attempted(&self) -> Move {
        Move::Case(self.of_the_machine())
    }

    fn of_the_machine(&self) -> case::Move {
        match self {
            Self::Take => case::Move::Take,
            Self::Ask => case::Move::Ask,
            Self::Tell => case::Move::Tell,
            Self::Answer => case::Move::Answer,
            Self::HandBack => case::Move::HandBack,
            Self::Close => case::Move::Close,
            Self::Reject(_) => case::Move::Reject,
        }
    }

    /// What the other side is told. What was said is read at the desk alone.
    fn told(&self, request: &Request, actor: &Actor) -> Notice {
        let (request, step) = (NoticeMail::of(request), Some(self.of_the_machine().as_str().to_owned()));
        match self {
            Self::Take | Self::Ask | Self::Answer => Notice::CaseMessage { request, step },
            Self::Tell | Self::HandBack | Self::Close => Notice::CaseMoved { request, step, by: actor.into() },
            Self::Reject(reason) => Notice::Rejected { request, reason: reason.as_str().to_owned(), by: Some(actor.into()) },
        }
    }
}

/// Moves a case, with the words that go with the move, and writes to the other side.
///
/// # Errors
/// [`Error::Move`] when the case isn't where that begins, [`Error::Changed`].
pub fn move_case(
    store: &mut Store,
    context: &mut Context<'_>,
    actor: &Actor,
    id: &RequestId,
    step: &CaseStep,
    text: Option<&str>,
) -> Result<Request, Error> {
    store.transact("move a case", |transaction| {
        let mut request = a_case(transaction, id)?;
        context.expected.holds(request.version)?;
        if let CaseStep::Reject(reason) = step {
            request.reason = Some(reason.as_str().to_owned());
        }
        // What ends a case may forget what was said in it: the last word comes before.
        if let Some(text) = text {
            write(transaction, context, actor, id, text, false)?;
        }
        context.make(transaction, &mut request, step.attempted(), Some(&actor.principal), None)?;
        tell(transaction, context, &request, step.is_of_the_platform(), &step.told(&request, actor))?;
        if request.channel.is_intake() && request.state == State::Case(CaseState::Answered) {
            // Nobody reads it and isn't content: its sender is told that it was done.
            context.make(transaction, &mut request, Move::Case(case::Move::Close), None, None)?;
        }
        Ok(request)
    })
}

/// Says something in a case. Internal words are seen by the platform's people alone, and nobody is written to.
///
/// # Errors
/// [`Error::NothingToDecide`] for a case that has come to its end.
pub fn say(
    store: &mut Store,
    context: &mut Context<'_>,
    actor: &Actor,
    id: &RequestId,
    text: &str,
    internal: bool,
    by_platform: bool,
) -> Result<CaseMessage, Error> {
    store.transact("write in a case", |transaction| {
        let request = a_case(transaction, id)?;
        if request.state.is_final() {
            return Err(Error::NothingToDecide);
        }
        let message = write(transaction, context, actor, id, text, internal)?;
        if !internal {
            tell_of_words(transaction, context, actor, &request, by_platform)?;
        }
        Ok(message)
    })
}

pub(super) fn a_case(transaction: &mut Transaction<'_>, id: &RequestId) -> Result<Request, Error> {
    let request = transaction.request_to_change(id)?.ok_or(Error::NoSuchRequest)?;
    match request.state {
        State::Case(_) => Ok(request),
        State::Export(_) | State::Erasure(_) => Err(Error::NothingToDecide),
    }
}

/// Adds a message to a case.
pub(super) fn write(
    transaction: &mut Transaction<'_>,
    context: &mut Context<'_>,
    actor: &Actor,
    id: &RequestId,
    text: &str,
    internal: bool,
) -> Result<CaseMessage, Error> {
    let message = CaseMessage {
        id: MessageId::from_random(context.bits()),
        request: id.clone(),
        author: actor.principal.clone(),
        at: context.now,
        internal,
        text: Some(text.to_owned()),
    };
    transaction.insert_message(&message)?;
    Ok(message)
}

/// Writes to the other side that somebody has said something, or sent a file.
pub(super) fn tell_of_words(
    transaction: &mut Transaction<'_>,
    context: &mut Context<'_>,
    actor: &Actor,
    request: &Request,
    by_platform: bool,
) -> Result<(), Error> {
    let about = NoticeMail::of(request);
    let notice = match by_platform {
        true => Notice::CaseMessage { request: about, step: None },
        false => Notice::CaseMoved { request: about, step: None, by: actor.into() },
    };
    tell(transaction, context, request, by_platform, &notice)
}

/// Writes to the other side.
fn tell(
    transaction: &mut Transaction<'_>,
    context: &mut Context<'_>,
    request: &Request,
    by_platform: bool,
    notice: &Notice,
) -> Result<(), Error> {
    if by_platform {
        return Ok(context.mail_to(transaction, &request.requester, Some(&request.id), notice)?);
    }
    for handler in handlers(transaction, &request.contract)? {
        context.mail_to(transaction, &handler.id, Some(&request.id), notice)?;
    }
    Ok(())
}
