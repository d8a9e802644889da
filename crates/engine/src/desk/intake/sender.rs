//! Who sends, and by which token.

use std::collections::BTreeSet;

use exeunt_model::authorization::Action;
use exeunt_model::identity::{PrincipalId, TokenId};
use exeunt_model::moment::Moment;
use exeunt_model::request::Channel;
use exeunt_store::desk::{Account, Sender, Token};
use exeunt_store::{Error, Store, Transaction};

use super::super::context::Context;

/// The principal that a sender of this name is, made where it is new.
///
/// # Errors
/// The store's.
pub fn sender(store: &mut Store, context: &mut Context<'_>, protocol: Channel, name: &str) -> Result<PrincipalId, Error> {
    store.transact("look up a sender", |transaction| known(transaction, context, protocol, name))
}

/// Gives a sender a token, and takes away the one that it had. False when the message that asks for it isn't newer than that of the token of now:
/// a message that is sent again changes nothing.
///
/// # Errors
/// The store's.
pub fn pair(
    store: &mut Store,
    context: &mut Context<'_>,
    protocol: Channel,
    name: &str,
    issued: Moment,
    hash: &str,
) -> Result<bool, Error> {
    store.transact("pair with a sender", |transaction| {
        let principal = known(transaction, context, protocol, name)?;
        if !transaction.note_pairing(&principal, issued)? {
            return Ok(false);
        }
        replace(transaction, context, &principal, name, hash)?;
        Ok(true)
    })
}

/// Lets a sender in by the token of this hash alone, as the configuration says.
///
/// # Errors
/// The store's; for a token that was replaced before too.
pub fn authorize(store: &mut Store, context: &mut Context<'_>, protocol: Channel, name: &str, hash: &str) -> Result<(), Error> {
    store.transact("authorize a sender", |transaction| {
        let principal = known(transaction, context, protocol, name)?;
        match transaction.token_of(hash, context.now)? {
            Some(token) if token.principal == principal => Ok(()),
            Some(_) | None => replace(transaction, context, &principal, name, hash),
        }
    })
}

fn known(transaction: &mut Transaction<'_>, context: &mut Context<'_>, protocol: Channel, name: &str) -> Result<PrincipalId, Error> {
    if let Some(known) = transaction.sender(protocol, name)? {
        return Ok(known.principal);
    }
    // Two that find it missing must not both add it.
    transaction.one_at_a_time()?;
    if let Some(known) = transaction.sender(protocol, name)? {
        return Ok(known.principal);
    }
    let principal = PrincipalId::from_random(context.bits());
    transaction.insert_principal(&Account {
        id: principal.clone(),
        email: None,
        role: None,
        language: None,
        created: context.now,
        closed: None,
    })?;
    transaction.insert_sender(&Sender { protocol, name: name.to_owned(), principal: principal.clone(), paired: None })?;
    Ok(principal)
}

fn replace(
    transaction: &mut Transaction<'_>,
    context: &mut Context<'_>,
    principal: &PrincipalId,
    name: &str,
    hash: &str,
) -> Result<(), Error> {
    for token in transaction.tokens(Some(principal))?.into_iter().filter(|token| token.revoked.is_none()) {
        transaction.revoke_token(&token.id, context.now)?;
    }
    let token = Token {
        id: TokenId::from_random(context.bits()),
        name: name.to_owned(),
        principal: principal.clone(),
        actions: BTreeSet::from([Action::SendIntake]),
        contract: None,
        created: context.now,
        expires: None,
        revoked: None,
        used: None,
    };
    transaction.insert_token(&token, hash)
}
