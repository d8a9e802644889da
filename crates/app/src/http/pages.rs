//! The pages that sign people in, and those that links of mails lead to. Opening one changes nothing: mail scanners open links too.

use std::sync::Arc;

use axum::Form;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use exeunt_model::identity::{ExitId, RequestId};
use serde::Deserialize;

use super::api::session;
use super::extract::{Path, Query};
use super::problem::Problem;
use super::server::Server;
use super::{links, origin};

#[derive(Deserialize)]
pub struct Opened {
    secret: Option<String>,
}

#[derive(Deserialize)]
pub struct Link {
    secret: String,
}

#[derive(Deserialize)]
pub struct Ask {
    email: String,
}

/// With a link's secret, a page with one button; without one, the ways to sign in.
pub async fn sign_in(State(server): State<Arc<Server>>, Query(opened): Query<Opened>) -> Response {
    let Some(secret) = opened.secret else { return page(StatusCode::OK, "Sign in to the exit desk", &ways(&server)) };
    let secret: String = secret.chars().filter(char::is_ascii_hexdigit).take(64).collect();
    let form = format!(
        "<form method=\"post\" action=\"/sign-in\"><input type=\"hidden\" name=\"secret\" value=\"{secret}\"><button>Sign in</button></form>"
    );
    page(StatusCode::OK, "Sign in to the exit desk", &form)
}

/// Uses the link up, and begins a session.
pub async fn sign_in_by_form(State(server): State<Arc<Server>>, headers: HeaderMap, Form(link): Form<Link>) -> Response {
    match session::begin_by_link(&server, &headers, link.secret).await {
        Ok(begun) => ([(header::SET_COOKIE, begun.cookie)], Redirect::to("/")).into_response(),
        Err(refused) => problem(&headers, refused),
    }
}

/// Has a link sent.
pub async fn ask_by_form(State(server): State<Arc<Server>>, headers: HeaderMap, Form(ask): Form<Ask>) -> Response {
    let asked = match origin::is_foreign(&headers, &server.settings.public_url) {
        true => Err(Problem::forged(None)),
        false => links::ask(&server, &ask.email),
    };
    match asked {
        Ok(()) => page(StatusCode::ACCEPTED, "Look into your mail", "<p>If the address is known here, a link is on its way to it.</p>"),
        Err(refused) => problem(&headers, refused),
    }
}

/// Where whoever has signed in goes on.
pub async fn home() -> Response {
    way_on("The exit desk", &[("/api/v1/me".to_owned(), "Who you are here"), ("/api/v1/requests".to_owned(), "Requests that you may see")])
}

/// Where the link of a mail about a request leads. It is the same for a request that is none of the reader's business, and for none.
pub async fn request(Path(id): Path<String>) -> Response {
    let Ok(id) = id.parse::<RequestId>() else { return Problem::not_found(None).into_response() };
    let at = format!("/api/v1/requests/{id}");
    way_on(
        "A request",
        &[(at.clone(), "The request"), (format!("{at}/events"), "What happened to it"), (format!("{at}/archives"), "Its archives")],
    )
}

/// Where the link of a mail about an exit leads.
pub async fn exit(Path(id): Path<String>) -> Response {
    let Ok(id) = id.parse::<ExitId>() else { return Problem::not_found(None).into_response() };
    way_on("An exit", &[(format!("/api/v1/exits/{id}"), "The exit")])
}

/// What the API says about something, for whoever reads it in a browser.
fn way_on(title: &str, ways: &[(String, &str)]) -> Response {
    let ways: String = ways.iter().map(|(at, text)| format!("<li><a href=\"{at}\">{text}</a></li>")).collect();
    let text = "<p>This desk shows what it knows as data, to whoever is signed in and may see it:</p>";
    page(StatusCode::OK, title, &format!("{text}<ul>{ways}</ul><p><a href=\"/sign-in\">Sign in</a></p>"))
}

/// A problem as a page for who reads pages, and as a document for everybody else.
pub fn problem(headers: &HeaderMap, problem: Problem) -> Response {
    let accepts = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !accepts.contains("text/html") {
        return problem.into_response();
    }
    let detail = problem.detail().map_or_else(String::new, |detail| format!("<p>{}</p>", escaped(detail)));
    page(problem.status(), problem.title(), &format!("{detail}<p><a href=\"/sign-in\">Sign in</a></p>"))
}

fn ways(server: &Server) -> String {
    let link = |name: &str, label: &str| format!("<li><a href=\"/sign-in/{name}\">{}</a></li>", escaped(label));
    let offered: String = server.providers.listed().map(|provider| link(provider.name.as_str(), &provider.label)).collect();
    let providers = if offered.is_empty() { offered } else { format!("<ul>{offered}</ul>") };
    format!(
        "{providers}<form method=\"post\" action=\"/sign-in/link\"><label>E-mail address \
         <input type=\"email\" name=\"email\" autocomplete=\"email\" required></label> <button>Send a link</button></form>"
    )
}

fn page(status: StatusCode, title: &str, body: &str) -> Response {
    let html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title>\
         <h1>{title}</h1>{body}</html>"
    );
    // Its own forms say where they come from; to everybody else the page says nothing.
    (status, [(header::REFERRER_POLICY, "same-origin")], Html(html)).into_response()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
