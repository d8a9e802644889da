//! Users: made, changed and deleted.

use std::collections::BTreeSet;

use exeunt_model::identity::{DirectoryUserId, EmailAddress};
use exeunt_model::scim::patch::{self, Patch};
use exeunt_model::scim::resource::{self, User};
use exeunt_model::scim::schema::Resource;
use exeunt_store::desk::{DirectoryUser, UserKey};
use exeunt_store::{Store, Transaction};

use super::super::context::Context;
use super::closing::{self, Facts};
use super::{Condition, Error, Push, document, holds, returning, text};
use crate::directory::Directory;

/// What is done to a user.
#[derive(Debug, Clone)]
pub enum UserChange {
    Create(User),
    Replace(User),
    Patch(Patch),
    Delete,
}

/// A user after a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// As it was, for one that was deleted.
    pub user: DirectoryUser,
    /// A seat with its address had been erased: that is for the operator's log.
    pub returned: bool,
}

/// How often a change begins anew when others are faster.
const ATTEMPTS: usize = 5;

/// Makes, changes or deletes a user, with all that this means for their seats.
///
/// # Errors
/// [`Error::NotThere`], [`Error::Condition`], [`Error::Scim`]; [`Error::Desk`] when the platform's database is away.
pub fn write_user(
    store: &mut Store,
    context: &mut Context<'_>,
    directory: &Directory,
    push: &Push,
    id: Option<&DirectoryUserId>,
    condition: &Condition,
    change: &UserChange,
) -> Result<Written, Error> {
    for _ in 0..ATTEMPTS {
        let before = match id {
            Some(id) => {
                let found = store.look("read a pushed user", |transaction| transaction.directory_user(&push.contract, id))?;
                let found = found.ok_or(Error::NotThere)?;
                holds(condition, found.version)?;
                Some(found)
            }
            None => None,
        };
        let after = after(before.as_ref(), change)?;
        let moved = Moved { before, after };
        let facts = Facts::gather(store, context.settings, directory, push, &moved)?;
        let written = store.transact("push a user", |transaction| write(transaction, context, push, &moved, &facts));
        match written {
            Err(Error::Contended) => {}
            written => return written,
        }
    }
    Err(Error::Contended)
}

/// A user before and after a change; `None` where there is none.
pub(super) struct Moved {
    pub before: Option<DirectoryUser>,
    pub after: Option<User>,
}

impl Moved {
    /// The addresses that the change is about.
    pub fn addresses(&self) -> BTreeSet<EmailAddress> {
        let before = self.before.as_ref().and_then(|before| before.email.clone());
        before.into_iter().chain(self.after.as_ref().and_then(|after| after.email.clone())).collect()
    }

    /// Whether the user is there and active after it.
    pub fn is_active(&self) -> bool {
        self.after.as_ref().is_some_and(|after| after.active)
    }

    /// The address that the user has after it and had not before: somebody may have come back under it.
    pub fn new_address(&self) -> Option<&EmailAddress> {
        let before = self.before.as_ref().and_then(|before| before.email.as_ref());
        self.after.as_ref().and_then(|after| after.email.as_ref()).filter(|after| Some(*after) != before)
    }
}

fn after(before: Option<&DirectoryUser>, change: &UserChange) -> Result<Option<User>, Error> {
    Ok(match (change, before) {
        (UserChange::Create(user) | UserChange::Replace(user), _) => Some(user.clone()),
        (UserChange::Delete, _) => None,
        (UserChange::Patch(patch), Some(before)) => {
            let patched = patch::apply(Resource::User, &document(&before.document)?, patch)?;
            Some(resource::user(patched)?)
        }
        (UserChange::Patch(_), None) => return Err(Error::NotThere),
    })
}

fn write(
    transaction: &mut Transaction<'_>,
    context: &mut Context<'_>,
    push: &Push,
    moved: &Moved,
    facts: &Facts,
) -> Result<Written, Error> {
    transaction.one_push_at_a_time()?;
    let present = match &moved.before {
        Some(before) => {
            let present = transaction.directory_user(&push.contract, &before.id)?.ok_or(Error::NotThere)?;
            if present != *before {
                return Err(Error::Contended);
            }
            Some(present)
        }
        None => None,
    };
    let user = match (&moved.after, present) {
        (Some(after), present) => {
            let named = transaction.directory_users(&push.contract, UserKey::UserName(&after.user_name), 0, 1)?;
            if named.iter().any(|named| present.as_ref().is_none_or(|present| present.id != named.id)) {
                return Err(exeunt_model::scim::Error::Uniqueness("userName").into());
            }
            put(transaction, context, push, after, present)?
        }
        (None, Some(present)) => {
            transaction.delete_directory_user(&push.contract, &present.id)?;
            present
        }
        (None, None) => return Err(Error::NotThere),
    };
    closing::follow(transaction, context, push, &user.id, moved, facts)?;
    let returned = returning::notice(transaction, context, push, &user, moved, facts)?;
    Ok(Written { user, returned })
}

/// Writes the user, unless nothing changes.
fn put(
    transaction: &mut Transaction<'_>,
    context: &mut Context<'_>,
    push: &Push,
    after: &User,
    present: Option<DirectoryUser>,
) -> Result<DirectoryUser, Error> {
    let (new, now) = (context.directory_user(), context.now);
    let user = |id, version, created| -> Result<DirectoryUser, Error> {
        Ok(DirectoryUser {
            id,
            contract: push.contract.clone(),
            external_id: after.external_id.clone(),
            user_name: after.user_name.clone(),
            email: after.email.clone(),
            active: after.active,
            document: text(&after.document)?,
            version,
            created,
            changed: now,
        })
    };
    match present {
        Some(present) => {
            let mut wanted = user(present.id.clone(), present.version, present.created)?;
            let is_other = DirectoryUser { changed: present.changed, ..wanted.clone() } != present;
            if !is_other {
                return Ok(present);
            }
            transaction.change_directory_user(&mut wanted)?;
            Ok(wanted)
        }
        None => {
            let made = user(new, 1, now)?;
            transaction.insert_directory_user(&made)?;
            Ok(made)
        }
    }
}
