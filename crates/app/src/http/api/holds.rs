//! Holds: what must not be erased for now, on what ground, and when somebody looks at it again.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use exeunt_engine::desk;
use exeunt_model::authorization::{Action, Target};
use exeunt_model::identity::HoldId;
use exeunt_model::moment::Moment;
use exeunt_model::request::Scope;
use exeunt_model::tombstone::subject_hash;
use exeunt_store::desk::{Hold, Personal, Position};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::requests::subject;
use crate::http::caller::Caller;
use crate::http::extract::{self, Json, Path, Query, id};
use crate::http::page::PageQuery;
use crate::http::problem::Problem;
use crate::http::server::{Server, now};
use crate::http::tag::{IfMatch, IfNoneMatch, Tagged};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewHold {
    /// `seat` or `contract`
    #[schema(value_type = String, example = "seat")]
    scope: Scope,
    contract: String,
    seat: Option<String>,
    /// Why, such as `litigation`.
    #[schema(min_length = 1, max_length = 200)]
    ground: String,
    #[schema(max_length = 2000)]
    note: Option<String>,
    /// Days until somebody looks at it again.
    #[schema(minimum = 1, maximum = 3650)]
    review_days: u32,
}

/// A hold.
#[derive(Debug, Serialize, ToSchema)]
pub struct HoldView {
    id: String,
    contract: String,
    scope: String,
    /// None once the subject was erased.
    label: Option<String>,
    ground: String,
    note: Option<String>,
    placed_by: String,
    placed: String,
    review: String,
    lifted: Option<String>,
    /// When it is placed: the erasures of what it keeps that had begun already. It does not stop them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    too_late_for: Vec<String>,
}

/// The holds of a contract, newest first, and where the next page begins.
#[derive(Debug, Serialize, ToSchema)]
pub struct HoldViews {
    holds: Vec<HoldView>,
    /// To be given as `after`; none on the last page.
    next: Option<String>,
}

/// Lists the holds of a contract, those that were lifted too.
#[utoipa::path(get, path = "/contracts/{contract}/holds", tag = "holds",
    params(("contract" = String, Path, description = "Its key"), PageQuery),
    responses((status = 200, body = HoldViews),
              (status = "4XX", body = Problem, content_type = "application/problem+json"),
              (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn list(
    State(server): State<Arc<Server>>,
    caller: Caller,
    Path(contract): Path<String>,
    Query(page): Query<PageQuery>,
) -> Result<Json<HoldViews>, Problem> {
    caller.act(Action::ReadHolds, Target::Contract { contract: &contract })?;
    let page = page.read::<Position<HoldId>>()?;
    server
        .reading(move |_, store| {
            let holds = store.look("read holds", |transaction| transaction.holds(&contract, page.after.as_ref(), page.wanted()))?;
            let (holds, next) = page.cut(holds, |last| Position { at: last.placed, id: last.id.clone() });
            Ok(Json(HoldViews { holds: holds.iter().map(view).collect(), next }))
        })
        .await
}

/// Places a hold. Erasures that would take what it keeps are put on hold before they begin; those that have begun go on, and are named.
#[utoipa::path(post, path = "/holds", tag = "holds", request_body = NewHold,
    responses((status = 201, body = HoldView, headers(("ETag" = String, description = "Its version"))),
              (status = "4XX", body = Problem, content_type = "application/problem+json"),
              (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn place(
    State(server): State<Arc<Server>>,
    caller: Caller,
    Json(wanted): Json<NewHold>,
) -> Result<(StatusCode, Tagged<HoldView>), Problem> {
    if wanted.ground.trim().is_empty() || wanted.ground.chars().count() > 200 || !(1..=3650).contains(&wanted.review_days) {
        return Err(Problem::unprocessable("a hold has a ground of up to 200 characters, and a review within ten years".to_owned()));
    }
    extract::note(wanted.note.as_deref())?;
    server
        .blocking(move |server, store| {
            let found = subject(server, &caller, Action::PlaceHold, wanted.scope, &wanted.contract, wanted.seat.as_deref())?;
            let now = now();
            let mut bits = [0; 16];
            crate::desk::random(&mut bits);
            let review = now.microseconds() + i64::from(wanted.review_days) * 86_400_000_000;
            let hold = Hold {
                id: HoldId::from_random(u128::from_be_bytes(bits)),
                contract: found.contract,
                scope: wanted.scope,
                subject: subject_hash(&store.hash_secret(), &found.kind, &found.key),
                subject_kind: found.kind,
                personal: Some(Personal { key: found.key, label: found.label, successor: None, addresses: Vec::new() }),
                ground: wanted.ground,
                note: wanted.note,
                placed_by: found.actor.principal,
                placed: now,
                review: Moment::from_microseconds(review).unwrap_or(now),
                lifted: None,
            };
            let begun = desk::place_hold(store, &hold)?;
            let mut placed = tagged(&hold);
            placed.view.too_late_for = begun.iter().map(ToString::to_string).collect();
            Ok((StatusCode::CREATED, placed))
        })
        .await
}

/// Shows a hold.
#[utoipa::path(get, path = "/holds/{id}", tag = "holds",
    params(("id" = String, Path, description = "32 hexadecimal digits"), IfNoneMatch),
    responses((status = 200, body = HoldView, headers(("ETag" = String, description = "Its version"))), (status = 304, description = "It is as it was"),
              (status = "4XX", body = Problem, content_type = "application/problem+json"),
              (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn show(
    State(server): State<Arc<Server>>,
    caller: Caller,
    Path(hold): Path<String>,
    known: IfNoneMatch,
) -> Result<Response, Problem> {
    let id: HoldId = id(&hold)?;
    server
        .reading(move |_, store| {
            let found = store.look("read a hold", |transaction| transaction.hold(&id))?.ok_or_else(|| Problem::not_found(None))?;
            caller.act(Action::ReadHolds, Target::Contract { contract: &found.contract })?;
            Ok(tagged(&found).unless_known(&known))
        })
        .await
}

/// Lifts a hold. Erasures that nothing else holds begin again, with a plan of now.
#[utoipa::path(post, path = "/holds/{id}/lift", tag = "holds",
    params(("id" = String, Path, description = "32 hexadecimal digits"), IfMatch),
    responses((status = 200, body = HoldView, headers(("ETag" = String, description = "Its version"))),
              (status = "4XX", body = Problem, content_type = "application/problem+json"),
              (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn lift(
    State(server): State<Arc<Server>>,
    caller: Caller,
    Path(hold): Path<String>,
    if_match: IfMatch,
) -> Result<Tagged<HoldView>, Problem> {
    let id: HoldId = id(&hold)?;
    server
        .blocking(move |server, store| {
            let found = store.look("read a hold", |transaction| transaction.hold(&id))?.ok_or_else(|| Problem::not_found(None))?;
            let actor = caller.act(Action::LiftHold, Target::Contract { contract: &found.contract })?;
            let lifted = server.with(|context| desk::lift_hold(store, context.expecting(if_match.expected()), &actor, &id))?;
            Ok(tagged(&lifted))
        })
        .await
}

fn tagged(hold: &Hold) -> Tagged<HoldView> {
    // What it says of a person is forgotten with them.
    Tagged::varying(hold.version(), view(hold))
}

fn view(hold: &Hold) -> HoldView {
    HoldView {
        id: hold.id.to_string(),
        contract: hold.contract.clone(),
        scope: hold.scope.to_string(),
        label: hold.personal.as_ref().map(|personal| personal.label.clone()),
        ground: hold.ground.clone(),
        note: hold.note.clone(),
        placed_by: hold.placed_by.to_string(),
        placed: hold.placed.to_string(),
        review: hold.review.to_string(),
        lifted: hold.lifted.as_ref().map(|(_, at)| at.to_string()),
        too_late_for: Vec::new(),
    }
}
