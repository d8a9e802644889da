//! Groups and their members.

use std::collections::BTreeSet;

use exeunt_model::identity::{DirectoryGroupId, DirectoryUserId};
use exeunt_model::scim;
use exeunt_model::scim::patch::{self, Patch};
use exeunt_model::scim::resource::{self, Group};
use exeunt_model::scim::schema::Resource;
use exeunt_store::desk::DirectoryGroup;
use exeunt_store::{Store, Transaction};
use serde_json::json;

use super::super::context::Context;
use super::{Condition, Error, Push, document, holds, text};

/// What is done to a group.
#[derive(Debug, Clone)]
pub enum GroupChange {
    Create(Group),
    Replace(Group),
    Patch(Patch),
    Delete,
}

/// Makes, changes or deletes a group.
///
/// # Errors
/// [`Error::NotThere`], [`Error::Condition`], [`Error::Scim`].
pub fn write_group(
    store: &mut Store,
    context: &mut Context<'_>,
    push: &Push,
    id: Option<&DirectoryGroupId>,
    condition: &Condition,
    change: &GroupChange,
) -> Result<DirectoryGroup, Error> {
    store.transact("push a group", |transaction| {
        transaction.one_push_at_a_time()?;
        let Some(id) = id else { return put(transaction, context, push, None, change) };
        let present = transaction.directory_group(&push.contract, id)?.ok_or(Error::NotThere)?;
        holds(condition, present.version)?;
        match change {
            GroupChange::Delete => {
                transaction.delete_directory_group(&push.contract, id)?;
                Ok(present)
            }
            GroupChange::Create(_) | GroupChange::Replace(_) | GroupChange::Patch(_) => {
                put(transaction, context, push, Some(present), change)
            }
        }
    })
}

fn put(
    transaction: &mut Transaction<'_>,
    context: &mut Context<'_>,
    push: &Push,
    present: Option<DirectoryGroup>,
    change: &GroupChange,
) -> Result<DirectoryGroup, Error> {
    let members: BTreeSet<DirectoryUserId> = match &present {
        Some(present) => transaction.members_of_directory_groups(&[&present.id])?.into_iter().map(|(_, user)| user).collect(),
        None => BTreeSet::new(),
    };
    let wanted = wanted(present.as_ref(), &members, change)?;
    let named = transaction.directory_group_named(&push.contract, &wanted.name)?;
    if named.is_some_and(|named| present.as_ref().is_none_or(|present| present.id != named.id)) {
        return Err(scim::Error::Uniqueness("displayName").into());
    }
    let document = text(&wanted.document)?;
    let added: Vec<&DirectoryUserId> = wanted.members.difference(&members).collect();
    let removed: Vec<&DirectoryUserId> = members.difference(&wanted.members).collect();
    let group = match present {
        Some(present) if present.name == wanted.name && present.document == document && added.is_empty() && removed.is_empty() => {
            return Ok(present);
        }
        Some(present) => {
            let mut group = DirectoryGroup { name: wanted.name.clone(), document, changed: context.now, ..present };
            transaction.change_directory_group(&mut group)?;
            group
        }
        None => {
            let (id, contract, name) = (context.directory_group(), push.contract.clone(), wanted.name.clone());
            let group = DirectoryGroup { id, contract, name, document, version: 1, created: context.now, changed: context.now };
            transaction.insert_directory_group(&group)?;
            group
        }
    };
    transaction.remove_members(&group, &removed)?;
    if !transaction.add_members(&group, &added)? {
        return Err(resource::no_member().into());
    }
    Ok(group)
}

fn wanted(present: Option<&DirectoryGroup>, members: &BTreeSet<DirectoryUserId>, change: &GroupChange) -> Result<Group, Error> {
    Ok(match (change, present) {
        (GroupChange::Create(group) | GroupChange::Replace(group), _) => group.clone(),
        (GroupChange::Patch(patch), Some(present)) => {
            let mut document = document(&present.document)?;
            document.insert("members".to_owned(), members.iter().map(|user| json!({ "value": user })).collect());
            resource::group(patch::apply(Resource::Group, &document, patch)?)?
        }
        (GroupChange::Patch(_) | GroupChange::Delete, _) => return Err(Error::NotThere),
    })
}
