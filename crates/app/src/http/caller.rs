//! Who calls: a session's cookie or an API token, and all that the principal is.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use exeunt_engine::desk::{self, Actor};
use exeunt_model::authorization::{Action, Grant, Principal, Target};
use exeunt_model::identity::{EmailAddress, Role};
use exeunt_model::provider::{ByProvider, Standing};
use exeunt_store::Store;
use exeunt_store::desk::Account;

use super::limit::Passage;
use super::origin;
use super::problem::Problem;
use super::secret;
use super::server::{Server, now};
use super::traffic::Seen;

/// Somebody who has signed in, or whose token was sent.
#[derive(Debug, Clone)]
pub struct Caller {
    pub principal: Principal,
    pub email: Option<EmailAddress>,
    /// The secret of the session; `None` for a token.
    pub session: Option<String>,
    /// The provider at which the session began; `None` for one by mail, and for a token.
    pub by: Option<ByProvider>,
    /// The contract that a token is limited to, or a session that began at the provider of a contract.
    contract: Option<String>,
}

impl Caller {
    /// Who acts, if they may do this to that.
    ///
    /// # Errors
    /// 404 where the caller may not even know that it is there, 403 otherwise.
    pub fn act(&self, action: Action, target: Target<'_>) -> Result<Actor, Problem> {
        match self.role_for(action, target) {
            Some(role) => Ok(Actor { principal: self.principal.id.clone(), role }),
            None if self.sees(target) => Err(Problem::forbidden(None)),
            None => Err(Problem::not_found(None)),
        }
    }

    /// The contract that the caller's token is limited to; `None` for a session and for a token without a limit.
    pub fn token_contract(&self) -> Option<&str> {
        self.contract.as_deref().filter(|_| self.session.is_none())
    }

    /// The contract beyond which nothing is within the caller's reach, where a token or a session has such a limit.
    pub fn limit(&self) -> Option<&str> {
        self.contract.as_deref()
    }

    /// What the caller is, as far as a token's limits leave this action.
    pub fn grants_for(&self, action: Action) -> &[Grant] {
        match &self.principal.limited_to {
            Some(actions) if !actions.contains(&action) => &[],
            Some(_) | None => &self.principal.grants,
        }
    }

    /// The role by which the caller may do this to that.
    pub fn role_for(&self, action: Action, target: Target<'_>) -> Option<Role> {
        let contract = match target {
            Target::Desk | Target::Intake { .. } => None,
            Target::Contract { contract } | Target::Seat { contract, .. } | Target::Request { contract, .. } => Some(contract),
        };
        if self.reaches(contract) { self.principal.role_for(action, target) } else { None }
    }

    /// Whether anything of this contract is within the caller's reach at all, as far as a token or a session has limits.
    pub fn reaches(&self, contract: Option<&str>) -> bool {
        self.contract.as_deref().is_none_or(|own| contract == Some(own))
    }

    /// Whether the caller may know that it is there.
    fn sees(&self, target: Target<'_>) -> bool {
        let action = match target {
            Target::Desk => return true,
            // Each has one action alone: whoever hasn't got it doesn't know of it.
            Target::Intake { .. } => return false,
            Target::Contract { .. } => Action::ReadContract,
            Target::Seat { .. } => Action::ReadSeats,
            Target::Request { .. } => Action::ReadRequests,
        };
        self.role_for(action, target).is_some()
    }
}

impl FromRequestParts<Arc<Server>> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, server: &Arc<Server>) -> Result<Self, Problem> {
        let carried = carried(&parts.headers).ok_or_else(|| Problem::not_signed_in(None))?;
        if let Carried::Session(session) = &carried
            && changes(&parts.method)
        {
            let sent = parts.headers.get("x-csrf-token").and_then(|value| value.to_str().ok());
            let is_foreign = origin::is_foreign(&parts.headers, &server.settings.public_url);
            if is_foreign || sent != Some(secret::csrf(session).as_str()) {
                return Err(Problem::forged(None));
            }
        }
        let caller = server.reading(move |server, store| find(server, store, carried)).await?;
        if let Some(seen) = parts.extensions.get::<Seen>() {
            seen.note(&caller.principal.id);
        }
        server.limits.count(&caller.principal.id, parts.extensions.get::<Arc<Passage>>().map(AsRef::as_ref))?;
        Ok(caller)
    }
}

/// Whoever these headers stand for, by what is known at this moment.
///
/// # Errors
/// 401 for nobody (any more).
pub fn recognise(server: &Server, store: &mut Store, headers: &HeaderMap) -> Result<Caller, Problem> {
    find(server, store, carried(headers).ok_or_else(|| Problem::not_signed_in(None))?)
}

enum Carried {
    Session(String),
    Token(String),
}

/// The name of the cookie; with the prefix, browsers take it from an encrypted connection of this host alone.
pub fn cookie_name(encrypted: bool) -> &'static str {
    if encrypted { "__Host-exeunt" } else { "exeunt" }
}

fn carried(headers: &HeaderMap) -> Option<Carried> {
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
        return scheme.eq_ignore_ascii_case("Bearer").then(|| Carried::Token(token.trim().to_owned()));
    }
    session_of(headers).map(Carried::Session)
}

/// The secret of the session that a browser carries.
pub fn session_of(headers: &HeaderMap) -> Option<String> {
    cookie(headers, cookie_name(true)).or_else(|| cookie(headers, cookie_name(false))).map(str::to_owned)
}

/// The value of a cookie.
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|cookies| cookies.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(known, _)| *known == name).map(|(_, value)| value)
}

fn changes(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

fn find(server: &Server, store: &mut Store, carried: Carried) -> Result<Caller, Problem> {
    let now = now();
    match carried {
        Carried::Session(session) => {
            let hash = secret::hash(&session);
            let found = store.look("look up a session", |transaction| {
                let Some(session) = transaction.session(&hash, now)? else { return Ok(None) };
                let account = transaction.principal(&session.principal)?;
                Ok::<_, exeunt_store::Error>(Some((session.by, account)))
            })?;
            let (by, account) = found.ok_or_else(|| Problem::not_signed_in(None))?;
            let account = open(account)?;
            let principal = match &by {
                Some(by) => by_provider(server, store, &account, by)?,
                None => principal(server, store, &account, None)?,
            };
            let contract = by.as_ref().and_then(|by| by.standing.contract().map(str::to_owned));
            Ok(Caller { principal, email: account.email, session: Some(session), by, contract })
        }
        Carried::Token(token) => {
            let hash = secret::hash(&token);
            let found = store.look("look up a token", |transaction| {
                let Some(token) = transaction.token_of(&hash, now)? else { return Ok(None) };
                let account = transaction.principal(&token.principal)?;
                Ok::<_, exeunt_store::Error>(Some((token, account)))
            })?;
            let (token, account) = found.ok_or_else(|| Problem::not_signed_in(None))?;
            if token.is_use_to_be_noted(now) {
                store.transact("note a token's use", |transaction| transaction.note_token_use(&token.id, now))?;
            }
            let account = open(account)?;
            let principal = principal(server, store, &account, Some(token.actions))?;
            Ok(Caller { principal, email: account.email, session: None, by: None, contract: token.contract })
        }
    }
}

fn open(account: Option<Account>) -> Result<Account, Problem> {
    account.filter(|account| account.closed.is_none()).ok_or_else(|| Problem::not_signed_in(None))
}

fn principal(server: &Server, store: &Store, account: &Account, limited_to: Option<BTreeSet<Action>>) -> Result<Principal, Problem> {
    if account.email.is_none()
        && account.role.is_none()
        && let Some(sender) = store.look("look up a sender", |transaction| transaction.sender_of(&account.id))?
    {
        // One that the configuration doesn't name any more is nobody.
        if !server.offer.names(sender.protocol, &sender.name) {
            return Err(Problem::not_signed_in(None));
        }
        return Ok(Principal { id: account.id.clone(), grants: vec![Grant::Agent], limited_to });
    }
    let mut grants = match &account.email {
        // Those who run the desk can do so while the platform's database is away: their role stands in the store.
        Some(email) => match (of_directory(server, store, email), account.role) {
            (Err(_), Some(_)) => Vec::new(),
            (found, _) => found?,
        },
        None => Vec::new(),
    };
    grants.extend(desk::grant_of_account(store, account)?);
    Ok(Principal { id: account.id.clone(), grants, limited_to })
}

/// What somebody is in a session that began at a provider: what the provider's word reaches, and nothing that they are besides.
fn by_provider(server: &Server, store: &Store, account: &Account, by: &ByProvider) -> Result<Principal, Problem> {
    // A provider that is trusted no more, or for others, ends what it has begun.
    let provider = server.providers.find(&by.provider).filter(|provider| by.standing.is_given_by(&provider.trust.speaks_for));
    provider.ok_or_else(|| Problem::not_signed_in(None))?;
    let directory = match (&by.standing, &account.email) {
        (Standing::Contract { .. }, Some(email)) => of_directory(server, store, email)?,
        (Standing::Contract { .. }, None) | (Standing::Claims { .. }, _) => Vec::new(),
    };
    Ok(Principal { id: account.id.clone(), grants: by.standing.grants(directory), limited_to: None })
}

/// What the address is known as: by the active seats of active contracts, by pushed groups, and unless an identity provider has closed it.
pub fn of_directory(server: &Server, store: &Store, email: &EmailAddress) -> Result<Vec<Grant>, Problem> {
    Ok(desk::grants(store, &server.directory, &server.settings, email)?)
}

/// Whether anybody is known by this address.
pub fn is_known(server: &Server, store: &Store, email: &EmailAddress) -> Result<bool, Problem> {
    let account = store.look("look up a principal", |transaction| transaction.principal_of(email))?;
    if account.is_some_and(|account| account.role.is_some() && account.closed.is_none()) {
        return Ok(true);
    }
    Ok(!of_directory(server, store, email)?.is_empty())
}
