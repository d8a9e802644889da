//! Who has signed in.

use axum::response::IntoResponse;
use exeunt_model::authorization::Grant;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::caller::Caller;
use crate::http::problem::Problem;
use crate::http::secret;

/// Whoever calls, with all that they are.
#[derive(Debug, Serialize, ToSchema)]
pub struct Me {
    id: String,
    email: Option<String>,
    roles: Vec<HeldRole>,
    /// For a session: to be sent as `X-CSRF-Token`.
    csrf_token: Option<String>,
}

/// A role, and where it is held.
#[derive(Debug, Serialize, ToSchema)]
pub struct HeldRole {
    role: String,
    /// None: everywhere.
    contract: Option<String>,
    seat: Option<String>,
}

/// Says who has signed in.
#[utoipa::path(get, path = "/me", tag = "session",
    responses((status = 200, body = Me),
              (status = "4XX", body = Problem, content_type = "application/problem+json"),
              (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn show(caller: Caller) -> impl IntoResponse {
    let held = |grant: &Grant| {
        let role = grant.role().to_string();
        let one = |contract: Option<&String>, seat: Option<&String>| {
            vec![HeldRole { role: role.clone(), contract: contract.cloned(), seat: seat.cloned() }]
        };
        match grant {
            Grant::Operator | Grant::Auditor | Grant::Agent => one(None, None),
            Grant::Representative { contracts } => contracts.iter().flat_map(|contract| one(Some(contract), None)).collect(),
            Grant::Admin { contract } | Grant::SubAdmin { contract } => one(Some(contract), None),
            Grant::Holder { contract, seat } => one(Some(contract), Some(seat)),
        }
    };
    axum::Json(Me {
        id: caller.principal.id.to_string(),
        email: caller.email.as_ref().map(|email| email.as_str().to_owned()),
        roles: caller.principal.grants.iter().flat_map(held).collect(),
        csrf_token: caller.session.as_deref().map(secret::csrf),
    })
}
