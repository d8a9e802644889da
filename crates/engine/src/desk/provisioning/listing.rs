//! Users and groups as answers show them.
//!
//! A filter that demands one id, name or external id is answered by the store's indexes, and looked at again; any other is evaluated over all of the
//! contract's own resources, page by page.

use exeunt_model::identity::{DirectoryGroupId, DirectoryUserId};
use exeunt_model::scim::filter::Filter;
use exeunt_model::scim::matching::matches;
use exeunt_model::scim::resource::{Standing, shown};
use exeunt_model::scim::schema::Resource;
use exeunt_model::scim::shape::Selection;
use exeunt_store::desk::{DirectoryGroup, DirectoryUser, UserKey};
use exeunt_store::{Store, Transaction};
use serde_json::{Map, Value, json};

use super::{Document, Error, document};

/// Which part of a list is shown.
#[derive(Debug, Clone, Copy)]
pub struct Query<'a> {
    pub filter: Option<&'a Filter>,
    /// Counted from 1.
    pub start: u64,
    pub count: u32,
    pub selection: &'a Selection,
    /// Where SCIM begins, without a slash at the end.
    pub base: &'a str,
}

/// Resources that are read at once while a filter is evaluated.
const AT_ONCE: u32 = 500;

/// A user as answers show it, all of it.
///
/// # Errors
/// The store's.
pub fn user(store: &Store, contract: &str, id: &DirectoryUserId, base: &str) -> Result<Option<(u64, Document)>, Error> {
    store.look("read a pushed user", |transaction| {
        let Some(user) = transaction.directory_user(contract, id)? else { return Ok(None) };
        let version = user.version;
        let shown = shown_users(transaction, std::slice::from_ref(&user), base, true)?;
        Ok(shown.into_iter().next().map(|shown| (version, shown)))
    })
}

/// A group as answers show it, all of it.
///
/// # Errors
/// The store's.
pub fn group(store: &Store, contract: &str, id: &DirectoryGroupId, base: &str, members: bool) -> Result<Option<(u64, Document)>, Error> {
    store.look("read a pushed group", |transaction| {
        let Some(group) = transaction.directory_group(contract, id)? else { return Ok(None) };
        let version = group.version;
        let shown = shown_groups(transaction, std::slice::from_ref(&group), base, members)?;
        Ok(shown.into_iter().next().map(|shown| (version, shown)))
    })
}

/// How many users fit, and those of the page.
///
/// # Errors
/// [`Error::Scim`] for a filter that makes no sense.
pub fn users(store: &Store, contract: &str, query: &Query<'_>) -> Result<(u64, Vec<Document>), Error> {
    let resource = Resource::User;
    let grouped = query.selection.wants(resource, "groups") || query.filter.is_some_and(|filter| filter.mentions("groups"));
    store.look("list pushed users", |transaction| {
        let Some(filter) = query.filter else {
            let total = transaction.count_directory_users(contract)?;
            let page = transaction.directory_users(contract, UserKey::All, query.start - 1, query.count)?;
            return Ok((total, chosen(resource, query, shown_users(transaction, &page, query.base, grouped)?)));
        };
        let mut found = Found::new(resource, query, filter)?;
        let demanded = |name: &str| filter.demanded(resource.urn(), name);
        let name = demanded("userName").map(str::to_lowercase);
        let key = match (demanded("id"), &name, demanded("externalId")) {
            (Some(id), _, _) => Some(UserKey::Id(id)),
            (None, Some(name), _) => Some(UserKey::UserName(name)),
            (None, None, Some(id)) => Some(UserKey::ExternalId(id)),
            (None, None, None) => None,
        };
        if let Some(key) = key {
            // What is in no text of ours is no key; PostgreSQL would refuse it.
            let texts = [demanded("id"), demanded("userName"), demanded("externalId")];
            if texts.iter().flatten().any(|text| text.contains('\0')) {
                return Ok(found.list());
            }
            let mut skipped = 0;
            loop {
                let page = transaction.directory_users(contract, key, skipped, AT_ONCE)?;
                found.look_at(shown_users(transaction, &page, query.base, grouped)?)?;
                skipped += page.len() as u64;
                if page.len() < AT_ONCE as usize {
                    break;
                }
            }
            return Ok(found.list());
        }
        let mut last = None;
        loop {
            let mut page = transaction.directory_users_after(contract, last.as_ref(), AT_ONCE)?;
            found.look_at(shown_users(transaction, &page, query.base, grouped)?)?;
            let full = page.len() == AT_ONCE as usize;
            last = page.pop();
            if !full {
                return Ok(found.list());
            }
        }
    })
}

/// How many groups fit, and those of the page.
///
/// # Errors
/// [`Error::Scim`] for a filter that makes no sense.
pub fn groups(store: &Store, contract: &str, query: &Query<'_>) -> Result<(u64, Vec<Document>), Error> {
    let resource = Resource::Group;
    let members = query.selection.wants(resource, "members") || query.filter.is_some_and(|filter| filter.mentions("members"));
    store.look("list pushed groups", |transaction| {
        let Some(filter) = query.filter else {
            let total = transaction.count_directory_groups(contract)?;
            let page = transaction.directory_groups(contract, query.start - 1, query.count)?;
            return Ok((total, chosen(resource, query, shown_groups(transaction, &page, query.base, members)?)));
        };
        let mut found = Found::new(resource, query, filter)?;
        let demanded = (filter.demanded(resource.urn(), "id"), filter.demanded(resource.urn(), "displayName"));
        if let (Some(id), _) = demanded {
            let id = id.parse().ok();
            let group = id.map(|id| transaction.directory_group(contract, &id)).transpose()?.flatten();
            found.look_at(shown_groups(transaction, group.as_slice(), query.base, members)?)?;
            return Ok(found.list());
        }
        if let (None, Some(name)) = demanded {
            let group = match name.contains('\0') {
                true => None,
                false => transaction.directory_group_named(contract, &name.to_lowercase())?,
            };
            found.look_at(shown_groups(transaction, group.as_slice(), query.base, members)?)?;
            return Ok(found.list());
        }
        let mut skipped = 0;
        loop {
            let page = transaction.directory_groups(contract, skipped, AT_ONCE)?;
            found.look_at(shown_groups(transaction, &page, query.base, members)?)?;
            skipped += page.len() as u64;
            if page.len() < AT_ONCE as usize {
                return Ok(found.list());
            }
        }
    })
}

/// Those that fit, so far.
struct Found<'a> {
    resource: Resource,
    query: &'a Query<'a>,
    filter: &'a Filter,
    total: u64,
    page: Vec<Document>,
}

impl<'a> Found<'a> {
    fn new(resource: Resource, query: &'a Query<'a>, filter: &'a Filter) -> Result<Self, Error> {
        // A filter that makes no sense is refused though there is nothing to filter.
        matches(filter, resource, &Map::new())?;
        Ok(Self { resource, query, filter, total: 0, page: Vec::new() })
    }

    fn look_at(&mut self, shown: Vec<Document>) -> Result<(), Error> {
        for shown in shown {
            if matches(self.filter, self.resource, &shown)? {
                self.total += 1;
                if self.total >= self.query.start && self.page.len() < self.query.count as usize {
                    self.page.push(self.query.selection.of(self.resource, shown));
                }
            }
        }
        Ok(())
    }

    fn list(self) -> (u64, Vec<Document>) {
        (self.total, self.page)
    }
}

fn chosen(resource: Resource, query: &Query<'_>, shown: Vec<Document>) -> Vec<Document> {
    shown.into_iter().map(|shown| query.selection.of(resource, shown)).collect()
}

fn shown_users(transaction: &mut Transaction<'_>, users: &[DirectoryUser], base: &str, grouped: bool) -> Result<Vec<Document>, Error> {
    let ids: Vec<&DirectoryUserId> = users.iter().map(|user| &user.id).collect();
    let memberships = if grouped { transaction.groups_of_directory_users(&ids)? } else { Vec::new() };
    let mut all = Vec::new();
    for user in users {
        let mut groups = Vec::new();
        for (_, group, group_document) in memberships.iter().filter(|(member, _, _)| *member == user.id) {
            let name = document(group_document)?.remove("displayName");
            let reference = format!("{base}{}/{group}", Resource::Group.endpoint());
            groups.push(json!({ "value": group, "$ref": reference, "display": name, "type": "direct" }));
        }
        let standing = Standing { id: user.id.as_str(), created: user.created, changed: user.changed, version: user.version, base };
        all.push(shown(Resource::User, &standing, &document(&user.document)?, [("groups", Value::Array(groups))]));
    }
    Ok(all)
}

fn shown_groups(transaction: &mut Transaction<'_>, groups: &[DirectoryGroup], base: &str, members: bool) -> Result<Vec<Document>, Error> {
    let ids: Vec<&DirectoryGroupId> = groups.iter().map(|group| &group.id).collect();
    let memberships = if members { transaction.members_of_directory_groups(&ids)? } else { Vec::new() };
    let mut all = Vec::new();
    for group in groups {
        // Sorted by group, as the ids of one are together.
        let from = memberships.partition_point(|(member_of, _)| *member_of < group.id);
        let of_group = memberships[from..].iter().take_while(|(member_of, _)| *member_of == group.id);
        let members: Vec<Value> = of_group
            .map(|(_, user)| json!({ "value": user, "$ref": format!("{base}{}/{user}", Resource::User.endpoint()), "type": "User" }))
            .collect();
        let standing = Standing { id: group.id.as_str(), created: group.created, changed: group.changed, version: group.version, base };
        all.push(shown(Resource::Group, &standing, &document(&group.document)?, [("members", Value::Array(members))]));
    }
    Ok(all)
}
