//! Beginning a session: the same after a link and after a provider.

use exeunt_model::identity::PrincipalId;
use exeunt_model::moment::Moment;
use exeunt_model::provider::ByProvider;
use exeunt_store::desk::Session;
use exeunt_store::{Error, Transaction};

use super::caller::cookie_name;
use super::secret;
use super::server::Server;

/// What a new session gives to its browser.
pub struct Begun {
    pub cookie: String,
    pub csrf_token: String,
    pub expires: Moment,
}

/// Begins a session with a new secret, in the place of the one that the browser had.
///
/// # Errors
/// The store's.
pub fn session(
    server: &Server,
    transaction: &mut Transaction<'_>,
    principal: &PrincipalId,
    by: Option<ByProvider>,
    former: Option<&str>,
    now: Moment,
) -> Result<Begun, Error> {
    let (secret, expires) = (secret::draw(), later(now, server.session_hours * 60));
    if let Some(former) = former {
        transaction.end_session(&secret::hash(former))?;
    }
    transaction.insert_session(&Session { hash: secret::hash(&secret), principal: principal.clone(), by, created: now, expires })?;
    transaction.sweep_signing_in(now)?;
    let cookie = cookie(server, &secret, server.session_hours * 3_600);
    Ok(Begun { cookie, csrf_token: secret::csrf(&secret), expires })
}

/// The cookie that takes the session from its browser.
pub fn end_cookie(server: &Server) -> String {
    cookie(server, "", 0)
}

/// No script reads it, no other site's form sends it, and with encryption no other host sets it.
fn cookie(server: &Server, value: &str, age: u32) -> String {
    let encrypted = server.is_encrypted();
    let secure = if encrypted { "; Secure" } else { "" };
    format!("{}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={age}{secure}", cookie_name(encrypted))
}

/// So many minutes from now.
pub fn later(now: Moment, minutes: u32) -> Moment {
    Moment::from_microseconds(now.microseconds() + i64::from(minutes) * 60_000_000).unwrap_or(now)
}
