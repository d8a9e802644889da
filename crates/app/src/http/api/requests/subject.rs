//! The seat or contract that somebody names.

use exeunt_engine::desk::Actor;
use exeunt_model::authorization::{Action, Grant, Target};
use exeunt_model::directory::{key_of_text, key_text};
use exeunt_model::names::SubjectKind;
use exeunt_model::request::Scope;

use crate::http::caller::Caller;
use crate::http::problem::Problem;
use crate::http::server::Server;

/// A subject that was found and that the caller may do this to.
pub struct FoundSubject {
    pub actor: Actor,
    pub contract: String,
    pub kind: SubjectKind,
    pub key: Vec<String>,
    pub label: String,
    pub own_seat: bool,
}

/// Finds a subject, and makes sure that the caller may do this to it. Whatever the caller may not know of is not there.
pub fn subject(
    server: &Server,
    caller: &Caller,
    action: Action,
    scope: Scope,
    contract: &str,
    seat: Option<&str>,
) -> Result<FoundSubject, Problem> {
    let none = || Problem::not_found(None);
    let declared = server.platform.map.directory.as_ref().ok_or_else(|| Problem::internal(None))?;
    let (contract_columns, seat_columns) = server.directory.key_columns();
    match (scope, seat) {
        (Scope::Contract, None) => {
            let actor = caller.act(action, Target::Contract { contract })?;
            let key = key_of_text(contract, contract_columns).ok_or_else(none)?;
            let entry = server.directory.contract(&key)?.ok_or_else(none)?;
            let text = key_text(&entry.key);
            Ok(FoundSubject {
                actor,
                label: entry.label(),
                contract: text,
                kind: declared.contract.subject.clone(),
                key: entry.key,
                own_seat: false,
            })
        }
        (Scope::Seat, Some(seat)) => {
            let actor = caller.act(action, Target::Seat { contract, seat })?;
            let key = key_of_text(seat, seat_columns).ok_or_else(none)?;
            // A seat of another contract is none of this one, whoever asks.
            let entry = server.directory.seat(&key)?.filter(|entry| key_text(&entry.contract) == contract).ok_or_else(none)?;
            let text = key_text(&entry.key);
            // What was typed may lead to a seat that is written otherwise: rights are those to the seat that was found.
            let actor = if text == seat { actor } else { caller.act(action, Target::Seat { contract, seat: &text })? };
            let own = Grant::Holder { contract: contract.to_owned(), seat: text.clone() };
            Ok(FoundSubject {
                actor,
                contract: contract.to_owned(),
                kind: declared.seat.subject.clone(),
                label: entry.label(),
                key: entry.key,
                own_seat: caller.principal.grants.contains(&own),
            })
        }
        (Scope::Contract, Some(_)) => Err(Problem::unprocessable("a whole contract is asked for without a seat".to_owned())),
        (Scope::Seat, None) => Err(Problem::unprocessable("`seat` is missing".to_owned())),
    }
}
