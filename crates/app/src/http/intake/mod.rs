//! Doors for privacy tools, which speak protocols of their own.
//!
//! ```text
//! intake ─┬─ drp      /drp/v1: authorized agents, for persons
//!         ├─ opendsr  /opendsr/v2: controllers, for the persons whose data they gave to the platform
//!         └─ results  what an export yielded, for whoever sent the request
//! ```
//!
//! Their answers, codes and errors are their protocols', not problem documents. What their senders may do is asked of [`Caller::act`] as of
//! everybody: one action, on what they have sent themselves.

pub mod drp;
pub mod opendsr;
mod results;

use std::sync::Arc;

use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::{Router, extract::DefaultBodyLimit};
use exeunt_model::authorization::{Action, Target};
use exeunt_model::identity::IntakeId;
use exeunt_model::request::Channel;
use exeunt_store::Store;
use exeunt_store::desk::Intake;

use super::caller::Caller;
use super::problem::Problem;
use super::server::Server;

/// What is offered by which protocol.
#[derive(Default)]
pub struct Offer {
    pub drp: Option<drp::Offer>,
    pub opendsr: Option<opendsr::Offer>,
}

impl Offer {
    /// Whether the configuration names this sender.
    pub fn names(&self, protocol: Channel, name: &str) -> bool {
        match protocol {
            Channel::Drp => self.drp.as_ref().is_some_and(|drp| drp.agent(name).is_some()),
            Channel::OpenDsr => self.opendsr.as_ref().is_some_and(|opendsr| opendsr.controller(name).is_some()),
            Channel::Desk | Channel::Bulk | Channel::Scim | Channel::Exit => false,
        }
    }
}

/// Bytes of a message at most: the largest names one person.
const LARGEST_BODY: usize = 64 * 1024;

/// All doors; those that are not offered are not there.
pub fn router(offer: &Offer) -> Router<Arc<Server>> {
    let mut router = Router::new();
    if offer.drp.is_some() {
        router = router.nest("/drp/v1", drp::router());
    }
    if offer.opendsr.is_some() {
        router = router.nest("/opendsr/v2", opendsr::router());
    }
    router.layer(DefaultBodyLimit::max(LARGEST_BODY))
}

/// Who sends: the caller, and its name in its protocol.
pub struct Sender {
    pub caller: Caller,
    pub name: String,
}

impl Sender {
    /// The sender whose token this is.
    ///
    /// # Errors
    /// 401 without a token, 403 for one that belongs to no sender of this protocol; others for a desk that cannot say.
    async fn of(parts: &mut Parts, server: &Arc<Server>, protocol: Channel) -> Result<Self, Refusal> {
        use axum::extract::FromRequestParts as _;
        // A session is no sender's.
        if !parts.headers.contains_key(header::AUTHORIZATION) {
            return Err(Refusal { status: StatusCode::UNAUTHORIZED, message: "a bearer token is required" });
        }
        let caller = Caller::from_request_parts(parts, server).await.map_err(|problem| match problem.status() {
            StatusCode::UNAUTHORIZED => Refusal::FOREIGN,
            status => Refusal { status, message: "the desk cannot say now whose token this is" },
        })?;
        caller.act(Action::SendIntake, Target::Intake { sender: &caller.principal.id }).map_err(|_| Refusal::FOREIGN)?;
        let id = caller.principal.id.clone();
        let found = server.reading(move |_, store| Ok(store.look("look up a sender", |transaction| transaction.sender_of(&id))?)).await;
        let found = found.map_err(|_| Refusal { status: StatusCode::SERVICE_UNAVAILABLE, message: "try again" })?;
        let sender = found.filter(|sender| sender.protocol == protocol).ok_or(Refusal::FOREIGN)?;
        Ok(Self { caller, name: sender.name })
    }

    /// Something that it has sent.
    fn own(&self, intake: Option<Intake>) -> Option<Intake> {
        intake.filter(|intake| self.caller.act(Action::SendIntake, Target::Intake { sender: &intake.sender }).is_ok())
    }

    /// Something that it has sent, by our own name for it.
    fn intake(&self, store: &Store, id: &IntakeId) -> Result<Option<Intake>, Problem> {
        Ok(self.own(store.look("look up an intake", |transaction| transaction.intake(id))?))
    }
}

/// Why somebody is turned away, before each protocol has words for it.
#[derive(Debug, Clone, Copy)]
pub struct Refusal {
    pub status: StatusCode,
    pub message: &'static str,
}

impl Refusal {
    const FOREIGN: Self = Self { status: StatusCode::FORBIDDEN, message: "this token is not good for it" };
}
