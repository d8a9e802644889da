//! Data Rights Protocol 1.0: what a business answers to authorized agents.
//!
//! ```text
//! drp ─┬─ agents    setting up a token for the pair of agent and business, and asking whether it is still good
//!      └─ requests  exercising a right, asking for the status, revoking, fetching results
//! ```

mod agents;
mod requests;

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use axum::{Json, Router, routing};
use exeunt_model::intake::drp::{Agent, Envelope, Error, ErrorBody};
use exeunt_model::moment::Moment;
use exeunt_model::request::Channel;

use super::{Refusal, Sender};
use crate::http::problem::Problem;
use crate::http::server::Server;

/// What the configuration says.
pub struct Offer {
    pub business: String,
    pub agents: Vec<Agent>,
    pub validity_minutes: u32,
}

impl Offer {
    /// An agent by its id in the directory of the network.
    pub fn agent(&self, id: &str) -> Option<&Agent> {
        self.agents.iter().find(|agent| agent.id == id)
    }

    fn envelope<'a>(&'a self, agent: &'a Agent, now: Moment) -> Envelope<'a> {
        Envelope { agent, business: &self.business, now, validity_minutes: self.validity_minutes }
    }
}

pub(super) fn router() -> Router<Arc<Server>> {
    let exercise = routing::post(requests::exercise);
    Router::new()
        .route("/data-rights-request", exercise.clone())
        // As before version 0.9.3 of the protocol.
        .route("/data-rights-request/", exercise)
        .route("/data-rights-request/{id}", routing::get(requests::status).delete(requests::revoke))
        .route("/data-rights-request/{id}/results", routing::get(requests::results))
        .route("/agent/{agent}", routing::post(agents::pair).get(agents::show))
        .fallback(|| async { refused(StatusCode::NOT_FOUND, "there is no such endpoint", true) })
        .method_not_allowed_fallback(|| async { refused(StatusCode::METHOD_NOT_ALLOWED, "this cannot be done here", true) })
}

/// An agent whose token was sent.
pub struct Authorized {
    sender: Sender,
    agent: Agent,
}

impl FromRequestParts<Arc<Server>> for Authorized {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, server: &Arc<Server>) -> Result<Self, Response> {
        let turned_away = |refusal: Refusal| refused(refusal.status, refusal.message, refusal.status.is_client_error());
        let sender = Sender::of(parts, server, Channel::Drp).await.map_err(turned_away)?;
        let agent = server.offer.drp.as_ref().and_then(|offer| offer.agent(&sender.name)).cloned();
        let agent = agent.ok_or_else(|| turned_away(Refusal::FOREIGN))?;
        Ok(Self { sender, agent })
    }
}

/// A refusal in the protocol's form (section 3.06).
fn refused(status: StatusCode, message: &str, fatal: bool) -> Response {
    (status, Json(ErrorBody { code: status.as_u16().to_string(), message: message.to_owned(), fatal })).into_response()
}

fn wrong(error: &Error) -> Response {
    let status = StatusCode::from_u16(error.http_status()).unwrap_or(StatusCode::BAD_REQUEST);
    (status, Json(error.body())).into_response()
}

/// What the desk couldn't do, in the protocol's form: it can be tried again where the desk is at fault.
fn problem(problem: Problem) -> Response {
    let status = problem.status();
    refused(status, problem.title(), status.is_client_error())
}
