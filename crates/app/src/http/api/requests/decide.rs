//! What people do with a request: agree, refuse, give it up, stop it, put its date off.

use std::sync::Arc;

use axum::extract::State;
use exeunt_engine::desk::{self, Handling, Verdict};
use exeunt_model::authorization::Action;
use exeunt_model::digest::Digest;
use exeunt_model::identity::RequestId;
use exeunt_model::request::Scope;
use exeunt_model::request::reason::Rejection;
use serde::Deserialize;
use utoipa::ToSchema;

use super::found::find;
use super::view::{View, tagged};
use crate::http::caller::Caller;
use crate::http::extract::{self, Json, Path, id};
use crate::http::problem::Problem;
use crate::http::server::Server;
use crate::http::tag::{IfMatch, Tagged};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// For an erasure: the digest of the plan that was seen.
    plan: Option<String>,
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Note {
    /// Kept in the request's history until its subject is erased, and sent to whoever asked.
    #[schema(max_length = 2000)]
    note: Option<String>,
}

/// Why it takes longer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// Sent to whoever asked.
    #[schema(min_length = 1, max_length = 2000)]
    reason: String,
}

/// What the platform's people do with a request.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HandlingWanted {
    /// `suspend`, `release`, `retry` or `reject`
    handling: String,
    /// For `reject`: the code of the reason.
    reason: Option<String>,
    /// Kept in the request's history until its subject is erased. Of `suspend` and `reject` it is sent to whoever asked.
    #[schema(max_length = 2000)]
    note: Option<String>,
}

/// Agrees to a request.
#[utoipa::path(post, path = "/requests/{id}/approve", tag = "requests", request_body = Approval,
    params(("id" = String, Path, description = "32 hexadecimal digits"), IfMatch),
    responses((status = 200, body = View, headers(("ETag" = String, description = "Its version"))),
              (status = "4XX", body = Problem, content_type = "application/problem+json"),
              (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn approve(
    State(server): State<Arc<Server>>,
    caller: Caller,
    Path(request): Path<String>,
    if_match: IfMatch,
    Json(approval): Json<Approval>,
) -> Result<Tagged<View>, Problem> {
    let plan: Option<Digest> = match approval.plan {
        Some(plan) => Some(serde_json::from_value(plan.into()).map_err(|_| Problem::unprocessable("`plan` is no digest".to_owned()))?),
        None => None,
    };
    decide(server, caller, request, if_match, Verdict::Agree { plan }).await
}

/// Refuses a request.
#[utoipa::path(post, path = "/requests/{id}/reject", tag = "requests", request_body = Note,
    params(("id" = String, Path, description = "32 hexadecimal digits"), IfMatch),
    responses((status = 200, body = View, headers(("ETag" = String, description = "Its version"))),
              (status = "4XX", body = Problem, content_type = "application/problem+json"),
              (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn reject(
    State(server): State<Arc<Server>>,
    caller: Caller,
    Path(request): Path<String>,
    if_match: IfMatch,
    Json(note): Json<Note>,
) -> Result<Tagged<View>, Problem> {
    extract::note(note.note.as_deref())?;
    decide(server, caller, request, if_match, Verdict::Refuse { note: note.note }).await
}

async fn decide(
    server: Arc<Server>,
    caller: Caller,
    request: String,
    if_match: IfMatch,
    verdict: Verdict,
) -> Result<Tagged<View>, Problem> {
    let id: RequestId = id(&request)?;
    server
        .blocking(move |server, store| {
            let (_, actor) = find(store, &caller, Action::Decide, &id)?;
            let decided = server.with(|context| desk::decide(store, context.expecting(if_match.expected()), &actor, &id, &verdict))?;
            Ok(tagged(&decided))
        })
        .await
}

/// Gives a request up. An erasure that has started cannot be.
#[utoipa::path(post, path = "/requests/{id}/cancel", tag = "requests", request_body = Note,
    params(("id" = String, Path, description = "32 hexadecimal digits"), IfMatch),
    responses((status = 200, body = View, headers(("ETag" = String, description = "Its version"))),
              (status = "4XX", body = Problem, content_type = "application/problem+json"),
              (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn cancel(
    State(server): State<Arc<Server>>,
    caller: Caller,
    Path(request): Path<String>,
    if_match: IfMatch,
    Json(note): Json<Note>,
) -> Result<Tagged<View>, Problem> {
    let id = id(&request)?;
    extract::note(note.note.as_deref())?;
    server
        .blocking(move |server, store| {
            let (_, actor) = find(store, &caller, Action::Cancel, &id)?;
            let cancelled =
                server.with(|context| desk::cancel(store, context.expecting(if_match.expected()), &actor, &id, note.note.as_deref()))?;
            Ok(tagged(&cancelled))
        })
        .await
}

/// Does without the export that an erasure waits for.
#[utoipa::path(post, path = "/requests/{id}/waive-export", tag = "requests",
    params(("id" = String, Path, description = "32 hexadecimal digits"), IfMatch),
    responses((status = 200, body = View, headers(("ETag" = String, description = "Its version"))),
              (status = "4XX", body = Problem, content_type = "application/problem+json"),
              (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn waive(
    State(server): State<Arc<Server>>,
    caller: Caller,
    Path(request): Path<String>,
    if_match: IfMatch,
) -> Result<Tagged<View>, Problem> {
    let id = id(&request)?;
    server
        .blocking(move |server, store| {
            let (found, _) = find(store, &caller, Action::ReadRequests, &id)?;
            // Whoever asked for the erasure, and may still do so, may also say that it needs no export.
            let action = if found.scope == Scope::Contract { Action::EraseContract } else { Action::EraseSeat };
            let (_, actor) = find(store, &caller, action, &id)?;
            let waived = server.with(|context| desk::waive(store, context.expecting(if_match.expected()), &actor, &id))?;
            Ok(tagged(&waived))
        })
        .await
}

/// Stops a request for a look, releases it, tries it again, or refuses it: for the platform's people.
#[utoipa::path(post, path = "/requests/{id}/handle", tag = "requests", request_body = HandlingWanted,
    params(("id" = String, Path, description = "32 hexadecimal digits"), IfMatch),
    responses((status = 200, body = View, headers(("ETag" = String, description = "Its version"))),
              (status = "4XX", body = Problem, content_type = "application/problem+json"),
              (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn handle(
    State(server): State<Arc<Server>>,
    caller: Caller,
    Path(request): Path<String>,
    if_match: IfMatch,
    Json(wanted): Json<HandlingWanted>,
) -> Result<Tagged<View>, Problem> {
    let id = id(&request)?;
    extract::note(wanted.note.as_deref())?;
    let handling = match (wanted.handling.as_str(), &wanted.reason) {
        ("suspend", None) => Handling::Suspend,
        ("release", None) => Handling::Release,
        ("retry", None) => Handling::Retry,
        ("reject", Some(reason)) => {
            Handling::Reject(reason.parse::<Rejection>().map_err(|error| Problem::unprocessable(error.to_string()))?)
        }
        ("reject", None) => return Err(Problem::unprocessable("`reason` is missing".to_owned())),
        ("suspend" | "release" | "retry", Some(_)) => return Err(Problem::unprocessable("only `reject` has a reason".to_owned())),
        _ => return Err(Problem::unprocessable("`handling` is suspend, release, retry or reject".to_owned())),
    };
    server
        .blocking(move |server, store| {
            let (_, actor) = find(store, &caller, Action::Handle, &id)?;
            let note = wanted.note.as_deref();
            let handled = server.with(|context| {
                desk::handle(store, context.expecting(if_match.expected()), &server.directory, &actor, &id, handling, note)
            })?;
            Ok(tagged(&handled))
        })
        .await
}

/// Characters of a reason at most.
const LONGEST_REASON: usize = 2_000;

/// Takes the further time that the law gives, and tells whoever asked, with the reason: once, and before the first date.
#[utoipa::path(post, path = "/requests/{id}/extend", tag = "requests", request_body = Reason,
    params(("id" = String, Path, description = "32 hexadecimal digits"), IfMatch),
    responses((status = 200, body = View, headers(("ETag" = String, description = "Its version"))),
              (status = "4XX", body = Problem, content_type = "application/problem+json"),
              (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn extend(
    State(server): State<Arc<Server>>,
    caller: Caller,
    Path(request): Path<String>,
    if_match: IfMatch,
    Json(wanted): Json<Reason>,
) -> Result<Tagged<View>, Problem> {
    let id = id(&request)?;
    if wanted.reason.trim().is_empty() || wanted.reason.chars().count() > LONGEST_REASON {
        return Err(Problem::unprocessable(format!("a reason has 1 to {LONGEST_REASON} characters")));
    }
    server
        .blocking(move |server, store| {
            let (_, actor) = find(store, &caller, Action::Handle, &id)?;
            let extended =
                server.with(|context| desk::extend(store, context.expecting(if_match.expected()), &actor, &id, wanted.reason.trim()))?;
            Ok(tagged(&extended))
        })
        .await
}
