//! Signing in by a link that is sent by mail, and signing out.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::caller::{self, Caller};
use crate::http::extract::Json;
use crate::http::problem::Problem;
use crate::http::server::{Server, now};
use crate::http::{begin, links, origin, secret};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    /// Where the link is to be sent.
    #[schema(example = "mara.lindqvist@personal.example")]
    email: String,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// The secret of the link.
    secret: String,
}

/// A session has begun; its cookie comes along.
#[derive(Debug, Serialize, ToSchema)]
pub struct Session {
    /// To be sent as `X-CSRF-Token` with every request that changes something.
    csrf_token: String,
    expires: String,
}

/// Asks for a sign-in link. The answer is the same for everybody, whether anybody is known by the address or not.
#[utoipa::path(post, path = "/sign-in", tag = "session", request_body = Ask,
    responses((status = 202, description = "If the address is known here, a link is on its way"),
              (status = "4XX", body = Problem, content_type = "application/problem+json"),
              (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn ask(State(server): State<Arc<Server>>, Json(asked): Json<Ask>) -> Result<StatusCode, Problem> {
    links::ask(&server, &asked.email)?;
    Ok(StatusCode::ACCEPTED)
}

/// Uses a link up and begins a session, in the place of the one that the browser had.
///
/// # Errors
/// 401 for a link that is unknown, used or too old; 403 when a page of somebody else brings it.
pub async fn begin_by_link(server: &Arc<Server>, headers: &HeaderMap, link: String) -> Result<begin::Begun, Problem> {
    // Nobody is signed in as somebody else by a page that they only looked at.
    if origin::is_foreign(headers, &server.settings.public_url) {
        return Err(Problem::forged(None));
    }
    let former = caller::session_of(headers);
    server
        .blocking(move |server, store| {
            let now = now();
            let begun = store.transact("begin a session", |transaction| {
                let Some(principal) = transaction.use_sign_in_link(&secret::hash(&link), now)? else { return Ok(None) };
                begin::session(server, transaction, &principal, None, former.as_deref(), now).map(Some)
            });
            let none = || Problem::not_signed_in("the link is used or too old: ask for another one".to_owned());
            begun.map_err(Problem::from)?.ok_or_else(none)
        })
        .await
}

/// Signs in with the secret of a link. The link is used up by it.
#[utoipa::path(post, path = "/session", tag = "session", request_body = SignIn,
    responses((status = 201, body = Session),
              (status = "4XX", body = Problem, content_type = "application/problem+json"),
              (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn sign_in(State(server): State<Arc<Server>>, headers: HeaderMap, Json(link): Json<SignIn>) -> Result<Response, Problem> {
    let begun = begin_by_link(&server, &headers, link.secret).await?;
    let session = Session { csrf_token: begun.csrf_token, expires: begun.expires.to_string() };
    Ok((StatusCode::CREATED, [(header::SET_COOKIE, begun.cookie)], axum::Json(session)).into_response())
}

/// Ends the session.
#[utoipa::path(delete, path = "/session", tag = "session",
    responses((status = 204, description = "The session has ended"),
              (status = "4XX", body = Problem, content_type = "application/problem+json"),
              (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn sign_out(State(server): State<Arc<Server>>, caller: Caller) -> Result<Response, Problem> {
    if let Some(session) = caller.session {
        server
            .blocking(move |_, store| Ok(store.transact("end a session", |transaction| transaction.end_session(&secret::hash(&session)))?))
            .await?;
    }
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, begin::end_cookie(&server))]).into_response())
}
