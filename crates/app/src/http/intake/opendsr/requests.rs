//! Requests of controllers (sections 7 to 9).

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use axum::response::Response;
use exeunt_engine::desk::intake::{self, Incoming, Outcome, Reach};
use exeunt_engine::desk::{self, Actor};
use exeunt_model::authorization::{Action, Target};
use exeunt_model::intake::opendsr::{self, Error, Identity, Request, SubjectRequestId};
use exeunt_model::moment::Moment;
use exeunt_model::request::Channel;
use exeunt_model::request::reason::Rejection;
use exeunt_store::Store;
use exeunt_store::desk::Intake;
use serde::Serialize;

use super::{Authorized, Controller, refusal_body, signed};
use crate::http::extract::Path;
use crate::http::problem::Problem;
use crate::http::server::{Server, now};

/// What a controller has done wrong, or the desk.
enum Wrong {
    Request(Error),
    Problem(Problem),
    Refused(StatusCode, &'static str, &'static str),
}

impl From<Error> for Wrong {
    fn from(error: Error) -> Self {
        Self::Request(error)
    }
}

impl From<Problem> for Wrong {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

const UNKNOWN: Wrong = Wrong::Refused(StatusCode::NOT_FOUND, "unknown", "this controller has sent no such request");

/// Identities, and callbacks, of one request at most.
const MOST_IDENTITIES: usize = 50;
const MOST_CALLBACKS: usize = 10;
const LONGEST_CALLBACK: usize = 2_000;

/// Runs something with the store, and signs what it answers.
async fn answered<T: Serialize + Send + 'static>(
    server: &Arc<Server>,
    status: StatusCode,
    work: impl FnOnce(&Server, &mut Store) -> Result<T, Wrong> + Send + 'static,
) -> Response {
    match server.blocking(move |server, store| Ok(work(server, store))).await {
        Ok(Ok(answer)) => signed(server, status, &answer),
        Ok(Err(wrong)) => refused(server, wrong),
        Err(problem) => super::problem(server, &problem),
    }
}

fn refused(server: &Server, wrong: Wrong) -> Response {
    match wrong {
        Wrong::Request(error) => signed(server, StatusCode::BAD_REQUEST, &error.body()),
        Wrong::Problem(problem) => super::problem(server, &problem),
        Wrong::Refused(status, reason, message) => signed(server, status, &refusal_body(status, reason, message)),
    }
}

/// Takes a request.
pub async fn submit(State(server): State<Arc<Server>>, authorized: Authorized, body: Result<Bytes, BytesRejection>) -> Response {
    let body = match body {
        Ok(body) => body,
        Err(rejection) => {
            let status = rejection.status();
            return signed(&server, status, &refusal_body(status, "too_large", "the body cannot be taken"));
        }
    };
    answered(&server, StatusCode::CREATED, move |server, store| {
        let sent = opendsr::request(&body)?;
        if sent.identities.len() > MOST_IDENTITIES {
            return Err(Error::Field { field: "subject_identities" }.into());
        }
        let too_long = sent.status_callback_urls.iter().any(|url| url.len() > LONGEST_CALLBACK);
        if too_long || sent.status_callback_urls.len() > MOST_CALLBACKS {
            return Err(Error::Field { field: "status_callback_urls" }.into());
        }
        let reach = match &authorized.controller.contracts {
            Some(contracts) => Reach::Contracts(contracts),
            None => Reach::Everybody,
        };
        let about = intake::find(&server.directory, &sent.identities, reach).map_err(Problem::from)?;
        let incoming = Incoming {
            protocol: Channel::OpenDsr,
            sender: authorized.sender.caller.principal.id.clone(),
            name: Some(sent.id.to_string()),
            content: content(&sent),
            message: String::new(),
            kind: sent.request_type.kind(),
            regime: sent.regulation.regime(),
            callbacks: sent.status_callback_urls.clone(),
            about,
            refusal: Rejection::NoSuchData,
            // It goes to the controller, who is somebody else than the person.
            for_the_person: false,
            said: said(&authorized.controller, &sent),
        };
        let taken =
            server.with(|context| intake::receive(store, context, &server.platform, &server.directory, &incoming)).map_err(|error| {
                match error {
                    desk::Error::IdempotencyKey => {
                        Wrong::Refused(StatusCode::BAD_REQUEST, "duplicate", "subject_request_id was used for another request")
                    }
                    error => Wrong::Problem(error.into()),
                }
            })?;
        let (outcome, received) = stands(server, store, taken.intake().clone())?;
        Ok(opendsr::receipt(&outcome.for_opendsr(&sent.id), received, &body))
    })
    .await
}

/// What was asked for: sent again, it is a repetition.
fn content(sent: &Request) -> String {
    let identities: Vec<_> = sent.identities.iter().map(shown).collect();
    format!("{:?}", (sent.regulation.as_str(), sent.request_type.as_str(), identities, &sent.status_callback_urls))
}

fn shown(identity: &Identity) -> String {
    let value = identity.email().map(String::from).or_else(|| identity.customer_id().map(str::to_owned));
    format!("{} ({}): {}", identity.identity_type, identity.identity_format, value.unwrap_or_else(|| identity.value().to_owned()))
}

/// What those who handle a case must know. It is forgotten with the person.
fn said(controller: &Controller, sent: &Request) -> String {
    let mut lines = vec![
        format!("Controller {} asks by OpenDSR for {} about a person, under {}.", controller.id, sent.request_type, sent.regulation),
        format!("The person asked on {}.", sent.submitted),
    ];
    lines.extend(sent.identities.iter().map(shown));
    lines.join("\n").chars().take(20_000).collect()
}

fn stands(server: &Server, store: &Store, intake: Intake) -> Result<(Outcome, Moment), Problem> {
    let received = intake.received;
    let outcome = store.look("look where an intake stands", |transaction| intake::outcome(transaction, &server.settings, intake))?;
    Ok((outcome, received))
}

fn find(store: &Store, authorized: &Authorized, id: &str) -> Result<(SubjectRequestId, Intake), Wrong> {
    let id: SubjectRequestId = id.parse().map_err(|_| UNKNOWN)?;
    let by = &authorized.sender.caller.principal.id;
    let found = store.look("look up an intake", |transaction| transaction.intake_called(by, id.as_str())).map_err(Problem::from)?;
    let intake = authorized.sender.own(found).ok_or(UNKNOWN)?;
    Ok((id, intake))
}

/// Says how a request stands.
pub async fn status(State(server): State<Arc<Server>>, authorized: Authorized, Path(id): Path<String>) -> Response {
    answered(&server, StatusCode::OK, move |server, store| {
        let (id, intake) = find(store, &authorized, &id)?;
        let (outcome, _) = stands(server, store, intake)?;
        Ok(opendsr::status(&outcome.for_opendsr(&id)))
    })
    .await
}

/// Cancels a request that is pending.
pub async fn cancel(State(server): State<Arc<Server>>, authorized: Authorized, Path(id): Path<String>) -> Response {
    answered(&server, StatusCode::ACCEPTED, move |server, store| {
        let (id, intake) = find(store, &authorized, &id)?;
        let actor: Actor = authorized.sender.caller.act(Action::SendIntake, Target::Intake { sender: &intake.sender })?;
        let revoked = server.with(|context| intake::revoke(store, context, &actor, &intake.id, None));
        match revoked {
            Ok(revoked) => {
                let (outcome, _) = stands(server, store, revoked)?;
                Ok(opendsr::cancelled(&outcome.for_opendsr(&id), now()))
            }
            Err(desk::Error::TooLate) => {
                let (outcome, _) = stands(server, store, intake)?;
                Err(Error::NotCancellable { status: opendsr::Status::of(outcome.told.state) }.into())
            }
            Err(error) => Err(Wrong::Problem(error.into())),
        }
    })
    .await
}

/// Leads to the archive of a finished request.
pub async fn results(State(server): State<Arc<Server>>, authorized: Authorized, Path(id): Path<String>) -> Response {
    const NONE: Wrong = Wrong::Refused(StatusCode::NOT_FOUND, "no_results", "there are no results (any more)");
    let found = server
        .blocking(move |server, store| {
            Ok((|| {
                let (id, intake) = find(store, &authorized, &id)?;
                let (outcome, _) = stands(server, store, intake)?;
                if opendsr::status(&outcome.for_opendsr(&id)).results_url.is_none() {
                    return Err(NONE);
                }
                super::super::results::of(server, store, &authorized.sender, &outcome)?.ok_or(NONE)
            })())
        })
        .await;
    match found {
        Ok(Ok(response)) => response,
        Ok(Err(wrong)) => refused(&server, wrong),
        Err(problem) => super::problem(&server, &problem),
    }
}
