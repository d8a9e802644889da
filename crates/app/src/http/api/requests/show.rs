//! One request: how it stands, what happened to it, and its certificate.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use exeunt_model::authorization::Action;
use exeunt_model::certificate;
use serde::Serialize;
use utoipa::ToSchema;

use super::found::find;
use super::view::{View, tagged};
use crate::http::caller::Caller;
use crate::http::extract::{Json, Path, Query, id};
use crate::http::page::PageQuery;
use crate::http::problem::Problem;
use crate::http::server::Server;
use crate::http::tag::IfNoneMatch;

/// A line of a request's history.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventView {
    number: u64,
    at: String,
    /// None: the desk itself.
    actor: Option<String>,
    event: String,
    from: Option<String>,
    to: String,
    note: Option<String>,
}

/// A request's history, and where the next page begins.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventViews {
    events: Vec<EventView>,
    /// To be given as `after`; none on the last page.
    next: Option<String>,
}

/// Shows a request.
#[utoipa::path(get, path = "/requests/{id}", tag = "requests",
    params(("id" = String, Path, description = "32 hexadecimal digits"), IfNoneMatch),
    responses((status = 200, body = View, headers(("ETag" = String, description = "Its version"))), (status = 304, description = "It is as it was"),
              (status = "4XX", body = Problem, content_type = "application/problem+json"),
              (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn show(
    State(server): State<Arc<Server>>,
    caller: Caller,
    Path(request): Path<String>,
    known: IfNoneMatch,
) -> Result<Response, Problem> {
    let id = id(&request)?;
    let found = server.reading(move |_, store| Ok(find(store, &caller, Action::ReadRequests, &id)?.0)).await?;
    Ok(tagged(&found).unless_known(&known))
}

/// Shows what happened to a request, in order.
#[utoipa::path(get, path = "/requests/{id}/events", tag = "requests",
    params(("id" = String, Path, description = "32 hexadecimal digits"), PageQuery),
    responses((status = 200, body = EventViews),
              (status = "4XX", body = Problem, content_type = "application/problem+json"),
              (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn events(
    State(server): State<Arc<Server>>,
    caller: Caller,
    Path(request): Path<String>,
    Query(page): Query<PageQuery>,
) -> Result<Json<EventViews>, Problem> {
    let id = id(&request)?;
    let page = page.read::<u32>()?;
    server
        .reading(move |_, store| {
            find(store, &caller, Action::ReadRequests, &id)?;
            let from = page.after.map_or(0, |last| u64::from(last) + 1);
            let events = store.look("read a request's history", |transaction| transaction.events(&id, from, page.wanted()))?;
            let (events, next) = page.cut(events, |last| u32::try_from(last.number).unwrap_or(u32::MAX));
            let events = events.into_iter().map(|event| EventView {
                number: event.number,
                at: event.at.to_string(),
                actor: event.actor.map(String::from),
                event: event.event,
                from: event.from,
                to: event.to,
                note: event.note,
            });
            Ok(Json(EventViews { events: events.collect(), next }))
        })
        .await
}

/// Returns the certificate of an erasure that has ended, as it was signed.
#[utoipa::path(get, path = "/requests/{id}/certificate", tag = "requests", params(("id" = String, Path, description = "32 hexadecimal digits")),
    responses((status = 200, description = "The certificate; `exeunt verify` checks it without a network", content_type = "application/json"),
              (status = "4XX", body = Problem, content_type = "application/problem+json"),
              (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn certificate(State(server): State<Arc<Server>>, caller: Caller, Path(request): Path<String>) -> Result<Response, Problem> {
    let id = id(&request)?;
    let bytes = server
        .reading(move |_, store| {
            let (found, _) = find(store, &caller, Action::ReadCertificate, &id)?;
            let run = found.run.ok_or_else(|| Problem::not_found(None))?;
            let bytes = store.certificate_of(&run)?.ok_or_else(|| Problem::not_found(None))?;
            certificate::verify(&bytes, None).map_err(|_| Problem::internal(None))?;
            Ok(bytes)
        })
        .await?;
    Ok(([(header::CONTENT_TYPE, "application/json")], bytes).into_response())
}
