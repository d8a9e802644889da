//! Signing in by a link that is sent by mail, and signing out.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use exeunt_engine::desk::{Contact, Notice};
use exeunt_model::identity::EmailAddress;
use exeunt_model::moment::Moment;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::caller::{self, Caller, cookie_name};
use crate::http::extract::Json;
use crate::http::problem::Problem;
use crate::http::secret;
use crate::http::server::{Server, now};

/// Links that one person is sent in an hour.
const LINKS_PER_HOUR: u64 = 5;

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
    // What is no address is known to nobody.
    if let Ok(email) = asked.email.parse::<EmailAddress>() {
        server.blocking(move |server, store| send_link(server, store, &email)).await?;
    }
    Ok(StatusCode::ACCEPTED)
}

fn send_link(server: &Server, store: &mut exeunt_store::Store, email: &EmailAddress) -> Result<(), Problem> {
    if !caller::is_known(server, store, email)? {
        return Ok(());
    }
    let seats = server.directory.seats_by_email(email)?;
    let contact = Contact { email: email.clone(), language: seats.iter().find_map(|seat| seat.language) };
    let secret = secret::draw();
    let minutes = server.sign_in_link_minutes;
    let link = format!("{}/sign-in?secret={secret}", server.settings.public_url);
    server.with(|context| {
        store.transact("send a sign-in link", |transaction| {
            let principal = context.principal(transaction, &contact)?;
            let hour = Moment::from_microseconds(context.now.microseconds() - 3_600_000_000).unwrap_or(context.now);
            if transaction.sign_in_links_since(&principal, hour)? >= LINKS_PER_HOUR {
                return Ok(());
            }
            let expires = later(context.now, minutes);
            transaction.insert_sign_in_link(&secret::hash(&secret), &principal, context.now, expires)?;
            context.mail_to(transaction, &principal, None, &Notice::SignIn { link: link.clone(), minutes })
        })
    })?;
    Ok(())
}

fn later(now: Moment, minutes: u32) -> Moment {
    Moment::from_microseconds(now.microseconds() + i64::from(minutes) * 60_000_000).unwrap_or(now)
}

/// What a new session gives to its browser.
pub struct Begun {
    pub cookie: String,
    session: Session,
}

/// Uses a link up and begins a session.
///
/// # Errors
/// 401 for a link that is unknown, used or too old.
pub async fn begin(server: &Arc<Server>, link: String) -> Result<Begun, Problem> {
    let encrypted = server.is_encrypted();
    server
        .blocking(move |server, store| {
            let now = now();
            let expires = later(now, server.session_hours * 60);
            let secret = secret::draw();
            let begun = store.transact("begin a session", |transaction| {
                let Some(principal) = transaction.use_sign_in_link(&secret::hash(&link), now)? else { return Ok(false) };
                transaction.insert_session(&secret::hash(&secret), &principal, now, expires)?;
                transaction.sweep_signing_in(now)?;
                Ok::<_, exeunt_store::Error>(true)
            })?;
            if !begun {
                return Err(Problem::not_signed_in("the link is used or too old: ask for another one".to_owned()));
            }
            let secure = if encrypted { "; Secure" } else { "" };
            let age = server.session_hours * 3_600;
            let cookie = format!("{}={secret}; Path=/; HttpOnly; SameSite=Lax; Max-Age={age}{secure}", cookie_name(encrypted));
            Ok(Begun { cookie, session: Session { csrf_token: secret::csrf(&secret), expires: expires.to_string() } })
        })
        .await
}

/// Signs in with the secret of a link. The link is used up by it.
#[utoipa::path(post, path = "/session", tag = "session", request_body = SignIn,
    responses((status = 201, body = Session),
              (status = "4XX", body = Problem, content_type = "application/problem+json"),
              (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn sign_in(State(server): State<Arc<Server>>, Json(link): Json<SignIn>) -> Result<Response, Problem> {
    let begun = begin(&server, link.secret).await?;
    Ok((StatusCode::CREATED, [(header::SET_COOKIE, begun.cookie)], axum::Json(begun.session)).into_response())
}

/// Ends the session.
#[utoipa::path(delete, path = "/session", tag = "session",
    responses((status = 204, description = "The session has ended"),
              (status = "4XX", body = Problem, content_type = "application/problem+json"),
              (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn sign_out(State(server): State<Arc<Server>>, caller: Caller) -> Result<Response, Problem> {
    let encrypted = server.is_encrypted();
    if let Some(session) = caller.session {
        server
            .blocking(move |_, store| Ok(store.transact("end a session", |transaction| transaction.end_session(&secret::hash(&session)))?))
            .await?;
    }
    let cookie = format!("{}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0", cookie_name(encrypted));
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie)]).into_response())
}
