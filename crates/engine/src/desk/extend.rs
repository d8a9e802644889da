//! Telling whoever asked that it takes longer.

use exeunt_model::identity::RequestId;
use exeunt_model::job::JobKind;
use exeunt_store::Store;
use exeunt_store::desk::{Event, Request};

use super::context::{Actor, Context};
use super::error::Error;
use super::notice::{Notice, NoticeMail};

/// What the history calls it; its note is the reason.
pub(super) const EXTENDED: &str = "extend";

/// Puts the date of a request off, as far as its law allows, and tells whoever asked, with the reason.
///
/// # Errors
/// [`Error::Extension`] where the law allows none, when it is too late, and the second time; [`Error::Answered`], [`Error::Changed`].
pub fn extend(store: &mut Store, context: &mut Context<'_>, actor: &Actor, id: &RequestId, reason: &str) -> Result<Request, Error> {
    store.transact("extend a request", |transaction| {
        let mut request = transaction.request_to_change(id)?.ok_or(Error::NoSuchRequest)?;
        context.expected.holds(request.version)?;
        if request.answered.is_some() || request.state.is_final() {
            return Err(Error::Answered);
        }
        let clock = &mut request.document.clock;
        request.due = clock.dates.extend(clock.extended, context.now)?;
        clock.extended = Some(context.now);
        // What would have been said by now about the new date is said by the mail about the extension.
        clock.reminded = Some(context.now);
        request.changed = context.now;
        transaction.change_request(&mut request)?;
        let event = Event {
            number: 0,
            at: context.now,
            actor: Some(actor.principal.clone()),
            event: EXTENDED.to_owned(),
            from: Some(request.state.as_str().to_owned()),
            to: request.state.as_str().to_owned(),
            note: Some(reason.to_owned()),
        };
        transaction.add_event(&request.id, &event)?;
        // It finds the next date by itself.
        context.enqueue(transaction, &request, JobKind::Remind, context.now)?;
        let notice = Notice::Extended { request: NoticeMail::of(&request), due: request.due, reason: reason.to_owned() };
        context.mail_to(transaction, &request.requester, Some(id), &notice)?;
        for intake in transaction.intakes_of(id)? {
            context.tell_sender(transaction, &intake)?;
        }
        Ok(request)
    })
}
