//! API tokens: shown once, kept as a hash, limited to actions and, where wanted, to a contract.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use exeunt_engine::desk;
use exeunt_model::authorization::{Action, Target};
use exeunt_model::identity::TokenId;
use exeunt_model::moment::Moment;
use exeunt_store::desk::{Position, Token};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::caller::Caller;
use crate::http::extract::{Json, Path, Query, id};
use crate::http::page::PageQuery;
use crate::http::problem::Problem;
use crate::http::secret;
use crate::http::server::{Server, now};
use crate::http::tag::{IfMatch, IfNoneMatch, Tagged};

/// Days that a token lasts at most, where it ends at all.
const MOST_DAYS: u32 = 3_650;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewToken {
    /// What it is for.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// The actions that it is limited to, as in `read_requests`.
    actions: Vec<String>,
    /// The contract that it is limited to.
    contract: Option<String>,
    /// Days until it ends; none: it doesn't.
    #[schema(minimum = 1, maximum = 3650)]
    days: Option<u32>,
}

/// A token without its secret.
#[derive(Debug, Serialize, ToSchema)]
pub struct TokenView {
    id: String,
    name: String,
    actions: Vec<String>,
    contract: Option<String>,
    created: String,
    expires: Option<String>,
    revoked: Option<String>,
    used: Option<String>,
}

/// Tokens, newest first, and where the next page begins.
#[derive(Debug, Serialize, ToSchema)]
pub struct TokenViews {
    tokens: Vec<TokenView>,
    /// To be given as `after`; none on the last page.
    next: Option<String>,
}

/// A new token.
#[derive(Debug, Serialize, ToSchema)]
pub struct Made {
    token: TokenView,
    /// Shown now and never again.
    secret: String,
}

/// Lists the caller's tokens.
#[utoipa::path(get, path = "/tokens", tag = "tokens", params(PageQuery),
    responses((status = 200, body = TokenViews),
              (status = "4XX", body = Problem, content_type = "application/problem+json"),
              (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn list(State(server): State<Arc<Server>>, caller: Caller, Query(page): Query<PageQuery>) -> Result<Json<TokenViews>, Problem> {
    manages(&caller)?;
    let page = page.read::<Position<TokenId>>()?;
    server
        .reading(move |_, store| {
            let (own, within) = (&caller.principal.id, caller.limit());
            let tokens =
                store.look("list tokens", |transaction| transaction.tokens_page(own, within, page.after.as_ref(), page.wanted()))?;
            let (tokens, next) = page.cut(tokens, |last| Position { at: last.created, id: last.id.clone() });
            Ok(Json(TokenViews { tokens: tokens.iter().map(view).collect(), next }))
        })
        .await
}

/// Makes a token, which acts as the caller within its limits.
#[utoipa::path(post, path = "/tokens", tag = "tokens", request_body = NewToken,
    responses((status = 201, body = Made),
              (status = "4XX", body = Problem, content_type = "application/problem+json"),
              (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn make(
    State(server): State<Arc<Server>>,
    caller: Caller,
    Json(wanted): Json<NewToken>,
) -> Result<(StatusCode, Json<Made>), Problem> {
    if caller.session.is_none() {
        return Err(Problem::forbidden("a token makes no tokens: sign in".to_owned()));
    }
    // It would reach as far as its person does, and live longer than what the provider says of them.
    if caller.by.is_some() {
        return Err(Problem::forbidden("a session that began at an identity provider makes no tokens: sign in by mail".to_owned()));
    }
    let target = wanted.contract.as_deref().map_or(Target::Desk, |contract| Target::Contract { contract });
    caller.act(Action::ManageTokens, target)?;
    if wanted.name.is_empty() || wanted.name.len() > 100 || wanted.actions.is_empty() {
        return Err(Problem::unprocessable("a token has a name of up to 100 characters, and at least one action".to_owned()));
    }
    if wanted.days.is_some_and(|days| !(1..=MOST_DAYS).contains(&days)) {
        return Err(Problem::unprocessable(format!("a token ends in 1 to {MOST_DAYS} days, or never")));
    }
    let mut actions = BTreeSet::new();
    for name in &wanted.actions {
        let action = Action::ALL.iter().copied().find(|action| action.as_str() == name);
        actions.insert(action.ok_or_else(|| Problem::unprocessable(format!("there is no action `{name}`")))?);
    }
    server
        .blocking(move |_, store| {
            let now = now();
            let mut bits = [0; 16];
            crate::desk::random(&mut bits);
            let ends = wanted.days.map(|days| Moment::from_microseconds(now.microseconds() + i64::from(days) * 86_400_000_000));
            // A token that was to end never becomes one that doesn't.
            let expires = ends.map(|ends| ends.ok_or_else(|| Problem::internal(None))).transpose()?;
            let token = Token {
                id: TokenId::from_random(u128::from_be_bytes(bits)),
                name: wanted.name,
                principal: caller.principal.id.clone(),
                actions,
                contract: wanted.contract,
                created: now,
                expires,
                revoked: None,
                used: None,
            };
            let secret = format!("exeunt_{}", secret::draw());
            store.transact("make a token", |transaction| transaction.insert_token(&token, &secret::hash(&secret)))?;
            Ok((StatusCode::CREATED, Json(Made { token: view(&token), secret })))
        })
        .await
}

/// Shows one of the caller's tokens.
#[utoipa::path(get, path = "/tokens/{id}", tag = "tokens",
    params(("id" = String, Path, description = "32 hexadecimal digits"), IfNoneMatch),
    responses((status = 200, body = TokenView, headers(("ETag" = String, description = "Its version"))), (status = 304, description = "It is as it was"),
              (status = "4XX", body = Problem, content_type = "application/problem+json"),
              (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn show(
    State(server): State<Arc<Server>>,
    caller: Caller,
    Path(token): Path<String>,
    known: IfNoneMatch,
) -> Result<Response, Problem> {
    manages(&caller)?;
    let id: TokenId = id(&token)?;
    server
        .reading(move |_, store| {
            let found = store.look("read a token", |transaction| transaction.token(&id))?;
            let own = found.filter(|token| is_own(&caller, token)).ok_or_else(|| Problem::not_found(None))?;
            Ok(Tagged::varying(own.version(), view(&own)).unless_known(&known))
        })
        .await
}

/// Revokes one of the caller's tokens, at once.
#[utoipa::path(delete, path = "/tokens/{id}", tag = "tokens",
    params(("id" = String, Path, description = "32 hexadecimal digits"), IfMatch),
    responses((status = 204, description = "It is of no use any more"),
              (status = "4XX", body = Problem, content_type = "application/problem+json"),
              (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn revoke(
    State(server): State<Arc<Server>>,
    caller: Caller,
    Path(token): Path<String>,
    if_match: IfMatch,
) -> Result<StatusCode, Problem> {
    manages(&caller)?;
    let id: TokenId = id(&token)?;
    server
        .blocking(move |_, store| {
            let revoked = store.transact("revoke a token", |transaction| {
                let Some(own) = transaction.token(&id)?.filter(|token| is_own(&caller, token)) else { return Ok(false) };
                if_match.expected().holds(own.version())?;
                Ok::<_, desk::Error>(transaction.revoke_token(&id, now())?)
            })?;
            if revoked { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::not_found(None)) }
        })
        .await
}

/// Whoever has signed in manages their own tokens, whatever they still are; a token does by its action alone.
fn manages(caller: &Caller) -> Result<(), Problem> {
    match caller.principal.is_left(Action::ManageTokens) {
        true => Ok(()),
        false => Err(Problem::forbidden("this token isn't limited to `manage_tokens`, among others".to_owned())),
    }
}

/// Whether the caller made it, and is not limited to another contract.
fn is_own(caller: &Caller, token: &Token) -> bool {
    token.principal == caller.principal.id && caller.reaches(token.contract.as_deref())
}

fn view(token: &Token) -> TokenView {
    TokenView {
        id: token.id.to_string(),
        name: token.name.clone(),
        actions: token.actions.iter().map(|action| action.as_str().to_owned()).collect(),
        contract: token.contract.clone(),
        created: token.created.to_string(),
        expires: token.expires.map(|at| at.to_string()),
        revoked: token.revoked.map(|at| at.to_string()),
        used: token.used.map(|at| at.to_string()),
    }
}
