//! What is offered (section 6).

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use exeunt_model::intake::opendsr::Discovery;

use super::signed;
use crate::http::problem::Problem;
use crate::http::server::Server;

/// Says what can be asked for and by which identities.
pub async fn show(State(server): State<Arc<Server>>) -> Response {
    let Some(offer) = &server.offer.opendsr else { return Problem::not_found(None).into_response() };
    let certificate = format!("https://{}/opendsr/v2/certificate", offer.signer.domain());
    signed(&server, StatusCode::OK, &Discovery::new(&certificate))
}

/// The certificate whose key signs answers and callbacks, with those between it and its authority.
pub async fn certificate(State(server): State<Arc<Server>>) -> Response {
    let Some(offer) = &server.offer.opendsr else { return Problem::not_found(None).into_response() };
    ([(header::CONTENT_TYPE, "application/x-pem-file")], offer.signer.chain().to_owned()).into_response()
}
