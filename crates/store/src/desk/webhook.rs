//! The tables `webhook` and `delivery`.

use exeunt_model::digest::Digest;
use exeunt_model::identity::{DeliveryId, PrincipalId, WebhookId};
use exeunt_model::job::JobKind;
use exeunt_model::moment::Moment;
use exeunt_model::webhook::{Disabled, Event, Secret, Trouble};

use super::position::{Position, newest, oldest};
use crate::error::Error;
use crate::read::{from_json, json, moment, parsed};
use crate::sql::{Row, Transaction, parameters};

/// Who is told of events.
#[derive(Clone, PartialEq, Eq)]
pub struct Webhook {
    pub id: WebhookId,
    /// `None`: events of the whole desk.
    pub contract: Option<String>,
    pub url: String,
    pub secret: Secret,
    /// The secret before, and until when calls are signed with it too.
    pub former: Option<(Secret, Moment)>,
    /// The events that are sent; none named is all of them.
    pub events: Vec<Event>,
    pub created: Moment,
    pub created_by: PrincipalId,
    /// Nothing is sent, since when, and why.
    pub disabled: Option<(Moment, Disabled)>,
    /// Calls in a row that came to nothing.
    pub failures: u32,
    pub failing_since: Option<Moment>,
    /// It is left alone until then.
    pub rests_until: Option<Moment>,
    /// Its contract was erased: what it is still told is the last.
    pub ending: Option<Moment>,
}

impl Webhook {
    /// The secrets that calls of now are signed with.
    pub fn secrets(&self, now: Moment) -> Vec<Secret> {
        let former = self.former.iter().filter(|(_, until)| *until > now).map(|(secret, _)| secret.clone());
        std::iter::once(self.secret.clone()).chain(former).collect()
    }

    /// Tells what people have chosen apart: where it is, what it is told, whether it is, and its secret. How its receiver does is none of it.
    pub fn version(&self) -> String {
        let chosen = (&self.url, spelled(&self.events), self.disabled.map(|(at, _)| at), self.secret.reveal());
        Digest::of_json(&chosen).short().to_owned()
    }

    /// Whether it is told of such events.
    pub fn wants(&self, event: Event) -> bool {
        self.disabled.is_none() && self.ending.is_none() && (self.events.is_empty() || self.events.contains(&event))
    }
}

impl std::fmt::Debug for Webhook {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Webhook").field("id", &self.id).finish_non_exhaustive()
    }
}

/// One event for one receiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    pub id: DeliveryId,
    pub webhook: WebhookId,
    pub event: Event,
    /// JSON, byte for byte as it is signed and sent.
    pub body: String,
    pub created: Moment,
    pub delivered: Option<Moment>,
    pub abandoned: Option<Moment>,
    /// What the receiver answered last.
    pub status: Option<u32>,
    /// Calls so far.
    pub attempts: u32,
    pub attempted: Option<Moment>,
    /// What was wrong with the last call.
    pub trouble: Option<Trouble>,
}

impl Delivery {
    /// Whether nobody will send it (any more).
    pub fn is_settled(&self) -> bool {
        self.delivered.is_some() || self.abandoned.is_some()
    }
}

const COLUMNS: &str =
    "id, contract, url, secret, former_secret, former_until, events, created, created_by, disabled, disabled_reason, failures,
    failing_since, rests_until, ending";

impl Transaction<'_> {
    /// Adds a receiver.
    pub fn insert_webhook(&mut self, webhook: &Webhook) -> Result<(), Error> {
        let sql = "-- insert_webhook
            INSERT INTO webhook (id, contract, url, secret, events, created, created_by)
            VALUES ($1, $2, $3, $4, $5, $6, $7)";
        let values = parameters![
            webhook.id.as_str(),
            webhook.contract.as_deref(),
            webhook.url.as_str(),
            webhook.secret.reveal(),
            json(&spelled(&webhook.events))?,
            webhook.created.microseconds(),
            webhook.created_by.as_str()
        ];
        self.one_row("add a webhook", sql, &values)
    }

    /// A receiver by its id; none that was removed.
    pub fn webhook(&mut self, id: &WebhookId) -> Result<Option<Webhook>, Error> {
        let sql = format!("-- webhook\nSELECT {COLUMNS} FROM webhook WHERE id = $1 AND removed IS NULL");
        self.optional("read a webhook", &sql, &parameters![id.as_str()], read)
    }

    /// The same, and nobody else changes it until this transaction ends.
    pub fn webhook_to_change(&mut self, id: &WebhookId) -> Result<Option<Webhook>, Error> {
        let sql = format!("-- webhook_to_change\nSELECT {COLUMNS} FROM webhook WHERE id = $1 AND removed IS NULL{}", self.to_change());
        self.optional("read a webhook", &sql, &parameters![id.as_str()], read)
    }

    /// The receivers of a contract's events: its own, and with `desk_too` those of the whole desk. None whose contract was erased.
    pub fn webhooks_of(&mut self, contract: Option<&str>, desk_too: bool) -> Result<Vec<Webhook>, Error> {
        let sql = format!(
            "-- webhooks_of
            SELECT {COLUMNS}
            FROM webhook
            WHERE removed IS NULL AND ending IS NULL AND (contract = $1 OR (contract IS NULL AND $2 = 1))
            ORDER BY created, id"
        );
        self.all("read webhooks", &sql, &parameters![contract, i64::from(desk_too)], read)
    }

    /// A page of the receivers of a contract's events, or of the whole desk's where none is named. None whose contract was erased.
    pub fn webhooks(&mut self, contract: Option<&str>, after: Option<&Position<WebhookId>>, limit: u32) -> Result<Vec<Webhook>, Error> {
        let sql = format!(
            "-- webhooks
            SELECT {COLUMNS}
            FROM webhook
            WHERE removed IS NULL AND ending IS NULL AND (contract = $1 OR (contract IS NULL AND CAST($1 AS TEXT) IS NULL))
                AND (created > $2 OR (created = $2 AND id > $3))
            ORDER BY created, id
            LIMIT $4"
        );
        let (created, id) = oldest(after, WebhookId::as_str);
        self.all("list webhooks", &sql, &parameters![contract, created, id, limit], read)
    }

    /// Changes where a receiver is, what it is told, and whether it is told anything. False when there is none.
    pub fn change_webhook(
        &mut self,
        id: &WebhookId,
        url: &str,
        events: &[Event],
        disabled: Option<(Moment, Disabled)>,
    ) -> Result<bool, Error> {
        // Whoever changes it has looked at it: it begins anew.
        let sql = "-- change_webhook
            UPDATE webhook
            SET url = $2, events = $3, disabled = $4, disabled_reason = $5, failures = 0, failing_since = NULL, rests_until = NULL
            WHERE id = $1 AND removed IS NULL AND ending IS NULL";
        let values = parameters![
            id.as_str(),
            url,
            json(&spelled(events))?,
            disabled.map(|(at, _)| at.microseconds()),
            disabled.map(|(_, reason)| reason.as_str())
        ];
        Ok(self.rows("change a webhook", sql, &values)? == 1)
    }

    /// Gives a receiver a new secret; calls are signed with the one of now beside it for a while. False when there is none.
    pub fn change_webhook_secret(&mut self, id: &WebhookId, secret: &Secret, former_until: Moment) -> Result<bool, Error> {
        let sql = "-- change_webhook_secret
            UPDATE webhook
            SET former_secret = secret, former_until = $3, secret = $2
            WHERE id = $1 AND removed IS NULL AND ending IS NULL";
        let values = parameters![id.as_str(), secret.reveal(), former_until.microseconds()];
        Ok(self.rows("change a webhook's secret", sql, &values)? == 1)
    }

    /// Stops sending to a receiver until somebody changes it.
    pub fn disable_webhook(&mut self, id: &WebhookId, now: Moment, reason: Disabled) -> Result<(), Error> {
        let sql = "-- disable_webhook
            UPDATE webhook
            SET disabled = coalesce(disabled, $2), disabled_reason = coalesce(disabled_reason, $3)
            WHERE id = $1";
        self.one_row("disable a webhook", sql, &parameters![id.as_str(), now.microseconds(), reason.as_str()])
    }

    /// Removes a receiver; its address and secrets are forgotten. False when there is none.
    pub fn remove_webhook(&mut self, id: &WebhookId, now: Moment) -> Result<bool, Error> {
        let sql = "-- remove_webhook
            UPDATE webhook
            SET removed = $2, url = '', secret = '', former_secret = NULL
            WHERE id = $1 AND removed IS NULL";
        Ok(self.rows("remove a webhook", sql, &parameters![id.as_str(), now.microseconds()])? == 1)
    }

    /// Removes the receivers whose contract was erased and that have been told so, or never will be.
    pub fn remove_ended_webhooks(&mut self, now: Moment) -> Result<(), Error> {
        let sql = "-- remove_ended_webhooks
            UPDATE webhook
            SET removed = $1, url = '', secret = '', former_secret = NULL
            WHERE ending IS NOT NULL AND removed IS NULL
                AND (disabled IS NOT NULL
                    OR NOT EXISTS (SELECT 1 FROM delivery AS d WHERE d.webhook = webhook.id AND d.delivered IS NULL AND d.abandoned IS NULL))";
        self.rows("remove ended webhooks", sql, &parameters![now.microseconds()]).map(|_| ())
    }

    /// A receiver took an event: whatever was wrong with it is over.
    pub fn webhook_took(&mut self, id: &WebhookId) -> Result<(), Error> {
        let sql = "-- webhook_took
            UPDATE webhook
            SET failures = 0, failing_since = NULL, rests_until = NULL
            WHERE id = $1";
        self.one_row("note a webhook's recovery", sql, &parameters![id.as_str()])
    }

    /// A call came to nothing. With `rests_until`, the receiver is left alone until then.
    pub fn webhook_failed(&mut self, id: &WebhookId, now: Moment, rests_until: Option<Moment>) -> Result<(), Error> {
        let sql = "-- webhook_failed
            UPDATE webhook
            SET failures = failures + 1, failing_since = coalesce(failing_since, $2), rests_until = coalesce($3, rests_until)
            WHERE id = $1";
        self.one_row("note a webhook's failure", sql, &parameters![id.as_str(), now.microseconds(), rests_until.map(Moment::microseconds)])
    }

    /// Puts off what waits for a receiver, to this time at least.
    pub fn put_off_deliveries(&mut self, webhook: &WebhookId, until: Moment) -> Result<(), Error> {
        let sql = "-- put_off_deliveries
            UPDATE job
            SET run_at = $3
            WHERE kind = $2 AND state = 'queued' AND run_at < $3
                AND target IN (SELECT id FROM delivery WHERE webhook = $1 AND delivered IS NULL AND abandoned IS NULL)";
        let values = parameters![webhook.as_str(), JobKind::DeliverWebhook.as_str(), until.microseconds()];
        self.rows("put deliveries off", sql, &values).map(|_| ())
    }

    /// Brings forward what waits for a receiver that takes events again.
    pub fn bring_deliveries_forward(&mut self, webhook: &WebhookId, now: Moment) -> Result<(), Error> {
        let sql = "-- bring_deliveries_forward
            UPDATE job
            SET run_at = $3
            WHERE kind = $2 AND state = 'queued' AND run_at > $3
                AND target IN (SELECT id FROM delivery WHERE webhook = $1 AND delivered IS NULL AND abandoned IS NULL)";
        let values = parameters![webhook.as_str(), JobKind::DeliverWebhook.as_str(), now.microseconds()];
        self.rows("bring deliveries forward", sql, &values).map(|_| ())
    }

    /// Adds an event to be delivered.
    pub fn insert_delivery(&mut self, delivery: &Delivery) -> Result<(), Error> {
        let sql = "-- insert_delivery
            INSERT INTO delivery (id, webhook, event, body, created)
            VALUES ($1, $2, $3, $4, $5)";
        let Delivery { id, webhook, event, body, created, .. } = delivery;
        let values = parameters![id.as_str(), webhook.as_str(), event.as_str(), body.as_str(), created.microseconds()];
        self.one_row("add a delivery", sql, &values)
    }

    /// A delivery by its id.
    pub fn delivery(&mut self, id: &DeliveryId) -> Result<Option<Delivery>, Error> {
        let sql = "-- delivery
            SELECT id, webhook, event, body, created, delivered, abandoned, status, attempts, attempted, problem
            FROM delivery
            WHERE id = $1";
        self.optional("read a delivery", sql, &parameters![id.as_str()], read_delivery)
    }

    /// Deliveries to a receiver, newest first, after this one where it is given.
    pub fn deliveries_to(&mut self, webhook: &WebhookId, after: Option<&Position<DeliveryId>>, limit: u32) -> Result<Vec<Delivery>, Error> {
        let sql = "-- deliveries_to
            SELECT id, webhook, event, body, created, delivered, abandoned, status, attempts, attempted, problem
            FROM delivery
            WHERE webhook = $1 AND (created < $2 OR (created = $2 AND id > $3))
            ORDER BY created DESC, id
            LIMIT $4";
        let (created, id) = newest(after, DeliveryId::as_str);
        self.all("read deliveries", sql, &parameters![webhook.as_str(), created, id, limit], read_delivery)
    }

    /// The same, and nobody else changes it until this transaction ends.
    pub fn delivery_to_change(&mut self, id: &DeliveryId) -> Result<Option<Delivery>, Error> {
        let sql = format!(
            "-- delivery_to_change
            SELECT id, webhook, event, body, created, delivered, abandoned, status, attempts, attempted, problem
            FROM delivery
            WHERE id = $1{}",
            self.to_change()
        );
        self.optional("read a delivery", &sql, &parameters![id.as_str()], read_delivery)
    }

    /// Notes what a receiver answered, of a delivery that was read [to change it](Self::delivery_to_change).
    pub fn note_delivery(&mut self, delivery: &Delivery) -> Result<(), Error> {
        let sql = "-- note_delivery
            UPDATE delivery
            SET delivered = $2, abandoned = $3, status = $4, attempts = $5, attempted = $6, problem = $7
            WHERE id = $1";
        let values = parameters![
            delivery.id.as_str(),
            delivery.delivered.map(Moment::microseconds),
            delivery.abandoned.map(Moment::microseconds),
            delivery.status,
            delivery.attempts,
            delivery.attempted.map(Moment::microseconds),
            delivery.trouble.map(Trouble::as_str)
        ];
        self.one_row("note a delivery", sql, &values)
    }

    /// Gives a delivery up that was not settled.
    pub fn abandon_delivery(&mut self, id: &DeliveryId, now: Moment) -> Result<(), Error> {
        let sql = "-- abandon_delivery
            UPDATE delivery
            SET abandoned = $2
            WHERE id = $1 AND delivered IS NULL AND abandoned IS NULL";
        self.rows("give a delivery up", sql, &parameters![id.as_str(), now.microseconds()]).map(|_| ())
    }

    /// Forgets deliveries that were settled and are older than that.
    pub fn sweep_deliveries(&mut self, before: Moment) -> Result<(), Error> {
        let sql = "-- sweep_deliveries
            DELETE FROM delivery
            WHERE created < $1 AND (delivered IS NOT NULL OR abandoned IS NOT NULL)";
        self.rows("forget old deliveries", sql, &parameters![before.microseconds()]).map(|_| ())
    }
}

fn spelled(events: &[Event]) -> Vec<&'static str> {
    events.iter().map(|event| event.as_str()).collect()
}

fn event(text: &str) -> Result<Event, Error> {
    Event::parse(text).ok_or_else(|| Error::damaged("a delivery has an unknown event"))
}

fn secret(text: &str) -> Result<Secret, Error> {
    text.parse().map_err(|_| Error::damaged("a webhook has no secret"))
}

fn read(row: &Row<'_>) -> Result<Webhook, Error> {
    let former: Option<String> = row.get(4)?;
    let until = row.get::<Option<i64>>(5)?.map(moment).transpose()?;
    let events: Vec<String> = from_json(&row.get::<String>(6)?, "a webhook's events")?;
    let reason: Option<String> = row.get(10)?;
    let reason = reason.and_then(|reason| Disabled::ALL.iter().copied().find(|known| known.as_str() == reason));
    let disabled = row.get::<Option<i64>>(9)?.map(moment).transpose()?;
    Ok(Webhook {
        id: parsed(&row.get::<String>(0)?, "a webhook's id")?,
        contract: row.get(1)?,
        url: row.get(2)?,
        secret: secret(&row.get::<String>(3)?)?,
        former: former.zip(until).map(|(former, until)| Ok::<_, Error>((secret(&former)?, until))).transpose()?,
        events: events.iter().map(|text| event(text)).collect::<Result<_, _>>()?,
        created: moment(row.get(7)?)?,
        created_by: parsed(&row.get::<String>(8)?, "a principal's id")?,
        disabled: disabled.map(|at| (at, reason.unwrap_or(Disabled::Asked))),
        failures: row.get(11)?,
        failing_since: row.get::<Option<i64>>(12)?.map(moment).transpose()?,
        rests_until: row.get::<Option<i64>>(13)?.map(moment).transpose()?,
        ending: row.get::<Option<i64>>(14)?.map(moment).transpose()?,
    })
}

fn read_delivery(row: &Row<'_>) -> Result<Delivery, Error> {
    let trouble: Option<String> = row.get(10)?;
    Ok(Delivery {
        id: parsed(&row.get::<String>(0)?, "a delivery's id")?,
        webhook: parsed(&row.get::<String>(1)?, "a webhook's id")?,
        event: event(&row.get::<String>(2)?)?,
        body: row.get(3)?,
        created: moment(row.get(4)?)?,
        delivered: row.get::<Option<i64>>(5)?.map(moment).transpose()?,
        abandoned: row.get::<Option<i64>>(6)?.map(moment).transpose()?,
        status: row.get(7)?,
        attempts: row.get(8)?,
        attempted: row.get::<Option<i64>>(9)?.map(moment).transpose()?,
        trouble: trouble.and_then(|trouble| Trouble::ALL.iter().copied().find(|known| known.as_str() == trouble)),
    })
}
