//! SCIM 2.0 under `/scim/v2`: identity providers push users and groups.
//!
//! An address for all contracts: whose directory is pushed says the token, which is limited to one contract and to the action `push_directory`. A
//! provider is configured with an address and a token, and cannot name another contract. What it may see and change is what was pushed for that
//! contract; an id of another contract is answered like one that nobody has.
//!
//! One file per noun; answers and errors have the shapes of RFC 7644. What a push means is [`exeunt_engine::desk::provisioning`]'s business.

mod answer;
mod discovery;
mod groups;
mod pusher;
mod query;
mod refusal;
mod search;
mod users;

use std::sync::Arc;

use axum::{Router, routing};

use super::server::Server;
use refusal::Refusal;

/// Where SCIM begins in the desk's address.
pub const PREFIX: &str = "/scim/v2";

/// All endpoints of SCIM.
pub fn router() -> Router<Arc<Server>> {
    use routing::{any, get, post};
    Router::new()
        .route("/ServiceProviderConfig", get(discovery::configuration))
        .route("/ResourceTypes", get(discovery::resource_types))
        .route("/ResourceTypes/{name}", get(discovery::resource_type))
        .route("/Schemas", get(discovery::schemas))
        .route("/Schemas/{urn}", get(discovery::schema))
        .route("/.search", post(search::search))
        .route("/Users", get(users::list).post(users::create))
        .route("/Users/.search", post(users::search))
        .route("/Users/{id}", get(users::show).put(users::replace).patch(users::change).delete(users::delete))
        .route("/Groups", get(groups::list).post(groups::create))
        .route("/Groups/.search", post(groups::search))
        .route("/Groups/{id}", get(groups::show).put(groups::replace).patch(groups::change).delete(groups::delete))
        .route("/Bulk", any(not_offered))
        .route("/Me", any(not_offered))
        .fallback(|_: pusher::Pusher| async { Refusal::not_found() })
        .method_not_allowed_fallback(|_: pusher::Pusher| async { Refusal::method() })
}

/// What the configuration says is not supported: RFC 7644, section 3.11 and table 8.
async fn not_offered(_: pusher::Pusher) -> Refusal {
    Refusal::not_offered()
}
