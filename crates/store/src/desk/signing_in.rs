//! The tables `sign_in_link`, `provider_sign_in`, `session` and `api_token`. Secrets are never kept, only their SHA-256.

use std::collections::BTreeSet;

use exeunt_model::authorization::Action;
use exeunt_model::identity::{PrincipalId, TokenId};
use exeunt_model::moment::Moment;
use exeunt_model::provider::{ByProvider, ProviderName};

use super::position::{Position, newest};
use crate::error::Error;
use crate::read::{from_json, json, moment, parsed};
use crate::sql::{Row, Transaction, parameters};

/// An API token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub id: TokenId,
    pub name: String,
    /// Who acts with it.
    pub principal: PrincipalId,
    pub actions: BTreeSet<Action>,
    /// The contract that it is limited to; `None`: as far as its principal reaches.
    pub contract: Option<String>,
    pub created: Moment,
    pub expires: Option<Moment>,
    pub revoked: Option<Moment>,
    /// When it was used last, to the hour.
    pub used: Option<Moment>,
}

impl Token {
    /// A token changes once: when it is revoked. That it is used is no change.
    pub fn version(&self) -> u32 {
        1 + u32::from(self.revoked.is_some())
    }
}

/// A session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// What the store keeps of its secret.
    pub hash: String,
    pub principal: PrincipalId,
    /// `None` where it began with a link that was sent by mail.
    pub by: Option<ByProvider>,
    pub created: Moment,
    pub expires: Moment,
}

/// Between two notes of a token's use: a write per request would cost more than it tells.
const USE_NOTED_EVERY: i64 = 60 * 60 * 1_000_000;

impl Transaction<'_> {
    /// Adds a link that signs somebody in, once.
    pub fn insert_sign_in_link(&mut self, hash: &str, principal: &PrincipalId, created: Moment, expires: Moment) -> Result<(), Error> {
        let sql = "-- insert_sign_in_link
            INSERT INTO sign_in_link (hash, principal, created, expires)
            VALUES ($1, $2, $3, $4)";
        let values = parameters![hash, principal.as_str(), created.microseconds(), expires.microseconds()];
        self.one_row("make a sign-in link", sql, &values)
    }

    /// How many links a principal was sent since.
    pub fn sign_in_links_since(&mut self, principal: &PrincipalId, since: Moment) -> Result<u64, Error> {
        let sql = "-- sign_in_links_since
            SELECT count(*)
            FROM sign_in_link
            WHERE principal = $1 AND created >= $2";
        self.single("count sign-in links", sql, &parameters![principal.as_str(), since.microseconds()], |row| row.get(0))
    }

    /// Uses a link up. `None` when it is unknown, used or too old: whoever asks isn't told which.
    pub fn use_sign_in_link(&mut self, hash: &str, now: Moment) -> Result<Option<PrincipalId>, Error> {
        let sql = "-- use_sign_in_link
            UPDATE sign_in_link
            SET used = $2
            WHERE hash = $1 AND used IS NULL AND expires > $2
            RETURNING principal";
        let values = parameters![hash, now.microseconds()];
        self.optional("use a sign-in link", sql, &values, |row| parsed(&row.get::<String>(0)?, "a principal's id"))
    }

    /// Notes that somebody has been sent to a provider.
    pub fn insert_provider_sign_in(
        &mut self,
        hash: &str,
        provider: &ProviderName,
        return_path: &str,
        created: Moment,
        expires: Moment,
    ) -> Result<(), Error> {
        let sql = "-- insert_provider_sign_in
            INSERT INTO provider_sign_in (hash, provider, return_path, created, expires)
            VALUES ($1, $2, $3, $4, $5)";
        let values = parameters![hash, provider.as_str(), return_path, created.microseconds(), expires.microseconds()];
        self.one_row("begin a sign-in", sql, &values)
    }

    /// Uses a sign-in at a provider up, and tells where its browser goes. `None` when there is none of this provider, or it comes too late.
    pub fn use_provider_sign_in(&mut self, hash: &str, provider: &ProviderName, now: Moment) -> Result<Option<String>, Error> {
        let sql = "-- use_provider_sign_in
            DELETE FROM provider_sign_in
            WHERE hash = $1 AND provider = $2 AND expires > $3
            RETURNING return_path";
        let values = parameters![hash, provider.as_str(), now.microseconds()];
        self.optional("use a sign-in", sql, &values, |row| row.get(0))
    }

    /// Adds a session.
    pub fn insert_session(&mut self, session: &Session) -> Result<(), Error> {
        let sql = "-- insert_session
            INSERT INTO session (hash, principal, provider, standing, created, expires)
            VALUES ($1, $2, $3, $4, $5, $6)";
        let Session { hash, principal, by, created, expires } = session;
        let values = parameters![
            hash.as_str(),
            principal.as_str(),
            by.as_ref().map(|by| by.provider.as_str()),
            by.as_ref().map(|by| json(&by.standing)).transpose()?,
            created.microseconds(),
            expires.microseconds()
        ];
        self.one_row("begin a session", sql, &values)
    }

    /// A session, while it lasts.
    pub fn session(&mut self, hash: &str, now: Moment) -> Result<Option<Session>, Error> {
        let sql = "-- session
            SELECT hash, principal, provider, standing, created, expires
            FROM session
            WHERE hash = $1 AND expires > $2";
        self.optional("look up a session", sql, &parameters![hash, now.microseconds()], read_session)
    }

    /// A page of the sessions of a principal that last, newest first.
    pub fn sessions(
        &mut self,
        principal: &PrincipalId,
        now: Moment,
        after: Option<&Position<String>>,
        limit: u32,
    ) -> Result<Vec<Session>, Error> {
        let sql = "-- sessions
            SELECT hash, principal, provider, standing, created, expires
            FROM session
            WHERE principal = $1 AND expires > $2 AND (created < $3 OR (created = $3 AND hash > $4))
            ORDER BY created DESC, hash
            LIMIT $5";
        let (created, hash) = newest(after, String::as_str);
        self.all("list sessions", sql, &parameters![principal.as_str(), now.microseconds(), created, hash, limit], read_session)
    }

    /// Ends a session; one that has ended stays ended.
    pub fn end_session(&mut self, hash: &str) -> Result<(), Error> {
        let sql = "-- end_session
            DELETE FROM session
            WHERE hash = $1";
        self.rows("end a session", sql, &parameters![hash]).map(|_| ())
    }

    /// Ends all sessions of a principal, and makes all their links useless.
    pub fn end_sessions_of(&mut self, principal: &PrincipalId) -> Result<(), Error> {
        for sql in [
            "-- end_sessions_of
            DELETE FROM session
            WHERE principal = $1",
            "-- forget_links_of
            DELETE FROM sign_in_link
            WHERE principal = $1",
        ] {
            self.rows("end sessions", sql, &parameters![principal.as_str()])?;
        }
        Ok(())
    }

    /// Deletes what is too old to sign anybody in.
    pub fn sweep_signing_in(&mut self, now: Moment) -> Result<(), Error> {
        for sql in [
            "-- sweep_sessions
            DELETE FROM session
            WHERE expires <= $1",
            "-- sweep_sign_in_links
            DELETE FROM sign_in_link
            WHERE expires <= $1",
            "-- sweep_provider_sign_ins
            DELETE FROM provider_sign_in
            WHERE expires <= $1",
        ] {
            self.rows("sweep sessions", sql, &parameters![now.microseconds()])?;
        }
        Ok(())
    }

    /// Adds a token; its secret is shown to whoever made it, once.
    pub fn insert_token(&mut self, token: &Token, hash: &str) -> Result<(), Error> {
        let sql = "-- insert_token
            INSERT INTO api_token (id, hash, name, principal, actions, contract, created, expires)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
        let actions: Vec<&str> = token.actions.iter().map(|action| action.as_str()).collect();
        let values = parameters![
            token.id.as_str(),
            hash,
            token.name.as_str(),
            token.principal.as_str(),
            json(&actions)?,
            token.contract.as_deref(),
            token.created.microseconds(),
            token.expires.map(Moment::microseconds)
        ];
        self.one_row("make a token", sql, &values)
    }

    /// The token of this secret, while it is good.
    pub fn token_of(&mut self, hash: &str, now: Moment) -> Result<Option<Token>, Error> {
        let sql = "-- token_of
            SELECT id, name, principal, actions, contract, created, expires, revoked, used
            FROM api_token
            WHERE hash = $1 AND revoked IS NULL AND (expires IS NULL OR expires > $2)";
        self.optional("look up a token", sql, &parameters![hash, now.microseconds()], read_token)
    }

    /// Notes that a token is used.
    pub fn note_token_use(&mut self, token: &TokenId, now: Moment) -> Result<(), Error> {
        let sql = "-- note_token_use
            UPDATE api_token
            SET used = $2
            WHERE id = $1 AND (used IS NULL OR used <= $3)";
        let values = parameters![token.as_str(), now.microseconds(), now.microseconds() - USE_NOTED_EVERY];
        self.rows("note a token's use", sql, &values).map(|_| ())
    }

    /// The tokens of a principal, newest first; of everybody where none is named.
    pub fn tokens(&mut self, principal: Option<&PrincipalId>) -> Result<Vec<Token>, Error> {
        let sql = "-- tokens
            SELECT id, name, principal, actions, contract, created, expires, revoked, used
            FROM api_token
            WHERE CAST($1 AS TEXT) IS NULL OR principal = $1
            ORDER BY created DESC, id";
        self.all("list tokens", sql, &parameters![principal.map(PrincipalId::as_str)], read_token)
    }

    /// A page of the tokens of a principal, newest first; of one contract alone where it is named.
    pub fn tokens_page(
        &mut self,
        principal: &PrincipalId,
        contract: Option<&str>,
        after: Option<&Position<TokenId>>,
        limit: u32,
    ) -> Result<Vec<Token>, Error> {
        let sql = "-- tokens_page
            SELECT id, name, principal, actions, contract, created, expires, revoked, used
            FROM api_token
            WHERE principal = $1 AND (CAST($2 AS TEXT) IS NULL OR contract = $2) AND (created < $3 OR (created = $3 AND id > $4))
            ORDER BY created DESC, id
            LIMIT $5";
        let (created, id) = newest(after, TokenId::as_str);
        self.all("list tokens", sql, &parameters![principal.as_str(), contract, created, id, limit], read_token)
    }

    /// A token by its id.
    pub fn token(&mut self, token: &TokenId) -> Result<Option<Token>, Error> {
        let sql = "-- token
            SELECT id, name, principal, actions, contract, created, expires, revoked, used
            FROM api_token
            WHERE id = $1";
        self.optional("read a token", sql, &parameters![token.as_str()], read_token)
    }

    /// Revokes the tokens of a principal that are limited to a contract, or all of them, at once.
    pub fn revoke_tokens_of(&mut self, principal: &PrincipalId, contract: Option<&str>, now: Moment) -> Result<(), Error> {
        let sql = "-- revoke_tokens_of
            UPDATE api_token
            SET revoked = $3
            WHERE principal = $1 AND (CAST($2 AS TEXT) IS NULL OR contract = $2) AND revoked IS NULL";
        self.rows("revoke tokens", sql, &parameters![principal.as_str(), contract, now.microseconds()]).map(|_| ())
    }

    /// Revokes a token. False when there is none that could be used.
    pub fn revoke_token(&mut self, token: &TokenId, now: Moment) -> Result<bool, Error> {
        let sql = "-- revoke_token
            UPDATE api_token
            SET revoked = $2
            WHERE id = $1 AND revoked IS NULL";
        Ok(self.rows("revoke a token", sql, &parameters![token.as_str(), now.microseconds()])? == 1)
    }
}

impl Token {
    /// Whether a use at this moment is worth a write: the last one was noted long enough ago.
    pub fn is_use_to_be_noted(&self, now: Moment) -> bool {
        self.used.is_none_or(|used| used.microseconds() <= now.microseconds() - USE_NOTED_EVERY)
    }
}

fn read_session(row: &Row<'_>) -> Result<Session, Error> {
    let by = match (row.get::<Option<String>>(2)?, row.get::<Option<String>>(3)?) {
        (Some(provider), Some(standing)) => {
            Some(ByProvider { provider: parsed(&provider, "a provider's name")?, standing: from_json(&standing, "a session's standing")? })
        }
        (None, None) => None,
        // Half of it would be taken for a session without limits.
        (Some(_), None) | (None, Some(_)) => return Err(Error::damaged("a session's provider cannot be read")),
    };
    Ok(Session {
        hash: row.get(0)?,
        principal: parsed(&row.get::<String>(1)?, "a principal's id")?,
        by,
        created: moment(row.get(4)?)?,
        expires: moment(row.get(5)?)?,
    })
}

fn read_token(row: &Row<'_>) -> Result<Token, Error> {
    let names: Vec<String> = from_json(&row.get::<String>(3)?, "a token's actions")?;
    // An action that this version doesn't know is one that nobody is granted.
    let actions = names.iter().filter_map(|name| Action::ALL.iter().copied().find(|action| action.as_str() == name)).collect();
    Ok(Token {
        id: parsed(&row.get::<String>(0)?, "a token's id")?,
        name: row.get(1)?,
        principal: parsed(&row.get::<String>(2)?, "a principal's id")?,
        actions,
        contract: row.get(4)?,
        created: moment(row.get(5)?)?,
        expires: row.get::<Option<i64>>(6)?.map(moment).transpose()?,
        revoked: row.get::<Option<i64>>(7)?.map(moment).transpose()?,
        used: row.get::<Option<i64>>(8)?.map(moment).transpose()?,
    })
}
