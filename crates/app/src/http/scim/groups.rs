//! Groups.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use exeunt_engine::desk::provisioning::{self, Condition, GroupChange};
use exeunt_model::identity::DirectoryGroupId;
use exeunt_model::scim::schema::Resource;
use exeunt_model::scim::{patch, resource, shape};
use serde_json::Value;

use super::answer::{Answer, Body};
use super::pusher::Pusher;
use super::query::{Wanted, condition};
use super::refusal::Refusal;
use crate::http::server::Server;

/// Lists groups.
pub async fn list(State(server): State<Arc<Server>>, pusher: Pusher, wanted: Wanted) -> Result<Answer, Refusal> {
    listed(server, pusher, wanted).await
}

/// The same by a body.
pub async fn search(State(server): State<Arc<Server>>, pusher: Pusher, Body(body): Body) -> Result<Answer, Refusal> {
    listed(server, pusher, Wanted::of_search(&body)?).await
}

async fn listed(server: Arc<Server>, pusher: Pusher, wanted: Wanted) -> Result<Answer, Refusal> {
    server
        .reading(move |_, store| {
            let start = wanted.start();
            let listed = provisioning::groups(store, &pusher.push.contract, &wanted.query(&pusher.base));
            Ok(listed.map(|(total, page)| Answer::of(shape::list(total, start, page.into_iter().map(Value::Object).collect()))))
        })
        .await?
        .map_err(Refusal::from)
}

/// Shows a group.
pub async fn show(
    State(server): State<Arc<Server>>,
    pusher: Pusher,
    Path(id): Path<String>,
    wanted: Wanted,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let id: DirectoryGroupId = id.parse().map_err(|_| Refusal::not_found())?;
    let members = wanted.selection.wants(Resource::Group, "members");
    let found = server.reading(move |_, store| Ok(provisioning::group(store, &pusher.push.contract, &id, &pusher.base, members))).await?;
    let (_, shown) = found?.ok_or_else(Refusal::not_found)?;
    Ok(Answer::resource(StatusCode::OK, &shown, wanted.selection.of(Resource::Group, shown.clone())).unless_known(&headers))
}

/// Makes a group.
pub async fn create(State(server): State<Arc<Server>>, pusher: Pusher, wanted: Wanted, Body(body): Body) -> Result<Answer, Refusal> {
    let group = resource::group(resource::canonical(Resource::Group, &body)?)?;
    written(server, pusher, wanted, None, None, GroupChange::Create(group), StatusCode::CREATED).await
}

/// Replaces a group and its members.
pub async fn replace(
    State(server): State<Arc<Server>>,
    pusher: Pusher,
    Path(id): Path<String>,
    wanted: Wanted,
    headers: HeaderMap,
    Body(body): Body,
) -> Result<Answer, Refusal> {
    let id = id.parse().map_err(|_| Refusal::not_found())?;
    let group = resource::group(resource::canonical(Resource::Group, &body)?)?;
    written(server, pusher, wanted, Some(id), condition(&headers), GroupChange::Replace(group), StatusCode::OK).await
}

/// Changes a part of a group, or some of its members.
pub async fn change(
    State(server): State<Arc<Server>>,
    pusher: Pusher,
    Path(id): Path<String>,
    wanted: Wanted,
    headers: HeaderMap,
    Body(body): Body,
) -> Result<Answer, Refusal> {
    let id = id.parse().map_err(|_| Refusal::not_found())?;
    let change = GroupChange::Patch(patch::parse(&body)?);
    written(server, pusher, wanted, Some(id), condition(&headers), change, StatusCode::OK).await
}

async fn written(
    server: Arc<Server>,
    pusher: Pusher,
    wanted: Wanted,
    id: Option<DirectoryGroupId>,
    condition: Condition,
    change: GroupChange,
    status: StatusCode,
) -> Result<Answer, Refusal> {
    let members = wanted.selection.wants(Resource::Group, "members");
    let written = server
        .blocking(move |server, store| {
            let written = server
                .with(|context| provisioning::write_group(store, context, &pusher.push, id.as_ref(), &condition, &change))
                .and_then(|group| provisioning::group(store, &pusher.push.contract, &group.id, &pusher.base, members));
            Ok(written)
        })
        .await?;
    let (_, shown) = written?.ok_or_else(Refusal::not_found)?;
    Ok(Answer::resource(status, &shown, wanted.selection.of(Resource::Group, shown.clone())))
}

/// Deletes a group. Its members stay.
pub async fn delete(
    State(server): State<Arc<Server>>,
    pusher: Pusher,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let id: DirectoryGroupId = id.parse().map_err(|_| Refusal::not_found())?;
    let condition = condition(&headers);
    let deleted = server
        .blocking(move |server, store| {
            let delete = GroupChange::Delete;
            Ok(server.with(|context| provisioning::write_group(store, context, &pusher.push, Some(&id), &condition, &delete)))
        })
        .await?;
    deleted?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
