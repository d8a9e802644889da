//! Who pushes: a token that is limited to one contract.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use exeunt_engine::desk::provisioning::Push;
use exeunt_model::authorization::{Action, Target};

use super::PREFIX;
use super::refusal::Refusal;
use crate::http::caller::Caller;
use crate::http::problem::Problem;
use crate::http::server::Server;

/// A token that may push the directory of its contract.
#[derive(Debug, Clone)]
pub struct Pusher {
    pub push: Push,
    /// Where SCIM begins, without a slash at the end.
    pub base: String,
}

impl FromRequestParts<Arc<Server>> for Pusher {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, server: &Arc<Server>) -> Result<Self, Refusal> {
        let caller = Caller::from_request_parts(parts, server).await?;
        // Whose directory it is says the token; somebody who has signed in with a browser pushes nothing.
        let contract =
            caller.token_contract().ok_or_else(|| Refusal::forbidden("push with an API token that is limited to one contract"))?;
        let refused = |_| Refusal::forbidden("the token is not for `push_directory`, or whoever made it may not push any more");
        let actor = caller.act(Action::PushDirectory, Target::Contract { contract }).map_err(refused)?;
        let declared = server.platform.map.directory.as_ref().ok_or_else(|| Problem::internal(None))?;
        Ok(Self {
            push: Push { actor, contract: contract.to_owned(), seat: declared.seat.subject.clone() },
            base: format!("{}{PREFIX}", server.settings.public_url),
        })
    }
}
