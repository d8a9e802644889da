//! What identity providers have closed, and who came back: for those who decide.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::extract::State;
use exeunt_model::authorization::{Action, Target};
use exeunt_model::identity::RequestId;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::caller::Caller;
use crate::http::extract::{Json, Path, Query};
use crate::http::page::PageQuery;
use crate::http::problem::Problem;
use crate::http::server::Server;

/// An address whose holder an identity provider has closed. Its seats give nobody any rights at the desk.
#[derive(Debug, Serialize, ToSchema)]
pub struct Closure {
    email: String,
    closed: String,
    /// One for each seat with the address; none where the platform has no such seat.
    proposals: Vec<ProposalView>,
}

/// What became of one seat.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProposalView {
    /// `proposed`, or why not: `asked_before`, `covered` by an erasure of the whole contract that was asked for, or `last_admin`.
    outcome: String,
    /// The request that was made, or that stood in the way.
    request: Option<String>,
    /// Where that request stands now: as `awaiting_approval`, which nobody has decided yet.
    state: Option<String>,
}

/// Somebody whose seat was erased, and who has been pushed again.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReturnView {
    /// The id of the pushed user.
    user: String,
    returned: String,
    erased: String,
}

/// Closed addresses, and where the next page begins.
#[derive(Debug, Serialize, ToSchema)]
pub struct Closures {
    closures: Vec<Closure>,
    /// Who came back, newest first.
    returns: Vec<ReturnView>,
    /// To be given as `after`; none on the last page.
    next: Option<String>,
}

/// Returns in an answer at most.
const MOST_RETURNS: u32 = 100;

/// Lists the addresses of a contract that its identity provider has closed, and what became of their seats.
#[utoipa::path(get, path = "/contracts/{contract}/closures", tag = "directory",
    params(("contract" = String, Path, description = "Its key"), PageQuery),
    responses((status = 200, body = Closures),
              (status = "4XX", body = Problem, content_type = "application/problem+json"),
              (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn list(
    State(server): State<Arc<Server>>,
    caller: Caller,
    Path(contract): Path<String>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Closures>, Problem> {
    caller.act(Action::ReadSeats, Target::Contract { contract: &contract })?;
    let page = page.read::<String>()?;
    server
        .reading(move |_, store| {
            let (found, states, returns) = store.look("list closed addresses", |transaction| {
                let found = transaction.closures(&contract, page.after.as_deref(), page.wanted())?;
                let proposals = found.iter().flat_map(|closure| &closure.proposals);
                let ids: BTreeSet<&RequestId> = proposals.filter_map(|proposal| proposal.request.as_ref()).collect();
                let requests = transaction.requests_by_id(&ids.into_iter().collect::<Vec<_>>())?.into_iter();
                let states: BTreeMap<RequestId, String> = requests.map(|request| (request.id, request.state.as_str().to_owned())).collect();
                Ok::<_, exeunt_store::Error>((found, states, transaction.returns(&contract, MOST_RETURNS)?))
            })?;
            let (found, next) = page.cut(found, |last| last.email.as_str().to_owned());
            let proposal = |proposal: exeunt_model::closure::Proposal| ProposalView {
                outcome: proposal.outcome.as_str().to_owned(),
                state: proposal.request.as_ref().and_then(|id| states.get(id).cloned()),
                request: proposal.request.map(String::from),
            };
            let closures = found.into_iter().map(|closure| Closure {
                email: String::from(closure.email),
                closed: closure.closed.to_string(),
                proposals: closure.proposals.into_iter().map(proposal).collect(),
            });
            let returns = returns.into_iter().map(|returned| ReturnView {
                user: String::from(returned.user),
                returned: returned.returned.to_string(),
                erased: returned.erased.to_string(),
            });
            Ok(Json(Closures { closures: closures.collect(), returns: returns.collect(), next }))
        })
        .await
}
