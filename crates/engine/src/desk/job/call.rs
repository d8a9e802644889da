//! Calling webhooks: one event for one receiver, until it is taken or given up.
//!
//! A receiver that is ill rests as a whole: what waits for it waits until it is called again, so that a call that comes to nothing is paid for
//! once and not by each delivery. One that has taken nothing for days is disabled, and whoever made it is told.

use exeunt_model::job::{JobKind, retry_delay_ms};
use exeunt_model::moment::Moment;
use exeunt_model::webhook::{Disabled, Trouble, Verdict, is_given_up, verdict};
use exeunt_store::desk::{Delivery, Lease, Webhook};
use exeunt_store::{Store, Transaction};

use super::super::context::Context;
use super::super::error::Error;
use super::super::notice::Notice;
use super::problem::Problem;
use super::work::{Called, Work};

pub(super) fn run(work: &Work, store: &mut Store, lease: &Lease) -> Result<(), Problem> {
    let id = lease.target.parse().map_err(|_| Error::NoSuchRequest)?;
    let callback = lease.target.parse().map_err(|_| Error::NoSuchRequest)?;
    if store.look("read a callback", |transaction| transaction.callback(&callback))?.is_some() {
        return super::tell::callback(work, store, lease, &callback);
    }
    let found = store.look("read a delivery", |transaction| {
        let Some(delivery) = transaction.delivery(&id)? else { return Ok(None) };
        let webhook = transaction.webhook(&delivery.webhook)?;
        Ok::<_, exeunt_store::Error>(Some((delivery, webhook)))
    })?;
    let now = (work.clock)();
    let (delivery, webhook) = match found {
        Some((delivery, webhook)) if !delivery.is_settled() => (delivery, webhook),
        Some(_) | None => return Ok(store.transact("end a job", |transaction| transaction.finish_job(lease, now))?),
    };
    let Some(webhook) = webhook.filter(|webhook| webhook.disabled.is_none()) else {
        return Ok(store.transact("give a delivery up", |transaction| {
            transaction.abandon_delivery(&delivery.id, now)?;
            transaction.remove_ended_webhooks(now)?;
            transaction.finish_job(lease, now)
        })?);
    };
    if let Some(rested) = webhook.rests_until.filter(|rested| *rested > now) {
        return Ok(store.transact("put a delivery off", |transaction| transaction.snooze_job(lease, rested))?);
    }
    let called = work.hook.call(&webhook, &delivery, now);
    work.with(|context| note(store, context, lease, (&webhook, &delivery), called))?;
    Ok(())
}

/// Notes what a receiver answered, and judges the receiver by it. Both may have changed while it was called: it is judged by no answer to a call of
/// another address, and what was given up meanwhile stays so.
fn note(
    store: &mut Store,
    context: &mut Context<'_>,
    lease: &Lease,
    (asked, sent): (&Webhook, &Delivery),
    called: Called,
) -> Result<(), exeunt_store::Error> {
    let (spread, now) = (context.spread(), context.now);
    let (meaning, trouble) = match called {
        Called::Answered(status) => (verdict(status), Trouble::Status),
        Called::Failed(trouble) => (Verdict::Ill, trouble),
    };
    store.transact("note a call", |transaction| {
        let webhook = transaction.webhook_to_change(&asked.id)?.filter(|found| found.url == asked.url && found.disabled.is_none());
        let Some(mut delivery) = transaction.delivery_to_change(&sent.id)?.filter(|found| !found.is_settled()) else {
            return transaction.finish_job(lease, now);
        };
        delivery.attempts += 1;
        delivery.attempted = Some(now);
        delivery.status = match called {
            Called::Answered(status) => Some(u32::from(status)),
            Called::Failed(_) => None,
        };
        delivery.trouble = (meaning != Verdict::Taken).then_some(trouble);
        match (meaning, &webhook) {
            (Verdict::Taken, webhook) => taken(transaction, webhook.as_ref(), &mut delivery, lease, now)?,
            // Sent to where the receiver is now, or given up because nothing is sent there any more.
            (Verdict::Gone | Verdict::Ill | Verdict::Refused, None) => again(transaction, &mut delivery, lease, now, now)?,
            (Verdict::Gone, Some(webhook)) => disable(transaction, context, webhook, &mut delivery, lease, Disabled::Gone)?,
            (Verdict::Ill | Verdict::Refused, Some(webhook)) if is_over(context, webhook) => {
                disable(transaction, context, webhook, &mut delivery, lease, Disabled::Failing)?;
            }
            (Verdict::Ill, Some(webhook)) => {
                let rested = context.in_milliseconds(retry_delay_ms(webhook.failures.saturating_add(1), spread));
                transaction.webhook_failed(&webhook.id, now, Some(rested))?;
                transaction.put_off_deliveries(&webhook.id, rested)?;
                again(transaction, &mut delivery, lease, now, rested)?;
            }
            (Verdict::Refused, Some(webhook)) => {
                let run_at = context.in_milliseconds(retry_delay_ms(lease.failures + 1, spread));
                transaction.webhook_failed(&webhook.id, now, None)?;
                again(transaction, &mut delivery, lease, now, run_at)?;
            }
        }
        // The last word to a contract that was erased may have been said.
        transaction.remove_ended_webhooks(now)
    })
}

fn is_over(context: &Context<'_>, webhook: &Webhook) -> bool {
    is_given_up(webhook.failing_since.unwrap_or(context.now), context.now, context.settings.webhook_patience_hours)
}

fn taken(
    transaction: &mut Transaction<'_>,
    webhook: Option<&Webhook>,
    delivery: &mut Delivery,
    lease: &Lease,
    now: Moment,
) -> Result<(), exeunt_store::Error> {
    delivery.delivered = Some(now);
    transaction.note_delivery(delivery)?;
    if let Some(webhook) = webhook.filter(|webhook| webhook.failures > 0) {
        transaction.webhook_took(&webhook.id)?;
        transaction.bring_deliveries_forward(&webhook.id, now)?;
    }
    transaction.finish_job(lease, now)
}

/// Tries a delivery again, unless that was the last attempt.
fn again(
    transaction: &mut Transaction<'_>,
    delivery: &mut Delivery,
    lease: &Lease,
    now: Moment,
    run_at: Moment,
) -> Result<(), exeunt_store::Error> {
    let is_last = lease.failures + 1 >= JobKind::DeliverWebhook.attempts();
    delivery.abandoned = is_last.then_some(now);
    transaction.note_delivery(delivery)?;
    match is_last {
        true => transaction.fail_job(lease, now, "the receiver did not take it in all attempts"),
        false => transaction.retry_job(lease, run_at, "the receiver did not take it"),
    }
}

/// Nothing is sent there any more; what waits is given up when its turn comes.
fn disable(
    transaction: &mut Transaction<'_>,
    context: &mut Context<'_>,
    webhook: &Webhook,
    delivery: &mut Delivery,
    lease: &Lease,
    reason: Disabled,
) -> Result<(), exeunt_store::Error> {
    delivery.abandoned = Some(context.now);
    transaction.note_delivery(delivery)?;
    transaction.webhook_failed(&webhook.id, context.now, None)?;
    transaction.disable_webhook(&webhook.id, context.now, reason)?;
    transaction.bring_deliveries_forward(&webhook.id, context.now)?;
    let host = host_of(&webhook.url).to_owned();
    let notice = Notice::WebhookDisabled { webhook: webhook.id.clone(), host, reason: reason.as_str().to_owned() };
    context.mail_to(transaction, &webhook.created_by, None, &notice)?;
    transaction.fail_job(lease, context.now, "the receiver is given up")
}

/// The machine of an address, without its path, where secrets may stand.
fn host_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or(rest)
}
