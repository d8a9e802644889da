//! The tables `webhook` and `delivery`.

use exeunt_model::identity::{DeliveryId, PrincipalId, WebhookId};
use exeunt_model::moment::Moment;

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
    pub secret: String,
    /// During a change of secrets, deliveries are signed with both.
    pub former_secret: Option<String>,
    /// The events that are sent; none named is all of them.
    pub events: Vec<String>,
    pub created: Moment,
    pub created_by: PrincipalId,
    /// The receiver said that it is gone.
    pub disabled: Option<Moment>,
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
    pub event: String,
    /// JSON, byte for byte as it is signed and sent.
    pub body: String,
    pub created: Moment,
    pub delivered: Option<Moment>,
    pub abandoned: Option<Moment>,
    /// What the receiver answered last.
    pub status: Option<u32>,
}

const COLUMNS: &str = "id, contract, url, secret, former_secret, events, created, created_by, disabled";

impl Transaction<'_> {
    /// Adds a receiver.
    pub fn insert_webhook(&mut self, webhook: &Webhook) -> Result<(), Error> {
        let sql = "-- insert_webhook
            INSERT INTO webhook (id, contract, url, secret, former_secret, events, created, created_by)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
        let values = parameters![
            webhook.id.as_str(),
            webhook.contract.as_deref(),
            webhook.url.as_str(),
            webhook.secret.as_str(),
            webhook.former_secret.as_deref(),
            json(&webhook.events)?,
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

    /// The receivers of a contract's events: its own, and with `desk_too` those of the whole desk.
    pub fn webhooks_of(&mut self, contract: Option<&str>, desk_too: bool) -> Result<Vec<Webhook>, Error> {
        let sql = format!(
            "-- webhooks_of
            SELECT {COLUMNS}
            FROM webhook
            WHERE removed IS NULL AND (contract = $1 OR (contract IS NULL AND $2 = 1))
            ORDER BY created, id"
        );
        self.all("read webhooks", &sql, &parameters![contract, i64::from(desk_too)], read)
    }

    /// Gives a receiver a new secret; the one of now goes on to be used beside it.
    pub fn change_webhook_secret(&mut self, id: &WebhookId, secret: &str) -> Result<(), Error> {
        let sql = "-- change_webhook_secret
            UPDATE webhook
            SET former_secret = secret, secret = $2, disabled = NULL
            WHERE id = $1 AND removed IS NULL";
        self.one_row("change a webhook's secret", sql, &parameters![id.as_str(), secret])
    }

    /// Stops sending to a receiver until somebody changes it.
    pub fn disable_webhook(&mut self, id: &WebhookId, now: Moment) -> Result<(), Error> {
        let sql = "-- disable_webhook
            UPDATE webhook
            SET disabled = coalesce(disabled, $2)
            WHERE id = $1";
        self.one_row("disable a webhook", sql, &parameters![id.as_str(), now.microseconds()])
    }

    /// Removes a receiver. False when there is none.
    pub fn remove_webhook(&mut self, id: &WebhookId, now: Moment) -> Result<bool, Error> {
        let sql = "-- remove_webhook
            UPDATE webhook
            SET removed = $2
            WHERE id = $1 AND removed IS NULL";
        Ok(self.rows("remove a webhook", sql, &parameters![id.as_str(), now.microseconds()])? == 1)
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
            SELECT id, webhook, event, body, created, delivered, abandoned, status
            FROM delivery
            WHERE id = $1";
        self.optional("read a delivery", sql, &parameters![id.as_str()], read_delivery)
    }

    /// The newest deliveries to a receiver.
    pub fn deliveries_to(&mut self, webhook: &WebhookId, limit: u32) -> Result<Vec<Delivery>, Error> {
        let sql = "-- deliveries_to
            SELECT id, webhook, event, body, created, delivered, abandoned, status
            FROM delivery
            WHERE webhook = $1
            ORDER BY created DESC, id
            LIMIT $2";
        self.all("read deliveries", sql, &parameters![webhook.as_str(), limit], read_delivery)
    }

    /// Notes what a receiver answered.
    pub fn note_delivery(&mut self, delivery: &Delivery) -> Result<(), Error> {
        let sql = "-- note_delivery
            UPDATE delivery
            SET delivered = $2, abandoned = $3, status = $4
            WHERE id = $1";
        let Delivery { id, delivered, abandoned, status, .. } = delivery;
        let values = parameters![id.as_str(), delivered.map(Moment::microseconds), abandoned.map(Moment::microseconds), *status];
        self.one_row("note a delivery", sql, &values)
    }
}

fn read(row: &Row<'_>) -> Result<Webhook, Error> {
    Ok(Webhook {
        id: parsed(&row.get::<String>(0)?, "a webhook's id")?,
        contract: row.get(1)?,
        url: row.get(2)?,
        secret: row.get(3)?,
        former_secret: row.get(4)?,
        events: from_json(&row.get::<String>(5)?, "a webhook's events")?,
        created: moment(row.get(6)?)?,
        created_by: parsed(&row.get::<String>(7)?, "a principal's id")?,
        disabled: row.get::<Option<i64>>(8)?.map(moment).transpose()?,
    })
}

fn read_delivery(row: &Row<'_>) -> Result<Delivery, Error> {
    Ok(Delivery {
        id: parsed(&row.get::<String>(0)?, "a delivery's id")?,
        webhook: parsed(&row.get::<String>(1)?, "a webhook's id")?,
        event: row.get(2)?,
        body: row.get(3)?,
        created: moment(row.get(4)?)?,
        delivered: row.get::<Option<i64>>(5)?.map(moment).transpose()?,
        abandoned: row.get::<Option<i64>>(6)?.map(moment).transpose()?,
        status: row.get(7)?,
    })
}
