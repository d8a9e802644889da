//! Tokens of agents (sections 2.05 and 2.06).

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use exeunt_engine::desk::intake;
use exeunt_model::intake::drp::open_pairing;
use exeunt_model::request::Channel;
use serde_json::json;

use super::Authorized;
use crate::http::extract::Path;
use crate::http::problem::Problem;
use crate::http::secret;
use crate::http::server::{Server, now};

/// Gives an agent a token for whatever it sends from now on, and ends the one that it had.
///
/// Every refusal is the same: 403 without a body, for agents that nobody knows too.
pub async fn pair(State(server): State<Arc<Server>>, Path(agent): Path<String>, body: String) -> Response {
    let paired = server
        .blocking(move |server, store| {
            let Some(offer) = &server.offer.drp else { return Ok(None) };
            let Some(known) = offer.agent(&agent) else { return Ok(None) };
            let Ok(issued) = open_pairing(&body, &offer.envelope(known, now())) else { return Ok(None) };
            let token = secret::draw();
            let hash = secret::hash(&token);
            let paired = server.with(|context| intake::pair(store, context, Channel::Drp, &agent, issued, &hash))?;
            Ok(paired.then_some((agent, token)))
        })
        .await;
    match paired {
        Ok(Some((agent, token))) => Json(json!({ "agent-id": agent, "token": token })).into_response(),
        Ok(None) => StatusCode::FORBIDDEN.into_response(),
        Err(problem) => super::problem(problem),
    }
}

/// Says whether an agent's token is still good.
pub async fn show(authorized: Result<Authorized, Response>, agent: Result<Path<String>, Problem>) -> Response {
    match (authorized, agent) {
        (Ok(authorized), Ok(Path(agent))) if authorized.agent.id == agent => Json(json!({})).into_response(),
        (Err(refused), _) if refused.status().is_server_error() => refused,
        _ => super::refused(StatusCode::FORBIDDEN, "this token is not this agent's", true),
    }
}
