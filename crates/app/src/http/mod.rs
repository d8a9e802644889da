//! The desk over HTTP: the API under `/api/v1`, downloads, and what operation needs.
//!
//! One file per noun in [`api`]; each handler is an async function with its `#[utoipa::path]`, and does its work in one call of
//! [`Server::blocking`](server::Server::blocking), or of [`Server::reading`](server::Server::reading) where it enqueues nothing. Who calls is the
//! extractor [`Caller`](caller::Caller); whether they may is asked of [`Caller::act`](caller::Caller::act) alone.

pub mod api;
mod begin;
mod caller;
mod download;
mod extract;
pub mod intake;
pub mod limit;
mod links;
pub mod operation;
mod origin;
mod page;
mod pages;
mod problem;
pub mod provider;
mod request_id;
mod scim;
mod secret;
pub mod server;
pub mod serving;
mod stored;
mod stores;
mod streams;
mod tag;
pub mod traffic;
mod unreadable;

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderValue, header};
use axum::middleware;
use axum::response::Response;
use axum::{Router, routing};

use problem::Problem;
use server::Server;

/// Everything that the desk answers.
pub fn router(server: Arc<Server>) -> Router {
    let largest = DefaultBodyLimit::max(server.largest_body_bytes);
    Router::new()
        .nest("/api/v1", api::router())
        .nest("/scim/v2", scim::router())
        .merge(intake::router(&server.offer))
        .route("/", routing::get(pages::home))
        .route("/requests/{id}", routing::get(pages::request))
        .route("/exits/{id}", routing::get(pages::exit))
        .route("/sign-in", routing::get(pages::sign_in).post(pages::sign_in_by_form))
        .route("/sign-in/link", routing::post(pages::ask_by_form))
        .route("/sign-in/{provider}", routing::get(provider::sign_in::begin))
        .route("/sign-in/{provider}/callback", routing::get(provider::sign_in::callback))
        .route("/download/{secret}", routing::get(download::download))
        .route("/healthz", routing::get(operation::health))
        .route("/readyz", routing::get(operation::ready).with_state(server.operation.clone()))
        .fallback(|| async { Problem::not_found(None) })
        .method_not_allowed_fallback(|| async { Problem::method(None) })
        .layer(largest)
        .layer(middleware::from_fn_with_state(server.clone(), limit::limit))
        .layer(middleware::from_fn_with_state(server.clone(), traffic::see_through))
        .layer(middleware::map_response_with_state(server.clone(), secure))
        .with_state(server)
}

/// What browsers must know of every answer.
async fn secure(axum::extract::State(server): axum::extract::State<Arc<Server>>, mut response: Response) -> Response {
    let headers = response.headers_mut();
    let mut put = |name, value| {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    };
    put(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    put(header::REFERRER_POLICY, "no-referrer");
    put(header::CACHE_CONTROL, "no-store");
    put(
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    );
    if server.is_encrypted() {
        put(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    response
}
