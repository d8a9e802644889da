//! What the desk tells providers of itself.

use axum::extract::Path;
use exeunt_model::scim::schema::Resource;
use exeunt_model::scim::{discovery, shape};
use serde_json::Value;

use super::answer::Answer;
use super::pusher::Pusher;
use super::query::MOST_RESULTS;
use super::refusal::Refusal;

/// What the desk can.
pub async fn configuration(pusher: Pusher) -> Answer {
    Answer::of(discovery::configuration(&pusher.base, MOST_RESULTS))
}

/// The kinds of resources.
pub async fn resource_types(pusher: Pusher) -> Answer {
    all(|resource| discovery::resource_type(&pusher.base, resource))
}

/// One kind of resource.
pub async fn resource_type(pusher: Pusher, Path(name): Path<String>) -> Result<Answer, Refusal> {
    one(|resource| resource.name() == name, |resource| discovery::resource_type(&pusher.base, resource))
}

/// The schemas.
pub async fn schemas(pusher: Pusher) -> Answer {
    all(|resource| discovery::schema(&pusher.base, resource))
}

/// One schema.
pub async fn schema(pusher: Pusher, Path(urn): Path<String>) -> Result<Answer, Refusal> {
    one(|resource| resource.urn().eq_ignore_ascii_case(&urn), |resource| discovery::schema(&pusher.base, resource))
}

fn all(tell: impl Fn(Resource) -> Value) -> Answer {
    let told: Vec<Value> = Resource::ALL.into_iter().map(tell).collect();
    Answer::of(shape::list(told.len() as u64, 1, told))
}

fn one(is: impl Fn(Resource) -> bool, tell: impl Fn(Resource) -> Value) -> Result<Answer, Refusal> {
    Resource::ALL.into_iter().find(|resource| is(*resource)).map(|resource| Answer::of(tell(resource))).ok_or_else(Refusal::not_found)
}
