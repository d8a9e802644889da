//! OpenDSR 2: what a processor answers to controllers.
//!
//! ```text
//! opendsr ─┬─ discovery  what is offered, and the certificate
//!          ├─ requests   taking, showing and cancelling requests; fetching results
//!          └─ signer     the signature over every answer
//! ```

mod discovery;
mod requests;
mod signer;

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Router, routing};
use exeunt_model::intake::opendsr::{ErrorBody, ErrorContent, ErrorDetail, signature_headers};
use exeunt_model::request::Channel;
use serde::Serialize;

pub use signer::Signer;

use super::{Refusal, Sender};
use crate::http::problem::Problem;
use crate::http::server::Server;

/// What the configuration says.
pub struct Offer {
    pub signer: Arc<Signer>,
    pub controllers: Vec<Controller>,
}

/// Who may send requests.
#[derive(Debug, Clone)]
pub struct Controller {
    pub id: String,
    /// `None`: every contract, and persons of none.
    pub contracts: Option<BTreeSet<String>>,
}

impl Offer {
    /// A controller by its id.
    pub fn controller(&self, id: &str) -> Option<&Controller> {
        self.controllers.iter().find(|controller| controller.id == id)
    }
}

pub(super) fn router() -> Router<Arc<Server>> {
    Router::new()
        .route("/discovery", routing::get(discovery::show))
        .route("/certificate", routing::get(discovery::certificate))
        .route("/requests", routing::post(requests::submit))
        .route("/requests/{id}", routing::get(requests::status).delete(requests::cancel))
        .route("/requests/{id}/results", routing::get(requests::results))
        .fallback(|| async { Problem::not_found(None) })
        .method_not_allowed_fallback(|| async { Problem::method(None) })
}

/// A controller whose token was sent.
pub struct Authorized {
    sender: Sender,
    controller: Controller,
}

impl FromRequestParts<Arc<Server>> for Authorized {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, server: &Arc<Server>) -> Result<Self, Response> {
        let turned_away = |refusal: Refusal| signed(server, refusal.status, &refusal_body(refusal.status, "token", refusal.message));
        let sender = Sender::of(parts, server, Channel::OpenDsr).await.map_err(turned_away)?;
        let controller = server.offer.opendsr.as_ref().and_then(|offer| offer.controller(&sender.name)).cloned();
        let controller = controller.ok_or_else(|| turned_away(Refusal::FOREIGN))?;
        Ok(Self { sender, controller })
    }
}

/// A refusal in the specification's form (section 7.6).
fn refusal_body(status: StatusCode, reason: &str, message: &str) -> ErrorBody {
    let detail = ErrorDetail { domain: "Request".to_owned(), reason: reason.to_owned(), message: message.to_owned() };
    ErrorBody { error: ErrorContent { code: status.as_u16(), message: message.to_owned(), errors: vec![detail] } }
}

/// What the desk couldn't do, in the specification's form.
fn problem(server: &Server, problem: &Problem) -> Response {
    let status = problem.status();
    signed(server, status, &refusal_body(status, "desk", problem.title()))
}

/// An answer with its signature.
fn signed<T: Serialize>(server: &Server, status: StatusCode, body: &T) -> Response {
    let signed = server.offer.opendsr.as_ref().and_then(|offer| {
        let body = serde_json::to_vec(body).ok()?;
        let headers = signature_headers(offer.signer.domain(), &offer.signer.sign(&body)?);
        Some((body, headers))
    });
    let Some((body, headers)) = signed else { return Problem::internal(None).into_response() };
    let mut response = (status, [(header::CONTENT_TYPE, "application/json")], body).into_response();
    for (name, value) in headers {
        // In lower case, as names of headers are on the wire of today.
        let name = name.to_ascii_lowercase().parse::<header::HeaderName>();
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_str(&value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
