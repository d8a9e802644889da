//! A search among all resources: RFC 7644, section 3.4.3.

use std::sync::Arc;

use axum::extract::State;
use exeunt_engine::desk::provisioning::{self, Query};
use exeunt_model::scim::shape;
use serde_json::Value;

use super::answer::{Answer, Body};
use super::pusher::Pusher;
use super::query::Wanted;
use super::refusal::Refusal;
use crate::http::server::Server;

/// Searches users, and groups after them.
pub async fn search(State(server): State<Arc<Server>>, pusher: Pusher, Body(body): Body) -> Result<Answer, Refusal> {
    let wanted = Wanted::of_search(&body)?;
    server
        .reading(move |_, store| {
            let query = wanted.query(&pusher.base);
            let listed = provisioning::users(store, &pusher.push.contract, &query).and_then(|(users, mut page)| {
                let start = query.start.saturating_sub(users).max(1);
                let count = query.count.saturating_sub(page.len() as u32);
                let (groups, more) = provisioning::groups(store, &pusher.push.contract, &Query { start, count, ..query })?;
                page.extend(more);
                Ok((users + groups, page))
            });
            Ok(listed.map(|(total, page)| Answer::of(shape::list(total, wanted.start(), page.into_iter().map(Value::Object).collect()))))
        })
        .await?
        .map_err(Refusal::from)
}
