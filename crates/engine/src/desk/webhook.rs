//! Webhooks: who makes them, tries them out, and has an event sent once more.

use exeunt_model::identity::{DeliveryId, PrincipalId, WebhookId};
use exeunt_model::job::JobKind;
use exeunt_model::webhook::{Disabled, Event, Secret, test_body};
use exeunt_store::Store;
use exeunt_store::desk::{Delivery, NewJob, Webhook};

use super::context::Context;
use super::error::Error;

/// Receivers of one contract, or of the whole desk, at most.
pub const MOST_WEBHOOKS: usize = 20;

/// How long calls are signed with the former secret too.
const FORMER_HOURS: u32 = 24;

/// What a webhook is to be.
#[derive(Debug, Clone)]
pub struct WebhookTerms {
    pub url: String,
    /// None named: all.
    pub events: Vec<Event>,
    pub enabled: bool,
}

/// Makes a webhook. Its secret is in the result; nothing shows it again.
///
/// # Errors
/// [`Error::TooManyWebhooks`].
pub fn make_webhook(
    store: &mut Store,
    context: &mut Context<'_>,
    contract: Option<&str>,
    terms: &WebhookTerms,
    by: &PrincipalId,
) -> Result<Webhook, Error> {
    let webhook = Webhook {
        id: WebhookId::from_random(context.bits()),
        contract: contract.map(str::to_owned),
        url: terms.url.clone(),
        secret: context.secret(),
        former: None,
        events: terms.events.clone(),
        created: context.now,
        created_by: by.clone(),
        disabled: None,
        failures: 0,
        failing_since: None,
        rests_until: None,
        ending: None,
    };
    store.transact("make a webhook", |transaction| {
        // Several at once must not each find that there is room.
        transaction.one_at_a_time()?;
        if transaction.webhooks_of(contract, contract.is_none())?.len() >= MOST_WEBHOOKS {
            return Err(Error::TooManyWebhooks);
        }
        transaction.insert_webhook(&webhook)?;
        if !terms.enabled {
            transaction.disable_webhook(&webhook.id, context.now, Disabled::Asked)?;
        }
        Ok(transaction.webhook(&webhook.id)?.unwrap_or_else(|| webhook.clone()))
    })
}

/// Changes where a webhook is, what it is told, and whether it is told anything. `None` when it is not there any more.
///
/// # Errors
/// [`Error::Changed`].
pub fn change_webhook(
    store: &mut Store,
    context: &mut Context<'_>,
    webhook: &WebhookId,
    terms: &WebhookTerms,
) -> Result<Option<Webhook>, Error> {
    store.transact("change a webhook", |transaction| {
        let Some(before) = transaction.webhook_to_change(webhook)? else { return Ok(None) };
        context.expected.holds(before.version())?;
        let disabled = match (terms.enabled, before.disabled) {
            (true, _) => None,
            (false, Some(disabled)) => Some(disabled),
            (false, None) => Some((context.now, Disabled::Asked)),
        };
        if !transaction.change_webhook(webhook, &terms.url, &terms.events, disabled)? {
            return Ok(None);
        }
        // What has rested with it comes now, or is given up.
        transaction.bring_deliveries_forward(webhook, context.now)?;
        Ok(transaction.webhook(webhook)?)
    })
}

/// Gives a webhook a new secret. For a day, calls are signed with the former one too.
///
/// # Errors
/// [`Error::Changed`].
pub fn change_webhook_secret(store: &mut Store, context: &mut Context<'_>, webhook: &WebhookId) -> Result<Option<Webhook>, Error> {
    let (secret, until) = (context.secret(), context.in_hours(FORMER_HOURS));
    store.transact("change a webhook's secret", |transaction| {
        let Some(before) = transaction.webhook_to_change(webhook)? else { return Ok(None) };
        context.expected.holds(before.version())?;
        match transaction.change_webhook_secret(webhook, &secret, until)? {
            true => Ok(transaction.webhook(webhook)?),
            false => Ok(None),
        }
    })
}

/// Removes a webhook: what waits for it is not sent. False when it is not there any more.
///
/// # Errors
/// [`Error::Changed`].
pub fn remove_webhook(store: &mut Store, context: &Context<'_>, webhook: &WebhookId) -> Result<bool, Error> {
    store.transact("remove a webhook", |transaction| {
        let Some(before) = transaction.webhook_to_change(webhook)? else { return Ok(false) };
        context.expected.holds(before.version())?;
        Ok(transaction.remove_webhook(webhook, context.now)?)
    })
}

/// Sends an event that says nothing, to see whether it arrives.
///
/// # Errors
/// [`Error::WebhookDisabled`].
pub fn try_webhook(store: &mut Store, context: &mut Context<'_>, webhook: &WebhookId) -> Result<Option<Delivery>, Error> {
    store.transact("try a webhook out", |transaction| {
        let Some(found) = transaction.webhook(webhook)?.filter(|found| found.ending.is_none()) else { return Ok(None) };
        if found.disabled.is_some() {
            return Err(Error::WebhookDisabled);
        }
        Ok(Some(context.deliver(transaction, &found, Event::Test, test_body(context.now, &found.id))?))
    })
}

/// Sends an event once more, under its own id. One that still waits is sent at once.
///
/// # Errors
/// [`Error::WebhookDisabled`].
pub fn deliver_again(
    store: &mut Store,
    context: &mut Context<'_>,
    webhook: &WebhookId,
    delivery: &DeliveryId,
) -> Result<Option<Delivery>, Error> {
    store.transact("deliver once more", |transaction| {
        let Some(found) = transaction.webhook(webhook)?.filter(|found| found.ending.is_none()) else { return Ok(None) };
        let delivery = transaction.delivery_to_change(delivery)?.filter(|delivery| delivery.webhook == *webhook);
        let Some(mut delivery) = delivery else { return Ok(None) };
        if found.disabled.is_some() {
            return Err(Error::WebhookDisabled);
        }
        (delivery.delivered, delivery.abandoned) = (None, None);
        transaction.note_delivery(&delivery)?;
        // A person has looked after the receiver: it is called before its rest is over.
        if found.rests_until.is_some() {
            transaction.webhook_took(webhook)?;
        }
        let id = context.job();
        let turn = Some(webhook.as_str());
        let job = NewJob { id: &id, kind: JobKind::DeliverWebhook, target: delivery.id.as_str(), contract: turn, run_at: context.now };
        transaction.enqueue_or_reschedule(&job, context.now)?;
        Ok(Some(delivery))
    })
}

impl Context<'_> {
    fn secret(&mut self) -> Secret {
        let mut bits = [0; 32];
        (self.random)(&mut bits);
        Secret::from_random(bits)
    }
}
