//! Accounts of the desk: the platform's own people.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use exeunt_engine::desk;
use exeunt_model::authorization::{Action, Target};
use exeunt_model::identity::{EmailAddress, Language, PrincipalId, Role};
use exeunt_store::desk::Account;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::caller::Caller;
use crate::http::extract::{Json, Path, Query, id};
use crate::http::page::{PageQuery, Place};
use crate::http::problem::Problem;
use crate::http::server::{Server, now};
use crate::http::tag::{IfMatch, IfNoneMatch, Tagged};

/// An account.
#[derive(Debug, Serialize, ToSchema)]
pub struct AccountView {
    id: String,
    email: Option<String>,
    role: Option<String>,
    language: Option<String>,
    /// For a representative.
    contracts: Vec<String>,
    closed: Option<String>,
}

/// Accounts, by address, and where the next page begins.
#[derive(Debug, Serialize, ToSchema)]
pub struct AccountViews {
    accounts: Vec<AccountView>,
    /// To be given as `after`; none on the last page.
    next: Option<String>,
}

/// The place of an account among those by address. Several have none, once their persons were erased.
struct AccountPlace {
    email: String,
    id: PrincipalId,
}

impl AccountPlace {
    fn of(account: &Account) -> Self {
        Self { email: account.email.as_ref().map(|email| email.as_str().to_owned()).unwrap_or_default(), id: account.id.clone() }
    }
}

impl Place for AccountPlace {
    fn write(&self) -> String {
        format!("{} {}", self.id, self.email)
    }

    fn read(text: &str) -> Option<Self> {
        let (id, email) = text.split_once(' ')?;
        Some(Self { email: email.to_owned(), id: id.parse().ok()? })
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountWanted {
    email: String,
    /// `operator`, `representative` or `auditor`
    role: String,
    /// For a representative: the keys of contracts.
    #[serde(default)]
    contracts: BTreeSet<String>,
    /// `en` or `de`
    language: Option<String>,
}

/// Lists the accounts of the desk.
#[utoipa::path(get, path = "/accounts", tag = "operation", params(PageQuery),
    responses((status = 200, body = AccountViews),
              (status = "4XX", body = Problem, content_type = "application/problem+json"),
              (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn list(State(server): State<Arc<Server>>, caller: Caller, Query(page): Query<PageQuery>) -> Result<Json<AccountViews>, Problem> {
    caller.act(Action::ReadAccounts, Target::Desk)?;
    let page = page.read::<AccountPlace>()?;
    server
        .reading(move |_, store| {
            let after = page.after.as_ref().map(|place| (place.email.as_str(), &place.id));
            let accounts = store.look("list accounts", |transaction| {
                let accounts = transaction.accounts_page(after, page.wanted())?.into_iter();
                accounts
                    .map(|account| Ok((transaction.contracts_of(&account.id)?, account)))
                    .collect::<Result<Vec<_>, exeunt_store::Error>>()
            })?;
            let (accounts, next) = page.cut(accounts, |(_, last)| AccountPlace::of(last));
            Ok(Json(AccountViews { accounts: accounts.into_iter().map(|(contracts, account)| view(&account, contracts)).collect(), next }))
        })
        .await
}

/// Shows an account.
#[utoipa::path(get, path = "/accounts/{id}", tag = "operation",
    params(("id" = String, Path, description = "32 hexadecimal digits"), IfNoneMatch),
    responses((status = 200, body = AccountView, headers(("ETag" = String, description = "Its version"))), (status = 304, description = "It is as it was"),
              (status = "4XX", body = Problem, content_type = "application/problem+json"),
              (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn show(
    State(server): State<Arc<Server>>,
    caller: Caller,
    Path(account): Path<String>,
    known: IfNoneMatch,
) -> Result<Response, Problem> {
    caller.act(Action::ReadAccounts, Target::Desk)?;
    let id: PrincipalId = id(&account)?;
    server
        .reading(move |_, store| {
            let found = store.look("read an account", |transaction| {
                let Some(account) = transaction.principal(&id)?.filter(|account| account.role.is_some()) else { return Ok(None) };
                Ok::<_, exeunt_store::Error>(Some((account, transaction.contracts_of(&id)?)))
            })?;
            let (account, contracts) = found.ok_or_else(|| Problem::not_found(None))?;
            Ok(tagged(&account, contracts).unless_known(&known))
        })
        .await
}

/// Makes an account, or gives the account of this address another role or other contracts.
#[utoipa::path(put, path = "/accounts", tag = "operation", request_body = AccountWanted, params(IfMatch),
    responses((status = 200, body = AccountView, headers(("ETag" = String, description = "Its version"))),
              (status = "4XX", body = Problem, content_type = "application/problem+json"),
              (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn put(
    State(server): State<Arc<Server>>,
    caller: Caller,
    if_match: IfMatch,
    Json(wanted): Json<AccountWanted>,
) -> Result<Tagged<AccountView>, Problem> {
    caller.act(Action::ManageAccounts, Target::Desk)?;
    let told = |error: exeunt_model::identity::Error| Problem::unprocessable(error.to_string());
    let email: EmailAddress = wanted.email.parse().map_err(told)?;
    let role: Role = wanted.role.parse().map_err(told)?;
    let language: Option<Language> = wanted.language.as_deref().map(str::parse).transpose().map_err(told)?;
    if !role.is_of_the_desk() {
        return Err(Problem::unprocessable(format!("who is {role} stands in the platform's own directory")));
    }
    if role != Role::Representative && !wanted.contracts.is_empty() {
        return Err(Problem::unprocessable("only a representative is in charge of contracts".to_owned()));
    }
    server
        .blocking(move |_, store| {
            let mut bits = [0; 16];
            crate::desk::random(&mut bits);
            let now = now();
            let account = store.transact("make an account", |transaction| {
                let known = match transaction.principal_of(&email)? {
                    Some(known) => transaction.principal_to_change(&known.id)?,
                    None => None,
                };
                let account = match known {
                    Some(known) => {
                        if_match.expected().holds(known.version(&transaction.contracts_of(&known.id)?))?;
                        let language = language.or(known.language);
                        let changed = Account { role: Some(role), language, closed: None, ..known };
                        transaction.change_principal(&changed)?;
                        changed
                    }
                    // What is not there yet is in no version that could have been read.
                    None if !if_match.is_absent() => return Err(desk::Error::Changed),
                    None => {
                        let id = PrincipalId::from_random(u128::from_be_bytes(bits));
                        let made = Account { id, email: Some(email.clone()), role: Some(role), language, created: now, closed: None };
                        transaction.insert_principal(&made)?;
                        made
                    }
                };
                transaction.set_contracts(&account.id, &wanted.contracts)?;
                Ok::<_, desk::Error>(account)
            })?;
            Ok(tagged(&account, wanted.contracts))
        })
        .await
}

/// Closes an account: its sessions end at once, and nobody signs in with it any more. Nobody closes their own.
#[utoipa::path(delete, path = "/accounts/{id}", tag = "operation",
    params(("id" = String, Path, description = "32 hexadecimal digits"), IfMatch),
    responses((status = 200, body = AccountView, headers(("ETag" = String, description = "Its version"))),
              (status = "4XX", body = Problem, content_type = "application/problem+json"),
              (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn close(
    State(server): State<Arc<Server>>,
    caller: Caller,
    Path(account): Path<String>,
    if_match: IfMatch,
) -> Result<Tagged<AccountView>, Problem> {
    caller.act(Action::ManageAccounts, Target::Desk)?;
    let id: PrincipalId = id(&account)?;
    if id == caller.principal.id {
        return Err(Problem::state("somebody else must close this account".to_owned()));
    }
    server
        .blocking(move |_, store| {
            let now = now();
            let closed = store.transact("close an account", |transaction| {
                let found = transaction.principal_to_change(&id)?.filter(|account| account.role.is_some());
                let Some(account) = found else { return Ok(None) };
                let contracts = transaction.contracts_of(&id)?;
                if_match.expected().holds(account.version(&contracts))?;
                transaction.end_sessions_of(&account.id)?;
                let closed = Account { closed: account.closed.or(Some(now)), ..account };
                transaction.change_principal(&closed)?;
                Ok::<_, desk::Error>(Some((closed, contracts)))
            })?;
            let (account, contracts) = closed.ok_or_else(|| Problem::not_found(None))?;
            Ok(tagged(&account, contracts))
        })
        .await
}

fn tagged(account: &Account, contracts: BTreeSet<String>) -> Tagged<AccountView> {
    // The address of a person who was erased is forgotten.
    Tagged::varying(account.version(&contracts), view(account, contracts))
}

fn view(account: &Account, contracts: BTreeSet<String>) -> AccountView {
    AccountView {
        id: account.id.to_string(),
        email: account.email.as_ref().map(|email| email.as_str().to_owned()),
        role: account.role.map(|role| role.to_string()),
        language: account.language.map(|language| language.to_string()),
        contracts: contracts.into_iter().collect(),
        closed: account.closed.map(|at| at.to_string()),
    }
}
