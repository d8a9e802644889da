//! A request that was found, and what rights know of it.

use exeunt_engine::desk::Actor;
use exeunt_model::authorization::{Action, Target};
use exeunt_model::identity::RequestId;
use exeunt_store::Store;
use exeunt_store::desk::Request;

use crate::http::caller::Caller;
use crate::http::problem::Problem;

/// A request as the authorization sees it.
pub fn target<'a>(request: &'a Request, seat: Option<&'a str>) -> Target<'a> {
    Target::Request { contract: &request.contract, seat, requester: &request.requester }
}

/// Finds a request, and makes sure that the caller may do this to it.
pub fn find(store: &Store, caller: &Caller, action: Action, id: &RequestId) -> Result<(Request, Actor), Problem> {
    let found = store.look("read a request", |transaction| transaction.request(id))?.ok_or_else(|| Problem::not_found(None))?;
    let seat = found.seat();
    let actor = caller.act(action, target(&found, seat.as_deref()))?;
    Ok((found, actor))
}
