//! Webhooks: who is told of events, and what has been sent to them.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use exeunt_engine::desk::{self, WebhookTerms};
use exeunt_model::authorization::{Action, Target};
use exeunt_model::identity::{DeliveryId, WebhookId};
use exeunt_model::request::Scope;
use exeunt_model::webhook::Event;
use exeunt_store::Store;
use exeunt_store::desk::{Delivery, Position, Webhook};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::requests::subject;
use crate::http::caller::Caller;
use crate::http::extract::{Json, Path, Query, id};
use crate::http::page::PageQuery;
use crate::http::problem::Problem;
use crate::http::server::{Server, now};
use crate::http::tag::{IfMatch, IfNoneMatch, Tagged};
use crate::outward::checked;

/// A webhook that is to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewWebhook {
    /// The contract whose events are sent; none: those of the whole desk.
    contract: Option<String>,
    /// Where events are sent: `https://…`
    #[schema(min_length = 9, max_length = 2000, example = "https://hooks.customer.example/exeunt")]
    url: String,
    /// The events that are sent; none named: all.
    #[serde(default)]
    #[schema(max_items = 50)]
    events: Vec<String>,
}

/// What a webhook is from now on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookChange {
    /// Where events are sent: `https://…`
    #[schema(min_length = 9, max_length = 2000, example = "https://hooks.customer.example/exeunt")]
    url: String,
    /// The events that are sent; none named: all.
    #[serde(default)]
    #[schema(max_items = 50)]
    events: Vec<String>,
    /// Whether anything is sent.
    enabled: bool,
}

/// A webhook without its secret.
#[derive(Debug, Serialize, ToSchema)]
pub struct WebhookView {
    id: String,
    /// None: events of the whole desk are sent.
    contract: Option<String>,
    url: String,
    /// The events that are sent; none named: all.
    events: Vec<String>,
    enabled: bool,
    disabled: Option<String>,
    /// `asked`: somebody wanted it so; `gone`: the receiver answered 410; `failing`: it has taken nothing for days.
    disabled_reason: Option<String>,
    /// Since when no event was taken.
    failing_since: Option<String>,
    /// The receiver is left alone until then.
    rests_until: Option<String>,
    /// Until when calls are signed with the secret before this one too.
    former_secret_until: Option<String>,
    created: String,
    created_by: String,
}

/// Webhooks, and where the next page begins.
#[derive(Debug, Serialize, ToSchema)]
pub struct WebhookViews {
    webhooks: Vec<WebhookView>,
    /// To be given as `after`; none on the last page.
    next: Option<String>,
}

/// A webhook with its new secret.
#[derive(Debug, Serialize, ToSchema)]
pub struct WebhookSecret {
    webhook: WebhookView,
    /// Shown now and never again.
    secret: String,
}

/// An event for a receiver.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeliveryView {
    /// What the receiver gets as `webhook-id`.
    id: String,
    event: String,
    /// `waiting`, `delivered` or `abandoned`
    state: String,
    created: String,
    delivered: Option<String>,
    abandoned: Option<String>,
    /// Calls so far, and the last one.
    attempts: u32,
    attempted: Option<String>,
    /// What the receiver answered last.
    status: Option<u32>,
    /// What was wrong with the last call: `status`, `timeout`, `unreachable`, `encryption` or `address`.
    problem: Option<String>,
    /// What is sent.
    body: String,
}

/// Deliveries, newest first, and where the next page begins.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeliveryViews {
    deliveries: Vec<DeliveryView>,
    /// To be given as `after`; none on the last page.
    next: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct WebhooksQuery {
    /// The contract whose webhooks are listed; none: those of the whole desk.
    contract: Option<String>,
}

/// Lists the webhooks of a contract, or those of the whole desk.
#[utoipa::path(get, path = "/webhooks", tag = "webhooks", params(WebhooksQuery, PageQuery),
    responses((status = 200, body = WebhookViews),
              (status = "4XX", body = Problem, content_type = "application/problem+json"),
              (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn list(
    State(server): State<Arc<Server>>,
    caller: Caller,
    Query(query): Query<WebhooksQuery>,
    Query(page): Query<PageQuery>,
) -> Result<Json<WebhookViews>, Problem> {
    let page = page.read::<Position<WebhookId>>()?;
    server
        .reading(move |server, store| {
            let contract = of(server, &caller, query.contract.as_deref())?;
            let (of, after) = (contract.as_deref(), page.after.as_ref());
            let found = store.look("list webhooks", |transaction| transaction.webhooks(of, after, page.wanted()))?;
            let (found, next) = page.cut(found, |last| Position { at: last.created, id: last.id.clone() });
            Ok(Json(WebhookViews { webhooks: found.iter().map(view).collect(), next }))
        })
        .await
}

/// Makes a webhook. Its secret is in the answer and is never shown again.
#[utoipa::path(post, path = "/webhooks", tag = "webhooks", request_body = NewWebhook,
    responses((status = 201, body = WebhookSecret),
              (status = "4XX", body = Problem, content_type = "application/problem+json"),
              (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn make(
    State(server): State<Arc<Server>>,
    caller: Caller,
    Json(wanted): Json<NewWebhook>,
) -> Result<(StatusCode, Json<WebhookSecret>), Problem> {
    server
        .blocking(move |server, store| {
            let contract = of(server, &caller, wanted.contract.as_deref())?;
            let terms = terms(server, &wanted.url, &wanted.events, true)?;
            let by = &caller.principal.id;
            let made = server.with(|context| desk::make_webhook(store, context, contract.as_deref(), &terms, by))?;
            Ok((StatusCode::CREATED, Json(WebhookSecret { webhook: view(&made), secret: made.secret.reveal() })))
        })
        .await
}

/// Shows a webhook.
#[utoipa::path(get, path = "/webhooks/{id}", tag = "webhooks",
    params(("id" = String, Path, description = "32 hexadecimal digits"), IfNoneMatch),
    responses((status = 200, body = WebhookView, headers(("ETag" = String, description = "Its version"))), (status = 304, description = "It is as it was"),
              (status = "4XX", body = Problem, content_type = "application/problem+json"),
              (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn show(
    State(server): State<Arc<Server>>,
    caller: Caller,
    Path(webhook): Path<String>,
    known: IfNoneMatch,
) -> Result<Response, Problem> {
    let id = id(&webhook)?;
    server.reading(move |_, store| Ok(tagged(&find(store, &caller, &id)?).unless_known(&known))).await
}

/// Changes a webhook: where it is, what it is told, and whether it is told anything. One that was disabled begins anew.
#[utoipa::path(put, path = "/webhooks/{id}", tag = "webhooks", request_body = WebhookChange,
    params(("id" = String, Path, description = "32 hexadecimal digits"), IfMatch),
    responses((status = 200, body = WebhookView, headers(("ETag" = String, description = "Its version"))),
              (status = "4XX", body = Problem, content_type = "application/problem+json"),
              (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn change(
    State(server): State<Arc<Server>>,
    caller: Caller,
    Path(webhook): Path<String>,
    if_match: IfMatch,
    Json(wanted): Json<WebhookChange>,
) -> Result<Tagged<WebhookView>, Problem> {
    let id = id(&webhook)?;
    server
        .blocking(move |server, store| {
            find(store, &caller, &id)?;
            let terms = terms(server, &wanted.url, &wanted.events, wanted.enabled)?;
            let changed = server.with(|context| desk::change_webhook(store, context.expecting(if_match.expected()), &id, &terms))?;
            Ok(tagged(&changed.ok_or_else(|| Problem::not_found(None))?))
        })
        .await
}

/// Removes a webhook. What waits for it is not sent.
#[utoipa::path(delete, path = "/webhooks/{id}", tag = "webhooks",
    params(("id" = String, Path, description = "32 hexadecimal digits"), IfMatch),
    responses((status = 204, description = "Nothing is sent there any more"),
              (status = "4XX", body = Problem, content_type = "application/problem+json"),
              (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn remove(
    State(server): State<Arc<Server>>,
    caller: Caller,
    Path(webhook): Path<String>,
    if_match: IfMatch,
) -> Result<StatusCode, Problem> {
    let id = id(&webhook)?;
    server
        .blocking(move |server, store| {
            find(store, &caller, &id)?;
            match server.with(|context| desk::remove_webhook(store, context.expecting(if_match.expected()), &id))? {
                true => Ok(StatusCode::NO_CONTENT),
                false => Err(Problem::not_found(None)),
            }
        })
        .await
}

/// Gives a webhook a new secret. For a day, calls are signed with the former one too.
#[utoipa::path(post, path = "/webhooks/{id}/secret", tag = "webhooks",
    params(("id" = String, Path, description = "32 hexadecimal digits"), IfMatch),
    responses((status = 200, body = WebhookSecret),
              (status = "4XX", body = Problem, content_type = "application/problem+json"),
              (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn change_secret(
    State(server): State<Arc<Server>>,
    caller: Caller,
    Path(webhook): Path<String>,
    if_match: IfMatch,
) -> Result<Json<WebhookSecret>, Problem> {
    let id = id(&webhook)?;
    server
        .blocking(move |server, store| {
            find(store, &caller, &id)?;
            let changed = server.with(|context| desk::change_webhook_secret(store, context.expecting(if_match.expected()), &id))?;
            let changed = changed.ok_or_else(|| Problem::not_found(None))?;
            Ok(Json(WebhookSecret { webhook: view(&changed), secret: changed.secret.reveal() }))
        })
        .await
}

/// Sends the event `webhook.test`, to see whether it arrives.
#[utoipa::path(post, path = "/webhooks/{id}/test", tag = "webhooks", params(("id" = String, Path, description = "32 hexadecimal digits")),
    responses((status = 202, body = DeliveryView, description = "It is on its way; the list of deliveries shows what became of it"),
              (status = "4XX", body = Problem, content_type = "application/problem+json"),
              (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn try_out(
    State(server): State<Arc<Server>>,
    caller: Caller,
    Path(webhook): Path<String>,
) -> Result<(StatusCode, Json<DeliveryView>), Problem> {
    let id = id(&webhook)?;
    server
        .blocking(move |server, store| {
            find(store, &caller, &id)?;
            let sent = server.with(|context| desk::try_webhook(store, context, &id))?;
            Ok((StatusCode::ACCEPTED, Json(delivery_view(&sent.ok_or_else(|| Problem::not_found(None))?))))
        })
        .await
}

/// Lists what was sent to a webhook in the last 90 days, and what waits, newest first.
#[utoipa::path(get, path = "/webhooks/{id}/deliveries", tag = "webhooks",
    params(("id" = String, Path, description = "32 hexadecimal digits"), PageQuery),
    responses((status = 200, body = DeliveryViews),
              (status = "4XX", body = Problem, content_type = "application/problem+json"),
              (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn deliveries(
    State(server): State<Arc<Server>>,
    caller: Caller,
    Path(webhook): Path<String>,
    Query(page): Query<PageQuery>,
) -> Result<Json<DeliveryViews>, Problem> {
    let id = id(&webhook)?;
    let page = page.read::<Position<DeliveryId>>()?;
    server
        .reading(move |_, store| {
            find(store, &caller, &id)?;
            let found = store.look("list deliveries", |transaction| transaction.deliveries_to(&id, page.after.as_ref(), page.wanted()))?;
            let (found, next) = page.cut(found, |last| Position { at: last.created, id: last.id.clone() });
            Ok(Json(DeliveryViews { deliveries: found.iter().map(delivery_view).collect(), next }))
        })
        .await
}

/// Delivers an event once more, under the same id: a receiver that has it can tell.
#[utoipa::path(post, path = "/webhooks/{id}/deliveries/{delivery}", tag = "webhooks",
    params(("id" = String, Path, description = "32 hexadecimal digits"), ("delivery" = String, Path, description = "32 hexadecimal digits")),
    responses((status = 202, body = DeliveryView, description = "It is on its way"),
              (status = "4XX", body = Problem, content_type = "application/problem+json"),
              (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn deliver_again(
    State(server): State<Arc<Server>>,
    caller: Caller,
    Path((webhook, delivery)): Path<(String, String)>,
) -> Result<(StatusCode, Json<DeliveryView>), Problem> {
    let (id, delivery): (WebhookId, DeliveryId) = (id(&webhook)?, id(&delivery)?);
    server
        .blocking(move |server, store| {
            find(store, &caller, &id)?;
            let sent = server.with(|context| desk::deliver_again(store, context, &id, &delivery))?;
            Ok((StatusCode::ACCEPTED, Json(delivery_view(&sent.ok_or_else(|| Problem::not_found(None))?))))
        })
        .await
}

/// The contract whose webhooks the caller may manage, as the directory writes it; none for those of the whole desk.
fn of(server: &Server, caller: &Caller, contract: Option<&str>) -> Result<Option<String>, Problem> {
    match contract {
        Some(contract) => Ok(Some(subject(server, caller, Action::ManageWebhooks, Scope::Contract, contract, None)?.contract)),
        None => caller.act(Action::ManageWebhooks, Target::Desk).map(|_| None),
    }
}

/// Finds a webhook that the caller may manage. Those of the whole desk are there for nobody else.
fn find(store: &Store, caller: &Caller, id: &WebhookId) -> Result<Webhook, Problem> {
    let none = || Problem::not_found(None);
    let found = store.look("read a webhook", |transaction| transaction.webhook(id))?.ok_or_else(none)?;
    match &found.contract {
        Some(contract) => caller.act(Action::ManageWebhooks, Target::Contract { contract }).map(|_| found),
        None => caller.role_for(Action::ManageWebhooks, Target::Desk).map(|_| found).ok_or_else(none),
    }
}

fn terms(server: &Server, url: &str, events: &[String], enabled: bool) -> Result<WebhookTerms, Problem> {
    let url = checked(url, server.private_webhooks).map_err(|wrong| Problem::unprocessable(wrong.to_owned()))?;
    let mut chosen = BTreeSet::new();
    for name in events {
        let event = Event::parse(name).filter(|event| event.can_be_chosen());
        chosen.insert(event.ok_or_else(|| Problem::unprocessable(format!("there is no event `{name}` to choose")))?);
    }
    Ok(WebhookTerms { url: url.into(), events: chosen.into_iter().collect(), enabled })
}

/// A webhook as it is shown alone. How its receiver does is none of what people change.
fn tagged(webhook: &Webhook) -> Tagged<WebhookView> {
    Tagged::varying(webhook.version(), view(webhook))
}

fn view(webhook: &Webhook) -> WebhookView {
    let now = now();
    WebhookView {
        id: webhook.id.to_string(),
        contract: webhook.contract.clone(),
        url: webhook.url.clone(),
        events: webhook.events.iter().map(ToString::to_string).collect(),
        enabled: webhook.disabled.is_none(),
        disabled: webhook.disabled.map(|(at, _)| at.to_string()),
        disabled_reason: webhook.disabled.map(|(_, reason)| reason.to_string()),
        failing_since: webhook.failing_since.map(|at| at.to_string()),
        rests_until: webhook.rests_until.filter(|until| *until > now).map(|at| at.to_string()),
        former_secret_until: webhook.former.as_ref().map(|(_, until)| *until).filter(|until| *until > now).map(|at| at.to_string()),
        created: webhook.created.to_string(),
        created_by: webhook.created_by.to_string(),
    }
}

fn delivery_view(delivery: &Delivery) -> DeliveryView {
    let state = match (delivery.delivered, delivery.abandoned) {
        (Some(_), _) => "delivered",
        (None, Some(_)) => "abandoned",
        (None, None) => "waiting",
    };
    DeliveryView {
        id: delivery.id.to_string(),
        event: delivery.event.to_string(),
        state: state.to_owned(),
        created: delivery.created.to_string(),
        delivered: delivery.delivered.map(|at| at.to_string()),
        abandoned: delivery.abandoned.map(|at| at.to_string()),
        attempts: delivery.attempts,
        attempted: delivery.attempted.map(|at| at.to_string()),
        status: delivery.status,
        problem: delivery.trouble.map(|trouble| trouble.to_string()),
        body: delivery.body.clone(),
    }
}
