//! Contracts and their seats, as the directory knows them.

use std::sync::Arc;

use axum::extract::State;
use exeunt_engine::directory::Page;
use exeunt_model::authorization::{Action, Target};
use exeunt_model::directory::{key_of_text, key_text};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::http::caller::Caller;
use crate::http::extract::{Json, Path, Query};
use crate::http::page::{PageQuery, wrong_cursor};
use crate::http::problem::Problem;
use crate::http::server::Server;

/// A contract.
#[derive(Debug, Serialize, ToSchema)]
pub struct Contract {
    key: String,
    name: Option<String>,
    tier: Option<String>,
    active: bool,
}

/// A seat.
#[derive(Debug, Serialize, ToSchema)]
pub struct Seat {
    key: String,
    email: Option<String>,
    name: Option<String>,
    role: String,
    active: bool,
}

/// Seats, and where the next page begins.
#[derive(Debug, Serialize, ToSchema)]
pub struct Seats {
    seats: Vec<Seat>,
    /// To be given as `after`; none on the last page.
    next: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SeatsQuery {
    /// Part of an address or a name.
    text: Option<String>,
}

/// Shows a contract.
#[utoipa::path(get, path = "/contracts/{contract}", tag = "directory", params(("contract" = String, Path, description = "Its key")),
    responses((status = 200, body = Contract),
              (status = "4XX", body = Problem, content_type = "application/problem+json"),
              (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn show(State(server): State<Arc<Server>>, caller: Caller, Path(contract): Path<String>) -> Result<Json<Contract>, Problem> {
    caller.act(Action::ReadContract, Target::Contract { contract: &contract })?;
    server
        .reading(move |server, _| {
            let key = key_of_text(&contract, server.directory.key_columns().0).ok_or_else(|| Problem::not_found(None))?;
            let entry = server.directory.contract(&key)?.ok_or_else(|| Problem::not_found(None))?;
            Ok(Json(Contract { key: key_text(&entry.key), name: entry.name, tier: entry.tier, active: entry.active }))
        })
        .await
}

/// Lists the seats of a contract, in the order of their keys.
#[utoipa::path(get, path = "/contracts/{contract}/seats", tag = "directory",
    params(("contract" = String, Path, description = "Its key"), SeatsQuery, PageQuery),
    responses((status = 200, body = Seats),
              (status = "4XX", body = Problem, content_type = "application/problem+json"),
              (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn seats(
    State(server): State<Arc<Server>>,
    caller: Caller,
    Path(contract): Path<String>,
    Query(query): Query<SeatsQuery>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Seats>, Problem> {
    caller.act(Action::ReadSeats, Target::Contract { contract: &contract })?;
    let page = page.read::<String>()?;
    server
        .reading(move |server, _| {
            let (contract_columns, seat_columns) = server.directory.key_columns();
            let key = key_of_text(&contract, contract_columns).ok_or_else(|| Problem::not_found(None))?;
            let after = page.after.as_deref().map(|after| key_of_text(after, seat_columns).ok_or_else(wrong_cursor)).transpose()?;
            let wanted = Page { after: after.as_ref(), limit: page.wanted(), text: query.text.as_deref() };
            let (found, next) = page.cut(server.directory.seats_of(&key, wanted)?, |last| key_text(&last.key));
            let seats = found.into_iter().map(|seat| Seat {
                key: key_text(&seat.key),
                email: seat.email.map(String::from),
                name: seat.name,
                role: seat.role.as_str().to_owned(),
                active: seat.active,
            });
            Ok(Json(Seats { seats: seats.collect(), next }))
        })
        .await
}
