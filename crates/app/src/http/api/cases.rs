//! Cases: requests for other data or for the deletion of enterprise data, which people handle.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use exeunt_engine::desk::{self, CaseStep};
use exeunt_model::authorization::Action;
use exeunt_model::identity::{MessageId, RequestId, Role};
use exeunt_model::request::reason::Rejection;
use exeunt_store::desk::{CaseMessage, Position};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::requests::{View, find, tagged, target};
use crate::http::caller::Caller;
use crate::http::extract::{Json, Path, Query, id};
use crate::http::page::PageQuery;
use crate::http::problem::Problem;
use crate::http::server::Server;
use crate::http::tag::{IfMatch, Tagged};

/// Characters of a message at most.
const LONGEST_MESSAGE: usize = 20_000;

/// A message in a case.
#[derive(Debug, Serialize, ToSchema)]
pub struct MessageView {
    id: String,
    author: String,
    at: String,
    /// Seen by the platform's people alone.
    internal: bool,
    /// None once the subject was erased.
    text: Option<String>,
}

/// The messages of a case, in order, and where the next page begins.
#[derive(Debug, Serialize, ToSchema)]
pub struct MessageViews {
    messages: Vec<MessageView>,
    /// To be given as `after`; none on the last page.
    next: Option<String>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Said {
    #[schema(min_length = 1, max_length = 20000)]
    text: String,
    /// A note for the platform's people alone.
    #[serde(default)]
    internal: bool,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// `take`, `ask`, `answer` or `reject` by a representative; `tell`, `hand_back` or `close` by the customer
    step: String,
    /// For `reject`: the code of the reason.
    reason: Option<String>,
    /// Words that go with it.
    #[schema(min_length = 1, max_length = 20000)]
    text: Option<String>,
}

/// Lists the messages of a case; internal ones for those who may read them.
#[utoipa::path(get, path = "/requests/{id}/messages", tag = "cases",
    params(("id" = String, Path, description = "32 hexadecimal digits"), PageQuery),
    responses((status = 200, body = MessageViews),
              (status = "4XX", body = Problem, content_type = "application/problem+json"),
              (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn list(
    State(server): State<Arc<Server>>,
    caller: Caller,
    Path(request): Path<String>,
    Query(page): Query<PageQuery>,
) -> Result<Json<MessageViews>, Problem> {
    let id: RequestId = id(&request)?;
    let page = page.read::<Position<MessageId>>()?;
    server
        .reading(move |_, store| {
            // A sub-admin sees that there is a case, not what is said in it.
            let (found, _) = find(store, &caller, Action::ReadCase, &id)?;
            let seat = found.seat();
            let internal = caller.role_for(Action::ReadNotes, target(&found, seat.as_deref())).is_some();
            let after = page.after.as_ref();
            let messages = store.look("read messages", |transaction| transaction.messages(&id, internal, after, page.wanted()))?;
            let (messages, next) = page.cut(messages, |last| Position { at: last.at, id: last.id.clone() });
            Ok(Json(MessageViews { messages: messages.into_iter().map(message).collect(), next }))
        })
        .await
}

/// Says something in a case.
#[utoipa::path(post, path = "/requests/{id}/messages", tag = "cases", request_body = Said,
    params(("id" = String, Path, description = "32 hexadecimal digits")),
    responses((status = 201, body = MessageView),
              (status = "4XX", body = Problem, content_type = "application/problem+json"),
              (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn say(
    State(server): State<Arc<Server>>,
    caller: Caller,
    Path(request): Path<String>,
    Json(said): Json<Said>,
) -> Result<(StatusCode, Json<MessageView>), Problem> {
    let id: RequestId = id(&request)?;
    fits(&said.text)?;
    server
        .blocking(move |server, store| {
            let action = if said.internal { Action::HandleCase } else { Action::TalkInCase };
            let (_, actor) = find(store, &caller, action, &id)?;
            let by_platform = actor.role.is_of_the_desk();
            let written = server.with(|context| desk::say(store, context, &actor, &id, &said.text, said.internal, by_platform))?;
            Ok((StatusCode::CREATED, Json(message(written))))
        })
        .await
}

/// Moves a case on.
#[utoipa::path(post, path = "/requests/{id}/case", tag = "cases", request_body = Step,
    params(("id" = String, Path, description = "32 hexadecimal digits"), IfMatch),
    responses((status = 200, body = View, headers(("ETag" = String, description = "Its version"))),
              (status = "4XX", body = Problem, content_type = "application/problem+json"),
              (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn step(
    State(server): State<Arc<Server>>,
    caller: Caller,
    Path(request): Path<String>,
    if_match: IfMatch,
    Json(wanted): Json<Step>,
) -> Result<Tagged<View>, Problem> {
    let id: RequestId = id(&request)?;
    wanted.text.as_deref().map(fits).transpose()?;
    let step = match (wanted.step.as_str(), &wanted.reason) {
        ("reject", Some(reason)) => {
            CaseStep::Reject(reason.parse::<Rejection>().map_err(|error| Problem::unprocessable(error.to_string()))?)
        }
        ("reject", None) => return Err(Problem::unprocessable("`reason` is missing".to_owned())),
        (_, Some(_)) => return Err(Problem::unprocessable("only `reject` has a reason".to_owned())),
        ("take", None) => CaseStep::Take,
        ("ask", None) => CaseStep::Ask,
        ("tell", None) => CaseStep::Tell,
        ("answer", None) => CaseStep::Answer,
        ("hand_back", None) => CaseStep::HandBack,
        ("close", None) => CaseStep::Close,
        (other, None) => return Err(Problem::unprocessable(format!("there is no step `{other}`"))),
    };
    server
        .blocking(move |server, store| {
            let action = if step.is_of_the_platform() { Action::HandleCase } else { Action::TalkInCase };
            let (_, actor) = find(store, &caller, action, &id)?;
            // Who handles cases may talk in them too, and doesn't have the customer's word.
            if !step.is_of_the_platform() && matches!(actor.role, Role::Operator | Role::Representative) {
                return Err(Problem::forbidden("that is for the customer to say".to_owned()));
            }
            let text = wanted.text.as_deref();
            let moved = server.with(|context| desk::move_case(store, context.expecting(if_match.expected()), &actor, &id, &step, text))?;
            Ok(tagged(&moved))
        })
        .await
}

pub(in crate::http::api) fn fits(text: &str) -> Result<(), Problem> {
    match text.trim().is_empty() || text.chars().count() > LONGEST_MESSAGE {
        true => Err(Problem::unprocessable("a message has 1 to 20000 characters".to_owned())),
        false => Ok(()),
    }
}

fn message(message: CaseMessage) -> MessageView {
    MessageView {
        id: message.id.to_string(),
        author: message.author.to_string(),
        at: message.at.to_string(),
        internal: message.internal,
        text: message.text,
    }
}
