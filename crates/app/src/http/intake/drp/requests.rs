//! Requests of agents (sections 2.01, 2.02 and 2.04).

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::StringRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use exeunt_engine::desk::intake::{self, About, Incoming, Reach};
use exeunt_engine::desk::{self, Actor};
use exeunt_model::authorization::{Action, Target};
use exeunt_model::identity::IntakeId;
use exeunt_model::intake::drp::{self, Exercise};
use exeunt_model::intake::opendsr::{Identity, IdentityFormat, IdentityType};
use exeunt_model::request::Channel;
use exeunt_model::request::reason::Rejection;
use exeunt_store::Store;
use exeunt_store::desk::Intake;

use super::{Authorized, refused};
use crate::http::extract::Path;
use crate::http::problem::Problem;
use crate::http::server::{Server, now};

/// What an agent has done wrong, or the desk.
enum Wrong {
    Message(drp::Error),
    Problem(Problem),
    Refused(StatusCode, &'static str),
}

impl From<drp::Error> for Wrong {
    fn from(error: drp::Error) -> Self {
        Self::Message(error)
    }
}

impl From<Problem> for Wrong {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl IntoResponse for Wrong {
    fn into_response(self) -> Response {
        match self {
            Self::Message(error) => super::wrong(&error),
            Self::Problem(problem) => super::problem(problem),
            Self::Refused(status, message) => refused(status, message, true),
        }
    }
}

/// Of a request that the agent has not sent it is not told whether it is there (section 2.02.1).
const FOREIGN: Wrong = Wrong::Refused(StatusCode::FORBIDDEN, "this agent has sent no such request");

/// Runs something with the store. What it refuses is an answer too, and no problem of the desk.
async fn answered<T: Send + 'static>(
    server: &Arc<Server>,
    work: impl FnOnce(&Server, &mut Store) -> Result<T, Wrong> + Send + 'static,
) -> Result<T, Wrong> {
    server.blocking(move |server, store| Ok(work(server, store))).await?
}

/// Takes a signed request.
pub async fn exercise(
    State(server): State<Arc<Server>>,
    authorized: Authorized,
    body: Result<String, StringRejection>,
) -> Result<Response, Response> {
    let body = body.map_err(|rejection| refused(rejection.status(), "the body is not text of the size that is taken", true))?;
    let answer = answered(&server, move |server, store| {
        let Some(offer) = &server.offer.drp else { return Err(FOREIGN) };
        let sent = drp::exercise(&body, &offer.envelope(&authorized.agent, now()))?;
        let (about, refusal) = about(server, &sent)?;
        let incoming = Incoming {
            protocol: Channel::Drp,
            sender: authorized.sender.caller.principal.id.clone(),
            name: sent.agent_request.clone(),
            content: content(&sent),
            message: body.trim().to_owned(),
            kind: sent.kind,
            regime: sent.regime,
            callbacks: sent.status_callback.iter().cloned().collect(),
            about,
            refusal,
            // The agent has the person's own authority: what they wrote is theirs.
            for_the_person: true,
            said: said(&authorized.agent.id, &sent),
        };
        let taken =
            server.with(|context| intake::receive(store, context, &server.platform, &server.directory, &incoming)).map_err(|error| {
                match error {
                    desk::Error::IdempotencyKey => {
                        Wrong::Refused(StatusCode::CONFLICT, "this `agent-request-id` was used for another request")
                    }
                    error => Wrong::Problem(error.into()),
                }
            })?;
        Ok(status_of(server, store, taken.intake().clone())?)
    })
    .await;
    answer.map(|answer| Json(answer).into_response()).map_err(IntoResponse::into_response)
}

/// The seats of the person, or why nobody is looked for.
///
/// Only an address that the agent has verified leads anywhere: of any other, nobody is told whether the platform knows it.
fn about(server: &Server, sent: &Exercise) -> Result<(Vec<About>, Rejection), Problem> {
    let Some(email) = sent.person.email.as_ref().filter(|_| sent.person.email_verified) else {
        return Ok((Vec::new(), Rejection::IdentityNotVerified));
    };
    let identity = Identity::new(IdentityType::Email, IdentityFormat::Raw, email.as_str());
    Ok((intake::find(&server.directory, &[identity], Reach::Everybody)?, Rejection::NoSuchData))
}

/// What was asked for, without the times of the message: the same, signed anew, is a repetition.
fn content(sent: &Exercise) -> String {
    let person = &sent.person;
    let email = person.email.as_ref().map(|email| email.as_str());
    format!(
        "{:?}",
        (sent.right.as_str(), sent.regime, &sent.status_callback, email, person.email_verified, &person.phone_number, &person.name)
    )
}

/// What those who handle a case must know. It is forgotten with the person.
fn said(agent: &str, sent: &Exercise) -> String {
    let person = &sent.person;
    let verified = |flag| if flag { "verified" } else { "not verified" };
    let mut lines = vec![format!("Agent {agent} exercises the right `{}` of a person by the Data Rights Protocol.", sent.right)];
    lines.extend(person.name.as_ref().map(|name| format!("Name: {name}")));
    lines.extend(person.email.as_ref().map(|email| format!("E-mail address: {} ({})", email.as_str(), verified(person.email_verified))));
    lines.extend(person.phone_number.as_ref().map(|phone| format!("Telephone: {phone} ({})", verified(person.phone_number_verified))));
    lines.extend(person.power_of_attorney.as_ref().map(|document| format!("Power of attorney: {document}")));
    if !sent.relationships.is_empty() {
        lines.push(format!("Relationships: {}", sent.relationships.join(", ")));
    }
    let text = lines.join("\n");
    text.chars().take(20_000).collect()
}

fn status_of(server: &Server, store: &Store, intake: Intake) -> Result<drp::StatusAnswer, Problem> {
    let outcome = store.look("look where an intake stands", |transaction| intake::outcome(transaction, &server.settings, intake))?;
    Ok(outcome.for_drp())
}

/// Says how a request stands.
pub async fn status(State(server): State<Arc<Server>>, authorized: Authorized, Path(id): Path<String>) -> Result<Response, Response> {
    let answer = answered(&server, move |server, store| {
        let id: IntakeId = id.parse().map_err(|_| FOREIGN)?;
        let intake = authorized.sender.intake(store, &id)?.ok_or(FOREIGN)?;
        Ok(status_of(server, store, intake)?)
    })
    .await;
    answer.map(|answer| Json(answer).into_response()).map_err(IntoResponse::into_response)
}

/// Revokes a request for the person.
pub async fn revoke(
    State(server): State<Arc<Server>>,
    authorized: Authorized,
    Path(id): Path<String>,
    body: Result<String, StringRejection>,
) -> Result<Response, Response> {
    let body = body.map_err(|rejection| refused(rejection.status(), "the body is not text of the size that is taken", true))?;
    let answer = answered(&server, move |server, store| {
        let id: IntakeId = id.parse().map_err(|_| FOREIGN)?;
        let intake = authorized.sender.intake(store, &id)?.ok_or(FOREIGN)?;
        let reason = drp::revocation_reason(&body, &authorized.agent)?;
        let reason: Option<String> = reason.map(|reason| reason.chars().take(1_000).collect());
        let sender = Target::Intake { sender: &intake.sender };
        let actor: Actor = authorized.sender.caller.act(Action::SendIntake, sender)?;
        let revoked =
            server.with(|context| intake::revoke(store, context, &actor, &id, reason.as_deref())).map_err(|error| match error {
                desk::Error::TooLate => {
                    Wrong::Refused(StatusCode::CONFLICT, "it has begun or come to its end, and cannot be revoked any more")
                }
                error => Wrong::Problem(error.into()),
            })?;
        Ok(status_of(server, store, revoked)?)
    })
    .await;
    answer.map(|answer| Json(answer).into_response()).map_err(IntoResponse::into_response)
}

/// Leads to the archive of a finished request.
pub async fn results(State(server): State<Arc<Server>>, authorized: Authorized, Path(id): Path<String>) -> Result<Response, Response> {
    let answer = answered(&server, move |server, store| {
        let id: IntakeId = id.parse().map_err(|_| FOREIGN)?;
        let intake = authorized.sender.intake(store, &id)?.ok_or(FOREIGN)?;
        let looked = store.look("look where an intake stands", |transaction| intake::outcome(transaction, &server.settings, intake));
        let outcome = looked.map_err(Problem::from)?;
        if outcome.for_drp().results_url.is_none() {
            return Err(Wrong::Refused(StatusCode::NOT_FOUND, "there are no results (any more)"));
        }
        let found = super::super::results::of(server, store, &authorized.sender, &outcome)?;
        found.ok_or(Wrong::Refused(StatusCode::NOT_FOUND, "there are no results (any more)"))
    })
    .await;
    answer.map_err(IntoResponse::into_response)
}
