//! How much anybody may ask in how much time.
//!
//! ```text
//! request ─► client: the peer, or whom trusted proxies name
//!         ─► what it is: an attempt to sign in, open to everybody, or with a secret ─► 429 where there were too many
//!         ─► Caller: counted per person, however many clients they have              ─► 429
//!         ─► answer: a wrong secret is counted for the client
//! ```
//!
//! Each process counts for itself. What must hold over all of them, links per person, the store counts.

mod bucket;
mod client;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use exeunt_model::identity::PrincipalId;
use governor::clock::DefaultClock;

use bucket::{Buckets, Faults};
pub use client::{Client, Proxies};

use super::problem::Problem;
use super::server::Server;
use crate::configuration::limits;

/// All limits of a process.
pub struct Limits {
    proxies: Proxies,
    sign_in: Option<Buckets>,
    public: Option<Buckets>,
    wrong_secrets: Option<Faults>,
    caller: Option<Buckets>,
    costly: Option<Buckets>,
    /// Sign-in links that one person is sent in an hour; 0: no limit.
    pub links_per_hour: u32,
}

/// What a request is, before anybody looks at who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Costs nothing, and whoever watches over the process needs it.
    Free,
    /// An attempt to sign in.
    SignIn,
    /// Open to everybody.
    Public,
    /// With a session or a token: its person is counted.
    Carried,
    /// Open to everybody, by a secret in the path.
    Download,
}

/// What a request costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cost {
    Usual,
    Much,
}

/// One request, on its way to whoever recognises the person behind it.
#[derive(Debug)]
pub struct Passage {
    cost: Cost,
    is_recognised: AtomicBool,
}

impl Limits {
    pub fn new(wanted: &limits::Limits, proxies: Proxies) -> Self {
        let buckets = |per_minute| Buckets::new(per_minute, DefaultClock::default());
        Self {
            proxies,
            sign_in: buckets(wanted.sign_in_per_minute),
            public: buckets(wanted.public_per_minute),
            wrong_secrets: Faults::new(wanted.wrong_secrets_per_minute, DefaultClock::default()),
            caller: buckets(wanted.caller_per_minute),
            costly: buckets(wanted.costly_per_minute),
            links_per_hour: wanted.links_per_hour,
        }
    }

    fn before(&self, kind: Kind, client: Client) -> Result<(), Duration> {
        let counted = |buckets: &Option<Buckets>| buckets.as_ref().map_or(Ok(()), |buckets| buckets.count(client));
        let guessed = || self.wrong_secrets.as_ref().map_or(Ok(()), |faults| faults.check(client));
        match kind {
            Kind::Free => Ok(()),
            Kind::SignIn => counted(&self.sign_in).and_then(|()| guessed()),
            Kind::Public => counted(&self.public),
            Kind::Carried => guessed(),
            Kind::Download => counted(&self.public).and_then(|()| guessed()),
        }
    }

    fn after(&self, kind: Kind, client: Client, passage: &Passage, status: StatusCode) {
        let is_wrong = match kind {
            Kind::Free | Kind::Public => false,
            Kind::SignIn => status == StatusCode::UNAUTHORIZED,
            // Whoever sends anything for a secret to where nobody looks at it is counted as well, or they were not at all.
            Kind::Carried => status == StatusCode::UNAUTHORIZED || !passage.is_recognised.load(Ordering::Relaxed),
            Kind::Download => status == StatusCode::UNAUTHORIZED || status == StatusCode::NOT_FOUND,
        };
        if is_wrong && let Some(faults) = &self.wrong_secrets {
            faults.note(client);
        }
    }

    /// Counts a request of somebody who has been recognised.
    ///
    /// # Errors
    /// 429 when it is one too many.
    pub fn count(&self, principal: &PrincipalId, passage: Option<&Passage>) -> Result<(), Problem> {
        if let Some(passage) = passage {
            passage.is_recognised.store(true, Ordering::Relaxed);
        }
        let counted = |buckets: &Option<Buckets>| buckets.as_ref().map_or(Ok(()), |buckets| buckets.count(principal.as_str()));
        counted(&self.caller).map_err(Problem::wait)?;
        match passage.map_or(Cost::Usual, |passage| passage.cost) {
            Cost::Usual => Ok(()),
            Cost::Much => counted(&self.costly).map_err(Problem::wait),
        }
    }
}

/// Answers 429 to who asks too much.
pub async fn limit(State(server): State<Arc<Server>>, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let peer = peer.unwrap_or(std::net::Ipv4Addr::UNSPECIFIED.into());
    let client = server.limits.proxies.client(peer, request.headers());
    let path = request.uri().path();
    let kind = kind(request.method(), path, request.headers());
    if let Err(wait) = server.limits.before(kind, client) {
        return Problem::wait(wait).into_response();
    }
    let passage = Arc::new(Passage { cost: cost(path), is_recognised: AtomicBool::new(false) });
    request.extensions_mut().insert(passage.clone());
    let response = next.run(request).await;
    server.limits.after(kind, client, &passage, response.status());
    response
}

fn kind(method: &Method, path: &str, headers: &HeaderMap) -> Kind {
    if path == "/healthz" {
        return Kind::Free;
    }
    if path == "/sign-in"
        || path.starts_with("/sign-in/")
        || path == "/api/v1/sign-in"
        || (path == "/api/v1/session" && method == Method::POST)
    {
        return Kind::SignIn;
    }
    if path.starts_with("/download/") {
        return Kind::Download;
    }
    let is_open = matches!(path, "/api/v1/openapi.json" | "/api/v1/identity-providers");
    let for_callers = path.starts_with("/api/v1/") || path.starts_with("/scim/");
    let carries = headers.contains_key(header::AUTHORIZATION) || headers.contains_key(header::COOKIE);
    if for_callers && carries && !is_open { Kind::Carried } else { Kind::Public }
}

fn cost(path: &str) -> Cost {
    match path {
        "/api/v1/previews" | "/api/v1/bulk" => Cost::Much,
        _ => Cost::Usual,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_is_limited_but_the_one_that_costs_nothing() {
        let mut with = HeaderMap::new();
        with.insert(header::AUTHORIZATION, "Bearer x".parse().unwrap());
        let without = HeaderMap::new();
        for (method, path, headers, want) in [
            (Method::GET, "/healthz", &without, Kind::Free),
            (Method::GET, "/readyz", &without, Kind::Public),
            (Method::POST, "/api/v1/sign-in", &without, Kind::SignIn),
            (Method::POST, "/api/v1/session", &with, Kind::SignIn),
            (Method::DELETE, "/api/v1/session", &with, Kind::Carried),
            (Method::GET, "/sign-in", &without, Kind::SignIn),
            (Method::GET, "/sign-in/staff/callback", &with, Kind::SignIn),
            (Method::GET, "/download/abc", &with, Kind::Download),
            (Method::GET, "/api/v1/openapi.json", &with, Kind::Public),
            (Method::GET, "/api/v1/identity-providers", &with, Kind::Public),
            (Method::GET, "/api/v1/me", &with, Kind::Carried),
            (Method::GET, "/api/v1/me", &without, Kind::Public),
            (Method::GET, "/scim/v2/Users", &with, Kind::Carried),
            (Method::POST, "/drp/v1/data-rights-request", &with, Kind::Public),
            (Method::GET, "/nothing", &with, Kind::Public),
        ] {
            assert_eq!(kind(&method, path, headers), want, "{method} {path}");
        }
    }
}
