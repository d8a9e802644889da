//! Where else one may sign in.

use std::sync::Arc;

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::extract::Json;
use crate::http::problem::Problem;
use crate::http::server::Server;

/// A provider that everybody may be offered.
#[derive(Debug, Serialize, ToSchema)]
pub struct IdentityProvider {
    name: String,
    /// For a button.
    label: String,
    /// The path that leads there. With `?to=/…`, the browser returns to that path of the desk.
    #[schema(example = "/sign-in/staff")]
    sign_in: String,
}

/// Providers.
#[derive(Debug, Serialize, ToSchema)]
pub struct IdentityProviders {
    identity_providers: Vec<IdentityProvider>,
}

/// Lists the identity providers by which everybody is offered to sign in. Those of single customers are not among them.
#[utoipa::path(get, path = "/identity-providers", tag = "session",
    responses((status = 200, body = IdentityProviders),
              (status = "4XX", body = Problem, content_type = "application/problem+json"),
              (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn list(State(server): State<Arc<Server>>) -> Json<IdentityProviders> {
    let offered = server.providers.listed().map(|provider| IdentityProvider {
        name: provider.name.to_string(),
        label: provider.label.clone(),
        sign_in: format!("/sign-in/{}", provider.name),
    });
    Json(IdentityProviders { identity_providers: offered.collect() })
}
