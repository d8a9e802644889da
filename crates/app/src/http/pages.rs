//! The page that a sign-in link leads to. Opening it changes nothing: mail scanners open links too.

use std::sync::Arc;

use axum::Form;
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::api::session;
use super::problem::Problem;
use super::server::Server;

#[derive(Deserialize)]
pub struct Link {
    secret: String,
}

/// A page with one button.
pub async fn sign_in(Query(link): Query<Link>) -> Html<String> {
    let secret: String = link.secret.chars().filter(char::is_ascii_hexdigit).take(64).collect();
    Html(format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>Sign in</title>\
         <h1>Sign in to the exit desk</h1><form method=\"post\" action=\"/sign-in\"><input type=\"hidden\" name=\"secret\" value=\"{secret}\">\
         <button>Sign in</button></form></html>"
    ))
}

/// Uses the link up, and begins a session.
pub async fn sign_in_by_form(State(server): State<Arc<Server>>, Form(link): Form<Link>) -> Result<Response, Problem> {
    let begun = session::begin(&server, link.secret).await?;
    Ok(([(header::SET_COOKIE, begun.cookie)], Redirect::to("/")).into_response())
}
