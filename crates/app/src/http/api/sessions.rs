//! The caller's sessions.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use exeunt_store::desk::Position;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::caller::Caller;
use crate::http::extract::{Json, Query};
use crate::http::page::PageQuery;
use crate::http::problem::Problem;
use crate::http::server::{Server, now};
use crate::http::{begin, secret};

/// A session that lasts.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionView {
    began: String,
    expires: String,
    /// The identity provider at which it began; none: it began with a link by mail.
    identity_provider: Option<String>,
    /// Whether it is the one that asks.
    current: bool,
}

/// Sessions, newest first, and where the next page begins.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionViews {
    sessions: Vec<SessionView>,
    /// To be given as `after`; none on the last page.
    next: Option<String>,
}

/// Lists the caller's own sessions.
#[utoipa::path(get, path = "/sessions", tag = "session", params(PageQuery),
    responses((status = 200, body = SessionViews),
              (status = "4XX", body = Problem, content_type = "application/problem+json"),
              (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn list(State(server): State<Arc<Server>>, caller: Caller, Query(page): Query<PageQuery>) -> Result<Json<SessionViews>, Problem> {
    if caller.session.is_none() {
        return Err(Problem::forbidden("a token sees no sessions: sign in".to_owned()));
    }
    let page = page.read::<Position<String>>()?;
    let current = caller.session.as_deref().map(secret::hash);
    server
        .reading(move |_, store| {
            let sessions = store.look("list sessions", |transaction| {
                transaction.sessions(&caller.principal.id, now(), page.after.as_ref(), page.wanted())
            })?;
            let (sessions, next) = page.cut(sessions, |last| Position { at: last.created, id: last.hash.clone() });
            let sessions = sessions.into_iter().map(|session| SessionView {
                began: session.created.to_string(),
                expires: session.expires.to_string(),
                identity_provider: session.by.map(|by| by.provider.to_string()),
                current: current.as_ref() == Some(&session.hash),
            });
            Ok(Json(SessionViews { sessions: sessions.collect(), next }))
        })
        .await
}

/// Ends all of the caller's sessions, this one too, and makes sign-in links that are on their way useless. Tokens stay.
#[utoipa::path(delete, path = "/sessions", tag = "session",
    responses((status = 204, description = "All sessions have ended"),
              (status = "4XX", body = Problem, content_type = "application/problem+json"),
              (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn end(State(server): State<Arc<Server>>, caller: Caller) -> Result<Response, Problem> {
    if caller.session.is_none() {
        return Err(Problem::forbidden("a token ends no sessions: sign in".to_owned()));
    }
    server
        .blocking(move |_, store| Ok(store.transact("end sessions", |transaction| transaction.end_sessions_of(&caller.principal.id))?))
        .await?;
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, begin::end_cookie(&server))]).into_response())
}
