//! Requests, page by page: those that the caller may see.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::State;
use exeunt_model::authorization::{Action, Grant, NO_CONTRACT};
use exeunt_model::directory::key_of_text;
use exeunt_model::identity::RequestId;
use exeunt_model::request::{Kind, Scope, State as RequestState};
use exeunt_model::tombstone::subject_hash;
use exeunt_store::Store;
use exeunt_store::desk::{Filter, Position, Request, Sight};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::found::target;
use super::view::{View, view};
use crate::http::caller::Caller;
use crate::http::extract::{Json, Query};
use crate::http::page::PageQuery;
use crate::http::problem::Problem;
use crate::http::server::{Server, now};

/// Requests, and where the next page begins.
#[derive(Debug, Serialize, ToSchema)]
pub struct Views {
    requests: Vec<View>,
    /// To be given as `after`; none on the last page.
    next: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    contract: Option<String>,
    /// `export`, `erasure` or `case`
    #[param(value_type = Option<String>)]
    kind: Option<Kind>,
    state: Option<String>,
    /// `seat` or `contract`
    #[param(value_type = Option<String>)]
    scope: Option<Scope>,
    /// Only unanswered ones that are overdue.
    overdue: Option<bool>,
}

/// Lists requests, newest first: those that the caller may see.
#[utoipa::path(get, path = "/requests", tag = "requests", params(ListQuery, PageQuery),
    responses((status = 200, body = Views),
              (status = "4XX", body = Problem, content_type = "application/problem+json"),
              (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn list(
    State(server): State<Arc<Server>>,
    caller: Caller,
    Query(query): Query<ListQuery>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Views>, Problem> {
    let page = page.read::<Position<RequestId>>()?;
    if let Some(state) = query.state.as_deref().filter(|state| Kind::ALL.iter().all(|kind| RequestState::parse(*kind, state).is_err())) {
        return Err(Problem::bad_request(format!("`state`: no request is ever `{state}`")));
    }
    server
        .reading(move |server, store| {
            let mut filter = visible(server, store, &caller);
            filter.contract = query.contract;
            filter.kind = query.kind;
            filter.state = query.state;
            filter.scope = query.scope;
            filter.due_before = query.overdue.filter(|overdue| *overdue).map(|_| now());
            let found = store.look("list requests", |transaction| transaction.requests(&filter, page.after.as_ref(), page.wanted()))?;
            let (found, next) = page.cut(found, |last| Position { at: last.received, id: last.id.clone() });
            // The list holds nothing else; what somebody sees is decided in one place all the same.
            let found: Vec<Request> = found.into_iter().filter(|request| may_see(&caller, request)).collect();
            Ok(Json(Views { requests: found.iter().map(view).collect(), next }))
        })
        .await
}

/// What a caller may see, as the store looks for it: what [`may_see`] says of a single request.
fn visible(server: &Server, store: &Store, caller: &Caller) -> Filter {
    let mut sight = Sight::default();
    let mut own = BTreeSet::new();
    let mut everything = false;
    for grant in caller.grants_for(Action::ReadRequests) {
        match grant {
            Grant::Operator | Grant::Auditor => everything = true,
            // What became of its own, its protocol tells it.
            Grant::Agent => {}
            Grant::Representative { contracts } => sight.contracts.extend(contracts.iter().cloned()),
            Grant::Admin { contract } | Grant::SubAdmin { contract } | Grant::Holder { contract, .. } if contract == NO_CONTRACT => {}
            Grant::Admin { contract } | Grant::SubAdmin { contract } => {
                sight.contracts.insert(contract.clone());
            }
            Grant::Holder { contract, seat } => {
                own.insert(contract.clone());
                let declared = server.platform.map.directory.as_ref();
                let key = key_of_text(seat, server.directory.key_columns().1);
                if let (Some(declared), Some(key)) = (declared, key) {
                    let subject = subject_hash(&store.hash_secret(), &declared.seat.subject, &key);
                    sight.seats.insert((contract.clone(), subject.as_str().to_owned()));
                }
            }
        }
    }
    sight.asked = Some((caller.principal.id.clone(), own));
    Filter { sight: (!everything).then_some(sight), within: caller.limit().map(str::to_owned), ..Filter::default() }
}

fn may_see(caller: &Caller, request: &Request) -> bool {
    let seat = request.seat();
    caller.role_for(Action::ReadRequests, target(request, seat.as_deref())).is_some()
}
