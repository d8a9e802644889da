//! People whose seat was erased, and who are pushed again.
//!
//! A provider that pushes somebody again brings their data back into the desk, and most likely into the platform too. That may be right, when a person
//! comes back to work; it must not go unnoticed.

use exeunt_store::Transaction;
use exeunt_store::desk::{DirectoryUser, Return};

use super::super::context::Context;
use super::super::notice::Notice;
use super::super::submit::deciders;
use super::closing::Facts;
use super::users::Moved;
use super::{Error, Push};

/// Notes that a user's seat had been erased, and tells those who decide for the contract, once.
pub(super) fn notice(
    transaction: &mut Transaction<'_>,
    context: &mut Context<'_>,
    push: &Push,
    user: &DirectoryUser,
    moved: &Moved,
    facts: &Facts,
) -> Result<bool, Error> {
    let Some(address) = moved.new_address().and_then(|email| facts.addresses.get(email)) else { return Ok(false) };
    let erased = transaction.erased_address(&push.contract, &address.hash)?.max(address.erased);
    let Some(erased) = erased else { return Ok(false) };
    let returned = Return { contract: push.contract.clone(), user: user.id.clone(), returned: context.now, erased };
    if !transaction.note_return(&returned)? {
        return Ok(false);
    }
    let notice = Notice::Returned { name: None, contract: Some(push.contract.clone()), user: Some(user.id.clone()), erased };
    for principal in deciders(transaction, context, &push.contract, &facts.admins)? {
        context.mail_to(transaction, &principal, None, &notice)?;
    }
    Ok(true)
}
