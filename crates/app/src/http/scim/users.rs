//! Users.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use exeunt_engine::desk::provisioning::{self, Condition, UserChange};
use exeunt_model::identity::DirectoryUserId;
use exeunt_model::scim::schema::Resource;
use exeunt_model::scim::{patch, resource, shape};
use serde_json::Value;

use super::answer::{Answer, Body};
use super::pusher::Pusher;
use super::query::{Wanted, condition};
use super::refusal::Refusal;
use crate::http::server::Server;

/// Lists users.
pub async fn list(State(server): State<Arc<Server>>, pusher: Pusher, wanted: Wanted) -> Result<Answer, Refusal> {
    listed(server, pusher, wanted).await
}

/// The same by a body, so that no name of a person stands in an address.
pub async fn search(State(server): State<Arc<Server>>, pusher: Pusher, Body(body): Body) -> Result<Answer, Refusal> {
    listed(server, pusher, Wanted::of_search(&body)?).await
}

async fn listed(server: Arc<Server>, pusher: Pusher, wanted: Wanted) -> Result<Answer, Refusal> {
    server
        .reading(move |_, store| {
            let start = wanted.start();
            let listed = provisioning::users(store, &pusher.push.contract, &wanted.query(&pusher.base));
            Ok(listed.map(|(total, page)| Answer::of(shape::list(total, start, page.into_iter().map(Value::Object).collect()))))
        })
        .await?
        .map_err(Refusal::from)
}

/// Shows a user.
pub async fn show(
    State(server): State<Arc<Server>>,
    pusher: Pusher,
    Path(id): Path<String>,
    wanted: Wanted,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let id: DirectoryUserId = id.parse().map_err(|_| Refusal::not_found())?;
    let found = server.reading(move |_, store| Ok(provisioning::user(store, &pusher.push.contract, &id, &pusher.base))).await?;
    let (_, shown) = found?.ok_or_else(Refusal::not_found)?;
    Ok(Answer::resource(StatusCode::OK, &shown, wanted.selection.of(Resource::User, shown.clone())).unless_known(&headers))
}

/// Makes a user.
pub async fn create(State(server): State<Arc<Server>>, pusher: Pusher, wanted: Wanted, Body(body): Body) -> Result<Answer, Refusal> {
    let user = resource::user(resource::canonical(Resource::User, &body)?)?;
    written(server, pusher, wanted, None, None, UserChange::Create(user), StatusCode::CREATED).await
}

/// Replaces a user.
pub async fn replace(
    State(server): State<Arc<Server>>,
    pusher: Pusher,
    Path(id): Path<String>,
    wanted: Wanted,
    headers: HeaderMap,
    Body(body): Body,
) -> Result<Answer, Refusal> {
    let id = id.parse().map_err(|_| Refusal::not_found())?;
    let user = resource::user(resource::canonical(Resource::User, &body)?)?;
    written(server, pusher, wanted, Some(id), condition(&headers), UserChange::Replace(user), StatusCode::OK).await
}

/// Changes a part of a user.
pub async fn change(
    State(server): State<Arc<Server>>,
    pusher: Pusher,
    Path(id): Path<String>,
    wanted: Wanted,
    headers: HeaderMap,
    Body(body): Body,
) -> Result<Answer, Refusal> {
    let id = id.parse().map_err(|_| Refusal::not_found())?;
    let change = UserChange::Patch(patch::parse(&body)?);
    written(server, pusher, wanted, Some(id), condition(&headers), change, StatusCode::OK).await
}

async fn written(
    server: Arc<Server>,
    pusher: Pusher,
    wanted: Wanted,
    id: Option<DirectoryUserId>,
    condition: Condition,
    change: UserChange,
    status: StatusCode,
) -> Result<Answer, Refusal> {
    let written = server
        .blocking(move |server, store| {
            let written = push(server, store, &pusher, id.as_ref(), &condition, &change)
                .and_then(|id| provisioning::user(store, &pusher.push.contract, &id, &pusher.base));
            Ok(written)
        })
        .await?;
    let (_, shown) = written?.ok_or_else(Refusal::not_found)?;
    Ok(Answer::resource(status, &shown, wanted.selection.of(Resource::User, shown.clone())))
}

fn push(
    server: &Server,
    store: &mut exeunt_store::Store,
    pusher: &Pusher,
    id: Option<&DirectoryUserId>,
    condition: &Condition,
    change: &UserChange,
) -> Result<DirectoryUserId, provisioning::Error> {
    let written =
        server.with(|context| provisioning::write_user(store, context, &server.directory, &pusher.push, id, condition, change))?;
    if written.returned {
        tracing::warn!(user = %written.user.id, contract = pusher.push.contract, "a user was pushed again after an erasure");
    }
    Ok(written.user.id)
}

/// Deletes a user: nobody finds them here any more. What the platform has of them stays until an admin agrees to its erasure.
pub async fn delete(
    State(server): State<Arc<Server>>,
    pusher: Pusher,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let id: DirectoryUserId = id.parse().map_err(|_| Refusal::not_found())?;
    let condition = condition(&headers);
    let deleted =
        server.blocking(move |server, store| Ok(push(server, store, &pusher, Some(&id), &condition, &UserChange::Delete))).await?;
    deleted?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
