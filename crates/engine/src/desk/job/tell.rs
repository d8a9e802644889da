//! Telling senders of other protocols how things stand.

use exeunt_model::identity::CallbackId;
use exeunt_model::job::{JobKind, retry_delay_ms};
use exeunt_store::Store;
use exeunt_store::desk::Lease;

use super::super::error::Error;
use super::super::intake::{digest_of, outcome};
use super::problem::Problem;
use super::work::{Telling, Told, Work};

/// Sends the newest state to a callback. What changes meanwhile is sent after it.
///
/// A retry sends what is the state then.
pub(super) fn callback(work: &Work, store: &mut Store, lease: &Lease, id: &CallbackId) -> Result<(), Problem> {
    let found = store.look("read a callback", |transaction| {
        let Some(callback) = transaction.callback(id)? else { return Ok(None) };
        let Some(url) = callback.url else { return Ok(None) };
        let Some(intake) = transaction.intake(&callback.intake)? else { return Ok(None) };
        let protocol = intake.protocol;
        let (body, last) = outcome(transaction, &work.settings, intake)?.call(&url)?;
        Ok::<_, exeunt_store::Error>(Some((url, protocol, body, last, callback.told)))
    })?;
    let Some((url, protocol, body, last, told)) = found else {
        let now = (work.clock)();
        return Ok(store.transact("end a job", |transaction| transaction.finish_job(lease, now))?);
    };
    let digest = digest_of(&body);
    let called = match told.as_deref() == Some(digest.as_str()) {
        true => Told::Taken,
        false => work.teller.tell(&Telling { protocol, url: &url, body: &body }),
    };
    work.with(|context| {
        let now = context.now;
        let spread = context.spread();
        store.transact("note a callback", |transaction| -> Result<(), Error> {
            // Whoever moves a request meanwhile waits for this, or is seen below.
            transaction.hold_lease(lease)?;
            match called {
                Told::Taken => {
                    transaction.note_callback(id, Some(&digest), last)?;
                    if !last && changed(transaction, work, id, &digest)? {
                        return Ok(transaction.snooze_job(lease, now)?);
                    }
                    Ok(transaction.finish_job(lease, now)?)
                }
                Told::Gone => {
                    transaction.note_callback(id, None, true)?;
                    Ok(transaction.fail_job(lease, now, "the sender's callback is gone")?)
                }
                Told::Later if lease.failures + 1 >= JobKind::DeliverWebhook.attempts() => {
                    // The next change is tried again, if there is one.
                    transaction.note_callback(id, None, last)?;
                    Ok(transaction.fail_job(lease, now, "the sender's callback did not take it in all attempts")?)
                }
                Told::Later => {
                    let run_at = context.in_milliseconds(retry_delay_ms(lease.failures + 1, spread));
                    Ok(transaction.retry_job(lease, run_at, "the sender's callback did not take it")?)
                }
            }
        })
    })?;
    Ok(())
}

fn changed(
    transaction: &mut exeunt_store::Transaction<'_>,
    work: &Work,
    id: &CallbackId,
    digest: &str,
) -> Result<bool, exeunt_store::Error> {
    let Some(callback) = transaction.callback(id)? else { return Ok(false) };
    let (Some(url), Some(intake)) = (callback.url, transaction.intake(&callback.intake)?) else { return Ok(false) };
    let (body, _) = outcome(transaction, &work.settings, intake)?.call(&url)?;
    Ok(digest_of(&body) != digest)
}
