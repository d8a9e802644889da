//! The two pages of signing in at a provider: the way there, and the way back.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use exeunt_engine::desk::Contact;
use exeunt_model::identity::EmailAddress;
use exeunt_model::provider::{ByProvider, ProviderName, Refusal, Standing};
use exeunt_store::Store;
use serde::Deserialize;

use super::attempt::{self, Attempt, return_path};
use super::{Fault, Provider};
use crate::http::extract::{Path, Query};
use crate::http::problem::Problem;
use crate::http::server::{Server, now};
use crate::http::{begin, caller, pages, secret};

#[derive(Debug, Deserialize)]
pub struct There {
    /// Where to go afterwards.
    to: Option<String>,
}

/// What a provider hands back (RFC 6749, 4.1.2; RFC 9207).
#[derive(Debug, Deserialize)]
pub struct Back {
    state: Option<String>,
    code: Option<String>,
    /// Whatever it says in detail is for nobody here.
    error: Option<String>,
    iss: Option<String>,
}

/// Why nobody is signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum Ended {
    #[error("it was begun in another browser, too long ago, or is over already")]
    NotBegun,
    #[error("the provider signed nobody in")]
    NotThere,
    #[error("the answer names another issuer")]
    OtherIssuer,
    #[error(transparent)]
    Fault(#[from] Fault),
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error("the contract has no active seat of this address")]
    Unknown,
    #[error("the account is closed")]
    Closed,
}

/// Sends a browser to a provider.
pub async fn begin(
    State(server): State<Arc<Server>>,
    headers: HeaderMap,
    Path(name): Path<String>,
    Query(there): Query<There>,
) -> Response {
    match go(&server, &name, there).await {
        Ok((url, cookie)) => (StatusCode::SEE_OTHER, [(header::SET_COOKIE, cookie), (header::LOCATION, url)]).into_response(),
        Err(problem) => pages::problem(&headers, problem),
    }
}

/// Signs in whoever comes back from a provider.
pub async fn callback(
    State(server): State<Arc<Server>>,
    headers: HeaderMap,
    Path(name): Path<String>,
    Query(back): Query<Back>,
) -> Response {
    let (path, begun) = match come_back(&server, &name, &headers, back).await {
        Ok(back) => back,
        Err(problem) => return pages::problem(&headers, problem),
    };
    let mut response = (StatusCode::SEE_OTHER, [(header::LOCATION, path)]).into_response();
    for cookie in [begun.cookie, attempt::clear_cookie(server.is_encrypted())] {
        if let Ok(cookie) = cookie.parse() {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }
    response
}

fn known(server: &Server, name: &str) -> Result<Arc<Provider>, Problem> {
    let name: ProviderName = name.parse().map_err(|_| Problem::not_found(None))?;
    server.providers.find(&name).cloned().ok_or_else(|| Problem::not_found(None))
}

/// Where the browser goes, and the cookie that it keeps meanwhile.
async fn go(server: &Arc<Server>, name: &str, there: There) -> Result<(String, String), Problem> {
    let provider = known(server, name)?;
    let (attempt, of) = (Attempt::draw(), provider.name.clone());
    let url = provider.authorization_url(attempt.clone()).await.map_err(|fault| told(&of, fault.into()))?;
    let (hash, path) = (secret::hash(&attempt.state()), return_path(there.to.as_deref()).to_owned());
    let noted = server.blocking(move |_, store| {
        let now = now();
        Ok(store.transact("begin a sign-in", |transaction| {
            transaction.sweep_signing_in(now)?;
            transaction.insert_provider_sign_in(&hash, &of, &path, now, begin::later(now, attempt::MINUTES))
        })?)
    });
    noted.await?;
    Ok((url, attempt.set_cookie(server.is_encrypted())))
}

/// Where the browser goes, and the session that it gets.
async fn come_back(server: &Arc<Server>, name: &str, headers: &HeaderMap, back: Back) -> Result<(String, begin::Begun), Problem> {
    let provider = known(server, name)?;
    let name = provider.name.clone();
    let ended = |ended: Ended| told(&name, ended);
    // The state must be of this browser before anything is used up by it.
    let attempt = Attempt::of(headers, server.is_encrypted()).ok_or_else(|| ended(Ended::NotBegun))?;
    if back.state != Some(attempt.state()) {
        return Err(ended(Ended::NotBegun));
    }
    let (hash, of) = (secret::hash(&attempt.state()), name.clone());
    let used = server
        .blocking(move |_, store| Ok(store.transact("use a sign-in", |transaction| transaction.use_provider_sign_in(&hash, &of, now()))?));
    let path = used.await?.ok_or_else(|| ended(Ended::NotBegun))?;
    if back.iss.is_some_and(|issuer| !provider.is_issuer(&issuer)) {
        return Err(ended(Ended::OtherIssuer));
    }
    let code = back.code.filter(|_| back.error.is_none()).ok_or_else(|| ended(Ended::NotThere))?;
    let claims = provider.clone().claims(code, attempt).await.map_err(|fault| ended(fault.into()))?;
    let (email, standing) = provider.trust.standing(&claims).map_err(|refusal| ended(refusal.into()))?;
    let by = ByProvider { provider: provider.name.clone(), standing };
    let former = caller::session_of(headers);
    let begun = server.blocking(move |server, store| sign_in(server, store, email, by, former.as_deref()));
    Ok((path, begun.await?))
}

/// Begins the session of whoever the provider has named.
fn sign_in(server: &Server, store: &mut Store, email: EmailAddress, by: ByProvider, former: Option<&str>) -> Result<begin::Begun, Problem> {
    let refused = |ended: Ended| told(&by.provider, ended);
    let language = match &by.standing {
        Standing::Claims { .. } => None,
        Standing::Contract { .. } => {
            if by.standing.grants(caller::of_directory(server, store, &email)?).is_empty() {
                return Err(refused(Ended::Unknown));
            }
            server.directory.seats_by_email(&email)?.iter().find_map(|seat| seat.language)
        }
    };
    let contact = Contact { email, language };
    let begun = server.with(|context| {
        store.transact("sign in by a provider", |transaction| {
            let principal = context.principal(transaction, &contact)?;
            if transaction.principal(&principal)?.is_none_or(|account| account.closed.is_some()) {
                return Ok(None);
            }
            begin::session(server, transaction, &principal, Some(by.clone()), former, context.now).map(Some)
        })
    });
    begun.map_err(Problem::from)?.ok_or_else(|| refused(Ended::Closed))
}

/// Tells the operator why, and whoever wanted to sign in that they aren't.
fn told(provider: &ProviderName, ended: Ended) -> Problem {
    tracing::warn!(%provider, reason = %ended, "nobody is signed in");
    match ended {
        Ended::Fault(fault) if fault.is_away() => Problem::provider_away(None),
        Ended::NotBegun => Problem::refused_by_provider("signing in was begun in another browser, or too long ago: begin again".to_owned()),
        Ended::Refused(Refusal::NotVerified) => {
            Problem::refused_by_provider("the provider has not verified your e-mail address".to_owned())
        }
        Ended::Refused(Refusal::NoRole | Refusal::OtherDomain | Refusal::NoAddress) | Ended::Unknown | Ended::Closed => {
            Problem::refused_by_provider("the provider knows you, and you have no role here by it".to_owned())
        }
        Ended::NotThere | Ended::OtherIssuer | Ended::Fault(_) => {
            Problem::refused_by_provider("begin again, or sign in by mail".to_owned())
        }
    }
}
